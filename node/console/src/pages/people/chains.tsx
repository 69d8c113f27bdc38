// 来历: who was entered by whom, with which key, what changed and what ended: entries of the log, which every
// holder checks signatures by. Reading persons is noted, so it is read when one asks for it.
import { useEffect, useState } from "preact/hooks";
import { chains, type Link, type OperatorEntry } from "../../chains";
import { readTree, status, tree } from "../../live";
import { Marked, type Shape, type Tone } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import type { Page } from "../../shapes";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";
import { rolesText } from "../people";

const MOST = 1000;

const looks: Record<Link["step"], { shape: Shape; tone: Tone }> = {
  entered: { shape: "tick", tone: "ok" }, another_key: { shape: "tick", tone: "quiet" }, changed: { shape: "filling", tone: "warn" },
  ended: { shape: "bars", tone: "quiet" }, again: { shape: "tick", tone: "ok" },
};

export function Chains() {
  useEffect(readTree, []);
  const own = status.value?.division ?? "";
  const [chosen, setDivision] = useState("");
  const division = chosen === "" ? own : chosen;
  const answer = useAnswer<Page<OperatorEntry>>(division === "" ? null : "/documents", { kind: "operator", division, limit: MOST });
  const rows = chains(answer.data?.rows ?? []);
  const choices = tree.value?.rows.length ? tree.value.rows : [{ division: own, name: status.value?.name ?? own }];
  return (
    <Panel title={t("console.people.chains")} count={rows.length} flush
      aside={choices.length < 2 ? null : (
        <label>{t("console.column.division")} <select value={division} onChange={(event) => setDivision(event.currentTarget.value)}>
          {choices.map((row) => <option key={row.division} value={row.division}>{row.name} {row.division}</option>)}</select></label>)}>
      {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
      <Table label={t("console.people.chains")} rows={rows} keyOf={({ entry }) => entry.id} isRead={answer.data !== null} empty={t("console.chains.none")}
        columns={[
          { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ entry }) => <b>{entry.name}</b> },
          { key: "step", title: t("console.audit.what"), class: "fixed", cell: ({ step }) => <Marked {...looks[step]}>{t(`console.chains.${step}`)}</Marked> },
          { key: "roles", title: t("console.people.may"), cell: ({ roles }) => rolesText(roles) },
          { key: "by", title: t("console.chains.by"), class: "fixed", cell: ({ entry }) => entry.entered_by ?? <span class="ink3">{t("console.chains.owner")}</span> },
          { key: "time", title: t("console.column.time"), class: "fixed", cell: ({ entry }) => moment(entry.time) },
          { key: "lsn", title: t("console.chains.lsn"), number: true, cell: ({ entry }) => entry.lsn },
          { key: "key", title: t("console.keys_of.public"), class: "fixed", cell: ({ entry }) => <code>{entry.operator_key.slice(0, 4)}…{entry.operator_key.slice(-4)}</code> },
        ]}
        foot={answer.data === null || answer.data.complete ? null : <p class="more">{t("console.chains.most", { count: MOST })}</p>} />
    </Panel>
  );
}
