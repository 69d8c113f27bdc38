/* Projects: a document is a version of one; the first says all, a later one what changes. */
#include "node/ledger/families/project.h"

#include "node/ledger/families/family.h"
#include "node/ledger/families/inherit.h"
#include "node/ledger/families/project_money.h"
#include "node/ledger/rows/project_rows.h"

/* --- states: words of the project itself, not of its documents --- */

enum project_state {
    PROJECT_DRAFT,
    PROJECT_RESERVED,
    PROJECT_BUDGETED,
    PROJECT_EXECUTING,
    PROJECT_CLOSED,
    PROJECT_CANCELLED,
    PROJECT_STATES, /* none yet: the first version */
};
static const char *const state_names[PROJECT_STATES] = {"draft",     "reserved", "budgeted",
                                                        "executing", "closed",   "cancelled"};

/* What a version may make of it, and under what condition. */
enum move {
    MOVE_NEVER,
    MOVE_FREELY,
    MOVE_WITHOUT_MONEY = 2,
    MOVE_WITHOUT_OPEN_MONEY = 4,
    MOVE_WITH_REASON = 8,
};
enum {
    ENDS_UNUSED = MOVE_WITHOUT_MONEY | MOVE_WITH_REASON,
    IS_CANCELLED = MOVE_WITHOUT_OPEN_MONEY | MOVE_WITH_REASON,
};
static const uint8_t moves[PROJECT_STATES + 1][PROJECT_STATES] = {
    [PROJECT_DRAFT] = {[PROJECT_DRAFT] = MOVE_FREELY,
                       [PROJECT_RESERVED] = MOVE_FREELY,
                       [PROJECT_CANCELLED] = MOVE_WITH_REASON},
    [PROJECT_RESERVED] = {[PROJECT_DRAFT] = MOVE_WITHOUT_MONEY,
                          [PROJECT_RESERVED] = MOVE_FREELY,
                          [PROJECT_BUDGETED] = MOVE_FREELY,
                          [PROJECT_CLOSED] = ENDS_UNUSED,
                          [PROJECT_CANCELLED] = ENDS_UNUSED},
    [PROJECT_BUDGETED] = {[PROJECT_RESERVED] = MOVE_WITHOUT_MONEY,
                          [PROJECT_BUDGETED] = MOVE_FREELY,
                          [PROJECT_EXECUTING] = MOVE_FREELY,
                          [PROJECT_CLOSED] = MOVE_WITHOUT_OPEN_MONEY,
                          [PROJECT_CANCELLED] = IS_CANCELLED},
    [PROJECT_EXECUTING] = {[PROJECT_EXECUTING] = MOVE_FREELY,
                           [PROJECT_CLOSED] = MOVE_WITHOUT_OPEN_MONEY,
                           [PROJECT_CANCELLED] = IS_CANCELLED},
    [PROJECT_STATES] = {[PROJECT_DRAFT] = MOVE_FREELY, [PROJECT_RESERVED] = MOVE_FREELY},
};

static enum project_state state_of(struct bytes word)
{
    size_t state = 0;

    while (state < PROJECT_STATES && !bytes_equal(word, bytes_text(state_names[state]))) {
        state++;
    }
    return (enum project_state)state;
}

bool project_takes_money(const struct catalogue_row *project)
{
    const enum project_state state = state_of(short_text_bytes(&project->state));

    return state >= PROJECT_RESERVED && state <= PROJECT_EXECUTING;
}

/* The own project under the code of a document. */
static bool load_own(const struct ledger *ledger, struct txn *txn, const struct document *document,
                     struct catalogue_row *out)
{
    const struct row_key key =
        row_key_of(ROW_PROJECT, ledger->config.self, document_text(document, FIELD_PRO_CODE));

    return catalogue_load(txn, &key, out);
}

