// first_screen - logs in at a node as its admin, and waits until the first screen of the console says
// all of these words, without a click and without scrolling.
//
//   node first_screen.mjs URL USER PASSWORD SCREEN.png PATTERN...
import { createRequire } from "node:module";

const require = createRequire(new URL("../../node/console/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const PATIENCE_MS = 180000;
const [url, name, password, screen, ...patterns] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], timeout: PATIENCE_MS });
const context = await browser.newContext({ baseURL: url, viewport: { width: 1366, height: 768 }, ignoreHTTPSErrors: true, locale: "en-US" });
context.setDefaultTimeout(PATIENCE_MS);
const page = await context.newPage();

/** What stands within the screen, as text. */
const seen = () => page.evaluate(() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let text = "";
  while (walk.nextNode()) {
    const box = walk.currentNode.parentElement.getBoundingClientRect();
    text += box.width > 1 && box.top >= 0 && box.bottom <= innerHeight ? walk.currentNode.data : "";
  }
  return text;
});

let text = "";
try {
  await context.request.post("/api/v1/login", { data: { name, password }, headers: { "Terrace-Request": "1", Origin: url }, timeout: PATIENCE_MS });
  await page.goto("/map");
  const until = Date.now() + PATIENCE_MS;
  do {
    await page.waitForTimeout(300);
    text = await seen();
  } while (!patterns.every((pattern) => new RegExp(pattern).test(text)) && Date.now() < until);
} finally {
  await page.screenshot({ path: screen });
  await browser.close();
}
const missing = patterns.filter((pattern) => !new RegExp(pattern).test(text));
if (missing.length > 0) {
  console.log(`the first screen does not say ${missing.join(", ")}:\n${text}`);
  process.exit(1);
}
