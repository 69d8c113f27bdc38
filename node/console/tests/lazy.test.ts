// A script that does not come: because its node is not reached, or has another version by now.
import "./browser";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fetched } from "../src/lazy";

function room(answers: (string | null)[], isReached: () => boolean) {
  let asked = 0;
  const of = fetched(async () => {
    const answer = answers[asked++] ?? null;
    if (answer === null) {
      throw new TypeError("Failed to fetch dynamically imported module");
    }
    return answer;
  }, async () => isReached());
  return { ...of, asked: () => asked };
}

test("a page is fetched once", async () => {
  const { state, again, asked } = room(["help"], () => true);
  assert.deepEqual(state.value, { is: "fetching" });
  await again();
  await again();
  assert.deepEqual(state.value, { is: "here", page: "help" });
  assert.equal(asked(), 1);
});

test("a line that is cut is told from a node that has no such script any more; each can be asked again", async () => {
  let isReached = false;
  const { state, again } = room([null, null, "help"], () => isReached);
  await again();
  assert.deepEqual(state.value, { is: "unreached" });
  isReached = true;
  await again();
  assert.deepEqual(state.value, { is: "replaced" });
  await again();
  assert.deepEqual(state.value, { is: "here", page: "help" });
});

test("who asks while it is on its way waits for the same", async () => {
  const { again, asked } = room(["help", "again"], () => true);
  await Promise.all([again(), again()]);
  assert.equal(asked(), 1);
});
