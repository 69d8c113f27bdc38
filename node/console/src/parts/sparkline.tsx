// 112 by 24: a day, no axis; the last point is dotted. Where nothing was heard stands an amber
// field, and never a line through it.
export interface SparklineProps {
  values: (number | null)[]; // oldest first; null: nothing was heard
  label: string;
  width?: number;
  height?: number;
  filled?: boolean;
}

export function Sparkline({ values, label, width = 112, height = 24, filled = false }: SparklineProps) {
  const known = values.filter((value): value is number => value !== null);
  const top = Math.max(...known, Number.EPSILON);
  const x = (i: number): number => values.length < 2 ? 0 : (i / (values.length - 1)) * (width - 4) + 2;
  const y = (value: number): number => height - 3 - (value / top) * (height - 6);
  const runs: number[][] = [];
  const gaps: [number, number][] = [];
  values.forEach((value, i) => {
    if (value !== null) {
      if (i === 0 || values[i - 1] === null) { runs.push([]); }
      runs[runs.length - 1].push(i);
    } else if (i > 0 && values[i - 1] === null) {
      gaps[gaps.length - 1][1] = i;
    } else {
      gaps.push([i, i]);
    }
  });
  const path = (run: number[]): string => run.map((i, k) => `${k === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(values[i] as number).toFixed(1)}`).join("");
  const lastIndex = values.length - 1;
  const last = lastIndex >= 0 ? values[lastIndex] : null;
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      {gaps.map(([a, b]) => <g key={a} class="gap">
        <rect x={x(Math.max(0, a - 1))} y="1" width={Math.max(2, x(b) - x(Math.max(0, a - 1)))} height={height - 2} />
        <path d={`M${x(Math.max(0, a - 1))} 1V${height - 1}`} />
      </g>)}
      {runs.map((run) => <g key={run[0]}>
        {filled ? <path class="fill" d={`${path(run)}L${x(run[run.length - 1])} ${height}L${x(run[0])} ${height}Z`} /> : null}
        <path class="line" d={path(run)} />
      </g>)}
      {last === null || last === undefined ? null : <rect class="last" x={x(lastIndex) - 1.5} y={y(last) - 1.5} width="3" height="3" />}
    </svg>
  );
}
