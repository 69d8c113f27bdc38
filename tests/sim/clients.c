#include "node/office/approvals.h"
#include "proto/array.h"
#include "tests/sim/expected.h"
#include "tests/sim/facts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { YEAR = 2026 };

/* --- asking --- */

struct post {
    struct task call;
    struct office *office;
    const struct person *maker;
    size_t count, index[POST_MAX];
    struct submit_item items[POST_MAX];
    char text[POST_MAX][3][24];
};

static void set(struct document *document, enum field field, const char *text)
{
    document_set_text(document, field, bytes_text(text));
}

static void fill(struct document *document, const struct fact *fact)
{
    document_clear(document, fact->kind);
    set(document, FIELD_ID, fact->id);
    document_set_number(document, FIELD_FISCAL_YEAR, YEAR);
    switch (fact->kind) {
    case KIND_AGENCY:
        set(document, FIELD_AGENCY_CODE, "101001");
        set(document, FIELD_AGENCY_NAME, "教育局");
        break;
    case KIND_ELEMENT: /* on the tree of its author: everybody below hears it */
        set(document, FIELD_ELE_CATALOG_CODE, "acct_type");
        set(document, FIELD_ELE_CODE, fact->other);
        set(document, FIELD_ELE_NAME, "零余额账户");
        break;
    case KIND_BUDGET:
        set(document, FIELD_STAGE, "reply");
        set(document, FIELD_FUND_TYPE_CODE, fact->other);
        set(document, FIELD_APPROVAL_REF, "人大〔2026〕1号");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        break;
    case KIND_TRANSFER:
        set(document, FIELD_ORI_BGT_ID, fact->about);
        set(document, FIELD_REC_DIV_CODE, fact->other);
        set(document, FIELD_COR_BGT_DOC_NO, "财指〔2026〕7号");
        set(document, FIELD_TRA_TYPE_CODE, "general");
        set(document, FIELD_STAGE, "formal");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        break;
    case KIND_REGISTER:
    case KIND_RETURN:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_ORI_DIV_CODE, fact->other);
        if (fact->kind == KIND_RETURN) {
            set(document, FIELD_REASON, "项目已取消");
        }
        if (fact->unconfirmed) {
            set(document, FIELD_UNCONFIRMED, "1");
        }
        break;
    case KIND_ALLOCATE:
        set(document, FIELD_ORI_BGT_ID, fact->about);
        set(document, FIELD_AGENCY_CODE, "101001");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        break;
    case KIND_RELEASE:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_COR_BGT_DOC_NO, "财预〔2026〕3号");
        break;
    case KIND_PAYMENT:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_PAYEE_ACCT_NAME, "诚信办公用品经营部");
        set(document, FIELD_PAYEE_ACCT_NO, "62280001");
        set(document, FIELD_PAYEE_ACCT_BANK_NAME, "农业银行");
        set(document, FIELD_USE_DES, "办公用品");
        document_set_number(document, FIELD_PAY_APP_AMT, fact->amount);
        break;
    case KIND_PAYMENT_CANCEL:
        set(document, FIELD_PAY_APP_ID, fact->about);
        set(document, FIELD_REASON, "账号有误");
        break;
    case KIND_PAID:
        set(document, FIELD_PAY_APP_ID, fact->about);
        set(document, FIELD_XPAY_DATE, "2026-01-01"); /* the day on which the simulator begins */
        set(document, FIELD_AGENT_BUSINESS_NO, fact->id);
        document_set_number(document, FIELD_XPAY_AMT, fact->amount);
        break;
    case KIND_REFUND:
        set(document, FIELD_PAY_APP_ID, fact->about);
        set(document, FIELD_REASON, "多付");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        break;
    case KIND_FREEZE:
    case KIND_UNFREEZE:
        set(document, FIELD_BGT_ID, fact->about);
        set(document, FIELD_REASON, "审计");
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        break;
    case KIND_REDUCE:
        set(document, FIELD_BGT_ID, fact->about);
        document_set_number(document, FIELD_AMOUNT, fact->amount);
        break;
    default:
        assert(false);
    }
}

