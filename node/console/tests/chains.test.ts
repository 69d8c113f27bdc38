import assert from "node:assert/strict";
import test from "node:test";
import { chains, type OperatorEntry } from "../src/chains";

const entry = (lsn: number, name: string, role: string, more: Partial<OperatorEntry> = {}): OperatorEntry =>
  ({ id: `.o${lsn}`, lsn, time: "2026-11-29T02:00:00Z", name, role, operator_key: `key of ${name}`, ...more });

test("each person's entries stand together, in the order of the log, and say what they changed", () => {
  const told = chains([
    entry(9, "gao", "admin", { enabled: "2", entered_by: "shen" }),
    entry(1, "gao", "admin"),
    entry(2, "li", "maker", { entered_by: "gao" }),
    entry(4, "wang", "checker", { entered_by: "gao" }),
    entry(5, "wang", "checker", { operator_key: "key of a browser", entered_by: "gao" }),
    entry(6, "li", "maker,checker", { entered_by: "gao" }),
    entry(7, "wang", "checker", { operator_key: "key of a browser", enabled: "2", entered_by: "wang" }),
  ]);
  assert.deepEqual(told.map(({ entry: { name }, step }) => `${name} ${step}`), [
    "gao entered", "gao ended", "li entered", "li changed", "wang entered", "wang another_key", "wang ended",
  ]);
  assert.deepEqual(told[3]?.roles, ["maker", "checker"]);
});
