// Moments of an address: a day, a moment, an entry.
import "./browser";
import assert from "node:assert/strict";
import { test } from "node:test";
import { atEnd, atText, momentsOf } from "../src/parts/at_choice";
import { rows } from "../src/words";

rows.value = { "console.at.day": "end of {day}", "console.entry_number": "entry {lsn}" };

test("a day ends by the clock of the accounts, an entry where its log says", () => {
  assert.equal(atEnd("2026-03-31")?.toISOString(), "2026-03-31T15:59:59.999Z");
  assert.equal(atEnd("2026-03-31T08:00:00Z")?.toISOString(), "2026-03-31T08:00:00.000Z");
  assert.equal(atEnd("248"), null);
  assert.deepEqual([atText("2026-03-31"), atText("248")], ["end of 2026-03-31", "entry 248"]);
});

test("one may choose yesterday, the ends of the months that are over, and what the address has", () => {
  const now = new Date(2026, 2, 15);
  assert.deepEqual(momentsOf(2026, null, now), ["2026-03-14", "2026-02-28", "2026-01-31"]);
  assert.deepEqual(momentsOf(2026, "248", now)[0], "248");
  assert.equal(momentsOf(2025, null, now).length, 13);
});
