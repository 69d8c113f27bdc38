// The login: which node first; a wrong password is told; a session that ends keeps what was typed.
import { accessible, close, need, open, settled, shot, told } from "../browser.mjs";

export const steps = {
  "the login tells which node this is, and refuses a wrong password": async () => {
    for (const [language, theme] of [["zh", "light"], ["en", "dark"]]) {
      const page = await open("540121", { language, theme });
      page.allowed.push(/40[13]/);
      await page.goto("/");
      await page.getByRole("heading", { name: "林周县" }).waitFor();
      await page.getByText(language === "zh" ? "与拉萨市相通" : "Connected with 拉萨市").waitFor();
      await shot(page, `login-${language}-${theme}`);
      await accessible(page, "login");
      await page.locator("#name").fill("卓玛");
      await page.locator("#password").fill("not-the-password");
      await page.locator("form button[type=submit]").click();
      await page.locator("#login-problem", { hasText: /\S/ }).waitFor();
      need(await page.evaluate(() => document.activeElement?.id) === "password", "the focus is not on the password");
      await page.locator("#password").fill(told.people["540121"]["卓玛"].password);
      await page.keyboard.press("Enter");
      await page.locator(".who", { hasText: "卓玛" }).waitFor();
      await settled(page);
      await page.locator("h1", { hasText: /(今天已入账支付申请 |entered here today: )48/ }).waitFor(); // nothing waits; the pilot's
      await close(page, "login");
    }
  },

  "a session that is over asks again over the page, and what was typed stays": async () => {
    const page = await open("540000", { user: "卓玛" });
    page.allowed.push(/401/);
    await page.goto("/ops/join");
    await settled(page);
    await page.getByLabel("区划代码").fill("540300");
    await page.context().clearCookies();
    await page.locator(".login-over").waitFor();
    await accessible(page, "login over a page");
    await page.locator("#name").fill("卓玛");
    await page.locator("#password").fill(told.people["540000"]["卓玛"].password);
    await page.keyboard.press("Enter");
    await page.locator(".login-over").waitFor({ state: "detached" });
    need(await page.getByLabel("区划代码").inputValue() === "540300", "what was typed is lost");
    await close(page, "session over");
  },
};
