/* oxford - 61,528 real rows of a city's payments, credit notes among them, entered one by one, and
 * every sum held to the penny.
 *
 *   oxford [payments-uk-oxford-2014-2018.csv.gz]
 *
 * The city replies in each year to what its file pays, allocates it to each service area and
 * releases it: a line. Row by row, in the order of days, a payment is applied for and paid, and a
 * credit note is entered as what it is (oxford.h): a refund of a payment, of several, of one of an
 * earlier year, or a credit of the line. What a line has not spent yet nobody can credit: the
 * ledger refuses that, and it is handed in again once the line has spent as much.
 *
 * Then the ledger is read back, at the city and at the region above it, and added up by supplier,
 * line and month: what the file says, from its rows alone. Some credit notes are left out at first,
 * and entered twice in the end: the sums must miss and double exactly these. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/ledger/query/bodies.h"
#include "node/ledger/query/history.h"
#include "node/ledger/verify/verify_ledger.h"
#include "proto/log.h"
#include "tests/data/oxford.h"
#include "tests/data/replay.h"

#ifndef PAYMENTS_CSV
#define PAYMENTS_CSV "payments-uk-oxford-2014-2018.csv.gz"
#endif

enum { AREA_CODE = 101 }; /* of the first service area */

struct world {
    struct sim *sim;
    struct sim_node *region, *city;
    struct oxford file;
    struct post post;
    int64_t spent[AREAS_MAX][YEARS]; /* of each line, so far */
    const struct credit *waiting[CREDITS_MAX], *kept_back[SORTS];
    size_t waiting_count, refused, payments, parts;
    struct cell *file_cells, *cells;
    size_t file_cell_count;
};

static void give_up(const char *what)
{
    (void)fprintf(stderr, "oxford: %s\n", what);
    exit(1);
}

static int64_t *spent_of(struct world *world, const struct oxford_row *row)
{
    return &world->spent[row->area][row->year - YEAR_FIRST];
}

/* --- the money there is --- */

static void set(struct document *document, enum field field, const char *text)
{
    document_set_text(document, field, bytes_text(text));
}

static void open_line(struct world *world, int area, int year, int64_t amount)
{
    char id[24], budget[16], agency[16];
    struct document *document;

    (void)snprintf(id, sizeof id, "%d-%d", area, year);
    (void)snprintf(budget, sizeof budget, "B%d", year);
    (void)snprintf(agency, sizeof agency, "%d", area + AREA_CODE);
    document = post_next(&world->post, KIND_ALLOCATE, year, "L", id);
    document_set_text(document, FIELD_ORI_BGT_ID, post_keep(&world->post, 1, "", budget));
    document_set_text(document, FIELD_AGENCY_CODE, post_keep(&world->post, 2, "", agency));
    document_set_number(document, FIELD_AMOUNT, amount);
    document = post_next(&world->post, KIND_RELEASE, year, "E", id);
    document_set_text(document, FIELD_BGT_ID, post_keep(&world->post, 1, "L", id));
    set(document, FIELD_COR_BGT_DOC_NO, "1");
}

static void open_year(struct world *world, int year)
{
    int64_t amount[AREAS_MAX], all = 0;
    struct document *document;
    char id[16];

    for (int area = 0; area < world->file.area_count; area++) {
        amount[area] = oxford_paid(&world->file, area, year);
        all += amount[area];
    }
    (void)snprintf(id, sizeof id, "%d", year);
    document = post_next(&world->post, KIND_BUDGET, year, "B", id);
    set(document, FIELD_STAGE, "reply");
    set(document, FIELD_FUND_TYPE_CODE, "11");
    set(document, FIELD_APPROVAL_REF, "Council");
    document_set_number(document, FIELD_AMOUNT, all);
    for (int area = 0; area < world->file.area_count; area++) {
        if (amount[area] > 0) {
            open_line(world, area, year, amount[area]);
        }
    }
}

