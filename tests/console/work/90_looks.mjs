// Every page of work, in both languages and themes, on a desk and on a phone.
import { accessible, act, DESK, need, PHONE, shot } from "../browser.mjs";
import { CHECKER, desk, leave, MAKER, says } from "./office.mjs";

const HAN = /[\u4e00-\u9fff]/;
const LOOKS = [["zh", "light", DESK], ["en", "light", DESK], ["zh", "dark", DESK], ["zh", "light", PHONE], ["en", "dark", PHONE]];
const PAGES = {
  inbox: [CHECKER, "/work"], mine: [MAKER, "/work?at=mine"], new: [MAKER, "/work?at=new"], register: [MAKER, "/work?at=register:540000:T31"],
  entry: [MAKER, "/work/new/payment"], allocate: [MAKER, "/work/new/allocate"], import: [MAKER, "/work/import?kind=payment"],
};

async function everyPage(language, theme, size) {
  const look = `${language}-${theme}-${size.width}`;
  const pages = { [CHECKER]: await desk(CHECKER, { language, theme, size }), [MAKER]: await desk(MAKER, { language, theme, size }) };
  for (const [name, [who, address]] of Object.entries(PAGES)) {
    const page = pages[who];
    await page.goto(address);
    await page.waitForLoadState("networkidle");
    await says(page, language === "zh" ? /[\u4e00-\u9fff]/ : /[a-z]/);
    const untold = await page.evaluate(() => document.body.innerText.match(/\bconsole\.[a-z_.]+/)?.[0]);
    need(untold === undefined || untold === null, `${address}: a code without its words: ${untold}`);
    need(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${address} ${look}: wider than the screen`);
    if (language === "en") {
      const heads = await page.locator("legend, .entry h2, .primary, .inbox h2, .approval h2").allInnerTexts();
      need(!heads.some((text) => HAN.test(text)), `${address}: Chinese in an English page: ${heads}`);
    }
    await shot(page, `work-${name}-${look}`);
    await accessible(page, `${address} ${look}`);
  }
  await leave(...Object.values(pages));
}

export const steps = {
  "a batch waits to be looked at": () => act("payments", "PZ", 40, "支付1127.ndjson"),
  ...Object.fromEntries(LOOKS.map(([language, theme, size]) =>
    [`every page of work: ${language}, ${theme}, ${size.width}`, () => everyPage(language, theme, size)])),
};
