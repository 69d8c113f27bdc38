/* What an office of the simulator asks next: a document of any kind, about something that it was
 * told is there. Nobody here foresees what the ledger says to it: what is refused must not be
 * there, and what is accepted must add up (figures.c). */
#include <inttypes.h>
#include <stdio.h>

#include "proto/array.h"
#include "tests/sim/facts.h"

struct fact *fact_new(struct office *office, uint32_t kind, const char *prefix)
{
    struct fact *fact;

    ARRAY_ROOM(office->facts, office->count, office->capacity);
    fact = &office->facts[office->count++];
    memset(fact, 0, sizeof *fact);
    fact->kind = kind;
    fact->year = YEAR_BEGUN;
    (void)snprintf(fact->id, sizeof fact->id, "%s%" PRIu64, prefix, ++office->next_id);
    office->unanswered++;
    return fact;
}

/* About `from`, whose year it shares. */
static struct fact *new_about(struct office *office, uint32_t kind, const char *prefix,
                              const struct fact *from)
{
    const struct fact copy = *from; /* facts move when there is one more */
    struct fact *fact = fact_new(office, kind, prefix);

    memcpy(fact->about, copy.id, sizeof fact->about);
    fact->year = copy.year;
    return fact;
}

/* --- what is there --- */

typedef bool is_of_sort_fn(const struct fact *fact);

/* A line whose money is not allocated. */
static bool is_source(const struct fact *fact)
{
    return (fact->kind == KIND_BUDGET && fact->beside[0] == '\0') ||
           (fact->kind == KIND_REGISTER && fact->amount > 0) ||
           (fact->kind == KIND_CARRY_OVER && strcmp(fact->word, "unalloc") == 0);
}

static bool is_reply(const struct fact *fact)
{
    return fact->kind == KIND_BUDGET && fact->beside[0] == '\0';
}

static bool is_estimate(const struct fact *fact)
{
    return fact->kind == KIND_BUDGET && strcmp(fact->word, "estimate") == 0;
}

/* One that is paid from. */
static bool is_released(const struct fact *fact)
{
    return fact->kind == KIND_ALLOCATE || fact->kind == KIND_VIREMENT ||
           (fact->kind == KIND_CARRY_OVER && strcmp(fact->word, "avail") == 0);
}

static bool is_allocated(const struct fact *fact)
{
    return fact->kind == KIND_ALLOCATE;
}

static bool is_payment(const struct fact *fact)
{
    return fact->kind == KIND_PAYMENT;
}

static bool is_early(const struct fact *fact)
{
    return fact->kind == KIND_TRANSFER && strcmp(fact->word, "early") == 0;
}

static bool is_passed_down(const struct fact *fact)
{
    return fact->kind == KIND_TRANSFER && fact->amount > 0;
}

static bool is_passed_out(const struct fact *fact)
{
    return fact->kind == KIND_TRANSFER_OUT && fact->beside[0] == '\0';
}

/* A random acknowledged fact of this sort, or NULL. */
static struct fact *pick(struct office *office, is_of_sort_fn *is_of_sort)
{
    for (int tries = 0; tries < 32 && office->count > 0; tries++) {
        struct fact *fact = &office->facts[sim_below(office->clients->sim, office->count)];
        if (fact->state == FACT_ACKNOWLEDGED && is_of_sort(fact)) {
            return fact;
        }
    }
    return NULL;
}

static int64_t part(struct office *office, int64_t whole)
{
    return 1 + (int64_t)sim_below(office->clients->sim, (uint64_t)whole / 3 + 1);
}

/* Two in three are less than nothing. */
static int64_t signed_part(struct office *office, int64_t whole)
{
    const int64_t fen = part(office, whole);

    return sim_chance(office->clients->sim, 66) ? -fen : fen;
}

/* --- whom it may concern --- */

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

static void name(struct fact *fact, struct division division)
{
    (void)snprintf(fact->other, sizeof fact->other, "%s", division.code);
}