static void open_books(struct world *world)
{
    char code[16];

    for (int area = 0; area < world->file.area_count; area++) {
        struct document *document;

        (void)snprintf(code, sizeof code, "%d", area + AREA_CODE);
        document = post_next(&world->post, KIND_AGENCY, YEAR_FIRST, "A", code);
        document_set_text(document, FIELD_AGENCY_CODE, post_keep(&world->post, 1, "", code));
        set(document, FIELD_AGENCY_NAME, world->file.area[area]);
    }
    for (int year = YEAR_FIRST; year < YEAR_FIRST + YEARS; year++) {
        open_year(world, year);
    }
    post_flush(&world->post);
}

/* --- payments --- */

static void name_line(struct world *world, struct document *document, const struct oxford_row *row)
{
    char id[24];

    (void)snprintf(id, sizeof id, "%d-%d", row->area, row->year);
    document_set_text(document, FIELD_BGT_ID, post_keep(&world->post, 1, "L", id));
}

static void name_payee(struct world *world, struct document *document, const struct oxford_row *row)
{
    char payee[16];
    struct bytes kept;

    (void)snprintf(payee, sizeof payee, "%05d", row->supplier);
    kept = post_keep(&world->post, 2, "S", payee);
    document_set_text(document, FIELD_PAYEE_ACCT_NAME, kept);
    document_set_text(document, FIELD_PAYEE_ACCT_NO, kept);
    set(document, FIELD_PAYEE_ACCT_BANK_NAME, "unknown");
}

/* The city's own number without its blanks, and that of the row: some of its numbers repeat. */
static void name_receipt(struct world *world, struct document *document,
                         const struct oxford_row *row)
{
    char number[40];
    size_t size = 0;

    for (const char *at = row->trans_no; *at != '\0'; at++) {
        if (*at != ' ') {
            number[size++] = *at;
        }
    }
    (void)snprintf(number + size, sizeof number - size, ".%d", row->number);
    document_set_text(document, FIELD_AGENT_BUSINESS_NO, post_keep(&world->post, 3, "", number));
}

static void pay(struct world *world, const struct oxford_row *row)
{
    struct document *document;
    char id[16];

    (void)snprintf(id, sizeof id, "%d", row->number);
    document = post_next(&world->post, KIND_PAYMENT, row->year, "P", id);
    name_line(world, document, row);
    name_payee(world, document, row);
    set(document, FIELD_USE_DES, row->code);
    set(document, FIELD_PAY_APP_DATE, row->date);
    document_set_number(document, FIELD_PAY_APP_AMT, row->amount);
    document = post_next(&world->post, KIND_PAID, row->year, "R", id);
    document_set_text(document, FIELD_PAY_APP_ID, post_keep(&world->post, 1, "P", id));
    set(document, FIELD_XPAY_DATE, row->date);
    document_set_number(document, FIELD_XPAY_AMT, row->amount);
    name_receipt(world, document, row);
    *spent_of(world, row) += row->amount;
    world->payments++;
}

/* --- credit notes --- */

static void write_part(struct world *world, const struct credit *credit, size_t part,
                       const char *prefix)
{
    char id[24], payment[16];
    struct document *document;

    (void)snprintf(id, sizeof id, "%d-%zu", credit->row->number, part);
    document = post_next(&world->post, KIND_REFUND, credit->row->year, prefix, id);
    set(document, FIELD_REASON, "credit note");
    set(document, FIELD_DATE, credit->row->date);
    if (credit->sort == CREDIT_ON_LINE) {
        name_line(world, document, credit->row);
        name_payee(world, document, credit->row);
        document_set_number(document, FIELD_AMOUNT, -credit->row->amount);
    } else {
        (void)snprintf(payment, sizeof payment, "%d", credit->part[part].payment->number);
        document_set_text(document, FIELD_PAY_APP_ID, post_keep(&world->post, 1, "P", payment));
        document_set_number(document, FIELD_AMOUNT, credit->part[part].amount);
    }
}

static size_t write_credit(struct world *world, const struct credit *credit, const char *prefix)
{
    const size_t parts = credit->sort == CREDIT_ON_LINE ? 1 : credit->parts;

    for (size_t i = 0; i < parts; i++) {
        write_part(world, credit, i, prefix);
    }
    return parts;
}

