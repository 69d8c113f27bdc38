// 待第二人: changes of who works here that one admin signed, and that wait for another. He approves them, or
// says no; who made one takes it back.
import { useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { may, person } from "../../session";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";
import { rolesText } from "../people";

interface Proposed { id: string; kind: string; name: string; role: string; enabled?: string; operator_key: string; maker: string; time: string; batch: number; hash: string }

const MOST = 1000;

const changeText = ({ enabled, role }: Proposed): string =>
  enabled === "2" ? t("console.proposals.ends") : rolesText(role.split(",").filter((one) => one !== ""));

/** `version`: asked for again when it changes; each reading of it is noted. */
export function Proposals({ version, done }: { version: unknown; done: () => void }) {
  const answer = useAnswer<{ rows: Proposed[] }>("/pending", { limit: MOST }, undefined, version);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = (answer.data?.rows ?? []).filter(({ kind }) => kind === "operator");
  const act = (path: string, body: unknown): void => {
    setProblem(null);
    post(path, body).then(() => { answer.again(); done(); }).catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  // The first of each is where it is decided: all its entries go together.
  const isFirst = (row: Proposed): boolean => rows.find(({ batch }) => batch === row.batch) === row;
  return rows.length === 0 && problem === null ? null : (
    <Panel title={t("console.proposals.title")} count={rows.filter(isFirst).length} flush>
      {problem === null ? null : <Trouble problem={problem} />}
      <Table label={t("console.proposals.title")} rows={rows} keyOf={({ id }) => id} empty=""
        columns={[
          { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ name }) => <b>{name}</b> },
          { key: "what", title: t("console.people.may"), cell: changeText },
          { key: "by", title: t("console.proposals.by"), class: "fixed", cell: ({ maker, time }) => <>{maker} <span class="ink3">{moment(time)}</span></> },
          { key: "key", title: t("console.keys_of.public"), class: "fixed", cell: ({ operator_key: key }) => <code>{key.slice(0, 4)}…{key.slice(-4)}</code> },
          { key: "act", title: <span class="hidden">{t("console.ops.act")}</span>, cell: (row) => !may("admin") || !isFirst(row) ? null : (
            <span class="row-acts">
              {person.value?.name === row.maker
                ? <button type="button" class="inline-button" onClick={() => act("/withdraw", { ids: [row.id] })}>{t("console.proposals.withdraw")}</button>
                : <><button type="button" class="inline-button" onClick={() => act("/approve", { ids: [{ id: row.id, hash: row.hash }] })}>{t("console.proposals.approve")}</button>
                  <button type="button" class="inline-button" onClick={() => act("/reject", { id: row.id, reason: t("console.proposals.no") })}>{t("console.proposals.reject")}</button></>}
            </span>
          ) },
        ]} />
    </Panel>
  );
}
