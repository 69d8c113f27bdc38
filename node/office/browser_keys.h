/* browser_keys - keys with which persons approve, and which never leave their browsers.
 *
 *   the browser makes a key --> asked --an admin confirms--> good --its person or an admin--> ended
 *                                 \--> forgotten               |                                |
 *                                                              v                                v
 *                                    entry `operator`: this name, this key, checker       not
 * enabled
 *
 * A person has one key at this node (operators.h), sealed by his password, and as many as eight of
 * these. Each is an entry of its own, so that every holder can check what it signed; its only role
 * is the checker's, and only while its person has it.
 *
 * Owned by: browser_keys.c, ../api/routes_keys.c.
 * Owns: its rows. Thread: the loop thread for changes; a reader with a snapshot for the rest. */
#ifndef TERRACE_NODE_OFFICE_BROWSER_KEYS_H
#define TERRACE_NODE_OFFICE_BROWSER_KEYS_H

#include "node/office/operators.h"

enum { BROWSER_KEYS_MAX = 8, BROWSER_LABEL_MAX = 64, BROWSER_KEY_ID_SIZE = 16 };

enum browser_key_state { BROWSER_KEY_ASKED = 1, BROWSER_KEY_GOOD, BROWSER_KEY_ENDED };
const char *browser_key_state_name(enum browser_key_state state); /* "asked" */

struct browser_key {
    struct public_key key; /* its first BROWSER_KEY_ID_SIZE bytes name it */
    enum browser_key_state state;
    uint64_t asked_ms, decided_ms;
    char name[64];                     /* whose */
    char label[BROWSER_LABEL_MAX + 1]; /* which browser, in its person's words; plain text */
    char admin[64];                    /* who confirmed it; "" */
};

/* What a browser signs to show that it has the secret of the key it asks for. */
struct hash browser_key_claim(const struct hash *tree, struct division self, const char *name,
                              const struct public_key *key);

/* A row of name, key and label; the caller has verified the claim. Errors: ERR_NOT_FOUND (no such
 * person), ERR_REFUSED (no checker, the key is known already, too many). */
enum status browser_key_ask(struct node *node, struct txn *txn, const struct browser_key *asked,
                            struct err *err);
/* By `admin`, who is somebody else. *out is what it is now. Errors: ERR_NOT_FOUND (no such key),
 * ERR_REFUSED (his own; not asked for; its person is no checker any more; as vouchers_check). */
enum status browser_key_confirm(struct node *node, struct txn *txn,
                                const uint8_t id[BROWSER_KEY_ID_SIZE], const char *admin,
                                const struct vouchers *vouchers, struct browser_key *out,
                                struct err *err);
/* By his word, which holders hear where it is his own key or enough admins vouch for it: what was
 * asked for is forgotten, what was good is ended; one that is ended stays so. *out is what became
 * of it. Errors: ERR_NOT_FOUND. */
enum status browser_key_end(struct node *node, struct txn *txn,
                            const uint8_t id[BROWSER_KEY_ID_SIZE], const char *by,
                            const struct vouchers *vouchers, struct browser_key *out,
                            struct err *err);
/* Its state is another now, by an entry of this admin that says so (proposals.h). */
void browser_key_decided(struct node *node, struct txn *txn, const struct browser_key *key,
                         enum browser_key_state state, const char *admin);
/* For proposals, of row->key by the word of row->by: confirms it; tells holders that it is ended,
 * as it is here already. Errors: those of browser_key_confirm; as vouchers_check. */
enum status browser_key_confirm_row(struct node *node, struct txn *txn,
                                    const struct operator_row *row, struct err *err);
enum status browser_key_tell_ended(struct node *node, struct txn *txn,
                                   const struct operator_row *row, struct err *err);
/* Ends the person of row->name and all keys of his. Errors: as of node_operator_disable. */
enum status person_end(struct node *node, struct txn *txn, const struct operator_row *row,
                       struct err *err);

/* Gives him other roles; keys in browsers end where he is a checker no more. Errors: as of
 * node_operator_role. */
enum status person_role(struct node *node, struct txn *txn, const struct operator_row *row,
                        struct err *err);

/* Is it this person's, and good? */
bool browser_key_signs(struct txn *txn, const char *name, const struct public_key *key);
bool browser_key_find(struct txn *txn, const uint8_t id[BROWSER_KEY_ID_SIZE],
                      struct browser_key *out);
/* All, by key, until `visit` returns false. */
void browser_keys_each(struct txn *txn, bool (*visit)(void *arg, const struct browser_key *key),
                       void *arg);
/* Has the row the form that is written? */
bool browser_key_row_fits(struct bytes key, struct bytes value);

#endif
