// How many entries came to this node, from all that it holds, in the last 24 hours; and what waits in its
// two lanes: its own log and those below on the way up, what it and those above address to others on the way down.
import { total, together, type DayAnswer } from "../../day";
import { status } from "../../live";
import { count } from "../../money";
import { Chart } from "../../parts/chart";
import { Panel } from "../../parts/panel";
import { t } from "../../words";

export function Throughput({ day }: { day: DayAnswer | null }) {
  const peers = status.value?.peers ?? [];
  const waits = (up: boolean): string => count(peers.filter(({ is_parent }) => is_parent === up).reduce((sum, { behind_entries }) => sum + behind_entries, 0));
  const values = together((day?.rows ?? []).map(({ entries }) => entries));
  const sum = total(values);
  return (
    <Panel title={t("console.ops.throughput")} aside={<>
      {!peers.some(({ is_parent }) => is_parent) ? null : <span>{t("console.ops.lane.up", { count: waits(true) })}</span>}
      {!peers.some(({ is_parent }) => !is_parent) ? null : <span>{t("console.ops.lane.down", { count: waits(false) })}</span>}
      <span>{t("console.ops.came", { count: count(sum) })}</span></>}>
      {day === null ? <p class="ink2">{t("console.loading")}</p>
        : <Chart values={values} slotS={day.slot_s} end={new Date(day.end)} filled format={(value) => count(Math.round(value))}
            label={t("console.ops.throughput_label", { count: count(sum), top: count(Math.max(0, ...values.map((value) => value ?? 0))) })} />}
    </Panel>
  );
}
