/* What versions before this one wrote, read again: every block of every log that they recorded
 * (tests/data/recorded) is taken in and folded, as each of the recorded divisions would, and the
 * digest behind each is what it was. A kind whose encoding, checks or postings change without a new
 * format number fails here, and so does a kind or format of which nothing is recorded. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/ledger/context.h"
#include "node/ledger/observe.h"
#include "node/store/block_file.h"
#include "node/store/store_memory.h"
#include "replicator/log/ingest.h"
#include "replicator/log/sealing.h"
#include "tests/harness/commit.h"
#include "tests/harness/hand_clock.h"

enum {
    RECORDINGS_MAX = 64,
    BLOCKS_MAX = 8192,
    DIVISIONS_MAX = 32,
    KINDS_TRIED = 256, /* numbers and formats that may be known: far behind those that are */
    FORMATS_TRIED = 64,
};

/* Said of a division by its former owner alone, and no part of a usual day: its bytes are held by
 * tests of their own (unit.replicator.objection). */
static const uint32_t not_recorded[] = {KIND_OBJECTION};

/* --- a recording --- */

struct recording {
    char folder[PATH_MAX];
    struct buf root; /* the sealed grant of its root */
    struct buf blocks[BLOCKS_MAX];
    struct hash digests[BLOCKS_MAX];
    size_t count;
    struct division divisions[DIVISIONS_MAX];
    size_t division_count;
};

static void file_of(char *out, const struct recording *recording, const char *name)
{
    assert_true(snprintf(out, PATH_MAX, "%s/%s", recording->folder, name) < PATH_MAX);
}

static FILE *open_file(const struct recording *recording, const char *name)
{
    char path[PATH_MAX];
    FILE *file;

    file_of(path, recording, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s cannot be read", path);
    }
    return file;
}

static bool keep_block(void *arg, struct bytes block)
{
    struct recording *recording = arg;

    assert_true(recording->count < BLOCKS_MAX);
    buf_append_bytes(&recording->blocks[recording->count++], block);
    return true;
}

static void note_division(struct recording *recording, struct division division)
{
    for (size_t i = 0; i < recording->division_count; i++) {
        if (division_equal(recording->divisions[i], division)) {
            return;
        }
    }
    assert_true(recording->division_count < DIVISIONS_MAX);
    recording->divisions[recording->division_count++] = division;
}

/* A line for each block: author, last lsn, digest. */
static void read_digests(struct recording *recording)
{
    FILE *file = open_file(recording, "digests.tsv");
    char author[16], hex[80];
    unsigned long long lsn;
    size_t count = 0;

    while (fscanf(file, "%15s %llu %79s", author, &lsn, hex) == 3) {
        struct block_view block;
        struct err err;

        assert_true(count < recording->count);
        assert_int_equal(block_parse(&block, buf_bytes(&recording->blocks[count]), &err), OK);
        assert_string_equal(block.header.author.code, author);
        assert_int_equal(block_last_lsn(&block.header), lsn);
        assert_true(hex_decode(recording->digests[count].at, HASH_SIZE, hex));
        note_division(recording, block.header.author);
        count++;
    }
    assert_int_equal(count, recording->count);
    (void)fclose(file);
}

static struct recording *recording_read(const char *folder)
{
    struct recording *recording = mem_zalloc(sizeof *recording);
    char path[PATH_MAX], bytes[4096];
    uint64_t position = 0;
    struct err err;
    size_t size;
    FILE *file;
    bool cut;

    (void)snprintf(recording->folder, sizeof recording->folder, "%s", folder);
    file_of(path, recording, "all.blocks");
    assert_int_equal(block_file_each(path, &position, keep_block, recording, &cut, &err), OK);
    assert_false(cut);
    assert_true(recording->count > 0);
    file = open_file(recording, "root.grant");
    size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    buf_append(&recording->root, bytes, size);
    read_digests(recording);
    return recording;
}

static void recording_free(struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++) {
        buf_free(&recording->blocks[i]);
    }
    buf_free(&recording->root);
    mem_free(recording);
}

static struct recording *recordings[RECORDINGS_MAX];
static size_t recording_count;

/* --- every entry of them --- */

typedef void each_entry_fn(const struct recording *recording, const struct entry *entry, void *arg);

