// What a checker signs, before his eyes: count, total, the largest, what is unusual, the hash. One
// primary button, with its act and its count on it.
import { useEffect, useState } from "preact/hooks";
import { post, Problem } from "../api";
import { isCut, status } from "../live";
import { fen, shown } from "../money";
import { withAmounts } from "../parts/advice";
import { Badge, Mark, Marked } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { cry } from "../parts/live_region";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { may, person } from "../session";
import { t } from "../words";
import { largestUnit } from "./batch";
import { browserKey, readBrowserKey, signShown } from "./browser_key";
import { KeyChoice } from "./key_choice";
import type { Book } from "./kinds";
import { actOnAll, problemOf } from "./lines";
import { RejectDialog } from "./reject";
import type { Outcome, Review } from "./shapes";
import { reviewOf, type BatchView, type Selection } from "./use_batch";

const inGroups = (hash: string): string => hash.replace(/(.{4})(?=.)/g, "$1 ");

function Largest({ review, view, book }: { review: Review; view: BatchView; book: Book | null }) {
  const one = review.kinds.flatMap(({ largest }) => largest).sort((a, b) => (fen(b.money) > fen(a.money) ? 1 : -1))[0];
  const payee = review.payees[0];
  const unit = largestUnit(view);
  return (
    <section class="panel-part">
      <h3>{t("console.work.largest")}</h3>
      <dl class="amounts">
        {one === undefined ? null : <div><dt>{t("console.work.largest.one")} <button type="button" class="cell-link" onClick={() => view.open(one.id)}>{one.to || one.id}</button></dt><dd><b>{shown(one.money)}</b></dd></div>}
        {payee === undefined ? null : <div><dt>{t("console.work.largest.payee", { name: payee.to, count: payee.count })}</dt><dd><b>{shown(payee.total)}</b></dd></div>}
        {unit === null ? null : <div><dt>{t("console.work.largest.unit", unit)}</dt><dd><b>{shown(unit.money)}</b></dd></div>}
        {review.kinds.map((kind) => review.kinds.length < 2 ? null
          : <div key={kind.kind}><dt>{book?.kindWord(kind.kind) ?? kind.kind} {t("console.work.count.documents", { count: kind.count })}</dt><dd>{shown(kind.total)}</dd></div>)}
      </dl>
    </section>
  );
}

function Unusual({ review, view }: { review: Review; view: BatchView }) {
  if (review.unusual_count === 0) {
    return <section class="panel-part"><Marked shape="tick" tone="ok">{t(review.compared_with === 0 ? "console.work.nothing_before" : "console.work.nothing_unusual", { count: review.compared_with })}</Marked></section>;
  }
  const seen = review.unusual_documents.filter(({ id }) => view.opened.has(id)).length;
  const next = review.unusual_documents.find(({ id }) => !view.opened.has(id));
  return (
    <section class="panel-part">
      <h3>{t("console.work.unusual_each", { count: review.unusual_count })}
        <span class="part-aside">{next === undefined
          ? <Marked shape="tick" tone="ok">{t("console.work.seen", { seen, count: review.unusual_documents.length })}</Marked>
          : <button type="button" class="cell-link" onClick={() => view.open(next.id)}>{t("console.work.see_next", { seen, count: review.unusual_documents.length })}</button>}</span></h3>
      <dl class="amounts">
        {review.unusual.map(({ what, count }) => (
          <div key={what}><dt><Mark shape="triangle" tone="warn" /> {t(`console.work.unusual.${what}`)}</dt><dd>{count}</dd></div>))}
      </dl>
    </section>
  );
}

function Afterwards({ review }: { review: Review }) {
  return (
    <section class="panel-part">
      <h3>{t("console.work.afterwards")}</h3>
      {review.would_refuse_count === 0
        ? <Marked shape="tick" tone="ok">{t("console.work.all_fit", { count: review.count })}</Marked>
        : <Marked shape="cross" tone="bad">{t("console.work.some_refused", { count: review.would_refuse_count })}</Marked>}
      {review.tightest === null || review.would_refuse_count > 0 ? null
        : <p class="small tightest">{t("console.work.tightest")}<a href={`/doc/${status.value?.division ?? ""}/${encodeURIComponent(review.tightest.line)}`}>{review.tightest.line}</a>{t("console.work.tightest.left", { left: shown(review.tightest.left) })}</p>}
      <ul class="refusals">
        {review.would_refuse.slice(0, 5).map((row) => <li key={row.id}><b>{row.id}</b> {shown(row.money)} {withAmounts(row.message)}</li>)}
      </ul>
    </section>
  );
}

