// One division: everything that is known of it here, and from when; why, and what to do.
import { useEffect } from "preact/hooks";
import type { PageProps } from "../app";
import type { DayAnswer } from "../day";
import type { Chain, Paged, SourceRow } from "../flow/shapes";
import { sourceKey, sourceWord } from "../flow/source";
import { alarmsVersion, readTree, status, tree, unconfirmedVersion } from "../live";
import { count, isNil, rateText, shown, sum } from "../money";
import { Advice, alarmWords, withNames } from "../parts/advice";
import { Acknowledge, AlarmItem } from "../parts/alarm";
import { AsOf } from "../parts/asof";
import { atText } from "../parts/at_choice";
import { Badge, lookOf, Mark, Marked, type Look } from "../parts/badge";
import { Amount, Figure } from "../parts/figure";
import { Chart } from "../parts/chart";
import { Facts, Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Rotating } from "../parts/rotation";
import { Sentence } from "../parts/sentence";
import { Served, servedText } from "../parts/served";
import { Table } from "../parts/table";
import { sameMoment } from "../router";
import type { Alarm, ChainAnswer, ChainRow, DivisionRow, Listed, Page, ServedSpell, Spell, Spells, Sum, TreeAnswer, UnapprovedAnswer } from "../shapes";
import { age, lag, minute, moment } from "../time";
import { backlog, furtherAlarms, isLate, isWell, knownUntil, rank, since, sinceAge, wrongWith } from "../tree_model";
import { YearsPanel } from "../parts/years";
import { useAnswer } from "../use_answer";
import { Epochs } from "./epochs";
import { Forks } from "./forks";
import { Recoveries } from "./recoveries";
import { t, word } from "../words";

const HOUR_MS = 3600 * 1000;

export function DivisionPage({ parameters, query }: PageProps) {
  useEffect(readTree, []);
  const answer = tree.value;
  const row = answer?.rows.find(({ division }) => division === parameters.code);
  if (answer === null) {
    return <Sentence state="unknown" busy>{t("console.loading")}</Sentence>;
  }
  if (row === undefined) {
    return <NotBelow key={parameters.code} code={parameters.code} />;
  }
  return <Known key={row.division} row={row} tree={answer} at={query.get("at")} />;
}

/** Above, or nowhere: what is known of one above is what its approvals are worth. */
function NotBelow({ code }: { code: string }) {
  const answer = useAnswer<UnapprovedAnswer>("/unapproved", { division: code, limit: 1 });
  if (answer.data === null) {
    return <><Sentence state="unknown" busy={answer.slow}>{answer.problem === null ? t("console.loading") : t("console.division.none", { code })}</Sentence>
      <div class="page"><p class="empty"><a href="/map">{t("console.nav.map")}</a></p></div></>;
  }
  return <><Sentence state={answer.data.count > 0 ? "warning" : "well"}>{t("console.division.above", { code })}</Sentence>
    <div class="page"><div class="stack"><Persons code={code} vouched={answer.data.vouched ?? ""} unapproved={answer.data} /><Epochs code={code} version={unconfirmedVersion.value} /></div></div></>;
}

/** Whose word its persons are, and what of it lacks an approval that holds. */
function Persons({ code, vouched, unapproved }: { code: string; vouched: string; unapproved: Sum }) {
  return (
    <Panel title={t("console.division.persons")} aside={<a href={`/people/chains?division=${code}`}>{t("console.people.chains")}</a>}>
      <p>{vouched === "" ? t("console.division.two_admins") : vouched}{t("console.sentence.end")}</p>
      {unapproved.count === 0 ? <p class="ink2">{t("console.division.all_approved")}</p> : (
        <p><Marked shape="cross" tone="bad"><a href={`/people/unapproved?division=${code}`}>
          {t("console.division.unapproved", { count: count(unapproved.count), amount: shown(unapproved.amount) })}</a></Marked></p>
      )}
    </Panel>
  );
}

/** `worst`: of the alarms about it that say more than its state does. */
function told(row: DivisionRow, answer: TreeAnswer, worst: Alarm | undefined): string {
  return worst === undefined ? stateOf(row, answer) : wrongWith(row.name, worst) + t("console.sentence.and") + stateOf(row, answer);
}

