// What the API answers, as far as the console reads it.

export interface Peer {
  division: string;
  state: string;
  name?: string;
  is_parent: boolean;
  role?: "parent" | "child" | "ancestor" | "served";
  behind_entries: number;
  behind_bytes: number;
  behind_amount: string;
  behind_amount_complete: boolean;
  oldest_age_s: number | null;
  last_heard_s: number | null;
  down_s: number;
  rtt_ms: number;
  clock_skew_ms: number;
  frames_refused: number;
  reason: string;
}

export interface Alarm {
  id: number;
  code: string;
  severity: "info" | "warning" | "error" | "critical";
  division: string | null;
  text: string;
  since: string;
  last: string;
  count: number;
  acknowledged: string | null;
  acknowledged_by: string;
  cleared: string | null;
  silenced: string | null; // until then; it stays open and counts on
  silenced_by: string;
  may_be_silenced: boolean;
  cause?: string;
  cure?: string;
}

export interface Attempt {
  how?: string; // join or link: the console's own
  time: string;
  age_s: number;
  first: string;
  count: number;
  division?: string | null;
  reason: string;
  text: string;
  key: string;
  address: string;
}

/** What a division's approvals rest on. */
export type VouchedBy = "node_key" | "nobody" | "one_admin" | "two_admins";
export interface Sum { count: number; amount: string }

/** What a log says of a person, and whose word that is: see GET /persons. */
export interface PersonLink {
  name: string;
  lsn: number; // 0: the grant
  time: string | null;
  founder: boolean;
  roles: string[];
  key: string;
  by: string[];
  entered_by: string | null; // as the entry says
  counts: boolean;
  why_words: string | null;
}

/** An entry whose approval does not hold: see GET /unapproved. */
export interface UnapprovedEntry {
  division: string;
  name: string;
  lsn: number;
  kind: string;
  id: string | null;
  amount: string;
  why_words: string;
}
export interface UnapprovedAnswer extends Sum {
  vouched?: string;
  rows: UnapprovedEntry[];
  total: number;
  complete: boolean;
}

/** New keys of this node that are on their way: see GET /status. */
export interface Rotation {
  state: "asked" | "refused" | "former_served";
  epoch: number;
  identity: boolean;
  channel: boolean;
  since_s: number | null;
  reason: string;
  unknown_to_count: number;
  unknown_to: string[];
}

/** Of whom new keys wait, and what of theirs is in no figure; an older node does not say it. */
export interface NewKeys { division: string; state: "waits" | "counts_here" | "node_key"; sentence: string }

/** What is held here of a log above the base of a recovery. */
export interface HeldAbove { documents: number; amount: string; oldest: string | null }

/** New keys that wait for a confirmation: see GET /recoveries. */
export interface Recovery {
  division: string;
  name: string;
  epoch: number;
  since: string;
  granter: string;
  by: string;
  here: boolean;
  counts: boolean;
  former_fingerprint: string;
  fingerprint: string;
  base_lsn: number;
  cut_off: HeldAbove;
  waiting: HeldAbove;
  objection?: { said: string; by: string; since: string } | null; // of the owner of the former keys; `by`: who took it
}

/** The keys of a division, the newest first: see GET /divisions/CODE/epochs. */
export interface Epoch {
  epoch: number;
  since: string;
  standing: "counts" | "unconfirmed" | "refused";
  is_recovery: boolean;
  identity_is_new: boolean;
  channel_is_new: boolean;
  fingerprint: string;
  base_lsn: number;
  end: { lsn: number; hash: string } | null;
}
export interface EpochsAnswer extends Page<Epoch> {
  revoked: { by: string; since: string; reason: string; final_epoch: number; final_lsn: number; final_hash: string } | null;
}

export interface Status {
  division: string;
  name: string;
  stalled: boolean;
  notice: string;
  epoch: number;
  grant_age_s: number | null;
  lsn: number;
  state_digest: string;
  tree: string;
  approval: string;
  persons: string;
  vouched_by: VouchedBy;
  vouched: string; // "" where two admins do
  unapproved: Sum;
  rotation: Rotation | null;
  version: string;
  confirmed: { lsn: number; age_s: number | null; root_lsn: number; root_skew_ms: number };
  peers: Peer[];
  served?: { by: string; since: string; parent: string; parent_down_s: number; parent_is_damaged?: boolean } | null; // by an ancestor, as the parent is away
  served_spells?: ServedSpell[]; // who is served so, or was within a day
  damaged?: string; // why no figure of this node is to be relied on
  alarms: Alarm[];
  below: { sentence: string; well: number; divisions: number; worst: string | null; state: string; cure: string };
  enrol_attempts: Attempt[];
  refused_strangers: Attempt[];
}

