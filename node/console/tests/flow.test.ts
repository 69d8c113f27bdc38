import assert from "node:assert/strict";
import { test } from "node:test";
import { BAR_PX, flowOf, LEAST_PX, ribbonPath, type Flow, type FlowDivision } from "../src/flow/flow";

const SPACE = { width: 900, left: 100, alone: 12, roomPx: 170 };
const none = { paid: 0n, released: 0n, pending: 0n, unallocated: 0n };

function division(code: string, parent: string | null, level: number, more: Partial<FlowDivision> = {}): FlowDivision {
  return { code, parent, level, parts: none, sources: [], passed: [], ...more };
}

/** The pilot's chain: a region, two cities, a county in each, one grant past the city in transit. */
const pilot: FlowDivision[] = [
  division("540000", null, 0, {
    parts: { paid: 91835241118n, released: 18094387082n, pending: 0n, unallocated: 111982404200n },
    sources: [{ key: "transferred", amount: 175776000000n }, { key: "approved", amount: 178680000000n }],
    passed: [
      { to: "540100", settled: 67000000000n, transit: 0n },
      { to: "540121", settled: 793600000n, transit: 842400000n },
      { to: "540200", settled: 63907967600n, transit: 0n },
    ],
  }),
  division("540100", "540000", 1, {
    parts: { paid: 10421688933n, released: 2460357267n, pending: 0n, unallocated: 73398865300n },
    sources: [{ key: "approved", amount: 29611231500n }],
    passed: [{ to: "540121", settled: 10330320000n, transit: 0n }],
  }),
  division("540121", "540100", 2, {
    parts: { paid: 3691418142n, released: 901993208n, pending: 0n, unallocated: 11040308650n },
    sources: [{ key: "approved", amount: 4509800000n }],
  }),
  division("540200", "540000", 1, {
    parts: { paid: 10151863984n, released: 3221372216n, pending: 0n, unallocated: 71078499900n },
    sources: [{ key: "approved", amount: 32251468500n }],
    passed: [{ to: "540202", settled: 11707700000n, transit: 0n }],
  }),
  division("540202", "540200", 2, {
    parts: { paid: 4101632355n, released: 750388945n, pending: 0n, unallocated: 12783178650n },
    sources: [{ key: "approved", amount: 5927500000n }],
  }),
  division("540300", "540000", 1), // nothing at all
];

const barOf = (flow: Flow, code: string) => {
  const bar = flow.bars.find((one) => one.code === code);
  assert.ok(bar, `no bar of ${code}`);
  return bar;
};

test("every level stands below the one before, and who has nothing is left out", () => {
  const flow = flowOf(pilot, SPACE);
  assert.deepEqual(flow.levels, [0, 1, 2]);
  assert.deepEqual(flow.bars.map(({ code }) => code).sort(), ["540000", "540100", "540121", "540200", "540202"]);
  assert.ok(barOf(flow, "540000").y < barOf(flow, "540100").y);
  assert.ok(barOf(flow, "540100").y + BAR_PX < barOf(flow, "540121").y);
  assert.equal(barOf(flow, "540200").y, barOf(flow, "540100").y);
});

test("all widths are amounts on one scale", () => {
  const flow = flowOf(pilot, SPACE);
  const wide = [...flow.bars.flatMap(({ segments }) => segments), ...flow.bars.flatMap(({ sources }) => sources)]
    .filter(({ width }) => width > LEAST_PX);
  const scale = wide.map(({ amount, width }) => width / Number(amount));
  assert.ok(wide.length > 12);
  for (const one of scale) {
    assert.ok(Math.abs(one / scale[0] - 1) < 0.001, `${one} of ${scale[0]}`);
  }
});

test("no amount is thinner than two pixels, and nil is not drawn", () => {
  const flow = flowOf(pilot, SPACE);
  const direct = flow.ribbons.filter(({ from, to }) => from === "540000" && to === "540121");
  assert.deepEqual(direct.map(({ kind }) => kind), ["passed", "transit"]);
  for (const { bottom } of flow.ribbons) {
    assert.ok(bottom[1] - bottom[0] >= LEAST_PX);
  }
  assert.ok(flow.bars.every(({ segments }) => segments.every(({ amount }) => amount > 0n)));
  assert.ok(barOf(flow, "540121").segments.every(({ part }) => part !== "pending"));
});