function stateOf(row: DivisionRow, answer: TreeAnswer): string {
  const waits = backlog(row, status.value);
  if (isWell(row)) {
    return t("console.division.well", { name: row.name, lsn: count(row.held_lsn) });
  }
  const known = knownUntil(row);
  const head = known === null ? t("console.division.not_heard", { name: row.name })
    : isLate(row) ? t("console.division.late", { name: row.name, time: minute(since(row, answer)), state: t(`console.state.${row.state}`), known: moment(known) })
      : t("console.division.unwell", { name: row.name, state: t(`console.state.${row.state}`), why: withNames(row.sentence).replace(/[。.]$/, "") });
  return waits.entries === 0 || row.state === "revoked" ? head + t("console.sentence.end")
    : head + t("console.sentence.and") + t("console.division.waits", { count: count(waits.entries), amount: shown(waits.amount ?? "0.00") }) + t("console.sentence.end");
}

function Known({ row, tree: answer, at }: { row: DivisionRow; tree: TreeAnswer; at: string | null }) {
  const chain = useAnswer<ChainAnswer>("/report/chain", { division: row.division, at }, at === null ? 10 : undefined);
  const alarms = useAnswer<{ alarms: Alarm[] }>("/alarms", {}, undefined, alarmsVersion.value);
  const sums = chain.data?.rows.filter(({ division }) => division === row.division) ?? [];
  const about = (alarms.data?.alarms ?? []).filter(({ division }) => division === row.division);
  const isUnconfirmed = about.some(({ code }) => code === "epoch_unconfirmed");
  const worst = furtherAlarms(about, [row]).find(({ severity }) => severity !== "warning");
  return (
    <>
      <Sentence state={worst !== undefined && rank(row.state) > rank("fault") ? "fault" : row.state} busy={chain.slow}>{told(row, answer, worst)}</Sentence>
      <div class="page">
        <div class="page-head">
          <Crumbs row={row} tree={answer} />
          <div class="spread"><a class="button" href={sameMoment(`/money/${row.division}`)}>{t("console.nav.money")}</a></div>
        </div>
        {at === null ? null : <p class="notice-line">{t("console.map.at_note", { at: atText(at) })} <a href={`/map/${row.division}`}>{t("console.at.now")}</a></p>}
        {row.stopped === null ? null : <p class="notice-line" role="status">{t("console.division.stopped", {
          lsn: count(row.stopped.lsn), kind: `${row.stopped.kind}`, format: `${row.stopped.format}`,
          written: moment(row.stopped.written), since: row.stopped.since === null ? "—" : moment(row.stopped.since),
        })}</p>}
        <div class="columns wide">
          <div class="stack">
            <Facts4 row={row} tree={answer} />
            {isUnconfirmed ? <Recoveries code={row.division} /> : null}
            <Forks row={row} alarms={about} />
            <Lag row={row} />
            {chain.problem === null ? <Money sums={sums} row={row} at={at} isHeldBack={isUnconfirmed} /> : <section class="card"><Trouble problem={chain.problem} retry={chain.again} /></section>}
            <Transit row={row} />
            <Last row={row} sums={sums} at={at} />
          </div>
          <div class="stack">
            <Why row={row} alarms={about} again={alarms.again} />
            <Served code={row.division} />
            <YearsPanel code={row.division} version={`${row.held_lsn} ${status.value?.lsn}`} />
            <Persons code={row.division} vouched={row.vouched} unapproved={row.unapproved} />
            {row.division === answer.division ? <Rotating /> : null}
            <Epochs code={row.division} version={`${row.state} ${status.value?.epoch} ${unconfirmedVersion.value}`} />
            <Events code={row.division} version={row.state} />
            <Node row={row} tree={answer} />
          </div>
        </div>
      </div>
    </>
  );
}

function Crumbs({ row, tree: answer }: { row: DivisionRow; tree: TreeAnswer }) {
  const path: DivisionRow[] = [];
  for (let at = answer.rows.find(({ division }) => division === row.parent); at !== undefined;
    at = answer.rows.find(({ division }) => division === at?.parent)) {
    path.unshift(at);
  }
  return (
    <nav aria-label={t("console.crumbs")}><ol class="crumbs">
      {path.map(({ division, name }) => <li key={division}><a href={sameMoment(division === answer.division ? "/map" : `/map/${division}`)}>{name}</a></li>)}
      <li aria-current="page"><b>{row.name}</b> <span class="ink3">{row.division}</span></li>
    </ol></nav>
  );
}

/** "3 条", and what they move where they move anything. */
const waitText = (entries: number, amount: string): string =>
  t("console.division.entries", { count: count(entries) }) + (isNil(amount) ? "" : ` · ${shown(amount)}`);

