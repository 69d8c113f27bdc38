/* A lower division's ledger as computed from its log: also from a log that no honest node wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/harness/commit.h"
#include "tests/unit/ledger/holder.h"

static void what_cannot_be_booked_books_nothing(void **state)
{
    static const struct {
        const char *why, *kind, *id;
        const char *fields[20];
    } cases[] = {
        {"no id", "budget", NULL, {REPLY("5")}},
        {"repeats an id", "budget", "B", {REPLY("5")}},
        {"no amount", "budget", "X", {"stage", "reply", "fund_type_code", "111"}},
        {"an amount of nil", "budget", "X", {REPLY("0")}},
        {"an amount below nil", "budget", "X", {REPLY("-1")}},
        {"no fund type", "budget", "X", {"stage", "reply", "amount", "5"}},
        {"beyond every limit", "budget", "X", {REPLY("92233720368547758.07")}},
        {"one more than fits", "budget", "X", {REPLY("1000000000000000.01")}},
        {"lacks its line", "allocate", "X", {"ori_bgt_id", "NO", "amount", "1"}},
        {"lacks its origin's id", "allocate", "X", {"amount", "1"}},
        {"another fund",
         "allocate",
         "X",
         {"ori_bgt_id", "B", "amount", "1", "fund_type_code", "12"}},
        {"another year",
         "allocate",
         "X",
         {"ori_bgt_id", "B", "amount", "1", "fiscal_year", "2027"}},
        {"a release of no allocation", "release", "X", {"bgt_id", "B", "amount", "1"}},
        {"a payment of nothing", "payment", "X", {"bgt_id", "NO", "pay_app_amt", "1"}},
        {"paid without payment", "paid", "X", {"pay_app_id", "B", "xpay_amt", "1"}},
        {"refund without payment", "refund", "X", {"pay_app_id", "NO", "amount", "1"}},
        {"a settle of no transfer",
         "settle",
         "X",
         {"bgt_id", "B", "amount", "1", "outcome", "registered"}},
        {"a reduction of a source", "reduce", "X", {"bgt_id", "B", "amount", "1"}},
    };
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash before;

    WRITE(&script, "budget", "B", REPLY("100"));
    apply(holder, &script);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct doc_row row;
        const size_t alarms = holder->alarm_count;

        write_fields(&script, cases[i].kind, cases[i].id, cases[i].fields);
        apply(holder, &script);
        if (holder->alarm_count != alarms + 1 ||
            strncmp(holder->alarms[alarms], "bad_entry: ", 11) != 0) {
            fail_msg("%s: %zu alarms, %s", cases[i].why, holder->alarm_count - alarms,
                     holder->alarm_count > alarms ? holder->alarms[alarms] : "-");
        }
        if (doc_load(holder->txn, tree_division(LHASA), bytes_text("X"), &row)) {
            fail_msg("%s: it left a row", cases[i].why);
        }
        if (balance(holder, LHASA, "B", ACC_UNALLOC) != 10000 ||
            position(holder, LHASA).lsn != i + 2) {
            fail_msg("%s: it moved something, or the log did not go on", cases[i].why);
        }
    }
    before = position(holder, LHASA).digest;
    write_raw(&script, KIND_BUDGET, DOCUMENT_FORMAT, bytes_text("\xff\xff\xff"));
    apply(holder, &script);
    assert_non_null(strstr(holder->alarms[holder->alarm_count - 1], "why=unreadable"));
    assert_memory_not_equal(before.at, position(holder, LHASA).digest.at, HASH_SIZE);
}

enum unbookable { UNDECODABLE, REPEATS_AN_ID, OVERFLOWS, LACKS_ITS_LINE };

static void write_unbookable(struct script *script, enum unbookable how)
{
    switch (how) {
    case UNDECODABLE:
        write_raw(script, KIND_BUDGET, DOCUMENT_FORMAT, bytes_text("\xff\xff\xff"));
        break;
    case REPEATS_AN_ID:
        WRITE(script, "budget", "B", REPLY("5"));
        break;
    case OVERFLOWS:
        WRITE(script, "budget", "X", REPLY("92233720368547758.07"));
        break;
    case LACKS_ITS_LINE:
        WRITE(script, "allocate", "X", "ori_bgt_id", "NO", "amount", "1");
        break;
    }
}

/* Whoever holds the log: nothing is posted, one alarm, one digest, and it goes on. */
static void what_cannot_be_booked_is_alike_everywhere(void **state)
{
    static const char *const names[] = {"undecodable", "repeats an id", "overflows",
                                        "lacks its line"};
    static const enum office_name holders[] = {REGION, LHASA};

    for (int how = UNDECODABLE; how <= LACKS_ITS_LINE; how++) {
        struct hash digests[COUNT_OF(holders)];

        for (size_t i = 0; i < COUNT_OF(holders); i++) {
            struct holder *holder = holder_new(((struct holder *)*state)->tree, holders[i]);
            struct script script = {.author = LHASA, .first_lsn = 1};

            WRITE(&script, "budget", "B", REPLY("100"));
            write_unbookable(&script, (enum unbookable)how);
            WRITE(&script, "budget", "C", REPLY("7"));
            apply(holder, &script);
            digests[i] = position(holder, LHASA).digest;
            if (holder->alarm_count != 1 ||
                strncmp(holder->alarms[0], "bad_entry: entry_books_nothing lsn=2", 36) != 0) {
                fail_msg("%s: %zu alarms, %s", names[how], holder->alarm_count,
                         holder->alarm_count > 0 ? holder->alarms[0] : "-");
            }
            if (position(holder, LHASA).lsn != 3 ||
                balance(holder, LHASA, "B", ACC_UNALLOC) != 10000 ||
                balance(holder, LHASA, "C", ACC_UNALLOC) != 700) {
                fail_msg("%s: it moved something, or the log did not go on", names[how]);
            }
            holder_free(holder);
        }
        assert_memory_equal(&digests[0], &digests[1], sizeof digests[0]);
    }
}

