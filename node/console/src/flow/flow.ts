// The picture of the money: where every bar, ribbon and dash stands. Pure: no element, no word.
//
//   sources      ======= ===========
//   level 0      [paid|released|pending|unallocated|passed on ...........]
//                                                    \   ribbons   \  dash: in transit
//   level 1        [paid|..|passed]                        [paid|..]
//
// A width is an amount on one scale for the whole picture, and no amount is drawn thinner than
// LEAST_PX. What a division issued leaves its bar as one segment a receiver and arrives on the
// receiver's upper edge, beside what it has of its own. What is in transit does not arrive: its
// dash ends beside the bar. Of a level with many divisions the largest stand alone, and the others
// as one.

export type Part = "paid" | "released" | "pending" | "unallocated" | "passed";

/** One division, amounts in fen. `released` is what was released and not paid yet. */
export interface FlowDivision {
  code: string;
  parent: string | null;
  level: number; // 0: the one that is asked for
  parts: Record<Exclude<Part, "passed">, bigint>;
  sources: { key: string; amount: bigint }[]; // of its own: all but what others here issued to it
  passed: { to: string; settled: bigint; transit: bigint }[];
}

export interface Segment { part: Part; amount: bigint; x: number; width: number; to?: string }
export interface Source { key: string; amount: bigint; x: number; width: number }
export interface Bar {
  code: string; // of the one, or "" for several as one
  members: string[];
  level: number;
  x: number;
  y: number;
  width: number;
  total: bigint; // all that it received
  segments: Segment[];
  sources: Source[];
  room: { x: number; width: number }; // for its name
}
/** Left and right edge where it leaves, left and right edge where it arrives. */
export interface Ribbon {
  from: string; to: string; amount: bigint;
  top: [number, number]; bottom: [number, number]; y: [number, number];
  kind: "passed" | "transit";
}
export interface Flow { bars: Bar[]; ribbons: Ribbon[]; width: number; height: number; levels: number[] }

export interface FlowSpace {
  width: number;
  left: number; // kept free, for the names of the levels
  alone: number; // so many divisions of a level stand alone
  roomPx: number; // for a name, where there is space
}

export const LEAST_PX = 2;
export const BAR_PX = 26;
export const SOURCE_PX = 5;
const SOURCE_GAP_PX = 4;
const TOP_PX = 34;
const LEVEL_PX = 112;
const GAP_PX = 14;
const DASH_GAP_PX = 10;

const sumOf = (amounts: bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);
const most = (a: bigint, b: bigint): number => (a > b ? -1 : a < b ? 1 : 0);

/* --- who stands where --- */

interface Group {
  key: string;
  members: FlowDivision[];
  level: number;
  received: bigint;
}

function receivedBy(divisions: FlowDivision[]): Map<string, bigint> {
  const received = new Map<string, bigint>();
  for (const { code, sources, passed } of divisions) {
    received.set(code, (received.get(code) ?? 0n) + sumOf(sources.map(({ amount }) => amount)));
    for (const { to, settled } of passed) {
      received.set(to, (received.get(to) ?? 0n) + settled);
    }
  }
  return received;
}

/** Does it have anything to show? */
function concerned(divisions: FlowDivision[]): Set<string> {
  const shown = new Set<string>();
  for (const division of divisions) {
    const amounts = [...Object.values(division.parts), ...division.sources.map(({ amount }) => amount)];
    if (amounts.some((amount) => amount !== 0n) || division.level === 0) {
      shown.add(division.code);
    }
    for (const { to, settled, transit } of division.passed) {
      if (settled !== 0n || transit !== 0n) {
        shown.add(division.code);
        shown.add(to);
      }
    }
  }
  return shown;
}

