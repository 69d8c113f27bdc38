// A node whose own log is fetched from its neighbours shows whom it waits for, how far it is, and how to go on.
import { accessible, act, need, shot } from "../browser.mjs";
import { at, CITY, COUNTY, leave, panel } from "./pages.mjs";

export const steps = {
  "who has not answered is named, with how to go on without him; then it is over by itself": async () => {
    await act("end", COUNTY);
    await act("end", CITY);
    await act("note", COUNTY, "restored");
    await act("start", COUNTY);
    const page = await at(COUNTY, "/ops/store");
    const card = panel(page, "本节点恢复");
    await card.getByText("等待答复").first().waitFor();
    await card.getByText("尚缺：拉萨市").waitFor();
    const row = card.getByRole("row", { name: /拉萨市/ });
    await row.getByText("尚未答复").waitFor();
    await card.getByText(/\d+ \/ \d+ 条，\d+ %/).waitFor();
    await page.getByRole("alert").filter({ hasText: "本节点的数字暂不可采信" }).waitFor();
    await row.getByRole("button", { name: "略过…" }).click();
    await page.getByRole("dialog").getByText(/放弃只有拉萨市存有且尚未送来的内容/).waitFor();
    await accessible(page, "whom a restored node waits for");
    await shot(page, "past-restored");
    await page.keyboard.press("Escape");
    await act("start", CITY);
    await page.getByRole("alert").filter({ hasText: "暂不可采信" }).waitFor({ state: "detached" });
    need(await card.getByText("尚缺").count() === 0, "somebody is missing still");
    await leave(page);
  },
};
