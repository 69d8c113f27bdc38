#include "node/core/resync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/core/damage.h"
#include "node/core/node_struct.h"
#include "node/ledger/observe.h"
#include "node/office/local_keys.h"
#include "proto/log.h"
#include "proto/message.h"
#include "replicator/session/session.h"

enum {
    IMPORT_BYTES_MAX = 8 << 20, /* of files, in one turn */
    IMPORT_MS = 50,
    IMPORT_AGAIN_MS = 500,  /* what did not follow is shown again */
    FAULT_AGAIN_MS = 10000, /* what could not be read is read again */
};

static const uint8_t keys_letter = LOCAL_RESYNC_KEYS;

static const struct {
    const char *code;
    enum resync_mode mode;
} MODES[] = {
    {"own_log_behind_peer", RESYNC_FETCH},   {"own_log_forked", RESYNC_CONFIRM},
    {"own_log_not_at_base", RESYNC_CONFIRM}, {"resync_joined", RESYNC_FETCH},
    {"resync_restored", RESYNC_FETCH},       {"resync_salvaged", RESYNC_FETCH},
    {"resync_root_salvaged", RESYNC_FETCH},  {"resync_root_recovered", RESYNC_FETCH},
};

enum resync_mode resync_mode_of(const char *message)
{
    const struct bytes code = message_read(bytes_text(message)).code;

    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        if (bytes_equal(code, bytes_text(MODES[i].code))) {
            return MODES[i].mode;
        }
    }
    return RESYNC_NOT;
}

bool resync_only_reads(const struct node *node)
{
    return node->config.damage != NULL && node->config.resync == RESYNC_NOT;
}

/* --- blocks of files --- */

static uint64_t own_lsn(const struct node *node)
{
    struct log_head head;

    (void)replicator_head(node->replicator, node->config.self, true, &head);
    return head.lsn;
}

static const char *fault_of(const struct resync_import *import)
{
    return import->source.fault == NULL ? "" : import->source.fault(import->source.arg);
}

/* Gone through, and nothing of it could be taken that another pass would not find as well. What
 * could not be read is waited for, unless a person says to go on. */
static bool is_settled(const struct node *node)
{
    const struct resync_import *import = &node->resync.import;

    return import->source.next == NULL ||
           (import->passed && !import->in_pass &&
            (fault_of(import)[0] == '\0' || node->resync.goes_on) &&
            (import->last_waiting == 0 ||
             (import->staged == 0 && import->pass_lsn == own_lsn(node))));
}

static void begin_pass(struct node *node)
{
    struct resync_import *import = &node->resync.import;

    import->in_pass = true;
    import->pass_lsn = own_lsn(node);
    import->staged = import->waiting = import->unfit = 0;
}

static void end_pass(struct node *node)
{
    struct resync_import *import = &node->resync.import;

    import->in_pass = false;
    import->passed = true;
    import->last_waiting = import->waiting;
    import->last_unfit = import->unfit > import->last_unfit ? import->unfit : import->last_unfit;
    import->tried_ms = clock_mono_ms(&node->clock);
}

static void take(struct node *node, struct bytes block)
{
    struct resync_import *import = &node->resync.import;
    struct err err;

    switch (session_import(node->replicator, node->txn, block, &err)) {
    case INGEST_STAGED:
        import->staged++;
        break;
    case INGEST_HELD:
        break;
    case INGEST_NOT_YET:
    case INGEST_GAP:
        import->waiting++;
        import->source.left(import->source.arg, false);
        break;
    case INGEST_FORK:
    case INGEST_REFUSED:
        import->unfit++;
        import->source.left(import->source.arg, true);
        LOG_DEBUG("resync.unfit", "error=%s", err.text);
        break;
    }
}