/* Where the kind needs two persons, the second is there. */
static void approve(struct node *node, struct txn *txn, const struct post *post,
                    struct submit_item *item)
{
    struct approve_item approval = {.has_hash = false};

    memcpy(approval.id, document_id(&item->document).data, document_id(&item->document).size);
    node_approve(node, txn, &approval, 1, sim_checker(post->office->node));
    item->status = approval.status;
    item->refusal = approval.refusal;
    item->lsn = approval.lsn;
}

static void run_post(struct task *call, struct node *node, struct txn *txn)
{
    struct post *post = (struct post *)call;

    node_submit(node, txn, post->items, post->count, &(struct submit_terms){.maker = post->maker});
    for (size_t i = 0; i < post->count; i++) {
        if (post->items[i].status == SUBMIT_DRAFT) {
            approve(node, txn, post, &post->items[i]);
        }
    }
}

/* Is it an answer to somebody whose keys wait for a word, as far as persons have said? */
static bool is_of_unconfirmed(const struct office *office, const struct fact *fact)
{
    return fact->kind == KIND_REGISTER &&
           expected_of(office->node, office_of(office->clients, division_of(fact->other))->node)
                   .waits != 0;
}

static void answered(struct office *office, size_t index, const struct submit_item *item)
{
    struct fact *fact = &office->facts[index];
    struct clients_counts *counts = &office->clients->counts;

    switch (item->status) {
    case SUBMIT_ACCEPTED:
        fact->lsn = item->lsn;
        counts->acknowledged++;
        counts->paid += fact->kind == KIND_PAID ? 1 : 0;
        counts->overridden += fact->unconfirmed && is_of_unconfirmed(office, fact) ? 1 : 0;
        fact->state = FACT_ACKNOWLEDGED;
        break;
    case SUBMIT_EXISTS:
        counts->exists++;
        counts->acknowledged++;
        fact->state = FACT_ACKNOWLEDGED;
        break;
    default:
        counts->refused++;
        counts->issuer_unconfirmed += item->refusal.reason == REASON_ISSUER_UNCONFIRMED ? 1 : 0;
        fact->state = item->refusal.reason == REASON_REVOKED ? FACT_LEFT : FACT_REFUSED;
        break;
    }
    office->unanswered--;
}

static void post_done(struct task *call, enum status outcome)
{
    struct post *post = (struct post *)call;

    for (size_t i = 0; i < post->count; i++) {
        if (outcome == OK) {
            answered(post->office, post->index[i], &post->items[i]);
        } else {
            post->office->facts[post->index[i]].state = FACT_UNKNOWN;
        }
    }
    mem_free(post);
}

static struct post *new_post(struct office *office)
{
    struct post *post = mem_zalloc(sizeof *post);

    post->call = (struct task){.run = run_post, .done = post_done};
    post->office = office;
    return post;
}

static void add_to_post(struct post *post, size_t index)
{
    struct fact *fact = &post->office->facts[index];
    struct fact copy = *fact;
    const size_t i = post->count++;

    /* The facts may move while the call waits; the texts must not. */
    memcpy(post->text[i][0], fact->id, sizeof fact->id);
    memcpy(post->text[i][1], fact->about, sizeof fact->about);
    memcpy(post->text[i][2], fact->other, sizeof fact->other);
    fill(&post->items[i].document, &copy);
    for (enum field field = 1; field < FIELDS; field++) {
        struct document *document = &post->items[i].document;
        if (!document_has(document, field) || field_is_number(field)) {
            continue;
        }
        const uint8_t *data = document_text(document, field).data;
        if (data == (const uint8_t *)copy.id) {
            document_set_text(document, field,
                              bytes_of(post->text[i][0], document_text(document, field).size));
        } else if (data == (const uint8_t *)copy.about) {
            document_set_text(document, field,
                              bytes_of(post->text[i][1], document_text(document, field).size));
        } else if (data == (const uint8_t *)copy.other) {
            document_set_text(document, field,
                              bytes_of(post->text[i][2], document_text(document, field).size));
        }
    }
    post->index[i] = index;
    fact->state = FACT_ASKED;
    post->office->clients->counts.submitted++;
}

