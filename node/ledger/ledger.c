/* The one place an entry becomes part of a ledger: own or below (observe.c: above). */
#include "node/ledger/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/context.h"
#include "node/ledger/families/family.h"
#include "node/ledger/families/project.h"
#include "node/ledger/families/project_money.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/observe.h"
#include "node/ledger/posting/closing.h"
#include "node/ledger/posting/year_funds.h"

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
    block_postings_free(&ledger->own);
    block_postings_free(&ledger->block);
    block_turnover_free(&ledger->turnover);
    booking_free(&ledger->booking);
    buf_free(&ledger->memory);
    mem_free(ledger);
}

enum reason ledger_check_form(const struct ledger *ledger, struct txn *txn,
                              const struct document *document, bool client, struct refusal *refusal)
{
    return document_check_form(document, ledger->config.self, client,
                               project_is_first(ledger, txn, document), refusal);
}

struct audience ledger_audience(const struct ledger *ledger, struct txn *txn,
                                const struct document *document)
{
    const struct division self = ledger->config.self;
    struct audience audience = kind_audience(document, self);
    const struct division party = document_party(document);
    const bool is_for_party =
        kind_info(document->kind)->reach == REACH_PARTY || kind_is_answer(document->kind);

    if (is_for_party) { /* one above holds the author's own line */
        audience.division = ledger_is_below(ledger, party) ? party : self;
    }
    if (project_was_tracked(ledger, txn, document)) {
        audience.kind = AUDIENCE_TREE;
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

/* NULL, or why the entry books nothing; then nothing was written. What it booked stays in
 * ledger->booking. */
static const char *book_entry(struct ledger *ledger, struct txn *txn,
                              struct block_postings *postings, const struct applied *entry,
                              const struct document *document)
{
    const struct bytes id = document_id(document);
    struct doc_row there;
    const char *why;

    if (id.size == 0) {
        return "id_missing";
    }
    if (document_lacks_year(document)) {
        return "year_missing";
    }
    if (document_is_anothers(document, entry->author)) {
        return "division_is_another";
    }
    if (closing_line_is_id(id)) {
        return "id_of_closing_line";
    }
    if (doc_load(txn, entry->author, id, &there)) {
        return "id_repeated";
    }
    why = booking_make(&ledger->booking, txn, entry, document, buf_bytes(&postings->folded),
                       kind_steps(document->kind)->book, kind_steps(document->kind)->note);
    if (why != NULL) {
        return why;
    }
    booking_post(&ledger->booking);
    if (!ledger->in_dry_run) { /* what is only tried gets into no digest and no list */
        block_postings_add(postings, entry, id, &ledger->booking);
    } else { /* and no block will add it to the sums */
        year_funds_try(txn, entry->author, &ledger->booking);
    }
    booking_store(&ledger->booking, txn, entry->author, document);
    project_book(txn, entry, document, &ledger->booking);
    return NULL;
}

void ledger_apply_own(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document)
{
    const char *why = book_entry(ledger, txn, &ledger->own, entry, document);
    struct err err;

    if (why != NULL && txn_status(txn, &err) != OK) {
        return; /* for want of a row that cannot be read: this turn is not committed */
    }
    assert(why == NULL);
    assert(booking_below_zero(&ledger->booking) == NULL);
    block_postings_reach(&ledger->own, entry->lsn, entry->time_ms);
    kind_index_entry(ledger, txn, entry, document);
}

void ledger_mark(struct ledger *ledger, struct ledger_mark *mark)
{
    const struct block_postings *own = &ledger->own;

    *mark = (struct ledger_mark){own->folded.size, own->filed.size, own->last_lsn,
                                 own->last_time_ms, ledger->in_dry_run};
    ledger->in_dry_run = true;
}

void ledger_return_to(struct ledger *ledger, const struct ledger_mark *mark)
{
    block_postings_return_to(&ledger->own, mark->folded, mark->filed);
    block_postings_reach(&ledger->own, mark->last_lsn, mark->last_time_ms);
    ledger->in_dry_run = mark->in_dry_run;
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
    struct block_postings *own = &ledger->own;
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
        block_postings_post(ledger, own, txn, self);
        position.lsn = position.digest_lsn = last > position.lsn ? last : position.lsn;
        position.time_ms = last_time_ms != 0 ? last_time_ms : position.time_ms;
        position_store(txn, self, &position);
        block_postings_clear(own);
    }
    *digest = position.digest;
}

/* --- a block of a log below --- */

/* No honest author closes a year with money open in it. */
static void alarm_open_money(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                             const struct document *document)
{
    const int year = document_year(document);
    struct year_funds funds;
    int128 sum;

    if (document->kind != KIND_CLOSE_YEAR || document_has(document, FIELD_MONTH)) {
        return;
    }
    year_funds_load(&funds, txn, entry->author, year, buf_bytes(&ledger->block.folded));
    if (closing_open_account(&funds, &sum) != 0) {
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "closed_with_money lsn=%" PRIu64 " author=%s year=%d", entry->lsn,
                     entry->author.code, year);
    }
    year_funds_free(&funds);
}

