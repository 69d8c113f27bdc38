#include "replicator/log/granted.h"

#include <assert.h>
#include <inttypes.h>

#include "replicator/log/endpoints.h"
#include "replicator/log/evidence.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/founders.h"
#include "replicator/trust/roster_load.h"

enum {
    BLOCK_GRANTS_MAX = 64, /* each speaks to its own division, so a block of ours has one */
    SUBTREE_MEMBERS_MAX = 1024,
};

enum status grants_check(const struct block_body *body, struct err *err)
{
    size_t grants = 0;

    for (size_t i = 0; i < body->count; i++) {
        const uint32_t kind = body->entries[i].kind;

        grants += kind == KIND_GRANT || kind == KIND_REVOKE || kind == KIND_ENDPOINT ||
                  kind == KIND_OBJECTION;
    }
    return grants <= BLOCK_GRANTS_MAX
               ? OK
               : err_set(err, ERR_LIMIT, "grants_too_many count=%zu count_max=%d", grants,
                         BLOCK_GRANTS_MAX);
}

/* --- rows --- */

void grant_put(struct txn *txn, const struct grant *grant, struct bytes sealed)
{
    struct buf key = BUF_EMPTY;

    buf_put_u8(&key, META_GRANT);
    division_write(&key, grant->division);
    buf_put_u32(&key, grant->epoch);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), sealed);
    buf_free(&key);
}

static bool keep_value(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    buf_clear(arg);
    buf_append_bytes(arg, value);
    return true;
}

enum status grant_newest(const struct store *store, struct division division, struct grant *out,
                         struct err *err)
{
    struct buf prefix = BUF_EMPTY, sealed = BUF_EMPTY;
    enum status status;

    buf_put_u8(&prefix, META_GRANT);
    division_write(&prefix, division);
    status = store->ops->scan(store->self, NULL, SPACE_META, buf_bytes(&prefix), BYTES_NONE,
                              keep_value, &sealed, err);
    if (status == OK) {
        status = sealed.size == 0
                     ? err_set(err, ERR_NOT_FOUND, "grant_not_held division=%s", division.code)
                     : grant_parse(out, buf_bytes(&sealed), err);
        if (status == ERR_MALFORMED) {
            err->status = status = ERR_CORRUPT;
        }
    }
    buf_free(&prefix);
    buf_free(&sealed);
    return status;
}

static void conflict_key(struct buf *key, struct division division, struct division child)
{
    buf_put_u8(key, META_GRANT_CONFLICT);
    division_write(key, division);
    division_write(key, child);
}

static void put_conflict(struct txn *txn, struct division division, struct division child)
{
    struct buf key = BUF_EMPTY;

    conflict_key(&key, division, child);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), bytes_text("taken"));
    buf_free(&key);
}

bool granted_below_too(struct txn *txn, struct division division, struct division child)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool found;

    conflict_key(&key, division, child);
    found = txn_get(txn, SPACE_META, buf_bytes(&key), &value);
    buf_free(&key);
    return found;
}

void grants_free(struct ingest *ingest)
{
    buf_free(&ingest->usurper);
}

/* --- one grant --- */

/* The neighbour in whose subtree this author is. */
static struct division child_of(const struct ingest *ingest, const struct held_log *log)
{
    return roster_next_hop(ingest->roster, ingest->self, log->author);
}

/* A later epoch of this very node to which its key did not agree. */
static bool is_own_later(const struct ingest *ingest, const struct grant *grant,
                         const struct grant_terms *terms)
{
    return division_equal(grant->division, ingest->self) && !terms->has_consent &&
           grant->epoch > roster_find(ingest->roster, ingest->self)->grant.epoch;
}

static bool has_own_keys(const struct ingest *ingest, const struct grant *grant,
                         const struct grant_terms *terms)
{
    const struct grant *own = &roster_find(ingest->roster, ingest->self)->grant;
    struct grant_terms own_terms;

    (void)roster_terms(ingest->roster, ingest->self, own->epoch, &own_terms);
    return memcmp(&grant->sign_key, &own->sign_key, sizeof own->sign_key) == 0 &&
           memcmp(grant->curve_key, own->curve_key, sizeof own->curve_key) == 0 &&
           founders_equal(terms, &own_terms);
}

/* Somebody else is to write in its name. It goes on under its own; who recovers has his grant
 * before he starts. */
static bool is_of_another(const struct ingest *ingest, const struct grant *grant,
                          const struct grant_terms *terms)
{
    return is_own_later(ingest, grant, terms) && !has_own_keys(ingest, grant, terms);
}

