// The money chain: the picture, progress by month or by county, and the table of the same rows.
import { useEffect, useMemo, useState } from "preact/hooks";
import { tree } from "../live";
import { fen, isNil, rate, rough, yuan } from "../money";
import { Amount } from "../parts/figure";
import { AsOf } from "../parts/asof";
import { ClockNotice, UnapprovedNote, UnconfirmedNote } from "../parts/notices";
import { atEnd, AtNote } from "../parts/at_choice";
import { Panel, Segments } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { ask } from "../router";
import type { DivisionRow } from "../shapes";
import { minute } from "../time";
import { unapprovedOf, within } from "../tree_model";
import { useAnswer } from "../use_answer";
import { language, t } from "../words";
import { moneyHref, type Asked } from "./address";
import { MoneyHead } from "./head";
import { HeatTiles } from "./heat";
import { lateSince, oldestLate, placeOf } from "./late";
import { MonthsChart } from "./months";
import { FlowPicture } from "./picture";
import { sourceKey, sourceWord } from "./source";
import { bothYears, chainOf, heatOf, openFirst, points, shownRows, treeOf, type Node, type Shown, type Years } from "./rows";
import type { Chain, ExecutionRow, MoneyAnswer, MoneyRow, MonthsAnswer, Paged, SourceRow } from "./shapes";

/* --- the sentence --- */

function sentenceOf(root: Node, years: Years | null, late: DivisionRow | null): string {
  const chain = chainOf(root);
  const received = fen(chain.received);
  const scope = root.row.subtree === undefined ? "own" : "subtree";
  if (received === 0n) {
    return t("console.money.sentence.none", { name: root.row.name });
  }
  const waits = rate(fen(chain.unallocated), received) ?? "0.00";
  const parts = [t(`console.money.sentence.${scope}`, {
    received: rough(chain.received, language.value), waits: waits.slice(0, -1),
  })];
  const paid = rate(chain.paid, chain.released);
  const progressed: string[] = [];
  if (paid !== null) {
    progressed.push(t("console.money.sentence.paid", { rate: paid }));
    const month = years?.now.at(-1);
    const difference = points(month?.rate ?? null, years?.before[(month?.month ?? 0) - 1]?.rate ?? null);
    if (difference !== null) {
      progressed.push(t(`console.money.sentence.${difference < 0n ? "slower" : "faster"}`,
        { points: yuan(difference < 0n ? -difference : difference) }));
    }
  }
  if (progressed.length > 0) {
    parts.push(progressed.join(t("console.money.comma")));
  }
  if (late !== null) {
    const time = lateSince(late.division);
    parts.push(t("console.money.sentence.late", { name: late.name, time: time == null ? t("console.not_known_here") : minute(time) }));
  }
  return parts.join(t("console.sentence.and")) + t("console.sentence.end");
}

/* --- as of --- */

/** Up to when a row is true. Of a jurisdiction as old as its oldest part, which it names. */
function RowAsOf({ row, scope }: { row: MoneyRow; scope: "own" | "subtree" }) {
  const late = scope === "subtree" ? oldestLate(row.division) : lateSince(row.division) === undefined ? null : placeOf(row.division) ?? null;
  if (late === null) {
    const place = placeOf(row.division);
    return <AsOf time={place?.as_of ?? row.as_of_time} lsn={row.as_of_lsn} />;
  }
  const time = lateSince(late.division);
  return <AsOf time={time ?? null} lsn={late.division === row.division ? row.as_of_lsn : undefined} late
    who={late.division === row.division ? undefined : late.name} href={`/map/${late.division}`} />;
}

/* --- the table --- */

const COLUMNS = ["received", "allocated", "passed_down", "in_transit", "unallocated", "paid"] as const;

export function RateBar({ paid, released }: { paid: string; released: string }) {
  const value = rate(paid, released);
  if (value === null) {
    return <span class="nil">—</span>;
  }
  return (
    <span class="rate">{value} %
      <svg width="44" height="6" aria-hidden="true"><rect width="44" height="6" class="rate-all" /><rect height="6" class="rate-paid" width={Math.min(44, (Number(value) * 44) / 100)} /></svg>
    </span>
  );
}

interface AmountsProps {
  chain: Chain;
  passes: boolean; // it may have issued something
  own: boolean;
  hrefOf?: (column: (typeof COLUMNS)[number]) => string; // to the lines that a figure sums
}

function Amounts({ chain, passes, own, hrefOf }: AmountsProps) {
  const cell = (column: (typeof COLUMNS)[number]) => {
    if ((column === "passed_down" && !own) || (!passes && isNil(chain[column]) && (column === "passed_down" || column === "in_transit"))) {
      return <span class="nil" role="img" aria-label={t("console.money.not_applicable")}>—</span>;
    }
    const amount = <Amount of={chain[column]} />;
    return hrefOf === undefined || isNil(chain[column]) ? amount : <a class="figure-link" href={hrefOf(column)}>{amount}</a>;
  };
  return (
    <>
      {COLUMNS.map((column) => <td key={column} class="num">{cell(column)}</td>)}
      <td class="num"><RateBar paid={chain.paid} released={chain.released} /></td>
    </>
  );
}

