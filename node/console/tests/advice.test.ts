// Names stand for codes in the node's sentences, set as each language sets them.
import "./browser";
import assert from "node:assert/strict";
import { test } from "node:test";
import { tree } from "../src/live";
import { withAmounts, withNames } from "../src/parts/advice";
import type { TreeAnswer } from "../src/shapes";
import { language } from "../src/words";

tree.value = { rows: [{ division: "540100", name: "拉萨市" }, { division: "540121", name: "林周县" }] } as TreeAnswer;

test("Chinese has no blanks around a name", () => {
  language.value = "zh";
  assert.equal(withNames("与 540100 断开，请检查它与 540121 之间的网络"), "与拉萨市断开，请检查它与林周县之间的网络");
});

test("English keeps them", () => {
  language.value = "en";
  assert.equal(withNames("cut from 540100, see 540121"), "cut from 拉萨市, see 林周县");
});

test("what is no known code stays as it is", () => {
  language.value = "zh";
  for (const text of ["与 540999 断开", "`systemctl status terraced@540121`", "第 1540100 条", "11 个区划"]) {
    assert.equal(withNames(text), text);
  }
});

test("amounts in a sentence are grouped, and nothing else is", () => {
  assert.equal(withAmounts("（申请 5000000.00，可用 990298.63）"), "（申请 5,000,000.00，可用 990,298.63）");
  for (const text of ["第 2026 条", "12.50", "v1234.567", "PA261129-160511"]) {
    assert.equal(withAmounts(text), text);
  }
});