function Hash({ hash }: { hash: string }) {
  return (
    <section class="panel-part">
      <h3>{t("console.work.signed_is")}</h3>
      <p class="signed-hash mono">{inGroups(hash)}</p>
      <p class="small">{t("console.work.compare")}<b class="mono">{hash.slice(0, 4)} ··· {hash.slice(-4)}</b></p>
    </section>
  );
}

/** Why the button is not to be pressed; null when it is. */
function reasonAgainst(review: Review, view: BatchView, typed: string): string | null {
  if (isCut.value) {
    return t("console.work.feed_cut");
  }
  if (review.count === 0) {
    return t("console.work.batch_empty");
  }
  if (review.unusual_documents.some(({ id }) => !view.opened.has(id))) {
    return t("console.work.see_unusual");
  }
  return typed.trim() === String(review.count) ? null : t("console.work.type_count", { count: review.count });
}

type State = { at: "reading" } | { at: "signing" } | { at: "done"; outcome: Outcome } | { at: "changed"; count: number } | { at: "failed"; problem: Problem };

export function ApprovalPanel({ view, name, book, selection, onSelect, onDone }: {
  view: BatchView; name: string; book: Book | null; selection: Selection; onSelect: (selection: Selection) => void; onDone: () => void;
}) {
  const [review, setReview] = useState<Review | null>(view.review);
  const [state, setState] = useState<State>({ at: "reading" });
  const [typed, setTyped] = useState("");
  const [useBrowser, setUseBrowser] = useState(true);
  const [isRejecting, setRejecting] = useState(false);
  const isWhole = "batch" in selection;
  const key = JSON.stringify(selection);

  useEffect(() => { setTyped(""); setState({ at: "reading" }); }, [key]);
  useEffect(() => { if (isWhole) { setReview(view.review); } }, [view.review]);
  useEffect(() => {
    if (!isWhole) {
      reviewOf(selection).then(setReview, (problem: unknown) => { if (problem instanceof Problem) { setState({ at: "failed", problem }); } });
    }
  }, [key]);
  useEffect(() => { void readBrowserKey(); }, [person.value?.name]);

  if (state.at === "done") {
    return <Done outcome={state.outcome} onDone={onDone} />;
  }
  if (review === null) {
    return <Panel title={t("console.work.check")} />;
  }
  const isMine = review.makers.includes(person.value?.name ?? "");
  const why = reasonAgainst(review, view, typed);
  const signs = useBrowser && browserKey.value?.state === "good";

  const approve = async (): Promise<void> => {
    if (why !== null || state.at === "signing") {
      cry(why ?? "");
      return;
    }
    setState({ at: "signing" });
    try {
      const again = await reviewOf(selection, { sign: true });
      if (again.hash !== review.hash || again.signing === undefined) {
        setReview(again);
        setTyped("");
        view.again();
        setState({ at: "changed", count: again.count });
        return;
      }
      const signed = signs ? await signShown(again.hash, again.signing) : undefined;
      if (signed === null) {
        setState({ at: "failed", problem: new Problem(409, "signing_other", t("console.work.signing_other")) });
        return;
      }
      setState({ at: "done", outcome: await post<Outcome>("/approve", { ...selection, hash: again.hash, ...(signed === undefined ? {} : { signed }) }) });
    } catch (problem) {
      setState({ at: "failed", problem: problem instanceof Problem ? problem : new Problem(0, "unreachable", "") });
      view.again();
    }
  };

  const split = async (): Promise<void> => {
    try {
      const { ids = [] } = await reviewOf(selection, { list: true });
      const unusual = new Set(review.unusual_documents.map(({ id }) => id));
      onSelect({ ids: ids.filter((id) => !unusual.has(id)) });
    } catch (failure) {
      setState({ at: "failed", problem: problemOf(failure) });
    }
  };

  return (
    <Panel class="approval" title={t(isWhole ? "console.work.check" : "console.work.check_some")} flush
      aside={<Badge state="pending">{t("console.work.waits")}</Badge>}>
      {state.at === "changed" ? <p class="notice" role="alert">{t("console.work.changed", { count: state.count })}</p> : null}
      {state.at === "failed" ? <Trouble problem={state.problem} /> : null}
      <section class="panel-part">
        <p class="narrow-only">{name}</p>
        <div class="small">{t("console.work.sum_of", { count: review.count })}</div>
        <div class="panel-amount">{shown(review.total)} <span>{t("console.work.yuan")}</span></div>
        <div class="ink2">{t(isMine ? "console.work.maker_is_you" : "console.work.maker_checker", { maker: review.makers.join("、"), checker: person.value?.name ?? "" })}</div>
      </section>
      <Largest review={review} view={view} book={book} />
      <Unusual review={review} view={view} />
      <Afterwards review={review} />
      <Hash hash={review.hash ?? ""} />
      <div class="panel-foot">
        {isMine ? <Own review={review} onDone={onDone} />
          : !may("checker") ? <p>{t("console.work.needs_checker")}</p> : (
            <>
              <label class="count-label" for="typed-count">{t("console.work.type_to_confirm")}</label>
              <div class="count-row">
                <input id="typed-count" inputMode="numeric" autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
                <KeyChoice useBrowser={useBrowser} onChoose={setUseBrowser} />
              </div>
              <div class="act-row">
                <button type="button" class="primary" aria-disabled={why !== null || state.at === "signing"} aria-describedby="why-not" onClick={() => void approve()}>
                  {t("console.work.approve", { count: review.count })}</button>
                <button type="button" class="danger" onClick={() => setRejecting(true)}>{t("console.work.reject")}</button>
                {isWhole && review.unusual_count > 0 && review.unusual_count < review.count
                  ? <button type="button" onClick={() => void split()}>{t("console.work.split")}</button> : null}
                {isWhole ? null : <button type="button" onClick={() => onSelect({ batch: String(view.review?.batch) })}>{t("console.work.whole")}</button>}
              </div>
              <p id="why-not" class="small">{why}</p>
            </>)}
      </div>
      {isRejecting ? <RejectDialog selection={selection} count={review.count} onClose={() => setRejecting(false)} onDone={onDone} /> : null}
    </Panel>
  );
}

