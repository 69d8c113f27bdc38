// 来历: who was entered by whom, with which key, what changed and what ended: entries of the log, which every
// holder checks signatures by, and what this one found. Reading persons is noted, so it is read when one
// asks for it.
import { useEffect } from "preact/hooks";
import { chains, type Link } from "../../chains";
import { readTree, status, tree } from "../../live";
import { Marked, type Shape, type Tone } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { ask, place } from "../../router";
import type { Page, PersonLink } from "../../shapes";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";
import { rolesText } from "../people";

const MOST = 1000;

const looks: Record<Link["step"], { shape: Shape; tone: Tone }> = {
  founder: { shape: "tick", tone: "ok" },
  entered: { shape: "tick", tone: "ok" }, another_key: { shape: "tick", tone: "quiet" }, changed: { shape: "filling", tone: "warn" },
  ended: { shape: "bars", tone: "quiet" }, again: { shape: "tick", tone: "ok" }, refused: { shape: "cross", tone: "bad" },
};

/** Whose word an entry is; why it does not count. */
export function vouchedText(link: PersonLink): string {
  return !link.counts ? t("console.chains.refused_because", { why: link.why_words ?? "" })
    : link.founder ? t("console.chains.by_grant")
      : link.by.length === 0 ? (link.entered_by === null ? t("console.chains.by_node") : t("console.chains.by_node_of", { name: link.entered_by })) : link.by.length === 1 ? t("console.chains.by_one", { name: link.by[0] })
        : t("console.chains.by_two", { first: link.by[0], second: link.by[1] });
}

/** Everybody below, and who stands directly above: whose logs are held here. */
function choicesOf(own: string): { division: string; name: string }[] {
  const below = tree.value?.rows.length ? tree.value.rows : [{ division: own, name: status.value?.name ?? own }];
  const above = (status.value?.peers ?? []).filter(({ is_parent }) => is_parent).map(({ division, name }) => ({ division, name: name ?? division }));
  return [...above, ...below];
}

export function Chains() {
  useEffect(readTree, []);
  const own = status.value?.division ?? "";
  const division = place.value.query.get("division") ?? own;
  const answer = useAnswer<Page<PersonLink> & { vouched: string }>(division === "" ? null : "/persons", { division, limit: MOST });
  const rows = chains(answer.data?.rows ?? []);
  const choices = choicesOf(own);
  return (
    <Panel title={t("console.people.chains")} count={rows.length} flush
      aside={choices.length < 2 ? null : (
        <label class="choice">{t("console.column.division")} <select value={division} onChange={(event) => ask({ division: event.currentTarget.value })}>
          {choices.map((row) => <option key={row.division} value={row.division}>{row.name} {row.division}</option>)}</select></label>)}>
      {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
      {answer.data === null || answer.data.vouched === "" ? null : <p class="notice-line">{answer.data.vouched}{t("console.sentence.end")}</p>}
      <Table label={t("console.people.chains")} rows={rows} keyOf={({ entry }) => `${entry.lsn} ${entry.key}`} isRead={answer.data !== null} empty={t("console.chains.none")}
        columns={[
          { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ entry }) => <b>{entry.name}</b> },
          { key: "step", title: t("console.audit.what"), class: "fixed", cell: ({ step }) => <Marked {...looks[step]}>{t(`console.chains.${step}`)}</Marked> },
          { key: "roles", title: t("console.people.may"), cell: ({ entry: { roles } }) => roles.length === 0 ? "" : rolesText(roles) },
          { key: "by", title: t("console.chains.by"), cell: ({ entry }) => vouchedText(entry) },
          { key: "time", title: t("console.column.time"), class: "fixed", cell: ({ entry }) => moment(entry.time) },
          { key: "lsn", title: t("console.chains.lsn"), number: true, cell: ({ entry }) => entry.lsn === 0 ? "" : entry.lsn },
          { key: "key", title: t("console.keys_of.public"), class: "fixed", cell: ({ entry }) => <code>{entry.key.slice(0, 4)}…{entry.key.slice(-4)}</code> },
        ]}
        foot={answer.data === null || answer.data.complete ? null : <p class="more">{t("console.chains.most", { count: MOST })}</p>} />
    </Panel>
  );
}
