/* test_relations - every way in which two ends of one log can stand to each other, told from below
 * and from above, of a log from above and from below, on a line and on a tree: what the node that
 * hears it does, and what it says once a block is shown, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/core.h"
#include "replicator/log/evidence.h"
#include "replicator/session/claim.h"
#include "replicator/store/row_letters.h"
#include "tests/harness/commit.h"

enum { CREDIT = 64 << 20 };

static struct puppet puppet;

/* --- who hears of whose log --- */

enum whose { CHILD_OF_OURS, CHILD_OF_ITS, PARENT_OF_OURS, PARENT_OF_ITS, SIDES };
static const struct side {
    const char *name, *author;
    int real, played, writer;
    bool is_own; /* of the node that hears */
} sides[SIDES] = {
    [CHILD_OF_OURS] = {"a child, of the log of its parent", "R", REGION, CITY, REGION, true},
    [CHILD_OF_ITS] = {"a child, of its own log", "C1", REGION, CITY, CITY, false},
    [PARENT_OF_OURS] = {"a parent, of the log of its child", "C1", CITY, REGION, CITY, true},
    [PARENT_OF_ITS] = {"a parent, of its own log", "R", CITY, REGION, REGION, false},
};

enum relation {
    EQUAL,
    BEHIND,
    AHEAD,
    WITHIN,
    OTHER,
    OTHER_BEFORE,
    LATER_EPOCH,
    LATER_AT_END,
    FORMER_AT_END,
    UNKNOWN_AT_END,
    RELATIONS
};
/* Once a block is shown that its author signed, and that stands as was told. The own log stops at
 * a fork and at what is newer; at nothing less. */
enum outcome { NOTHING_SHOWN, FORK, NEWER, IS_OVER, NOT_KNOWN };
static const struct {
    const char *name;
    bool own_asks, asks; /* for a block, of the own log and of another */
    enum outcome own, other;
    /* Two epochs have the author's key: the second is granted before the log, or behind it. */
    uint32_t epoch_before, epoch_behind;
} relations[RELATIONS] = {
    [EQUAL] = {"the same end", .asks = false},
    [BEHIND] = {"an end before ours", .asks = false},
    [AHEAD] = {"an end behind ours", true, false, NEWER},
    [WITHIN] = {"an end within a block of ours", true, true, FORK, FORK},
    [OTHER] = {"another block at our end", true, true, FORK, FORK},
    [OTHER_BEFORE] = {"another block before our end", true, true, FORK, FORK},
    [LATER_EPOCH] = {"an end in a later epoch", true, false, NEWER},
    [LATER_AT_END] = {"our end in a later epoch", true, true, NEWER, NEWER, 1, 2},
    [FORMER_AT_END] = {"our end in an epoch that is over", true, true, IS_OVER, IS_OVER, 2, 2},
    [UNKNOWN_AT_END] = {"our end in an epoch that nobody granted", true, true, NOT_KNOWN,
                        NOT_KNOWN},
};

/* --- the log: blocks of one, three and one entries --- */

struct log {
    struct audience audience;
    uint32_t epoch;     /* that it is written in */
    uint64_t base, seq; /* before it, of all and of this audience */
    struct hash base_hash, base_seq_hash;
    struct hash end[3];
};
static const unsigned sizes[] = {1, 3, 1};

static uint64_t end_lsn(const struct log *log, int block)
{
    uint64_t lsn = log->base;

    for (int i = 0; i <= block; i++) {
        lsn += sizes[i];
    }
    return lsn;
}

/* The block `index` of that log, or another one in its place; `text` "" for the true one. */
static struct hash write_block(struct buf *out, const struct side *side, const struct log *log,
                               int index, unsigned count, const char *text)
{
    const struct written none = {0, {{0}}, 0};
    struct draft draft = draft_next(&puppet, side->writer, &none, text);

    draft.header.audience = log->audience;
    draft.header.epoch = log->epoch;
    draft.header.count = count;
    draft.header.first_lsn = end_lsn(log, index - 1) + 1;
    draft.header.aud_seq = log->seq + (uint64_t)index + 1;
    draft.header.prev_hash = index == 0 ? log->base_hash : log->end[index - 1];
    draft.header.aud_prev = index == 0 ? log->base_seq_hash : log->end[index - 1];
    return draft_finish(out, &draft);
}

