#include "tests/data/replay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "node/ledger/ledger.h"
#include "node/office/approvals.h"

enum { LINE_MAX_BYTES = 16384, FIELDS_MAX = 20 };

/* --- rows --- */

size_t csv_split(char *line, char **fields, size_t max)
{
    size_t count = 0;
    char *at = line;

    while (count < max) {
        char *out = at;
        fields[count++] = at;
        if (*at == '"') {
            at++;
            while (*at != '\0' && !(at[0] == '"' && at[1] != '"')) {
                at += at[0] == '"';
                *out++ = *at++;
            }
            at += *at == '"';
        } else {
            while (*at != '\0' && *at != ',') {
                *out++ = *at++;
            }
        }
        if (*at == '\0') {
            *out = '\0';
            break;
        }
        at++;
        *out = '\0';
    }
    return count;
}

static void give_up(const char *what, const char *which)
{
    (void)fprintf(stderr, "replay: %s %s\n", what, which);
    exit(1);
}

void csv_each(const char *path, size_t fields_min,
              void (*row)(void *arg, char **fields, size_t count), void *arg)
{
    static char line[LINE_MAX_BYTES];
    char *fields[FIELDS_MAX];
    gzFile file = gzopen(path, "rb");

    if (file == NULL || gzgets(file, line, sizeof line) == NULL) {
        give_up("cannot read", path);
    }
    while (gzgets(file, line, sizeof line) != NULL) {
        size_t count;

        line[strcspn(line, "\r\n")] = '\0';
        count = csv_split(line, fields, COUNT_OF(fields));
        if (count < fields_min) {
            give_up("short row:", line);
        }
        row(arg, fields, count);
    }
    if (gzclose(file) != Z_OK) {
        give_up("damaged, or ends too early:", path);
    }
}

/* --- posts --- */

void post_open(struct post *post, struct sim *sim, struct sim_node *node)
{
    memset(post, 0, sizeof *post);
    post->sim = sim;
    post->node = node;
    (void)sim_maker(node, &post->maker); /* NULL where nobody was asked to work */
    post->items = mem_zalloc(POST_BATCH * sizeof *post->items);
    post->text = mem_zalloc(POST_BATCH * sizeof *post->text);
}

void post_close(struct post *post)
{
    mem_free(post->items);
    mem_free(post->text);
}

void post_clear(struct post *post)
{
    memset(post->items, 0, post->count * sizeof *post->items);
    post->count = 0;
}

static void approve(struct node *node, struct txn *txn, const struct post *post,
                    struct submit_item *item)
{
    struct approve_item approval = {.has_hash = false};
    const struct bytes id = document_id(&item->document);

    memcpy(approval.id, id.data, id.size);
    node_approve(node, txn, &approval, 1, sim_checker(post->node));
    item->status = approval.status;
    item->refusal = approval.refusal;
    item->lsn = approval.lsn;
}

static void run_post(struct task *call, struct node *node, struct txn *txn)
{
    struct post *post = (struct post *)call;

    node_submit(node, txn, post->items, post->count, &(struct submit_terms){.maker = post->maker});
    for (size_t i = 0; i < post->count; i++) {
        if (post->items[i].status == SUBMIT_DRAFT) {
            approve(node, txn, post, &post->items[i]);
        }
    }
}

static void post_done(struct task *call, enum status outcome)
{
    struct post *post = (struct post *)call;

    assert(outcome == OK);
    (void)outcome;
    post->done = true;
}

static bool post_waiting(struct sim *sim, void *arg)
{
    (void)sim;
    return !((struct post *)arg)->done;
}

void post_send(struct post *post)
{
    post->call = (struct task){.run = run_post, .done = post_done};
    post->done = false;
    sim_call(post->sim, post->node, &post->call);
    if (!sim_run_while(post->sim, post_waiting, post, 60 * SECOND)) {
        give_up("no answer at", sim_division(post->node).code);
    }
}

static void refused(const struct post *post, size_t item)
{
    char code[REASON_CODE_MAX];

    reason_code(code, &post->items[item].refusal);
    (void)fprintf(stderr, "replay: %s at %s refused: %s %s\n", post->text[item][0],
                  sim_division(post->node).code, code, post->items[item].refusal.detail);
    exit(1);
}

void post_flush(struct post *post)
{
    if (post->count == 0) {
        return;
    }
    post_send(post);
    for (size_t i = 0; i < post->count; i++) {
        if (post->items[i].status != SUBMIT_ACCEPTED) {
            refused(post, i);
        }
    }
    post_clear(post);
}

struct document *post_next(struct post *post, uint32_t kind, int year, const char *prefix,
                           const char *id)
{
    struct document *document;

    if (post->count == POST_BATCH) {
        post_flush(post);
    }
    document = &post->items[post->count].document;
    document_clear(document, kind);
    post->count++;
    document_set_text(document, FIELD_ID, post_keep(post, 0, prefix, id));
    document_set_number(document, FIELD_FISCAL_YEAR, year);
    return document;
}

struct bytes post_keep(struct post *post, int slot, const char *prefix, const char *text)
{
    char *at = post->text[post->count - 1][slot];
    const int size = snprintf(at, POST_TEXT_MAX, "%s%s", prefix, text);

    assert(size >= 0 && size < POST_TEXT_MAX);
    (void)size;
    return bytes_text(at);
}

/* --- waiting --- */

bool replay_arrived(struct sim *sim)
{
    for (size_t i = 0; i < sim_nodes(sim); i++) {
        const struct sim_node *owner = sim_at(sim, i);
        struct ledger_position own, there;
        struct txn *txn = txn_open(sim_store(owner), NULL);

        ledger_position(txn, sim_division(owner), &own);
        txn_free(txn);
        for (struct sim_node *up = sim_parent(owner); up != NULL; up = sim_parent(up)) {
            txn = txn_open(sim_store(up), NULL);
            ledger_position(txn, sim_division(owner), &there);
            txn_free(txn);
            if (there.lsn != own.lsn || !hash_equal(&there.digest, &own.digest)) {
                return false;
            }
        }
    }
    return true;
}
