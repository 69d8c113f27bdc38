// Spreadsheets as offices save them: nothing is guessed in silence, and no row loses its number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QuoteOpen, readText } from "../src/work/sheet";
import { changedIn, Doubt, readBytes } from "../src/work/sheet_bytes";
import { dateText, isDate, numberText } from "../src/work/sheet_xlsx";

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));
const GB_SCHOOL = [0xd0, 0xa3, 0xc9, 0xe1]; // 校舍

test("rows end with LF, CR LF or CR alone, and keep the number that they have in the sheet", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    assert.deepEqual(readText(["a,b", "1,\"x\ny\"", "", "3,4"].join(end)), [
      { number: 1, cells: ["a", "b"] }, { number: 2, cells: ["1", "x\ny"] }, { number: 4, cells: ["3", "4"] }]);
  }
  assert.deepEqual(readText("a;b\r1,50;2")[1].cells, ["1,50", "2"]);
});

test("a quote that is never closed is told with its row, and swallows nothing", () => {
  assert.throws(() => readText('a,b\n1,"x\n2,y\n'), (failure) => failure instanceof QuoteOpen && failure.row === 2);
});

test("UTF-8 and UTF-16 say what they are", () => {
  assert.deepEqual(readBytes(bytes("用途\n")), { text: "用途\n", guessed: false });
  assert.deepEqual(readBytes(bytes([0xff, 0xfe], [0x28, 0x75, 0x09, 0x00])), { text: "用\t", guessed: false });
});

test("GB18030 is taken where all reads as Chinese, and the cells are shown", () => {
  const { text, guessed } = readBytes(bytes("id,a\n1,", GB_SCHOOL, "\n"));
  assert.deepEqual([text, guessed], ["id,a\n1,校舍\n", true]);
  assert.equal(changedIn(readText(text)), "校舍");
});

test("Latin-1 is never read as Chinese: the row is told with both readings", () => {
  const latin = bytes("id,name\n1,MU", [0xd1], "OZ\n");
  assert.throws(() => readBytes(latin), (failure) => failure instanceof Doubt && failure.row === 2 && !failure.isUtf8 && failure.asLatin === "MUÑOZ" && failure.asGb18030 === "MU袿Z");
  assert.equal(readBytes(latin, true).text, "id,name\n1,MU袿Z\n");
});

test("one bad byte in a UTF-8 file turns no other row into something else, and its own row is named", () => {
  assert.throws(() => readBytes(bytes("用途\n校舍\n", GB_SCHOOL, "\n")), (failure) => failure instanceof Doubt && failure.row === 3 && failure.isUtf8);
});

test("a number of a workbook is what its sheet shows", () => {
  const cases: [string, string][] = [["1488000.53", "1488000.53"], ["0.30000000000000004", "0.3"], ["1234.5650000000001", "1234.565"], ["1.488E6", "1488000"],
    ["62280001", "62280001"], ["123456789012345", "123456789012345"], ["1.0000000000000001E-5", "0.00001"], ["", ""], ["0", "0"], ["-3.5", "-3.5"]];
  cases.forEach(([value, text]) => assert.equal(numberText(value), text, value));
});

test("an account that lost its last digits comes in a form that nothing takes for whole", () => {
  for (const value of ["6.228E+18", "6228480402564890018", "6.2284804025648904E+18"]) {
    assert.match(numberText(value), /E\+18$/, value);
  }
});

test("a day of a workbook is a day, in its system of days", () => {
  assert.equal(dateText("46063", false), "2026-02-10");
  assert.equal(dateText("46063.75", false), "2026-02-10");
  assert.equal(dateText("44601", true), "2026-02-10");
  const patterns = new Map([[164, 'yyyy"年"m"月"d"日"'], [165, '_ "¥"* #,##0.00_ ;[Red]0.00E+00'], [166, "General"]]);
  assert.deepEqual([14, 22, 31, 164].map((format) => isDate(format, patterns)), [true, true, true, true]);
  assert.deepEqual([0, 2, 4, 44, 49, 165, 166].map((format) => isDate(format, patterns)), Array(7).fill(false));
});