/* Whoever wrote it did not ask this program's rules: it is a fact, and told. */
static void an_answer_that_names_no_transfer_is_kept(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script script = {.author = LINZHOU, .first_lsn = 1};

    WRITE(&script, "return", "X", "ori_div_code", "540000", "reason", "x", "transfer_lsn", "999");
    apply(holder, &script);
    assert_int_equal(position(holder, LINZHOU).lsn, 1);
    assert_int_equal(holder->alarm_count, 1);
    assert_non_null(strstr(holder->alarms[0], "why=names_no_transfer"));
    holder_free(holder);
}

static void a_balance_below_zero_is_a_fact_and_an_alarm(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "101");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), -100);
    assert_int_equal(balance(holder, LHASA, "A", ACC_PENDING), 10100);
    assert_int_equal(holder->alarm_count, 1);
    assert_string_equal(
        holder->alarms[0],
        "below_zero: balance_below_zero lsn=2 author=540100 account=UNALLOC line=B");
}

/* A release of a part, as an author may have entered: what it left is reduced first. */
static void a_reduction_takes_what_awaits_release_first(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "100");
    WRITE(&script, "release", "L", "bgt_id", "A", "amount", "70");
    WRITE(&script, "reduce", "D1", "bgt_id", "A", "amount", "30");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, "A", ACC_PENDING), 0);
    assert_int_equal(balance(holder, LHASA, "A", ACC_AVAIL), 7000);
    WRITE(&script, "reduce", "D2", "bgt_id", "A", "amount", "10");
    apply(holder, &script);
    assert_int_equal(balance(holder, LHASA, "A", ACC_AVAIL), 6000);
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), 4000);
    assert_int_equal(holder->alarm_count, 0);
}

static void a_gap_in_a_log_is_refused(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash digest;

    WRITE(&script, "budget", "B", REPLY("100"));
    assert_int_equal(apply_part(holder, &script, 0), OK);
    digest = position(holder, LHASA).digest;
    assert_int_equal(apply_part(holder, &script, 0), ERR_GAP); /* the same once more */
    script.first_lsn = 3;
    script.entries[0].lsn = 3;
    assert_int_equal(apply_part(holder, &script, 0), ERR_GAP);
    assert_int_equal(position(holder, LHASA).lsn, 1);
    assert_memory_equal(position(holder, LHASA).digest.at, digest.at, HASH_SIZE);
    assert_int_equal(balance(holder, LHASA, "B", ACC_UNALLOC), 10000);
    script_clear(&script);
}

