// The sentence on the first screen, and what is to be done first.
import "./browser";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Alarm, DivisionRow, Status, TreeAnswer } from "../src/shapes";
import { alike, branches, common, furtherAlarms, isStopped, ownTrouble, sentence, troubles, unapprovedOf, within, wrongWith } from "../src/tree_model";
import { rows as words } from "../src/words";
import { coarse, sinceStart, together } from "../src/day";

words.value = Object.fromEntries(["well", "some_well", "path", "one", "off_line", "some", "own_link", "leaf"].map((name) =>
  [`console.sentence.${name}`, `${name} {count} {name} {state}`]));
Object.assign(words.value, { "console.sentence.and": "; ", "console.sentence.end": ".", "console.sentence.also": " also {count}",
  "console.sentence.about": "{name}: {text}", "console.sentence.own_link_stopped": "cut", "console.sentence.reads_only": "reads only" });

function row(division: string, parent: string | null, state: string, more: Partial<DivisionRow> = {}): DivisionRow {
  return { division, name: `N${division}`, parent, depth: parent === null ? 0 : parent === "540000" ? 1 : 2, state, health: "", since_s: 60, as_of: "2026-11-29T02:00:00Z",
    age_s: 3, held_lsn: 9, broken: null, above: null, sentence: "", cure: "", said: {} as never, stopped: null, ...more };
}

const tree = (rows: DivisionRow[]): TreeAnswer =>
  ({ division: "540000", as_of: "2026-11-29T02:00:10Z", sentence: "", well: 0, divisions: rows.length - 1, rows, invited: [] });
const root = row("540000", null, "well");

const status = (alarms: Partial<Alarm>[], peers: Partial<Status["peers"][0]>[] = []): Status =>
  ({ lsn: 9, alarms: alarms.map((alarm) => ({ silenced: null, ...alarm })), peers } as unknown as Status);

test("quiet when all is well", () => {
  assert.deepEqual(sentence(tree([root, row("540100", "540000", "well")]), null), { state: "well", text: "well 2 {name} {state}" });
});

test("the worst comes first, and gives the sentence its shape", () => {
  const cases: [string, string[], string][] = [
    ["off line beats behind", ["off_line", "behind"], "off_line"],
    ["damaged beats all", ["off_line", "damaged", "fault"], "damaged"],
    ["a fault beats a full disk", ["full", "fault"], "fault"],
    ["unknown alone", ["behind"], "behind"],
  ];
  for (const [name, states, want] of cases) {
    const told = sentence(tree([root, ...states.map((state, i) => row(`54010${i}`, "540000", state))]), null);
    assert.equal(told.state, want, name);
    assert.match(told.text, /^some_well 1/, name);
  }
});

test("a broken path is named with those behind it, who are no trouble of their own", () => {
  const answer = tree([root, row("540100", "540000", "off_line", { broken: "540100" }),
    row("540121", "540100", "unknown", { broken: "540100" }), row("540122", "540100", "unknown", { broken: "540100" })]);
  assert.match(sentence(answer, null).text, /path 2 N540100/);
  assert.deepEqual(troubles(answer).map(({ division }) => division), ["540100"]);
});

test("one's own link, and one's own alarms, stand before what is known of others", () => {
  const answer = tree([root]);
  assert.equal(sentence(answer, status([], [{ is_parent: true, state: "down", down_s: 5, behind_entries: 60, division: "5" }])).state, "off_line");
  const full = { id: 1, code: "disk_full", severity: "critical", text: "Disk full.", division: "540000", since: "", silenced: null } as unknown as Alarm;
  assert.deepEqual(sentence(tree([root, row("540100", "540000", "well")]), status([full])), { state: "fault", text: "Disk full; well 2 {name} {state}" });
  const down = { ...full, code: "neighbour_down", severity: "error", division: "540100" } as Alarm;
  assert.deepEqual(furtherAlarms([down, full], [row("540100", "540000", "off_line")]), [full]);
  assert.deepEqual(furtherAlarms([{ ...full, silenced: "2026-11-29T08:00:00Z" }], []), [], "what is silenced is not shouted");
});

test("one's own link is to be looked after as any other", () => {
  assert.equal(ownTrouble(tree([row("540000", null, "off_line"), row("540100", "540000", "well")]))?.division, "540000");
  assert.equal(ownTrouble(tree([root, row("540100", "540000", "off_line")])), undefined);
});

test("the tree counts who is well below, and the moment that all have reached", () => {
  const answer = tree([root, row("540100", "540000", "well"), row("540121", "540100", "well", { as_of: "2026-11-29T01:00:00Z" }), row("540200", "540000", "behind")]);
  const top = branches(answer.rows);
  assert.deepEqual([top?.all, top?.well, top?.below.length], [3, 2, 2]);
  assert.equal(common(answer)?.toISOString(), "2026-11-29T01:00:00.000Z");
  assert.equal(common(tree([root, row("540100", "540000", "unknown", { said: null })])), null);
});

