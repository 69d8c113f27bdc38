// The line that a document takes from: what is free on it, what waits, what this one leaves.
import { fen, isNil, share, shown, yuan } from "../money";
import { Panel } from "../parts/panel";
import { t } from "../words";
import type { Book } from "./kinds";
import type { Kind, Line, Sums, Verdict } from "./shapes";

/** On a line, in the order of a year: what each account is called here. */
const ORDER = ["SPENT", "COMMIT", "FROZEN", "PENDING", "AVAIL", "UNALLOC", "TRANSIT", "XFER_OUT"];

const of = (sums: Sums, account: string): bigint => fen(sums[account] ?? "0.00");

export interface Room { free: bigint; drafted: bigint; after: bigint; asked: bigint; exceeds: bigint }

export interface LineSums { id: string; entered: Sums; drafted: Sums }

/** What the node said of it with all drafts counted in; before it could, the line as it stands. */
export const sumsOf = (verdict: Verdict | null, line: Line | null): LineSums | null =>
  verdict?.indicator ?? (line === null ? null : { id: line.id, entered: line.balances, drafted: line.balances });

const ENDED = ["UNALLOC", "PENDING", "AVAIL"]; // what the end of a year takes, the first that is not nil

/** The account that it takes from. What brings money to a line takes from it only where it is less than
 *  nothing; the end of a year takes from where a person says. */
export function takenFrom(kind: Kind, line: LineSums, takeFrom = ""): string {
  if (kind.fields.some(({ name }) => name === "take_from")) {
    return takeFrom !== "" ? takeFrom.toUpperCase() : ENDED.find((account) => of(line.drafted, account) !== 0n) ?? ENDED[0];
  }
  return brings(kind) ? kind.moves?.to ?? "" : kind.moves?.from ?? "";
}

const brings = (kind: Kind): boolean => kind.moves?.from.startsWith("SRC_") === true;

/** How much room there is for `asked`; null where nothing is taken. */
export function roomOf(kind: Kind, line: LineSums | null, asked: string | null, takeFrom = ""): Room | null {
  if (line === null || kind.moves === null) {
    return null;
  }
  const account = takenFrom(kind, line, takeFrom);
  const wanted = asked === null ? 0n : brings(kind) ? -fen(asked) : fen(asked);
  const free = of(line.entered, account);
  const drafted = of(line.drafted, account);
  const after = drafted - wanted;
  return { free, drafted, after, asked: wanted, exceeds: wanted > 0n && after < 0n ? -after : 0n };
}

function Bar({ sums, room }: { sums: Sums; room: Room }) {
  const used = of(sums, "SPENT") + of(sums, "COMMIT") + of(sums, "FROZEN");
  const whole = used + room.free;
  const width = (part: bigint): string => `${100 * share(part, whole)}%`;
  return (
    <div class="line-bar" aria-hidden="true">
      <i class="paid" style={{ width: width(of(sums, "SPENT")) }} /><i class="committed" style={{ width: width(used - of(sums, "SPENT")) }} />
      <i class={room.exceeds > 0n ? "asked over" : "asked"} style={{ width: width(room.asked > room.free ? room.free : room.asked) }} />
    </div>
  );
}

export function LinePanel({ kind, line, asked, book, takeFrom }: { kind: Kind; line: LineSums | null; asked: string | null; book: Book; takeFrom?: string }) {
  const room = roomOf(kind, line, asked, takeFrom);
  if (line === null || room === null || kind.moves === null) {
    return null;
  }
  const from = takenFrom(kind, line, takeFrom);
  const drafts = room.free - room.drafted;
  return (
    <Panel title={t("console.work.line_has", { id: line.id })} aside={t("console.work.own_ledger")}>
      <div class="small">{book.accountWord(from)}</div>
      <div class="panel-amount">{shown(room.free)} <span>{t("console.work.yuan")}</span></div>
      <Bar sums={line.entered} room={room} />
      {room.exceeds > 0n ? <p class="tone-bad small">{t("console.work.beyond", { asked: shown(room.asked) })}</p> : null}
      <dl class="amounts">
        {ORDER.filter((account) => account !== from && line.entered[account] !== undefined).map((account) => (
          <div key={account}><dt>{book.accountWord(account)}</dt><dd>{shown(line.entered[account])}</dd></div>))}
        <div class="strong"><dt>{book.accountWord(from)}</dt><dd>{shown(room.free)}</dd></div>
        <div><dt>{t("console.work.drafts_wait")}</dt><dd class={isNil(yuan(drafts)) ? "nil" : ""}>{shown(drafts)}</dd></div>
        <div class={`strong${room.exceeds > 0n ? " tone-bad" : ""}`}><dt>{t("console.work.after_this")}</dt><dd>{shown(room.after)}</dd></div>
      </dl>
    </Panel>
  );
}
