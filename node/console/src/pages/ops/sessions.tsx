// Who is logged in, from where, and until when.
import { useState } from "preact/hooks";
import { call, Problem } from "../../api";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { may, person } from "../../session";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

interface Session { id: number; name: string; address: string; since: string; used: string; idle_until: string; until: string }

export function SessionsTab() {
  const sessions = useAnswer<{ rows: Session[] }>("/sessions", {}, 5);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = sessions.data?.rows ?? [];
  const end = (id: number): void => {
    call("DELETE", `/sessions/${id}`).then(() => sessions.again()).catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  const trouble = problem ?? sessions.problem;
  return (
    <Panel title={t("console.ops.tab.sessions")} count={rows.length} flush>
      {trouble === null ? null : <Trouble problem={trouble} retry={sessions.again} />}
      <Table label={t("console.ops.tab.sessions")} rows={rows} keyOf={({ id }) => String(id)} isRead={sessions.data !== null} empty={t("console.session.nobody")}
        columns={[
          { key: "name", title: t("console.people.name"), class: "fixed", cell: ({ name }) => <b>{name}</b> },
          { key: "address", title: t("console.join.from"), class: "fixed", cell: ({ address }) => <code>{address}</code> },
          { key: "since", title: t("console.column.since"), class: "fixed", cell: ({ since }) => moment(since) },
          { key: "used", title: t("console.session.used"), class: "fixed", cell: ({ used }) => moment(used) },
          { key: "until", title: t("console.session.until"), class: "fixed", cell: ({ until }) => moment(until) },
          { key: "act", title: <span class="hidden">{t("console.ops.act")}</span>, cell: ({ id, name }) => !may("admin") && person.value !== null ? null
            : <button type="button" class="inline-button" aria-label={t("console.session.end_of", { name })} onClick={() => end(id)}>{t("console.session.end")}</button> },
        ]} />
    </Panel>
  );
}
