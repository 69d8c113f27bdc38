// The fiscal years of a division: how each stands, what still hinders closing it, who below has not
// closed, what was said of it, and the acts that open and close. An act is a form of its own kind: it
// is tried before it is handed in, and needs its second person there as everywhere.
import { status } from "../live";
import { shown } from "../money";
import { may } from "../session";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { accountWord, kindWord, useVocabulary } from "../vocabulary";
import { t } from "../words";
import { Marked, type Look } from "./badge";
import { Panel } from "./panel";
import { Trouble } from "./problem";

export interface Hindrance { what: string; amount: string; count?: number; is_least?: boolean; division?: string; id?: string }
export interface YearRow {
  year: number;
  state: "prepared" | "open" | "closed";
  months_closed: number;
  events: { id: string; kind: string; month: number | null; reason: string; time: string }[];
  hindrances: Hindrance[];
  not_closed: { division: string; name: string; state: string }[];
  not_closed_count: number;
}
export interface YearsAnswer { division: string; kept_since: number | null; this_year: number; years: YearRow[] }

const looks: Record<YearRow["state"], Look> = {
  prepared: { shape: "square", tone: "quiet" }, open: { shape: "disc", tone: "ok" }, closed: { shape: "tick", tone: "ok" },
};

const isGroup = (what: string): boolean => what === "to_register" || what === "awaiting_answer";

function Left({ hindrance, code, year }: { hindrance: Hindrance; code: string; year: number }) {
  const { what, amount, count, division, id } = hindrance;
  return (
    <li>
      <div class="item-head">
        <span>{isGroup(what) ? `${t(`console.work.group.${what}`)} ${t("console.work.count.documents", { count: count ?? 0 })}`
          : <a href={`/money/${code}?board=balance&year=${year}`}>{accountWord(what)}</a>}</span>
        <span class="num">{shown(amount)}</span>
      </div>
      {id === undefined || division === undefined ? null : <div class="item-head"><a class="ink3" href={`/doc/${division}/${encodeURIComponent(id)}`}>{t("console.year.first", { id })}</a></div>}
    </li>
  );
}

/** What a maker can do with a year as it stands; each is handed in as any document. */
export function actsOf(row: YearRow, isKept: boolean): { kind: string; month?: number; title: string }[] {
  if (row.state === "prepared") {
    return [{ kind: "open_year", title: t("console.year.open_now") }];
  }
  if (row.state === "closed") {
    return [{ kind: "reopen_year", title: t("console.year.reopen") }];
  }
  const next = row.months_closed + 1;
  return [
    ...(isKept ? [] : [{ kind: "open_year", title: t("console.year.open_now") }]),
    { kind: "close_year", title: t("console.year.close") },
    ...(next > 11 ? [] : [{ kind: "close_year", month: next, title: t("console.year.close_month", { month: next }) }]),
    ...(row.months_closed === 0 ? [] : [{ kind: "reopen_year", month: row.months_closed, title: t("console.year.reopen_month", { month: row.months_closed }) }]),
  ];
}

function Acts({ row, isKept }: { row: YearRow; isKept: boolean }) {
  return (
    <div class="actions">{actsOf(row, isKept).map(({ kind, month, title }) => (
      <a key={title} class="button" href={`/work/new/${kind}?fiscal_year=${row.year}${month === undefined ? "" : `&month=${month}`}`}>{title}</a>))}</div>
  );
}

function Year({ row, code, isOwn, isKept }: { row: YearRow; code: string; isOwn: boolean; isKept: boolean }) {
  const { not_closed: open, not_closed_count: openCount, events, hindrances } = row;
  return (
    <section class="year" aria-label={t("console.year.of", { year: row.year })}>
      <h3>{row.year} <Marked {...looks[row.state]}>{t(`console.year.state.${row.state}`)}</Marked>
        {row.state === "open" && row.months_closed > 0 ? <span class="small">{t("console.year.months", { count: row.months_closed })}</span> : null}</h3>
      {hindrances.length === 0 ? (row.state === "open" ? <p class="ink2">{t("console.year.nothing_left")}</p> : null) : (
        <>
          <p>{t("console.year.hindered")}</p>
          <ul class="items">{hindrances.map((one) => <Left key={one.what} hindrance={one} code={code} year={row.year} />)}</ul>
        </>)}
      {openCount === 0 ? null : (
        <details>
          <summary>{t("console.year.not_closed", { count: openCount })}</summary>
          <ul>{open.map(({ division, name }) => <li key={division}><a href={`/map/${division}`}>{name}</a></li>)}</ul>
        </details>)}
      {events.length === 0 ? null : (
        <details>
          <summary>{t("console.year.said", { count: events.length })}</summary>
          <ul class="items">{events.map(({ id, kind, month, reason, time }) => (
            <li key={id}>
              <div class="item-head"><a href={`/doc/${code}/${encodeURIComponent(id)}`}>{kindWord(kind)}{month === null ? "" : ` ${t("console.year.month", { month })}`}</a><span class="when">{moment(time)}</span></div>
              {reason === "" ? null : <div class="ink3">{reason}</div>}
            </li>))}</ul>
        </details>)}
      {isOwn && may("maker") ? <Acts row={row} isKept={isKept} /> : null}
    </section>
  );
}

const SHOWN_MAX = 3; // of a division's years, the newest; the others stand in `terrace years`

/** `year`: that one alone. */
export function YearsPanel({ code, version, year }: { code: string; version: string; year?: number }) {
  useVocabulary();
  const answer = useAnswer<YearsAnswer>(`/divisions/${code}/years`, { year }, undefined, version);
  const rows = answer.data?.years ?? [];
  return (
    <Panel title={t(year === undefined ? "console.year.title" : "console.year.of", { year: year ?? 0 })}
      aside={answer.data?.kept_since === null ? t("console.year.not_kept") : undefined}>
      {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
      {answer.data === null ? (answer.problem === null ? <p class="empty">{t("console.loading")}</p> : null) : (
        <div class="years">{rows.slice(0, SHOWN_MAX).map((row) => (
          <Year key={row.year} row={row} code={code} isOwn={code === status.value?.division} isKept={answer.data?.kept_since !== null} />))}</div>)}
    </Panel>
  );
}
