// A recovery: held and not counted until two persons have compared its keys, and counted then.
import { act, accessible, need, shot } from "../browser.mjs";
import { at, AUDITOR, CHECKER, CITY, FIRST, go, leave, MAKER, panel, RECOVERED } from "./people.mjs";

const COUNTY = `当雄县 ${RECOVERED}`;
const recoveries = (page) => panel(page, "待确认的新密钥").getByRole("region", { name: COUNTY });
const told = async () => JSON.parse((await act("run", "540000", "--json", "confirm", "--list")).out).rows.find(({ division }) => division === RECOVERED);
const fingerprint = (page, which) => recoveries(page).getByRole("list", { name: which }).getByRole("listitem").allTextContents().then((groups) => groups.join(" "));

async function confirm(page) {
  await recoveries(page).getByRole("button", { name: "确认…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("八组均已电话核对").check();
  await dialog.getByLabel(/如何核对/).fill("电话核对，县财政局局长");
  await accessible(page, "confirming");
  await shot(page, "trust-confirming");
  await dialog.getByRole("button", { name: "八组都相同，确认" }).click();
  await recoveries(page).getByText(`${MAKER}已提出`).waitFor();
}

export const steps = {
  "a recovery shows both keys, its granter, what waits, and that no figure is made of it": async () => {
    const page = await at(`/map/${RECOVERED}`, AUDITOR);
    const row = await told();
    need(await fingerprint(page, "原密钥") === row.former_fingerprint && await fingerprint(page, "新密钥") === row.fingerprint, JSON.stringify(row));
    const text = await recoveries(page).innerText();
    for (const word of ["拉萨市", `${row.waiting.documents} 笔`, "最早", `第 ${row.base_lsn} 条之后`, `terrace revoke ${RECOVERED}`]) {
      need(text.includes(word), `${word}: ${text}`);
    }
    need(await recoveries(page).getByRole("button").count() === 0, "an auditor has buttons");
    await page.locator("h1", { hasText: "当雄县的第 2 任期等待西藏自治区的两人确认" }).waitFor();
    need(/还没有支付/.test(await panel(page, "最近的支付").innerText()), "payments under the new keys are counted");
    await leave(page);
  },

  "an objection of who had the keys before stands above them, as an alarm": async () => {
    const page = await at("/map");
    await page.route("**/api/v1/recoveries*", async (route) => {
      const answer = await (await route.fetch()).json();
      answer.rows.forEach((row) => { row.objection = { reason: "impersonated", said: row.since, by: CITY, since: row.since }; });
      await route.fulfill({ json: answer });
    });
    await go(page, "/ops/keys");
    await recoveries(page).getByRole("alert").getByText("有人冒名").waitFor();
    need(/拉萨市/.test(await recoveries(page).getByRole("alert").innerText()), await recoveries(page).getByRole("alert").innerText());
    await shot(page, "trust-objection");
    await accessible(page, "an objection");
    await leave(page);
  },

  "one person's word waits; another says no, then both say yes, and it counts": async () => {
    const maker = await at("/ops/keys", MAKER), checker = await at(`/map/${RECOVERED}`, CHECKER);
    need(await recoveries(checker).getByRole("button").count() === 0, "there is nothing to sign yet");
    await confirm(maker);
    need((await told()).here, "one person's word was enough");
    need(await recoveries(maker).getByRole("button", { name: "八组都相同，签署" }).count() === 0, "he may sign twice");
    await go(checker, `/map/${RECOVERED}`);
    await recoveries(checker).getByRole("button", { name: "有不同，不签" }).click();
    await recoveries(checker).getByText("已提出").waitFor({ state: "detached" });
    await go(maker, "/ops/keys");
    await confirm(maker);
    await recoveries(maker).getByRole("button", { name: "撤回" }).click();
    await recoveries(maker).getByRole("button", { name: "确认…" }).waitFor();
    await confirm(maker);
    await go(checker, `/map/${RECOVERED}`);
    const { waiting } = await told();
    await recoveries(checker).getByRole("button", { name: "八组都相同，签署" }).click();
    await panel(checker, "待确认的新密钥").waitFor({ state: "detached" });
    await checker.locator("h1", { hasText: "当雄县已送达" }).waitFor();
    await panel(checker, "密钥").getByText("有效").waitFor();
    await go(checker, `/map/${RECOVERED}`);
    await panel(checker, "最近的支付").getByText(`最后一日 ${waiting.documents} 笔`).waitFor();
    await panel(maker, "待确认的新密钥").waitFor({ state: "detached" });
    await leave(maker, checker);
  },

  "its granter, who counted it before, has nothing to confirm any more": async () => {
    const page = await at("/ops/keys", FIRST, {}, CITY);
    await panel(page, "密钥").waitFor();
    await panel(page, "待确认的新密钥").waitFor({ state: "detached" });
    await leave(page);
  },
};
