#include "replicator/stream/position.h"

#include <assert.h>

Terrace__Position *position_new(struct arena *arena, const struct held_log *log,
                                struct division author)
{
    struct {
        Terrace__Position position;
        struct division author;
        struct log_head head;
    } *made = arena_alloc(arena, sizeof *made);
    bool is_end = log == NULL;

    assert(made != NULL);
    memset(made, 0, sizeof *made);
    terrace__position__init(&made->position);
    made->author = author;
    if (log != NULL) {
        made->head = log->durable;
        made->head.lsn = heads_told_lsn(log);
        is_end = made->head.lsn == log->durable.lsn;
    }
    made->position.has_author = made->position.has_epoch = 1;
    made->position.has_lsn = 1;
    made->position.has_hash = is_end; /* of what ends there, and of no other */
    made->position.author = pb_division(&made->author);
    made->position.epoch = made->head.epoch;
    made->position.lsn = made->head.lsn;
    made->position.hash = pb_of_bytes(&made->head.hash, is_end ? HASH_SIZE : 0);
    made->position.has_forked = log != NULL && log->forked != 0;
    made->position.forked = log == NULL ? 0 : log->forked;
    return &made->position;
}

Terrace__Position *position_acked(struct arena *arena, const struct held_log *log,
                                  struct division author, struct division receiver)
{
    Terrace__Position *position = position_new(arena, log, author);

    position->has_hash = position->has_epoch = position->has_forked = 0;
    position->has_author = !division_equal(author, receiver);
    return position;
}
