// Money: from the region's total to one payment at a county, with what proves it; boards as files;
// and what a page says while a county is off line.
import { accessible, act, close, LOOKS, looked, need, open, quiet, settled, shot, told } from "../browser.mjs";

const PAYMENT = "/doc/540121/PY0002";
const AMOUNT = "19,393.68";
const HAN = /[\u4e00-\u9fff]/;
const PAGES = {
  "money": "/money/540000", "money-city": "/money/540100", "money-county": "/money/540121", "money-then": "/money/540000?at=2026-01-01",
  "execution": "/money/540000?board=execution&by=agency", "balance": "/money/540000?board=balance", "reconcile": "/money/540000?board=reconcile",
  "agency": "/money/540121?agency=126001", "line": "/money/540121?agency=126001&line=AL002",
  "payment": PAYMENT, "transfer": "/doc/540000/X0121-02", "register": "/doc/540121/RG001",
};

async function everyPage(look) {
  const page = await open("540000", { user: "央金", ...look });
  for (const [name, address] of Object.entries(PAGES)) {
    await page.goto(address);
    await settled(page);
    await quiet(page);
    if (look.language === "en") {
      const words = await page.locator(".card-head h2, th, dt, .figure-label, .flow-legend li").allInnerTexts();
      need(!words.some((text) => HAN.test(text)), `${address}: Chinese in an English page: ${words.filter((text) => HAN.test(text))}`);
    }
    await looked(page, name, look);
  }
  await close(page, look.name);
}

const everyLook = Object.fromEntries(LOOKS.map((look) => [`every money page opens: ${look.name}`, () => everyPage(look)]));

/** A4, upright for what has no board: address, and how wide in mm. */
const PAPER = [["payment", PAYMENT, 210], ["transfer", "/doc/540000/X0121-02", 210], ["division", "/map/540121", 297], ["map", "/map", 210],
  ...["", "?board=execution&by=agency", "?board=balance", "?board=reconcile"].map((query) => [`money${query.replace(/\W/g, "-")}`, `/money/540000${query}`, 297]),
  ["lines", "/money/540121?agency=126001", 297], ["line", "/money/540121?agency=126001&line=AL002", 210], ["audit", "/people/audit", 210]];

/** "4,267,560,000.00" -> "4267560000.00" */
const plain = (text) => text.replaceAll(",", "").replace("−", "-").trim();
const sentence = (page, text) => page.locator(".sentence h1", { hasText: text }).waitFor();

async function chainOf(division, scope) {
  const { out } = await act("run", "540000", "--json", "report", "chain");
  return JSON.parse(out).rows.find((row) => row.division === division && row.scope === scope);
}

