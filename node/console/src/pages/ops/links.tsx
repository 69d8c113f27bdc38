// Links: those with something to say first, the rest folded with their count.
import { useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { coarse, sinceStart, total, type DayAnswer, type DayRow } from "../../day";
import { count, shown } from "../../money";
import { Acknowledge, AlarmItem } from "../../parts/alarm";
import { Badge } from "../../parts/badge";
import { Dialog } from "../../parts/dialog";
import { Panel, Segments } from "../../parts/panel";
import { Empty, Trouble } from "../../parts/problem";
import { Rotating } from "../../parts/rotation";
import { Sparkline } from "../../parts/sparkline";
import { Table } from "../../parts/table";
import { ask } from "../../router";
import { may, person } from "../../session";
import type { Alarm, DivisionRow, Peer, Status, TreeAnswer } from "../../shapes";
import { age, lag, minute } from "../../time";
import { isWell, since } from "../../tree_model";
import { type Answer, useAnswer } from "../../use_answer";
import { t } from "../../words";
import { nameOf } from "../ops";
import { Throughput } from "./throughput";
import { Attempts } from "./join";
import { PastLinks } from "./past";
import { ServedPast } from "./served";
import { ThisNode } from "./store";
import { Waiting } from "./waiting";

/** A neighbour, or a division further below whose own link has something to say. */
interface Line { code: string; name: string; peer: Peer | null; row: DivisionRow | null; deep: boolean }

const choices = ["told", "direct", "all"] as const;

function linesOf(status: Status, tree: TreeAnswer | null, which: string): Line[] {
  const rows = new Map((tree?.rows ?? []).map((row) => [row.division, row]));
  const peers = status.peers.map((peer): Line => ({ code: peer.division, name: peer.name ?? nameOf(peer.division), peer, row: rows.get(peer.division) ?? null, deep: false }));
  const further = (tree?.rows ?? []).filter(({ division, depth }) => depth > 1 && !peers.some(({ code }) => code === division))
    .map((row): Line => ({ code: row.division, name: row.name, peer: null, row, deep: true }));
  const said = (line: Line): boolean => line.peer !== null
    ? line.peer.state !== "live" || line.peer.behind_entries > 0 || (line.row !== null && !isWell(line.row)) : line.row !== null && !isWell(line.row);
  if (which === "direct") {
    return peers;
  }
  const all = [...peers, ...further];
  const parents = new Set(all.filter((line) => line.deep && said(line)).map(({ row }) => row?.parent));
  return which === "all" ? inTree(all, tree) : inTree(all.filter((line) => said(line) || parents.has(line.code)), tree);
}

/** Each behind the one above it, the parent first. */
function inTree(lines: Line[], tree: TreeAnswer | null): Line[] {
  const order = new Map((tree?.rows ?? []).map(({ division }, i) => [division, i]));
  return [...lines].sort((a, b) => (order.get(a.code) ?? -1) - (order.get(b.code) ?? -1));
}

export function LinksTab({ status, tree, alarms, query }: {
  status: Status; tree: TreeAnswer | null; alarms: Answer<{ alarms: Alarm[] }>; query: URLSearchParams;
}) {
  const which = choices.find((name) => name === query.get("show")) ?? "told";
  const lines = linesOf(status, tree, which);
  const all = status.peers.length + (tree?.rows ?? []).filter(({ depth }) => depth > 1).length;
  const day = useAnswer<DayAnswer>("/history", {}, 60);
  const days = new Map((day.data?.rows ?? []).map((row) => [row.division, row]));
  const [halting, setHalting] = useState<Peer | null>(null);
  const isAdmin = person.value === null || may("admin");
  return (
    <div class="columns wide">
      <div class="stack">
        <Panel title={t("console.ops.tab.links")} flush
          aside={<Segments label={t("console.ops.show")} value={which} onChange={(value) => ask({ show: value === "told" ? null : value })}
            choices={choices.map((value) => ({ value, title: t(`console.ops.show.${value}`) }))} />}>
          <Table label={t("console.ops.tab.links")} rows={lines} keyOf={({ code }) => code} hrefOf={({ code, row }) => row === null ? null : `/map/${code}`}
            empty={t("console.ops.quiet", { count: count(all) })}
            columns={[
              { key: "name", title: t("console.column.neighbour"), class: "fixed", cell: ({ code, name, row, deep, peer }) => (
                <span class={deep ? "indent-1" : ""}>{row === null ? <Named name={name} code={code} /> : <a href={`/map/${code}`}><Named name={name} code={code} /></a>}{peer?.is_parent === true ? <span class="ink3"> {t("console.ops.parent")}</span> : null}</span>) },
              { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ peer, row }) => <LinkState peer={peer} row={row} tree={tree} /> },
              { key: "came", title: t("console.column.came"), number: true, cell: ({ code }) => count(total(days.get(code)?.entries ?? [])) },
              { key: "entries", title: t("console.column.day"), class: "spark", cell: ({ code, name }) => <Day row={days.get(code)} of="entries" name={name} /> },
              { key: "lag", title: t("console.column.lag"), class: "spark", cell: ({ code, name }) => <Day row={days.get(code)} of="lag_ms" name={name} /> },
              { key: "rtt", title: t("console.column.rtt"), number: true, cell: ({ peer }) => peer === null || peer.state !== "live" ? "—" : lag(peer.rtt_ms) },
              { key: "heard", title: t("console.column.heard"), number: true, cell: ({ peer, row }) => heard(peer, row) },
              { key: "waits", title: t("console.column.waits"), number: true, cell: ({ peer, row }) => waits(peer, row) },
              { key: "clock", title: t("console.column.clock"), number: true, cell: ({ peer, row }) => clock(peer, row) },
              { key: "act", title: <span class="hidden">{t("console.ops.act")}</span>, cell: ({ peer, row }) => peer === null || peer.is_parent || !isAdmin || row?.state === "revoked" ? null : (
                <button type="button" class="inline-button" onClick={() => setHalting(peer)}>{t(peer.state === "paused" ? "console.ops.resume" : "console.ops.pause")}</button>) },
            ]}
            foot={which === "told" && lines.length > 0 && all > lines.length
              ? <p class="more"><a href="/ops/links?show=all">{t("console.ops.rest", { count: count(all - lines.length) })}</a></p> : null} />
        </Panel>
        <div class="pair"><Throughput day={day.data} /><ThisNode status={status} /></div>
        <ServedPast />
        <PastLinks all={query.get("past") === "all"} />
      </div>
      <div class="stack">
        <Rotating />
        <OpenAlarms alarms={alarms} />
        <Waiting />
        <Attempts status={status} short />
      </div>
      {halting === null ? null : <Halt peer={halting} onClose={() => setHalting(null)} />}
    </div>
  );
}

