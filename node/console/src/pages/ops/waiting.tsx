// Who came with a held invitation and waits: the fingerprint of his keys is read out by telephone, group
// by group, and exactly those keys are let in.
import { useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { Marked } from "../../parts/badge";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { may, person } from "../../session";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

interface Asked {
  division: string; name: string; state: "open" | "waiting" | "admitted" | "expired";
  asked: string | null; address: string; fingerprint: string;
}

/** Nothing at all while nobody waits. */
export function Waiting() {
  const list = useAnswer<{ rows: Asked[] }>(person.value === null || may("admin") || may("auditor") ? "/invitations" : null, { limit: 1000 }, 5);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = (list.data?.rows ?? []).filter(({ state }) => state === "waiting" || state === "admitted");
  const say = (row: Asked, act: "accept" | "withdraw"): void => {
    setProblem(null);
    post(`/invitations/${row.division}/${act}`, act === "accept" ? { fingerprint: row.fingerprint } : {}).then(() => list.again())
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  if (rows.length === 0) {
    return null;
  }
  return (
    <Panel title={t("console.join.asks")} count={rows.length}>
      {problem === null ? null : <Trouble problem={problem} />}
      {rows.map((row) => <One key={row.division} row={row} say={(act) => say(row, act)} />)}
    </Panel>
  );
}

function One({ row, say }: { row: Asked; say: (act: "accept" | "withdraw") => void }) {
  const isAdmin = person.value === null || may("admin");
  return (
    <section class="asks" aria-label={`${row.name} ${row.division}`}>
      <h3>{row.name} <span class="ink3">{row.division}</span> {row.state === "admitted"
        ? <Marked shape="tick" tone="ok">{t("console.join.admitted")}</Marked> : <Marked shape="filling" tone="warn">{t("console.join.compare")}</Marked>}</h3>
      <p class="ink2">{t("console.join.asked_from", { address: row.address, time: moment(row.asked) })}</p>
      {row.state === "admitted" ? null : <p class="ink2">{t("console.join.read_out")}</p>}
      <ol class="groups mono" aria-label={t("console.join.fingerprint")}>{row.fingerprint.split(" ").map((group, i) => <li key={i}>{group}</li>)}</ol>
      {row.state === "admitted" || !isAdmin ? null : (
        <div class="actions">
          <button type="button" class="primary" onClick={() => say("accept")}>{t("console.join.accept")}</button>
          <button type="button" class="danger" onClick={() => say("withdraw")}>{t("console.join.differs")}</button>
        </div>
      )}
    </section>
  );
}
