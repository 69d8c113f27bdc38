// This node's own log is fetched from its neighbours, as it was put back or its store was damaged: who has answered,
// who is missing, how far it is, and how to go on without one of them.
import { useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { status } from "../../live";
import { count } from "../../money";
import { Advice } from "../../parts/advice";
import { Marked, type Look } from "../../parts/badge";
import { Confirm } from "../../parts/confirm";
import { Facts, Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { may, person } from "../../session";
import type { Resync } from "../../shapes";
import { age } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

type Holder = Resync["holders"][number];

const looks: Record<Resync["state"], Look> = {
  whole: { shape: "disc", tone: "ok" }, fetching: { shape: "half", tone: "busy" },
  waiting: { shape: "filling", tone: "warn" }, confirming: { shape: "filling", tone: "warn" },
};

const holderLooks: Record<Holder["state"], Look> = {
  answered: { shape: "tick", tone: "ok" }, awaited: { shape: "filling", tone: "warn" },
  holds_more: { shape: "half", tone: "busy" }, without: { shape: "cross", tone: "quiet" },
};

/** Whose word holds it up. */
export const isMissing = ({ state }: Holder): boolean => state === "awaited" || state === "holds_more";

/** In percent of all that anybody told of, this node's own log and those below together. */
export function share({ entries, known_entries: known }: Resync): string {
  return known === 0 || entries >= known ? "100" : Math.floor(entries * 100 / known).toString();
}

function progress(resync: Resync): string {
  const head = t("console.resync.entries", { entries: count(resync.entries), known: count(Math.max(resync.known_entries, resync.entries)), share: share(resync) });
  return resync.seconds_left === null ? head : head + t("console.resync.left", { age: age(resync.seconds_left) });
}

const holds = ({ state, lsn, more_below: more }: Holder): string => state === "awaited" ? "—"
  : more > 0 ? t("console.resync.more_below", { lsn: count(lsn), count: count(more) }) : count(lsn);

function Without({ holder, done }: { holder: Holder; done: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const name = holder.division_name || holder.division;
  const go = (): void => {
    setProblem(null);
    post("/resync/without", { division: holder.division }).then(done, (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  return <>
    <button type="button" class="inline-button" onClick={() => setAsked(true)}>{t("console.resync.without")}</button>
    {problem === null ? null : <Trouble problem={problem} />}
    {isAsked ? <Confirm title={t("console.resync.without_of", { name })} act={t("console.resync.without_now")} onAct={go} onClose={() => setAsked(false)}>
      {t("console.resync.without_means", { name })}</Confirm> : null}
  </>;
}

/** Nothing at all at a node that is whole and was always so. */
export function ResyncPanel() {
  const isOn = (status.value?.damaged ?? "") !== "";
  const { data, problem, again } = useAnswer<Resync>("/resync", {}, isOn ? 2 : 30, isOn);
  const isAdmin = person.value === null || may("admin");
  if (data === null) {
    return problem === null ? null : <section class="card"><Trouble problem={problem} retry={again} /></section>;
  }
  if (data.state === "whole" && data.last === "" && !isOn) {
    return null;
  }
  if (data.state === "whole") { // damaged, and nothing can be fetched; or over
    return (
      <Panel title={t("console.resync.title")} aside={isOn ? <Marked shape="diamond" tone="bad">{t("console.state.damaged")}</Marked> : <Marked {...looks.whole}>{t("console.resync.whole")}</Marked>}>
        {isOn ? <><p><b><Advice text={status.value?.damaged ?? ""} /></b></p><p class="ink2">{t("console.resync.reads_only")} <code class="command">terrace doctor</code></p></> : null}
        {data.last === "" ? null : <p><Advice text={data.last} /></p>}
      </Panel>
    );
  }
  return (
    <Panel title={t("console.resync.title")} aside={<Marked {...looks[data.state]}>{t(`console.resync.${data.state}`)}</Marked>} flush>
      <div class="card-body">
        <p><b><Advice text={data.why} /></b></p>
        <p class="ink2">{t(`console.resync.${data.state}.means`)}</p>
        {data.state === "confirming" ? null : <Facts rows={[
          [t("console.resync.progress"), progress(data)],
          [t("console.resync.own_log"), t("console.resync.of", { lsn: count(data.lsn), known: count(Math.max(data.known_lsn, data.lsn)) })],
          [t("console.resync.speed"), t("console.resync.kib", { kib: count(Math.round(data.bytes_second / 1024)) })],
          ...(data.import_waiting + data.import_unfit > 0
            ? [[t("console.resync.files"), t("console.resync.import", { waiting: count(data.import_waiting), unfit: count(data.import_unfit) })] as [string, string]] : []),
        ]} />}
        {data.archive_fault === "" ? null : <p><Marked shape="triangle" tone="warn"><Advice text={data.archive_fault} /></Marked></p>}
        {data.holders.some(isMissing) ? <p class="ink2">{t("console.resync.missing", { names: data.holders.filter(isMissing).map(({ division, division_name: name }) => name || division).join(t("console.list_comma")) })}</p> : null}
      </div>
      {data.holders.length === 0 ? null : <Table label={t("console.resync.holders")} rows={data.holders} keyOf={({ division }) => division} empty=""
        columns={[
          { key: "name", title: t("console.column.neighbour"), class: "fixed", cell: ({ division, division_name: name }) => <>{name || division} <span class="ink3">{division}</span></> },
          { key: "state", title: t("console.resync.answer"), class: "fixed", cell: ({ state }) => <Marked {...holderLooks[state]}>{t(`console.resync.holder.${state}`)}</Marked> },
          { key: "lsn", title: t("console.resync.holds"), number: true, cell: holds },
          { key: "act", title: <span class="hidden">{t("console.ops.act")}</span>, cell: (holder) => (isAdmin && isMissing(holder) ? <Without holder={holder} done={again} /> : null) },
        ]} />}
      {data.last === "" ? null : <div class="card-body"><p class="ink2"><Advice text={data.last} /></p></div>}
    </Panel>
  );
}
