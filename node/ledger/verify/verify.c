/* One pass over each log: audit, approvals, replay, each where it applies. */
#include "node/ledger/verify/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/verify/approval_judge.h"
#include "node/ledger/verify/verify_fault.h"
#include "node/ledger/verify/verify_ledger.h"
#include "node/ledger/verify/verify_replay.h"
#include "node/ledger/verify/verify_rows.h"
#include "node/ledger/verify/verify_unanswered.h"
#include "replicator/log/audit.h"
#include "replicator/log/sealing.h"

/* --- one log --- */

struct log_walk {
    struct verify *verify;
    struct division author;
    struct audit audit;
    struct approval_judge judge;
    struct person_chain chain; /* as far as the log was read */
    uint32_t chain_epoch;      /* of the founders that it begins with; 0: none yet */
    struct block_body body;
    struct replay *replay; /* NULL unless deep */
    bool broken;           /* what follows in this log cannot be told */
};

static bool fail_at(struct log_walk *walk, enum verify_cause cause, uint64_t lsn, const char *what)
{
    return verify_fail(walk->verify, cause, walk->author,
                       "in_log_at division=%s lsn=%" PRIu64 " why=%s", walk->author.code, lsn,
                       what);
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
                       "in_log_entry division=%s lsn=%" PRIu64 " id=%.*s why=%s", walk->author.code,
                       entry->lsn, (int)id.size, (const char *)id.data, what);
}

static void note_fault(void *arg, size_t index, const char *why)
{
    struct log_walk *walk = arg;

    (void)fail_entry(walk, &walk->body.entries[index], why);
}

static void note_person(void *arg, const struct person_link *link)
{
    struct log_walk *walk = arg;

    if (link->why[0] != '\0') {
        (void)verify_fail(walk->verify, VERIFY_AUTHORS, walk->author,
                          "in_log_person division=%s lsn=%" PRIu64 " name=%s why=%s",
                          walk->author.code, link->lsn, link->name, link->why);
    }
}

/* An epoch with other founders begins a chain of its own. */
static void follow_epoch(struct log_walk *walk, uint32_t epoch)
{
    struct person_chain chain;

    if (epoch == walk->chain_epoch) {
        return;
    }
    person_chain_begin(&chain, walk->verify->config.roster, walk->author, epoch);
    if (walk->chain_epoch == 0 || chain.first_epoch > walk->chain_epoch) {
        person_chain_free(&walk->chain);
        walk->chain = chain;
    } else {
        person_chain_free(&chain);
    }
    walk->chain_epoch = epoch;
}

/* The entries that tell a log's persons go to all below it too: of a log from above, they are here
 * even though other entries are not. */
static void check_approvals(struct log_walk *walk, const struct block_header *header)
{
    const struct approval_findings findings = {walk, note_fault, note_person};
    const struct grant *grant =
        roster_epoch(walk->verify->config.roster, walk->author, header->epoch);
    const uint64_t before = walk->judge.verified;

    follow_epoch(walk, header->epoch);
    approval_judge_block(&walk->judge, &walk->chain, true, (struct policy){grant->policy}, header,
                         &walk->body, &findings);
    walk->verify->counts.signatures += walk->judge.verified - before;
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
        walk->broken = true;
        return fail_at(walk, VERIFY_STORE, header->first_lsn, err.text);
    }
    verify->counts.blocks++;
    verify->counts.entries += header->count;
    verify->counts.signatures++;
    if (verify->config.deep) {
        check_approvals(walk, header);
    }
    if (walk->replay != NULL && !replay_block(walk->replay, header, &walk->body)) {
        walk->broken = true;
        return false;
    }
    if (verify->config.progress != NULL) {
        verify->config.progress(verify->config.progress_arg, walk->audit.last_lsn);
    }
    return true;
}

