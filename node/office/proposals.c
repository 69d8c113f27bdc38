#include "node/office/proposals.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/ledger/families/operator.h"
#include "node/ledger/query/query.h"
#include "node/office/drafts.h"
#include "node/office/local_keys.h"
#include "node/office/person_says.h"

struct proposal_key {
    uint8_t at[1 + sizeof(uint64_t)];
};

static struct bytes key_of(struct proposal_key *key, uint64_t batch)
{
    key->at[0] = LOCAL_PROPOSAL;
    store_u64(key->at + 1, batch);
    return bytes_of(key->at, sizeof key->at);
}

/* --- making one --- */

static void take(void *arg, const struct operator_row *row)
{
    struct person_says *says = arg;

    if (says->count < SAYS_MAX) { /* a person has no more keys */
        says->at[says->count++] = *row;
    }
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static size_t waiting(struct txn *txn)
{
    const uint8_t letter = LOCAL_PROPOSAL;
    size_t count = 0;
    struct err err; /* a read error stays with the txn */

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), count_row, &count, &err);
    return count;
}

/* An id of its own: what no lsn is. */
static uint64_t number_of(uint64_t sequence)
{
    return UINT64_MAX - sequence;
}

static void add_draft(struct node *node, struct txn *txn, struct draft_batch *batch,
                      const struct operator_row *row)
{
    const struct refusal none = {.reason = REASON_NONE};
    struct operator_text text;
    struct document document;
    struct buf body = BUF_EMPTY;

    node_operator_document(node, row, number_of(draft_next_sequence(txn, batch)), &text, &document);
    document_encode(&body, &document);
    draft_add(node, txn, batch, &document, buf_bytes(&body), &none);
    buf_free(&body);
}

static void draft_says(struct node *node, struct txn *txn, const struct person_says *says,
                       const struct operator_row *row, char id[DOCUMENT_ID_MAX + 1])
{
    struct draft_batch batch = {.count = 0};
    struct proposal_key key;
    struct draft first;

    drafts_refresh(node, txn);
    for (size_t i = 0; i < says->count; i++) {
        add_draft(node, txn, &batch, &says->at[i]);
    }
    draft_end(node, txn, &batch, row->vouchers->admins[0], NULL);
    (void)txn_put(txn, SPACE_LOCAL, key_of(&key, batch.number), row->sealed);
    if (draft_at(txn, (struct draft_ref){batch.number, 0}, &first)) {
        (void)snprintf(id, DOCUMENT_ID_MAX + 1, "%.*s", (int)first.id.size,
                       (const char *)first.id.data);
    }
    draft_batch_free(&batch);
}

static enum status propose(struct node *node, struct txn *txn, const struct operator_row *row,
                           person_change_fn *change, char id[DOCUMENT_ID_MAX + 1], struct err *err)
{
    struct person_says says = {.count = 0};
    struct vouchers one = *row->vouchers;
    struct operator_row asked = *row;
    struct txn *trial;
    enum status status;

    if (waiting(txn) >= PROPOSALS_MAX) {
        return err_set(err, ERR_REFUSED, "proposals_many count=%d", PROPOSALS_MAX);
    }
    one.propose = take;
    one.arg = &says;
    asked.vouchers = &one;
    trial = txn_open_child(txn); /* what it would do to the rows is forgotten */
    status = change(node, trial, &asked, err);
    txn_free(trial);
    if (status == OK && says.count > 0) {
        draft_says(node, txn, &says, row, id);
    }
    return status;
}

enum status person_change(struct node *node, struct txn *txn, const struct operator_row *row,
                          person_change_fn *change, char id[DOCUMENT_ID_MAX + 1], struct err *err)
{
    const enum status status = change(node, txn, row, err);

    id[0] = '\0';
    return status == ERR_NOT_YET ? propose(node, txn, row, change, id, err) : status;
}

/* --- a second admin --- */

/* A proposal that is decided. */
struct decision {
    struct node *node;
    struct txn *txn;
    struct approve_item *item;
    uint64_t number;
    struct batch_row batch; /* its leaves are `leaves` */
    struct hash leaves[SAYS_MAX];
    struct person maker;
    const struct person *admin;
    struct vouchers vouchers;
    struct buf bodies[SAYS_MAX], sealed;
    struct person_says says;
};

static void refuse_item(struct approve_item *item, enum reason reason)
{
    (void)refuse(&item->refusal, reason, "");
    item->status = SUBMIT_REFUSED;
}

/* Are both admins, two by name, and of this epoch, and is it what the first one signed? */
static enum reason judge(const struct decision *decision, const struct hash *shown)
{
    const struct batch_row *batch = &decision->batch;
    struct approval_terms terms = draft_terms(decision->node, ROLE_MAKER);
    struct hash hash;
    struct err err;

