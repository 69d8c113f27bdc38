#include "node/api/attempts.h"

#include <stdio.h>
#include <string.h>

#include "node/api/client_network.h"
#include "proto/array.h"
#include "proto/bytes.h"

enum {
    FAILURES_MAX = 10, /* of a name, in a row */
    LOCKED_MS = 60 * 1000,
    FORGOTTEN_MS = 3 * 60 * 1000,
    NAMES_SPARE = 16, /* checked, and not counted yet */
    ADDRESSES_WATCHED_MAX = 512,
    ADDRESS_FAILURES_MAX = 30,
    SITE_FAILURES_MAX = 120,
    ADDRESS_FORGIVEN_MS = 6000, /* one failure is forgotten in that time */
};

/* Wrong passwords of one name. */
struct failures {
    char name[ATTEMPT_NAME_MAX];
    uint32_t count;
    uint64_t last_ms;
};

/* By one kind of door. */
struct names {
    struct failures *at;
    size_t count, capacity;
};

struct address_failures {
    struct client_network network; /* bits 0: the place is free */
    uint32_t count;                /* at last_ms */
    uint64_t last_ms;
};

struct attempts {
    struct names local, remote;
    struct address_failures addresses[ADDRESSES_WATCHED_MAX];
};

struct attempts *attempts_open(void)
{
    return mem_zalloc(sizeof(struct attempts));
}

void attempts_close(struct attempts *attempts)
{
    if (attempts != NULL) {
        mem_free(attempts->local.at);
        mem_free(attempts->remote.at);
        mem_free(attempts);
    }
}

/* --- names --- */

static bool is_forgotten(const struct failures *failures, uint64_t now_ms)
{
    return failures->count == 0 || now_ms - failures->last_ms >= FORGOTTEN_MS;
}

/* What is remembered of a name; NULL: nothing. *room: so many others can begin. */
static struct failures *find_failures(const struct names *names, const char *name, uint64_t now_ms,
                                      size_t *room)
{
    struct failures *found = NULL;

    *room = ATTEMPT_NAMES_MAX - names->count;
    for (size_t i = 0; i < names->count; i++) {
        struct failures *failures = &names->at[i];

        if (is_forgotten(failures, now_ms)) {
            ++*room;
        } else if (strncmp(failures->name, name, sizeof failures->name - 1) == 0) {
            found = failures;
        }
    }
    return found;
}

/* A place that is forgotten, or one more; NULL when there is none. */
static struct failures *free_place(struct names *names, uint64_t now_ms)
{
    for (size_t i = 0; i < names->count; i++) {
        if (is_forgotten(&names->at[i], now_ms)) {
            return &names->at[i];
        }
    }
    if (names->count == ATTEMPT_NAMES_MAX) {
        return NULL;
    }
    ARRAY_ROOM(names->at, names->count, names->capacity);
    return &names->at[names->count++];
}

static void count_name(struct names *names, const char *name, uint64_t now_ms, bool good)
{
    size_t room;
    struct failures *failures = find_failures(names, name, now_ms, &room);

    if (good) {
        if (failures != NULL) {
            failures->count = 0;
        }
        return;
    }
    if (failures == NULL) {
        failures = free_place(names, now_ms);
        if (failures == NULL) {
            return;
        }
        memset(failures, 0, sizeof *failures);
        (void)snprintf(failures->name, sizeof failures->name, "%s", name);
    }
    failures->count++;
    failures->last_ms = now_ms;
}

static enum status check_name(const struct names *names, const char *name, uint64_t now_ms,
                              struct err *err)
{
    size_t room;
    const struct failures *failures = find_failures(names, name, now_ms, &room);

    if (failures == NULL) {
        return room < NAMES_SPARE ? err_set(err, ERR_BUSY, "login_busy") : OK;
    }
    return failures->count >= FAILURES_MAX && now_ms - failures->last_ms < LOCKED_MS
               ? err_set(err, ERR_LIMIT, "login_locked")
               : OK;
}

/* --- addresses --- */

static uint32_t count_now(const struct address_failures *failures, uint64_t now_ms)
{
    const uint64_t forgiven = (now_ms - failures->last_ms) / ADDRESS_FORGIVEN_MS;

    return forgiven >= failures->count ? 0 : failures->count - (uint32_t)forgiven;
}

static uint32_t count_from(const struct attempts *attempts, const struct client_network *network,
                           uint64_t now_ms)
{
    for (size_t i = 0; i < ADDRESSES_WATCHED_MAX; i++) {
        if (client_network_equal(&attempts->addresses[i].network, network)) {
            return count_now(&attempts->addresses[i], now_ms);
        }
    }
    return 0;
}

static void count_network(struct attempts *attempts, const struct client_network *network,
                          uint64_t now_ms)
{
    struct address_failures *place = &attempts->addresses[0];

    for (size_t i = 0; i < ADDRESSES_WATCHED_MAX; i++) {
        struct address_failures *failures = &attempts->addresses[i];

        if (client_network_equal(&failures->network, network)) {
            place = failures;
            break;
        }
        if (failures->last_ms < place->last_ms) {
            place = failures;
        }
    }
    if (!client_network_equal(&place->network, network)) {
        *place = (struct address_failures){.network = *network};
    }
    place->count = count_now(place, now_ms) + 1;
    place->last_ms = now_ms;
}

static bool is_address_open(const struct attempts *attempts, const char *address, uint64_t now_ms)
{
    struct client_network network, site;

    return !client_network_parse(&network, address) ||
           (count_from(attempts, &network, now_ms) < ADDRESS_FAILURES_MAX &&
            (!client_network_site(&site, &network) ||
             count_from(attempts, &site, now_ms) < SITE_FAILURES_MAX));
}

static void count_address(struct attempts *attempts, const char *address, uint64_t now_ms)
{
    struct client_network network, site;

    if (client_network_parse(&network, address)) {
        count_network(attempts, &network, now_ms);
        if (client_network_site(&site, &network)) {
            count_network(attempts, &site, now_ms);
        }
    }
}

/* --- both --- */

static bool is_remote(const struct attempt *attempt)
{
    return attempt->address[0] != '\0';
}

enum status attempts_check(const struct attempts *attempts, const struct attempt *attempt,
                           uint64_t now_ms, struct err *err)
{
    const struct names *names = is_remote(attempt) ? &attempts->remote : &attempts->local;
    const enum status status = check_name(names, attempt->name, now_ms, err);

    if (status != OK) {
        return status;
    }
    return !is_remote(attempt) || is_address_open(attempts, attempt->address, now_ms)
               ? OK
               : err_set(err, ERR_LIMIT, "login_address_locked");
}

void attempts_count(struct attempts *attempts, const struct attempt *attempt, uint64_t now_ms,
                    bool good)
{
    count_name(is_remote(attempt) ? &attempts->remote : &attempts->local, attempt->name, now_ms,
               good);
    if (!good && is_remote(attempt)) {
        count_address(attempts, attempt->address, now_ms);
    }
}
