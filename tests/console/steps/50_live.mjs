// What moves by itself: an entry is seen as it comes, pages of a browser share one line, and following
// it is no reading of what names persons. And rooms whose script does not come.
import { accessible, close, need, open, settled, shot, told } from "../browser.mjs";

const FOLLOWED = "随到随更新";
const LINE = "/api/v1/changes/marks";

async function pay(page, id) {
  const paid = { kind: "payment", id, fiscal_year: "2026", bgt_id: "AL002", pay_app_amt: "1.00", payee_acct_name: "商店", payee_acct_no: "6228",
    payee_acct_bank_name: "行", use_des: "办公" };
  const entered = await page.request.post("/api/v1/documents", { data: `${JSON.stringify(paid)}\n`,
    headers: { "Terrace-Request": "1", Origin: told.nodes["540121"].url } });
  need(/"status":"(accepted|exists)"/.test(await entered.text()), await entered.text());
}

/** The lines that a page asked for. */
function linesOf(page) {
  const lines = [];
  page.on("request", (one) => { if (one.url().includes(LINE)) { lines.push(one); } });
  return lines;
}

export const steps = {
  "an entry of a county is seen at the region as it comes": async () => {
    const county = await open("540121", { user: "卓玛" });
    const page = await open("540000", { user: "央金" });
    await page.goto("/map");
    await settled(page);
    await page.locator(".feed", { hasText: FOLLOWED }).waitFor();
    await page.waitForTimeout(12000); // past the pace of the money
    const [asked] = await Promise.all([
      page.waitForRequest((one) => one.url().includes("/report/chain"), { timeout: 30000 }), pay(county, "LV0001"),
    ]);
    need(asked.headers()["terrace-background"] === "1", "what a page asks by itself keeps a session alive");
    const noted = await (await page.request.get("/api/v1/audit?limit=10000")).text();
    need(noted.includes("\"rows\"") && !noted.includes("marks"), "to follow is noted as a reading of what names persons");
    await close(page, "as it comes");
    await close(county, "a payment");
  },

  "a line that cannot be had is not needed": async () => {
    const page = await open("540000", { user: "央金" });
    page.allowed.push(/ERR_FAILED|Failed to load/);
    await page.route(`**${LINE}*`, (route) => route.abort());
    await page.goto("/map");
    await settled(page);
    await page.locator(".feed", { hasText: "每 2 秒更新" }).waitFor();
    for (let i = 0; i < 3; i++) {
      await page.waitForResponse((one) => one.url().endsWith("/api/v1/status"), { timeout: 10000 });
    }
    need(await page.locator(".feed.late").count() === 0, "the page says that it stands");
    await page.unroute(`**${LINE}*`);
    await page.locator(".feed", { hasText: FOLLOWED }).waitFor({ timeout: 60000 });
    await close(page, "without a line");
  },

  "pages of one browser share a line, and another takes it when one goes": async () => {
    const page = await open("540000", { user: "央金" });
    const lines = linesOf(page);
    await page.goto("/map");
    await page.locator(".feed", { hasText: FOLLOWED }).waitFor();
    const second = await page.context().newPage();
    const more = linesOf(second);
    await second.goto("/ops/links");
    await second.locator(".feed", { hasText: FOLLOWED }).waitFor();
    need(lines.length === 1 && more.length === 0, `${lines.length} and ${more.length} lines`);
    await Promise.all([second.waitForRequest((one) => one.url().includes(LINE)), page.close()]);
    await second.locator(".feed", { hasText: FOLLOWED }).waitFor();
    need(more.length === 1, `${more.length} lines`);
    second.faults = page.faults;
    await close(second, "two pages");
  },

  "a room whose script does not come says why, and is there when it can be": async () => {
    const page = await open("540000", { user: "卓玛" });
    page.allowed.push(/ERR_FAILED|ERR_INTERNET|Failed to load|404/);
    await page.goto("/map");
    await settled(page);
    await page.route("**/api/v1/front", (route) => route.abort());
    await page.route("**/assets/help.*", (route) => route.abort());
    await page.getByRole("link", { name: "帮助", exact: true }).click();
    await page.getByRole("heading", { name: "这一页没有取到：连不上节点。" }).waitFor();
    await accessible(page, "a room that did not come");
    await shot(page, "lazy-unreached");
    await page.unroute("**/api/v1/front");
    await page.unroute("**/assets/help.*");
    await page.getByRole("button", { name: "重试" }).click();
    await page.getByRole("searchbox").last().waitFor();
    await page.route("**/assets/people.*", (route) => route.fulfill({ status: 404, body: "" }));
    await page.getByRole("link", { name: "人员", exact: true }).click();
    await page.getByRole("heading", { name: "节点上的控制台已换了版本。" }).waitFor();
    await shot(page, "lazy-replaced");
    await page.unroute("**/assets/people.*");
    await page.getByRole("button", { name: "重新载入" }).click();
    await page.getByRole("heading", { name: /人员|用户/ }).first().waitFor();
    need(new URL(page.url()).pathname === "/people/users", page.url());
    await close(page, "rooms");
  },
};
