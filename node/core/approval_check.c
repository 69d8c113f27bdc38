#include "node/core/approval_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/families/policy_in_force.h"
#include "node/ledger/families/withdraw.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/schema/kinds.h"
#include "proto/array.h"
#include "replicator/log/sealing.h"

/* What is found in one block. */
struct finding {
    struct approval_check *check;
    struct txn *txn;
    const struct roster *roster;
    const struct block_header *header;
    const struct block_body *body;
    struct unapproved first; /* of those marked now; lsn 0: none */
    struct unapproved_sum sum;
    bool anybody; /* became a person, or is one no more */
};

void approval_check_open(struct approval_check *check, struct division self,
                         const struct hash *tree, const struct store *store, struct alarms *alarms)
{
    *check = (struct approval_check){.self = self, .store = store, .alarms = alarms};
    approval_judge_init(&check->judge, tree);
}

void approval_check_close(struct approval_check *check)
{
    approval_judge_free(&check->judge);
    for (size_t i = 0; i < CHAINS_KEPT; i++) {
        person_chain_free(&check->chains[i].chain);
    }
}

/* --- chains --- */

static struct person_chain *chain_of(struct approval_check *check, struct txn *txn,
                                     const struct roster *roster, struct division author,
                                     uint32_t epoch)
{
    struct kept_chain *kept;

    for (size_t i = 0; i < CHAINS_KEPT; i++) {
        kept = &check->chains[i];
        if (kept->epoch == epoch && division_equal(kept->author, author)) {
            return &kept->chain;
        }
    }
    kept = &check->chains[check->next];
    check->next = (check->next + 1) % CHAINS_KEPT;
    person_chain_free(&kept->chain);
    kept->author = author;
    kept->epoch = epoch;
    person_chain_load(&kept->chain, txn, roster, author, epoch);
    return &kept->chain;
}

/* --- entries --- */

static void note_fault(void *arg, size_t index, const char *why)
{
    struct finding *finding = arg;
    const struct entry *entry = &finding->body->entries[index];
    struct unapproved mark = {.lsn = entry->lsn, .kind = entry->kind};
    struct document document;
    struct err err;

    if (document_decode(&document, entry->kind, entry->body, &err) == OK) {
        const struct bytes id = document_id(&document);

        mark.amount = document_money(&document);
        (void)snprintf(mark.id, sizeof mark.id, "%.*s", (int)id.size, (const char *)id.data);
    }
    (void)snprintf(mark.why, sizeof mark.why, "%s", why);
    unapproved_mark(finding->txn, finding->header->author, &mark);
    finding->check->marked++;
    finding->sum.count++;
    finding->sum.amount += mark.amount;
    if (finding->first.lsn == 0) {
        finding->first = mark;
    }
}

/* What a node answers to a withdraw has no persons. */
static bool excuse(void *arg, const struct entry *entry)
{
    return withdraw_excuses(((struct finding *)arg)->txn, entry);
}

static enum alarm_code alarm_for(const char *why)
{
    static const char *const missing[] = {"approval_no_maker", "approval_no_checker",
                                          "approval_one_person"};

    for (size_t i = 0; i < COUNT_OF(missing); i++) {
        if (strcmp(why, missing[i]) == 0) {
            return ALARM_APPROVAL_MISSING;
        }
    }
    return strcmp(why, "approval_stale") == 0 ? ALARM_APPROVAL_STALE : ALARM_APPROVAL_INVALID;
}

static void alarm_block(const struct finding *finding)
{
    char amount[AMOUNT_TEXT_MAX];

    if (finding->first.lsn == 0) {
        return;
    }
    amount_format(amount, finding->sum.amount);
    alarms_raise(finding->check->alarms, alarm_for(finding->first.why), finding->header->author,
                 "approval_fault lsn=%" PRIu64 " count=%" PRIu64 " amount=%s why=%s",
                 finding->first.lsn, finding->sum.count, amount, finding->first.why);
}

/* --- persons --- */

static bool is_parent(const struct finding *finding)
{
    const struct member *author = roster_find(finding->roster, finding->header->author);

    return author != NULL && author->parent != NULL &&
           division_equal(author->parent->grant.division, finding->check->self);
}

static void note_person(void *arg, const struct person_link *link)
{
    struct finding *finding = arg;
    const struct division author = finding->header->author;

    person_link_store(finding->txn, author, link);
    if (link->why[0] != '\0') {
        alarms_raise(finding->check->alarms, ALARM_PERSON_UNVOUCHED, author,
                     "person_outside lsn=%" PRIu64 " name=%s why=%s", link->lsn, link->name,
                     link->why);
        return;
    }
    finding->anybody = true;
    if (link->signers == 1 && link->roles != 0 && is_parent(finding)) {
        alarms_raise(finding->check->alarms, ALARM_PERSON_ADDED, author,
                     "person_by lsn=%" PRIu64 " name=%s by=%s", link->lsn, link->name, link->by[0]);
    }
}

