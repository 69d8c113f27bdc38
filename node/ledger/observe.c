#include "node/ledger/observe.h"

#include <assert.h>
#include <inttypes.h>

#include "node/ledger/context.h"
#include "node/ledger/families/family.h"
#include "node/ledger/families/transfer_match.h"
#include "node/ledger/rows/children.h"
#include "node/ledger/rows/year_rows.h"

/* --- where observing stopped --- */

static struct row_key observe_cursor_key(struct division author, const struct audience *audience)
{
    uint8_t rest[1 + DIVISION_CODE_MAX];

    rest[0] = (uint8_t)audience->kind;
    memcpy(rest + 1, audience->division.code, DIVISION_CODE_MAX);
    return row_key_of(ROW_OBSERVE_CURSOR, author, bytes_of(rest, sizeof rest));
}

static bool observe_cursor_parse(struct bytes value, struct observe_cursor *out)
{
    struct reader reader = reader_of(value);

    out->block_lsn = reader_u64(&reader);
    out->lsn = reader_u64(&reader);
    out->held_lsn = reader_u64(&reader);
    return reader_done(&reader);
}

bool ledger_observe_cursor(struct txn *txn, struct division author, const struct audience *audience,
                           struct observe_cursor *out)
{
    const struct row_key key = observe_cursor_key(author, audience);
    struct bytes value;

    out->author = author;
    out->audience = *audience;
    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) &&
           txn_check_row(txn, row_key_bytes(&key), observe_cursor_parse(value, out));
}

static void observe_cursor_store(struct txn *txn, const struct observe_cursor *cursor)
{
    const struct row_key key = observe_cursor_key(cursor->author, &cursor->audience);
    struct buf value = BUF_EMPTY;

    if (cursor->lsn > cursor->held_lsn) {
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        return;
    }
    buf_put_u64(&value, cursor->block_lsn);
    buf_put_u64(&value, cursor->lsn);
    buf_put_u64(&value, cursor->held_lsn);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}

void ledger_observe_anew(struct txn *txn, struct division author, const struct audience *audience,
                         uint64_t held_lsn)
{
    observe_cursor_store(txn, &(struct observe_cursor){.author = author,
                                                       .audience = *audience,
                                                       .block_lsn = 1,
                                                       .lsn = 1,
                                                       .held_lsn = held_lsn});
}

struct observe_cursor_search {
    struct txn *txn;
    ledger_observe_cursor_fn *visit;
    void *arg;
};

static bool visit_observe_cursor(void *arg, struct bytes key, struct bytes value)
{
    const struct observe_cursor_search *search = arg;
    struct reader reader = reader_of(key);
    struct observe_cursor cursor = {.author = DIVISION_NONE, .audience.division = DIVISION_NONE};

    (void)reader_u8(&reader);
    reader_copy(&reader, cursor.author.code, DIVISION_CODE_MAX);
    cursor.audience.kind = (enum audience_kind)reader_u8(&reader);
    reader_copy(&reader, cursor.audience.division.code, DIVISION_CODE_MAX);
    return txn_check_row(search->txn, key,
                         reader_done(&reader) && observe_cursor_parse(value, &cursor)) &&
           search->visit(search->arg, &cursor);
}

enum status ledger_each_observe_cursor(struct txn *txn, ledger_observe_cursor_fn *visit, void *arg,
                                       struct err *err)
{
    struct observe_cursor_search search = {txn, visit, arg};
    const uint8_t letter = ROW_OBSERVE_CURSOR;

    return txn_scan(txn, SPACE_LEDGER, bytes_of(&letter, 1), visit_observe_cursor, &search, err);
}

/* --- observing --- */

