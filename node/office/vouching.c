#include "node/office/vouching.h"

#include "node/core/node_struct.h"
#include "node/office/drafts.h"
#include "proto/array.h"
#include "replicator/trust/merkle.h"

static const struct person_link *admin_of(const struct person_chain *chain,
                                          const struct person *person)
{
    const struct person_link *link = person_chain_find(chain, &person->key, UINT64_MAX);

    return link != NULL && (link->roles & ROLE_ADMIN) != 0 ? link : NULL;
}

static enum status check(const struct person_chain *chain, const struct vouchers *vouchers,
                         struct err *err)
{
    const size_t count = vouchers == NULL ? 0 : vouchers->count;
    const struct person_link *first = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct person_link *admin = admin_of(chain, vouchers->admins[i]);

        if (admin == NULL) {
            return err_set(err, ERR_REFUSED, "voucher_no_admin name=%s", vouchers->admins[i]->name);
        }
        if (first != NULL && strcmp(first->name, admin->name) == 0) {
            return err_set(err, ERR_REFUSED, "vouchers_one_person name=%s", admin->name);
        }
        first = admin;
    }
    if (count == 0) {
        return err_set(err, ERR_REFUSED, "vouchers_none");
    }
    return count < VOUCHERS_MAX && vouchers->propose == NULL &&
                   person_chain_admins(chain, UINT64_MAX) >= VOUCHERS_MAX
               ? err_set(err, ERR_NOT_YET, "vouchers_one")
               : OK;
}

static void load_own(struct person_chain *chain, const struct node *node, struct txn *txn)
{
    person_chain_load(chain, txn, node_roster(node), node->config.self,
                      draft_terms(node, ROLE_MAKER).epoch);
}

enum status vouchers_check(const struct node *node, struct txn *txn,
                           const struct vouchers *vouchers, struct err *err)
{
    struct person_chain chain;
    enum status status = OK;

    load_own(&chain, node, txn);
    if (chain.founded) {
        status = check(&chain, vouchers, err);
    }
    person_chain_free(&chain);
    return status;
}

void vouchers_sign(struct node *node, const struct vouchers *vouchers, uint32_t kind,
                   struct bytes body)
{
    static const enum approval_role roles[VOUCHERS_MAX] = {ROLE_MAKER, ROLE_CHECKER};
    const struct hash leaf = merkle_approval_leaf(kind, document_format(body), body);
    const uint64_t lsn = replicator_next_lsn(node->replicator);

    for (size_t i = 0; vouchers != NULL && i < vouchers->count; i++) {
        struct approval_terms terms = draft_terms(node, roles[i]);
        struct approval_group group = {.suite = SUITE_ED25519_BLAKE2B,
                                       .role = roles[i],
                                       .key = vouchers->admins[i]->key,
                                       .time_ms = terms.time_ms,
                                       .leaf_count = 1};
        struct hash signed_hash;

        terms.root = merkle_root(&leaf, 1);
        signed_hash = approval_hash(&terms);
        group.signature = sign_hash(vouchers->admins[i]->secret, &signed_hash);
        replicator_approve(node->replicator, lsn, 1, &group, &leaf);
    }
}

const char *vouched_by(struct txn *txn, const struct roster *roster, struct division division)
{
    static const char *const words[] = {"nobody", "one_admin", "two_admins"};
    const struct member *member = roster_find(roster, division);
    struct person_chain chain;
    const char *word = "node_key";

    if (member == NULL) {
        return word;
    }
    person_chain_load(&chain, txn, roster, division, member->grant.epoch);
    if (chain.founded) {
        const size_t admins = person_chain_admins(&chain, UINT64_MAX);

        word = words[admins > 2 ? 2 : admins];
    }
    person_chain_free(&chain);
    return word;
}

const char *vouched_sentence(const char *by)
{
    static const struct {
        const char *by, *sentence;
    } sentences[] = {
        {"node_key", "vouched_node_key"},
        {"nobody", "vouched_nobody"},
        {"one_admin", "vouched_one_admin"},
    };

    for (size_t i = 0; i < COUNT_OF(sentences); i++) {
        if (strcmp(by, sentences[i].by) == 0) {
            return sentences[i].sentence;
        }
    }
    return "";
}
