/* operators - the persons of this node: who may act, and how that is known to others.
 *
 *   add, passwd, disable --> row of SPACE_LOCAL (the sealed secret stays here)
 *                        \--> entry of the own log (name, public key, roles), for all below
 *
 * Owns: its rows. Views of a row live as long as the visit. Thread: the loop thread for changes; a
 * reader with a snapshot for the rest. */
#ifndef TERRACE_NODE_OFFICE_OPERATORS_H
#define TERRACE_NODE_OFFICE_OPERATORS_H

#include "node/office/vouching.h"

/* Operators: the sealed secret stays in SPACE_LOCAL, the public key becomes an entry. */
struct operator_row {
    char name[64];
    uint32_t roles; /* bits of node/ledger/verify/signers.h */
    struct public_key key;
    uint64_t since_unix_ms; /* when the key was made known */
    struct bytes sealed;
    bool enabled;
    bool waits; /* salvaged, perhaps old: node/office/aged_persons.h */
    char
        by[64]; /* whose word the change is: in the entry, and never in the row; "": nobody's yet */
    const struct vouchers *vouchers; /* the same with their keys; never in the row */
};
/* A first admin, as the node's grant names him: no entry, and nothing when he is there already. */
void node_operator_found(struct node *node, struct txn *txn, const struct operator_row *row);
/* Errors: ERR_CONFIG (name, roles), ERR_REFUSED (there already; as vouchers_check). */
enum status node_operator_add(struct node *node, struct txn *txn, const struct operator_row *row,
                              struct err *err);
/* Puts row->sealed in place of `opened`, as it was when the old password opened it; nothing else of
 * the person changes. Errors: ERR_NOT_FOUND (or ended meanwhile), ERR_REFUSED (another key; another
 * has changed the password meanwhile). */
enum status node_operator_passwd(struct txn *txn, const struct operator_row *row,
                                 struct bytes opened, struct err *err);
/* Ends the person of row->name: no login, no signature from here on. What was signed stays good.
 * Keys in browsers are node/office/browser_keys.h's, whose person_end ends both.
 * Errors: ERR_NOT_FOUND, ERR_REFUSED (the last admin; as vouchers_check). */
enum status node_operator_disable(struct node *node, struct txn *txn,
                                  const struct operator_row *row, struct err *err);
/* Other roles: row->roles. What he signed stays good. Errors: ERR_CONFIG (roles), those of
 * node_operator_disable. Keys in browsers: person_role of node/office/browser_keys.h. */
enum status node_operator_role(struct node *node, struct txn *txn, const struct operator_row *row,
                               struct err *err);
/* Another key for a person whose old one is lost or known: row->key and row->sealed take its place,
 * and the old one signs nothing from here on. Errors: as of node_operator_disable. */
enum status node_operator_renew(struct node *node, struct txn *txn, const struct operator_row *row,
                                struct err *err);
bool node_operator(struct txn *txn, const char *name, struct operator_row *out);
/* Tells everybody above and below: name, key, roles, enabled, signed by row->vouchers, who passed
 * vouchers_check. Of one key the newest entry counts. */
void node_operator_publish(struct node *node, struct txn *txn, const struct operator_row *row);
/* The entry that tells it; its texts are those of `row` and `text`. `number` makes its id one of
 * its own: the lsn of an entry, or what is none. */
struct operator_text {
    char id[2 + 2 * 16 + 1], roles[ROLES_TEXT_MAX];
};
void node_operator_document(const struct node *node, const struct operator_row *row,
                            uint64_t number, struct operator_text *text, struct document *out);
/* Makes it an entry; what signs it stands before it already, by row->vouchers. Returns its lsn. */
uint64_t node_operator_enter(struct node *node, struct txn *txn, const struct operator_row *row,
                             const struct document *document, struct bytes body);
/* The row as it is; row->sealed is no view of what is stored. */
void node_operator_put(struct txn *txn, const struct operator_row *row);
/* Is there a maker who is not ended? Then every document is some person's. */
bool node_has_maker(struct txn *txn);
/* Is there somebody with one of these roles who is not ended? */
bool node_has_role(struct txn *txn, uint32_t roles);
/* Where documents need two persons so does what an admin says of a member, once there are two who
 * could say so. */
bool node_needs_two(const struct node *node, struct txn *txn);
void node_operators(struct txn *txn, bool (*visit)(void *arg, const struct operator_row *row),
                    void *arg);
/* Has the row the form that is written? */
bool operator_row_fits(struct bytes key, struct bytes value);
/* The value of such a row as one that may be old (node/office/aged_persons.h): who is ended stays
 * so. */
void operator_row_age(struct buf *out, struct bytes value);

#endif
