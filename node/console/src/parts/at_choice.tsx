// As of when: now, the end of a day, and whatever else the address asks for (a moment, an entry).
import { ask } from "../router";
import { dayOf, moment } from "../time";
import { t } from "../words";

const DAY = /^\d{4}-\d\d-\d\d$/, ENTRY = /^\d+$/;

/** What an `at` of an address says. */
export const atText = (at: string): string => DAY.test(at) ? t("console.at.day", { day: at })
  : ENTRY.test(at) ? t("console.entry_number", { lsn: at }) : moment(at);

/** The last moment that counts, by the clock of the accounts; null of an entry. */
export const atEnd = (at: string): Date | null =>
  ENTRY.test(at) ? null : new Date(DAY.test(at) ? `${at}T23:59:59.999+08:00` : at);

/** Yesterday, the ends of the months of the year that are over, and what is asked for. */
export function momentsOf(year: number, at: string | null, now = new Date()): string[] {
  const days = [dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))];
  for (let month = 12; month >= 1; month--) {
    const end = new Date(year, month, 0);
    if (end < now) {
      days.push(dayOf(end));
    }
  }
  return [...new Set([...(at === null ? [] : [at]), ...days])];
}

export function AtChoice({ year, at }: { year: number; at: string | null }) {
  return (
    <label class="choice">{t("console.at")}
      <select value={at ?? ""} onChange={(event) => ask({ at: event.currentTarget.value || null })}>
        <option value="">{t("console.at.now")}</option>
        {momentsOf(year, at).map((one) => <option key={one} value={one}>{atText(one)}</option>)}
      </select>
    </label>
  );
}

/** Above whatever is not of now. */
export function AtNote({ at }: { at: string | null }) {
  return at === null ? null : <p class="notice-line">{t("console.at.note", { at: atText(at) })}</p>;
}
