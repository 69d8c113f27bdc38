// What a screen reader hears without being asked: the sentence when it changes, not more often than
// every ten seconds; refusals at once.
import { signal } from "@preact/signals";

const EVERY_MS = 10000;
const spoken = signal("");
const alarmed = signal("");
let last = 0;
let next: ReturnType<typeof setTimeout> | undefined;

/** Politely: the newest sentence wins. */
export function say(text: string): void {
  clearTimeout(next);
  const wait = Math.max(0, last + EVERY_MS - Date.now());
  next = setTimeout(() => {
    last = Date.now();
    spoken.value = text;
  }, wait);
}

/** At once: a refusal. */
export function cry(text: string): void {
  alarmed.value = "";
  setTimeout(() => { alarmed.value = text; });
}

export function LiveRegion() {
  return (
    <>
      <div class="hidden" role="status" aria-live="polite">{spoken}</div>
      <div class="hidden" role="alert">{alarmed}</div>
    </>
  );
}
