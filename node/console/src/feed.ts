// Follows the marks of the node: that something came to be held there, and whose. One request that
// stays open; when it ends, another goes on where the last mark was heard. Knows no page.
import { call, Problem } from "./api";

/** Something came: up to this position, so many entries, of these divisions (null: of many). */
export interface Mark { position: string; entries: number; divisions: string[] | null }

export interface Follower {
  mark: (mark: Mark) => void; // the first at once, without entries
  beat: () => void; // anything came: the line stands
  lost: () => void; // what was missed cannot be told: it may be anything
  down: () => void; // the line is cut, or was never had
}

const PATH = "/changes/marks";
const SILENT_MS = 8000; // the node says a word every two seconds
const STOOD_MS = 5000; // so long it stood: the next attempt is a first one
const FIRST_MS = 500;
const LAST_MS = 30000;

/** How long to wait before an attempt: none after a line that stood, then twice as long each time. */
export const backOffMs = (failures: number, chance: number): number =>
  failures === 0 ? 0 : Math.min(LAST_MS, FIRST_MS * 2 ** (failures - 1)) * (0.5 + chance / 2);

export interface Told { event: string; id: string; data: string } // as far as they were said

/** Takes a stream as it comes, in any pieces, and tells each event that is whole. */
export function eventReader(): (piece: string) => Told[] {
  let kept = "";
  return (piece) => {
    const blocks = (kept + piece).split("\n\n");
    kept = blocks.pop() ?? "";
    return blocks.map((block) => {
      const told: Told = { event: "", id: "", data: "" };
      for (const line of block.split("\n")) {
        const at = line.indexOf(": ");
        const name = line.slice(0, at);
        if (name === "event" || name === "id" || name === "data") {
          told[name] = line.slice(at + 2);
        }
      }
      return told;
    }).filter(({ data }) => data !== "");
  };
}

/** Ends with `after` ms, or as soon as `end` is told. */
const pause = (after: number, end: AbortSignal): Promise<void> => new Promise((resume) => {
  const over = (): void => { clearTimeout(timer); end.removeEventListener("abort", over); resume(); };
  const timer = setTimeout(over, after);
  end.addEventListener("abort", over);
});

/** One line, from its request to its end. */
async function readLine(last: string | null, to: Follower, end: AbortSignal): Promise<void> {
  const silent = new AbortController();
  const cut = (): void => silent.abort();
  end.addEventListener("abort", cut);
  let timer = setTimeout(cut, SILENT_MS);
  try {
    const answer = await call("GET", PATH, {
      headers: { Accept: "text/event-stream", ...(last === null ? {} : { "Last-Event-ID": last }) },
      signal: silent.signal, isBackground: true,
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const text = new TextDecoder(), events = eventReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(cut, SILENT_MS);
      to.beat();
      for (const { data } of events(text.decode(piece.value, { stream: true }))) {
        to.mark(JSON.parse(data) as Mark);
      }
    }
  } finally {
    clearTimeout(timer);
    end.removeEventListener("abort", cut);
  }
}

/** Until `end` is told. A node that does not know the position any more, or has no marks, is asked again
 *  all the same, ever less often. */
export async function follow(to: Follower, end: AbortSignal): Promise<void> {
  let last: string | null = null;
  let failures = 0;
  const heard: Follower = { ...to, mark: (mark) => { last = mark.position; to.mark(mark); } };
  while (!end.aborted) {
    const began = Date.now();
    let failed = false;
    try {
      await readLine(last, heard, end);
    } catch (failure) {
      failed = true;
      if (failure instanceof Problem && failure.code === "position_lost") {
        last = null;
        to.lost();
      }
    }
    if (end.aborted) {
      return;
    }
    failures = Date.now() - began < STOOD_MS ? failures + 1 : failed ? 1 : 0;
    to.down();
    await pause(backOffMs(failures, Math.random()), end);
  }
}
