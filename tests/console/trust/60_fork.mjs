// A fork: both branches with what each says, and that its author has stopped.
import { accessible, act, need, shot } from "../browser.mjs";
import { at, AUDITOR, CHECKER, CITY, FIRST, FORKED, go, leave, MAKER, panel, REGION } from "./people.mjs";

const PATIENCE_MS = 180_000;

/** What the author lists of the other branch, once it goes on. */
async function listed() {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((resume) => setTimeout(resume, 200))) {
    const { code, out } = await act("run", FORKED, "--json", "evidence", { user: FIRST });
    const rows = code === 0 ? JSON.parse(out).rows : [];
    if (rows.length > 0) {
      return rows;
    }
  }
  throw new Error("the author lists nothing of the other branch");
}

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

  "what the other branch said is listed at its author once it goes on, and a maker hands it in again": async () => {
    const { id } = JSON.parse((await act("run", REGION, "--json", "confirm", FORKED, "--yes", "--reason", "以市级所存为准", { user: MAKER })).out);
    await act("run", REGION, "approve", id, { user: CHECKER });
    const rows = await listed();
    const open = rows.filter(({ state }) => state === "to_offer");
    need(open.length > 0 && open.length === rows.length, JSON.stringify(rows.slice(0, 3)));
    const made = await act("run", FORKED, "user", "add", MAKER, "--role", "maker", { user: FIRST });
    need(made.code === 0, made.err);
    const watching = await at("/ops/store", FIRST, {}, FORKED);
    const seen = panel(watching, "续接点之后的原有单据");
    await seen.getByText(`其中 ${open.length} 笔由经办人重新提交。`).waitFor();
    need(await seen.getByRole("button").count() === 0, "who is no maker may hand it in");
    const page = await at("/work", MAKER, {}, FORKED);
    await page.getByRole("link", { name: `本级日志原有 ${open.length} 笔单据待重新提交` }).click();
    const card = panel(page, "续接点之后的原有单据");
    const first = await card.getByRole("row", { name: new RegExp(open[0].id) }).innerText();
    for (const word of [`第 ${open[0].epoch} 任期，序号 ${open[0].lsn}`, shown(open[0].amount), "待重新提交"]) {
      need(first.includes(word), `${word}: ${first}`);
    }
    await accessible(page, "what stood behind");
    await card.getByRole("button", { name: `重新提交 ${open.length} 笔…` }).click();
    await page.getByRole("dialog").getByText(/批次名为 evidence/).waitFor();
    await accessible(page, "handing it in again");
    await shot(page, "trust-evidence");
    await page.getByRole("dialog").getByRole("button", { name: "重新提交" }).click();
    await card.getByText(`已重新提交 ${open.length} 笔，余 0 笔下次提交。`).waitFor();
    await card.getByText(`${open.length} 笔已重新入账或由节点重写。`).waitFor();
    await page.getByRole("link", { name: `本级日志原有 ${open.length} 笔单据待重新提交` }).waitFor({ state: "detached" });
    const english = await at("/work?at=evidence", MAKER, { language: "en" }, FORKED);
    await panel(english, "Behind the place where the log goes on").getByText(`${open.length} are entered again, or written anew by the node.`).waitFor();
    await go(english, "/work");
    await leave(watching, page, english);
  },
};
