// Recoveries: new keys to which the former ones did not agree. What is signed with them counts nowhere
// beyond their granter until two persons of the level above it have compared the fingerprints and say so.
import { useEffect, useState } from "preact/hooks";
import { post, Problem } from "../api";
import { readTree, unconfirmedVersion } from "../live";
import { count, isNil, shown } from "../money";
import { Advice, withNames } from "../parts/advice";
import { Marked } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Fingerprint } from "../parts/fingerprint";
import { Facts, Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { may, person } from "../session";
import type { HeldAbove, Page, Recovery } from "../shapes";
import { age, moment } from "../time";
import { useAnswer } from "../use_answer";
import { workVersion } from "../waiting";
import { handIn, problemOf } from "../work/lines";
import { t } from "../words";

/** A confirmation that one person signed, and that waits for another. */
interface Waiting { id: string; hash: string; kind: string; div_code?: string; maker: string; time: string }

const EVERY_S = 15;
const MOST = 1000;

/** What is held above the base: how much, and since when. */
const heldText = ({ documents, amount, oldest }: HeldAbove): string =>
  documents === 0 ? t("console.recovery.nothing") : [
    t("console.recovery.documents", { count: count(documents) }), ...(isNil(amount) ? [] : [t("console.recovery.amount", { amount: shown(amount) })]),
    ...(oldest === null ? [] : [t("console.recovery.oldest", { time: moment(oldest), age: age((Date.now() - Date.parse(oldest)) / 1000) })]),
  ].join(t("console.money.comma"));

/** `code`: of one division alone. Nothing at all while nothing waits. */
export function Recoveries({ code }: { code?: string }) {
  useEffect(readTree, []);
  const answer = useAnswer<Page<Recovery>>("/recoveries", { limit: MOST }, EVERY_S, unconfirmedVersion.value);
  const rows = (answer.data?.rows ?? []).filter(({ division }) => code === undefined || division === code);
  const isHere = rows.some(({ here }) => here);
  // It names persons: every reading of it is noted, so it is read where something waits, and when it moved.
  const pending = useAnswer<{ rows: Waiting[] }>(isHere ? "/pending" : null, { limit: MOST }, undefined, workVersion.value);
  const again = (): void => { answer.again(); pending.again(); };
  const waitingOf = (row: Recovery): Waiting | undefined =>
    pending.data?.rows.find(({ kind, div_code }) => kind === "confirm" && div_code === row.division);
  if (rows.length === 0) {
    return answer.problem === null ? null : <Panel title={t("console.recovery")}><Trouble problem={answer.problem} retry={answer.again} /></Panel>;
  }
  return (
    <Panel title={t("console.recovery")} count={rows.length}>
      <p class="ink2 leading">{t("console.recovery.means")}</p>
      {rows.map((row) => <One key={row.division} row={row} waiting={waitingOf(row)} done={again} />)}
    </Panel>
  );
}

function One({ row, waiting, done }: { row: Recovery; waiting: Waiting | undefined; done: () => void }) {
  const { cut_off: cut, objection } = row;
  const isSame = row.fingerprint === row.former_fingerprint; // a branch of a fork is kept
  return (
    <section class="asks recovery" aria-label={`${row.name} ${row.division}`}>
      <h3><a href={`/map/${row.division}`}>{row.name}</a> <span class="ink3">{row.division} · {t("console.epoch.number", { epoch: row.epoch })}</span>
        <Marked shape="filling" tone="warn">{t("console.epoch.unconfirmed")}</Marked></h3>
      {objection == null ? null : <p class="objection" role="alert"><Marked shape="diamond" tone="bad">{t("console.recovery.objection")}</Marked> <span class="ink2">{t("console.recovery.objected", { time: moment(objection.said), by: withNames(objection.by) })}</span></p>}
      <Facts rows={[
        [t("console.recovery.granter"), <>{withNames(row.granter)} <span class="ink3">{row.granter} · {t("console.recovery.granted", { time: moment(row.since), age: age((Date.now() - Date.parse(row.since)) / 1000) })}</span></>],
        [t("console.recovery.waiting"), heldText(row.waiting)],
        [t("console.recovery.cut_off"), cut.documents === 0 ? t("console.recovery.cuts_nothing", { lsn: count(row.base_lsn) }) : <span class="tone-bad">{heldText(cut)}</span>],
      ]} />
      {isSame ? <p>{t("console.recovery.same_keys")} <a href={`/map/${row.division}`}>{t("console.fork")}</a></p> : null}
      <div class="two-keys">
        {isSame ? null : <div><h4>{t("console.recovery.former")}</h4><Fingerprint text={row.former_fingerprint} label={t("console.recovery.former")} /></div>}
        <div><h4>{t(isSame ? "console.epoch.keys" : "console.recovery.fresh")}</h4><Fingerprint text={row.fingerprint} label={t(isSame ? "console.epoch.keys" : "console.recovery.fresh")} /></div>
      </div>
      {row.here ? <Say row={row} waiting={waiting} done={done} />
        : <p class="ink2">{t(row.counts ? "console.recovery.counts_here" : "console.recovery.not_here", { by: withNames(row.by) })} <code class="command">terrace confirm {row.division}</code></p>}
      <p class="ink2"><Advice text={t("console.recovery.refuse", { division: row.division })} /></p>
    </section>
  );
}

/** Two persons: one says that the fingerprints are the same, another signs it too. */
function Say({ row, waiting, done }: { row: Recovery; waiting: Waiting | undefined; done: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = (path: string, body: unknown): void => {
    setProblem(null);
    post(path, body).catch((failure: unknown) => setProblem(problemOf(failure))).finally(done);
  };
  const trouble = problem === null ? null : <Trouble problem={problem} />;
  if (waiting === undefined) {
    return <>
      {trouble}
      {!may("maker") ? <p class="ink2">{t("console.recovery.needs_maker")}</p>
        : <div class="actions"><button type="button" class="primary" onClick={() => setAsked(true)}>{t("console.recovery.confirm")}</button></div>}
      {isAsked ? <Confirming row={row} onClose={() => { setAsked(false); done(); }} /> : null}
    </>;
  }
  const isOwn = person.value?.name === waiting.maker;
  return <>
    <p><Marked shape="filling" tone="quiet">{t("console.recovery.said", { name: waiting.maker, time: moment(waiting.time) })}</Marked></p>
    {trouble}
    {isOwn ? <div class="actions"><button type="button" onClick={() => act("/withdraw", { ids: [waiting.id] })}>{t("console.proposals.withdraw")}</button></div>
      : !may("checker") ? <p class="ink2">{t("console.recovery.needs_checker")}</p> : (
        <div class="actions">
          <button type="button" class="primary" onClick={() => act("/approve", { ids: [{ id: waiting.id, hash: waiting.hash }] })}>{t("console.recovery.agree")}</button>
          <button type="button" class="danger" onClick={() => act("/reject", { id: waiting.id, reason: t("console.recovery.no") })}>{t("console.recovery.disagree")}</button>
        </div>)}
  </>;
}

function Confirming({ row, onClose }: { row: Recovery; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [isSame, setSame] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const confirm = (event: Event): void => {
    event.preventDefault();
    handIn([{ kind: "confirm", id: `CONFIRM-${row.division}-${row.epoch}`, div_code: row.division, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) }], {})
      .then(([one]) => {
        if (one.status === "refused") {
          setProblem(new Problem(409, one.reason ?? "", one.message ?? ""));
        } else {
          onClose();
        }
      }, (failure: unknown) => setProblem(problemOf(failure)));
  };
  return (
    <Dialog title={t("console.recovery.confirm_of", { name: row.name })} onClose={onClose}
      foot={<><button type="button" onClick={onClose}>{t("console.cancel")}</button>
        <button type="submit" form="confirm-recovery" class="primary">{t("console.recovery.confirm_now")}</button></>}>
      <form id="confirm-recovery" class="form" onSubmit={confirm}>
        <p>{t("console.recovery.read_out", { name: row.name })}</p>
        <Fingerprint text={row.fingerprint} label={t("console.recovery.fresh")} />
        <label><input type="checkbox" required checked={isSame} onChange={() => setSame(!isSame)} /> <span>{t("console.recovery.same")}</span></label>
        <label>{t("console.recovery.how")}<input value={reason} maxLength={200} onInput={(event) => setReason(event.currentTarget.value)} /></label>
        <p class="ink2">{t("console.recovery.then", { count: count(row.waiting.documents), amount: shown(row.waiting.amount) })}</p>
        {problem === null ? null : <Trouble problem={problem} />}
      </form>
    </Dialog>
  );
}
