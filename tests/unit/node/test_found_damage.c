/* What is read without a view: each read of an answer that is sent in pieces goes wrong once. No
 * row is missing in what was sent then: the answer says why it ends, and the loop hears of damage,
 * which heals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "node/api/list.h"
#include "node/api/roster_snapshot.h"
#include "node/api/routes_blocks.h"
#include "node/api/routes_changes.h"
#include "node/api/routes_marks.h"
#include "node/api/routes_metrics.h"
#include "node/core/damage.h"
#include "node/core/turn.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/node/office.h"

static struct spoiling_store spoiling;

struct desk {
    struct office *office;
    struct service service;
    struct clock clock;
};

static void fill(struct office *office)
{
    struct work work = {.action = SUBMIT, .office = office};
    struct work grant = {.action = GRANT, .office = office};

    office_turn(office, &grant);
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000.00");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
}

static void open_desk(struct desk *desk)
{
    desk->office = office_open(false);
    desk->office->config.heals = true;
    office_reopen(desk->office);
    fill(desk->office);
    desk->clock = hand_clock_seam(&desk->office->hand);
    desk->service = (struct service){.node = desk->office->node,
                                     .store = spoiling_store_of(&spoiling, desk->office->store),
                                     .clock = desk->clock,
                                     .self = division_of("540000"),
                                     .tree = desk->office->trust.tree,
                                     .gate = task_gate_open()};
    desk->service.rosters = roster_snapshots_open(&desk->service.tree, desk->service.self);
}

static void close_desk(struct desk *desk)
{
    roster_snapshots_close(desk->service.rosters);
    office_close(desk->office);
    task_gate_shut(desk->service.gate);
    task_gate_unref(desk->service.gate);
}

static void take_turn(struct desk *desk)
{
    struct err err;
    bool busy;

    assert_int_equal(node_step(desk->office->node, &busy, &err), OK);
}

/* Was the loop told? As after the start that heals, nothing is known of it afterwards. */
static bool was_told(struct desk *desk)
{
    bool told;

    take_turn(desk);
    told = node_is_damaged(desk->office->node);
    if (told) {
        office_reopen(desk->office);
        desk->service.node = desk->office->node;
    }
    return told;
}

/* --- asking --- */

struct asked {
    const char *name;
    route_fn *route;
    const char *query[2]; /* name, value */
    const char *accept;
};

static const char *query_of(void *connection, const char *name)
{
    const struct asked *asked = connection;

    return asked->query[0] != NULL && strcmp(asked->query[0], name) == 0 ? asked->query[1] : NULL;
}

static const char *header_of(void *connection, const char *name)
{
    const struct asked *asked = connection;

    return strcmp(name, "Accept") == 0 ? asked->accept : NULL;
}

enum ended { ENDED_WHOLE, ENDED_WITH_REASON, ENDED_SILENTLY };

/* All pieces that come without waiting, into `out`. */
static enum ended ask(const struct desk *desk, const struct asked *asked, struct buf *out)
{
    struct request request = {.service = &desk->service,
                              .method = "GET",
                              .path = "/",
                              .caller = {.door = DOOR_SOCKET, .how = CALLER_SOCKET},
                              .connection = (void *)(uintptr_t)asked,
                              .query = query_of,
                              .header = header_of};
    struct answer answer = {.http = 200};
    struct stream *stream;
    enum ended ended;

    asked->route(&request, &answer);
    if (answer.stream.fill == NULL) {
        ended = answer.http == 500 &&
                        memmem(answer.body.data, answer.body.size, "store_failed", 12) != NULL
                    ? ENDED_WITH_REASON
                    : ENDED_SILENTLY;
        buf_free(&answer.body);
        return ended;
    }
    stream = stream_open(&answer.stream);
    do {
        char piece[4096];
        size_t size;

        stream_fill(stream);
        while ((size = stream_take(stream, piece, sizeof piece)) > 0) {
            buf_append(out, piece, size);
        }
    } while (stream_next(stream) == STREAM_MORE);
    ended = stream_next(stream) != STREAM_FAILED ? ENDED_WHOLE
            : stream_why(stream) != NULL         ? ENDED_WITH_REASON
                                                 : ENDED_SILENTLY;
    stream_close(stream);
    buf_free(&answer.body);
    return ended;
}

static const struct asked answers[] = {
    {"blocks", get_blocks, {NULL, NULL}, NULL},
    {"grants", get_grants, {NULL, NULL}, NULL},
    {"changes", get_changes, {NULL, NULL}, NULL},
    {"changes from the end", get_changes, {"after", "end"}, NULL},
    {"changes as events", get_changes, {NULL, NULL}, "text/event-stream"},
    {"marks", get_marks, {"after", "0"}, NULL},
    {"marks from the end", get_marks, {NULL, NULL}, NULL},
    {"a list", list_documents, {"kind", "budget"}, "application/x-ndjson"},
};

