// A county's first registration and payment, by somebody who has read nothing: only words that are
// seen on the page lead on.
import { act, shot } from "../browser.mjs";
import { approve, CHECKER, choose, desk, handIn, leave, MAKER, need, says } from "./office.mjs";

/** The name that a document was given, as the page says it. */
const idIn = (text) => /[A-Z]{2,4}\d{6}-\d{6}[A-Z]/.exec(text)?.[0];

export const steps = {
  "the inbox says what waits and what it sums to": async () => {
    const page = await desk(MAKER);
    await says(page, "3 笔待登记或答复。");
    const group = page.locator("[data-group=to_register]");
    await group.getByText("9,066,000.00").waitFor();
    await page.keyboard.press("j");
    need(await page.evaluate(() => document.activeElement?.textContent?.includes("财")), "j moves to no row");
    await leave(page);
  },

  "a transfer is registered with its issuer, number and amount before one's eyes": async () => {
    const maker = await desk(MAKER), checker = await desk(CHECKER);
    await maker.getByRole("link", { name: /藏财教指〔2026〕19号/ }).click();
    for (const word of ["西藏自治区的转移支付", "8,440,000.00", "捌佰肆拾肆万元整", "义务教育"]) {
      await says(maker, word);
    }
    await shot(maker, "work-register");
    await maker.getByRole("button", { name: "登记 8,440,000.00 元" }).dblclick();
    await says(maker, /已交审核：藏财教指〔2026〕19号，8,440,000.00 元/);
    const waiting = JSON.parse((await act("terrace", "540121", "--json", "pending")).out);
    need(waiting.total === 1, `two clicks, ${waiting.total} registrations`);
    await checker.goto("/work");
    await checker.getByRole("link", { name: /登记/ }).first().click();
    await checker.getByRole("button", { name: "退回…" }).click();
    await checker.getByLabel("理由").fill("再核对一次");
    await checker.getByRole("button", { name: "退回 1 笔" }).click();
    await maker.goto("/work");
    await maker.getByRole("link", { name: /再核对一次/ }).click();
    await maker.getByRole("link", { name: "修改后重交" }).click();
    await maker.getByLabel("备注").first().fill("已核对"); // the region's, not the parent's, whose number this is not
    await handIn(maker);
    await maker.goto("/work?at=register:540000:T19");
    await says(maker, /已交答复 RE[\w-]+，等待审核，不必再交。/);
    need(await maker.getByRole("button", { name: "登记 8,440,000.00 元" }).getAttribute("aria-disabled") === "true", "it can be registered twice");
    await approve(checker, /登记/, 1);
    const inbox = JSON.parse((await act("terrace", "540121", "--json", "inbox")).out);
    need(inbox.counts.to_register.items === 2, "it still waits");
    await leave(maker, checker);
  },

  "of two transfers with one number the right one is chosen": async () => {
    const page = await desk(MAKER);
    await page.getByRole("link", { name: /财农指〔2026〕31号.*526,000.00/s }).first().click();
    await says(page, "有 2 笔同号，请选择要办的一笔：");
    await page.locator("[role=note]").getByRole("link", { name: /拉萨市 100,000.00/ }).click();
    await says(page, "拉萨市的转移支付");
    await page.getByRole("button", { name: "退回…" }).click();
    await page.getByLabel("理由").fill("不是本县的资金");
    await page.getByRole("dialog").getByRole("button", { name: "退回" }).last().click();
    await says(page, /已交审核：财农指〔2026〕31号，100,000.00 元/);
    await leave(page);
  },

  "what was registered is allocated, released and paid": async () => {
    const maker = await desk(MAKER), checker = await desk(CHECKER);
    await approve(checker, /退回/, 1);
    await maker.getByRole("link", { name: "新单据" }).click();
    await maker.getByRole("link", { name: "分配" }).click();
    await choose(maker, "源指标编号", "RE", /8,440,000.00/);
    await choose(maker, "单位代码", "lzxjyj", /林周县教育局/);
    await maker.getByLabel("金额", { exact: false }).first().fill("２，０００，０００");
    await maker.keyboard.press("Tab");
    need(await maker.getByLabel("金额").first().inputValue() === "2,000,000.00", "the amount is not shown grouped");
    await says(maker, "贰佰万元整");
    await handIn(maker);
    const allocation = idIn(await maker.locator("h1").innerText());
    await approve(checker, new RegExp(allocation), 1);
    await maker.goto("/work");
    await maker.getByRole("link", { name: "新单据" }).click();
    await maker.getByRole("link", { name: "下达", exact: true }).click();
    await choose(maker, "指标编号", allocation, new RegExp(allocation));
    await maker.getByLabel("本级指标文号").fill("林财预〔2026〕19号");
    await handIn(maker);
    await approve(checker, /下达/, 1);
    await maker.goto("/work");
    await maker.getByRole("link", { name: "新单据" }).click();
    await maker.getByRole("link", { name: "支付申请", exact: true }).click();
    await choose(maker, "指标编号", allocation, /2,000,000.00/);
    await says(maker, `${allocation} 还有多少`);
    await maker.getByLabel("支付申请金额").fill("386,420.00");
    await maker.getByLabel("收款人户名").fill("林周县建筑公司");
    await maker.getByLabel("收款人账号").fill("6228 0000 0054 0121");
    await maker.getByLabel("收款人开户行").fill("中国农业银行林周县支行");
    await maker.getByLabel("用途").fill("校舍维修");
    await says(maker, "额度够用，无规则拦截。");
    need(await maker.getByLabel("收款人账号").inputValue() === "6228 0000 0054 0121", "the account is not in fours");
    await shot(maker, "work-payment");
    await handIn(maker);
    const payment = idIn(await maker.locator("h1").innerText());
    await approve(checker, new RegExp(payment), 1);
    const entry = await act("get", payment);
    need(entry.pay_app_amt === "386420.00" && entry.payee_acct_no === "6228000000540121", JSON.stringify(entry));
    await leave(maker, checker);
  },
};
