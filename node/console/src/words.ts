// Words: rows console.* of the node's table of texts, in the language that was chosen.
import { signal } from "@preact/signals";

export type Language = "zh" | "en";

const kept = localStorage.getItem("language");
export const language = signal<Language>(
  kept === "zh" || kept === "en" ? kept : /^en\b/i.test(navigator.language) ? "en" : "zh");

export const rows = signal<Record<string, string>>({});

export type Slots = Record<string, string | number>;

/** The sentence of a code, its slots filled in. A code without a row stands for itself. */
export function t(code: string, slots?: Slots): string {
  const text = rows.value[code];
  if (text === undefined) {
    return code;
  }
  return slots === undefined ? text : text.replace(/\{(\w+)(?::\w+)?\}/g, (whole, key: string) =>
    key in slots ? String(slots[key]) : whole);
}

/** A word that may be missing, such as of a state that a newer node has. */
export const word = (code: string, otherwise: string): string => rows.value[code] ?? otherwise;