/* --- deciding what to ask --- */

static struct fact *new_fact(struct office *office, uint32_t kind, const char *prefix)
{
    struct fact *fact;

    ARRAY_ROOM(office->facts, office->count, office->capacity);
    fact = &office->facts[office->count++];
    memset(fact, 0, sizeof *fact);
    fact->kind = kind;
    (void)snprintf(fact->id, sizeof fact->id, "%s%" PRIu64, prefix, ++office->next_id);
    office->unanswered++;
    return fact;
}

/* A random acknowledged fact of one of two kinds with something left, or NULL. */
static struct fact *pick(struct office *office, uint32_t kind, uint32_t or_kind)
{
    for (int tries = 0; tries < 24 && office->count > 0; tries++) {
        struct fact *fact = &office->facts[sim_below(office->clients->sim, office->count)];
        if ((fact->kind == kind || fact->kind == or_kind) && fact->state == FACT_ACKNOWLEDGED &&
            fact->left > 0) {
            return fact;
        }
    }
    return NULL;
}

static int64_t part(struct office *office, int64_t whole)
{
    return 1 + (int64_t)sim_below(office->clients->sim, (uint64_t)whole / 3 + 1);
}

/* A node somewhere below this one. */
static struct sim_node *somebody_below(struct office *office)
{
    struct sim *sim = office->clients->sim;

    for (int tries = 0; tries < 16; tries++) {
        struct sim_node *node = sim_at(sim, (size_t)sim_below(sim, sim_nodes(sim)));
        for (struct sim_node *up = sim_parent(node); up != NULL; up = sim_parent(up)) {
            if (up == office->node) {
                return node;
            }
        }
    }
    return NULL;
}

struct office *office_of(const struct clients *clients, struct division division)
{
    for (size_t i = 0; i < clients->count; i++) {
        if (division_equal(sim_division(clients->offices[i]->node), division)) {
            return clients->offices[i];
        }
    }
    return NULL;
}

/* An acknowledged transfer to this division that this office has not tried to answer yet. */
static bool unanswered_transfer(struct office *office, struct fact *out, struct division *issuer)
{
    struct clients *clients = office->clients;

    for (size_t i = 0; i < clients->count; i++) {
        struct office *other = clients->offices[i];
        for (size_t k = 0; k < other->count; k++) {
            struct fact *fact = &other->facts[k];
            if (fact->kind != KIND_TRANSFER || fact->state != FACT_ACKNOWLEDGED ||
                fact->left == 0 || strcmp(fact->other, sim_division(office->node).code) != 0) {
                continue;
            }
            fact->left = 0; /* taken up; a refusal (it did not arrive yet) gives it back */
            *out = *fact;
            *issuer = sim_division(other->node);
            return true;
        }
    }
    return false;
}