/** Nobody checks what he made; he may take it back. */
function Own({ review, onDone }: { review: Review; onDone: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isAsked, setAsked] = useState(false);
  const withdraw = async (): Promise<void> => {
    try {
      const { ids = [] } = await reviewOf({ batch: String(review.batch) }, { list: true });
      await actOnAll("/withdraw", ids);
      onDone();
    } catch (failure) {
      setProblem(problemOf(failure));
    }
  };
  return (
    <>
      <p><Marked shape="filling" tone="quiet">{t("console.work.own")}</Marked></p>
      {problem === null ? null : <Trouble problem={problem} />}
      <div class="act-row"><button type="button" onClick={() => setAsked(true)}>{t("console.work.withdraw", { count: review.count })}</button></div>
      {isAsked ? <Confirm title={t("console.work.withdraw", { count: review.count })} act={t("console.work.take_back")} onAct={() => void withdraw()}
        onClose={() => setAsked(false)}>{t("console.work.withdraw_means")}</Confirm> : null}
    </>
  );
}

function Done({ outcome, onDone }: { outcome: Outcome; onDone: () => void }) {
  return (
    <Panel class="approval" title={t("console.work.done")} flush>
      <section class="panel-part" role="status">
        <Marked shape="tick" tone="ok">{t("console.work.approved", { count: outcome.accepted, amount: shown(outcome.accepted_total) })}</Marked>
        {outcome.refused === 0 ? null : (
          <>
            <p><Marked shape="cross" tone="bad">{t("console.work.refused_some", { count: outcome.refused })}</Marked></p>
            <ul class="refusals">{outcome.refusals.map((row) => <li key={row.id}><b>{row.id}</b> {shown(row.money)} {withAmounts(row.message)}</li>)}</ul>
          </>)}
      </section>
      <div class="panel-foot"><div class="act-row"><button type="button" class="primary" onClick={onDone}>{t("console.work.next")}</button></div></div>
    </Panel>
  );
}
