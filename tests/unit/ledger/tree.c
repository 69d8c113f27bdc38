#include "tests/unit/ledger/tree.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/verify/person_chain.h"
#include "node/store/store_memory.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/merkle.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/harness/hand_clock.h"
#include "tests/harness/identities.h"

enum { BLOCKS_MAX = 64, AUDIENCES_MAX = 16 };

struct chain_end {
    struct audience audience;
    uint64_t seq;
    struct hash hash;
};

struct office {
    struct tree *tree;
    enum office_name name;
    struct store store;
    uint64_t fence;
    struct sign_key key, maker, checker;
    bool approves, forges;
    enum signers signers;
    unsigned published;
    struct ledger *ledger;
    struct txn *txn;

    /* the open block */
    struct audience audience;
    struct buf entries, groups, bodies;
    size_t body_end[BLOCK_ENTRIES_MAX]; /* in bodies */
    struct hash leaves[BLOCK_ENTRIES_MAX];
    uint32_t count;

    /* the log */
    uint64_t last_lsn;
    struct hash last_hash;
    struct chain_end ends[AUDIENCES_MAX];
    size_t end_count;

    struct buf blocks[BLOCKS_MAX];
    size_t block_count;
    size_t delivered[OFFICES]; /* of its blocks, to each of the others */
    bool cut[OFFICES];
};

struct tree {
    enum office_name strict; /* OFFICES: none */
    struct trust trust;
    struct roster *roster;
    struct office offices[OFFICES];
    uint64_t now_ms;
    size_t alarms;
    char alarm[512];
    struct refusal refusal;
    char code[REASON_CODE_MAX];
};

static const struct {
    const char *code;
    int parent;
} places[OFFICES] = {
    [REGION] = {"540000", -1},          [LHASA] = {"540100", REGION},
    [SHIGATSE] = {"540200", REGION},    [LINZHOU] = {"540121", LHASA},
    [SANGZHUZI] = {"540202", SHIGATSE},
};

struct division tree_division(enum office_name office)
{
    return division_of(places[office].code);
}

const struct store *tree_store(struct tree *tree, enum office_name office)
{
    return &tree->offices[office].store;
}

const struct roster *tree_roster(const struct tree *tree)
{
    return tree->roster;
}

size_t tree_alarms(const struct tree *tree)
{
    return tree->alarms;
}

const struct refusal *tree_refusal(const struct tree *tree)
{
    return &tree->refusal;
}

const char *tree_alarm(const struct tree *tree)
{
    return tree->alarm;
}

static void commit(struct office *office)
{
    commit_txn(&office->store, office->fence, office->txn);
}

/* --- blocks --- */

static struct chain_end *end_of(struct office *office, struct audience audience)
{
    for (size_t i = 0; i < office->end_count; i++) {
        if (audience_equal(&office->ends[i].audience, &audience)) {
            return &office->ends[i];
        }
    }
    assert_true(office->end_count < AUDIENCES_MAX);
    office->ends[office->end_count] = (struct chain_end){audience, 0, HASH_ZERO};
    return &office->ends[office->end_count++];
}

static void seal(struct office *office)
{
    struct chain_end *end = end_of(office, office->audience);
    struct block_header header = {
        .version = BLOCK_VERSION,
        .suite = SUITE_ED25519_BLAKE2B,
        .audience = office->audience,
        .author = tree_division(office->name),
        .epoch = 1,
        .count = office->count,
        .first_lsn = office->last_lsn + 1 - office->count,
        .aud_seq = end->seq + 1,
        .prev_hash = office->last_hash,
        .aud_prev = end->hash,
        .entries_root = merkle_root(office->leaves, office->count),
        .time_ms = office->tree->now_ms,
    };
    struct buf body = BUF_EMPTY, key = BUF_EMPTY, *whole;
    struct hash hash;

    assert_true(office->block_count < BLOCKS_MAX);
    whole = &office->blocks[office->block_count++];
    ledger_own_digest(office->ledger, office->txn, &header.state_digest);
    block_body_write(&body, &header, buf_bytes(&office->entries), buf_bytes(&office->groups));
    buf_clear(whole);
    hash = block_seal(whole, &header, buf_bytes(&body), &office->tree->trust.tree, &office->key);
    log_block_key(&key, header.author, header.epoch, header.first_lsn);
    (void)txn_put(office->txn, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(whole));
    end->seq++;
    end->hash = office->last_hash = hash;
    office->count = 0;
    buf_clear(&office->entries);
    buf_clear(&office->groups);
    buf_clear(&office->bodies);
    commit(office);
    buf_free(&body);
    buf_free(&key);
}