/* A slice of a pass; true when more of it is left. */
static bool show(struct node *node)
{
    struct resync_import *import = &node->resync.import;
    const uint64_t begun_ms = clock_mono_ms(&node->clock);
    size_t bytes = 0;

    if (import->source.next == NULL || is_settled(node) || node->space.is_full ||
        (!import->in_pass && import->passed &&
         begun_ms - import->tried_ms <
             (fault_of(import)[0] == '\0' ? IMPORT_AGAIN_MS : FAULT_AGAIN_MS))) {
        return false;
    }
    if (!import->in_pass) {
        begin_pass(node);
    }
    while (bytes < IMPORT_BYTES_MAX && clock_mono_ms(&node->clock) - begun_ms < IMPORT_MS) {
        struct bytes block;

        if (!import->source.next(import->source.arg, &block)) {
            end_pass(node);
            return false;
        }
        bytes += block.size;
        take(node, block);
    }
    return true;
}

void resync_import(struct node *node, const struct resync_source *source)
{
    node->resync.import.source = *source;
}

/* --- the beginning and the end --- */

static void row_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_RESYNC);
    if (!division_is_none(division)) {
        division_write(key, division);
    }
}

static bool begin_row(void *arg, struct bytes key, struct bytes value)
{
    struct node *node = arg;
    struct reader reader = reader_of(key);

    (void)reader_u8(&reader);
    if (reader_left(&reader) == 0) {
        message_format(node->resync.last, sizeof node->resync.last, "%.*s", (int)value.size,
                       (const char *)value.data);
    } else if (node->config.resync == RESYNC_FETCH) {
        const struct division division = division_read(&reader);

        node->resync.goes_on |= division_equal(division, node->config.self);
        resync_without(node->replicator, division);
    }
    return true;
}

void resync_begin(struct node *node)
{
    static const uint8_t letter = LOCAL_RESYNC;
    struct err err;

    node->resync.begun_ms = clock_mono_ms(&node->clock);
    (void)txn_scan(node->txn, SPACE_LOCAL, bytes_of(&letter, 1), begin_row, node, &err);
}

/* Whom it was gone on without counts for this time alone. */
static void forget_without(struct node *node, const struct resync_progress *progress)
{
    struct buf key = BUF_EMPTY;

    for (size_t i = 0; i < progress->holder_count; i++) {
        if (progress->holders[i].without) {
            row_key(&key, progress->holders[i].division);
            txn_delete(node->txn, SPACE_LOCAL, buf_bytes(&key));
        }
    }
    buf_free(&key);
}

static void name_without(char *out, size_t size, const struct resync_progress *progress)
{
    size_t used = 0;

    (void)snprintf(out, size, "-");
    for (size_t i = 0; i < progress->holder_count && used + DIVISION_CODE_MAX + 2 < size; i++) {
        if (progress->holders[i].without) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? "," : "",
                                     progress->holders[i].division.code);
        }
    }
}

static void report(struct node *node)
{
    const struct resync_import *import = &node->resync.import;
    struct resync_progress progress;
    struct buf key = BUF_EMPTY;
    char without[128];

    resync_progress(node->replicator, &progress);
    name_without(without, sizeof without, &progress);
    message_format(node->resync.last, sizeof node->resync.last,
                   "resync_done from=%" PRIu64 " lsn=%" PRIu64 " waiting=%" PRIu64 " unfit=%" PRIu64
                   " without=%s",
                   progress.begun_lsn, progress.lsn, import->last_waiting, import->last_unfit,
                   without);
    LOG_INFO("resync.whole",
             "from=%" PRIu64 " lsn=%" PRIu64 " waiting=%" PRIu64 " unfit=%" PRIu64 " without=%s",
             progress.begun_lsn, progress.lsn, import->last_waiting, import->last_unfit, without);
    row_key(&key, DIVISION_NONE);
    (void)txn_put(node->txn, SPACE_LOCAL, buf_bytes(&key), bytes_text(node->resync.last));
    forget_without(node, &progress);
    buf_free(&key);
    node->resync.reported = true;
}

/* What the root's own disk lost, its archive alone can bring. Where it is not known how much that
 * was, or it is not here, a person says to go on. */