static void write_four(struct script *script)
{
    WRITE(script, "budget", "B1", REPLY("1"));
    write_raw(script, KIND_GRANT, GRANT_FORMAT, bytes_text("a grant"));
    WRITE(script, "budget", "B2", REPLY("2"));
    WRITE(script, "budget", "B3", REPLY("3"));
}

/* It stops before what it does not know; after the upgrade it arrives where all others are. */
static void an_unknown_kind_is_waited_for(void **state)
{
    struct holder *old = *state, *new = holder_new(old->tree, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct ledger_position there, here;

    WRITE(&script, "budget", "B0", REPLY("9"));
    assert_int_equal(apply_part(old, &script, 0), OK);
    apply(new, &script);
    write_four(&script);
    assert_int_equal(apply_part(new, &script, 0), OK);
    there = position(new, LHASA);

    script.entries[2].format = DOCUMENT_FORMAT_LAST + 1;
    assert_int_equal(apply_part(old, &script, 0), ERR_NEEDS_UPGRADE);
    assert_int_equal(position(old, LHASA).lsn, 3);
    assert_int_equal(position(old, LHASA).digest_lsn, 1);
    assert_int_equal(balance(old, LHASA, "B1", ACC_UNALLOC), 100);
    assert_int_equal(balance(old, LHASA, "B2", ACC_UNALLOC), -1);
    assert_int_equal(old->alarm_count, 1);
    assert_memory_equal(old->alarms[0], "needs_upgrade: ", 15);
    assert_int_equal(apply_part(old, &script, 2), ERR_NEEDS_UPGRADE); /* still */
    script.entries[2].format = DOCUMENT_FORMAT;
    script.entries[3].kind = KINDS_END;
    assert_int_equal(apply_part(old, &script, 2), ERR_NEEDS_UPGRADE); /* one further */
    script.entries[3].kind = KIND_BUDGET;
    assert_int_equal(apply_part(old, &script, 3), OK);
    here = position(old, LHASA);
    assert_int_equal(here.lsn, there.lsn);
    assert_int_equal(here.digest_lsn, there.digest_lsn);
    assert_memory_equal(here.digest.at, there.digest.at, HASH_SIZE);
    script_clear(&script);
    holder_free(new);
}

/* Kinds below 16 are no documents, but what they say decides whose figures count. */
static void an_unknown_link_kind_is_waited_for(void **state)
{
    static const struct {
        const char *name;
        uint32_t kind, format;
    } cases[] = {
        {"a grant of another format", KIND_GRANT, GRANT_FORMAT + 1},
        {"a grant of the former format", KIND_GRANT, GRANT_FORMAT - 1},
        {"a revocation of another format", KIND_REVOKE, REVOKE_FORMAT + 1},
        {"an endpoint of another format", KIND_ENDPOINT, ENDPOINT_FORMAT + 1},
        {"the last of the link's numbers", KIND_USER_FIRST - 1, 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LHASA, .first_lsn = 1};

        WRITE(&script, "budget", "B1", REPLY("1"));
        write_raw(&script, cases[i].kind, cases[i].format, bytes_text("new"));
        WRITE(&script, "budget", "B2", REPLY("2"));
        if (apply_part(holder, &script, 0) != ERR_NEEDS_UPGRADE ||
            position(holder, LHASA).lsn != 1 || balance(holder, LHASA, "B2", ACC_UNALLOC) != -1) {
            fail_msg("%s: the replica went on to lsn %d", cases[i].name,
                     (int)position(holder, LHASA).lsn);
        }
        assert_memory_equal(holder->alarms[0],
                            "needs_upgrade: entry_unknown lsn=2 author=540100 written=", 57);
        script_clear(&script);
        holder_free(holder);
    }
}

static void a_block_without_documents_leaves_the_digest(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash before;

    WRITE(&script, "budget", "B", REPLY("100"));
    apply(holder, &script);
    before = position(holder, LHASA).digest;
    write_raw(&script, KIND_GRANT, GRANT_FORMAT, bytes_text("a grant"));
    apply(holder, &script);
    for (size_t i = 0; i < holder->alarm_count; i++)
        print_message("%s\n", holder->alarms[i]);
    assert_int_equal(position(holder, LHASA).lsn, 2);
    assert_int_equal(position(holder, LHASA).digest_lsn, 2);
    assert_memory_equal(position(holder, LHASA).digest.at, before.at, HASH_SIZE);
}

static bool copy_row(void *arg, struct bytes key, struct bytes value)
{
    buf_append_bytes(arg, key);
    buf_append_bytes(arg, value);
    return true;
}

/* All rows of the three spaces, one after the other. */
static struct buf all_rows(struct txn *txn)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_ROLLUPS, SPACE_INDEX};
    struct buf out = BUF_EMPTY;
    struct err err;

    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        assert_int_equal(txn_scan(txn, spaces[i], BYTES_NONE, copy_row, &out, &err), OK);
    }
    return out;
}

