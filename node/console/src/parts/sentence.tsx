// The band under the bar: one sentence that answers the reader's question, and how current it is.
import { useEffect } from "preact/hooks";
import { cutAt, isCut, lastFed } from "../live";
import { dayOf, moment, timeOf } from "../time";
import { t } from "../words";
import { lookOf, Mark } from "./badge";
import { say } from "./live_region";

export interface SentenceProps {
  state: string; // as in badge.tsx: its shape stands before the sentence
  children: string;
  busy?: boolean; // asked for again: the old figures stay
}

export function Sentence({ state, children, busy = false }: SentenceProps) {
  useEffect(() => say(children), [children]);
  return (
    <div class="sentence">
      <div class="sentence-in">
        <Mark {...lookOf(state)} />
        <h1>{children}</h1>
        <Feed />
      </div>
      <div class={busy ? "progress on" : "progress"} />
    </div>
  );
}

/** Amber once nothing came for five seconds: what is shown is then as old as it says. */
function Feed() {
  const fed = lastFed.value;
  if (isCut.value) {
    return (
      <div class="feed late"><Mark shape="struck" tone="warn" />
        <span>{t("console.feed.cut", { time: moment(cutAt.value ?? fed) })}</span></div>
    );
  }
  return (
    <div class="feed">
      <div>{fed === null ? "" : `${dayOf(fed)} ${timeOf(fed)}`}</div>
      <div>{t("console.feed.live")}</div>
    </div>
  );
}
