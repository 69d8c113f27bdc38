// The picture of the money, drawn as flow.ts lays it out. Every bar is a link to its division; the
// table below has the same figures as text.
import { useMemo } from "preact/hooks";
import { count, shown, rate } from "../money";
import { useWidth } from "../parts/width";
import { minute } from "../time";
import { language, t, word } from "../words";
import { BAR_PX, flowOf, ribbonLine, ribbonPath, SOURCE_PX, sourceY, type Bar, type Flow, type Part, type Segment } from "./flow";
import { flowDivisions } from "./rows";
import type { MoneyRow } from "./shapes";

const PARTS: Part[] = ["paid", "released", "pending", "unallocated", "passed"];
const partWord = (part: Part): string => t(`console.money.part.${part}`);

export interface FlowPictureProps {
  rows: MoneyRow[];
  lateOf: (code: string) => Date | null | undefined; // since when it is not current; undefined: it is
  hrefOf: (code: string) => string;
}

const levelWord = (level: number): string => word(`console.money.level.${level}`, t("console.money.level", { level: level + 1 }));

/** So many letters of 13 px have room. */
const fits = (text: string, width: number): boolean => {
  let wide = 0;
  for (const letter of text) {
    wide += letter.charCodeAt(0) > 0x2e7f ? 13 : 7.2;
  }
  return wide + 12 <= width;
};

function SegmentText({ segment, y }: { segment: Segment; y: number }) {
  const full = `${partWord(segment.part)} ${shown(segment.amount)}`;
  const text = fits(full, segment.width) ? full : fits(shown(segment.amount), segment.width) ? shown(segment.amount) : "";
  return text === "" ? null
    : <text x={segment.x + 7} y={y + 18} class={`on-${segment.part}`} aria-hidden="true">{text}</text>;
}

function BarOf({ bar, rows, props }: { bar: Bar; rows: Map<string, MoneyRow>; props: FlowPictureProps }) {
  const row = rows.get(bar.code);
  const name = row === undefined ? t("console.money.others", { count: count(bar.members.length) }) : row.name;
  const spoken = [`${name}: ${shown(bar.total)}`, ...PARTS.map((part) => {
    const amount = bar.segments.filter((one) => one.part === part).reduce((sum, one) => sum + one.amount, 0n);
    return amount === 0n ? "" : `${partWord(part)} ${shown(amount)}`;
  })].filter((text) => text !== "").join(t("console.money.comma"));
  const pieces = (
    <>
      <title>{spoken}</title>
      {bar.sources.map((source) => (
        <rect key={source.key} class="source" x={source.x} y={sourceY(bar)} width={source.width} height={SOURCE_PX} />
      ))}
      {bar.segments.map((segment) => (
        <rect key={`${segment.part}${segment.to ?? ""}`} class={`flow-part ${segment.part}`} x={segment.x} y={bar.y}
          width={Math.max(segment.width - 0.5, 1)} height={BAR_PX} />
      ))}
      <rect class="frame" x={bar.x} y={bar.y} width={bar.width} height={BAR_PX} />
      {bar.segments.map((segment) => <SegmentText key={`t${segment.part}${segment.to ?? ""}`} segment={segment} y={bar.y} />)}
    </>
  );
  return (
    <>
      {row === undefined ? <g role="img" aria-label={spoken}>{pieces}</g>
        : <a href={props.hrefOf(row.division)} aria-label={spoken}>{pieces}</a>}
      <Name bar={bar} name={name} row={row} props={props} />
    </>
  );
}

/** Below the bar: whose, how much, and what is to be allocated, or since when it is not current. */
function Name({ bar, name, row, props }: { bar: Bar; name: string; row?: MoneyRow; props: FlowPictureProps }) {
  const late = row === undefined ? undefined : props.lateOf(row.division);
  const waits = bar.segments.find(({ part }) => part === "unallocated")?.amount ?? 0n;
  const whole = rate(waits, bar.total);
  const first = `${name} ${shown(bar.total)}`;
  const seconds = late !== undefined
    ? [late === null ? t("console.not_known_here") : t("console.money.known_until", { time: minute(late) }), t("console.money.late")]
    : waits === 0n ? [] : [t("console.money.waits", { amount: shown(waits), rate: whole ?? "0.00" }), t("console.money.waits.short", { rate: whole ?? "0.00" })];
  if (bar.level === 0 && bar.width > 400) {
    return null;
  }
  return (
    <g aria-hidden="true">
      <text x={bar.room.x} y={bar.y + BAR_PX + 16} class="name">{fits(first, bar.room.width) ? first : fits(name, bar.room.width) ? name : ""}</text>
      <text x={bar.room.x} y={bar.y + BAR_PX + 32} class={late === undefined ? "note" : "note late"}>
        {seconds.find((text) => fits(text, bar.room.width)) ?? ""}
      </text>
    </g>
  );
}

/** Nothing in the tree stands above its root. */
const sourceTitle = (key: string, isRoot: boolean): string =>
  t(`console.money.source.${key === "transferred" && isRoot ? "centre" : key}`);