static void each_entry(each_entry_fn *visit, void *arg)
{
    for (size_t i = 0; i < recording_count; i++) {
        for (size_t at = 0; at < recordings[i]->count; at++) {
            struct block_body body = BLOCK_BODY_EMPTY;
            struct block_view block;
            struct err err;

            assert_int_equal(block_parse(&block, buf_bytes(&recordings[i]->blocks[at]), &err), OK);
            assert_int_equal(block_body_read(&body, &block, &err), OK);
            for (size_t entry = 0; entry < body.count; entry++) {
                visit(recordings[i], &body.entries[entry], arg);
            }
            block_body_free(&body);
        }
    }
}

/* --- one division's node, without a node --- */

struct viewer {
    const struct recording *recording;
    struct division self;
    struct hand_clock hand;
    struct clock clock;
    struct store store;
    uint64_t fence;
    struct txn *txn;
    struct roster *roster;
    struct logs logs;
    struct ingest ingest;
    struct findings found;
    struct ledger *ledger;
    bool done[BLOCKS_MAX];
    size_t folded, heard;
};

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    const struct viewer *viewer = arg;
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;
    const bool there =
        log_read_entry(&viewer->store, NULL, author, lsn, &block, &entry, &err) == OK;

    if (there) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return there;
}

static void ignore_due(void *arg, struct txn *txn, const struct document *document)
{
    (void)arg, (void)txn, (void)document; /* it stands in its log */
}

/* What was sound when it was recorded is sound for ever. */
static void no_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    const struct viewer *viewer = arg;

    fail_msg("%s at %s: %s about %s: %s", viewer->recording->folder, viewer->self.code,
             alarm_info(code)->name, about.code, message);
}

static void follow(struct viewer *viewer)
{
    for (size_t i = 0; i < roster_count(viewer->roster); i++) {
        const struct division author = roster_at(viewer->roster, i)->grant.division;

        if (heads_find(&viewer->logs, author) == NULL) {
            (void)heads_follow(&viewer->logs, author,
                               division_equal(author, viewer->self)                  ? HELD_OWN
                               : roster_within(viewer->roster, author, viewer->self) ? HELD_BELOW
                               : roster_within(viewer->roster, viewer->self, author) ? HELD_ABOVE
                                                                                     : HELD_NOT);
        }
    }
}

/* --- the chain of grants with which it enrolled --- */

struct chain {
    struct viewer *viewer;
    struct division wanted, parent;
    bool adds;
};

static void take_grant(const struct recording *recording, const struct entry *entry, void *arg)
{
    struct chain *chain = arg;
    struct grant grant;
    struct err err = {OK, ""};
    bool added;

    if (recording != chain->viewer->recording || entry->kind != KIND_GRANT) {
        return;
    }
    assert_int_equal(grant_parse(&grant, entry->body, &err), OK);
    if (!division_equal(grant.division, chain->wanted)) {
        return;
    }
    chain->parent = grant.parent;
    if (chain->adds && roster_add(chain->viewer->roster, entry->body, &added, &err) != OK) {
        fail_msg("%s: %s", chain->viewer->recording->folder, err.text);
    }
}

/* All epochs of it and of those above it, the root's first. */
static void enrol(struct viewer *viewer, struct division division)
{
    struct chain chain = {.viewer = viewer, .wanted = division, .parent = DIVISION_NONE};

    each_entry(take_grant, &chain);
    if (division_is_none(chain.parent)) {
        return; /* the root: its grant is in no log */
    }
    enrol(viewer, chain.parent);
    chain.adds = true;
    each_entry(take_grant, &chain);
}

static struct viewer *viewer_open(const struct recording *recording, struct division self)
{
    struct viewer *viewer = mem_zalloc(sizeof *viewer);
    struct sealed_grant root;
    struct err err = {OK, ""};
    bool added;

    viewer->recording = recording;
    viewer->self = self;
    viewer->hand.now_ms = NEW_YEAR_2026_MS;
    viewer->clock = hand_clock_seam(&viewer->hand);
    store_memory_open(&viewer->store);
    assert_int_equal(viewer->store.ops->claim(viewer->store.self, &viewer->fence, &err), OK);
    viewer->txn = txn_open(&viewer->store, NULL);
    assert_int_equal(grant_open(&root, buf_bytes(&recording->root), &err), OK);
    viewer->roster = roster_new(&root.grant.tree, self);
    assert_int_equal(roster_add(viewer->roster, buf_bytes(&recording->root), &added, &err), OK);
    roster_believe(viewer->roster, true);
    enrol(viewer, self);
    roster_believe(viewer->roster, false);
    heads_init(&viewer->logs, &viewer->store, &viewer->clock);
    ingest_init(&viewer->ingest, self, &viewer->logs, viewer->roster);
    viewer->ledger = ledger_open(&(struct ledger_config){
        .self = self,
        .roster = viewer->roster,
        .sink = {.arg = viewer,
                 .read_entry = read_entry,
                 .document_due = ignore_due,
                 .alarm = no_alarm},
    });
    follow(viewer);
    return viewer;
}

