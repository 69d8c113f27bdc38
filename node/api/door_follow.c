/* Streamed answers: when the next piece is made, and when a follower hears something. */
#include "node/api/door_internal.h"

enum {
    READ_MS = 30000, /* for a client to read what it was sent */
    PACE_MS = 20,    /* followers are woken no more often: each then hears of many commits */
    LOOK_MS = 1000,  /* for those that heard nothing for long */
};

static void run_fill(struct work *work)
{
    struct exchange *exchange = (struct exchange *)work;

    exchange->commits = atomic_load(&exchange->door->commits);
    stream_fill(exchange->stream);
    exchange_hand_back(exchange);
}

static void fill(struct exchange *exchange)
{
    exchange_post(exchange, EXCHANGE_FILLING, LANE_STREAM, run_fill);
}

void follow_begin(struct exchange *exchange)
{
    exchange->stream = stream_open(&exchange->answer.stream);
    fill(exchange);
}

/* --- the list of those that wait --- */

static void begin_following(struct exchange *exchange)
{
    struct http_door *door = exchange->door;

    exchange_suspend(exchange, EXCHANGE_FOLLOWING);
    exchange->beside = door->followers;
    exchange->at = &door->followers;
    if (exchange->beside != NULL) {
        exchange->beside->at = &exchange->beside;
    }
    door->followers = exchange;
    (void)atomic_fetch_add(&door->follower_count, 1);
    if (exchange->commits != door->commits_seen) {
        door->commits_seen = exchange->commits; /* there may be news since: looked at again */
    }
}

static void end_following(struct exchange *exchange)
{
    *exchange->at = exchange->beside;
    if (exchange->beside != NULL) {
        exchange->beside->at = exchange->at;
    }
    (void)atomic_fetch_sub(&exchange->door->follower_count, 1);
}

/* --- --- */

ssize_t follow_read(void *arg, uint64_t position, char *out, size_t size)
{
    struct exchange *exchange = arg;
    const struct http_door *door = exchange->door;
    const enum stream_next next = stream_next(exchange->stream);

    (void)position;
    if (stream_has_piece(exchange->stream)) {
        guest_expect(exchange->guest, door, READ_MS);
        return (ssize_t)stream_take(exchange->stream, out, size);
    }
    if (next == STREAM_END || (next == STREAM_WAIT && atomic_load(&door->stopping))) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (next == STREAM_FAILED || atomic_load(&door->stopping)) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    guest_expect(exchange->guest, door, 0);
    if (next == STREAM_MORE) {
        fill(exchange);
    } else {
        exchange->quiet_since_ms = door_now_ms(door);
        begin_following(exchange);
    }
    return 0;
}

void follow_filled(struct exchange *exchange, uint64_t now_ms)
{
    const bool waits =
        stream_next(exchange->stream) == STREAM_WAIT && !stream_has_piece(exchange->stream);

    if (waits && now_ms - exchange->quiet_since_ms >= stream_quiet_ms(exchange->stream)) {
        exchange->quiet_since_ms = now_ms;
        (void)stream_comment(exchange->stream);
    }
    if (waits && !stream_has_piece(exchange->stream) && !atomic_load(&exchange->door->stopping)) {
        begin_following(exchange);
    } else {
        exchange_resume(exchange, EXCHANGE_SENDING);
    }
}

uint64_t door_followers_due(const struct http_door *door)
{
    if (door->followers == NULL) {
        return UINT64_MAX;
    }
    return door->looked_ms +
           (atomic_load(&door->commits) != door->commits_seen ? PACE_MS : LOOK_MS);
}

void door_tell_followers(struct http_door *door, uint64_t now_ms)
{
    struct exchange *follower = door->followers;

    if (now_ms < door_followers_due(door)) {
        return;
    }
    door->looked_ms = now_ms;
    door->commits_seen = atomic_load(&door->commits);
    while (follower != NULL) {
        struct exchange *beside = follower->beside;

        if (follower->commits != door->commits_seen ||
            now_ms - follower->quiet_since_ms >= stream_quiet_ms(follower->stream)) {
            end_following(follower);
            fill(follower);
        }
        follower = beside;
    }
}

void door_end_followers(struct http_door *door)
{
    while (door->followers != NULL) {
        struct exchange *follower = door->followers;

        end_following(follower);
        exchange_resume(follower, EXCHANGE_SENDING);
    }
}
