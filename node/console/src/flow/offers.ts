// What may follow on a document, by what it is and how it stands: each a form of its own kind, with what
// it is about filled in. Whether it fits is tried there; here stands only what makes sense to offer.
import { fen } from "../money";

export interface Offer { kind: string; fields: Record<string, string> }

interface Stands { kind: string; id: string; state: string; fiscal_year?: string; balances?: Record<string, string>; amount?: string; stage?: string }

const has = (of: Stands, account: string): boolean => fen(of.balances?.[account] ?? "0.00") > 0n;

function ofTransfer(of: Stands): Offer[] {
  if (of.amount?.startsWith("-") === true || of.state === "noticed") {
    return []; // a difference: its early transfer is what is gone on with
  }
  const difference = of.stage !== "early" ? [] : [{ kind: "transfer", fields: { early_bgt_id: of.id, stage: "formal" } }];
  return of.state === "issued" ? [{ kind: "withdraw", fields: { bgt_id: of.id } }, ...difference]
    : of.state === "registered" ? [{ kind: "recall", fields: { bgt_id: of.id } }, ...difference] : [];
}

/** What a line is good for: money that is not allocated goes to agencies, down and up; what is released
 *  goes to others; what is left goes on to the year after or ends. */
function ofLine(of: Stands): Offer[] {
  const about = { bgt_id: of.id }, from = { ori_bgt_id: of.id };
  const isLeft = has(of, "UNALLOC") || has(of, "PENDING") || has(of, "AVAIL");
  return [
    ...(has(of, "UNALLOC") ? ["allocate", "transfer", "remit"].map((kind) => ({ kind, fields: from })) : []),
    ...(has(of, "PENDING") ? [{ kind: "release", fields: about }] : []),
    ...(has(of, "AVAIL") ? [{ kind: "payment", fields: about }, { kind: "virement", fields: { from_bgt_id: of.id } }, { kind: "freeze", fields: about }] : []),
    ...(has(of, "FROZEN") ? [{ kind: "unfreeze", fields: about }] : []),
    ...(has(of, "PENDING") || has(of, "AVAIL") ? [{ kind: "reduce", fields: about }] : []),
    ...(of.kind === "budget" && of.state === "approved" ? [{ kind: "adjust", fields: about }] : []),
    ...(of.kind === "budget" && of.state === "advanced" ? [{ kind: "budget", fields: { stage: "reply", estimate_id: of.id } }] : []),
    ...(isLeft ? [{ kind: "carry_over", fields: about }, { kind: "lapse", fields: about }] : []),
  ];
}

function ofPayment(of: Stands): Offer[] {
  const about = { pay_app_id: of.id };
  return of.state === "applied" ? ["paid", "payment_cancel"].map((kind) => ({ kind, fields: about }))
    : of.state === "part_paid" ? ["paid", "payment_cancel", "refund"].map((kind) => ({ kind, fields: about }))
      : of.state === "paid" ? [{ kind: "refund", fields: about }] : [];
}

/** In the order in which they are usual; nothing for what has come to its end. */
export function offersOf(of: Stands): Offer[] {
  const offers = of.kind === "transfer" ? ofTransfer(of) : of.kind === "payment" ? ofPayment(of) : ofLine(of);
  return offers.map(({ kind, fields }) => ({ kind, fields: of.fiscal_year === undefined ? fields : { fiscal_year: of.fiscal_year, ...fields } }));
}

export const offerHref = ({ kind, fields }: Offer): string => `/work/new/${kind}?${new URLSearchParams(fields).toString()}`;
