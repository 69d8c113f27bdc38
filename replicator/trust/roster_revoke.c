#include <inttypes.h>

#include "proto/array.h"
#include "replicator/trust/roster_members.h"

enum { WORDS_MAX = 256 /* about one division: each of its ancestors may say it of each epoch */ };

static bool is_known(const struct node *node, const struct revocation *revocation)
{
    for (size_t i = 0; i < node->word_count; i++) {
        if (node->words[i].said_lsn == revocation->said_lsn &&
            division_equal(node->words[i].by, revocation->by)) {
            return true;
        }
    }
    return false;
}

enum status roster_revoke(struct roster *roster, const struct revocation *revocation, bool *changed,
                          struct err *err)
{
    struct node *node = roster_node(roster, revocation->division);
    uint32_t depth;

    *changed = false;
    if (node == NULL) {
        return err_set(err, ERR_NOT_YET, "revoke_unknown division=%s", revocation->division.code);
    }
    if (!roster_is_ancestor(node, revocation->by, &depth)) {
        return err_set(err, ERR_REFUSED, "revoke_not_his division=%s by=%s",
                       revocation->division.code, revocation->by.code);
    }
    if (is_known(node, revocation)) {
        return OK;
    }
    if (node->word_count >= WORDS_MAX) {
        return err_set(err, ERR_LIMIT, "revoke_too_many division=%s", revocation->division.code);
    }
    ARRAY_ROOM(node->words, node->word_count, node->word_capacity);
    node->words[node->word_count++] = *revocation;
    *changed = roster_judge_again(roster, node) != 0;
    return OK;
}

bool roster_revoked(const struct roster *roster, struct division division, struct revocation *out)
{
    const struct node *node = roster_node(roster, division);
    const struct revocation *word =
        node == NULL ? NULL : roster_word(node, node->member.grant.epoch, UINT32_MAX);

    if (word != NULL && out != NULL) {
        *out = *word;
    }
    return word != NULL;
}

enum status roster_may_revoke(const struct roster *roster, struct division by,
                              struct division division, struct err *err)
{
    if (division_equal(division, by) || !roster_within(roster, division, by)) {
        return err_set(err, ERR_NOT_FOUND, "revoke_not_below division=%s self=%s", division.code,
                       by.code);
    }
    return roster_revoked(roster, division, NULL)
               ? err_set(err, ERR_REFUSED, "revoke_again division=%s", division.code)
               : OK;
}
