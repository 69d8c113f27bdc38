// Persons: what one admin signs waits for another, who signs it, or says no; whose word each person is.
import { act, accessible, need } from "../browser.mjs";
import { at, FIRST, go, leave, panel, SECOND } from "./people.mjs";

const waiting = (page) => panel(page, "待第二名管理员");

/** Proposes to end him. */
async function end(page, name) {
  await page.getByRole("row", { name: new RegExp(name) }).getByRole("button", { name: "停用…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "停用…" }).click();
  await waiting(page).getByRole("row", { name: new RegExp(name) }).waitFor();
}

const chainOf = async (name) => JSON.parse((await act("run", "540000", "--json", "user", "show", name)).out).rows;

export const steps = {
  "a person whom one admin entered is nobody until the other has signed": async () => {
    const first = await at("/people/users"), second = await at("/people/users", SECOND);
    const his = waiting(first).getByRole("row", { name: /边巴/ });
    await his.getByRole("button", { name: "撤回" }).waitFor();
    need(await his.getByRole("button", { name: "审批" }).count() === 0, "who asked may sign twice");
    need(await first.locator("td b", { hasText: "边巴" }).count() === 1, "he is among the users already");
    await accessible(second, "a person who waits");
    await waiting(second).getByRole("row", { name: new RegExp(`边巴.*${FIRST}`) }).getByRole("button", { name: "审批" }).click();
    await panel(second, "用户").getByRole("row", { name: new RegExp(`边巴.*启用.*${FIRST}和${SECOND}|边巴.*启用.*${SECOND}和${FIRST}`) }).waitFor();
    need(await waiting(second).count() === 0, "it still waits");
    const [entry] = await chainOf("边巴");
    need(entry.counts && [FIRST, SECOND].every((name) => entry.by.includes(name)), JSON.stringify(entry));
    await go(second, "/people/chains");
    const row = second.getByRole("row", { name: /边巴/ });
    need(/录入/.test(await row.innerText()) && (await row.innerText()).includes(`${entry.key.slice(0, 4)}…${entry.key.slice(-4)}`), await row.innerText());
    for (const founder of [FIRST, SECOND]) {
      await second.getByRole("row", { name: new RegExp(`${founder}.*首任管理员.*授权书载明`) }).waitFor();
    }
    await leave(first, second);
  },

  "what one admin asks for he takes back, and another may say no": async () => {
    const first = await at("/people/users"), second = await at("/people/users", SECOND);
    await end(first, "边巴");
    await waiting(first).getByRole("button", { name: "撤回" }).click();
    await waiting(first).waitFor({ state: "detached" });
    await end(first, "边巴");
    await go(second, "/people/users");
    await waiting(second).getByRole("button", { name: "退回" }).click();
    await waiting(second).waitFor({ state: "detached" });
    await panel(second, "用户").getByRole("row", { name: /边巴.*启用/ }).waitFor();
    need((await chainOf("边巴")).length === 1, "his chain has a link that nobody signed twice");
    await leave(first, second);
  },

  "of persons whom no admin signed the chain says so, and of whom": async () => {
    const page = await at("/people/chains");
    await page.getByLabel("区划").selectOption("540200");
    for (const name of ["mallory", "eve"]) {
      await page.getByRole("row", { name: new RegExp(`${name}.*没有管理员签名`) }).waitFor();
    }
    for (const founder of ["达娃", "格桑"]) {
      await page.getByRole("row", { name: new RegExp(`${founder}.*首任管理员`) }).waitFor();
    }
    await leave(page);
  },
};