const Named = ({ name, code }: { name: string; code: string }) => <>{name} <span class="ink3">{code}</span></>;

/** Its last day, since this node started. */
function Day({ row, of, name }: { row: DayRow | undefined; of: "entries" | "lag_ms"; name: string }) {
  const values = sinceStart(row?.[of] ?? []);
  return values.length < 2 ? null
    : <Sparkline values={coarse(values, 56)} filled={of === "entries"} label={t(`console.day.${of}`, { name })} />;
}

function LinkState({ peer, row, tree }: { peer: Peer | null; row: DivisionRow | null; tree: TreeAnswer | null }) {
  const state = row?.state === "revoked" ? row.state : peer !== null && peer.state !== "live" ? peer.state : row !== null && !isWell(row) ? row.state : "live";
  const began = peer !== null && peer.down_s > 0 && state !== "revoked" ? new Date(Date.now() - peer.down_s * 1000)
    : row !== null && tree !== null && row.since_s > 0 ? since(row, tree) : null;
  return <Badge state={state}>{t(`console.state.${state}`)}{began === null || state === "live" ? "" : ` ${minute(began)}`}</Badge>;
}

const heard = (peer: Peer | null, row: DivisionRow | null): string => {
  const seconds = peer === null ? row?.age_s ?? null : peer.last_heard_s;
  return seconds === null ? "—" : age(seconds);
};

const waits = (peer: Peer | null, row: DivisionRow | null): string => {
  if (peer !== null && peer.behind_entries > 0) {
    return `${count(peer.behind_entries)} · ${shown(peer.behind_amount)}`;
  }
  const entries = row?.said?.backlog_entries ?? 0;
  return entries > 0 ? `${count(entries)} · ${shown(row?.said?.backlog_amount ?? "0.00")}` : "0";
};

const clock = (peer: Peer | null, row: DivisionRow | null): string =>
  peer === null ? row?.said === null || row === null ? "—" : lag(Math.abs(row.said.clock_ahead_ms)) : lag(Math.abs(peer.clock_skew_ms));

export function OpenAlarms({ alarms }: { alarms: Answer<{ alarms: Alarm[] }> }) {
  const rows = [...alarms.data?.alarms ?? []].sort((a, b) => Number(a.silenced !== null) - Number(b.silenced !== null));
  return (
    <Panel title={t("console.ops.tab.alarms")} count={rows.length} flush aside={<a href="/ops/alarms?history=1">{t("console.map.history")}</a>}>
      {rows.length === 0 ? <Empty>{t("console.alarm.none")}</Empty> : (
        <ul class="items">{rows.map((alarm) => (
          <li key={alarm.id}><AlarmItem alarm={alarm} name={nameOf(alarm.division)} /><Acknowledge alarm={alarm} done={alarms.again} /></li>
        ))}</ul>
      )}
    </Panel>
  );
}

/** Pausing a link is asked about once: what then waits is said. */
function Halt({ peer, onClose }: { peer: Peer; onClose: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const isPaused = peer.state === "paused";
  const act = (): void => {
    post(`/peers/${peer.division}/${isPaused ? "resume" : "pause"}`).then(onClose).catch((failure: unknown) => {
      if (failure instanceof Problem) { setProblem(failure); }
    });
  };
  const name = peer.name ?? peer.division;
  return (
    <Dialog title={t(isPaused ? "console.ops.resume_of" : "console.ops.pause_of", { name })} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button>
        <button type="button" class="primary" onClick={act}>{t(isPaused ? "console.ops.resume" : "console.ops.pause")}</button></>}>
      <p>{t(isPaused ? "console.ops.resume_means" : "console.ops.pause_means", { name })}</p>
      {problem === null ? null : <Trouble problem={problem} />}
    </Dialog>
  );
}

