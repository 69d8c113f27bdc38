// The chain of a person: each entry of a log that says who may do what, in its order, and what it changed.
export interface OperatorEntry {
  id: string; lsn: number; time: string; name: string; role: string; operator_key: string;
  enabled?: string; // "2": ended
  entered_by?: string; // nobody, before there was an admin
}

export type Step = "entered" | "another_key" | "changed" | "ended" | "again";
export interface Link { entry: OperatorEntry; step: Step; roles: string[] }

/** Person after person in the order in which they came, each with all that was ever said of them. */
export function chains(entries: OperatorEntry[]): Link[] {
  const ordered = [...entries].sort((a, b) => a.lsn - b.lsn);
  const people = new Map<string, Link[]>();
  for (const entry of ordered) {
    const said = people.get(entry.name) ?? [];
    const before = said.filter(({ entry: { operator_key } }) => operator_key === entry.operator_key).at(-1);
    const step: Step = entry.enabled === "2" ? "ended"
      : before === undefined ? (said.length === 0 ? "entered" : "another_key")
        : before.step === "ended" ? "again" : before.entry.role === entry.role ? "again" : "changed";
    people.set(entry.name, [...said, { entry, step, roles: entry.role.split(",").filter((role) => role !== "") }]);
  }
  return [...people.values()].flat();
}