/* Whole, by itself: behind the payments before it. */
static void enter_credit(struct world *world, const struct credit *credit, const char *prefix)
{
    post_flush(&world->post);
    world->parts += write_credit(world, credit, prefix);
    post_flush(&world->post);
    if (credit->sort != CREDIT_EARLIER) { /* that is money of a line of its own */
        *spent_of(world, credit->row) += credit->row->amount;
    }
}

static bool may_be_entered(struct world *world, const struct credit *credit)
{
    return credit->sort != CREDIT_ON_LINE || *spent_of(world, credit->row) >= -credit->row->amount;
}

static void enter_in_vain(struct world *world, const struct credit *credit)
{
    const struct submit_item *item = world->post.items;
    char code[REASON_CODE_MAX];

    post_flush(&world->post);
    (void)write_credit(world, credit, "C");
    post_send(&world->post);
    reason_code(code, &item->refusal);
    if (item->status != SUBMIT_REFUSED || strcmp(code, "exceeds_spent") != 0) {
        give_up("a line gives back what it has not spent");
    }
    post_clear(&world->post);
    world->waiting[world->waiting_count++] = credit;
    world->refused++;
}

static void enter_waiting(struct world *world)
{
    for (size_t i = 0; i < world->waiting_count; i++) {
        if (may_be_entered(world, world->waiting[i])) {
            enter_credit(world, world->waiting[i], "C");
            world->waiting[i--] = world->waiting[--world->waiting_count];
        }
    }
}

/* One of each sort that could be entered twice: the last. */
static void keep_some_back(struct world *world)
{
    for (size_t i = 0; i < world->file.credit_count; i++) {
        const struct credit *credit = &world->file.credit[i];
        bool has_room = credit->sort == CREDIT_ON_LINE
                            ? oxford_paid(&world->file, credit->row->area, credit->row->year) >
                                  -10 * credit->row->amount
                            : true;

        for (size_t part = 0; part < credit->parts; part++) {
            has_room = has_room && credit->part[part].payment->left >= credit->part[part].amount;
        }
        if (has_room) {
            world->kept_back[credit->sort] = credit;
        }
    }
    for (size_t sort = 0; sort < SORTS; sort++) {
        if (world->file.sorts[sort] > 0 && world->kept_back[sort] == NULL) {
            give_up("no credit note of a sort that could be entered twice");
        }
    }
}

static void enter_all(struct world *world)
{
    const struct credit *next = world->file.credit;

    for (size_t at = 0; at < world->file.count; at++) {
        const struct oxford_row *row = world->file.by_day[at];

        if (row->amount > 0) {
            pay(world, row);
            enter_waiting(world);
        } else if (row->amount < 0) {
            const struct credit *credit = next++;

            assert(credit->row == row);
            if (credit == world->kept_back[credit->sort]) {
                continue;
            }
            if (may_be_entered(world, credit)) {
                enter_credit(world, credit, "C");
            } else {
                enter_in_vain(world, credit);
            }
        }
    }
    post_flush(&world->post);
    if (world->waiting_count > 0) {
        give_up("a credit note of a line that never spent as much");
    }
}

/* --- reading the ledger back --- */

struct reading {
    struct txn *txn;
    struct division city;
    struct bodies moved, payments; /* two, since each keeps the block it read last */
    struct cell *cells;
    size_t count;
};

static void read_body(struct bodies *bodies, struct division city, uint64_t lsn,
                      struct document *out)
{
    struct err err;

    if (bodies_read(bodies, city, lsn, out, &err) != OK) {
        (void)fprintf(stderr, "oxford: lsn %" PRIu64 ": %s\n", lsn, err.text);
        exit(1);
    }
}

/* What a payment, or a credit of a line, says of its supplier and its line. */
static void read_place(const struct document *document, int *supplier, int *area)
{
    char text[POST_TEXT_MAX];
    int year;
    const struct bytes payee = document_text(document, FIELD_PAYEE_ACCT_NAME),
                       line = document_text(document, FIELD_BGT_ID);

    (void)snprintf(text, sizeof text, "%.*s %.*s", (int)payee.size, (const char *)payee.data,
                   (int)line.size, (const char *)line.data);
    if (sscanf(text, "S%d L%d-%d", supplier, area, &year) != 3) {
        give_up(text);
    }
}

