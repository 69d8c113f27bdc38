/* One pass over each log: audit, approvals, replay, each where it applies. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/cover.h"
#include "node/ledger/persons.h"
#include "node/ledger/query_internal.h"
#include "node/ledger/verify_internal.h"
#include "proto/bug.h"
#include "replicator/audit.h"
#include "replicator/log.h"

bool verify_fail(struct verify *verify, enum verify_cause cause, struct division about,
                 const char *format, ...)
{
    va_list args;

    if (verify->cause == VERIFY_SOUND) {
        verify->cause = cause;
        verify->about = about;
        va_start(args, format);
        (void)vsnprintf(verify->fault, sizeof verify->fault, format, args);
        va_end(args);
    }
    return false;
}

/* --- one log --- */

struct log_walk {
    struct verify *verify;
    struct division author;
    bool whole;
    struct audit audit;
    struct persons persons; /* as far as the log was read */
    struct cover *cover;
    struct block_body body;
    struct replay *replay; /* NULL unless deep and whole */
};

static bool fail_at(struct log_walk *walk, enum verify_cause cause, uint64_t lsn, const char *what)
{
    return verify_fail(walk->verify, cause, walk->author, "log of %s, lsn %" PRIu64 ": %s",
                       walk->author.code, lsn, what);
}

/* --- who approved --- */

static bool fail_entry(struct log_walk *walk, const struct entry *entry, const char *what)
{
    struct document document;
    struct bytes id = BYTES_NONE;
    struct err err;

    if (document_decode(&document, entry->kind, entry->body, &err) == OK) {
        id = document_id(&document);
    }
    return verify_fail(walk->verify, VERIFY_AUTHORS, walk->author,
                       "log of %s, lsn %" PRIu64 ", %.*s: %s", walk->author.code, entry->lsn,
                       (int)id.size, (const char *)id.data, what);
}

static bool check_signatures(struct log_walk *walk, const struct block_header *header)
{
    for (size_t i = 0; i < walk->body.group_count; i++) {
        const struct approval_group *group = &walk->body.groups[i];
        const char *fault = cover_signature(header, &walk->body, group);

        walk->verify->counts.signatures++;
        if (fault != NULL) {
            return fail_entry(walk, &walk->body.entries[group->first_entry], fault);
        }
    }
    return true;
}

static bool may_sign(const struct log_walk *walk, const struct approval_group *group)
{
    return group == NULL || persons_may(&walk->persons, &group->key, group->role);
}

/* Entry by entry: what a person may do is what the log said of them before it. */
static bool check_persons(struct log_walk *walk)
{
    const struct cover *cover = walk->cover;

    for (size_t i = 0; i < walk->body.count; i++) {
        const struct entry *entry = &walk->body.entries[i];

        if (!BUG("approval-unchecked") &&
            (!may_sign(walk, cover->maker[i]) || !may_sign(walk, cover->checker[i]))) {
            return fail_entry(walk, entry,
                              "approved by a key that no operator of this division has in that "
                              "role at this point of the log");
        }
        (void)persons_take(&walk->persons, entry);
    }
    return true;
}

/* Of a log that is not held whole the entries that tell its persons are not here. */
static bool check_approvals(struct log_walk *walk, const struct block_header *header)
{
    const struct grant *grant =
        roster_epoch(walk->verify->config.roster, walk->author, header->epoch);
    const struct policy policy = {grant->policy};
    size_t at = 0;
    const char *fault = cover_make(walk->cover, &walk->body, &at);

    if (fault != NULL) {
        return fail_at(walk, VERIFY_AUTHORS, header->first_lsn + at, fault);
    }
    fault = cover_lacks(walk->cover, &walk->body, policy, &at);
    if (fault != NULL) {
        return fail_entry(walk, &walk->body.entries[at], fault);
    }
    return check_signatures(walk, header) && (!walk->whole || check_persons(walk));
}

/* --- blocks --- */

