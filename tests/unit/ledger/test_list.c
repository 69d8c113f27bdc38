/* Lists: what a filter finds, how pages go on, and what a page may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/list.h"
#include "tests/harness/counted_store.h"
#include "tests/unit/ledger/tree.h"

static int set_up(void **state)
{
    struct tree *tree = tree_new();

    tree_carry_money(tree);
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_free(*state);
    return 0;
}

/* Ids of what was found, one behind the other. */
struct found {
    char text[4096];
    size_t size;
};

static void add_found(void *arg, const struct listed *listed)
{
    struct found *found = arg;

    assert_true(found->size + listed->id.size + 1 < sizeof found->text);
    memcpy(found->text + found->size, listed->id.data, listed->id.size);
    found->size += listed->id.size;
    found->text[found->size++] = ' ';
    found->text[found->size] = '\0';
}

static struct list_page page_of(size_t rows_max)
{
    return (struct list_page){.rows_max = rows_max, .read_max = SIZE_MAX, .bytes_max = UINT64_MAX};
}

/* Rows come from `rows`, blocks from `log`. */
static void list_from(struct found *found, const struct store *rows, const struct store *log,
                      enum office_name author, const struct list_filter *filter,
                      struct list_page *page, uint64_t after_lsn, const char *after_id)
{
    struct txn *txn = txn_open(rows, NULL);
    struct bodies bodies;
    struct err err;

    bodies_open(&bodies, log, NULL);
    list_documents_of(txn, &bodies, filter, tree_division(author), after_lsn, bytes_text(after_id),
                      page, add_found, found);
    assert_int_equal(txn_status(txn, &err), OK);
    bodies_close(&bodies);
    txn_free(txn);
}

static void list_into(struct found *found, const struct store *store, enum office_name author,
                      const struct list_filter *filter, struct list_page *page, uint64_t after_lsn,
                      const char *after_id)
{
    list_from(found, store, store, author, filter, page, after_lsn, after_id);
}

static void expect_list(struct tree *tree, enum office_name at, enum office_name author,
                        const struct list_filter *filter, const char *name, const char *want)
{
    struct found found = {"", 0};
    struct list_page page = page_of(SIZE_MAX);

    list_into(&found, tree_store(tree, at), author, filter, &page, 0, "");
    if (strcmp(found.text, want) != 0) {
        fail_msg("%s: found %s, want %s", name, found.text, want);
    }
    assert_false(page.left);
}

/* --- filters --- */

static void enter_more(struct tree *tree)
{
    DO(tree, REGION, "transfer", "T-3", "ori_bgt_id", "B-1", "rec_div_code", "540200", "amount",
       "30.50", "cor_bgt_doc_no", "藏财预〔2026〕11号", "tra_type_code", "special", "stage",
       "formal", "pro_code", "540000260001", "tp_func_code", "2300248", "doc_title",
       "义务教育补助");
    DO(tree, LINZHOU, "agency", "AG-2", "agency_code", "001002", "agency_name", "林周县卫健委");
    DO(tree, LINZHOU, "allocate", "A-4", "ori_bgt_id", "R-2", "agency_code", "001002", "amount",
       "20");
    DO(tree, LINZHOU, "release", "L-4", "bgt_id", "A-4", "cor_bgt_doc_no", "林财预〔2026〕2号");
    DO(tree, LINZHOU, "payment", "P-2", "bgt_id", "A-4", "pay_app_amt", "5", "payee_acct_name",
       "林周药店", "payee_acct_no", "6223", "payee_acct_bank_name", "行", "use_des", "药品");
    tree_seal(tree);
}

