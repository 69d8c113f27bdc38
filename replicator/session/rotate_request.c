#include "replicator/session/rotate_request.h"

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/session/amending.h"

/* Errors: ERR_NOT_YET (the child has an epoch that does not count here, or one that is not known),
 * ERR_REFUSED (nothing is new, the link key is another's, or it is revoked), and those of
 * wanted_keys_read. */
static enum status judge(const struct replicator *r, const struct grant *now,
                         const struct wanted_keys *wanted, struct err *err)
{
    const struct member *holder = roster_by_curve_key(r->roster, wanted->curve_key);

    if (wanted->epoch != now->epoch + 1 ||
        !roster_epoch_counts(r->roster, now->division, now->epoch)) {
        return err_set(err, ERR_NOT_YET, "former_epoch_not_counted");
    }
    if (holder != NULL && !division_equal(holder->grant.division, now->division)) {
        return err_set(err, ERR_REFUSED, "link_key_taken division=%s", holder->grant.division.code);
    }
    if (roster_revoked(r->roster, now->division, NULL)) {
        return err_set(err, ERR_REFUSED, "division_revoked");
    }
    return wanted_keys_are_of(wanted, now)
               ? err_set(err, ERR_REFUSED, "rotation_nothing division=%s", now->division.code)
               : OK;
}

void rotate_request_take(struct replicator *r, struct txn *txn, struct link *link,
                         const Terrace__Rotate *message)
{
    const struct member *member = roster_find(r->roster, link->peer);
    struct wanted_keys wanted;
    struct err err = {OK, ""};

    if (!link_is_child(link) || !link_may_verify(r, link)) {
        link_count_refused(link);
        return;
    }
    if (wanted_keys_read(&wanted, message, &r->config.tree, link->peer, &err) == OK &&
        wanted.epoch <= member->grant.epoch) {
        return; /* it was granted since: its log tells */
    }
    if (err.status == OK && judge(r, &member->grant, &wanted, &err) == OK) {
        amending_rekey(r, txn, member, &wanted);
        return;
    }
    link_count_refused(link);
    outbox_refuse_rotate(&link->stream.outbox, err.status);
    LOG_WARN("rotate.not_offered", "about=%s reason=%s", link->peer.code, err.text);
}
