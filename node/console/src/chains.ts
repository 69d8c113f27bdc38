// The chain of a person: each entry of a log that says who may do what, in its order, and what it changed.
import type { PersonLink } from "./shapes";

export type Step = "founder" | "entered" | "another_key" | "changed" | "ended" | "again" | "refused";
export interface Link { entry: PersonLink; step: Step }

function stepOf(entry: PersonLink, said: Link[]): Step {
  const before = said.filter(({ entry: { key }, step }) => key === entry.key && step !== "refused").at(-1);
  return !entry.counts ? "refused" : entry.founder ? "founder" : entry.roles.length === 0 ? "ended"
    : before === undefined ? (said.length === 0 ? "entered" : "another_key")
      : before.step === "ended" ? "again" : before.entry.roles.join() === entry.roles.join() ? "again" : "changed";
}

/** Person after person in the order in which they came, each with all that was ever said of them. */
export function chains(entries: PersonLink[]): Link[] {
  const people = new Map<string, Link[]>();
  for (const entry of [...entries].sort((a, b) => a.lsn - b.lsn)) {
    const said = people.get(entry.name) ?? [];
    people.set(entry.name, [...said, { entry, step: stepOf(entry, said) }]);
  }
  return [...people.values()].flat();
}

/** What counts of each key at last: who the person is whom the users' list shows. */
export function latest(entries: PersonLink[]): Map<string, PersonLink> {
  return new Map(entries.filter(({ counts, roles }) => counts && roles.length > 0).map((entry) => [entry.key, entry]));
}
