// Forms: refused with by how much, kept at the node, good off line.
import { accessible, act, shot } from "../browser.mjs";
import { choose, desk, handIn, leave, MAKER, need, says } from "./office.mjs";

async function payment(page, amount) {
  await page.goto("/work/new/payment");
  await choose(page, "指标编号", "AL1", /AL1/);
  await page.getByLabel("支付申请金额").fill(amount);
  await page.getByLabel("收款人户名").fill("雪域路桥养护工程队");
  await page.getByLabel("收款人账号").fill("6228000000540122");
  await page.getByLabel("收款人开户行").fill("中国农业银行");
  await page.getByLabel("用途").fill("公路养护款");
}

export const steps = {
  "an overspend is told by how much, and lowered with one click": async () => {
    const page = await desk(MAKER);
    await payment(page, "1,250,000.50");
    await says(page, "这一笔超出可用 250,000.50 元；其余各项齐全。");
    await says(page, "比这条指标的可用多 250,000.50 元，现在提交会被拒绝。");
    need(await page.getByRole("button", { name: "交审核" }).getAttribute("aria-disabled") === "true", "it can be handed in");
    await shot(page, "work-overspend");
    await accessible(page, "an overspend");
    await page.getByRole("button", { name: /改为 1,000,000.00/ }).click();
    await says(page, "额度够用，无规则拦截。");
    await page.getByRole("button", { name: "放弃" }).click();
    await says(page, "等我办");
    await leave(page);
  },

  "what is missing is named beside the button and at its field": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/new/payment");
    await says(page, "先处理：指标编号");
    await page.getByLabel("支付申请金额").fill("1,4");
    await page.keyboard.press("Tab");
    await says(page, "不是金额：只写数字，至多两位小数。");
    need(await page.getByLabel("支付申请金额").inputValue() === "1,4", "what was typed is changed");
    await page.getByRole("button", { name: "交审核" }).click({ force: true });
    need(await page.evaluate(() => document.activeElement?.id) === "field-bgt_id", "the focus is not on the first bad field");
    await accessible(page, "an empty form");
    await page.getByRole("button", { name: "放弃" }).click();
    await leave(page);
  },

  "what was typed is kept at the node, and goes on in another window": async () => {
    const page = await desk(MAKER);
    await payment(page, "77.70");
    await says(page, /草稿已存/);
    const address = page.url();
    need(/\/work\/draft\/[0-9a-f-]{36}$/.test(address), address);
    const other = await desk(MAKER);
    await other.getByRole("link", { name: "新单据" }).click();
    await says(other, "未交的表单");
    await other.goto(new URL(address).pathname);
    await other.waitForFunction(() => document.querySelector("#field-use_des")?.value === "公路养护款");
    need(await other.getByLabel("支付申请金额").inputValue() === "77.70", "the amount is lost");
    await other.getByRole("button", { name: "放弃" }).click();
    await says(other, "等我办");
    page.allowed.push(/404|412/);
    await leave(page, other);
  },

  "a cut line keeps nobody from working": async () => {
    const page = await desk(MAKER);
    await act("cut");
    await payment(page, "12.30");
    await page.getByText("线路断开不影响办理。").waitFor();
    await shot(page, "work-cut");
    await handIn(page);
    await act("heal");
    await page.goto("/work?at=mine");
    await page.getByRole("button", { name: /撤回/ }).first().click();
    await says(page, "没有等待中的单据。");
    await leave(page);
  },
};
