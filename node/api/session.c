#include "node/api/session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "proto/log.h"

enum {
    SLOW_HASHES_MAX = 3,        /* of Argon2id at once: 64 MiB each */
    SLOW_HASHES_REMOTE_MAX = 2, /* of them for who comes through the network */
    SLOW_WAITING_MAX = 4,       /* at each door; more are sent away, so that they hold no thread */
};

struct session {
    char name[64]; /* "" when the place is free */
    char address[ATTEMPT_ADDRESS_MAX];
    uint64_t id;
    struct hash token;
    struct sign_key key;
    uint64_t begun_ms, used_ms; /* mono */
};

struct sessions {
    pthread_mutex_t lock;
    pthread_cond_t slot_free;
    struct clock clock;
    struct slots {
        int running, waiting; /* Argon2id runs under way, and who waits for one */
    } local, remote;
    uint64_t last_id;
    struct attempts *attempts;
    struct session places[SESSIONS_MAX];
};

struct sessions *sessions_open(const struct clock *clock)
{
    struct sessions *sessions = mem_zalloc(sizeof *sessions);

    sessions->clock = *clock;
    sessions->attempts = attempts_open();
    (void)pthread_mutex_init(&sessions->lock, NULL);
    (void)pthread_cond_init(&sessions->slot_free, NULL);
    (void)mlock(sessions->places, sizeof sessions->places);
    return sessions;
}

void sessions_close(struct sessions *sessions)
{
    if (sessions == NULL) {
        return;
    }
    crypto_wipe(sessions->places, sizeof sessions->places);
    (void)munlock(sessions->places, sizeof sessions->places);
    (void)pthread_mutex_destroy(&sessions->lock);
    (void)pthread_cond_destroy(&sessions->slot_free);
    attempts_close(sessions->attempts);
    mem_free(sessions);
}

static struct slots *slots_at(struct sessions *sessions, const char *address)
{
    return address[0] == '\0' ? &sessions->local : &sessions->remote;
}

/* Under the lock. One place is never the network's: whatever knocks there, the owner of the process
 * logs in. */
static bool is_slot_free(const struct sessions *sessions, const struct slots *slots)
{
    return sessions->local.running + sessions->remote.running < SLOW_HASHES_MAX &&
           (slots == &sessions->local || slots->running < SLOW_HASHES_REMOTE_MAX);
}

/* False, when so many wait already that this one is not to (`patient`: it waits in any case). */
static bool take_slot(struct sessions *sessions, struct slots *slots, bool patient)
{
    bool taken;

    (void)pthread_mutex_lock(&sessions->lock);
    taken = patient || is_slot_free(sessions, slots) || slots->waiting < SLOW_WAITING_MAX;
    slots->waiting++;
    while (taken && !is_slot_free(sessions, slots)) {
        (void)pthread_cond_wait(&sessions->slot_free, &sessions->lock);
    }
    slots->waiting--;
    slots->running += taken;
    (void)pthread_mutex_unlock(&sessions->lock);
    return taken;
}

static void give_slot(struct sessions *sessions, struct slots *slots)
{
    (void)pthread_mutex_lock(&sessions->lock);
    slots->running--;
    (void)pthread_cond_broadcast(&sessions->slot_free);
    (void)pthread_mutex_unlock(&sessions->lock);
}

static struct attempt attempt_of(const struct login *login)
{
    return (struct attempt){login->name, login->address};
}

static enum status check_attempt(struct sessions *sessions, const struct login *login,
                                 struct err *err)
{
    const struct attempt attempt = attempt_of(login);
    enum status status;

    (void)pthread_mutex_lock(&sessions->lock);
    status = attempts_check(sessions->attempts, &attempt, clock_mono_ms(&sessions->clock), err);
    (void)pthread_mutex_unlock(&sessions->lock);
    return status;
}

static void count_attempt(struct sessions *sessions, const struct login *login, bool good)
{
    const struct attempt attempt = attempt_of(login);

    (void)pthread_mutex_lock(&sessions->lock);
    attempts_count(sessions->attempts, &attempt, clock_mono_ms(&sessions->clock), good);
    (void)pthread_mutex_unlock(&sessions->lock);
}

