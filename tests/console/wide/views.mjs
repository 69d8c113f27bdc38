// views - a page as somebody sees it first: with an empty cache, in a browser that asks for the first time.
import { act, close, open } from "../browser.mjs";

export const ADMIN = "卓玛";
const VIEWS = 5;

/** Notes in the page when so many stand there, painted: milliseconds since the address was entered. */
const watch = ([selector, count]) => {
  const look = () => {
    if (document.querySelectorAll(selector).length < count) {
      requestAnimationFrame(look);
    } else {
      requestAnimationFrame(() => setTimeout(() => { globalThis.firstView = performance.now(); }));
    }
  };
  requestAnimationFrame(look);
};

export async function firstView(division, selector, count) {
  const page = await open(division, { user: ADMIN });
  await page.addInitScript(watch, [selector, count]);
  await page.goto("/map");
  const taken = await page.waitForFunction(() => globalThis.firstView, null, { polling: 50 });
  const ms = await taken.jsonValue();
  await close(page, "first view");
  return ms;
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** The median of five, as a figure. */
export async function firstViews(division, what, selector, count, bounds = {}) {
  const took = [];
  await act("known", division);
  for (let i = 0; i < VIEWS; i++) {
    took.push(Math.round(await firstView(division, selector, count)));
  }
  console.log(`     ${took.join(", ")} ms`);
  await act("figure", `first view of ${what}, an empty cache, median of ${VIEWS}`, median(took), "ms", bounds);
}
