// Who is served past its parent, as each of the three sees it; and how far a node is that is restored.
import "./browser";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { status } from "../src/live";
import { caughtUp, servedText } from "../src/parts/served";
import { isUnsound } from "../src/parts/unsound";
import { isMissing, share } from "../src/pages/ops/resync";
import type { DivisionRow, Resync, ServedSpell, Status, TreeAnswer } from "../src/shapes";
import { sentence } from "../src/tree_model";
import { rows as words } from "../src/words";

const table = (language: "en" | "zh"): Record<string, string> => Object.fromEntries(["console", "console_watch"].flatMap((name) =>
  [...readFileSync((process.env.CONSOLE_TEXTS ?? "").replace("console.def", `${name}.def`), "utf8").matchAll(/ROW\("([^"]+)",\s*"([^"]*)",\s*"([^"]*)"\)/g)]
    .map(([, key, en, zh]) => [key, language === "en" ? en : zh])));

const spell = (more: Partial<ServedSpell> = {}): ServedSpell => ({
  division: "540121", name: "林周县", by: "540000", by_name: "西藏自治区", parent: "540100", parent_name: "拉萨市",
  since: "2025-11-27T01:12:00Z", until: null, seconds: 60, lsn: 9, held_lsn: 9, caught_up: true, ...more,
});

test("each of the three says what it is to him", () => {
  words.value = table("zh");
  assert.match(servedText(spell(), "540000"), /^拉萨市离线，自 .* 起由本节点为林周县代为服务。$/);
  assert.match(servedText(spell(), "540121"), /^拉萨市离线，自 .* 起由西藏自治区代为服务。可照常办理，无需操作。$/);
  assert.match(servedText(spell(), "540100"), /^林周县自 .* 起由西藏自治区代为服务，尚未回到拉萨市。$/);
  for (const self of ["540000", "540100", "540121"]) {
    assert.match(servedText(spell({ until: "2025-11-27T02:00:00Z" }), self), /拉萨市离线，由西藏自治区为林周县代为服务。$/);
  }
  words.value = table("en");
  assert.match(servedText(spell(), "540100"), /has not come back to 拉萨市 yet\.$/);
});

test("what is missing is named, and nobody is told of himself", () => {
  words.value = table("en");
  assert.equal(caughtUp(spell(), "540121"), null);
  assert.deepEqual(caughtUp(spell(), "540100"), { shape: "tick", tone: "ok", text: "All that it entered by then is here, up to entry 9." });
  assert.equal(caughtUp(spell({ held_lsn: 6, caught_up: false }), "540100")?.text, "Entries 7 to 9 are not here yet.");
});

test("one's own sentence says why another serves, and a region's counts who is served", () => {
  words.value = table("zh");
  const peers = [{ is_parent: true, state: "down", down_s: 5, division: "540100", name: "拉萨市", behind_entries: 0 },
    { is_parent: false, role: "ancestor", state: "live", division: "540000", name: "西藏自治区" }];
  const row = (division: string, parent: string | null, state: string): DivisionRow => ({ division, name: `N${division}`, parent, state, since_s: 60, broken: null } as DivisionRow);
  const tree = (rows: DivisionRow[]): TreeAnswer => ({ division: rows[0].division, as_of: "2026-11-29T02:00:10Z", rows } as TreeAnswer);
  const own = (damaged: boolean): string => sentence(tree([row("540121", "540100", "served")]),
    { alarms: [], lsn: 3, peers, served: { by: "540000", since: "", parent: "540100", parent_down_s: 5, parent_is_damaged: damaged } } as unknown as Status).text;
  assert.match(own(false), /^拉萨市自 .* 起离线，其间由西藏自治区代为服务。$/);
  assert.match(own(true), /^拉萨市存储已损坏，只可查询；自 .* 起由西藏自治区代为服务。$/);
  const region = sentence(tree([row("540000", null, "well"), row("540100", "540000", "off_line"), row("540121", "540100", "served")]), null);
  assert.match(region.text, /N540121代为服务，自/);
  assert.equal(region.state, "off_line");
});

test("a node says that its figures are not whole as long as its answers do", () => {
  assert.equal(isUnsound(), false);
  status.value = { damaged: "x" } as Status;
  assert.equal(isUnsound(), true);
  status.value = null;
});

test("a resync is whole when all that was told of is here, and not before", () => {
  const at = (entries: number, known: number): string => share({ entries, known_entries: known } as Resync);
  assert.deepEqual([at(0, 0), at(999, 1000), at(1000, 1000), at(1001, 1000), at(1, 3)], ["100", "99", "100", "100", "33"]);
  const holder = (state: Resync["holders"][number]["state"]) => ({ division: "540100", division_name: "", lsn: 0, more_below: 0, state });
  assert.deepEqual((["awaited", "holds_more", "answered", "without"] as const).map((state) => isMissing(holder(state))), [true, true, false, false]);
});
