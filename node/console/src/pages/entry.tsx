// Forms by their addresses: a new document, one like another, one that is corrected, one begun before.
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../api";
import type { PageProps } from "../app";
import { Trouble } from "../parts/problem";
import { Sentence } from "../parts/sentence";
import { t } from "../words";
import { EntryForm } from "../work/form";
import { useBook, type Book } from "../work/kinds";
import type { Kind } from "../work/shapes";
import { newId } from "../work/typed";
import { CORRECTS, type FormStart } from "../work/use_form";

const formId = (): string => crypto.randomUUID();

/** What a new document has before anybody types: a number, the year, what the kind fills in. */
function fresh(kind: Kind, fields: Record<string, string> = {}): FormStart {
  const defaults = Object.fromEntries(kind.fields.filter((use) => use.default !== undefined && !use.inherited && use.required)
    .map((use) => [use.name, use.default as string]));
  return { id: formId(), version: 0, corrects: false, fields: { ...defaults, ...fields, id: newId(kind.name), fiscal_year: fields.fiscal_year ?? String(new Date().getFullYear()) } };
}

/** Whose transfer is meant: a number alone is the parent's. */
const ISSUER = "ori_div_code";

/** The fields of another document that this kind takes, without what the node fills in itself. */
const takenFrom = (kind: Kind, document: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(kind.fields.filter((use) => typeof document[use.name] === "string" && (!use.inherited || use.name === ISSUER)).map((use) => [use.name, document[use.name] as string]));

async function startOf(kind: Kind, query: URLSearchParams): Promise<FormStart> {
  const from = query.get("from"), like = query.get("like");
  const given = Object.fromEntries([...query].filter(([name]) => kind.fields.some((use) => use.name === name)));
  if (from === null && like === null) {
    return fresh(kind, given);
  }
  const answer = await get<Record<string, unknown>>(`/documents/${encodeURIComponent(from ?? like ?? "")}`);
  const document = (answer.document ?? answer) as Record<string, unknown>;
  const fields = takenFrom(kind, document);
  return from === null ? fresh(kind, fields)
    : { id: formId(), version: 0, corrects: true, fields: { ...fields, id: String(document.id), fiscal_year: String(document.fiscal_year ?? "") } };
}

function Waiting({ problem }: { problem: Problem | null }) {
  const isGone = problem?.status === 404;
  return (
    <>
      <Sentence state="unknown">{t(problem === null ? "console.work.reading" : isGone ? "console.work.form.gone" : "console.work.form.not_read")}</Sentence>
      <div class="page">
        {problem === null || isGone ? null : <Trouble problem={problem} />}
        {problem === null ? null : <p class="actions"><a class="button" href="/work?at=new">{t("console.work.new")}</a> <a class="button" href="/work">{t("console.work.to_inbox")}</a></p>}
      </div>
    </>
  );
}

function Begun({ kind, book, start }: { kind: Kind; book: Book; start: FormStart }) {
  const [now, setNow] = useState(start);
  useEffect(() => setNow(start), [start]);
  return <EntryForm key={now.id} kind={kind} book={book} start={now} onAgain={(more) => {
    history.replaceState(null, "", `/work/new/${kind.name}`);
    setNow(fresh(kind, more));
  }} />;
}

export function EntryPage({ parameters, query }: PageProps) {
  const book = useBook();
  const [start, setStart] = useState<FormStart | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const kind = book?.kind(parameters.kind);
  const isKnown = kind !== undefined;
  useEffect(() => {
    setStart(null);
    if (kind !== undefined) {
      startOf(kind, query).then(setStart, (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
    }
  }, [parameters.kind, query.toString(), isKnown]);
  if (book !== null && (kind === undefined || kind.written_by !== "person")) {
    return <Sentence state="unknown">{t("console.no_such_page")}</Sentence>;
  }
  return book === null || kind === undefined || start === null ? <Waiting problem={problem} />
    : <Begun kind={kind} book={book} start={start} />;
}

interface Unsent { id: string; kind: string; version: number; fields: Record<string, string> }

export function DraftPage({ parameters }: PageProps) {
  const book = useBook();
  const [kept, setKept] = useState<{ start: FormStart; kind: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    get<Unsent>(`/unsent/${encodeURIComponent(parameters.id)}`).then(
      ({ id, kind, version, fields: { [CORRECTS]: corrects, ...fields } }) =>
        setKept({ kind, start: { id, version, corrects: corrects === "1", fields } }),
      (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  }, [parameters.id]);
  const kind = kept === null ? undefined : book?.kind(kept.kind);
  return book === null || kept === null || kind === undefined ? <Waiting problem={problem} />
    : <Begun kind={kind} book={book} start={kept.start} />;
}