static void apply_fact(struct ledger *ledger, struct txn *txn, const struct applied *entry)
{
    struct document document;
    const struct posting *posting;
    const char *why = "unreadable";
    int closed;
    struct err err;

    if (document_of_entry(&document, entry->kind, entry->format, entry->body, &err) == OK) {
        why = book_entry(ledger, txn, &ledger->block, entry, &document);
    }
    if (why != NULL) {
        block_postings_add_nothing(&ledger->block, entry->lsn);
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "entry_books_nothing lsn=%" PRIu64 " author=%s why=%s", entry->lsn,
                     entry->author.code, why);
        return;
    }
    closed = closing_moved_year(&ledger->booking, txn, entry->author);
    if (closed != 0) {
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "entry_in_closed_year lsn=%" PRIu64 " author=%s year=%d", entry->lsn,
                     entry->author.code, closed);
    }
    alarm_open_money(ledger, txn, entry, &document);
    posting = booking_below_zero(&ledger->booking);
    if (posting != NULL) {
        ledger_alarm(ledger, ALARM_BELOW_ZERO, entry->author,
                     "balance_below_zero lsn=%" PRIu64 " author=%s account=%s line=%.*s",
                     entry->lsn, entry->author.code, account_info(posting->account)->mnemonic,
                     (int)posting->line->id.size, (const char *)posting->line->id.data);
    }
    kind_index_entry(ledger, txn, entry, &document);
}

/* What of a block was folded before an upgrade was needed in its middle. */
static struct row_key unfinished_key(struct division author)
{
    return row_key_of(ROW_UNFINISHED, author, BYTES_NONE);
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
    if (!hash_equal(&position->digest, &header->state_digest)) {
        ledger_alarm(ledger, ALARM_STATE_DIFFERS, header->author, "digest_differs lsn=%" PRIu64,
                     position->lsn);
    } else {
        ledger_alarm_over(ledger, ALARM_STATE_DIFFERS, header->author);
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

/* What the root lost of its log, as far as others hold it: it is heard as a log above is, and moves
 * no money of the new one. */
static enum status apply_part(struct ledger *ledger, struct txn *txn,
                              const struct block_header *header, const struct entry *entries,
                              size_t count, struct err *err)
{
    struct position_row position;
    size_t done;

    position_load(txn, header->author, &position);
    if (entries[0].lsn <= position.lsn) {
        return err_set(err, ERR_GAP, "ledger_gap division=%s lsn=%" PRIu64 " after=%" PRIu64,
                       header->author.code, entries[0].lsn, position.lsn);
    }
    done = ledger_observe_part(ledger, txn, header, entries, count);
    if (done > 0) {
        position.lsn = position.digest_lsn = entries[done - 1].lsn;
        position.time_ms = entries[done - 1].time_ms;
        position_store(txn, header->author, &position);
    }
    return done < count ? ledger_stop_before(ledger, header->author, &entries[done], err) : OK;
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
    if (ledger_is_observed(ledger, header->author, header->first_lsn)) {
        return apply_part(ledger, txn, header, entries, count, err);
    }
    position_load(txn, header->author, &position);
    if (entries[0].lsn != position.lsn + 1) {
        return err_set(err, ERR_GAP, "ledger_gap division=%s lsn=%" PRIu64 " after=%" PRIu64,
                       header->author.code, entries[0].lsn, position.lsn);
    }
    block_postings_clear(&ledger->block);
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
    block_postings_post(ledger, &ledger->block, txn, header->author);
    if (done == count && position.lsn == block_last_lsn(header)) {
        close_block(ledger, txn, header, &position, resumed);
    } else {
        leave_block(ledger, txn, header->author, resumed);
    }
    position_store(txn, header->author, &position);
    transfer_match_passed(ledger, txn, header->author, NULL, position.lsn);
    if (done < count) {
        return ledger_stop_before(ledger, header->author, &entries[done], err);
    }
    return OK;
}
