// The search: a number leads to what was issued under it and to what answered it, an id to its document,
// a name to its division; what nobody in sight wrote is not there.
import { accessible, close, need, open, settled, shot } from "../browser.mjs";

const search = async (page, text) => {
  await page.locator("#search").fill(text);
  await page.locator("#search").press("Enter");
};

export const steps = {
  "a number leads to the transfer and its registration, at whichever level one looks": async () => {
    for (const division of ["540000", "540121"]) {
      const page = await open(division, { user: division === "540000" ? "央金" : "卓玛" });
      const list = await (await page.request.get("/api/v1/documents?kind=transfer&limit=1&division=540000")).json();
      const { id, cor_bgt_doc_no: number } = division === "540000" ? list.rows[0]
        : (await (await page.request.get("/api/v1/documents?kind=register&limit=1")).json()).rows[0];
      await page.goto("/map");
      await settled(page);
      await search(page, number);
      await page.getByRole("row", { name: new RegExp(number) }).nth(1).waitFor();
      await settled(page);
      const rows = await page.locator("tbody tr").allInnerTexts();
      need(rows.some((row) => row.includes(id) && row.includes(number)), `${number}: ${rows.join(" | ")}`);
      need(new Set(rows.map((row) => row.split("\t")[2])).size > 1, `issuer and receiver: ${rows.join(" | ")}`);
      await shot(page, `find-number-${division}`);
      await accessible(page, "found by number");
      await page.getByRole("row", { name: new RegExp(number) }).first().getByRole("link").click();
      await page.locator(".doc-state").waitFor();
      await close(page, "by number");
    }
  },

  "an id of a county leads straight to its document, a name or a code to its division": async () => {
    const page = await open("540000", { user: "央金" });
    page.allowed.push(/404/);
    await page.goto("/map");
    await settled(page);
    const { rows: [payment] } = await (await page.request.get("/api/v1/documents?kind=payment&limit=1&division=540121")).json();
    const { rows } = await (await page.request.get(`/api/v1/find?text=${payment.id}`)).json();
    await search(page, payment.id);
    if (rows.length === 1) {
      await page.waitForURL(`**/doc/540121/${payment.id}`);
    } else {
      await page.locator(`a[href='/doc/540121/${payment.id}']`).click();
    }
    await page.locator(".doc-state").waitFor();
    await search(page, "桑珠孜");
    await page.locator("main a[href='/map/540202']").click(); // its own numbers begin with its name
    await search(page, "540202");
    await page.waitForURL("**/map/540202");
    await search(page, "没有这样的文号");
    await page.getByText("请输入区划代码或名称、单据号，或文号的一部分").waitFor();
    await close(page, "by id");
  },
};
