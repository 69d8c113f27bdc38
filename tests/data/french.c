/* french - 24,811 real grants carried down a tree of 121 nodes, and every total held to the cent.
 *
 *   french transfers-fr-2019.csv.gz
 *
 * The state gets one appropriation, issues each grant to its region, the region to the department,
 * the department allocates it to the beneficiary and releases it. Departments return what exceeds
 * the project's cost, and one grant in fifty besides. Nodes are real ones in the simulator;
 * expected totals are summed here, from the file alone. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query/query.h"
#include "node/ledger/verify/verify_ledger.h"
#include "proto/array.h"
#include "proto/log.h"
#include "tests/data/replay.h"

/* What tests/data/README.md says of the file. */
enum { ROWS = 24811, PLACES = 121, RETURNED_MIN = ROWS / 50 };
#define TOTAL_CENTS INT64_C(170797894619)

enum { ROWS_MAX = 30000, PLACES_MAX = 128, YEAR = 2019 };

struct grant_row {
    char id[32], beneficiary[16], name[160];
    int region, department; /* places */
    int64_t fen, cost;
    bool returned;
};

struct place {
    char code[10];
    int parent;
    struct sim_node *node;
    int64_t received, returned; /* what the file says */
    struct grant_row **rows;
    size_t count, capacity, agencies, agency_capacity;
    char (*agency)[16];
};

struct world {
    struct sim *sim;
    struct grant_row *rows;
    size_t count;
    struct place places[PLACES_MAX];
    int place_count;
    bool await_departments; /* which level `arriving` looks at */
    int64_t total;
};

/* --- the file --- */

static int place_of(struct world *world, const char *code, int parent)
{
    for (int i = 0; i < world->place_count; i++) {
        if (strcmp(world->places[i].code, code) == 0) {
            return i;
        }
    }
    assert(world->place_count < PLACES_MAX);
    (void)snprintf(world->places[world->place_count].code, 10, "%s", code);
    world->places[world->place_count].parent = parent;
    return world->place_count++;
}

static void read_row(void *arg, char **fields, size_t count)
{
    struct world *world = arg;
    struct grant_row *row = &world->rows[world->count++];
    char region[10], department[10]; /* whose code begins with its region's, which may grant it */

    (void)count;
    assert(world->count < ROWS_MAX);
    (void)snprintf(row->id, sizeof row->id, "%s", fields[0]);
    (void)snprintf(region, sizeof region, "R%.4s", fields[1]);
    (void)snprintf(department, sizeof department, "%.5s%.4s", region, fields[3]);
    row->region = place_of(world, region, 0);
    row->department = place_of(world, department, row->region);
    (void)snprintf(row->beneficiary, sizeof row->beneficiary, "%s", fields[5]);
    (void)snprintf(row->name, sizeof row->name, "%.150s", fields[6]);
    while (!utf8_valid(bytes_text(row->name))) {
        row->name[strlen(row->name) - 1] = '\0'; /* cut between characters */
    }
    if (!amount_parse(&row->fen, bytes_text(fields[13]))) {
        (void)fprintf(stderr, "french: bad amount %s\n", fields[13]);
        exit(1);
    }
    row->returned = (amount_parse(&row->cost, bytes_text(fields[12])) && row->fen > row->cost) ||
                    world->count % 50 == 0;
    world->total += row->fen;
}

static void read_all(struct world *world, const char *path)
{
    world->rows = mem_zalloc(ROWS_MAX * sizeof *world->rows);
    (void)place_of(world, "FR", -1);
    csv_each(path, 15, read_row, world);
}

/* A file that is not the one we know, or that we read otherwise, proves nothing. */
static void check_file(const struct world *world)
{
    size_t returned = 0;

    for (size_t i = 0; i < world->count; i++) {
        returned += world->rows[i].returned;
    }
    if (world->count != ROWS || world->place_count != PLACES || world->total != TOTAL_CENTS ||
        returned < RETURNED_MIN) {
        (void)fprintf(stderr, "french: %zu rows, %d places, %" PRId64 " cents, %zu returned\n",
                      world->count, world->place_count, world->total, returned);
        exit(1);
    }
}

