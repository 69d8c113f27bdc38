/* One pass over each log: audit, approvals, replay, each where it applies. */
#include "node/ledger/verify/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/families/withdraw.h"
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

/* What a node answers to a withdraw that is held here has no persons. */
static bool excuse(void *arg, const struct entry *entry)
{
    return withdraw_excuses(((struct log_walk *)arg)->verify->stored, entry);
}

/* The entries that tell a log's persons go to all below it too: of a log from above, they are here
 * even though other entries are not. */
static void check_approvals(struct log_walk *walk, const struct block_header *header)
{
    const struct approval_findings findings = {walk, note_fault, note_person, excuse};
    const struct grant *grant =
        roster_epoch(walk->verify->config.roster, walk->author, header->epoch);
    const uint64_t before = walk->judge.verified;

    follow_epoch(walk, header->epoch);
    approval_judge_block(&walk->judge, &walk->chain, true, (struct policy){grant->policy}, header,
                         &walk->body, &findings);
    walk->verify->counts.signatures += walk->judge.verified - before;
}

/* --- blocks --- */

/* What an author signed over other entries than it sent is its own fault, and its log goes on. */
static void check_root(struct log_walk *walk, const struct block_header *header)
{
    struct err err;

    if (audit_root(header, &walk->body, walk->audit.leaves, &err) != OK) {
        (void)fail_at(walk, VERIFY_AUTHORS, header->first_lsn, err.text);
    }
}

static void check_body(struct log_walk *walk, const struct block_view *block)
{
    const struct block_header *header = &block->header;
    struct err err;

    if (block_body_read(&walk->body, block, &err) != OK) {
        walk->broken = true;
        (void)fail_at(walk, VERIFY_STORE, header->first_lsn, err.text);
        return;
    }
    check_root(walk, header);
    check_approvals(walk, header);
    if (!walk->broken) {
        walk->broken = !replay_block(walk->replay, header, &walk->body);
    }
}

/* A block that does not hold ends the replay of its log; what follows is looked at all the same. */
static bool visit_block(void *arg, const struct block_view *block)
{
    struct log_walk *walk = arg;
    struct verify *verify = walk->verify;
    const struct block_header *header = &block->header;
    struct err err;

    if (audit_block(&walk->audit, block, &err) != OK) {
        walk->broken = true;
        (void)fail_at(walk, VERIFY_STORE, header->first_lsn, err.text);
        audit_pass(&walk->audit, block);
        return true;
    }
    verify->counts.blocks++;
    verify->counts.entries += header->count;
    verify->counts.signatures++;
    if (verify->config.deep) {
        check_body(walk, block);
    }
    if (verify->config.progress != NULL) {
        verify->config.progress(verify->config.progress_arg, walk->audit.last_lsn);
    }
    return true;
}

/* A block that cannot even be read is passed over, while that leads on. */
static void scan_blocks(struct log_walk *walk)
{
    const struct verify_config *config = &walk->verify->config;
    uint64_t from = 1, before;
    struct err err;

    do {
        before = from;
        if (log_scan(config->store, config->snapshot, walk->author, from, visit_block, walk,
                     &err) == OK) {
            return;
        }
        (void)verify_fail(walk->verify, VERIFY_STORE, walk->author,
                          "in_log_behind division=%s lsn=%" PRIu64 " why=%s", walk->author.code,
                          walk->audit.last_lsn, err.text);
        walk->broken = true;
        from = walk->audit.last_lsn + 2; /* behind where the next one begins */
    } while (from > before);
}

static void check_blocks(struct log_walk *walk)
{
    const struct verify_config *config = &walk->verify->config;

    scan_blocks(walk);
    if (walk->replay != NULL && !walk->broken) {
        walk->broken = !replay_compare(walk->replay, walk->audit.last_lsn);
        walk->verify->codes_read +=
            !walk->broken && roster_within(config->roster, config->self, walk->author);
    }
    walk->verify->incomplete |= walk->broken;
}

static void check_log(struct verify *verify, struct division author, bool whole)
{
    struct log_walk walk = {.verify = verify, .author = author, .body = BLOCK_BODY_EMPTY};

    audit_begin(&walk.audit, verify->config.roster, author, whole);
    approval_judge_init(&walk.judge, roster_tree(verify->config.roster));
    walk.replay = verify->config.deep ? replay_open(verify, author) : NULL;
    check_blocks(&walk);
    replay_close(walk.replay);
    approval_judge_free(&walk.judge);
    person_chain_free(&walk.chain);
    block_body_free(&walk.body);
    audit_end(&walk.audit);
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

struct ledger_walk {
    struct verify *verify;
    struct division author;
};

static void take_fault(void *arg, enum verify_cause cause, const char *fault)
{
    const struct ledger_walk *walk = arg;

    (void)verify_fail(walk->verify, cause, walk->author, "%s", fault);
}

bool verify_log(struct verify *verify, struct division author)
{
    const struct verify_config *config = &verify->config;
    const bool whole = roster_within(config->roster, author, config->self);
    const uint64_t faults = verify->fault_total, of_store = verify->store_total;
    struct ledger_walk walk = {verify, author};

    check_log(verify, author, whole);
    if (verify->store_total != of_store) {
        return false; /* its rows are named one by one: the invariants would say the same again */
    }
    if (whole) {
        (void)verify_ledger_each(verify->stored, config->roster, author, take_fault, &walk);
    }
    if (config->deep && division_equal(author, config->self)) {
        (void)verify_unanswered(verify);
    }
    return check_reads(verify, author) && verify->fault_total == faults;
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

    if (config->deep && !verify->incomplete) {
        sound = verify_jurisdictions(verify);
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
