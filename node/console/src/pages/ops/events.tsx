// Events: what happened here, the newest first: alarms as they began, were taken, silenced and ended; who
// was invited, asked to join or was refused.
import { Marked, type Shape, type Tone } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import type { Alarm, Page, Status, TreeAnswer } from "../../shapes";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";
import { nameOf } from "../ops";

interface Happened { key: string; at: string; what: string; text: string; division: string | null; who: string }

const PAST = 500;

const looks: Record<string, { shape: Shape; tone: Tone }> = {
  began: { shape: "triangle", tone: "warn" }, taken: { shape: "tick", tone: "quiet" },
  over: { shape: "tick", tone: "ok" }, invited: { shape: "square", tone: "quiet" }, refused: { shape: "cross", tone: "bad" },
};

function ofAlarm(alarm: Alarm): Happened[] {
  const one = (what: string, at: string | null, who = ""): Happened[] => at === null ? []
    : [{ key: `alarm ${alarm.id} ${what}`, at, what, text: alarm.text, division: alarm.division, who }];
  return [...one("began", alarm.since), ...one("taken", alarm.acknowledged, alarm.acknowledged_by), ...one("over", alarm.cleared)];
}

/** All that this node can tell of, together. */
function happened(alarms: Alarm[], status: Status, tree: TreeAnswer | null): Happened[] {
  const invited = (tree?.invited ?? []).map(({ division, name, since, expires }): Happened =>
    ({ key: `invited ${division}`, at: since, what: "invited", text: t("console.event.invitation", { name, division, time: moment(expires) }), division: null, who: "" }));
  const refused = [...status.enrol_attempts, ...status.refused_strangers].map((row): Happened =>
    ({ key: `refused ${row.key} ${row.time}`, at: row.time, what: "refused", text: row.text, division: row.division ?? null, who: row.address }));
  return [...alarms.flatMap(ofAlarm), ...invited, ...refused].sort((a, b) => b.at.localeCompare(a.at));
}

export function EventsTab({ status, tree, open }: { status: Status; tree: TreeAnswer | null; open: Alarm[] }) {
  const past = useAnswer<{ alarms: Alarm[] } & Page<never>>("/alarms", { history: 1, limit: PAST }, 30);
  const rows = happened([...open, ...past.data?.alarms ?? []], status, tree);
  return (
    <Panel title={t("console.ops.tab.events")} count={rows.length} flush>
      {past.problem === null ? null : <Trouble problem={past.problem} retry={past.again} />}
      <Table label={t("console.ops.tab.events")} rows={rows} keyOf={({ key }) => key} isRead={past.data !== null} empty={t("console.event.none")}
        columns={[
          { key: "at", title: t("console.column.time"), class: "fixed", cell: ({ at }) => moment(at) },
          { key: "what", title: t("console.audit.what"), class: "fixed", cell: ({ what }) => <Marked {...looks[what]}>{t(`console.event.${what}`)}</Marked> },
          { key: "division", title: t("console.column.division"), class: "fixed", cell: ({ division }) => division === null ? "—" : <a href={`/map/${division}`}>{nameOf(division)}</a> },
          { key: "text", title: t("console.event.text"), cell: ({ text }) => text },
          { key: "who", title: t("console.audit.who"), class: "fixed", cell: ({ who }) => who === "" ? "—" : who },
        ]}
        foot={past.data === null || past.data.total <= PAST ? null
          : <p class="more">{t("console.event.last", { count: PAST })} <a href="/ops/alarms?history=1">{t("console.map.history")}</a></p>} />
    </Panel>
  );
}
