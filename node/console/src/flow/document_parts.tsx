// The parts of a document's page beside the slip: origins, acts, copies, proof, what came after.
import { isNil, shown } from "../money";
import { Badge, Mark, Marked, type Shape, type Tone } from "../parts/badge";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { moment, timeOf } from "../time";
import type { Answer } from "../use_answer";
import { docStateWord, documentWord, kindWord } from "../vocabulary";
import { t } from "../words";
import { lateSince, placeOf } from "./late";
import type { Approval, Check, DocumentAnswer, ProofAnswer, ReceiptAnswer, Step, TraceAnswer } from "./shapes";

const docHref = (division: string, id: string): string => `/doc/${division}/${encodeURIComponent(id)}`;
const nameOf = (code: string): string => placeOf(code)?.name ?? code;

/** What a panel shows until its answer is there. */
function Waiting<T>({ answer }: { answer: Answer<T> }) {
  return answer.problem === null ? <p class="empty">{t("console.loading")}</p> : <Trouble problem={answer.problem} retry={answer.again} />;
}

/* --- where it came from --- */

function Link({ step, isLast }: { step: Step; isLast: boolean }) {
  return (
    <li class={isLast ? "here" : ""}>
      <span class="ink3">{nameOf(step.division)} {kindWord(step.kind)}</span>
      <a href={docHref(step.division, step.id)} aria-current={isLast ? "page" : undefined}><b>{step.document_no ?? step.id}</b></a>
      <span>{isNil(step.amount) ? "" : shown(step.amount)}</span>
      <span class="ink3">{step.document_no === undefined ? moment(step.time) : `${step.id} · ${moment(step.time)}`}</span>
    </li>
  );
}

export function OriginsPanel({ trace }: { trace: Answer<TraceAnswer> }) {
  const steps = trace.data?.steps ?? [];
  const at = steps.findIndex(({ relation }) => relation === "this");
  const way = at < 0 ? steps : steps.slice(0, at + 1);
  return (
    <Panel title={t("console.doc.origins")} aside={<span class="no-print">{t("console.doc.origins.note")}</span>}>
      {trace.data === null ? <Waiting answer={trace} />
        : way.length <= 1 ? <p>{t("console.doc.origins.none")}</p>
          : <ol class="doc-origins">{way.map((step, i) => <Link key={`${step.division} ${step.id}`} step={step} isLast={i === way.length - 1} />)}</ol>}
    </Panel>
  );
}

/* --- who did what --- */

const keyText = (key: string): string => `${key.slice(0, 4)} ${key.slice(4, 8)}`.toUpperCase();

function Act({ shape, tone, who, what, note, time }: { shape: Shape; tone: Tone; who: string; what: string; note: string; time: string }) {
  return (
    <li class="doc-act">
      <Mark shape={shape} tone={tone} />
      <div><p><b>{who}</b> {what}</p>{note === "" ? null : <p class="ink3">{note}</p>}</div>
      <time class="ink3" dateTime={time}>{moment(time)}</time>
    </li>
  );
}

function noteOf(approval: Approval): string {
  const key = t(approval.signed_it ? "console.doc.key.good" : "console.doc.key.bad", { key: keyText(approval.key) });
  return approval.documents > 1 ? `${key}${t("console.money.comma")}${t("console.doc.together", { count: approval.documents })}` : key;
}

/** What was done with it afterwards, as far as one look takes. */
const ACTS_AFTER_MAX = 8;

function directlyAfter(trace: TraceAnswer | null): Step[] {
  const steps = trace?.steps ?? [];
  const at = steps.findIndex(({ relation }) => relation === "this");
  return at < 0 ? [] : steps.slice(at + 1).filter(({ depth }) => depth === steps[at].depth + 1).slice(0, ACTS_AFTER_MAX);
}

