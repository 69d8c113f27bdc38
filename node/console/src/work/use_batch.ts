// One batch as its checker sees it: its review, its documents, which of the unusual were opened.
import { useEffect, useState } from "preact/hooks";
import { get, post, Problem } from "../api";
import type { Draft, Line, Pending, Review } from "./shapes";

export const DOCUMENTS_MAX = 2000; // shown; of more the largest and the unusual are in the review

/** What is approved: a batch as a whole, or some documents of it. */
export type Selection = { batch: string } | { ids: string[] };

export const reviewOf = (selection: Selection, more: object = {}): Promise<Review> =>
  post<Review>("/review", { ...selection, ...more });

/** The drafts of a post follow each other from its number on. */
async function draftsOf(batch: number, count: number): Promise<Draft[]> {
  const drafts: Draft[] = [];
  let after = `draft:${batch - 1}`;
  while (drafts.length < Math.min(count, DOCUMENTS_MAX)) {
    const page = await get<Pending>("/pending", { after, limit: 500 });
    const own = page.rows.filter((row) => row.batch === batch);
    drafts.push(...own);
    if (own.length < page.rows.length || page.rows.length === 0 || page.complete || page.next === undefined) {
      break;
    }
    after = page.next;
  }
  return drafts;
}

export interface BatchView {
  review: Review | null;
  drafts: Draft[];
  lines: Map<string, Line>;
  problem: Problem | null;
  opened: Set<string>;
  open: (id: string) => void;
  current: string | null; // the document that is open
  again: () => void;
}

export function useBatch(batch: string, waiting: number | undefined): BatchView {
  const [review, setReview] = useState<Review | null>(null);
  const [drafts, setDrafts] = useState<Draft[]>([]);
  const [lines, setLines] = useState(new Map<string, Line>());
  const [problem, setProblem] = useState<Problem | null>(null);
  const [opened, setOpened] = useState(new Set<string>());
  const [current, setCurrent] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);

  const open = (id: string): void => {
    setCurrent(id);
    setOpened((before) => new Set(before).add(id));
  };
  useEffect(() => {
    setOpened(new Set());
    setCurrent(null);
    setReview(null);
    setDrafts([]);
  }, [batch]);

  useEffect(() => {
    let isHere = true;
    const read = async (): Promise<void> => {
      try {
        const seen = await reviewOf({ batch });
        const rows = await draftsOf(Number(batch), seen.count);
        const offered = await get<{ rows: Line[] }>("/indicators", { limit: 1000 });
        if (isHere) {
          setReview(seen);
          setDrafts(rows);
          if (rows.length === 1) { // before one's eyes from the start
            open(rows[0].id);
          }
          setLines(new Map(offered.rows.map((line) => [line.id, line])));
          setProblem(null);
        }
      } catch (failure) {
        if (isHere && failure instanceof Problem) {
          setProblem(failure);
        }
      }
    };
    void read();
    return () => { isHere = false; };
  }, [batch, turn, waiting]);

  return { review, drafts, lines, problem, opened, open, current, again: () => setTurn((n) => n + 1) };
}