static void read_place_of(struct reading *reading, const struct document *document, int *supplier,
                          int *area)
{
    struct document_row row;
    struct document payment;
    const struct bytes id = document_text(document, FIELD_PAY_APP_ID);

    if (id.size == 0) {
        read_place(document, supplier, area);
        return;
    }
    if (!query_document(reading->txn, reading->city, id, &row)) {
        give_up("a payment that is not there");
    }
    read_body(&reading->payments, reading->city, row.lsn, &payment);
    read_place(&payment, supplier, area);
}

static void visit_moved(void *arg, const struct moved *moved)
{
    struct reading *reading = arg;
    const bool is_back = moved->from == ACC_SPENT || moved->from == ACC_SRC_RECOVERED;
    struct document document;
    int supplier, area;

    if (moved->to != ACC_SPENT && !is_back) {
        return;
    }
    if (reading->count == ROWS_MAX) {
        give_up("more was paid than the file has");
    }
    read_body(&reading->moved, reading->city, moved->lsn, &document);
    read_place_of(reading, &document, &supplier, &area);
    reading->cells[reading->count++] =
        (struct cell){cell_key(supplier, area, moved->year, moved->month),
                      is_back ? (int64_t)-moved->amount : (int64_t)moved->amount};
}

/* As `holder` has the city's ledger. */
static size_t ledger_cells(const struct world *world, const struct sim_node *holder)
{
    struct reading reading = {.txn = txn_open(sim_store(holder), NULL),
                              .city = sim_division(world->city),
                              .cells = world->cells};
    size_t reads_left = 4 * ROWS_MAX;
    const struct history_request request = {.author = reading.city, .reads_left = &reads_left};

    bodies_open(&reading.moved, sim_store(holder), NULL);
    bodies_open(&reading.payments, sim_store(holder), NULL);
    if (!query_history(reading.txn, &request, visit_moved, &reading)) {
        give_up("a history that is not whole");
    }
    bodies_close(&reading.moved);
    bodies_close(&reading.payments);
    txn_free(reading.txn);
    return cells_sum(world->cells, reading.count);
}

/* --- what differs --- */

struct differences {
    size_t cells;
    int64_t amount; /* the ledger has more, or less, than the file */
};

static void differ(struct differences *out, int64_t ledger, int64_t file)
{
    out->cells += ledger != file;
    out->amount += ledger - file;
}

static struct differences compare(const struct world *world, const struct sim_node *holder)
{
    const struct cell *file = world->file_cells, *ledger = world->cells;
    const struct cell *file_end = file + world->file_cell_count;
    const struct cell *ledger_end = ledger + ledger_cells(world, holder);
    struct differences out = {0, 0};

    while (file < file_end || ledger < ledger_end) {
        if (ledger == ledger_end || (file < file_end && file->key < ledger->key)) {
            differ(&out, 0, file->amount);
            file++;
        } else if (file == file_end || ledger->key < file->key) {
            differ(&out, ledger->amount, 0);
            ledger++;
        } else {
            differ(&out, ledger->amount, file->amount);
            file++;
            ledger++;
        }
    }
    return out;
}

static bool travelling(struct sim *sim, void *arg)
{
    (void)arg;
    return !replay_arrived(sim);
}

static void wait_for_region(struct world *world)
{
    for (int i = 0; i < 3000 && travelling(world->sim, NULL); i++) {
        sim_run_until(world->sim, sim_now(world->sim) + SECOND);
    }
    if (travelling(world->sim, NULL)) {
        give_up("the region waited in vain");
    }
}

/* Both holders, whose figures must differ from the file's by so much, in so many places. */
static void expect(struct world *world, const char *when, size_t cells, int64_t amount)
{
    const struct sim_node *holders[] = {world->city, world->region};

    wait_for_region(world);
    for (size_t i = 0; i < COUNT_OF(holders); i++) {
        const struct differences found = compare(world, holders[i]);

        if (found.cells != cells || found.amount != amount) {
            (void)fprintf(stderr,
                          "oxford: %s: at %s %zu sums differ, by %" PRId64
                          " pennies: it should be %zu, by %" PRId64 "\n",
                          when, sim_division(holders[i]).code, found.cells, found.amount, cells,
                          amount);
            exit(1);
        }
    }
}

