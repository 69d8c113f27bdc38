#include "node/office/rehearsal.h"

#include <assert.h>

#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/office/drafts.h"
#include "proto/array.h"

void rehearsal_add(struct rehearsal *rehearsal, uint32_t kind, struct bytes body)
{
    buf_put_u32(&rehearsal->bodies, (uint32_t)body.size);
    buf_append_bytes(&rehearsal->bodies, body);
    ARRAY_ROOM(rehearsal->leaves, rehearsal->count, rehearsal->capacity);
    rehearsal->leaves[rehearsal->count++] = merkle_approval_leaf(kind, document_format(body), body);
}

void rehearsal_sign(struct rehearsal *rehearsal, const struct node *node,
                    const struct person *maker)
{
    struct hash signed_hash;

    if (maker == NULL || rehearsal->count == 0) {
        return;
    }
    rehearsal->maker = maker;
    rehearsal->terms = draft_terms(node, ROLE_MAKER);
    rehearsal->terms.root = merkle_root(rehearsal->leaves, rehearsal->count);
    signed_hash = approval_hash(&rehearsal->terms);
    rehearsal->signature = sign_hash(maker->secret, &signed_hash);
}

/* What he signed of the entry that comes next. */
static void attach_signature(const struct rehearsal *rehearsal, struct replicator *replicator)
{
    const struct approval_group maker = {
        .suite = SUITE_ED25519_BLAKE2B,
        .role = ROLE_MAKER,
        .key = rehearsal->maker->key,
        .signature = rehearsal->signature,
        .time_ms = rehearsal->terms.time_ms,
        .first_leaf = (uint32_t)rehearsal->taken,
        .leaf_count = (uint32_t)rehearsal->count,
    };

    replicator_approve(replicator, replicator_next_lsn(replicator), 1, &maker, rehearsal->leaves);
}

uint64_t rehearsal_enter(struct rehearsal *rehearsal, struct node *node, struct txn *txn,
                         uint32_t kind, struct document *document, struct bytes *body)
{
    struct reader reader = reader_of(buf_bytes(&rehearsal->bodies));
    enum status status;
    struct err err;

    assert(rehearsal->taken < rehearsal->count);
    (void)reader_bytes(&reader, rehearsal->at);
    *body = reader_bytes(&reader, reader_u32(&reader));
    status = document_decode(document, kind, *body, &err);
    assert(status == OK); /* ours, of this turn */
    (void)status;
    if (rehearsal->maker != NULL) {
        attach_signature(rehearsal, node->replicator);
    }
    rehearsal->at += sizeof(uint32_t) + body->size;
    rehearsal->taken++;
    return own_log_enter(node, txn, document, *body);
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    buf_free(&rehearsal->bodies);
    mem_free(rehearsal->leaves);
    *rehearsal = (struct rehearsal){.count = 0};
}