static void viewer_close(struct viewer *viewer)
{
    ledger_close(viewer->ledger);
    findings_free(&viewer->found);
    ingest_free(&viewer->ingest);
    heads_free(&viewer->logs);
    roster_free(viewer->roster);
    txn_free(viewer->txn);
    viewer->store.ops->close(viewer->store.self);
    mem_free(viewer);
}

static void look_at_findings(struct viewer *viewer)
{
    for (size_t i = 0; i < viewer->found.count; i++) {
        const struct finding *finding = &viewer->found.at[i];

        if (finding->kind == FOUND_ALARM) {
            no_alarm(viewer, finding->alarm, finding->about, finding->text);
        }
    }
    findings_clear(&viewer->found);
}

static void fold(struct viewer *viewer, const struct block_view *block, const struct hash *digest)
{
    const struct block_header *header = &block->header;
    const struct block_body *body = &viewer->ingest.body;
    struct ledger_position position;
    struct err err;

    if (!roster_within(viewer->roster, header->author, viewer->self)) {
        ledger_observe_block(viewer->ledger, viewer->txn, header, body->entries, body->count);
        viewer->heard++;
        return;
    }
    if (ledger_apply_block(viewer->ledger, viewer->txn, header, body->entries, body->count, &err) !=
        OK) {
        fail_msg("%s at %s: %s", viewer->recording->folder, viewer->self.code, err.text);
    }
    ledger_position(viewer->txn, header->author, &position);
    if (!hash_equal(&position.digest, digest)) {
        fail_msg("%s at %s: behind lsn %llu the ledger of %s has another digest than when it was "
                 "recorded",
                 viewer->recording->folder, viewer->self.code, (unsigned long long)position.lsn,
                 header->author.code);
    }
    viewer->folded++;
}

/* True when it need not be tried again: it is held, or not for this division. */
static bool take(struct viewer *viewer, size_t index)
{
    struct block_view block;
    struct err err = {OK, ""};
    enum ingest_result result;

    assert_int_equal(block_parse(&block, buf_bytes(&viewer->recording->blocks[index]), &err), OK);
    result = ingest_block(&viewer->ingest, viewer->txn, &block, &viewer->found, &err);
    if (result == INGEST_STAGED) {
        fold(viewer, &block, &viewer->recording->digests[index]);
        look_at_findings(viewer);
        commit_txn(&viewer->store, viewer->fence, viewer->txn);
        (void)heads_durable(&viewer->logs);
        follow(viewer);
    } else if (result == INGEST_REFUSED && err.status != ERR_REFUSED) {
        fail_msg("%s at %s: block %zu: %s", viewer->recording->folder, viewer->self.code, index,
                 err.text);
    }
    return result == INGEST_STAGED;
}

static bool not_observed(void *arg, const struct observe_cursor *cursor)
{
    const struct viewer *viewer = arg;

    fail_msg("%s at %s: hearing %s stopped at %llu", viewer->recording->folder, viewer->self.code,
             cursor->author.code, (unsigned long long)cursor->lsn);
    return false;
}

/* In the order in which they stand; what needs a later one comes again. */
static void take_all(struct viewer *viewer, bool own_alone)
{
    bool more = true;
    struct err err;

    while (more) {
        more = false;
        for (size_t i = 0; i < viewer->recording->count; i++) {
            struct block_view block;

            assert_int_equal(block_parse(&block, buf_bytes(&viewer->recording->blocks[i]), &err),
                             OK);
            if (!viewer->done[i] &&
                (!own_alone || division_equal(block.header.author, viewer->self)) &&
                take(viewer, i)) {
                more = viewer->done[i] = true;
            }
        }
    }
}

/* The own log first, as a node folds after a change of version (node/core/catch_up.h): what others
 * say to it is held against what it said. */
