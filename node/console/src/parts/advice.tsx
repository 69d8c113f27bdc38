// A sentence of the node: commands stand in backticks, divisions by their codes. People read names;
// a command keeps its code, since it is typed as it stands.
import { status, tree } from "../live";
import { shown } from "../money";
import { language } from "../words";

const nameOf = (code: string): string | undefined => tree.value?.rows.find(({ division }) => division === code)?.name ??
  status.value?.peers.find(({ division }) => division === code)?.name ??
  (status.value?.division === code ? status.value.name : undefined);

/** 540100 -> 拉萨市, where that is known here. Chinese puts no blanks around a name, only around digits. */
export function withNames(text: string): string {
  return text.replace(/( ?)(?<![\d@])(\d{6})(?!\d)( ?)/g, (whole, before: string, code: string, after: string) => {
    const name = nameOf(code);
    return name === undefined ? whole : language.value === "zh" ? name : before + name + after;
  });
}

/** Amounts in a sentence of the node, as people read them: 5000000.00 -> 5,000,000.00. */
export const withAmounts = (text: string): string => text.replace(/(?<![\d.,])\d{4,}\.\d\d(?!\d)/g, (amount) => shown(amount));

/** What an alarm says, with names and amounts as people read them. */
export const alarmWords = (text: string): string => withAmounts(withNames(text));

export function Advice({ text }: { text: string }) {
  return <>{text.split("`").map((piece, i) => i % 2 === 1 ? <code key={i} class="command">{piece}</code> : withNames(piece))}</>;
}
