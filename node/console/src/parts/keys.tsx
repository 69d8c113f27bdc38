// `?` lists the keys; `/` goes to the search. No key does what cannot be undone.
import { useEffect, useState } from "preact/hooks";
import { t } from "../words";
import { Dialog } from "./dialog";

const keys: [string, string][] = [
  ["/", "console.keys.search"], ["?", "console.keys.list"], ["↑ ↓ ← →", "console.keys.move"],
  ["Enter", "console.keys.open"], ["Space", "console.keys.choose"], ["j k", "console.keys.next"],
  ["+ −", "console.keys.zoom"], ["Esc", "console.keys.close"],
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("input,textarea,select,[contenteditable]") !== null;

export function Keys() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (event.key === "?") {
        event.preventDefault();
        setOpen(true);
      } else if (event.key === "/") {
        event.preventDefault();
        document.getElementById("search")?.focus();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return isOpen ? (
    <Dialog title={t("console.keys.title")} onClose={() => setOpen(false)}>
      <dl class="keys">
        {keys.map(([key, code]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{t(code)}</dd></div>)}
      </dl>
    </Dialog>
  ) : null;
}