/** State; known until; waiting down; waiting up. */
function Facts4({ row, tree: answer }: { row: DivisionRow; tree: TreeAnswer }) {
  const link = status.value?.peers.find(({ division, is_parent }) => division === row.division && !is_parent);
  const isSelf = row.division === answer.division;
  const isCut = ["off_line", "unknown", "paused", "revoked"].includes(row.state);
  return (
    <section class="strip facts-strip" aria-label={t("console.column.state")}>
      <Figure label={t("console.column.state")} own={row.since_s === 0 ? "" : t("console.map.since", { time: moment(since(row, answer)) })}>
        <Badge state={row.state} />
      </Figure>
      <Figure label={t("console.column.known")} own={t("console.entry_number", { lsn: count(row.held_lsn) })}>
        {moment(knownUntil(row)) || t("console.not_known_here")}
      </Figure>
      <Figure label={t("console.division.down")} own={link === undefined || link.behind_entries === 0 ? "" : t("console.division.oldest", { age: sinceAge({ ...row, since_s: link.oldest_age_s ?? 0 }) })}>
        {isSelf ? "—" : link === undefined ? <span class="unknown">{t("console.not_known_here")}</span>
          : waitText(link.behind_entries, link.behind_amount)}
      </Figure>
      <Figure label={t("console.division.up")} own={row.said === null || isSelf ? "" : t("console.division.up_was", { count: count(row.said.backlog_entries) })}>
        {isSelf || row.said !== null && !isCut ? waitText(row.said?.backlog_entries ?? 0, row.said?.backlog_amount ?? "0.00")
          : <span class="unknown">{t("console.not_known_here")}</span>}
      </Figure>
    </section>
  );
}

/** How old its words were when they came, in the last 24 hours. */
function Lag({ row }: { row: DivisionRow }) {
  const { data } = useAnswer<DayAnswer>(row.division === tree.value?.division ? null : "/history", { division: row.division }, 60);
  const values = data?.rows[0]?.lag_ms ?? [];
  return values.length === 0 ? null : (
    <Panel title={t("console.division.lag")} aside={t("console.division.lag_note")}>
      <Chart values={values} slotS={data?.slot_s ?? 1} end={new Date(data?.end ?? 0)} height={110} format={(ms) => (ms < 1000 ? `${(ms / 1000).toFixed(ms === 0 ? 0 : 2)} s` : lag(ms))}
        label={t("console.day.lag_ms", { name: row.name })} />
    </Panel>
  );
}

const columns = ["received", "allocated", "passed_down", "in_transit", "unallocated", "released", "paid"] as const;

interface MoneyLine { key: string; title: string; chain: Chain; isSum: boolean }

/** Its money by where it came from, then its own level, then its jurisdiction. */
function moneyLines(sources: SourceRow[], sums: ChainRow[], row: DivisionRow): MoneyLine[] {
  const only = sums.length === 1 && sources.length > 1;
  return [
    ...sources.map((source) => ({ key: sourceKey(source), title: sourceWord(source, row.parent), chain: source, isSum: false })),
    ...sums.map((sum) => ({ key: sum.scope, title: t(only ? "console.money.in_all" : `console.scope.${sum.scope}`), chain: sum, isSum: true })),
  ];
}

/** `isHeldBack`: what it wrote with new keys is here, and counts in none of these. */
function Money({ sums, row, at, isHeldBack }: { sums: ChainRow[]; row: DivisionRow; at: string | null; isHeldBack: boolean }) {
  const sources = useAnswer<Paged<SourceRow>>("/report/sources", { division: row.division, at }, at === null ? 60 : undefined);
  const passes = sums.some(({ passed_down: passed, scope }) => !isNil(passed) || scope === "subtree");
  return (
    <Panel title={t("console.nav.money")} flush
      aside={<><AsOf time={sums[0]?.as_of_time} lsn={sums[0]?.as_of_lsn} late={isLate(row) || isHeldBack} /><span>{t("console.money.unit")}</span></>}>
      <Table isBoard label={t("console.nav.money")} rows={moneyLines(sources.data?.rows ?? [], sums, row)} keyOf={({ key }) => key} empty={t("console.division.no_money")}
        look={({ isSum }) => (isSum ? "whole" : "")}
        columns={[
          { key: "source", title: t("console.money.source.head"), cell: ({ title }) => title },
          ...columns.filter((name) => passes || (name !== "passed_down" && name !== "in_transit"))
            .map((name) => ({ key: name, title: t(`console.chain.${name}`), number: true, cell: ({ chain }: MoneyLine) => <Amount of={chain[name]} /> })),
          { key: "rate", title: t("console.chain.rate"), number: true, cell: ({ chain }) => rateText(chain) },
        ]} />
    </Panel>
  );
}