static void write_life(struct script *script)
{
    WRITE(script, "budget", "B", REPLY("100"));
    WRITE(script, "transfer", "T", "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",
          "rec_div_code", "540121");
    WRITE(script, "allocate", "A", "ori_bgt_id", "B", "amount", "50");
    WRITE(script, "release", "L", "bgt_id", "A"); /* all there is */
    WRITE(script, "payment", "P", "bgt_id", "A", "pay_app_amt", "30");
    WRITE(script, "paid", "V", "pay_app_id", "P", "xpay_amt", "10", "agent_business_no", "1");
    WRITE(script, "payment_cancel", "C", "pay_app_id", "P"); /* all that is left */
    WRITE(script, "refund", "RF", "pay_app_id", "P", "amount", "4");
    WRITE(script, "reduce", "RD", "bgt_id", "A", "amount", "5");
}

static void a_log_replayed_gives_the_same_rows(void **state)
{
    struct holder *first = *state, *again = holder_new(first->tree, REGION);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct buf a, b;

    write_life(&script);
    assert_int_equal(apply_part(first, &script, 0), OK);
    apply(again, &script);
    assert_int_equal(first->alarm_count, 0);
    assert_int_equal(balance(first, LHASA, "B", ACC_UNALLOC), 3500);
    assert_int_equal(balance(first, LHASA, "T", ACC_TRANSIT), 2000);
    assert_int_equal(balance(first, LHASA, "A", ACC_AVAIL), 3900);
    assert_int_equal(balance(first, LHASA, "A", ACC_COMMIT), 0);
    assert_int_equal(balance(first, LHASA, "A", ACC_SPENT), 600);
    a = all_rows(first->txn);
    b = all_rows(again->txn);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    assert_true(a.size > 1000);
    buf_free(&a);
    buf_free(&b);
    holder_free(again);
}

/* --- jurisdictions --- */

static struct rollup jurisdiction(struct holder *holder)
{
    const struct row_key key =
        rollup_key(ROLLUP_SUBTREE, tree_division(REGION), 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup sums;

    rollup_load(holder->txn, &key, &sums);
    return sums;
}

/* A county knows no siblings, so nothing stops it from naming one. The same figures whether the
 * one that is named has its grant already, or only later. */
static void a_transfer_in_comes_from_outside_whatever_it_names(void **state)
{
    static const char *const named[] = {"540202", "540299"};

    for (size_t i = 0; i < COUNT_OF(named); i++) {
        struct holder *holder = holder_new(((struct holder *)*state)->tree, REGION);
        struct script script = {.author = LINZHOU, .first_lsn = 1};
        char fault[512] = "";
        struct rollup sums;

        WRITE(&script, "transfer_in", "I", "ori_div_code", named[i], "sup_bgt_doc_no", "1",
              "fund_type_code", "111", "amount", "77");
        apply(holder, &script);
        sums = jurisdiction(holder);
        assert_int_equal(sums.of[ACC_UNALLOC].debit, 7700);
        if (sums.of[ACC_SRC_TRANSFER_IN].credit != 7700 || sums.of[ACC_TRANSIT].credit != 0) {
            fail_msg("from %s: counted as a transfer inside the region", named[i]);
        }
        if (verify_ledger(holder->txn, tree_roster(holder->tree), tree_division(REGION), fault,
                          sizeof fault) != VERIFY_SOUND) {
            fail_msg("from %s: %s", named[i], fault);
        }
        holder_free(holder);
    }
}

/* A source that differs is told, and the sums of the block are there all the same. */
static void a_source_that_differs_is_told(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct source_sums source;

    WRITE(&script, "budget", "B", REPLY("100"));
    apply(holder, &script);
    assert_true(source_load(holder->txn, tree_division(LHASA), bytes_text("B"), &source));
    source.debit++;
    source_store(holder->txn, tree_division(LHASA), bytes_text("B"), &source);
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "1");
    apply(holder, &script);
    assert_int_equal(jurisdiction(holder).of[ACC_PENDING].debit, 100);
    assert_int_equal(holder->alarm_count, 1);
    assert_memory_equal(holder->alarms[0], "sources_differ: ", 16);
}

