// What was typed into the search: a division, or a document by its id.
import { useEffect } from "preact/hooks";
import type { PageProps } from "../app";
import { status, tree, readTree } from "../live";
import { Table } from "../parts/table";
import { Sentence } from "../parts/sentence";
import { go } from "../router";
import type { Listed } from "../shapes";
import { useAnswer } from "../use_answer";
import { t } from "../words";

export function FindPage({ query }: PageProps) {
  const wanted = (query.get("q") ?? "").trim();
  useEffect(readTree, []);
  const own = status.value?.division ?? "";
  const rows = tree.value?.rows ?? null;
  const divisions = (rows ?? []).filter(({ division, name }) => division.startsWith(wanted) || name.includes(wanted));
  const asks = rows !== null && divisions.length === 0 && wanted !== "";
  const document = useAnswer<Listed>(asks ? `/documents/${encodeURIComponent(wanted)}` : null);
  const found = [
    ...(document.data === null ? [] : [{ key: "document", name: wanted, href: `/doc/${own}/${encodeURIComponent(wanted)}` }]),
    ...divisions.map(({ division, name }) => ({ key: division, name: `${name} ${division}`, href: `/map/${division}` })),
  ];
  const isOne = found.length === 1;
  useEffect(() => { if (isOne) { go(found[0].href, true); } }, [isOne]);
  return (
    <>
      <Sentence state={found.length > 0 ? "well" : "unknown"}>{t("console.find", { text: wanted, count: found.length })}</Sentence>
      <div class="page"><div class="card">
        <Table label={t("console.search")} rows={found} keyOf={(row) => row.key} hrefOf={(row) => row.href}
          columns={[{ key: "name", title: t("console.find.what"), cell: (row) => <a href={row.href}>{row.name}</a> }]}
          empty={t("console.find.nothing", { text: wanted })} />
      </div></div>
    </>
  );
}
