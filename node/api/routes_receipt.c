#include "node/api/routes_receipt.h"

#include "node/api/names.h"
#include "node/api/routes_document.h"
#include "node/api/routes_pending.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/cosignature.h"

struct receipt {
    const struct request *request;
    const struct view *view;
    const struct roster_snapshot *roster;
    struct document_row row;
    struct buf whole; /* the block's bytes */
    struct block_view block;
    struct hash hash;
    struct json_out out;
};

/* --- accepted --- */

/* The block that carries the document, and the author's signature on it checked. Errors: those of
 * log_read_block and block_verify, ERR_NOT_YET (its key is not known). */
static enum status read_block(struct receipt *receipt, struct err *err)
{
    const struct view *view = receipt->view;
    const struct division author = receipt->row.author;
    const struct grant *grant;
    enum status status = log_read_block(view->store, view->snapshot, author, receipt->row.lsn,
                                        &receipt->whole, &receipt->block, err);

    if (status != OK) {
        return status;
    }
    grant = roster_epoch(receipt->roster->roster, author, receipt->block.header.epoch);
    if (grant == NULL) {
        return err_set(err, ERR_NOT_YET, "epoch_not_granted author=%s epoch=%u", author.code,
                       (unsigned)receipt->block.header.epoch);
    }
    return block_verify(&receipt->block, &receipt->request->service->tree, &grant->sign_key,
                        &receipt->hash, err);
}

static void write_accepted(struct receipt *receipt)
{
    const struct block_header *header = &receipt->block.header;
    const struct grant *grant =
        roster_epoch(receipt->roster->roster, header->author, header->epoch);
    struct json_out *out = &receipt->out;

    out_open(out, "accepted", '{');
    out_time(out, "time", receipt->row.time_ms);
    out_count(out, "epoch", header->epoch);
    out_open(out, "block", '{');
    out_count(out, "first_lsn", header->first_lsn);
    out_count(out, "count", header->count);
    out_time(out, "time", header->time_ms);
    out_hex(out, "hash", &receipt->hash, sizeof receipt->hash);
    out_close(out, '}');
    out_hex(out, "key", &grant->sign_key, sizeof grant->sign_key);
    out_hex(out, "signature", &receipt->block.signature, sizeof receipt->block.signature);
    out_close(out, '}');
}

/* --- held --- */

static void write_cosignature(struct json_out *out, const struct kept_cosignature *kept)
{
    out_count(out, "lsn", kept->lsn);
    out_time(out, "time", kept->unix_ms);
    out_count(out, "epoch", kept->epoch);
    out_hex(out, "hash", &kept->hash, sizeof kept->hash);
    out_count(out, "key_epoch", kept->key_epoch);
    out_hex(out, "signature", &kept->signature, sizeof kept->signature);
}

/* False when what is kept of it cannot be read. */
static bool write_holder(struct receipt *receipt, const struct place *place, bool *held,
                         struct err *err)
{
    const struct view *view = receipt->view;
    struct json_out *out = &receipt->out;
    struct kept_cosignature kept;
    const enum status status =
        cosignature_covering(view->store, view->snapshot, receipt->roster->roster,
                             receipt->row.author, place->division, receipt->row.lsn, &kept, err);

    if (status != OK && status != ERR_NOT_FOUND) {
        return false;
    }
    *held = status == OK || division_equal(place->division, receipt->request->service->self);
    out_open(out, NULL, '{');
    out_text(out, "division", place->division.code);
    out_text(out, "name", place->name);
    out_text(out, "state", *held ? "holds" : "not_confirmed");
    if (status == OK) {
        write_cosignature(out, &kept);
    }
    out_close(out, '}');
    return true;
}

/* Everybody who may hold it, from the root on. */
static bool write_held(struct receipt *receipt, struct err *err)
{
    const struct block_header *header = &receipt->block.header;
    uint64_t holders = 1, held_by = 1; /* its author */
    bool ok = true, held = false;

    out_open(&receipt->out, "held", '[');
    for (size_t i = 0; i < receipt->roster->count && ok; i++) {
        const struct place *place = &receipt->roster->at[i];

        if (division_equal(place->division, header->author) ||
            !roster_in_audience(receipt->roster->roster, place->division, header->author,
                                &header->audience)) {
            continue;
        }
        ok = write_holder(receipt, place, &held, err);
        holders++;
        held_by += ok && held;
    }
    out_close(&receipt->out, ']');
    out_count(&receipt->out, "holders", holders);
    out_count(&receipt->out, "held_by", held_by);
    return ok;
}

