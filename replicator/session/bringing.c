#include "replicator/session/bringing.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"

enum { EPOCH_BYTES = 4 };

static bool is_known_there(const struct link *link)
{
    return (link->handshake.features & FEATURE_PUT_ASIDE) != 0;
}

/* --- what was brought to whom --- */

static void brought_key(struct buf *key, struct division peer, const uint8_t aside[ASIDE_KEY_BYTES])
{
    buf_clear(key);
    buf_put_u8(key, META_BROUGHT);
    division_write(key, peer);
    buf_append(key, aside + 1, ASIDE_KEY_BYTES - 1); /* behind its letter */
}

static uint32_t epoch_of_peer(const struct replicator *r, const struct link *link)
{
    const struct member *peer = roster_find(r->roster, link->peer);

    assert(peer != NULL);
    return peer->grant.epoch;
}

static bool was_brought(const struct replicator *r, struct txn *txn, const struct link *link,
                        const uint8_t aside[ASIDE_KEY_BYTES])
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool was;

    brought_key(&key, link->peer, aside);
    was = txn_get(txn, SPACE_META, buf_bytes(&key), &value) && value.size == EPOCH_BYTES &&
          load_u32(value.data) == epoch_of_peer(r, link);
    buf_free(&key);
    return was;
}

void bringing_held(struct replicator *r, struct txn *txn, struct link *link, struct bytes key)
{
    struct buf row = BUF_EMPTY, value = BUF_EMPTY;

    if (!link->bringing.under_way || key.size != ASIDE_KEY_BYTES ||
        memcmp(key.data, link->bringing.at, key.size) != 0) {
        return; /* not what is under way */
    }
    brought_key(&row, link->peer, link->bringing.at);
    buf_put_u32(&value, epoch_of_peer(r, link));
    (void)txn_put(txn, SPACE_META, buf_bytes(&row), buf_bytes(&value));
    buf_free(&row);
    buf_free(&value);
    link->bringing.under_way = false;
    link->bringing.due = true;
}

/* --- brought --- */

struct search {
    const struct replicator *r;
    const struct link *link;
    struct txn *txn;
    uint8_t *at;
    struct buf *memory;
    bool found;
};

/* Is its author this peer, or beyond it? */
static bool is_towards(const struct search *search, struct bytes key)
{
    const struct link *link = search->link;
    struct reader reader = reader_of(bytes_of(key.data + 1, key.size - 1));
    const struct division author = division_read(&reader);
    const struct division self = search->r->config.self;

    return reader_ok(&reader) && !division_equal(author, self) &&
           (link->is_up ? roster_within(search->r->roster, link->peer, author)
                        : roster_within(search->r->roster, author, link->peer));
}

static bool look_at_row(void *arg, struct bytes key, struct bytes value)
{
    struct search *search = arg;

    if (key.size != ASIDE_KEY_BYTES || value.size <= EPOCH_BYTES || !is_towards(search, key) ||
        was_brought(search->r, search->txn, search->link, key.data)) {
        return true;
    }
    memcpy(search->at, key.data, ASIDE_KEY_BYTES);
    buf_clear(search->memory);
    buf_append(search->memory, value.data + EPOCH_BYTES, value.size - EPOCH_BYTES);
    search->found = true;
    return false;
}

static bool find_next(struct replicator *r, struct link *link, struct buf *memory)
{
    static const uint8_t letter = META_ASIDE;
    struct bringing *bringing = &link->bringing;
    struct txn *txn = txn_open(r->config.store, NULL);
    struct search search = {r, link, txn, bringing->at, memory, false};
    struct err err;

    /* What cannot be read is not brought. */
    (void)txn_scan_from(txn, SPACE_META, bytes_of(&letter, 1),
                        bringing->at[0] == 0 ? bytes_of(&letter, 1)
                                             : bytes_of(bringing->at, ASIDE_KEY_BYTES),
                        look_at_row, &search, &err);
    txn_free(txn);
    return search.found;
}

