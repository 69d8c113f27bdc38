import assert from "node:assert/strict";
import { test } from "node:test";
import { bothYears, flowDivisions, heatOf, openFirst, points, progress, shownRows, treeOf, wayTo } from "../src/flow/rows";
import type { Chain, MoneyRow } from "../src/flow/shapes";

const chain = (more: Partial<Chain> = {}): Chain => ({
  received: "0.00", allocated: "0.00", passed_down: "0.00", in_transit: "0.00", unallocated: "0.00",
  released: "0.00", paid: "0.00", rate: "0.00", ...more,
});

function row(division: string, parent: string | null, level: number, more: Partial<MoneyRow> = {}): MoneyRow {
  return {
    division, name: division, parent, level, own: chain(), passed: [], as_of_lsn: 1, as_of_time: null,
    sources: { approved: "0.00", transferred: "0.00", carried: "0.00", recovered: "0.00", advanced: "0.00" }, ...more,
  };
}

/** The worked example: 1000 to the region, 600 to the city, 200 to the county. */
const rows: MoneyRow[] = [
  row("540000", null, 0, {
    own: chain({ received: "1000.00", allocated: "100.00", passed_down: "600.00", unallocated: "300.00", released: "100.00" }),
    subtree: chain({ received: "1000.00", allocated: "550.00", unallocated: "450.00", released: "550.00", paid: "40.00" }),
    sources: { approved: "1000.00", transferred: "0.00", carried: "0.00", recovered: "0.00", advanced: "0.00" },
    passed: [{ to: "540100", documents: 1, settled: "600.00", in_transit: "0.00", overdue: 0 }],
  }),
  row("540100", "540000", 1, {
    own: chain({ received: "600.00", allocated: "300.00", passed_down: "200.00", unallocated: "100.00", released: "300.00" }),
    subtree: chain({ received: "600.00" }),
    sources: { approved: "0.00", transferred: "600.00", carried: "0.00", recovered: "0.00", advanced: "0.00" },
    passed: [{ to: "540121", documents: 2, settled: "200.00", in_transit: "5.00", overdue: 1 }],
  }),
  row("540121", "540100", 2, {
    own: chain({ received: "200.00", allocated: "150.00", unallocated: "50.00", released: "120.00", paid: "40.00" }),
    sources: { approved: "0.00", transferred: "200.00", carried: "0.00", recovered: "0.00", advanced: "0.00" },
  }),
  row("540122", "540100", 2),
  row("540200", "540000", 1),
];

test("what a division registered of one in sight is no source of its own", () => {
  const [region, city, county] = flowDivisions(rows);
  assert.deepEqual(region.sources.map(({ amount }) => amount), [0n, 100000n, 0n]);
  assert.deepEqual(city.sources.map(({ amount }) => amount), [0n, 0n, 0n]);
  assert.deepEqual(county.parts, { paid: 4000n, released: 8000n, pending: 3000n, unallocated: 5000n });
  assert.equal(flowDivisions(rows.slice(2))[0].sources[0].amount, 20000n);
  assert.equal(flowDivisions(rows.slice(2))[0].level, 0);
});

test("a table shows a jurisdiction, its own level below it, and folds who has nothing", () => {
  const root = treeOf(rows);
  assert.ok(root);
  const open = openFirst(root);
  assert.deepEqual([...open], ["540000", "540100"]);
  assert.deepEqual(shownRows(root, new Set([...open, "540100="])).filter((one) => one.kind === "own").map((one) => one.isOpen), [false, true],
    "the sources of an own level are unfolded by themselves");
  assert.deepEqual(shownRows(root, open).map((one) =>
    one.kind === "idle" ? `idle ${one.nodes.length}` : `${one.kind} ${one.node.row.division}`), [
    "division 540000", "own 540000", "division 540100", "own 540100", "division 540121", "idle 1", "idle 1",
  ]);
  assert.deepEqual(shownRows(root, new Set()).map(({ kind }) => kind), ["division"]);
  assert.equal(shownRows(root, new Set([...open, "540000-"])).at(-1)?.kind, "division");
  assert.equal(treeOf([]), null);
});

test("crumbs lead from the root, and stop at what is not in sight", () => {
  assert.deepEqual(wayTo(rows, "540121"), ["540000", "540100", "540121"]);
  assert.deepEqual(wayTo(rows.slice(2), "540121"), ["540121"]);
  assert.deepEqual(wayTo(rows, "110000"), []);
});

test("a year's progress is added up, and nothing released has no rate", () => {
  const months = [1, 2, 3].map((month) => ({ month, released: month === 1 ? "0.00" : "100.00", paid: month === 1 ? "0.00" : "30.00" }));
  assert.deepEqual(progress(months).map(({ rate }) => rate), [null, "30.00", "30.00"]);
  assert.equal(progress(months)[2].paid, 6000n);
});

test("of the year that runs only months are shown that have begun", () => {
  const months = Array.from({ length: 12 }, (_, i) => ({ month: i + 1, released: "10.00", paid: "5.00" }));
  const idle = months.map(({ month }) => ({ month, released: "0.00", paid: "0.00" }));
  const years = bothYears({ division: "1", years: [{ year: 2025, months }, { year: 2026, months: idle }] }, new Date(2026, 3, 2));
  assert.equal(years.now.length, 4);
  assert.equal(years.before.length, 12);
  assert.equal(bothYears({ division: "1", years: [{ year: 2025, months }, { year: 2026, months: idle }] }, new Date(2027, 0, 1)).now.length, 12);
  assert.equal(points("82.54", "79.10"), 344n);
  assert.equal(points("1.00", null), null);
});

test("the slowest county comes first, and who had nothing is not there", () => {
  const heat = heatOf(rows);
  assert.deepEqual(heat.map(({ row: { division }, rate, overdue }) => [division, rate, overdue]), [["540121", "33.33", 1]]);
});
