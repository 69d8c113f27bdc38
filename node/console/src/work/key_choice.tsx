// With which key an approval is signed: this browser's, once an admin has confirmed it, or the one
// that the node keeps sealed under the person's password.
import { useState } from "preact/hooks";
import { Problem } from "../api";
import { Mark } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Trouble } from "../parts/problem";
import { t } from "../words";
import { askForKey, browserKey, canSign } from "./browser_key";

/** The first four digits, as people compare them. */
const shortOf = (key: string): string => key.slice(0, 4).toUpperCase();

export function KeyChoice({ useBrowser, onChoose }: { useBrowser: boolean; onChoose: (useBrowser: boolean) => void }) {
  const [isAsking, setAsking] = useState(false);
  const key = browserKey.value;
  if (key?.state === "good") {
    return (
      <select class="key-choice" aria-label={t("console.work.key")} value={useBrowser ? "browser" : "node"}
        onChange={(event) => onChoose(event.currentTarget.value === "browser")}>
        <option value="browser">{t("console.work.key.browser", { key: shortOf(key.key) })}</option>
        <option value="node">{t("console.work.key.node")}</option>
      </select>
    );
  }
  return (
    <div class="key-choice">
      <span><Mark shape="tick" tone="quiet" /> {t("console.work.key.node")}</span>
      {key?.state === "asked" ? <span class="small">{t("console.work.key.asked", { key: shortOf(key.key) })}</span>
        : canSign.value ? <button type="button" class="cell-link" onClick={() => setAsking(true)}>{t("console.work.key.ask")}</button> : null}
      {isAsking ? <AskDialog onClose={() => setAsking(false)} /> : null}
    </div>
  );
}

function AskDialog({ onClose }: { onClose: () => void }) {
  const [label, setLabel] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const ask = async (): Promise<void> => {
    try {
      await askForKey(label.trim());
      onClose();
    } catch (failure) {
      if (failure instanceof Problem) {
        setProblem(failure);
      } else {
        canSign.value = false;
        onClose();
      }
    }
  };
  return (
    <Dialog title={t("console.work.key.ask")} onClose={onClose}
      foot={<button type="button" class="primary" aria-disabled={label.trim() === ""} onClick={() => { if (label.trim() !== "") { void ask(); } }}>{t("console.work.key.ask_now")}</button>}>
      <p>{t("console.work.key.explained")}</p>
      <div class="form"><label>{t("console.work.key.label")}
        <input value={label} maxLength={20} onInput={(event) => setLabel(event.currentTarget.value)} /></label></div>
      {problem === null ? null : <Trouble problem={problem} />}
    </Dialog>
  );
}
