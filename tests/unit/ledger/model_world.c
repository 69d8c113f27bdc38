#include "tests/unit/ledger/model_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/store/store_memory.h"
#include "tests/harness/hand_clock.h"

static const enum office_name offices[PLACES] = {REGION, LHASA, LINZHOU};

uint64_t next_random(struct model *model)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return model->random;
}

size_t pick(struct model *model, size_t below)
{
    return (size_t)(next_random(model) % below);
}

static uint64_t now_ms(const struct place *place)
{
    return NEW_YEAR_2026_MS + place->last_lsn;
}

static uint64_t own_lsn(void *arg, uint64_t *time_ms)
{
    const struct place *place = arg;

    *time_ms = now_ms(place);
    return place->last_lsn;
}

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

void seal(struct place *place)
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
        ++place->last_lsn, now_ms(place), document->kind, DOCUMENT_FORMAT, buf_bytes(body)};
    ledger_apply_own(place->ledger, place->txn,
                     &(struct applied){place->self, place->last_lsn, now_ms(place), document->kind,
                                       DOCUMENT_FORMAT, buf_bytes(body)},
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

void enter_settles(struct world *world)
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

const char *say(struct place *place, struct document *document)
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

void place_open(struct world *world, int index)
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
        .sink = {place, read_entry, settle_due, alarm, own_lsn},
    });
    document_clear(&agency, KIND_AGENCY);
    document_set_text(&agency, FIELD_ID, bytes_text("AG"));
    document_set_number(&agency, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&agency, FIELD_AGENCY_CODE, bytes_text("101"));
    document_set_text(&agency, FIELD_AGENCY_NAME, bytes_text("教育局"));
    assert_string_equal(say(place, &agency), "");
}

void place_close(struct place *place)
{
    ledger_close(place->ledger);
    txn_free(place->txn);
    place->store.ops->close(place->store.self);
    for (size_t i = 0; i < TURN_DOCUMENTS; i++) {
        buf_free(&place->open.bodies[i]);
        buf_free(&place->settles[i]);
    }
}
