/* rogue_forge - blocks that a node must not take, made as somebody would who stole what a node
 * has on its disk: each is right in every respect but one. */
#ifndef TERRACE_TESTS_PROCESS_ROGUE_FORGE_H
#define TERRACE_TESTS_PROCESS_ROGUE_FORGE_H

#include "rogue_line.h"

struct loot { /* what the thief has */
    struct division self, parent;
    struct hash tree;
    struct sign_key identity;
    struct position head;   /* of the own log */
    struct buf last;        /* its newest block, whole; empty when there is none */
    struct buf with_amount; /* its newest block with an amount in it */
};

/* Appends a whole block; says in `words` what it is. */
typedef void forge_fn(struct buf *out, const struct loot *loot, char words[160]);

forge_fn forge_foreign_key;      /* next block of our log, signed with a made-up key */
forge_fn forge_altered_amount;   /* a real one again, an amount changed, its signature kept */
forge_fn forge_altered_in_place; /* the same at its old place */
forge_fn forge_other_author;     /* a block in the name of the division above */

#endif
