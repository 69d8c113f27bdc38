// As of: every board says what stood then, keeps the moment in its address, and says it above its figures.
import { accessible, close, need, open, settled, shot, told } from "../browser.mjs";

const NOTE = "所示为 2026-01-01 日终的情况，其后入账的单据不计。";

/** Money on a page that is none. */
const amounts = (page) => page.locator("main").innerText().then((text) => (text.match(/\d[\d,]*\.\d\d(?! ?%)/g) ?? []).filter((figure) => !/^0\.00$/.test(figure)));

export const steps = {
  "before the first document every board is empty, and says of when it is": async () => {
    const page = await open("540000", { user: "央金" });
    for (const query of ["", "board=execution&", "board=balance&", "board=reconcile&", "agency=&"]) {
      await page.goto(`/money/540000?${query}at=2026-01-01`);
      await settled(page);
      await page.getByText(NOTE).waitFor();
      need((await amounts(page)).length === 0, `${query}: ${await amounts(page)}`);
    }
    await page.goto("/map?at=2026-01-01");
    await settled(page);
    await page.getByText("资金为 2026-01-01 日终的情况").waitFor();
    await page.locator(".money-strip").waitFor();
    need((await amounts(page)).length === 0, `map: ${await amounts(page)}`);
    await page.locator("[role=treeitem]", { hasText: "林周县" }).last().click();
    await page.waitForURL("**/map/540121?at=2026-01-01");
    await page.getByText("资金为 2026-01-01 日终的情况").waitFor();
    await page.getByRole("link", { name: "最新" }).click();
    await page.waitForURL("**/map/540121");
    await close(page, "before everything");
  },

  "an entry of the log is a moment, and what was entered later does not move its boards": async () => {
    const page = await open("540121", { user: "卓玛" });
    const { lsn } = await (await page.request.get("/api/v1/status")).json();
    await page.goto(`/money/540121?board=execution&scope=own&at=${lsn}`);
    await settled(page);
    await page.getByText(`所示为 第 ${lsn} 条的情况`).waitFor();
    const before = await page.locator("main table").innerText();
    const paid = { kind: "payment", id: "AT0001", fiscal_year: "2026", bgt_id: "AL002", pay_app_amt: "3.00", payee_acct_name: "商店", payee_acct_no: "6228",
      payee_acct_bank_name: "行", use_des: "办公" };
    const entered = await page.request.post("/api/v1/documents", { data: `${JSON.stringify(paid)}\n`, headers: { "Terrace-Request": "1", Origin: told.nodes["540121"].url } });
    need(/"status":"(accepted|exists)"/.test(await entered.text()), await entered.text());
    await page.reload();
    await settled(page);
    need(await page.locator("main table").innerText() === before, "a board of then moved");
    await shot(page, "execution-then");
    await accessible(page, "a board as it stood");
    await page.getByLabel("时点").selectOption("");
    await page.waitForFunction((text) => document.querySelector("main table")?.innerText !== text, before);
    need(!page.url().includes("at="), page.url());
    await close(page, "then");
  },

  "the map's money is of then, and how the divisions are, of now": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/map");
    await settled(page);
    await page.locator(".moments").getByLabel("时点").selectOption({ index: 1 });
    await page.getByText(/资金为 .* 日终的情况/).waitFor();
    await settled(page);
    need(page.url().includes("at=20"), page.url());
    await page.locator(".sentence h1", { hasText: "区划全部送达" }).waitFor({ timeout: 60000 });
    await shot(page, "map-then");
    await accessible(page, "the map as of yesterday");
    await close(page, "map then");
  },
};
