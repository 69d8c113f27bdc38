// One document: how much, in which state, whose money it was, who signed it, who holds it, and what
// came of it. Each part asks for itself, so that one that fails leaves the others.
import type { PageProps } from "../app";
import { OriginalDialog } from "../flow/original";
import { ActsPanel, AfterPanel, CopiesPanel, OriginsPanel, ProofPanel } from "../flow/document_parts";
import { SlipPanel } from "../flow/slip";
import { placeOf } from "../flow/late";
import { offerHref, offersOf } from "../flow/offers";
import { useEffect, useState } from "preact/hooks";
import { feedProblem, readTree, status as node, tree } from "../live";
import { isNil, shown } from "../money";
import { Marked } from "../parts/badge";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { may } from "../session";
import { useAnswer, type Answer } from "../use_answer";
import { docStateWord, kindWord, useVocabulary } from "../vocabulary";
import { t } from "../words";
import type { DocumentAnswer, ProofAnswer, ReceiptAnswer, TraceAnswer } from "../flow/shapes";

/** How much, in which state, who holds it, and does everything agree. */
function sentenceOf(document: DocumentAnswer, amount: string, receipt: ReceiptAnswer | null, proof: ProofAnswer | null): string {
  const parts = [t(isNil(amount) ? "console.doc.sentence" : "console.doc.sentence.amount",
    { kind: kindWord(document.kind), id: document.id, state: docStateWord(document.state), amount: shown(amount) })];
  if (receipt !== null) {
    parts.push(receipt.held_by <= 1 && receipt.holders > 1 ? t("console.doc.sentence.here_alone")
      : t(receipt.held_by === receipt.holders ? "console.doc.sentence.held_by_all" : "console.doc.sentence.held", { count: receipt.held_by, all: receipt.holders }));
  }
  if (proof !== null) {
    const bad = proof.checks.filter(({ result }) => result === "bad");
    parts.push(bad.length === 0 ? t("console.doc.sentence.agrees") : t("console.doc.sentence.differs", { count: bad.length }));
  }
  return parts.join(t("console.sentence.and")) + t("console.sentence.end");
}

function Crumbs({ code, document, proof }: { code: string; document: DocumentAnswer; proof: ProofAnswer | null }) {
  const name = placeOf(code)?.name ?? code;
  const line = proof?.line;
  return (
    <nav aria-label={t("console.money.crumbs")}>
      <ol class="crumbs">
        <li><a href="/money">{t("console.nav.money")}</a></li>
        <li><a href={`/money/${code}`}>{name}</a></li>
        {line?.agency_code === undefined ? null : <li><a href={`/money/${code}?agency=${encodeURIComponent(line.agency_code)}`}>{line.agency_name ?? line.agency_code}</a></li>}
        {line === undefined ? null : <li><a href={`/doc/${code}/${encodeURIComponent(line.id)}`}>{t("console.money.line")} {line.id}</a></li>}
        <li><b aria-current="page">{kindWord(document.kind)} {document.id}</b></li>
      </ol>
    </nav>
  );
}

