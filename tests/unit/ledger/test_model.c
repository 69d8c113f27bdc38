/* A hundred thousand random documents against a model that knows nothing but arithmetic.
 *
 * Three governments issue, register, allocate, pay. The model says of every document whether it is
 * taken or why not, and keeps every figure the slow way; ledgers, replicas, roll-ups and digests
 * must agree with it to the fen. TERRACE_SEED chooses another run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/rows/rows.h"
#include "node/store/store_memory.h"
#include "tests/unit/ledger/tree.h"

enum {
#ifdef __SANITIZE_THREAD__
    DOCUMENTS = 12000, /* a tenth where only threads are looked for, and there are none */
#else
    DOCUMENTS = 120000,
#endif
    TURN_DOCUMENTS = 40,
    PLACES = 3,
    COMPARE_TURNS = 400,
    MADE_MAX = DOCUMENTS + 1,
};

static const enum office_name offices[PLACES] = {REGION, LHASA, LINZHOU};

/* --- the model --- */

struct made { /* an indicator, a transfer or a payment */
    int place;
    uint32_t kind;
    char id[16];
    int64_t at[ACCOUNTS]; /* balances, on the normal side */
    int64_t left, spent;  /* payment */
    int64_t amount;       /* transfer */
    size_t about;         /* the indicator or payment it was made from */
    int to;               /* transfer: receiver */
    bool released, cancelled, answered;
};

struct model {
    struct made *made;
    size_t count;
    uint64_t random;
    size_t taken, refused, exists;
};

static uint64_t next_random(struct model *model)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return model->random;
}

static size_t pick(struct model *model, size_t below)
{
    return (size_t)(next_random(model) % below);
}

/* --- ledgers in one process --- */

struct block {
    struct block_header header;
    struct entry entries[TURN_DOCUMENTS];
    struct buf bodies[TURN_DOCUMENTS];
    size_t count;
};

struct place {
    struct world *world;
    struct division self;
    struct store store;
    uint64_t fence;
    struct txn *txn;
    struct ledger *ledger;
    uint64_t last_lsn;
    struct block open;
    struct buf settles[TURN_DOCUMENTS];
    size_t settle_count;
};

struct world {
    struct tree *tree;
    struct place places[PLACES];
    struct model model;
    size_t settles;
};

static void commit(struct place *place)
{
    const struct batch batch = txn_batch(place->txn);
    struct err err;

    assert_int_equal(txn_status(place->txn, &err), OK);
    assert_int_equal(place->store.ops->commit_begin(place->store.self, place->fence, &batch, &err),
                     OK);
    txn_reset(place->txn);
}

static void deliver(struct place *to, const struct block *block)
{
    const struct roster *roster = tree_roster(to->world->tree);
    struct err err = {OK, ""};

    if (division_equal(to->self, block->header.author) ||
        !roster_in_audience(roster, to->self, block->header.author, &block->header.audience)) {
        return;
    }
    if (roster_within(roster, block->header.author, to->self)) {
        assert_int_equal(ledger_apply_block(to->ledger, to->txn, &block->header, block->entries,
                                            block->count, &err),
                         OK);
    } else {
        ledger_observe_block(to->ledger, to->txn, &block->header, block->entries, block->count);
    }
    commit(to);
}

static void seal(struct place *place)
{
    struct block *block = &place->open;

    if (block->count == 0) {
        return;
    }
    block->header.author = place->self;
    block->header.count = (uint32_t)block->count;
    block->header.first_lsn = block->entries[0].lsn;
    ledger_own_digest(place->ledger, place->txn, &block->header.state_digest);
    commit(place);
    for (int i = PLACES; i-- > 0;) {
        deliver(&place->world->places[i], block);
    }
    block->count = 0;
}

static void enter(struct place *place, const struct document *document)
{
    struct block *block = &place->open;
    const struct audience audience = ledger_audience(place->ledger, place->txn, document);
    struct buf *body;

    if (block->count == TURN_DOCUMENTS ||
        (block->count > 0 && !audience_equal(&audience, &block->header.audience))) {
        seal(place);
    }
    block->header.audience = audience;
    body = &block->bodies[block->count];
    buf_clear(body);
    document_encode(body, document);
    block->entries[block->count++] = (struct entry){
        ++place->last_lsn, 1 + place->last_lsn, document->kind, DOCUMENT_FORMAT, buf_bytes(body)};
    ledger_apply_own(place->ledger, place->txn,
                     &(struct applied){place->self, place->last_lsn, 1 + place->last_lsn,
                                       document->kind, DOCUMENT_FORMAT, buf_bytes(body)},
                     document);
}

