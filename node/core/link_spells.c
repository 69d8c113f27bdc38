#include "node/core/link_spells.h"

#include "node/office/local_keys.h"
#include "proto/array.h"

struct newest {
    struct link_spell spell;
    uint64_t sequence; /* of its row; 0: it has none yet */
    bool is_changed;
};

struct link_spells {
    struct newest *at; /* by division */
    size_t count, capacity;
    uint64_t first, next; /* the rows are first .. next - 1 */
};

/* --- one row --- */

struct spell_key {
    uint8_t at[1 + sizeof(uint64_t)];
};

static struct bytes key_of(struct spell_key *key, uint64_t sequence)
{
    key->at[0] = LOCAL_LINK_SPELL;
    store_u64(key->at + 1, sequence);
    return bytes_of(key->at, sizeof key->at);
}

static void put_row(struct txn *txn, uint64_t sequence, const struct link_spell *spell)
{
    struct spell_key key;
    struct buf row = BUF_EMPTY;

    buf_append(&row, spell->division.code, DIVISION_CODE_MAX);
    buf_append(&row, spell->above.code, DIVISION_CODE_MAX);
    buf_put_u8(&row, spell->is_paused);
    buf_put_u64(&row, spell->down_unix_ms);
    buf_put_u64(&row, spell->up_unix_ms);
    buf_put_u32(&row, spell->times);
    (void)txn_put(txn, SPACE_LOCAL, key_of(&key, sequence), buf_bytes(&row));
    buf_free(&row);
}

static bool parse_row(struct link_spell *out, struct bytes row)
{
    struct reader reader = reader_of(row);

    memset(out, 0, sizeof *out);
    reader_copy(&reader, out->division.code, DIVISION_CODE_MAX);
    reader_copy(&reader, out->above.code, DIVISION_CODE_MAX);
    out->is_paused = reader_u8(&reader) != 0;
    out->down_unix_ms = reader_u64(&reader);
    out->up_unix_ms = reader_u64(&reader);
    out->times = reader_u32(&reader);
    return reader_done(&reader);
}

struct scan {
    void (*visit)(void *arg, uint64_t sequence, const struct link_spell *spell);
    void *arg;
    bool damaged;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct scan *scan = arg;
    struct link_spell spell;

    scan->damaged = key.size != sizeof(struct spell_key) || !parse_row(&spell, value);
    if (!scan->damaged) {
        scan->visit(scan->arg, load_u64(key.data + 1), &spell);
    }
    return !scan->damaged;
}

/* Errors: ERR_CORRUPT, and those of the store. */
static enum status each_row(struct txn *txn,
                            void (*visit)(void *arg, uint64_t sequence,
                                          const struct link_spell *spell),
                            void *arg, struct err *err)
{
    const uint8_t letter = LOCAL_LINK_SPELL;
    struct scan scan = {visit, arg, false};
    const enum status status =
        txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_row, &scan, err);

    return status == OK && scan.damaged ? err_set(err, ERR_CORRUPT, "link_spell_damaged") : status;
}

/* --- the newest of each --- */

static int compare_division(const void *key, const void *item)
{
    const struct division *division = key;
    const struct newest *newest = item;

    return strcmp(division->code, newest->spell.division.code);
}

/* NULL: it has none. */
static struct newest *find(struct link_spells *spells, struct division division, size_t *at)
{
    *at = ARRAY_LOWER_BOUND(spells->at, spells->count, &division, compare_division);
    return *at < spells->count && compare_division(&division, &spells->at[*at]) == 0
               ? &spells->at[*at]
               : NULL;
}

static struct newest *find_or_add(struct link_spells *spells, struct division division)
{
    size_t at;
    struct newest *newest = find(spells, division, &at);

    if (newest == NULL) {
        ARRAY_GAP(spells->at, spells->count, spells->capacity, at);
        newest = &spells->at[at];
        *newest = (struct newest){.sequence = 0};
    }
    return newest;
}

