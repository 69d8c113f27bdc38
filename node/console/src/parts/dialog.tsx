// A panel over the page: one at a time, closed by Escape, the focus back to where it was.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../words";

export function Dialog({ title, onClose, children, foot }: {
  title: string; onClose: () => void; children: ComponentChildren; foot?: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        <div class="card-aside"><button type="button" class="plain" onClick={onClose}>{t("console.close")}</button></div>
      </header>
      <div class="card-body">{children}</div>
      {foot === undefined ? null : <footer class="dialog-foot">{foot}</footer>}
    </dialog>
  );
}
