// The fingerprint of a node's two keys: eight groups, read out by telephone and compared one by one.
import { t } from "../words";

/** Groups of four, to be read aloud. */
export const groups = (hex: string): string => (hex.match(/.{1,4}/g) ?? []).join(" ");

export function Fingerprint({ text, label }: { text: string; label?: string }) {
  return (
    <ol class="groups mono" aria-label={label ?? t("console.join.fingerprint")}>
      {text.split(" ").map((group, i) => <li key={i}>{group}</li>)}
    </ol>
  );
}