export function DocumentPage({ parameters: { code, id } }: PageProps) {
  useVocabulary();
  useEffect(readTree, []);
  const [isOriginal, setOriginal] = useState(false);
  const path = `/documents/${encodeURIComponent(id)}`;
  // Not before it is known up to where its author's log is here: each reading of it is noted.
  const version = `${node.value?.lsn} ${placeOf(code)?.held_lsn}`;
  const document = useAnswer<DocumentAnswer>(tree.value === null && feedProblem.value === null ? null : path, { division: code }, undefined, version);
  const known = document.data !== null && document.data.lsn !== undefined;
  const proof = useAnswer<ProofAnswer>(known ? `${path}/proof` : null, { division: code });
  const receipt = useAnswer<ReceiptAnswer>(known ? `${path}/receipt` : null, { division: code }, 15);
  const trace = useAnswer<TraceAnswer>(known ? `/trace/${encodeURIComponent(id)}` : null, { division: code, brief: 1, limit: 200 }, undefined, node.value?.lsn);
  if (document.data === null || !known) {
    return <Missing answer={document} />;
  }
  const step = trace.data?.steps.find(({ relation }) => relation === "this");
  const amount = step?.amount ?? amountOf(document.data);
  const bad = proof.data?.checks.some(({ result }) => result === "bad") === true;
  return (
    <>
      <Sentence state={bad ? "fault" : receipt.data !== null && receipt.data.held_by <= 1 && receipt.data.holders > 1 ? "off_line" : document.data.state} busy={proof.slow || document.slow}>
        {sentenceOf(document.data, amount, receipt.data, proof.data)}
      </Sentence>
      <div class="page">
        <div class="page-head">
          <Crumbs code={code} document={document.data} proof={proof.data} />
          <div class="spread">
            <button type="button" onClick={() => print()}>{t("console.doc.print")}</button>
            {proof.data === null ? null : <button type="button" onClick={() => setOriginal(true)}>{t("console.doc.original")}</button>}
          </div>
        </div>
        {document.problem === null ? null : <section class="card"><Trouble problem={document.problem} retry={document.again} /></section>}
        {document.data.unapproved === null ? null : <p class="notice-line"><Marked shape="cross" tone="bad">
          {t("console.doc.unapproved", { why: document.data.unapproved.why_words })}</Marked> <a href={`/people/chains?division=${code}`}>{t("console.people.chains")}</a></p>}
        <div class="columns wide">
          <div class="stack">
            <SlipPanel document={document.data} amount={amount} proof={proof.data} />
            <OriginsPanel trace={trace} />
            <ActsPanel document={document.data} proof={proof} trace={trace.data} />
          </div>
          <div class="stack">
            <OffersPanel document={document.data} />
            <CopiesPanel document={document.data} receipt={receipt} />
            <ProofPanel proof={proof} />
            <AfterPanel code={code} trace={trace} />
          </div>
        </div>
      </div>
      {isOriginal && proof.data !== null ? <OriginalDialog proof={proof.data} onClose={() => setOriginal(false)} /> : null}
    </>
  );
}

/** What may follow, for who may hand it in here. */
function OffersPanel({ document }: { document: DocumentAnswer }) {
  const text = (name: string): string | undefined => (typeof document[name] === "string" ? document[name] as string : undefined);
  const offers = document.author !== node.value?.division || !may("maker") ? []
    : offersOf({ kind: document.kind, id: document.id, state: document.state, balances: document.balances,
      fiscal_year: text("fiscal_year"), amount: text("amount"), stage: text("stage") });
  return offers.length === 0 ? null : (
    <Panel title={t("console.doc.offers")} class="no-print">
      <div class="actions">{offers.map((offer) => <a key={offerHref(offer)} class="button" href={offerHref(offer)}>{offer.fields.early_bgt_id !== undefined ? t("console.doc.offer.difference")
        : offer.fields.estimate_id !== undefined ? t("console.doc.offer.reply") : kindWord(offer.kind)}</a>)}</div>
    </Panel>
  );
}

/** The first member that is an amount, where no trace tells it. */
const amountOf = (document: DocumentAnswer): string => {
  for (const name of ["pay_app_amt", "xpay_amt", "amount"]) {
    if (typeof document[name] === "string") {
      return document[name] as string;
    }
  }
  return "0.00";
};

/** A draft, or nothing under this id: what may not be held here is answered as what does not exist. */
function Missing({ answer }: { answer: Answer<DocumentAnswer> }) {
  const { data, problem } = answer;
  const isMissing = problem?.status === 404;
  return (
    <>
      <Sentence state={isMissing ? "unknown" : problem !== null ? "fault" : "draft"} busy={answer.slow}>
        {isMissing ? t("console.doc.missing") : problem !== null ? problem.sentence || t("console.unreachable")
          : data !== null ? t("console.doc.draft", { id: data.id }) : t("console.loading")}
      </Sentence>
      <div class="page">
        {problem === null ? null : <section class="card"><Trouble problem={problem} retry={answer.again} /></section>}
        {data === null ? null : <p class="empty"><a href={`/work/draft/${encodeURIComponent(data.id)}`}>{t("console.doc.draft.open")}</a></p>}
        {isMissing ? <p class="empty"><a href="/money">{t("console.nav.money")}</a></p> : null}
      </div>
    </>
  );
}
