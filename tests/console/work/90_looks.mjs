// Every page of work, in both languages and themes, on a desk and on a phone.
import { act, LOOKS, looked, need, quiet } from "../browser.mjs";
import { ADMIN, CHECKER, desk, leave, MAKER, says } from "./office.mjs";

const HAN = /[\u4e00-\u9fff]/;
const PAGES = {
  inbox: [CHECKER, "/work"], mine: [MAKER, "/work?at=mine"], new: [MAKER, "/work?at=new"], register: [MAKER, "/work?at=register:540000:T31"],
  correct: [MAKER, "/work?at=correct:PY001"], entry: [MAKER, "/work/new/payment"], allocate: [MAKER, "/work/new/allocate"],
  overspend: [MAKER, `/work/new/payment?${new URLSearchParams({ bgt_id: "AL1", pay_app_amt: "5000000.00", payee_acct_name: "雪域路桥养护工程队", payee_acct_no: "6228000000540122", payee_acct_bank_name: "中国农业银行", use_des: "公路养护款" })}`],
  element: [MAKER, "/work/new/element"], import: [MAKER, "/work/import?kind=payment"], quiet: [ADMIN, "/work"], keys: [ADMIN, "/people/users"],
};

async function everyPage(look) {
  const pages = Object.fromEntries(await Promise.all([CHECKER, MAKER, ADMIN].map(async (name) => [name, await desk(name, look)])));
  for (const [name, [who, address]] of Object.entries(PAGES)) {
    const page = pages[who];
    await page.goto(address);
    await quiet(page);
    await says(page, look.language === "zh" ? /[\u4e00-\u9fff]/ : /[a-z]/);
    if (look.language === "en") {
      const heads = await page.locator("legend, .entry h2, .primary, .inbox h2, .approval h2").allInnerTexts();
      need(!heads.some((text) => HAN.test(text)), `${address}: Chinese in an English page: ${heads}`);
    }
    await looked(page, `work-${name}`, look);
  }
  await leave(...Object.values(pages));
}

export const steps = {
  "a batch waits to be looked at, and a payment to be corrected": async () => {
    await act("payments", "PY", 2, "支付1126.ndjson");
    await act("terrace", "540121", "reject", "PY001", "--reason", "用途写得不清楚", { user: CHECKER });
    await act("payments", "PZ", 40, "支付1127.ndjson", { odd: "98000.00" });
  },
  ...Object.fromEntries(LOOKS.map((look) => [`every page of work: ${look.name}`, () => everyPage(look)])),
};
