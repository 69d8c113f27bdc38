// The last steps of a drill: the lines of an agency, and what was done with one line.
import { isNil, rate, shown, sum } from "../money";
import { Badge } from "../parts/badge";
import { atEnd } from "../parts/at_choice";
import { Amount, Figure } from "../parts/figure";
import { Table, type Column } from "../parts/table";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { docStateWord, idWord, kindWord, useVocabulary } from "../vocabulary";
import { t } from "../words";
import { moneyHref, type Asked } from "./address";
import { Frame } from "./boards";
import { RateBar } from "./chain_board";
import type { LineRow, Paged, Step, TraceAnswer } from "./shapes";

const docHref = (division: string, id: string): string => `/doc/${division}/${encodeURIComponent(id)}`;

/** Where money of the level itself is: received, not allocated yet, or issued to another. */
const isOfThisLevel = (row: LineRow): boolean =>
  ![row.received, row.unallocated, row.passed_down, row.in_transit].every(isNil);

export function AgencyBoard({ of }: { of: Asked }) {
  useVocabulary();
  const answer = useAnswer<Paged<LineRow>>("/lines",
    { division: of.code, year: of.year, at: of.at, limit: 10000, agency: of.agency === "" ? undefined : of.agency });
  const only = (rows: LineRow[]): LineRow[] => (of.agency === "" ? rows.filter(isOfThisLevel) : rows);
  const sentence = (all: LineRow[]): string => {
    const rows = only(all);
    if (of.agency === "") {
      return t("console.money.sources.sentence", {
        count: rows.length, received: shown(sum(rows.map((row) => row.received))), waits: shown(sum(rows.map((row) => row.unallocated))),
      });
    }
    return t("console.money.agency.sentence", {
      name: rows.find((row) => row.agency_name !== undefined)?.agency_name ?? of.agency ?? "", count: rows.length,
      available: shown(sum(rows.map((row) => row.available))), rate: rate(sum(rows.map((row) => row.paid)), sum(rows.map((row) => row.released))) ?? "0.00",
    });
  };
  return (
    <Frame of={of} answer={answer} sentence={sentence} agencyName={answer.data?.rows.find((row) => row.agency_name !== undefined)?.agency_name} title={t(of.agency === "" ? "console.money.sources.lines" : "console.money.lines")} aside={<><span class="no-print">{t("console.money.lines.note")}</span><span>{t("console.money.unit")}</span></>}>
      {(all) => {
        const rows = only(all);
        const money = (key: "received" | "passed_down" | "in_transit" | "unallocated" | "allocated" | "released" | "committed" | "paid" | "available", title: string): Column<LineRow> => ({
          key, title, number: true, cell: (row) => <Amount of={row[key]} />, total: shown(sum(rows.map((row) => row[key]))),
        });
        const columns: Column<LineRow>[] = [
          { key: "id", title: t("console.money.line"), cell: (row) => <><a href={moneyHref(of, of.code, { agency: of.agency, line: row.id })}>{row.id}</a> <span class="code">{kindWord(row.kind)}</span></>, total: t("console.money.total") },
          { key: "state", title: t("console.column.state"), cell: (row) => <Badge state={row.state}>{docStateWord(row.state)}</Badge> },
          { key: "project", title: t("console.money.by.project"), cell: (row) => row.pro_name ?? row.pro_code ?? "—" },
          { key: "function", title: t("console.money.by.function"), cell: (row) => <>{row.exp_func_name ?? ""} <span class="code">{row.exp_func_code ?? ""}</span></> },
          ...(of.agency === "" ? [
            money("received", t("console.chain.received")), money("passed_down", t("console.chain.passed_down")),
            money("in_transit", t("console.chain.in_transit")), money("unallocated", t("console.chain.unallocated")),
          ] : [
            money("allocated", t("console.chain.allocated")), money("released", t("console.chain.released")),
            money("committed", t("console.money.committed")), money("paid", t("console.chain.paid")), money("available", t("console.money.available")),
            { key: "rate", title: t("console.chain.rate"), number: true, cell: (row: LineRow) => <RateBar paid={row.paid} released={row.released} /> },
          ]),
        ];
        return <Table isBoard label={t("console.money.lines")} columns={columns} rows={rows} keyOf={(row) => row.id}
          hrefOf={(row) => moneyHref(of, of.code, { agency: of.agency, line: row.id })} empty={t("console.money.empty", { year: of.year })} />;
      }}
    </Frame>
  );
}



/** What was done with a line: payments, receipts, reductions, in the order of the log. */
export function LineBoard({ of }: { of: Asked }) {
  useVocabulary();
  const id = of.line ?? "";
  const answer = useAnswer<TraceAnswer>(`/trace/${encodeURIComponent(id)}`, { division: of.code, brief: 1, limit: 1000 });
  const lines = useAnswer<Paged<LineRow> & { as_of: { time: string | null } }>("/lines", { division: of.code, at: of.at, agency: of.agency === "" ? undefined : of.agency, limit: 10000 });
  const line = lines.data?.rows.find((row) => row.id === id);
  const end = of.at === null ? null : atEnd(of.at) ?? new Date(lines.data?.as_of.time ?? 0);
  const steps = answer.data?.steps.filter(({ time }) => end === null || new Date(time) <= end) ?? [];
  const paged = { ...answer, data: answer.data === null ? null
    : { rows: steps, shown: steps.length, total: end === null ? answer.data.total : steps.length, complete: answer.data.complete } };
  return (
    <Frame<Step> of={of} answer={paged} agencyName={line?.agency_name} title={t("console.money.line.documents")} aside={<><a href={docHref(of.code, id)}>{t("console.money.line.open")}</a><span>{t("console.money.unit")}</span></>}
      sentence={() => (line === undefined ? t("console.money.line.sentence", { id })
        : t("console.money.line.left", { id, available: shown(line.available), paid: shown(line.paid) }))}>
      {(rows) => (
        <>
          {line === undefined ? null : (
            <div class="strip line-strip">
              {(["allocated", "released", "committed", "paid", "available"] as const).map((key) => (
                <Figure key={key} label={t(key === "committed" || key === "available" ? `console.money.${key}` : `console.chain.${key}`)}><Amount of={line[key]} /></Figure>
              ))}
            </div>
          )}
          <Table label={t("console.money.line.documents")} rows={rows} keyOf={(row) => `${row.division} ${row.id}`}
            hrefOf={(row) => docHref(row.division, row.id)} empty={t("console.money.empty", { year: of.year })} columns={stepColumns} />
        </>
      )}
    </Frame>
  );
}

const stepColumns: Column<Step>[] = [
  { key: "relation", get title() { return t("console.money.what"); }, cell: (row) => <span class={`indent-${Math.min(row.depth, 3)}`}>{kindWord(row.kind)}</span> },
  { key: "id", get title() { return t("console.money.document"); }, cell: (row) => <a href={docHref(row.division, row.id)}>{idWord(row.id)}</a> },
  { key: "to", get title() { return t("console.money.to"); }, cell: (row) => row.to ?? "" },
  { key: "purpose", get title() { return t("console.money.purpose"); }, cell: (row) => row.purpose ?? row.document_no ?? "" },
  { key: "state", get title() { return t("console.column.state"); }, cell: (row) => <Badge state={row.state}>{docStateWord(row.state)}</Badge> },
  { key: "amount", get title() { return t("console.money.amount"); }, number: true, cell: (row) => <Amount of={row.amount} /> },
  { key: "time", get title() { return t("console.money.entered"); }, cell: (row) => <span class="ink3">{moment(row.time)}</span> },
];
