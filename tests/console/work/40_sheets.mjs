// Spreadsheets: three bad rows are named with column and reason, one is mended, the good go alone.
import { accessible, act, shot } from "../browser.mjs";
import { approve, CHECKER, desk, leave, MAKER, need, says } from "./office.mjs";
import { workbook } from "./workbook.mjs";

const HEAD = "指标编号,支付申请金额,收款人户名,收款人账号,收款人开户行,用途";
const ROWS = [
  'AL1,"1,200.50",甲商店,6228 0001,农业银行,办公用品',
  "AL1,abc,乙商店,62280002,农业银行,办公用品",
  "AL999,300,丙商店,62280003,农业银行,水费",
  "AL1,88.00,丁商店,,农业银行,电费",
  "AL1,99,戊商店,62280005,农业银行,电费",
];

const row = (id, payee) => `${id},AL1,1.25,${payee},62280009,BANK,paper`;
const NAMES = "id,bgt_id,pay_app_amt,payee_acct_name,payee_acct_no,payee_acct_bank_name,use_des";

/** A page where a spreadsheet is asked for. */
async function importing(kind = "payment") {
  const page = await desk(MAKER);
  await page.goto(`/work/import?kind=${kind}`);
  return page;
}

const take = (page, name, buffer) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(buffer) });

/** Of a file that was taken: another one. */
async function another(page) {
  await page.getByRole("button", { name: "换一张表" }).click();
  await says(page, "选择文件，或粘贴表格。");
}

export const steps = {
  "one id in two rows is told, and mended in place": async () => {
    const page = await importing();
    await take(page, "twice.csv", [NAMES, row("TW1", "a"), "", row("TW1", "b"), row("TW2", "c")].join("\n"));
    await says(page, "3 行中 1 行须更正，2 行可以先交。");
    await says(page, "编号与第 2 行相同：一张单据一个编号。");
    await page.getByLabel("第 4 行，单据编号").fill("TW3");
    await page.keyboard.press("Tab");
    await says(page, "3 行全部可交。");
    await another(page);
    await leave(page);
  },

  "no file is read as what it is not": async () => {
    const page = await importing();
    await take(page, "cr.csv", [NAMES, row("CR1", "a"), row("CR2", "b")].join("\r"));
    await says(page, "2 行全部可交。");
    await another(page);
    await take(page, "latin.csv", Buffer.concat([Buffer.from(`${NAMES}\nLA1,AL1,1.25,MU`), Buffer.from([0xd1]), Buffer.from("OZ,62280009,BANK,paper\n")]));
    await says(page, "按 GB18030 为“MU袿Z”，按 Latin-1 为“MUÑOZ”");
    await page.getByRole("button", { name: "按 GB18030 读是对的，就这样读" }).waitFor();
    await take(page, "gb.csv", Buffer.concat([Buffer.from(`${NAMES}\nGB1,AL1,1.25,`), Buffer.from([0xd0, 0xa3, 0xc9, 0xe1]), Buffer.from(",62280009,BANK,paper\n")]));
    await says(page, "文件不是 UTF-8，已按 GB18030 读取。请核对这几格是否读对：校舍");
    await another(page);
    for (const [name, content, words] of [["old.xls", [0xd0, 0xcf, 0x11, 0xe0, 0, 0], /不是可读的表格。请在表格软件中另存为/],
      ["quote.csv", `${NAMES}\n${row("Q1", "a")}\nQ2,AL1,1.25,"b,1,2,3\n${row("Q3", "c")}\n`, "第 3 行有一个引号没有成对"],
      ["double.csv", `用途,${NAMES}\nx,${row("D1", "a")}\n`, "这些列出现了两次，无法断定以哪一列为准：用途"],
      ["none.csv", "a,b\n1,2\n", "首行没有这类单据的列名。"]]) {
      await take(page, name, content);
      await page.getByRole("alert").filter({ hasText: words }).first().waitFor();
    }
    await take(page, "wide.csv", `${NAMES}\nW1,AL1,1,488,000.53,丁商店,62280004,农业银行,电费\n`);
    await says(page, "该行有 9 格，表头只有 7 列");
    await leave(page);
  },

  "a workbook's numbers are what its sheet shows, and an account that lost its digits is refused": async () => {
    const page = await importing();
    await take(page, "支付.xlsx", workbook([NAMES.split(","),
      ["XL1", "AL1", { number: "1234.5000000000001" }, "甲", "6228 0009", "农业银行", "电费"],
      ["XL2", "AL1", { number: "5" }, "乙", { number: "6.2284804025648904E+18" }, "农业银行", "电费"]]));
    await says(page, "2 行中 1 行须更正，1 行可以先交。");
    await page.getByRole("button", { name: "交 1 笔，1,234.50 元" }).waitFor();
    await page.getByLabel("第 3 行，收款人账号").waitFor();
    need((await page.locator("main").innerText()).includes("电子表格改写成了科学计数"), "it is not said why");
    await page.getByRole("link", { name: "办理" }).first().click();
    await says(page, "等我办");
    await page.goBack();
    await says(page, "2 行中 1 行须更正，1 行可以先交。"); // it stays while one looks elsewhere
    await another(page);
    await page.goto("/work/import?kind=element");
    await take(page, "要素.xlsx", workbook([["单据编号", "start_date"], ["EL9", { day: "46063" }]]));
    await says(page, "2026-02-10");
    await leave(page);
  },

  "bad rows are named with what is wrong, one is mended, the good ones go alone": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/import?kind=payment");
    await page.getByLabel("文件（CSV、XLSX）").setInputFiles({ name: "支付.csv", mimeType: "text/csv", buffer: Buffer.from([HEAD, ...ROWS].join("\r\n")) });
    await says(page, "5 行中 3 行须更正，2 行可以先交。");
    for (const words of ["不是金额：只写数字，至多两位小数。", "指标编号：本账中没有“AL999”。", "请填写收款人账号。"]) {
      await says(page, words);
    }
    await shot(page, "work-sheet");
    await accessible(page, "a sheet");
    await page.getByLabel("第 3 行，支付申请金额").fill("45.60");
    await page.keyboard.press("Tab");
    await says(page, "5 行中 2 行须更正，3 行可以先交。");
    await page.getByRole("button", { name: "交 3 笔，1,345.10 元" }).click();
    await says(page, "已交 3 笔，1,345.10 元。");
    await says(page, "2 行中 2 行须更正，0 行可以先交。");
    const pending = JSON.parse((await act("terrace", "540121", "--json", "pending")).out);
    need(pending.batches.some(({ file, count }) => file === "支付.csv" && count === 3), JSON.stringify(pending.batches));
    const checker = await desk(CHECKER);
    await approve(checker, /支付.csv/, 3);
    await leave(page, checker);
  },

  "what is pasted from a spreadsheet is read as well": async () => {
    const page = await desk(MAKER);
    await page.goto("/work/import?kind=payment");
    await page.getByLabel("或把表格粘贴到这里").fill([HEAD.replaceAll(",", "\t"), "AL1\t７７．５０\t己商店\t62280006\t农业银行\t水费"].join("\n"));
    await page.getByRole("button", { name: "查看" }).click();
    await says(page, "1 行全部可交。");
    await page.getByRole("button", { name: "交 1 笔，77.50 元" }).waitFor();
    await leave(page);
  },
};
