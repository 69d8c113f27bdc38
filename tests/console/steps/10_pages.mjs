// Every page opens, in both languages and themes, on a desk and on a phone.
import { close, LOOKS, looked, need, open, quiet, settled } from "../browser.mjs";

const PAGES = {
  map: "/map", "map-list": "/map?view=list", "map-backlog": "/map?lens=backlog", "map-money": "/map?lens=money", "map-overdue": "/map?lens=overdue", division: "/map/540121",
  links: "/ops/links?show=all", alarms: "/ops/alarms", "alarms-past": "/ops/alarms?history=1", join: "/ops/join", keys: "/ops/keys",
  store: "/ops/store", config: "/ops/config?show=all", sessions: "/ops/sessions", webhooks: "/ops/webhooks", events: "/ops/events", users: "/people/users", chains: "/people/chains", unapproved: "/people/unapproved", help: "/help", "help-word": "/help/payment",
  "help-found": "/help?q=%E6%94%AF%E4%BB%98", find: "/find?q=54", "find-nothing": "/find?q=zzz", "no-page": "/nowhere",
};

const HAN = /[\u4e00-\u9fff]/;

async function everyPage(look) {
  const page = await open("540000", { user: "卓玛", ...look });
  page.allowed.push(/404/); // nothing is called so
  for (const [name, address] of Object.entries(PAGES)) {
    await page.goto(address);
    await settled(page);
    await quiet(page);
    need((await page.locator("#main").innerText()).trim() !== "", `${address}: empty`);
    if (look.language === "en") {
      const heading = await page.locator(".card-head h2").allInnerTexts();
      need(!heading.some((text) => HAN.test(text) && !address.startsWith("/map/")), `${address}: Chinese in an English page: ${heading}`);
    }
    await looked(page, name, look);
  }
  await close(page, look.name);
}

export const steps = Object.fromEntries(LOOKS.map((look) => [`every page opens: ${look.name}`, () => everyPage(look)]));