/* --- logs above --- */

static enum status hear_again(struct holder *holder, struct script *script)
{
    const struct block_header header = header_of(script);
    struct err err;

    return ledger_observe_again(holder->ledger, holder->txn, &header, script->entries,
                                script->count, &err);
}

static void hear(struct holder *holder, struct script *script)
{
    const struct block_header header = header_of(script);

    ledger_observe_block(holder->ledger, holder->txn, &header, script->entries, script->count);
}

static bool knows_transfer(struct holder *holder, const char *id)
{
    struct transfer_match match;

    return transfer_match_load(holder->txn, tree_division(REGION), bytes_text(id), &match) &&
           match.transfer_lsn != 0;
}

#define ISSUED(script, id)                                                                         \
    WRITE(script, "transfer", id, "ori_bgt_id", "B", "amount", "20", "fund_type_code", "111",      \
          "rec_div_code", "540100")

/* Hearing stops before what it does not know, says so, and loses nothing. */
static void an_unknown_kind_from_above_is_waited_for(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script first = {.author = REGION, .first_lsn = 5};
    struct script second = {.author = REGION, .first_lsn = 8};
    const struct audience line = header_of(&first).audience;
    struct observe_cursor cursor;

    ISSUED(&first, "T5");
    ISSUED(&first, "T6");
    ISSUED(&first, "T7");
    ISSUED(&second, "T8");
    first.entries[1].kind = KINDS_END;
    hear(holder, &first);
    hear(holder, &second);
    assert_true(knows_transfer(holder, "T5"));
    assert_false(knows_transfer(holder, "T6") || knows_transfer(holder, "T7") ||
                 knows_transfer(holder, "T8"));
    assert_int_equal(holder->alarm_count, 1);
    assert_memory_equal(holder->alarms[0],
                        "needs_upgrade: entry_unknown lsn=6 author=540000 written=1970-", 62);
    assert_true(ledger_observe_cursor(holder->txn, tree_division(REGION), &line, &cursor));
    assert_int_equal(cursor.block_lsn, 5);
    assert_int_equal(cursor.lsn, 6);
    assert_int_equal(cursor.held_lsn, 8);

    assert_int_equal(hear_again(holder, &first), ERR_NEEDS_UPGRADE); /* a restart without it */
    first.entries[1].kind = KIND_TRANSFER;
    first.entries[2].format = DOCUMENT_FORMAT_LAST + 1;
    assert_int_equal(hear_again(holder, &first), ERR_NEEDS_UPGRADE); /* one further */
    assert_true(knows_transfer(holder, "T6"));
    first.entries[2].format = DOCUMENT_FORMAT;
    assert_int_equal(hear_again(holder, &first), OK);
    assert_int_equal(hear_again(holder, &second), OK);
    assert_true(knows_transfer(holder, "T7") && knows_transfer(holder, "T8"));
    assert_false(ledger_observe_cursor(holder->txn, tree_division(REGION), &line, &cursor));
    assert_int_equal(holder->alarm_count, 3); /* nothing was taken twice */
    script_clear(&first);
    script_clear(&second);
    holder_free(holder);
}

