#include "tests/unit/ledger/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/tree.h"

enum { WORDS_MAX = 40, LINE_MAX_BYTES = 1024, FEN_PER_WAN = 1000000 };

struct play {
    struct tree *tree;
    const char *line; /* as it is written, for who reads of its failure */
    char words[LINE_MAX_BYTES];
    char *word[WORDS_MAX + 1]; /* NULL after the last */
    size_t count;
    int year;
    unsigned held; /* a bit an office */
};

static const char *const offices[OFFICES] = {
    [REGION] = "region",   [LHASA] = "lhasa",         [SHIGATSE] = "shigatse",
    [LINZHOU] = "linzhou", [SANGZHUZI] = "sangzhuzi",
};

/* What a kind needs and no example is about. */
static const char *const fillings[][2] = {
    {"stage", "formal"},
    {"fund_type_code", "111"},
    {"approval_ref", "人大〔2026〕1号"},
    {"cor_bgt_doc_no", "文〔2026〕1号"},
    {"sup_bgt_doc_no", "文〔2026〕0号"},
    {"tra_type_code", "general"},
    {"payee_acct_name", "施工队"},
    {"payee_acct_no", "62"},
    {"payee_acct_bank_name", "农行"},
    {"use_des", "工程款"},
    {"xpay_date", "2026-03-01"},
    {"agent_business_no", "1"},
    {"reason", "因工作需要"},
    {"agency_name", "教育局"},
    {"pro_name", "义务教育"},
    {"pro_cat_code", "3"},
    {"setup_year", "2026"},
};

/* --- a line --- */

#define fail_line(play, ...)                                                                       \
    do {                                                                                           \
        char why_[400];                                                                            \
        (void)snprintf(why_, sizeof why_, __VA_ARGS__);                                            \
        fail_msg("\"%s\": %s", (play)->line, why_);                                                \
    } while (0)

static bool is_word(const struct play *play, size_t index, const char *text)
{
    return index < play->count && strcmp(play->word[index], text) == 0;
}

static enum office_name office_at(const struct play *play, size_t index)
{
    for (int i = 0; index < play->count && i < OFFICES; i++) {
        if (strcmp(play->word[index], offices[i]) == 0) {
            return (enum office_name)i;
        }
    }
    fail_line(play, "no such office");
    return OFFICES;
}

static void split(struct play *play)
{
    char *at = play->words;

    play->count = 0;
    while ((at += strspn(at, " "), at[0] != '\0')) {
        assert_true(play->count < WORDS_MAX);
        play->word[play->count++] = at;
        at += strcspn(at, " ");
        if (at[0] != '\0') {
            *at++ = '\0';
        }
    }
    play->word[play->count] = NULL;
}

static int64_t wan(const struct play *play, const char *text)
{
    char *end;
    const long long number = strtoll(text, &end, 10);

    if (end == text || end[0] != '\0') {
        fail_line(play, "%s is no amount", text);
    }
    return number * FEN_PER_WAN;
}

/* --- documents --- */

struct said {
    const char *fields[2 * WORDS_MAX + 2];
    char amounts[WORDS_MAX][32], year[8];
    size_t count, amount_count;
};

static void say_field(struct said *said, const char *name, const char *value)
{
    assert_true(said->count + 2 < COUNT_OF(said->fields));
    said->fields[said->count++] = name;
    said->fields[said->count++] = value;
}