static bool new_agency(struct place *place, const char *code)
{
    for (size_t i = 0; i < place->agencies; i++) {
        if (strcmp(place->agency[i], code) == 0) {
            return false;
        }
    }
    ARRAY_ROOM(place->agency, place->agencies, place->agency_capacity);
    (void)snprintf(place->agency[place->agencies++], 16, "%s", code);
    return true;
}

static void add_row(struct place *place, struct grant_row *row)
{
    ARRAY_ROOM(place->rows, place->count, place->capacity);
    place->rows[place->count++] = row;
    place->received += row->fen;
}

static void share_out(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct grant_row *row = &world->rows[i];

        add_row(&world->places[0], row);
        add_row(&world->places[row->region], row);
        add_row(&world->places[row->department], row);
        if (row->returned) {
            world->places[row->department].returned += row->fen;
        }
    }
}

/* --- the acts --- */

static void set(struct document *document, enum field field, const char *text)
{
    document_set_text(document, field, bytes_text(text));
}

static void appropriate(struct world *world)
{
    struct post post;
    struct document *document;

    post_open(&post, world->sim, world->places[0].node);
    document = post_next(&post, KIND_BUDGET, YEAR, "", "B2019");
    set(document, FIELD_STAGE, "reply");
    set(document, FIELD_FUND_TYPE_CODE, "11");
    set(document, FIELD_APPROVAL_REF, "LFI 2019");
    document_set_number(document, FIELD_AMOUNT, world->total);
    post_flush(&post);
    post_close(&post);
}

/* Issues every grant of `from` to the place below it, out of `origin` (or the registration). */
static void issue(struct world *world, int from, bool to_region)
{
    struct place *place = &world->places[from];
    struct post post;

    post_open(&post, world->sim, place->node);
    for (size_t i = 0; i < place->count; i++) {
        struct grant_row *row = place->rows[i];
        struct document *document = post_next(&post, KIND_TRANSFER, YEAR, "T-", row->id);
        const int to = to_region ? row->region : row->department;

        document_set_text(document, FIELD_ORI_BGT_ID,
                          to_region ? bytes_text("B2019") : post_keep(&post, 1, "G-", row->id));
        set(document, FIELD_REC_DIV_CODE, world->places[to].code);
        set(document, FIELD_COR_BGT_DOC_NO, "DGCL 2019-7");
        set(document, FIELD_TRA_TYPE_CODE, "general");
        set(document, FIELD_STAGE, "formal");
        document_set_number(document, FIELD_AMOUNT, row->fen);
    }
    post_flush(&post);
    post_close(&post);
}

/* Registers what came, or returns it. */
static void answer(struct world *world, int at, bool department)
{
    struct place *place = &world->places[at];
    struct post post;

    post_open(&post, world->sim, place->node);
    for (size_t i = 0; i < place->count; i++) {
        struct grant_row *row = place->rows[i];
        const bool back = department && row->returned;
        struct document *document =
            post_next(&post, back ? KIND_RETURN : KIND_REGISTER, YEAR, "G-", row->id);

        document_set_text(document, FIELD_BGT_ID, post_keep(&post, 1, "T-", row->id));
        if (back) {
            set(document, FIELD_REASON, "grant exceeds the cost of the project");
        }
    }
    post_flush(&post);
    post_close(&post);
}

static void spend(struct world *world, int at)
{
    struct place *place = &world->places[at];
    struct post post;

    post_open(&post, world->sim, place->node);
    for (size_t i = 0; i < place->count; i++) {
        struct grant_row *row = place->rows[i];
        if (new_agency(place, row->beneficiary)) {
            struct document *document = post_next(&post, KIND_AGENCY, YEAR, "A-", row->beneficiary);
            set(document, FIELD_AGENCY_CODE, row->beneficiary);
            set(document, FIELD_AGENCY_NAME, row->name);
        }
    }
    for (size_t i = 0; i < place->count; i++) {
        struct grant_row *row = place->rows[i];
        struct document *document;

        if (row->returned) {
            continue;
        }
        document = post_next(&post, KIND_ALLOCATE, YEAR, "L-", row->id);
        document_set_text(document, FIELD_ORI_BGT_ID, post_keep(&post, 1, "G-", row->id));
        set(document, FIELD_AGENCY_CODE, row->beneficiary);
        document_set_number(document, FIELD_AMOUNT, row->fen);
        document = post_next(&post, KIND_RELEASE, YEAR, "E-", row->id);
        document_set_text(document, FIELD_BGT_ID, post_keep(&post, 1, "L-", row->id));
        set(document, FIELD_COR_BGT_DOC_NO, "DGCL 2019-8");
    }
    post_flush(&post);
    post_close(&post);
}

