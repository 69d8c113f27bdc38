#include "node/core/served_spells.h"

#include "node/office/local_keys.h"
#include "proto/array.h"

struct newest {
    struct served_spell spell;
    uint64_t sequence; /* of its row; 0: it has none yet */
    bool is_changed;
    struct served_spell former; /* the one before, which was open as this one began, */
    uint64_t former_sequence;   /* and its row; 0: none */
};

struct served_spells {
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
    key->at[0] = LOCAL_SERVED_SPELL;
    store_u64(key->at + 1, sequence);
    return bytes_of(key->at, sizeof key->at);
}

static void put_row(struct txn *txn, uint64_t sequence, const struct served_spell *spell)
{
    struct spell_key key;
    struct buf row = BUF_EMPTY;

    buf_append(&row, spell->division.code, DIVISION_CODE_MAX);
    buf_append(&row, spell->by.code, DIVISION_CODE_MAX);
    buf_put_u64(&row, spell->began_unix_ms);
    buf_put_u64(&row, spell->ended_unix_ms);
    buf_put_u64(&row, spell->lsn);
    (void)txn_put(txn, SPACE_LOCAL, key_of(&key, sequence), buf_bytes(&row));
    buf_free(&row);
}

static bool parse_row(struct served_spell *out, struct bytes row)
{
    struct reader reader = reader_of(row);

    memset(out, 0, sizeof *out);
    reader_copy(&reader, out->division.code, DIVISION_CODE_MAX);
    reader_copy(&reader, out->by.code, DIVISION_CODE_MAX);
    out->began_unix_ms = reader_u64(&reader);
    out->ended_unix_ms = reader_u64(&reader);
    out->lsn = reader_u64(&reader);
    return reader_done(&reader);
}

struct scan {
    void (*visit)(void *arg, uint64_t sequence, const struct served_spell *spell);
    void *arg;
    bool damaged;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct scan *scan = arg;
    struct served_spell spell;

    scan->damaged = key.size != sizeof(struct spell_key) || !parse_row(&spell, value);
    if (!scan->damaged) {
        scan->visit(scan->arg, load_u64(key.data + 1), &spell);
    }
    return !scan->damaged;
}

/* Errors: ERR_CORRUPT, and those of the store. */
static enum status each_row(struct txn *txn,
                            void (*visit)(void *arg, uint64_t sequence,
                                          const struct served_spell *spell),
                            void *arg, struct err *err)
{
    const uint8_t letter = LOCAL_SERVED_SPELL;
    struct scan scan = {visit, arg, false};
    const enum status status =
        txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_row, &scan, err);

    return status == OK && scan.damaged ? err_set(err, ERR_CORRUPT, "served_spell_damaged")
                                        : status;
}

/* --- the newest of each --- */

static int compare_division(const void *key, const void *item)
{
    const struct division *division = key;
    const struct newest *newest = item;

    return strcmp(division->code, newest->spell.division.code);
}

/* NULL: it has none. */
static struct newest *find(const struct served_spells *spells, struct division division, size_t *at)
{
    *at = ARRAY_LOWER_BOUND(spells->at, spells->count, &division, compare_division);
    return *at < spells->count && compare_division(&division, &spells->at[*at]) == 0
               ? &spells->at[*at]
               : NULL;
}

static struct newest *find_or_add(struct served_spells *spells, struct division division)
{
    size_t at;
    struct newest *newest = find(spells, division, &at);

    if (newest == NULL) {
        ARRAY_GAP(spells->at, spells->count, spells->capacity, at);
        newest = &spells->at[at];
        *newest = (struct newest){.spell = {.division = division}};
    }
    return newest;
}

/* Of two that begin at one time the later word had a longer way, or a shorter one. */
static bool goes_on(const struct served_spell *spell, const struct served_spell *now)
{
    const uint64_t from_ms = spell->began_unix_ms, until_ms = spell->ended_unix_ms;

    return from_ms != 0 && division_equal(spell->by, now->by) &&
           now->began_unix_ms + SERVED_SPELL_APART_MS > from_ms &&
           (until_ms == 0 || now->began_unix_ms < until_ms + SERVED_SPELL_APART_MS);
}