/** Depth first, the largest of one parent first: so that ribbons do not cross. */
function inOrder(divisions: FlowDivision[], received: Map<string, bigint>): FlowDivision[] {
  const known = new Set(divisions.map(({ code }) => code));
  const below = new Map<string | null, FlowDivision[]>();
  for (const division of divisions) {
    const parent = division.parent !== null && known.has(division.parent) ? division.parent : null;
    const siblings = below.get(parent);
    if (siblings === undefined) {
      below.set(parent, [division]);
    } else {
      siblings.push(division);
    }
  }
  const ordered: FlowDivision[] = [];
  const visit = (parent: string | null): void => {
    const children = (below.get(parent) ?? [])
      .sort((a, b) => most(received.get(a.code) ?? 0n, received.get(b.code) ?? 0n) || (a.code < b.code ? -1 : 1));
    for (const child of children) {
      ordered.push(child);
      visit(child.code);
    }
  };
  visit(null);
  return ordered;
}

/** Each alone, or as one of the others of its level. */
function groupsOf(ordered: FlowDivision[], received: Map<string, bigint>, alone: number): Group[] {
  const groups: Group[] = [];
  const levels = [...new Set(ordered.map(({ level }) => level))].sort((a, b) => a - b);
  for (const level of levels) {
    const here = ordered.filter((division) => division.level === level);
    const bySize = [...here].sort((a, b) => most(received.get(a.code) ?? 0n, received.get(b.code) ?? 0n));
    const large = new Set((here.length <= alone + 1 ? bySize : bySize.slice(0, alone)).map(({ code }) => code));
    const rest = here.filter(({ code }) => !large.has(code));
    for (const division of here.filter(({ code }) => large.has(code))) {
      groups.push({ key: division.code, members: [division], level, received: received.get(division.code) ?? 0n });
    }
    if (rest.length > 0) {
      groups.push({
        key: `rest ${level}`, members: rest, level,
        received: sumOf(rest.map(({ code }) => received.get(code) ?? 0n)),
      });
    }
  }
  return groups;
}

/* --- how wide --- */

interface Link { from: Group; to: Group; settled: bigint; transit: bigint }

function linksOf(groups: Group[]): Link[] {
  const groupOf = new Map(groups.flatMap((group) => group.members.map(({ code }) => [code, group] as const)));
  const links = new Map<string, Link>();
  for (const from of groups) {
    for (const { to, settled, transit } of from.members.flatMap(({ passed }) => passed)) {
      const target = groupOf.get(to);
      if (target === undefined || target === from) {
        continue;
      }
      const key = `${from.key}>${target.key}`;
      const link = links.get(key) ?? { from, to: target, settled: 0n, transit: 0n };
      links.set(key, { ...link, settled: link.settled + settled, transit: link.transit + transit });
    }
  }
  const place = new Map(groups.map((group, index) => [group, index]));
  return [...links.values()].sort((a, b) => (place.get(a.from) ?? 0) - (place.get(b.from) ?? 0) ||
    (place.get(a.to) ?? 0) - (place.get(b.to) ?? 0));
}

type Measure = (amount: bigint) => number;

const PARTS: Exclude<Part, "passed">[] = ["paid", "released", "pending", "unallocated"];

function segmentsOf(group: Group, links: Link[], measure: Measure): Segment[] {
  const segments: Segment[] = [];
  let x = 0;
  const add = (part: Part, amount: bigint, to?: string): void => {
    if (amount > 0n) {
      segments.push({ part, amount, x, width: measure(amount), to });
      x += measure(amount);
    }
  };
  for (const part of PARTS) {
    add(part, sumOf(group.members.map(({ parts }) => parts[part])));
  }
  for (const { from, to, settled, transit } of links) {
    if (from === group) {
      add("passed", settled + transit, to.key);
    }
  }
  return segments;
}

function sourcesOf(group: Group, measure: Measure): Source[] {
  const sums = new Map<string, bigint>();
  for (const { key, amount } of group.members.flatMap(({ sources }) => sources)) {
    sums.set(key, (sums.get(key) ?? 0n) + amount);
  }
  const sources: Source[] = [];
  let x = 0;
  for (const [key, amount] of sums) {
    if (amount > 0n) {
      sources.push({ key, amount, x, width: measure(amount) });
      x += measure(amount) + 1;
    }
  }
  return sources;
}

const endOf = (pieces: { x: number; width: number }[]): number =>
  pieces.reduce((end, { x, width }) => Math.max(end, x + width), 0);

interface Drawn { group: Group; bar: Bar; arrivals: number; dashes: number; wide: number }