static void an_unknown_link_kind_from_above_is_waited_for(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script script = {.author = REGION, .first_lsn = 5};
    const struct audience line = header_of(&script).audience;
    struct observe_cursor cursor;

    ISSUED(&script, "T5");
    write_raw(&script, KIND_REVOKE, REVOKE_FORMAT + 1, bytes_text("a revocation"));
    ISSUED(&script, "T7");
    hear(holder, &script);
    assert_true(knows_transfer(holder, "T5"));
    assert_false(knows_transfer(holder, "T7"));
    assert_memory_equal(holder->alarms[0],
                        "needs_upgrade: entry_unknown lsn=6 author=540000 written=", 57);
    assert_true(ledger_observe_cursor(holder->txn, tree_division(REGION), &line, &cursor));
    assert_int_equal(cursor.lsn, 6);
    script_clear(&script);
    holder_free(holder);
}

/* --- trials --- */

static struct hash digest_after(struct holder *holder)
{
    struct hash digest;

    ledger_own_digest(holder->ledger, holder->txn, &digest);
    return digest;
}

static void apply_own(struct holder *holder, struct txn *txn, struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct entry *entry = &script->entries[i];
        struct document document;
        struct err err;

        assert_int_equal(document_decode(&document, entry->kind, entry->body, &err), OK);
        ledger_apply_own(holder->ledger, txn,
                         &(struct applied){tree_division(LHASA), entry->lsn, entry->time_ms,
                                           entry->kind, entry->format, entry->body},
                         &document);
    }
}

static void hear_project(struct holder *holder, struct script *script)
{
    struct block_header header;

    if (script->count == 0) {
        WRITE(script, "project", "PR", "pro_code", "P1", "state", "draft", "is_track", "1");
    }
    header = header_of(script);
    header.audience.kind = AUDIENCE_TREE;
    ledger_observe_block(holder->ledger, holder->txn, &header, script->entries, script->count);
}

static void a_trial_leaves_no_trace(void **state)
{
    struct tree *roster = ((struct holder *)*state)->tree;
    struct holder *tried = holder_new(roster, LHASA), *plain = holder_new(roster, LHASA);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct script dry_run = {.author = LHASA, .first_lsn = 10};
    struct script above = {.author = REGION, .first_lsn = 1};
    struct txn *child;
    struct ledger_mark mark;
    struct hash a, b;
    struct buf rows, want;

    hear_project(tried, &above);
    hear_project(plain, &above);
    script_clear(&above);
    write_life(&script);
    WRITE(&dry_run, "project", "PR", "pro_code", "P1", "state", "draft");
    WRITE(&dry_run, "budget", "X", REPLY("7"));
    WRITE(&dry_run, "allocate", "Y", "ori_bgt_id", "B", "amount", "7");
    WRITE(&dry_run, "payment", "Z", "bgt_id", "A", "pay_app_amt", "7");
    apply_own(tried, tried->txn, &script);
    apply_own(plain, plain->txn, &script);

    child = txn_open_child(tried->txn);
    ledger_mark(tried->ledger, &mark);
    apply_own(tried, child, &dry_run);
    ledger_return_to(tried->ledger, &mark);
    txn_free(child);
    assert_int_equal(tried->alarm_count, 0); /* the project is the region's; it was only tried */

    a = digest_after(tried);
    b = digest_after(plain);
    assert_memory_equal(a.at, b.at, HASH_SIZE);
    rows = all_rows(tried->txn);
    want = all_rows(plain->txn);
    assert_true(bytes_equal(buf_bytes(&rows), buf_bytes(&want)));
    buf_free(&rows);
    buf_free(&want);
    script_clear(&script);
    script_clear(&dry_run);
    holder_free(tried);
    holder_free(plain);
}

/* --- a store with a row that cannot be read --- */

static const struct store *behind;

static enum status get_harmed(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes key, struct buf *value, struct err *err)
{
    const struct row_key line = row_key_of(ROW_INDICATOR, tree_division(LHASA), bytes_text("B"));