static bool awaits_word(const struct node *node)
{
    const struct bytes why = bytes_text(node->config.damage);
    char lsn[24];

    if (node->resync.goes_on ||
        !bytes_equal(message_read(why).code, bytes_text("resync_root_salvaged"))) {
        return false;
    }
    message_format(lsn, sizeof lsn, "%.*s", (int)message_value(why, "lsn").size,
                   (const char *)message_value(why, "lsn").data);
    return !bytes_equal(message_value(why, "known"), bytes_text("yes")) ||
           own_lsn(node) < strtoull(lsn, NULL, 10);
}

/* An archive that could not be read may have more. */
static bool awaits_archive(const struct node *node)
{
    return !node->resync.goes_on && fault_of(&node->resync.import)[0] != '\0';
}

/* A root that was put back from a copy, with nobody below and no archive: nothing can show what was
 * written after the copy, and what it says from here on takes the numbers of that. So a person
 * says that it may. */
static bool is_alone(const struct node *node)
{
    const struct bytes code = message_read(bytes_text(node->config.damage)).code;
    struct resync_progress progress;
    bool alone = !node->resync.goes_on && division_is_none(replicator_parent(node->replicator)) &&
                 node->resync.import.source.next == NULL &&
                 bytes_equal(code, bytes_text("resync_restored"));

    if (alone) {
        resync_progress(node->replicator, &progress);
        for (size_t i = 0; i < progress.holder_count; i++) {
            alone &= !progress.holders[i].is_neighbour;
        }
    }
    return alone;
}

static bool is_fetched(const struct node *node)
{
    return node->config.resync == RESYNC_FETCH && is_settled(node) && !awaits_word(node) &&
           !is_alone(node) && resync_is_whole(node->replicator);
}

/* --- keys of this machine --- */

bool resync_is_of_copy(const char *message)
{
    const struct bytes code = message_read(bytes_text(message)).code;

    return bytes_equal(code, bytes_text("resync_restored")) ||
           bytes_equal(code, bytes_text("note_unreadable"));
}

/* Which keys were asked for because of this very note: a copy that is made later has another. */
static void keys_row(struct buf *value, const struct node *node, const struct public_key *sign_key,
                     const uint8_t curve_key[32])
{
    struct hasher hasher;
    struct hash note;

    hasher_begin(&hasher, TAG_CONTENT);
    hasher_add(&hasher, node->config.damage, strlen(node->config.damage));
    note = hasher_end(&hasher);
    buf_append(value, note.at, sizeof note.at);
    buf_append(value, sign_key->at, sizeof sign_key->at);
    buf_append(value, curve_key, 32);
}

/* They are in force: a run that was cut off behind that has only to end. */
static bool has_own_keys(const struct node *node)
{
    const struct grant *own =
        &roster_find(replicator_roster(node->replicator), node->config.self)->grant;
    struct buf value = BUF_EMPTY;
    struct bytes stored;
    bool has;

    keys_row(&value, node, &own->sign_key, own->curve_key);
    has = txn_get(node->txn, SPACE_LOCAL, bytes_of(&keys_letter, 1), &stored) &&
          bytes_equal(stored, buf_bytes(&value));
    buf_free(&value);
    return has;
}

static bool needs_own_keys(const struct node *node)
{
    return !division_is_none(replicator_parent(node->replicator)) &&
           resync_is_of_copy(node->config.damage) && !has_own_keys(node);
}

static bool waits_for_grant(const struct node *node)
{
    struct rotation_status status;

    replicator_rotation(node->replicator, &status);
    return status.waits;
}

bool resync_wants_keys(const struct node *node)
{
    return is_fetched(node) && needs_own_keys(node) && !node->resync.rotates &&
           !waits_for_grant(node);
}

enum status resync_rotate(struct node *node, const struct rotation *rotation, struct err *err)
{
    const enum status status = replicator_rotate(node->replicator, node->txn, rotation, err);

    node->resync.rotates = status == OK;
    if (status == OK) {
        struct buf value = BUF_EMPTY;

        keys_row(&value, node, &rotation->key->public, rotation->curve_public);
        (void)txn_put(node->txn, SPACE_LOCAL, bytes_of(&keys_letter, 1), buf_bytes(&value));
        buf_free(&value);
    }
    return status;
}