/** What was sent to it and has no answer yet, by whomever of those above it. */
function Transit({ row }: { row: DivisionRow }) {
  const own = tree.value?.division ?? null;
  const version = `${row.held_lsn} ${status.value?.lsn} ${tree.value?.rows.find(({ division }) => division === row.parent)?.held_lsn}`;
  const mine = useAnswer<Page<Listed>>(own === row.division ? null : "/documents", { kind: "transfer", division: own, receiver: row.division, state: "issued" }, undefined, version);
  const parents = useAnswer<Page<Listed>>(row.parent === null || row.parent === own || own === row.division ? null : "/documents",
    { kind: "transfer", division: row.parent, receiver: row.division, state: "issued" }, undefined, version);
  const rows = [...mine.data?.rows ?? [], ...parents.data?.rows ?? []];
  if (own === row.division) {
    return null;
  }
  return (
    <Panel title={t("console.division.transit")} count={rows.length} flush aside={t("console.money.unit")}>
      <Table label={t("console.division.transit")} rows={rows} keyOf={({ division, id }) => `${division} ${id}`}
        hrefOf={({ division, id }) => `/doc/${division}/${encodeURIComponent(id)}`} isRead={mine.data !== null} empty={t("console.division.no_transit")}
        columns={[
          { key: "id", title: t("console.column.document"), cell: ({ division, id, ...rest }) => <a href={`/doc/${division}/${encodeURIComponent(id)}`}>{String(rest.cor_bgt_doc_no ?? rest.sup_bgt_doc_no ?? id)}</a> },
          { key: "why", title: t("console.column.purpose"), cell: (document) => String(document.use_des ?? document.pro_name ?? document.memo ?? "") },
          { key: "amount", title: t("console.column.amount"), number: true, cell: ({ amount }) => <Amount of={amount} />, total: rows.length > 1 ? shown(sum(rows.map(({ amount }) => amount))) : undefined },
          { key: "time", title: t("console.column.issued"), cell: ({ time }) => moment(time) },
        ]} />
    </Panel>
  );
}

/** Its payments of the last day that is known here, the newest first. */
function Last({ row, sums, at }: { row: DivisionRow; sums: ChainRow[]; at: string | null }) {
  const last = sums[0]?.as_of_time ?? null;
  const second = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  const end = last === null ? 0 : new Date(last).getTime();
  const { data } = useAnswer<Page<Listed>>(last === null ? null : "/documents",
    { kind: "payment", division: row.division, from: second(end - 24 * HOUR_MS), until: at === null ? null : second(end + 1000), limit: 1000 });
  const rows = [...data?.rows ?? []].reverse().slice(0, 8);
  return (
    <Panel title={t(isLate(row) ? "console.division.last_before" : "console.division.last")} flush
      aside={<>{data === null ? null : <span>{t("console.division.last_count", { count: count(data.total) })}</span>}<span>{t("console.money.unit")}</span></>}>
      <Table label={t("console.division.last")} rows={rows} keyOf={({ id }) => id} isRead={last === null || data !== null} empty={t("console.division.no_payment")}
        hrefOf={({ division, id }) => `/doc/${division}/${encodeURIComponent(id)}`}
        columns={[
          { key: "time", title: t("console.column.time"), cell: ({ time }) => <span class="ink3">{moment(time)}</span> },
          { key: "id", title: t("console.column.document"), cell: ({ division, id }) => <a href={`/doc/${division}/${encodeURIComponent(id)}`}>{id}</a> },
          { key: "agency", title: t("console.column.agency"), cell: (document) => String(document.agency_name ?? "") },
          { key: "payee", title: t("console.column.payee"), cell: (document) => String(document.payee_acct_name ?? "") },
          { key: "amount", title: t("console.column.amount"), number: true, cell: ({ amount }) => <Amount of={amount} /> },
          { key: "state", title: t("console.column.state"), cell: ({ state }) => <DocumentState state={state} /> },
        ]} />
    </Panel>
  );
}

function DocumentState({ state }: { state: string }) {
  const waits = state === "applied" || state === "issued";
  const look = waits ? { shape: "filling", tone: "quiet" } as const
    : state === "cancelled" || state === "returned" ? { shape: "cross", tone: "quiet" } as const : lookOf(state);
  return <Marked {...look}>{word(`console.document.${state}`, state)}</Marked>;
}

