/* The one place an entry becomes part of a ledger: own or below (hear.c: above). */
#include "node/ledger/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "node/ledger/kind_steps.h"
#include "node/ledger/ledger_internal.h"
#include "proto/bug.h"

struct ledger *ledger_open(const struct ledger_config *config)
{
    struct ledger *ledger = mem_zalloc(sizeof *ledger);

    ledger->config = *config;
    return ledger;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    journal_free(&ledger->own);
    journal_free(&ledger->block);
    tally_free(&ledger->tally);
    buf_free(&ledger->elements);
    buf_free(&ledger->memory);
    mem_free(ledger);
}

void ledger_alarm(const struct ledger *ledger, const char *code, struct division about,
                  const char *format, ...)
{
    char text[400];
    va_list args;

    if (ledger->in_trial) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ledger->config.sink.alarm(ledger->config.sink.arg, code, about, text);
}

bool ledger_is_above(const struct ledger *ledger, struct division division)
{
    return roster_within(ledger->config.roster, ledger->config.self, division);
}

bool ledger_is_below(const struct ledger *ledger, struct division division)
{
    return roster_within(ledger->config.roster, division, ledger->config.self);
}

/* Of a code or a year that cannot be, nothing is known: that is what is wrong with it. */
static bool is_first_version(const struct ledger *ledger, struct txn *txn,
                             const struct document *document)
{
    const struct bytes code = document_text(document, FIELD_PRO_CODE);
    const int64_t year = document_number(document, FIELD_FISCAL_YEAR);
    struct catalogue_row row;

    return document->kind == KIND_PROJECT && field_text_valid(FIELD_PRO_CODE, code) &&
           field_number_valid(FIELD_FISCAL_YEAR, year) &&
           !catalogue_known(txn, 'P', ledger->config.self, code, (int)year, &row);
}

enum reason ledger_check_form(const struct ledger *ledger, struct txn *txn,
                              const struct document *document, bool client, struct refusal *refusal)
{
    return document_check_form(document, ledger->config.self, client,
                               is_first_version(ledger, txn, document), refusal);
}

struct audience ledger_audience(const struct ledger *ledger, struct txn *txn,
                                const struct document *document)
{
    const struct division self = ledger->config.self;
    struct audience audience = kind_audience(document, self);

    if (document->kind == KIND_PROJECT) {
        const struct row_key key = row_key_of('P', self, document_text(document, FIELD_PRO_CODE));
        struct catalogue_row held;

        if (catalogue_load(txn, &key, &held) && held.is_track) {
            audience.kind = AUDIENCE_TREE;
        }
    }
    return audience;
}

void ledger_position(struct txn *txn, struct division division, struct ledger_position *out)
{
    struct position_row row;

    position_load(txn, division, &row);
    *out = (struct ledger_position){row.lsn, row.time_ms, row.digest, row.digest_lsn};
}

/* --- one entry --- */

/* NULL, or why the entry books nothing; then nothing was written. */
static const char *book_entry(struct ledger *ledger, struct txn *txn, struct journal *journal,
                              const struct applied *entry, const struct document *document,
                              struct booking *booking)
{
    const struct bytes id = document_id(document);
    struct doc_row there;
    const char *why;

    if (id.size == 0) {
        return "it has no id";
    }
    if (doc_load(txn, entry->author, id, &there)) {
        return "it repeats an id";
    }
    why = booking_make(booking, txn, entry, document, &ledger->elements);
    if (why != NULL) {
        return why;
    }
    if (!booking_post(booking)) {
        return "a balance would not fit";
    }
    journal_add(journal, entry, id, booking);
    booking_store(booking, txn, entry->author, document);
    return NULL;
}

/* A bank's receipt, by its number: asked of own documents only. */
void receipt_enter(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                   const struct document *paid)
{
    const struct row_key key =
        row_key_of('Q', entry->author, document_text(paid, FIELD_AGENT_BUSINESS_NO));

    if (division_equal(entry->author, ledger->config.self)) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), document_id(paid));
    }
}

void ledger_index_entry(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                        const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);

    if (info->index != NULL) {
        info->index(ledger, txn, entry, document);
    }
}

void ledger_apply_own(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document)
{
    struct booking booking;
    const char *why = book_entry(ledger, txn, &ledger->own, entry, document, &booking);

    assert(why == NULL);
    assert(booking_below_zero(&booking) == NULL);
    (void)why;
    ledger->own.last_lsn = entry->lsn;
    ledger->own.last_time_ms = entry->time_ms;
    ledger_index_entry(ledger, txn, entry, document);
    if (kind_is_answer(document->kind)) {
        (void)edge_answer(ledger, txn, entry, document);
    }
}

void ledger_mark(struct ledger *ledger, struct ledger_mark *mark)
{
    const struct journal *own = &ledger->own;

    *mark = (struct ledger_mark){own->folded.size, own->filed.size, own->last_lsn,
                                 own->last_time_ms, ledger->in_trial};
    ledger->in_trial = true;
}