static void a_filter_finds_what_fits(void **state)
{
    static const struct {
        const char *name;
        enum office_name author;
        struct list_filter filter;
        const char *want;
    } cases[] = {
        {"all transfers", REGION, {.kind = KIND_TRANSFER}, "T-1 T-3 "},
        {"another year", REGION, {.kind = KIND_TRANSFER, .year = 2027}, ""},
        {"state", REGION, {.kind = KIND_TRANSFER, .state = "issued"}, "T-3 "},
        {"the other state", REGION, {.kind = KIND_TRANSFER, .state = "registered"}, "T-1 "},
        {"a project's own state", REGION, {.kind = KIND_PROJECT, .state = "reserved"}, "PR-1 "},
        {"a project in none", REGION, {.kind = KIND_PROJECT, .state = "entered"}, ""},
        {"receiver", REGION, {.kind = KIND_TRANSFER, .receiver = {"540200"}}, "T-3 "},
        {"issuer is the author", REGION, {.kind = KIND_TRANSFER, .issuer = {"540000"}}, "T-1 T-3 "},
        {"issuer of a register", LINZHOU, {.kind = KIND_REGISTER, .issuer = {"540100"}}, "R-2 "},
        {"no such issuer", LINZHOU, {.kind = KIND_REGISTER, .issuer = {"540000"}}, ""},
        {"receiver is the author",
         LINZHOU,
         {.kind = KIND_REGISTER, .receiver = {"540121"}},
         "R-2 "},
        {"amount from", REGION, {.kind = KIND_TRANSFER, .has_least = true, .least = 3051}, "T-1 "},
        {"amount at the edge",
         REGION,
         {.kind = KIND_TRANSFER, .has_least = true, .least = 3050, .has_most = true, .most = 3050},
         "T-3 "},
        {"amount up to", REGION, {.kind = KIND_TRANSFER, .has_most = true, .most = 3049}, ""},
        {"from some time on", REGION, {.kind = KIND_TRANSFER, .from_ms = 1}, "T-1 T-3 "},
        {"before some time", REGION, {.kind = KIND_TRANSFER, .until_ms = UINT64_MAX}, "T-1 T-3 "},
        {"later than now", REGION, {.kind = KIND_TRANSFER, .from_ms = UINT64_MAX}, ""},
        {"before anything", REGION, {.kind = KIND_TRANSFER, .until_ms = 1}, ""},
    };

    enter_more(*state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        expect_list(*state, REGION, cases[i].author, &cases[i].filter, cases[i].name,
                    cases[i].want);
    }
}

static void a_filter_reads_lines_and_texts(void **state)
{
    static const struct {
        const char *name;
        enum office_name author;
        uint32_t kind;
        const char *agency, *project, *doc_no, *text, *want;
    } cases[] = {
        {"own agency", LINZHOU, KIND_ALLOCATE, "001002", "", "", "", "A-4 "},
        {"agency of the line", LINZHOU, KIND_PAYMENT, "001001", "", "", "", "P-1 "},
        {"agency of the payment's line", LINZHOU, KIND_PAID, "001001", "", "", "", "V-1 "},
        {"another's agency", LINZHOU, KIND_PAID, "001002", "", "", "", ""},
        {"agency of what is released", LINZHOU, KIND_RELEASE, "001002", "", "", "", "L-4 "},
        {"own project", REGION, KIND_TRANSFER, "", "540000260001", "", "", "T-3 "},
        {"project of the line", REGION, KIND_RELEASE, "", "540000260001", "", "", "L-1 "},
        {"document number", REGION, KIND_TRANSFER, "", "", "藏财预〔2026〕1号", "", "T-1 "},
        {"part of it", REGION, KIND_TRANSFER, "", "", "藏财预", "", "T-1 T-3 "},
        {"approval reference", REGION, KIND_BUDGET, "", "", "藏人发", "", "B-1 "},
        {"payee", LINZHOU, KIND_PAYMENT, "", "", "", "药店", "P-2 "},
        {"purpose", LINZHOU, KIND_PAYMENT, "", "", "", "校舍", "P-1 "},
        {"title", REGION, KIND_TRANSFER, "", "", "", "教育补助", "T-3 "},
        {"id", LINZHOU, KIND_PAYMENT, "", "", "", "P-2", "P-2 "},
        {"nothing", LINZHOU, KIND_PAYMENT, "", "", "", "公路", ""},
        {"two at once", LINZHOU, KIND_PAYMENT, "001001", "", "", "药店", ""},
    };

    enter_more(*state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct list_filter filter = {.kind = cases[i].kind,
                                           .agency = bytes_text(cases[i].agency),
                                           .project = bytes_text(cases[i].project),
                                           .doc_no = bytes_text(cases[i].doc_no),
                                           .text = bytes_text(cases[i].text)};

        expect_list(*state, REGION, cases[i].author, &filter, cases[i].name, cases[i].want);
    }
}

