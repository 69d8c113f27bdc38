// Above every board: where one is, which board, of when, and the same as a file.
import { linkTo } from "../api";
import { status, tree } from "../live";
import { AtChoice } from "../parts/at_choice";
import { Segments } from "../parts/panel";
import { ask } from "../router";
import { t } from "../words";
import { BOARDS, moneyHref, type Asked, type Board } from "./address";
import { wayTo } from "./rows";

export const nameOf = (code: string): string =>
  tree.value?.rows.find(({ division }) => division === code)?.name ?? (status.value?.division === code ? status.value.name : code);

function Crumbs({ of, agencyName }: { of: Asked; agencyName?: string }) {
  const way = wayTo(tree.value?.rows ?? [], of.code);
  const steps: { text: string; href: string | null }[] = (way.length === 0 ? [of.code] : way)
    .map((code) => ({ text: nameOf(code), href: moneyHref(of, code) }));
  if (of.agency !== null) {
    steps.push({ text: of.agency === "" ? t("console.money.sources") : agencyName ?? `${t("console.money.agency")} ${of.agency}`, href: moneyHref(of, of.code, { agency: of.agency }) });
  }
  if (of.line !== null) {
    steps.push({ text: `${t("console.money.line")} ${of.line}`, href: null });
  }
  return (
    <nav aria-label={t("console.money.crumbs")}>
      <ol class="crumbs">
        {steps.map(({ text, href }, i) => (
          <li key={text}>{i === steps.length - 1 || href === null ? <b aria-current="page">{text}</b> : <a href={href}>{text}</a>}</li>
        ))}
      </ol>
    </nav>
  );
}

const exportOf: Record<Board, string> = { chain: "money", execution: "execution", balance: "balance", reconcile: "reconcile" };

function Export({ of }: { of: Asked }) {
  const lines = of.agency !== null && of.line === null;
  const query = {
    division: of.code, year: of.year, at: of.at,
    scope: of.board === "execution" || of.board === "balance" ? of.scope : null, by: lines ? null : of.by, limit: 10000,
  };
  const name = lines ? "lines" : exportOf[of.board];
  const href = (format: string): string => {
    const address = linkTo(`/export/${name}`, { ...query, format });
    return lines && of.agency !== "" ? `${address}&agency=${encodeURIComponent(of.agency ?? "")}` : address;
  };
  return (
    <>
      {of.line !== null ? null : ["xlsx", "csv"].map((format) => (
        <a key={format} class="button" href={href(format)} download={`${name}-${of.code}.${format}`}>{format.toUpperCase()}</a>
      ))}
      <button type="button" onClick={() => print()}>{t("console.money.print")}</button>
    </>
  );
}

function Controls({ of }: { of: Asked }) {
  const now = new Date();
  const years = [...new Set([0, 1, 2].map((back) => now.getFullYear() - back).concat(of.year))].sort((a, b) => b - a);
  const scoped = of.agency === null && of.line === null && (of.board === "execution" || of.board === "balance");
  return (
    <div class="spread">
      <Segments label={t("console.money.board")} value={of.board}
        choices={BOARDS.map((value) => ({ value, title: t(`console.money.board.${value}`) }))}
        onChange={(board) => ask({ board: board === "chain" ? null : board, by: null, agency: null, line: null })} />
      {now.getMonth() === 0 && of.year >= now.getFullYear() - 1 ? ( // business of both years goes on beside each other
        <Segments label={t("console.money.year")} value={String(of.year)} onChange={(year) => ask({ year })}
          choices={[now.getFullYear() - 1, now.getFullYear()].map((year) => ({ value: String(year), title: String(year) }))} />
      ) : null}
      <label class="choice">{t("console.money.year")}
        <select value={String(of.year)} onChange={(event) => ask({ year: event.currentTarget.value })}>
          {years.map((year) => <option key={year} value={String(year)}>{year}</option>)}
        </select>
      </label>
      {!scoped ? null : (
        <label class="choice">{t("console.money.scope")}
          <select value={of.scope} onChange={(event) => ask({ scope: event.currentTarget.value })}>
            <option value="subtree">{t("console.scope.subtree")}</option>
            <option value="own">{t("console.scope.own")}</option>
          </select>
        </label>
      )}
      <AtChoice year={of.year} at={of.at} />
      <Export of={of} />
    </div>
  );
}

/** What stands between the sentence and the board. */
export function MoneyHead({ of, agencyName }: { of: Asked; agencyName?: string }) {
  return <div class="page-head"><Crumbs of={of} agencyName={agencyName} /><Controls of={of} /></div>;
}
