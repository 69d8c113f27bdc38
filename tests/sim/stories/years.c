/* The region as it is, 82 divisions: a year is opened, lived, carried on and closed, the next one
 * opened and closed again. One county is dead when all others close, and closes late. What must
 * hold at any moment is looked at after every step; in the end a county, a city and the region make
 * all that they know once more from their blocks, and it is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/core/rebuild.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/registry.h"
#include "node/ledger/rows/rows.h"
#include "proto/array.h"
#include "tests/sim/stories/story.h"

#define YUAN(amount) ((int64_t)(amount)*100)

enum { DIVISIONS_MAX = 96, YEAR_1 = 2025, YEAR_2 = 2026 };

/* What one division's documents of a year are called. */
struct place {
    struct sim_node *node;
    char code[16], parent[16];
    size_t up; /* of the region: itself */
    bool is_root, is_leaf;
    char source[24], transfer[24], own[24], line[24], payment[24], less[24], recall[24], remit[24],
        registered[24];
};

struct region {
    struct story *story;
    struct clients *clients;
    struct place places[DIVISIONS_MAX];
    size_t count, dead; /* dead: the county that is down while others close */
    int year;
};

/* --- the real divisions --- */

static size_t place_named(const struct region *region, const char *code)
{
    for (size_t i = 0; i < region->count; i++) {
        if (strcmp(region->places[i].code, code) == 0) {
            return i;
        }
    }
    fail_msg("no division %s", code);
    return 0;
}

static void read_divisions(struct region *region)
{
    FILE *file = fopen(DIVISIONS_CSV, "r");
    char line[256];

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct place *place = &region->places[region->count];
        char name[128];

        if (strncmp(line, "54", 2) != 0) {
            continue;
        }
        assert_true(region->count < DIVISIONS_MAX);
        place->is_root = strncmp(line, "540000,", 7) == 0;
        if (sscanf(line, place->is_root ? "%15[^,],%127[^,]" : "%15[^,],%127[^,],%15[^,]",
                   place->code, name, place->parent) < 2) {
            fail_msg("cannot read %s", line);
        }
        place->is_leaf = strcmp(place->code + 4, "00") != 0;
        region->count++;
    }
    (void)fclose(file);
    assert_int_equal(region->count, 82);
}

/* Those above stand before those below. */
static void plant(struct region *region)
{
    for (int depth = 0; depth < 3; depth++) {
        for (size_t i = 0; i < region->count; i++) {
            struct place *place = &region->places[i];
            const int own = place->is_root ? 0 : place->is_leaf ? 2 : 1;

            if (own != depth) {
                continue;
            }
            place->up = place->is_root ? i : place_named(region, place->parent);
            place->node = place->is_root ? story_root(region->story, place->code)
                                         : story_join(region->story, region->places[place->up].node,
                                                      place->code);
            story_staff(region->story, place->node);
        }
    }
}

/* --- steps: each by all that it concerns, at once --- */

typedef bool concerns_fn(const struct region *region, const struct place *place);

static bool everybody(const struct region *region, const struct place *place)
{
    (void)region;
    (void)place;
    return true;
}

static bool the_region(const struct region *region, const struct place *place)
{
    (void)region;
    return place->is_root;
}

static bool counties(const struct region *region, const struct place *place)
{
    (void)region;
    return place->is_leaf;
}

static bool cities(const struct region *region, const struct place *place)
{
    (void)region;
    return !place->is_leaf && !place->is_root;
}

static bool all_but_the_region(const struct region *region, const struct place *place)
{
    (void)region;
    return !place->is_root;
}

static bool every_third(const struct region *region, const struct place *place)
{
    return place->is_leaf && (size_t)(place - region->places) % 3 == 0;
}

static bool is_up(const struct region *region, const struct place *place)
{
    return place != &region->places[region->dead] || sim_core(place->node) != NULL;
}

static void settle_down(struct region *region)
{
    if (region->dead == 0) {
        story_until_rest(region->story);
    } else { /* who is dead does not answer */
        sim_run_until(story_sim(region->story), sim_now(story_sim(region->story)) + 10 * SECOND);
    }
    story_hold(region->story);
}

typedef void fill_fn(const struct region *region, const struct place *place, struct wish *wish);

/* `fill` writes what is said, by the place itself or by the one above it; its number goes to that
 * member of the place, 0: to none. */