/* --- basic --- */

static bool draw_element(struct office *office)
{
    struct fact *fact = fact_new(office, KIND_ELEMENT, "C");

    (void)snprintf(fact->other, sizeof fact->other, "%s%03" PRIu64, sim_division(office->node).code,
                   office->next_id % 1000);
    return true;
}

/* Mostly of this year, else of the one before or after. */
static bool draw_budget(struct office *office)
{
    struct sim *sim = office->clients->sim;
    struct fact *fact = fact_new(office, KIND_BUDGET, "B");

    (void)snprintf(fact->other, sizeof fact->other, "%s", sim_chance(sim, 80) ? "111" : "12");
    (void)snprintf(fact->word, sizeof fact->word, "%s", sim_chance(sim, 75) ? "" : "estimate");
    fact->year = sim_chance(sim, 80) ? YEAR_BEGUN : YEAR_BEGUN - 1 + 2 * (int)sim_below(sim, 2);
    fact->amount = fact->left = 100000000 + (int64_t)sim_below(sim, 1000000000);
    return true;
}

/* More, less or as much as was estimated. */
static bool draw_reply(struct office *office)
{
    const struct fact *estimate = pick(office, is_estimate);
    struct fact *fact, copy;

    if (estimate == NULL) {
        return false;
    }
    copy = *estimate;
    fact = fact_new(office, KIND_BUDGET, "BR");
    memcpy(fact->beside, copy.id, sizeof fact->beside);
    memcpy(fact->other, copy.other, sizeof fact->other);
    fact->year = copy.year;
    fact->amount = fact->left = copy.amount + signed_part(office, copy.amount);
    return true;
}

static bool draw_adjust(struct office *office)
{
    const struct fact *line = pick(office, is_reply);
    struct fact *fact;
    int64_t amount;

    if (line == NULL) {
        return false;
    }
    amount = line->amount;
    fact = new_about(office, KIND_ADJUST, "AD", line);
    fact->amount = signed_part(office, amount);
    return true;
}

/* --- years --- */

/* Closing is mostly refused for what is open, and reopening for what a level above has closed. */
static bool draw_year(struct office *office)
{
    static const uint32_t kinds[] = {KIND_OPEN_YEAR, KIND_CLOSE_YEAR, KIND_CLOSE_YEAR,
                                     KIND_REOPEN_YEAR};
    struct sim *sim = office->clients->sim;
    struct fact *fact = fact_new(office, kinds[sim_below(sim, COUNT_OF(kinds))], "Y");

    fact->year = YEAR_BEGUN - 1 + (int)sim_below(sim, 3);
    if (fact->kind != KIND_OPEN_YEAR && sim_chance(sim, 40)) {
        fact->month = 1 + (int)sim_below(sim, 3);
    }
    return true;
}

static bool draw_from_line(struct office *office, uint32_t kind, const char *prefix)
{
    static const char *const takings[] = {"unalloc", "avail", "pending"};
    struct sim *sim = office->clients->sim;
    const size_t from = (size_t)sim_below(sim, COUNT_OF(takings));
    const struct fact *line = pick(office, from == 0   ? is_source
                                           : from == 1 ? is_released
                                                       : is_allocated);
    struct fact *fact;
    int64_t amount;

    if (line == NULL) {
        return false;
    }
    amount = line->amount;
    fact = new_about(office, kind, prefix, line);
    (void)snprintf(fact->word, sizeof fact->word, "%s", takings[from]);
    fact->amount = fact->left = part(office, amount);
    return true;
}

static bool draw_carry(struct office *office)
{
    return draw_from_line(office, KIND_CARRY_OVER, "K");
}

static bool draw_lapse(struct office *office)
{
    return draw_from_line(office, KIND_LAPSE, "LP");
}

/* --- between levels --- */