/* --- waiting and checking --- */

/* The last transfer to each place of the awaited level is not there yet. */
static bool arriving(struct sim *sim, void *arg)
{
    struct world *world = arg;

    (void)sim;
    for (int i = 1; i < world->place_count; i++) {
        const struct place *place = &world->places[i];
        struct txn *txn = txn_open(sim_store(place->node), NULL);
        bool there = true;
        char id[48];
        struct document_row row;

        if (place->count > 0 && (place->parent != 0) == world->await_departments) {
            (void)snprintf(id, sizeof id, "T-%s", place->rows[place->count - 1]->id);
            there = query_document(txn, sim_division(world->places[place->parent].node),
                                   bytes_text(id), &row);
        }
        txn_free(txn);
        if (!there) {
            return true;
        }
    }
    return false;
}

static bool travelling(struct sim *sim, void *arg)
{
    (void)arg;
    return !replay_arrived(sim);
}

static void wait_for(struct world *world, bool (*waiting)(struct sim *, void *), const char *what)
{
    /* Asking reads every node, so ask once in a while, not at every event. */
    for (int i = 0; i < 3000; i++) {
        if (!waiting(world->sim, world)) {
            return;
        }
        sim_run_until(world->sim, sim_now(world->sim) + SECOND);
    }
    (void)fprintf(stderr, "french: waited in vain for %s\n", what);
    exit(1);
}

struct sums {
    int128 balance[ACCOUNTS];
};

static void add_sum(void *arg, const struct balance_row *row)
{
    struct sums *sums = arg;

    sums->balance[row->account] += (row->debit - row->credit) * account_info(row->account)->normal;
}

static void hold(const char *where, const char *what, int128 have, int64_t want)
{
    if (have != want) {
        (void)fprintf(stderr, "french: %s: %s is %" PRId64 " cents, the file says %" PRId64 "\n",
                      where, what, (int64_t)have, want);
        exit(1);
    }
}

static int64_t returned_below(const struct world *world, int place)
{
    int64_t sum = 0;

    for (int i = 0; i < world->place_count; i++) {
        if (i == place || world->places[i].parent == place) {
            sum += world->places[i].returned;
        }
    }
    return sum;
}

/* The books of `place` as `holder` keeps them. */
static void check_place(const struct world *world, int index, const struct place *holder)
{
    const struct place *place = &world->places[index];
    struct txn *txn = txn_open(sim_store(holder->node), NULL);
    struct sums own = {{0}};
    char fault[256] = "";

    query_balance(txn, NULL, sim_division(place->node), SCOPE_OWN, YEAR, BY_ACCOUNT, add_sum, &own);
    if (place->parent < 0) {
        hold(place->code, "SRC_APPROVED", own.balance[ACC_SRC_APPROVED], world->total);
        hold(place->code, "XFER_OUT", own.balance[ACC_XFER_OUT], world->total);
    } else if (place->parent == 0) {
        const int64_t back = returned_below(world, index);
        hold(place->code, "SRC_TRANSFER_IN", own.balance[ACC_SRC_TRANSFER_IN], place->received);
        hold(place->code, "XFER_OUT", own.balance[ACC_XFER_OUT], place->received - back);
        hold(place->code, "UNALLOC", own.balance[ACC_UNALLOC], back);
    } else {
        const int64_t kept_here = place->received - place->returned;
        hold(place->code, "SRC_TRANSFER_IN", own.balance[ACC_SRC_TRANSFER_IN], kept_here);
        hold(place->code, "AVAIL", own.balance[ACC_AVAIL], kept_here);
    }
    hold(place->code, "TRANSIT", own.balance[ACC_TRANSIT], 0);
    if (verify_ledger(txn, node_roster(sim_core(holder->node)), sim_division(place->node), fault,
                      sizeof fault) != VERIFY_SOUND) {
        (void)fprintf(stderr, "french: %s at %s: %s\n", place->code, holder->code, fault);
        exit(1);
    }
    txn_free(txn);
}

