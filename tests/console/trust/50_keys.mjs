// New keys on their way, and keys that are over: who still has to hear of the new ones; who revoked, why,
// and up to where the log stands.
import { act, need } from "../browser.mjs";
import { at, AWAY, CITY, FIRST, go, leave, panel, REVOKED } from "./people.mjs";

const rotation = async () => JSON.parse((await act("run", CITY, "--json", "status", { user: FIRST })).out).rotation;

export const steps = {
  "the former key listens until everybody below knows: who does not is named, and whoever is revoked is not waited for": async () => {
    const page = await at("/ops/links", FIRST, {}, CITY);
    const card = panel(page, "本节点换钥");
    await card.getByText("原密钥仍在监听").waitFor();
    await card.getByRole("link", { name: "尼木县" }).waitFor();
    need(await card.getByRole("link", { name: "墨竹工卡县" }).count() === 0, "a revoked county is waited for");
    need((await rotation()).unknown_to.includes(AWAY), JSON.stringify(await rotation()));
    const links = page.getByRole("group", { name: "链路", exact: true });
    const gone = links.getByRole("row", { name: /墨竹工卡县.*已吊销/ });
    need(await gone.getByRole("button").count() === 0, "the link of a revoked county can be paused");
    await act("start", AWAY);
    await card.getByRole("link", { name: "尼木县" }).waitFor({ state: "detached" });
    await go(page, `/map/${CITY}`);
    await panel(page, "密钥").getByText(/第 2 任期.*链路密钥更换，经原密钥同意/).waitFor();
    await leave(page);
  },

  "of a revoked division everybody reads since when, by whom, why, and up to where it stands": async () => {
    const said = await act("revocation");
    for (const division of ["540000", CITY]) {
      const page = await at(`/map/${REVOKED}`, FIRST, {}, division);
      const card = panel(page, "密钥");
      await card.getByText(/已由西藏自治区吊销/).waitFor();
      const text = await card.innerText();
      for (const word of ["机器被盗", `第 ${said.final_lsn} 条`, `${said.final_hash.slice(0, 4)}…${said.final_hash.slice(-4)}`, "已终止"]) {
        need(text.includes(word), `${division}: ${word}: ${text}`);
      }
      need(!/。。|等待送达/.test(await page.locator("h1").innerText()), await page.locator("h1").innerText());
      await leave(page);
    }
  },
};