/* Of a code or a year that cannot be, nothing is known: that is what is wrong with it. */
bool project_is_first(const struct ledger *ledger, struct txn *txn, const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const int64_t year = document_number(document, FIELD_FISCAL_YEAR);
    struct catalogue_row row;

    return document->kind == KIND_PROJECT && field_text_valid(FIELD_PRO_CODE, code) &&
           field_number_valid(FIELD_FISCAL_YEAR, year) &&
           !catalogue_known(txn, ROW_PROJECT, ledger->config.self, code, (int)year, &row);
}

bool project_was_tracked(const struct ledger *ledger, struct txn *txn,
                         const struct document *document)
{
    struct catalogue_row held;

    return document->kind == KIND_PROJECT && load_own(ledger, txn, document, &held) &&
           held.is_track;
}

/* --- preparing --- */

/* A later version may leave out what does not change; its entry says it all the same, so that who
 * hears only of this version knows the project. */
static void complete_version(struct ledger *ledger, struct txn *txn, struct document *document,
                             struct buf *memory)
{
    struct catalogue_row held;

    if (!catalogue_known(txn, ROW_PROJECT, ledger->config.self,
                         document_text(document, FIELD_PRO_CODE), document_year(document), &held)) {
        return;
    }
    buf_reserve(memory, INHERIT_MORE_BYTES);
    inherit_text(document, FIELD_PRO_NAME, inherit_keep(memory, held.name));
    inherit_text(document, FIELD_PRO_CAT_CODE, inherit_keep(memory, held.group));
    inherit_text(document, FIELD_AGENCY_CODE, inherit_keep(memory, short_text_bytes(&held.agency)));
    if (held.is_track) {
        inherit_text(document, FIELD_IS_TRACK, bytes_text("1"));
    }
}

/* --- checking --- */

/* The form was asked, but the first version may have been a draft. */
static enum reason check_first_version(struct facts *facts)
{
    const enum field *first = facts->info->first;

    if (facts_know_own(facts, ROW_PROJECT, FIELD_PRO_CODE)) {
        return REASON_NONE;
    }
    for (; *first != 0; first++) {
        if (!document_has(facts->document, *first)) {
            return refuse_field(facts->refusal, REASON_MISSING, *first);
        }
    }
    return REASON_NONE;
}

/* From where the project stands to what the version says. */
static enum move move_of(const struct facts *facts)
{
    struct catalogue_row held;
    const bool is_there = load_own(facts->ledger, facts->txn, facts->document, &held);
    const enum project_state from =
        is_there ? state_of(short_text_bytes(&held.state)) : PROJECT_STATES;
    const enum project_state to = state_of(document_text(facts->document, FIELD_STATE));

    return to < PROJECT_STATES ? (enum move)moves[from][to] : MOVE_NEVER;
}

static enum reason check_missing(struct facts *facts)
{
    if (check_first_version(facts) != REASON_NONE) {
        return facts->refusal->reason;
    }
    return (move_of(facts) & MOVE_WITH_REASON) != 0 && !document_has(facts->document, FIELD_REASON)
               ? refuse_field(facts->refusal, REASON_MISSING, FIELD_REASON)
               : REASON_NONE;
}

/* The first of these accounts in which lines of the project have something: named with its figure.
 */
static enum reason refuse_money(struct facts *facts, enum reason reason,
                                const enum account *accounts, size_t count)
{
    int128 balances[ACCOUNTS];
    char amount[AMOUNT_TEXT_MAX];

    project_balances(facts->txn, facts->ledger->config.self,
                     document_text(facts->document, FIELD_PRO_CODE), balances);
    for (size_t i = 0; i < count; i++) {
        if (balances[accounts[i]] != 0) {
            (void)refuse(facts->refusal, reason, "");
            amount_format(amount, balances[accounts[i]]);
            message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                           "project_has account=%s amount=%s", account_info(accounts[i])->mnemonic,
                           amount);
            return reason;
        }
    }
    return REASON_NONE;
}

static enum reason check_move(struct facts *facts)
{
    static const enum account money[] = {ACC_UNALLOC, ACC_PENDING, ACC_AVAIL,   ACC_FROZEN,
                                         ACC_COMMIT,  ACC_SPENT,   ACC_TRANSIT, ACC_XFER_OUT};
    const enum move move = move_of(facts);

