/* ledger - the one place an entry becomes part of a ledger: own or a lower division's.
 *
 * A ledger is a fold over its author's entries and nothing else. An author's document is checked
 * against its own ledger before it becomes an entry; after that it is a fact, and every holder of
 * the whole log posts it the same way and arrives at the same state digest.
 *
 *   own:      check_form -> check_exists -> complete -> check_rules -> apply -> (entry in the log)
 *   below:    apply_block: every entry, then digest against the header's
 *   above:    observe.h: indexes what is addressed to us (codes, projects, asks, answers, settles)
 *
 * All state is rows reached through the turn's txn (node/ledger/rows/rows.h), so a dry run is a
 * child txn, and a crash leaves a turn whole or absent. Nothing here knows a link, a disk or a
 * clock.
 *
 * Thread: loop thread for everything that takes a txn of the loop. */
#ifndef TERRACE_NODE_LEDGER_LEDGER_H
#define TERRACE_NODE_LEDGER_LEDGER_H

#include "node/ledger/schema/accounts.h"
#include "node/ledger/schema/kinds.h"
#include "proto/alarm.h"
#include "replicator/store/txn.h"
#include "replicator/trust/roster.h"

struct ledger;

struct ledger_sink {
    void *arg;
    /* The body of an entry that is held, for comparing a document submitted again. `memory` keeps
     * what `body` points into. False when it cannot be read (the turn's txn_status tells why). */
    bool (*read_entry)(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body);
    /* What this node itself must say to what it heard: the settle of an own ask that was answered,
     * or the return of a transfer that was taken back. It is complete, and must be appended and
     * applied in this turn, unless something of its id is there. */
    void (*document_due)(void *arg, struct txn *txn, const struct document *document);
    /* What is wrong with a log, or between two; `message` as in proto/message.h. */
    void (*alarm)(void *arg, enum alarm_code code, struct division about, const char *message);
    /* The last lsn of the own log, entries that are not documents (grants) included, at the time
     * ledger_own_digest is called, and the time of an entry written now. NULL: that of the last
     * document. */
    uint64_t (*own_lsn)(void *arg, uint64_t *time_ms);
    void (*alarm_cleared)(void *arg, enum alarm_code code, struct division about); /* or NULL */
    /* A `confirm` of this author is part of what is held since this turn. Or NULL. */
    void (*confirm_held)(void *arg, struct division author);
};

struct ledger_config {
    struct division self;
    const struct roster *roster; /* borrowed; may grow */
    struct ledger_sink sink;
};

struct ledger *ledger_open(const struct ledger_config *config);
void ledger_close(struct ledger *ledger);

/* --- checks, in the order of enum reason; each returns REASON_NONE or fills *refusal --- */

/* malformed .. not_yours: needs the document, and of the ledger only whether a project is there.
 * `client` false lets node_only pass. */
enum reason ledger_check_form(const struct ledger *ledger, struct txn *txn,
                              const struct document *document, bool client,
                              struct refusal *refusal);
/* exists, exists_with_different_<field>: compares the submitted fields with the entry. */
enum reason ledger_check_exists(struct ledger *ledger, struct txn *txn,
                                const struct document *document, struct refusal *refusal);
/* The same comparison against any earlier form of the document (a draft). Returns NONE when both
 * say the same, else EXISTS_DIFFERENT. */
enum reason document_compare(const struct document *submitted, const struct document *earlier,
                             struct refusal *refusal);
/* Writes out what the node adds: inherited elements, and for register and return the issuer,
 * amount, elements, lsn and content hash of the transfer. Texts point into `memory`. What cannot
 * be looked up is left out; check_rules then refuses the document for it. */
void ledger_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                     struct buf *memory);
/* closed_year .. exceeds_<what>. */
enum reason ledger_check_rules(struct ledger *ledger, struct txn *txn,
                               const struct document *document, struct refusal *refusal);

/* Where its entry goes. A project that was ever tracked goes on to all below, who hold it. */
struct audience ledger_audience(const struct ledger *ledger, struct txn *txn,
                                const struct document *document);

/* --- applying --- */

struct applied { /* where the entry lies */
    struct division author;
    uint64_t lsn, time_ms;
    uint32_t kind, format;
    struct bytes body;
};
/* An own entry that passed the checks, in the turn that appends it. Asserts that it posts, unless a
 * row that it needs cannot be read: then txn_status tells. */
void ledger_apply_own(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document);
/* Folds the own entries applied since the last call into the digest: for replicator_seal. */
void ledger_own_digest(struct ledger *ledger, struct txn *txn, struct hash *digest);
/* A dry run on a child txn: from ledger_mark until ledger_return_to puts back what was, nothing
 * alarms. Dry runs may lie within dry runs. */
struct ledger_mark {
    size_t folded, filed;
    uint64_t last_lsn, last_time_ms;
    bool in_dry_run;
};
void ledger_mark(struct ledger *ledger, struct ledger_mark *mark);
void ledger_return_to(struct ledger *ledger, const struct ledger_mark *mark);

/* A block of a log below (or of the own log, when replayed), or what follows of one that was left
 * in its middle: posts its entries in order. Errors: ERR_GAP, and nothing was posted, unless its
 * first lsn follows the position; ERR_NEEDS_UPGRADE, and the position stays before it, where a
 * {kind, format} is unknown. */
enum status ledger_apply_block(struct ledger *ledger, struct txn *txn,
                               const struct block_header *header, const struct entry *entries,
                               size_t count, struct err *err);
/* Up to where a division's log is part of its ledger here, and the digest after the last whole
 * block. Zeros when nothing was applied. Works on any txn, a snapshot's too. */
struct ledger_position {
    uint64_t lsn, time_ms;
    struct hash digest; /* after the last block folded in */
    uint64_t digest_lsn;
};
void ledger_position(struct txn *txn, struct division division, struct ledger_position *out);

#endif
