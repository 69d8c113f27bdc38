// Many documents from a spreadsheet: a file or what is pasted. Each bad cell is listed with what is
// wrong and mended in place; the good rows may go alone.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api";
import type { PageProps } from "../app";
import { shown, sum } from "../money";
import { Marked } from "../parts/badge";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { Table } from "../parts/table";
import { ask } from "../router";
import { may } from "../session";
import { t } from "../words";
import { said, useBook, type Book } from "./kinds";
import { QuoteOpen, readText, type Rows } from "./sheet";
import { changedIn, Doubt, readBytes } from "./sheet_bytes";
import { cellOf, faultIn, isBad, isGood, judged, sheetOf, type Sheet, type SheetRow } from "./sheet_rows";
import { readXlsx } from "./sheet_xlsx";
import type { Kind } from "./shapes";
import { readAmount } from "./typed";

const ROWS_MAX = 10000;

const moneyOf = (row: SheetRow, kind: Kind): string => readAmount(row.cells[kind.moves?.amount ?? "amount"] ?? "") ?? "0.00";

/** A header with every field, for who begins with an empty sheet. */
function templateOf(kind: Kind, book: Book): string {
  const fields = kind.fields.filter(({ inherited, name }) => !inherited && name !== "mof_div_code");
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  return `\ufeff${fields.map(({ name }) => quoted(book.fieldWord(name))).join(",")}\r\n${fields.map(({ example }) => quoted(said(example, ""))).join(",")}\r\n`;
}

/** What was read of a file; `guess`: cells as they read in the encoding that nobody named. */
interface Read { rows: Rows; file: string; guess: string }

const startsWith = (bytes: Uint8Array, ...wanted: number[]): boolean => wanted.every((byte, i) => bytes[i] === byte);

/** By what is in it, not by its name. Errors: Doubt, QuoteOpen; others: no such file. */
async function readFile(file: File, isGb18030: boolean): Promise<Read> {
  const buffer = await file.arrayBuffer(), bytes = new Uint8Array(buffer);
  if (startsWith(bytes, 0x50, 0x4b, 3, 4)) {
    return { rows: await readXlsx(buffer), file: file.name, guess: "" };
  }
  if (startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0) || bytes.slice(0, 1000).includes(0) && !startsWith(bytes, 0xff, 0xfe) && !startsWith(bytes, 0xfe, 0xff)) {
    throw new TypeError("no text");
  }
  const { text, guessed } = readBytes(bytes, isGb18030);
  const rows = readText(text);
  return { rows, file: file.name, guess: guessed ? changedIn(rows) : "" };
}

function sentenceOfFailure(failure: unknown, file: string): string {
  return failure instanceof Doubt ? t("console.work.sheet_doubt", { file, row: failure.row, gb18030: failure.asGb18030, latin: failure.asLatin })
    : failure instanceof QuoteOpen ? t("console.work.sheet_quote", { row: failure.row })
      : t("console.work.sheet_unreadable", { file });
}

