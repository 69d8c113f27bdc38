/* load - a payments office in a hurry: posts batches to a node's API and times what happens.
 *
 *   load hops    --socket S [--connections N] [--seconds N] [--batch N] --indicators N
 *                [--maker NAME --checker NAME]          posts until the time is over
 *   load drafts  --socket S --maker NAME [--count N] [--batch N] --indicators N
 *                                                      N posts of drafts, one after another
 *   load latency --socket S --region S --division D [--count N] --indicators N
 *                                                      one document at a time, until it is seen
 *
 * Payments go to the indicators AL00000 to AL(N-1), each to another payee, with another amount and
 * purpose, as in a real office. One JSON line on stdout. Passwords come from $TERRACE_PASSWORD.
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/bytes.h"
#include "tests/bench/payments.h"

enum { CONNECTIONS_MAX = 16, LATENCIES_MAX = 20000 };

struct options {
    const char *socket, *region, *division, *maker, *checker;
    size_t indicators, batch, connections, count;
    uint64_t seconds;
};

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "load: %s\n", what);
    exit(1);
}

/* --- HTTP/1.1 over a unix socket, as little as serves --- */

struct connection {
    int fd;
    struct buf in, out;
    char token[128];
};

static void dial(struct connection *connection, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(connection, 0, sizeof *connection);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    connection->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("cannot reach the node's socket");
    }
}

static void hang_up(struct connection *connection)
{
    (void)close(connection->fd);
    buf_free(&connection->in);
    buf_free(&connection->out);
}

static void send_all(int fd, struct bytes bytes)
{
    while (bytes.size > 0) {
        const ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (sent <= 0) {
            fail("the node hung up");
        }
        bytes = bytes_of(bytes.data + sent, bytes.size - (size_t)sent);
    }
}

/* The answer's body, as text inside connection->in; exits unless it is a 200. */
static const char *receive(struct connection *connection)
{
    size_t body_at = 0, body_size = 0;

    buf_clear(&connection->in);
    for (;;) {
        ssize_t got;
        buf_reserve(&connection->in, 65536);
        got = recv(connection->fd, connection->in.data + connection->in.size, 65535, 0);
        if (got <= 0) {
            fail("the node hung up");
        }
        connection->in.size += (size_t)got;
        connection->in.data[connection->in.size] = '\0';
        if (body_at == 0) {
            char *text = (char *)connection->in.data, *end = strstr(text, "\r\n\r\n");
            const char *length;
            if (end == NULL) {
                continue;
            }
            body_at = (size_t)(end - text) + 4;
            length = strcasestr(text, "content-length:");
            if (length == NULL || length > end) {
                fail("an answer without a length");
            }
            body_size = strtoul(length + 15, NULL, 10);
        }
        if (connection->in.size >= body_at + body_size) {
            const char *body = (const char *)connection->in.data + body_at;
            if (strncmp((const char *)connection->in.data, "HTTP/1.1 200", 12) != 0) {
                fail(body);
            }
            return body;
        }
    }
}

static const char *ask(struct connection *connection, const char *method, const char *path,
                       struct bytes body)
{
    char head[512];
    const int size =
        snprintf(head, sizeof head,
                 "%s /api/v1%s HTTP/1.1\r\nHost: terrace\r\n%s%s%sContent-Length: %zu\r\n\r\n",
                 method, path, connection->token[0] != '\0' ? "Authorization: Bearer " : "",
                 connection->token, connection->token[0] != '\0' ? "\r\n" : "", body.size);

    send_all(connection->fd, bytes_of(head, (size_t)size));
    send_all(connection->fd, body);
    return receive(connection);
}

static void copy_member(char *out, size_t size, const char *json, const char *name)
{
    char quoted[64];
    const char *at;
    size_t i = 0;

    (void)snprintf(quoted, sizeof quoted, "\"%s\"", name);
    at = strstr(json, quoted);
    if (at == NULL) {
        fail(json);
    }
    at += strlen(quoted);
    at += strspn(at, ": \"");
    while (i + 1 < size && at[i] != '"' && at[i] != ',' && at[i] != '}') {
        out[i] = at[i];
        i++;
    }
    out[i] = '\0';
}

