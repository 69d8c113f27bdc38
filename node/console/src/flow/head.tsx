// Above every board: where one is, which board, of when, and the same as a file.
import { linkTo } from "../api";
import { status, tree } from "../live";
import { Segments } from "../parts/panel";
import { ask } from "../router";
import { dayOf } from "../time";
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
    division: of.code, year: of.year, at: lines || of.board !== "chain" ? null : of.at,
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

/** Yesterday, the ends of the months of the year that are over, and what the address asks for. */
function momentsOf(of: Asked): string[] {
  const now = new Date();
  const days = [dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))];
  for (let month = 12; month >= 1; month--) {
    const end = new Date(of.year, month, 0);
    if (end < now) {
      days.push(dayOf(end));
    }
  }
  return [...new Set([...(of.at === null ? [] : [of.at]), ...days])];
}

function Controls({ of }: { of: Asked }) {
  const now = new Date().getFullYear();
  const years = [...new Set([now, now - 1, now - 2, of.year])].sort((a, b) => b - a);
  const scoped = of.agency === null && of.line === null && (of.board === "execution" || of.board === "balance");
  return (
    <div class="spread">
      <Segments label={t("console.money.board")} value={of.board}
        choices={BOARDS.map((value) => ({ value, title: t(`console.money.board.${value}`) }))}
        onChange={(board) => ask({ board: board === "chain" ? null : board, by: null, agency: null, line: null })} />
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
      {of.board !== "chain" || of.agency !== null || of.line !== null ? null : (
        <label class="choice">{t("console.money.at")}
          <select value={of.at ?? ""} onChange={(event) => ask({ at: event.currentTarget.value || null })}>
            <option value="">{t("console.money.at.now")}</option>
            {momentsOf(of).map((day) => <option key={day} value={day}>{t("console.money.at.day", { day })}</option>)}
          </select>
        </label>
      )}
      <Export of={of} />
    </div>
  );
}

/** What stands between the sentence and the board. */
export function MoneyHead({ of, agencyName }: { of: Asked; agencyName?: string }) {
  return <div class="page-head"><Crumbs of={of} agencyName={agencyName} /><Controls of={of} /></div>;
}