void session_seal(struct sessions *sessions, struct buf *out, const struct sign_key *key,
                  struct bytes password, const char *address)
{
    struct slots *slots = slots_at(sessions, address);

    (void)take_slot(sessions, slots, true);
    secret_seal(out, bytes_of(key->secret, sizeof key->secret), password, false);
    give_slot(sessions, slots);
}

/* A name comes from whoever knocks: one that could break a line is not written. */
static void log_login(const char *name, const char *outcome)
{
    const bool plain = text_plain(bytes_text(name)) && strchr(name, ' ') == NULL;

    if (strcmp(outcome, "good") == 0) {
        LOG_INFO("login", "user=%.63s", name);
    } else {
        LOG_WARN("login.refused", "user=%.63s reason=%s", plain ? name : "?", outcome);
    }
}

/* The seal of what an unknown name is compared with, so that it takes as long as a known one. */
static void waste_time(struct bytes password)
{
    struct sign_key key;
    struct buf sealed = BUF_EMPTY;

    sign_key_generate(&key);
    secret_seal(&sealed, bytes_of(key.secret, sizeof key.secret), password, false);
    crypto_wipe(&key, sizeof key);
    buf_free(&sealed);
}

static enum status try_password(const struct login *login, struct sign_key *out, struct err *err)
{
    if (login->row == NULL) {
        waste_time(login->password);
        return err_set(err, ERR_KEY, "login_wrong");
    }
    out->public = login->row->key;
    return secret_unseal(out->secret, sizeof out->secret, login->row->sealed, login->password, err);
}

/* A slot for it. What others have tried while it waited counts: so many at once try no more of a
 * name than so many in a row. */
static enum status begin_attempt(struct sessions *sessions, struct slots *slots,
                                 const struct login *login, struct err *err)
{
    enum status status = check_attempt(sessions, login, err);

    if (status == OK && !take_slot(sessions, slots, false)) {
        return err_set(err, ERR_BUSY, "login_busy");
    }
    if (status == OK) {
        status = check_attempt(sessions, login, err);
        if (status != OK) {
            give_slot(sessions, slots);
        }
    }
    if (status != OK) {
        log_login(login->name, status == ERR_BUSY ? "busy" : "locked");
    }
    return status;
}

enum status session_unseal(struct sessions *sessions, const struct login *login,
                           struct sign_key *out, struct err *err)
{
    struct slots *slots = slots_at(sessions, login->address);
    enum status status;

    memset(out, 0, sizeof *out);
    status = begin_attempt(sessions, slots, login, err);
    if (status != OK) {
        return status;
    }
    status = try_password(login, out, err);
    count_attempt(sessions, login, status == OK);
    give_slot(sessions, slots);
    log_login(login->name, status == OK ? "good" : "wrong_password");
    return status;
}

static bool session_live(const struct session *session, uint64_t now)
{
    return session->name[0] != '\0' && now - session->used_ms < SESSION_IDLE_MS &&
           now - session->begun_ms < SESSION_LIFE_MS;
}

static struct session *older(struct session *one, struct session *other)
{
    return one == NULL || other->used_ms < one->used_ms ? other : one;
}

/* Under the lock. Who has many sessions gives up his own that is unused longest; otherwise a free
 * or expired place, else the one unused longest of all. */
static struct session *take_place(struct sessions *sessions, const char *name, uint64_t now)
{
    struct session *oldest = NULL, *own = NULL, *unused = NULL;
    size_t count = 0;

    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->places[i];
        if (!session_live(session, now)) {
            unused = session;
            continue;
        }
        oldest = older(oldest, session);
        if (strcmp(session->name, name) == 0) {
            own = older(own, session);
            count++;
        }
    }
    return count >= SESSIONS_EACH_MAX ? own : unused != NULL ? unused : oldest;
}

static struct hash token_hash(const char *token)
{
    return hash_of(TAG_TOKEN, bytes_text(token));
}

