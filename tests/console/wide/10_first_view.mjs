// A region with all of its 81 divisions: the first view, and what stands there.
import { accessible, close, need, open, settled, shot } from "../browser.mjs";
import { ADMIN, firstViews } from "./views.mjs";

const REGION = "540000";
const ALL = 82;

export const steps = {
  "the first view of 82 divisions comes within a second": () =>
    firstViews(REGION, `${ALL} divisions`, "[role=treeitem]", ALL, { most: 1000 }),

  "82 divisions stand on one screen, in both themes": async () => {
    for (const theme of ["light", "dark"]) {
      const page = await open(REGION, { user: ADMIN, theme, size: { width: 1366, height: 900 } });
      await page.goto("/map");
      await page.locator("[role=treeitem]").nth(ALL - 1).waitFor();
      await settled(page);
      const rows = await page.locator("[role=treeitem]").count();
      need(rows === ALL, `${rows} divisions`);
      await page.getByText("82 个区划全部送达").waitFor();
      await page.getByRole("treeitem", { name: /^双湖县/ }).waitFor();
      await shot(page, `map-82-${theme}`);
      await accessible(page, `82 divisions, ${theme}`);
      await close(page, `82 divisions, ${theme}`);
    }
  },
};
