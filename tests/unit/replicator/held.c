#include "tests/unit/replicator/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"

enum { PIECE_MAX = 16 };

void held_begin(struct held *held, struct world *world, const char *self, enum held_side side)
{
    const struct said city = city_of("5401*"), county = county_of(COUNTY_CODE, "");

    *held = (struct held){.world = world};
    held->hand.now_ms = NEW_YEAR_2026_MS;
    held->clock = hand_clock_seam(&held->hand);
    said_anew_of(world, division_of(self));
    must(world, &said_root);
    must(world, &city);
    must(world, &county);
    store_memory_open(&held->store);
    assert_int_equal(held->store.ops->claim(held->store.self, &held->fence, &held->err), OK);
    held->txn = txn_open(&held->store, NULL);
    heads_init(&held->logs, &held->store, &held->clock);
    held->log = heads_follow(&held->logs, division_of(CITY_CODE), side);
}

void held_end(struct held *held)
{
    heads_free(&held->logs);
    txn_free(held->txn);
    held->store.ops->close(held->store.self);
}

void held_commit(struct held *held)
{
    commit_txn(&held->store, held->fence, held->txn);
    (void)heads_durable(&held->logs);
}

static enum who key_of(const char *author)
{
    return strcmp(author, ROOT_CODE) == 0     ? REGION
           : strcmp(author, COUNTY_CODE) == 0 ? COUNTY
                                              : CITY;
}

struct hash held_write(const struct held *held, const struct piece *piece, struct buf *out)
{
    const struct world *world = held->world;
    const char *author = piece->author == NULL ? CITY_CODE : piece->author;
    struct entry entries[PIECE_MAX];
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = {piece->kind == 0 ? AUDIENCE_LINE : piece->kind,
                                               division_of(piece->to == NULL ? author : piece->to)},
                                  .author = division_of(author),
                                  .epoch = piece->epoch == 0 ? 1 : piece->epoch,
                                  .count = piece->count == 0 ? 1 : piece->count,
                                  .first_lsn = piece->first_lsn,
                                  .aud_seq = piece->seq == 0 ? piece->first_lsn : piece->seq,
                                  .prev_hash = piece->prev,
                                  .aud_prev = piece->aud_prev,
                                  .time_ms = held->hand.now_ms};

    assert_true(header.count <= PIECE_MAX);
    for (uint32_t i = 0; i < header.count; i++) {
        entries[i] = (struct entry){.lsn = header.first_lsn + i,
                                    .time_ms = 1,
                                    .kind = KIND_USER_FIRST,
                                    .body = bytes_text(piece->text == NULL ? "said" : piece->text)};
        if (piece->entries != NULL) {
            entries[i].kind = piece->entries[i].kind;
            entries[i].format = piece->entries[i].format;
            entries[i].body = piece->entries[i].body;
        }
    }
    return block_of_entries(out, &header, entries, &world->trust.tree,
                            &world->keys[piece->key == REGION ? key_of(author) : piece->key]);
}

void held_stage(struct held *held, struct bytes whole, const struct hash *hash, bool durable)
{
    struct block_view block;

    assert_int_equal(block_parse(&block, whole, &held->err), OK);
    heads_stage(&held->logs, held->txn, held->log, &block, hash);
    if (durable) {
        held_commit(held);
    }
}

void held_fill(struct held *held, struct hash *hashes, uint64_t count)
{
    struct buf whole = BUF_EMPTY;

    hashes[0] = HASH_ZERO;
    for (uint64_t lsn = 1; lsn <= count; lsn++) {
        const struct piece piece = {
            .first_lsn = lsn, .prev = hashes[lsn - 1], .aud_prev = hashes[lsn - 1]};

        hashes[lsn] = held_write(held, &piece, &whole);
        held_stage(held, buf_bytes(&whole), &hashes[lsn], true);
    }
    buf_free(&whole);
}

void held_recover(struct held *held, uint32_t epoch, uint64_t base_lsn, const struct hash *base)
{
    struct world *world = held->world;
    struct grant grant = first_grant(division_of(CITY_CODE), division_of(ROOT_CODE));
    struct grant_terms terms = {.may_grant = reach_of("5401*")};
    bool added;

    grant.epoch = epoch;
    grant.base_lsn = base_lsn;
    grant.base_hash = base_lsn == 0 ? HASH_ZERO : *base;
    grant_certify(&grant, &world->trust.tree, &world->keys[CITY]);
    buf_clear(&world->sealed);
    grant_seal(&world->sealed, &grant, &terms, &world->keys[REGION]);
    if (roster_add(world->roster, buf_bytes(&world->sealed), &added, &world->err) != OK) {
        fail_msg("%s", world->err.text);
    }
}

void held_confirm(struct held *held, uint32_t epoch)
{
    struct confirmation_of_epoch word = {
        .by = division_of(ROOT_CODE), .division = division_of(CITY_CODE), .epoch = epoch};
    struct epoch_state state;
    bool changed;

    assert_true(roster_epoch_state(held->world->roster, word.division, epoch, &state));
    word.grant = state.hash;
    assert_int_equal(roster_confirm(held->world->roster, &word, &changed, &held->err), OK);
}
