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
export const PATIENCE_MS = 180000; // what anything may take on a machine that is slow

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

export const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], timeout: PATIENCE_MS });

/** A page at a node; `user`: already logged in there. What it does wrong is in page.faults. */
export async function open(division, { user, language = "zh", theme = "light", size = DESK } = {}) {
  const context = await browser.newContext({
    baseURL: told.nodes[division].url, viewport: size, colorScheme: theme, ignoreHTTPSErrors: true,
    locale: language === "zh" ? "zh-CN" : "en-US", timezoneId: "Asia/Shanghai", reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.faults = [];
  page.allowed = []; // what a step provokes: patterns of messages
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !page.allowed.some((pattern) => pattern.test(message.text()))) {
      page.faults.push(`console: ${message.text()} at ${message.location().url}`);
    }
  });
  page.asking = new Set(); // requests without an answer; the line never ends, and nobody hears of a form that is saved as its page goes
  let next; // the document that is asked for; once it comes, nobody hears what became of the former one's requests
  page.on("request", (request) => { if (request.isNavigationRequest()) { next = request; } });
  page.on("framenavigated", (frame) => {
    if (frame === page.mainFrame() && next !== undefined) {
      page.asking.forEach((request) => { if (request !== next) { page.asking.delete(request); } });
      next = undefined;
    }
  });
  page.on("request", (request) => { if (!/\/changes\/marks|\/unsent\//.test(request.url())) { page.asking.add(request); } });
  page.on("requestfinished", (request) => page.asking.delete(request));
  page.on("requestfailed", (request) => page.asking.delete(request));
  page.on("pageerror", (error) => page.faults.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.protocol !== "blob:" && url.origin !== new URL(told.nodes[division].url).origin) {
      page.faults.push(`a request to another host: ${request.url()}`);
    }
  });
  if (user !== undefined) {
    await page.request.post("/api/v1/login", { data: { name: user, password: told.people[division][user].password }, headers: { "Terrace-Request": "1", Origin: told.nodes[division].url }, timeout: PATIENCE_MS });
  }
  return page;
}

/** The page's words are there and nothing is asked for any more. */
/* Asked from here, and a promise is waited for. */
export async function until(page, test) {
  for (const end = Date.now() + PATIENCE_MS; !await test().catch(() => false);) {
    need(Date.now() < end, `it never came true; the page: ${await page.locator("body").innerText()}`);
    await page.waitForTimeout(100);
  }
}

export async function settled(page) {
  await page.locator("#main h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".progress.on") && document.querySelector("#main h1")?.textContent !== "");
}

/** Nothing is asked for, for half a second. */
export async function quiet(page) {
  const end = Date.now() + PATIENCE_MS;
  for (let still = 0; still < 5; still = page.asking.size === 0 ? still + 1 : 0) {
    need(Date.now() < end, `it is still asked for: ${[...page.asking].map((request) => request.url())}`);
    await page.waitForTimeout(100);
  }
}

export async function shot(page, name, fullPage = false) {
  const size = page.viewportSize();
  if (fullPage && size.width < 600) { // so tall that what is fixed at the foot stands at the foot
    await page.setViewportSize({ width: size.width, height: Math.max(size.height, await page.evaluate(() => document.documentElement.scrollHeight)) });
    await page.screenshot({ path: join(told.screens, `${name}.png`), animations: "disabled" });
    await page.setViewportSize(size);
    return;
  }
  await page.screenshot({ path: join(told.screens, `${name}.png`), fullPage, animations: "disabled" });
}

function other(theme, language) {
  return `${theme === "light" ? "dark" : "light"}:${language === "zh" ? "en" : "zh"}`;
}

/** Both languages, both themes, a desk and a phone. What axe says does not hang on all three at once. Where a commit
 *  chooses (scripts/test) one quarter of the eight, two that differ in each of the three: over time all. */
export const LOOKS = [DESK, PHONE].flatMap((size) => ["light", "dark"].flatMap((theme) => ["zh", "en"].map((language) => ({
  language, theme, size, name: `${language}-${theme}-${size.width}`,
  isChecked: told.quarter !== undefined || (theme === "light") === (language === "zh"),
  quarter: ["light:zh", "light:en", "dark:zh", "dark:en"].indexOf(size === DESK ? `${theme}:${language}` : other(theme, language)),
})))).filter(({ quarter }) => told.quarter === undefined || quarter === told.quarter);

const HAN = /[\u4e00-\u9fff]/;
/** Words of the page itself: heads, labels, buttons. What people and nodes are called stays as it is. */
const SAID = "h2, h3, th, dt, legend, main button, main .button, .segments label, .tabs a, .figure-label, .flow-legend li, .form > label, .field > label, .badge, .primary";
const SAME_IN_BOTH = /^(XLSX|CSV|QR|English|[A-Z0-9 ._·:…-]*)$/; // abbreviations, ids and digits

/** What is wrong with how a page is set, or null. */
async function flaw(page, { language, size }) {
  const found = await page.evaluate(({ said, isPhone }) => {
    const scrolls = (element) => element !== null && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const wide = document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
      .filter((element) => !scrolls(element.parentElement) && element.getBoundingClientRect().right > innerWidth).map((element) => `${element.tagName}.${element.getAttribute("class")}`);
    const cut = [...document.querySelectorAll("main *, .bar *")].filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1 &&
      getComputedStyle(element).textOverflow === "ellipsis" && element.tagName !== "INPUT").map((element) => element.textContent);
    // A list that must be pushed sideways on a phone; a board may be.
    const sideways = isPhone ? [...document.querySelectorAll(".table-frame:not(.scrolls)")].filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.getAttribute("aria-label")) : [];
    const words = [...document.querySelectorAll(said)].filter((element) => element.checkVisibility()).map((element) => {
      const copy = element.cloneNode(true);
      copy.querySelectorAll("code, select, input, .code, [lang]").forEach((inner) => inner.remove());
      return copy.textContent.trim();
    });
    return { wide, cut, sideways, words, untold: document.body.innerText.match(/\bconsole\.[a-z_.]+/)?.[0] };
  }, { said: SAID, isPhone: size.width < 600 });
  const strange = found.words.filter((text) => text !== "" && (language === "zh" ? !HAN.test(text) && !SAME_IN_BOTH.test(text) && /[a-z]{3}/.test(text) : false));
  return found.wide.length > 0 ? `wider than the screen: ${found.wide.slice(0, 6)}`
    : found.untold !== undefined ? `a code without its words: ${found.untold}`
      : found.sideways.length > 0 ? `a list is wider than the phone: ${found.sideways}`
        : found.cut.length > 0 ? `cut short: ${found.cut.slice(0, 4).join(" | ")}`
          : strange.length > 0 ? `English in a Chinese page: ${strange.slice(0, 6).join(" | ")}` : null;
}

/** One page in one look: set as it should be, photographed, gone through by axe. What is wrong is told
 *  when the page is closed, so that one look tells all. */
export async function looked(page, name, look) {
  const wrong = await flaw(page, look);
  await shot(page, `${name}-${look.name}`, true);
  if (wrong !== null) {
    page.faults.push(`${name}: ${wrong}`);
  }
  if (look.isChecked) {
    await accessible(page, name).catch((failure) => page.faults.push(failure.message));
  }
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
