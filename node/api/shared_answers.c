#include "node/api/shared_answers.h"

#include <pthread.h>
#include <stdatomic.h>

struct kept {
    struct buf key, body; /* of no size: nothing is kept here */
    const char *type;
    uint64_t made_ms, commits;
};

struct shared_answers {
    pthread_mutex_t lock;
    struct kept at[SHARED_KEPT];
    size_t bytes;
    _Atomic uint64_t commits;
};

struct shared_answers *shared_answers_open(void)
{
    struct shared_answers *answers = mem_zalloc(sizeof *answers);

    (void)pthread_mutex_init(&answers->lock, NULL);
    return answers;
}

static void forget(struct shared_answers *answers, struct kept *kept)
{
    answers->bytes -= kept->body.size;
    buf_free(&kept->key);
    buf_free(&kept->body);
    *kept = (struct kept){.key = BUF_EMPTY, .body = BUF_EMPTY};
}

void shared_answers_close(struct shared_answers *answers)
{
    if (answers == NULL) {
        return;
    }
    for (size_t i = 0; i < SHARED_KEPT; i++) {
        forget(answers, &answers->at[i]);
    }
    (void)pthread_mutex_destroy(&answers->lock);
    mem_free(answers);
}

void shared_answers_committed(struct shared_answers *answers)
{
    atomic_fetch_add(&answers->commits, 1);
}

/* --- what is asked --- */

static bool is_shareable(enum shared shared, const struct request *request)
{
    return shared != SHARED_NEVER && request->service->shared != NULL &&
           request->write_query != NULL &&
           request->header(request->connection, BACKGROUND_HEADER) != NULL;
}

/* All that an answer depends on, but for who asks. */
static void write_key(struct buf *key, const struct request *request)
{
    buf_append(key, request->path, strlen(request->path) + 1);
    buf_put_u8(key, (uint8_t)request->language);
    request->write_query(request->connection, key);
}

/* --- what is kept --- */

static bool is_good(const struct kept *kept, enum shared shared, uint64_t commits, uint64_t now_ms)
{
    const uint64_t age_ms = now_ms - kept->made_ms;

    return age_ms < SHARED_MS ||
           (shared == SHARED_WHILE_STORED && kept->commits == commits && age_ms < SHARED_STORED_MS);
}

static bool copy_kept(struct shared_answers *answers, enum shared shared, const struct buf *key,
                      uint64_t now_ms, struct answer *answer)
{
    const uint64_t commits = atomic_load(&answers->commits);
    bool found = false;

    (void)pthread_mutex_lock(&answers->lock);
    for (size_t i = 0; i < SHARED_KEPT && !found; i++) {
        const struct kept *kept = &answers->at[i];

        if (kept->key.size > 0 && bytes_equal(buf_bytes(&kept->key), buf_bytes(key)) &&
            is_good(kept, shared, commits, now_ms)) {
            answer->type = kept->type;
            buf_append_bytes(&answer->body, buf_bytes(&kept->body));
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&answers->lock);
    return found;
}

/* An answer that is its body and nothing else. */
static bool is_plain(const struct answer *answer)
{
    return answer->http == 200 && answer->header_count == 0 && answer->etag[0] == '\0' &&
           answer->constant.size == 0 && answer->stream.fill == NULL &&
           answer->body.size <= SHARED_BYTES_MAX / 2;
}

/* The same question's place, else an empty one, else the oldest. */
static struct kept *place_for(struct shared_answers *answers, const struct buf *key)
{
    struct kept *place = &answers->at[0];

    for (size_t i = 0; i < SHARED_KEPT; i++) {
        struct kept *kept = &answers->at[i];

        if (kept->key.size > 0 && bytes_equal(buf_bytes(&kept->key), buf_bytes(key))) {
            return kept;
        }
        if (kept->made_ms < place->made_ms) { /* an empty one was made at 0 */
            place = kept;
        }
    }
    return place;
}

static void forget_old(struct shared_answers *answers, uint64_t now_ms, size_t room)
{
    for (size_t i = 0; i < SHARED_KEPT; i++) {
        if (now_ms - answers->at[i].made_ms >= SHARED_STORED_MS) {
            forget(answers, &answers->at[i]);
        }
    }
    while (answers->bytes + room > SHARED_BYTES_MAX) {
        struct kept *oldest = NULL;

        for (size_t i = 0; i < SHARED_KEPT; i++) {
            struct kept *kept = &answers->at[i];

            if (kept->key.size > 0 && (oldest == NULL || kept->made_ms < oldest->made_ms)) {
                oldest = kept;
            }
        }
        forget(answers, oldest);
    }
}

/* Takes the key over. */
static void keep(struct shared_answers *answers, struct buf *key, const struct answer *answer,
                 uint64_t made_ms, uint64_t commits)
{
    struct kept *kept;

    (void)pthread_mutex_lock(&answers->lock);
    kept = place_for(answers, key);
    forget(answers, kept);
    forget_old(answers, made_ms, answer->body.size);
    *kept = (struct kept){.key = *key,
                          .body = BUF_EMPTY,
                          .type = answer->type,
                          .made_ms = made_ms,
                          .commits = commits};
    *key = BUF_EMPTY;
    buf_append_bytes(&kept->body, buf_bytes(&answer->body));
    answers->bytes += kept->body.size;
    (void)pthread_mutex_unlock(&answers->lock);
}

void shared_answer(enum shared shared, route_fn *run, struct request *request,
                   struct answer *answer)
{
    struct shared_answers *answers = request->service->shared;
    const uint64_t now_ms = clock_mono_ms(&request->service->clock);
    struct buf key = BUF_EMPTY;
    uint64_t commits;

    if (!is_shareable(shared, request)) {
        run(request, answer);
        return;
    }
    write_key(&key, request);
    if (!copy_kept(answers, shared, &key, now_ms, answer)) {
        commits =
            atomic_load(&answers->commits); /* before it is made: what comes meanwhile counts */
        run(request, answer);
        if (is_plain(answer)) {
            keep(answers, &key, answer, now_ms, commits);
        }
    }
    buf_free(&key);
}
