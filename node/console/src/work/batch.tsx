// The documents of a batch: the unusual ones first, each to be opened once.
import { fen, shown, sum, yuan } from "../money";
import { Marked } from "../parts/badge";
import { Facts, Panel, Segments } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Table, type Column } from "../parts/table";
import { ask } from "../router";
import { moment } from "../time";
import { t } from "../words";
import type { Book } from "./kinds";
import type { Draft, Review } from "./shapes";
import type { BatchView } from "./use_batch";

const HINTS_MAX = 2; // in a row; all of them where it is open

type Group = "unusual" | "all" | "unit" | "payee";

interface Row { id: string; unit: string; to: string; purpose: string; money: string; what: string[]; count?: number }

const lineOf = (draft: Draft): string => String(draft.bgt_id ?? draft.ori_bgt_id ?? draft.from_bgt_id ?? "");

function rowsOf(view: BatchView): Row[] {
  const what = new Map(view.review?.unusual_documents.map((row) => [row.id, row.what]));
  const rows = view.drafts.map((draft): Row => ({
    id: draft.id,
    unit: view.lines.get(lineOf(draft))?.agency_name ?? String(draft.agency_code ?? lineOf(draft)),
    to: draft.to ?? "",
    purpose: String(draft.use_des ?? draft.reason ?? draft.doc_title ?? ""),
    money: draft.money,
    what: what.get(draft.id) ?? [],
  }));
  return rows.sort((a, b) => Number(b.what.length > 0) - Number(a.what.length > 0) ||
    (fen(b.money) > fen(a.money) ? 1 : fen(b.money) < fen(a.money) ? -1 : 0));
}

/** One row a unit or a payee. */
function summed(rows: Row[], by: "unit" | "to"): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    groups.set(row[by], [...groups.get(row[by]) ?? [], row]);
  }
  return [...groups].map(([name, of]): Row => ({
    id: name, unit: name, to: name, purpose: "", what: [], count: of.length,
    money: yuan(sum(of.map((row) => row.money))),
  })).sort((a, b) => (fen(b.money) > fen(a.money) ? 1 : -1));
}

/** The unit that most of it is for; null of one unit alone. */
export function largestUnit(view: BatchView): { name: string; count: number; money: string } | null {
  const units = summed(rowsOf(view), "unit");
  return units.length < 2 ? null : { name: units[0].unit, count: units[0].count ?? 0, money: units[0].money };
}

function Hints({ row, opened }: { row: Row; opened: boolean }) {
  if (row.what.length === 0) {
    return null;
  }
  return <Marked shape={opened ? "tick" : "triangle"} tone="warn">{row.what.slice(0, HINTS_MAX).map((what) => t(`console.work.unusual.${what}`)).join("、")}{row.what.length > HINTS_MAX ? "…" : ""}</Marked>;
}

function columnsOf(view: BatchView, group: Group, total: bigint): Column<Row>[] {
  const money: Column<Row> = {
    key: "money", title: t("console.work.amount"), number: true, cell: (row) => shown(row.money),
    order: (a, b) => (fen(a.money) < fen(b.money) ? -1 : 1), total: shown(total),
  };
  if (group === "unit" || group === "payee") {
    return [
      { key: "name", title: t(group === "unit" ? "console.work.unit" : "console.work.payee"), cell: (row) => row.id },
      { key: "count", title: t("console.work.documents"), number: true, cell: (row) => row.count, total: "" },
      money,
    ];
  }
  return [
    { key: "id", title: t("console.work.document"), total: t("console.work.total_of", { count: view.review?.count ?? 0 }),
      cell: (row) => <button type="button" class="cell-link" onClick={() => view.open(row.id)}>{row.id}</button> },
    { key: "unit", title: t("console.work.unit"), cell: (row) => row.unit },
    { key: "to", title: t("console.work.payee"), cell: (row) => row.to },
    { key: "purpose", title: t("console.work.purpose"), cell: (row) => row.purpose },
    money,
    { key: "hint", title: t("console.work.hint"), cell: (row) => <Hints row={row} opened={view.opened.has(row.id)} /> },
  ];
}

