// people - who works at the region, and pages of theirs.
import { close, open, quiet, settled } from "../browser.mjs";

export const REGION = "540000", CITY = "540100", OTHER = "540200", FORKED = "540121", RECOVERED = "540122", AWAY = "540123", REVOKED = "540124";
export const FIRST = "卓玛", SECOND = "扎西", MAKER = "次仁", CHECKER = "旺堆", AUDITOR = "央金";

/** His page at this address. */
export async function at(address, user = FIRST, options = {}, division = REGION) {
  const page = await open(division, { user, ...options });
  await go(page, address);
  return page;
}

export async function go(page, address) {
  await page.goto(address);
  await settled(page);
  await quiet(page);
}

/** The card with this head. */
export const panel = (page, title) => page.locator("section.card").filter({ has: page.getByRole("heading", { level: 2, name: title, exact: true }) });

export async function leave(...pages) {
  for (const page of pages) {
    await close(page, page.url());
  }
}
