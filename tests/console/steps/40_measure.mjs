// What is measured: the script's size, the first view with 82 divisions, the pan over 3,214, and what
// fifty browsers cost an idle node. Of a country there is no tree on one machine: the node's own answer
// about five divisions is made as long as it would be, and nothing else of it is changed.
import { Agent, request } from "node:https";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { accessible, act, browser, close, need, open, settled, shot, told } from "../browser.mjs";

const SCRIPT_BYTES_MAX = 80 * 1024;
const FIRST_VIEW_MS_MAX = 1000;
const FRAMES_LEAST = 30;
const BROWSERS = 50;
const BROWSERS_MIB_MAX = 64;
const BROWSERS_CORE_MAX = 0.05;

/** Regions, their cities and counties, as many as asked for; every so often one is in trouble. */
function grown(answer, cities, counties) {
  const [root, well] = [answer.rows[0], answer.rows.find(({ depth }) => depth === 2)];
  const rows = [root];
  const add = (division, name, parent, depth) => {
    const n = rows.length;
    const state = n % 97 === 13 ? "off_line" : n % 211 === 7 ? "behind" : n % 503 === 3 ? "fault" : "well";
    rows.push({ ...well, division, name, parent, depth, state, since_s: state === "well" ? 0 : 60 * (n % 300), broken: state === "off_line" ? division : null });
  };
  for (let city = 1; city <= cities; city++) {
    const code = `54${String(city).padStart(3, "0")}0`;
    add(code, `第${city}市`, root.division, 1);
    for (let county = 1; county <= counties(city); county++) {
      add(`${code}${String(county).padStart(2, "0")}`, `${city}市${county}县`, code, 2);
    }
  }
  return { ...answer, divisions: rows.length - 1, rows };
}

async function openGrown(cities, counties, options) {
  const page = await open("540000", { user: "卓玛", ...options });
  await page.route("**/api/v1/status/tree", async (route) => {
    try {
      const response = await route.fetch();
      await route.fulfill({ response, json: grown(await response.json(), cities, counties) });
    } catch (failure) {
      if (!page.isClosed()) { throw failure; } // a page that is closed still asks
    }
  });
  return page;
}

/** Pulls the map to and fro, a step a frame; how many frames a second there were. */
const pan = (page) => page.evaluate(async () => {
  const canvas = document.querySelector(".wide canvas");
  const box = canvas.getBoundingClientRect();
  const pull = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, bubbles: true, clientX: x, clientY: y }));
  canvas.setPointerCapture = () => undefined;
  pull("pointerdown", box.x + 300, box.y + 200);
  const began = performance.now();
  let frames = 0;
  while (performance.now() - began < 3000) {
    await new Promise(requestAnimationFrame);
    frames++;
    pull("pointermove", box.x + 300 + 200 * Math.sin(frames / 15), box.y + 200 + 120 * Math.cos(frames / 11));
  }
  const rate = (1000 * frames) / (performance.now() - began);
  pull("pointermove", box.x + 300, box.y + 200);
  canvas.dispatchEvent(new PointerEvent("pointerup", { pointerId: 1 }));
  return rate;
});

function ask(agent, url, path, cookie) {
  return new Promise((resolve, reject) => {
    request(url + path, { agent, headers: { Cookie: cookie } }, (answer) => {
      answer.resume();
      answer.on("end", resolve);
    }).on("error", reject).end();
  });
}

/** What a page asks for by itself: the state and the tree every two seconds, the inbox every ten. */
async function live(url, cookie, until) {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, rejectUnauthorized: false });
  for (let turn = 0; Date.now() < until; turn++) {
    const paths = ["/api/v1/status", "/api/v1/status/tree", ...(turn % 5 === 0 ? ["/api/v1/inbox?limit=1", "/api/v1/alarms"] : [])];
    await Promise.all(paths.map((path) => ask(agent, url, path, cookie)));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(2000, until - Date.now()))));
  }
  agent.destroy();
}

