#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"

void puppet_begin(struct puppet *puppet)
{
    memset(puppet, 0, sizeof *puppet);
    world_begin(&puppet->world);
    puppet_play(puppet, REGION, CITY);
    arena_init(&puppet->arena, 8 << 20);
}

void puppet_play(struct puppet *puppet, int real, int played)
{
    puppet->real = &puppet->world.at[real];
    puppet->played = puppet->world.at[played].division;
}

void puppet_end(struct puppet *puppet)
{
    world_end(&puppet->world);
    arena_free(&puppet->arena);
    buf_free(&puppet->frame);
}

void puppet_send(struct puppet *puppet, const Terrace__Frame *frame)
{
    buf_clear(&puppet->frame);
    frame_encode(&puppet->frame, frame);
    replicator_receive(puppet->real->replicator, puppet->real->txn, puppet->played,
                       buf_bytes(&puppet->frame));
}

void puppet_hello_at(struct puppet *puppet, uint64_t session, uint64_t credit,
                     Terrace__Position *head)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;

    hello.has_version_min = hello.has_version_max = hello.has_credit = hello.has_unix_ms = 1;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.credit = credit;
    hello.unix_ms = puppet->world.hand.now_ms;
    hello.n_heads = head == NULL ? 0 : 1;
    hello.heads = &head;
    frame.has_session = 1;
    frame.session = session;
    frame.hello = &hello;
    puppet_send(puppet, &frame);
}

void puppet_hello(struct puppet *puppet, uint64_t session, uint64_t credit)
{
    puppet_hello_at(puppet, session, credit, NULL);
}

void puppet_hello_with(struct puppet *puppet, uint64_t session, uint64_t credit, const char *author,
                       uint64_t lsn)
{
    static uint8_t hash[HASH_SIZE] = {7};
    Terrace__Position head = TERRACE__POSITION__INIT;

    head.has_author = head.has_epoch = head.has_lsn = head.has_hash = 1;
    head.author = pb_of_bytes(author, strlen(author));
    head.epoch = 1;
    head.lsn = lsn;
    head.hash = pb_of_bytes(hash, sizeof hash);
    puppet_hello_at(puppet, session, credit, &head);
}

uint64_t puppet_welcome(struct puppet *puppet, uint64_t credit)
{
    return puppet_welcome_at(puppet, credit, NULL);
}

uint64_t puppet_welcome_at(struct puppet *puppet, uint64_t credit, Terrace__Position *head)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT, *asked;
    Terrace__Welcome welcome = TERRACE__WELCOME__INIT;

    do {
        puppet_wait(puppet, 1000);
        asked = puppet_await(puppet, has_hello);
    } while (asked == NULL);
    frame.has_session = 1;
    frame.session = asked->session;
    frame.welcome = &welcome;
    welcome.has_version = welcome.has_unix_ms = welcome.has_credit = welcome.has_hello_stamp = 1;
    welcome.version = PROTOCOL_VERSION_MAX;
    welcome.unix_ms = puppet->world.hand.now_ms;
    welcome.hello_stamp = asked->hello->stamp;
    welcome.credit = credit;
    welcome.n_heads = head == NULL ? 0 : 1;
    welcome.heads = &head;
    puppet_send(puppet, &frame);
    return frame.session;
}

void puppet_send_block(struct puppet *puppet, uint64_t session, struct bytes whole)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Blocks blocks = TERRACE__BLOCKS__INIT;
    ProtobufCBinaryData one = pb_of_bytes(whole.data, whole.size);

    blocks.n_block = 1;
    blocks.block = &one;
    frame.has_session = 1;
    frame.session = session;
    frame.blocks = &blocks;
    puppet_send(puppet, &frame);
}

void puppet_ack(struct puppet *puppet, uint64_t session, const char *author, uint64_t lsn,
                uint64_t credit)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Ack ack = TERRACE__ACK__INIT;
    Terrace__Position position = TERRACE__POSITION__INIT, *list = &position;

    position.has_author = position.has_epoch = position.has_lsn = 1;
    position.author = pb_of_bytes(author, strlen(author));
    position.epoch = 1;
    position.lsn = lsn;
    ack.n_held = 1;
    ack.held = &list;
    ack.has_credit = 1;
    ack.credit = credit;
    frame.has_session = 1;
    frame.session = session;
    frame.ack = &ack;
    puppet_send(puppet, &frame);
}