/* Nobody founded these divisions: their persons are the word of their keys. */
static void keep_person(struct office *at, struct division author, const struct entry *entry)
{
    const struct block_header header = {.author = author, .epoch = 1};
    struct entry copy = *entry;
    const struct block_body body = {.entries = &copy, .count = 1};
    struct person_chain chain = {.count = 0};
    struct person_link link;

    if (person_chain_judge(&chain, &header, &body, 0, NULL, NULL, &link)) {
        person_link_store(at->txn, author, &link);
    }
}

static void deliver_to(struct office *to, const struct block_view *block,
                       const struct block_body *body)
{
    const struct division self = tree_division(to->name);
    const struct roster *roster = to->tree->roster;
    struct buf key = BUF_EMPTY;
    struct err err = {OK, ""};

    if (division_equal(block->header.author, self) ||
        !roster_in_audience(roster, self, block->header.author, &block->header.audience)) {
        return;
    }
    log_block_key(&key, block->header.author, block->header.epoch, block->header.first_lsn);
    (void)txn_put(to->txn, SPACE_BLOCKS, buf_bytes(&key), block->whole);
    buf_free(&key);
    for (size_t i = 0; i < body->count; i++) {
        keep_person(to, block->header.author, &body->entries[i]);
    }
    if (roster_within(roster, block->header.author, self)) {
        if (ledger_apply_block(to->ledger, to->txn, &block->header, body->entries, body->count,
                               &err) != OK) {
            fail_msg("%s cannot apply a block of %s: %s", self.code, block->header.author.code,
                     err.text);
        }
    } else {
        ledger_observe_block(to->ledger, to->txn, &block->header, body->entries, body->count);
    }
    if (to->count == 0) { /* else it commits when its block is sealed */
        commit(to);
    }
}

static void deliver(struct office *from, struct office *to)
{
    while (from->delivered[to->name] < from->block_count && !from->cut[to->name]) {
        const struct bytes whole = buf_bytes(&from->blocks[from->delivered[to->name]++]);
        struct block_body body = BLOCK_BODY_EMPTY;
        struct block_view block;
        struct err err = {OK, ""};

        assert_int_equal(block_parse(&block, whole, &err), OK);
        assert_int_equal(block_body_read(&body, &block, &err), OK);
        deliver_to(to, &block, &body);
        block_body_free(&body);
    }
}

static bool anything_open(const struct tree *tree)
{
    for (size_t i = 0; i < OFFICES; i++) {
        if (tree->offices[i].count > 0) {
            return true;
        }
    }
    return false;
}

void tree_seal(struct tree *tree)
{
    do {
        for (size_t i = 0; i < OFFICES; i++) {
            struct office *office = &tree->offices[i];

            if (office->count > 0) {
                seal(office);
            }
            for (size_t to = OFFICES; to-- > 0;) { /* the nearest above first */
                deliver(office, &tree->offices[to]);
            }
        }
    } while (anything_open(tree));
}

void tree_cut(struct tree *tree, enum office_name from, enum office_name to, bool cut)
{
    tree->offices[from].cut[to] = cut;
    if (!cut) {
        tree_seal(tree);
    }
}

void tree_hold_back(struct tree *tree, enum office_name office, bool held)
{
    for (int to = 0; to < OFFICES; to++) {
        tree->offices[office].cut[to] = held;
    }
    if (!held) {
        tree_seal(tree);
    }
}

/* --- entering --- */

static void add_group(struct office *office, const struct sign_key *key, enum approval_role role,
                      const struct entry *entry)
{
    struct entry approved = *entry;
    struct approval_group group;

    approved.format += office->forges ? 1 : 0;
    group = approval_of_entry(&approved, tree_division(office->name), role,
                              &office->tree->trust.tree, key);
    group.first_entry = office->count;
    group_write(&office->groups, &group);
}

