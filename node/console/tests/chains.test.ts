import assert from "node:assert/strict";
import test from "node:test";
import { chains, latest } from "../src/chains";
import type { PersonLink } from "../src/shapes";

const link = (lsn: number, name: string, roles: string[], more: Partial<PersonLink> = {}): PersonLink =>
  ({ lsn, time: "2026-11-29T02:00:00Z", name, roles, founder: false, key: `key of ${name}`, by: ["gao"], entered_by: "gao", counts: true, why_words: null, ...more });

test("each person's entries stand together, in the order of the log, and say what they changed", () => {
  const told = chains([
    link(9, "gao", [], { by: ["shen"] }),
    link(0, "gao", ["admin"], { founder: true, by: [] }),
    link(2, "li", ["maker"]),
    link(4, "wang", ["checker"]),
    link(5, "wang", ["checker"], { key: "key of a browser" }),
    link(6, "li", ["maker", "checker"]),
    link(7, "wang", [], { key: "key of a browser", by: ["wang"] }),
    link(8, "eve", ["checker"], { by: [], counts: false, why_words: "nobody signed it" }),
  ]);
  assert.deepEqual(told.map(({ entry: { name }, step }) => `${name} ${step}`), [
    "gao founder", "gao ended", "li entered", "li changed", "wang entered", "wang another_key", "wang ended", "eve refused",
  ]);
});

test("of each key the last word that counts says whose it is", () => {
  const known = latest([link(2, "li", ["maker"]), link(3, "li", ["maker", "checker"], { by: ["gao", "shen"] }), link(4, "eve", ["checker"], { counts: false })]);
  assert.deepEqual([...known.values()].map(({ name, lsn }) => `${name} ${lsn}`), ["li 3"]);
});
