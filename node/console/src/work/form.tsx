// An entry form, drawn from the schema: groups and fields at the left, the line and what handing it
// in would bring at the right. A refusal says by how much, and offers what to do.
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api";
import { status } from "../live";
import { fen, shown, yuan } from "../money";
import { withAmounts } from "../parts/advice";
import { Marked } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { cry } from "../parts/live_region";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { go } from "../router";
import { may } from "../session";
import { timeOf } from "../time";
import { t } from "../words";
import { Control } from "./control";
import { faultOf, ownFaults, type Fault } from "./faults";
import { FieldHelp, fieldIn } from "./field_help";
import { said, type Book } from "./kinds";
import { LinePanel, roomOf, sumsOf, type Room } from "./line";
import { Outage } from "./outage";
import { TodayPanel } from "./today";
import { lastPaymentTo, lineLabel, linesFor } from "./offers";
import type { Kind, KindField, Line, Verdict } from "./shapes";
import { readAmount } from "./typed";
import { useForm, type Form, type FormStart } from "./use_form";

/** Beside the groups' own: a number and a year stand in the head. */
const IN_HEAD = new Set(["id", "fiscal_year", "mof_div_code"]);

/** What a form shows at once; the rest folds away. */
function isSeen(use: KindField): boolean {
  return use.required || use.required_when !== undefined || (!use.inherited && use.group !== "document" && use.group !== "elements");
}

function Tried({ verdict, fault, kind, isTrying }: { verdict: Verdict | null; fault: Fault | null; kind: Kind; isTrying: boolean }) {
  if (verdict === null) {
    return null;
  }
  return (
    <Panel title={t("console.work.handing_in")} aside={t(isTrying ? "console.work.trying" : "console.work.only_tried")}>
      <ul class="tried" aria-live="polite">
        {fault === null
          ? <li><Marked shape="tick" tone="ok">{t("console.work.rules_pass")}</Marked></li>
          : <li><Marked shape="cross" tone="bad">{withAmounts(fault.sentence)}</Marked></li>}
        <li><Marked shape={kind.approval ? "filling" : "tick"} tone={kind.approval ? "quiet" : "ok"}>{t(kind.approval ? "console.work.then_checked" : "console.work.then_entered")}</Marked></li>
      </ul>
    </Panel>
  );
}

/** What can be done about too little money. */
function Acts({ room, kind, form, onRest }: { room: Room; kind: Kind; form: Form; onRest: (rest: string) => void }) {
  if (room.exceeds === 0n || kind.moves === null || room.drafted <= 0n) {
    return null;
  }
  const { amount } = kind.moves;
  return (
    <p class="remedies">{t("console.work.exceeds_by", { free: shown(room.drafted) })}{" "}
      <button type="button" class="cell-link" onClick={() => form.set(amount, yuan(room.drafted))}>{t("console.work.lower_to", { amount: shown(room.drafted) })}</button>{" "}
      <button type="button" class="cell-link" onClick={() => { form.set(amount, yuan(room.drafted)); onRest(yuan(room.exceeds)); }}>{t("console.work.in_parts")}</button></p>
  );
}

function sentenceOf(kind: Kind, fault: Fault | null, missing: number, room: Room | null, form: Form): { state: string; text: string } {
  const name = said(kind.words, kind.name);
  if (room !== null && room.exceeds > 0n) {
    return { state: "refused", text: t(missing === 0 ? "console.work.form.exceeds" : "console.work.form.exceeds_and_missing", { amount: shown(room.exceeds), count: missing }) };
  }
  if (missing > 0) {
    return { state: "draft", text: t("console.work.form.missing", { kind: name, count: missing }) };
  }
  if (fault !== null) {
    return { state: "refused", text: fault.sentence };
  }
  return { state: form.isTrying ? "unknown" : "entered", text: t("console.work.form.ready", { kind: name }) };
}

