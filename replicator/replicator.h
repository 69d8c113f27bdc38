/* replicator - logs of opaque signed blocks between neighbours of a tree. The face of this folder.
 *
 * It could carry weather reports: what an entry means is its owner's business. The core is
 * sans-I/O: frames, ticks and "this is durable now" go in; frames, blocks to store (through the
 * turn's txn) and notices come out. No socket, no disk of its own, no clock, no chance inside.
 *
 *        receive(frame) --> verify --> stage block + head in txn --> sink.block_held
 *                                                |
 *                             owner commits the turn: one fsync
 *                                                |
 *        durable() --> acks, cosignatures, onward blocks --> next_frame(...)
 *
 * One node holds:  its own log;  the whole log of every division below (one head each);  and of
 * every division above, the blocks whose audience includes it (one head per audience).
 *
 * Owns: heads, roster, links, the open block. Borrows store and sink. Thread: loop thread only.
 * Units: lsn counts entries from 1 and 0 means none; *_ms, *_bytes. */
#ifndef TERRACE_REPLICATOR_REPLICATOR_H
#define TERRACE_REPLICATOR_REPLICATOR_H

#include "proto/alarm.h"
#include "replicator/beat_report.h"
#include "replicator/clock.h"
#include "replicator/limits.h"
#include "replicator/log/log_head.h"
#include "replicator/store/txn.h"
#include "replicator/trust/endpoint_entry.h"
#include "replicator/trust/roster.h"

struct replicator;

enum peer_state {
    PEER_DOWN,
    PEER_HANDSHAKE,
    PEER_LIVE,
    PEER_HELD,
    PEER_PAUSED,
    PEER_REFUSED,
    PEER_STATES
};
const char *peer_state_name(enum peer_state state);

struct link_change {
    struct division peer;
    enum peer_state from, to;
    const char *on;     /* the event's name */
    const char *reason; /* why it is held, refused or over: a message; "" otherwise */
};

/* What the replicator tells its owner, during receive, tick or seal. All are required. */
struct replicator_sink {
    void *arg;
    /* A block is now held: verified, chained, staged in `txn`. In log order for each author.
     * `body` is decoded; views die when this returns. Never called for the own log. */
    void (*block_held)(void *arg, struct txn *txn, const struct block_view *block,
                       const struct block_body *body);
    /* The own log's open block is being closed: fold its entries into the state digest. */
    void (*state_digest)(void *arg, struct txn *txn, struct hash *out);
    /* A grant was taken into the roster (own or received), or an epoch of it counts since now. */
    void (*roster_changed)(void *arg, struct division division);
    /* Something an operator must see; raised again and again while it lasts. `cleared` ends it. */
    void (*alarm)(void *arg, enum alarm_code code, struct division about, const char *message);
    void (*alarm_cleared)(void *arg, enum alarm_code code, struct division about);
    /* A link changed its state: one line for a log. Not more than a few a second for each. */
    void (*link_changed)(void *arg, const struct link_change *change);
    /* A beat is made: appends how this node is, for every node above it. At most HEALTH_BYTES_MAX
     * bytes, which mean nothing here. */
    void (*write_health)(void *arg, struct buf *out);
    /* A division below spoke. True when that is news, which does not wait on its way up. */
    bool (*beat_heard)(void *arg, const struct beat_report *report);
};

struct replicator_config {
    struct division self;
    struct hash tree;
    const struct sign_key *key;      /* identity; borrowed */
    const struct sign_key *next_key; /* one that this node asked for before; NULL: none */
    const struct store *store;
    const struct clock *clock;
    bool resyncs; /* the own log is fetched, and nothing is written meanwhile: session/resync.h */
    struct replicator_sink sink;
    struct replicator_limits limits;
};

/* Reads heads, grants and cosignatures back. `bootstrap` is the chain of sealed grants from the
 * enrolment answer, root first and own last; needed only while the store has none (staged into
 * `txn`, which the caller commits). Errors: ERR_CORRUPT; ERR_IO; ERR_REFUSED (a bad chain, or
 * none for this node); ERR_KEY (no grant names one of these keys, or the root's newest does not).
 */
