// Keys and how old they are: of this node, of its persons.
import { Facts, Panel } from "../../parts/panel";
import { Table } from "../../parts/table";
import { Trouble } from "../../parts/problem";
import type { Status, User } from "../../shapes";
import { age } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

/** Groups of four, to be read aloud. */
export const groups = (hex: string): string => (hex.match(/.{1,4}/g) ?? []).join(" ");

export function KeysTab({ status }: { status: Status }) {
  const users = useAnswer<{ rows: User[] }>("/users");
  const rows = [...users.data?.rows ?? []].sort((a, b) => b.key_age_s - a.key_age_s);
  return (
    <div class="columns wide">
      <Panel title={t("console.keys_of.persons")} count={rows.length} flush>
        {users.problem === null ? null : <Trouble problem={users.problem} retry={users.again} />}
        <Table label={t("console.keys_of.persons")} rows={rows} keyOf={({ name }) => name} isRead={users.data !== null} empty={t("console.people.nobody")}
          columns={[
            { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ name }) => name, order: (a, b) => a.name.localeCompare(b.name) },
            { key: "age", title: t("console.keys_of.age"), number: true, cell: ({ key_age_s }) => age(key_age_s), order: (a, b) => a.key_age_s - b.key_age_s },
            { key: "key", title: t("console.keys_of.public"), cell: ({ key }) => <code>{groups(key)}</code> },
          ]} />
      </Panel>
      <Panel title={t("console.keys_of.node")}>
        <Facts rows={[
          [t("console.keys_of.epoch"), status.epoch],
          [t("console.keys_of.age"), status.grant_age_s === null ? t("console.not_known_here") : age(status.grant_age_s)],
          [t("console.keys_of.tree"), <code key="tree">{groups(status.tree)}</code>],
        ]} />
      </Panel>
    </div>
  );
}
