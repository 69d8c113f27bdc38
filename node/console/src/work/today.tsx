// What one made today: what waits, what came back, what was entered. Read when one comes, not again:
// each reading is noted.
import { count, isNil, shown } from "../money";
import { Badge, Marked } from "../parts/badge";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Table } from "../parts/table";
import { may } from "../session";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";
import type { Book } from "./kinds";
import type { Draft, Made, MadeRow, Pending } from "./shapes";

const SHOWN_BESIDE = 5, LISTED = 50;

interface Row { id: string; what: string; money: string; time: string; state: string | null } // null: it is entered

const stateOf = (row: Draft): string => (typeof row.state === "string" ? row.state : "pending");

/** The newest first. */
export function todayRows(made: Made, mine: Pending): Row[] {
  const waiting = [...mine.rows, ...mine.rejected].filter(({ time }) => time >= made.from)
    .map((row): Row => ({ id: row.id, what: row.to ?? "", money: row.money, time: row.time, state: stateOf(row) }));
  const entered = made.rows.map((row): Row => ({ id: row.id, what: row.to ?? row.document_no ?? "", money: row.money, time: row.time, state: null }));
  return [...waiting, ...entered].sort((a, b) => b.time.localeCompare(a.time));
}

const State = ({ state }: { state: string | null }) => state === null
  ? <Marked shape="tick" tone="ok">{t("console.document.entered")}</Marked>
  : <Badge state={state}>{t(`console.work.state.${state}`)}</Badge>;

/** Beside a form: the last few. */
export function TodayPanel() {
  const isMaker = may("maker");
  const made = useAnswer<Made>(isMaker ? "/made" : null, { limit: SHOWN_BESIDE });
  const mine = useAnswer<Pending>(isMaker ? "/pending" : null, { mine: 1, limit: 500 });
  if (made.data === null || mine.data === null) {
    return null;
  }
  const rows = todayRows(made.data, mine.data);
  const all = rows.length - made.data.shown + made.data.total;
  return rows.length === 0 ? null : (
    <Panel title={t("console.work.today")} flush aside={<a href="/work?at=mine">{t("console.work.today.all", { count: all })}</a>}>
      <div class="table-frame" role="group" aria-label={t("console.work.today")}>
        <table><caption class="hidden">{t("console.work.today")}</caption><tbody>
          {rows.slice(0, SHOWN_BESIDE).map(({ id, what, money, state }) => (
            <tr key={id}><td>{id}</td><td class="ink2">{what}</td><td class="num">{isNil(money) ? "" : shown(money)}</td><td><State state={state} /></td></tr>))}
        </tbody></table>
      </div>
    </Panel>
  );
}

/** What was entered of it, as a list. */
export function MadePanel({ book }: { book: Book | null }) {
  const made = useAnswer<Made>("/made", { limit: LISTED });
  const rows = made.data?.rows ?? [];
  return (
    <Panel title={t("console.work.made_today")} count={t("console.work.count.documents", { count: made.data?.total ?? 0 })} flush>
      {made.problem === null ? null : <Trouble problem={made.problem} retry={made.again} />}
      <Table label={t("console.work.made_today")} rows={rows} keyOf={({ id }) => id} isRead={made.data !== null} empty={t("console.work.made_today.none")}
        hrefOf={({ division, id }) => `/doc/${division}/${encodeURIComponent(id)}`} columns={[
          { key: "id", title: t("console.work.document"), cell: ({ division, id }) => <a href={`/doc/${division}/${encodeURIComponent(id)}`}>{id}</a> },
          { key: "kind", title: t("console.work.kind"), cell: ({ kind }) => book?.kindWord(kind) },
          { key: "to", title: t("console.work.payee"), cell: (row: MadeRow) => row.to ?? row.document_no ?? "" },
          { key: "money", title: t("console.work.amount"), number: true, cell: ({ money }) => (isNil(money) ? "" : shown(money)) },
          { key: "when", title: t("console.work.made_today.when"), cell: ({ time }) => moment(time) },
        ]}
        foot={made.data !== null && !made.data.complete ? <p class="more ink3">{t("console.work.made_today.more", { count: count(made.data.total - rows.length) })}</p> : null} />
    </Panel>
  );
}