static void enter(struct office *office, const struct document *document, bool approved)
{
    const struct audience audience = ledger_audience(office->ledger, office->txn, document);
    struct buf body = BUF_EMPTY;
    struct entry entry;

    if (office->count > 0 && !audience_equal(&audience, &office->audience)) {
        seal(office);
    }
    office->audience = audience;
    document_encode(&body, document);
    entry = (struct entry){++office->last_lsn, ++office->tree->now_ms, document->kind,
                           DOCUMENT_FORMAT, buf_bytes(&body)};
    office->leaves[office->count] = merkle_entry_leaf(&entry);
    entry_write(&office->entries, &entry);
    buf_append_bytes(&office->bodies, entry.body);
    office->body_end[office->count] = office->bodies.size;
    if (approved && office->signers != CHECKER_SIGNS) {
        add_group(office, &office->maker, ROLE_MAKER, &entry);
    }
    if (approved && office->signers != MAKER_SIGNS) {
        add_group(office,
                  office->signers == BOTH_SIGN || office->signers == CHECKER_SIGNS
                      ? &office->checker
                      : &office->maker,
                  ROLE_CHECKER, &entry);
    }
    office->count++;
    keep_person(office, tree_division(office->name), &entry);
    ledger_apply_own(office->ledger, office->txn,
                     &(struct applied){tree_division(office->name), entry.lsn, entry.time_ms,
                                       entry.kind, entry.format, entry.body},
                     document);
    buf_free(&body);
}

void document_fill(struct document *document, const char *kind, const char *id,
                   const char *const fields[])
{
    document_clear(document, kind_named(bytes_text(kind)));
    if (id != NULL) {
        document_set_text(document, FIELD_ID, bytes_text(id));
    }
    document_set_number(document, FIELD_FISCAL_YEAR, 2026);
    for (; fields[0] != NULL; fields += 2) {
        const enum field field = field_named(bytes_text(fields[0]));

        if (field == FIELDS || !document_set(document, field, bytes_text(fields[1]))) {
            fail_msg("%s: the test's own %s=%s is bad", kind, fields[0], fields[1]);
        }
    }
}

const char *tree_say(struct tree *tree, enum office_name name, const char *kind, const char *id,
                     const char *const fields[])
{
    struct office *office = &tree->offices[name];
    struct refusal refusal = {.reason = REASON_NONE};
    struct document document;
    struct buf memory = BUF_EMPTY;
    enum reason reason;

    document_fill(&document, kind, id, fields);
    reason = ledger_check_form(office->ledger, office->txn, &document, true, &refusal);
    if (reason == REASON_NONE) {
        reason = ledger_check_exists(office->ledger, office->txn, &document, &refusal);
    }
    if (reason == REASON_NONE) {
        ledger_complete(office->ledger, office->txn, &document, &memory);
        reason = ledger_check_rules(office->ledger, office->txn, &document, &refusal);
    }
    tree->code[0] = '\0';
    if (reason == REASON_NONE) {
        enter(office, &document, office->approves);
    } else {
        tree->refusal = refusal;
        reason_code(tree->code, &refusal);
    }
    buf_free(&memory);
    return tree->code;
}

/* Noon by local time. */
void tree_set_day(struct tree *tree, const char *date)
{
    struct tm day = {.tm_hour = 4};
    uint64_t day_ms;

    assert_int_equal(sscanf(date, "%4d-%2d-%2d", &day.tm_year, &day.tm_mon, &day.tm_mday), 3);
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    day_ms = (uint64_t)timegm(&day) * 1000;
    assert_true(day_ms > tree->now_ms);
    tree->now_ms = day_ms;
}

static void publish(struct office *office, const char *id, const char *name,
                    const struct sign_key *key, const char *role)
{
    struct document document;

    document_clear(&document, KIND_OPERATOR);
    document_set_text(&document, FIELD_ID, bytes_text(id));
    document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&document, FIELD_NAME, bytes_text(name));
    document_set_text(&document, FIELD_ENABLED, bytes_text(role[0] == '\0' ? "2" : "1"));
    document_set_text(&document, FIELD_OPERATOR_KEY, bytes_of(key->public.at, PUBLIC_KEY_SIZE));
    document_set_text(&document, FIELD_ROLE, bytes_text(role[0] == '\0' ? "maker,checker" : role));
    enter(office, &document, false);
}

void tree_approve(struct tree *tree, enum office_name name)
{
    struct office *office = &tree->offices[name];

    sign_key_generate(&office->maker);
    sign_key_generate(&office->checker);
    publish(office, ".omaker", "maker", &office->maker, "maker");
    publish(office, ".ochecker", "checker", &office->checker, "checker");
    office->approves = true;
}