static void view(const struct recording *recording, struct division self)
{
    struct viewer *viewer = viewer_open(recording, self);
    struct err err;

    take_all(viewer, true);
    take_all(viewer, false);
    for (size_t i = 0; i < recording->count; i++) {
        struct block_view block;

        assert_int_equal(block_parse(&block, buf_bytes(&recording->blocks[i]), &err), OK);
        if (!viewer->done[i] && roster_within(viewer->roster, block.header.author, self)) {
            fail_msg("%s at %s: block %zu of %s is not taken", recording->folder, self.code, i,
                     block.header.author.code);
        }
    }
    assert_int_equal(ledger_each_observe_cursor(viewer->txn, not_observed, viewer, &err), OK);
    assert_true(viewer->folded > 0);
    viewer_close(viewer);
}

/* --- all recordings --- */

static int read_all(void **state)
{
    DIR *folder = opendir(RECORDED);
    const struct dirent *entry;
    char path[PATH_MAX];
    struct err err;

    (void)state;
    assert_int_equal(crypto_init(&err), OK);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == 'v') {
            assert_true(recording_count < RECORDINGS_MAX);
            assert_true(snprintf(path, sizeof path, "%s/%s", RECORDED, entry->d_name) <
                        (int)sizeof path);
            recordings[recording_count++] = recording_read(path);
        }
    }
    (void)closedir(folder);
    assert_true(recording_count > 0);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < recording_count; i++) {
        recording_free(recordings[i]);
    }
    return 0;
}

static void each_block_folds_to_its_digest_at_every_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < recording_count; i++) {
        for (size_t who = 0; who < recordings[i]->division_count; who++) {
            view(recordings[i], recordings[i]->divisions[who]);
        }
    }
}

/* --- how documents are written --- */

static void read_and_write(const struct recording *recording, const struct entry *entry, void *arg)
{
    struct buf again = BUF_EMPTY;
    struct document document;
    struct err err = {OK, ""};

    (void)arg;
    if (entry->kind < KIND_USER_FIRST) {
        return;
    }
    if (document_decode(&document, entry->kind, entry->body, &err) != OK) {
        fail_msg("%s: a recorded %s cannot be read: %s", recording->folder,
                 kind_info(entry->kind)->name, err.text);
    }
    document_encode(&again, &document);
    if (!bytes_equal(buf_bytes(&again), entry->body)) {
        fail_msg("%s: a recorded %s is written in another way now", recording->folder,
                 kind_info(entry->kind)->name);
    }
    buf_free(&again);
}

static void each_document_is_read_and_written_alike(void **state)
{
    (void)state;
    each_entry(read_and_write, NULL);
}

/* --- and none is missing --- */

typedef bool covered[KINDS_TRIED][FORMATS_TRIED];

static void note_kind(const struct recording *recording, const struct entry *entry, void *arg)
{
    covered *have = arg;

    (void)recording;
    assert_true(entry->kind < KINDS_TRIED && entry->format < FORMATS_TRIED);
    (*have)[entry->kind][entry->format] = true;
}

static bool is_left_out(uint32_t kind)
{
    for (size_t i = 0; i < COUNT_OF(not_recorded); i++) {
        if (not_recorded[i] == kind) {
            return true;
        }
    }
    return false;
}

static void each_kind_and_format_is_recorded(void **state)
{
    static covered have;
    size_t missing = 0;

    (void)state;
    assert_true((int)KINDS_END < (int)KINDS_TRIED);
    each_entry(note_kind, &have);
    for (uint32_t kind = 0; kind < KINDS_TRIED; kind++) {
        for (uint32_t format = 0; format < FORMATS_TRIED; format++) {
            const struct entry entry = {.kind = kind, .format = format};

            if (ledger_knows(&entry) != have[kind][format] && !is_left_out(kind)) {
                (void)fprintf(stderr, "kind %u format %u: %s\n", kind, format,
                              have[kind][format]
                                  ? "recorded, and not known any more"
                                  : "known, and not recorded: tests/process/record.py");
                missing++;
            }
        }
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_block_folds_to_its_digest_at_every_level),
        cmocka_unit_test(each_document_is_read_and_written_alike),
        cmocka_unit_test(each_kind_and_format_is_recorded),
    };

    return cmocka_run_group_tests(tests, read_all, free_all);
}
