/* row_letters - which letter begins which row of the replicator, space by space.
 *
 * A letter stands here and nowhere else; two rows of one space with the same letter do not compile.
 * In SPACE_LOCAL the node above has rows too: its registry names both.
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_STORE_ROW_LETTERS_H
#define TERRACE_REPLICATOR_STORE_ROW_LETTERS_H

#include <assert.h>
#include <stdint.h>

/* SPACE_HEADS: name, letter, key behind it, value, owner */
#define HEADS_ROWS(X)                                                                              \
    X(HEADS_LOG, 'L', "author(9)", "newest block held", "log/heads")                               \
    X(HEADS_AUDIENCE, 'A', "author(9) audience kind(u8) division(9)", "newest of that audience",   \
      "log/heads")                                                                                 \
    X(HEADS_PLACE, 'Q', "author(9) audience kind(u8) division(9) aud_seq(u64)",                    \
      "epoch(u32) first_lsn(u64) last_lsn(u64) hash: where that block lies", "log/heads")          \
    X(HEADS_ARRIVAL, 'P', "position(u64)", "what came in one turn", "log/arrivals")

/* SPACE_META */
#define META_ROWS(X)                                                                               \
    X(META_GRANT, 'g', "division(9) epoch(u32)", "sealed grant", "log/granted")                    \
    X(META_GRANT_CONFLICT, 'x', "division(9) child(9)", "granted over that child's link as well",  \
      "log/granted")                                                                               \
    X(META_GRANT_WAITS, 'u', "author(9) first_lsn(u64) epoch(u32)",                                \
      "nothing: a block whose grants were not obeyed yet", "log/granted")                          \
    X(META_AMENDMENT, 'm', "division(9)", "a Grant that this child is asked to consent to",        \
      "session/amending")                                                                          \
    X(META_CONFIRMED, 'c', "division(9) epoch(u32)", "by(9), hash of the grant confirmed",         \
      "trust/roster_load")                                                                         \
    X(META_FORK, 'f', "author(9) epoch(u32)", "both blocks of a fork", "log/evidence")             \
    X(META_ROTATION, 'r', "", "the keys that this node asks its parent for", "session/rotating")   \
    X(META_FORMER, 'o', "", "until who holds what, the former link key is served",                 \
      "session/rotating")                                                                          \
    X(META_LINK_KEY, 'l', "division(9)", "u32: epoch of the link key that this child spoke under", \
      "session/link_keys")                                                                         \
    X(META_ENDPOINT, 'e', "division(9)", "epoch(u32) lsn(u64), its newest endpoint entry",         \
      "log/endpoints")                                                                             \
    X(META_REVOKED, 'v', "division(9) by(9) lsn(u64)", "time_ms(u64), body of that entry",         \
      "trust/roster_load")                                                                         \
    X(META_CUT, 'k', "author(9)",                                                                  \
      "u8: 1 when it was made, epoch(u32) of the recovery, lsn(u64) to which the log goes back",   \
      "log/cut")                                                                                   \
    X(META_ASIDE, 'a', "author(9) epoch(u32) first_lsn(u64) signature's first 8",                  \
      "epoch(u32) of the recovery that cut it off, block", "log/aside")                            \
    X(META_BROUGHT, 'y', "division(9), then as META_ASIDE behind its letter",                      \
      "epoch(u32) of that neighbour, which holds it", "session/bringing")                          \
    X(META_OBJECTION, 'b', "division(9) epoch(u32)",                                               \
      "by(9) lsn(u64) time_ms(u64), body of that entry", "trust/roster_load")                      \
    X(META_USURPER, 'z', "", "u8: confirmed?, sealed grant of this division to another key",       \
      "session/objecting")                                                                         \
    X(META_PAUSED, 'p', "division(9)", "u8: 1 while an operator stops the link", "session/link")

/* SPACE_COSIGN: author(9) holder(9), then nothing (the newest) or a letter */
#define COSIGN_ROWS(X)                                                                             \
    X(COSIGN_DAY, 'd', "day(u32)", "that day's last, for ever", "trust/cosignature")               \
    X(COSIGN_HEAD, 'a', "", "of its chain of accesses: the newest", "trust/cosigned_head")         \
    X(COSIGN_HEAD_DAY, 'b', "day(u32)", "of that chain: the day's last, for ever",                 \
      "trust/cosigned_head")

/* SPACE_LOCAL, beside what the node above keeps there */
#define LOCAL_TRUST_ROWS(X)                                                                        \
    X(LOCAL_INVITE, 'i', "division(9)", "invite", "trust/enrol_invites")                           \
    X(LOCAL_ATTEMPT, 'j', "reason division", "refused attempt to enrol", "trust/enrol_attempts")   \
    X(LOCAL_INVITE_FOUNDERS, 'f', "division(9)", "the first admins of who waits, and how many",    \
      "trust/founders")                                                                            \
    X(LOCAL_INVITE_SECRET, 's', "hash of the secret", "division that it invites",                  \
      "trust/enrol_invites")

/* A row of a table as a constant, and as a bit: letters from A to z fit into 64. */
#define ROW_LETTER(name, letter, ...)   name = letter,
#define ROW_PLUS_BIT(name, letter, ...) +(UINT64_C(1) << ((letter) - 'A'))
#define ROW_OR_BIT(name, letter, ...)   | (UINT64_C(1) << ((letter) - 'A'))
/* Bits add up to what they make together only when none stands twice. */
#define ASSERT_LETTERS_DIFFER(ROWS)                                                                \
    static_assert((UINT64_C(0) ROWS(ROW_PLUS_BIT)) == (UINT64_C(0) ROWS(ROW_OR_BIT)),              \
                  "a row's letter has one owner")

enum heads_row { HEADS_ROWS(ROW_LETTER) };
enum meta_row { META_ROWS(ROW_LETTER) };
enum cosign_row { COSIGN_ROWS(ROW_LETTER) };
enum local_trust_row { LOCAL_TRUST_ROWS(ROW_LETTER) };

ASSERT_LETTERS_DIFFER(HEADS_ROWS);
ASSERT_LETTERS_DIFFER(META_ROWS);
ASSERT_LETTERS_DIFFER(LOCAL_TRUST_ROWS);

#endif