static bool draw_transfer(struct office *office)
{
    const struct fact *source = pick(office, is_source);
    struct sim_node *below = somebody_below(office);
    struct fact *fact;
    int64_t amount;

    if (below == NULL || source == NULL) {
        return false;
    }
    amount = source->amount;
    fact = new_about(office, KIND_TRANSFER, "T", source);
    name(fact, sim_division(below));
    (void)snprintf(fact->word, sizeof fact->word, "%s",
                   sim_chance(office->clients->sim, 40) ? "early" : "");
    fact->amount = fact->left = part(office, amount);
    return true;
}

/* Formal, and so much less or more than the early one; or that it stands. */
static bool draw_difference(struct office *office)
{
    const struct fact *early = pick(office, is_early), *source = pick(office, is_source);
    struct fact *fact, copy, from;

    if (early == NULL || source == NULL) {
        return false;
    }
    copy = *early;
    from = *source;
    fact = fact_new(office, KIND_TRANSFER, "TD");
    memcpy(fact->about, from.id, sizeof fact->about); /* of what is more, it takes that */
    memcpy(fact->beside, copy.id, sizeof fact->beside);
    memcpy(fact->other, copy.other, sizeof fact->other);
    fact->year = copy.year;
    fact->amount = sim_chance(office->clients->sim, 15) ? 0 : signed_part(office, copy.amount);
    fact->left = fact->amount;
    return true;
}

static bool draw_recall(struct office *office)
{
    const struct fact *transfer = pick(office, is_passed_down);
    struct fact *fact, copy;

    if (transfer == NULL) {
        return false;
    }
    copy = *transfer;
    fact = new_about(office, KIND_RECALL, "RC", &copy);
    memcpy(fact->other, copy.other, sizeof fact->other);
    fact->amount = fact->left = part(office, copy.amount);
    return true;
}

static bool draw_withdraw(struct office *office)
{
    const struct fact *transfer = pick(office, is_passed_down);

    if (transfer == NULL) {
        return false;
    }
    (void)new_about(office, KIND_WITHDRAW, "W", transfer);
    return true;
}

/* To any division above, or to one that has no node. */
static bool draw_remit(struct office *office)
{
    struct sim *sim = office->clients->sim;
    const struct fact *source = pick(office, is_source);
    struct sim_node *up = sim_parent(office->node);
    struct fact *fact;
    int64_t amount;

    if (source == NULL) {
        return false;
    }
    while (up != NULL && sim_parent(up) != NULL && sim_chance(sim, 50)) {
        up = sim_parent(up);
    }
    amount = source->amount;
    fact = new_about(office, KIND_REMIT, "M", source);
    if (up == NULL || sim_chance(sim, 20)) {
        (void)snprintf(fact->other, sizeof fact->other, "100000");
    } else {
        name(fact, sim_division(up));
    }
    fact->amount = fact->left = part(office, amount);
    return true;
}

static bool draw_transfer_out(struct office *office)
{
    const struct fact *source = pick(office, is_source), *before = pick(office, is_passed_out);
    struct fact *fact, copy;

    if (source == NULL) {
        return false;
    }
    copy = before != NULL ? *before : *source;
    fact = new_about(office, KIND_TRANSFER_OUT, "TO", source);
    (void)snprintf(fact->other, sizeof fact->other, "%.12sZ", sim_division(office->node).code);
    if (before != NULL && sim_chance(office->clients->sim, 50)) {
        memcpy(fact->beside, copy.id, sizeof fact->beside);
        memcpy(fact->about, copy.about, sizeof fact->about);
        fact->year = copy.year;
    }
    fact->amount =
        fact->beside[0] != '\0' ? signed_part(office, copy.amount) : part(office, copy.amount);
    return true;
}

/* --- answers --- */

/* An acknowledged ask to this division that this office has not tried to answer yet. */
static struct office *unanswered_ask(struct office *office, struct fact *out)
{
    struct clients *clients = office->clients;

