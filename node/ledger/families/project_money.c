#include "node/ledger/families/project_money.h"

#include "node/ledger/families/policy_in_force.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/project_rows.h"

/* --- sums --- */

static bool is_taken(enum account account)
{
    static const enum account accounts[] = {ACC_PENDING,  ACC_AVAIL,        ACC_FROZEN,
                                            ACC_COMMIT,   ACC_SPENT,        ACC_TRANSIT,
                                            ACC_XFER_OUT, ACC_SRC_RECOVERED};

    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        if (accounts[i] == account) {
            return true; /* a credit of the last one lowers the sum */
        }
    }
    return false;
}

/* What the postings from `at` on do to the project of that one; a project that stands before it has
 * been counted. */
static int128 sum_from(const struct booking *booking, size_t at)
{
    const struct bytes project = booking->at[at].line->row.project;
    int128 sum = 0;

    for (size_t i = 0; i < at; i++) {
        if (bytes_equal(booking->at[i].line->row.project, project)) {
            return 0;
        }
    }
    for (size_t i = at; i < booking->count; i++) {
        if (is_taken(booking->at[i].account) &&
            bytes_equal(booking->at[i].line->row.project, project)) {
            sum += booking->at[i].fen;
        }
    }
    return sum;
}

static void add_sums(struct txn *txn, struct division author, const struct booking *booking)
{
    for (size_t i = 0; i < booking->count; i++) {
        const struct bytes project = booking->at[i].line->row.project;
        const int128 sum = project.size > 0 ? sum_from(booking, i) : 0;

        if (sum != 0) {
            struct project_money money;

            project_money_load(txn, author, project, &money);
            money.taken += sum;
            project_money_store(txn, author, project, &money);
        }
    }
}

/* --- states --- */

static bool makes_budgeted(const struct document *document)
{
    switch (document->kind) {
    case KIND_BUDGET:
        return document_is_word(document, FIELD_STAGE, "reply");
    case KIND_ALLOCATE:
    case KIND_VIREMENT:
    case KIND_TRANSFER:
    case KIND_TRANSFER_OUT:
        return true;
    default:
        return false;
    }
}

static bool makes_executing(const struct document *document)
{
    switch (document->kind) {
    case KIND_RELEASE:
    case KIND_VIREMENT:
    case KIND_TRANSFER_OUT:
        return true;
    case KIND_SETTLE:
        return document_is_word(document, FIELD_OUTCOME, "registered");
    default:
        return false;
    }
}

static bool stands(const struct catalogue_row *project, const char *state)
{
    return strcmp(project->state.at, state) == 0;
}

/* Its own line, else the one that it works on. */
static const struct indicator *line_of(const struct booking *booking,
                                       const struct document *document)
{
    for (size_t i = 0; i < booking->line_count; i++) {
        if (bytes_equal(booking->lines[i]->id, document_id(document))) {
            return &booking->lines[i]->row;
        }
    }
    return booking->line_count > 0 ? &booking->lines[0]->row : NULL;
}

static void move_state(struct txn *txn, const struct applied *entry,
                       const struct document *document, const struct booking *booking)
{
    const struct indicator *line = line_of(booking, document);
    struct catalogue_row project;
    struct project_money money;
    const char *state = NULL;
    struct row_key key;

    if (line == NULL || line->project.size == 0) {
        return;
    }
    key = row_key_of(ROW_PROJECT, entry->author, line->project);
    if (!catalogue_load(txn, &key, &project)) {
        return;
    }
    if (makes_executing(document)) {
        state = stands(&project, "reserved") || stands(&project, "budgeted") ? "executing" : NULL;
    } else if (stands(&project, "reserved")) {
        state = "budgeted";
    }
    if (state != NULL) {
        project.state = short_text_of(bytes_text(state));
        catalogue_store(txn, &key, &project);
        project_money_load(txn, entry->author, line->project, &money);
        money.by = short_text_of(document_id(document));
        project_money_store(txn, entry->author, line->project, &money);
    }
}