static void check(const struct world *world)
{
    struct txn *txn = txn_open(sim_store(world->places[0].node), NULL);
    struct sums all = {{0}};
    int64_t returned = 0;

    for (int i = 0; i < world->place_count; i++) {
        for (int up = i; up >= 0; up = world->places[up].parent) {
            check_place(world, i, &world->places[up]);
        }
        returned += world->places[i].returned;
    }
    query_balance(txn, NULL, sim_division(world->places[0].node), SCOPE_SUBTREE, YEAR, BY_ACCOUNT,
                  add_sum, &all);
    hold("jurisdiction of FR", "SRC_APPROVED", all.balance[ACC_SRC_APPROVED], world->total);
    hold("jurisdiction of FR", "AVAIL", all.balance[ACC_AVAIL], world->total - returned);
    hold("jurisdiction of FR", "UNALLOC", all.balance[ACC_UNALLOC], returned);
    hold("jurisdiction of FR", "open items", all.balance[ACC_TRANSIT], 0);
    hold("jurisdiction of FR", "XFER_OUT", all.balance[ACC_XFER_OUT], 0);
    txn_free(txn);
}

static void for_level(struct world *world, bool department,
                      void (*act)(struct world *world, int place, bool flag))
{
    for (int i = 1; i < world->place_count; i++) {
        if ((world->places[i].parent != 0) == department) {
            act(world, i, department);
        }
    }
}

static void issue_down(struct world *world, int place, bool department)
{
    (void)department;
    issue(world, place, false);
}

static void spend_there(struct world *world, int place, bool department)
{
    (void)department;
    spend(world, place);
}

static void free_world(struct world *world)
{
    sim_free(world->sim);
    for (int i = 0; i < world->place_count; i++) {
        mem_free(world->places[i].rows);
        mem_free(world->places[i].agency);
    }
    mem_free(world->rows);
}

int main(int argc, char **argv)
{
    static struct world world;
    struct err err;
    size_t returned = 0;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: french FILE.csv.gz\n");
        return 2;
    }
    log_open(LOG_LEVEL_ERROR, "french");
    if (crypto_init(&err) != OK) {
        return 5;
    }
    read_all(&world, argv[1]);
    check_file(&world);
    share_out(&world);
    world.sim = sim_new(2019);
    for (int i = 0; i < world.place_count; i++) {
        struct place *place = &world.places[i];
        place->node = place->parent < 0
                          ? sim_add_root(world.sim, place->code)
                          : sim_join(world.sim, world.places[place->parent].node, place->code);
        assert(place->node != NULL);
    }
    appropriate(&world);
    issue(&world, 0, true);
    wait_for(&world, arriving, "transfers to the regions");
    for_level(&world, false, answer);
    for_level(&world, false, issue_down);
    world.await_departments = true;
    wait_for(&world, arriving, "transfers to the departments");
    for_level(&world, true, answer);
    for_level(&world, true, spend_there);
    wait_for(&world, travelling, "the departments' answers");
    sim_run_until(world.sim, sim_now(world.sim) + 2 * SECOND); /* settles of the last answers */
    wait_for(&world, travelling, "the last settles");
    check(&world);
    for (size_t i = 0; i < world.count; i++) {
        returned += world.rows[i].returned;
    }
    (void)printf("%zu grants, %d nodes, %" PRId64 ".%02d EUR down and %zu returned: every total "
                 "holds to the cent at every level\n",
                 world.count, world.place_count, world.total / 100, (int)(world.total % 100),
                 returned);
    free_world(&world);
    return 0;
}
