// What the address of a money page asks for, and addresses with something changed.

export const BOARDS = ["chain", "execution", "balance", "reconcile"] as const;
export type Board = (typeof BOARDS)[number];

/** What the address asks for. */
export interface Asked {
  code: string;
  board: Board;
  year: number;
  at: string | null; // a day; null: now
  scope: "own" | "subtree";
  by: string;
  agency: string | null;
  line: string | null;
  query: URLSearchParams;
}

export function asked(code: string, query: URLSearchParams): Asked {
  const board = query.get("board") as Board | null;
  const year = Number(query.get("year") ?? "");
  return {
    code,
    board: board !== null && BOARDS.includes(board) ? board : "chain",
    year: Number.isInteger(year) && year > 1900 ? year : new Date().getFullYear(),
    at: query.get("at"),
    scope: query.get("scope") === "own" ? "own" : "subtree",
    by: query.get("by") ?? "",
    agency: query.get("agency"),
    line: query.get("line"),
    query,
  };
}

/** An address of this page with some members changed. */
export function moneyHref(of: Asked, code: string, members: Record<string, string | null> = {}): string {
  const query = new URLSearchParams();
  for (const name of ["board", "year", "at", "scope"]) {
    const value = of.query.get(name);
    if (value !== null) {
      query.set(name, value);
    }
  }
  for (const [name, value] of Object.entries(members)) {
    if (value === null) {
      query.delete(name);
    } else {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return `/money/${code}${text === "" ? "" : `?${text}`}`;
}