/** What was received and waits stands on lines without a unit; what was allocated and paid, on those of units. */
const linesHref = (of: Asked, code: string) => (column: (typeof COLUMNS)[number]): string =>
  (column === "allocated" || column === "paid" ? moneyHref(of, code, { board: "execution", by: "agency", scope: "own" })
    : moneyHref(of, code, { board: null, agency: "" }));

/** Where the money of its own level came from, each followed to what was paid of it. */
function Sources({ of, node, depth, passes }: { of: Asked; node: Node; depth: number; passes: boolean }) {
  const answer = useAnswer<Paged<SourceRow>>("/report/sources", { division: node.row.division, year: of.year, at: of.at });
  if (answer.problem !== null) {
    return <tr><td colSpan={10}><Trouble problem={answer.problem} retry={answer.again} /></td></tr>;
  }
  return (
    <>
      {answer.data?.rows.map((row) => (
        <tr key={sourceKey(row)}>
          <td class={`indent-${Math.min(depth + 1, 4)}`}>{sourceWord(row, node.row.parent)}</td>
          <td>{t("console.money.source")}</td>
          <Amounts chain={row} passes={passes} own />
          <td><RowAsOf row={node.row} scope="own" /></td>
        </tr>
      ))}
    </>
  );
}

function Agencies({ of, node, depth }: { of: Asked; node: Node; depth: number }) {
  const answer = useAnswer<Paged<ExecutionRow>>("/report/execution",
    { division: node.row.division, scope: "own", by: "agency", year: of.year, at: of.at, limit: 200 });
  if (answer.problem !== null) {
    return <tr><td colSpan={10}><Trouble problem={answer.problem} retry={answer.again} /></td></tr>;
  }
  return (
    <>
      {answer.data?.rows.filter(({ key }) => key !== "").map((row) => (
        <tr key={row.key} class="opens">
          <td class={`indent-${Math.min(depth + 1, 4)}`}>
            <a href={moneyHref(of, node.row.division, { agency: row.key, board: null })}>{row.key_name ?? row.key}</a> <span class="code">{row.key}</span>
          </td>
          <td>{t("console.money.agency")}</td>
          <td class="num"><span class="nil">—</span></td>
          <td class="num"><Amount of={row.allocated} /></td>
          <td class="num"><span class="nil">—</span></td><td class="num"><span class="nil">—</span></td><td class="num"><span class="nil">—</span></td>
          <td class="num"><Amount of={row.paid} /></td>
          <td class="num"><RateBar paid={row.paid} released={row.released} /></td>
          <td><RowAsOf row={node.row} scope="own" /></td>
        </tr>
      ))}
    </>
  );
}

function Toggle({ isOpen, name, onToggle }: { isOpen: boolean; name: string; onToggle: () => void }) {
  return (
    <button type="button" class="toggle" aria-expanded={isOpen} aria-label={t(isOpen ? "console.money.fold" : "console.money.unfold", { name })} onClick={onToggle}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><path d={isOpen ? "M1.500 3l3.500 4 3.500-4" : "M3 1.500l4 3.500-4 3.500"} fill="none" stroke="currentColor" stroke-width="1.5" /></svg>
    </button>
  );
}

function ChainRowOf({ of, shown: row, onToggle }: { of: Asked; shown: Shown; onToggle: (key: string) => void }) {
  if (row.kind === "idle") {
    const { above, nodes } = row;
    return (
      <tr><td colSpan={10} class={`indent-${above.depth + 1} ink3`}>
        <Toggle isOpen={row.isOpen} name={t("console.money.idle", { count: nodes.length })} onToggle={() => onToggle(`${above.row.division}-`)} />
        {t("console.money.idle", { count: nodes.length })}
      </td></tr>
    );
  }
  const { node } = row;
  const { division, name } = node.row;
  if (row.kind === "own") {
    return (
      <>
        <tr>
          <td class={`indent-${node.depth + 1}`}>
            <Toggle isOpen={row.isOpen} name={t("console.money.own_of", { name })} onToggle={() => onToggle(`${division}=`)} />
            <a href={moneyHref(of, division, { board: "execution", scope: "own" })}>{t("console.scope.own")}</a>
          </td>
          <td>{t("console.scope.own")}</td>
          <Amounts chain={node.row.own} passes own hrefOf={linesHref(of, division)} />
          <td><RowAsOf row={node.row} scope="own" /></td>
        </tr>
        {row.isOpen ? <Sources of={of} node={node} depth={node.depth + 1} passes /> : null}
      </>
    );
  }
  const leaf = node.below.length === 0;
  const scope = leaf ? "own" : "subtree";
  return (
    <>
      <tr class={`${node.depth === 0 ? "whole" : ""} ${division === of.code && node.depth > 0 ? "chosen" : ""}`}>
        <td class={`indent-${node.depth}`}>
          <Toggle isOpen={row.isOpen} name={name} onToggle={() => onToggle(division)} />
          <a href={moneyHref(of, division)}>{name}</a> <span class="code">{division}</span>
        </td>
        <td>{t(`console.scope.${scope}`)}</td>
        <Amounts chain={chainOf(node)} passes={leaf} own={leaf} hrefOf={leaf ? linesHref(of, division) : undefined} />
        <td><RowAsOf row={node.row} scope={scope} /></td>
      </tr>
      {leaf && row.isOpen ? <><Sources of={of} node={node} depth={node.depth} passes={false} /><Agencies of={of} node={node} depth={node.depth} /></> : null}
    </>
  );
}