static void check_blocks(struct log_walk *walk)
{
    const struct verify_config *config = &walk->verify->config;
    struct err err;

    if (log_scan(config->store, config->snapshot, walk->author, 1, visit_block, walk, &err) != OK) {
        (void)verify_fail(walk->verify, VERIFY_STORE, walk->author,
                          "in_log_behind division=%s lsn=%" PRIu64 " why=%s", walk->author.code,
                          walk->audit.last_lsn, err.text);
        walk->broken = true;
    }
    if (walk->replay != NULL && !walk->broken) {
        walk->broken = !replay_compare(walk->replay, walk->audit.last_lsn);
        walk->verify->codes_read +=
            !walk->broken && roster_within(config->roster, config->self, walk->author);
    }
    walk->verify->incomplete |= walk->broken;
}

static bool check_log(struct verify *verify, struct division author, bool whole)
{
    struct log_walk walk = {.verify = verify, .author = author, .body = BLOCK_BODY_EMPTY};
    const uint64_t before = verify->fault_total;

    audit_begin(&walk.audit, verify->config.roster, author, whole);
    approval_judge_init(&walk.judge, roster_tree(verify->config.roster));
    walk.replay = verify->config.deep ? replay_open(verify, author) : NULL;
    check_blocks(&walk);
    replay_close(walk.replay);
    approval_judge_free(&walk.judge);
    person_chain_free(&walk.chain);
    block_body_free(&walk.body);
    audit_end(&walk.audit);
    return verify->fault_total == before;
}

/* --- a run --- */

struct verify *verify_open(const struct verify_config *config)
{
    struct verify *verify = mem_zalloc(sizeof *verify);

    verify->config = *config;
    verify->stored = txn_open(config->store, config->snapshot);
    verify->jurisdictions = txn_open(&store_empty, NULL);
    verify->codes = txn_open(&store_empty, NULL);
    return verify;
}

void verify_close(struct verify *verify)
{
    if (verify == NULL) {
        return;
    }
    txn_free(verify->stored);
    txn_free(verify->jurisdictions);
    txn_free(verify->codes);
    mem_free(verify->faults);
    mem_free(verify);
}

/* A scan tells of a damaged store by its status only. */
static bool check_reads(struct verify *verify, struct division about)
{
    struct err err;

    return txn_status(verify->stored, &err) == OK ||
           verify_fail(verify, VERIFY_STORE, about, "in_ledger division=%s why=%s", about.code,
                       err.text);
}

bool verify_log(struct verify *verify, struct division author)
{
    const struct verify_config *config = &verify->config;
    const bool whole = roster_within(config->roster, author, config->self);
    char fault[VERIFY_FAULT_MAX];
    enum verify_cause cause;

    if (!check_log(verify, author, whole)) {
        return false; /* its rows are named one by one: the invariants would say the same again */
    }
    cause = whole ? verify_ledger(verify->stored, config->roster, author, fault, sizeof fault)
                  : VERIFY_SOUND;
    if (cause != VERIFY_SOUND) {
        return verify_fail(verify, cause, author, "%s", fault);
    }
    if (config->deep && division_equal(author, config->self) && !verify_unanswered(verify)) {
        return false;
    }
    return check_reads(verify, author);
}

/* Codes come of the logs from here up to the root: with one of them unread, nothing can be said. */
static bool check_codes(struct verify *verify)
{
    const struct member *member = roster_find(verify->config.roster, verify->config.self);
    size_t logs = 0;

    for (; member != NULL; member = member->parent) {
        logs++;
    }
    return verify->codes_read != logs || verify_code_rows(verify);
}

bool verify_shared(struct verify *verify)
{
    const struct verify_config *config = &verify->config;
    bool sound = true;

    for (size_t i = 0; config->deep && !verify->incomplete && i < roster_count(config->roster);
         i++) {
        const struct division division = roster_at(config->roster, i)->grant.division;

        if (roster_within(config->roster, division, config->self)) {
            sound = verify_subtree_rows(verify, division) && sound;
        }
    }
    if (config->deep) {
        sound = check_codes(verify) && sound;
    }
    return check_reads(verify, config->self) && sound;
}

const struct verify_counts *verify_counts(const struct verify *verify)
{
    return &verify->counts;
}