/* What came from above for somebody else on the line is listed, too, with its words. */
static void a_division_lists_what_was_addressed_to_it(void **state)
{
    const struct list_filter all = {.kind = KIND_TRANSFER};
    const struct list_filter text = {.kind = KIND_TRANSFER, .doc_no = bytes_text("拉财预")};

    expect_list(*state, LINZHOU, LHASA, &all, "all", "T-2 ");
    expect_list(*state, LINZHOU, LHASA, &text, "by number", "T-2 ");
    expect_list(*state, SHIGATSE, LHASA, &all, "not on this line", "");
}

/* --- pages --- */

static void enter_payments(struct tree *tree, int count, int in_a_block)
{
    for (int i = 0; i < count; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "N-%02d", i);
        DO(tree, LINZHOU, "payment", id, "bgt_id", "A-3", "pay_app_amt", i % 2 == 0 ? "1" : "2",
           "payee_acct_name", "甲", "payee_acct_no", "1", "payee_acct_bank_name", "行", "use_des",
           "用");
        if (i % in_a_block == in_a_block - 1) {
            tree_seal(tree);
        }
    }
    tree_seal(tree);
}

/* Pages of every size, cut inside blocks and between them, by rows shown or by rows read, show
 * every row once. */
static void pages_go_on_where_the_last_one_stopped(void **state)
{
    const struct list_filter all = {.kind = KIND_PAYMENT};
    const struct list_filter odd = {.kind = KIND_PAYMENT, .has_least = true, .least = 200};
    static const char every[] = "P-1 N-00 N-01 N-02 N-03 N-04 N-05 N-06 N-07 N-08 N-09 ";
    static const char twos[] = "P-1 N-01 N-03 N-05 N-07 N-09 ";

    enter_payments(*state, 10, 3);
    for (size_t size = 1; size <= 12; size++) {
        for (int by_rows_read = 0; by_rows_read < 2; by_rows_read++) {
            const struct list_filter *filter = by_rows_read != 0 ? &odd : &all;
            struct found found = {"", 0};
            uint64_t after = 0;
            char id[DOCUMENT_ID_MAX + 1] = "";
            bool left = true;

            while (left) {
                struct list_page page = page_of(by_rows_read != 0 ? SIZE_MAX : size);
                struct document_row row;
                struct txn *txn;

                page.read_max = by_rows_read != 0 ? size : SIZE_MAX;
                list_into(&found, tree_store(*state, LHASA), LINZHOU, filter, &page, after, id);
                left = page.left;
                assert_true(page.shown <= size && page.read <= size);
                (void)snprintf(id, sizeof id, "%s", page.last_id.at);
                txn = txn_open(tree_store(*state, LHASA), NULL);
                assert_true(query_document(txn, tree_division(LINZHOU), bytes_text(id), &row));
                after = row.lsn;
                txn_free(txn);
            }
            assert_string_equal(found.text, by_rows_read != 0 ? twos : every);
        }
    }
}

/* Far longer than what is gathered at once, with several documents a row; the rows are made here,
 * in a txn that nobody commits, and their documents are held nowhere. */
static void a_long_list_is_read_in_parts(void **state)
{
    enum { BLOCKS = 700, IN_A_BLOCK = 3, FIRST_LSN = 9000, PAGE = 97 };
    const struct store *store = tree_store(*state, REGION);
    const struct list_filter filter = {.kind = KIND_FREEZE};
    struct txn *txn = txn_open(store, NULL);
    struct bodies bodies;
    size_t rows = 0;
    uint64_t last = 0;
    char id[16] = "", want[16];
    bool left = true;

    for (uint64_t block = 0; block < BLOCKS; block++) {
        const uint64_t lsn = FIRST_LSN + block * IN_A_BLOCK;
        const struct row_key key = list_key(tree_division(LHASA), KIND_FREEZE, lsn);
        struct buf ids = BUF_EMPTY;

        for (uint64_t i = 0; i < IN_A_BLOCK; i++) {
            struct doc_row doc = {.lsn = lsn + i, .kind = KIND_FREEZE, .state = DOC_ENTERED};

            (void)snprintf(id, sizeof id, "Q-%u", (unsigned)(lsn + i));
            doc_store(txn, tree_division(LHASA), bytes_text(id), &doc);
            list_add(&ids, bytes_text(id));
        }
        (void)txn_put(txn, SPACE_INDEX, row_key_bytes(&key), buf_bytes(&ids));
        buf_free(&ids);
    }
    bodies_open(&bodies, store, NULL);
    while (left) {
        struct list_page page = page_of(PAGE);
        struct found found = {"", 0};

        list_documents_of(txn, &bodies, &filter, tree_division(LHASA), last, bytes_text(id), &page,
                          add_found, &found);
        rows += page.shown;
        last = FIRST_LSN + rows - 1;
        left = page.left;
        (void)snprintf(id, sizeof id, "%.15s", page.last_id.at);
        (void)snprintf(want, sizeof want, "Q-%u", (unsigned)last);
        assert_string_equal(id, want);
    }
    assert_int_equal(rows, BLOCKS * IN_A_BLOCK);
    bodies_close(&bodies);
    txn_free(txn);
}