enum status replicator_open(struct replicator **out, const struct replicator_config *config,
                            struct txn *txn, const struct bytes *bootstrap, size_t bootstrap_count,
                            struct err *err);
void replicator_close(struct replicator *replicator); /* NULL is fine; keeps nothing unsaved */

const struct roster *replicator_roster(const struct replicator *replicator);
/* Has the parent answered since this replicator was opened? Only then is it known that the store is
 * not an older copy. True at the root, too. */
bool replicator_parent_answered(const struct replicator *replicator);
struct division replicator_parent(const struct replicator *replicator); /* NONE at the root */

/* --- the own log --- */

/* Adds one entry, whose body is copied, and returns its lsn. */
uint64_t replicator_append(struct replicator *replicator, struct txn *txn,
                           const struct audience *audience, uint32_t kind, uint32_t format,
                           struct bytes body);
/* OK, or ERR_CORRUPT: a neighbour holds more of the own log than is here. This store is older than
 * what was acknowledged, and whatever is written now takes a number that another entry has. Or
 * ERR_KEY: the root's newest epoch has a key that is not here. */
enum status replicator_check_own_log(const struct replicator *replicator, struct err *err);
/* Did the own log, which had come apart, come to where a confirmed recovery goes on? */
bool replicator_own_log_mended(const struct replicator *replicator);
/* Is a log to be cut (log/cut.h)? Staged by then; once that turn is durable the owner closes this
 * replicator and opens the store anew, with cut_make before anything else. */
bool replicator_cut_waits(const struct replicator *replicator);
/* The lsn the next append will get. */
uint64_t replicator_next_lsn(const struct replicator *replicator);
/* The next `count` entries, from first_lsn (the next lsn) on, are approved as this group says.
 * Call it right before their appends; `leaves` (group->leaf_count of them) are copied. One that
 * continues the last run of the same signature, in the log and in the leaves, lengthens that run.
 * group->first_entry, count and proof are set by the replicator, which splits the run over the
 * blocks it falls into and makes a range proof for each. */
void replicator_approve(struct replicator *replicator, uint64_t first_lsn, uint64_t count,
                        const struct approval_group *group, const struct hash *leaves);
/* Closes, signs and stages the open block, once at the end of a turn: what `durable` speaks of. */
void replicator_seal(struct replicator *replicator, struct txn *txn);
/* The last position of the order of arrival (log/arrivals.h). */
uint64_t replicator_arrived(const struct replicator *replicator);
/* Appends a grant with its terms as an entry of its own kind, audience tree X, and takes it into
 * the roster; its tree and the granter's epoch are filled in. Errors as roster_add. */
enum status replicator_grant(struct replicator *replicator, struct txn *txn,
                             const struct grant *grant, const struct grant_terms *terms,
                             struct err *err);

/* The root's next epoch, signed by the trust key, as an entry of its own log under the epoch
 * before, whose key goes on until this is opened anew. Nothing where it is there already. Errors:
 * ERR_REFUSED (not the root), those of roster_add. */
enum status replicator_take_root(struct replicator *replicator, struct txn *txn,
                                 struct bytes sealed, struct err *err);
/* The first entry of a root that lost its log (log/granted.h). Nothing where none is wanted. */
void replicator_introduce(struct replicator *replicator, struct txn *txn);

/* Asks a child to agree to its next epoch, with the keys it has: another name, another list of whom
 * it may grant (NULL: as it is). It is granted once the child has agreed by itself, which may be
 * after it comes back; until then the newest such wish waits. *epoch is what it will be.
 * Errors: ERR_NOT_FOUND (no child of ours), ERR_REFUSED (a name that nobody can have, a list that
 * leaves out whom the child has granted), and those of enrol_check_reach. */
enum status replicator_amend(struct replicator *replicator, struct txn *txn,
                             struct division division, const char *name,
                             const struct grant_reach *may_grant, uint32_t *epoch, struct err *err);

/* A confirmation that stands in its giver's log, an epoch of which counts, signed by the persons
 * that it takes: from now on the recovery counts here. The node above has seen to the persons.
 * Errors: as of roster_confirm. */
