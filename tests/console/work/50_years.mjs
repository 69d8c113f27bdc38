// A year as its office sees it, what may follow on a document, and forms whose fields hang on each other.
import { accessible, act, shot } from "../browser.mjs";
import { CHECKER, COUNTY, desk, leave, MAKER, need, says } from "./office.mjs";

export const steps = {
  "a division shows its years and all that hinders closing one": async () => {
    const page = await desk(MAKER);
    await page.goto(`/map/${COUNTY}`);
    const year = page.locator("section.year").filter({ hasText: "2026" }).first();
    await year.getByText("已开账").first().waitFor();
    await year.getByText("尚有未了事项：").waitFor();
    const told = JSON.parse((await act("terrace", COUNTY, "--json", "years", "--year", "2026")).out).years[0];
    need(await year.locator("ul.items li").count() === told.hindrances.length, `${told.hindrances.length} things hinder it`);
    await year.scrollIntoViewIfNeeded();
    await shot(page, "work-years");
    await accessible(page, "years of a division");
    await year.getByRole("link", { name: "年结", exact: true }).click();
    await says(page, "年结、月结");
    need(await page.getByLabel("预算年度").inputValue() === "2026", "the form is of another year");
    await leave(page);
  },

  "who makes no documents is offered none": async () => {
    const page = await desk(CHECKER);
    await page.goto(`/map/${COUNTY}`);
    await page.locator("section.year").first().getByText("已开账").first().waitFor();
    need(await page.locator("section.year").getByRole("link", { name: "年结", exact: true }).count() === 0, "a checker may close a year");
    await leave(page);
  },

  "a document offers what may follow, and its form knows what it is about": async () => {
    const page = await desk(MAKER);
    await page.goto(`/doc/${COUNTY}/AL1`);
    await says(page, "后续办理");
    for (const name of ["支付申请", "调剂", "冻结", "结转", "注销"]) {
      await page.getByRole("link", { name, exact: true }).first().waitFor();
    }
    await shot(page, "work-offers");
    await page.getByRole("link", { name: "结转", exact: true }).first().click();
    await says(page, "结转");
    await page.waitForFunction(() => document.getElementById("field-bgt_id")?.value !== "");
    await shot(page, "work-carry");
    await leave(page);
  },

  "a refund is about one of two things": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/new/refund");
    await page.getByLabel("事由").first().fill("多付退回");
    await page.getByLabel("金额").first().fill("5.00");
    await page.keyboard.press("Control+Enter"); // what cannot be handed in is no button to click
    await says(page, /以下只填一项：支付申请编号或指标编号。/);
    await shot(page, "work-refund");
    await leave(page);
  },
};
