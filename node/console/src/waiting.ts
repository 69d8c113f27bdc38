// How many documents wait for somebody here: the number beside 办理. Asked for every ten seconds, by
// an address that names nobody. What waits itself is asked for when this shows that it changed.
import { computed, signal } from "@preact/signals";
import { get, isLoggedOut } from "./api";
import { status } from "./live";
import { person } from "./session";
import type { InboxCounts } from "./shapes";

const EVERY_MS = 10000;
const NOBODY_MS = 300;

export const inboxCount = signal(0);
const counted = signal("");

/** Changes when a document was entered here, or what waits is another. */
export const workVersion = computed(() => `${status.value?.lsn ?? 0} ${counted.value}`);

async function ask(): Promise<void> {
  if (person.value === null) { // not known yet: what waits is his
    setTimeout(() => void ask(), NOBODY_MS);
    return;
  }
  if (!document.hidden && !isLoggedOut.value) {
    try {
      const { counts } = await get<InboxCounts>("/inbox/counts", { user: person.value.name }, undefined, true);
      counted.value = JSON.stringify(counts);
      inboxCount.value = Object.entries(counts)
        .reduce((sum, [group, { items }]) => sum + (group === "awaiting_answer" ? 0 : items), 0);
    } catch {
      // The number stays; the pages say what is wrong.
    }
  }
  setTimeout(() => void ask(), EVERY_MS);
}

export const startWaiting = (): void => void ask();
