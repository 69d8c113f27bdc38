// What moves by itself: the state of this node and of the divisions below. Entries are heard of as
// they come (one_line.ts); links and alarms move without one, so that the state is asked for now and
// then all the same, and every two seconds while there is no line. What was shown stays when nothing
// comes, with the time it is of.
import { computed, effect, signal } from "@preact/signals";
import { get, isLoggedOut, Problem } from "./api";
import { followTogether } from "./one_line";
import { isDue } from "./rhythm";
import type { Status, TreeAnswer } from "./shapes";
import { language } from "./words";

const PACE_MS = 2000;
const STATUS_AGE_MS = 5000;
const TREE_AGE_MS = 15000;
const LARGE = 300; // divisions: such an answer is asked for a fifth as often
const SILENT_MS = 8000; // a line that says nothing for so long is none
const CUT_MS = 5000;
const SHARED_MS = 1500; // for less than that the node may give an answer that it gave before

export const status = signal<Status | null>(null);
export const tree = signal<TreeAnswer | null>(null);
export const lastFed = signal<Date | null>(null);
/** The moment that is shown while nothing comes. */
export const cutAt = signal<Date | null>(null);
export const isCut = computed(() => cutAt.value !== null);
export const feedProblem = signal<Problem | null>(null);

/** A second's tick, for ages. */
export const now = signal(Date.now());

/** Is there a line, by which every entry is heard of? */
export const isFollowed = signal(false);
/** Grows when something was entered here, or may have been. */
export const moved = signal(0);
let beatAt = 0;

const alarmsTold = computed(() =>
  JSON.stringify(status.value?.alarms.map(({ id, count, acknowledged, silenced }) => [id, count, acknowledged, silenced]) ?? []));
const alarmsKept = signal("");
/** What `GET /alarms` tells more of: it is asked for when this changes, and once more when no answer of
 *  before is given any more. */
export const alarmsVersion = computed(() => `${alarmsTold.value} ${alarmsKept.value}`);

/** Whose new keys wait to be confirmed. */
export const unconfirmedVersion = computed(() =>
  (status.value?.alarms ?? []).filter(({ code }) => code === "epoch_unconfirmed").map(({ division }) => division).join());

let asking = false;
let isWanted = false; // once more, as soon as this one is answered

/** While a page needs the tree, which is large in a large region, it is asked for too. */
const treeReaders = signal(0);
export function readTree(): () => void {
  treeReaders.value++;
  if (treeReaders.value === 1) {
    askNow();
  }
  return () => { treeReaders.value--; };
}

const asked = { status: { at: 0, moved: 0 }, tree: { at: 0, moved: 0, stamp: "" } };

/** What of the state is seen in the tree, too. */
const stampOf = (now: Status | null): string => now === null ? ""
  : JSON.stringify([now.below.well, now.below.divisions, now.below.worst, now.below.state, now.peers.map(({ state }) => state)]);

function treeIsDue(): boolean {
  const slow = (tree.value?.rows.length ?? 0) < LARGE ? 1 : 5;
  const hasMoved = tree.value === null || asked.tree.moved !== moved.value || asked.tree.stamp !== stampOf(status.value);
  return treeReaders.value > 0 &&
    isDue({ isFollowed: isFollowed.value, hasMoved, ms: Date.now() - asked.tree.at }, slow * PACE_MS, slow * TREE_AGE_MS);
}

const statusIsDue = (): boolean => isDue(
  { isFollowed: isFollowed.value, hasMoved: asked.status.moved !== moved.value, ms: Date.now() - asked.status.at }, PACE_MS, STATUS_AGE_MS);

function fed(): void {
  lastFed.value = new Date();
  cutAt.value = null;
}

async function ask(): Promise<void> {
  const wanted = language.value;
  const withTree = treeIsDue();
  asked.status = { at: Date.now(), moved: moved.value };
  if (withTree) {
    asked.tree = { ...asked.tree, ...asked.status };
  }
  const answers = await Promise.all([
    get<Status>("/status", undefined, undefined, true),
    withTree ? get<TreeAnswer>("/status/tree", undefined, undefined, true) : null,
  ]);
  if (wanted !== language.value) {
    return;
  }
  if (withTree) {
    asked.tree.stamp = stampOf(answers[0]);
  }
  status.value = answers[0];
  tree.value = answers[1] ?? tree.value;
  feedProblem.value = null;
  fed();
}

async function turn(): Promise<void> {
  if (asking) {
    isWanted = true;
    return;
  }
  asking = true;
  isWanted = false;
  try {
    await ask();
  } catch (failure) {
    if (failure instanceof Problem) {
      feedProblem.value = failure;
    }
  } finally {
    asking = false;
    if (isWanted) {
      void turn();
    }
  }
}

export function askNow(): void {
  void turn();
}

/** Something may have been missed: everything is asked for anew. */
function mayHaveMoved(): void {
  asked.tree.at = 0;
  moved.value++;
  askNow();
}

function startLine(): void {
  followTogether({
    mark: ({ entries }) => {
      if (entries > 0) {
        moved.value++;
        setTimeout(() => { moved.value++; }, SHARED_MS);
      }
    },
    beat: () => {
      beatAt = Date.now();
      isFollowed.value = true;
      if (feedProblem.value === null && status.value !== null) {
        fed();
      }
    },
    lost: () => { moved.value++; },
    down: () => { isFollowed.value = false; },
  });
}

function tick(): void {
  now.value = Date.now();
  if (now.value - beatAt > SILENT_MS) {
    isFollowed.value = false;
  }
  if (document.hidden) {
    return;
  }
  const last = lastFed.value;
  if (last !== null && cutAt.value === null && !isLoggedOut.value && now.value - last.getTime() > CUT_MS) {
    cutAt.value = last;
  }
  if (!asking && (statusIsDue() || treeIsDue())) {
    askNow();
  }
}

export function startLive(): void {
  askNow();
  startLine();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { mayHaveMoved(); } });
  effect(() => {
    const told = alarmsTold.value;
    setTimeout(() => { alarmsKept.value = told; }, SHARED_MS);
  });
  let before = language.value;
  effect(() => {
    if (language.value !== before) {
      before = language.value;
      mayHaveMoved();
    }
  });
}
