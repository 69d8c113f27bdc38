// What the map makes of the answer about all divisions: who is below whom, what is to be done first,
// and the one sentence.
import type { Alarm, DivisionRow, Peer, Status, Sum, TreeAnswer } from "./shapes";
import { count, shown, sum, yuan } from "./money";
import { age, minute } from "./time";
import { alarmWords } from "./parts/advice";
import { stateWord } from "./parts/badge";
import { t } from "./words";

export interface Branch {
  row: DivisionRow;
  above: Branch | null;
  below: Branch[];
  well: number; // of all below it
  all: number;
}

/** The tree, in the order of codes. Rows come depth first, each after its parent. */
export function branches(rows: DivisionRow[]): Branch | null {
  const found = new Map<string, Branch>();
  let root: Branch | null = null;
  for (const row of rows) {
    const above = row.parent === null ? null : found.get(row.parent) ?? null;
    const branch: Branch = { row, above, below: [], well: 0, all: 0 };
    found.set(row.division, branch);
    above?.below.push(branch);
    root ??= branch;
    for (let up = above; up !== null; up = up.above) {
      up.all++;
      up.well += row.state === "well" ? 1 : 0;
    }
  }
  return root;
}

/** From worst to well: what an operator looks at first. */
const urgency = ["damaged", "fault", "full", "off_line", "warning", "clock", "served", "paused", "unknown", "behind", "revoked", "well"];
export const rank = (state: string): number => {
  const at = urgency.indexOf(state);
  return at < 0 ? 0 : at;
};

export const recovers = (row: DivisionRow): boolean => row.state === "behind";
export const isWell = (row: DivisionRow): boolean => row.state === "well";

/** Worst first, then the oldest. */
export function byUrgency(a: DivisionRow, b: DivisionRow): number {
  return rank(a.state) - rank(b.state) || b.since_s - a.since_s || a.division.localeCompare(b.division);
}

/** What is to be done: what is not well, without those that only lie behind a broken link, or are over. */
export function troubles(tree: TreeAnswer): DivisionRow[] {
  return tree.rows.filter((row) => row.division !== tree.division && !isWell(row) && row.state !== "revoked" &&
    !(row.state === "unknown" && row.broken !== null && row.broken !== row.division)).sort(byUrgency);
}

/** This node, where its own link is what somebody must look after. */
export const ownTrouble = (tree: TreeAnswer): DivisionRow | undefined =>
  tree.rows.find(({ division, state }) => division === tree.division && (state === "off_line" || state === "paused"));

const severities = ["critical", "error", "warning", "info"];

/** Those that are in one trouble for one reason, told once: off line below one division, or with a
 *  wrong clock. The oldest first in each. */
export function together(rows: DivisionRow[]): DivisionRow[][] {
  const groups = new Map<string, DivisionRow[]>();
  for (const row of rows) {
    const key = row.state === "clock" ? row.state : row.state === "off_line" ? `off_line ${row.parent}` : row.division;
    groups.set(key, [...groups.get(key) ?? [], row]);
  }
  return [...groups.values()];
}

/** What must not wait behind anything else. */
export const isUrgent = (row: DivisionRow): boolean => rank(row.state) <= rank("off_line");

/** Open alarms that say more than the division's own line does, the worst first. */
export function furtherAlarms<A extends Alarm>(alarms: A[], shown: DivisionRow[]): A[] {
  const repeats = (alarm: A): boolean => ["neighbour_down", "division_unwell"].includes(alarm.code) &&
    shown.some(({ division }) => division === alarm.division);
  return alarms.filter((alarm) => alarm.severity !== "info" && alarm.silenced === null && !repeats(alarm))
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || a.since.localeCompare(b.since));
}