/* --- folded --- */

/* What comes from above is found at all only once it was observed; the rest is a replica. */
static void write_folded(struct receipt *receipt)
{
    const struct division self = receipt->request->service->self;
    const struct place *place = roster_snapshot_place(receipt->roster, self);
    struct json_out *out = &receipt->out;
    struct ledger_position position;

    ledger_position(receipt->view->txn, receipt->row.author, &position);
    out_open(out, "folded", '[');
    if (position.lsn >= receipt->row.lsn ||
        !roster_snapshot_within(receipt->roster, receipt->row.author, self)) {
        out_open(out, NULL, '{');
        out_text(out, "division", self.code);
        out_text(out, "name", place == NULL ? "" : place->name);
        if (position.lsn != 0) {
            out_count(out, "lsn", position.lsn);
            out_time(out, "time", position.time_ms);
            out_hex(out, "digest", &position.digest, sizeof position.digest);
        }
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* --- the receipt --- */

static bool write_receipt(struct receipt *receipt, struct err *err)
{
    const struct document_row *row = &receipt->row;
    const struct audience *audience = &receipt->block.header.audience;
    const struct names names = {receipt->view->txn, receipt->roster};
    struct json_out *out = &receipt->out;
    bool ok;

    out_open(out, NULL, '{');
    out_text(out, "division", row->author.code);
    out_division_name(out, "name", &names, row->author);
    out_text(out, "id", row->id);
    out_text(out, "kind", kind_info(row->kind)->name);
    out_text(out, "state", row->state);
    out_count(out, "lsn", row->lsn);
    out_open(out, "audience", '{');
    out_text(out, "kind", audience->kind == AUDIENCE_TREE ? "tree" : "line");
    out_text(out, "division", audience->division.code);
    out_close(out, '}');
    write_accepted(receipt);
    ok = write_held(receipt, err);
    write_folded(receipt);
    if (row->answer_id[0] != '\0') {
        out_text(out, "answered_by", row->answer_id);
    }
    out_close(out, '}');
    return ok;
}

static void answer_receipt(const struct request *request, struct answer *answer,
                           const struct view *view, const struct document_row *row)
{
    struct roster_snapshot *roster = roster_snapshot_open(view, request, answer);
    struct receipt receipt = {.request = request,
                              .view = view,
                              .roster = roster,
                              .row = *row,
                              .whole = BUF_EMPTY,
                              .out = json_to(&answer->body)};
    struct err err;

    if (roster != NULL && (read_block(&receipt, &err) != OK || !write_receipt(&receipt, &err))) {
        answer_error(request, answer, API_STORE_FAILED, err.text);
    }
    buf_free(&receipt.whole);
    roster_snapshot_release(request->service, roster);
}

/* What waits at this node has no receipt yet. */
static void answer_none(struct request *request, struct answer *answer, const struct view *view)
{
    struct answer waiting = {.http = 200, .body = BUF_EMPTY};

    if (request->query(request->connection, "division") == NULL &&
        write_waiting(request, &waiting, view, request->argument[0])) {
        answer_refuse(request, answer, API_NOT_FOUND, "document_waits id=%s", request->argument[0]);
    } else {
        answer_no_document(request, answer, view);
    }
    buf_free(&waiting.body);
}

void get_receipt(struct request *request, struct answer *answer)
{
    struct document_row row;
    struct division author;
    struct view view;

    if (!request_author(request, answer, &author)) {
        return;
    }
    view_open(&view, request->service);
    if (query_document(view.txn, author, bytes_text(request->argument[0]), &row)) {
        answer_receipt(request, answer, &view, &row);
        (void)view_sound(&view, request, answer);
    } else {
        answer_none(request, answer, &view);
    }
    view_close(&view);
}
