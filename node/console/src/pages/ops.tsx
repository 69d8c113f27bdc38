// 运维: links, alarms, joining, keys and this node, each under an address of its own.
import { useEffect } from "preact/hooks";
import type { PageProps } from "../app";
import { alarmsVersion, readTree, status, tree } from "../live";
import { count } from "../money";
import { Tabs } from "../parts/panel";
import { Sentence } from "../parts/sentence";
import { isUnsound } from "../parts/unsound";
import type { Alarm, Status, TreeAnswer } from "../shapes";
import { may, person } from "../session";
import { age } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";
import { AlarmsTab } from "./ops/alarms";
import { ConfigTab } from "./ops/config";
import { EventsTab } from "./ops/events";
import { JoinTab } from "./ops/join";
import { KeysTab } from "./ops/keys";
import { LinksTab } from "./ops/links";
import { SessionsTab } from "./ops/sessions";
import { StoreTab } from "./ops/store";
import { WebhooksTab } from "./ops/webhooks";

const tabs = ["links", "alarms", "join", "keys", "store", "config", "webhooks", "sessions", "events"] as const;

/** For operators: are all links up, is anything damaged or refused? */
function told(now: Status, all: TreeAnswer | null): { state: string; text: string } {
  const ended = new Set((all?.rows ?? []).filter(({ state }) => state === "revoked").map(({ division }) => division));
  const peers = now.peers.filter(({ division }) => !ended.has(division));
  const cut = peers.filter(({ state }) => state !== "live" && state !== "catching_up");
  const off = (all?.rows ?? []).filter(({ state }) => state === "off_line").sort((a, b) => b.since_s - a.since_s);
  const damaged = (all?.rows ?? []).filter(({ state }) => state === "damaged");
  const refused = now.peers.reduce((total, { frames_refused }) => total + frames_refused, 0);
  const parts = [cut.length === 0 ? t("console.ops.all_up", { count: count(peers.length) })
    : t("console.ops.some_up", { up: peers.length - cut.length, count: count(peers.length) })];
  if (off.length > 0) {
    parts.push(t("console.ops.off_line", { count: off.length, name: off[0].name, age: age(off[0].since_s) }));
  }
  parts.push(isUnsound() ? t("console.unsound.short") : damaged.length > 0 ? t("console.ops.damaged", { name: damaged[0].name })
    : refused > 0 ? t("console.ops.refused", { count: count(refused) }) : t("console.ops.sound"));
  const heard = now.alarms.filter(({ silenced }) => silenced === null).length;
  if (heard > 0) {
    parts.push(t("console.ops.alarms", { count: heard }));
  }
  return {
    state: damaged.length > 0 || isUnsound() ? "damaged" : off.length > 0 || cut.length > 0 ? "off_line" : heard > 0 ? "warning" : "well",
    text: parts.join(t("console.sentence.and")) + t("console.sentence.end"),
  };
}

/** A role sees what it may use. */
const mayOpen = (name: string): boolean => person.value === null || may("admin") ||
  (name === "config" || name === "webhooks" ? may("auditor") : name !== "sessions");

export function OpsPage({ parameters, query }: PageProps) {
  useEffect(readTree, []);
  const now = status.value;
  const alarms = useAnswer<{ alarms: Alarm[] }>("/alarms", {}, undefined, alarmsVersion.value);
  if (now === null) {
    return <Sentence state="unknown" busy>{t("console.loading")}</Sentence>;
  }
  const tab = tabs.find((name) => name === parameters.tab);
  const counts: Record<string, number> = { links: now.peers.length, alarms: now.alarms.length };
  const asking = (tree.value?.invited ?? []).filter(({ waiting, expired }) => waiting && !expired).length;
  counts.keys = now.alarms.filter(({ code }) => code === "epoch_unconfirmed").length;
  if (asking > 0) {
    counts.join = asking;
  }
  const { state, text } = told(now, tree.value);
  return (
    <>
      <Sentence state={state}>{text}</Sentence>
      <div class="page">
        <Tabs label={t("console.nav.ops")} here={`/ops/${tab ?? ""}`}
          tabs={tabs.filter(mayOpen).map((name) => ({ href: `/ops/${name}`, title: t(`console.ops.tab.${name}`), count: counts[name] }))} />
        {tab === "alarms" ? <AlarmsTab open={alarms} history={query.has("history")} />
          : tab === "join" ? <JoinTab status={now} />
            : tab === "keys" ? <KeysTab status={now} />
              : tab === "store" ? <StoreTab status={now} />
                : tab === "sessions" ? <SessionsTab />
                : tab === "config" ? <ConfigTab />
                : tab === "webhooks" ? <WebhooksTab open={query.get("name")} />
                : tab === "events" ? <EventsTab status={now} tree={tree.value} open={alarms.data?.alarms ?? []} />
                : <LinksTab status={now} tree={tree.value} alarms={alarms} query={query} />}
      </div>
    </>
  );
}

export const nameOf = (division: string | null): string =>
  division === null ? "" : tree.value?.rows.find((row) => row.division === division)?.name ??
    status.value?.peers.find((peer) => peer.division === division)?.name ?? division;
