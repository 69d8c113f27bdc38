// 审批不成立: entries that are held here and whose approval does not hold, with why; the alarms about persons
// and approvals, which only somebody's acknowledgement ends.
import { alarmsVersion } from "../../live";
import { shown } from "../../money";
import { Acknowledge, AlarmItem } from "../../parts/alarm";
import { Amount } from "../../parts/figure";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { Table } from "../../parts/table";
import { place } from "../../router";
import type { Alarm, UnapprovedAnswer } from "../../shapes";
import { useAnswer } from "../../use_answer";
import { kindWord, useVocabulary } from "../../vocabulary";
import { t } from "../../words";

const MOST = 1000;

/** 审批与人员的告警. */
const CODES = ["person_added", "person_unvouched", "approval_missing", "approval_invalid", "approval_stale"];

export function PersonAlarms({ division }: { division?: string }) {
  const answer = useAnswer<{ alarms: Alarm[] }>("/alarms", {}, undefined, alarmsVersion.value);
  const alarms = (answer.data?.alarms ?? []).filter(({ code, division: about }) => CODES.includes(code) && (division === undefined || division === about));
  return alarms.length === 0 ? null : (
    <Panel title={t("console.unapproved.alarms")} count={alarms.length}>
      {alarms.map((alarm) => <div key={alarm.id} class="alarm-below"><AlarmItem alarm={alarm} /><Acknowledge alarm={alarm} done={answer.again} /></div>)}
    </Panel>
  );
}

export function Unapproved() {
  useVocabulary();
  const division = place.value.query.get("division");
  const answer = useAnswer<UnapprovedAnswer>("/unapproved", { division, limit: MOST }, 30);
  const rows = answer.data?.rows ?? [];
  return (
    <div class="stack">
      <PersonAlarms division={division ?? undefined} />
      <Panel title={t("console.unapproved.title")} count={answer.data?.count ?? 0} flush
        aside={answer.data === null || answer.data.count === 0 ? null : <span>{t("console.unapproved.sum", { amount: shown(answer.data.amount) })}</span>}>
        {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
        <Table label={t("console.unapproved.title")} rows={rows} keyOf={({ division: code, lsn }) => `${code} ${lsn}`} isRead={answer.data !== null} empty={t("console.unapproved.none")}
          columns={[
            { key: "division", title: t("console.column.division"), class: "fixed", cell: ({ division: code, name }) => <a href={`/map/${code}`}>{name} {code}</a> },
            { key: "kind", title: t("console.work.kind"), class: "fixed", cell: ({ kind }) => kindWord(kind) },
            { key: "id", title: t("console.column.document"), cell: ({ division: code, id }) => id === null ? "" : <a href={`/doc/${code}/${encodeURIComponent(id)}`}>{id}</a> },
            { key: "amount", title: t("console.column.amount"), number: true, cell: ({ amount }) => <Amount of={amount} /> },
            { key: "why", title: t("console.unapproved.why"), cell: ({ why_words: why }) => why },
            { key: "lsn", title: t("console.chains.lsn"), number: true, cell: ({ lsn }) => lsn },
          ]}
          foot={answer.data === null || answer.data.complete ? null : <p class="more">{t("console.chains.most", { count: MOST })}</p>} />
      </Panel>
    </div>
  );
}
