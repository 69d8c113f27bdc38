// office - what the steps of an office share: its persons' pages, and what they do on them.
import { close, need, open, settled } from "../browser.mjs";

export const COUNTY = "540121";
export const MAKER = "卓玛", SECOND = "次仁", CHECKER = "旺堆", ADMIN = "扎西";

/** Somebody's page of what waits. */
export async function desk(name, options = {}) {
  const page = await open(COUNTY, { user: name, ...options });
  await page.goto("/work");
  await settled(page);
  return page;
}

export const says = (page, text) => page.getByText(text).first().waitFor();

/** Chooses in a field with type-ahead: types, and clicks what it offers. */
export async function choose(page, label, typed, offered) {
  const field = page.getByLabel(label).first();
  await field.click();
  await field.fill(typed);
  await page.getByRole("option", { name: offered }).first().click();
}

/** Opens every unusual document, as a checker must. */
export async function seeUnusual(page) {
  await says(page, "签的就是这个");
  const next = page.getByRole("button", { name: /看下一笔/ });
  while (await next.count() > 0) {
    await next.click();
  }
}

/** What waits under this name is looked at, counted and approved. */
export async function approve(page, name, count) {
  await page.goto("/work");
  await page.getByRole("link", { name }).first().click();
  await says(page, "审核这一批");
  await seeUnusual(page);
  await page.getByLabel("输入笔数，确认看过").fill(String(count));
  await page.getByRole("button", { name: `通过 ${count} 笔` }).click();
  await says(page, `已通过 ${count} 笔`);
}

export async function handIn(page) {
  const button = page.getByRole("button", { name: "交审核" });
  await page.waitForFunction(() => [...document.querySelectorAll("button.primary")].some((one) => one.textContent === "交审核" && one.getAttribute("aria-disabled") === "false"));
  await button.click();
  await says(page, /已交审核/);
}

/** Presses the button, and again in the dialog that asks. */
export async function sure(page, name) {
  await page.getByRole("button", { name }).first().click();
  await page.getByRole("dialog").locator("button.danger").click();
}

export async function leave(...pages) {
  for (const page of pages) {
    await close(page, page.url());
  }
}

export { need };
