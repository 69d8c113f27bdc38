// What the API answers about money and about one document, as far as these pages read it.
import type { NewKeys, Sum } from "../shapes";

export interface Chain {
  received: string;
  allocated: string;
  passed_down: string;
  in_transit: string;
  unallocated: string;
  released: string;
  paid: string;
  rate: string;
}

export interface Passed {
  to: string;
  to_name?: string;
  documents: number;
  settled: string;
  in_transit: string;
  overdue: number;
  oldest?: string;
  since?: string;
  doc_no?: string;
}

export interface MoneyRow {
  division: string;
  name: string;
  parent: string | null;
  level: number;
  own: Chain;
  subtree?: Chain;
  sources: { approved: string; transferred: string; carried: string; recovered: string; advanced: string };
  passed: Passed[];
  as_of_lsn: number;
  as_of_time: string | null;
}

export interface MoneyAnswer { division: string; at?: string; clock_notice: string; rows: MoneyRow[]; complete: boolean; next?: string }

export interface Month { month: number; released: string; paid: string }
export interface MonthsAnswer { division: string; years: { year: number; months: Month[] }[] }

export interface ExecutionRow {
  key: string;
  key_name?: string;
  key2?: string;
  key2_name?: string;
  allocated: string;
  released: string;
  committed: string;
  frozen: string;
  paid: string;
  available: string;
  rate: string;
}

/** Of one ledger: what came from one place, and what became of it. */
export interface SourceRow extends Chain {
  source: "approved" | "transferred" | "carried" | "recovered" | "advanced";
  issuer?: string;
  issuer_name?: string;
  documents: number;
}

export interface BalanceRow { key: string; key_name?: string; account: string; debit: string; credit: string; balance: string }

export interface ReconcileRow {
  issuer: string;
  issuer_name?: string;
  receiver: string;
  receiver_name?: string;
  fund_type_code: string;
  fund_type_name?: string;
  pro_code: string;
  pro_name?: string;
  documents: number;
  open: number;
  to_register: number;
  issued: string;
  registered: string;
  returned: string;
  in_transit: string;
  difference: string;
}

export interface LineRow extends Chain {
  id: string;
  kind: string;
  state: string;
  fiscal_year: number;
  agency_code?: string;
  agency_name?: string;
  pro_code?: string;
  pro_name?: string;
  fund_type_code?: string;
  exp_func_code?: string;
  exp_func_name?: string;
  committed: string;
  frozen: string;
  available: string;
}

export interface Paged<T> { unapproved?: Sum; unconfirmed?: NewKeys[]; rows: T[]; shown: number; total: number; complete: boolean; next?: string }

export interface Step {
  depth: number;
  relation: string;
  division: string;
  id: string;
  kind: string;
  fiscal_year: string;
  state: string;
  amount: string;
  lsn: number;
  time: string;
  to?: string;
  document_no?: string;
  purpose?: string;
}
export interface TraceAnswer { steps: Step[]; total: number; complete: boolean; next?: string }

export interface DocumentAnswer {
  kind: string;
  id: string;
  state: string;
  author: string;
  lsn: number;
  time: string;
  answered_by?: string;
  unapproved: { why: string; why_words: string } | null;
  balances?: Record<string, string>;
  [field: string]: unknown;
}

export interface Check { check: string; result: "good" | "bad" | "unknown"; why?: string }
export interface Approval {
  role: "maker" | "checker";
  name?: string;
  key: string;
  time: string;
  documents: number;
  signed_it: boolean;
  signature: string;
}
export interface FieldValue { tag: number; field: string; value: string; name?: string; inherited?: boolean }
export interface ProofAnswer {
  division: string;
  id: string;
  lsn: number;
  time: string;
  format: number;
  checks: Check[];
  approvals: Approval[];
  document_hash: string;
  entry_hash: string;
  block: {
    first_lsn: number; count: number; epoch: number; time: string; bytes: number; hash: string;
    signature: string; key: string; prev_hash: string; entries_root: string; state_digest: string;
  };
  path: string[];
  fields: FieldValue[];
  line?: { id: string; agency_code?: string; agency_name?: string; pro_code?: string; pro_name?: string };
  bytes: string;
  checked: string;
  took_ms: number;
}

export interface Holder { division: string; name: string; state: string; lsn?: number; time?: string }
export interface ReceiptAnswer {
  division: string;
  accepted: { time: string };
  held: Holder[];
  holders: number;
  held_by: number;
  folded: { division: string; name: string; lsn?: number }[];
}
