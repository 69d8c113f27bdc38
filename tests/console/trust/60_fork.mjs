// A fork: both branches with what each says, and that its author has stopped.
import { accessible, act, need, shot } from "../browser.mjs";
import { at, AUDITOR, CITY, FIRST, FORKED, leave, panel, REGION } from "./people.mjs";

const shown = (amount) => amount.replace(/\B(?=(\d{3})+\.)/g, ",");

export const steps = {
  "at every level both branches are weighed, and the author is said to have stopped": async () => {
    for (const division of [REGION, CITY]) {
      const page = await at(`/map/${FORKED}`, FIRST, {}, division);
      const card = panel(page, "日志的两个分支");
      const { rows } = JSON.parse((await act("run", division, "--json", "fork", { user: FIRST })).out);
      for (const { branch, last_lsn: lsn, documents, complete, amount, hash } of rows.filter(({ division: of }) => of === FORKED)) {
        const text = await card.getByRole("row", { name: branch === "held_here" ? /本节点所存/ : /另一分支/ }).innerText();
        for (const word of [`${lsn}`, complete ? `${documents}` : `至少 ${documents}`, shown(amount), hash.slice(0, 4)]) {
          need(text.includes(word), `${division} ${branch}: ${word}: ${text}`);
        }
      }
      need(/本节点所存/.test(await card.locator("tbody tr").first().innerText()), "what is held here does not stand first");
      await card.getByText("作者已停写").waitFor();
      need(await card.getByRole("button").count() === (division === CITY ? 1 : 0), "only its parent says which branch goes on");
      await page.locator("h1", { hasText: "林周县" }).filter({ hasText: "签了两个不同的数据块" }).waitFor();
      await leave(page);
    }
  },

  "the author itself says that it reads only, and not that one may work on": async () => {
    const page = await at("/map", FIRST, {}, FORKED);
    await page.locator("h1", { hasText: "本节点只可查询" }).waitFor();
    need(!/可照常办理/.test(await page.locator("body").innerText()), "one may work on");
    await leave(page);
  },

  "its parent says which branch goes on, and the level above is asked to confirm it": async () => {
    const page = await at(`/map/${FORKED}`, FIRST, {}, CITY);
    const card = panel(page, "日志的两个分支");
    await card.getByRole("button", { name: "保留本节点所存分支…" }).click();
    await page.getByRole("dialog").getByText(/搁置另一分支的单据：至少 \d+ 笔/).waitFor();
    await accessible(page, "keeping a branch");
    await shot(page, "trust-keeping");
    await page.getByRole("dialog").getByRole("button", { name: "保留此分支" }).click();
    await card.getByText("已授予第 2 任期").waitFor();
    const above = await at("/ops/keys", AUDITOR);
    const asked = panel(above, "待确认的新密钥").getByRole("region", { name: `林周县 ${FORKED}` });
    await asked.getByText("第 2 任期").waitFor();
    await asked.getByText("密钥未变").waitFor();
    need(await asked.getByRole("list").count() === 1, "keys that are the same are shown as two");
    await shot(above, "trust-kept");
    await leave(page, above);
  },
};