static bool visit_block(void *arg, const struct block_view *block)
{
    struct log_walk *walk = arg;
    struct verify *verify = walk->verify;
    const struct block_header *header = &block->header;
    struct err err;

    if (audit_block(&walk->audit, block, &err) != OK ||
        (verify->config.deep && audit_body(&walk->audit, block, &walk->body, &err) != OK)) {
        return fail_at(walk, VERIFY_STORE, header->first_lsn, err.text);
    }
    verify->counts.blocks++;
    verify->counts.entries += header->count;
    verify->counts.signatures++;
    if (verify->config.deep && !check_approvals(walk, header)) {
        return false;
    }
    if (walk->replay != NULL && !replay_block(walk->replay, header, &walk->body)) {
        return false;
    }
    if (verify->config.progress != NULL) {
        verify->config.progress(verify->config.progress_arg, walk->audit.last_lsn);
    }
    return true;
}

static bool check_blocks(struct log_walk *walk)
{
    const struct verify_config *config = &walk->verify->config;
    struct err err;

    if (log_scan(config->store, config->snapshot, walk->author, 1, visit_block, walk, &err) != OK) {
        return verify_fail(walk->verify, VERIFY_STORE, walk->author,
                           "log of %s, behind lsn %" PRIu64 ": %s", walk->author.code,
                           walk->audit.last_lsn, err.text);
    }
    return walk->verify->cause == VERIFY_SOUND &&
           (walk->replay == NULL || replay_compare(walk->replay, walk->audit.last_lsn));
}

static bool check_log(struct verify *verify, struct division author, bool whole)
{
    struct log_walk walk = {
        .verify = verify, .author = author, .whole = whole, .body = BLOCK_BODY_EMPTY};
    bool sound;

    audit_begin(&walk.audit, verify->config.roster, author, whole);
    walk.cover = mem_zalloc(sizeof *walk.cover);
    walk.replay = verify->config.deep && whole ? replay_open(verify, author) : NULL;
    sound = check_blocks(&walk);
    replay_close(walk.replay);
    mem_free(walk.cover);
    persons_free(&walk.persons);
    block_body_free(&walk.body);
    audit_end(&walk.audit);
    return sound;
}

/* --- a run --- */

struct verify *verify_open(const struct verify_config *config)
{
    struct verify *verify = mem_zalloc(sizeof *verify);

    verify->config = *config;
    verify->stored = txn_open(config->store, config->snapshot);
    verify->jurisdictions = txn_open(&store_empty, NULL);
    return verify;
}

void verify_close(struct verify *verify)
{
    if (verify == NULL) {
        return;
    }
    txn_free(verify->stored);
    txn_free(verify->jurisdictions);
    mem_free(verify);
}

/* A scan tells of a damaged store by its status only. */
static bool check_reads(struct verify *verify, struct division about)
{
    struct err err;

    return txn_status(verify->stored, &err) == OK ||
           verify_fail(verify, VERIFY_STORE, about, "ledger of %s: %s", about.code, err.text);
}

bool verify_log(struct verify *verify, struct division author)
{
    const struct verify_config *config = &verify->config;
    const bool whole = roster_within(config->roster, author, config->self);
    char fault[VERIFY_FAULT_MAX];
    enum verify_cause cause;

    if (!check_log(verify, author, whole)) {
        return false;
    }
    cause = whole ? verify_ledger(verify->stored, config->roster, author, fault, sizeof fault)
                  : VERIFY_SOUND;
    if (cause != VERIFY_SOUND) {
        return verify_fail(verify, cause, author, "%s", fault);
    }
    return check_reads(verify, author);
}

bool verify_jurisdictions(struct verify *verify)
{
    const struct verify_config *config = &verify->config;

    for (size_t i = 0; config->deep && i < roster_count(config->roster); i++) {
        const struct division division = roster_at(config->roster, i)->grant.division;

        if (roster_within(config->roster, division, config->self) &&
            !verify_subtree_rows(verify, division)) {
            return false;
        }
    }
    return check_reads(verify, config->self);
}

const struct verify_counts *verify_counts(const struct verify *verify)
{
    return &verify->counts;
}

const char *verify_fault(const struct verify *verify)
{
    return verify->fault;
}

enum verify_cause verify_cause(const struct verify *verify)
{
    return verify->cause;
}

struct division verify_about(const struct verify *verify)
{
    return verify->about;
}
