// Progress by month against the year before: two lines, the former one dashed, each named where it
// ends. The same figures stand in a table for whoever does not see the picture.
import { shown } from "../money";
import { useWidth } from "../parts/width";
import { t } from "../words";
import type { Progress, Years } from "./rows";

const HEIGHT = 236;
const [LEFT, RIGHT, TOP, BOTTOM] = [34, 14, 22, 24];

interface Scale { x: (month: number) => number; y: (rate: string) => number; most: number }

function scaleOf(years: Years, width: number): Scale {
  const rates = [...years.now, ...years.before].map(({ rate }) => Number(rate ?? 0));
  const most = Math.max(100, Math.ceil(Math.max(...rates) / 25) * 25);
  return {
    most,
    x: (month) => LEFT + ((month - 1) * (width - LEFT - RIGHT)) / 11,
    y: (rate) => TOP + (1 - Number(rate) / most) * (HEIGHT - TOP - BOTTOM),
  };
}

/** A line through the months that have a rate; it begins anew behind one that has none. */
function lineOf(of: Progress[], scale: Scale): string {
  return of.map(({ month, rate }, i) => (rate === null ? ""
    : `${i > 0 && of[i - 1].rate !== null ? "L" : "M"}${scale.x(month).toFixed(1)} ${scale.y(rate).toFixed(1)}`)).join("");
}

const lastOf = (of: Progress[]): Progress | null => [...of].reverse().find(({ rate }) => rate !== null) ?? null;

function Grid({ scale, width }: { scale: Scale; width: number }) {
  const lines = Array.from({ length: scale.most / 25 + 1 }, (_, i) => i * 25);
  return (
    <g>
      {lines.map((rate) => (
        <g key={rate}>
          <line class="grid" x1={LEFT} x2={width - RIGHT} y1={scale.y(String(rate))} y2={scale.y(String(rate))} />
          <text class="end" x={LEFT - 8} y={scale.y(String(rate)) + 4}>{rate}</text>
        </g>
      ))}
      {Array.from({ length: 12 }, (_, i) => i + 1).map((month) => <text key={month} class="middle" x={scale.x(month)} y={HEIGHT - 6}>{month}</text>)}
    </g>
  );
}

/** Near its point: it ends there in the second half of the year, and begins there in the first. */
function Label({ at, text, scale, look, dy }: { at: Progress; text: string; scale: Scale; look: string; dy: number }) {
  const left = at.month > 6;
  return <text class={`${look} ${left ? "end" : ""}`} x={scale.x(at.month) + (left ? 6 : 8)} y={scale.y(at.rate ?? "0") + dy}>{text}</text>;
}

function Chart({ years, width }: { years: Years; width: number }) {
  const scale = scaleOf(years, width);
  const now = lastOf(years.now);
  const before = lastOf(years.before.slice(0, Math.max(years.now.length, 1)));
  const above = now === null || before === null || Number(now.rate) >= Number(before.rate);
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      <Grid scale={scale} width={width} />
      <path class="former" d={lineOf(years.before, scale)} />
      <path class="line" d={lineOf(years.now, scale)} />
      {years.now.map(({ month, rate }) => (rate === null ? null : <circle key={month} class="dot" cx={scale.x(month)} cy={scale.y(rate)} r="3" />))}
      {now === null ? null : <Label at={now} text={`${years.year}  ${now.rate} %`} scale={scale} look="strong" dy={above ? -12 : 44} />}
      {before === null ? null
        : <Label at={before} text={t("console.money.same_month", { year: years.year - 1, rate: before.rate ?? "" })} scale={scale} look="" dy={above ? 44 : -12} />}
    </svg>
  );
}

/** Paid in one month, of sums from January on. */
function monthAlone(of: Progress[], month: number): bigint {
  const [at, before] = [of[month - 1], of[month - 2]];
  return at === undefined ? 0n : at.paid - (before?.paid ?? 0n);
}

function MonthsTable({ years }: { years: Years }) {
  return (
    <table class="hidden">
      <caption>{t("console.money.months")}</caption>
      <thead><tr><th scope="col">{t("console.money.month")}</th><th scope="col">{years.year}</th><th scope="col">{years.year - 1}</th></tr></thead>
      <tbody>
        {years.before.map(({ month, rate }, i) => (
          <tr key={month}><th scope="row">{month}</th><td>{years.now[i]?.rate ?? "—"}</td><td>{rate ?? "—"}</td></tr>
        ))}
      </tbody>
    </table>
  );
}

export function MonthsChart({ years }: { years: Years }) {
  const [frame, width] = useWidth();
  const now = years.now.at(-1);
  return (
    <>
      <div class="months" ref={frame} style={{ minHeight: `${HEIGHT}px` }}>{width === 0 ? null : <Chart years={years} width={width} />}</div>
      <MonthsTable years={years} />
      {now === undefined ? null : (
        <p class="months-foot">{t("console.money.month_paid", {
          month: now.month, paid: shown(monthAlone(years.now, now.month)), former: shown(monthAlone(years.before, now.month)),
        })}</p>
      )}
    </>
  );
}