function Why({ row, alarms, again }: { row: DivisionRow; alarms: Alarm[]; again: () => void }) {
  if (isWell(row) && alarms.length === 0) {
    return <Panel title={t("console.division.why")}><p>{t("console.division.nothing")}</p></Panel>;
  }
  return (
    <Panel title={t("console.division.why")}>
      <p><b>{withNames(row.sentence)}</b></p>
      {row.cure === "" ? null : <ol class="steps">{row.cure.split(/(?<=[。.;；])\s*/).filter((step) => step !== "").map((step) => <li key={step}><span><Advice text={step} /></span></li>)}</ol>}
      {alarms.map((alarm) => <div key={alarm.id} class="alarm-below"><AlarmItem alarm={alarm} plain /><Acknowledge alarm={alarm} done={again} /></div>)}
    </Panel>
  );
}

interface Happened { key: string; at: string; look: Look; text: string }

const WORSE: Look = { shape: "clock", tone: "warn" }, BETTER: Look = { shape: "tick", tone: "ok" };

const ofAlarm = (alarm: Alarm): Happened[] => [
  { key: `${alarm.id} began`, at: alarm.since, look: WORSE, text: alarmWords(alarm.text) },
  ...(alarm.cleared === null ? [] : [{ key: `${alarm.id} over`, at: alarm.cleared, look: BETTER, text: t("console.alarm.over", { text: alarmWords(alarm.text) }) }]),
];

const ofSpell = ({ above, above_name: name, state, down, up, seconds, times }: Spell): Happened[] => [
  { key: `${down} down`, at: down, look: lookOf(state), text: t(state === "paused" ? "console.past.was_paused" : "console.past.was_cut", { above: name ?? above }) },
  ...(up === null ? [] : [{ key: `${down} up`, at: up, look: BETTER, text: t(times > 1 ? "console.past.is_back_often" : "console.past.is_back", { age: age(seconds), times }) }]),
];

const ofServed = (spell: ServedSpell): Happened[] => [
  { key: `${spell.since} served`, at: spell.since, look: lookOf("served"), text: t("console.served.began", { by: spell.by_name || spell.by }) },
  ...(spell.until === null ? [] : [{ key: `${spell.since} back`, at: spell.until, look: BETTER, text: servedText(spell, status.value?.division) }]),
];

/** What happened to it: its link, who served it meanwhile, and the alarms of this node about it. */
function Events({ code, version }: { code: string; version: string }) {
  const open = useAnswer<{ alarms: Alarm[] }>("/alarms", {}, undefined, alarmsVersion.value);
  const past = useAnswer<{ alarms: Alarm[] }>("/alarms", { history: 1, limit: 100 }, undefined, alarmsVersion.value);
  const links = useAnswer<Spells>("/links/past", { division: code, limit: 8 }, undefined, version);
  const served = useAnswer<Page<ServedSpell>>("/links/served", { division: code, limit: 4 }, undefined, version);
  const rows = [...[...open.data?.alarms ?? [], ...past.data?.alarms ?? []].filter(({ division }) => division === code).flatMap(ofAlarm),
    ...(links.data?.rows ?? []).flatMap(ofSpell), ...(served.data?.rows ?? []).flatMap(ofServed)].sort((a, b) => b.at.localeCompare(a.at)).slice(0, 8);
  return (
    <Panel title={t("console.division.events")} aside={<a href="/ops/alarms?history=1">{t("console.map.history")}</a>}>
      {rows.length === 0 ? <p class="ink2">{t("console.division.no_events")}</p> : (
        <ul class="events">
          {rows.map(({ key, at, look, text }) => <li key={key}><time class="ink3">{moment(at)}</time><Mark {...look} /><span>{text}</span></li>)}
        </ul>
      )}
    </Panel>
  );
}

function Node({ row, tree: answer }: { row: DivisionRow; tree: TreeAnswer }) {
  const said = row.said;
  const holders: string[] = [row.name];
  for (let at = answer.rows.find(({ division }) => division === row.parent); at !== undefined;
    at = answer.rows.find(({ division }) => division === at?.parent)) {
    holders.push(at.name);
  }
  return (
    <Panel title={t("console.division.node")} aside={<AsOf time={knownUntil(row)} late={isLate(row)} />}>
      {said === null ? <p class="unknown">{t("console.not_known_here")}</p> : (
        <Facts rows={[
          [t("console.node.version"), said.version],
          [t("console.node.disk"), t("console.node.disk_free", { free: count(Math.round(said.disk_free_mib / 1024)) })],
          [t("console.node.clock"), lag(Math.abs(said.clock_ahead_ms))],
          [t("console.node.entries"), count(said.lsn)],
          [t("console.node.alarms"), count(Object.values(said.alarms).reduce((a, b) => a + b, 0))],
          [t("console.node.holders"), t("console.node.holders_list", { names: holders.join(t("console.list_comma")), count: holders.length })],
        ]} />
      )}
    </Panel>
  );
}