function Taking({ kind, book, onRead, problem, onProblem }: {
  kind: Kind; book: Book; onRead: (read: Read) => void; problem: Problem | null; onProblem: (problem: Problem | null) => void;
}) {
  const [doubted, setDoubted] = useState<File | null>(null); // may be GB18030: a person says
  const [pasted, setPasted] = useState("");
  const take = async (reading: () => Promise<Read>, file: File | null): Promise<void> => {
    onProblem(null);
    setDoubted(null);
    let read: Read;
    try {
      read = await reading();
    } catch (failure) {
      setDoubted(failure instanceof Doubt && !failure.isUtf8 ? file : null);
      onProblem(new Problem(400, "sheet", sentenceOfFailure(failure, file?.name ?? "")));
      return;
    }
    onRead(read);
  };
  const takeFile = (file: File, isGb18030 = false): void => void take(() => readFile(file, isGb18030), file);
  const look = (): void => void take(async () => ({ rows: readText(pasted), file: "", guess: "" }), null);
  return (
    <Panel title={t("console.work.sheet_of", { kind: said(kind.words, kind.name) })}
      aside={<a download={`${said(kind.words, kind.name)}.csv`} href={`data:text/csv;charset=utf-8,${encodeURIComponent(templateOf(kind, book))}`}>{t("console.work.template")}</a>}>
      <p>{t("console.work.sheet_how")}</p>
      <div class="form sheet-form">
        <label>{t("console.work.file")}<input type="file" accept=".csv,.txt,.xlsx" onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) {
            takeFile(file);
          }
          event.currentTarget.value = ""; // the same file, mended, is chosen again
        }} /></label>
        <label>{t("console.work.paste")}<textarea rows={8} value={pasted} onInput={(event) => setPasted(event.currentTarget.value)} /></label>
      </div>
      {problem === null ? null : <Said problem={problem} />}
      {doubted === null ? null : <div class="actions"><button type="button" onClick={() => takeFile(doubted, true)}>{t("console.work.sheet_gb18030")}</button></div>}
      <div class="actions"><button type="button" class="primary" aria-disabled={pasted.trim() === ""} onClick={() => { if (pasted.trim() !== "") { look(); } }}>{t("console.work.look")}</button></div>
    </Panel>
  );
}

/** What this page says of a file is no word of the node's, and has no page of help. */
function Said({ problem }: { problem: Problem }) {
  return problem.code !== "sheet" ? <Trouble problem={problem} /> : <p role="alert"><Marked shape="cross" tone="bad">{problem.sentence}</Marked></p>;
}

function Bad({ rows, kind, book, onMend }: { rows: SheetRow[]; kind: Kind; book: Book; onMend: (row: SheetRow, field: string, value: string) => void }) {
  const fieldOf = (row: SheetRow): string | null => faultIn(row, kind, book)?.field ?? null;
  return (
    <Panel class="bad-rows" title={t("console.work.bad_rows")} count={t("console.work.count.rows", { count: rows.length })} flush>
      <Table label={t("console.work.bad_rows")} rows={rows} keyOf={(row) => String(row.number)} empty="" columns={[
        { key: "row", title: t("console.work.row"), number: true, cell: (row) => row.number },
        { key: "column", title: t("console.work.column"), cell: (row) => { const field = fieldOf(row); return field === null ? "" : book.fieldWord(field); } },
        { key: "why", title: t("console.work.why"), class: "wraps", cell: (row) => <span class="tone-bad">{faultIn(row, kind, book)?.sentence}</span> },
        { key: "mend", title: t("console.work.mend"), cell: (row) => {
          const field = fieldOf(row);
          return field === null ? "" : <input class="mend" aria-label={t("console.work.mend_at", { row: row.number, column: book.fieldWord(field) })} defaultValue={row.cells[field] ?? ""}
            onChange={(event) => onMend(row, field, event.currentTarget.value)} />;
        } },
      ]} />
    </Panel>
  );
}

function cellShown(row: SheetRow, name: string, book: Book): string {
  const cell = row.cells[name] ?? "";
  const amount = book.field(name)?.type === "amount" ? readAmount(cell) : null;
  return amount === null ? cell : shown(amount);
}

function SheetRows({ sheet, kind, book }: { sheet: Sheet; kind: Kind; book: Book }) {
  const seen = ["id", ...sheet.fields.filter((name) => name !== "id" && name !== "fiscal_year")].slice(0, 7);
  return (
    <Panel title={t("console.work.rows_read")} count={t("console.work.count.rows", { count: sheet.rows.length })} flush>
      <Table isBoard label={t("console.work.rows_read")} rows={sheet.rows} keyOf={(row) => String(row.number)} empty={t("console.work.sheet_empty")}
        look={(row) => (isBad(row) ? "bad-row" : "")} columns={[
          { key: "row", title: t("console.work.row"), number: true, cell: (row) => row.number },
          ...seen.map((name) => ({ key: name, title: book.fieldWord(name), number: book.field(name)?.type === "amount",
            cell: (row: SheetRow) => <span class={faultIn(row, kind, book)?.field === name ? "bad-cell" : ""}>{cellShown(row, name, book)}</span> })),
          { key: "state", title: t("console.work.state"), cell: (row) => isGood(row)
            ? <Marked shape="tick" tone="ok">{t("console.work.good")}</Marked> : isBad(row) ? <Marked shape="cross" tone="bad">{t("console.work.bad")}</Marked> : "" },
        ]} />
    </Panel>
  );
}