static bool ask_something(struct office *office)
{
    struct sim *sim = office->clients->sim;
    const uint64_t dice = sim_below(sim, 100);
    struct fact from, *fact, *source;

    if (office->next_id == 0) {
        (void)new_fact(office, KIND_AGENCY, "A");
        return true;
    }
    if (dice < 2) {
        fact = new_fact(office, KIND_ELEMENT, "C");
        (void)snprintf(fact->other, sizeof fact->other, "%s%03" PRIu64,
                       sim_division(office->node).code, office->next_id % 1000);
        return true;
    }
    if (dice < 8) {
        fact = new_fact(office, KIND_BUDGET, "B");
        (void)snprintf(fact->other, sizeof fact->other, "%s", sim_chance(sim, 80) ? "111" : "12");
        fact->amount = fact->left = 100000000 + (int64_t)sim_below(sim, 1000000000);
        return true;
    }
    if (dice < 22) {
        struct sim_node *below = somebody_below(office);
        source = pick(office, KIND_BUDGET, KIND_REGISTER);
        if (below == NULL || source == NULL) {
            return false;
        }
        from = *source;
        fact = new_fact(office, KIND_TRANSFER, "T");
        memcpy(fact->about, from.id, sizeof fact->about);
        (void)snprintf(fact->other, sizeof fact->other, "%s", sim_division(below).code);
        fact->amount = fact->left = part(office, from.left);
        return true;
    }
    if (dice < 40) {
        struct division issuer;
        if (!unanswered_transfer(office, &from, &issuer)) {
            return false;
        }
        fact = new_fact(office, sim_chance(sim, 85) ? KIND_REGISTER : KIND_RETURN, "R");
        memcpy(fact->about, from.id, sizeof fact->about);
        (void)snprintf(fact->other, sizeof fact->other, "%s", issuer.code);
        fact->amount = from.amount;
        fact->left = fact->kind == KIND_REGISTER ? from.amount : 0;
        fact->unconfirmed = fact->kind == KIND_REGISTER && sim_chance(sim, 20);
        return true;
    }
    if (dice < 50) {
        source = pick(office, KIND_BUDGET, KIND_REGISTER);
        if (source == NULL) {
            return false;
        }
        from = *source;
        fact = new_fact(office, KIND_ALLOCATE, "L");
        memcpy(fact->about, from.id, sizeof fact->about);
        fact->amount = fact->left = part(office, from.left);
        return true;
    }
    if (dice < 58) {
        source = pick(office, KIND_ALLOCATE, KIND_ALLOCATE);
        if (source == NULL) {
            return false;
        }
        from = *source;
        fact = new_fact(office, KIND_RELEASE, "E");
        memcpy(fact->about, from.id, sizeof fact->about);
        return true;
    }
    if (dice < 78) {
        source = pick(office, KIND_ALLOCATE, KIND_ALLOCATE);
        if (source == NULL) {
            return false;
        }
        from = *source;
        fact = new_fact(office, KIND_PAYMENT, "P");
        memcpy(fact->about, from.id, sizeof fact->about);
        fact->amount = fact->left = 1 + (int64_t)sim_below(sim, (uint64_t)from.amount / 8 + 1);
        return true;
    }
    if (dice < 92) {
        source = pick(office, KIND_PAYMENT, KIND_PAYMENT);
        if (source == NULL) {
            return false;
        }
        from = *source;
        fact = new_fact(office, KIND_PAID, "D");
        memcpy(fact->about, from.id, sizeof fact->about);
        fact->amount = part(office, 3 * from.left);
        return true;
    }
    source = pick(office, dice < 96 ? KIND_PAYMENT : KIND_ALLOCATE, 0);
    if (source == NULL) {
        return false;
    }
    from = *source;
    fact = new_fact(office,
                    dice < 94   ? KIND_PAYMENT_CANCEL
                    : dice < 96 ? KIND_REFUND
                    : dice < 98 ? KIND_FREEZE
                    : dice < 99 ? KIND_UNFREEZE
                                : KIND_REDUCE,
                    "Z");
    memcpy(fact->about, from.id, sizeof fact->about);
    fact->amount = fact->kind == KIND_PAYMENT_CANCEL ? 0 : part(office, from.amount / 4);
    return true;
}

/* A transfer whose answer was refused may be answered again: it had not arrived yet. */
static void give_back(struct office *office)
{
    for (size_t i = 0; i < office->count; i++) {
        struct fact *fact = &office->facts[i];
        struct office *issuer;

        if ((fact->kind != KIND_REGISTER && fact->kind != KIND_RETURN) ||
            fact->state != FACT_REFUSED || fact->about[0] == '\0') {
            continue;
        }
        issuer = office_of(office->clients, division_of(fact->other));
        for (size_t k = 0; k < issuer->count; k++) {
            if (strcmp(issuer->facts[k].id, fact->about) == 0) {
                issuer->facts[k].left = issuer->facts[k].amount;
            }
        }
        fact->about[0] = '\0';
    }
}