enum status replicator_confirm(struct replicator *replicator, struct txn *txn,
                               const struct confirmation_of_epoch *confirmation, struct err *err);

/* --- other keys: session/rotating.h --- */

struct rotation {
    const struct sign_key *key; /* identity: borrowed until the next one, or until close */
    uint8_t curve_public[32];
    char second[ENDPOINT_BYTES_MAX + 1]; /* where it is served while the former one is, too */
    bool channel;                        /* the link key is another one */
};
/* Asks the parent for the next epoch with these keys, now and until it grants it, which may be
 * after it comes back. From the turn that takes the grant on, all is said under the new ones.
 * Errors: ERR_REFUSED (at the root, whose keys its trust key grants; another wish waits; the former
 * link key is served still). */
enum status replicator_rotate(struct replicator *replicator, struct txn *txn,
                              const struct rotation *rotation, struct err *err);
/* Would it be refused? Errors: as of replicator_rotate; rotation->key is not looked at. */
enum status replicator_may_rotate(const struct replicator *replicator,
                                  const struct rotation *rotation, struct err *err);

enum { ROTATION_UNKNOWN_TO_MAX = 8 };
struct rotation_status {
    bool waits; /* for a grant */
    uint64_t since_unix_ms;
    uint32_t epoch;          /* that it asks for, or has */
    bool identity, channel;  /* what is to be another one */
    enum status refused;     /* the parent's word why not; OK: none */
    bool former_served;      /* children do not know the new link key yet: */
    size_t unknown_to_count; /* so many, */
    struct division unknown_to[ROTATION_UNKNOWN_TO_MAX]; /* these among them */
};
void replicator_rotation(const struct replicator *replicator, struct rotation_status *out);
/* May who proves this link key speak, and as which child? Former keys count until a newer one was
 * heard (session/link_keys.h); those of a revoked child until its session has ended
 * (session/revoking.h). */
bool replicator_admits(const struct replicator *replicator, const uint8_t curve_key[32],
                       struct division *child);
/* A frame came from it. */
void replicator_heard_under(struct replicator *replicator, const uint8_t curve_key[32],
                            struct division child);

/* Says in the own log where this node listens for its children: whoever is below or above it hears
 * of it, and its children dial there from their next connection on. The newest one counts, the
 * first is the grant's. Errors: ERR_REFUSED (nobody can dial that). */
enum status replicator_listen(struct replicator *replicator, struct txn *txn,
                              const struct endpoint_entry *entry, struct err *err);
/* Where the parent says that it listens; "" while it said nothing but what its token said. */
const char *replicator_parent_endpoint(const struct replicator *replicator);
/* Where a division listens, by its own durable word or else by its grant; "": neither says. */
void replicator_endpoint(const struct replicator *replicator, struct division division,
                         char out[ENDPOINT_BYTES_MAX + 1]);

/* Says in the own log that a division below is revoked, up to the position that is held here; where
 * an epoch of it does not count here yet, no to that epoch and what follows it. From now on it is
 * obeyed here, and by each holder once it has the entry. *out: what was said. `reason`: a person's
 * words. Errors: ERR_NOT_FOUND (nobody below), ERR_REFUSED (it is revoked already), ERR_LIMIT. */
enum status replicator_revoke(struct replicator *replicator, struct txn *txn,
                              struct division division, const char *reason, struct revocation *out,
                              struct err *err);
/* An entry of the own log that is not durable yet, sealed or not; false when it is in the store. */
bool replicator_open_entry(const struct replicator *replicator, uint64_t lsn, struct entry *out);

/* --- reading logs (durable, or of this turn); any log that is held --- */

/* Position up to which `author`'s log is held; zero lsn when nothing is. For a log from above:
 * the last block addressed to us. `durable` false counts this turn's too. (log/log_head.h) */
bool replicator_head(const struct replicator *replicator, struct division author, bool durable,
                     struct log_head *out);

/* --- the loop --- */

void replicator_receive(struct replicator *replicator, struct txn *txn, struct division from,
                        struct bytes frame);