    for (size_t i = 0; i < clients->count; i++) {
        struct office *other = clients->offices[i];
        for (size_t k = 0; k < other->count; k++) {
            struct fact *fact = &other->facts[k];
            if (!fact_is_ask(clients, fact) || fact->state != FACT_ACKNOWLEDGED ||
                fact->left == 0 || strcmp(fact->other, sim_division(office->node).code) != 0) {
                continue;
            }
            fact->left = 0; /* taken up; a refusal (it did not arrive yet) gives it back */
            *out = *fact;
            return other;
        }
    }
    return NULL;
}

static const struct fact *register_of(const struct office *office, const char *id,
                                      struct division issuer)
{
    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];
        if (fact->kind == KIND_REGISTER && strcmp(fact->about, id) == 0 &&
            strcmp(fact->other, issuer.code) == 0 && fact->state == FACT_ACKNOWLEDGED) {
            return fact;
        }
    }
    return NULL;
}

/* All of it, a part, or nothing. */
static void answer_recall(struct office *office, const struct fact *ask, struct division issuer)
{
    struct sim *sim = office->clients->sim;
    const struct fact *own = register_of(office, ask->about, issuer);
    const struct fact copy = own != NULL ? *own : *ask;
    struct fact *fact;

    if (own == NULL || sim_chance(sim, 25)) {
        fact = fact_new(office, KIND_RECALL_REFUSE, "RN");
    } else {
        fact = fact_new(office, KIND_RECALL_GRANT, "RG");
        memcpy(fact->beside, copy.id, sizeof fact->beside);
        fact->amount = sim_chance(sim, 50) ? ask->amount : part(office, ask->amount);
    }
    memcpy(fact->about, ask->id, sizeof fact->about);
    name(fact, issuer);
    fact->year = ask->year;
}

static bool draw_answer(struct office *office)
{
    struct sim *sim = office->clients->sim;
    struct office *other;
    struct fact ask, *fact;

    other = unanswered_ask(office, &ask);
    if (other == NULL) {
        return false;
    }
    if (ask.kind == KIND_RECALL) {
        answer_recall(office, &ask, sim_division(other->node));
        return true;
    }
    fact = fact_new(office, sim_chance(sim, 85) ? KIND_REGISTER : KIND_RETURN, "R");
    memcpy(fact->about, ask.id, sizeof fact->about);
    name(fact, sim_division(other->node));
    fact->year = ask.year;
    fact->amount = ask.amount;
    fact->left = fact->kind == KIND_REGISTER ? ask.amount : 0;
    fact->unconfirmed = fact->kind == KIND_REGISTER && sim_chance(sim, 20);
    return true;
}

void facts_give_back(struct office *office)
{
    for (size_t i = 0; i < office->count; i++) {
        struct fact *fact = &office->facts[i], *ask;
        struct office *other = fact_answers(office->clients, fact);

        if (other == NULL || fact->state != FACT_REFUSED || fact->about[0] == '\0') {
            continue;
        }
        ask = fact_find_ask(other, fact->about);
        if (ask != NULL) {
            ask->left = ask->amount;
        }
        fact->about[0] = '\0';
    }
}

/* --- lines and payments --- */

static bool draw_allocate(struct office *office)
{
    const struct fact *source = pick(office, is_source);
    struct fact *fact;
    int64_t amount;

    if (source == NULL) {
        return false;
    }
    amount = source->amount;
    fact = new_about(office, KIND_ALLOCATE, "L", source);
    fact->amount = fact->left = part(office, amount);
    return true;
}

static bool draw_release(struct office *office)
{
    const struct fact *line = pick(office, is_allocated);

    if (line == NULL) {
        return false;
    }
    (void)new_about(office, KIND_RELEASE, "E", line);
    return true;
}

static bool draw_virement(struct office *office)
{
    const struct fact *line = pick(office, is_released);
    struct fact *fact;
    int64_t amount;

    if (line == NULL) {
        return false;
    }
    amount = line->amount;
    fact = new_about(office, KIND_VIREMENT, "V", line);
    (void)snprintf(fact->other, sizeof fact->other, "%s",
                   sim_chance(office->clients->sim, 70) ? "101002" : "101001");
    fact->amount = fact->left = part(office, amount);
    return true;
}

