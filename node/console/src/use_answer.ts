// One answer of the API for a page: the old one stays while it is asked for again.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, type Query } from "./api";
import { isFollowed, moved } from "./live";
import { isDue, isOfTheLog } from "./rhythm";
import { language } from "./words";

export interface Answer<T> {
  data: T | null;
  problem: Problem | null;
  slow: boolean; // asked for, and 300 ms gone
  at: Date | null; // when `data` came
  again: () => void;
}

const AGE_MS = 300 * 1000; // of the log: what nothing moved
const UNREACHED_S = 5; // whatever it is: its node was not reached

/** `path` null: nothing to ask yet. `everyS`: asked for again so often while the page is seen; what
 *  only an entry moves, no sooner than that once one came.
 *  `version`: asked for again when it changes; for what names persons, whose every reading is noted. */
export function useAnswer<T>(path: string | null, query?: Query, everyS?: number, version?: unknown): Answer<T> {
  const [state, setState] = useState<Omit<Answer<T>, "again">>({ data: null, problem: null, slow: false, at: null });
  const [turn, setTurn] = useState(0);
  const asked = useRef("");
  const turned = useRef(0);
  const key = `${path} ${JSON.stringify(query ?? {})} ${language.value}`;

  useEffect(() => {
    if (path === null) {
      return undefined;
    }
    const cut = new AbortController();
    const isNew = asked.current !== key;
    asked.current = key;
    if (isNew) {
      setState((s) => ({ ...s, problem: null }));
    }
    const slow = setTimeout(() => setState((s) => ({ ...s, slow: true })), 300);
    let later: ReturnType<typeof setTimeout> | undefined;
    let last = { at: 0, moved: 0 };
    let every = everyS;
    const ask = (isBackground: boolean): void => {
      last = { at: Date.now(), moved: moved.value };
      every = everyS;
      get<T>(path, query, cut.signal, isBackground)
        .then((data) => setState({ data, problem: null, slow: false, at: new Date() }))
        .catch((problem: unknown) => {
          if (problem instanceof Problem) {
            every ??= problem.status === 0 ? UNREACHED_S : undefined;
            setState((s) => ({ ...s, problem, slow: false, data: isNew && problem.status !== 0 ? null : s.data }));
          }
        })
        .finally(() => {
          clearTimeout(slow);
          if (every !== undefined && !cut.signal.aborted) {
            later = setTimeout(askWhenDue, 1000);
          }
        });
    };
    const askWhenDue = (): void => {
      const since = { isFollowed: isFollowed.value && isOfTheLog(path), hasMoved: last.moved !== moved.value, ms: Date.now() - last.at };
      if (document.hidden || !isDue(since, (every ?? 0) * 1000, AGE_MS)) {
        later = setTimeout(askWhenDue, 1000);
      } else {
        ask(true);
      }
    };
    ask(!isNew && turn === turned.current); // a new version came by itself
    turned.current = turn;
    return () => {
      cut.abort();
      clearTimeout(slow);
      clearTimeout(later);
    };
  }, [key, turn, everyS, version]);

  return { ...state, again: () => setTurn((n) => n + 1) };
}