static void settle_due(void *arg, struct txn *txn, const struct document *settle)
{
    struct place *place = arg;

    (void)txn;
    assert_true(place->settle_count < TURN_DOCUMENTS);
    buf_clear(&place->settles[place->settle_count]);
    document_encode(&place->settles[place->settle_count++], settle);
    place->world->settles++;
}

static void enter_settles(struct world *world)
{
    for (int i = 0; i < PLACES; i++) {
        struct place *place = &world->places[i];

        for (size_t s = 0; s < place->settle_count; s++) {
            struct document settle;
            struct refusal refusal;
            struct err err;

            assert_int_equal(
                document_decode(&settle, KIND_SETTLE, buf_bytes(&place->settles[s]), &err), OK);
            assert_int_equal(document_check_form(&settle, place->self, false, false, &refusal),
                             REASON_NONE);
            enter(place, &settle);
        }
        place->settle_count = 0;
        seal(place);
    }
}

static void alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    fail_msg("%s: alarm %s: %s: %s", ((struct place *)arg)->self.code, alarm_info(code)->name,
             about.code, message);
}

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    struct place *place = arg;
    const struct block *block = &place->open;

    (void)author;
    (void)memory;
    for (size_t i = 0; i < block->count; i++) {
        if (block->entries[i].lsn == lsn) {
            *body = block->entries[i].body;
            return true;
        }
    }
    return false;
}

/* Through all that a node does with what was typed. Returns the code of the refusal. */
static const char *say(struct place *place, struct document *document)
{
    static char code[REASON_CODE_MAX];
    struct refusal refusal = {.reason = REASON_NONE};
    struct buf memory = BUF_EMPTY;
    enum reason reason = ledger_check_form(place->ledger, place->txn, document, true, &refusal);

    code[0] = '\0';
    if (reason == REASON_NONE) {
        reason = ledger_check_exists(place->ledger, place->txn, document, &refusal);
    }
    if (reason == REASON_NONE) {
        ledger_complete(place->ledger, place->txn, document, &memory);
        reason = ledger_check_rules(place->ledger, place->txn, document, &refusal);
    }
    if (reason == REASON_NONE) {
        enter(place, document);
    } else {
        reason_code(code, &refusal);
    }
    buf_free(&memory);
    return code;
}

/* --- one random document --- */

struct attempt {
    struct document document;
    char id[16], about[16], receipt[24];
    const char *want;
    struct made next; /* what it makes, when taken */
};

static struct made *new_made(struct model *model, int place, uint32_t kind, const char *id)
{
    struct made *made = &model->made[model->count++];

    assert_true(model->count <= MADE_MAX);
    *made = (struct made){.place = place, .kind = kind};
    (void)snprintf(made->id, sizeof made->id, "%s", id);
    return made;
}

static bool is_source(const struct made *made)
{
    return made->kind == KIND_BUDGET || made->kind == KIND_REGISTER;
}

/* Anything made lately or long ago, sometimes of another place or of another kind. */
static struct made *pick_made(struct model *model, int place, uint32_t kind)
{
    struct made *made = NULL;

    for (int tries = 0; tries < 60 && model->count > 0; tries++) {
        made = &model->made[tries < 30 && model->count > 200 ? model->count - 1 - pick(model, 200)
                                                             : pick(model, model->count)];
        if (made->place == place &&
            (kind == 0 || made->kind == kind || (kind == KIND_BUDGET && is_source(made)))) {
            return made;
        }
    }
    return made;
}

static void begin(struct attempt *attempt, uint32_t kind, const char *id)
{
    document_clear(&attempt->document, kind);
    (void)snprintf(attempt->id, sizeof attempt->id, "%s", id);
    document_set_text(&attempt->document, FIELD_ID, bytes_text(attempt->id));
    document_set_number(&attempt->document, FIELD_FISCAL_YEAR, 2026);
    attempt->want = "";
}