function Sources({ bar, left, isRoot }: { bar: Bar; left: number; isRoot: boolean }) {
  return (
    <g aria-hidden="true">
      {bar.sources.map((source) => {
        const text = `${sourceTitle(source.key, isRoot)} ${shown(source.amount)}`;
        return fits(text, source.width) ? <text key={source.key} x={source.x} y={sourceY(bar) - 6} class="note">{text}</text> : null;
      })}
      {left === 0 ? null : <text x={left - 12} y={bar.y + 30} class="note end">{shown(bar.total)}</text>}
    </g>
  );
}

function Levels({ flow, rows, left }: { flow: Flow; rows: Map<string, MoneyRow>; left: number }) {
  return (
    <g aria-hidden="true">
      {flow.levels.map((level) => {
        const bar = flow.bars.find((one) => one.level === level) as Bar;
        const row = rows.get(bar.members[0]);
        const text = level === 0 ? t("console.money.own_of", { name: row?.name ?? "" }) : levelWord(row?.level ?? level);
        return (
          <g key={level}>
            <line class="ground" x1={left} x2={flow.width} y1={bar.y + BAR_PX + 0.5} y2={bar.y + BAR_PX + 0.5} />
            {left === 0 ? null
              : <text class={level === 0 ? "name end" : "note end"} x={left - 12} y={bar.y + (level === 0 ? 13 : 18)}>{fits(text, left) ? text : t("console.scope.own")}</text>}
          </g>
        );
      })}
    </g>
  );
}

function Ribbons({ flow, rows }: { flow: Flow; rows: MoneyRow[] }) {
  const passed = rows.flatMap((row) => row.passed.map((one) => ({ ...one, from: row.division })));
  return (
    <g aria-hidden="true">
      {flow.ribbons.map((ribbon) => ribbon.kind === "passed"
        ? <path key={`${ribbon.from}${ribbon.to}`} class="ribbon" d={ribbonPath(ribbon)} />
        : <path key={`${ribbon.from}${ribbon.to}d`} class="dash" d={ribbonLine(ribbon)} stroke-width={Math.min(ribbon.bottom[1] - ribbon.bottom[0], 6)} />)}
      {flow.ribbons.filter(({ kind }) => kind === "transit").map((ribbon) => {
        const of = passed.find(({ from, to }) => from === ribbon.from && to === ribbon.to);
        const x = ribbon.bottom[1] + 6;
        const next = flow.bars.filter((bar) => bar.y === ribbon.y[1] && bar.x > x).map((bar) => bar.x);
        const text = t("console.money.transit_of", { amount: shown(ribbon.amount) });
        return fits(text, Math.min(flow.width, ...next) - x) ? (
          <g key={`${ribbon.from}${ribbon.to}n`}>
            <text class="name late" x={x} y={ribbon.y[1] + 12}>{text}</text>
            <text class="note" x={x} y={ribbon.y[1] + 28}>{of?.doc_no ?? of?.oldest ?? ""}</text>
          </g>
        ) : null;
      })}
    </g>
  );
}

function Legend() {
  return (
    <ul class="flow-legend">
      {PARTS.map((part) => (
        <li key={part}><svg width="16" height="12" aria-hidden="true"><rect class={`flow-part ${part}`} width="16" height="12" /></svg>{partWord(part)}</li>
      ))}
      <li><svg width="18" height="12" aria-hidden="true"><path class="dash" d="M0 6h18" stroke-width="2" /></svg>{t("console.chain.in_transit")}</li>
      <li><svg width="16" height="12" aria-hidden="true"><rect class="source" y="3" width="16" height="5" /></svg>{t("console.money.sources")}</li>
      <li class="spread-note">{t("console.money.width_is_amount")}</li>
    </ul>
  );
}

export function FlowPicture(props: FlowPictureProps) {
  const [frame, width] = useWidth();
  const left = width < 620 ? 0 : language.value === "zh" ? 112 : 118;
  const rows = useMemo(() => new Map(props.rows.map((row) => [row.division, row])), [props.rows]);
  const flow = useMemo(() => width === 0 ? null
    : flowOf(flowDivisions(props.rows), { width, left, alone: width < 620 ? 3 : Math.max(4, Math.floor(width / 150)), roomPx: 250 }),
  [props.rows, width, left]);
  return (
    <div class="flow" ref={frame}>
      {flow === null ? <div style={{ height: "320px" }} /> : (
        <svg width={flow.width} height={flow.height} viewBox={`0 0 ${flow.width} ${flow.height}`} role="group"
          aria-label={t("console.money.picture")}>
          <defs>
            <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="6" height="6" class="hatch-ground" /><line x1="0" y1="0" x2="0" y2="6" class="hatch-line" />
            </pattern>
          </defs>
          <Levels flow={flow} rows={rows} left={left} />
          <Ribbons flow={flow} rows={props.rows} />
          {flow.bars.filter(({ level }) => level === 0).map((bar) => <Sources key={bar.code} bar={bar} left={left} isRoot={rows.get(bar.code)?.parent === null} />)}
          {flow.bars.map((bar) => <BarOf key={`${bar.level} ${bar.code}`} bar={bar} rows={rows} props={props} />)}
        </svg>
      )}
      <Legend />
    </div>
  );
}