function drawnOf(group: Group, links: Link[], measure: Measure): Drawn {
  const segments = segmentsOf(group, links, measure);
  const sources = sourcesOf(group, measure);
  const arriving = links.filter(({ to }) => to === group);
  const landed = sumOf(arriving.map(({ settled }) => settled));
  const upper = endOf(sources) + arriving.reduce((w, { settled }) => w + (settled > 0n ? measure(settled) : 0), 0);
  const width = Math.max(LEAST_PX, endOf(segments), upper);
  const dashes = arriving.reduce((w, { transit }) => w + (transit > 0n ? DASH_GAP_PX + measure(transit) : 0), 0);
  return {
    group,
    arrivals: endOf(sources),
    dashes,
    wide: width + dashes,
    bar: {
      code: group.members.length === 1 && !group.key.startsWith("rest ") ? group.members[0].code : "",
      members: group.members.map(({ code }) => code),
      level: group.level, x: 0, y: 0, width,
      total: sumOf(sources.map(({ amount }) => amount)) + landed,
      segments, sources, room: { x: 0, width },
    },
  };
}

/* --- side by side --- */

/** Each as near to where it would like to be as the others let it. */
function spread(wanted: number[], widths: number[], from: number, to: number): number[] {
  const x: number[] = [];
  let at = from;
  for (let i = 0; i < wanted.length; i++) {
    x.push(Math.max(at, wanted[i]));
    at = x[i] + widths[i] + GAP_PX;
  }
  let end = to;
  for (let i = wanted.length - 1; i >= 0; i--) {
    x[i] = Math.max(Math.min(x[i], end - widths[i]), from);
    end = x[i] - GAP_PX;
  }
  return x;
}

function placeLevel(drawn: Drawn[], all: Map<Group, Drawn>, links: Link[], space: FlowSpace): void {
  const taken = drawn.reduce((sum, { wide }) => sum + wide + GAP_PX, -GAP_PX);
  const spare = Math.max(0, space.width - space.left - taken) / drawn.length; // for names, beside the bars
  const rooms = drawn.map(({ wide }) => wide + Math.min(Math.max(0, space.roomPx - wide), spare));
  const slot = (space.width - space.left) / drawn.length;
  const wanted = drawn.map((here, i) => {
    const incoming = links.filter(({ to, from }) => to === here.group && from.level < here.group.level);
    if (incoming.length === 0 || here.group.level === 1) {
      return space.left + (here.group.level === 0 ? 0 : i * slot + Math.max(0, slot - here.wide) / 6);
    }
    const [first] = [...incoming].sort((a, b) => most(a.settled + a.transit, b.settled + b.transit));
    const above = all.get(first.from) as Drawn;
    const segment = above.bar.segments.find(({ to }) => to === here.group.key);
    return (segment?.x ?? above.bar.x) - here.arrivals;
  });
  const x = spread(wanted, rooms, space.left, space.width);
  drawn.forEach((here, i) => {
    here.bar.x = x[i];
    here.bar.room = { x: x[i], width: rooms[i] };
    for (const piece of [...here.bar.segments, ...here.bar.sources]) {
      piece.x += x[i];
    }
  });
}

/* --- ribbons --- */

function ribbonsOf(all: Map<Group, Drawn>, links: Link[], measure: Measure): Ribbon[] {
  const ribbons: Ribbon[] = [];
  const upper = new Map<Group, number>();
  const beside = new Map<Group, number>();
  for (const { from, to, settled, transit } of links) {
    const [above, below] = [all.get(from) as Drawn, all.get(to) as Drawn];
    const segment = above.bar.segments.find((piece) => piece.to === to.key);
    if (segment === undefined) {
      continue;
    }
    const y: [number, number] = [above.bar.y + BAR_PX, below.bar.y];
    const share = settled > 0n ? measure(settled) : 0;
    if (settled > 0n) {
      const x = upper.get(to) ?? below.bar.x + below.arrivals;
      ribbons.push({
        from: from.key, to: to.key, amount: settled, kind: "passed", y,
        top: [segment.x, segment.x + Math.min(share, segment.width)], bottom: [x, x + share],
      });
      upper.set(to, x + share);
    }
    if (transit > 0n) {
      const width = measure(transit);
      const x = (beside.get(to) ?? below.bar.x + below.bar.width) + DASH_GAP_PX;
      const start = Math.min(segment.x + share, segment.x + segment.width - LEAST_PX);
      ribbons.push({
        from: from.key, to: to.key, amount: transit, kind: "transit", y,
        top: [start, Math.min(start + width, segment.x + segment.width)], bottom: [x, x + width],
      });
      beside.set(to, x + width);
    }
  }
  return ribbons;
}

