// Batches: seen, signed with the node's key or this browser's, sent back, taken back; never by who
// made them, never another batch than the one that was seen.
import { accessible, act, shot } from "../browser.mjs";
import { ADMIN, approve, CHECKER, desk, leave, MAKER, need, says, SECOND, seeUnusual, sure } from "./office.mjs";

const filled = (page, count) => page.getByLabel("输入笔数，确认看过").fill(String(count));

export const steps = {
  "a batch is seen, counted and approved": async () => {
    await act("payments", "PA", 60, "支付一.ndjson");
    const page = await desk(CHECKER);
    await says(page, /1 批待审核，共 60 笔/);
    await page.getByRole("link", { name: /支付一.ndjson/ }).click();
    await says(page, "审核这一批");
    await page.getByText(/可用最紧：\s*AL\d+，余 [\d,]+\.\d\d/).waitFor();
    const button = page.getByRole("button", { name: "通过 60 笔" });
    need(await button.getAttribute("aria-disabled") === "true", "it can be approved unseen");
    await filled(page, 59);
    need(await button.getAttribute("aria-disabled") === "true", "another count will do");
    await shot(page, "work-batch");
    await accessible(page, "a batch");
    await approve(page, /支付一.ndjson/, 60);
    need((await act("get", "PA007")).approvals.length === 2, "two persons");
    await leave(page);
  },

  "of a long batch all is on paper": async () => {
    await act("payments", "PQ", 260, "支付长.ndjson");
    const page = await desk(CHECKER);
    await page.getByRole("link", { name: /支付长.ndjson/ }).click();
    await says(page, "合计 260 笔");
    const drawn = () => page.locator(".batch tbody tr[data-index]").count();
    need(await drawn() < 200, "all rows are drawn on the screen");
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() => document.querySelectorAll(".batch tbody tr[data-index]").length === 260);
    await page.emulateMedia({ media: "screen" });
    await approve(page, /支付长.ndjson/, 260);
    await leave(page);
  },

  "what one made today stands beside a form, and in a list": async () => {
    await act("payments", "PT", 2, "支付今.ndjson");
    const checker = await desk(CHECKER), maker = await desk(MAKER), second = await desk(SECOND);
    await approve(checker, /支付今.ndjson/, 2);
    await act("payments", "PV", 1, "支付后.ndjson");
    await maker.goto("/work/new/payment");
    const today = maker.getByRole("group", { name: "今天我制的" });
    await today.getByRole("row", { name: /PV000.*待审/ }).waitFor();
    await today.getByRole("row", { name: /PT001.*已入账/ }).waitFor();
    await shot(maker, "work-today");
    await accessible(maker, "a form with today beside it");
    await maker.getByRole("link", { name: /^全部 \d+$/ }).click();
    const made = maker.getByRole("group", { name: "今天已入账的" });
    await made.getByRole("row", { name: /PT001/ }).waitFor();
    need(await made.getByRole("row", { name: /PV000/ }).count() === 0, "what waits counts as entered");
    await shot(maker, "work-mine");
    await accessible(maker, "what I made");
    await second.goto("/work?at=mine");
    await says(second, "今天您制的单据还没有入账的。");
    await act("terrace", "540121", "withdraw", "PV000", { user: MAKER });
    await leave(checker, maker, second);
  },

  "a batch that has changed since is read again": async () => {
    await act("payments", "PB", 5, "支付二.ndjson");
    const page = await desk(CHECKER);
    await page.getByRole("link", { name: /支付二.ndjson/ }).click();
    await seeUnusual(page);
    await filled(page, 5);
    await act("terrace", "540121", "withdraw", "PB003", { user: MAKER });
    page.allowed.push(/409/);
    await page.getByRole("button", { name: "通过 5 笔" }).click();
    await says(page, "批次已变：4 笔。请重新查看。");
    need((await act("get", "PB001")).state === "draft", "something was approved");
    await approve(page, /支付二.ndjson/, 4);
    await leave(page);
  },

  "one's own is approved by another": async () => {
    await act("payments", "PC", 3, "支付三.ndjson", { user: SECOND });
    const own = await desk(SECOND);
    await act("terrace", "540121", "pending", { user: SECOND });
    const pending = JSON.parse((await act("terrace", "540121", "--json", "pending")).out);
    await own.goto(`/work/batch/${pending.batches[0].batch}`);
    await says(own, "您是制单人，须由他人审核。");
    need(await own.getByRole("button", { name: /通过/ }).count() === 0, "his own can be approved");
    await sure(own, "撤回 3 笔");
    await own.waitForFunction(() => !document.body.innerText.includes("您是制单人"));
    need(JSON.parse((await act("terrace", "540121", "--json", "pending")).out).total === 0, "it is not taken back");
    await leave(own);
  },

  "what is sent back is corrected by its maker and handed in again": async () => {
    await act("payments", "PD", 1, "支付四.ndjson");
    const checker = await desk(CHECKER), maker = await desk(MAKER);
    await checker.getByRole("link", { name: /PD000/ }).click();
    await checker.getByRole("button", { name: "退回…" }).click();
    await checker.getByLabel("理由").fill("用途写错");
    await checker.getByRole("button", { name: "退回 1 笔" }).click();
    await maker.getByRole("link", { name: /PD000/ }).click();
    await says(maker, "用途写错");
    await shot(maker, "work-correct");
    await accessible(maker, "a correction");
    await maker.getByRole("link", { name: "修改后重交" }).click();
    await maker.waitForFunction(() => document.querySelector("#field-use_des")?.value === "工程款");
    await maker.getByLabel("用途").fill("校舍维修");
    await maker.waitForFunction(() => [...document.querySelectorAll("button.primary")].some((one) => one.textContent === "交审核" && one.getAttribute("aria-disabled") === "false"));
    await maker.getByRole("button", { name: "交审核" }).click();
    await says(maker, /已交审核/);
    await approve(checker, /PD000/, 1);
    need((await act("get", "PD000")).use_des === "校舍维修", "the correction is not what was entered");
    await leave(checker, maker);
  },

  "what approval would refuse is told its maker, as a sentence": async () => {
    await act("payments", "PG", 1, "支付七.ndjson", { odd: "5000000.00" });
    const page = await desk(MAKER);
    await page.goto("/work?at=correct:PGODD");
    await says(page, "照现在的账，审核时会被拒绝");
    const told = await page.locator("main").innerText();
    need(!/exceeds_|退回：/.test(told), `told as sent back, or as a code: ${told}`);
    await shot(page, "work-would-be-refused");
    await act("terrace", "540121", "withdraw", "PG000", "PGODD", { user: MAKER });
    await leave(page);
  },

  "the usual goes first when the unusual is left out": async () => {
    await act("payments", "PE", 4, "支付五.ndjson", { odd: "4321.00" });
    const page = await desk(CHECKER);
    await page.getByRole("link", { name: /支付五.ndjson/ }).click();
    await says(page, "异常 1 笔，逐笔看过才可通过");
    await page.getByRole("button", { name: "拆出异常" }).click();
    await says(page, "审核其中一部分");
    await filled(page, 4);
    await page.getByRole("button", { name: "通过 4 笔" }).click();
    await says(page, "已通过 4 笔");
    need((await act("get", "PEODD")).state === "draft", "the unusual one went with them");
    await approve(page, /PEODD/, 1);
    await leave(page);
  },

  "a key of this browser is asked for, confirmed by an admin, and signs": async () => {
    await act("payments", "PF", 12, "支付六.ndjson");
    const page = await desk(CHECKER), admin = await desk(ADMIN);
    await page.getByRole("link", { name: /支付六.ndjson/ }).click();
    await page.getByRole("button", { name: "启用浏览器密钥" }).click();
    await page.getByLabel("这台电脑叫什么").fill("柜台一");
    await page.getByRole("button", { name: "提交申请" }).click();
    await says(page, /待管理员确认/);
    const keys = await (await admin.request.get("/api/v1/keys")).json();
    const asked = keys.rows.find((row) => row.state === "asked");
    need(asked?.name === CHECKER && asked.label === "柜台一", JSON.stringify(keys));
    await admin.getByRole("link", { name: "人员" }).click();
    await says(admin, "柜台一");
    await accessible(admin, "keys of browsers");
    await admin.getByRole("button", { name: new RegExp(`确认 ${CHECKER} 的密钥`) }).click();
    await says(admin, "有效");
    await page.reload();
    await says(page, "签的就是这个");
    await page.getByLabel("签名密钥").waitFor();
    await seeUnusual(page);
    await filled(page, 12);
    await shot(page, "work-browser-key");
    await page.getByRole("button", { name: "通过 12 笔" }).click();
    await says(page, "已通过 12 笔");
    const entry = await act("get", "PF003");
    const checker = entry.approvals.find(({ role }) => role === "checker");
    need(checker.key === asked.key && checker.name === CHECKER, JSON.stringify(entry.approvals));
    need(await act("verified", "540121"), "the county does not verify");
    await leave(page, admin);
  },
};
