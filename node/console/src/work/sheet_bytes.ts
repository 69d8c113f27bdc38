// What the bytes of a file mean as text. UTF-8 and UTF-16 say so themselves. GB18030 is taken only
// where every row that is not ASCII reads as Chinese, and is then said; nearly any bytes are
// characters of it: the Latin-1 of MUÑOZ reads as MU, a rare character, Z.

export interface Reading {
  text: string;
  guessed: boolean; // GB18030, which nothing but its looks speaks for
}

/** Nobody can tell what this row says: its first doubtful cell read in both ways. `isUtf8`: other rows
 *  can only be UTF-8. */
export class Doubt extends Error {
  constructor(readonly row: number, readonly isUtf8: boolean, readonly asGb18030: string, readonly asLatin: string) { super(`row ${row}`); }
}

/** The blocks in which an office of any of this country's nationalities writes. Private and unassigned
 *  ones, into which GB18030 maps nearly all other bytes, are none of them. */
const WRITTEN = /^[\t\r\n\x20-\x7e\u00a0-\u052f\u0600-\u06ff\u0f00-\u0fff\u1800-\u18af\u1980-\u19df\u2010-\u206f\u20a0-\u20cf\u2100-\u23ff\u2460-\u27bf\u2e80-\u319f\u31c0-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff01-\uffee\u{20000}-\u{3fffd}]*$/u;

const isLetter = (byte: number | undefined): boolean => byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));

/** Where a character stands that looks like a letter of Latin-1 between letters; -1: nowhere. */
function findLatin(row: Uint8Array): number {
  for (let at = 0; at < row.length;) {
    const size = row[at] < 0x80 || at + 1 === row.length ? 1 : row[at + 1] >= 0x30 && row[at + 1] <= 0x39 ? 4 : 2;
    const before = at > 0 && isLetter(row[at - 1]), behind = isLetter(row[at + size]);
    const swallowed = size === 2 && isLetter(row[at + 1]);
    if (row[at] >= 0x80 && ((before && behind) || (swallowed && (before || behind)))) {
      return at;
    }
    at += size;
  }
  return -1;
}

function decoded(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The cell around a byte. */
function cellAround(row: Uint8Array, at: number): Uint8Array {
  const marks = [0x2c, 0x09, 0x3b];
  let begin = at, end = at;
  while (begin > 0 && !marks.includes(row[begin - 1])) {
    begin--;
  }
  while (end < row.length && !marks.includes(row[end])) {
    end++;
  }
  return row.subarray(begin, end);
}

function rowsOf(bytes: Uint8Array): Uint8Array[] {
  const rows: Uint8Array[] = [];
  let begin = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x0a || bytes[at] === 0x0d) {
      rows.push(bytes.subarray(begin, at));
      at += bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? 1 : 0;
      begin = at + 1;
    }
  }
  return [...rows, bytes.subarray(begin)];
}

const isAscii = (row: Uint8Array): boolean => row.every((byte) => byte < 0x80);

function readsAsChinese(row: Uint8Array): boolean {
  const text = decoded(row, "gb18030");
  return text !== null && WRITTEN.test(text) && findLatin(row) < 0;
}

function doubt(row: Uint8Array, number: number, isUtf8: boolean): never {
  const latin = findLatin(row);
  const cell = cellAround(row, latin >= 0 ? latin : row.findIndex((byte) => byte >= 0x80));
  throw new Doubt(number, isUtf8, new TextDecoder("gb18030").decode(cell), new TextDecoder("latin1").decode(cell));
}

/** `named`: GB18030 was said by a person, and nothing is doubted. Errors: Doubt. */
export function readBytes(bytes: Uint8Array, named = false): Reading {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  const plain = decoded(bytes, marked);
  if (plain !== null) {
    return { text: plain, guessed: false };
  }
  if (!named) {
    const rows = rowsOf(bytes);
    const isUtf8 = rows.some((row) => !isAscii(row) && decoded(row, "utf-8") !== null); // with a bad byte in another row
    rows.forEach((row, i) => {
      if (!isAscii(row) && (isUtf8 ? decoded(row, "utf-8") === null : !readsAsChinese(row))) {
        doubt(row, i + 1, isUtf8);
      }
    });
  }
  return { text: new TextDecoder("gb18030").decode(bytes), guessed: !named };
}

/** The first cells that are not ASCII, for a person to look at: "校舍维修 | 农业银行". */
export const changedIn = (rows: { cells: string[] }[]): string =>
  rows.flatMap(({ cells }) => cells).filter((cell) => /[^\x00-\x7f]/.test(cell)).slice(0, 3).join(" | ");
