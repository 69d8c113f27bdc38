// Spreadsheets as XLSX, a ZIP of XML. A text comes as it is written; a number as the sheet shows it: a
// date as a date, and one of more digits than a sheet keeps in a form that no field takes for whole.
import type { Rows } from "./sheet";

const END_SIZE = 22;
const ENTRY_BYTES_MAX = 64 << 20;
const DIGITS_KEPT = 15; // of a number; those behind are lost once a sheet has saved it

/* --- numbers --- */

/** A number as the sheet shows it. Accounts of 16 digits and more that were not typed as text have
 *  lost their last ones: they come as 6.228E+18, which is refused where a number stands as text. */
export function numberText(value: string): string {
  const number = Number(value);
  if (value === "" || !Number.isFinite(number)) {
    return value;
  }
  if (Math.abs(number) >= 10 ** DIGITS_KEPT) {
    return number.toExponential().replace("e", "E");
  }
  const text = number.toPrecision(DIGITS_KEPT);
  return /e/.test(text) ? number.toFixed(DIGITS_KEPT).replace(/\.?0+$/, "") : text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

const DAY_MS = 86400000;

/** Days since the end of 1899, or since 1904, as a date; a sheet believes in 29 February 1900. */
export function dateText(value: string, since1904: boolean): string {
  const days = Math.floor(Number(value));
  if (!Number.isFinite(days) || days < 61) {
    return numberText(value);
  }
  return new Date((days + (since1904 ? 1462 : 0) - 25569) * DAY_MS).toISOString().slice(0, 10);
}

/** Whether a format shows a day: one of the sheet's own numbers, or a pattern with y or d in it. */
export function isDate(format: number, patterns: Map<number, string>): boolean {
  const pattern = patterns.get(format);
  return pattern === undefined ? (format >= 14 && format <= 17) || format === 22 || (format >= 27 && format <= 31) || (format >= 50 && format <= 58) || format === 36
    : /[yde年日]/i.test(pattern.replace(/"[^"]*"|\\.|\[[^\]]*\]|General|E[+-]/gi, ""));
}

/* --- the file --- */

async function inflated(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([data as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    size += value.length;
    if (size > ENTRY_BYTES_MAX) {
      throw new RangeError("too large");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

type Entries = Map<string, () => Promise<string>>;

/** The entries of a ZIP by name, each unpacked when it is asked for. */
function entriesOf(file: ArrayBuffer): Entries {
  const view = new DataView(file);
  let end = file.byteLength - END_SIZE;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) {
    end--;
  }
  const entries: Entries = new Map();
  let at = end < 0 ? 0 : view.getUint32(end + 16, true);
  for (let i = 0; end >= 0 && i < view.getUint16(end + 10, true); i++) {
    const method = view.getUint16(at + 10, true), size = view.getUint32(at + 20, true), from = view.getUint32(at + 42, true);
    const nameSize = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(file, at + 46, nameSize));
    entries.set(name, async () => {
      const begin = from + 30 + view.getUint16(from + 26, true) + view.getUint16(from + 28, true);
      const data = new Uint8Array(file, begin, size);
      return new TextDecoder().decode(method === 0 ? data : await inflated(data));
    });
    at += 46 + nameSize + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

const parsed = (xml: string): Document => new DOMParser().parseFromString(xml, "application/xml");

const partOf = async (entries: Entries, name: string): Promise<Document | null> => {
  const entry = entries.get(name);
  return entry === undefined ? null : parsed(await entry());
};

/** "C7" -> 2 */
function columnOf(reference: string): number {
  let column = 0;
  for (const c of /^[A-Z]+/.exec(reference)?.[0] ?? "A") {
    column = column * 26 + c.charCodeAt(0) - 64;
  }
  return column - 1;
}

/** Without what a reader is told of its sound. */
const textIn = (element: Element): string =>
  [...element.getElementsByTagName("t")].filter(({ parentElement }) => parentElement?.localName !== "rPh").map((part) => part.textContent ?? "").join("");

interface Book { shared: string[]; dates: boolean[]; since1904: boolean } // dates: by a cell's style

async function bookOf(entries: Entries): Promise<Book> {
  const [strings, styles, workbook] = await Promise.all(["xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"].map((name) => partOf(entries, name)));
  const patterns = new Map([...styles?.getElementsByTagName("numFmt") ?? []].map((one) => [Number(one.getAttribute("numFmtId")), one.getAttribute("formatCode") ?? ""]));
  return {
    shared: [...strings?.getElementsByTagName("si") ?? []].map(textIn),
    dates: [...styles?.getElementsByTagName("cellXfs")[0]?.getElementsByTagName("xf") ?? []].map((one) => isDate(Number(one.getAttribute("numFmtId")), patterns)),
    since1904: /^(1|true)$/.test(workbook?.getElementsByTagName("workbookPr")[0]?.getAttribute("date1904") ?? ""),
  };
}

function textOfCell(cell: Element, { shared, dates, since1904 }: Book): string {
  const value = cell.getElementsByTagName("v")[0]?.textContent ?? "";
  switch (cell.getAttribute("t")) {
    case "s": return shared[Number(value)] ?? "";
    case "inlineStr": return textIn(cell);
    case "str": case "b": case "e": return value;
    case "d": return value.slice(0, 10);
    default: return dates[Number(cell.getAttribute("s") ?? 0)] === true ? dateText(value, since1904) : numberText(value);
  }
}

/** The one that stands first in the workbook, whatever its file is called. */
async function firstSheet(entries: Entries): Promise<Document | null> {
  const [workbook, relations] = await Promise.all(["xl/workbook.xml", "xl/_rels/workbook.xml.rels"].map((name) => partOf(entries, name)));
  const id = workbook?.getElementsByTagName("sheet")[0]?.getAttribute("r:id");
  const target = [...relations?.getElementsByTagName("Relationship") ?? []].find((one) => one.getAttribute("Id") === id)?.getAttribute("Target");
  const named = target == null ? null : await partOf(entries, target.startsWith("/") ? target.slice(1) : `xl/${target}`);
  return named ?? partOf(entries, "xl/worksheets/sheet1.xml");
}

/** The first sheet. Errors: a file that is none. */
export async function readXlsx(file: ArrayBuffer): Promise<Rows> {
  const entries = entriesOf(file);
  const [sheet, book] = await Promise.all([firstSheet(entries), bookOf(entries)]);
  if (sheet === null) {
    throw new TypeError("no sheet");
  }
  const rows: Rows = [];
  let number = 0;
  for (const element of sheet.getElementsByTagName("row")) {
    const row: string[] = [];
    for (const cell of element.getElementsByTagName("c")) {
      row[columnOf(cell.getAttribute("r") ?? "A")] = textOfCell(cell, book).trim();
    }
    number = Number(element.getAttribute("r") ?? number + 1);
    const cells = Array.from(row, (cell) => cell ?? "");
    if (cells.some((cell) => cell !== "")) {
      rows.push({ number, cells });
    }
  }
  return rows;
}
