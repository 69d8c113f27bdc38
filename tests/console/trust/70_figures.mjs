// What is to be known before figures are believed: what of them nobody approved who may, and whose clock is off.
import { act, need } from "../browser.mjs";
import { at, AUDITOR, FIRST, go, leave, panel } from "./people.mjs";

const SUM = "10,000,000,000.00";
const note = (page) => page.locator(".notice-line", { hasText: "审批不成立" });

export const steps = {
  "what lacks an approval is summed wherever figures stand that have it in them, and nowhere else": async () => {
    const page = await at("/map", AUDITOR);
    for (const address of ["/map", "/money/540000", "/money/540200", "/money/540000?board=execution", "/money/540000?board=reconcile"]) {
      await go(page, address);
      await note(page).getByText(`1 条审批不成立，合计 ${SUM} 元`).waitFor();
    }
    for (const address of ["/money/540100", "/money/540100?board=execution", "/money/540000?at=2026-01-01"]) {
      await go(page, address);
      need(await note(page).count() === 0, `${address}: ${await note(page).allInnerTexts()}`);
    }
    await go(page, "/ops/links");
    await panel(page, "本节点").getByRole("link", { name: `1 条 · ${SUM}` }).click();
    await page.waitForURL("**/people/unapproved");
    await panel(page, "审批不成立").getByRole("row", { name: /日喀则市 540200.*BIG.*10,000,000,000.00/ }).waitFor();
    await go(page, "/map/540200");
    await panel(page, "人员与审批").getByText(`合计 ${SUM} 元`).waitFor();
    await leave(page);
  },

  "an alarm is ended by a person's word, and the sum stays": async () => {
    const page = await at("/people/unapproved");
    const alarm = page.locator(".alarm-below", { hasText: SUM });
    need(/日喀则市/.test(await alarm.innerText()), await alarm.innerText());
    await alarm.getByRole("button", { name: "我来处理" }).click();
    await alarm.waitFor({ state: "detached" });
    const { unapproved } = JSON.parse((await act("run", "540000", "--json", "status", { user: FIRST })).out);
    need(unapproved.count === 1 && await panel(page, "审批不成立").getByText(`合计 ${SUM} 元`).count() === 1, JSON.stringify(unapproved));
    await leave(page);
  },

  "days on the money page are said to be worth what clocks are worth": async () => {
    const page = await at("/money/540000", AUDITOR);
    await page.locator(".notice-line", { hasText: "时钟有偏差（昌都市：" }).waitFor();
    await leave(page);
  },
};