/** Every field of the document that is open. */
function Opened({ view, book }: { view: BatchView; book: Book | null }) {
  const draft = view.drafts.find(({ id }) => id === view.current);
  const marked = view.review?.unusual_documents.find(({ id }) => id === view.current);
  if (draft === undefined) {
    return null;
  }
  const line = view.lines.get(lineOf(draft));
  const fields = (book?.kind(draft.kind)?.fields ?? []).filter(({ name }) => draft[name] !== undefined && name !== "id");
  return (
    <section class="opened" aria-label={t("console.work.opened", { id: draft.id })}>
      <h3>{book?.kindWord(draft.kind)} {draft.id} {marked === undefined ? null : (
        <Marked shape="triangle" tone="warn">{marked.what.map((what) => t(`console.work.unusual.${what}`)).join("、")}
          {marked.other === undefined ? "" : ` ${marked.other}`}</Marked>)}</h3>
      <Facts rows={[
        ...fields.map(({ name }): [string, string] => [book?.fieldWord(name) ?? name,
          book?.field(name)?.type === "amount" ? shown(String(draft[name])) : String(draft[name])]),
        ...(line === undefined ? [] : [[t("console.work.line_of"), `${line.agency_name ?? ""} ${line.exp_func_name ?? ""}`] as [string, string]]),
        [t("console.work.maker"), `${draft.maker} ${moment(draft.time)}`],
      ]} />
      {draft.would_refuse_message === undefined ? null : <p class="tone-bad">{draft.would_refuse_message}</p>}
    </section>
  );
}

const titleOf = (review: Review): string => t("console.work.made", { name: review.makers.join("、"), time: moment(review.first) });

export function BatchPanel({ view, name, book, group }: { view: BatchView; name: string; book: Book | null; group: string | null }) {
  const { review } = view;
  if (review === null) {
    return <Panel title={name}>{view.problem === null ? null : <Trouble problem={view.problem} retry={view.again} />}</Panel>;
  }
  const rows = rowsOf(view);
  const unusual = rows.filter(({ what }) => what.length > 0);
  const by: Group = group === "all" || group === "unit" || group === "payee" ? group : unusual.length > 0 ? "unusual" : "all";
  const shownRows = by === "unit" ? summed(rows, "unit") : by === "payee" ? summed(rows, "to") : by === "all" ? rows
    : [...unusual, ...rows.filter(({ what }) => what.length === 0)];
  const units = new Set(rows.map(({ unit }) => unit)).size;
  return (
    <Panel class="batch" title={name} count={t("console.work.count.documents", { count: review.count })} aside={titleOf(review)} flush>
      {review.count < 2 ? null : <div class="chips">
        <Segments label={t("console.work.show")} value={by} onChange={(value) => ask({ show: value })} choices={[
          ...(unusual.length > 0 ? [{ value: "unusual" as Group, title: t("console.work.show.unusual", { count: review.unusual_count }) }] : []),
          { value: "all" as Group, title: t("console.work.show.all", { count: review.count }) },
          { value: "unit" as Group, title: t("console.work.show.unit", { count: units }) },
          { value: "payee" as Group, title: t("console.work.show.payee", { count: review.payee_count }) },
        ]} />
        <span class="small">{by === "unusual" ? t("console.work.unusual_first") : ""}</span>
      </div>}
      <Opened view={view} book={book} />
      <Table label={name} rows={shownRows} keyOf={(row) => row.id} columns={columnsOf(view, by, sum(rows.map((row) => row.money)))}
        onOpen={by === "unit" || by === "payee" ? undefined : (row) => view.open(row.id)}
        look={(row) => (row.id === view.current ? "chosen" : "")} empty={t("console.work.batch_empty")} />
      {rows.length < review.count ? <p class="more">{t("console.work.not_all", { count: review.count - rows.length })}</p> : null}
    </Panel>
  );
}
