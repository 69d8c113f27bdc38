#include "replicator/session/cosign_head.h"

#include "replicator/core.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/cosigned_head.h"

enum { DAY_MS = 24 * 3600 * 1000 };

void cosign_head(struct replicator *r, struct txn *txn, struct division child, uint64_t position,
                 const struct hash *hash)
{
    const struct cosigned_head head = {.author = child,
                                       .holder = r->config.self,
                                       .position = position,
                                       .unix_ms = now_unix_ms(r),
                                       .hash = *hash};
    struct link *link = links_find(&r->links, child);
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;
    struct signature signature;

    c.has_suite = c.has_author = c.has_audience = c.has_lsn = c.has_hash = 1;
    c.has_holder = c.has_key_epoch = c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_division(&head.author);
    c.audience = COSIGN_ACCESSES;
    c.lsn = position;
    c.hash = pb_of_bytes(hash, HASH_SIZE);
    c.holder = pb_division(&head.holder);
    c.key_epoch = own_key(r).epoch;
    c.unix_ms = head.unix_ms;
    cosignature_sign(&r->config.tree, own_key(r).key, &c, &signature);
    cosigned_head_put(txn, &head, &c, head.unix_ms);
    if (link != NULL) {
        outbox_cosigned_head(&link->stream.outbox, child, r->config.self, &c.base);
    }
}

/* The parent's, about us, and of its form. */
static bool read_head(const struct replicator *r, const struct link *link,
                      const Terrace__Cosignature *c, struct cosigned_head *out)
{
    out->position = c->lsn;
    out->unix_ms = c->unix_ms;
    return link_is_parent(link) && c->base.n_unknown_fields == 0 &&
           c->suite == SUITE_ED25519_BLAKE2B && !c->has_audience_division && !c->has_aud_seq &&
           division_from_pb(&out->author, c->author) &&
           division_equal(out->author, r->config.self) &&
           division_from_pb(&out->holder, c->holder) && division_equal(out->holder, link->peer) &&
           pb_copy_exact(&out->hash, HASH_SIZE, c->has_hash, c->hash) &&
           c->unix_ms <= now_unix_ms(r) + DAY_MS;
}

void cosign_head_receive(struct replicator *r, struct txn *txn, struct link *link,
                         const Terrace__Cosignature *c)
{
    struct cosigned_head head, known;

    if (!read_head(r, link, c, &head)) {
        link_count_refused(link);
        return;
    }
    if (roster_epoch_now(r->roster, head.holder, c->key_epoch) == NULL ||
        (cosigned_head_newest(txn, head.author, head.holder, &known) &&
         head.position <= known.position) ||
        !link_may_verify(r, link)) {
        return;
    }
    if (!cosignature_ok(r->roster, c)) {
        link_count_refused(link);
        notice_alarm(r, ALARM_BAD_COSIGNATURE, link->peer, "cosignature_invalid holder=%s",
                     head.holder.code);
        return;
    }
    cosigned_head_put(txn, &head, c, now_unix_ms(r));
}