/* --- the roll-ups, which nobody reads documents for --- */

struct sums {
    int64_t month[MONTHS], area[AREAS_MAX], all;
    bool by_month;
};

static void add_balance(void *arg, const struct balance_row *row)
{
    struct sums *sums = arg;
    const int64_t amount = (int64_t)(row->debit - row->credit); /* what came back is a credit */
    int key;

    if (row->account != ACC_SPENT && row->account != ACC_SRC_RECOVERED) {
        return;
    }
    if (sscanf(row->key, "%3d", &key) != 1 || key < 1 ||
        (sums->by_month ? key > MONTHS : key < AREA_CODE || key >= AREA_CODE + AREAS_MAX)) {
        give_up("a sum under a key that nobody gave");
    }
    *(sums->by_month ? &sums->month[key - 1] : &sums->area[key - AREA_CODE]) += amount;
    sums->all += amount;
}

static void hold(const char *what, int year, int64_t have, int64_t want)
{
    if (have != want) {
        (void)fprintf(stderr, "oxford: %s of %d: %" PRId64 " pennies, the file says %" PRId64 "\n",
                      what, year, have, want);
        exit(1);
    }
}

static void add_file(const struct oxford *file, int year, struct sums *out)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct oxford_row *row = &file->rows[i];

        if (row->year == year) {
            out->month[row->month - 1] += row->amount;
            out->area[row->area] += row->amount;
            out->all += row->amount;
        }
    }
}

static void check_rollups(const struct world *world, struct txn *txn, int year)
{
    struct sums file = {{0}}, months = {.by_month = true}, areas = {.by_month = false};
    const struct division city = sim_division(world->city);

    add_file(&world->file, year, &file);
    query_balance(txn, NULL, city, SCOPE_OWN, year, BY_MONTH, add_balance, &months);
    query_balance(txn, NULL, city, SCOPE_OWN, year, BY_AGENCY, add_balance, &areas);
    for (int month = 0; month < MONTHS; month++) {
        hold("a month", year, months.month[month], file.month[month]);
    }
    for (int area = 0; area < world->file.area_count; area++) {
        hold("an area", year, areas.area[area], file.area[area]);
    }
    hold("the year", year, months.all, file.all);
}

static void check_holder(const struct world *world, const struct sim_node *holder)
{
    struct txn *txn = txn_open(sim_store(holder), NULL);
    char fault[256] = "";

    for (int year = YEAR_FIRST; year < YEAR_FIRST + YEARS; year++) {
        check_rollups(world, txn, year);
    }
    if (verify_ledger(txn, node_roster(sim_core(holder)), sim_division(world->city), fault,
                      sizeof fault) != VERIFY_SOUND) {
        (void)fprintf(stderr, "oxford: at %s: %s\n", sim_division(holder).code, fault);
        exit(1);
    }
    txn_free(txn);
}

/* --- what must be noticed --- */

/* Those that were kept back are missing, each in a place of its own, until they are entered. */
static void miss_some(struct world *world)
{
    size_t missing = 0;
    int64_t amount = 0;

    for (size_t sort = 0; sort < SORTS; sort++) {
        missing += world->kept_back[sort] != NULL;
        amount -= world->kept_back[sort] != NULL ? world->kept_back[sort]->row->amount : 0;
    }
    for (size_t sort = 0; sort < SORTS; sort++) {
        const struct credit *credit = world->kept_back[sort];

        if (credit != NULL) {
            expect(world, "with credit notes left out", missing, amount);
            enter_credit(world, credit, "C");
            missing--;
            amount += credit->row->amount;
        }
    }
}

