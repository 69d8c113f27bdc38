// This node: its ledger, its store, what others have confirmed.
import { status as live, tree } from "../../live";
import { count, shown } from "../../money";
import { Badge } from "../../parts/badge";
import { Facts, Panel } from "../../parts/panel";
import { Verify } from "../../parts/verify";
import { EvidencePanel } from "../../work/evidence";
import { ResyncPanel } from "./resync";
import type { Said, Status } from "../../shapes";
import { age } from "../../time";
import { kindWord, useVocabulary } from "../../vocabulary";
import { t, word } from "../../words";

const self = () => tree.value?.rows.find(({ division }) => division === live.value?.division) ?? null;

/** A damaged node that only reads does not look at its disk. */
const isLooked = ({ disk_free_mib: free, disk_floor_mib: floor }: Said): boolean => free + floor > 0;

/** For which documents two persons are asked for. */
const approvalText = (policy: string): string =>
  word(`console.approval.${policy}`, policy.split(",").map(kindWord).join(t("console.list_comma")));

export function ThisNode({ status }: { status: Status }) {
  useVocabulary();
  const said = self()?.said ?? null;
  const isWell = status.alarms.every(({ severity }) => severity === "info" || severity === "warning");
  return (
    <Panel title={t("console.ops.this_node")} aside={<><Badge state={isWell ? "well" : "fault"}>{t(isWell ? "console.ops.normal" : "console.state.fault")}</Badge><a href="/ops/keys">{t("console.ops.tab.keys")}</a></>}>
      <div class="facts-two">
        <Facts rows={[
          [t("console.node.version"), status.version],
          [t("console.node.disk"), said === null || !isLooked(said) ? t("console.not_known_here") : t("console.node.disk_free", { free: count(Math.round(said.disk_free_mib / 1024)) })],
          [t("console.node.entries"), count(status.lsn)],
        ]} />
        <Facts rows={[
          [t("console.node.confirmed"), status.confirmed.age_s === null ? t("console.not_known_here") : `${count(status.confirmed.lsn)} · ${age(status.confirmed.age_s)}`],
          [t("console.node.approval"), approvalText(status.approval)],
          [t("console.node.clock"), `${(status.confirmed.root_skew_ms / 1000).toFixed(2)} s`],
          [t("console.unapproved.title"), status.unapproved.count === 0 ? t("console.node.no_unapproved")
            : <a key="unapproved" class="tone-bad" href="/people/unapproved">{t("console.division.unapproved_short", { count: count(status.unapproved.count), amount: shown(status.unapproved.amount) })}</a>],
        ]} />
      </div>
    </Panel>
  );
}

export function StoreTab({ status }: { status: Status }) {
  const said = self()?.said ?? null;
  return (
    <div class="columns wide">
      <div class="stack">
        <ResyncPanel />
        <EvidencePanel />
        <Panel title={t("console.store.title")}>
          <Facts rows={[
            [t("console.node.entries"), count(status.lsn)],
            [t("console.store.digest"), <code key="digest">{status.state_digest.slice(0, 32)}<wbr />{status.state_digest.slice(32)}</code>],
            [t("console.node.disk"), said === null || !isLooked(said) ? t("console.not_known_here")
              : t("console.store.floor", { free: count(said.disk_free_mib), floor: count(said.disk_floor_mib) })],
            [t("console.node.confirmed"), status.confirmed.age_s === null ? t("console.not_known_here")
              : t("console.store.confirmed", { lsn: count(status.confirmed.lsn), age: age(status.confirmed.age_s) })],
          ]} />
        </Panel>
        <Panel title={t("console.store.backup")}>
          <p>{t("console.store.how")} <code class="command">terrace backup DIR</code></p>
        </Panel>
      </div>
      <Verify />
    </div>
  );
}