enum status session_login(struct sessions *sessions, const struct login *login,
                          char token[SESSION_TOKEN_MAX], struct err *err)
{
    struct sign_key key;
    struct session *session;
    uint8_t secret[HASH_SIZE];
    enum status status;

    status = session_unseal(sessions, login, &key, err);
    if (status != OK) {
        return status;
    }
    crypto_random(secret, sizeof secret);
    hex_encode(token, secret, sizeof secret);

    (void)pthread_mutex_lock(&sessions->lock);
    session = take_place(sessions, login->name, clock_mono_ms(&sessions->clock));
    memset(session, 0, sizeof *session);
    (void)snprintf(session->name, sizeof session->name, "%s", login->name);
    (void)snprintf(session->address, sizeof session->address, "%s", login->address);
    session->id = ++sessions->last_id;
    session->token = token_hash(token);
    session->key = key;
    session->begun_ms = clock_mono_ms(&sessions->clock);
    session->used_ms = session->begun_ms;
    (void)pthread_mutex_unlock(&sessions->lock);
    crypto_wipe(&key, sizeof key);
    crypto_wipe(secret, sizeof secret);
    return OK;
}

/* Under the lock. */
static struct session *find(struct sessions *sessions, const char *token)
{
    const struct hash hash = token_hash(token);
    const uint64_t now = clock_mono_ms(&sessions->clock);

    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->places[i];
        if (session->name[0] == '\0') {
            continue;
        }
        if (!session_live(session, now)) {
            crypto_wipe(session, sizeof *session);
        } else if (crypto_equal(&session->token, &hash, sizeof hash)) {
            return session;
        }
    }
    return NULL;
}

static void view_session(const struct sessions *sessions, const struct session *session,
                         struct session_view *out)
{
    const uint64_t now = clock_mono_ms(&sessions->clock);
    const uint64_t began = clock_unix_ms(&sessions->clock) - now; /* of the monotonic clock */

    *out = (struct session_view){.id = session->id,
                                 .key = session->key.public,
                                 .begun_unix_ms = began + session->begun_ms,
                                 .used_unix_ms = began + session->used_ms,
                                 .idle_until_unix_ms = began + session->used_ms + SESSION_IDLE_MS,
                                 .until_unix_ms = began + session->begun_ms + SESSION_LIFE_MS};
    memcpy(out->name, session->name, sizeof out->name);
    memcpy(out->address, session->address, sizeof out->address);
}

bool session_know(struct sessions *sessions, const char *token, bool is_used,
                  struct session_view *out)
{
    struct session *session;

    (void)pthread_mutex_lock(&sessions->lock);
    session = find(sessions, token);
    if (session != NULL) {
        session->used_ms = is_used ? clock_mono_ms(&sessions->clock) : session->used_ms;
        view_session(sessions, session, out);
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    return session != NULL;
}

bool session_find(struct sessions *sessions, const char *token, char name[64],
                  struct sign_key *secret)
{
    struct session *session;

    (void)pthread_mutex_lock(&sessions->lock);
    session = find(sessions, token);
    if (session != NULL) {
        session->used_ms = clock_mono_ms(&sessions->clock);
        memcpy(name, session->name, sizeof session->name);
        *secret = session->key;
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    return session != NULL;
}

static int compare_begun(const void *a, const void *b)
{
    const struct session_view *one = a, *other = b;

    return one->id < other->id ? -1 : one->id > other->id;
}

size_t session_list(struct sessions *sessions, struct session_view out[SESSIONS_MAX])
{
    size_t count = 0;

    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (session_live(&sessions->places[i], clock_mono_ms(&sessions->clock))) {
            view_session(sessions, &sessions->places[i], &out[count++]);
        }
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    qsort(out, count, sizeof *out, compare_begun);
    return count;
}

bool session_end_one(struct sessions *sessions, uint64_t id)
{
    bool found = false;

    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->places[i];

        if (session->id == id && session_live(session, clock_mono_ms(&sessions->clock))) {
            crypto_wipe(session, sizeof *session);
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    return found;
}

void session_logout(struct sessions *sessions, const char *token)
{
    struct session *session;

    (void)pthread_mutex_lock(&sessions->lock);
    session = find(sessions, token);
    if (session != NULL) {
        crypto_wipe(session, sizeof *session);
    }
    (void)pthread_mutex_unlock(&sessions->lock);
}

void session_end(struct sessions *sessions, const char *name)
{
    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->places[i];

        if (strcmp(session->name, name) == 0) {
            crypto_wipe(session, sizeof *session);
        }
    }
    (void)pthread_mutex_unlock(&sessions->lock);
}