    (void)self;
    if (space == SPACE_LEDGER && bytes_equal(key, row_key_bytes(&line))) {
        return err_set(err, ERR_CORRUPT, "a row is damaged");
    }
    return behind->ops->get(behind->self, snapshot, space, key, value, err);
}

/* The checks read the line; only the entry reads its origin, which is damaged by then. */
static void a_row_that_cannot_be_read_ends_the_turn_and_not_the_node(void **state)
{
    struct holder *holder = holder_new(((struct holder *)*state)->tree, LHASA);
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct store_ops ops = *holder->store.ops;
    const struct store harmed = {&ops, &ops};
    struct txn *txn;
    uint64_t fence;
    struct err err;

    ops.get = get_harmed;
    behind = &holder->store;
    WRITE(&script, "budget", "B", REPLY("100"));
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "amount", "50");
    apply_own(holder, holder->txn, &script);
    (void)digest_after(holder);
    script_clear(&script);
    assert_int_equal(holder->store.ops->claim(holder->store.self, &fence, &err), OK);
    commit_txn(&holder->store, fence, holder->txn);

    txn = txn_open(&harmed, NULL);
    WRITE(&script, "reduce", "RD", "bgt_id", "A", "amount", "5");
    apply_own(holder, txn, &script);
    assert_int_equal(txn_status(txn, &err), ERR_CORRUPT);
    txn_free(txn);
    script_clear(&script);
    holder_free(holder);
}

/* What the author digests while it enters is what others compute from its blocks. */
static void own_and_replayed_digests_agree(void **state)
{
    struct tree *roster = ((struct holder *)*state)->tree;
    struct holder *own = holder_new(roster, LHASA), *replica = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};
    struct hash digest;

    write_life(&script);
    apply_own(own, own->txn, &script);
    digest = digest_after(own);
    apply(replica, &script);
    assert_memory_equal(digest.at, position(replica, LHASA).digest.at, HASH_SIZE);
    digest = digest_after(own); /* an empty block between */
    assert_memory_equal(digest.at, position(replica, LHASA).digest.at, HASH_SIZE);
    WRITE(&script, "freeze", "F", "bgt_id", "A", "amount", "1");
    apply_own(own, own->txn, &script);
    digest = digest_after(own);
    apply(replica, &script);
    assert_memory_equal(digest.at, position(replica, LHASA).digest.at, HASH_SIZE);
    holder_free(own);
}

static void a_block_whose_author_is_in_another_state_is_alarmed(void **state)
{
    struct holder *own = holder_new(((struct holder *)*state)->tree, LHASA), *replica = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    write_life(&script);
    apply_own(own, own->txn, &script);
    script.state_digest = digest_after(own);
    apply(replica, &script);
    assert_int_equal(replica->states_differ, 0);
    WRITE(&script, "freeze", "F", "bgt_id", "A", "amount", "1");
    apply_own(own, own->txn, &script);
    script.state_digest = digest_after(own);
    script.state_digest.at[0] ^= 1;
    apply(replica, &script);
    assert_int_equal(replica->states_differ, 1);
    holder_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(what_cannot_be_booked_books_nothing),
        HELD(what_cannot_be_booked_is_alike_everywhere),
        HELD(an_answer_that_names_no_transfer_is_kept),
        HELD(a_balance_below_zero_is_a_fact_and_an_alarm),
        HELD(a_reduction_takes_what_awaits_release_first),
        HELD(a_gap_in_a_log_is_refused),
        HELD(an_unknown_kind_is_waited_for),
        HELD(an_unknown_link_kind_is_waited_for),
        HELD(an_unknown_link_kind_from_above_is_waited_for),
        HELD(a_block_without_documents_leaves_the_digest),
        HELD(a_log_replayed_gives_the_same_rows),
        HELD(a_transfer_in_comes_from_outside_whatever_it_names),
        HELD(a_source_that_differs_is_told),
        HELD(an_unknown_kind_from_above_is_waited_for),
        HELD(a_trial_leaves_no_trace),
        HELD(a_row_that_cannot_be_read_ends_the_turn_and_not_the_node),
        HELD(own_and_replayed_digests_agree),
        HELD(a_block_whose_author_is_in_another_state_is_alarmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
