// When links were down, the newest first: since when, until when, how long, how often.
import { count } from "../../money";
import { Badge } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { ask } from "../../router";
import type { Spells } from "../../shapes";
import { age, moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

const FIRST_ROWS = 8, ALL_ROWS = 2000;
const NEXT_LOOK_S = 15;

export function PastLinks({ all }: { all: boolean }) {
  const { data, problem, again } = useAnswer<Spells>("/links/past", { limit: all ? ALL_ROWS : FIRST_ROWS }, NEXT_LOOK_S);
  const rows = data?.rows ?? [];
  return (
    <Panel title={t("console.past.title")} count={data?.total} flush>
      {problem === null ? null : <Trouble problem={problem} retry={again} />}
      <Table label={t("console.past.title")} rows={rows} keyOf={({ division, down }) => `${division} ${down}`} isRead={data !== null} empty={t("console.past.none")}
        hrefOf={({ division }) => `/map/${division}`}
        columns={[
          { key: "name", title: t("console.past.between"), class: "fixed", cell: ({ division, name, above, above_name }) => <><a href={`/map/${division}`}>{name ?? division}</a> <span class="ink3">– {above_name ?? above}</span></> },
          { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ state, up }) => <Badge state={up === null ? state : "live"}>{t(up === null ? `console.state.${state}` : state === "paused" ? "console.past.resumed" : "console.past.back")}</Badge> },
          { key: "down", title: t("console.past.down"), class: "fixed", cell: ({ down }) => moment(down) },
          { key: "up", title: t("console.past.up"), class: "fixed", cell: ({ up }) => (up === null ? "—" : moment(up)) },
          { key: "long", title: t("console.past.long"), number: true, cell: ({ seconds }) => age(seconds) },
          { key: "times", title: t("console.past.times"), number: true, cell: ({ times }) => <span class={times === 1 ? "nil" : ""}>{count(times)}</span> },
        ]}
        foot={data !== null && !all && !data.complete
          ? <p class="more"><button type="button" class="cell-link" onClick={() => ask({ past: "all" })}>{t("console.past.rest", { count: count(data.total - rows.length) })}</button></p> : null} />
    </Panel>
  );
}