/* --- all of it --- */

/** The largest scale at which every level finds room. */
function scaleOf(groups: Group[], links: Link[], space: FlowSpace): Measure {
  const levels = [...new Set(groups.map(({ level }) => level))];
  let whole = 1n;
  let gaps = 0;
  for (const level of levels) {
    const here = groups.filter((group) => group.level === level);
    const amount = sumOf(here.map((group) => {
      const transit = sumOf(links.filter(({ to }) => to === group).map((link) => link.transit));
      const issued = sumOf(links.filter(({ from }) => from === group).map((link) => link.settled + link.transit));
      const kept = sumOf(group.members.flatMap(({ parts }) => Object.values(parts)));
      return (group.received > kept + issued ? group.received : kept + issued) + transit;
    }));
    whole = amount > whole ? amount : whole;
    const pieces = here.length + links.filter(({ from, to }) => here.includes(from) || here.includes(to)).length;
    gaps = Math.max(gaps, GAP_PX * here.length + (LEAST_PX + DASH_GAP_PX) * pieces);
  }
  const usable = Math.max(space.width - space.left - Math.min(gaps, (space.width - space.left) / 2), 40);
  return (amount) => Math.max(LEAST_PX, (Number((amount * 1000000n) / whole) / 1000000) * usable);
}

/** Of many, the shares of one figure: see above. Levels without anybody are left out. */
export function flowOf(divisions: FlowDivision[], space: FlowSpace): Flow {
  const shown = concerned(divisions);
  const received = receivedBy(divisions);
  const ordered = inOrder(divisions.filter(({ code }) => shown.has(code)), received);
  const groups = groupsOf(ordered, received, space.alone);
  const links = linksOf(groups);
  const measure = scaleOf(groups, links, space);
  const all = new Map(groups.map((group) => [group, drawnOf(group, links, measure)]));
  const levels = [...new Set(groups.map(({ level }) => level))].sort((a, b) => a - b);
  levels.forEach((level, index) => {
    const here = [...all.values()].filter(({ group }) => group.level === level);
    for (const { bar } of here) {
      bar.y = TOP_PX + index * LEVEL_PX;
    }
    placeLevel(here, all, links, space);
  });
  return {
    bars: [...all.values()].map(({ bar }) => bar),
    ribbons: ribbonsOf(all, links, measure),
    width: space.width,
    height: TOP_PX + Math.max(0, levels.length - 1) * LEVEL_PX + BAR_PX + 40,
    levels,
  };
}

export const sourceY = (bar: Bar): number => bar.y - SOURCE_GAP_PX - SOURCE_PX;

/** A ribbon as a path: falls, bends in the middle, arrives. */
export function ribbonPath({ top, bottom, y }: Ribbon): string {
  const half = (y[0] + y[1]) / 2;
  const at = (n: number): string => n.toFixed(1);
  return `M${at(top[0])} ${at(y[0])}C${at(top[0])} ${at(half)} ${at(bottom[0])} ${at(half)} ${at(bottom[0])} ${at(y[1])}` +
    `H${at(bottom[1])}C${at(bottom[1])} ${at(half)} ${at(top[1])} ${at(half)} ${at(top[1])} ${at(y[0])}Z`;
}

/** Its middle, for a dash. */
export function ribbonLine({ top, bottom, y }: Ribbon): string {
  const half = (y[0] + y[1]) / 2;
  const [from, to] = [(top[0] + top[1]) / 2, (bottom[0] + bottom[1]) / 2];
  return `M${from.toFixed(1)} ${y[0]}C${from.toFixed(1)} ${half} ${to.toFixed(1)} ${half} ${to.toFixed(1)} ${y[1]}`;
}
