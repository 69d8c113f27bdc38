// A figure: its value, what it is, and where it can be looked up. Sums of money stand to the fen.
import type { ComponentChildren } from "preact";
import { isNil, shown } from "../money";
import { t } from "../words";

/** An amount in a table or a strip: nil stands back, what is not known here says so. */
export function Amount({ of, strong }: { of: string | bigint | null | undefined; strong?: boolean }) {
  if (of === null || of === undefined) {
    return <span class="unknown">{t("console.not_known_here")}</span>;
  }
  const text = shown(of);
  return isNil(of) ? <span class="nil">{text}</span> : strong ? <b>{text}</b> : <>{text}</>;
}

export interface FigureProps {
  label: ComponentChildren;
  children: ComponentChildren; // the value
  own?: ComponentChildren; // the same for the own level, below it
  tone?: "warn" | "bad";
  href?: string; // to the documents that it sums
  spoken?: string; // label, value, unit and as-of, for a screen reader
}

export function Figure({ label, children, own, tone, href, spoken }: FigureProps) {
  const value = <span class={`figure-value${tone === undefined ? "" : ` tone-${tone}`}`}>{children}</span>;
  return (
    <div class="figure">
      <div class="figure-label">{label}</div>
      {href === undefined ? value : <a class="figure-link" href={href} aria-label={spoken}>{value}</a>}
      {own === undefined ? null : <div class="figure-own">{own}</div>}
    </div>
  );
}
