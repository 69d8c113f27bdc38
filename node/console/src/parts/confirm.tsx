// What cannot be taken back is asked once: what it is about, what becomes of it, and the act by its name.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "./dialog";

export function Confirm({ title, act, children, onAct, onClose }: {
  title: string; act: string; children: ComponentChildren; onAct: () => void; onClose: () => void;
}) {
  const [isDone, setDone] = useState(false);
  return (
    <Dialog title={title} onClose={onClose} foot={
      <button type="button" class="danger" aria-disabled={isDone} onClick={() => {
        if (!isDone) {
          setDone(true);
          onClose();
          onAct();
        }
      }}>{act}</button>}>
      <p>{children}</p>
    </Dialog>
  );
}
