// Money in the console: never a floating-point number, and as people of finance write it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fen, rate, rough, share, shown, sum, upper, yuan } from "../src/money";

test("an amount is read to the fen and written back the same", () => {
  for (const text of ["0.00", "0.01", "-0.01", "1250.00", "-3.50", "90071992547409930.07"]) {
    assert.equal(yuan(fen(text)), text);
  }
  for (const text of ["", "1", "1.5", "1,250.00", "1e3", "1.000", " 1.00", "+1.00"]) {
    assert.throws(() => fen(text), RangeError, text);
  }
});

test("thousands are set apart, and minus is as wide as a digit", () => {
  const cases: [string, string][] = [["0.00", "0.00"], ["999.99", "999.99"], ["1000.00", "1,000.00"], ["-4267560000.10", "−4,267,560,000.10"],
    ["123456789012345.67", "123,456,789,012,345.67"]];
  cases.forEach(([amount, text]) => assert.equal(shown(amount), text));
});

test("sums are exact beyond what a number holds", () => {
  assert.equal(yuan(sum(["90071992547409910.01", "0.02", "-0.01"])), "90071992547409910.02");
  assert.equal(sum([]), 0n);
});

test("a rate has two decimals, half up, and none of nothing", () => {
  const cases: [string, string, string | null][] = [["1.00", "3.00", "33.33"], ["2.00", "3.00", "66.67"], ["1.00", "8000.00", "0.01"],
    ["0.00", "5.00", "0.00"], ["5.00", "5.00", "100.00"], ["1.00", "0.00", null]];
  cases.forEach(([part, whole, text]) => assert.equal(rate(part, whole), text));
  assert.equal(share(1n, 4n), 0.25);
  assert.equal(share(1n, 0n), 0);
});

test("a sentence rounds to 亿 and 万, a table never does", () => {
  assert.equal(rough("4267560000.00", "zh"), "42.68 亿");
  assert.equal(rough("35000.00", "zh"), "3.50 万");
  assert.equal(rough("9999.99", "zh"), "9,999.99");
  assert.equal(rough("4267560000.00", "en"), "4.27 bn");
});

test("大写 as it stands on a slip", () => {
  const cases: [string, string][] = [["0.00", "零元整"], ["0.05", "伍分"], ["0.50", "伍角整"], ["1.00", "壹元整"], ["10.00", "壹拾元整"], ["105.08", "壹佰零伍元零捌分"],
    ["1488000.53", "壹佰肆拾捌万捌仟元伍角叁分"], ["100000000.00", "壹亿元整"], ["100010001.00", "壹亿零壹万零壹元整"], ["8424000.00", "捌佰肆拾贰万肆仟元整"],
    ["-20.10", "负贰拾元壹角整"]];
  cases.forEach(([amount, text]) => assert.equal(upper(amount), text));
});
