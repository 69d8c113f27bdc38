/* local_keys - SPACE_LOCAL, the rows that never leave a node: which letter begins which of them.
 *
 *   'b' batch(u64)     -> maker of a post of drafts: name, key, signature, leaves     drafts.c
 *   'c'                -> last sequence a draft got (u64)                              drafts.c
 *   'd' sequence(u64)  -> draft: batch, leaf, time, kind, id, completed body           drafts.c
 *   'e' id             -> sequence of the draft with this id (u64)                     drafts.c
 *   'i' division       -> invite                                       replicator/enrol.c
 *   'j' sequence(u64)  -> refused attempt to enrol                     replicator/enrol.c
 *   'o' name           -> operator: roles, public key, sealed secret                operators.c
 *   'r' batch(u64)     -> drafts of the batch still pending (u64)                      drafts.c
 *   'x' id             -> rejection: time, checker, reason; until handed in again      drafts.c
 *
 * A batch has the number of its first draft. Numbers are big-endian, so that keys sort by them.
 * The replicator knows nothing above it and writes its two letters itself; no other may take them.
 * Thread: any. */
#ifndef TERRACE_NODE_LOCAL_KEYS_H
#define TERRACE_NODE_LOCAL_KEYS_H

enum local_key {
    LOCAL_BATCH = 'b',
    LOCAL_SEQUENCE = 'c',
    LOCAL_DRAFT = 'd',
    LOCAL_DRAFT_ID = 'e',
    LOCAL_OPERATOR = 'o',
    LOCAL_REMAINING = 'r',
    LOCAL_REJECTION = 'x',
};

#endif
