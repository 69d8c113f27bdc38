// An operator: a link that is cut is seen on the first screen, with what to do; it heals, and is quiet.
import { act, accessible, close, need, open, settled, shot } from "../browser.mjs";

const sentence = (page, text) => page.locator(".sentence h1", { hasText: text }).waitFor();

/** Invites with the box ticked, and lets somebody come with the token. */
async function asks(page, code, name) {
  await page.goto("/ops/join");
  await settled(page);
  await page.getByLabel("区划代码").fill(code);
  await page.getByLabel("区划名称").fill(name);
  await page.getByLabel("准入前须电话核对指纹").check();
  await page.getByRole("button", { name: "发令牌" }).click();
  await page.getByRole("img", { name: new RegExp(name) }).waitFor();
  await act("begin_join", code, await page.locator("textarea").inputValue());
  const asking = page.getByRole("region", { name: `${name} ${code}` }).filter({ hasText: "等待核对" });
  await asking.waitFor({ timeout: 60000 });
  return { asking, fingerprint: (await asking.getByRole("listitem").allTextContents()).join(" ") };
}

export const steps = {
  "a county off line is told on the first screen, with its cure, and its figures keep their moment": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/map");
    await settled(page);
    await act("cut");
    await sentence(page, /林周县离线/);
    const shared = page.getByRole("link", { name: "按此时点看" });
    need(/^\/map\?at=\d{4}-\d\d-\d\dT[\d:]{8}Z$/.test(await shared.getAttribute("href")), "the moment that all have reached is no address");
    const card = page.locator("aside li", { hasText: "林周县" });
    await card.getByText("terrace doctor").waitFor();
    await shot(page, "cut-map");
    await accessible(page, "map with a county off line");
    await card.getByRole("link").last().click();
    await sentence(page, /林周县自 .* 离线/);
    await page.getByText("此处不可知").first().waitFor();
    await shot(page, "cut-division");
    await page.goto("/ops/links");
    const past = page.getByRole("group", { name: "线路断开的经过" });
    await past.getByRole("row", { name: /林周县 – 拉萨市 离线/ }).first().waitFor();
    await page.getByRole("group", { name: "链路", exact: true }).getByRole("row", { name: /林周县/ }).waitFor();
    await shot(page, "cut-links");
    await accessible(page, "links with one down");
    await act("heal");
    await past.getByRole("row", { name: /林周县 – 拉萨市 已恢复/ }).first().waitFor();
    await page.goto("/map");
    await sentence(page, "5 个区划全部送达。");
    await close(page, "operator");
  },

  "the county sees its own link down, and works on": async () => {
    const page = await open("540121", { user: "扎西" });
    await act("cut");
    await page.goto("/map");
    await sentence(page, /与拉萨市断开.*可照常办理/);
    await shot(page, "cut-county");
    await act("heal");
    await sentence(page, /与上级相通/);
    await close(page, "county");
  },

  "a feed that is cut turns the as-of amber after five seconds": async () => {
    const page = await open("540000", { user: "卓玛" });
    page.allowed.push(/ERR_FAILED|Failed to load/);
    await page.goto("/map");
    await settled(page);
    await page.context().route("**/api/v1/**", (route) => route.abort());
    await page.locator(".feed.late", { hasText: "正在重连" }).waitFor();
    await page.context().unroute("**/api/v1/**");
    await page.locator(".feed.late").waitFor({ state: "detached" });
    await close(page, "feed");
  },

  "the tree and the list are walked with the keyboard alone": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/map");
    await settled(page);
    await page.locator("[role=treeitem]").first().focus();
    for (const key of ["ArrowRight", "ArrowRight", "Enter"]) {
      await page.keyboard.press(key);
    }
    await sentence(page, /林周县/);
    await page.goto("/map?view=list");
    await page.locator("[role=treegrid] tbody tr").first().focus();
    await page.keyboard.press("ArrowLeft");
    need(await page.locator("[role=treegrid] tbody tr").count() === 1, "left does not close the row");
    await page.keyboard.press("ArrowRight");
    need(await page.locator("[role=treegrid] tbody tr").count() === 5, "right does not open it");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.keyboard.type("540202");
    await page.keyboard.press("Enter");
    await sentence(page, /桑珠孜区/);
    await close(page, "keyboard");
  },

  "an invitation is text and a QR code; a link is paused and resumed": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/ops/join");
    await settled(page);
    await page.getByLabel("区划代码").fill("540300");
    await page.getByLabel("区划名称").fill("昌都市");
    await page.getByLabel(/可再邀请的范围/).fill("5403*， !540321*");
    await page.getByRole("button", { name: "发令牌" }).click();
    await page.getByRole("img", { name: /昌都市/ }).waitFor();
    need((await page.locator("textarea").inputValue()).startsWith("TERRACE1-"), "no token");
    const listed = JSON.parse((await act("run", "540000", "--json", "invite", "--list", { user: "卓玛" })).out);
    need(listed.rows.find(({ division }) => division === "540300")?.may_grant.join() === "5403*,!540321*", "its list is not the one that was typed");
    await shot(page, "invited");
    await accessible(page, "an invitation");
    await page.goto("/ops/links?show=direct");
    await settled(page);
    const links = page.getByRole("group", { name: "链路", exact: true });
    await links.getByRole("row", { name: /日喀则市/ }).getByRole("button", { name: "暂停…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "暂停…" }).click();
    await links.getByRole("row", { name: /日喀则市/ }).getByText("已暂停").waitFor();
    await links.getByRole("row", { name: /日喀则市/ }).getByRole("button", { name: "恢复…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "恢复…" }).click();
    await links.getByRole("row", { name: /日喀则市/ }).getByText("相通").waitFor();
    await page.goto("/ops/store");
    await page.getByRole("button", { name: "现在复核" }).click();
    await page.getByText("全部相符。").waitFor();
    await close(page, "operations");
  },

  "who comes with a held invitation is compared group by group, and let in or refused": async () => {
    const page = await open("540000", { user: "卓玛" });
    const first = await asks(page, "540400", "林芝市");
    need(/^([0-9A-F]{4} ){7}[0-9A-F]{4}$/.test(first.fingerprint), `no eight groups: ${first.fingerprint}`);
    await shot(page, "asks-to-join");
    await accessible(page, "somebody asks to join");
    await page.goto("/map");
    await page.locator("aside li", { hasText: "林芝市 540400 申请入网" }).waitFor();
    await page.goto("/ops/links");
    need((await act("end_join", { kill: true })).err.includes(first.fingerprint), "the other screen shows other groups");
    await page.getByRole("button", { name: "八组都相同，准入" }).click();
    await page.getByText("已准入").first().waitFor();
    need((await act("run", "540000", "invite", "--withdraw", "540400", { user: "卓玛" })).code === 0, "not withdrawn");
    const second = await asks(page, "540401", "巴宜区");
    await second.asking.getByRole("button", { name: "有不同，拒绝" }).click();
    await second.asking.waitFor({ state: "detached", timeout: 30000 });
    const ended = await act("end_join");
    need(ended.code === 1, `a refused join ends with ${ended.code}: ${ended.err}`);
    await page.goto("/ops/events");
    await page.getByRole("row", { name: /邀请入网.*昌都市/ }).waitFor();
    await page.getByRole("row", { name: /被拒.*巴宜区|被拒.*540401/ }).first().waitFor();
    await shot(page, "events");
    await close(page, "asking to join");
  },

  "an alarm is silenced until a time, counts on, and is heard again": async () => {
    await act("floor", "540121", 0.5);
    const page = await open("540121", { user: "扎西" });
    await page.goto("/map");
    const todo = page.locator("aside li", { hasText: "MiB" });
    await todo.waitFor({ timeout: 60000 });
    await page.goto("/ops/alarms");
    const item = page.getByRole("listitem").filter({ hasText: "MiB" });
    await item.getByRole("button", { name: "静音…" }).click();
    await page.getByLabel("多久").selectOption("24");
    await accessible(page, "silencing an alarm");
    await page.getByRole("dialog").getByRole("button", { name: /^静音至/ }).click();
    await item.getByText(/已静音至 .*扎西/).waitFor();
    await shot(page, "silenced");
    await page.goto("/map");
    await settled(page);
    await page.getByText("没有要处理的事").or(page.locator("aside .empty")).first().waitFor();
    need(await todo.count() === 0, "what is silent is still to be done");
    await page.goto("/ops/alarms");
    await item.getByRole("button", { name: "取消静音" }).click();
    await item.getByRole("button", { name: "静音…" }).waitFor();
    await close(page, "silence"); // before its node stops for a moment
    await act("floor", "540121", 0);
  },

  "a program gets a token once, and loses it": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/people/tokens");
    await settled(page);
    await page.getByRole("button", { name: "发令牌" }).click();
    await page.getByRole("dialog").getByLabel("程序名称").fill("budget-export");
    await page.getByRole("dialog").getByRole("checkbox").first().check();
    await page.getByRole("dialog").getByRole("button", { name: "发令牌" }).click();
    await page.getByRole("dialog").locator("textarea").waitFor();
    need((await page.getByRole("dialog").locator("textarea").inputValue()).startsWith("tk_"), "no token");
    await accessible(page, "a token");
    await page.getByRole("dialog").getByRole("button", { name: "关闭" }).last().click();
    await shot(page, "token");
    await page.getByRole("button", { name: "吊销budget-export" }).click();
    await page.getByText("还没有程序令牌。").waitFor();
    await close(page, "tokens");
  },

  "an auditor reads who did what, and whether the chain is whole": async () => {
    const page = await open("540000", { user: "央金" });
    await page.goto("/people/audit");
    await page.getByText("链条完整。").waitFor();
    await page.getByRole("row", { name: /卓玛/ }).first().waitFor();
    await shot(page, "audit");
    await accessible(page, "audit");
    await close(page, "audit");
  },

  "a user is added, told in a sentence, and ended": async () => {
    const page = await open("540000", { user: "卓玛" });
    await page.goto("/people/users");
    await settled(page);
    await page.getByRole("button", { name: "增加用户" }).click();
    await page.getByRole("dialog").getByLabel("姓名").fill("边巴");
    await page.getByRole("dialog").getByLabel(/初始密码/).fill("password-of-边巴");
    await shot(page, "adding-user");
    await accessible(page, "adding a user");
    await page.getByRole("dialog").getByRole("button", { name: "增加用户" }).click();
    const row = page.getByRole("row", { name: /边巴/ });
    await row.getByText("提交单据，由另一人审核").waitFor();
    await row.getByRole("button", { name: "停用…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "停用…" }).click();
    await row.getByText("停用", { exact: true }).waitFor();
    await page.getByRole("link", { name: "来历" }).click();
    const chain = page.getByRole("row", { name: /边巴/ });
    await chain.filter({ hasText: "停用" }).filter({ hasText: "卓玛" }).waitFor();
    need(await chain.count() === 2, "added and ended are two entries");
    need(/录入/.test(await chain.first().innerText()), "the first is not his entry");
    await shot(page, "chains");
    await accessible(page, "where persons come from");
    await close(page, "people");
  },
};
