// 复核: reads everything again, chains, signatures and sums, and says what it found.
import { useState } from "preact/hooks";
import { post, Problem } from "../api";
import { count } from "../money";
import { may, person } from "../session";
import { t } from "../words";
import { Marked } from "./badge";
import { Panel } from "./panel";
import { Trouble } from "./problem";

interface Verification {
  ok: boolean;
  deep: boolean;
  divisions: number;
  blocks: number;
  entries: number;
  signatures: number;
  fault_count?: number;
  faults?: { division: string; fault: string }[];
}

export function Verify() {
  const [result, setResult] = useState<Verification | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isAllowed = person.value === null || may("admin") || may("auditor");
  const run = (): void => {
    setBusy(true);
    setProblem(null);
    post<Verification>("/verify", { deep: true }).then(setResult)
      .catch((failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } })
      .finally(() => setBusy(false));
  };
  return (
    <Panel title={t("console.verify")}>
      <p class="ink2">{t("console.verify.means")}</p>
      {isAllowed ? <div class="actions"><button type="button" aria-disabled={isBusy} onClick={() => { if (!isBusy) { run(); } }}>{t(isBusy ? "console.verify.runs" : "console.verify.run")}</button></div>
        : <p class="ink2">{t("console.verify.who")}</p>}
      {problem === null ? null : <Trouble problem={problem} />}
      {result === null ? null : (
        <div role="status">
          <p><Marked shape={result.ok ? "tick" : "diamond"} tone={result.ok ? "ok" : "bad"}>{t(result.ok ? "console.verify.sound" : "console.verify.faults", { count: count(result.fault_count ?? 0) })}</Marked></p>
          <p class="ink2">{t("console.verify.read", { divisions: result.divisions, blocks: count(result.blocks), entries: count(result.entries), signatures: count(result.signatures) })}</p>
          <ul>{(result.faults ?? []).map(({ division, fault }) => <li key={division + fault}><a href={`/map/${division}`}>{division}</a> {fault}</li>)}</ul>
        </div>
      )}
    </Panel>
  );
}