/* This node has signed two branches and writes no more: its parent says which one it goes on from,
 * under the keys and with the persons that it has. Both may have come to others and been decided
 * before it hears of that: without the two blocks its log is not taken back. */
static bool waits_for_fork(const struct ingest *ingest, const struct grant *grant,
                           const struct grant_terms *terms)
{
    return is_own_later(ingest, grant, terms) &&
           !evidence_stands(ingest->roster, ingest->logs->own);
}

static enum status check_grant(const struct ingest *ingest, const struct held_log *log,
                               const struct grant *grant, const struct grant_terms *terms,
                               uint32_t epoch, struct err *err)
{
    const struct member *child;

    if (division_is_none(grant->parent) && division_equal(grant->division, log->author)) {
        return OK; /* the root's next epoch, in its own log: the trust key signed */
    }
    if (!division_equal(grant->parent, log->author)) {
        return err_set(err, ERR_REFUSED, "grant_not_its_own division=%s author=%s",
                       grant->division.code, log->author.code);
    }
    if (is_of_another(ingest, grant, terms)) {
        return err_set(err, ERR_REFUSED, "own_epoch_of_another division=%s epoch=%" PRIu32,
                       grant->division.code, grant->epoch);
    }
    if (waits_for_fork(ingest, grant, terms)) {
        return err_set(err, ERR_GAP, "own_epoch_without_fork division=%s epoch=%" PRIu32,
                       grant->division.code, grant->epoch);
    }
    if (grant->granter_epoch != epoch) { /* or it could choose among the lists it ever had */
        return err_set(err, ERR_REFUSED, "grant_other_epoch division=%s epoch=%" PRIu32,
                       grant->division.code, epoch);
    }
    if (log->side != HELD_BELOW || roster_find(ingest->roster, grant->division) != NULL) {
        return OK;
    }
    child = roster_find(ingest->roster, child_of(ingest, log));
    return child->below < SUBTREE_MEMBERS_MAX
               ? OK
               : err_set(err, ERR_LIMIT, "subtree_full division=%s members=%d below=%s",
                         grant->division.code, SUBTREE_MEMBERS_MAX, child->grant.division.code);
}

static bool note_key(void *arg, struct bytes key, struct bytes value)
{
    (void)value;
    buf_append_bytes(arg, key);
    return true;
}

/* All epochs that the division was given by who must give way. */
static void delete_grants(struct txn *txn, struct division division)
{
    struct buf prefix = BUF_EMPTY, keys = BUF_EMPTY;
    struct err err; /* a read error stays with the txn */

    buf_put_u8(&prefix, META_GRANT);
    division_write(&prefix, division);
    (void)txn_scan(txn, SPACE_META, buf_bytes(&prefix), note_key, &keys, &err);
    for (size_t at = 0; at < keys.size; at += prefix.size + sizeof(uint32_t)) {
        txn_delete(txn, SPACE_META, bytes_of(keys.data + at, prefix.size + sizeof(uint32_t)));
    }
    buf_free(&prefix);
    buf_free(&keys);
}

/* Two have granted it: may this grant stand in the place of the first? Not once the division has
 * spoken here: its log would be cut off. */
static enum status replace(struct ingest *ingest, struct txn *txn, const struct grant *grant,
                           struct bytes sealed, struct err *err)
{
    const struct held_log *log = heads_find(ingest->logs, grant->division);
    enum status status = ERR_DIVISION_TAKEN;

    if (grant->epoch == 1 && (log == NULL || log->staged.lsn == 0)) {
        status = roster_replace(ingest->roster, sealed, err);
    }
    if (status == OK) {
        delete_grants(txn, grant->division);
    }
    return status;
}

/* Errors: as of roster_add, and ERR_GAP (it ends a fork of this node that is not known here). */
static enum status take_grant(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                              const struct entry *entry, uint32_t epoch, struct findings *found,
                              struct err *err)
{
    const struct bytes sealed = entry->body;
    struct epoch_state state;
    struct sealed_grant opened;
    const struct grant *grant = &opened.grant;
    bool added = false;
    enum status status = grant_open(&opened, sealed, err);

