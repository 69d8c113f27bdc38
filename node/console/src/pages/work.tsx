// 办理: what waits at the left, the item that is open in the middle, what is done about it at the right.
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { shown } from "../money";
import { Empty, Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { YearsPanel } from "../parts/years";
import { go } from "../router";
import { may, person } from "../session";
import type { Listed, Page } from "../shapes";
import { useAnswer } from "../use_answer";
import { workVersion } from "../waiting";
import { t } from "../words";
import { AnswerPage } from "../work/answer";
import { ApprovalPanel } from "../work/approval";
import { BatchPanel } from "../work/batch";
import { CorrectPage } from "../work/correct";
import { EvidencePanel } from "../work/evidence";
import { GroupTabs, InboxPanel } from "../work/inbox";
import { addressOf, GROUPS, keyOf, nameOf } from "../work/items";
import { useBook, type Book } from "../work/kinds";
import { MinePanel, NewPanel } from "../work/lists";
import { IssuedPage } from "../work/issued";
import { MadePanel } from "../work/today";
import type { Batch, GroupName, Inbox, InboxRow, Pending } from "../work/shapes";
import { useBatch, type Selection } from "../work/use_batch";

/** Worst first: what is late, then what waits, by what is done with it. */
function sentenceOf(inbox: Inbox, today: number | null): string {
  const { to_approve: approve, to_register: register, to_correct: correct, awaiting_answer: awaiting, to_close: close } = inbox.counts;
  const parts = [];
  if (approve.items > 0) {
    parts.push(t("console.work.sentence.approve", { batches: approve.items, count: approve.documents, amount: shown(approve.amount) }));
  }
  if (register.items > 0) {
    const late = inbox.rows.filter((row) => row.group === "to_register" && row.overdue === true);
    parts.push(late.length === 0 ? t("console.work.sentence.register", { count: register.items })
      : t("console.work.sentence.register_late", { count: register.items, late: late.length, days: Math.max(...late.map((row) => row.days_late ?? 0)) }));
  }
  if (correct.items > 0) {
    parts.push(t("console.work.sentence.correct", { count: correct.items }));
  }
  if (awaiting.items > 0) {
    parts.push(t("console.work.sentence.awaiting", { count: awaiting.items }));
  }
  if (close.items > 0) {
    parts.push(t("console.work.sentence.close", { count: close.items }));
  }
  return parts.length === 0 ? t(today === null ? "console.work.none" : "console.work.none_today", { count: today ?? 0 }) : parts.join(t("console.work.sentence.and")) + t("console.work.sentence.end");
}

function stateOf(inbox: Inbox): string {
  const counts = GROUPS.map((name) => inbox.counts[name]);
  return counts.some((count) => (count.overdue ?? 0) > 0) ? "overdue" : counts.some((count) => count.items > 0) ? "pending" : "entered";
}

const TODAY_MAX = 500;

/** How many payments were entered here today, once nothing waits: read when one comes, not again. */
function useToday(isQuiet: boolean): number | null {
  const now = new Date();
  const from = new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString().replace(/\.\d+Z$/, "Z");
  const { data } = useAnswer<Page<Listed>>(isQuiet ? "/documents" : null, { kind: "payment", from, limit: TODAY_MAX });
  return data?.complete === true ? data.rows.length : null; // of more nobody has counted
}

export const useInbox = () => {
  const name = person.value?.name;
  return useAnswer<Inbox>(name === undefined ? null : "/inbox", { user: name, limit: 500 }, undefined, workVersion.value);
};

function BatchItem({ row, batches, book, group, onDone }: {
  row: InboxRow; batches: Batch[]; book: Book | null; group: string | null; onDone: () => void;
}) {
  const view = useBatch(String(row.batch), row.documents);
  const [selection, setSelection] = useState<Selection>({ batch: String(row.batch) });
  useEffect(() => setSelection({ batch: String(row.batch) }), [row.batch]);
  return (
    <>
      <BatchPanel view={view} name={nameOf(row, batches, book)} book={book} group={group} />
      <ApprovalPanel key={String(row.batch)} view={view} name={nameOf(row, batches, book)} book={book} selection={selection} onSelect={setSelection} onDone={() => { setSelection({ batch: String(row.batch) }); onDone(); }} />
    </>
  );
}

/** One's own post is no item of his inbox, and is shown all the same where its address is asked for. */
function postAsRow(batch: string, batches: Batch[]): InboxRow | undefined {
  const post = batches.find((one) => String(one.batch) === batch);
  return post === undefined ? undefined
    : { group: "to_approve", id: null, documents: post.count, amount: post.total, time: post.time, batch: post.batch, maker: post.maker };
}

function Chosen({ row, inbox, batches, book, group, onDone }: {
  row: InboxRow; inbox: Inbox; batches: Batch[]; book: Book | null; group: string | null; onDone: () => void;
}) {
  switch (row.group) {
    case "to_approve": return <BatchItem row={row} batches={batches} book={book} group={group} onDone={onDone} />;
    case "to_register": return <AnswerPage row={row} rows={inbox.rows} book={book} onDone={onDone} />;
    case "to_correct": return <CorrectPage row={row} book={book} onDone={onDone} />;
    case "to_close": return <YearsPanel code={inbox.division} version={String(workVersion.value)} year={row.year} />;
    default: return <IssuedPage row={row} book={book} />;
  }
}

export function WorkPage({ parameters, query }: PageProps) {
  const book = useBook();
  const inbox = useInbox();
  const posts = useAnswer<Pending>("/pending", { limit: 1 }, undefined, workVersion.value);
  const today = useToday(inbox.data !== null && GROUPS.every((name) => inbox.data?.counts[name].items === 0));
  const batches = posts.data?.batches ?? [];
  const at = query.get("at");
  const wanted = parameters.batch === undefined ? at : `batch:${parameters.batch}`;
  const rows = inbox.data?.rows ?? [];
  const ordered = GROUPS.flatMap((name) => rows.filter((row) => row.group === name));
  const narrow = query.get("group") as GroupName | null;
  const first = narrow === null ? ordered[0] : ordered.find((row) => row.group === narrow);
  const last = useRef<InboxRow | undefined>(undefined);
  const found = wanted === null ? first : ordered.find((one) => keyOf(one) === wanted) ??
    (parameters.batch === undefined ? undefined : postAsRow(parameters.batch, batches));
  // What was just done is gone from the inbox, and stays before one's eyes until one goes on.
  const row = found ?? (last.current !== undefined && wanted === keyOf(last.current) ? last.current : undefined);
  last.current = row;
  const isList = at === "mine" || at === "new" || at === "evidence";
  const firstAddress = first === undefined ? null : addressOf(first);
  useEffect(() => {
    if (wanted === null && narrow === null && firstAddress !== null) {
      go(firstAddress, true);
    }
  }, [wanted, narrow, firstAddress]);

  const onDone = (): void => {
    const next = ordered.find((one) => row !== undefined && keyOf(one) !== keyOf(row) && one.group === row.group) ?? ordered.find((one) => row === undefined || keyOf(one) !== keyOf(row));
    inbox.again();
    posts.again();
    go(next === undefined ? "/work" : addressOf(next), true);
  };

  if (inbox.data === null) {
    return (
      <>
        <Sentence state="unknown" busy={inbox.slow}>{inbox.problem === null ? t("console.work.reading") : t("console.work.not_read")}</Sentence>
        <div class="page">{inbox.problem === null ? null : <Trouble problem={inbox.problem} retry={inbox.again} />}</div>
      </>
    );
  }
  return (
    <>
      <Sentence state={stateOf(inbox.data)} busy={inbox.slow}>{sentenceOf(inbox.data, today)}</Sentence>
      <GroupTabs inbox={inbox.data} at={row?.group ?? narrow ?? "to_approve"} />
      <div class={`page work${row === undefined || isList ? " two" : ""}`} data-group={row?.group ?? narrow ?? ""}>
        <InboxPanel inbox={inbox.data} batches={batches} book={book} chosen={isList || row === undefined ? null : keyOf(row)} />
        {at === "mine" ? <div class="stack"><MinePanel book={book} />{may("maker") ? <MadePanel book={book} /> : null}</div>
          : at === "evidence" ? <EvidencePanel />
          : at === "new" || (row === undefined && wanted === null && may("maker")) ? <NewPanel book={book} />
          : row === undefined ? <div class="card"><Empty>{t(wanted === null ? "console.work.none" : "console.work.gone")}</Empty></div>
          : <Chosen key={keyOf(row)} row={row} inbox={inbox.data} batches={batches} book={book} group={query.get("show")} onDone={onDone} />}
      </div>
    </>
  );
}
