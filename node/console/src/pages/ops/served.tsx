// Who was served past its parent, the newest first: from when to when, by whom, and whether all of it is here.
import { status } from "../../live";
import { count } from "../../money";
import { Badge, Marked } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { caughtUp } from "../../parts/served";
import { Table } from "../../parts/table";
import type { Page, ServedSpell } from "../../shapes";
import { age, moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

const ROWS = 8, NEXT_LOOK_S = 15;

function CaughtUp({ spell }: { spell: ServedSpell }) {
  const caught = caughtUp(spell, status.value?.division);
  return caught === null ? <>—</> : <Marked shape={caught.shape} tone={caught.tone}>{caught.text}</Marked>;
}

/** Nothing at all where nobody ever was. */
export function ServedPast() {
  const { data, problem, again } = useAnswer<Page<ServedSpell>>("/links/served", { limit: ROWS }, NEXT_LOOK_S);
  const rows = data?.rows ?? [];
  if (rows.length === 0 && problem === null) {
    return null;
  }
  return (
    <Panel title={t("console.served.title")} count={data?.total} flush>
      {problem === null ? null : <Trouble problem={problem} retry={again} />}
      <Table label={t("console.served.title")} rows={rows} keyOf={({ division, since }) => `${division} ${since}`} isRead={data !== null} empty=""
        hrefOf={({ division }) => `/map/${division}`}
        columns={[
          { key: "name", title: t("console.served.who"), class: "fixed", cell: ({ division, name }) => <a href={`/map/${division}`}>{name || division}</a> },
          { key: "by", title: t("console.served.by"), class: "fixed", cell: ({ by, by_name, parent, parent_name }) => <>{by_name || by} <span class="ink3">{t("console.served.instead", { parent: parent_name || parent })}</span></> },
          { key: "state", title: t("console.column.state"), class: "fixed", cell: ({ until }) => <Badge state={until === null ? "served" : "live"}>{t(until === null ? "console.state.served" : "console.served.back")}</Badge> },
          { key: "since", title: t("console.served.since"), class: "fixed", cell: ({ since }) => moment(since) },
          { key: "until", title: t("console.served.until"), class: "fixed", cell: ({ until }) => (until === null ? "—" : moment(until)) },
          { key: "long", title: t("console.past.long"), number: true, cell: ({ seconds }) => age(seconds) },
          { key: "here", title: t("console.served.here_now"), cell: (spell) => <CaughtUp spell={spell} /> },
        ]}
        foot={data !== null && !data.complete ? <p class="more">{t("console.served.rest", { count: count(data.total - rows.length) })}</p> : null} />
    </Panel>
  );
}