static void about(struct attempt *attempt, enum field field, const struct made *made)
{
    (void)snprintf(attempt->about, sizeof attempt->about, "%s", made == NULL ? "NONE" : made->id);
    document_set_text(&attempt->document, field, bytes_text(attempt->about));
}

static void text(struct attempt *attempt, enum field field, const char *value)
{
    document_set_text(&attempt->document, field, bytes_text(value));
}

/* Mostly within what is free, now and then all of it or just beyond. */
static int64_t amount_near(struct model *model, int64_t free)
{
    switch (pick(model, 8)) {
    case 0:
        return free + 1 + (int64_t)pick(model, 1000);
    case 1:
        return free > 0 ? free : 1;
    default:
        return free > 2 ? 1 + (int64_t)(next_random(model) % (uint64_t)(free / 2)) : 1;
    }
}

/* The first refusal that holds for a document about an indicator of this place. */
static const char *judge_line(const struct made *made, int place, const char *unknown, bool fits)
{
    if (made == NULL || made->place != place || made->kind == KIND_PAYMENT) {
        return unknown;
    }
    return fits ? "" : "wrong_state";
}

static bool released(const struct made *made)
{
    return made != NULL && made->kind == KIND_ALLOCATE && made->released;
}

static void move(struct made *from, enum account out, struct made *to, enum account in,
                 int64_t amount)
{
    from->at[out] -= amount;
    to->at[in] += amount;
}

static void budget(struct world *world, int place, struct attempt *attempt, const char *id)
{
    const int64_t amount = 1 + (int64_t)pick(&world->model, 100000000);
    struct made *made;

    begin(attempt, KIND_BUDGET, id);
    text(attempt, FIELD_STAGE, "reply");
    text(attempt, FIELD_FUND_TYPE_CODE, pick(&world->model, 2) == 0 ? "111" : "12");
    text(attempt, FIELD_APPROVAL_REF, "1");
    document_set_number(&attempt->document, FIELD_AMOUNT, amount);
    made = new_made(&world->model, place, KIND_BUDGET, id);
    made->at[ACC_SRC_APPROVED] = made->at[ACC_UNALLOC] = amount;
}

static void split(struct world *world, int place, struct attempt *attempt, const char *id,
                  uint32_t kind)
{
    struct made *from = pick_made(&world->model, place, KIND_BUDGET), *made;
    const int to = (int)pick(&world->model, PLACES);
    const int64_t amount = amount_near(&world->model, from == NULL ? 5 : from->at[ACC_UNALLOC]);

    begin(attempt, kind, id);
    about(attempt, FIELD_ORI_BGT_ID, from);
    document_set_number(&attempt->document, FIELD_AMOUNT, amount);
    attempt->want = judge_line(from, place, "unknown_ori_bgt_id", true);
    if (kind == KIND_TRANSFER) {
        text(attempt, FIELD_REC_DIV_CODE, world->places[to].self.code);
        text(attempt, FIELD_COR_BGT_DOC_NO, "1");
        text(attempt, FIELD_TRA_TYPE_CODE, "general");
        text(attempt, FIELD_STAGE, "formal");
        if (*attempt->want == '\0' && to <= place) { /* the places stand one below the other */
            attempt->want = "not_below_you";
        }
    } else {
        text(attempt, FIELD_AGENCY_CODE, "101");
    }
    if (*attempt->want == '\0') {
        attempt->want = !is_source(from)                 ? "wrong_state"
                        : amount > from->at[ACC_UNALLOC] ? "exceeds_available"
                                                         : "";
    }
    if (*attempt->want != '\0') {
        return;
    }
    made = new_made(&world->model, place, kind, id);
    made->about = (size_t)(from - world->model.made);
    made->to = to;
    made->amount = amount;
    move(from, ACC_UNALLOC, made, kind == KIND_TRANSFER ? ACC_TRANSIT : ACC_PENDING, amount);
}

