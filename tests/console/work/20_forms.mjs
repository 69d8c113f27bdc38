// Forms: refused with by how much, kept at the node, good off line.
import { accessible, act, shot, told, until } from "../browser.mjs";
import { approve, CHECKER, choose, COUNTY, desk, handIn, leave, MAKER, need, says, sure } from "./office.mjs";

async function payment(page, amount) {
  await page.goto("/work/new/payment");
  await choose(page, "指标编号", "AL1", /AL1/);
  await page.getByLabel("支付申请金额").fill(amount);
  await page.getByLabel("收款人户名").fill("雪域路桥养护工程队");
  await page.getByLabel("收款人账号").fill("6228000000540122");
  await page.getByLabel("收款人开户行").fill("中国农业银行");
  await page.getByLabel("用途").fill("公路养护款");
}

/** The node has a form with this purpose. */
const kept = (page, purpose) => until(page, () => page.evaluate(async (text) => { // a promise is true for waitForFunction
  const { rows } = await (await fetch("/api/v1/unsent")).json();
  return rows?.some(({ fields }) => fields.use_des === text);
}, purpose));

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
    await sure(page, "放弃");
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
    await sure(page, "放弃");
    await leave(page);
  },

  "what was typed is kept at the node, and goes on in another window": async () => {
    const page = await desk(MAKER);
    await payment(page, "77.70");
    await says(page, /草稿已存/);
    await kept(page, "公路养护款");
    const address = page.url();
    need(/\/work\/draft\/[0-9a-f-]{36}$/.test(address), address);
    const other = await desk(MAKER);
    await other.getByRole("link", { name: "新单据" }).click();
    await says(other, "未交的表单");
    await other.goto(new URL(address).pathname);
    await until(other, async () => await other.locator("#field-use_des").inputValue({ timeout: 1000 }) === "公路养护款");
    need(await other.getByLabel("支付申请金额").inputValue() === "77.70", "the amount is lost");
    page.allowed.push(/412/);
    await other.getByLabel("用途").first().fill("公路养护，其他窗口");
    await says(other, /草稿已存/);
    await page.getByLabel("用途").first().fill("公路养护，这里");
    await says(page, "这张表单在另一个窗口里也改过，或已交。");
    await accessible(page, "a form in two windows");
    await page.getByRole("button", { name: "以这里为准" }).click();
    await page.waitForFunction(() => !document.body.innerText.includes("另一个窗口里也改过"));
    await other.reload();
    await other.waitForFunction(() => document.querySelector("#field-use_des")?.value === "公路养护，这里");
    await sure(other, "放弃");
    await says(other, "等我办");
    page.allowed.push(/404/);
    await page.reload();
    await says(page, "这张表单已交上去，或已放弃。");
    await page.getByRole("link", { name: "回到待办" }).click();
    await says(page, "等我办");
    await leave(page, other);
  },

  "a session that ends while one types asks for the password above all that is open, and loses nothing": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/new/payment");
    await page.getByLabel("用途").fill("写到一半");
    await says(page, /草稿已存/);
    page.allowed.push(/401|403/);
    await page.getByRole("button", { name: "放弃" }).click(); // a dialog is open
    await page.context().clearCookies();
    const login = page.getByRole("dialog", { name: "请重新登录" });
    await page.locator("#field-use_des").evaluate((field) => { field.value = "写到一半，又写"; field.dispatchEvent(new InputEvent("input", { bubbles: true })); });
    await login.waitFor();
    need(await page.evaluate(() => document.activeElement?.id) === "password", "the password is not where one types");
    await accessible(page, "a session that is over");
    await shot(page, "work-session-over");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await login.getByLabel("密码").fill("wrong-password");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#login-problem")?.textContent !== "");
    await login.getByLabel("密码").fill(told.people[COUNTY][MAKER].password);
    await page.keyboard.press("Enter");
    await login.waitFor({ state: "detached" });
    await page.keyboard.press("Escape"); // the dialog that was open
    need(await page.getByLabel("用途").first().inputValue() === "写到一半，又写", "what was typed is lost");
    await kept(page, "写到一半，又写");
    await page.reload();
    await page.waitForFunction(() => document.querySelector("#field-use_des")?.value === "写到一半，又写");
    await sure(page, "放弃");
    await leave(page);
  },

  "what is typed into a filled field takes the place of what stood there": async () => {
    const page = await desk(MAKER);
    await payment(page, "1,234.50");
    for (const [label, typed, stands] of [["支付申请金额", "7", "7.00"], ["收款人账号", "62289", "6228 9"]]) {
      await page.getByLabel(label).first().focus();
      await page.keyboard.type(typed);
      await page.keyboard.press("Tab");
      need(await page.getByLabel(label).first().inputValue() === stands, `${label}: ${await page.getByLabel(label).first().inputValue()}`);
    }
    await sure(page, "放弃");
    await leave(page);
  },

  "a day that is typed in part is said, and not left out": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/new/element");
    await page.getByText(/^其他 \d+ 项$/).click();
    const day = page.locator("input[type=date]").first();
    await day.click();
    await page.keyboard.type("1");
    await page.locator("h2").first().click();
    await says(page, "不是日历上的一天");
    await sure(page, "放弃");
    await leave(page);
  },

  "a form that is left at once, or given up by a slip, is found again": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/new/payment");
    await page.getByLabel("用途").fill("刚写的一句");
    await page.getByRole("link", { name: "资金" }).first().click();
    await page.waitForFunction(() => location.pathname.startsWith("/money"));
    await page.waitForTimeout(500); // for an address that a save behind the page would write
    need(new URL(page.url()).pathname.startsWith("/money"), `the form's address on another page: ${page.url()}`);
    await page.goto("/work?at=new");
    await page.getByRole("row", { name: /支付申请/ }).getByRole("link").first().click();
    await page.waitForFunction(() => document.querySelector("#field-use_des")?.value === "刚写的一句");
    await page.getByRole("button", { name: "放弃" }).click();
    await page.getByRole("dialog").getByText("已填的内容将丢失").waitFor();
    await page.keyboard.press("Escape");
    need(await page.getByLabel("用途").inputValue() === "刚写的一句", "given up");
    await sure(page, "放弃");
    await says(page, "等我办");
    await leave(page);
  },

  "what was typed last is kept, though the page goes while a save is on its way": async () => {
    const page = await desk(MAKER);
    let pass, first = true;
    const held = new Promise((resume) => { pass = resume; });
    await page.route("**/unsent/*", async (route) => {
      if (route.request().method() === "PUT" && first) {
        first = false;
        await held;
      }
      await route.continue().catch(() => undefined); // the page that asked may be gone
    });
    await page.goto("/work/new/payment");
    const begun = page.waitForRequest((request) => request.method() === "PUT" && request.url().includes("/unsent/"));
    await page.locator("#field-use_des").fill("先写的");
    await begun;
    await page.locator("#field-use_des").fill("后写的一句");
    const last = page.waitForResponse((response) => response.request().method() === "PUT" && response.url().includes("/unsent/"));
    await page.getByRole("link", { name: "资金" }).first().click();
    await last;
    await page.goto("/work?at=new");
    pass();
    await page.getByRole("row", { name: /支付申请/ }).getByRole("link").first().click();
    await page.waitForFunction(() => document.querySelector("#field-use_des")?.value === "后写的一句");
    await sure(page, "放弃");
    await says(page, "等我办");
    await leave(page);
  },

  "what waits for a checker is changed by its maker, and not typed anew": async () => {
    await act("payments", "PM", 1, "改一改.ndjson");
    const page = await desk(MAKER), checker = await desk(CHECKER);
    await page.goto("/work?at=mine");
    await page.getByRole("link", { name: "修改 PM000" }).click();
    await page.waitForFunction(() => document.querySelector("#field-use_des")?.value === "工程款");
    await page.getByLabel("用途").fill("校舍维修");
    await handIn(page);
    await approve(checker, /PM000/, 1);
    need((await act("get", "PM000")).use_des === "校舍维修", "the change is not what was entered");
    await leave(page, checker);
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
    await sure(page, /撤回/);
    await says(page, "没有等待中的单据。");
    await leave(page);
  },
};
