// What somebody types or pastes, read: never guessed. What cannot be read stays as it is.
import type { Sign } from "./shapes";

/** Full-width digits and marks, and blanks of any kind, as others type them. */
const narrow = (text: string): string => text.replace(/[０-９．，－]/g, (c) =>
  String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[\s\u00a0\u3000]/g, "");

/** "１,488,000.5 元" -> "1488000.50", "−5" -> "-5.00"; null when it is no amount, or its commas do not
 *  fit. Which amounts a document may say is another matter (signFits). */
export function readAmount(typed: string): string | null {
  const text = narrow(typed).replace(/^[¥￥]/, "").replace(/元$/, "").replace(/^[−－]/, "-").replace(/，/g, ",");
  const match = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/.exec(text);
  if (match === null) {
    return null;
  }
  const whole = match[2].replace(/,/g, "").replace(/^0+(?=\d)/, "");
  return `${match[1]}${whole}.${(match[3] ?? "").padEnd(2, "0")}`;
}

/** May a document say this amount, as its kind has it? */
export function signFits(sign: Sign, amount: string): boolean {
  const isNil = /^-?0+\.00$/.test(amount), isLess = !isNil && amount.startsWith("-");
  return isNil ? sign === "zero" || sign === "any" : !isLess || sign === "signed" || sign === "any";
}

/** An account is a text for ever; only its blanks go. */
export const readAccount = (typed: string): string => narrow(typed);
export const inFours = (account: string): string => account.replace(/(.{4})(?=.)/g, "$1 ");

const two = (n: number): string => String(n).padStart(2, "0");

/** 2026/3/5, 2026.03.05, 20260305, 2026年3月5日 -> 2026-03-05. What is none stays. */
export function readDate(typed: string): string {
  const match = /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/.exec(narrow(typed));
  return match === null ? typed.trim() : `${match[1]}-${two(Number(match[2]))}-${two(Number(match[3]))}`;
}

export const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text);
/** Stands for a day of which some is typed: no day, and not nothing. */
export const PART_OF_DAY = "…";

/** A number for a new document: its kind, the moment, and a letter against two in one second. */
export function newId(kind: string, at = new Date()): string {
  const letters = kind.split("_").map((part) => part.slice(0, 2).toUpperCase()).join("").slice(0, 4);
  const last = "ABCDEFGHJKMNPQRSTUVWXYZ"[crypto.getRandomValues(new Uint8Array(1))[0] % 23];
  return `${letters}${String(at.getFullYear()).slice(2)}${two(at.getMonth() + 1)}${two(at.getDate())}-` +
    `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}${last}`;
}