static void log_in(struct connection *connection, const char *name)
{
    char body[512];

    (void)snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"%s\"}", name,
                   getenv("TERRACE_PASSWORD"));
    copy_member(connection->token, sizeof connection->token,
                ask(connection, "POST", "/login", bytes_text(body)), "token");
}

/* --- posts --- */

struct worker {
    const struct options *options;
    pthread_t thread;
    unsigned index;
    uint64_t until_us, accepted, posts;
};

static uint64_t count_word(const char *text, const char *word)
{
    uint64_t count = 0;

    for (text = strstr(text, word); text != NULL; text = strstr(text + 1, word)) {
        count++;
    }
    return count;
}

static void approve_batch(struct worker *worker, struct connection *checker, const char *prefix,
                          uint64_t first)
{
    struct buf *body = &checker->out;

    buf_clear(body);
    buf_append_bytes(body, bytes_text("{\"ids\":["));
    for (uint64_t i = 0; i < worker->options->batch; i++) {
        char id[64];
        const int size =
            snprintf(id, sizeof id, "%s\"%s%09" PRIu64 "\"", i > 0 ? "," : "", prefix, first + i);
        buf_append(body, id, (size_t)size);
    }
    buf_append_bytes(body, bytes_text("]}"));
    worker->accepted +=
        count_word(ask(checker, "POST", "/approve", buf_bytes(body)), "\"accepted\"");
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    const struct options *options = worker->options;
    struct connection maker, checker;
    char prefix[24];
    uint64_t number = 0;

    dial(&maker, options->socket);
    if (options->maker != NULL) {
        log_in(&maker, options->maker);
        dial(&checker, options->socket);
        log_in(&checker, options->checker);
    }
    (void)snprintf(prefix, sizeof prefix, "H%x-%u-", (unsigned)(now_us() & 0xffffff),
                   worker->index);
    while (now_us() < worker->until_us) {
        const uint64_t first = number;
        const char *answer;

        buf_clear(&maker.out);
        for (size_t i = 0; i < options->batch; i++) {
            payments_add(&maker.out, prefix, worker->index, number++, options->indicators);
        }
        answer = ask(&maker, "POST", "/documents?kind=payment", buf_bytes(&maker.out));
        if (options->maker != NULL) {
            approve_batch(worker, &checker, prefix, first);
        } else {
            worker->accepted += count_word(answer, "\"accepted\"");
        }
        worker->posts++;
        if (worker->posts == 1 && worker->accepted != options->batch) {
            fail(answer);
        }
    }
    hang_up(&maker);
    if (options->maker != NULL) {
        hang_up(&checker);
    }
    return NULL;
}

static void run_hops(const struct options *options)
{
    struct worker workers[CONNECTIONS_MAX];
    const uint64_t began_us = now_us();
    uint64_t accepted = 0;

    for (size_t i = 0; i < options->connections; i++) {
        workers[i] = (struct worker){.options = options,
                                     .index = (unsigned)i,
                                     .until_us = began_us + options->seconds * 1000000};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            fail("no thread");
        }
    }
    for (size_t i = 0; i < options->connections; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        accepted += workers[i].accepted;
    }
    (void)printf("{\"accepted\":%" PRIu64 ",\"us\":%" PRIu64 "}\n", accepted, now_us() - began_us);
}

/* --- drafts --- */

/* The first post opens what later ones find. */
static void run_drafts(const struct options *options)
{
    struct connection maker;
    char prefix[24];
    uint64_t number = 0, drafts = 0, took_us = 0;

    dial(&maker, options->socket);
    log_in(&maker, options->maker);
    (void)snprintf(prefix, sizeof prefix, "D%x-", (unsigned)(now_us() & 0xffffff));
    for (size_t post = 0; post <= options->count; post++) {
        uint64_t began_us;
        const char *answer;

        buf_clear(&maker.out);
        for (size_t i = 0; i < options->batch; i++) {
            payments_add(&maker.out, prefix, 0, number++, options->indicators);
        }
        began_us = now_us();
        answer = ask(&maker, "POST", "/documents?kind=payment", buf_bytes(&maker.out));
        if (count_word(answer, "\"draft\"") != options->batch) {
            fail(answer);
        }
        took_us += post == 0 ? 0 : now_us() - began_us;
        drafts += post == 0 ? 0 : options->batch;
    }
    (void)printf("{\"drafts\":%" PRIu64 ",\"us\":%" PRIu64 "}\n", drafts, took_us);
    hang_up(&maker);
}