    if (strcmp(batch->maker, decision->admin->name) == 0) {
        return REASON_SAME_PERSON;
    }
    if (vouchers_check(decision->node, decision->txn, &decision->vouchers, &err) != OK) {
        return REASON_SIGNER_ENDED;
    }
    if (decision->item->has_hash && !hash_equal(&decision->item->hash, shown)) {
        return REASON_CHANGED;
    }
    terms.time_ms = batch->unix_ms;
    terms.root = merkle_root(decision->leaves, batch->leaf_count);
    hash = approval_hash(&terms);
    return batch_is_of_epoch(batch, decision->node) &&
                   signature_ok(&batch->key, &hash, &batch->signature)
               ? REASON_NONE
               : REASON_SIGNATURE_OUTDATED;
}

/* What the drafts say; false when one of them is not there, or not what was signed. */
static bool read_says(struct decision *decision)
{
    for (uint32_t i = 0; i < decision->batch.leaf_count; i++) {
        const struct draft_ref ref = {decision->number + i, i};
        struct operator_row *said = &decision->says.at[i];
        struct operator_entry entry;
        struct draft draft;
        struct hash leaf;

        if (!draft_at(decision->txn, ref, &draft)) {
            return false;
        }
        buf_append_bytes(&decision->bodies[i], draft.body);
        leaf = merkle_approval_leaf(draft.kind, document_format(draft.body), draft.body);
        if (!hash_equal(&leaf, &decision->leaves[i]) ||
            !operator_read(&(struct entry){.kind = draft.kind,
                                           .format = DOCUMENT_FORMAT,
                                           .body = buf_bytes(&decision->bodies[i])},
                           &entry)) {
            return false;
        }
        *said = (struct operator_row){.enabled = entry.enabled, .vouchers = &decision->vouchers};
        memcpy(&said->key, entry.key.data, sizeof said->key);
        (void)snprintf(said->name, sizeof said->name, "%.*s", (int)entry.name.size,
                       (const char *)entry.name.data);
        (void)snprintf(said->by, sizeof said->by, "%.*s", (int)entry.by.size,
                       (const char *)entry.by.data);
        said->roles = roles_of_text(entry.roles);
        decision->says.count++;
    }
    return true;
}

/* What both signed of the entry that comes next. */
static void attach(const struct decision *decision, uint32_t leaf,
                   const struct approval_terms *terms, const struct signature *signature)
{
    struct replicator *replicator = decision->node->replicator;
    const uint64_t lsn = replicator_next_lsn(replicator);
    const struct batch_row *batch = &decision->batch;
    struct approval_group group = {.suite = SUITE_ED25519_BLAKE2B,
                                   .role = ROLE_MAKER,
                                   .key = batch->key,
                                   .signature = batch->signature,
                                   .time_ms = batch->unix_ms,
                                   .first_leaf = leaf,
                                   .leaf_count = batch->leaf_count};

    replicator_approve(replicator, lsn, 1, &group, decision->leaves);
    group.role = ROLE_CHECKER;
    group.key = decision->admin->key;
    group.signature = *signature;
    group.time_ms = terms->time_ms;
    replicator_approve(replicator, lsn, 1, &group, decision->leaves);
}

static void enter_all(struct decision *decision)
{
    struct node *node = decision->node;
    struct approval_terms terms = draft_terms(node, ROLE_CHECKER);
    struct signature signature;
    struct hash hash;

    terms.root = merkle_root(decision->leaves, decision->batch.leaf_count);
    hash = approval_hash(&terms);
    signature = sign_hash(decision->admin->secret, &hash);
    for (uint32_t i = 0; i < decision->says.count; i++) {
        const struct bytes body = buf_bytes(&decision->bodies[i]);
        struct document document;
        struct err err;

        if (document_decode(&document, KIND_OPERATOR, body, &err) == OK) {
            attach(decision, i, &terms, &signature);
            decision->item->lsn =
                node_operator_enter(node, decision->txn, &decision->says.at[i], &document, body);
        }
    }
}

static void drop(struct node *node, struct txn *txn, uint64_t number)
{
    struct batch_row batch = {.leaf_count = 0};
    struct proposal_key key;
    struct draft draft;
    uint32_t leaves;

    (void)batch_find(txn, number, &batch);
    leaves = batch.leaf_count; /* its row goes with the last of them */
    for (uint32_t i = 0; i < leaves; i++) {
        if (draft_at(txn, (struct draft_ref){number + i, i}, &draft)) {
            draft_drop(node, txn, &draft);
        }
    }
    txn_delete(txn, SPACE_LOCAL, key_of(&key, number));
}

