#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "tests/unit/ledger/holder.h"

static bool no_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                     struct bytes *body)
{
    (void)arg;
    (void)author;
    (void)lsn;
    (void)memory;
    (void)body;
    return false;
}

static void take_settle(void *arg, struct txn *txn, const struct document *settle)
{
    struct holder *holder = arg;

    assert_ptr_equal(txn, holder->txn);
    holder->settles++;
    buf_clear(&holder->settle);
    document_encode(&holder->settle, settle);
}

static void take_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    struct holder *holder = arg;

    (void)about;
    if (code == ALARM_STATE_DIFFERS) {
        holder->states_differ++;
    } else if (holder->alarm_count < ALARMS_MAX) {
        char *line = holder->alarms[holder->alarm_count++];
        (void)snprintf(line, sizeof holder->alarms[0], "%s: %s", alarm_info(code)->name, message);
        message_to_line(line);
    }
}

struct holder *holder_new(struct tree *tree, enum office_name self)
{
    struct holder *holder = mem_zalloc(sizeof *holder);

    holder->tree = tree;
    store_memory_open(&holder->store);
    holder->txn = txn_open(&holder->store, NULL);
    holder->ledger = ledger_open(&(struct ledger_config){
        .self = tree_division(self),
        .roster = tree_roster(tree),
        .sink = {.arg = holder,
                 .read_entry = no_entry,
                 .document_due = take_settle,
                 .alarm = take_alarm},
    });
    return holder;
}

void holder_free(struct holder *holder)
{
    ledger_close(holder->ledger);
    txn_free(holder->txn);
    holder->store.ops->close(holder->store.self);
    buf_free(&holder->settle);
    mem_free(holder);
}

int open_holder(void **state)
{
    *state = holder_new(tree_new(), REGION);
    return 0;
}

int close_holder(void **state)
{
    struct holder *holder = *state;

    tree_free(holder->tree);
    holder_free(holder);
    return 0;
}

void script_clear(struct script *script)
{
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        buf_free(&script->bodies[i]);
    }
    script->first_lsn += script->count;
    script->count = 0;
}

void write_raw(struct script *script, uint32_t kind, uint32_t format, struct bytes body)
{
    const size_t at = script->count++;

    assert_true(at < ENTRIES_MAX);
    buf_append_bytes(&script->bodies[at], body);
    script->entries[at] = (struct entry){script->first_lsn + at, 1000 + script->first_lsn + at,
                                         kind, format, buf_bytes(&script->bodies[at])};
}

/* `fields` as tree_say, but anything goes: the id may be NULL and numbers are not checked. */
void write_fields(struct script *script, const char *kind, const char *id,
                  const char *const fields[])
{
    struct document document;
    struct buf body = BUF_EMPTY;

    document_fill(&document, kind, id, fields);
    document_encode(&body, &document);
    write_raw(script, document.kind, DOCUMENT_FORMAT, buf_bytes(&body));
    buf_free(&body);
}

struct block_header header_of(const struct script *script)
{
    return (struct block_header){
        .author = tree_division(script->author),
        .audience = {AUDIENCE_LINE, tree_division(script->author)},
        .epoch = 1,
        .count = (uint32_t)script->count,
        .first_lsn = script->first_lsn,
        .state_digest = script->state_digest,
    };
}

enum status apply_part(struct holder *holder, struct script *script, size_t skip)
{
    const struct block_header header = header_of(script);
    struct err err = {OK, ""};

    return ledger_apply_block(holder->ledger, holder->txn, &header, script->entries + skip,
                              script->count - skip, &err);
}

void apply(struct holder *holder, struct script *script)
{
    assert_int_equal(apply_part(holder, script, 0), OK);
    script_clear(script);
}

int128 balance(struct holder *holder, enum office_name author, const char *id, enum account account)
{
    struct indicator row;

    return indicator_load(holder->txn, tree_division(author), bytes_text(id), &row)
               ? row.balance[account]
               : -1;
}

struct ledger_position position(struct holder *holder, enum office_name author)
{
    struct ledger_position out;

    ledger_position(holder->txn, tree_division(author), &out);
    return out;
}

void try_out(struct holder *holder, struct script *script, const char *kind, const char *id,
             const char *const fields[])
{
    struct document document;
    struct buf body = BUF_EMPTY;
    const uint64_t lsn = script->first_lsn++;

    document_fill(&document, kind, id, fields);
    document_encode(&body, &document);
    ledger_apply_own(holder->ledger, holder->txn,
                     &(struct applied){tree_division(script->author), lsn, 1000 + lsn,
                                       document.kind, DOCUMENT_FORMAT, buf_bytes(&body)},
                     &document);
    buf_free(&body);
}
