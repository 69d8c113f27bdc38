#include "rogue_forge.h"

#include <stdio.h>

#include "node/ledger/schema/kinds.h"
#include "proto/document.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/merkle.h"

/* --- parts --- */

/* Appends the entry, and says in the header that it is the only one. */
static void write_payment(struct buf *out, struct block_header *header)
{
    struct document document = {.kind = KIND_PAYMENT};
    struct buf body = BUF_EMPTY;
    struct entry entry = {.lsn = header->first_lsn,
                          .time_ms = 1767225600000,
                          .kind = KIND_PAYMENT,
                          .format = DOCUMENT_FORMAT};

    document_set_text(&document, FIELD_ID, bytes_text("PY-FORGED"));
    document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
    document_set_number(&document, FIELD_AMOUNT, 99999900);
    document_encode(&body, &document);
    entry.body = buf_bytes(&body);
    entry_write(out, &entry);
    header->entries_root = merkle_entry_leaf(&entry);
    buf_free(&body);
}

/* The header that would be right for the block after the newest. */
static struct block_header next_header(const struct loot *loot)
{
    struct block_header header = {
        .version = BLOCK_VERSION,
        .suite = SUITE_ED25519_BLAKE2B,
        .audience = {AUDIENCE_LINE, loot->self},
        .author = loot->self,
        .epoch = loot->head.epoch == 0 ? 1 : loot->head.epoch,
        .count = 1,
        .first_lsn = loot->head.lsn + 1,
        .aud_seq = 1,
        .prev_hash = loot->head.hash,
        .time_ms = 1767225600000,
    };
    struct block_view last;
    struct err err;

    if (loot->last.size > 0 && block_parse(&last, buf_bytes(&loot->last), &err) == OK) {
        header.audience = last.header.audience;
        header.aud_seq = last.header.aud_seq + 1;
        header.aud_prev = loot->head.hash;
        header.time_ms = last.header.time_ms + 1;
    }
    return header;
}

static void write_made_up(struct buf *out, struct block_header *header, const struct loot *loot,
                          const struct sign_key *key)
{
    struct buf entries = BUF_EMPTY, body = BUF_EMPTY;

    write_payment(&entries, header);
    block_body_write(&body, header, buf_bytes(&entries), BYTES_NONE);
    (void)block_seal(out, header, buf_bytes(&body), &loot->tree, key);
    buf_free(&entries);
    buf_free(&body);
}

/* --- the forgeries --- */

void forge_foreign_key(struct buf *out, const struct loot *loot, char words[160])
{
    struct block_header header = next_header(loot);
    struct sign_key stranger;

    sign_key_generate(&stranger);
    (void)snprintf(words, 160, "the next block of %s, signed with a key that is not its own",
                   loot->self.code);
    write_made_up(out, &header, loot, &stranger);
}

void forge_other_author(struct buf *out, const struct loot *loot, char words[160])
{
    struct block_header header = next_header(loot);

    header.author = header.audience.division = loot->parent;
    (void)snprintf(words, 160, "a block in the name of %s, sent and signed by %s",
                   loot->parent.code, loot->self.code);
    write_made_up(out, &header, loot, &loot->identity);
}

/* Adds one yuan to the first amount. */
static bool alter_entry(struct buf *out, const struct entry *entry)
{
    struct document document;
    struct buf body = BUF_EMPTY;
    struct entry altered = *entry;
    struct err err;

    if (entry->kind < KIND_USER_FIRST || entry->format != DOCUMENT_FORMAT ||
        document_decode(&document, entry->kind, entry->body, &err) != OK ||
        !document_has(&document, FIELD_AMOUNT)) {
        entry_write(out, entry);
        return false;
    }
    document_set_number(&document, FIELD_AMOUNT, document_number(&document, FIELD_AMOUNT) + 100);
    document_encode(&body, &document);
    altered.body = buf_bytes(&body);
    entry_write(out, &altered);
    buf_free(&body);
    return true;
}

/* A real block with an amount changed and everything recomputed but the signature. */
static bool write_altered(struct buf *out, const struct loot *loot, bool as_next)
{
    struct buf entries = BUF_EMPTY, groups = BUF_EMPTY, body = BUF_EMPTY;
    struct block_body was = BLOCK_BODY_EMPTY;
    struct block_header header;
    struct block_view block;
    bool altered = false;
    struct err err;

    if (loot->with_amount.size == 0 ||
        block_parse(&block, buf_bytes(&loot->with_amount), &err) != OK ||
        block_body_read(&was, &block, &err) != OK) {
        return false;
    }
    for (size_t i = 0; i < was.count; i++) {
        if (altered) {
            entry_write(&entries, &was.entries[i]);
        } else {
            altered = alter_entry(&entries, &was.entries[i]);
        }
    }
    for (size_t i = 0; i < was.group_count; i++) {
        group_write(&groups, &was.groups[i]);
    }
    header = as_next ? next_header(loot) : block.header;
    header.count = block.header.count;
    header.state_digest = block.header.state_digest;
    header.entries_root = block.header.entries_root;
    block_body_write(&body, &header, buf_bytes(&entries), buf_bytes(&groups));
    header.body_hash = hash_of(TAG_BODY, buf_bytes(&body));
    block_header_write(out, &header);
    buf_append(out, block.signature.at, SIGNATURE_SIZE);
    buf_append_bytes(out, buf_bytes(&body));
    block_body_free(&was);
    buf_free(&entries);
    buf_free(&groups);
    buf_free(&body);
    return true;
}

void forge_altered_amount(struct buf *out, const struct loot *loot, char words[160])
{
    if (write_altered(out, loot, true)) {
        (void)snprintf(words, 160,
                       "a block that %s really wrote, one amount 1.00 higher, its signature kept",
                       loot->self.code);
        return;
    }
    forge_foreign_key(out, loot, words); /* it has written no amount yet */
}

void forge_altered_in_place(struct buf *out, const struct loot *loot, char words[160])
{
    if (write_altered(out, loot, false)) {
        (void)snprintf(words, 160, "the same in the place of the block that is held already");
        return;
    }
    forge_foreign_key(out, loot, words);
}
