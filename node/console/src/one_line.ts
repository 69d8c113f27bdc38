// One line to the node for all pages of a browser: it opens six connections to a host and no more,
// and a line keeps one. The page that is seen and holds the lock follows; others that are seen hear
// it from there; one that is hidden lets go.
import { follow, type Follower, type Mark } from "./feed";

const NAME = "terrace-line";

type Word = { mark: Mark } | { is: "beat" | "lost" | "down" };

/** Hands on what the page at the line hears. */
function hear(word: Word, to: Follower): void {
  if ("mark" in word) {
    to.mark(word.mark);
  } else {
    to[word.is]();
  }
}

/** What the page at the line hears, all hear. */
function speaker(channel: BroadcastChannel | null, to: Follower): Follower {
  const say = (word: Word): void => { channel?.postMessage(word); hear(word, to); };
  return {
    mark: (mark) => say({ mark }), beat: () => say({ is: "beat" }), lost: () => say({ is: "lost" }), down: () => say({ is: "down" }),
  };
}

/** Follows while this page is seen. */
export function followTogether(to: Follower): void {
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;
  channel?.addEventListener("message", ({ data }: MessageEvent<Word>) => hear(data, to));
  let end: AbortController | null = null;

  const begin = (): void => {
    const mine = end = new AbortController();
    const line = (): Promise<void> => follow(speaker(channel, to), mine.signal);
    if (navigator.locks === undefined) {
      void line();
    } else {
      navigator.locks.request(NAME, { signal: mine.signal }, line).catch(() => undefined); // it was hidden before its turn came
    }
  };
  const look = (): void => {
    if (document.hidden) {
      end?.abort();
      end = null;
    } else if (end === null) {
      begin();
    }
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => { end?.abort(); end = null; });
  addEventListener("pageshow", look);
  look();
}