void ledger_return_to(struct ledger *ledger, const struct ledger_mark *mark)
{
    struct journal *own = &ledger->own;

    assert(mark->folded <= own->folded.size && mark->filed <= own->filed.size);
    own->folded.size = mark->folded;
    own->filed.size = mark->filed;
    own->last_lsn = mark->last_lsn;
    own->last_time_ms = mark->last_time_ms;
    ledger->in_trial = mark->in_trial;
}

/* --- digests --- */

/* D(block) = H(D(block before), what its entries booked); a block without documents adds nothing.
 */
static void fold_digest(struct hash *digest, struct bytes before, struct bytes folded)
{
    struct hasher hasher;

    if (before.size + folded.size == 0) {
        return;
    }
    hasher_begin(&hasher, TAG_STATE);
    hasher_add(&hasher, digest->at, sizeof digest->at);
    if (before.size > 0) {
        hasher_add(&hasher, before.data, before.size);
    }
    if (folded.size > 0) {
        hasher_add(&hasher, folded.data, folded.size);
    }
    *digest = hasher_end(&hasher);
}

void ledger_own_digest(struct ledger *ledger, struct txn *txn, struct hash *digest)
{
    const struct division self = ledger->config.self;
    struct journal *own = &ledger->own;
    struct position_row position;
    uint64_t last = own->last_lsn, last_time_ms = own->last_time_ms;

    position_load(txn, self, &position);
    if (ledger->config.sink.own_lsn != NULL) {
        uint64_t told_time_ms;
        const uint64_t told = ledger->config.sink.own_lsn(ledger->config.sink.arg, &told_time_ms);
        if (told > last) {
            last = told;
            last_time_ms = told_time_ms;
        }
    }
    if (last > position.lsn || own->folded.size > 0) {
        fold_digest(&position.digest, BYTES_NONE, buf_bytes(&own->folded));
        journal_post(ledger, own, txn, self);
        position.lsn = position.digest_lsn = last > position.lsn ? last : position.lsn;
        position.time_ms = last_time_ms != 0 ? last_time_ms : position.time_ms;
        position_store(txn, self, &position);
        journal_clear(own);
    }
    *digest = position.digest;
}

/* --- a block of a log below --- */

static void send_settle(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                        const struct document *answer)
{
    const struct bytes answer_id = document_id(answer),
                       reason = document_text(answer, FIELD_REASON);
    const struct bytes author = bytes_text(entry->author.code);
    char id[3 + 32] = ".s", hex[2 * HASH_SIZE + 1];
    uint8_t name[DIVISION_CODE_MAX + 1 + DOCUMENT_ID_MAX];
    struct document settle;
    struct hash hash;

    memcpy(name, author.data, author.size);
    name[author.size] = '|';
    memcpy(name + author.size + 1, answer_id.data, answer_id.size);
    hash = hash_of(TAG_CONTENT, bytes_of(name, author.size + 1 + answer_id.size));
    hex_encode(hex, hash.at, sizeof hash.at);
    memcpy(id + 2, hex, 32);
    id[sizeof id - 1] = '\0';

    document_clear(&settle, KIND_SETTLE);
    document_set_text(&settle, FIELD_ID, bytes_text(id));
    document_set_number(&settle, FIELD_FISCAL_YEAR, document_year(answer));
    document_set_text(&settle, FIELD_ANSWER_ID, answer_id);
    document_set_text(&settle, FIELD_REC_DIV_CODE, author);
    document_set_text(&settle, FIELD_BGT_ID, document_text(answer, FIELD_BGT_ID));
    document_set_number(&settle, FIELD_AMOUNT, document_money(answer));
    document_set_text(&settle, FIELD_OUTCOME,
                      bytes_text(answer->kind == KIND_RETURN ? "returned" : "registered"));
    if (reason.size > 0) {
        document_set_text(&settle, FIELD_REASON, reason);
    }
    ledger->config.sink.settle_due(ledger->config.sink.arg, txn, &settle);
}

static void hear_answer(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                        const struct document *answer)
{
    if (edge_answer(ledger, txn, entry, answer) &&
        division_equal(document_party(answer), ledger->config.self)) {
        send_settle(ledger, txn, entry, answer);
    }
}

/* Its author may not know all members of the tree; who is above knows more of them. */
static void hear_transfer_in(const struct ledger *ledger, const struct applied *entry,
                             const struct document *document)
{
    const struct division issuer = document_party(document);
    const struct bytes id = document_id(document);

    if (!division_equal(entry->author, ledger->config.self) &&
        roster_find(ledger->config.roster, issuer) != NULL) {
        ledger_alarm(ledger, "upper_has_node", entry->author,
                     "transfer_in %s/%.*s lsn %" PRIu64 " names %s, which has a node here",
                     entry->author.code, (int)id.size, (const char *)id.data, entry->lsn,
                     issuer.code);
    }
}

