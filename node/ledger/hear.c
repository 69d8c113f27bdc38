/* Logs above, as far as we may hear them: one audience at a time, each in the order of its lsn.
 *
 * Hearing stops before the first entry of a kind unknown to this version. Blocks go on being held
 * and forwarded; what was not heard is read back from the store once the program knows more. */
#include <assert.h>
#include <inttypes.h>

#include "node/ledger/ledger_internal.h"

/* --- where hearing stopped --- */

static struct row_key unheard_key(struct division author, const struct audience *audience)
{
    uint8_t rest[1 + DIVISION_CODE_MAX];

    rest[0] = (uint8_t)audience->kind;
    memcpy(rest + 1, audience->division.code, DIVISION_CODE_MAX);
    return row_key_of('H', author, bytes_of(rest, sizeof rest));
}

static bool unheard_parse(struct bytes value, struct unheard *out)
{
    struct reader reader = reader_of(value);

    out->block_lsn = reader_u64(&reader);
    out->lsn = reader_u64(&reader);
    out->held_lsn = reader_u64(&reader);
    return reader_done(&reader);
}

bool ledger_unheard(struct txn *txn, struct division author, const struct audience *audience,
                    struct unheard *out)
{
    const struct row_key key = unheard_key(author, audience);
    struct bytes value;

    out->author = author;
    out->audience = *audience;
    return txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value) && unheard_parse(value, out);
}

static void unheard_store(struct txn *txn, const struct unheard *unheard)
{
    const struct row_key key = unheard_key(unheard->author, &unheard->audience);
    struct buf value = BUF_EMPTY;

    if (unheard->lsn > unheard->held_lsn) {
        txn_delete(txn, SPACE_LEDGER, row_key_bytes(&key));
        return;
    }
    buf_put_u64(&value, unheard->block_lsn);
    buf_put_u64(&value, unheard->lsn);
    buf_put_u64(&value, unheard->held_lsn);
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&value));
    buf_free(&value);
}

struct unheard_search {
    ledger_unheard_fn *visit;
    void *arg;
};

static bool visit_unheard(void *arg, struct bytes key, struct bytes value)
{
    const struct unheard_search *search = arg;
    struct reader reader = reader_of(key);
    struct unheard unheard = {.author = DIVISION_NONE, .audience.division = DIVISION_NONE};

    (void)reader_u8(&reader);
    reader_copy(&reader, unheard.author.code, DIVISION_CODE_MAX);
    unheard.audience.kind = (enum audience_kind)reader_u8(&reader);
    reader_copy(&reader, unheard.audience.division.code, DIVISION_CODE_MAX);
    return !reader_done(&reader) || !unheard_parse(value, &unheard) ||
           search->visit(search->arg, &unheard);
}

enum status ledger_each_unheard(struct txn *txn, ledger_unheard_fn *visit, void *arg,
                                struct err *err)
{
    struct unheard_search search = {visit, arg};

    return txn_scan(txn, SPACE_LEDGER, bytes_text("H"), visit_unheard, &search, err);
}

/* --- hearing --- */

/* The state a transfer has at its issuer, as far as what we may hear tells. */
static void hear_settle(struct txn *txn, const struct applied *entry, const struct document *settle)
{
    const struct bytes id = document_text(settle, FIELD_BGT_ID);
    struct doc_row transfer;

    if (id.size > 0 && doc_load(txn, entry->author, id, &transfer) &&
        transfer.kind == KIND_TRANSFER) {
        transfer.state =
            document_is_word(settle, FIELD_OUTCOME, "returned") ? DOC_RETURNED : DOC_REGISTERED;
        doc_store(txn, entry->author, id, &transfer);
    }
}

static void hear_entry(struct ledger *ledger, struct txn *txn, const struct applied *entry)
{
    struct document document;
    struct doc_row row;
    struct err err;

    if (document_decode(&document, entry->kind, entry->body, &err) != OK ||
        document_id(&document).size == 0 ||
        doc_load(txn, entry->author, document_id(&document), &row)) {
        ledger_alarm(ledger, "bad_entry", entry->author,
                     "entry %" PRIu64 " of %s cannot be read or repeats an id", entry->lsn,
                     entry->author.code);
        return;
    }
    doc_row_fill(&row, entry, &document);
    doc_store(txn, entry->author, document_id(&document), &row);
    journal_file(&ledger->block, entry, document_id(&document));
    ledger_index_entry(ledger, txn, entry, &document);
    if (document.kind == KIND_SETTLE) {
        hear_settle(txn, entry, &document);
    }
}

/* Returns how many of the entries are heard; the next one is unknown to this version. */
static size_t hear_entries(struct ledger *ledger, struct txn *txn,
                           const struct block_header *header, const struct entry *entries,
                           size_t count)
{
    size_t done = 0;

    journal_clear(&ledger->block);
    for (; done < count && ledger_knows(&entries[done]); done++) {
        const struct entry *entry = &entries[done];

        if (entry->kind >= KIND_USER_FIRST) {
            hear_entry(ledger, txn,
                       &(struct applied){header->author, entry->lsn, entry->time_ms, entry->kind,
                                         entry->format, entry->body});
        }
    }
    journal_list(&ledger->block, txn, header->author);
    if (header->audience.kind == AUDIENCE_LINE) {
        edge_passed(ledger, txn, header->author, &header->audience.division,
                    done == count ? block_last_lsn(header) : entries[done].lsn - 1);
    }
    return done;
}

void ledger_hear_block(struct ledger *ledger, struct txn *txn, const struct block_header *header,
                       const struct entry *entries, size_t count)
{
    struct unheard unheard;
    struct err err;

    if (!ledger_unheard(txn, header->author, &header->audience, &unheard)) {
        const size_t done = hear_entries(ledger, txn, header, entries, count);

        if (done == count) {
            return;
        }
        (void)ledger_stop_before(ledger, header->author, &entries[done], &err);
        unheard.block_lsn = header->first_lsn;
        unheard.lsn = entries[done].lsn;
    }
    unheard.held_lsn = block_last_lsn(header);
    unheard_store(txn, &unheard);
}

enum status ledger_hear_again(struct ledger *ledger, struct txn *txn,
                              const struct block_header *header, const struct entry *entries,
                              size_t count, struct err *err)
{
    struct unheard unheard;
    size_t done = 0;

    if (!ledger_unheard(txn, header->author, &header->audience, &unheard)) {
        return OK;
    }
    while (done < count && entries[done].lsn < unheard.lsn) {
        done++;
    }
    done += hear_entries(ledger, txn, header, entries + done, count - done);
    unheard.block_lsn = done == count ? block_last_lsn(header) + 1 : header->first_lsn;
    unheard.lsn = done == count ? block_last_lsn(header) + 1 : entries[done].lsn;
    unheard_store(txn, &unheard);
    return done == count ? OK : ledger_stop_before(ledger, header->author, &entries[done], err);
}
