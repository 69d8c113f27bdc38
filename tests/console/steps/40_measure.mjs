// What is measured of the console itself: what a view costs over the line, and what a page asks for by
// itself. How it fares with many divisions and browsers: wide/.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { close, need, open, settled, told } from "../browser.mjs";

const SCRIPT_BYTES_MAX = 80 * 1024;

/** While nothing happens, in a minute. */
const IDLE_A_MINUTE = { "/status": 12, "/status/tree": 4, "/inbox/counts": 6 };

export const steps = {
  "the scripts of a view are small": async () => {
    const sizes = JSON.parse(readFileSync(join(told.build, "console", "sizes.json"), "utf8"));
    console.log(`     ${JSON.stringify(sizes)}`);
    const page = await open("540000", { user: "卓玛" });
    for (const address of ["/map", "/money/540000", "/ops/links", "/work/new/transfer", "/work/import", "/people/users", "/help"]) {
      await page.goto(address);
      await settled(page);
      const scripts = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /\.js(\?|$)/.test(name))
        .map(({ name, encodedBodySize }) => ({ name, encodedBodySize })));
      const bytes = scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
      console.log(`     ${address}: ${bytes} bytes in ${scripts.length} scripts`);
      need(bytes > 0 && bytes < SCRIPT_BYTES_MAX, `${address}: scripts of ${bytes} bytes packed`);
      need(address !== "/map" || bytes === sizes.first, `/map asks for ${bytes} bytes, and is said to need ${sizes.first}`);
    }
    await close(page, "scripts");
  },

  "a page asks for little while nothing happens": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/map");
    await page.locator(".feed", { hasText: "随到随更新" }).waitFor();
    await page.waitForTimeout(5000); // what it begins with
    const asked = {};
    page.on("request", (one) => {
      const path = new URL(one.url()).pathname.replace("/api/v1", "");
      asked[path] = (asked[path] ?? 0) + 1;
    });
    await page.waitForTimeout(30000);
    console.log(`     in half a minute: ${JSON.stringify(asked)}`);
    for (const [path, times] of Object.entries(asked)) {
      need(times <= (IDLE_A_MINUTE[path] ?? 0) / 2 + 1, `${path}: ${times} times`);
    }
    await close(page, "idle");
  },
};
