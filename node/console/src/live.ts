// What moves by itself: the state of this node and of the divisions below, asked for every two
// seconds while the page is seen. What was shown stays when nothing comes, with the time it is of.
import { computed, effect, signal } from "@preact/signals";
import { get, isLoggedOut, Problem } from "./api";
import type { Status, TreeAnswer } from "./shapes";
import { language } from "./words";

const EVERY_MS = 2000;
const CUT_MS = 5000;

export const status = signal<Status | null>(null);
export const tree = signal<TreeAnswer | null>(null);
export const lastFed = signal<Date | null>(null);
/** The moment that is shown while nothing comes. */
export const cutAt = signal<Date | null>(null);
export const isCut = computed(() => cutAt.value !== null);
export const feedProblem = signal<Problem | null>(null);

/** A second's tick, for ages. */
export const now = signal(Date.now());

let asking = false;
let isWanted = false; // once more, as soon as this one is answered
let timer: ReturnType<typeof setTimeout> | undefined;

/** While a page needs the tree, which is large in a large region, it is asked for too. */
const treeReaders = signal(0);
export function readTree(): () => void {
  treeReaders.value++;
  if (treeReaders.value === 1) {
    askNow();
  }
  return () => { treeReaders.value--; };
}

const LARGE = 300; // divisions: such an answer is asked for every fifth time
let turns = 0;

const treeIsDue = (): boolean =>
  treeReaders.value > 0 && ((tree.value?.rows.length ?? 0) < LARGE || turns++ % 5 === 0);

async function ask(): Promise<void> {
  const wanted = language.value;
  const answers = await Promise.all([
    get<Status>("/status", undefined, undefined, true),
    treeIsDue() ? get<TreeAnswer>("/status/tree", undefined, undefined, true) : null,
  ]);
  if (wanted !== language.value) {
    return;
  }
  status.value = answers[0];
  tree.value = answers[1] ?? tree.value;
  lastFed.value = new Date();
  cutAt.value = null;
  feedProblem.value = null;
}

async function turn(): Promise<void> {
  if (asking) {
    isWanted = true;
    return;
  }
  asking = true;
  try {
    await ask();
  } catch (failure) {
    if (failure instanceof Problem) {
      feedProblem.value = failure;
    }
  } finally {
    asking = false;
    clearTimeout(timer);
    timer = setTimeout(() => { if (!document.hidden) { void turn(); } }, isWanted ? 0 : EVERY_MS);
    isWanted = false;
  }
}

export function askNow(): void {
  void turn();
}

export function startLive(): void {
  askNow();
  setInterval(() => {
    now.value = Date.now();
    const fed = lastFed.value;
    if (fed !== null && cutAt.value === null && !document.hidden && !isLoggedOut.value &&
        Date.now() - fed.getTime() > CUT_MS) {
      cutAt.value = fed;
    }
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { askNow(); } });
  let before = language.value;
  effect(() => {
    if (language.value !== before) {
      before = language.value;
      askNow();
    }
  });
}
