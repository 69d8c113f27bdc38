// What the API answers about work, as far as these pages read it.

export type Words = { en?: string; zh?: string };

export interface KindField {
  name: string;
  required: boolean;
  required_when?: string;
  group: string;
  names: string | null; // what its value names: "indicator", "project", ...
  inherited: boolean;
  allowed?: { name: string; words?: Words }[];
  default?: string;
  example: Words;
}

/** More than nothing; nothing too; anything but nothing; anything. */
export type Sign = "positive" | "zero" | "signed" | "any";

export interface Kind {
  name: string;
  words: Words;
  help?: Words;
  family: string | null;
  written_by: "person" | "node";
  approval: boolean;
  about: string | null;
  about_id: string | null;
  moves: { amount: string; from: string; to: string; takes_all: boolean } | null;
  sign: Sign;
  sign_with_early: Sign;
  fields: KindField[];
}

export interface Field {
  name: string;
  words: Words;
  help?: Words;
  type: "id" | "division" | "code" | "text" | "date" | "flag" | "word" | "year" | "number" | "amount" | "hash";
  bytes_max?: number;
  form: Words;
  code_set: string | null;
}

export interface Schema {
  division: string;
  kinds: Kind[];
  families: { name: string; words: Words }[];
  fields: Field[];
  groups: { name: string; words: Words }[];
  accounts: { name: string; words: Words }[];
}

export type GroupName = "to_approve" | "to_register" | "to_correct" | "awaiting_answer" | "to_close";

export interface InboxRow {
  group: GroupName;
  id: string | null;
  documents: number;
  kind?: string;
  amount: string;
  time: string;
  issuer?: string;
  issuer_name?: string;
  receiver?: string;
  receiver_name?: string;
  payee?: string;
  document_no?: string;
  due?: string;
  overdue?: boolean;
  days_late?: number;
  days_left?: number;
  year?: number; // that is over and not closed
  hindrances?: number;
  batch?: number;
  maker?: string;
  would_be_refused?: number;
  state?: "draft" | "refused" | "rejected"; // draft: it waits, and would be refused
  checker?: string;
  reason?: string;
  message?: string;
}

export interface Total { documents: number; items: number; amount: string; overdue?: number }

export interface Inbox {
  division: string;
  today: string;
  clock_notice: string; // what its days are worth while a clock is off
  counts: Record<GroupName, Total>;
  rows: InboxRow[];
  total: number;
  complete: boolean;
}

export interface Batch { batch: number; file: string; maker: string; time: string; count: number; total: string }

export interface Draft {
  kind: string;
  id: string;
  money: string;
  to?: string;
  maker: string;
  time: string;
  batch: number;
  hash: string;
  would_refuse?: string;
  would_refuse_message?: string;
  [field: string]: unknown;
}

export interface Pending { rows: Draft[]; rejected: Draft[]; batches?: Batch[]; total: number; complete: boolean; next?: string }

export interface MadeRow { division: string; id: string; kind: string; to?: string; document_no?: string; money: string; state: string; time: string }
export interface Made { from: string; rows: MadeRow[]; shown: number; total: number; complete: boolean }

export interface Named { id: string; money: string; to: string; other?: string }

export interface Review {
  batch?: string;
  not_waiting?: number;
  count: number;
  total: string;
  makers: string[];
  first: string;
  kinds: { kind: string; count: number; total: string; largest: Named[] }[];
  payees: { to: string; count: number; total: string }[];
  payee_count: number;
  unusual: { what: string; count: number; total: string; largest: Named[] }[];
  unusual_count: number;
  unusual_documents: (Named & { what: string[] })[];
  compared_with: number;
  tightest: { line: string; left: string; documents: number } | null;
  hash: string;
  signatures: number;
  ids?: string[];
  would_refuse_count: number;
  would_refuse: { id: string; money: string; reason: string; message: string }[];
  signing?: Signing;
}

export interface Signing {
  tree: string;
  author: string;
  epoch: number;
  time_ms: number;
  parts: { root: string; hash: string }[];
}

export interface Outcome {
  count: number;
  accepted: number;
  exists: number;
  refused: number;
  accepted_total: string;
  refusals: { id: string; money: string; reason: string; message: string }[];
}

export type Sums = Record<string, string>;

export interface Verdict {
  line: number;
  id: string | null;
  status: "accepted" | "exists" | "draft" | "refused";
  reason?: string;
  message?: string;
  would_refuse?: string;
  would_refuse_message?: string;
  args?: Record<string, string | number | Record<string, string>>; // why: a reason with arguments of its own
  unchanged?: boolean; // it was there already
  dry_run?: boolean;
  document?: Record<string, string>;
  written_out?: string[];
  indicator?: { id: string; entered: Sums; drafted: Sums; after: Sums };
}

export interface Choice { code: string; name?: string; [more: string]: unknown }

export interface Line {
  id: string;
  kind: string;
  fiscal_year: string;
  agency_code?: string;
  agency_name?: string;
  pro_name?: string;
  exp_func_code?: string;
  exp_func_name?: string;
  sup_bgt_doc_no?: string;
  free?: string;
  balances: Sums;
}

export interface BrowserKey {
  id: string;
  key: string;
  name: string;
  label: string;
  state: "asked" | "good" | "ended";
  asked: string;
  decided: string | null;
  admin: string;
}