static void answer(struct world *world, int place, struct attempt *attempt, const char *id,
                   uint32_t kind)
{
    struct made *transfer = NULL, *made;

    for (int tries = 0; tries < 200 && (transfer == NULL || transfer->kind != KIND_TRANSFER ||
                                        transfer->to != place || transfer->answered);
         tries++) {
        transfer = world->model.count == 0
                       ? NULL
                       : &world->model.made[pick(&world->model, world->model.count)];
    }
    begin(attempt, kind, id);
    about(attempt, FIELD_BGT_ID, transfer);
    text(attempt, FIELD_ORI_DIV_CODE,
         world->places[transfer == NULL ? 0 : transfer->place].self.code);
    if (kind == KIND_RETURN) {
        text(attempt, FIELD_REASON, "误发");
    }
    if (transfer == NULL || transfer->kind != KIND_TRANSFER ||
        (transfer->to < place && transfer->place != place)) {
        attempt->want = "unknown_bgt_id"; /* not heard of here */
    } else if (transfer->to != place) {
        attempt->want = "not_for_you";
    } else if (transfer->answered) {
        attempt->want = "wrong_state";
    }
    if (*attempt->want != '\0') {
        return;
    }
    transfer->answered = true;
    if (kind == KIND_RETURN) {
        move(transfer, ACC_TRANSIT, &world->model.made[transfer->about], ACC_UNALLOC,
             transfer->amount);
        return;
    }
    move(transfer, ACC_TRANSIT, transfer, ACC_XFER_OUT, transfer->amount);
    made = new_made(&world->model, place, KIND_REGISTER, id);
    made->at[ACC_SRC_TRANSFER_IN] = made->at[ACC_UNALLOC] = transfer->amount;
}

static void release(struct world *world, int place, struct attempt *attempt, const char *id)
{
    struct made *line = pick_made(&world->model, place, KIND_ALLOCATE);

    begin(attempt, KIND_RELEASE, id);
    about(attempt, FIELD_BGT_ID, line);
    text(attempt, FIELD_COR_BGT_DOC_NO, "1");
    attempt->want = judge_line(line, place, "unknown_bgt_id",
                               line != NULL && line->kind == KIND_ALLOCATE && !line->released &&
                                   line->at[ACC_PENDING] > 0);
    if (*attempt->want == '\0') {
        line->released = true;
        move(line, ACC_PENDING, line, ACC_AVAIL, line->at[ACC_PENDING]);
    }
}

static void payment(struct world *world, int place, struct attempt *attempt, const char *id)
{
    struct made *line = pick_made(&world->model, place, KIND_ALLOCATE), *made;
    const int64_t amount = amount_near(&world->model, line == NULL ? 5 : line->at[ACC_AVAIL]);

    begin(attempt, KIND_PAYMENT, id);
    about(attempt, FIELD_BGT_ID, line);
    document_set_number(&attempt->document, FIELD_PAY_APP_AMT, amount);
    text(attempt, FIELD_PAYEE_ACCT_NAME, "施工队");
    text(attempt, FIELD_PAYEE_ACCT_NO, "62");
    text(attempt, FIELD_PAYEE_ACCT_BANK_NAME, "农行");
    text(attempt, FIELD_USE_DES, "工程款");
    attempt->want = judge_line(line, place, "unknown_bgt_id", released(line));
    if (*attempt->want == '\0' && amount > line->at[ACC_AVAIL]) {
        attempt->want = "exceeds_available";
    }
    if (*attempt->want == '\0') {
        move(line, ACC_AVAIL, line, ACC_COMMIT, amount);
        made = new_made(&world->model, place, KIND_PAYMENT, id);
        made->about = (size_t)(line - world->model.made);
        made->left = amount;
    }
}

