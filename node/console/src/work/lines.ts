// Answers of one JSON object a line.
import { call, type Query } from "../api";
import type { Verdict } from "./shapes";

export interface LineOutcome { id: string; status: string; reason?: string; message?: string }

const linesOf = async <T>(response: Response): Promise<T[]> =>
  (await response.text()).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as T);

/** Approvals, rejections and withdrawals by ids. */
export const postLines = async (path: string, body: object): Promise<LineOutcome[]> =>
  linesOf(await call("POST", path, { body }));

export type Typed = Record<string, string>;

/** Documents handed in, or tried: one verdict each, in order. */
export async function handIn(documents: Typed[], query: Query, signal?: AbortSignal): Promise<Verdict[]> {
  const body = documents.map((document) => JSON.stringify(document) + "\n").join("");
  return linesOf(await call("POST", "/documents", { body, query, signal, headers: { "Content-Type": "application/x-ndjson" } }));
}