interface Sent { count: number; amount: string; before: number; doubtful: number }

function Taken({ kind, book, taken, onSheet }: { kind: Kind; book: Book; taken: TakenSheet; onSheet: (sheet: Sheet) => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [sent, setSent] = useState<Sent | null>(null);
  const { sheet, file, guess } = taken;
  const good = sheet.rows.filter(isGood), bad = sheet.rows.filter(isBad);
  const guarded = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await act();
      setProblem(null);
    } catch (failure) {
      setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", ""));
    }
    setBusy(false);
  };
  const mend = (row: SheetRow, field: string, value: string): void => void guarded(async () => {
    const mended = sheet.rows.map((one) => (one.number === row.number ? { ...one, cells: { ...one.cells, [field]: cellOf(field, value.trim(), book) } } : one));
    onSheet({ ...sheet, rows: await judged(kind.name, mended, { dry_run: 1 }) });
  });
  const send = (): Promise<void> => guarded(async () => {
    const handed = await judged(kind.name, good, { file });
    const gone = handed.filter((row) => row.verdict !== null && row.verdict.status !== "refused");
    const here = gone.filter((row) => row.verdict?.status !== "exists" && row.verdict?.unchanged !== true);
    setSent({ count: here.length, amount: shown(sum(here.map((row) => moneyOf(row, kind)))), before: gone.length - here.length,
      doubtful: here.filter((row) => row.verdict?.would_refuse !== undefined).length });
    const numbers = new Set(gone.map(({ number }) => number));
    onSheet({ ...sheet, rows: [...bad, ...handed].filter(({ number }) => !numbers.has(number)).sort((a, b) => a.number - b.number) });
  });
  const why = isBusy ? t("console.work.sheet_checking", { count: sheet.rows.length }) : good.length === 0 ? t("console.work.none_good") : may("maker") ? null : t("console.work.needs_maker");
  return (
    <div class="stack">
      {guess === "" ? null : <p class="notice" role="note">{t("console.work.sheet_guessed", { cells: guess })}</p>}
      {sheet.unknown.length === 0 ? null : <p class="notice" role="note">{t("console.work.unknown_columns", { names: sheet.unknown.join("、") })}</p>}
      {sent === null ? null : <p class="notice" role="status">{t("console.work.sheet_sent", { ...sent })}
        {sent.before === 0 ? null : <> {t("console.work.sheet_before", { count: sent.before })}</>}
        {sent.doubtful === 0 ? null : <> {t("console.work.sheet_doubtful", { count: sent.doubtful })}</>} <a href="/work?at=mine">{t("console.work.mine")}</a></p>}
      {problem === null ? null : <Trouble problem={problem} />}
      {bad.length === 0 ? null : <Bad rows={bad} kind={kind} book={book} onMend={mend} />}
      {sheet.rows.length === 0 ? null : <SheetRows sheet={sheet} kind={kind} book={book} />}
      {sheet.rows.length === 0 ? null : (
        <div class="act-row sticky">
          <button type="button" class="primary" aria-disabled={why !== null} aria-describedby="why-not" onClick={() => { if (why === null) { void send(); } }}>
            {t("console.work.send_good", { count: good.length, amount: shown(sum(good.map((row) => moneyOf(row, kind)))) })}</button>
          <span id="why-not" class="small">{why ?? (bad.length > 0 ? t("console.work.bad_stay", { count: bad.length }) : "")}</span>
        </div>)}
    </div>
  );
}

