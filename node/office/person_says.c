#include "node/office/person_says.h"

#include "node/core/node_struct.h"

struct enacting {
    struct node *node;
    struct txn *txn;
    struct bytes sealed; /* of who becomes known; empty */
    struct err *err;
    bool ended; /* a person's own key, just before: another takes its place */
};

static enum status outdated(const struct enacting *enacting, const struct operator_row *said)
{
    return err_set(enacting->err, ERR_REFUSED, "proposal_outdated name=%s", said->name);
}

static enum status enact_browser_key(struct enacting *enacting, const struct browser_key *key,
                                     const struct operator_row *said)
{
    const enum browser_key_state state = said->enabled ? BROWSER_KEY_GOOD : BROWSER_KEY_ENDED;

    if (state == BROWSER_KEY_ENDED && key->state == state) {
        return OK; /* at once, and holders hear of it now */
    }
    if (key->state == (said->enabled ? BROWSER_KEY_ASKED : BROWSER_KEY_GOOD)) {
        browser_key_decided(enacting->node, enacting->txn, key, state, said->by);
        return OK;
    }
    return outdated(enacting, said);
}

static void put(struct enacting *enacting, const struct operator_row *row, struct bytes sealed)
{
    struct operator_row changed = *row;
    struct buf copy = BUF_EMPTY;

    buf_append_bytes(&copy, sealed); /* a view dies with the put */
    changed.sealed = buf_bytes(&copy);
    node_operator_put(enacting->txn, &changed);
    buf_free(&copy);
}

static enum status enact(struct enacting *enacting, const struct operator_row *said)
{
    struct operator_row known;
    struct browser_key key;
    const bool is_known = node_operator(enacting->txn, said->name, &known);
    const bool is_same = is_known && memcmp(&known.key, &said->key, sizeof said->key) == 0;
    const bool was_ended = enacting->ended;

    enacting->ended = false;
    if (browser_key_find(enacting->txn, said->key.at, &key) && strcmp(key.name, said->name) == 0) {
        return enact_browser_key(enacting, &key, said);
    }
    if (is_same && known.enabled) {
        enacting->ended = !said->enabled;
        known.enabled = said->enabled;
        known.roles = said->roles;
        put(enacting, &known, known.sealed);
        return OK;
    }
    if (is_same || !said->enabled || enacting->sealed.size == 0 || (is_known && !was_ended)) {
        return outdated(enacting, said);
    }
    known = *said;
    known.since_unix_ms = enacting->node->turn_unix_ms;
    put(enacting, &known, enacting->sealed);
    return OK;
}

enum status person_says_enact(struct node *node, struct txn *txn, const struct person_says *says,
                              struct bytes sealed, struct err *err)
{
    struct enacting enacting = {.node = node, .txn = txn, .sealed = sealed, .err = err};

    for (size_t i = 0; i < says->count; i++) {
        if (enact(&enacting, &says->at[i]) != OK) {
            return err->status;
        }
    }
    return node_has_role(txn, ROLE_ADMIN)
               ? OK
               : err_set(err, ERR_REFUSED, "user_last_admin name=%s", says->at[0].name);
}