    if (status == OK) {
        status = check_grant(ingest, log, grant, &opened.terms, epoch, err);
    }
    if (status == ERR_REFUSED && division_equal(grant->parent, log->author) &&
        is_of_another(ingest, grant, &opened.terms)) {
        buf_clear(&ingest->usurper);
        buf_append_bytes(&ingest->usurper, sealed);
        findings_note(found, FOUND_USURPED, grant->division, grant->epoch);
    }
    if (status == ERR_GAP) { /* whoever brought it is asked for the other branch */
        findings_because(found, FOUND_CLAIM, ingest->self, grant->base_lsn, ERR_GAP, err->text);
    }
    if (status == OK) {
        findings_note(found, FOUND_GRANT, grant->division, 0);
        status = roster_add(ingest->roster, sealed, &added, err);
    }
    if (status == ERR_DIVISION_TAKEN && log->side == HELD_BELOW) {
        status = replace(ingest, txn, grant, sealed, err);
        added = status == OK;
    }
    if (added) {
        grant_put(txn, grant, sealed);
        findings_note(found, FOUND_MEMBER, grant->division, entry->lsn);
    }
    (void)roster_epoch_state(ingest->roster, grant->division, grant->epoch, &state);
    if (added && state.standing == STANDING_REFUSED) { /* held: the next one has its number */
        return err_set(err, ERR_REFUSED, "grant_never_counts division=%s epoch=%" PRIu32,
                       grant->division.code, grant->epoch);
    }
    return status;
}

bool grants_take_first(struct ingest *ingest, struct txn *txn, const struct block_view *block,
                       struct findings *found)
{
    const struct block_header *header = &block->header;
    const struct member *root = roster_root(ingest->roster);
    struct sealed_grant opened;
    const struct entry *first;
    bool added = false;
    struct err err;

    if (root == NULL || !division_equal(header->author, root->grant.division) ||
        header->epoch != root->grant.epoch + 1 ||
        block_body_read(&ingest->body, block, &err) != OK || ingest->body.count == 0) {
        return false;
    }
    first = &ingest->body.entries[0];
    if (first->kind != KIND_GRANT || !link_kind_known(first->kind, first->format) ||
        grant_open(&opened, first->body, &err) != OK ||
        !division_equal(opened.grant.division, header->author) ||
        opened.grant.epoch != header->epoch || opened.grant.base_lsn == 0 ||
        opened.grant.base_lsn + 1 != header->first_lsn ||
        !hash_equal(&opened.grant.base_hash, &header->prev_hash)) {
        return false;
    }
    if (roster_add(ingest->roster, first->body, &added, &err) != OK) {
        findings_alarm(found, ALARM_BAD_GRANT, header->author,
                       "grant_not_taken lsn=%" PRIu64 " author=%s why=%s", first->lsn,
                       header->author.code, err.text);
        return false;
    }
    if (added) {
        grant_put(txn, &opened.grant, first->body);
        findings_note(found, FOUND_MEMBER, opened.grant.division, first->lsn);
    }
    return true;
}

/* Errors: as of revocation_read and roster_revoke. */
static enum status take_revocation(struct ingest *ingest, struct txn *txn,
                                   const struct held_log *log, const struct entry *entry,
                                   const struct audience *audience, struct findings *found,
                                   struct err *err)
{
    struct revocation revocation;
    bool changed = false;
    enum status status = revocation_read(&revocation, entry->body, err);

    if (status != OK) {
        return status;
    }
    revocation.by = log->author;
    revocation.said_lsn = entry->lsn;
    revocation.time_ms = entry->time_ms;
    if (audience->kind != AUDIENCE_TREE ||
        !division_equal(audience->division, revocation.division)) {
        return err_set(err, ERR_REFUSED, "revoke_other_audience division=%s",
                       revocation.division.code); /* not all who go by it would hear it */
    }
    status = roster_revoke(ingest->roster, &revocation, &changed, err);
    if (status == OK) {
        roster_store_revocation(txn, &revocation);
        findings_note(found, FOUND_REVOKED, revocation.division, 0);
    }
    return status;
}

/* It counts where its signature does, which the roster sees to each time: the grants that say whose
 * key it is may come later. Errors: as of objection_read and roster_object. */
static enum status take_objection(struct ingest *ingest, struct txn *txn,
                                  const struct held_log *log, const struct entry *entry,
                                  const struct audience *audience, struct findings *found,
                                  struct err *err)
{
    struct objection_held held = {
        .by = log->author, .said_lsn = entry->lsn, .time_ms = entry->time_ms};
    bool kept = false;
    enum status status = objection_read(&held.said, entry->body, err);

    if (status == OK && (audience->kind != AUDIENCE_TREE ||
                         !division_equal(audience->division, held.said.division))) {
        status = err_set(err, ERR_REFUSED, "objection_other_audience division=%s",
                         held.said.division.code);
    }
    if (status == OK) {
        findings_note(found, FOUND_GRANT, held.said.division, 0); /* it takes as long */
        status = roster_object(ingest->roster, &held, &kept, err);
    }
    if (kept) {
        roster_store_objection(txn, &held);
        findings_note(found, FOUND_OBJECTED, held.said.division, 0);
    }
    return status;
}