static void drain(void)
{
    while (puppet_next(&puppet) != NULL) {
    }
}

static void say(const struct log *log)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (unsigned k = 0; k < sizes[i]; k++) {
            place_say(puppet.real, log->audience.kind, log->audience.division.code, "said");
        }
        puppet_commit(&puppet, true);
    }
}

static void bring(const struct side *side, struct log *log, uint64_t session)
{
    struct buf block = BUF_EMPTY;

    drain(); /* the Welcome gives credit */
    for (int i = 0; i < (int)COUNT_OF(sizes); i++) {
        log->end[i] = write_block(&block, side, log, i, sizes[i], "said");
        puppet_send_block(&puppet, session, buf_bytes(&block));
        puppet_commit(&puppet, true);
    }
    buf_free(&block);
}

static void read_ends(const struct side *side, struct log *log)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct err err;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(log_read_block(&puppet.real->store, NULL, division_of(side->author),
                                        end_lsn(log, i) + 1, &whole, &block, &err),
                         OK);
        log->end[i] = block.header.prev_hash;
    }
    log->end[2] = place_head(puppet.real, side->author).hash;
    assert_int_equal(place_head(puppet.real, side->author).lsn, end_lsn(log, 2));
    buf_free(&whole);
}

static uint64_t open_session(const struct side *side, Terrace__Position *head)
{
    static uint64_t session = SESSION;

    if (side->real == CITY) {
        return puppet_welcome_at(&puppet, CREDIT, head);
    }
    puppet_hello_at(&puppet, ++session, CREDIT, head);
    puppet_commit(&puppet, true);
    return session;
}

/* What is held of this audience before the log begins. */
static void read_audience(const struct side *side, struct log *log)
{
    const struct store *store = &puppet.real->store;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct reader reader;
    struct err err;

    buf_put_u8(&key, HEADS_AUDIENCE);
    division_write(&key, division_of(side->author));
    buf_put_u8(&key, (uint8_t)log->audience.kind);
    division_write(&key, log->audience.division);
    if (store->ops->get(store->self, NULL, SPACE_HEADS, buf_bytes(&key), &value, &err) == OK) {
        reader = reader_of(buf_bytes(&value));
        log->seq = reader_u64(&reader);
        (void)reader_u64(&reader);
        reader_copy(&reader, log->base_seq_hash.at, HASH_SIZE);
    }
    buf_free(&key);
    buf_free(&value);
}

/* The author's next epoch, with the keys that it has, to which it agrees; known to the real node.
 */
static void grant_epoch(const struct side *side, uint32_t epoch)
{
    struct roster *roster = puppet.real->replicator->roster;
    const struct sign_key *key = &puppet.world.at[side->writer].key;
    struct grant grant = roster_find(roster, division_of(side->author))->grant;
    struct grant_terms terms;
    struct buf sealed = BUF_EMPTY;
    struct err err;
    bool added = false;

    if (epoch <= grant.epoch) {
        return;
    }
    assert_true(roster_terms(roster, grant.division, grant.epoch, &terms));
    grant.epoch = epoch;
    consent(&terms, &grant, key);
    grant_seal(&sealed, &grant, &terms,
               side->writer == REGION ? &puppet.world.trust.key : &puppet.world.at[REGION].key);
    assert_int_equal(roster_add(roster, buf_bytes(&sealed), &added, &err), OK);
    assert_true(added && roster_epoch_counts(roster, grant.division, epoch));
    buf_free(&sealed);
}

