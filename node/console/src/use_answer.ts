// One answer of the API for a page: the old one stays while it is asked for again.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, type Query } from "./api";
import { language } from "./words";

export interface Answer<T> {
  data: T | null;
  problem: Problem | null;
  slow: boolean; // asked for, and 300 ms gone
  at: Date | null; // when `data` came
  again: () => void;
}

/** `path` null: nothing to ask yet. `everyS`: asked for again so often while the page is seen.
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
    const ask = (isBackground: boolean): void => {
      get<T>(path, query, cut.signal, isBackground)
        .then((data) => setState({ data, problem: null, slow: false, at: new Date() }))
        .catch((problem: unknown) => {
          if (problem instanceof Problem) {
            setState((s) => ({ ...s, problem, slow: false, data: isNew && problem.status === 404 ? null : s.data }));
          }
        })
        .finally(() => {
          clearTimeout(slow);
          if (everyS !== undefined && !cut.signal.aborted) {
            later = setTimeout(askWhenSeen, everyS * 1000);
          }
        });
    };
    const askWhenSeen = (): void => {
      if (document.hidden) {
        later = setTimeout(askWhenSeen, 1000);
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