function ChainTable({ of, root }: { of: Asked; root: Node }) {
  const kept = of.query.get("open");
  const open = useMemo(() => (kept === null ? openFirst(root) : new Set(kept.split(",").filter((key) => key !== ""))), [kept, root]);
  const toggle = (key: string): void => {
    const next = new Set(open);
    if (!next.delete(key)) {
      next.add(key);
    }
    ask({ open: [...next].join(",") || "," });
  };
  return (
    <div class="table-frame scrolls" role="region" aria-label={t("console.money.table")} tabIndex={0}>
      <table class="chain-table">
        <caption class="hidden">{t("console.money.table")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("console.column.division")}</th><th scope="col">{t("console.money.scope")} · {t("console.money.unit")}</th>
            {COLUMNS.map((column) => <th key={column} scope="col" class="num">{t(`console.chain.${column}`)}</th>)}
            <th scope="col" class="num">{t("console.chain.rate")}</th><th scope="col">{t("console.money.as_of")}</th>
          </tr>
        </thead>
        <tbody>
          {shownRows(root, open).map((row) => (
            <ChainRowOf key={row.kind === "idle" ? `${row.above.row.division}-` : `${row.kind} ${row.node.row.division}`} of={of} shown={row} onToggle={toggle} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/* --- the board --- */

function Side({ of, rows, years, problem }: {
  of: Asked; rows: MoneyRow[]; years: Years | null; problem: ReturnType<typeof useAnswer>["problem"];
}) {
  const heat = useMemo(() => heatOf(rows), [rows]);
  const [side, setSide] = useState<"months" | "heat">("months");
  const choice = heat.length < 2 ? null : (
    <Segments label={t("console.money.side")} value={side} onChange={setSide}
      choices={[{ value: "months", title: t("console.money.side.months") }, { value: "heat", title: t("console.money.side.heat") }]} />
  );
  if (side === "heat" && heat.length >= 2) {
    return <Panel title={t("console.money.heat")} aside={choice}><HeatTiles heat={heat} hrefOf={(code) => moneyHref(of, code)} /></Panel>;
  }
  return (
    <Panel title={t("console.money.months")} aside={choice ?? t("console.money.formula")} flush>
      {problem !== null ? <Trouble problem={problem} /> : years === null ? <p class="empty">{t("console.loading")}</p> : <MonthsChart years={years} />}
    </Panel>
  );
}

export function ChainBoard({ of }: { of: Asked }) {
  const [everyS, setEvery] = useState(15);
  const money = useAnswer<MoneyAnswer>("/money", { division: of.code, year: of.year, at: of.at }, of.at === null ? everyS : undefined);
  const months = useAnswer<MonthsAnswer>("/money/months", { division: of.code, year: of.year, at: of.at, scope: "subtree" });
  useEffect(() => setEvery((money.data?.rows.length ?? 0) > 200 ? 120 : 15), [money.data]); // a large answer costs more
  const root = useMemo(() => treeOf(money.data?.rows ?? []), [money.data]);
  const years = useMemo(() => (months.data === null ? null : bothYears(months.data, (of.at === null ? null : atEnd(of.at)) ?? new Date())), [months.data, of.at]);
  const late = oldestLate(of.code);
  const here = within(tree.value?.rows ?? [], of.code);
  return (
    <>
      <Sentence state={money.problem !== null ? "fault" : late !== null ? "off_line" : "well"} busy={money.slow}>
        {root === null ? money.problem?.sentence ?? t("console.loading") : sentenceOf(root, years, late)}
      </Sentence>
      <div class="page">
        <MoneyHead of={of} />
        {money.problem === null ? null : <section class="card"><Trouble problem={money.problem} retry={money.again} /></section>}
        <AtNote at={of.at} />
        <ClockNotice text={money.data?.clock_notice} />
        {of.at !== null ? null : <><UnapprovedNote sum={unapprovedOf(here)} /><UnconfirmedNote keys={here.flatMap(({ unconfirmed }) => unconfirmed ?? [])} /></>}
        {root === null ? null : (
          <>
            <div class="columns wide even">
              <Panel title={t("console.money.where")} aside={<span class="no-print">{t("console.money.where.note")}</span>}>
                <FlowPicture rows={money.data?.rows ?? []} lateOf={lateSince} hrefOf={(code) => moneyHref(of, code)} />
              </Panel>
              <Side of={of} rows={money.data?.rows ?? []} years={years} problem={months.problem} />
            </div>
            <div class="card below"><ChainTable of={of} root={root} /></div>
          </>
        )}
      </div>
    </>
  );
}