/* On rows that are forgotten again, and then in earnest. */
static enum status try_and_enact(struct decision *decision, struct err *err)
{
    const struct bytes sealed = buf_bytes(&decision->sealed);
    struct txn *trial = txn_open_child(decision->txn);
    enum status status = person_says_enact(decision->node, trial, &decision->says, sealed, err);

    txn_free(trial);
    return status == OK
               ? person_says_enact(decision->node, decision->txn, &decision->says, sealed, err)
               : status;
}

static void decide(struct decision *decision, const struct hash *shown)
{
    struct approve_item *item = decision->item;
    enum reason reason = judge(decision, shown);
    struct err err;

    if (reason == REASON_NONE && !read_says(decision)) {
        reason = REASON_SIGNATURE_OUTDATED;
    }
    if (reason != REASON_NONE) {
        refuse_item(item, reason);
    } else if (try_and_enact(decision, &err) != OK) {
        (void)refuse(&item->refusal, REASON_CHANGED, "");
        item->status = SUBMIT_REFUSED;
    } else {
        enter_all(decision);
        memcpy(item->changed, decision->says.at[0].name, sizeof item->changed);
        drop(decision->node, decision->txn, decision->number);
        item->status = SUBMIT_ACCEPTED;
    }
}

/* False with the item refused: no proposal has such an id. */
static bool find(struct node *node, struct txn *txn, struct approve_item *item, struct draft *draft)
{
    struct document_row row;

    if (!draft_find(node, txn, bytes_text(item->id), draft)) {
        if (query_document(txn, node->config.self, bytes_text(item->id), &row) &&
            row.kind == KIND_OPERATOR) {
            item->status = SUBMIT_EXISTS; /* whoever lost an answer may ask again */
            item->lsn = row.lsn;
        } else {
            refuse_item(item, REASON_NOT_PENDING);
        }
        return false;
    }
    caption_fill_body(item->caption, node_roster(node), draft->kind, draft->body);
    if (draft->kind != KIND_OPERATOR) {
        refuse_item(item, REASON_NOT_FOR_ROLE);
        return false;
    }
    return true;
}

static bool take_batch(struct decision *decision)
{
    struct proposal_key key;
    struct bytes sealed;

    if (!batch_find(decision->txn, decision->number, &decision->batch) ||
        decision->batch.leaf_count > SAYS_MAX ||
        !txn_get(decision->txn, SPACE_LOCAL, key_of(&key, decision->number), &sealed)) {
        return false;
    }
    buf_append_bytes(&decision->sealed, sealed);
    memcpy(decision->leaves, decision->batch.leaves,
           decision->batch.leaf_count * sizeof *decision->leaves);
    memcpy(decision->maker.name, decision->batch.maker, sizeof decision->maker.name);
    decision->maker.key = decision->batch.key;
    return true;
}

void proposal_approve(struct node *node, struct txn *txn, struct approve_item *item,
                      const struct person *admin)
{
    struct decision *decision;
    struct draft draft;
    struct hash shown;

    if (node->space.is_full) {
        refuse_item(item, REASON_DISK_FULL);
        return;
    }
    if (!find(node, txn, item, &draft)) {
        return;
    }
    decision = mem_zalloc(sizeof *decision);
    decision->node = node;
    decision->txn = txn;
    decision->item = item;
    decision->number = draft.batch;
    decision->admin = admin;
    decision->vouchers = (struct vouchers){.admins = {&decision->maker, admin}, .count = 2};
    shown = merkle_approval_leaf(draft.kind, document_format(draft.body), draft.body);
    if (take_batch(decision)) {
        decide(decision, &shown);
    } else {
        refuse_item(item, REASON_NOT_PENDING);
    }
    for (size_t i = 0; i < SAYS_MAX; i++) {
        buf_free(&decision->bodies[i]);
    }
    buf_free(&decision->sealed);
    mem_free(decision);
}

/* --- or none --- */

void proposal_reject(struct node *node, struct txn *txn, struct approve_item *item)
{
    struct draft draft;

    if (find(node, txn, item, &draft)) {
        drop(node, txn, draft.batch);
        item->status = SUBMIT_ACCEPTED;
    }
}

void proposal_withdraw(struct node *node, struct txn *txn, struct approve_item *item,
                       const struct person *admin)
{
    struct batch_row batch = {.maker = ""};
    struct draft draft;

    if (!find(node, txn, item, &draft)) {
        return;
    }
    (void)batch_find(txn, draft.batch, &batch);
    if (strcmp(batch.maker, admin->name) != 0) {
        refuse_item(item, REASON_ANOTHERS);
        return;
    }
    drop(node, txn, draft.batch);
    item->status = SUBMIT_ACCEPTED;
}
