#include "node/core/confirmations.h"

#include <inttypes.h>

#include "node/core/node_struct.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/schema/clocks.h"
#include "proto/array.h"
#include "replicator/log/sealing.h"

void confirmations_free(struct confirmations *confirmations)
{
    mem_free(confirmations->authors);
}

void confirmations_note(struct node *node, struct division author)
{
    struct confirmations *noted = &node->confirmations;

    for (size_t i = 0; i < noted->count; i++) {
        if (division_equal(noted->authors[i], author)) {
            return;
        }
    }
    ARRAY_ROOM(noted->authors, noted->count, noted->capacity);
    noted->authors[noted->count++] = author;
}

/* --- what waits --- */

static void watch_objection(struct node *node, struct division division)
{
    struct objection_held held;
    char since[TIME_BYTES_MAX];

    if (roster_objection(replicator_roster(node->replicator), division, &held)) {
        alarms_raise(node->alarms, ALARM_OBJECTED, division,
                     "objected division=%s reason=%s since=%s by=%s", division.code,
                     objection_reason_name(held.said.reason), time_text(since, held.time_ms),
                     held.by.code);
    } else {
        alarms_clear(node->alarms, ALARM_OBJECTED, division);
    }
}

static void watch(struct node *node, struct division division)
{
    const struct roster *roster = replicator_roster(node->replicator);
    const struct division confirmer = roster_confirmer(roster, division);
    uint64_t base_lsn;
    uint32_t epoch = roster_unconfirmed(roster, division, &base_lsn);

    if (epoch == 0 && division_equal(confirmer, node->config.self)) {
        epoch = roster_to_confirm(roster, division);
    }
    if (epoch == 0) {
        alarms_clear(node->alarms, ALARM_EPOCH_UNCONFIRMED, division);
    } else {
        alarms_raise(node->alarms, ALARM_EPOCH_UNCONFIRMED, division,
                     "epoch_waits division=%s epoch=%" PRIu32 " by=%s", division.code, epoch,
                     confirmer.code);
    }
    watch_objection(node, division);
}

/* --- one confirmation --- */

/* As its author entered it, when that is in the store and signed with an epoch that counts. */
static bool read_confirmation(struct node *node, struct division author, uint64_t lsn,
                              struct confirmation_of_epoch *out)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct document document;
    struct bytes hash;
    struct err err;
    const enum status status =
        log_read_block(&node->store, NULL, author, lsn, &whole, &block, &err);
    bool found = status == OK && block_body_read(&body, &block, &err) == OK &&
                 roster_block_counts(replicator_roster(node->replicator), &block.header);

    if (status == ERR_CORRUPT || status == ERR_IO) {
        txn_fail(node->txn, &err); /* a word that was said must not be passed over */
    }
    if (found) {
        const struct entry *entry = &body.entries[lsn - block.header.first_lsn];

        found = entry->kind == KIND_CONFIRM &&
                document_of_entry(&document, entry->kind, entry->format, entry->body, &err) == OK;
    }
    if (found) {
        hash = document_text(&document, FIELD_GRANT_HASH);
        *out = (struct confirmation_of_epoch){
            .by = author,
            .division = document_party(&document),
            .epoch = (uint32_t)document_number(&document, FIELD_EPOCH)};
        found = hash.size == sizeof out->grant;
    }
    if (found) {
        memcpy(&out->grant, hash.data, sizeof out->grant);
    }
    block_body_free(&body);
    buf_free(&whole);
    return found;
}

static void take(struct node *node, struct division author, uint64_t lsn)
{
    struct confirmation_of_epoch confirmation;
    struct err err;

    if (unapproved_find(node->txn, author, lsn, NULL) ||
        !read_confirmation(node, author, lsn, &confirmation)) {
        return;
    }
    if (roster_find(replicator_roster(node->replicator), confirmation.division) == NULL) {
        return; /* granted by keys that wait themselves */
    }
    if (replicator_confirm(node->replicator, node->txn, &confirmation, &err) != OK) {
        alarms_raise(node->alarms, ALARM_BAD_GRANT, author,
                     "confirm_refused lsn=%" PRIu64 " why=%s", lsn, err.text);
        return;
    }
    watch(node, confirmation.division); /* nothing changes where it counted before */
}

/* --- all of an author --- */

enum { LOOKED_AT_MAX = 4096 }; /* of one author: a level confirms few in all its life */

struct found {
    struct txn *txn;
    struct division author;
    uint64_t lsns[LOOKED_AT_MAX];
    size_t count;
};

static bool note_listed(void *arg, struct bytes key, struct bytes value)
{
    struct found *found = arg;
    struct reader ids = reader_of(value);
    struct doc_row row;
    struct bytes id;

    (void)key;
    while (found->count < LOOKED_AT_MAX && list_next(&ids, &id)) {
        if (doc_load(found->txn, found->author, id, &row)) {
            found->lsns[found->count++] = row.lsn;
        }
    }
    return found->count < LOOKED_AT_MAX;
}

static void look_at(struct node *node, struct division author)
{
    struct found *found = mem_zalloc(sizeof *found);
    const struct row_key prefix = list_prefix(author, KIND_CONFIRM);
    struct err err; /* a read error stays with the txn */

    found->txn = node->txn;
    found->author = author;
    (void)txn_scan(node->txn, SPACE_INDEX, row_key_bytes(&prefix), note_listed, found, &err);
    for (size_t i = 0; i < found->count; i++) {
        take(node, author, found->lsns[i]);
    }
    mem_free(found);
}

bool confirmations_wait(const struct node *node)
{
    return node->confirmations.count > 0;
}

void confirmations_step(struct node *node)
{
    struct confirmations noted = node->confirmations;

    node->confirmations = (struct confirmations){.authors = NULL}; /* more may be noted meanwhile */
    for (size_t i = 0; i < noted.count; i++) {
        look_at(node, noted.authors[i]);
    }
    confirmations_free(&noted);
}

void confirmations_changed(struct node *node, struct division division)
{
    const struct roster *roster = replicator_roster(node->replicator);

    watch(node, division);
    confirmations_note(node, division); /* what it confirmed under keys that count since now */
    if (roster_to_confirm(roster, division) != 0) {
        confirmations_note(node, roster_confirmer(roster, division)); /* its word may have come */
    }
}
/* --- after a start --- */

void confirmations_open(struct node *node)
{
    const struct roster *roster = replicator_roster(node->replicator);

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;

        if (roster_to_confirm(roster, division) != 0) {
            watch(node, division);
            confirmations_note(node, roster_confirmer(roster, division));
        }
    }
}
