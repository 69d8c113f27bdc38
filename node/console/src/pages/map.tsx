// 总览: how all divisions below are, how much money came, went on and was spent, and what is to be
// done, on one screen.
import { useEffect, useMemo } from "preact/hooks";
import type { PageProps } from "../app";
import { alarmsVersion, readTree, status, tree } from "../live";
import type { MoneyAnswer } from "../flow/shapes";
import { count, fen, isNil, rate, rateText, shown } from "../money";
import { Advice, withNames } from "../parts/advice";
import { Acknowledge, AlarmItem } from "../parts/alarm";
import { AsOf } from "../parts/asof";
import { AtChoice, atText } from "../parts/at_choice";
import { Legend, lookOf, Mark, Marked, stateWord } from "../parts/badge";
import { Amount, Figure } from "../parts/figure";
import { UnapprovedNote, UnconfirmedNote } from "../parts/notices";
import { Segments } from "../parts/panel";
import { Empty, Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { Tree, type Lens } from "../parts/tree";
import { isUnsound } from "../parts/unsound";
import { WideTree } from "../parts/wide_tree";
import { ask, sameMoment } from "../router";
import type { Alarm, ChainAnswer, ChainRow, DivisionRow, TreeAnswer } from "../shapes";
import { lag, minute, moment } from "../time";
import {
  alike, backlog, backlogText, branches, byUrgency, common, furtherAlarms, isLate, isUrgent, isWell, knownUntil, ownTrouble, recovers, sentence, since, sinceAge, together,
  troubles, type Branch,
} from "../tree_model";
import { useAnswer } from "../use_answer";
import { t } from "../words";
import { DivisionList } from "./division_list";

const PICTURE_MAX = 200; // divisions that stand as a tree; more are a map to pan
const DAY_S = 24 * 3600;
const FURTHER_MAX = 4; // alarms; the rest is one line
const lenses = ["state", "backlog", "money", "overdue"] as const;
export type LensName = (typeof lenses)[number];

export function MapPage({ query }: PageProps) {
  useEffect(readTree, []);
  const answer = tree.value;
  const at = query.get("at"); // the money; how the divisions are, is of now
  const chain = useAnswer<ChainAnswer>(answer === null ? null : "/report/chain", { division: answer?.division, at }, at === null ? 10 : undefined);
  const passed = useAnswer<MoneyAnswer>(answer !== null && query.get("lens") === "overdue" ? "/money" : null, { division: answer?.division, at }, at === null ? 30 : undefined);
  const view = query.get("view") === "list" ? "list" : "tree";
  const lens = lenses.find((name) => name === query.get("lens")) ?? "state";
  if (answer === null) {
    return <Sentence state="unknown" busy>{t("console.loading")}</Sentence>;
  }
  const told = sentence(answer, status.value);
  return (
    <>
      <Sentence state={told.state} busy={chain.slow}>{told.text}</Sentence>
      <div class="page">
        {at === null ? null : <p class="notice-line">{t("console.map.at_note", { at: atText(at) })} <a href="/map">{t("console.at.now")}</a></p>}
        {chain.problem === null ? null : <section class="card"><Trouble problem={chain.problem} retry={chain.again} /></section>}
        <Money chain={chain.data} tree={answer} at={at} />
        <UnapprovedNote sum={chain.data?.unapproved} />
        <UnconfirmedNote keys={chain.data?.unconfirmed} />
        <div class="columns">
          <section class="card" aria-label={t("console.map.divisions", { count: count(answer.rows.length) })}>
            <div class="card-head">
              <h2>{t("console.map.divisions", { count: count(answer.rows.length) })}</h2>
              {answer.rows.length === 1 ? null : <><Segments label={t("console.map.view")} value={view} onChange={(value) => ask({ view: value === "tree" ? null : value })}
                choices={[{ value: "tree", title: t("console.map.tree") }, { value: "list", title: t("console.map.list") }]} />
              <Segments label={t("console.map.lens")} value={lens} onChange={(value) => ask({ lens: value === "state" ? null : value })}
                choices={lenses.map((value) => ({ value, title: t(`console.lens.${value}`) }))} /></>}
              <div class="card-aside">{t(`console.lens_note.${lens}`)}</div>
            </div>
            <Divisions tree={answer} chain={chain.data} money={passed.data} lens={lens} view={view} />
          </section>
          <Exceptions tree={answer} />
        </div>
      </div>
    </>
  );
}

function Divisions({ tree: answer, chain, money, lens, view }: {
  tree: TreeAnswer; chain: ChainAnswer | null; money: MoneyAnswer | null; lens: LensName; view: string;
}) {
  const root = useMemo(() => branches(answer.rows), [answer]);
  const look = useMemo(() => lensOf(lens, answer, chain, money), [lens, answer, chain, money]);
  if (root === null) {
    return <Empty>{t("console.map.none")}</Empty>;
  }
  if (view === "list") {
    return <DivisionList root={root} tree={answer} chain={chain} lens={look} />;
  }
  return (
    <>
      {answer.rows.length > PICTURE_MAX ? <WideTree root={root} lens={look} />
        : <Tree root={root} lens={look} chosen={null} note={t("console.map.this_node", { lsn: count(root.row.held_lsn) })} />}
      {answer.rows.length === 1 ? <div class="map-foot" /> : <div class="map-foot"><Legend /><span class="ink3">{t("console.map.keys")}</span></div>}
    </>
  );
}

/** Who has nothing to pay from comes last. */
const rateOf = (row: ChainRow | undefined): number => Number(row === undefined ? 999 : rate(row.paid, row.released) ?? 999);

/** What stands beside a name, and who comes first. */
function lensOf(name: LensName, answer: TreeAnswer, chain: ChainAnswer | null, money: MoneyAnswer | null): Lens {
  const sums = new Map<string, ChainRow>();
  chain?.rows.forEach((row) => { if (row.scope === "own" ) { sums.set(row.division, row); } });
  const byCode = (a: Branch, b: Branch): number => a.row.division.localeCompare(b.row.division);
  if (name === "backlog") {
    const size = ({ row }: Branch): number => backlog(row, status.value).entries;
    return { figure: (branch) => backlogText(branch.row, status.value), order: (a, b) => size(b) - size(a) || byCode(a, b) };
  }
  if (name === "money") {
    const paid = ({ row }: Branch): ChainRow | undefined => sums.get(row.division);
    return {
      figure: (branch) => { const sum = paid(branch); return sum === undefined ? "—" : rateText(sum); },
      order: (a, b) => rateOf(paid(a)) - rateOf(paid(b)) || byCode(a, b),
    };
  }
  if (name === "overdue") {
    const open = openTransfers(money);
    const late = ({ row }: Branch): number => open.get(row.division)?.overdue ?? 0;
    return {
      figure: (branch) => { const sum = open.get(branch.row.division); return sum === undefined ? "" : late(branch) > 0 ? t("console.map.overdue", { count: late(branch), amount: shown(sum.inTransit) }) : isNil(sum.inTransit) ? "—" : shown(sum.inTransit); },
      order: (a, b) => late(b) - late(a) || byCode(a, b),
    };
  }
  return { figure: ({ row }) => stateFigure(row, answer), order: byCode };
}

/** What was sent to each division and has no answer yet, by all above it, and how much of it is late. */
function openTransfers(money: MoneyAnswer | null): Map<string, { overdue: number; inTransit: bigint }> {
  const open = new Map<string, { overdue: number; inTransit: bigint }>();
  for (const { to, overdue, in_transit } of (money?.rows ?? []).flatMap(({ passed }) => passed)) {
    const before = open.get(to) ?? { overdue: 0, inTransit: 0n };
    open.set(to, { overdue: before.overdue + overdue, inTransit: before.inTransit + fen(in_transit) });
  }
  return open;
}

function stateFigure(row: DivisionRow, answer: TreeAnswer): string {
  if (isWell(row)) {
    return row.age_s === null ? "" : lag(row.age_s * 1000);
  }
  if (row.state === "behind") {
    return t("console.map.missing", { count: count(Math.max(0, (row.said?.lsn ?? row.held_lsn) - row.held_lsn)) });
  }
  return row.state === "unknown" ? "" : t("console.map.since", { time: minute(since(row, answer)) });
}

const strip = ["received", "allocated", "in_transit", "unallocated", "released", "paid"] as const;

/** As `at=` takes it. */
const toSecond = (time: string | Date): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");

/** Which moments the figures are of: each division's own, or the one that was asked for. */
function Moments({ tree: answer, at }: { tree: TreeAnswer; at: string | null }) {
  const late = answer.rows.filter((row) => isLate(row) && row.division !== answer.division).sort(byUrgency);
  const shared = common(answer);
  return (
    <div class="moments">
      <span class="ink3">{t(answer.rows.length === 1 ? "console.map.moments_own" : "console.map.moments")}</span>
      {at !== null ? <span>{atText(at)}</span> : <>
        {isUnsound() ? <Marked shape="diamond" tone="bad">{t("console.unsound.short")}</Marked>
          : <span>{t("console.map.current", { count: count(answer.rows.length - late.length), time: minute(new Date(answer.as_of)) })}</span>}
        {late.slice(0, 6).map((row) => <AsOf key={row.division} who={row.name} time={knownUntil(row)} late href={`/map/${row.division}`} />)}
        {late.length > 6 ? <a href="/map?view=list">{t("console.map.more_late", { count: late.length - 6 })}</a> : null}
        {shared === null || late.length === 0 ? null : <span class="shared">{t("console.map.common", { time: moment(shared) })} <a href={`/map?at=${toSecond(shared)}`}>{t("console.map.at_common")}</a></span>}
      </>}
      <AtChoice year={new Date().getFullYear()} at={at} />
    </div>
  );
}

function Money({ chain, tree: answer, at }: { chain: ChainAnswer | null; tree: TreeAnswer; at: string | null }) {
  const own = chain?.rows.find((row) => row.division === answer.division && row.scope === "own");
  const all = chain?.rows.find((row) => row.division === answer.division && row.scope === "subtree") ?? own;
  if (all === undefined || own === undefined) {
    return null;
  }
  const isLeaf = answer.rows.length === 1;
  return (
    <section class="card money-strip" aria-label={t("console.map.money")}>
      <div class="strip">
        <div class="figure scopes"><div class="figure-label">{t("console.money.unit")}</div>
          <b>{t(isLeaf ? "console.scope.own" : "console.scope.subtree")}</b>{isLeaf ? null : <div class="figure-own">{t("console.scope.own")}</div>}</div>
        {strip.map((name) => (
          <Figure key={name} label={t(`console.chain.${name}`)} own={isLeaf ? undefined : <Amount of={own[name]} />}
            tone={name === "in_transit" && all[name] !== "0.00" ? "warn" : undefined}
            href={sameMoment(`/money/${answer.division}`)} spoken={t("console.map.figure", { label: t(`console.chain.${name}`), amount: shown(all[name]), time: at === null ? moment(answer.as_of) : atText(at) })}>
            <Amount of={all[name]} />
          </Figure>
        ))}
        <Figure label={t("console.chain.rate")} own={isLeaf ? undefined : rateText(own)}>{rateText(all)}</Figure>
      </div>
      <Moments tree={answer} at={at} />
    </section>
  );
}

/** What somebody must do, then what mends itself. */
function Exceptions({ tree: answer }: { tree: TreeAnswer }) {
  const all = troubles(answer);
  const todo = all.filter((row) => !recovers(row));
  const mending = all.filter(recovers);
  const alarms = useAnswer<{ alarms: Alarm[] }>("/alarms", {}, undefined, alarmsVersion.value);
  const further = alike(furtherAlarms(alarms.data?.alarms ?? [], all));
  const refused = (status.value?.enrol_attempts ?? []).find(({ age_s }) => age_s < DAY_S);
  const late = answer.invited.filter(({ expired, waiting }) => expired || waiting);
  const own = ownTrouble(answer);
  const count = (own === undefined ? 0 : 1) + todo.length + further.length + late.length + (refused === undefined ? 0 : 1);
  return (
    <aside class="card" aria-label={t("console.map.todo")}>
      <div class="card-head"><h2>{t("console.map.todo")}</h2><span class="card-count">{count}</span>
        <div class="card-aside"><a href="/ops/alarms?history=1">{t("console.map.history")}</a></div></div>
      {count === 0 ? <Empty>{t(answer.rows.length === 1 ? "console.map.nothing_here" : "console.map.nothing_todo")}</Empty> : (
        <ul class="items">
          {own === undefined ? null : <Exception rows={[own]} tree={answer} />}
          {further.slice(0, FURTHER_MAX).map(({ alarm, count: times }) => <li key={alarm.id}><AlarmItem alarm={alarm} />
            {times === 1 ? null : <p class="item-text"><a href="/ops/alarms">{t("console.map.alike", { count: times - 1 })}</a></p>}<Acknowledge alarm={alarm} done={alarms.again} /></li>)}
          {together(todo.filter(isUrgent)).slice(0, 8).map((rows) => <Exception key={rows[0].division} rows={rows} tree={answer} />)}
          {refused === undefined ? null : <Newcomer title={t("console.map.refused", { name: refused.division ?? "" })} time={refused.time} text={refused.text} cure={t("console.map.invite_again")} />}
          {late.map(({ division, name, since, expired, sentence, cure }) => <Newcomer key={division} title={t(expired ? "console.map.never_came" : "console.map.asks", { name: `${name} ${division}` })} time={since} text={sentence} cure={cure} />)}
          {together(todo.filter((row) => !isUrgent(row))).slice(0, 8).map((rows) => <Exception key={rows[0].division} rows={rows} tree={answer} />)}
        </ul>
      )}
      {further.length > FURTHER_MAX ? <p class="more"><a href="/ops/alarms">{t("console.map.more_alarms", { count: further.length - FURTHER_MAX })}</a></p> : null}
      {todo.length > 8 ? <p class="more"><a href="/map?view=list">{t("console.map.more_late", { count: todo.length - 8 })}</a></p> : null}
      {mending.length === 0 ? null : <>
        <div class="card-head second"><h2>{t("console.map.mending")}</h2><span class="card-count">{mending.length}</span></div>
        <ul class="items">{mending.slice(0, 4).map((row) => <Exception key={row.division} rows={[row]} tree={answer} />)}</ul>
      </>}
    </aside>
  );
}

/** Somebody who should be in the tree, and is not. */
function Newcomer({ title, time, text, cure }: { title: string; time: string; text: string; cure: string }) {
  return (
    <li>
      <div class="item-head"><span class="badge tone-warn"><Mark shape="cross" tone="warn" /><span>{title}</span></span><span class="when">{moment(time)}</span></div>
      <p class="item-text">{text}</p>
      <p class="item-text"><Advice text={cure} /></p>
      <a class="item-link" href="/ops/join">{t("console.ops.tab.join")}</a>
    </li>
  );
}

function Exception({ rows, tree: answer }: { rows: DivisionRow[]; tree: TreeAnswer }) {
  const row = rows[0];
  const names = rows.slice(0, 4).map(({ name }) => name).join(t("console.list_comma"));
  const waits = backlog(row, status.value);
  return (
    <li>
      <div class="item-head">
        <span class={`badge tone-${lookOf(row.state).tone}`}><Mark {...lookOf(row.state)} /><span>{rows.length > 4 ? t("console.map.and_more", { names, count: rows.length }) : names} {stateWord(row.state)}</span></span>
        {row.since_s === 0 ? null : <span class="when">{t("console.map.since", { time: minute(since(row, answer)) })} · {sinceAge(row)}</span>}
      </div>
      <p class="item-text">{withNames(row.sentence)}{waits.entries > 0 ? <> {t("console.map.waits", { count: count(waits.entries) })}
        {waits.amount === null ? null : <b> {shown(waits.amount)}</b>}</> : null}</p>
      {row.cure === "" ? null : <p class="item-text"><Advice text={row.cure} /></p>}
      {rows.slice(0, 4).map(({ division, name }) => <a key={division} class="item-link" href={`/map/${division}`}>{rows.length === 1 ? t("console.map.open") : name}</a>)}
    </li>
  );
}
