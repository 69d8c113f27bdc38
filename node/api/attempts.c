#include "node/api/attempts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "proto/array.h"
#include "proto/bytes.h"

enum {
    FAILURES_MAX = 10, /* of an account, in a row */
    LOCKED_MS = 60 * 1000,
    STRANGERS_WATCHED_MAX = 64,
    ADDRESSES_WATCHED_MAX = 256,
    ADDRESS_FAILURES_MAX = 30,
    ADDRESS_FORGIVEN_MS = 6000, /* one failure is forgotten in that time */
    PREFIX_BYTES = 8,           /* of an IPv6 address, given to one customer or office */
};

/* Wrong passwords of one name, by one kind of door. */
struct failures {
    char name[ATTEMPT_NAME_MAX];
    bool is_remote;
    uint32_t count;
    uint64_t last_ms;
};

struct address_failures {
    char address[ATTEMPT_ADDRESS_MAX]; /* "" when the place is free */
    uint32_t count;                    /* at last_ms */
    uint64_t last_ms;
};

struct attempts {
    struct failures *operators; /* each that failed once */
    size_t operator_count, operator_capacity;
    struct failures strangers[STRANGERS_WATCHED_MAX]; /* names that are no operator's */
    struct address_failures addresses[ADDRESSES_WATCHED_MAX];
};

struct attempts *attempts_open(void)
{
    return mem_zalloc(sizeof(struct attempts));
}

void attempts_close(struct attempts *attempts)
{
    if (attempts != NULL) {
        mem_free(attempts->operators);
        mem_free(attempts);
    }
}

/* --- accounts --- */

static bool is_of(const struct failures *failures, const struct attempt *attempt)
{
    return strcmp(failures->name, attempt->name) == 0 &&
           failures->is_remote == (attempt->address[0] != '\0');
}

static struct failures *begin_failures(struct failures *failures, const struct attempt *attempt)
{
    memset(failures, 0, sizeof *failures);
    (void)snprintf(failures->name, sizeof failures->name, "%s", attempt->name);
    failures->is_remote = attempt->address[0] != '\0';
    return failures;
}

/* An operator's place is never given to another name: no number of invented names opens an account
 * that is locked. */
static struct failures *failures_of_operator(struct attempts *attempts,
                                             const struct attempt *attempt)
{
    for (size_t i = 0; i < attempts->operator_count; i++) {
        if (is_of(&attempts->operators[i], attempt)) {
            return &attempts->operators[i];
        }
    }
    ARRAY_ROOM(attempts->operators, attempts->operator_count, attempts->operator_capacity);
    return begin_failures(&attempts->operators[attempts->operator_count++], attempt);
}

static struct failures *failures_of_stranger(struct attempts *attempts,
                                             const struct attempt *attempt)
{
    struct failures *oldest = &attempts->strangers[0];

    for (size_t i = 0; i < STRANGERS_WATCHED_MAX; i++) {
        struct failures *failures = &attempts->strangers[i];
        if (is_of(failures, attempt)) {
            return failures;
        }
        if (failures->last_ms < oldest->last_ms) {
            oldest = failures;
        }
    }
    return begin_failures(oldest, attempt);
}

static struct failures *failures_of(struct attempts *attempts, const struct attempt *attempt)
{
    return attempt->is_operator ? failures_of_operator(attempts, attempt)
                                : failures_of_stranger(attempts, attempt);
}

/* --- addresses --- */

static void address_key(char out[ATTEMPT_ADDRESS_MAX], const char *address)
{
    struct in6_addr parsed;

    if (inet_pton(AF_INET6, address, &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) {
        (void)snprintf(out, ATTEMPT_ADDRESS_MAX, "%s", address);
        return;
    }
    memset(&parsed.s6_addr[PREFIX_BYTES], 0, sizeof parsed.s6_addr - PREFIX_BYTES);
    if (inet_ntop(AF_INET6, &parsed, out, ATTEMPT_ADDRESS_MAX) == NULL) {
        out[0] = '\0';
    }
}

static struct address_failures *failures_from(struct attempts *attempts, const char *address)
{
    struct address_failures *oldest = &attempts->addresses[0];
    char key[ATTEMPT_ADDRESS_MAX];

    address_key(key, address);
    for (size_t i = 0; i < ADDRESSES_WATCHED_MAX; i++) {
        struct address_failures *failures = &attempts->addresses[i];
        if (strcmp(failures->address, key) == 0) {
            return failures;
        }
        if (failures->last_ms < oldest->last_ms) {
            oldest = failures;
        }
    }
    memset(oldest, 0, sizeof *oldest);
    memcpy(oldest->address, key, sizeof key);
    return oldest;
}

static uint32_t count_now(const struct address_failures *failures, uint64_t now_ms)
{
    const uint64_t forgiven = (now_ms - failures->last_ms) / ADDRESS_FORGIVEN_MS;

    return forgiven >= failures->count ? 0 : failures->count - (uint32_t)forgiven;
}

/* --- both --- */

enum status attempts_check(struct attempts *attempts, const struct attempt *attempt,
                           uint64_t now_ms, struct err *err)
{
    const struct failures *failures = failures_of(attempts, attempt);

    if (failures->count >= FAILURES_MAX && now_ms - failures->last_ms < LOCKED_MS) {
        return err_set(err, ERR_LIMIT, "login_locked");
    }
    if (attempt->address[0] != '\0' &&
        count_now(failures_from(attempts, attempt->address), now_ms) >= ADDRESS_FAILURES_MAX) {
        return err_set(err, ERR_LIMIT, "login_address_locked");
    }
    return OK;
}

void attempts_count(struct attempts *attempts, const struct attempt *attempt, uint64_t now_ms,
                    bool good)
{
    struct failures *failures = failures_of(attempts, attempt);
    struct address_failures *from;

    failures->count = good ? 0 : failures->count + 1;
    failures->last_ms = now_ms;
    if (!good && attempt->address[0] != '\0') {
        from = failures_from(attempts, attempt->address);
        from->count = count_now(from, now_ms) + 1;
        from->last_ms = now_ms;
    }
}