static void payment_step(struct world *world, int place, struct attempt *attempt, const char *id,
                         uint32_t kind)
{
    struct made *paying = pick_made(&world->model, place, KIND_PAYMENT), *line;
    const bool known = paying != NULL && paying->place == place && paying->kind == KIND_PAYMENT;
    const int64_t free = !known ? 5 : kind == KIND_REFUND ? paying->spent : paying->left;
    const int64_t amount = amount_near(&world->model, free);

    begin(attempt, kind, id);
    about(attempt, FIELD_PAY_APP_ID, paying);
    if (kind != KIND_PAID) {
        text(attempt, FIELD_REASON, "误付");
    }
    if (kind == KIND_REFUND) {
        document_set_number(&attempt->document, FIELD_AMOUNT, amount);
    } else if (kind == KIND_PAID) {
        (void)snprintf(attempt->receipt, sizeof attempt->receipt, "N%s", id);
        document_set_number(&attempt->document, FIELD_XPAY_AMT, amount);
        text(attempt, FIELD_XPAY_DATE, "2026-03-01");
        text(attempt, FIELD_AGENT_BUSINESS_NO, attempt->receipt);
    }
    if (!known) {
        attempt->want = "unknown_pay_app_id";
    } else if ((kind == KIND_PAYMENT_CANCEL && paying->left == 0) ||
               (kind == KIND_PAID && paying->cancelled)) {
        attempt->want = "wrong_state";
    } else if (kind != KIND_PAYMENT_CANCEL && amount > free) {
        attempt->want = kind == KIND_REFUND ? "exceeds_spent" : "exceeds_committed";
    }
    if (*attempt->want != '\0') {
        return;
    }
    line = &world->model.made[paying->about];
    if (kind == KIND_PAYMENT_CANCEL) {
        paying->cancelled = paying->at[ACC_SPENT] == 0; /* of it nothing was ever paid */
        move(line, ACC_COMMIT, line, ACC_AVAIL, paying->left);
        paying->left = 0;
    } else if (kind == KIND_PAID) {
        paying->at[ACC_SPENT] = 1;
        paying->left -= amount;
        paying->spent += amount;
        move(line, ACC_COMMIT, line, ACC_SPENT, amount);
    } else {
        paying->spent -= amount;
        move(line, ACC_SPENT, line, ACC_AVAIL, amount);
    }
}

static void hold(struct world *world, int place, struct attempt *attempt, const char *id,
                 uint32_t kind)
{
    struct made *line = pick_made(&world->model, place, KIND_ALLOCATE);
    const enum account from = kind == KIND_UNFREEZE                   ? ACC_FROZEN
                              : kind == KIND_FREEZE || released(line) ? ACC_AVAIL
                                                                      : ACC_PENDING;
    const int64_t amount = amount_near(&world->model, line == NULL ? 5 : line->at[from]);

    begin(attempt, kind, id);
    about(attempt, FIELD_BGT_ID, line);
    document_set_number(&attempt->document, FIELD_AMOUNT, amount);
    if (kind != KIND_REDUCE) {
        text(attempt, FIELD_REASON, "核查");
    }
    attempt->want = judge_line(line, place, "unknown_bgt_id",
                               line != NULL && line->kind == KIND_ALLOCATE &&
                                   (kind == KIND_REDUCE || line->released));
    if (*attempt->want == '\0' && amount > line->at[from]) {
        attempt->want = kind == KIND_UNFREEZE ? "exceeds_frozen" : "exceeds_available";
    }
    if (*attempt->want != '\0') {
        return;
    }
    if (kind == KIND_REDUCE) {
        move(line, from, &world->model.made[line->about], ACC_UNALLOC, amount);
    } else {
        move(line, from, line, kind == KIND_FREEZE ? ACC_FROZEN : ACC_AVAIL, amount);
    }
}

static void attempt_any(struct world *world, int place, struct attempt *attempt, const char *id)
{
    static const uint32_t often[] = {
        KIND_BUDGET,   KIND_TRANSFER,       KIND_TRANSFER, KIND_REGISTER, KIND_REGISTER,
        KIND_RETURN,   KIND_ALLOCATE,       KIND_ALLOCATE, KIND_RELEASE,  KIND_RELEASE,
        KIND_PAYMENT,  KIND_PAYMENT,        KIND_PAYMENT,  KIND_PAID,     KIND_PAID,
        KIND_REFUND,   KIND_PAYMENT_CANCEL, KIND_FREEZE,   KIND_UNFREEZE, KIND_REDUCE,
        KIND_ALLOCATE, KIND_PAYMENT};
    const uint32_t kind = often[pick(&world->model, COUNT_OF(often))];

    switch (kind) {
    case KIND_BUDGET:
        budget(world, place, attempt, id);
        break;
    case KIND_TRANSFER:
    case KIND_ALLOCATE:
        split(world, place, attempt, id, kind);
        break;
    case KIND_REGISTER:
    case KIND_RETURN:
        answer(world, place, attempt, id, kind);
        break;
    case KIND_RELEASE:
        release(world, place, attempt, id);
        break;
    case KIND_PAYMENT:
        payment(world, place, attempt, id);
        break;
    case KIND_PAID:
    case KIND_REFUND:
    case KIND_PAYMENT_CANCEL:
        payment_step(world, place, attempt, id, kind);
        break;
    default:
        hold(world, place, attempt, id, kind);
        break;
    }
}