/* A grant of a division that another has granted. On the branch of one child the upper granter sees
 * both, and tells the lower; here a row says so for the blocks of that division which follow. */
static void note_conflict(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                          struct bytes sealed, struct findings *found)
{
    const struct division child = child_of(ingest, log);
    struct grant grant;
    struct err err;
    const enum status status = grant_parse(&grant, sealed, &err);

    assert(status == OK); /* the roster said that it is another's */
    if (log->side == HELD_BELOW && !roster_within(ingest->roster, grant.division, child)) {
        put_conflict(txn, grant.division, child);
        findings_note(found, FOUND_CONFLICT, grant.division, 0);
    }
}

/* --- where reading waits --- */

static const uint8_t waits_letter = META_GRANT_WAITS;

static void waits_key(struct buf *key, const struct block_header *header)
{
    buf_put_u8(key, waits_letter);
    division_write(key, header->author);
    buf_put_u64(key, header->first_lsn);
    buf_put_u32(key, header->epoch);
}

static void put_waits(struct txn *txn, const struct block_header *header)
{
    struct buf key = BUF_EMPTY;

    waits_key(&key, header);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), BYTES_NONE);
    buf_free(&key);
}

static void delete_waits(struct txn *txn, const struct block_header *header)
{
    struct buf key = BUF_EMPTY;

    waits_key(&key, header);
    txn_delete(txn, SPACE_META, buf_bytes(&key));
    buf_free(&key);
}

static bool note_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    *(bool *)arg = true;
    return false;
}

static bool is_waiting(struct txn *txn, struct division author)
{
    struct buf prefix = BUF_EMPTY;
    bool found = false;
    struct err err; /* a read error stays with the txn */

    buf_put_u8(&prefix, waits_letter);
    division_write(&prefix, author);
    (void)txn_scan(txn, SPACE_META, buf_bytes(&prefix), note_row, &found, &err);
    buf_free(&prefix);
    return found;
}

static bool has_link_kinds(const struct block_body *body)
{
    for (size_t i = 0; i < body->count; i++) {
        if (body->entries[i].kind < KIND_USER_FIRST) {
            return true;
        }
    }
    return false;
}

/* --- taking them --- */

static void report_refused(const struct ingest *ingest, const struct held_log *log,
                           const struct entry *entry, const struct err *why, struct findings *found)
{
    const bool limit = why->status == ERR_LIMIT;

    findings_alarm(found, limit ? ALARM_LIMIT : ALARM_BAD_GRANT,
                   limit ? child_of(ingest, log) : log->author,
                   entry->kind == KIND_REVOKE ? "revoke_not_taken lsn=%" PRIu64 " author=%s why=%s"
                                              : "grant_not_taken lsn=%" PRIu64 " author=%s why=%s",
                   entry->lsn, log->author.code, why->text);
}

static enum status take_one(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                            const struct block_header *header, const struct entry *entry,
                            struct findings *found, struct err *err)
{
    if (!link_kind_known(entry->kind, entry->format)) {
        return ERR_NEEDS_UPGRADE;
    }
    if (entry->kind == KIND_ENDPOINT) {
        endpoint_take(txn, header, entry, found);
        return OK;
    }
    switch (entry->kind) {
    case KIND_REVOKE:
        return take_revocation(ingest, txn, log, entry, &header->audience, found, err);
    case KIND_OBJECTION:
        return take_objection(ingest, txn, log, entry, &header->audience, found, err);
    default:
        return take_grant(ingest, txn, log, entry, header->epoch, found, err);
    }
}

/* False before an entry that this version does not know, before a revocation of a division that
 * is not known yet, or an objection of one, and before a grant that ends a fork of this node of
 * which it has not seen both blocks. */
static bool take_entry(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                       const struct block_header *header, const struct entry *entry,
                       struct findings *found)
{
    struct err err;
    const enum status status = take_one(ingest, txn, log, header, entry, found, &err);

    if (status == ERR_NEEDS_UPGRADE) {
        findings_alarm(found, ALARM_NEEDS_UPGRADE, log->author,
                       "entry_unknown lsn=%" PRIu64 " author=%s written=%" PRIu64
                       " kind=%u format=%u",
                       entry->lsn, log->author.code, entry->time_ms, entry->kind, entry->format);
        return false;
    }
    if (status == ERR_GAP || (status == ERR_NOT_YET && entry->kind != KIND_GRANT)) {
        return false;
    }
    if (status == ERR_DIVISION_TAKEN) {
        note_conflict(ingest, txn, log, entry->body, found);
    } else if (status != OK) {
        report_refused(ingest, log, entry, &err, found);
    }
    return true;
}