/* Each read of the answer, spoilt so; how many there were that it noticed. */
static size_t spoil_each(struct desk *desk, const struct asked *asked, enum spoiling how,
                         const struct buf *whole)
{
    size_t noticed = 0;

    for (size_t read = 0;; read++) {
        struct buf out = BUF_EMPTY;
        enum ended ended;
        bool told;

        spoiling_store_begin(&spoiling, how, read);
        ended = ask(desk, asked, &out);
        told = was_told(desk);
        if (!spoiling.spoilt) {
            buf_free(&out);
            return noticed;
        }
        if (ended == ENDED_SILENTLY || (how == SPOILS_READ && ended == ENDED_WHOLE) ||
            (ended == ENDED_WHOLE &&
             !bytes_equal(buf_bytes(&out), bytes_of(whole->data, whole->size)))) {
            fail_msg("%s: read %zu of space %d, spoilt (%d), was taken for an absent row or ended "
                     "without a word (%d)",
                     asked->name, read, spoiling.space, how, ended);
        }
        if (told != (how != SPOILS_READ && ended == ENDED_WITH_REASON)) {
            fail_msg("%s: read %zu of space %d, spoilt (%d): %s", asked->name, read, spoiling.space,
                     how, told ? "nothing is damaged" : "nobody was told");
        }
        noticed += ended == ENDED_WITH_REASON;
        buf_free(&out);
    }
}

static void what_cannot_be_read_ends_an_answer_with_its_reason(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct buf whole = BUF_EMPTY;

        spoiling_store_begin(&spoiling, SPOILS_NOTHING, 0);
        if (ask(&desk, &answers[i], &whole) != ENDED_WHOLE) {
            fail_msg("%s is not answered", answers[i].name);
        }
        for (int how = SPOILS_READ; how <= SPOILS_MOST; how++) {
            const size_t noticed = spoil_each(&desk, &answers[i], (enum spoiling)how, &whole);

            if (noticed == 0 && (how == SPOILS_READ || how == SPOILS_MOST)) {
                fail_msg("%s: nothing was read", answers[i].name);
            }
        }
        buf_free(&whole);
    }
    close_desk(&desk);
}

/* --- sums for a program that watches --- */

struct scrape {
    const struct desk *desk;
    struct answer answer;
    atomic_bool over;
};

static void *run_scrape(void *arg)
{
    static const struct asked asked = {"metrics", get_metrics, {NULL, NULL}, NULL};
    struct scrape *scrape = arg;
    struct request request = {.service = &scrape->desk->service,
                              .method = "GET",
                              .path = "/metrics",
                              .connection = (void *)(uintptr_t)&asked,
                              .query = query_of,
                              .header = header_of};

    get_metrics(&request, &scrape->answer);
    atomic_store(&scrape->over, true);
    return NULL;
}

/* The text, terminated. */
static struct buf scrape_metrics(struct desk *desk)
{
    struct scrape scrape = {.desk = desk, .answer = {.http = 200}};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run_scrape, &scrape), 0);
    while (!atomic_load(&scrape.over)) {
        take_turn(desk);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(scrape.answer.http, 200);
    buf_put_u8(&scrape.answer.body, 0);
    return scrape.answer.body;
}

/* Money that nobody could count is no zero: a comment says why it is not there. */
static void a_sum_that_cannot_be_read_is_left_out_with_its_reason(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    for (int how = SPOILS_NOTHING; how <= SPOILS_MOST; how++) {
        size_t missing = 0;

        for (size_t read = 0;; read++) {
            struct buf text;
            bool told;

            spoiling_store_begin(&spoiling, (enum spoiling)how, read);
            text = scrape_metrics(&desk);
            told = was_told(&desk);
            if (!spoiling.spoilt) {
                assert_non_null(
                    strstr((char *)text.data, "\nterrace_money_in_transit_yuan{scope=\"own\"} "));
                buf_free(&text);
                break;
            }
            if (strstr((char *)text.data, "\nterrace_money_in_transit_yuan{") == NULL) {
                assert_non_null(
                    strstr((char *)text.data, "\n# NOT KNOWN terrace_money_in_transit_yuan: "));
                assert_true(told == (how != SPOILS_READ));
                missing++;
            } else {
                assert_false(how == SPOILS_READ);
            }
            buf_free(&text);
        }
        assert_true(how != SPOILS_READ || missing > 0);
    }
    close_desk(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_ends_an_answer_with_its_reason),
        cmocka_unit_test(a_sum_that_cannot_be_read_is_left_out_with_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
