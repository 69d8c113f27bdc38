// Keys and how old they are: of this node, of its persons; new ones of others that wait to be confirmed.
import { groups } from "../../parts/fingerprint";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Rotating } from "../../parts/rotation";
import { Table } from "../../parts/table";
import type { Status, User } from "../../shapes";
import { age } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";
import { Epochs } from "../epochs";
import { Recoveries } from "../recoveries";

export function KeysTab({ status }: { status: Status }) {
  const users = useAnswer<{ rows: User[] }>("/users");
  const rows = [...users.data?.rows ?? []].sort((a, b) => b.key_age_s - a.key_age_s);
  return (
    <div class="columns wide">
      <div class="stack"><Recoveries /><Panel title={t("console.keys_of.persons")} count={rows.length} flush>
        {users.problem === null ? null : <Trouble problem={users.problem} retry={users.again} />}
        <Table label={t("console.keys_of.persons")} rows={rows} keyOf={({ name }) => name} isRead={users.data !== null} empty={t("console.people.nobody")}
          columns={[
            { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ name }) => name, order: (a, b) => a.name.localeCompare(b.name) },
            { key: "age", title: t("console.keys_of.age"), number: true, cell: ({ key_age_s }) => age(key_age_s), order: (a, b) => a.key_age_s - b.key_age_s },
            { key: "key", title: t("console.keys_of.public"), cell: ({ key }) => <code>{groups(key)}</code> },
          ]} />
      </Panel></div>
      <div class="stack">
        <Rotating />
        <Epochs code={status.division} version={status.epoch} />
        <Panel title={t("console.keys_of.tree")}><p><code>{groups(status.tree)}</code></p></Panel>
      </div>
    </div>
  );
}