static void begin(struct newest *newest, const struct link_spell *spell)
{
    struct link_spell *old = &newest->spell;

    if (old->up_unix_ms != 0 && old->is_paused == spell->is_paused &&
        spell->down_unix_ms < old->up_unix_ms + LINK_SPELL_APART_MS) {
        old->up_unix_ms = 0;
        old->times++;
    } else {
        const uint64_t earliest = old->up_unix_ms; /* as an operator stops what was down */

        *newest = (struct newest){.spell = *spell};
        if (newest->spell.down_unix_ms < earliest) {
            newest->spell.down_unix_ms = earliest;
        }
    }
    newest->is_changed = true;
}

static bool is_open(const struct newest *newest)
{
    return newest != NULL && newest->spell.down_unix_ms != 0 && newest->spell.up_unix_ms == 0;
}

void link_spells_saw(struct link_spells *spells, struct division division, struct division above,
                     enum link_look look, uint64_t since_unix_ms, uint64_t now_unix_ms)
{
    size_t at;
    struct newest *newest = find(spells, division, &at);

    if (is_open(newest)) { /* what else it has become by then, the next look tells */
        if (newest->spell.is_paused != (look == LINK_LOOKS_PAUSED) || look == LINK_LOOKS_UP) {
            newest->spell.up_unix_ms = now_unix_ms;
            newest->is_changed = true;
        }
        return;
    }
    if (look != LINK_LOOKS_UP) {
        begin(find_or_add(spells, division),
              &(struct link_spell){.division = division,
                                   .above = above,
                                   .is_paused = look == LINK_LOOKS_PAUSED,
                                   .down_unix_ms = since_unix_ms,
                                   .times = 1});
    }
}

/* --- rows --- */

static uint64_t next_place(struct link_spells *spells, struct txn *txn)
{
    struct spell_key key;

    if (spells->next - spells->first >= LINK_SPELLS_MAX) {
        txn_delete(txn, SPACE_LOCAL, key_of(&key, spells->first++));
    }
    return spells->next++;
}

void link_spells_stage(struct link_spells *spells, struct txn *txn)
{
    for (size_t i = 0; i < spells->count; i++) {
        struct newest *newest = &spells->at[i];

        if (!newest->is_changed) {
            continue;
        }
        if (newest->sequence < spells->first) { /* none yet, or among the oldest, which went */
            newest->sequence = next_place(spells, txn);
        }
        put_row(txn, newest->sequence, &newest->spell);
        newest->is_changed = false;
    }
}

static void take_row(void *arg, uint64_t sequence, const struct link_spell *spell)
{
    struct link_spells *spells = arg;
    struct newest *newest = find_or_add(spells, spell->division);

    *newest = (struct newest){.spell = *spell, .sequence = sequence};
    spells->first = spells->next == 0 ? sequence : spells->first;
    spells->next = sequence + 1;
}

enum status link_spells_open(struct link_spells **out, struct txn *txn, struct err *err)
{
    struct link_spells *spells = mem_zalloc(sizeof *spells);
    enum status status = each_row(txn, take_row, spells, err);

    if (status != OK) {
        link_spells_close(spells);
        *out = NULL;
        return status;
    }
    if (spells->next == 0) {
        spells->first = spells->next = 1;
    }
    *out = spells;
    return OK;
}

void link_spells_close(struct link_spells *spells)
{
    if (spells != NULL) {
        mem_free(spells->at);
        mem_free(spells);
    }
}

struct listed_spells {
    struct link_spell *at;
    size_t count, capacity;
};

static void list_row(void *arg, uint64_t sequence, const struct link_spell *spell)
{
    struct listed_spells *list = arg;

    (void)sequence;
    ARRAY_ROOM(list->at, list->count, list->capacity);
    list->at[list->count++] = *spell;
}

size_t link_spells_read(struct txn *txn, struct link_spell **out)
{
    struct listed_spells list = {NULL, 0, 0};
    struct err err;

    if (each_row(txn, list_row, &list, &err) != OK) {
        txn_fail(txn, &err);
    }
    *out = list.at;
    return list.count;
}

bool link_spell_row_fits(struct bytes key, struct bytes value)
{
    struct link_spell spell;

    return key.size == sizeof(struct spell_key) && parse_row(&spell, value);
}
