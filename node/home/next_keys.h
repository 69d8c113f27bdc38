/* next_keys - keys on their way in and out, beside those in force, in HOME/keys.
 *
 *   next/identity.key, next/curve.key   asked for, not granted yet; sealed as the others are. One
 *                                       that stays as it is, is not there
 *   next/of_copy                        they came with a copy, whose twin has them, too
 *   made/...                            the same, before anybody is asked
 *   former/curve.key                    the link key before, until all children know the new one
 *
 *   next_keys_make --> next_keys_ask --> granted, durable --> next_keys_take -->
 *   next_keys_forget_former
 *
 * In force is what the newest grant of the store names, wherever it lies: so a crash at any moment
 * leaves a home that starts. A key is moved by renaming; none is removed while a grant may name it.
 *
 * Thread: any, but loading and saving are slow on purpose (Argon2id): never the loop thread. */
#ifndef TERRACE_NODE_HOME_NEXT_KEYS_H
#define TERRACE_NODE_HOME_NEXT_KEYS_H

#include "node/home/keys.h"
#include "replicator/trust/grant.h"

/* Of a home as it starts; each from node_keys_new. */
struct key_choice {
    struct node_keys *in_force;
    struct node_keys *next;   /* NULL: none is asked for */
    struct node_keys *former; /* its curve alone; NULL: none is kept */
    bool next_of_copy;        /* asked for where the copy was taken */
};
/* All that there are, by their places. Errors: as of keys_load. */
enum status key_choice_load(struct key_choice *out, const char *directory, struct bytes secret,
                            struct err *err);
/* The store is open, and this is its newest grant of this division: where it names those that were
 * asked for, they are in force, and take their places. Where it names neither, nothing changes, and
 * the node will not open. Quick. Errors: ERR_IO. */
enum status next_keys_choose(struct key_choice *choice, const char *directory,
                             const struct grant *grant, struct err *err);
void key_choice_free(struct key_choice *choice); /* wipes */

struct next_keys {
    const struct node_keys *keys;
    bool identity, channel; /* which of the two are new; the other is that in force */
};
/* Errors: as of keys_save. */
enum status next_keys_make(const struct next_keys *next, const char *directory, enum key_seal seal,
                           struct bytes secret, struct err *err);
void next_keys_unmake(const char *directory);
/* Those that were made take the place of others that the parent did not offer: it is asked for them
 * from now on. Quick. Errors: ERR_IO. */
enum status next_keys_ask(const char *directory, struct err *err);
/* A home is made of a copy: what was asked for may be granted still, and is no key of this machine
 * alone. Errors: ERR_IO, ERR_DISK_FULL. */
enum status next_keys_mark_copied(const char *directory, struct err *err);
/* Nobody was asked for them. */
void next_keys_drop(const char *directory);
/* The grant that names them is durable: they take the places of those in force; the former link key
 * is kept. Errors: ERR_IO. */
enum status next_keys_take(const char *directory, struct err *err);
void next_keys_forget_former(const char *directory);

#endif
