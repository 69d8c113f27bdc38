// A spreadsheet as text: CSV, or what is pasted from one. Cells are texts and stay so. A row keeps the
// number that it has where it comes from, so that what is wrong with it is found there again.

export interface Row { number: number; cells: string[] } // from 1, empty ones counted

export type Rows = Row[];

/** A quote that opens a cell of this row and is never closed: all behind it would be one cell. */
export class QuoteOpen extends Error {
  constructor(readonly row: number) { super(`row ${row}`); }
}

/** Comma, semicolon or tab, whichever the first line has most of. */
function separatorOf(text: string): string {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const counted = ["\t", ",", ";"].map((mark) => ({ mark, count: first.split(mark).length }));
  return counted.sort((a, b) => b.count - a.count)[0].mark;
}

/** RFC 4180, and what others make of it: a row ends with LF, CR LF or CR. Errors: QuoteOpen. */
export function readText(text: string): Rows {
  const whole = text.replace(/^\ufeff/, "");
  const mark = separatorOf(whole);
  const rows: Rows = [];
  let row: string[] = [], cell = "", quoted = false, number = 1;
  const endCell = (): void => { row.push(cell.trim()); cell = ""; };
  const endRow = (): void => {
    endCell();
    if (row.some((one) => one !== "")) {
      rows.push({ number, cells: row });
    }
    row = [];
    number++;
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
    } else if (c === "\n" || c === "\r") {
      i += c === "\r" && whole[i + 1] === "\n" ? 1 : 0;
      endRow();
    } else {
      cell += c;
    }
  }
  if (quoted) {
    throw new QuoteOpen(number);
  }
  endRow();
  return rows;
}