/* --- comparing --- */

static void expect_rollup(struct world *world, int at, char scope, int of,
                          const int64_t want[ACCOUNTS])
{
    const struct row_key key =
        rollup_key(scope, world->places[of].self, 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup sums;

    rollup_load(world->places[at].txn, &key, &sums);
    for (int account = 1; account < ACCOUNTS; account++) {
        const int128 got = (sums.of[account].debit - sums.of[account].credit) *
                           (account_info((enum account)account)->normal < 0 ? -1 : 1);

        if (got != want[account]) {
            fail_msg("%c of %s at %s: %s is %lld, want %lld", scope, world->places[of].self.code,
                     world->places[at].self.code, account_info((enum account)account)->mnemonic,
                     (long long)got, (long long)want[account]);
        }
    }
}

static void compare_sums(struct world *world)
{
    for (int of = 0; of < PLACES; of++) {
        int64_t own[ACCOUNTS] = {0}, all[ACCOUNTS] = {0};

        for (size_t i = 0; i < world->model.count; i++) {
            const struct made *made = &world->model.made[i];

            for (int account = 1; account < ACCOUNTS && made->kind != KIND_PAYMENT; account++) {
                own[account] += made->place == of ? made->at[account] : 0;
                all[account] += made->place >= of ? made->at[account] : 0;
            }
            if (made->kind == KIND_TRANSFER && made->place >= of) { /* both ends are inside */
                all[ACC_SRC_TRANSFER_IN] -= made->at[ACC_XFER_OUT];
                all[ACC_XFER_OUT] -= made->at[ACC_XFER_OUT];
            }
        }
        for (int at = 0; at <= of; at++) {
            expect_rollup(world, at, ROLLUP_OWN, of, own);
            expect_rollup(world, at, ROLLUP_SUBTREE, of, all);
        }
    }
}

/* Written apart from the ledger's own: by what happened to it. */
static enum doc_state payment_state(const struct made *payment)
{
    const bool was_paid = payment->at[ACC_SPENT] != 0;

    if (payment->left == 0) {
        return !was_paid ? DOC_CANCELLED : payment->spent == 0 ? DOC_REFUNDED : DOC_PAID;
    }
    return was_paid && payment->spent > 0 ? DOC_PART_PAID : DOC_APPLIED;
}

static void compare_payments(struct world *world)
{
    for (size_t i = 0; i < world->model.count; i++) {
        const struct made *made = &world->model.made[i];

        for (int at = 0; at <= made->place && made->kind == KIND_PAYMENT; at++) {
            struct doc_row row;

            assert_true(doc_load(world->places[at].txn, world->places[made->place].self,
                                 bytes_text(made->id), &row));
            assert_int_equal(row.left, made->left);
            assert_int_equal(row.spent, made->spent);
            assert_int_equal(row.state, payment_state(made));
        }
    }
}

static void compare_lines(struct world *world)
{
    for (size_t i = 0; i < world->model.count; i++) {
        const struct made *made = &world->model.made[i];

        for (int at = 0; at <= made->place && made->kind != KIND_PAYMENT; at++) {
            struct indicator row;

            assert_true(indicator_load(world->places[at].txn, world->places[made->place].self,
                                       bytes_text(made->id), &row));
            for (int account = 1; account < ACCOUNTS; account++) {
                assert_int_equal(row.balance[account] *
                                     (account_info((enum account)account)->normal < 0 ? -1 : 1),
                                 made->at[account]);
            }
        }
        if (i % 1000 == 0) {
            for (int at = 0; at < PLACES; at++) {
                txn_reset(world->places[at].txn); /* it remembers all it read */
            }
        }
    }
}

static void compare_digests(struct world *world)
{
    for (int of = 0; of < PLACES; of++) {
        struct ledger_position own, replica;

        ledger_position(world->places[of].txn, world->places[of].self, &own);
        for (int at = 0; at < of; at++) {
            ledger_position(world->places[at].txn, world->places[of].self, &replica);
            assert_int_equal(own.lsn, replica.lsn);
            assert_memory_equal(own.digest.at, replica.digest.at, HASH_SIZE);
        }
    }
}

/* --- the run --- */

static void place_open(struct world *world, int index)
{
    struct place *place = &world->places[index];
    struct document agency;
    struct err err;

    place->world = world;
    place->self = tree_division(offices[index]);
    store_memory_open(&place->store);
    assert_int_equal(place->store.ops->claim(place->store.self, &place->fence, &err), OK);
    place->txn = txn_open(&place->store, NULL);
    place->ledger = ledger_open(&(struct ledger_config){
        .self = place->self,
        .roster = tree_roster(world->tree),
        .sink = {place, read_entry, settle_due, alarm, NULL},
    });
    document_clear(&agency, KIND_AGENCY);
    document_set_text(&agency, FIELD_ID, bytes_text("AG"));
    document_set_number(&agency, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&agency, FIELD_AGENCY_CODE, bytes_text("101"));
    document_set_text(&agency, FIELD_AGENCY_NAME, bytes_text("教育局"));
    assert_string_equal(say(place, &agency), "");
}

static void place_close(struct place *place)
{
    ledger_close(place->ledger);
    txn_free(place->txn);
    place->store.ops->close(place->store.self);
    for (size_t i = 0; i < TURN_DOCUMENTS; i++) {
        buf_free(&place->open.bodies[i]);
        buf_free(&place->settles[i]);
    }
}

static void expect(struct world *world, const char *want, const char *got, const char *id)
{
    if (strcmp(want, got) != 0) {
        fail_msg("%s: got \"%s\", the model says \"%s\"", id, got, want);
    }
    world->model.taken += *got == '\0';
    world->model.refused += *got != '\0' && strcmp(got, "exists") != 0;
    world->model.exists += strcmp(got, "exists") == 0;
}

static void run_turn(struct world *world, size_t *documents)
{
    const int place = (int)pick(&world->model, PLACES);
    const size_t count = 1 + pick(&world->model, TURN_DOCUMENTS);

    for (size_t i = 0; i < count; i++) {
        struct attempt attempt;
        struct document again;
        char id[16];

        (void)snprintf(id, sizeof id, "D%zu", ++*documents);
        attempt_any(world, place, &attempt, id);
        again = attempt.document;
        expect(world, attempt.want, say(&world->places[place], &attempt.document), id);
        if (*attempt.want == '\0' && pick(&world->model, 16) == 0 &&
            world->places[place].open.count > 0) {
            expect(world, "exists", say(&world->places[place], &again), id);
        }
        if (attempt.document.kind == KIND_REGISTER || attempt.document.kind == KIND_RETURN) {
            seal(&world->places[place]); /* so that its settle comes at once, as the model has it */
            enter_settles(world);
        }
    }
    seal(&world->places[place]);
    enter_settles(world);
}

static void ledgers_agree_with_the_model(void **state)
{
    const char *seed = getenv("TERRACE_SEED");
    struct world *world = mem_zalloc(sizeof *world);
    size_t documents = 0, turns = 0;

    (void)state;
    world->tree = tree_new();
    world->model.made = mem_zalloc(MADE_MAX * sizeof *world->model.made);
    world->model.random = seed != NULL ? strtoull(seed, NULL, 0) | 1 : UINT64_C(0x7e44ace);
    print_message("TERRACE_SEED=%llu\n", (unsigned long long)world->model.random);
    for (int i = 0; i < PLACES; i++) {
        place_open(world, i);
    }
    while (documents < DOCUMENTS - TURN_DOCUMENTS) {
        run_turn(world, &documents);
        if (++turns % COMPARE_TURNS == 0) {
            compare_sums(world);
            compare_digests(world);
        }
    }
    compare_sums(world);
    compare_digests(world);
    compare_lines(world);
    compare_payments(world);
    print_message("%zu documents: %zu taken, %zu refused, %zu said again, %zu settled\n", documents,
                  world->model.taken, world->model.refused, world->model.exists, world->settles);
    assert_true(world->model.taken > DOCUMENTS / 3);
    assert_true(world->model.refused > DOCUMENTS / 20);
    assert_true(world->model.exists > DOCUMENTS / 100);
    assert_true(world->settles > DOCUMENTS / 200);
    for (int i = 0; i < PLACES; i++) {
        place_close(&world->places[i]);
    }
    tree_free(world->tree);
    mem_free(world->model.made);
    mem_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ledgers_agree_with_the_model)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
