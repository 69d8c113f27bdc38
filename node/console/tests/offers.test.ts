import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.ts";
import { offerHref, offersOf } from "../src/flow/offers";
import { actsOf } from "../src/parts/years";
import { roomOf, takenFrom } from "../src/work/line";
import type { Kind } from "../src/work/shapes";
import { readAmount, signFits } from "../src/work/typed";

const kinds = (of: Parameters<typeof offersOf>[0]): string[] => offersOf(of).map(({ kind }) => kind);

test("what may follow on a document comes of what it is and how it stands", () => {
  const of = (kind: string, state: string, balances: Record<string, string> = {}, more: object = {}) => ({ kind, id: "X-1", state, balances, ...more });
  assert.deepEqual(kinds(of("register", "registered", { UNALLOC: "5.00" })), ["allocate", "transfer", "remit", "carry_over", "lapse"]);
  assert.deepEqual(kinds(of("register", "registered", { UNALLOC: "0.00", SRC_TRANSFER_IN: "5.00" })), []);
  assert.deepEqual(kinds(of("allocate", "released", { AVAIL: "5.00" })), ["payment", "virement", "freeze", "reduce", "carry_over", "lapse"]);
  assert.deepEqual(kinds(of("allocate", "pending", { PENDING: "5.00" })), ["release", "reduce", "carry_over", "lapse"]);
  assert.deepEqual(kinds(of("budget", "approved", { UNALLOC: "0.00" })), ["adjust"]);
  assert.deepEqual(kinds(of("budget", "advanced", {})), ["budget"]);
  assert.deepEqual(kinds(of("budget", "planned")), []);
  assert.deepEqual(kinds(of("transfer", "issued", {}, { stage: "formal", amount: "5.00" })), ["withdraw"]);
  assert.deepEqual(kinds(of("transfer", "issued", {}, { stage: "early", amount: "5.00" })), ["withdraw", "transfer"]);
  assert.deepEqual(kinds(of("transfer", "registered", {}, { stage: "early", amount: "5.00" })), ["recall", "transfer"]);
  assert.deepEqual(kinds(of("transfer", "registered", {}, { stage: "formal", amount: "5.00" })), ["recall"]);
  assert.deepEqual(kinds(of("transfer", "returned", {}, { stage: "early", amount: "5.00" })), []);
  assert.deepEqual(kinds(of("transfer", "issued", {}, { stage: "formal", amount: "-5.00" })), []);
  assert.deepEqual(kinds(of("payment", "paid")), ["refund"]);
});

test("an offer opens its form with what it is about", () => {
  const [recall, difference] = offersOf({ kind: "transfer", id: "T-1", state: "registered", stage: "early", amount: "5.00", fiscal_year: "2027" });
  assert.equal(offerHref(recall), "/work/new/recall?fiscal_year=2027&bgt_id=T-1");
  assert.equal(offerHref(difference), "/work/new/transfer?fiscal_year=2027&early_bgt_id=T-1&stage=formal");
});

test("the acts of a year follow from how it stands", () => {
  const year = { year: 2026, months_closed: 0, events: [], hindrances: [], not_closed: [], not_closed_count: 0 };
  const acts = (row: object, isKept = true) => actsOf({ ...year, ...row } as Parameters<typeof actsOf>[0], isKept).map(({ kind, month }) => `${kind}${month ?? ""}`);
  assert.deepEqual(acts({ state: "prepared" }), ["open_year"]);
  assert.deepEqual(acts({ state: "closed", months_closed: 12 }), ["reopen_year"]);
  assert.deepEqual(acts({ state: "open" }), ["close_year", "close_year1"]);
  assert.deepEqual(acts({ state: "open" }, false), ["open_year", "close_year", "close_year1"]);
  assert.deepEqual(acts({ state: "open", months_closed: 11 }), ["close_year", "reopen_year11"]);
});

test("an amount may be less than nothing where its kind has it", () => {
  assert.equal(readAmount("−1,000.5"), "-1000.50");
  assert.equal(readAmount("－5"), "-5.00");
  assert.equal(readAmount("--5"), null);
  assert.equal(readAmount("5-"), null);
  assert.deepEqual((["positive", "zero", "signed", "any"] as const).map((sign) => ["5.00", "0.00", "-5.00"].map((amount) => signFits(sign, amount))),
    [[true, false, false], [true, true, false], [true, false, true], [true, true, true]]);
});

test("the room of a line is that of the account that is taken from", () => {
  const kind = (from: string, to: string, fields: string[] = []) => ({ moves: { amount: "amount", from, to, takes_all: false }, fields: fields.map((name) => ({ name })) }) as unknown as Kind;
  const sums = { UNALLOC: "0.00", PENDING: "7.00", AVAIL: "9.00", SRC_APPROVED: "16.00" };
  const line = { id: "L", entered: sums, drafted: sums };
  const carry = kind("UNALLOC", "CARRY_OUT", ["take_from"]);
  assert.equal(takenFrom(carry, line), "PENDING");
  assert.equal(takenFrom(carry, line, "avail"), "AVAIL");
  assert.equal(roomOf(carry, line, "8.00")?.exceeds, 100n);
  assert.equal(roomOf(carry, line, "8.00", "avail")?.exceeds, 0n);
  const adjust = kind("SRC_APPROVED", "UNALLOC");
  assert.equal(roomOf(adjust, line, "900.00")?.exceeds, 0n);
  assert.equal(roomOf(adjust, line, "-5.00")?.exceeds, 500n);
});
