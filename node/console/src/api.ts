// The node's API: the only way by which anything comes into the console or leaves it.
import { signal } from "@preact/signals";
import { language, rows, type Language } from "./words";

const BASE = "/api/v1";

/** An answer that is an error: the sentence is the node's own, in the language asked for. */
export class Problem extends Error {
  constructor(
    readonly status: number, // of HTTP; 0: the node was not reached
    readonly code: string,
    readonly sentence: string,
    readonly detail: string = "",
    readonly args: Record<string, string> = {},
  ) {
    super(sentence);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

function addressOf(path: string, query?: Query): string {
  const members = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") {
      members.set(name, String(value));
    }
  }
  const text = members.toString();
  return BASE + path + (text === "" ? "" : `?${text}`);
}

/** For links that the browser follows itself, such as a download. */
export const linkTo = addressOf;

/** Somebody must log in: the pages stay, and what they asked for waits. */
export const isLoggedOut = signal(false);
const waiting: (() => void)[] = [];

export function loggedIn(): void {
  isLoggedOut.value = false;
  waiting.splice(0).forEach((go) => go());
}

async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => null);
  const error = body?.error ?? {};
  return new Problem(
    response.status,
    body?.code ?? error.code ?? String(response.status),
    body?.title ?? error.message ?? response.statusText,
    body?.detail ?? "",
    body?.args ?? error.args ?? {},
  );
}

/** One call. Where the session is over it waits for the login and then asks again: what was typed
 *  is kept. `login` itself does not wait. */
export async function call(method: string, path: string, options: {
  query?: Query; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal; waits?: boolean;
  isBackground?: boolean; // asked by the page itself: it keeps no session alive
  keepalive?: boolean; // sent though the page goes
} = {}): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Language": language.value, ...options.headers };
  if (method !== "GET") {
    headers["Terrace-Request"] = "1";
  }
  if (options.isBackground) {
    headers["Terrace-Background"] = "1";
  }
  let body: BodyInit | undefined;
  if (options.body !== undefined) {
    body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
    headers["Content-Type"] ??= "application/json";
  }
  for (;;) {
    let response: Response;
    try {
      response = await fetch(addressOf(path, options.query),
        { method, headers, body, signal: options.signal, keepalive: options.keepalive, credentials: "same-origin" });
    } catch (failure) {
      if (options.signal?.aborted) {
        throw failure;
      }
      throw new Problem(0, "unreachable", "");
    }
    if (response.ok) {
      return response;
    }
    const problem = await problemOf(response);
    if (problem.code !== "needs_login" || options.waits === false) {
      throw problem;
    }
    isLoggedOut.value = true;
    await new Promise<void>((resume) => waiting.push(resume));
  }
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal, isBackground = false): Promise<T> {
  return (await call("GET", path, { query, signal, isBackground })).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown = {}, query?: Query): Promise<T> {
  return (await call("POST", path, { body, query })).json() as Promise<T>;
}

/** The words of a language, before anything is drawn in it. */
export async function loadTexts(wanted: Language): Promise<void> {
  const answer = await get<{ rows: Record<string, string> }>("/texts", { lang: wanted, prefix: "console." });
  language.value = wanted;
  localStorage.setItem("language", wanted);
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
  rows.value = answer.rows;
}

let schema: Promise<unknown> | null = null;
let schemaLanguage: Language | null = null;

/** Kinds, fields, code sets and their words; asked for once a language. */
export function loadSchema<T>(): Promise<T> {
  if (schema === null || schemaLanguage !== language.value) {
    schemaLanguage = language.value;
    schema = get("/schema", { lang: language.value });
    schema.catch(() => { schema = null; });
  }
  return schema as Promise<T>;
}
