// browser - what the steps share: pages of a real Chromium, and what must hold on every one of them:
// no error in the console, no request to another host, nothing that axe objects to.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../node/console/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const told = JSON.parse(process.argv[2]);
export const DESK = { width: 1366, height: 768 };
export const PHONE = { width: 390, height: 844 };

export class Failed extends Error {}

export function need(condition, text) {
  if (!condition) {
    throw new Failed(text);
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Something that only the ground can do: act("cut"), act("run", "540121", "status"). */
export async function act(name, ...args) {
  const named = typeof args.at(-1) === "object" ? args.pop() : {};
  process.stdout.write(`${JSON.stringify({ act: name, args, named })}\n`);
  const { value } = await lines.next();
  const answer = JSON.parse(value);
  need(answer.failed === undefined, `${name}: ${answer.failed}`);
  return answer.ok;
}

export const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

/** A page at a node; `user`: already logged in there. What it does wrong is in page.faults. */
export async function open(division, { user, language = "zh", theme = "light", size = DESK } = {}) {
  const context = await browser.newContext({
    baseURL: told.nodes[division].url, viewport: size, colorScheme: theme, ignoreHTTPSErrors: true,
    locale: language === "zh" ? "zh-CN" : "en-US", timezoneId: "Asia/Shanghai", reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.faults = [];
  page.allowed = []; // what a step provokes: patterns of messages
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !page.allowed.some((pattern) => pattern.test(message.text()))) {
      page.faults.push(`console: ${message.text()} at ${message.location().url}`);
    }
  });
  page.on("pageerror", (error) => page.faults.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.protocol !== "blob:" && url.origin !== new URL(told.nodes[division].url).origin) {
      page.faults.push(`a request to another host: ${request.url()}`);
    }
  });
  if (user !== undefined) {
    await page.request.post("/api/v1/login", { data: { name: user, password: told.people[division][user].password }, headers: { "Terrace-Request": "1", Origin: told.nodes[division].url } });
  }
  return page;
}

/** The page's words are there and nothing is asked for any more. */
export async function settled(page) {
  await page.locator("#main h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".progress.on") && document.querySelector("#main h1")?.textContent !== "");
}

export async function shot(page, name, fullPage = false) {
  await page.screenshot({ path: join(told.screens, `${name}.png`), fullPage, animations: "disabled" });
}

export async function accessible(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  need(violations.length === 0, `${where}: ${violations.map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target}: ${failureSummary}`).join("; ")}`).join("\n")}`);
}

/** No error on the way here; then the page is closed. */
export async function close(page, where) {
  need(page.faults.length === 0, `${where}: ${page.faults.join("\n")}`);
  await page.context().close();
}