static bool take_entries(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                         const struct block_body *body, const struct block_header *header,
                         struct findings *found)
{
    for (size_t i = 0; i < body->count; i++) {
        if (body->entries[i].kind < KIND_USER_FIRST &&
            !take_entry(ingest, txn, log, header, &body->entries[i], found)) {
            return false;
        }
    }
    return true;
}

/* What an unconfirmed epoch says is obeyed once it counts; but for what it says to this node, which
 * knows who let it in. */
static bool may_obey(const struct ingest *ingest, const struct block_header *header)
{
    const struct audience *audience = &header->audience;

    return roster_block_counts(ingest->roster, header) ||
           (audience->kind == AUDIENCE_TREE && division_equal(audience->division, ingest->self));
}

void grants_take(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                 const struct block_header *header, struct findings *found)
{
    const struct block_body *body = &ingest->body;

    if (has_link_kinds(body) && (is_waiting(txn, log->author) || !may_obey(ingest, header) ||
                                 !take_entries(ingest, txn, log, body, header, found))) {
        put_waits(txn, header);
    }
}

/* --- reading on after an upgrade, or a confirmation --- */

static bool copy_key(void *arg, struct bytes key, struct bytes value)
{
    (void)value;
    buf_append_bytes(arg, key);
    return true;
}

/* As it is stored, or staged in this very turn: what came in it may wait, too. */
static enum status read_waiting(struct txn *txn, struct division author, uint32_t epoch,
                                uint64_t first_lsn, struct buf *whole, struct block_view *block,
                                struct err *err)
{
    struct buf key = BUF_EMPTY;
    struct bytes stored;
    bool found;

    memset(block, 0, sizeof *block);
    log_block_key(&key, author, epoch, first_lsn);
    found = txn_get(txn, SPACE_BLOCKS, buf_bytes(&key), &stored);
    if (found) {
        buf_append_bytes(whole, stored);
    }
    buf_free(&key);
    return found ? block_parse(block, buf_bytes(whole), err)
                 : err_set(err, ERR_NOT_FOUND, "lsn_not_held lsn=%" PRIu64 " division=%s",
                           first_lsn, author.code);
}

/* True when all of it is known now; the row goes then. */
static enum status resume_block(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                                uint32_t epoch, uint64_t first_lsn, bool *known,
                                struct findings *found, struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_body body = {0};
    struct block_view block;
    enum status status = read_waiting(txn, log->author, epoch, first_lsn, &whole, &block, err);

    if (status == OK) {
        status = block_body_read(&body, &block, err);
    }
    if (status == OK) {
        *known = may_obey(ingest, &block.header) &&
                 take_entries(ingest, txn, log, &body, &block.header, found);
    }
    if (status == OK && *known) {
        delete_waits(txn, &block.header);
    }
    buf_free(&whole);
    block_body_free(&body);
    return status == OK || status == ERR_IO
               ? status
               : err_set(err, ERR_CORRUPT, "stored_block_damaged lsn=%" PRIu64 " author=%s",
                         first_lsn, log->author.code);
}

/* Rows are in order of author and lsn; of an author that has to wait still, the rest is left. */
enum status grants_resume(struct ingest *ingest, struct txn *txn, struct findings *found,
                          struct err *err)
{
    struct buf rows = BUF_EMPTY;
    struct division waiting = DIVISION_NONE;
    enum status status =
        txn_scan(txn, SPACE_META, bytes_of(&waits_letter, 1), copy_key, &rows, err);
    struct reader reader = reader_of(buf_bytes(&rows));

    while (status == OK && reader_left(&reader) > 0) {
        struct division author;
        const struct held_log *log;
        uint64_t first_lsn;
        uint32_t epoch;
        bool known = true;

        (void)reader_u8(&reader);
        author = division_read(&reader);
        first_lsn = reader_u64(&reader);
        epoch = reader_u32(&reader);
        log = heads_find(ingest->logs, author);
        if (!reader_ok(&reader) || log == NULL) {
            status = err_set(err, ERR_CORRUPT, "stored_block_damaged lsn=%" PRIu64 " author=%s",
                             first_lsn, author.code);
        } else if (!division_equal(author, waiting)) {
            status = resume_block(ingest, txn, log, epoch, first_lsn, &known, found, err);
            waiting = known ? waiting : author;
        }
    }
    buf_free(&rows);
    return status;
}