static void step(struct region *region, concerns_fn *concerns, bool by_upper, size_t member,
                 fill_fn *fill)
{
    char ids[DIVISIONS_MAX][24] = {""};

    for (size_t i = 0; i < region->count; i++) {
        struct place *place = &region->places[i];
        const struct place *by = by_upper ? &region->places[place->up] : place;
        struct wish wish = {.year = region->year};

        if (concerns(region, place) && is_up(region, by)) {
            fill(region, place, &wish);
            clients_ask(region->clients, by->node, &wish, ids[i]);
            if (member != 0) {
                memcpy((char *)place + member, ids[i], sizeof ids[i]);
            }
        }
    }
    assert_true(clients_wait(region->clients));
    for (size_t i = 0; i < region->count; i++) {
        const struct place *place = &region->places[i];
        const struct place *by = by_upper ? &region->places[place->up] : place;

        if (ids[i][0] != '\0' && !clients_accepted(region->clients, by->node, ids[i])) {
            fail_msg("%s of %s, about %s, in %d: %s %s", ids[i], by->code, place->code,
                     region->year, clients_refusal(region->clients),
                     clients_refusal_detail(region->clients));
        }
    }
    settle_down(region);
}

#define SAYS(region, who, member, what)                                                            \
    step(region, who, false, offsetof(struct place, member), what)
#define SAYS_ONCE(region, who, what) step(region, who, false, 0, what)
#define ABOVE_SAYS(region, whom, member, what)                                                     \
    step(region, whom, true, offsetof(struct place, member), what)

static int64_t passed_to(const struct place *place)
{
    return place->is_leaf ? YUAN(1000) : YUAN(100000);
}

static void says_agency(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    (void)place;
    *wish = (struct wish){.kind = KIND_AGENCY, .other = "101002", .year = YEAR_1};
}

static void says_open(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    (void)place;
    wish->kind = KIND_OPEN_YEAR;
}

static void says_budget(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    (void)place;
    wish->kind = KIND_BUDGET;
    wish->other = "111";
    wish->amount = YUAN(10000000);
}

/* Money goes down one level. */
static void says_transfer(const struct region *region, const struct place *place, struct wish *wish)
{
    const struct place *up = &region->places[place->up];

    wish->kind = KIND_TRANSFER;
    wish->about = up->is_root ? up->source : up->own;
    wish->other = place->code;
    wish->word = "early";
    wish->amount = passed_to(place);
}

static void says_register(const struct region *region, const struct place *place, struct wish *wish)
{
    wish->kind = KIND_REGISTER;
    wish->about = place->transfer;
    wish->other = region->places[place->up].code;
    wish->amount = passed_to(place);
}

/* A tenth of the early amount was too much. */
static void says_lower(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_TRANSFER;
    wish->beside = place->transfer;
    wish->other = place->code;
    wish->amount = -passed_to(place) / 10;
}

static void says_less(const struct region *region, const struct place *place, struct wish *wish)
{
    wish->kind = KIND_REGISTER;
    wish->about = place->less;
    wish->other = region->places[place->up].code;
    wish->amount = -passed_to(place) / 10;
}

static void says_recall(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_RECALL;
    wish->about = place->transfer;
    wish->other = place->code;
    wish->amount = YUAN(50);
}

static void says_grant(const struct region *region, const struct place *place, struct wish *wish)
{
    wish->kind = KIND_RECALL_GRANT;
    wish->about = place->recall;
    wish->beside = place->own;
    wish->other = region->places[place->up].code;
    wish->amount = YUAN(20);
}

static void says_allocate(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_ALLOCATE;
    wish->about = place->own;
    wish->amount = YUAN(500);
}

static void says_release(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_RELEASE;
    wish->about = place->line;
}

static void says_payment(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_PAYMENT;
    wish->about = place->line;
    wish->amount = YUAN(300);
}

static void says_paid(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_PAID;
    wish->about = place->payment;
    wish->amount = YUAN(300);
}

static void says_refund(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_REFUND;
    wish->about = place->payment;
    wish->amount = YUAN(7);
}

static void says_virement(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    wish->kind = KIND_VIREMENT;
    wish->about = place->line;
    wish->other = "101002";
    wish->amount = YUAN(20);
}

/* A little goes back up unasked. */
static void says_remit(const struct region *region, const struct place *place, struct wish *wish)
{
    wish->kind = KIND_REMIT;
    wish->about = place->own;
    wish->other = region->places[place->up].code;
    wish->amount = YUAN(10);
}

static void says_register_remit(const struct region *region, const struct place *place,
                                struct wish *wish)
{
    (void)region;
    wish->kind = KIND_REGISTER;
    wish->about = place->remit;
    wish->other = place->code;
    wish->amount = YUAN(10);
}

/* --- its end --- */

struct leftover {
    struct region *region;
    struct txn *txn;
    struct wish wishes[32];
    char ids[32][24];
    size_t count;
};

static const struct taking {
    const char *word;
    enum account account;
} takings[] = {{"unalloc", ACC_UNALLOC}, {"pending", ACC_PENDING}, {"avail", ACC_AVAIL}};