static void act(struct sim *sim, void *arg)
{
    struct office *office = arg;
    struct clients *clients = office->clients;
    const struct person *maker;
    struct post *post;

    sim_at_time(sim, sim_now(sim) + clients->period_us / 2 + sim_below(sim, clients->period_us),
                act, office);
    if (sim_core(office->node) == NULL) {
        return;
    }
    if (!sim_maker(office->node, &maker)) {
        (void)sim_has_staff(sim, office->node); /* nobody can sign just now */
        return;
    }
    post = new_post(office);
    post->maker = maker;
    for (size_t i = 0; i < office->count && post->count < POST_MAX && office->unanswered > 0; i++) {
        if (office->facts[i].state == FACT_UNKNOWN) {
            clients->counts.retried++;
            add_to_post(post, i);
        }
    }
    give_back(office);
    for (int k = 0; clients->running && k < 4 && post->count < POST_MAX; k++) {
        if (ask_something(office)) {
            add_to_post(post, office->count - 1);
        }
    }
    if (post->count == 0) {
        mem_free(post);
        return;
    }
    sim_call(sim, office->node, &post->call);
}

/* --- a script --- */

struct wait {
    const struct office *office;
    size_t index;
};

static bool fact_waits(struct sim *sim, void *arg)
{
    const struct wait *wait = arg;
    const enum fact_state state = wait->office->facts[wait->index].state;

    (void)sim;
    return state == FACT_ASKED || state == FACT_UNKNOWN;
}

const char *clients_enter(struct clients *clients, const struct sim_node *node, uint32_t kind,
                          const char *about, const char *other, int64_t amount, bool unconfirmed)
{
    struct office *office = office_of(clients, sim_division(node));
    struct fact *fact = new_fact(office, kind, "S");
    struct wait wait = {office, office->count - 1};

    (void)snprintf(fact->about, sizeof fact->about, "%s", about);
    (void)snprintf(fact->other, sizeof fact->other, "%s", other);
    fact->amount = fact->left = amount;
    fact->unconfirmed = unconfirmed;
    fact->state = FACT_UNKNOWN; /* the office submits what it has no answer to */
    if (!sim_run_while(clients->sim, fact_waits, &wait, 10 * (uint64_t)MINUTE)) {
        return NULL;
    }
    fact = &office->facts[wait.index];
    return fact->state == FACT_ACKNOWLEDGED ? fact->id : NULL;
}

/* --- life --- */

struct clients *clients_new(struct sim *sim)
{
    struct clients *clients = mem_zalloc(sizeof *clients);

    clients->sim = sim;
    clients->period_us = SECOND;
    return clients;
}

void clients_free(struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++) {
        mem_free(clients->offices[i]->facts);
        mem_free(clients->offices[i]);
    }
    mem_free(clients->offices);
    mem_free(clients);
}

void clients_add(struct clients *clients, struct sim_node *node)
{
    struct office *office = mem_zalloc(sizeof *office);

    office->clients = clients;
    office->node = node;
    ARRAY_ROOM(clients->offices, clients->count, clients->capacity);
    clients->offices[clients->count++] = office;
    sim_at_time(clients->sim, sim_now(clients->sim) + sim_below(clients->sim, SECOND), act, office);
}

void clients_start(struct clients *clients, uint64_t period_us)
{
    clients->period_us = period_us;
    clients->running = true;
}

void clients_stop(struct clients *clients)
{
    clients->running = false;
    clients->period_us = 200 * MILLISECOND;
}

const struct clients_counts *clients_counts(const struct clients *clients)
{
    return &clients->counts;
}
