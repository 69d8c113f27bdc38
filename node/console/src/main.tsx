import { render } from "preact";
import { App } from "./app";
import { loadTexts } from "./api";
import { startLive } from "./live";
import { followLinks } from "./router";
import { showTheme, whoAmI } from "./session";
import { startWaiting } from "./waiting";
import { language } from "./words";
import "./style/work.css";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/parts.css";
import "./style/map.css";
import "./style/money.css";
import "./style/print.css";

/** The words first, so that nothing is drawn without them; the node is asked again until it answers. */
async function start(): Promise<void> {
  const app = document.getElementById("app") as HTMLElement;
  try {
    await loadTexts(language.value);
  } catch {
    app.textContent = language.value === "zh" ? "连不上节点，正在重试。" : "The node does not answer; trying again.";
    setTimeout(() => void start(), 2000);
    return;
  }
  app.textContent = "";
  render(<App />, app);
  startLive();
  startWaiting();
  await whoAmI();
}

showTheme();
followLinks();
void start();