test("a ribbon leaves its segment and arrives beside the receiver's own sources", () => {
  const flow = flowOf(pilot, SPACE);
  const lhasa = barOf(flow, "540100");
  const ribbon = flow.ribbons.find(({ from, to }) => from === "540000" && to === "540100");
  assert.ok(ribbon);
  const segment = barOf(flow, "540000").segments.find(({ to }) => to === "540100");
  assert.equal(ribbon.top[0], segment?.x);
  const [own] = lhasa.sources;
  assert.ok(ribbon.bottom[0] >= own.x + own.width);
  assert.ok(ribbon.bottom[1] <= lhasa.x + lhasa.width + 1);
  assert.deepEqual(ribbon.y, [barOf(flow, "540000").y + BAR_PX, lhasa.y]);
});

test("a direct grant passes the city by, and what is in transit ends beside the bar", () => {
  const flow = flowOf(pilot, SPACE);
  const county = barOf(flow, "540121");
  const dash = flow.ribbons.find(({ kind }) => kind === "transit");
  assert.ok(dash);
  assert.equal(dash.amount, 842400000n);
  assert.equal(dash.y[1], county.y);
  assert.ok(dash.bottom[0] >= county.x + county.width);
});

test("nothing overlaps and nothing leaves the picture", () => {
  for (const width of [320, 560, 900, 1500]) {
    const flow = flowOf(pilot, { ...SPACE, width });
    for (const level of flow.levels) {
      const here = flow.bars.filter((bar) => bar.level === level).sort((a, b) => a.x - b.x);
      here.forEach((bar, i) => {
        assert.ok(bar.x >= SPACE.left, `${bar.code} at ${width}`);
        assert.ok(bar.x + bar.width <= width + 1, `${bar.code} ends at ${bar.x + bar.width} of ${width}`);
        assert.ok(i === 0 || here[i - 1].x + here[i - 1].width <= bar.x, `${bar.code} over another at ${width}`);
      });
    }
  }
});

test("of many the largest stand alone and the others as one, with all that they have", () => {
  const counties = Array.from({ length: 74 }, (_, i) => division(`54${1000 + i}`, "540000", 1, {
    parts: { ...none, unallocated: BigInt(100 + i) },
  }));
  const region = division("540000", null, 0, {
    sources: [{ key: "approved", amount: 1000000n }],
    parts: { ...none, unallocated: 1000000n - counties.reduce((sum, { parts }) => sum + parts.unallocated, 0n) },
    passed: counties.map(({ code, parts }) => ({ to: code, settled: parts.unallocated, transit: 0n })),
  });
  const flow = flowOf([region, ...counties], SPACE);
  const below = flow.bars.filter(({ level }) => level === 1);
  assert.equal(below.length, 13);
  const rest = below.find(({ code }) => code === "");
  assert.ok(rest);
  assert.equal(rest.members.length, 62);
  assert.equal(rest.total, counties.slice(0, 62).reduce((sum, { parts }) => sum + parts.unallocated, 0n));
  assert.equal(below.find(({ code }) => code !== "")?.members.length, 1);
  const placed = [...below].sort((a, b) => a.x - b.x);
  placed.forEach(({ x, width }, i) => assert.ok(i === 0 || placed[i - 1].x + placed[i - 1].width < x, `two at ${x}`));
  assert.ok(placed[12].x + placed[12].width <= SPACE.width + 1);
});

test("a tree without any money is one bar of the least width", () => {
  const flow = flowOf([division("540000", null, 0)], SPACE);
  assert.equal(flow.bars.length, 1);
  assert.equal(flow.bars[0].width, LEAST_PX);
  assert.deepEqual(flow.ribbons, []);
});

test("a path of a ribbon is closed and has its four corners", () => {
  const path = ribbonPath({
    from: "a", to: "b", amount: 1n, kind: "passed", top: [10, 20], bottom: [110, 120], y: [0, 80],
  });
  assert.equal(path, "M10.0 0.0C10.0 40.0 110.0 40.0 110.0 80.0H120.0C120.0 40.0 20.0 40.0 20.0 0.0Z");
});