static bool says(const struct said *said, const char *name)
{
    for (size_t i = 0; i < said->count; i += 2) {
        if (strcmp(said->fields[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* "amount=200": ten thousands of yuan, where the field is an amount. */
static void say_word(struct play *play, struct said *said, char *word)
{
    char *value = strchr(word, '=');
    enum field field;

    if (value == NULL) {
        fail_line(play, "%s is no field", word);
        return;
    }
    *value++ = '\0';
    field = field_named(bytes_text(word));
    if (field == FIELDS) {
        fail_line(play, "%s is no field", word);
    } else if (field_info(field)->type == TYPE_AMOUNT) {
        char *amount = said->amounts[said->amount_count++];

        (void)snprintf(amount, sizeof said->amounts[0], strcmp(value, "0") == 0 ? "%s" : "%s0000",
                       value);
        say_field(said, word, amount);
    } else {
        say_field(said, word, value);
    }
}

static void fill_in(struct said *said, uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    for (size_t i = 0; i < COUNT_OF(fillings); i++) {
        const enum field field = field_named(bytes_text(fillings[i][0]));
        bool wanted = info->only_when.needs == field && field != 0;

        for (size_t k = 0; k < COUNT_OF(info->required) && info->required[k] != 0; k++) {
            wanted |= info->required[k] == field;
        }
        for (size_t k = 0; k < COUNT_OF(info->first) && info->first[k] != 0; k++) {
            wanted |= info->first[k] == field;
        }
        if (wanted && !says(said, fillings[i][0])) {
            say_field(said, fillings[i][0],
                      kind == KIND_BUDGET && field == FIELD_STAGE ? "reply" : fillings[i][1]);
        }
    }
}

/* What stands behind the reason: numbers are amounts, all else is words of the detail. */
static void check_detail(struct play *play, size_t from)
{
    const char *detail = tree_refusal(play->tree)->detail;

    for (size_t i = from; i < play->count; i++) {
        const char *word = play->word[i];
        char want[48];

        if (strspn(word, "-0123456789") == strlen(word) && strlen(word) < 6) {
            (void)snprintf(want, sizeof want, "=%s.00", strcmp(word, "0") == 0 ? "0" : word);
            if (strcmp(word, "0") != 0) {
                (void)snprintf(want, sizeof want, "=%s0000.00", word);
            }
        } else {
            (void)snprintf(want, sizeof want, "%s", word);
        }
        if (strstr(detail, want) == NULL) {
            fail_line(play, "the refusal tells \"%s\", and not %s", detail, want);
        }
    }
}

/* OFFICE KIND ID name=value ... [! reason detail ...] */
static void play_document(struct play *play)
{
    const enum office_name office = office_at(play, 0);
    struct said said = {.count = 0};
    size_t end = 3;
    const char *got;

    if (play->count < 3 || kind_named(bytes_text(play->word[1])) == 0) {
        fail_line(play, "no such kind");
    }
    for (; end < play->count && !is_word(play, end, "!"); end++) {
        say_word(play, &said, play->word[end]);
    }
    fill_in(&said, kind_named(bytes_text(play->word[1])));
    if (!says(&said, "fiscal_year")) {
        (void)snprintf(said.year, sizeof said.year, "%d", play->year);
        say_field(&said, "fiscal_year", said.year);
    }
    said.fields[said.count] = NULL;
    got = tree_say(play->tree, office, play->word[1], play->word[2], said.fields);
    if (strcmp(got, end < play->count ? play->word[end + 1] : "") != 0) {
        fail_line(play, "got \"%s\" (%s)", got,
                  got[0] == '\0' ? "entered" : tree_refusal(play->tree)->detail);
    }
    if (end < play->count) {
        check_detail(play, end + 2);
    }
    tree_seal(play->tree);
}

/* --- figures --- */

static bool holds(const struct play *play, enum office_name at, enum office_name of)
{
    return roster_within(tree_roster(play->tree), tree_division(of), tree_division(at));
}

static void read_wanted(struct play *play, size_t from, int64_t want[ACCOUNTS])
{
    for (size_t i = from; i < play->count; i++) {
        char *value = strchr(play->word[i], '=');
        int account = 1;

        if (value == NULL) {
            fail_line(play, "%s is no figure", play->word[i]);
            return;
        }
        *value++ = '\0';
        while (account < ACCOUNTS &&
               strcmp(account_info((enum account)account)->mnemonic, play->word[i]) != 0) {
            account++;
        }
        if (account == ACCOUNTS) {
            fail_line(play, "%s is no account", play->word[i]);
            return;
        }
        want[account] = wan(play, value);
    }
}

static void compare(struct play *play, enum office_name at, const int128 got[ACCOUNTS],
                    const int64_t want[ACCOUNTS])
{
    for (int account = 1; account < ACCOUNTS; account++) {
        if (got[account] != want[account]) {
            fail_line(play, "at %s %s is %.2f", offices[at],
                      account_info((enum account)account)->mnemonic,
                      (double)got[account] / FEN_PER_WAN);
        }
    }
}

static void add_balance(void *arg, const struct balance_row *row)
{
    int128 *got = arg;

    got[row->account] += (row->debit - row->credit) * account_info(row->account)->normal;
}

/* own OFFICE, all OFFICE */
static void play_sums(struct play *play, enum scope scope)
{
    const enum office_name of = office_at(play, 1);
    int64_t want[ACCOUNTS] = {0};

    read_wanted(play, 2, want);
    for (int at = 0; at < OFFICES; at++) {
        int128 got[ACCOUNTS] = {0};
        struct txn *txn;

        if (holds(play, (enum office_name)at, of)) {
            txn = txn_open(tree_store(play->tree, (enum office_name)at), NULL);
            query_balance(txn, tree_roster(play->tree), tree_division(of), scope, play->year,
                          BY_ACCOUNT, add_balance, got);
            txn_free(txn);
            compare(play, (enum office_name)at, got, want);
        }
    }
}

struct month {
    const char *key;
    int128 got[ACCOUNTS];
};

static void add_month(void *arg, const struct balance_row *row)
{
    struct month *month = arg;

    if (strcmp(row->key, month->key) == 0) {
        add_balance(month->got, row);
    }
}

/* month OFFICE MONTH */
static void play_month(struct play *play)
{
    const enum office_name of = office_at(play, 1);
    int64_t want[ACCOUNTS] = {0};

    read_wanted(play, 3, want);
    for (int at = 0; at < OFFICES; at++) {
        struct month month = {.key = play->word[2]};
        struct txn *txn;

        if (holds(play, (enum office_name)at, of)) {
            txn = txn_open(tree_store(play->tree, (enum office_name)at), NULL);
            query_balance(txn, tree_roster(play->tree), tree_division(of), SCOPE_OWN, play->year,
                          BY_MONTH, add_month, &month);
            txn_free(txn);
            compare(play, (enum office_name)at, month.got, want);
        }
    }
}

/* --- lines and documents --- */

struct looked_up {
    struct document_row row;
    struct indicator line;
    struct txn *txn;
    bool is_document, is_line;
};

static void look_up(struct play *play, enum office_name at, enum office_name of,
                    struct looked_up *out)
{
    const struct bytes id = bytes_text(play->word[2]);

    out->txn = txn_open(tree_store(play->tree, at), NULL);
    out->is_document = query_document(out->txn, tree_division(of), id, &out->row);
    out->is_line = indicator_load(out->txn, tree_division(of), id, &out->line);
    if (is_word(play, 0, "state") ? !out->is_document : !out->is_line) {
        fail_line(play, "%s does not have it", offices[at]);
    }
}

static void check_line(struct play *play, enum office_name at, const struct looked_up *found,
                       const int64_t want[ACCOUNTS])
{
    int128 got[ACCOUNTS] = {0};

    if (is_word(play, 0, "line")) {
        for (int account = 1; account < ACCOUNTS; account++) {
            got[account] =
                found->line.balance[account] * account_info((enum account)account)->normal;
        }
        compare(play, at, got, want);
    } else if (is_word(play, 0, "state") && strcmp(found->row.state, play->word[3]) != 0) {
        fail_line(play, "at %s it is %s", offices[at], found->row.state);
    } else if (is_word(play, 0, "origin") &&
               !bytes_equal(found->line.origin, bytes_text(play->word[3]))) {
        fail_line(play, "at %s its origin is %.*s", offices[at], (int)found->line.origin.size,
                  (const char *)found->line.origin.data);
    } else if (is_word(play, 0, "earmarked") && (found->line.flags & INDICATOR_EARMARKED) == 0) {
        fail_line(play, "at %s it is not", offices[at]);
    }
}

/* line OFFICE ID ..., state OFFICE ID WORD, origin OFFICE ID ID, earmarked OFFICE ID */
static void play_line(struct play *play)
{
    const enum office_name of = office_at(play, 1);
    int64_t want[ACCOUNTS] = {0};

    if (is_word(play, 0, "line")) {
        read_wanted(play, 3, want);
    }
    for (int at = 0; at < OFFICES; at++) {
        struct looked_up found;

        if (holds(play, (enum office_name)at, of)) {
            look_up(play, (enum office_name)at, of, &found);
            check_line(play, (enum office_name)at, &found, want);
            txn_free(found.txn);
        }
    }
}

/* --- what holds after every line --- */

static void check_holder(struct play *play, enum office_name at, enum office_name of,
                         const struct ledger_position *own)
{
    struct txn *txn = txn_open(tree_store(play->tree, at), NULL);
    struct ledger_position there;
    char fault[320] = "";

    ledger_position(txn, tree_division(of), &there);
    if (there.lsn == own->lsn && !hash_equal(&there.digest, &own->digest)) {
        fail_line(play, "at %s the digest of %s differs", offices[at], offices[of]);
    } else if (there.lsn != own->lsn && (play->held & 1u << of) == 0) {
        fail_line(play, "%s has not all of %s", offices[at], offices[of]);
    }
    if (verify_ledger(txn, tree_roster(play->tree), tree_division(of), fault, sizeof fault) !=
        VERIFY_SOUND) {
        fail_line(play, "%s at %s: %s", offices[of], offices[at], fault);
    }
    txn_free(txn);
}

static void check_all(struct play *play)
{
    for (int of = 0; of < OFFICES; of++) {
        struct txn *txn = txn_open(tree_store(play->tree, (enum office_name)of), NULL);
        struct ledger_position own;

        ledger_position(txn, tree_division((enum office_name)of), &own);
        txn_free(txn);
        for (int at = 0; at < OFFICES; at++) {
            if (holds(play, (enum office_name)at, (enum office_name)of)) {
                check_holder(play, (enum office_name)at, (enum office_name)of, &own);
            }
        }
    }
    if (tree_alarms(play->tree) > 0) {
        fail_line(play, "alarm: %s", tree_alarm(play->tree));
    }
}

/* --- a script --- */

static void play_held(struct play *play, bool held)
{
    const enum office_name office = office_at(play, 1);

    play->held = held ? play->held | 1u << office : play->held & ~(1u << office);
    tree_hold_back(play->tree, office, held);
}

/* cut OFFICE OFFICE, heal OFFICE OFFICE */
static void play_cut(struct play *play, bool cut)
{
    const enum office_name from = office_at(play, 1);

    play->held = cut ? play->held | 1u << from : play->held & ~(1u << from);
    tree_cut(play->tree, from, office_at(play, 2), cut);
}

static void play_line_of_script(struct play *play)
{
    if (is_word(play, 0, "own")) {
        play_sums(play, SCOPE_OWN);
    } else if (is_word(play, 0, "all")) {
        play_sums(play, SCOPE_SUBTREE);
    } else if (is_word(play, 0, "month")) {
        play_month(play);
    } else if (is_word(play, 0, "line") || is_word(play, 0, "state") ||
               is_word(play, 0, "origin") || is_word(play, 0, "earmarked")) {
        play_line(play);
    } else if (is_word(play, 0, "held") || is_word(play, 0, "free")) {
        play_held(play, is_word(play, 0, "held"));
    } else if (is_word(play, 0, "cut") || is_word(play, 0, "heal")) {
        play_cut(play, is_word(play, 0, "cut"));
    } else if (is_word(play, 0, "year")) {
        play->year = (int)strtol(play->word[1], NULL, 10);
    } else if (is_word(play, 0, "day")) {
        tree_set_day(play->tree, play->word[1]);
    } else if (is_word(play, 0, "joins")) {
        tree_join(play->tree, office_at(play, 1));
    } else {
        play_document(play);
    }
}

static void play_next(struct play *play, const char *line, size_t size)
{
    char whole[LINE_MAX_BYTES];

    assert_true(size < sizeof whole);
    memcpy(whole, line, size);
    whole[size] = '\0';
    memcpy(play->words, whole, size + 1);
    play->line = whole;
    split(play);
    if (play->count > 0 && play->word[0][0] != '#') {
        play_line_of_script(play);
        check_all(play);
    }
    play->line = NULL;
}

static void play_lines(struct play *play, const char *lines)
{
    while (lines[0] != '\0') {
        const size_t size = strcspn(lines, "\n");

        play_next(play, lines, size);
        lines += size + (lines[size] == '\n' ? 1 : 0);
    }
}

void golden_play(enum office_name absent, const char *const parts[])
{
    struct play play = {.tree = tree_new_without(absent), .year = 2026};

    for (; parts[0] != NULL; parts++) {
        play_lines(&play, parts[0]);
    }
    tree_free(play.tree);
}
