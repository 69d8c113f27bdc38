// Answers of one JSON object a line.
import { call, Problem, type Query } from "../api";
import { t } from "../words";
import type { Verdict } from "./shapes";

export interface LineOutcome { id: string; status: string; reason?: string; message?: string }

const linesOf = async <T>(response: Response): Promise<T[]> =>
  (await response.text()).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as T);

const IDS_A_CALL = 1000;

/** Sends back, or takes back, by ids: as many calls as it takes. Errors: a Problem that says how many
 *  stayed as they were, and why the first did; the others are done. */
export async function actOnAll(path: "/reject" | "/withdraw", ids: (string | null)[], more: object = {}): Promise<void> {
  const left: LineOutcome[] = [];
  for (let i = 0; i < ids.length; i += IDS_A_CALL) {
    const outcomes = await linesOf<LineOutcome>(await call("POST", path, { body: { ids: ids.slice(i, i + IDS_A_CALL), ...more } }));
    left.push(...outcomes.filter(({ status }) => status === "refused"));
  }
  if (left.length > 0) {
    throw new Problem(409, left[0].reason ?? "", t("console.work.stayed", { count: left.length, id: left[0].id, why: left[0].message ?? "" }));
  }
}

export const problemOf = (failure: unknown): Problem => (failure instanceof Problem ? failure : new Problem(0, "unreachable", ""));

export type Typed = Record<string, string>;

/** Documents handed in, or tried: one verdict each, in order. */
export async function handIn(documents: Typed[], query: Query, signal?: AbortSignal): Promise<Verdict[]> {
  const body = documents.map((document) => JSON.stringify(document) + "\n").join("");
  return linesOf(await call("POST", "/documents", { body, query, signal, headers: { "Content-Type": "application/x-ndjson" } }));
}