static void begin(const struct side *side, enum audience_kind kind, enum relation relation,
                  struct log *log)
{
    struct log_head head;

    puppet_begin(&puppet);
    world_run(&puppet.world, 3000);
    puppet_play(&puppet, side->real, side->played);
    puppet_wait(&puppet, 60000);
    grant_epoch(side, relations[relation].epoch_before);
    *log = (struct log){
        .epoch = relations[relation].epoch_before == 2 ? 2 : 1,
        .audience = {kind,
                     division_of(kind == AUDIENCE_TREE && side->writer == REGION ? "R" : "C1")}};
    head = place_head(puppet.real, side->author);
    log->base = head.lsn;
    log->base_hash = head.hash;
    read_audience(side, log);
    if (side->is_own) {
        say(log);
    } else {
        bring(side, log, open_session(side, NULL));
        puppet_wait(&puppet, 60000);
    }
    read_ends(side, log);
    grant_epoch(side, relations[relation].epoch_behind);
    drain();
}

/* --- what is told, and shown --- */

static void tell(const struct log *log, enum relation relation, Terrace__Position *head,
                 const struct side *side)
{
    static const uint8_t other[HASH_SIZE] = {7};
    const uint64_t end = end_lsn(log, 2);
    const struct {
        uint64_t lsn;
        const uint8_t *hash;
        uint32_t epoch;
    } told[RELATIONS] = {
        [EQUAL] = {end, log->end[2].at, 1},  [BEHIND] = {end_lsn(log, 0), log->end[0].at, 1},
        [AHEAD] = {end + 7, other, 1},       [WITHIN] = {end_lsn(log, 0) + 2, other, 1},
        [OTHER] = {end, other, 1},           [OTHER_BEFORE] = {end_lsn(log, 0), other, 1},
        [LATER_EPOCH] = {end + 1, other, 2}, [LATER_AT_END] = {end, other, 2},
        [FORMER_AT_END] = {end, other, 1},   [UNKNOWN_AT_END] = {end, other, 2},
    };

    terrace__position__init(head);
    head->has_author = head->has_epoch = head->has_lsn = head->has_hash = 1;
    head->author = pb_of_bytes(side->author, strlen(side->author));
    head->epoch = told[relation].epoch;
    head->lsn = told[relation].lsn;
    head->hash = pb_of_bytes(told[relation].hash, HASH_SIZE);
}

/* A block that its author signed, and that stands as was told. */
static void write_evidence(struct buf *out, const struct side *side, const struct log *log,
                           enum relation relation)
{
    struct log elsewhere = *log;

    switch (relation) {
    case LATER_AT_END:
    case FORMER_AT_END:
    case UNKNOWN_AT_END:
        elsewhere.epoch = 3 - log->epoch;
        (void)write_block(out, side, &elsewhere, 2, 1, "another");
        break;
    case WITHIN:
        (void)write_block(out, side, log, 1, 2, "another");
        break;
    case OTHER:
        (void)write_block(out, side, log, 2, 1, "another");
        break;
    case OTHER_BEFORE:
        (void)write_block(out, side, log, 0, 1, "another");
        break;
    default: {
        const struct written written = {end_lsn(log, 2), log->end[2], log->seq + 3};
        struct draft draft = draft_next(&puppet, side->writer, &written, "newer");
        draft.header.audience = log->audience;
        (void)draft_finish(out, &draft);
        break;
    }
    }
}

static bool asks_to_show(const Terrace__Frame *frame)
{
    return frame->show != NULL;
}

static bool has_pair(const Terrace__Frame *frame)
{
    return frame->fork != NULL;
}

static bool may_write(void)
{
    struct err err;

    return replicator_check_own_log(puppet.real->replicator, &err) == OK;
}

static void show(uint64_t session, struct bytes block)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = frame.has_evidence = 1;
    frame.session = session;
    frame.evidence = pb_of_bytes(block.data, block.size);
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
}

static const char *case_name(const struct side *side, enum audience_kind kind,
                             enum relation relation)
{
    static char name[160];