static void observe_entry(struct ledger *ledger, struct txn *txn, const struct applied *entry)
{
    struct document document;
    struct doc_row row;
    struct err err;

    if (document_of_entry(&document, entry->kind, entry->format, entry->body, &err) != OK ||
        document_id(&document).size == 0 || document_lacks_year(&document) ||
        document_is_anothers(&document, entry->author) ||
        doc_load(txn, entry->author, document_id(&document), &row)) {
        ledger_alarm(ledger, ALARM_BAD_ENTRY, entry->author,
                     "entry_unread_or_repeated lsn=%" PRIu64 " author=%s", entry->lsn,
                     entry->author.code);
        return;
    }
    if (entry->lsn <= roster_lost_lsn(ledger->config.roster, entry->author) &&
        ledger_is_below(ledger, entry->author) && document_year(&document) > 0 &&
        document_year(&document) <= UINT16_MAX && document_books(&document)) {
        year_note_lost(txn, entry->author, document_year(&document));
    }
    doc_row_fill(&row, entry, &document);
    doc_store(txn, entry->author, document_id(&document), &row);
    block_postings_file(&ledger->block, entry, document_id(&document));
    kind_index_entry(ledger, txn, entry, &document);
}

/* Returns how many of the entries were observed; the next one is unknown to this version. */
static size_t observe_entries(struct ledger *ledger, struct txn *txn,
                              const struct block_header *header, const struct entry *entries,
                              size_t count)
{
    size_t done = 0;

    block_postings_clear(&ledger->block);
    for (; done < count && ledger_knows(&entries[done]); done++) {
        const struct entry *entry = &entries[done];

        if (entry->kind >= KIND_USER_FIRST) {
            observe_entry(ledger, txn,
                          &(struct applied){header->author, entry->lsn, entry->time_ms, entry->kind,
                                            entry->format, entry->body});
        }
    }
    block_postings_list(&ledger->block, txn, header->author);
    if (header->audience.kind == AUDIENCE_LINE) {
        transfer_match_passed(ledger, txn, header->author, &header->audience.division,
                              done == count ? block_last_lsn(header) : entries[done].lsn - 1);
    }
    return done;
}

void ledger_observe_block(struct ledger *ledger, struct txn *txn, const struct block_header *header,
                          const struct entry *entries, size_t count)
{
    struct observe_cursor cursor;
    struct err err;

    if (!ledger_observe_cursor(txn, header->author, &header->audience, &cursor)) {
        const size_t done = observe_entries(ledger, txn, header, entries, count);

        if (done == count) {
            return;
        }
        (void)ledger_stop_before(ledger, header->author, &entries[done], &err);
        cursor.block_lsn = header->first_lsn;
        cursor.lsn = entries[done].lsn;
    }
    cursor.held_lsn = block_last_lsn(header);
    observe_cursor_store(txn, &cursor);
}

size_t ledger_observe_part(struct ledger *ledger, struct txn *txn,
                           const struct block_header *header, const struct entry *entries,
                           size_t count)
{
    return observe_entries(ledger, txn, header, entries, count);
}

void ledger_observe_later(struct txn *txn, const struct block_header *header)
{
    struct observe_cursor cursor;

    if (!ledger_observe_cursor(txn, header->author, &header->audience, &cursor)) {
        cursor.block_lsn = cursor.lsn = header->first_lsn;
    }
    cursor.held_lsn = block_last_lsn(header);
    observe_cursor_store(txn, &cursor);
}

enum status ledger_observe_again(struct ledger *ledger, struct txn *txn,
                                 const struct block_header *header, const struct entry *entries,
                                 size_t count, struct err *err)
{
    struct observe_cursor cursor;
    size_t done = 0;

    if (!ledger_observe_cursor(txn, header->author, &header->audience, &cursor)) {
        return OK;
    }
    while (done < count && entries[done].lsn < cursor.lsn) {
        done++;
    }
    done += observe_entries(ledger, txn, header, entries + done, count - done);
    cursor.block_lsn = done == count ? block_last_lsn(header) + 1 : header->first_lsn;
    cursor.lsn = done == count ? block_last_lsn(header) + 1 : entries[done].lsn;
    observe_cursor_store(txn, &cursor);
    return done == count ? OK : ledger_stop_before(ledger, header->author, &entries[done], err);
}
