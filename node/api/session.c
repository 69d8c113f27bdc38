#include "node/api/session.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

enum { SLOW_HASHES_MAX = 2, FAILURES_MAX = 10, LOCKED_MS = 60 * 1000, ACCOUNTS_WATCHED_MAX = 64 };

struct session {
    char name[64]; /* "" when the place is free */
    struct hash token;
    struct sign_key key;
    uint64_t begun_ms, used_ms; /* mono */
};

/* Wrong passwords of one name. */
struct failures {
    char name[64];
    uint32_t count;
    uint64_t last_ms;
};

struct sessions {
    pthread_mutex_t lock;
    pthread_cond_t slot_free;
    struct clock clock;
    int slow_hashes; /* Argon2id runs under way: 64 MiB each */
    struct session places[SESSIONS_MAX];
    struct failures failures[ACCOUNTS_WATCHED_MAX];
};

struct sessions *sessions_open(const struct clock *clock)
{
    struct sessions *sessions = mem_zalloc(sizeof *sessions);

    sessions->clock = *clock;
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
    mem_free(sessions);
}

static void take_slot(struct sessions *sessions)
{
    (void)pthread_mutex_lock(&sessions->lock);
    while (sessions->slow_hashes == SLOW_HASHES_MAX) {
        (void)pthread_cond_wait(&sessions->slot_free, &sessions->lock);
    }
    sessions->slow_hashes++;
    (void)pthread_mutex_unlock(&sessions->lock);
}

static void give_slot(struct sessions *sessions)
{
    (void)pthread_mutex_lock(&sessions->lock);
    sessions->slow_hashes--;
    (void)pthread_cond_signal(&sessions->slot_free);
    (void)pthread_mutex_unlock(&sessions->lock);
}

/* Under the lock. The place of this name, else the one that has been quiet longest. */
static struct failures *failures_of(struct sessions *sessions, const char *name)
{
    struct failures *oldest = &sessions->failures[0];

    for (size_t i = 0; i < ACCOUNTS_WATCHED_MAX; i++) {
        struct failures *failures = &sessions->failures[i];
        if (strcmp(failures->name, name) == 0) {
            return failures;
        }
        if (failures->last_ms < oldest->last_ms) {
            oldest = failures;
        }
    }
    memset(oldest, 0, sizeof *oldest);
    (void)snprintf(oldest->name, sizeof oldest->name, "%s", name);
    return oldest;
}

static bool account_locked(struct sessions *sessions, const char *name)
{
    struct failures *failures;
    bool locked;

    (void)pthread_mutex_lock(&sessions->lock);
    failures = failures_of(sessions, name);
    locked = failures->count >= FAILURES_MAX &&
             clock_mono_ms(&sessions->clock) - failures->last_ms < LOCKED_MS;
    (void)pthread_mutex_unlock(&sessions->lock);
    return locked;
}

static void count_attempt(struct sessions *sessions, const char *name, bool good)
{
    struct failures *failures;

    (void)pthread_mutex_lock(&sessions->lock);
    failures = failures_of(sessions, name);
    failures->count = good ? 0 : failures->count + 1;
    failures->last_ms = clock_mono_ms(&sessions->clock);
    (void)pthread_mutex_unlock(&sessions->lock);
}

void session_seal(struct sessions *sessions, struct buf *out, const struct sign_key *key,
                  struct bytes password)
{
    take_slot(sessions);
    secret_seal(out, bytes_of(key->secret, sizeof key->secret), password, false);
    give_slot(sessions);
}

/* What an unknown name is compared with, so that it takes as long as a known one. */
static void waste_time(struct sessions *sessions, struct bytes password)
{
    struct sign_key key;
    struct buf sealed = BUF_EMPTY;

    sign_key_generate(&key);
    session_seal(sessions, &sealed, &key, password);
    crypto_wipe(&key, sizeof key);
    buf_free(&sealed);
}

enum status session_unseal(struct sessions *sessions, const char *name,
                           const struct operator_row *row, struct bytes password,
                           struct sign_key *out, struct err *err)
{
    enum status status;

    memset(out, 0, sizeof *out);
    if (account_locked(sessions, name)) {
        return err_set(err, ERR_LIMIT, "too many wrong passwords");
    }
    if (row == NULL) {
        waste_time(sessions, password);
        status = err_set(err, ERR_KEY, "wrong name or password");
    } else {
        take_slot(sessions);
        status = secret_unseal(out->secret, sizeof out->secret, row->sealed, password, err);
        give_slot(sessions);
        out->public = row->key;
    }
    count_attempt(sessions, name, status == OK);
    return status;
}

static bool session_live(const struct session *session, uint64_t now)
{
    return session->name[0] != '\0' && now - session->used_ms < SESSION_IDLE_MS &&
           now - session->begun_ms < SESSION_LIFE_MS;
}

/* Under the lock. A free or expired place, else the one unused longest. */
static struct session *take_place(struct sessions *sessions, uint64_t now)
{
    struct session *oldest = &sessions->places[0];

    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->places[i];
        if (!session_live(session, now)) {
            return session;
        }
        if (session->used_ms < oldest->used_ms) {
            oldest = session;
        }
    }
    return oldest;
}

static struct hash token_hash(const char *token)
{
    return hash_of(TAG_TOKEN, bytes_text(token));
}

enum status session_login(struct sessions *sessions, const char *name,
                          const struct operator_row *row, struct bytes password,
                          char token[SESSION_TOKEN_MAX], struct err *err)
{
    struct sign_key key;
    struct session *session;
    uint8_t secret[HASH_SIZE];
    enum status status;

    status = session_unseal(sessions, name, row, password, &key, err);
    if (status != OK) {
        return status;
    }
    crypto_random(secret, sizeof secret);
    hex_encode(token, secret, sizeof secret);

    (void)pthread_mutex_lock(&sessions->lock);
    session = take_place(sessions, clock_mono_ms(&sessions->clock));
    (void)snprintf(session->name, sizeof session->name, "%s", name);
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