/* The same document says nothing new. */
static void enter_again(struct world *world)
{
    for (size_t i = 0; i < world->file.credit_count; i++) {
        (void)write_credit(world, &world->file.credit[i], "C");
    }
    post_send(&world->post);
    for (size_t i = 0; i < world->post.count; i++) {
        if (world->post.items[i].status != SUBMIT_EXISTS) {
            give_up("a credit note that is handed in again is not known");
        }
    }
    post_clear(&world->post);
}

/* Under another number it does, and that shows. */
static void double_some(struct world *world)
{
    size_t doubled = 0;
    int64_t amount = 0;

    for (size_t sort = 0; sort < SORTS; sort++) {
        const struct credit *credit = world->kept_back[sort];

        if (credit != NULL) {
            enter_credit(world, credit, "D");
            for (size_t part = 0; part < credit->parts; part++) {
                credit->part[part].payment->left -= credit->part[part].amount;
            }
            amount += credit->row->amount;
            expect(world, "with credit notes doubled", ++doubled, amount);
        }
    }
}

/* A credit note that no payment alone has left: the file has none, so one is made up. */
static void cut_one(struct world *world)
{
    struct oxford_row row;
    struct credit credit;
    struct differences before = compare(world, world->city);

    if (!oxford_make_up_cut(&world->file, &row, &credit)) {
        give_up("no two payments that one credit note could be of");
    }
    enter_credit(world, &credit, "M");
    expect(world, "with one that is cut", before.cells + 1, before.amount + row.amount);
}

/* --- all of it --- */

static bool unstaffed(struct sim *sim, void *arg)
{
    return !sim_has_staff(sim, arg);
}

static void found(struct world *world)
{
    struct policy policy = POLICY_NONE;

    (void)number_set_add(&policy.kinds, KIND_REFUND); /* as a credit of a line needs them anyway */
    world->sim = sim_new(2014);
    sim_ask_two_persons(world->sim, policy);
    world->region = sim_add_root(world->sim, "GB");
    world->city = sim_join(world->sim, world->region, "GBOX");
    if (world->city == NULL || !sim_run_while(world->sim, unstaffed, world->city, 60 * SECOND)) {
        give_up("no city with two persons");
    }
    post_open(&world->post, world->sim, world->city);
}

static void run(struct world *world)
{
    open_books(world);
    keep_some_back(world);
    enter_all(world);
    miss_some(world);
    expect(world, "with all credit notes", 0, 0);
    enter_again(world);
    expect(world, "with all handed in twice", 0, 0);
    check_holder(world, world->city);
    check_holder(world, world->region);
}

static void print(const struct world *world)
{
    const struct oxford *file = &world->file;

    (void)printf("%zu payments and %zu credit notes of -%" PRId64 ".%02d GBP:\n", world->payments,
                 file->credit_count, -file->credit_total / 100, (int)(-file->credit_total % 100));
    for (int sort = 0; sort < SORTS; sort++) {
        (void)printf("  %3zu %s\n", file->sorts[sort], credit_sort_name((enum credit_sort)sort));
    }
    (void)printf("  %3zu of these handed in before their line had spent as much, and refused\n"
                 "%zu sums by supplier, line and month hold to the penny, at the city and above "
                 "it\n",
                 world->refused, world->file_cell_count);
}

int main(int argc, char **argv)
{
    static struct world world;
    struct err err;

    if (argc > 2) {
        (void)fprintf(stderr, "usage: oxford [FILE.csv.gz]\n");
        return 2;
    }
    log_open(LOG_LEVEL_ERROR, "oxford");
    if (crypto_init(&err) != OK) {
        return 5;
    }
    oxford_read(&world.file, argc == 2 ? argv[1] : PAYMENTS_CSV);
    world.file_cells = mem_zalloc(ROWS_MAX * sizeof *world.file_cells);
    world.cells = mem_zalloc(ROWS_MAX * sizeof *world.cells);
    world.file_cell_count = oxford_cells(&world.file, world.file_cells);
    found(&world);
    run(&world);
    print(&world);
    double_some(&world);
    cut_one(&world);
    (void)printf("what is left out, doubled or cut is seen to the penny\n");
    post_close(&world.post);
    sim_free(world.sim);
    mem_free(world.file_cells);
    mem_free(world.cells);
    oxford_free(&world.file);
    return 0;
}
