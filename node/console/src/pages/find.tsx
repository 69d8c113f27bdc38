// What was typed into the search: a division, or a document by its id or its number, whoever of those
// in sight wrote it.
import { useEffect, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get, Problem } from "../api";
import { status, tree, readTree } from "../live";
import { count } from "../money";
import { Badge } from "../parts/badge";
import { Amount } from "../parts/figure";
import { Trouble } from "../parts/problem";
import { Table } from "../parts/table";
import { Sentence } from "../parts/sentence";
import { go } from "../router";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { docStateWord, kindWord, useVocabulary } from "../vocabulary";
import { t } from "../words";

interface FoundRow { division: string; id: string; kind: string; state: string; amount: string; time: string; to?: string; document_no?: string }
interface FoundPage { rows: FoundRow[]; read: number; complete: boolean; next?: string }

interface Hit { key: string; name: string; href: string; of?: FoundRow }

const docHref = ({ division, id }: FoundRow): string => `/doc/${division}/${encodeURIComponent(id)}`;

/** The first page, and those that somebody asks for beyond it: each reading is noted. */
function useFound(text: string) {
  const first = useAnswer<FoundPage>(text === "" ? null : "/find", { text, limit: 50 });
  const [more, setMore] = useState<FoundPage[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const pages = first.data === null ? [] : [first.data, ...more];
  const last = pages.at(-1);
  const goOn = (): void => {
    setProblem(null);
    get<FoundPage>("/find", { text, limit: 50, after: last?.next }).then((page) => setMore([...more, page]),
      (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  return {
    rows: pages.flatMap(({ rows }) => rows), read: pages.reduce((sum, { read }) => sum + read, 0), isThere: last !== undefined || text === "",
    isWhole: last?.complete !== false, problem: first.problem ?? problem, slow: first.slow, again: first.problem === null ? goOn : first.again, goOn,
  };
}

function Of({ hit }: { hit: Hit }) {
  return <><a href={hit.href}>{hit.name}</a>{hit.of === undefined || hit.of.document_no === undefined ? null : <span class="code"> {hit.of.id}</span>}</>;
}

function Found({ text }: { text: string }) {
  useVocabulary();
  useEffect(readTree, []);
  const places = tree.value?.rows ?? null;
  const nameOf = (code: string): string => places?.find(({ division }) => division === code)?.name ?? (status.value?.division === code ? status.value.name : code);
  const divisions = text === "" ? [] : (places ?? []).filter(({ division, name }) => division.startsWith(text) || name.includes(text));
  const found = useFound(text);
  const hits: Hit[] = [
    ...divisions.map(({ division, name }) => ({ key: division, name: `${name} ${division}`, href: `/map/${division}` })),
    ...found.rows.map((of) => ({ key: `${of.division} ${of.id}`, name: of.document_no ?? of.id, href: docHref(of), of })),
  ];
  const isOne = hits.length === 1 && places !== null && found.isThere && found.isWhole;
  useEffect(() => { if (isOne) { go(hits[0].href, true); } }, [isOne]);
  return (
    <>
      <Sentence state={hits.length > 0 ? "well" : "unknown"} busy={found.slow}>
        {!found.isThere && found.problem === null ? t("console.loading") : t(found.isWhole ? "console.find" : "console.find.part", { text, count: count(hits.length), read: count(found.read) })}
      </Sentence>
      <div class="page"><div class="card">
        {found.problem === null ? null : <Trouble problem={found.problem} retry={found.again} />}
        <Table label={t("console.search")} rows={hits} keyOf={(hit) => hit.key} hrefOf={(hit) => hit.href}
          columns={[
            { key: "name", title: t("console.find.what"), cell: (hit) => <Of hit={hit} /> },
            { key: "kind", title: t("console.find.kind"), cell: ({ of }) => (of === undefined ? t("console.column.division") : kindWord(of.kind)) },
            { key: "by", title: t("console.find.by"), cell: ({ of }) => (of === undefined ? "" : nameOf(of.division)) },
            { key: "to", title: t("console.find.to"), cell: ({ of }) => of?.to ?? "" },
            { key: "amount", title: t("console.column.amount"), number: true, cell: ({ of }) => (of === undefined ? "" : <Amount of={of.amount} />) },
            { key: "state", title: t("console.column.state"), cell: ({ of }) => (of === undefined ? "" : <Badge state={of.state}>{docStateWord(of.state)}</Badge>) },
            { key: "time", title: t("console.column.time"), cell: ({ of }) => <span class="ink3">{of === undefined ? "" : moment(of.time)}</span> },
          ]}
          empty={!found.isThere ? "" : t(found.isWhole ? "console.find.nothing" : "console.find.nothing_yet", { text })} />
        {found.isWhole ? null : <p class="more"><button type="button" onClick={found.goOn}>{t("console.find.go_on")}</button></p>}
      </div></div>
    </>
  );
}

export function FindPage({ query }: PageProps) {
  const text = (query.get("q") ?? "").trim();
  return <Found key={text} text={text} />;
}