void tree_signers(struct tree *tree, enum office_name office, enum signers signers)
{
    tree->offices[office].signers = signers;
}

void tree_publish(struct tree *tree, enum office_name name, enum approval_role who,
                  const char *roles)
{
    struct office *office = &tree->offices[name];
    char id[16];

    (void)snprintf(id, sizeof id, ".oagain%u", office->published++);
    publish(office, id, id + 2, who == ROLE_MAKER ? &office->maker : &office->checker, roles);
}

void tree_one_person(struct tree *tree, enum office_name name)
{
    struct office *office = &tree->offices[name];

    publish(office, ".oother", "maker", &office->checker, "checker");
}

void tree_impostor(struct tree *tree, enum office_name office)
{
    sign_key_generate(&tree->offices[office].checker);
}

void tree_forge(struct tree *tree, enum office_name office)
{
    tree->offices[office].forges = true;
}

/* --- the ledgers' outside --- */

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    struct office *office = arg;
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;
    bool there;

    if (division_equal(author, tree_division(office->name)) &&
        lsn > office->last_lsn - office->count && lsn <= office->last_lsn) {
        const size_t index = (size_t)(lsn - (office->last_lsn - office->count) - 1);
        const size_t begin = index == 0 ? 0 : office->body_end[index - 1];

        buf_clear(memory);
        buf_append(memory, office->bodies.data + begin, office->body_end[index] - begin);
        *body = buf_bytes(memory);
        return true;
    }
    there = log_read_entry(&office->store, NULL, author, lsn, &block, &entry, &err) == OK;
    if (there) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return there;
}

static void settle_due(void *arg, struct txn *txn, const struct document *settle)
{
    struct office *office = arg;

    assert_ptr_equal(txn, office->txn);
    enter(office, settle, false);
}

static void alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    struct tree *tree = ((struct office *)arg)->tree;

    tree->alarms++;
    (void)snprintf(tree->alarm, sizeof tree->alarm, "%s: %s: %s", alarm_info(code)->name,
                   about.code, message);
    message_to_line(tree->alarm);
}

static uint64_t own_lsn(void *arg, uint64_t *time_ms)
{
    const struct office *office = arg;

    *time_ms = office->tree->now_ms;
    return office->last_lsn;
}

/* --- life --- */

static void grant(struct tree *tree, struct office *office)
{
    const int parent = places[office->name].parent;
    struct grant grant =
        first_grant(tree_division(office->name),
                    parent < 0 ? DIVISION_NONE : tree_division((enum office_name)parent));

    if (office->name == tree->strict) {
        grant.policy = NUMBER_SET_ALL;
    }
    trust_admit(&tree->trust, &grant, &office->key, parent < 0 ? NULL : &tree->offices[parent].key,
                tree->roster);
}

static void office_open(struct office *office)
{
    struct err err = {OK, ""};

    store_memory_open(&office->store);
    assert_int_equal(office->store.ops->claim(office->store.self, &office->fence, &err), OK);
    office->txn = txn_open(&office->store, NULL);
    office->ledger = ledger_open(&(struct ledger_config){
        .self = tree_division(office->name),
        .roster = office->tree->roster,
        .sink = {office, read_entry, settle_due, alarm, own_lsn},
    });
}

static struct tree *new_tree(enum office_name strict, enum office_name absent)
{
    struct tree *tree = mem_zalloc(sizeof *tree);

    tree->strict = strict;
    tree->now_ms = NEW_YEAR_2026_MS;
    trust_generate(&tree->trust);
    tree->roster = roster_new(&tree->trust.tree, DIVISION_NONE);
    for (int i = 0; i < OFFICES; i++) {
        tree->offices[i].tree = tree;
        tree->offices[i].name = (enum office_name)i;
        sign_key_generate(&tree->offices[i].key);
        if (i != (int)absent) {
            grant(tree, &tree->offices[i]);
        }
    }
    for (int i = 0; i < OFFICES; i++) {
        office_open(&tree->offices[i]);
    }
    return tree;
}

struct tree *tree_new(void)
{
    return new_tree(OFFICES, OFFICES);
}

struct tree *tree_new_strict(enum office_name strict)
{
    return new_tree(strict, OFFICES);
}

