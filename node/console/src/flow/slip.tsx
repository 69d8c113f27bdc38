// The slip: the amount in figures and in words, the state, and the fields as the schema has them.
import { isNil, shown, upper } from "../money";
import { Badge } from "../parts/badge";
import { moment } from "../time";
import { docStateWord, fieldType, fieldWord, kindOf, kindWord, valueWord } from "../vocabulary";
import { language, t } from "../words";
import type { DocumentAnswer, FieldValue, ProofAnswer } from "./shapes";

/** Told elsewhere on the page. */
const ELSEWHERE = new Set(["id", "mof_div_code", "amount", "pay_app_amt", "xpay_amt"]);

/** Accounts in groups of four. */
const inFours = (text: string): string => text.replace(/(.{4})(?=.)/g, "$1 ");

function Value({ kind, of }: { kind: string; of: FieldValue }) {
  const type = fieldType(of.field);
  const text = type === "amount" ? shown(of.value) : /acct_no$/.test(of.field) ? inFours(of.value)
    : type === "flag" ? t(of.value === "1" ? "console.yes" : "console.no")
    : type === "hash" ? of.value.slice(0, 16) : valueWord(kind, of.field, of.value);
  return (
    <>
      {of.name === undefined ? text : <><b>{of.name}</b> <span class="code">{of.value}</span></>}
      {of.inherited === true ? <span class="doc-inherited" title={t("console.doc.inherited")}>{t("console.doc.inherited.short")}</span> : null}
    </>
  );
}

/** Whose money and what for on the left; to whom, and the codes, on the right: by the groups of the kind. */
function columnsOf(document: DocumentAnswer, fields: FieldValue[]): [FieldValue[], FieldValue[]] {
  const groups = new Map<string, string>();
  for (const { name, group } of [...(kindOf(document.kind)?.fields ?? []), ...(kindOf(document.kind)?.written_out ?? [])]) {
    groups.set(name, group);
  }
  const shownFields = fields.filter(({ field }) => !ELSEWHERE.has(field));
  const right = new Set(["amount", "elements", "document"]);
  const sides: [FieldValue[], FieldValue[]] = [
    shownFields.filter(({ field }) => !right.has(groups.get(field) ?? "")),
    shownFields.filter(({ field }) => right.has(groups.get(field) ?? "")),
  ];
  if (Math.abs(sides[0].length - sides[1].length) > 4) {
    const half = Math.ceil(shownFields.length / 2);
    return [shownFields.slice(0, half), shownFields.slice(half)];
  }
  return sides;
}

function Fields({ kind, fields, first }: { kind: string; fields: FieldValue[]; first?: [string, preact.ComponentChildren] }) {
  return (
    <dl class="facts">
      {first === undefined ? null : <div><dt>{first[0]}</dt><dd>{first[1]}</dd></div>}
      {fields.map((of) => <div key={of.tag}><dt>{fieldWord(of.field)}</dt><dd><Value kind={kind} of={of} /></dd></div>)}
    </dl>
  );
}

export function SlipPanel({ document, amount, proof }: { document: DocumentAnswer; amount: string; proof: ProofAnswer | null }) {
  const [left, right] = columnsOf(document, proof?.fields ?? []);
  const agency = proof?.line?.agency_code;
  return (
    <section class="card doc-slip" aria-label={t("console.doc.slip")}>
      <div class="doc-head">
        <div>
          {isNil(amount) ? <p class="doc-amount">{kindWord(document.kind)}</p>
            : <p class="doc-amount">{shown(amount)}<span class="doc-unit">{t("console.money.unit")}</span></p>}
          {isNil(amount) || language.value !== "zh" ? null : <p class="ink2">{t("console.doc.upper", { words: upper(amount) })}</p>}
        </div>
        <div class="doc-state">
          <b><Badge state={document.state}>{docStateWord(document.state)}</Badge></b>
          <p class="ink3">{t("console.doc.entered", { time: moment(document.time), lsn: document.lsn })}</p>
          <p class="ink3">{kindWord(document.kind)} {document.id}</p>
        </div>
      </div>
      {proof === null ? <p class="empty">{t("console.loading")}</p> : (
        <div class="doc-fields">
          <Fields kind={document.kind} fields={left}
            first={agency === undefined ? undefined : [t("console.doc.payer"), <><b>{proof.line?.agency_name ?? agency}</b> <span class="code">{agency}</span></>]} />
          <Fields kind={document.kind} fields={right} />
        </div>
      )}
    </section>
  );
}
