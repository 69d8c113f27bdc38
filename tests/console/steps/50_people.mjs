// What a few only may see: the login, the audit, tokens, dialogs, in both languages and themes, on a desk
// and on a phone.
import { act, close, LOOKS, looked, open, settled } from "../browser.mjs";

const openDialog = (page) => page.getByRole("dialog").waitFor();

/** Each opens on its page, is photographed, and closed. */
const DIALOGS = {
  "adding-user": ["/people/users", ".card-head button"], "making-token": ["/people/tokens", ".card-head button"],
  pausing: ["/ops/links?show=direct", "td .inline-button"],
};

async function loginPage(look) {
  const page = await open("540121", look);
  page.allowed.push(/40[13]/);
  await page.goto("/");
  await page.getByRole("heading", { name: "林周县" }).waitFor();
  await page.locator(".login-node li").nth(1).waitFor();
  await looked(page, "login", look);
  await close(page, `login ${look.name}`);
}

async function adminsPages(look) {
  const page = await open("540000", { user: "卓玛", ...look });
  await page.goto("/people/tokens");
  await settled(page);
  await page.getByText("tax-office").waitFor();
  await looked(page, "tokens", look);
  for (const [name, [address, button]] of Object.entries(DIALOGS)) {
    await page.goto(address);
    await settled(page);
    await page.locator(button).first().click();
    await openDialog(page);
    await looked(page, name, look);
    await page.keyboard.press("Escape");
  }
  await page.goto("/map");
  await settled(page);
  await page.locator(".who button").first().click();
  await page.locator(".menu").waitFor();
  await looked(page, "menu", look);
  await close(page, `admin ${look.name}`);
}

async function auditorsPage(look) {
  const page = await open("540000", { user: "央金", ...look });
  await page.goto("/people/audit");
  await page.locator(".facts").waitFor();
  await page.locator("tbody tr").first().waitFor();
  await looked(page, "audit", look);
  await close(page, `auditor ${look.name}`);
}

export const steps = {
  "a program has a token": async () => {
    await act("run", "540000", "token", "add", "tax-office", "--role", "admin", { user: "卓玛" });
  },
  ...Object.fromEntries(LOOKS.map((look) => [`login, audit, tokens and dialogs: ${look.name}`, async () => {
    await loginPage(look);
    await adminsPages(look);
    await auditorsPage(look);
  }])),
};