/** Of what is alarmed again and again of one division the first, and how many there are. */
export function alike<A extends Alarm>(alarms: A[]): { alarm: A; count: number }[] {
  const groups = new Map<string, { alarm: A; count: number }>();
  for (const alarm of alarms) {
    const key = `${alarm.code} ${alarm.division}`;
    groups.set(key, { alarm: groups.get(key)?.alarm ?? alarm, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

export const since = (row: DivisionRow, tree: TreeAnswer): Date =>
  new Date(new Date(tree.as_of).getTime() - row.since_s * 1000);

/** Up to when it is known here; null before its first word. */
export const knownUntil = (row: DivisionRow): Date | null =>
  row.said === null || row.as_of === null ? null : new Date(row.as_of);

/** Its figures stand still: something of it is not here. */
export const isLate = (row: DivisionRow): boolean =>
  ["off_line", "unknown", "paused", "behind", "damaged"].includes(row.state);

/** The moment that everybody has reached; null before each has been heard. */
export function common(tree: TreeAnswer): Date | null {
  const known = tree.rows.map(knownUntil);
  return known.some((at) => at === null) ? null
    : new Date(Math.min(...known.map((at) => (at as Date).getTime())));
}

const groups: [string, (row: DivisionRow) => boolean][] = [
  ["damaged", (row) => row.state === "damaged"],
  ["fault", (row) => row.state === "fault"],
  ["full", (row) => row.state === "full"],
  ["off_line", (row) => row.state === "off_line"],
  ["warning", (row) => row.state === "warning"],
  ["clock", (row) => row.state === "clock"],
  ["served", (row) => row.state === "served"],
  ["paused", (row) => row.state === "paused"],
  ["behind", (row) => row.state === "behind"],
];

/** A path that is cut with others behind it: they are unknown, not off line. */
function broken(tree: TreeAnswer): { row: DivisionRow; behind: number } | null {
  const behind = new Map<string, number>();
  for (const row of tree.rows) {
    if (row.state === "unknown" && row.broken !== null) {
      behind.set(row.broken, (behind.get(row.broken) ?? 0) + 1);
    }
  }
  const cut = tree.rows.filter((row) => behind.has(row.division))
    .map((row) => ({ row, behind: behind.get(row.division) ?? 0 }))
    .sort((a, b) => b.behind - a.behind);
  return cut[0] ?? null;
}

function ownLink(status: Status): { state: string; text: string } | null {
  const up: Peer | undefined = status.peers.find((peer) => peer.is_parent);
  if (up === undefined || up.state === "live" || up.state === "catching_up") {
    return null;
  }
  const by = status.peers.find((peer) => peer.role === "ancestor" && peer.division === status.served?.by);
  if (by !== undefined) {
    return {
      state: "served",
      text: t(status.served?.parent_is_damaged === true ? "console.sentence.served_past_damaged" : "console.sentence.served", {
        name: up.name ?? up.division, by: by.name ?? by.division,
        time: minute(new Date(Date.now() - up.down_s * 1000)),
      }),
    };
  }
  return {
    state: "off_line",
    text: t(isStopped(status) ? "console.sentence.own_link_stopped" : "console.sentence.own_link", {
      name: up.name ?? up.division, count: count(up.behind_entries),
      time: minute(new Date(Date.now() - up.down_s * 1000)),
    }),
  };
}

/** It reads, and takes nothing new: its own store is damaged, or its log has two branches. */
export const isStopped = (status: Status | null): boolean => status?.alarms.some(({ code }) => code === "store_damaged") === true;

/** What is wrong with a division, by its worst alarm: its name before it, and no stop behind it. */
export function wrongWith(name: string | undefined, alarm: Alarm): string {
  const text = alarmWords(alarm.text).replace(/[。.]$/, "");
  return name === undefined || text.includes(name) ? text : t("console.sentence.about", { name, text });
}

/** The sentence on top: worst first; quiet when all is well. What this node itself suffers stands
 *  before what is known of others: they may be seen wrongly through it. */
export function sentence(tree: TreeAnswer, status: Status | null): { state: string; text: string } {
  const told = ofDivisions(tree, status);
  const own = furtherAlarms(status?.alarms ?? [], tree.rows);
  const worst = own[0];
  if (worst === undefined) {
    return told;
  }
  return worst.severity === "warning"
    ? { state: rank(told.state) < rank("warning") ? told.state : "warning", text: told.text + t("console.sentence.also", { count: own.length }) }
    : { state: "fault", text: [wrongWith(tree.rows.find(({ division }) => division === worst.division && division !== tree.division)?.name, worst),
      ...(isStopped(status) ? [t("console.sentence.reads_only")] : []), told.text].join(t("console.sentence.and")) };
}

/** Counts the divisions of the tree, this one among them: what it holds of itself is here. */
function ofDivisions(tree: TreeAnswer, status: Status | null): { state: string; text: string } {
  const own = status === null ? null : ownLink(status);
  const below = tree.rows.filter((row) => row.division !== tree.division);
  const well = below.filter(isWell).length;
  if (below.length === 0) {
    return own ?? { state: "well", text: t("console.sentence.leaf", { lsn: count(status?.lsn ?? 0) }) };
  }
  if (own !== null) {
    return own;
  }
  if (well === below.length) {
    return { state: "well", text: t("console.sentence.well", { count: count(1 + below.length) }) };
  }
  const cut = broken(tree);
  const parts: string[] = [];
  let state = "behind";
  if (cut !== null) {
    state = "off_line";
    parts.push(t("console.sentence.path", { name: cut.row.name, time: minute(since(cut.row, tree)), count: count(cut.behind) }));
  }
  for (const [name, is] of groups) {
    const those = below.filter(is).sort(byUrgency);
    if (those.length === 0 || (cut !== null && name === "off_line" && those.length === 1)) {
      continue;
    }
    state = rank(name) < rank(state) ? name : state;
    const worst = those[0];
    parts.push(those.length === 1
      ? t("console.sentence.one", { name: worst.name, state: stateWord(name), time: minute(since(worst, tree)) })
      : name === "off_line"
        ? t("console.sentence.off_line", { count: those.length, name: worst.name, time: minute(since(worst, tree)) })
        : t("console.sentence.some", { count: those.length, state: stateWord(name) }));
  }
  const rest = below.filter((row) => row.state === "unknown" && row.broken === null).length;
  if (rest > 0) {
    parts.push(t("console.sentence.some", { count: rest, state: stateWord("unknown") }));
  }
  const head = t("console.sentence.some_well", { count: count(1 + well) });
  return { state, text: [head, ...parts].join(t("console.sentence.and")) + t("console.sentence.end") };
}

/** What waits for or at a division, as far as it is known here. */
export function backlog(row: DivisionRow, status: Status | null): { entries: number; amount: string | null } {
  const link = status?.peers.find((peer) => peer.division === row.division && !peer.is_parent);
  const up = row.said?.backlog_entries ?? 0;
  const down = link?.behind_entries ?? 0;
  return { entries: up + down, amount: down > 0 ? link?.behind_amount ?? null : row.said?.backlog_amount ?? null };
}

/** "1 笔 · 8,424,000.00", or a dash. */
export function backlogText(row: DivisionRow, status: Status | null): string {
  const waits = backlog(row, status);
  return waits.entries === 0 ? "0" : waits.amount === null ? count(waits.entries)
    : `${count(waits.entries)} · ${shown(waits.amount)}`;
}

/** A division and all below it. */
export function within(rows: DivisionRow[], code: string): DivisionRow[] {
  const top = rows.find(({ division }) => division === code);
  if (top === undefined) {
    return [];
  }
  const below = rows.slice(rows.indexOf(top) + 1);
  const end = below.findIndex(({ depth }) => depth <= top.depth);
  return [top, ...below.slice(0, end < 0 ? undefined : end)];
}

/** What of these lacks an approval that holds. */
export function unapprovedOf(rows: DivisionRow[]): Sum {
  const sums = rows.map(({ unapproved }) => unapproved);
  return { count: sums.reduce((total, one) => total + one.count, 0), amount: yuan(sum(sums.map(({ amount }) => amount))) };
}

export const sinceAge = (row: DivisionRow): string => age(row.since_s);
