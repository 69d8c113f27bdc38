// The inbox: what waits, by what must be done with it. j and k move, Enter opens.
import { useEffect, useRef, useState } from "preact/hooks";
import { shown } from "../money";
import { now } from "../live";
import { withNames } from "../parts/advice";
import { Mark, Marked } from "../parts/badge";
import { Panel } from "../parts/panel";
import { ask, go } from "../router";
import { may } from "../session";
import { age, moment } from "../time";
import { t } from "../words";
import { toOffer, useEvidence } from "./evidence";
import type { Book } from "./kinds";
import { addressOf, fromOf, GROUPS, keyOf, nameOf } from "./items";
import type { Batch, GroupName, Inbox, InboxRow, Total } from "./shapes";

const FOLDED_MAX = 6; // of a group; the rest is one line with its sum

function Due({ row }: { row: InboxRow }) {
  if (row.overdue === true) {
    return <Marked shape="clock" tone="warn">{t("console.work.days_late", { days: row.days_late ?? 0 })}</Marked>;
  }
  if (row.days_left !== undefined) {
    return <>{t("console.work.days_left", { days: row.days_left })}</>;
  }
  return row.group === "to_correct" ? <>{moment(row.time)}</>
    : <>{age((now.value - Date.parse(row.time)) / 1000)}</>;
}

function Item({ row, batches, book, isChosen }: { row: InboxRow; batches: Batch[]; book: Book | null; isChosen: boolean }) {
  return (
    <li>
      <a class={`inbox-row${isChosen ? " chosen" : ""}`} href={addressOf(row)} data-key={keyOf(row)} aria-current={isChosen ? "true" : undefined}>
        <span class="inbox-name">{nameOf(row, batches, book)}</span>
        <span class="num">{shown(row.amount)}</span>
        <span class={`inbox-from${row.group === "to_correct" && row.state !== "rejected" ? " tone-bad" : ""}`}>
          {row.group === "to_correct" ? <Mark shape="cross" tone={row.state === "rejected" ? "quiet" : "bad"} /> : null}
          <span>{fromOf(row)}</span>
        </span>
        <span class="inbox-when"><Due row={row} /></span>
      </a>
    </li>
  );
}

const unitOf = (group: GroupName, total: Total): string => group === "to_close" ? t("console.work.count.items", { count: total.items }) : group === "to_approve"
  ? t("console.work.count.batches", { count: total.items }) : t("console.work.count.documents", { count: total.documents });

function Group({ name, total, rows, batches, book, chosen }: {
  name: GroupName; total: Total; rows: InboxRow[]; batches: Batch[]; book: Book | null; chosen: string | null;
}) {
  const [isOpen, setOpen] = useState(false);
  const at = rows.findIndex((row) => keyOf(row) === chosen);
  const seen = isOpen || at >= FOLDED_MAX || rows.length <= FOLDED_MAX + 1 ? rows : rows.slice(0, FOLDED_MAX);
  const hidden = rows.slice(seen.length);
  return (
    <section class="inbox-group" data-group={name} aria-label={t(`console.work.group.${name}`)}>
      <h3>{t(`console.work.group.${name}`)} <span class="card-count">{unitOf(name, total)}</span>
        <span class="inbox-sum">{name === "to_approve" && total.documents > total.items
          ? `${t("console.work.count.documents", { count: total.documents })} · ${shown(total.amount)}` : shown(total.amount)}</span></h3>
      <ul>
        {seen.map((row) => <Item key={keyOf(row)} row={row} batches={batches} book={book} isChosen={keyOf(row) === chosen} />)}
      </ul>
      {hidden.length > 0 ? (
        <button type="button" class="plain inbox-more" onClick={() => setOpen(true)}>
          {t("console.work.rest", { count: hidden.length })}
        </button>
      ) : null}
    </section>
  );
}

/** On a narrow screen one group at a time, chosen on top. */
export function GroupTabs({ inbox, at }: { inbox: Inbox; at: GroupName }) {
  return (
    <nav class="group-tabs" aria-label={t("console.work.groups")}>
      {GROUPS.map((name) => (
        <button key={name} type="button" aria-pressed={name === at} onClick={() => { go("/work"); ask({ group: name }); }}>
          <b>{inbox.counts[name].items}</b><span>{t(`console.work.group.${name}`)}</span>
        </button>
      ))}
      {may("maker") ? <p><a href="/work?at=mine">{t("console.work.mine")}</a><a href="/work?at=new">{t("console.work.new")}</a></p> : null}
    </nav>
  );
}

/** Said where a log goes on below what it had said before. */
function Behind() {
  const open = toOffer(useEvidence().data?.rows ?? []).length;
  return open === 0 ? null : <p class="notice"><a href="/work?at=evidence">{t("console.evidence.notice", { count: open })}</a></p>;
}

export function InboxPanel({ inbox, batches, book, chosen }: {
  inbox: Inbox; batches: Batch[]; book: Book | null; chosen: string | null;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = (event.target as Element).closest?.("input,textarea,select,dialog") != null;
      if ((event.key !== "j" && event.key !== "k") || isTyping || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      const rows = [...list.current?.querySelectorAll<HTMLElement>(".inbox-row") ?? []];
      const focused = rows.indexOf(document.activeElement as HTMLElement);
      const from = focused >= 0 ? focused : rows.findIndex((row) => row.dataset.key === chosen);
      rows[Math.max(0, Math.min(rows.length - 1, from + (event.key === "j" ? 1 : -1)))]?.focus();
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [chosen]);
  const items = GROUPS.reduce((sum, name) => sum + inbox.counts[name].items, 0);
  return (
    <Panel class="inbox" title={t("console.work.for_me")} count={t("console.work.count.items", { count: items })} flush
      aside={may("maker") ? <><a href="/work?at=mine">{t("console.work.mine")}</a><a href="/work?at=new">{t("console.work.new")}</a></> : null}>
      {inbox.clock_notice === "" ? null : <p class="notice" role="status">{withNames(inbox.clock_notice)}</p>}
      <Behind />
      <div ref={list}>
        {GROUPS.filter((name) => inbox.counts[name].items > 0).map((name) => (
          <Group key={name} name={name} total={inbox.counts[name]} batches={batches} book={book} chosen={chosen}
            rows={inbox.rows.filter((row) => row.group === name)} />
        ))}
      </div>
    </Panel>
  );
}