export const steps = {
  ...everyLook,

  "the table, the picture and the command line tell the same sums": async () => {
    const page = await open("540000", { user: "央金" });
    await page.goto("/money/540000");
    await settled(page);
    for (const [division, scope, row] of [["540000", "subtree", 0], ["540000", "own", 1]]) {
      const want = await chainOf(division, scope);
      const found = page.locator(".chain-table tbody tr").nth(row).locator("td");
      await found.nth(8).waitFor(); // the answers come one by one
      const cells = await found.allInnerTexts();
      for (const [at, member] of [[2, "received"], [3, "allocated"], [6, "unallocated"], [7, "paid"]]) {
        need(plain(cells[at]) === want[member], `${division} ${scope} ${member}: ${cells[at]} for ${want[member]}`);
      }
    }
    const rates = await Promise.all([0, 1].map((row) => page.locator(".chain-table tbody tr").nth(row).locator("td").nth(8).innerText()));
    const map = await open("540000", { user: "央金" });
    await map.goto("/map");
    const strip = map.locator(".money-strip .figure").last();
    await strip.waitFor();
    need((await strip.innerText()).includes(rates[0].trim()) && (await strip.innerText()).includes(rates[1].trim()), `the map says ${await strip.innerText()} for ${rates}`);
    await close(map, "the map's sums");
    const county = await chainOf("540121", "own");
    const spoken = await page.locator(".flow a[href^='/money/540121']").getAttribute("aria-label");
    for (const member of ["received", "unallocated", "paid"]) {
      need(plain(spoken).includes(county[member]), `the bar of 林周县 says ${spoken}, not ${member} ${county[member]}`);
    }
    await close(page, "sums");
  },

  "money is followed from where it came to what was paid of it": async () => {
    const { out } = await act("run", "540000", "--json", "report", "sources", "--division", "540121");
    const want = JSON.parse(out).rows;
    const page = await open("540000", { user: "央金" });
    for (const [address, unfold] of [["/money/540000", "展开林周县"], ["/map/540121", null]]) {
      await page.goto(address);
      await settled(page);
      if (unfold !== null) {
        await page.locator(".chain-table").getByRole("button", { name: unfold }).click();
      }
      for (const source of want) {
        const name = source.issuer === "540100" ? /^拉萨市转移支付，\d+ 笔/ : source.issuer === "540000" ? /^西藏自治区直达，\d+ 笔/ : /^本级批复预算/;
        const cells = page.locator("tr", { hasText: source.issuer === undefined ? "本级批复预算" : source.issuer === "540100" ? "拉萨市转移支付" : "西藏自治区直达" }).first();
        await cells.waitFor();
        const texts = (await cells.locator("td").allInnerTexts()).map(plain);
        need(name.test(texts[0]), `${address}: a source is called ${texts[0]}`);
        for (const member of ["received", "allocated", "unallocated", "paid"]) {
          need(texts.includes(source[member]), `${address}: ${texts[0]} says ${texts}, not ${member} ${source[member]}`);
        }
      }
    }
    await page.goto("/money/540000");
    await page.locator(".chain-table").getByRole("button", { name: "展开西藏自治区本级" }).click();
    await page.getByText(/^中央转移支付，\d+ 笔$/).waitFor();
    await accessible(page, "money by source");
    await shot(page, "money-sources");
    await close(page, "sources");
  },

  "from the region's total to one payment at a county, and back by the crumbs": async () => {
    const page = await open("540000", { user: "央金" });
    await page.goto("/map");
    await page.getByRole("link", { name: "资金", exact: true }).first().click();
    await sentence(page, /辖区收到/);
    const table = page.locator(".chain-table");
    await table.getByRole("button", { name: "展开林周县" }).click();
    await table.getByRole("link", { name: "林周县农业农村局" }).click();
    await sentence(page, "林周县农业农村局有 2 条指标");
    await page.getByRole("link", { name: "AL002" }).click();
    await sentence(page, "指标 AL002 已支付");
    await page.getByRole("link", { name: "PY0002" }).click();
    await sentence(page, /支付申请 PY0002 已支付，19,393\.68 元/);
    await page.getByText("人民币壹万玖仟叁佰玖拾叁元陆角捌分").waitFor();
    await page.getByText("年楚河水利工程队").first().waitFor();
    await page.getByRole("link", { name: "指标 AL002" }).waitFor();
    await page.locator(".crumbs").getByRole("link", { name: "林周县", exact: true }).click();
    await sentence(page, /本级收到/);
    await close(page, "drill");
  },

  "a document shows its origins, its copies at three levels, and is checked again step by step": async () => {
    const page = await open("540000", { user: "央金" });
    await page.goto(PAYMENT);
    await sentence(page, AMOUNT);
    const origins = page.locator(".doc-origins li");
    await origins.nth(4).waitFor();
    need(await origins.count() === 5, `${await origins.count()} links of its origin`);
    need((await origins.first().innerText()).includes("198,400,000.00"), "the source comes first");
    for (const name of ["林周县", "拉萨市", "西藏自治区"]) {
      await page.locator(".doc-copies li", { hasText: name }).waitFor();
    }
    const checks = page.locator(".doc-checks li");
    need(await checks.count() === 5, `${await checks.count()} checks`);
    for (const text of ["块签名属于林周县", "前后块相连", "默克尔路径", "账簿摘要与林周县一致"]) {
      await checks.filter({ hasText: text }).locator(".tone-ok").waitFor();
    }
    const again = page.waitForResponse(/\/documents\/PY0002\/proof/);
    await page.getByRole("button", { name: "现在复核" }).click();
    need((await (await again).json()).checks.every(({ result }) => result !== "bad"), "a check fails");
    await page.getByRole("button", { name: "原文" }).click();
    const original = page.getByRole("dialog");
    await original.getByText("payee_acct_name").waitFor();
    await original.locator("pre").getByText(/^0000 {2}[0-9a-f ]+/).waitFor();
    await shot(page, "original");
    await accessible(page, "original");
    await page.keyboard.press("Escape");
    await original.waitFor({ state: "detached" });
    await close(page, "document");
  },

  "what this node does not hold is told as what does not exist": async () => {
    const page = await open("540121", { user: "卓玛" });
    page.allowed.push(/404/);
    for (const address of ["/doc/540121/NONE", "/doc/540202/PY0001"]) {
      await page.goto(address);
      await sentence(page, "本节点没有这张单据。");
    }
    await accessible(page, "no document");
    await close(page, "missing");
  },

  "while a county is off line its figures are amber and say of when they are": async () => {
    const page = await open("540000", { user: "央金" });
    await page.goto("/money/540000");
    await settled(page);
    need(await page.locator(".chain-table .as-of.late").count() === 0, "amber before anything is cut");
    await act("cut");
    const whole = page.locator(".chain-table tbody tr").first();
    await whole.locator(".as-of.late", { hasText: "林周县" }).waitFor();
    await sentence(page, /林周县只知到 \d\d:\d\d。/);
    await page.locator(".sentence .tone-warn").waitFor();
    await page.locator(".flow text.late", { hasText: "离线" }).waitFor();
    need(plain((await whole.locator("td").allInnerTexts())[2]) === (await chainOf("540000", "subtree")).received, "a figure that is old became another");
    await shot(page, "money-cut", true);
    await accessible(page, "money while a county is off line");
    await page.goto(PAYMENT);
    await page.getByText(/林周县只知到/).waitFor();
    await act("heal");
    await page.goto("/money/540000");
    await page.waitForFunction(() => document.querySelectorAll(".chain-table tbody tr").length > 2 &&
      document.querySelector(".chain-table .as-of.late") === null);
    await close(page, "off line");
  },

  "what was issued and is not registered is in transit, under its number": async () => {
    const page = await open("540000", { user: "旺堆" });
    const issued = { kind: "transfer", id: "X0121-77", fiscal_year: "2026", ori_bgt_id: "TI002", rec_div_code: "540121", amount: "842400.00",
      cor_bgt_doc_no: "藏财直达〔2026〕77号", tra_type_code: "special", stage: "formal" };
    const entered = await page.request.post("/api/v1/documents", { data: `${JSON.stringify(issued)}\n`,
      headers: { "Terrace-Request": "1", Origin: told.nodes["540000"].url } });
    need(/"status":"(accepted|exists)"/.test(await entered.text()), await entered.text());
    await page.goto("/money/540000");
    await page.locator(".flow text", { hasText: "在途 842,400.00" }).waitFor();
    await page.locator(".flow text", { hasText: "藏财直达〔2026〕77号" }).waitFor();
    need(await page.locator(".flow path.dash").count() > 1, "no dash but that of the legend"); // the legend has one
    const own = await page.locator(".chain-table tbody tr").nth(1).locator("td").allInnerTexts();
    need(own[5].includes("842,400.00"), `in transit: ${own}`);
    await shot(page, "money-transit", true);
    await page.goto("/doc/540000/X0121-77");
    await page.locator(".doc-state", { hasText: "在途" }).waitFor();
    await shot(page, "transfer-in-transit", true);
    await accessible(page, "a transfer in transit");
    await close(page, "transit");
  },

  "boards leave as files that say as of when, and no name in them is a formula": async () => {
    const page = await open("540121", { user: "卓玛" });
    const origin = told.nodes["540121"].url;
    const paid = { kind: "payment", id: "FX0001", fiscal_year: "2026", bgt_id: "AL002", pay_app_amt: "1.00", payee_acct_name: "=1+1",
      payee_acct_no: "6228", payee_acct_bank_name: "行", use_des: "x" };
    const entered = await page.request.post("/api/v1/documents", { data: `${JSON.stringify(paid)}\n`, headers: { "Terrace-Request": "1", Origin: origin } });
    need(/"status":"(accepted|exists)"/.test(await entered.text()), await entered.text());
    const list = await page.request.get("/api/v1/export/documents?format=csv&kind=payment&text=FX0001");
    need((await list.text()).includes("\"'=1+1\""), "a payee that begins a formula is not guarded");
    await page.goto("/money/540121?board=execution&scope=own");
    await settled(page);
    for (const [name, begin] of [["CSV", "\ufeff\"内容\""], ["XLSX", "PK"]]) {
      const waits = page.waitForEvent("download");
      await page.getByRole("link", { name, exact: true }).click();
      const stream = await (await waits).createReadStream();
      const pieces = [];
      for await (const piece of stream) {
        pieces.push(piece);
      }
      need(Buffer.concat(pieces).toString("utf8").startsWith(begin), `${name} begins otherwise`);
    }
    await close(page, "files");
  },

  "the chain as it stood before the first document is empty, and says so": async () => {
    const page = await open("540000", { user: "央金" });
    await page.goto("/money/540000?at=2026-01-01");
    await sentence(page, "西藏自治区本年度尚无资金。");
    await page.getByText("所示为 2026-01-01 日终的情况").waitFor();
    await close(page, "then");
  },

  "on paper there are no bars and no buttons, and nothing runs over the edge": async () => {
    const page = await open("540000", { user: "央金", theme: "dark" });
    const mm = 96 / 25.4;
    for (const [name, address, width] of PAPER) {
      await page.setViewportSize({ width: Math.floor((width - 28) * mm), height: 1000 }); // less the margins
      await page.goto(address);
      await settled(page);
      await quiet(page);
      await page.emulateMedia({ media: "print" });
      need(!(await page.locator(".bar").isVisible()), "the bar is printed");
      need(await page.locator("main button:visible, main select:visible").count() === 0, `${address}: a control is printed`);
      await page.locator(".paper-head", { hasText: "西藏自治区" }).waitFor();
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await shot(page, `print-${name}`, true);
      need(over <= 0, `${address}: ${over} px wider than the paper`);
      const ground = await page.evaluate(() => getComputedStyle(document.querySelector(".card")).backgroundColor);
      need(ground === "rgb(255, 255, 255)", `${address}: a dark screen is printed dark`);
      await page.emulateMedia({ media: "screen" });
    }
    await close(page, "print");
  },
};