export const steps = {
  "the script is small": () => {
    const { size } = statSync(join(told.build, "console", "app.js.gz"));
    console.log(`     ${size} bytes packed`);
    need(size < SCRIPT_BYTES_MAX, `the script has ${size} bytes packed`);
  },

  "the first view of 82 divisions comes within a second": async () => {
    const page = await openGrown(7, (city) => (city < 5 ? 11 : 10));
    const took = [];
    for (let i = 0; i < 3; i++) {
      await page.goto("/map");
      await page.locator("[role=treeitem]").nth(80).waitFor();
      took.push(await page.evaluate(() => Math.round(performance.now())));
    }
    const rows = await page.locator("[role=treeitem]").count();
    console.log(`     ${rows} divisions, ${took.join(", ")} ms`);
    need(rows === 82, `${rows} divisions`);
    need(Math.min(...took) < FIRST_VIEW_MS_MAX, `first views took ${took} ms`);
    await shot(page, "map-82");
    await accessible(page, "82 divisions");
    await close(page, "82 divisions");
    for (const theme of ["light", "dark"]) {
      const small = await openGrown(7, (city) => (city < 5 ? 11 : 10), { theme, size: { width: 1366, height: 900 } });
      await small.goto("/map");
      await small.locator("[role=treeitem]").nth(80).waitFor();
      await settled(small);
      await shot(small, `map-82-${theme}`);
      await close(small, "82 divisions");
    }
  },

  "3,214 divisions are a map that pans smoothly, and a list": async () => {
    const page = await openGrown(333, (city) => (city <= 216 ? 9 : 8), { size: { width: 1366, height: 900 } });
    page.allowed.push(/40[49]/); // the node knows five of them
    await page.goto("/map");
    await page.locator(".wide canvas").waitFor();
    await settled(page);
    await shot(page, "map-3214");
    await accessible(page, "3,214 divisions");
    await browser.startTracing(page, { path: join(told.screens, "pan-trace.json") });
    const whole = await pan(page);
    for (let i = 0; i < 4; i++) {
      await page.getByRole("button", { name: "放大" }).click();
    }
    const near = await pan(page);
    await browser.stopTracing();
    const draws = JSON.parse(readFileSync(join(told.screens, "pan-trace.json"), "utf8")).traceEvents.filter(({ name }) => name === "DrawFrame").length;
    console.log(`     ${whole.toFixed(0)} frames a second over the whole, ${near.toFixed(0)} near; ${draws} drawn`);
    need(Math.min(whole, near) >= FRAMES_LEAST, `${whole} and ${near} frames a second`);
    await shot(page, "map-3214-near");
    await page.getByRole("button", { name: "全图" }).click();
    await page.locator(".wide-frame").focus();
    for (const key of ["ArrowRight", "ArrowDown", "ArrowRight", "Enter"]) {
      await page.keyboard.press(key);
    }
    await page.locator(".crumbs", { hasText: "2市1县" }).waitFor();
    await page.goto("/map?view=list");
    await page.locator("[role=treegrid] tbody tr[data-index]").first().waitFor();
    const drawn = await page.locator("[role=treegrid] tbody tr[data-index]").count();
    need(drawn < 200, `the list draws ${drawn} rows`);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
    await page.locator("[role=treegrid] tr[data-index='1600']").waitFor();
    await close(page, "3,214 divisions");
  },

  "fifty browsers cost an idle node little": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/map");
    const { url } = told.nodes["540000"];
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    await close(page, "browsers");
    const seconds = 20;
    const before = await act("memory", "540000");
    await Promise.all(Array.from({ length: BROWSERS }, () => live(url, cookie, Date.now() + seconds * 1000)));
    const after = await act("memory", "540000");
    const [mib, core] = [(after.rss_kib - before.rss_kib) / 1024, (after.cpu_s - before.cpu_s) / seconds];
    console.log(`     ${BROWSERS} browsers: ${mib.toFixed(1)} MiB, ${(100 * core).toFixed(1)} % of a core`);
    need(mib < BROWSERS_MIB_MAX, `${mib} MiB`);
    need(core < BROWSERS_CORE_MAX, `${core} of a core`);
  },
};