void project_book(struct txn *txn, const struct applied *entry, const struct document *document,
                  const struct booking *booking)
{
    add_sums(txn, entry->author, booking);
    if (booking->count > 0 && (makes_budgeted(document) || makes_executing(document))) {
        move_state(txn, entry, document, booking);
    }
}

/* --- what lines have now --- */

static void add_lines(struct txn *txn, struct division division, struct bytes pro_code,
                      struct bytes ids, int128 out[ACCOUNTS])
{
    struct reader reader = reader_of(ids);
    struct indicator line;
    struct bytes id;

    while (list_next(&reader, &id)) {
        if (indicator_load(txn, division, id, &line) && bytes_equal(line.project, pro_code)) {
            for (unsigned account = 0; account < ACCOUNTS; account++) {
                out[account] += line.balance[account];
            }
        }
    }
}

void project_balances(struct txn *txn, struct division division, struct bytes pro_code,
                      int128 out[ACCOUNTS])
{
    struct buf ids = BUF_EMPTY;
    uint64_t last_lsn = 0;

    memset(out, 0, ACCOUNTS * sizeof *out);
    do {
        buf_clear(&ids);
        project_lines_read(txn, division, pro_code, last_lsn, &ids, &last_lsn);
        add_lines(txn, division, pro_code, buf_bytes(&ids), out);
    } while (last_lsn != 0);
    buf_free(&ids);
}

/* --- exceeds_project_total --- */

static bool is_asked(const struct facts *facts)
{
    return policy_number(facts->ledger, facts->txn, POLICY_PROJECT_TOTAL) != 0;
}

static enum reason lowered_too_far(struct facts *facts, int128 total, int128 taken)
{
    char total_text[AMOUNT_TEXT_MAX], taken_text[AMOUNT_TEXT_MAX];

    (void)refuse(facts->refusal, REASON_EXCEEDS, "project_total");
    amount_format(total_text, total);
    amount_format(taken_text, taken);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "total_and_taken total=%s taken=%s", total_text, taken_text);
    return REASON_EXCEEDS;
}

/* A version that lowers the total, below what lines have taken already. */
static enum reason check_version(struct facts *facts)
{
    const int64_t total = document_number(facts->document, FIELD_PRO_TOTAL_AMT);
    struct project_money money;

    if (total == 0) {
        return REASON_NONE;
    }
    project_money_load(facts->txn, facts->ledger->config.self,
                       document_text(facts->document, FIELD_PRO_CODE), &money);
    return (money.total == 0 || total < money.total) && total < money.taken && is_asked(facts)
               ? lowered_too_far(facts, total, money.taken)
               : REASON_NONE;
}

/* Money that one line of the project gives to another enters nothing. */
static bool enters_project(const struct facts *facts)
{
    return facts->info->splits && facts->info->needs_open_project &&
           document_books(facts->document) && facts->has_project &&
           division_equal(facts->project.owner, facts->ledger->config.self) &&
           !(facts->info->books.from != ACC_UNALLOC &&
             bytes_equal(document_text(&facts->origin, FIELD_PRO_CODE),
                         document_text(facts->document, FIELD_PRO_CODE)));
}

enum reason project_check_total(struct facts *facts)
{
    const int128 asked = document_money(facts->document);
    struct project_money money;
    int128 free;

    if (facts->info->defines == FIELD_PRO_CODE) {
        return check_version(facts);
    }
    if (!enters_project(facts)) {
        return REASON_NONE;
    }
    project_money_load(facts->txn, facts->ledger->config.self,
                       document_text(facts->document, FIELD_PRO_CODE), &money);
    free = money.total > money.taken ? money.total - money.taken : 0;
    return money.total != 0 && asked > free && is_asked(facts)
               ? facts_within(facts, "project_total", asked, free)
               : REASON_NONE;
}
