// A sentence of the node: commands stand in backticks, divisions by their codes. People read names;
// a command keeps its code, since it is typed as it stands.
import { status, tree } from "../live";

/** 540100 -> 拉萨市, where that is known here. */
export function withNames(text: string): string {
  return text.replace(/(?<![\d@])\d{6}(?!\d)/g, (code) =>
    tree.value?.rows.find(({ division }) => division === code)?.name ??
    status.value?.peers.find(({ division }) => division === code)?.name ?? code);
}

export function Advice({ text }: { text: string }) {
  return <>{text.split("`").map((piece, i) => i % 2 === 1 ? <code key={i} class="command">{piece}</code> : withNames(piece))}</>;
}
