// Execution, balances, reconciliation: one table each, and the sentence that says what it comes to.
import { fen, isNil, rate, shown, sum } from "../money";
import { AtNote } from "../parts/at_choice";
import { Amount } from "../parts/figure";
import { UnapprovedNote, UnconfirmedNote } from "../parts/notices";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { Table, type Column } from "../parts/table";
import { ask } from "../router";
import { useAnswer } from "../use_answer";
import { accountWord, useVocabulary } from "../vocabulary";
import { t } from "../words";
import { moneyHref, type Asked } from "./address";
import { RateBar } from "./chain_board";
import { MoneyHead } from "./head";
import { oldestLate } from "./late";
import type { BalanceRow, ExecutionRow, Paged, ReconcileRow } from "./shapes";

const byAmount = <T,>(pick: (row: T) => string) => (a: T, b: T): number =>
  fen(pick(a)) < fen(pick(b)) ? -1 : fen(pick(a)) > fen(pick(b)) ? 1 : 0;

/** A column of money with its total, which adds up to the fen. */
function moneyColumn<T>(key: string, title: string, rows: T[], pick: (row: T) => string): Column<T> {
  return {
    key, title, number: true, order: byAmount(pick), cell: (row) => <Amount of={pick(row)} />,
    total: shown(sum(rows.map(pick))),
  };
}

function Named({ code, name, none, href }: { code: string; name?: string; none: string; href?: string }) {
  const text = name ?? (code === "" ? none : code);
  return <>{href === undefined ? text : <a href={href}>{text}</a>}{name === undefined || code === "" ? null : <> <span class="code">{code}</span></>}</>;
}

/** What is past does not move any more. */
const everyOf = (of: Asked): number | undefined => (of.at === null ? 30 : undefined);

interface FrameProps<T> {
  of: Asked;
  answer: ReturnType<typeof useAnswer<Paged<T>>>;
  sentence: (rows: T[]) => string;
  state?: (rows: T[]) => string;
  title: string;
  aside?: preact.ComponentChildren;
  agencyName?: string;
  children: (rows: T[]) => preact.ComponentChildren;
}

/** What all boards have around their table. */
export function Frame<T>({ of, answer, sentence, state, title, aside, agencyName, children }: FrameProps<T>) {
  const rows = answer.data?.rows ?? null;
  const late = oldestLate(of.code) !== null;
  return (
    <>
      <Sentence state={answer.problem !== null ? "fault" : rows !== null && state !== undefined ? state(rows) : late ? "off_line" : "well"} busy={answer.slow}>
        {rows === null ? answer.problem?.sentence ?? t("console.loading") : sentence(rows)}
      </Sentence>
      <div class="page">
        <MoneyHead of={of} agencyName={agencyName} />
        {answer.problem === null ? null : <section class="card"><Trouble problem={answer.problem} retry={answer.again} /></section>}
        <AtNote at={of.at} />
        <UnapprovedNote sum={answer.data?.unapproved} />
        <UnconfirmedNote keys={answer.data?.unconfirmed} />
        {rows === null ? null : (
          <Panel title={title} aside={aside} flush>
            {children(rows)}
            {answer.data?.complete !== false ? null
              : <p class="more">{t("console.money.part_shown", { shown: answer.data.shown, total: answer.data.total })}</p>}
          </Panel>
        )}
      </div>
    </>
  );
}

/* --- execution --- */

const ELEMENTS = ["function", "agency", "project", "fund", "economic", "gov_economic"] as const;

function By({ of, choices, first }: { of: Asked; choices: readonly string[]; first: string }) {
  return (
    <label class="choice">{t("console.money.by")}
      <select value={of.by === "" ? first : of.by} onChange={(event) => ask({ by: event.currentTarget.value === first ? null : event.currentTarget.value })}>
        {choices.map((by) => <option key={by} value={by}>{t(`console.money.by.${by}`)}</option>)}
      </select>
    </label>
  );
}

const ownAgency = (of: Asked, key: string): { code: string; agency: string } => {
  const [code, agency] = key.includes("/") ? key.split("/", 2) : [of.code, key];
  return { code, agency };
};