    (void)snprintf(name, sizeof name, "%s, on a %s: %s", side->name,
                   kind == AUDIENCE_TREE ? "tree" : "line", relations[relation].name);
    return name;
}

static void check_silence(const struct side *side, enum audience_kind kind, enum relation relation,
                          bool asked)
{
    for (uint64_t ms = 0; ms <= CLAIM_MS; ms += 1000) {
        puppet_wait(&puppet, 1000);
    }
    if (!may_write() || place_alarmed_ever(puppet.real, ALARM_FORK) ||
        place_alarmed(puppet.real, ALARM_FALSE_CLAIM) != asked) {
        fail_msg("%s: %s, false claim alarmed: %d", case_name(side, kind, relation),
                 may_write() ? "goes on" : "stopped",
                 place_alarmed(puppet.real, ALARM_FALSE_CLAIM));
    }
}

static const enum alarm_code alarm_of[] = {[FORK] = ALARM_FORK, [NEWER] = ALARM_LOST_TAIL};

static void check_evidence(const struct side *side, enum audience_kind kind, const struct log *log,
                           enum relation relation, uint64_t session)
{
    const enum outcome outcome = side->is_own ? relations[relation].own : relations[relation].other;
    struct buf block = BUF_EMPTY;

    write_evidence(&block, side, log, relation);
    show(session, buf_bytes(&block));
    buf_free(&block);
    if (outcome == NOT_KNOWN) { /* asked for again: the grant may be on its way */
        check_silence(side, kind, relation, true);
        return;
    }
    if ((outcome != IS_OVER && !place_alarmed(puppet.real, alarm_of[outcome])) ||
        place_alarmed_ever(puppet.real, ALARM_FALSE_CLAIM) != (outcome == IS_OVER)) {
        fail_msg("%s: shown it, it says something else", case_name(side, kind, relation));
    }
    if (outcome == IS_OVER && strstr(puppet.real->alarm_words, "block_epoch_over") == NULL) {
        fail_msg("%s: shown it, it says %s", case_name(side, kind, relation),
                 puppet.real->alarm_words);
    }
    if (may_write() == (side->is_own && outcome != IS_OVER)) {
        fail_msg("%s: shown it, %s", case_name(side, kind, relation),
                 may_write() ? "it goes on" : "it stops");
    }
    if ((outcome == FORK) != (puppet_await(&puppet, has_pair) != NULL)) {
        fail_msg("%s: the neighbour is not shown both", case_name(side, kind, relation));
    }
}

static void check(const struct side *side, enum audience_kind kind, enum relation relation,
                  bool evidence)
{
    const bool asks = side->is_own ? relations[relation].own_asks : relations[relation].asks,
               lost = relation == BEHIND && side == &sides[CHILD_OF_ITS];
    const Terrace__Frame *asked;
    Terrace__Position head;
    struct log log;
    uint64_t session;

    begin(side, kind, relation, &log);
    tell(&log, relation, &head, side);
    session = open_session(side, &head);
    asked = puppet_await(&puppet, asks_to_show);
    if ((asked != NULL) != asks) {
        fail_msg("%s: asks for a block: %d", case_name(side, kind, relation), asked != NULL);
    }
    assert_int_equal(place_alarmed(puppet.real, ALARM_LOST_TAIL), lost);
    if (asks && evidence) {
        check_evidence(side, kind, &log, relation, session);
    } else {
        check_silence(side, kind, relation, asks);
    }
    puppet_end(&puppet);
}

static void each_relation_has_its_answer(void **state)
{
    (void)state;
    for (int side = 0; side < SIDES; side++) {
        for (int kind = AUDIENCE_LINE; kind <= AUDIENCE_TREE; kind++) {
            for (int relation = 0; relation < RELATIONS; relation++) {
                check(&sides[side], kind, relation, true);
                check(&sides[side], kind, relation, false);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_relation_has_its_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
