// A county goes past its dead city and back: the county, the region and the city say so, each what it knows of it.
import { accessible, act, need, shot } from "../browser.mjs";
import { at, CITY, COUNTY, leave, panel, REGION } from "./pages.mjs";

const TITLE = "由更高级代为服务";

export const steps = {
  "while its city is dead, the county says who serves it, and the region whom it serves": async () => {
    await act("kill", CITY);
    const county = await at(COUNTY, "/map");
    await county.locator("h1", { hasText: /拉萨市自 .* 起离线，其间由西藏自治区代为服务/ }).waitFor();
    const own = await at(COUNTY, `/map/${COUNTY}`);
    await panel(own, TITLE).getByText(/拉萨市离线，自 .* 起由西藏自治区代为服务。可照常办理/).waitFor();
    const region = await at(REGION, `/map/${COUNTY}`);
    await panel(region, TITLE).getByText(/拉萨市离线，自 .* 起由本节点为林周县代为服务/).waitFor();
    await accessible(region, "a division that is served here");
    await shot(region, "past-served-here");
    const map = await at(REGION, "/map");
    await map.locator("h1", { hasText: /林周县代为服务，自/ }).waitFor();
    await leave(county, own, region, map);
  },

  "once it is back, the city says from when to when, and that it has caught up": async () => {
    await act("enter", COUNTY, "5001");
    await act("start", CITY);
    for (const division of [CITY, REGION]) {
      const page = await at(division, `/map/${COUNTY}`);
      const card = panel(page, TITLE);
      await card.getByText(/至 .*，拉萨市离线，由西藏自治区为林周县代为服务/).waitFor();
      await card.getByText(/所录内容已全部到达，至第 \d+ 条/).waitFor();
      await page.locator(".events").getByText("上级离线，由西藏自治区代为服务。").waitFor();
      await shot(page, `past-caught-up-${division}`);
      await leave(page);
    }
    const links = await at(CITY, "/ops/links", { language: "en" });
    const row = panel(links, "Served past its parent").getByRole("row", { name: /林周县/ });
    await row.getByText("has gone back").waitFor();
    await row.getByText(/All that it entered by then is here, up to entry \d+/).waitFor();
    await accessible(links, "who was served");
    await leave(links);
  },
};