export interface Said {
  version: string;
  lsn: number;
  disk_free_mib: number;
  disk_floor_mib: number;
  disk_full: boolean;
  store_damaged: boolean;
  alarms: Record<string, number>;
  worst_alarm: { code: string; division: string | null; age_s: number } | null;
  clock_ahead_ms: number;
  unconfirmed_entries: number;
  unconfirmed_age_s: number;
  backlog_entries: number;
  backlog_age_s: number;
  backlog_amount: string;
  backlog_amount_complete: boolean;
  children_down: number;
}

export interface DivisionRow {
  division: string;
  name: string;
  parent: string | null;
  depth: number;
  state: string;
  health: string;
  since_s: number;
  as_of: string | null;
  age_s: number | null;
  held_lsn: number;
  broken: string | null;
  above: string | null;
  sentence: string;
  cure: string;
  said: Said | null;
  vouched_by: VouchedBy;
  vouched: string; // "" where two admins do
  unapproved: Sum;
  unconfirmed?: NewKeys[];
  stopped: Stopped | null;
}

/** Its ledger here stands before an entry that this node's version does not know. */
export interface Stopped {
  lsn: number;
  kind: number;
  format: number;
  written: string;
  since: string | null;
}

/** Invited, and not come yet. */
export interface Invited {
  division: string;
  name: string;
  since: string;
  expires: string;
  expired: boolean;
  waiting: boolean; // somebody came with the token of a held invitation
  sentence: string;
  cure: string;
}

export interface TreeAnswer {
  division: string;
  as_of: string;
  sentence: string;
  well: number;
  divisions: number;
  rows: DivisionRow[];
  invited: Invited[];
}

export interface ChainRow {
  division: string;
  name: string;
  level: number;
  scope: "own" | "subtree";
  received: string;
  allocated: string;
  passed_down: string;
  in_transit: string;
  unallocated: string;
  released: string;
  paid: string;
  rate: string;
  as_of_lsn: number;
  as_of_time: string | null; // null: it had written nothing
}

export interface ChainAnswer {
  unconfirmed?: NewKeys[]; // of now alone
  unapproved?: Sum; // of now alone
  as_of: { lsn: number; time: string };
  rows: ChainRow[];
}

export interface Listed {
  division: string;
  id: string;
  kind: string;
  state: string;
  amount: string;
  lsn: number;
  time: string;
  [field: string]: unknown;
}

export interface Page<T> {
  rows: T[];
  shown: number;
  total: number;
  total_is_least?: boolean;
  complete: boolean;
  next?: string;
}

export interface InboxCounts {
  clock_notice: string; // what its days are worth while a clock is off
  counts: Record<string, { documents: number; items: number; amount: string; overdue?: number }>;
}

export interface User {
  name: string;
  roles: string[];
  enabled: boolean;
  key: string;
  key_age_s: number;
}

/** A link that was down, or is: see GET /links/past. */
export interface Spell {
  division: string;
  name?: string;
  above: string;
  above_name?: string;
  state: "off_line" | "paused";
  down: string;
  up: string | null;
  seconds: number;
  times: number;
}
/** Who was served by another ancestor as its parent was away: see GET /links/served. */
export interface ServedSpell {
  division: string;
  name: string;
  by: string;
  by_name: string;
  parent: string;
  parent_name: string;
  since: string;
  until: string | null;
  seconds: number;
  lsn: number;
  held_lsn: number;
  caught_up: boolean;
}

/** How far a node is whose own log is fetched from its neighbours: see GET /resync. */
export interface Resync {
  state: "whole" | "fetching" | "waiting" | "confirming";
  why: string;
  lsn: number;
  known_lsn: number;
  begun_lsn: number;
  entries: number;
  known_entries: number;
  bytes: number;
  bytes_second: number;
  seconds_left: number | null;
  importing: boolean;
  import_waiting: number;
  import_unfit: number;
  archive_fault: string;
  last: string;
  holders: { division: string; division_name: string; lsn: number; more_below: number; state: "without" | "awaited" | "holds_more" | "answered" }[];
}

/** What a log said behind the place where it goes on. */
export interface EvidenceRow {
  division: string;
  epoch: number;
  lsn: number; // 0: a draft
  last_lsn: number;
  kind: string; // "": what stood here is missing, up to last_lsn
  id: string;
  amount: string;
  time: string | null;
  hash: string;
  state: "to_offer" | "draft" | "rejected" | "refused" | "entered" | "differs" | "by_node" | "missing" | "draft_over";
  refusal: { checker: string; time: string; reason: string; message: string; maker: string } | null;
}

/** One of the two branches of a forked log, as far as it is known here. */
export interface Branch {
  division: string;
  after_lsn: number;
  hash: string;
  last_lsn: number;
  time: string;
  branch: "held_here" | "elsewhere";
  documents: number;
  amount: string;
  complete: boolean;
}
export interface Spells { rows: Spell[]; total: number; complete: boolean }
