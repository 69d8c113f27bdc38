/* One random document, and what the model says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/ledger/model_world.h"

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

void attempt_any(struct world *world, int place, struct attempt *attempt, const char *id)
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
