// Every page opens, in both languages and themes, on a desk and on a phone.
import { accessible, close, DESK, need, open, PHONE, settled, shot } from "../browser.mjs";

const PAGES = {
  map: "/map", "map-list": "/map?view=list", "map-backlog": "/map?lens=backlog", "map-money": "/map?lens=money", "map-overdue": "/map?lens=overdue", division: "/map/540121",
  links: "/ops/links?show=all", alarms: "/ops/alarms", "alarms-past": "/ops/alarms?history=1", join: "/ops/join", keys: "/ops/keys",
  store: "/ops/store", config: "/ops/config", sessions: "/ops/sessions", events: "/ops/events", users: "/people/users", tokens: "/people/tokens", chains: "/people/chains", help: "/help", "help-word": "/help/payment", find: "/find?q=54", "no-page": "/nowhere",
};

const HAN = /[\u4e00-\u9fff]/;
const LOOKS = [["zh", "light", DESK], ["en", "light", DESK], ["zh", "dark", DESK], ["en", "dark", DESK],
  ["zh", "light", PHONE], ["en", "dark", PHONE]];

/** What makes a page wider than its screen, or null. */
const widest = (page) => page.evaluate(() => {
  if (document.documentElement.scrollWidth <= innerWidth) { return null; }
  const scrolls = (element) => element !== null && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
  return [...document.querySelectorAll("#main *")].filter((element) => !scrolls(element.parentElement) && element.getBoundingClientRect().right > innerWidth)
    .map((element) => `${element.tagName} ${element.getAttribute("class")}`).join(", ");
});

async function everyPage(language, theme, size) {
  const page = await open("540000", { user: "卓玛", language, theme, size });
  const look = `${language}-${theme}-${size.width}`;
  for (const [name, address] of Object.entries(PAGES)) {
    await page.goto(address);
    await settled(page);
    need((await page.locator("#main").innerText()).trim() !== "", `${address}: empty`);
    need(await widest(page) === null, `${address} ${look}: wider than the screen: ${await widest(page)}`);
    const untold = await page.evaluate(() => document.body.innerText.match(/\bconsole\.[a-z_.]+/)?.[0]);
    need(untold === undefined || untold === null, `${address}: a code without its words: ${untold}`);
    if (language === "en") {
      const heading = await page.locator(".card-head h2").allInnerTexts();
      need(!heading.some((text) => HAN.test(text) && !address.startsWith("/map/")), `${address}: Chinese in an English page: ${heading}`);
    }
    await shot(page, `${name}-${look}`);
    await accessible(page, `${address} ${look}`);
  }
  await close(page, look);
}

export const steps = Object.fromEntries(LOOKS.map(([language, theme, size]) =>
  [`every page opens: ${language}, ${theme}, ${size.width}`, () => everyPage(language, theme, size)]));