export function ExecutionBoard({ of }: { of: Asked }) {
  const by = of.by === "" ? "function" : of.by;
  const answer = useAnswer<Paged<ExecutionRow>>("/report/execution", { division: of.code, scope: of.scope, year: of.year, at: of.at, by, limit: 1000 }, everyOf(of));
  const sentence = (rows: ExecutionRow[]): string => {
    const released = sum(rows.map((row) => row.released));
    return t("console.money.execution.sentence", {
      released: shown(released), paid: shown(sum(rows.map((row) => row.paid))),
      rate: rate(sum(rows.map((row) => row.paid)), released) ?? "0.00",
    });
  };
  const hrefOf = (row: ExecutionRow): string | null => {
    if (by !== "agency") {
      return null;
    }
    const { code, agency } = ownAgency(of, row.key);
    return moneyHref(of, code, { board: null, agency });
  };
  return (
    <Frame of={of} answer={answer} sentence={sentence} title={t("console.money.board.execution")}
      aside={<><span>{t("console.money.unit")}</span><By of={of} choices={ELEMENTS} first="function" /></>}>
      {(all) => {
        const rows = all.filter((row) => ![row.allocated, row.released, row.committed, row.frozen, row.paid].every(isNil))
          .sort((a, b) => byAmount<ExecutionRow>((row) => row.released)(b, a) || byAmount<ExecutionRow>((row) => row.allocated)(b, a));
        const columns: Column<ExecutionRow>[] = [
          { key: "key", title: t(`console.money.by.${by}`), cell: (row) => <Named code={row.key} name={row.key_name} none={t("console.money.none_of_it")} href={hrefOf(row) ?? undefined} />, total: t("console.money.total") },
          moneyColumn("allocated", t("console.chain.allocated"), rows, (row) => row.allocated),
          moneyColumn("released", t("console.chain.released"), rows, (row) => row.released),
          moneyColumn("committed", t("console.money.committed"), rows, (row) => row.committed),
          moneyColumn("frozen", t("console.money.frozen"), rows, (row) => row.frozen),
          moneyColumn("paid", t("console.chain.paid"), rows, (row) => row.paid),
          moneyColumn("available", t("console.money.available"), rows, (row) => row.available),
          { key: "rate", title: t("console.chain.rate"), number: true, cell: (row) => <RateBar paid={row.paid} released={row.released} />,
            order: (a, b) => Number(rate(a.paid, a.released) ?? -1) - Number(rate(b.paid, b.released) ?? -1),
            total: `${rate(sum(rows.map((row) => row.paid)), sum(rows.map((row) => row.released))) ?? "—"} %` },
        ];
        return <Table isBoard label={t("console.money.board.execution")} columns={columns} rows={rows} keyOf={(row) => `${row.key} ${row.key2 ?? ""}`}
          hrefOf={by === "agency" ? hrefOf : undefined} empty={t("console.money.empty", { year: of.year })} />;
      }}
    </Frame>
  );
}

/* --- balances --- */

const DIMENSIONS = ["account", "project", "function", "fund", "agency"] as const;

export function BalanceBoard({ of }: { of: Asked }) {
  useVocabulary();
  const by = of.by === "" ? "account" : of.by;
  const answer = useAnswer<Paged<BalanceRow>>("/balance", { division: of.code, scope: of.scope, year: of.year, at: of.at, by, limit: 2000 }, everyOf(of));
  const sentence = (rows: BalanceRow[]): string => {
    const [debit, credit] = [sum(rows.map((row) => row.debit)), sum(rows.map((row) => row.credit))];
    return t(debit === credit ? "console.money.balance.even" : "console.money.balance.uneven", { debit: shown(debit), credit: shown(credit) });
  };
  return (
    <Frame of={of} answer={answer} sentence={sentence} title={t("console.money.board.balance")}
      state={(rows) => (sum(rows.map((row) => row.debit)) === sum(rows.map((row) => row.credit)) ? "well" : "fault")}
      aside={<><span>{t("console.money.unit")}</span><By of={of} choices={DIMENSIONS} first="account" /></>}>
      {(rows) => {
        const columns: Column<BalanceRow>[] = [
          ...(by === "account" ? [] : [{ key: "key", title: t(`console.money.by.${by}`), cell: (row: BalanceRow) => <Named code={row.key} name={row.key_name} none={t("console.money.none_of_it")} /> }]),
          { key: "account", title: t("console.money.account"), cell: (row) => <>{accountWord(row.account)} <span class="code">{row.account}</span></>, total: by === "account" ? t("console.money.total") : undefined },
          moneyColumn("debit", t("console.money.debit"), rows, (row) => row.debit),
          moneyColumn("credit", t("console.money.credit"), rows, (row) => row.credit),
          { key: "balance", title: t("console.money.balance"), number: true, cell: (row) => <Amount of={row.balance} />, order: byAmount((row) => row.balance) },
        ];
        return <Table isBoard label={t("console.money.board.balance")} columns={columns} rows={rows} keyOf={(row) => `${row.key} ${row.account}`}
          empty={t("console.money.empty", { year: of.year })} />;
      }}
    </Frame>
  );
}

