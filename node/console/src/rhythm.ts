// When something is asked for again: with a line to the node (one_line.ts) as soon as it has moved, at
// a pace, and otherwise now and then; without a line at that pace.

export interface Since {
  isFollowed: boolean; // whatever moves it is heard of
  hasMoved: boolean; // since it was asked for
  ms: number; // since then
}

export const isDue = ({ isFollowed, hasMoved, ms }: Since, paceMs: number, ageMs: number): boolean =>
  ms >= (isFollowed && !hasMoved ? ageMs : paceMs);

/** What an entry moves, and nothing else does. */
export const isOfTheLog = (path: string): boolean => /^\/(report|money|balance|lines)\b/.test(path);
