// Many documents from a spreadsheet: a file or what is pasted. Each bad cell is listed with what is
// wrong and mended in place; the good rows may go alone.
import { useState } from "preact/hooks";
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
import { readText, readXlsx, type Rows } from "./sheet";
import { faultIn, isGood, judged, sheetOf, type Sheet, type SheetRow } from "./sheet_rows";
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

function Taking({ kind, book, onRows }: { kind: Kind; book: Book; onRows: (rows: Rows, file: string) => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [pasted, setPasted] = useState("");
  const takeFile = async (file: File): Promise<void> => {
    try {
      onRows(/\.xlsx$/i.test(file.name) ? await readXlsx(await file.arrayBuffer()) : readText(await textOf(file)), file.name);
    } catch {
      setProblem(new Problem(400, "sheet", t("console.work.sheet_unreadable", { file: file.name })));
    }
  };
  return (
    <Panel title={t("console.work.sheet_of", { kind: said(kind.words, kind.name) })}
      aside={<a download={`${said(kind.words, kind.name)}.csv`} href={`data:text/csv;charset=utf-8,${encodeURIComponent(templateOf(kind, book))}`}>{t("console.work.template")}</a>}>
      <p>{t("console.work.sheet_how")}</p>
      <div class="form sheet-form">
        <label>{t("console.work.file")}<input type="file" accept=".csv,.txt,.xlsx" onChange={(event) => { const file = event.currentTarget.files?.[0]; if (file !== undefined) { void takeFile(file); } }} /></label>
        <label>{t("console.work.paste")}<textarea rows={8} value={pasted} onInput={(event) => setPasted(event.currentTarget.value)} /></label>
      </div>
      {problem === null ? null : <Trouble problem={problem} />}
      <div class="actions"><button type="button" class="primary" aria-disabled={pasted.trim() === ""} onClick={() => { if (pasted.trim() !== "") { onRows(readText(pasted), ""); } }}>{t("console.work.look")}</button></div>
    </Panel>
  );
}

/** UTF-8, else what Chinese spreadsheets save as CSV. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
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
        look={(row) => (isGood(row) ? "" : "bad-row")} columns={[
          { key: "row", title: t("console.work.row"), number: true, cell: (row) => row.number },
          ...seen.map((name) => ({ key: name, title: book.fieldWord(name), number: book.field(name)?.type === "amount",
            cell: (row: SheetRow) => <span class={faultIn(row, kind, book)?.field === name ? "bad-cell" : ""}>{cellShown(row, name, book)}</span> })),
          { key: "state", title: t("console.work.state"), cell: (row) => row.verdict === null ? "" : isGood(row)
            ? <Marked shape="tick" tone="ok">{t("console.work.good")}</Marked> : <Marked shape="cross" tone="bad">{t("console.work.bad")}</Marked> },
        ]} />
    </Panel>
  );
}

function Taken({ kind, book, sheet, file, onSheet }: { kind: Kind; book: Book; sheet: Sheet; file: string; onSheet: (sheet: Sheet) => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [sent, setSent] = useState<{ count: number; amount: string } | null>(null);
  const good = sheet.rows.filter(isGood), bad = sheet.rows.filter((row) => row.verdict !== null && !isGood(row));
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
    const read = book.field(field)?.type === "amount" ? readAmount(value) ?? value : value.trim();
    const mended = sheet.rows.map((one) => (one.number === row.number ? { ...one, cells: { ...one.cells, [field]: read } } : one));
    onSheet({ ...sheet, rows: await judged(kind.name, mended, { dry_run: 1 }) });
  });
  const send = (): Promise<void> => guarded(async () => {
    const handed = await judged(kind.name, good, { file });
    const taken = handed.filter((row) => row.verdict?.status !== "refused");
    setSent({ count: taken.length, amount: shown(sum(taken.map((row) => moneyOf(row, kind)))) });
    const gone = new Set(taken.map(({ number }) => number));
    onSheet({ ...sheet, rows: [...bad, ...handed].filter(({ number }) => !gone.has(number)) });
  });
  const why = good.length === 0 ? t("console.work.none_good") : may("maker") ? null : t("console.work.needs_maker");
  return (
    <div class="stack">
      {sheet.unknown.length === 0 ? null : <p class="notice" role="note">{t("console.work.unknown_columns", { names: sheet.unknown.join("、") })}</p>}
      {sent === null ? null : <p class="notice" role="status">{t("console.work.sheet_sent", sent)} <a href="/work?at=mine">{t("console.work.mine")}</a></p>}
      {problem === null ? null : <Trouble problem={problem} />}
      {bad.length === 0 ? null : <Bad rows={bad} kind={kind} book={book} onMend={mend} />}
      {sheet.rows.length === 0 ? null : <SheetRows sheet={sheet} kind={kind} book={book} />}
      {sheet.rows.length === 0 ? null : (
        <div class="act-row sticky">
          <button type="button" class="primary" aria-disabled={why !== null || isBusy} aria-describedby="why-not" onClick={() => { if (why === null && !isBusy) { void send(); } }}>
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
  return { state: bad > 0 ? "refused" : "entered", text: t(bad > 0 ? "console.work.sheet_bad" : "console.work.sheet_good", { count: sheet.rows.length, bad, good: sheet.rows.length - bad }) };
}

export function SheetPage({ query }: PageProps) {
  const book = useBook();
  const [taken, setTaken] = useState<{ sheet: Sheet; file: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const kind = book?.kind(query.get("kind") ?? "payment");
  if (book === null || kind === undefined) {
    return <Sentence state="unknown">{t(book === null ? "console.work.reading" : "console.no_such_page")}</Sentence>;
  }
  const take = (rows: Rows, file: string): void => {
    const sheet = sheetOf(rows, kind, book);
    if (sheet.rows.length === 0 || sheet.fields.length === 0 || sheet.rows.length > ROWS_MAX) {
      setProblem(new Problem(400, "sheet", t(sheet.rows.length > ROWS_MAX ? "console.work.sheet_large" : "console.work.sheet_empty", { count: ROWS_MAX })));
      return;
    }
    setProblem(null);
    judged(kind.name, sheet.rows, { dry_run: 1 }).then((rows_) => setTaken({ file, sheet: { ...sheet, rows: rows_ } }),
      (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  const kinds = book.schema.kinds.filter((one) => one.written_by === "person" && one.fields.length > 0);
  const { state, text } = sentenceOf(taken?.sheet ?? null, problem);
  return (
    <>
      <Sentence state={state}>{text}</Sentence>
      <div class="page">
        <div class="page-head">
          <ol class="crumbs"><li><a href="/work">{t("console.nav.work")}</a></li><li><b>{t("console.work.import")}</b></li></ol>
          <label class="head-field">{t("console.work.kind")}
            <select value={kind.name} onChange={(event) => { setTaken(null); ask({ kind: event.currentTarget.value }); }}>
              {kinds.map((one) => <option key={one.name} value={one.name}>{said(one.words, one.name)}</option>)}
            </select></label>
          {taken === null ? null : <div class="spread"><button type="button" onClick={() => setTaken(null)}>{t("console.work.other_sheet")}</button></div>}
        </div>
        {taken === null ? <Taking kind={kind} book={book} onRows={take} />
          : <Taken kind={kind} book={book} sheet={taken.sheet} file={taken.file} onSheet={(sheet) => setTaken({ ...taken, sheet })} />}
      </div>
    </>
  );
}