/* --- latency --- */

static int by_value(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static void print_quantiles(const char *name, uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    (void)printf("{\"%s\":{\"count\":%zu,\"p50_us\":%" PRIu64 ",\"p90_us\":%" PRIu64
                 ",\"p99_us\":%" PRIu64 ",\"min_us\":%" PRIu64 "}}\n",
                 name, count, values[count / 2], values[count * 9 / 10], values[count * 99 / 100],
                 values[0]);
}

static uint64_t lsn_at(struct connection *connection, const char *path)
{
    char lsn[32];

    copy_member(lsn, sizeof lsn, ask(connection, "GET", path, BYTES_NONE), "lsn");
    return strtoull(lsn, NULL, 10);
}

static void run_latency(const struct options *options)
{
    static uint64_t durable_at_region[LATENCIES_MAX];
    struct connection county, region;
    char path[128], waiting[192], prefix[24];

    dial(&county, options->socket);
    dial(&region, options->region);
    (void)snprintf(path, sizeof path, "/digest?division=%s", options->division);
    (void)snprintf(prefix, sizeof prefix, "Y%x-", (unsigned)(now_us() & 0xffffff));
    for (size_t i = 0; i < options->count; i++) {
        const uint64_t before = lsn_at(&region, path);
        uint64_t began_us;

        buf_clear(&county.out);
        payments_add(&county.out, prefix, 0, i, options->indicators);
        began_us = now_us();
        (void)ask(&county, "POST", "/documents?kind=payment", buf_bytes(&county.out));
        /* The answer waits until the region's ledger is past it: it moves only with a commit. */
        (void)snprintf(waiting, sizeof waiting, "%s&after=%" PRIu64, path, before);
        while (lsn_at(&region, waiting) <= before) {
        }
        durable_at_region[i] = now_us() - began_us;
    }
    print_quantiles("durable_at_region", durable_at_region, options->count);
    hang_up(&county);
    hang_up(&region);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"socket", 1, NULL, 's'},   {"region", 1, NULL, 'r'},
                                          {"division", 1, NULL, 'd'}, {"maker", 1, NULL, 'm'},
                                          {"checker", 1, NULL, 'c'},  {"indicators", 1, NULL, 'i'},
                                          {"batch", 1, NULL, 'b'},    {"connections", 1, NULL, 'n'},
                                          {"seconds", 1, NULL, 't'},  {"count", 1, NULL, 'k'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.batch = 1000, .connections = 3, .seconds = 10, .count = 300};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            options.socket = optarg;
            break;
        case 'r':
            options.region = optarg;
            break;
        case 'd':
            options.division = optarg;
            break;
        case 'm':
            options.maker = optarg;
            break;
        case 'c':
            options.checker = optarg;
            break;
        case 'b':
            options.batch = strtoul(optarg, NULL, 10);
            break;
        case 'n':
            options.connections = strtoul(optarg, NULL, 10);
            break;
        case 't':
            options.seconds = strtoul(optarg, NULL, 10);
            break;
        case 'k':
            options.count = strtoul(optarg, NULL, 10);
            break;
        case 'i':
            options.indicators = strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc || options.connections > CONNECTIONS_MAX ||
        options.count > LATENCIES_MAX || options.count == 0) {
        return 2;
    }
    if (options.socket == NULL || options.indicators == 0) {
        return 2;
    } else if (strcmp(argv[optind], "hops") == 0) {
        run_hops(&options);
    } else if (strcmp(argv[optind], "drafts") == 0 && options.maker != NULL) {
        run_drafts(&options);
    } else if (strcmp(argv[optind], "latency") == 0 && options.region != NULL &&
               options.division != NULL) {
        run_latency(&options);
    } else {
        return 2;
    }
    return 0;
}