test("a day is made coarse by its largest, and a gap stays a gap", () => {
  assert.deepEqual(coarse([1, 5, null, null, 2, null], 3), [5, null, 2]);
  assert.deepEqual(sinceStart([null, null, 3, null, 4]), [3, null, 4]);
  assert.deepEqual(together([[1, null, null], [2, 3, null]]), [3, 3, null]);
});

/** The rows of the table that the node serves. */
function tableOf(language: "en" | "zh"): Record<string, string> {
  const text = readFileSync(process.env.CONSOLE_TEXTS ?? "", "utf8");
  return Object.fromEntries([...text.matchAll(/ROW\("(console\.[\w.]+)",\s*"([^"]*)",\s*"([^"]*)"\)/g)]
    .map(([, code, en, zh]) => [code, language === "en" ? en : zh]));
}

test("an alarm names whom it is about, once, and amounts are grouped", () => {
  const alarm = { text: "Entry 3: 10000000000.00 yuan.", division: "540100" } as Alarm;
  assert.equal(wrongWith("拉萨市", alarm), "拉萨市: Entry 3: 10,000,000,000.00 yuan");
  assert.equal(wrongWith("拉萨市", { ...alarm, text: "拉萨市的第 2 任期等待确认。" }), "拉萨市的第 2 任期等待确认");
  assert.equal(wrongWith(undefined, alarm), "Entry 3: 10,000,000,000.00 yuan");
});

test("alarms of one kind about one division are one item with their count", () => {
  const of = (id: number, code: string, division: string) => ({ id, code, division }) as Alarm;
  const [a, b, c, d] = [of(1, "person_unvouched", "540200"), of(2, "person_unvouched", "540200"), of(3, "person_unvouched", "540100"), of(4, "fork", "540200")];
  assert.deepEqual(alike([a, b, c, d]), [{ alarm: a, count: 2 }, { alarm: c, count: 1 }, { alarm: d, count: 1 }]);
});

test("a node whose store is damaged does not say that one may work on", () => {
  const cut = [{ is_parent: true, state: "down", down_s: 5, behind_entries: 60, division: "5" }];
  const damaged = { id: 1, code: "store_damaged", severity: "critical", text: "Two branches.", division: "540000", since: "" } as unknown as Alarm;
  assert.ok(isStopped(status([damaged])) && !isStopped(status([])) && !isStopped(null));
  assert.equal(sentence(tree([root]), status([damaged], cut)).text, "Two branches; reads only; cut");
  assert.match(sentence(tree([root]), status([damaged])).text, /^Two branches; reads only; leaf/);
});

test("what lacks an approval is summed of a division and of all below it, and of nobody beside it", () => {
  const of = (count: number, amount: string): Partial<DivisionRow> => ({ unapproved: { count, amount } });
  const rows = [row("540000", null, "well", of(1, "0.01")), row("540100", "540000", "well", of(0, "0.00")), row("540121", "540100", "well", of(2, "10000000000.00")),
    row("540200", "540000", "well", of(4, "3.50"))];
  assert.deepEqual(unapprovedOf(within(rows, "540000")), { count: 7, amount: "10000000003.51" });
  assert.deepEqual(unapprovedOf(within(rows, "540100")), { count: 2, amount: "10000000000.00" });
  assert.deepEqual(unapprovedOf(within(rows, "540200")), { count: 4, amount: "3.50" });
  assert.deepEqual(unapprovedOf(within(rows, "999999")), { count: 0, amount: "0.00" });
});

test("who is counted adds up to the tree, this node among them, in both languages", () => {
  const all = (counties: string[]): DivisionRow[] => [root, row("540100", "540000", "well"), row("540200", "540000", "well"),
    ...counties.map((state, i) => row(`54012${i}`, "540100", state, { name: "林周县", since_s: 0 }))];
  const said = (language: "en" | "zh", counties: string[]): string => {
    words.value = tableOf(language);
    return sentence(tree(all(counties)), null).text.replace(/(?:\d\d-\d\d )?\d\d:\d\d/, "09:12"); // on whichever day it is read
  };
  assert.equal(said("zh", ["well", "well"]), "5 个区划全部送达。");
  assert.equal(said("en", ["well", "well"]), "All 5 divisions delivered.");
  assert.equal(said("zh", ["well", "off_line"]), "4 个区划已全部送达；林周县离线，自 09:12。");
  assert.match(said("en", ["well", "off_line"]), /^4 delivered; 林周县 .*since 09:12\.$/);
  assert.match(said("zh", ["off_line", "off_line"]), /^3 个区划已全部送达；2 个离线/);
});
