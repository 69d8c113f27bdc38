// Alarms: open ones with cause, cure and who takes care; and all that were.
import { AlarmItem, Acknowledge } from "../../parts/alarm";
import { Panel, Segments } from "../../parts/panel";
import { Empty, Trouble } from "../../parts/problem";
import { ask } from "../../router";
import type { Alarm, Page } from "../../shapes";
import { type Answer, useAnswer } from "../../use_answer";
import { t } from "../../words";
import { nameOf } from "../ops";

const severities = ["critical", "error", "warning", "info"];

export function AlarmsTab({ open, history }: { open: Answer<{ alarms: Alarm[] }>; history: boolean }) {
  const past = useAnswer<{ alarms: Alarm[] } & Page<never>>(history ? "/alarms" : null, { history: 1, limit: 200 }, 30);
  const answer = history ? past : open;
  const rows = [...answer.data?.alarms ?? []];
  if (!history) {
    rows.sort((a, b) => Number(a.silenced !== null) - Number(b.silenced !== null) || severities.indexOf(a.severity) - severities.indexOf(b.severity) || a.since.localeCompare(b.since));
  }
  return (
    <Panel title={t("console.ops.tab.alarms")} count={history ? past.data?.total : rows.length} flush
      aside={<Segments label={t("console.alarm.which")} value={history ? "past" : "open"} onChange={(value) => ask({ history: value === "past" ? "1" : null })}
        choices={[{ value: "open", title: t("console.alarm.open") }, { value: "past", title: t("console.alarm.past") }]} />}>
      {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
      {rows.length === 0 ? <Empty>{t(history ? "console.alarm.no_past" : "console.alarm.none")}</Empty> : (
        <ul class="items">{rows.map((alarm) => (
          <li key={`${alarm.id} ${alarm.cleared ?? ""}`}>
            <AlarmItem alarm={alarm} name={nameOf(alarm.division)} />
            {history ? null : <Acknowledge alarm={alarm} done={open.again} />}
          </li>
        ))}</ul>
      )}
    </Panel>
  );
}
