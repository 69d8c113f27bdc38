// The band under the bar: one sentence that answers the reader's question, and how current it is.
import { useEffect } from "preact/hooks";
import { cutAt, isCut, isFollowed, lastFed, status } from "../live";
import { count } from "../money";
import { place } from "../router";
import { isStopped } from "../tree_model";
import { dayOf, minute, moment, timeOf } from "../time";
import { t } from "../words";
import { lookOf, Mark, Marked } from "./badge";
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
      <p class="paper-head">{t("console.name")} · {status.value?.name ?? ""} {status.value?.division ?? ""}</p>
      <div class="sentence-in">
        <Mark {...lookOf(state)} />
        <h1>{children}</h1>
        <Feed />
      </div>
      <div class={busy ? "progress on" : "progress"} />
    </div>
  );
}

/** Amber once nothing came for five seconds: what is shown is then as old as it says. Below another
 *  level it also says whether that one hears what is done here. */
function Feed() {
  const fed = lastFed.value;
  if (isCut.value) {
    return (
      <div class="feed late"><Mark shape="struck" tone="warn" />
        <span>{t("console.feed.cut", { time: moment(cutAt.value ?? fed) })}</span></div>
    );
  }
  const time = fed === null ? "" : `${dayOf(fed)} ${timeOf(fed)}`;
  const parent = status.value?.peers.find((peer) => peer.is_parent);
  if (parent === undefined || place.value.path === "/map") { // the map's own sentence is about links
    return <div class="feed"><div>{time}</div><div>{t(isFollowed.value ? "console.feed.live" : "console.feed.polled")}</div></div>;
  }
  const name = parent.name ?? parent.division;
  if (parent.state === "live" || parent.state === "catching_up") {
    return <div class="feed"><Marked shape="disc" tone="ok">{t("console.feed.up", { name })}</Marked><div>{time}</div></div>;
  }
  return (
    <div class="feed">
      <Marked shape="struck" tone="warn">{t("console.feed.down", { name, time: minute(new Date(Date.now() - parent.down_s * 1000)) })}</Marked>
      <div>{t(isStopped(status.value) ? "console.feed.stopped" : "console.feed.waits", { count: count(parent.behind_entries) })}</div>
    </div>
  );
}