/* --- once more --- */

enum { AGAIN_MAX = 4096 }; /* marks judged again in one go */

struct again {
    uint64_t lsns[AGAIN_MAX];
    size_t count;
};

static bool take_unknown(void *arg, const struct unapproved *mark)
{
    struct again *again = arg;

    if (strcmp(mark->why, "signer_unknown") == 0) {
        again->lsns[again->count++] = mark->lsn;
    }
    return again->count < AGAIN_MAX;
}

struct second_look {
    struct txn *txn;
    bool faulty[BLOCK_ENTRIES_MAX];
};

static void note_again(void *arg, size_t index, const char *why)
{
    (void)why;
    ((struct second_look *)arg)->faulty[index] = true;
}

static void pass_person(void *arg, const struct person_link *link)
{
    (void)arg;
    (void)link; /* it was kept when the block came */
}

static bool excuse_again(void *arg, const struct entry *entry)
{
    return withdraw_excuses(((struct second_look *)arg)->txn, entry);
}

static struct policy policy_of(const struct roster *roster, const struct block_header *header)
{
    const struct grant *grant = roster_epoch(roster, header->author, header->epoch);

    return (struct policy){grant == NULL ? NUMBER_SET_NONE : grant->policy};
}

/* Judges a held block with what the chain says now; the marks of what holds go. Returns how many of
 * the lsns lie in it. */
static size_t look_again(struct finding *finding, const uint64_t *lsns, size_t count,
                         const struct block_view *block, const struct block_body *body)
{
    struct second_look look = {.txn = finding->txn};
    const struct approval_findings findings = {&look, note_again, pass_person, excuse_again};
    const struct block_header *header = &block->header;
    struct person_chain chain;
    size_t done = 0;

    person_chain_load(&chain, finding->txn, finding->roster, header->author, header->epoch);
    approval_judge_block(&finding->check->judge, &chain, false, policy_of(finding->roster, header),
                         header, body, &findings);
    person_chain_free(&chain);
    for (; done < count && lsns[done] <= block_last_lsn(header); done++) {
        if (!look.faulty[lsns[done] - header->first_lsn]) {
            unapproved_clear(finding->txn, header->author, lsns[done]);
            policy_approved(finding->txn, header->author,
                            &body->entries[lsns[done] - header->first_lsn]);
        }
    }
    return done;
}

/* What named a person whom nobody had told of yet. A block of this very turn is not in the store;
 * it came behind what it needs. */
static void judge_again(struct finding *finding)
{
    struct again *again = mem_zalloc(sizeof *again);
    const struct division author = finding->header->author;
    size_t at = 0;

    unapproved_each(finding->txn, author, 0, take_unknown, again);
    while (at < again->count) {
        struct block_body body = BLOCK_BODY_EMPTY;
        struct buf whole = BUF_EMPTY;
        struct block_view block;
        struct err err;
        size_t done = 0;
        const enum status status = log_read_block(finding->check->store, NULL, author,
                                                  again->lsns[at], &whole, &block, &err);

        if (status == ERR_CORRUPT || status == ERR_IO) {
            txn_fail(finding->txn, &err);
        }
        if (status == OK && block_body_read(&body, &block, &err) == OK) {
            done = look_again(finding, again->lsns + at, again->count - at, &block, &body);
        }
        at += done == 0 ? 1 : done;
        block_body_free(&body);
        buf_free(&whole);
    }
    mem_free(again);
}

/* --- a block --- */

/* Where a policy asks for nobody, some kinds take two persons all the same. */
static bool concerns_persons(struct policy policy, const struct block_body *body)
{
    for (size_t i = 0; i < body->count; i++) {
        if (body->entries[i].kind == KIND_OPERATOR ||
            policy_needs_entry(policy, &body->entries[i])) {
            return true;
        }
    }
    return false;
}

bool approval_check(struct approval_check *check, struct txn *txn, const struct roster *roster,
                    const struct block_header *header, const struct block_body *body)
{
    struct finding finding = {
        .check = check, .txn = txn, .roster = roster, .header = header, .body = body};
    const struct approval_findings findings = {&finding, note_fault, note_person, excuse};
    const struct policy policy = policy_of(roster, header);

    if (number_set_is_empty(&policy.kinds) && body->group_count == 0 &&
        !concerns_persons(policy, body)) {
        return false;
    }
    approval_judge_block(&check->judge, chain_of(check, txn, roster, header->author, header->epoch),
                         false, policy, header, body, &findings);
    alarm_block(&finding);
    if (finding.anybody) {
        judge_again(&finding);
    }
    return finding.anybody;
}