bool bringing_add(struct replicator *r, struct link *link, Terrace__Frame *frame,
                  struct buf *memory)
{
    struct bringing *bringing = &link->bringing;

    if (!is_known_there(link)) {
        return false;
    }
    if (bringing->answers) {
        bringing->answers = false;
        frame->has_put_aside_held = 1;
        frame->put_aside_held = pb_of_bytes(bringing->taken, ASIDE_KEY_BYTES);
    } else if (bringing->due) {
        bringing->due = false; /* until this one is answered */
        if (bringing->anew) {
            bringing->anew = false;
            memset(bringing->at, 0, sizeof bringing->at);
        }
        bringing->under_way = find_next(r, link, memory);
        if (bringing->under_way) {
            frame->has_put_aside = 1;
            frame->put_aside = pb_of_bytes(memory->data, memory->size);
        }
    }
    return frame->has_put_aside_held || frame->has_put_aside;
}

/* --- taken --- */

/* A recovery that counts, or the end of a fork, behind this epoch; 0: there is none. */
static uint32_t recovery_behind(const struct replicator *r, const struct block_header *header)
{
    const struct member *author = roster_find(r->roster, header->author);
    struct epoch_state state;

    assert(author != NULL); /* may_bring */
    for (uint32_t epoch = header->epoch + 1; epoch <= author->grant.epoch; epoch++) {
        if (roster_epoch_state(r->roster, header->author, epoch, &state) && state.is_recovery &&
            state.standing == STANDING_COUNTS) {
            return epoch;
        }
    }
    return 0;
}

/* From who is farther from its author than this node. */
static bool may_bring(const struct replicator *r, const struct link *link, struct division author)
{
    return link->is_up ? roster_within(r->roster, author, r->config.self)
                       : roster_within(r->roster, r->config.self, author);
}

static bool is_held(const struct replicator *r, const struct block_view *block)
{
    struct buf whole = BUF_EMPTY;
    struct block_view held;
    struct err err;
    const bool same = log_read_block(r->config.store, NULL, block->header.author,
                                     block->header.first_lsn, &whole, &held, &err) == OK &&
                      bytes_equal(held.header_bytes, block->header_bytes);

    buf_free(&whole);
    return same;
}

static bool is_signed(const struct replicator *r, const struct block_view *block)
{
    const struct grant *grant = roster_epoch(r->roster, block->header.author, block->header.epoch);
    struct hash hash;
    struct err err;

    return grant != NULL &&
           block_verify(block, roster_tree(r->roster), &grant->sign_key, &hash, &err) == OK;
}

/* All links may have it next; those that it is not for find nothing. */
static void tell_links(struct replicator *r)
{
    for (size_t i = 0; i < r->links.count; i++) {
        struct bringing *bringing = &r->links.at[i]->bringing;

        bringing->anew = true;
        bringing->due = !bringing->under_way;
    }
}

void bringing_take(struct replicator *r, struct txn *txn, struct link *link, struct bytes whole)
{
    struct buf key = BUF_EMPTY;
    struct block_view block;
    uint32_t recovery = 0;
    struct err err;

    link_pay(r, link, PAY_GRANT);
    if (!link_may_verify(r, link) || block_parse(&block, whole, &err) != OK ||
        !may_bring(r, link, block.header.author)) {
        link_count_refused(link);
        return;
    }
    recovery = recovery_behind(r, &block.header);
    if (recovery == 0 || !is_signed(r, &block)) {
        link_count_refused(link);
        return;
    }
    aside_key(&key, &block);
    if (!is_held(r, &block)) {
        LOG_INFO("evidence.brought", "about=%s epoch=%" PRIu32 " lsn=%" PRIu64 " peer=%s",
                 block.header.author.code, block.header.epoch, block.header.first_lsn,
                 link->peer.code);
        aside_put(txn, recovery, &block);
        tell_links(r);
    }
    memcpy(link->bringing.taken, key.data, ASIDE_KEY_BYTES);
    link->bringing.answers = true;
    buf_free(&key);
}
