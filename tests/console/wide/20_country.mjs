// A country with all of its 3,214 divisions, as the daemon tells of them: a map that pans smoothly, and a list.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, act, browser, close, need, open, settled, shot, told } from "../browser.mjs";
import { ADMIN, firstViews } from "./views.mjs";

const COUNTRY = "100000";
const BELOW = 3214;
const PAN_S = 4;
const SIZE = { width: 1366, height: 900 };

async function openMap(options) {
  await act("known", COUNTRY);
  const page = await open(COUNTRY, { user: ADMIN, size: SIZE, ...options });
  await page.goto("/map");
  await page.locator(".wide canvas").waitFor();
  await settled(page);
  return page;
}

/** Pulls the map about with the mouse, so many pixels from the middle: at its edge there is nothing to draw. What happened,
 *  as the browser tells it; the trace is kept. */
async function pan(page, name, [across, down]) {
  const box = await page.locator(".wide canvas").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const path = join(told.traces, `pan-${name}.json`);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await browser.startTracing(page, { path });
  const until = Date.now() + 1000 * PAN_S;
  for (let turn = 0; Date.now() < until; turn++) {
    await page.mouse.move(x + across * Math.sin(turn / 15), y + down * Math.sin(turn / 11));
  }
  await browser.stopTracing();
  await page.mouse.move(x, y);
  await page.mouse.up();
  return JSON.parse(readFileSync(path, "utf8")).traceEvents;
}

/** Frames drawn a second; ms of the longest wait for one; ms that the page's thread worked for one, whoever else works. */
function framesOf(events) {
  const drawn = events.filter(({ name }) => name === "DrawFrame").map(({ ts }) => ts / 1000).sort((a, b) => a - b);
  const waits = drawn.slice(1).map((at, i) => at - drawn[i]);
  const threads = new Set(events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  const worked = events.filter(({ name, ph, pid, tid }) => name === "RunTask" && ph === "X" && threads.has(`${pid} ${tid}`))
    .reduce((sum, { tdur }) => sum + (tdur ?? 0) / 1000, 0);
  return { rate: Math.round((1000 * waits.length) / (drawn.at(-1) - drawn[0])), longest: Math.round(Math.max(...waits)), work: Math.round((10 * worked) / drawn.length) / 10 };
}

async function panned(page, name, what, reach) {
  const { rate, longest, work } = framesOf(await pan(page, name, reach));
  console.log(`     ${what}: ${rate} frames a second, the longest wait for one ${longest} ms, ${work} ms of work each`);
  await act("figure", `frames while 3,214 divisions are panned, ${what}`, rate, "a second", { least: 30 });
  await act("figure", `the longest wait for a frame, ${what}`, longest, "ms");
  await act("figure", `CPU of the page's thread a frame, ${what}`, work, "ms", { most: 25 });
}

export const steps = {
  "the daemon tells of 3,214 divisions, and the page says what it is told": async () => {
    const page = await openMap();
    const response = await page.request.get("/api/v1/status/tree");
    const text = await response.text();
    const { rows, divisions } = JSON.parse(text);
    need(divisions === BELOW && rows.length === BELOW + 1, `${divisions} divisions, ${rows.length} rows`);
    await act("figure", "answer about 3,214 divisions", Math.round(Buffer.byteLength(text) / 1024), "KiB");
    const ill = (state) => rows.filter((row) => row.state === state).length;
    need(ill("off_line") > 20 && ill("fault") > 3 && ill("behind") > 5, "some are in trouble");
    need(rows.some((row) => row.name === "双湖县" && row.said.version === "foreign"), "what a county says of itself");
    await page.locator(".sentence h1", { hasText: `${ill("off_line")} 个离线` }).waitFor();
    await page.getByText(`${BELOW + 1}`.replace(/(?=\d{3}$)/, ",") + " 个区划").first().waitFor();
    await shot(page, "map-3214");
    await accessible(page, "3,214 divisions");
    await close(page, "3,214 divisions");
    const dark = await openMap({ theme: "dark" });
    await shot(dark, "map-3214-dark");
    await close(dark, "3,214 divisions in the dark");
  },

  "the first view of 3,214 divisions": () => firstViews(COUNTRY, "3,214 divisions", ".wide canvas", 1),

  "3,214 divisions pan smoothly": async () => {
    const page = await openMap();
    const box = await page.locator(".wide canvas").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, -40); // a tenth nearer: the whole would have nowhere to go
    await panned(page, "whole", "nearly all in sight", [45, 22]);
    for (let i = 0; i < 4; i++) {
      await page.getByRole("button", { name: "放大" }).click();
    }
    await panned(page, "near", "with names", [200, 120]);
    await shot(page, "map-3214-near");
    await close(page, "panning");
  },

  "3,214 divisions are walked with the keyboard, and are a list": async () => {
    const page = await openMap();
    await page.locator(".wide-frame").focus();
    for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "Enter"]) {
      await page.keyboard.press(key);
    }
    await page.locator(".crumbs", { hasText: "和平区" }).waitFor();
    await page.goto("/map?view=list");
    await page.locator("[role=treegrid] tbody tr[data-index]").first().waitFor();
    const drawn = await page.locator("[role=treegrid] tbody tr[data-index]").count();
    need(drawn < 200, `the list draws ${drawn} rows`);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
    await page.locator("[role=treegrid] tr[data-index='1600']").waitFor();
    await close(page, "the list");
  },
};
