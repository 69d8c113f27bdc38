/* unsent - what a person has begun to type and not handed in yet: a form's fields as they stand,
 * right or wrong, so that nothing typed is lost with a browser or a line.
 *
 *   form --save, again and again--> row {kind, fields, version} --taken out--> handed in, or given
 * up
 *
 * It is its person's alone and no document: nothing checks it, it takes nothing, it never leaves
 * this node. Each save has the next version; who saves names the one he knows, so that two windows
 * do not write over each other.
 *
 * Owned by: unsent.c, ../api/routes_unsent.c.
 * Owns: its rows. Views of a row live as long as it does. Thread: the loop thread for changes; a
 * reader with a snapshot for the rest. Units: sizes are bytes. */
#ifndef TERRACE_NODE_OFFICE_UNSENT_H
#define TERRACE_NODE_OFFICE_UNSENT_H

#include "node/core/node.h"

enum { UNSENT_ID_MAX = 36, UNSENT_FIELDS_MAX = 16 << 10, UNSENT_ROWS_MAX = 50 };

struct unsent {
    char name[64];              /* whose */
    char id[UNSENT_ID_MAX + 1]; /* lower-case letters, digits and '-' */
    uint32_t kind;
    uint64_t version, saved_ms;
    struct bytes fields; /* JSON, as the form has it */
};

bool unsent_id_valid(const char *id);
/* Saves fields and kind; `known` is the version that the person has seen, 0 for a new one. *version
 * is the new one, or the one in the way. Errors: ERR_REFUSED (another version is there), ERR_LIMIT
 * (he has so many already). */
enum status unsent_save(struct node *node, struct txn *txn, const struct unsent *row,
                        uint64_t known, uint64_t *version, struct err *err);
/* `known` 0: whichever is there, or none. Errors: ERR_REFUSED (another version is there). */
enum status unsent_drop(struct txn *txn, const char *name, const char *id, uint64_t known,
                        struct err *err);

bool unsent_find(struct txn *txn, const char *name, const char *id, struct unsent *out);
/* One person's, by id, until `visit` returns false. */
void unsent_each(struct txn *txn, const char *name,
                 bool (*visit)(void *arg, const struct unsent *row), void *arg);

#endif