static void apply_fact(struct ledger *ledger, struct txn *txn, const struct applied *entry)
{
    struct document document;
    struct booking booking;
    const struct posting *posting;
    const char *why = "it cannot be read";
    struct err err;

    if (document_decode(&document, entry->kind, entry->body, &err) == OK) {
        why = book_entry(ledger, txn, &ledger->block, entry, &document, &booking);
    }
    if (why != NULL) {
        booking_fold(&(struct booking){.own.lsn = entry->lsn}, &ledger->block.folded);
        ledger_alarm(ledger, "bad_entry", entry->author,
                     "entry %" PRIu64 " of %s books nothing: %s", entry->lsn, entry->author.code,
                     why);
        return;
    }
    posting = booking_below_zero(&booking);
    if (posting != NULL) {
        ledger_alarm(ledger, "below_zero", entry->author, "entry %" PRIu64 " of %s: %s of %.*s",
                     entry->lsn, entry->author.code, account_info(posting->account)->mnemonic,
                     (int)posting->line->id.size, (const char *)posting->line->id.data);
    }
    ledger_index_entry(ledger, txn, entry, &document);
    if (kind_is_answer(document.kind)) {
        hear_answer(ledger, txn, entry, &document);
    } else if (kind_info(document.kind)->place == PLACE_WITHOUT_NODE) {
        hear_transfer_in(ledger, entry, &document);
    }
}

bool ledger_knows(const struct entry *entry)
{
    return entry->kind < KIND_USER_FIRST ||
           (kind_info(entry->kind) != NULL && entry->format == DOCUMENT_FORMAT);
}

enum status ledger_stop_before(const struct ledger *ledger, struct division author,
                               const struct entry *entry, struct err *err)
{
    const time_t seconds = (time_t)(entry->time_ms / 1000);
    struct tm utc;
    char written[24] = "";

    if (gmtime_r(&seconds, &utc) != NULL) {
        (void)strftime(written, sizeof written, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    (void)err_set(err, ERR_NEEDS_UPGRADE,
                  "entry %" PRIu64 " of %s, written %s, has kind %u format %u, unknown to this "
                  "version: it and what follows wait for an upgrade",
                  entry->lsn, author.code, written, entry->kind, entry->format);
    ledger_alarm(ledger, "needs_upgrade", author, "%s", err->text);
    return err->status;
}

/* What of a block was folded before an upgrade was needed in its middle. */
static struct row_key unfinished_key(struct division author)
{
    return row_key_of('U', author, BYTES_NONE);
}

/* `resumed`: the block was entered before and left in its middle. */
static struct bytes folded_before(struct txn *txn, struct division author, bool resumed)
{
    const struct row_key key = unfinished_key(author);
    struct bytes before = BYTES_NONE;

    return resumed && txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &before) ? before
                                                                               : BYTES_NONE;
}

static void close_block(struct ledger *ledger, struct txn *txn, const struct block_header *header,
                        struct position_row *position, bool resumed)
{
    const struct row_key key = unfinished_key(header->author);
    const struct bytes before = folded_before(txn, header->author, resumed);

    fold_digest(&position->digest, before, buf_bytes(&ledger->block.folded));
    if (before.size > 0) {
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
    }
    position->digest_lsn = position->lsn;
    if (!hash_equal(&position->digest, &header->state_digest) && !BUG("digest-unchecked")) {
        ledger_alarm(ledger, "state_differs", header->author,
                     "the ledger of %s differs from its author's after entry %" PRIu64,
                     header->author.code, position->lsn);
    }
}

static void leave_block(struct ledger *ledger, struct txn *txn, struct division author,
                        bool resumed)
{
    const struct row_key key = unfinished_key(author);
    struct buf folded = BUF_EMPTY;

    buf_append_bytes(&folded, folded_before(txn, author, resumed));
    buf_append_bytes(&folded, buf_bytes(&ledger->block.folded));
    if (folded.size > 0) {
        (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&folded));
    }
    buf_free(&folded);
}

enum status ledger_apply_block(struct ledger *ledger, struct txn *txn,
                               const struct block_header *header, const struct entry *entries,
                               size_t count, struct err *err)
{
    const bool resumed = count > 0 && entries[0].lsn != header->first_lsn;
    struct position_row position;
    size_t done = 0;

    if (count == 0) {
        return OK;
    }
    position_load(txn, header->author, &position);
    if (entries[0].lsn != position.lsn + 1) {
        return err_set(err, ERR_GAP, "ledger of %s: entry %" PRIu64 " after %" PRIu64,
                       header->author.code, entries[0].lsn, position.lsn);
    }
    journal_clear(&ledger->block);
    for (; done < count && ledger_knows(&entries[done]); done++) {
        const struct entry *entry = &entries[done];

        position.lsn = entry->lsn;
        position.time_ms = entry->time_ms;
        if (entry->kind >= KIND_USER_FIRST) {
            apply_fact(ledger, txn,
                       &(struct applied){header->author, entry->lsn, entry->time_ms, entry->kind,
                                         entry->format, entry->body});
        }
    }
    journal_post(ledger, &ledger->block, txn, header->author);
    if (done == count && position.lsn == block_last_lsn(header)) {
        close_block(ledger, txn, header, &position, resumed);
    } else {
        leave_block(ledger, txn, header->author, resumed);
    }
    position_store(txn, header->author, &position);
    edge_passed(ledger, txn, header->author, NULL, position.lsn);
    if (done < count) {
        return ledger_stop_before(ledger, header->author, &entries[done], err);
    }
    return OK;
}