export function ActsPanel({ document, proof, trace }: { document: DocumentAnswer; proof: Answer<ProofAnswer>; trace: TraceAnswer | null }) {
  const approvals = proof.data?.approvals ?? [];
  const two = new Set(approvals.map(({ key }) => key)).size > 1;
  return (
    <Panel title={t("console.doc.acts")} aside={two ? t("console.doc.two_persons") : undefined} flush>
      {proof.data === null ? <Waiting answer={proof} /> : (
        <ul class="doc-acts">
          {approvals.map((approval) => (
            <Act key={approval.role} shape={approval.signed_it ? (approval.role === "maker" ? "square" : "tick") : "cross"} tone={approval.signed_it ? "ok" : "bad"}
              who={approval.name ?? t("console.doc.unnamed")} what={t(`console.doc.act.${approval.role}`, { name: nameOf(document.author) })}
              note={noteOf(approval)} time={approval.time} />
          ))}
          {approvals.length > 0 ? null : <Act shape="dashed" tone="quiet" who={t("console.doc.nobody")} what="" note={t("console.doc.nobody.note")} time={document.time} />}
          <Act shape="tick" tone="ok" who={nameOf(document.author)} what={t("console.doc.act.entered", { lsn: document.lsn })}
            note={t("console.doc.act.block", { first: proof.data.block.first_lsn, count: proof.data.block.count })} time={document.time} />
          {directlyAfter(trace).map((step) => (
            <Act key={`${step.division} ${step.id}`} shape="tick" tone="ok" who={nameOf(step.division)} what={documentWord(step.kind, step.id)}
              note={[isNil(step.amount) ? "" : shown(step.amount), step.purpose ?? step.document_no ?? ""].filter((text) => text !== "").join(" · ")} time={step.time} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/* --- copies --- */

const LATER_MS = 60000;

function later(time: string, from: string): string {
  const ms = new Date(time).getTime() - new Date(from).getTime();
  return ms < 0 || ms > LATER_MS ? "" : ms < 1000 ? t("console.doc.later", { ms })
    : t("console.doc.later.seconds", { seconds: (ms / 1000).toFixed(1) });
}

export function CopiesPanel({ document, receipt }: { document: DocumentAnswer; receipt: Answer<ReceiptAnswer> }) {
  const data = receipt.data;
  if (data === null) {
    return <Panel title={t("console.doc.copies")}><Waiting answer={receipt} /></Panel>;
  }
  const folded = new Set(data.folded.map(({ division }) => division));
  const top = data.held.find(({ state, time }) => state === "holds" && time !== undefined);
  return (
    <Panel title={t("console.doc.copies")} aside={t("console.doc.copies.count", { count: data.held_by, all: data.holders })} flush>
      <ul class="doc-copies">
        <li>
          <b>{nameOf(data.division)}</b>
          <Marked shape="tick" tone="ok">{t("console.doc.copy.author")}</Marked>
          <span>{timeOf(new Date(data.accepted.time))}</span><span class="ink3">{t("console.doc.copy.original")}</span>
        </li>
        {[...data.held].reverse().map((holder) => (
          <li key={holder.division}>
            <b>{holder.name}</b>
            {holder.state !== "holds" ? <Marked shape="dashed" tone="quiet">{t("console.doc.copy.unknown")}</Marked>
              : <Marked shape="tick" tone="ok">{t(folded.has(holder.division) ? "console.doc.copy.folded" : "console.doc.copy.holds")}</Marked>}
            <span>{holder.time === undefined ? "" : moment(holder.time)}</span>
            <span class="ink3">{holder.time === undefined ? (holder.state === "holds" ? t("console.doc.copy.here") : "") : later(holder.time, data.accepted.time) || t("console.doc.copy.up_to", { lsn: holder.lsn ?? 0 })}</span>
          </li>
        ))}
      </ul>
      <p class="card-foot">
        {data.holders === 1 ? t("console.doc.copies.only")
          : top === undefined ? t("console.doc.copies.unconfirmed", { name: nameOf(document.author) })
            : t("console.doc.copies.receipt", { name: top.name, time: moment(top.time) })}
      </p>
    </Panel>
  );
}

/* --- proof --- */

const groups = (hex: string): string => hex.replace(/(.{4})(?=.)/g, "$1 ");

function CheckRow({ check, proof }: { check: Check; proof: ProofAnswer }) {
  const look: Record<Check["result"], [Shape, Tone]> = { good: ["tick", "ok"], bad: ["cross", "bad"], unknown: ["dashed", "quiet"] };
  const [shape, tone] = look[check.result];
  return (
    <li>
      <Mark shape={shape} tone={tone} />
      <div>
        <span>{t(`console.doc.check.${check.check}.${check.result}`, {
          lsn: proof.lsn, first: proof.block.first_lsn, steps: proof.path.length, name: nameOf(proof.division), epoch: proof.block.epoch,
          count: proof.approvals.length,
        })}</span>
        {check.why === undefined ? null : <span class="tone-bad"> {check.why}</span>}
      </div>
    </li>
  );
}

export function ProofPanel({ proof }: { proof: Answer<ProofAnswer> }) {
  const data = proof.data;
  return (
    <Panel title={t("console.doc.proof")} aside={<button type="button" onClick={proof.again}>{t("console.doc.check_now")}</button>}>
      {data === null ? <Waiting answer={proof} /> : (
        <>
          <ul class="doc-checks" aria-live="polite">{data.checks.map((check) => <CheckRow key={check.check} check={check} proof={data} />)}</ul>
          <p class="ink3">{t("console.doc.document_hash")}</p>
          <code class="doc-hash">{groups(data.document_hash)}</code>
          <p class="ink3">{t("console.doc.block_signature", { first: data.block.first_lsn })}</p>
          <code class="doc-hash">{groups(data.block.signature.slice(0, 16))} … {groups(data.block.signature.slice(-16))}</code>
          <p class="ink3">{t("console.doc.checked", { time: moment(proof.at ?? data.checked), ms: data.took_ms === 0 ? "< 1" : data.took_ms })}</p>
        </>
      )}
    </Panel>
  );
}

/* --- after --- */

const AFTER_MAX = 8; // the line's own page has all of them

export function AfterPanel({ code, trace }: { code: string; trace: Answer<TraceAnswer> }) {
  const steps = trace.data?.steps ?? [];
  const at = steps.findIndex(({ relation }) => relation === "this");
  const after = at < 0 ? [] : steps.slice(at + 1);
  const late = lateSince(code);
  return (
    <Panel title={t("console.doc.after")} count={after.length === 0 ? undefined : after.length} flush={after.length > 0}>
      {trace.data === null ? <Waiting answer={trace} />
        : after.length === 0 ? <p>{t("console.doc.after.none")}</p> : (
          <ul class="items">
            {after.slice(0, AFTER_MAX).map((step) => (
              <li key={`${step.division} ${step.id}`}>
                <div class="item-head">
                  <span><a href={docHref(step.division, step.id)}>{documentWord(step.kind, step.id)}</a></span>
                  <span>{isNil(step.amount) ? "" : shown(step.amount)}</span>
                </div>
                <div class="item-head"><Badge state={step.state}>{docStateWord(step.state)}</Badge><span class="when">{moment(step.time)}</span></div>
              </li>
            ))}
            {after.length > AFTER_MAX ? <li class="ink3">{t("console.doc.after.more", { count: after.length - AFTER_MAX })}</li> : null}
          </ul>
        )}
      {late === undefined ? null
        : <p class={after.length > 0 ? "card-foot ink3" : "ink3"}>{t("console.doc.after.late", { name: nameOf(code), time: late === null ? t("console.not_known_here") : moment(late) })}</p>}
    </Panel>
  );
}