/* The transport says that its connection to this neighbour ended: so does the session over it. */
void replicator_connection_ended(struct replicator *replicator, struct division peer);
void replicator_tick(struct replicator *replicator, struct txn *txn);
/* The last committed txn is durable: acks and onward blocks may leave. */
void replicator_durable(struct replicator *replicator);
/* The next frame that may leave, in order of lanes; false when there is none. `frame` is replaced.
 * replicator_unsent gives one back that the transport did not take: it is offered again first. */
bool replicator_next_frame(struct replicator *replicator, struct division *to, struct buf *frame);
void replicator_unsent(struct replicator *replicator, struct division to, struct bytes frame);
/* When tick wants to be called next, mono ms. */
uint64_t replicator_next_tick(const struct replicator *replicator);

/* --- what operators see --- */

enum { PEER_REASON_BYTES = 192 };

struct peer_status {
    struct division division;
    enum peer_state state;
    bool is_parent, is_up,
        is_far; /* far: an ancestor that serves, up, or one served (ancestors.h) */
    uint64_t behind_entries, behind_bytes; /* what we hold for it that it has not confirmed */
    uint64_t oldest_unix_ms;               /* time of the first such block, 0 when none */
    uint64_t last_heard_unix_ms, down_ms;  /* 0: never; not open for so long, 0 when it is */
    bool never_open, is_damaged;           /* not since the start or the grant; a parent's word */
    uint32_t rtt_ms, protocol;             /* version of its last session; 0: none yet */
    int64_t clock_skew_ms;
    uint64_t frames_refused, features; /* enum link_feature that it said, and bits unknown here */
    char reason[PEER_REASON_BYTES];    /* why held, refused or over: a message, "" otherwise */
};
size_t replicator_peers(const struct replicator *replicator);
void replicator_peer(const struct replicator *replicator, size_t index, struct peer_status *out);
/* The same without what is behind, which costs a look at the log. */
void replicator_peer_link(const struct replicator *replicator, size_t index,
                          struct peer_status *out);
/* As in force: with the defaults filled in. */
const struct replicator_limits *replicator_limits(const struct replicator *replicator);

/* What the parent, or an ancestor in its place, has not confirmed, cheaply: entries by position,
 * and the time of the oldest block (0: none) among those looked at. */
void replicator_parent_lag(const struct replicator *replicator, uint64_t *entries,
                           uint64_t *oldest_unix_ms);

/* The blocks behind for `peer`, from the first unconfirmed on: for what is in a backlog.
 * Errors: ERR_NOT_FOUND (no such neighbour), and those of log_scan. */
enum status replicator_backlog(const struct replicator *replicator, struct division peer,
                               size_t blocks_max,
                               void (*visit)(void *arg, const struct block_view *block), void *arg,
                               struct err *err);

/* End-to-end: up to where the root has told us it holds our log, and how old that word is. */
struct confirmation {
    uint64_t lsn;
    struct hash hash;
    uint64_t heard_unix_ms; /* 0: never since the start; the lsn is then of its cosignature */
    uint64_t root_lsn;      /* the root's own head as it told */
    int64_t root_skew_ms;   /* its clock ahead of ours; the way is counted for the last hop only */
};
void replicator_confirmed(const struct replicator *replicator, struct confirmation *out);

/* The owner has no room for more: blocks that come are answered "not yet" and no credit is given,
 * until it says so again. All else goes on: acks, beats, what goes out. */
void replicator_withhold(struct replicator *replicator, bool no_room);

/* A child told the head of a chain that it keeps beside its log: signed, kept here, and sent back
 * to it (trust/cosigned_head.h). */
void replicator_cosign_head(struct replicator *replicator, struct txn *txn, struct division child,
                            uint64_t position, const struct hash *head);

/* Operator's stop for one neighbour: nothing is sent or credited until resumed. Kept in meta.
 * Errors: ERR_NOT_FOUND (no such neighbour). */
enum status replicator_pause(struct replicator *replicator, struct txn *txn, struct division peer,
                             bool paused, struct err *err);

#endif
