// A node whose own log is fetched from its neighbours shows whom it waits for, how far it is, and how to go on.
import { accessible, act, need, PATIENCE_MS, shot } from "../browser.mjs";
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
    await leave(page);
    await act("start", CITY);
    let state = "";
    for (const until = Date.now() + PATIENCE_MS; state !== "whole" && Date.now() < until;) {
      const { code, out } = await act("run", COUNTY, "--json", "resync");
      state = code === 0 ? JSON.parse(out).state : "";
    }
    need(state === "whole", `it is ${state} still`);
    const after = await at(COUNTY, "/ops/store");
    await panel(after, "本节点恢复").getByText("完整").first().waitFor();
    need(await after.getByText("暂不可采信").count() === 0, "its figures are said to be not whole");
    await leave(after);
  },
};