/* Nothing is written before the grant is there. A wish that came with the copy is the twin's, too:
 * it is granted first, and then keys of this machine are asked for. */
static bool is_done(struct node *node)
{
    node->resync.rotates |= waits_for_grant(node) && !node->config.wish_of_copy;
    return is_fetched(node) &&
           (!needs_own_keys(node) || (node->resync.rotates && !waits_for_grant(node)));
}

bool resync_step(struct node *node)
{
    const bool more = node->config.resync == RESYNC_FETCH && show(node);

    if (!more && !node->resync.reported && is_done(node)) {
        report(node);
    }
    return more;
}

bool resync_is_over(const struct node *node)
{
    return (node->config.resync == RESYNC_CONFIRM && replicator_own_log_mended(node->replicator)) ||
           (node->resync.reported && is_fetched(node));
}

/* --- for operators --- */

enum status resync_go_on_without(struct node *node, struct txn *txn, struct division division,
                                 const char *who, struct err *err)
{
    struct resync_progress progress;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    const bool is_own = division_equal(division, node->config.self);
    bool known;

    if (node->config.resync != RESYNC_FETCH) {
        return err_set(err, ERR_REFUSED, "resync_none division=%s", node->config.self.code);
    }
    resync_progress(node->replicator, &progress);
    known = is_own && (awaits_word(node) || awaits_archive(node) || is_alone(node));
    for (size_t i = 0; i < progress.holder_count; i++) {
        known |= division_equal(progress.holders[i].division, division);
    }
    if (!known) {
        return err_set(err, ERR_REFUSED, "resync_not_awaited division=%s", division.code);
    }
    row_key(&key, division);
    buf_put_u64(&value, node->turn_unix_ms);
    buf_append_bytes(&value, bytes_text(who));
    (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
    LOG_WARN("resync.without", "about=%s by=%s", division.code, who);
    node->resync.goes_on |= is_own;
    resync_without(node->replicator, division);
    return OK;
}

void resync_view(struct node *node, struct resync_view *out)
{
    const struct resync_state *state = &node->resync;

    *out = (struct resync_view){.mode = node->config.resync,
                                .ms = clock_mono_ms(&node->clock) - state->begun_ms,
                                .imports = !is_settled(node),
                                .waiting = state->import.last_waiting,
                                .unfit = state->import.last_unfit};
    message_format(out->why, sizeof out->why, "%s",
                   node->config.damage == NULL ? "" : node->config.damage);
    message_format(out->last, sizeof out->last, "%s", state->last);
    message_format(out->fault, sizeof out->fault, "%s", fault_of(&state->import));
    if (node->config.resync == RESYNC_FETCH && is_alone(node)) {
        message_format(out->fault, sizeof out->fault, "resync_alone division=%s",
                       node->config.self.code);
    }
    resync_progress(node->replicator, &out->progress);
    out->holders = mem_zalloc((out->progress.holder_count + 1) * sizeof *out->holders);
    for (size_t i = 0; i < out->progress.holder_count; i++) {
        out->holders[i] = out->progress.holders[i];
    }
}

/* --- while it lasts --- */

enum status resync_check(const struct node *node, struct err *err)
{
    if (damage_check(node, err) != OK) {
        return err->status;
    }
    return node->config.resync == RESYNC_FETCH ? resync_check_fork(node->replicator, err) : OK;
}

/* What is answered to children of a log that came apart would be answered to what may go. */
bool resync_ignores(const struct node *node, struct division from)
{
    return node->config.resync == RESYNC_CONFIRM &&
           !division_equal(from, replicator_parent(node->replicator));
}

bool resync_keeps(struct node *node, struct txn *txn, const struct block_header *header)
{
    if (node->config.resync != RESYNC_FETCH) {
        return false;
    }
    if (!roster_within(replicator_roster(node->replicator), header->author, node->config.self)) {
        ledger_observe_later(txn, header);
    } /* else: what a ledger lacks of its log is found when the node is opened */
    return true;
}