struct tree *tree_new_without(enum office_name absent)
{
    return new_tree(OFFICES, absent);
}

/* It hears all that is addressed to it, from the first block on. */
void tree_join(struct tree *tree, enum office_name absent)
{
    grant(tree, &tree->offices[absent]);
    for (int from = 0; from < OFFICES; from++) {
        tree->offices[from].delivered[absent] = 0;
    }
    tree_seal(tree);
}

void tree_free(struct tree *tree)
{
    for (int i = 0; i < OFFICES; i++) {
        struct office *office = &tree->offices[i];

        ledger_close(office->ledger);
        txn_free(office->txn);
        office->store.ops->close(office->store.self);
        buf_free(&office->entries);
        buf_free(&office->groups);
        buf_free(&office->bodies);
        for (size_t b = 0; b < BLOCKS_MAX; b++) {
            buf_free(&office->blocks[b]);
        }
    }
    roster_free(tree->roster);
    mem_free(tree);
}

void tree_tamper(struct tree *tree, enum office_name name, enum store_space space, struct bytes key,
                 struct bytes value)
{
    struct office *office = &tree->offices[name];

    if (value.data == NULL) {
        txn_delete(office->txn, space, key);
    } else {
        (void)txn_put(office->txn, space, key, value);
    }
    commit(office);
}

/* --- a story --- */

void tree_carry_money(struct tree *tree)
{
    DO(tree, REGION, "agency", "AG-1", "agency_code", "001001", "agency_name", "自治区教育厅");
    DO(tree, REGION, "project", "PR-1", "pro_code", "540000260001", "state", "reserved", "pro_name",
       "义务教育", "pro_cat_code", "3", "agency_code", "001001", "setup_year", "2026");
    DO(tree, REGION, "budget", "B-1", "stage", "reply", "fund_type_code", "111", "amount", "1000",
       "approval_ref", "藏人发〔2026〕1号", "exp_func_code", "2050202");
    DO(tree, REGION, "transfer", "T-1", "ori_bgt_id", "B-1", "rec_div_code", "540100", "amount",
       "600", "cor_bgt_doc_no", "藏财预〔2026〕1号", "tra_type_code", "general", "stage", "formal");
    DO(tree, REGION, "allocate", "A-1", "ori_bgt_id", "B-1", "agency_code", "001001", "amount",
       "100", "pro_code", "540000260001");
    DO(tree, REGION, "release", "L-1", "bgt_id", "A-1", "cor_bgt_doc_no", "藏财预〔2026〕2号");
    tree_seal(tree);
    DO(tree, LHASA, "agency", "AG-1", "agency_code", "001001", "agency_name", "拉萨市教育局");
    DO(tree, LHASA, "register", "R-1", "bgt_id", "T-1");
    DO(tree, LHASA, "transfer", "T-2", "ori_bgt_id", "R-1", "rec_div_code", "540121", "amount",
       "200", "cor_bgt_doc_no", "拉财预〔2026〕1号", "tra_type_code", "general", "stage", "formal");
    DO(tree, LHASA, "allocate", "A-2", "ori_bgt_id", "R-1", "agency_code", "001001", "amount",
       "300");
    DO(tree, LHASA, "release", "L-2", "bgt_id", "A-2", "cor_bgt_doc_no", "拉财预〔2026〕2号");
    tree_seal(tree);
    DO(tree, LINZHOU, "agency", "AG-1", "agency_code", "001001", "agency_name", "林周县教育局");
    DO(tree, LINZHOU, "register", "R-2", "bgt_id", "T-2");
    DO(tree, LINZHOU, "allocate", "A-3", "ori_bgt_id", "R-2", "agency_code", "001001", "amount",
       "150");
    DO(tree, LINZHOU, "release", "L-3", "bgt_id", "A-3", "cor_bgt_doc_no", "林财预〔2026〕1号");
    DO(tree, LINZHOU, "payment", "P-1", "bgt_id", "A-3", "pay_app_amt", "60", "payee_acct_name",
       "拉萨市建筑公司", "payee_acct_no", "6222", "payee_acct_bank_name", "中国农业银行林周县支行",
       "use_des", "校舍维修");
    DO(tree, LINZHOU, "paid", "V-1", "pay_app_id", "P-1", "xpay_amt", "40", "xpay_date",
       "2026-03-01", "agent_business_no", "ABC0001");
    tree_seal(tree);
}