    if (move == MOVE_NEVER) {
        (void)refuse(facts->refusal, REASON_WRONG_STATE, "");
        if (!facts_know_own(facts, ROW_PROJECT, FIELD_PRO_CODE)) { /* else advised by its state */
            message_format(facts->refusal->detail, sizeof facts->refusal->detail, "project_begins");
        }
        return REASON_WRONG_STATE;
    }
    return (move & MOVE_WITHOUT_MONEY) != 0
               ? refuse_money(facts, REASON_WRONG_STATE, money, COUNT_OF(money))
               : REASON_NONE;
}

static enum reason check_open(struct facts *facts)
{
    static const enum account open[] = {ACC_PENDING, ACC_AVAIL, ACC_FROZEN, ACC_COMMIT,
                                        ACC_TRANSIT};

    return (move_of(facts) & MOVE_WITHOUT_OPEN_MONEY) != 0
               ? refuse_money(facts, REASON_OPEN_ITEMS, open, COUNT_OF(open))
               : REASON_NONE;
}

/* --- indexing --- */

/* What the newest version says of total and term; what it leaves out stays. `by`: whether its state
 * is the one that money brought. */
static void keep_terms(struct txn *txn, struct division author, const struct document *version,
                       bool same_state)
{
    const struct bytes code = document_text(version, FIELD_PRO_CODE);
    struct project_money money;

    project_money_load(txn, author, code, &money);
    if (document_has(version, FIELD_PRO_TOTAL_AMT)) {
        money.total = document_number(version, FIELD_PRO_TOTAL_AMT);
    }
    if (document_has(version, FIELD_PRO_START_YEAR)) {
        money.start_year = (int)document_number(version, FIELD_PRO_START_YEAR);
    }
    if (document_has(version, FIELD_PRO_TERM)) {
        money.term = (int)document_number(version, FIELD_PRO_TERM);
    }
    if (document_has(version, FIELD_PRO_EXIT_DATE)) {
        money.exit_date = short_text_of(document_text(version, FIELD_PRO_EXIT_DATE));
    }
    if (document_has(version, FIELD_POLICY_REF)) {
        money.policy_ref = document_text(version, FIELD_POLICY_REF);
    }
    if (!same_state) {
        money.by = short_text_of(BYTES_NONE);
    }
    project_money_store(txn, author, code, &money);
}

/* A later version may leave out what does not change. A project is of all years: it stands where
 * its newest version says, of whichever year that is. */
static void index_project(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const struct row_key key = row_key_of(ROW_PROJECT, entry->author, code);
    struct catalogue_row row =
        catalogue_row_of(entry, document, FIELD_PRO_NAME, FIELD_PRO_CAT_CODE);
    struct catalogue_row held;

    if (catalogue_load(txn, &key, &held)) {
        row.name = row.name.size > 0 ? row.name : held.name;
        row.group = row.group.size > 0 ? row.group : held.group;
        row.agency = row.agency.size > 0 ? row.agency : held.agency;
        keep_terms(txn, entry->author, document,
                   bytes_equal(short_text_bytes(&row.state), short_text_bytes(&held.state)));
        if (row.year < held.first_year) {
            held.first_year = row.year;
        }
        if (row.year < held.year) {
            row.year = held.year;
        }
        catalogue_store_version(txn, &key, &row, &held);
        return;
    }
    if (ledger_is_above(ledger, entry->author) &&
        catalogue_project(ledger, txn, code, row.year, &held)) {
        catalogue_alarm_clash(ledger, "project", code, entry->author, held.owner);
    }
    keep_terms(txn, entry->author, document, false);
    catalogue_store_version(txn, &key, &row, NULL);
}

static const struct kind_steps kinds[] = {
    {.kind = KIND_PROJECT,
     .complete = complete_version,
     .missing = check_missing,
     .stands = check_move,
     .open = check_open,
     .index = index_project},
};
const struct family family_project = {"project", kinds, COUNT_OF(kinds)};