void puppet_commit(struct puppet *puppet, bool durable)
{
    struct place *real = puppet->real;

    replicator_seal(real->replicator, real->txn);
    commit_txn(&real->store, real->fence, real->txn);
    if (durable) {
        replicator_durable(real->replicator);
    }
}

void puppet_wait(struct puppet *puppet, uint64_t ms)
{
    puppet->world.hand.now_ms += ms;
    replicator_tick(puppet->real->replicator, puppet->real->txn);
    puppet_commit(puppet, true);
}

Terrace__Frame *puppet_next(struct puppet *puppet)
{
    Terrace__Frame *frame;
    struct division to;
    struct err err;

    while (replicator_next_frame(puppet->real->replicator, &to, &puppet->frame)) {
        if (division_equal(to, puppet->played)) {
            arena_reset(&puppet->arena);
            assert_int_equal(frame_decode(&frame, &puppet->arena, buf_bytes(&puppet->frame), &err),
                             OK);
            return frame;
        }
    }
    return NULL;
}

Terrace__Frame *puppet_await(struct puppet *puppet, bool (*part)(const Terrace__Frame *frame))
{
    Terrace__Frame *frame = puppet_next(puppet);

    while (frame != NULL && !part(frame)) {
        frame = puppet_next(puppet);
    }
    return frame;
}

bool has_hello(const Terrace__Frame *frame)
{
    return frame->hello != NULL;
}
bool has_welcome(const Terrace__Frame *frame)
{
    return frame->welcome != NULL;
}
bool has_held(const Terrace__Frame *frame)
{
    return frame->ack != NULL && frame->ack->n_held > 0;
}
bool has_not_yet(const Terrace__Frame *frame)
{
    return frame->ack != NULL && frame->ack->n_not_yet > 0;
}
bool has_reject(const Terrace__Frame *frame)
{
    return frame->reject != NULL;
}
bool has_restart(const Terrace__Frame *frame)
{
    return frame->has_restart;
}
bool has_blocks(const Terrace__Frame *frame)
{
    return frame->blocks != NULL;
}

/* --- blocks by hand --- */

struct draft draft_next(const struct puppet *puppet, int author, const struct written *log,
                        const char *text)
{
    const struct place *place = &puppet->world.at[author];
    struct draft out = {.key = &place->key, .tree = puppet->world.trust.tree, .text = text};
    struct block_header *header = &out.header;

    header->version = BLOCK_VERSION;
    header->suite = SUITE_ED25519_BLAKE2B;
    header->audience = (struct audience){AUDIENCE_LINE, place->division};
    header->author = place->division;
    header->epoch = 1;
    header->count = 1;
    header->first_lsn = log->lsn + 1;
    header->prev_hash = log->hash;
    header->aud_seq = log->seq + 1;
    header->aud_prev = log->seq > 0 ? log->hash : HASH_ZERO;
    header->time_ms = puppet->world.hand.now_ms;
    return out;
}

struct hash draft_finish(struct buf *out, struct draft *draft)
{
    struct entry entries[DRAFT_GRANTS_MAX];
    const size_t count = draft->header.count;

    assert_true(count <= DRAFT_GRANTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &entries[i];

        *entry = (struct entry){.lsn = draft->header.first_lsn + i,
                                .time_ms = 1,
                                .kind = KIND_GRANT,
                                .format = GRANT_FORMAT};
        if (draft->grants == NULL) {
            entry->kind = KIND_USER_FIRST;
            entry->body = bytes_text(draft->text);
        } else {
            entry->kind = i == 0 && draft->first_kind != 0 ? draft->first_kind : KIND_GRANT;
            entry->format = i == 0 && draft->first_format != 0 ? draft->first_format
                            : entry->kind == KIND_ENDPOINT     ? ENDPOINT_FORMAT
                                                               : GRANT_FORMAT;
            entry->body = buf_bytes(&draft->grants[i]);
        }
    }
    return block_of_entries(out, &draft->header, entries, &draft->tree, draft->key);
}

struct buf draft_write(const struct puppet *puppet, int author, struct written *log,
                       const char *text)
{
    struct draft next = draft_next(puppet, author, log, text);
    struct buf whole = BUF_EMPTY;

    log->hash = draft_finish(&whole, &next);
    log->lsn++;
    log->seq++;
    return whole;
}
