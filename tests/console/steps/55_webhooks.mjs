// Other programs that a node posts to: added, told how it goes, what was refused sent once more, removed.
import { accessible, act, close, need, open, settled, shot } from "../browser.mjs";

export const steps = {
  "what a program refused is told, sent once more, and the program forgotten": async () => {
    const port = await act("receiver", "540121", "HOOKED");
    const page = await open("540121", { user: "扎西" });
    await page.goto("/ops/webhooks");
    await settled(page);
    await page.getByText("没有向其他程序推送。").waitFor();
    await page.getByRole("button", { name: "新增推送…" }).click();
    await page.getByLabel("名称").fill("ledger");
    await page.getByLabel("地址").fill(`http://127.0.0.1:${port}/`);
    await accessible(page, "adding a webhook");
    await page.getByRole("dialog").getByRole("button", { name: "新增推送…" }).click();
    need(/^[0-9a-f]{64}$/.test(await page.getByLabel("密钥", { exact: true }).inputValue()), "no secret");
    await page.getByRole("button", { name: "关闭" }).last().click();
    const hooks = page.getByRole("group", { name: "推送", exact: true });
    await hooks.getByRole("row", { name: /ledger 推送正常/ }).waitFor();
    const entered = await act("enter", "540121", "卓玛", { kind: "agency", id: "HOOKED", fiscal_year: "2026", agency_code: "901", agency_name: "推送测试" });
    need(entered.code === 0, JSON.stringify(entered));
    await hooks.getByRole("row", { name: /ledger 未能送达.*422/ }).waitFor();
    await hooks.getByRole("link", { name: "ledger" }).click();
    const letters = page.getByRole("group", { name: "ledger 拒收的" });
    await letters.getByRole("row", { name: /422/ }).waitFor();
    await shot(page, "ops-webhooks");
    await accessible(page, "webhooks");
    await act("receiver_takes_all");
    await page.getByRole("button", { name: "重发…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "重发…" }).click();
    await page.getByText("没有被拒收的。").waitFor();
    need((await act("receiver_took")).includes("HOOKED"), "what was refused was not sent again");
    await page.getByRole("button", { name: "取消推送…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "取消推送…" }).click();
    await page.getByText("没有向其他程序推送。").waitFor();
    await close(page, "webhooks");
  },
};