export function EntryForm({ kind, book, start, onAgain }: {
  kind: Kind; book: Book; start: FormStart; onAgain: (more: Record<string, string>) => void;
}) {
  const form = useForm(kind, start);
  const [names, setNames] = useState<Record<string, string>>({});
  const [touched, setTouched] = useState(new Set<string>());
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState<Verdict | null>(null);
  const [rest, setRest] = useState<string | null>(null);
  const [line, setLine] = useState<Line | null>(null);
  const [at, setAt] = useState<string | null>(null); // the field that one is in
  const [like, setLike] = useState<{ values: Record<string, string>; id: string } | null>(null); // filled in from an earlier one
  const { fields, verdict } = form;
  const year = fields.fiscal_year ?? "";
  const own = ownFaults(kind, fields, book);
  const amountField = kind.moves?.amount ?? "amount";
  const asked = readAmount(fields[amountField] ?? "");
  const sums = sumsOf(verdict, line);
  const room = roomOf(kind, sums, asked, fields.take_from);
  const found = form.isTrying ? null : faultOf(verdict, kind, fields, book); // of what is there now
  // What is missing is said beside the field once it was left; the node's word comes after that.
  const fault = Object.keys(own).length > 0 && !(room !== null && room.exceeds > 0n) ? null : found;
  const inOrder = book.schema.groups.flatMap(({ name }) => kind.fields.filter(({ group }) => group === name)); // as they stand
  const firstBad = inOrder.find(({ name }) => own[name] !== undefined)?.name ?? Object.keys(own)[0] ?? (room !== null && room.exceeds > 0n ? amountField : fault?.field) ?? null;
  const lineField = kind.fields.find(({ names: named }) => named === "indicator")?.name ?? null;
  const lineId = lineField === null ? "" : fields[lineField] ?? "";

  useEffect(() => {
    const cut = new AbortController();
    setLine(null);
    if (lineId !== "") {
      linesFor("", lineId, year, cut.signal).then((rows) => setLine(rows.find(({ id }) => id === lineId) ?? null), () => {});
    }
    return () => cut.abort();
  }, [lineId, year]);

  const faultAt = (name: string): string | null => {
    if (own[name] !== undefined) {
      return touched.has(name) ? own[name] : null;
    }
    if (name === amountField && room !== null && room.exceeds > 0n) {
      return t("console.work.too_much", { amount: shown(room.exceeds) });
    }
    return fault?.field === name ? fault.sentence : null;
  };
  const set = (name: string, value: string, label: string | undefined): void => {
    form.set(name, value);
    setNames((before) => ({ ...before, [name]: label ?? "" }));
    if (name === "payee_acct_name" && label !== undefined && value !== "") {
      void lastPaymentTo(value).then((last) => {
        const values = { payee_acct_no: last?.payee_acct_no ?? "", payee_acct_bank_name: last?.payee_acct_bank_name ?? "" };
        form.fill(values, like?.values ?? {});
        setLike(last === null ? null : { values, id: last.id });
      }).catch(() => {});
    }
  };
  const why = firstBad !== null ? t("console.work.first_mend", { field: book.fieldWord(firstBad) })
    : fault !== null ? fault.sentence : !may("maker") ? t("console.work.needs_maker") : null;
  const submit = async (): Promise<void> => {
    if (form.isHanding) {
      return;
    }
    if (why !== null) {
      setTouched(new Set(kind.fields.map(({ name }) => name)));
      cry(why);
      document.getElementById(`field-${firstBad}`)?.focus();
      return;
    }
    try {
      setProblem(null);
      const one = await form.handIn();
      if (one.status === "refused") {
        setProblem(new Problem(409, one.reason ?? "", one.message ?? ""));
        cry(one.message ?? "");
      } else {
        setDone(one);
      }
    } catch (failure) {
      setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", ""));
    }
  };
  useEffect(() => { // where there is a keyboard, the first field is where one begins
    if (matchMedia("(pointer: fine)").matches && !start.corrects) {
      document.getElementById(`field-${firstBad}`)?.focus({ preventScroll: true });
    }
  }, []);
  const [isGivingUp, setGivingUp] = useState(false);
  const giveUp = (): void => {
    form.drop().then(() => go("/work"), (failure: unknown) => setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", "")));
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey && event.key === "Enter") {
        event.preventDefault();
        void submit();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  if (done !== null) {
    return <HandedIn verdict={done} kind={kind} rest={rest} onAgain={onAgain} fields={fields} amountField={amountField} />;
  }
  const said_ = sentenceOf(kind, fault, Object.keys(own).length, room, form);
  const control = (use: KindField) => (
    <Control key={use.name} kind={kind} use={use} book={book} value={fields[use.name] ?? ""} year={year} fault={faultAt(use.name)}
      shownAs={use.name === lineField && line !== null ? lineLabel(line) : names[use.name] || undefined}
      note={like !== null && like.values[use.name] === fields[use.name] && fields[use.name] !== "" ? t("console.work.as_in", { id: like.id })
        : use.name !== lineField ? undefined : line === null ? t("console.work.find_line") : line.sup_bgt_doc_no}
      acts={use.name === amountField && room !== null ? <Acts room={room} kind={kind} form={form} onRest={setRest} /> : null}
      onChange={(value, offer) => set(use.name, value, offer?.label)} onLeave={() => setTouched((before) => new Set(before).add(use.name))} />
  );
  const writtenOut = (verdict?.written_out ?? []).filter((name) => fields[name] === undefined || fields[name] === "");
  return (
    <>
      <Sentence state={said_.state}>{said_.text}</Sentence>
      <div class="page">
        <div class="page-head">
          <ol class="crumbs"><li><a href="/work">{t("console.nav.work")}</a></li><li><b>{t(start.corrects ? "console.work.correcting" : "console.work.new_of", { kind: said(kind.words, kind.name) })}</b></li></ol>
          <Saved form={form} />
          <div class="spread"><a class="button" href={`/work/import?kind=${kind.name}`}>{t("console.work.from_sheet")}</a></div>
        </div>
        {form.problem?.code === "changed_meanwhile" ? <Elsewhere form={form} /> : null}
        {isGivingUp ? <Confirm title={t("console.work.give_up_of", { what: `${said(kind.words, kind.name)} ${fields.id ?? ""}` })} act={t("console.work.give_up")}
          onAct={giveUp} onClose={() => setGivingUp(false)}>{t(start.corrects ? "console.work.give_up_changes" : "console.work.give_up_form")}</Confirm> : null}
        <div class="columns form-columns">
          <section class="card entry" aria-label={said(kind.words, kind.name)} onFocusIn={(event) => setAt(fieldIn(event.target) ?? at)}>
            <header class="card-head">
              <h2>{said(kind.words, kind.name)}</h2>
              <label class="head-field">{book.fieldWord("id")}<input aria-label={book.fieldWord("id")} value={fields.id ?? ""} readOnly={start.corrects} onInput={(event) => form.set("id", event.currentTarget.value)} /></label>
              <label class="head-field">{book.fieldWord("fiscal_year")}<input class="year" inputMode="numeric" value={year} onInput={(event) => form.set("fiscal_year", event.currentTarget.value)} /></label>
              <span class="card-aside"><span class="tone-bad" aria-hidden="true">*</span> {t("console.work.is_required")}</span>
            </header>
            {book.schema.groups.map((group) => {
              const uses = kind.fields.filter((use) => use.group === group.name && !IN_HEAD.has(use.name) && isSeen(use));
              return uses.length === 0 ? null : (
                <fieldset key={group.name} class="field-group"><legend class={uses.length === 1 && book.fieldWord(uses[0].name) === said(group.words, "") ? "hidden" : ""}>{said(group.words, group.name)}</legend>
                  <div class="fields">{uses.map(control)}</div>
                </fieldset>);
            })}
            <More kind={kind} control={control} />
            {writtenOut.length === 0 ? null : (
              <fieldset class="field-group"><legend>{t("console.work.inherited")}</legend>
                <dl class="taken-over">{writtenOut.filter((name) => book.field(name)?.type !== "hash" && book.field(name)?.type !== "number").map((name) => (
                  <div key={name}><dt>{book.fieldWord(name)}</dt><dd>{book.field(name)?.type === "amount" ? shown(verdict?.document?.[name] ?? "0.00") : verdict?.document?.[name]}</dd></div>))}</dl>
              </fieldset>)}
            {problem === null ? null : <Trouble problem={problem} />}
            <footer class="entry-foot">
              <button type="button" class="primary" aria-disabled={why !== null || form.isHanding} aria-describedby="why-not" onClick={() => void submit()}>{t(kind.approval ? "console.work.hand_in" : "console.work.enter")}</button>
              <button type="button" onClick={() => void form.save()}>{t("console.work.keep")}</button>
              <button type="button" onClick={() => (form.isWorthKeeping ? setGivingUp(true) : giveUp())}>{t("console.work.give_up")}</button>
              <span id="why-not" class="tone-bad">{why ?? ""}</span>
              <span class="entry-keys small"><kbd>Tab</kbd> {t("console.work.key_next")} <kbd>Ctrl Enter</kbd> {t("console.work.key_hand_in")}</span>
            </footer>
          </section>
          <div class="stack">
            <LinePanel kind={kind} line={sums} asked={asked} book={book} takeFrom={fields.take_from} />
            <Tried verdict={Object.keys(own).length > 0 && fault === null ? null : verdict} fault={fault} kind={kind} isTrying={form.isTrying} />
            <Outage />
            <TodayPanel />
            <FieldHelp name={at} kind={kind} book={book} />
          </div>
        </div>
      </div>
    </>
  );
}

/** Whether what was typed is at the node; why not, where it is not. */
function Saved({ form }: { form: Form }) {
  const { problem } = form;
  return (
    <span class={`saved${problem === null ? "" : " tone-bad"}`} role="status">{problem !== null
      ? t("console.work.not_saved", { why: problem.status === 0 ? t("console.unreachable") : problem.sentence }) : form.saved === null ? "" : t("console.work.saved", { time: timeOf(form.saved) })}</span>
  );
}

/** The same form in two windows: a person says which one is meant. */
function Elsewhere({ form }: { form: Form }) {
  return (
    <div class="notice" role="alert">
      <p>{t("console.work.elsewhere")}</p>
      <div class="actions">
        <button type="button" onClick={() => void form.keepThis()}>{t("console.work.elsewhere_this")}</button>
        <button type="button" onClick={() => location.reload()}>{t("console.work.elsewhere_other")}</button>
      </div>
    </div>
  );
}

/** What most documents do without. */
function More({ kind, control }: { kind: Kind; control: (use: KindField) => preact.ComponentChild }) {
  const uses = kind.fields.filter((use) => !IN_HEAD.has(use.name) && !isSeen(use));
  return uses.length === 0 ? null : (
    <details class="field-group more-fields"><summary>{t("console.work.more_fields", { count: uses.length })}</summary>
      <div class="fields">{uses.map(control)}</div></details>
  );
}

function HandedIn({ verdict, kind, rest, fields, amountField, onAgain }: {
  verdict: Verdict; kind: Kind; rest: string | null; fields: Record<string, string>; amountField: string; onAgain: (more: Record<string, string>) => void;
}) {
  const isEntered = verdict.status === "accepted" || verdict.status === "exists";
  const amount = readAmount(fields[amountField] ?? "");
  const text = t(isEntered ? "console.work.entered" : "console.work.waits_for_checker", { id: verdict.id ?? "", kind: said(kind.words, kind.name), amount: amount === null || fen(amount) === 0n ? "" : t("console.work.of_amount", { amount: shown(amount) }) });
  return (
    <>
      <Sentence state={isEntered ? "entered" : "pending"}>{text}</Sentence>
      <div class="page"><div class="card"><div class="card-body">
        <p><Marked shape={isEntered ? "tick" : "filling"} tone="ok">{text}</Marked></p>
        {verdict.would_refuse_message === undefined ? null : <p class="tone-bad">{verdict.would_refuse_message}</p>}
        <div class="actions">
          {rest === null ? null : <button type="button" class="primary" onClick={() => onAgain({ ...fields, [amountField]: rest })}>{t("console.work.rest_now", { amount: shown(rest) })}</button>}
          <button type="button" class={rest === null ? "primary" : ""} onClick={() => onAgain({})}>{t("console.work.another")}</button>
          <button type="button" onClick={() => onAgain(fields)}>{t("console.work.like_this")}</button>
          {isEntered ? <a class="button" href={`/doc/${status.value?.division ?? ""}/${encodeURIComponent(verdict.id ?? "")}`}>{t("console.work.see_document")}</a> : null}
          <a class="button" href="/work">{t("console.work.to_inbox")}</a>
        </div>
      </div></div></div>
    </>
  );
}
