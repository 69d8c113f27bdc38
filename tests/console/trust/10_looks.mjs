// What happened is seen, and who is waited for, in both languages and themes, on a desk and on a phone.
import { act, LOOKS, looked, need } from "../browser.mjs";
import { at, CITY, FIRST, FORKED, go, leave, panel, REGION } from "./people.mjs";

const PAGES = {
  [REGION]: {
    map: "/map", keys: "/ops/keys", join: "/ops/join", users: "/people/users", chains: "/people/chains?division=540200", unapproved: "/people/unapproved",
    forked: "/map/540121", recovered: "/map/540122", revoked: "/map/540124", "made-up": "/map/540200", money: "/money/540000",
  },
  [CITY]: { "city-links": "/ops/links", "city-own": "/map/540100", "city-keys": "/ops/keys" },
  [FORKED]: { "county-map": "/map", "county-own": "/map/540121" },
};

async function everyPage(look) {
  for (const [division, pages] of Object.entries(PAGES)) {
    const page = await at("/map", FIRST, look, division);
    for (const [name, address] of Object.entries(pages)) {
      await go(page, address);
      await looked(page, `trust-${name}`, look);
    }
    await leave(page);
  }
}

/** Of who was invited, and comes later. */
export const tokens = {};

export const steps = {
  "one admin enters a person and invites three divisions, and another is waited for": async () => {
    const page = await at("/people/users");
    await page.getByRole("button", { name: "增加用户" }).click();
    await page.getByRole("dialog").getByLabel("姓名").fill("边巴");
    await page.getByRole("dialog").getByLabel(/初始密码/).fill("known-to-him-alone");
    await page.getByRole("dialog").getByRole("button", { name: "增加用户" }).click();
    await panel(page, "待第二名管理员").getByRole("row", { name: /边巴/ }).waitFor();
    for (const [code, name, isHeld] of [["540500", "山南市", false], ["540600", "那曲市", true], ["540700", "阿里地区", false]]) {
      await go(page, "/ops/join");
      await page.getByLabel("区划代码").fill(code);
      await page.getByLabel("区划名称").fill(name);
      await page.getByLabel("准入前须电话核对指纹").setChecked(isHeld);
      await page.getByRole("button", { name: "发令牌" }).click();
      await page.getByRole("img", { name: new RegExp(name) }).waitFor();
      tokens[code] = await page.locator("textarea").inputValue();
    }
    await act("begin_join", "540600", tokens["540600"]);
    const held = page.getByRole("region", { name: "那曲市 540600" });
    await held.getByRole("listitem").first().waitFor();
    need(await held.getByRole("button", { name: "八组都相同，准入" }).count() === 0, "who invited may let them in himself");
    await leave(page);
  },
  ...Object.fromEntries(LOOKS.filter(({ isChecked }) => isChecked).map((look) => [`what happened is seen: ${look.name}`, () => everyPage(look)])),
};
