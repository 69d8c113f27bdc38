// pages - those of this tree, by node and address.
import { close, open, quiet, settled } from "../browser.mjs";

export const REGION = "540000", CITY = "540100", COUNTY = "540121", ADMIN = "卓玛";

/** The admin's page of a node at this address. */
export async function at(division, address, options = {}) {
  const page = await open(division, { user: ADMIN, ...options });
  await page.goto(address);
  await settled(page);
  await quiet(page);
  return page;
}

/** The card with this head. */
export const panel = (page, title) => page.locator("section.card").filter({ has: page.getByRole("heading", { level: 2, name: title, exact: true }) });

export async function leave(...pages) {
  for (const page of pages) {
    await close(page, page.url());
  }
}