/* --- what a page costs --- */

static size_t rows_of_page(struct tree *tree, const struct list_filter *filter,
                           struct list_page *page, uint64_t after_lsn, const char *after_id)
{
    struct counted_store counted = {.behind = tree_store(tree, LINZHOU)};
    const struct store store = counted_store_of(&counted);
    struct found found = {"", 0};

    list_from(&found, &store, counted.behind, LINZHOU, filter, page, after_lsn, after_id);
    return counted.rows;
}

/* A page that finds nothing ends after as many documents as it may look at, wherever it begins. */
static void what_finds_nothing_ends_as_soon(void **state)
{
    enum { DOCUMENTS = 40, READ = 10, ROWS_A_DOCUMENT = 6, ROWS_A_PAGE = 60 };
    const struct list_filter filter = {.kind = KIND_PAYMENT, .text = bytes_text("公路")};
    struct list_page page = page_of(100);
    struct document_row row;
    struct txn *txn;

    enter_payments(*state, DOCUMENTS, 20);
    page.read_max = READ;
    assert_in_range(rows_of_page(*state, &filter, &page, 0, ""), READ,
                    READ * ROWS_A_DOCUMENT + ROWS_A_PAGE);
    assert_int_equal(page.shown, 0);
    assert_int_equal(page.read, READ);
    assert_true(page.left);

    txn = txn_open(tree_store(*state, LINZHOU), NULL);
    assert_true(query_document(txn, tree_division(LINZHOU), bytes_text("N-29"), &row));
    txn_free(txn);
    page = page_of(100);
    page.read_max = READ - 1;
    assert_in_range(rows_of_page(*state, &filter, &page, row.lsn, "N-29"), 1,
                    READ * ROWS_A_DOCUMENT + ROWS_A_PAGE);
    assert_string_equal(page.last_id.at, "N-38");
    assert_true(page.left);
}

/* What unpacking may cost is bounded, too. */
static void a_page_ends_where_it_has_unpacked_enough(void **state)
{
    const struct list_filter filter = {.kind = KIND_PAYMENT};
    struct list_page page = page_of(100);

    enter_payments(*state, 40, 10);
    page.bytes_max = 1;
    (void)rows_of_page(*state, &filter, &page, 0, "");
    assert_int_equal(page.shown, 1);
    assert_true(page.left);
}

/* Each alone is a question beside kind and year; those are none. */
static void each_thing_that_a_filter_names_is_asked(void **state)
{
    static const struct list_filter none = {.kind = KIND_PAYMENT, .year = 2026},
                                    asks[] = {
                                        {.state = "paid"},
                                        {.receiver = {"540100"}},
                                        {.issuer = {"540000"}},
                                        {.agency = {(const uint8_t *)"1", 1}},
                                        {.project = {(const uint8_t *)"1", 1}},
                                        {.doc_no = {(const uint8_t *)"1", 1}},
                                        {.text = {(const uint8_t *)"1", 1}},
                                        {.from_ms = 1},
                                        {.until_ms = 1},
                                        {.has_least = true},
                                        {.has_most = true},
                                    };

    (void)state;
    assert_false(list_filter_asks(&none));
    for (size_t i = 0; i < COUNT_OF(asks); i++) {
        assert_true(list_filter_asks(&asks[i]));
    }
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_filter_finds_what_fits),
        cmocka_unit_test(each_thing_that_a_filter_names_is_asked),
        IN_TREE(a_filter_reads_lines_and_texts),
        IN_TREE(a_division_lists_what_was_addressed_to_it),
        IN_TREE(pages_go_on_where_the_last_one_stopped),
        IN_TREE(a_long_list_is_read_in_parts),
        IN_TREE(what_finds_nothing_ends_as_soon),
        IN_TREE(a_page_ends_where_it_has_unpacked_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