/* --- reconciliation --- */

export function ReconcileBoard({ of }: { of: Asked }) {
  const answer = useAnswer<Paged<ReconcileRow>>("/report/reconcile", { division: of.code, year: of.year, at: of.at, limit: 2000 }, everyOf(of));
  const differs = (rows: ReconcileRow[]): ReconcileRow[] => rows.filter((row) => !isNil(row.difference));
  const sentence = (rows: ReconcileRow[]): string => {
    const wrong = differs(rows);
    if (wrong.length > 0) {
      return t("console.money.reconcile.differs", { count: wrong.length, amount: shown(sum(wrong.map((row) => row.difference))) });
    }
    const open = rows.reduce((total, row) => total + row.open, 0);
    return t(open === 0 ? "console.money.reconcile.even" : "console.money.reconcile.open",
      { count: rows.reduce((total, row) => total + row.documents, 0), open, amount: shown(sum(rows.map((row) => row.in_transit))) });
  };
  return (
    <Frame of={of} answer={answer} sentence={sentence} title={t("console.money.board.reconcile")} aside={<><span class="no-print">{t("console.money.reconcile.note")}</span><span>{t("console.money.unit")}</span></>}
      state={(rows) => (differs(rows).length > 0 ? "fault" : oldestLate(of.code) !== null ? "off_line" : "well")}>
      {(all) => {
        const worst = (row: ReconcileRow): number => (isNil(row.difference) ? 0 : 2) + (row.open > 0 ? 1 : 0);
        const rows = [...all].sort((a, b) => worst(b) - worst(a)); // what differs, what is open; then as it came
        const columns: Column<ReconcileRow>[] = [
          { key: "issuer", title: t("console.money.issuer"), cell: (row) => <Named code={row.issuer} name={row.issuer_name} none="" />, total: t("console.money.total") },
          { key: "receiver", title: t("console.money.receiver"), cell: (row) => <Named code={row.receiver} name={row.receiver_name} none="" /> },
          { key: "fund", title: t("console.money.by.fund"), cell: (row) => <Named code={row.fund_type_code} name={row.fund_type_name} none={t("console.money.none_of_it")} /> },
          { key: "project", title: t("console.money.by.project"), cell: (row) => row.pro_name ?? (row.pro_code || "—") },
          { key: "documents", title: t("console.money.documents"), number: true, cell: (row) => row.documents },
          { key: "open", title: t("console.money.open"), number: true, cell: (row) => (row.open === 0 ? <span class="nil">0</span> : row.open) },
          moneyColumn("issued", t("console.money.issued"), rows, (row) => row.issued),
          moneyColumn("registered", t("console.money.registered"), rows, (row) => row.registered),
          moneyColumn("returned", t("console.money.returned"), rows, (row) => row.returned),
          moneyColumn("in_transit", t("console.chain.in_transit"), rows, (row) => row.in_transit),
          { ...moneyColumn("difference", t("console.money.difference"), rows, (row: ReconcileRow) => row.difference),
            cell: (row) => (isNil(row.difference) ? <span class="nil">0.00</span> : <b class="tone-bad">{shown(row.difference)}</b>) },
        ];
        return <Table isBoard label={t("console.money.board.reconcile")} columns={columns} rows={rows} keyOf={(row) => `${row.issuer} ${row.receiver} ${row.fund_type_code} ${row.pro_code}`}
          empty={t("console.money.reconcile.empty")} />;
      }}
    </Frame>
  );
}
