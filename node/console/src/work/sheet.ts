// Spreadsheets read: CSV, what is pasted from one, and XLSX. Cells are texts and stay so; a number
// of an XLSX comes as it is written there, so that no account loses a digit.

export type Rows = string[][];

/** Comma, semicolon or tab, whichever the first line has most of. */
function separatorOf(text: string): string {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const counted = ["\t", ",", ";"].map((mark) => ({ mark, count: first.split(mark).length }));
  return counted.sort((a, b) => b.count - a.count)[0].mark;
}

/** RFC 4180, and what others make of it. */
export function readText(text: string): Rows {
  const whole = text.replace(/^\ufeff/, "");
  const mark = separatorOf(whole);
  const rows: Rows = [];
  let row: string[] = [], cell = "", quoted = false;
  const endCell = (): void => { row.push(cell.trim()); cell = ""; };
  const endRow = (): void => {
    endCell();
    if (row.some((one) => one !== "")) {
      rows.push(row);
    }
    row = [];
  };
  for (let i = 0; i < whole.length; i++) {
    const c = whole[i];
    if (quoted) {
      if (c !== '"') {
        cell += c;
      } else if (whole[i + 1] === '"') {
        cell += '"';
        i++;
      } else {
        quoted = false;
      }
    } else if (c === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (c === mark) {
      endCell();
    } else if (c === "\n") {
      endRow();
    } else if (c !== "\r") {
      cell += c;
    }
  }
  endRow();
  return rows;
}

/* --- XLSX: a ZIP of XML --- */

const END_SIZE = 22;
const ENTRY_BYTES_MAX = 64 << 20;

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

/** The entries of a ZIP by name, each unpacked when it is asked for. */
function entriesOf(file: ArrayBuffer): Map<string, () => Promise<string>> {
  const view = new DataView(file);
  let end = file.byteLength - END_SIZE;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) {
    end--;
  }
  const entries = new Map<string, () => Promise<string>>();
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

/** "C7" -> 2 */
function columnOf(reference: string): number {
  let column = 0;
  for (const c of /^[A-Z]+/.exec(reference)?.[0] ?? "A") {
    column = column * 26 + c.charCodeAt(0) - 64;
  }
  return column - 1;
}

/** A number as people would type it: 1.234e5 is 123400, 0.1 + 0.2 is 0.3. */
function numberText(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) && /[eE]|\.\d{10,}/.test(value) ? number.toFixed(2) : value;
}

function textOfCell(cell: Element, shared: string[]): string {
  const value = cell.getElementsByTagName("v")[0]?.textContent ?? "";
  switch (cell.getAttribute("t")) {
    case "s": return shared[Number(value)] ?? "";
    case "inlineStr": return [...cell.getElementsByTagName("t")].map((part) => part.textContent ?? "").join("");
    case "str": case "b": case "e": return value;
    default: return numberText(value);
  }
}

/** The first sheet. Errors: a file that is none. */
export async function readXlsx(file: ArrayBuffer): Promise<Rows> {
  const entries = entriesOf(file);
  const sheet = entries.get("xl/worksheets/sheet1.xml") ?? [...entries].find(([name]) => /^xl\/worksheets\/[^/]+\.xml$/.test(name))?.[1];
  if (sheet === undefined) {
    throw new TypeError("no sheet");
  }
  const strings = entries.get("xl/sharedStrings.xml");
  const shared = strings === undefined ? [] : [...parsed(await strings()).getElementsByTagName("si")]
    .map((item) => [...item.getElementsByTagName("t")].map((part) => part.textContent ?? "").join(""));
  const rows: Rows = [];
  for (const element of parsed(await sheet()).getElementsByTagName("row")) {
    const row: string[] = [];
    for (const cell of element.getElementsByTagName("c")) {
      row[columnOf(cell.getAttribute("r") ?? "A")] = textOfCell(cell, shared).trim();
    }
    const full = Array.from(row, (cell) => cell ?? "");
    if (full.some((cell) => cell !== "")) {
      rows.push(full);
    }
  }
  return rows;
}