/* What stands on a line goes on into the next year where it is released, and lapses elsewhere. */
static bool note_leftover(void *arg, const struct document_row *row)
{
    struct leftover *leftover = arg;
    struct indicator line;

    if (!indicator_load(leftover->txn, row->author, bytes_text(row->id), &line) ||
        line.year != leftover->region->year) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(takings); i++) {
        const int64_t amount = (int64_t)line.balance[takings[i].account];

        if (amount > 0) {
            assert_true(leftover->count < COUNT_OF(leftover->wishes));
            memcpy(leftover->ids[leftover->count], row->id, 24);
            leftover->wishes[leftover->count] = (struct wish){
                .kind = takings[i].account == ACC_AVAIL ? KIND_CARRY_OVER : KIND_LAPSE,
                .about = leftover->ids[leftover->count],
                .word = takings[i].word,
                .amount = amount,
                .year = leftover->region->year};
            leftover->count++;
        }
    }
    return true;
}

static void clear_out(struct region *region, const struct place *place)
{
    static const uint32_t lines[] = {KIND_BUDGET,   KIND_REGISTER,   KIND_ALLOCATE,
                                     KIND_VIREMENT, KIND_CARRY_OVER, KIND_REFUND};
    struct txn *txn = txn_open(sim_store(place->node), NULL);
    struct leftover leftover = {.region = region, .txn = txn};
    char id[24];

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        query_list(txn, sim_division(place->node), lines[i], 0, note_leftover, &leftover);
    }
    txn_free(txn);
    for (size_t i = 0; i < leftover.count; i++) {
        clients_ask(region->clients, place->node, &leftover.wishes[i], id);
    }
}

static void clear_all_out(struct region *region, concerns_fn *whom)
{
    for (size_t i = 0; i < region->count; i++) {
        if (whom(region, &region->places[i]) && is_up(region, &region->places[i])) {
            clear_out(region, &region->places[i]);
        }
    }
    assert_true(clients_wait(region->clients));
    settle_down(region);
}

static void says_close(const struct region *region, const struct place *place, struct wish *wish)
{
    (void)region;
    (void)place;
    wish->kind = KIND_CLOSE_YEAR;
}

static bool the_dead_one(const struct region *region, const struct place *place)
{
    return place == &region->places[region->dead];
}

/* By then it is alive again. */
static bool the_late_one(const struct region *region, const struct place *place)
{
    return place == &region->places[place_named(region, "540121")];
}

static bool the_living(const struct region *region, const struct place *place)
{
    return place != &region->places[region->dead];
}

/* --- a year --- */

static void live(struct region *region)
{
    SAYS(region, the_region, source, says_budget);
    ABOVE_SAYS(region, cities, transfer, says_transfer);
    SAYS(region, cities, own, says_register);
    ABOVE_SAYS(region, cities, less, says_lower);
    SAYS_ONCE(region, cities, says_less);
    ABOVE_SAYS(region, counties, transfer, says_transfer);
    SAYS(region, counties, own, says_register);
    ABOVE_SAYS(region, every_third, less, says_lower);
    SAYS_ONCE(region, every_third, says_less);
    ABOVE_SAYS(region, every_third, recall, says_recall);
    SAYS_ONCE(region, every_third, says_grant);
    SAYS(region, all_but_the_region, line, says_allocate);
    SAYS_ONCE(region, all_but_the_region, says_release);
    SAYS(region, all_but_the_region, payment, says_payment);
    SAYS_ONCE(region, all_but_the_region, says_paid);
    SAYS_ONCE(region, every_third, says_refund);
    SAYS_ONCE(region, counties, says_virement);
    SAYS(region, every_third, remit, says_remit);
    ABOVE_SAYS(region, every_third, registered, says_register_remit);
}

static void add_spent(void *arg, const struct balance_row *row)
{
    if (row->account == ACC_SPENT) {
        *(int64_t *)arg += (int64_t)(row->debit - row->credit);
    }
}

static int64_t spent_below(const struct sim_node *at, int year)
{
    struct txn *txn = txn_open(sim_store(at), NULL);
    int64_t spent = 0;

    query_balance(txn, node_roster(sim_core(at)), sim_division(at), SCOPE_SUBTREE, year, BY_ACCOUNT,
                  add_spent, &spent);
    txn_free(txn);
    return spent;
}

static void close_with_one_dead(struct region *region)
{
    const size_t dead = place_named(region, "540121");

    clear_all_out(region, everybody);
    region->dead = dead;
    sim_crash(story_sim(region->story), region->places[dead].node);
    SAYS_ONCE(region, the_living, says_close);
}