/* It began as was said first, and ended so, however long the word was on its way. */
static bool follow(struct newest *newest, const struct served_spell *now)
{
    struct served_spell *spell = &newest->spell;
    const bool turned = (spell->ended_unix_ms == 0) != (now->ended_unix_ms == 0);

    if (turned) {
        spell->ended_unix_ms = now->ended_unix_ms;
    }
    newest->is_changed |= turned || (spell->ended_unix_ms != 0 && now->lsn != spell->lsn);
    spell->lsn = now->lsn;
    return turned;
}

/* That the one before ended nobody said: it did so by then. */
static void begin(struct newest *newest, const struct served_spell *now)
{
    struct newest next = {.spell = *now, .is_changed = true};

    if (newest->spell.began_unix_ms != 0 && newest->spell.ended_unix_ms == 0) {
        next.former = newest->spell;
        next.former.ended_unix_ms = now->began_unix_ms;
        next.former_sequence = newest->sequence;
    }
    *newest = next;
}

bool served_spells_saw(struct served_spells *spells, const struct served_spell *now)
{
    struct newest *newest = find_or_add(spells, now->division);

    if (goes_on(&newest->spell, now)) {
        return follow(newest, now);
    }
    if (now->began_unix_ms <= newest->spell.began_unix_ms) {
        return false;
    }
    begin(newest, now);
    return true;
}

bool served_spells_newest(const struct served_spells *spells, struct division division,
                          struct served_spell *out)
{
    size_t at;
    const struct newest *newest = find(spells, division, &at);

    if (newest != NULL) {
        *out = newest->spell;
    }
    return newest != NULL;
}

/* --- rows --- */

static uint64_t next_place(struct served_spells *spells, struct txn *txn)
{
    struct spell_key key;

    if (spells->next - spells->first >= SERVED_SPELLS_MAX) {
        txn_delete(txn, SPACE_LOCAL, key_of(&key, spells->first++));
    }
    return spells->next++;
}

void served_spells_stage(struct served_spells *spells, struct txn *txn)
{
    for (size_t i = 0; i < spells->count; i++) {
        struct newest *newest = &spells->at[i];

        if (newest->former_sequence >= spells->first) {
            put_row(txn, newest->former_sequence, &newest->former);
        }
        newest->former_sequence = 0;
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

static void take_row(void *arg, uint64_t sequence, const struct served_spell *spell)
{
    struct served_spells *spells = arg;
    struct newest *newest = find_or_add(spells, spell->division);

    *newest = (struct newest){.spell = *spell, .sequence = sequence};
    spells->first = spells->next == 0 ? sequence : spells->first;
    spells->next = sequence + 1;
}

enum status served_spells_open(struct served_spells **out, struct txn *txn, struct err *err)
{
    struct served_spells *spells = mem_zalloc(sizeof *spells);
    enum status status = each_row(txn, take_row, spells, err);

    if (status != OK) {
        served_spells_close(spells);
        *out = NULL;
        return status;
    }
    if (spells->next == 0) {
        spells->first = spells->next = 1;
    }
    *out = spells;
    return OK;
}

void served_spells_close(struct served_spells *spells)
{
    if (spells != NULL) {
        mem_free(spells->at);
        mem_free(spells);
    }
}

struct listed_spells {
    struct served_spell *at;
    size_t count, capacity;
};

static void list_row(void *arg, uint64_t sequence, const struct served_spell *spell)
{
    struct listed_spells *list = arg;

    (void)sequence;
    ARRAY_ROOM(list->at, list->count, list->capacity);
    list->at[list->count++] = *spell;
}

size_t served_spells_read(struct txn *txn, struct served_spell **out)
{
    struct listed_spells list = {NULL, 0, 0};
    struct err err;

    if (each_row(txn, list_row, &list, &err) != OK) {
        txn_fail(txn, &err);
    }
    *out = list.at;
    return list.count;
}

bool served_spell_row_fits(struct bytes key, struct bytes value)
{
    struct served_spell spell;

    return key.size == sizeof(struct spell_key) && parse_row(&spell, value);
}
