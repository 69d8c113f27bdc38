// A form that is kept while it is typed: nothing is lost between two saves, and none passes another.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Keeper, type Kept } from "../src/work/keeper";

/** A node that answers when it is told to, and refuses a save that follows another version. */
function slowNode() {
  const node = { version: 0, text: "", inFlight: 0, most: 0, answers: [] as (() => void)[] };
  const later = async (): Promise<void> => {
    node.most = Math.max(node.most, ++node.inFlight);
    await new Promise<void>((resume) => node.answers.push(resume));
    node.inFlight--;
  };
  const at: Kept = {
    put: async (text, version, isLast) => {
      await later();
      if (version !== node.version && !(isLast && version + 1 === node.version)) {
        throw new Error("changed_meanwhile");
      }
      node.text = text;
      return ++node.version;
    },
    remove: async () => { await later(); node.version = 0; node.text = ""; },
  };
  return { node, at };
}

const soon = (): Promise<void> => new Promise((resume) => { setImmediate(resume); });

async function answerAll(node: { answers: (() => void)[] }): Promise<void> {
  for (await soon(); node.answers.length > 0; await soon()) {
    node.answers.shift()?.();
  }
}

test("what was typed while a save was on its way is saved behind it, not refused as another window's", async () => {
  const { node, at } = slowNode();
  const keeper = new Keeper(at, 0, "{}");
  keeper.typed("a");
  const first = keeper.save();
  await soon();
  keeper.typed("ab");
  const second = keeper.save();
  await answerAll(node);
  assert.deepEqual(await Promise.all([first, second]), [true, true]);
  assert.deepEqual([node.text, node.version, node.most], ["ab", 2, 1]);
});

test("a form that was handed in does not come back by a save that was on its way", async () => {
  const { node, at } = slowNode();
  const keeper = new Keeper(at, 0, "{}");
  keeper.typed("a");
  const saved = keeper.save(), dropped = keeper.drop(), late = keeper.save();
  await answerAll(node);
  await Promise.all([saved, dropped, late]);
  assert.deepEqual([node.text, node.version], ["", 0]);
});

test("what nobody has touched is not kept; what another window changed is not written over, until it is said", async () => {
  const { node, at } = slowNode();
  const keeper = new Keeper(at, 0, "{}");
  assert.equal(await keeper.save(), false);
  keeper.typed("a");
  node.version = 7;
  const saved = keeper.save();
  saved.catch(() => undefined);
  await answerAll(node);
  await assert.rejects(saved, /changed/);
  keeper.follow(7);
  const again = keeper.save();
  await answerAll(node);
  assert.equal(await again, true);
  assert.equal(node.text, "a");
});

test("what was typed last leaves with the page, and stands whichever arrives first", async () => {
  for (const lastIsFirst of [false, true]) {
    const { node, at } = slowNode();
    const keeper = new Keeper(at, 0, "{}");
    keeper.typed("a");
    const first = keeper.save();
    first.catch(() => undefined);
    await soon();
    keeper.typed("ab");
    const last = keeper.leave();
    await soon();
    assert.equal(node.answers.length, 2);
    if (lastIsFirst) {
      node.answers.reverse();
    }
    await answerAll(node);
    await Promise.allSettled([first, last]);
    assert.equal(node.text, "ab");
  }
});

test("a page that goes sends nothing twice", async () => {
  const { node, at } = slowNode();
  const keeper = new Keeper(at, 0, "{}");
  keeper.typed("a");
  const saved = keeper.save();
  await soon();
  const last = keeper.leave();
  await soon();
  assert.equal(node.answers.length, 1);
  await answerAll(node);
  await Promise.all([saved, last]);
  assert.equal(node.text, "a");
});
