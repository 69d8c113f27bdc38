// Who came with a held invitation and waits: the fingerprint of his keys is read out by telephone, group
// by group, and exactly those keys are let in.
import { useState } from "preact/hooks";
import { post, Problem } from "../../api";
import { Marked } from "../../parts/badge";
import { Fingerprint } from "../../parts/fingerprint";
import { Panel } from "../../parts/panel";
import { Trouble } from "../../parts/problem";
import { may, person } from "../../session";
import { moment } from "../../time";
import { useAnswer } from "../../use_answer";
import { t } from "../../words";

interface Asked {
  division: string; name: string; state: "open" | "waiting" | "admitted" | "joined" | "expired" | "withdrawn";
  hold: boolean; two: boolean; invited_by: string; accepted_by: string;
  asked: string | null; address: string; fingerprint: string;
}

/** Another admin than who invited has to say yes, whether somebody came already or not. */
const asksForSecond = ({ state, two, accepted_by }: Asked): boolean => two && accepted_by === "" && (state === "open" || state === "waiting");

/** Nothing at all while nobody waits. */
export function Waiting() {
  const list = useAnswer<{ rows: Asked[] }>(person.value === null || may("admin") || may("auditor") ? "/invitations" : null, { limit: 1000 }, 5);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = (list.data?.rows ?? []).filter((row) => row.state === "waiting" || row.state === "admitted" || asksForSecond(row));
  const say = (row: Asked, act: "accept" | "withdraw"): void => {
    setProblem(null);
    post(`/invitations/${row.division}/${act}`, act === "accept" && row.fingerprint !== "" ? { fingerprint: row.fingerprint } : {}).then(() => list.again())
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
  const isOwn = asksForSecond(row) && person.value !== null && person.value.name === row.invited_by;
  const hasCome = row.fingerprint !== "";
  return (
    <section class="asks" aria-label={`${row.name} ${row.division}`}>
      <h3>{row.name} <span class="ink3">{row.division}</span> {row.state === "admitted"
        ? <Marked shape="tick" tone="ok">{t("console.join.admitted")}</Marked> : <Marked shape="filling" tone="warn">{t(hasCome ? "console.join.compare" : "console.join.second")}</Marked>}</h3>
      {hasCome ? <p class="ink2">{t("console.join.asked_from", { address: row.address, time: moment(row.asked) })}</p> : null}
      {asksForSecond(row) ? <p class="ink2">{t("console.join.needs_second", { name: row.invited_by })}</p> : null}
      {row.state === "admitted" || !hasCome ? null : <p class="ink2">{t("console.join.read_out")}</p>}
      {hasCome ? <Fingerprint text={row.fingerprint} /> : null}
      {row.state === "admitted" || !isAdmin ? null : (
        <div class="actions">
          {isOwn ? null : <button type="button" class="primary" onClick={() => say("accept")}>{t(hasCome ? "console.join.accept" : "console.join.agree")}</button>}
          <button type="button" class="danger" onClick={() => say("withdraw")}>{t(hasCome ? "console.join.differs" : "console.join.withdraw")}</button>
        </div>
      )}
    </section>
  );
}