static bool draw_payment(struct office *office)
{
    const struct fact *line = pick(office, is_released);
    struct fact *fact;
    int64_t amount;

    if (line == NULL) {
        return false;
    }
    amount = line->amount;
    fact = new_about(office, KIND_PAYMENT, "P", line);
    fact->amount = fact->left =
        1 + (int64_t)sim_below(office->clients->sim, (uint64_t)amount / 8 + 1);
    return true;
}

static bool draw_paid(struct office *office)
{
    const struct fact *payment = pick(office, is_payment);
    struct fact *fact;
    int64_t amount;

    if (payment == NULL) {
        return false;
    }
    amount = payment->amount;
    fact = new_about(office, KIND_PAID, "D", payment);
    fact->amount = part(office, 3 * amount);
    return true;
}

static bool draw_cancel(struct office *office)
{
    const struct fact *payment = pick(office, is_payment);

    if (payment == NULL) {
        return false;
    }
    (void)new_about(office, KIND_PAYMENT_CANCEL, "Z", payment);
    return true;
}

/* Of a payment, now and then of a year that may be closed; or of a line as a whole. */
static bool draw_refund(struct office *office)
{
    struct sim *sim = office->clients->sim;
    const bool of_line = sim_chance(sim, 25);
    const struct fact *from = pick(office, of_line ? is_released : is_payment);
    struct fact *fact;
    int64_t amount;

    if (from == NULL) {
        return false;
    }
    amount = from->amount;
    fact = new_about(office, KIND_REFUND, "RF", from);
    (void)snprintf(fact->word, sizeof fact->word, "%s", of_line ? "line" : "");
    fact->year += !of_line && sim_chance(sim, 15) ? 1 : 0;
    fact->amount = part(office, amount / 4);
    return true;
}

static bool draw_change(struct office *office)
{
    static const uint32_t kinds[] = {KIND_FREEZE, KIND_UNFREEZE, KIND_REDUCE};
    const struct fact *line = pick(office, is_released);
    struct fact *fact;
    int64_t amount;

    if (line == NULL) {
        return false;
    }
    amount = line->amount;
    fact = new_about(office, kinds[sim_below(office->clients->sim, COUNT_OF(kinds))], "Z", line);
    fact->amount = part(office, amount / 4);
    return true;
}

/* --- which --- */

static const struct {
    unsigned weight;
    bool (*draw)(struct office *office);
} draws[] = {
    {2, draw_element},      {6, draw_budget},   {3, draw_reply},     {2, draw_adjust},
    {3, draw_year},         {4, draw_carry},    {2, draw_lapse},     {12, draw_transfer},
    {6, draw_difference},   {4, draw_recall},   {3, draw_withdraw},  {4, draw_remit},
    {2, draw_transfer_out}, {22, draw_answer},  {11, draw_allocate}, {9, draw_release},
    {3, draw_virement},     {18, draw_payment}, {14, draw_paid},     {2, draw_cancel},
    {3, draw_refund},       {4, draw_change},
};

bool fact_draw(struct office *office)
{
    unsigned whole = 0;
    uint64_t dice;
    size_t i = 0;

    if (office->next_id < 2) {
        struct fact *fact = fact_new(office, KIND_AGENCY, "A");

        (void)snprintf(fact->other, sizeof fact->other, "%s",
                       office->next_id == 1 ? "101001" : "101002");
        fact->year = YEAR_BEGUN - 1;
        return true;
    }
    for (size_t k = 0; k < COUNT_OF(draws); k++) {
        whole += draws[k].weight;
    }
    dice = sim_below(office->clients->sim, whole);
    while (dice >= draws[i].weight) {
        dice -= draws[i++].weight;
    }
    return draws[i].draw(office);
}
