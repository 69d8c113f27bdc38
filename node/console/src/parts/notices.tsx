// What is to be known before a board's figures are believed.
import { count, shown } from "../money";
import type { NewKeys, Sum } from "../shapes";
import { t } from "../words";
import { withNames } from "./advice";
import { Marked } from "./badge";

/** Days are counted by clocks; one of them is off. */
export function ClockNotice({ text }: { text: string | undefined }) {
  return text === undefined || text === "" ? null : <p class="notice-line" role="status">{withNames(text)}</p>;
}

/** Whose new keys nobody has confirmed: what they wrote is in no figure. */
export function UnconfirmedNote({ keys }: { keys: NewKeys[] | undefined }) {
  return (
    <>{(keys ?? []).map(({ division, sentence }) => (
      <p key={division} class="notice-line"><Marked shape="filling" tone="warn">{withNames(sentence)}</Marked>{" "}<a href={`/map/${division}`}>{t("console.unapproved.see")}</a></p>))}</>
  );
}

/** How much of what the figures sum lacks an approval that holds. `division`: of one alone. */
export function UnapprovedNote({ sum, division }: { sum: Sum | undefined; division?: string }) {
  return sum === undefined || sum.count === 0 ? null : (
    <p class="notice-line alarming">
      <Marked shape="cross" tone="bad">{t("console.unapproved.note", { count: count(sum.count), amount: shown(sum.amount) })}</Marked>{" "}
      <a href={`/people/unapproved${division === undefined ? "" : `?division=${division}`}`}>{t("console.unapproved.see")}</a>
    </p>
  );
}
