/* local_keys - SPACE_LOCAL, the rows that never leave a node: which letter begins which of them.
 *
 * A letter stands here, or in the replicator's own table, and nowhere else; two rows with the same
 * letter do not compile. A batch has the number of its first draft. Numbers are
 * big-endian, so that keys sort by them.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_OFFICE_LOCAL_KEYS_H
#define TERRACE_NODE_OFFICE_LOCAL_KEYS_H

#include "replicator/store/row_letters.h"

/*  name, letter, key behind it, value, owner */
#define LOCAL_ROWS(X)                                                                              \
    X(LOCAL_ACCESS, 'A', "position(u64)", "who asked what: row of a chain, its hash at the end",   \
      "core/access_rows")                                                                          \
    X(LOCAL_ALARM, 'a', "id(u64)", "open alarm", "core/alarm_rows")                                \
    X(LOCAL_ALARM_PAST, 'h', "sequence(u64)", "cleared alarm", "core/alarm_rows")                  \
    X(LOCAL_ALARM_COUNTERS, 'n', "",                                                               \
      "next alarm id; first and next sequence of the cleared (u64 each)", "core/alarm_rows")       \
    X(LOCAL_BATCH, 'b', "batch(u64)",                                                              \
      "maker of a post of drafts: name, file, key, signature, epoch, time, leaves", "drafts")      \
    X(LOCAL_BROWSER_KEY, 'k', "public key(32)",                                                    \
      "state, when asked and decided, name, label, admin", "browser_keys")                         \
    X(LOCAL_KEEP_BRANCH, 'K', "division(9)",                                                       \
      "hash of the branch of its log that is to stay, name of the admin who said so first",        \
      "core/keep_branch")                                                                          \
    X(LOCAL_SEQUENCE, 'c', "", "last sequence a draft got (u64)", "drafts")                        \
    X(LOCAL_DRAFT, 'd', "sequence of the first(u64)",                                              \
      "up to 64 drafts of a batch: which wait, batch, time; size, kind, verdict, id, body of "     \
      "each",                                                                                      \
      "drafts_chunk")                                                                              \
    X(LOCAL_DEAD_LETTER, 'l', "name 0 position(u64)", "what a receiver refused, and why",          \
      "webhooks")                                                                                  \
    X(LOCAL_LINK_SPELL, 'g', "sequence(u64)",                                                      \
      "a link that was down: between whom, whether paused, since when, until when, how often",     \
      "core/link_spells")                                                                          \
    X(LOCAL_SERVED_SPELL, 'G', "sequence(u64)",                                                    \
      "a division that an ancestor served: whom, by whom, since when, until when, its lsn then",   \
      "core/served_spells")                                                                        \
    X(LOCAL_OPERATOR, 'o', "name", "operator: roles, public key, sealed secret", "operators")      \
    X(LOCAL_PROPOSAL, 'p', "batch(u64)", "sealed secret of who becomes known by a proposal",       \
      "proposals")                                                                                 \
    X(LOCAL_RESYNC, 'y', "nothing, or division(9)",                                                \
      "report of the last resync; whom it goes on without: when, admin", "core/resync")            \
    X(LOCAL_RESYNC_KEYS, 'Y', "",                                                                  \
      "hash of the note of a home that was put back, the keys made here that it asked for: "       \
      "identity(32), link(32)",                                                                    \
      "core/resync")                                                                               \
    X(LOCAL_REVOCATION, 'R', "division(9)", "a revocation that waits: when, admin, reason",        \
      "revocations")                                                                               \
    X(LOCAL_RULES, 'L', "",                                                                        \
      "by which rules rows of ledgers were made (u32), kind and format (u32 each) of all they "    \
      "fold",                                                                                      \
      "core/rebuild")                                                                              \
    X(LOCAL_REMAINING, 'r', "batch(u64)", "drafts of the batch still pending (u64)", "drafts")     \
    X(LOCAL_SCRUB, 'S', "",                                                                        \
      "which blocks held were read again: positions of the order of arrival, blocks, faults, "     \
      "when",                                                                                      \
      "core/scrub")                                                                                \
    X(LOCAL_TOKEN, 't', "hash(32)", "token of a program: roles, times, name, maker",               \
      "access_tokens")                                                                             \
    X(LOCAL_SET_ASIDE, 'x', "id",                                                                  \
      "draft refused or rejected: when, by whom, why; maker, kind, body; until its maker acts",    \
      "set_aside")                                                                                 \
    X(LOCAL_WEBHOOK, 'w', "name", "url, filter, secret, position, how it goes", "webhooks")        \
    X(LOCAL_UNSENT, 'u', "name 0 id", "form as typed: kind, version, when, fields", "unsent")

enum local_key { LOCAL_ROWS(ROW_LETTER) };

#define ALL_LOCAL_ROWS(X) LOCAL_ROWS(X) LOCAL_TRUST_ROWS(X)
ASSERT_LETTERS_DIFFER(ALL_LOCAL_ROWS);

#endif
