// Moments and ages as people read them. The API has UTC; a page shows the time of this machine.
import { t } from "./words";

const two = (n: number): string => String(n).padStart(2, "0");
const clock = (d: Date): string => `${two(d.getHours())}:${two(d.getMinutes())}`;

/** 14:32:08 */
export const timeOf = (d: Date): string => `${clock(d)}:${two(d.getSeconds())}`;
/** 2026-11-27 */
export const dayOf = (d: Date): string => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;

/** Today 14:32:08; this year 11-27 08:46; else 2025-11-27. "" for never. */
export function moment(at: string | Date | null | undefined, now = new Date()): string {
  if (at === null || at === undefined || at === "") {
    return "";
  }
  const d = typeof at === "string" ? new Date(at) : at;
  if (dayOf(d) === dayOf(now)) {
    return timeOf(d);
  }
  return d.getFullYear() === now.getFullYear() ? `${dayOf(d).slice(5)} ${clock(d)}` : dayOf(d);
}

/** The same to the minute, for "since". */
export function minute(at: Date, now = new Date()): string {
  return dayOf(at) === dayOf(now) ? clock(at) : moment(at, now);
}

/** An age in two units: 5 小时 20 分. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [Math.floor(s / 86400), Math.floor(s / 3600), Math.floor(s / 60)];
  if (days > 0) {
    return t("console.age.days", { days, hours: hours % 24 });
  }
  if (hours > 0) {
    return t("console.age.hours", { hours, minutes: minutes % 60 });
  }
  return minutes > 0 ? t("console.age.minutes", { minutes, seconds: s % 60 })
    : t("console.age.seconds", { seconds: s });
}

/** A lag, short: 0.3 s, 42 s, 12 min; from two hours on an age. */
export function lag(ms: number): string {
  return ms >= 2 * 3600 * 1000 ? age(ms / 1000) : ms < 10000 ? `${(ms / 1000).toFixed(1)} s` : ms < 120000 ? `${Math.round(ms / 1000)} s`
    : t("console.age.whole_minutes", { minutes: Math.round(ms / 60000) });
}
