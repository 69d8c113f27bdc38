#include "replicator/former_keys.h"

#include "replicator/core.h"
#include "replicator/session/visits.h"

bool replicator_visits(const struct replicator *r, const uint8_t curve_key[32],
                       struct division *who)
{
    return visits_find(r, curve_key, who);
}

void replicator_visit(struct replicator *r, struct txn *txn, const uint8_t curve_key[32],
                      struct bytes frame, struct buf *answer)
{
    visits_take(r, txn, curve_key, frame, answer);
}

bool replicator_call(struct replicator *r, struct ancestor_call *out, struct buf *frame)
{
    return objecting_call(r, out, frame);
}

uint64_t replicator_next_call(const struct replicator *r)
{
    return objecting_next_ms(r);
}

void replicator_called(struct replicator *r, struct txn *txn, struct division who,
                       struct bytes answer)
{
    Terrace__Frame *frame;
    struct err err;

    if (frame_decode(&frame, &r->arena, answer, &err) == OK && frame->superseded != NULL) {
        objecting_told(r, txn, who, frame->superseded);
    }
    arena_reset(&r->arena);
}

void replicator_shut_out(struct replicator *r)
{
    objecting_shut_out(r);
}

void replicator_usurped(const struct replicator *r, struct usurped *out)
{
    objecting_show(r, out);
}
