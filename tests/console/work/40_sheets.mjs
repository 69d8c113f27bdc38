// Spreadsheets: three bad rows are named with column and reason, one is mended, the good go alone.
import { accessible, act, shot } from "../browser.mjs";
import { approve, CHECKER, desk, leave, MAKER, need, says } from "./office.mjs";

const HEAD = "指标编号,支付申请金额,收款人户名,收款人账号,收款人开户行,用途";
const ROWS = [
  'AL1,"1,200.50",甲商店,6228 0001,农业银行,办公用品',
  "AL1,abc,乙商店,62280002,农业银行,办公用品",
  "AL999,300,丙商店,62280003,农业银行,水费",
  "AL1,88.00,丁商店,,农业银行,电费",
  "AL1,99,戊商店,62280005,农业银行,电费",
];

export const steps = {
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