static void revive(struct region *region)
{
    sim_restart(story_sim(region->story), region->places[region->dead].node);
    SAYS_ONCE(region, the_dead_one, says_close);
    region->dead = 0;
    settle_down(region);
}

/* --- made once more from the blocks --- */

struct rows {
    struct buf saved; /* each as size, bytes of its key, size, bytes of its value */
    size_t at;
    char differs[64];
};

static void save(struct buf *to, struct bytes bytes)
{
    buf_put_u32(to, (uint32_t)bytes.size);
    buf_append_bytes(to, bytes);
}

/* How many answers wait for what they answer: 0 says no more than no row. */
static bool says_nothing(struct bytes key, struct bytes value)
{
    static const uint8_t zeros[8];

    return key.data[0] == ROW_WAITING_COUNT && value.size == sizeof zeros &&
           memcmp(value.data, zeros, sizeof zeros) == 0;
}

static bool save_row(void *arg, struct bytes key, struct bytes value)
{
    struct rows *rows = arg;

    if (says_nothing(key, value)) {
        return true;
    }
    save(&rows->saved, key);
    save(&rows->saved, value);
    return true;
}

static bool compare_row(void *arg, struct bytes key, struct bytes value)
{
    struct rows *rows = arg;
    struct buf row = BUF_EMPTY;

    if (says_nothing(key, value)) {
        return true;
    }
    save(&row, key);
    save(&row, value);
    if (rows->at + row.size > rows->saved.size ||
        memcmp(rows->saved.data + rows->at, row.data, row.size) != 0) {
        for (size_t i = 0; i < key.size && i < 30; i++) {
            (void)snprintf(rows->differs + 2 * i, 3, "%02x", key.data[i]);
        }
    }
    rows->at += row.size;
    buf_free(&row);
    return rows->differs[0] == '\0';
}

static void scan(const struct sim_node *node, enum store_space space, store_visit_fn *visit,
                 struct rows *rows)
{
    const struct store *store = sim_store(node);
    struct err err;

    assert_int_equal(
        store->ops->scan(store->self, NULL, space, BYTES_NONE, BYTES_NONE, visit, rows, &err), OK);
}

static bool is_folding(struct sim *sim, void *arg)
{
    const struct sim_node *node = arg;

    (void)sim;
    return sim_core(node) == NULL || node_is_folding(sim_core(node));
}

/* Ledgers, roll-ups, indexes and what waits in the inbox are the very rows that were there. */
static void refold(struct region *region, const char *code)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_ROLLUPS, SPACE_INDEX};
    struct sim_node *node = region->places[place_named(region, code)].node;
    struct rows rows[COUNT_OF(spaces)];

    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        scan(node, spaces[i], save_row, &rows[i]);
        assert_true(rows[i].saved.size > 0);
    }
    sim_refold(story_sim(region->story), node);
    assert_true(sim_run_while(story_sim(region->story), is_folding, node, MINUTE));
    story_until_rest(region->story);
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        scan(node, spaces[i], compare_row, &rows[i]);
        if (rows[i].differs[0] != '\0' || rows[i].at != rows[i].saved.size) {
            fail_msg("%s makes other rows of its blocks than it had, space %d: %s", code,
                     (int)spaces[i], rows[i].differs);
        }
        buf_free(&rows[i].saved);
    }
}

static void a_region_closes_two_years(void **state)
{
    struct region *region = mem_zalloc(sizeof *region);
    int64_t spent = 0;
    struct sim_node *root;

    (void)state;
    region->story = story_new();
    region->clients = story_clients(region->story);
    clients_stop(region->clients); /* they ask at once, and nothing by themselves */
    read_divisions(region);
    plant(region);
    for (size_t i = 0; i < region->count; i++) {
        spent += region->places[i].is_root ? 0 : YUAN(300);
        spent -= every_third(region, &region->places[i]) ? YUAN(7) : 0;
    }
    region->year = YEAR_1;
    SAYS_ONCE(region, everybody, says_agency);
    SAYS_ONCE(region, everybody, says_open);
    live(region);
    close_with_one_dead(region);
    root = region->places[place_named(region, "540000")].node;
    assert_int_equal(spent_below(root, YEAR_1), spent);
    region->year = YEAR_2;
    SAYS_ONCE(region, the_living, says_open);
    region->year = YEAR_1;
    revive(region);
    region->year = YEAR_2;
    SAYS_ONCE(region, the_late_one, says_open);
    live(region);
    close_with_one_dead(region);
    revive(region);
    assert_int_equal(spent_below(root, YEAR_1), spent);
    assert_int_equal(spent_below(root, YEAR_2), spent);
    refold(region, "540121");
    refold(region, "540100");
    refold(region, "540000");
    story_hold(region->story);
    story_end(region->story);
    mem_free(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_region_closes_two_years)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
