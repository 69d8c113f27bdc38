// A city whose store is damaged only reads: it says so above every page, and its county hears it from the city itself.
import { accessible, act, need, shot } from "../browser.mjs";
import { at, CITY, COUNTY, leave, panel } from "./pages.mjs";

export const steps = {
  "no page of a damaged node shows a figure as if it were sound": async () => {
    await act("end", CITY);
    await act("note", CITY, "damaged");
    await act("start", CITY);
    for (const address of ["/map", `/money/${CITY}`, `/map/${COUNTY}`]) {
      const page = await at(CITY, address);
      await page.getByRole("alert").getByText("本节点的数字暂不可采信").waitFor();
      need(await page.locator(".as-of:not(.late)").count() === 0, `${address}: a figure has a moment as if it were sound`);
      await leave(page);
    }
    const store = await at(CITY, "/ops/store");
    await panel(store, "本节点恢复").getByText("本节点只可查询，不参与收发").waitFor();
    await store.locator("h1", { hasText: "本节点数字不完整" }).waitFor();
    await accessible(store, "a damaged node");
    await shot(store, "past-damaged");
    await leave(store);
  },

  "its county says that it is damaged, and by whom it is served meanwhile": async () => {
    const page = await at(COUNTY, "/map");
    await page.locator("h1", { hasText: /拉萨市存储已损坏，只可查询；自 .* 起由西藏自治区代为服务/ }).waitFor();
    await page.goto(`/map/${COUNTY}`);
    await panel(page, "由更高级代为服务").getByText("拉萨市称其存储已损坏，只可查询").waitFor();
    await shot(page, "past-parent-damaged");
    await leave(page);
    await act("end", CITY);
    await act("mend", CITY);
    await act("start", CITY);
  },
};