function sentenceOf(sheet: Sheet | null, problem: Problem | null): { state: string; text: string } {
  if (problem !== null) {
    return { state: "refused", text: problem.sentence };
  }
  if (sheet === null) {
    return { state: "draft", text: t("console.work.sheet_begin") };
  }
  const bad = sheet.rows.filter((row) => !isGood(row)).length;
  return sheet.rows.length === 0 ? { state: "entered", text: t("console.work.sheet_gone") }
    : { state: bad > 0 ? "refused" : "entered", text: t(bad > 0 ? "console.work.sheet_bad" : "console.work.sheet_good", { count: sheet.rows.length, bad, good: sheet.rows.length - bad }) };
}

interface TakenSheet { kind: string; sheet: Sheet; file: string; guess: string }

/** Stays while one looks at other pages: what was mended in it is nowhere else. */
const taken = signal<TakenSheet | null>(null);

/** Why a sheet cannot be taken at all; null when it can. */
function faultOfSheet(sheet: Sheet, book: Book): string | null {
  return sheet.twice.length > 0 ? t("console.work.columns_twice", { names: sheet.twice.map((name) => book.fieldWord(name)).join("、") })
    : sheet.rows.length > ROWS_MAX ? t("console.work.sheet_large", { count: ROWS_MAX })
      : sheet.fields.length === 0 ? t("console.work.sheet_no_columns") : sheet.rows.length === 0 ? t("console.work.sheet_empty") : null;
}

/** The browser asks before it forgets what was mended. */
function useGuard(): void {
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent): void => {
      if ((taken.value?.sheet.rows.length ?? 0) > 0) {
        event.preventDefault();
      }
    };
    addEventListener("beforeunload", onLeave);
    return () => removeEventListener("beforeunload", onLeave);
  }, []);
}

export function SheetPage({ query }: PageProps) {
  const book = useBook();
  const [checking, setChecking] = useState<number | null>(null); // rows that the node is asked about
  const [problem, setProblem] = useState<Problem | null>(null);
  useGuard();
  const kind = book?.kind(query.get("kind") ?? taken.value?.kind ?? "payment");
  if (book === null || kind === undefined) {
    return <Sentence state="unknown">{t(book === null ? "console.work.reading" : "console.no_such_page")}</Sentence>;
  }
  const here = taken.value?.kind === kind.name ? taken.value : null;
  const take = ({ rows, file, guess }: Read): void => {
    const sheet = sheetOf(rows, kind, book);
    const fault = faultOfSheet(sheet, book);
    if (fault !== null) {
      setProblem(new Problem(400, "sheet", fault));
      return;
    }
    setProblem(null);
    setChecking(sheet.rows.length);
    judged(kind.name, sheet.rows, { dry_run: 1 }).then((rows_) => { taken.value = { kind: kind.name, file, guess, sheet: { ...sheet, rows: rows_ } }; },
      (failure: unknown) => setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", ""))).finally(() => setChecking(null));
  };
  const leave = (): void => { taken.value = null; setProblem(null); };
  const kinds = book.schema.kinds.filter((one) => one.written_by === "person" && one.fields.length > 0);
  const { state, text } = checking !== null ? { state: "unknown", text: t("console.work.sheet_checking", { count: checking }) }
    : sentenceOf(here?.sheet ?? null, problem);
  return (
    <>
      <Sentence state={state} busy={checking !== null}>{text}</Sentence>
      <div class="page">
        <div class="page-head">
          <ol class="crumbs"><li><a href="/work">{t("console.nav.work")}</a></li><li><b>{t("console.work.import")}</b></li></ol>
          <label class="head-field">{t("console.work.kind")}
            <select value={kind.name} onChange={(event) => { leave(); ask({ kind: event.currentTarget.value }); }}>
              {kinds.map((one) => <option key={one.name} value={one.name}>{said(one.words, one.name)}</option>)}
            </select></label>
          {here === null ? null : <div class="spread"><button type="button" onClick={leave}>{t("console.work.other_sheet")}</button></div>}
        </div>
        {here === null ? <Taking kind={kind} book={book} onRead={take} problem={problem} onProblem={setProblem} />
          : <Taken kind={kind} book={book} taken={here} onSheet={(sheet) => { taken.value = { ...here, sheet }; }} />}
      </div>
    </>
  );
}
