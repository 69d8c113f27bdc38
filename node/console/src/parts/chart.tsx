// A day of one series, with an axis: hours along the foot, round values at the left. Where nothing
// was heard stands an amber field with its length, and never a line through it.
import { useRef, useState, useEffect } from "preact/hooks";
import { age } from "../time";
import { t } from "../words";

export interface ChartProps {
  values: (number | null)[]; // oldest first; null: nothing was heard
  slotS: number;
  end: Date; // of the last
  label: string;
  format: (value: number) => string;
  height?: number;
  filled?: boolean;
}

const LEFT = 50;
const FOOT = 22;
const TOP = 8;

/** A round value at least as large: 1, 2 or 5 of some power of ten. */
export function roundTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value) ?? value;
}

/** Those that follow each other: heard, or not. */
function runs(values: (number | null)[]): { from: number; to: number; heard: boolean }[] {
  const found: { from: number; to: number; heard: boolean }[] = [];
  values.forEach((value, i) => {
    const last = found[found.length - 1];
    if (last !== undefined && last.heard === (value !== null)) { last.to = i; } else { found.push({ from: i, to: i, heard: value !== null }); }
  });
  return found;
}

export function Chart({ values, slotS, end, label, format, height = 120, filled = false }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(240, Math.round(entry.contentRect.width))));
    watch.observe(frame.current as HTMLDivElement);
    return () => watch.disconnect();
  }, []);
  const first = values.findIndex((value) => value !== null); // before this node started nothing is said
  const top = roundTop(Math.max(...values.map((value) => value ?? 0), 1e-9));
  const x = (i: number): number => LEFT + ((i + 0.5) / values.length) * (width - LEFT);
  const y = (value: number): number => TOP + (1 - value / top) * (height - FOOT - TOP);
  const at = (i: number): Date => new Date(end.getTime() - (values.length - 1 - i) * slotS * 1000);
  const path = (from: number, to: number): string =>
    values.slice(from, to + 1).map((value, k) => `${k === 0 ? "M" : "L"}${x(from + k).toFixed(1)} ${y(value ?? 0).toFixed(1)}`).join("");
  const hours = values.map((_, i) => i).filter((i) => i > 0 && at(i).getHours() % 4 === 0 && at(i - 1).getHours() !== at(i).getHours());
  return (
    <div ref={frame}>
      <svg class="chart" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {[0, top / 2, top].map((value) => <g key={value}>
          <path class="rule" d={`M${LEFT} ${y(value)}H${width}`} /><text x={LEFT - 6} y={y(value) + 4} text-anchor="end">{format(value)}</text>
        </g>)}
        {hours.filter((i) => x(i) < width - 16).map((i) => <text key={i} x={x(i)} y={height - 4} text-anchor="middle">{String(at(i).getHours()).padStart(2, "0")}:00</text>)}
        {runs(values).filter(({ from, heard }) => !heard && first >= 0 && from > first).map(({ from, to }) => <g key={from} class="gap">
          <rect x={x(from - 1)} y={TOP} width={x(to) - x(from - 1)} height={height - FOOT - TOP} /><path d={`M${x(from - 1)} ${TOP}V${height - FOOT}`} />
          {x(to) - x(from - 1) > 130 ? <><text x={x(from - 1) + 10} y={TOP + 18}>{t("console.chart.gap", { age: age((to - from + 1) * slotS) })}</text></> : null}
        </g>)}
        {runs(values).filter(({ heard }) => heard).map(({ from, to }) => <g key={from}>
          {filled ? <path class="fill" d={`${path(from, to)}L${x(to)} ${y(0)}L${x(from)} ${y(0)}Z`} /> : null}
          {from === to ? <circle class="last" cx={x(from)} cy={y(values[from] ?? 0)} r="2" /> : <path class="line" d={path(from, to)} />}
        </g>)}
      </svg>
    </div>
  );
}
