#include "node/office/webhooks.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/office/local_keys.h"

/* The letter, the name, its end, a position. */
struct row_key {
    uint8_t at[1 + WEBHOOK_NAME_MAX + 1 + sizeof(uint64_t)];
};

static struct bytes webhook_key(struct row_key *key, const char *name)
{
    const size_t size = strlen(name);

    key->at[0] = LOCAL_WEBHOOK;
    memcpy(key->at + 1, name, size);
    return bytes_of(key->at, 1 + size);
}

static struct bytes letter_key(struct row_key *key, const char *name, uint64_t position)
{
    const size_t size = strlen(name);

    key->at[0] = LOCAL_DEAD_LETTER;
    memcpy(key->at + 1, name, size + 1);
    store_u64(key->at + 1 + size + 1, position);
    return bytes_of(key->at, 1 + size + 1 + sizeof position);
}

/* --- rows --- */

static void put_text(struct buf *buf, const char *text)
{
    buf_put_u16(buf, (uint16_t)strlen(text));
    buf_append(buf, text, strlen(text));
}

/* False when it does not fit. */
static bool read_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u16(reader));

    if (!reader_ok(reader) || text.size >= size) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static void put_mark(struct buf *buf, const struct arrival_mark *at)
{
    buf_put_u64(buf, at->position);
    buf_put_u64(buf, at->mark);
}

static struct arrival_mark read_mark(struct reader *reader)
{
    struct arrival_mark at;

    at.position = reader_u64(reader);
    at.mark = reader_u64(reader);
    return at;
}

static void put_webhook(struct txn *txn, const struct webhook *webhook)
{
    struct buf value = BUF_EMPTY;
    struct row_key key;

    put_text(&value, webhook->url);
    division_write(&value, webhook->division);
    buf_put_number_set(&value, &webhook->kinds);
    buf_append(&value, webhook->secret, sizeof webhook->secret);
    buf_put_u64(&value, webhook->version);
    buf_put_u64(&value, webhook->replays);
    buf_put_u64(&value, webhook->created_ms);
    put_mark(&value, &webhook->at);
    buf_put_u64(&value, webhook->delivered);
    buf_put_u64(&value, webhook->delivered_ms);
    buf_put_u64(&value, webhook->failing_ms);
    buf_put_u32(&value, webhook->attempts);
    buf_put_u32(&value, webhook->dead);
    put_text(&value, webhook->failure);
    (void)txn_put(txn, SPACE_LOCAL, webhook_key(&key, webhook->name), buf_bytes(&value));
    crypto_wipe(value.data, value.size);
    buf_free(&value);
}

/* An author may be NONE, which division_read takes for a fault. */
static struct division read_author(struct reader *reader)
{
    const struct bytes raw = reader_bytes(reader, DIVISION_CODE_MAX);
    struct reader inner = reader_of(raw);

    return raw.size == 0 || raw.data[0] == 0 ? DIVISION_NONE : division_read(&inner);
}

static bool read_webhook(struct webhook *out, struct bytes name, struct bytes value)
{
    struct reader reader = reader_of(value);

    memset(out, 0, sizeof *out);
    (void)snprintf(out->name, sizeof out->name, "%.*s", (int)name.size, (const char *)name.data);
    if (!read_text(&reader, out->url, sizeof out->url)) {
        return false;
    }
    out->division = read_author(&reader);
    out->kinds = reader_number_set(&reader);
    reader_copy(&reader, out->secret, sizeof out->secret);
    out->version = reader_u64(&reader);
    out->replays = reader_u64(&reader);
    out->created_ms = reader_u64(&reader);
    out->at = read_mark(&reader);
    out->delivered = reader_u64(&reader);
    out->delivered_ms = reader_u64(&reader);
    out->failing_ms = reader_u64(&reader);
    out->attempts = reader_u32(&reader);
    out->dead = reader_u32(&reader);
    return read_text(&reader, out->failure, sizeof out->failure) && reader_done(&reader);
}

static void put_letter(struct txn *txn, const char *name, const struct dead_letter *letter)
{
    struct buf value = BUF_EMPTY;
    struct row_key key;

    buf_put_u64(&value, letter->at.mark);
    buf_put_u64(&value, letter->died_ms);
    buf_put_u8(&value, letter->again);
    put_text(&value, letter->failure);
    (void)txn_put(txn, SPACE_LOCAL, letter_key(&key, name, letter->at.position), buf_bytes(&value));
    buf_free(&value);
}

static bool read_letter(struct dead_letter *out, struct bytes key, struct bytes value)
{
    struct reader reader = reader_of(value);

    memset(out, 0, sizeof *out);
    if (key.size < sizeof(uint64_t)) {
        return false;
    }
    out->at.position = load_u64(key.data + key.size - sizeof(uint64_t));
    out->at.mark = reader_u64(&reader);
    out->died_ms = reader_u64(&reader);
    out->again = reader_u8(&reader) != 0;
    return read_text(&reader, out->failure, sizeof out->failure) && reader_done(&reader);
}

/* --- reading --- */

bool webhook_name_valid(const char *name)
{
    const size_t size = strlen(name);

    return size > 0 && size <= WEBHOOK_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

bool webhook_find(struct txn *txn, const char *name, struct webhook *out)
{
    struct row_key key;
    struct bytes value;

    return webhook_name_valid(name) && txn_get(txn, SPACE_LOCAL, webhook_key(&key, name), &value) &&
           read_webhook(out, bytes_text(name), value);
}

struct listing {
    bool (*visit)(void *arg, const struct webhook *webhook);
    bool (*visit_letter)(void *arg, const struct dead_letter *letter);
    void *arg;
};

static bool visit_webhook(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct webhook webhook;

    return !read_webhook(&webhook, bytes_of(key.data + 1, key.size - 1), value) ||
           listing->visit(listing->arg, &webhook);
}

void webhook_each(struct txn *txn, bool (*visit)(void *arg, const struct webhook *webhook),
                  void *arg)
{
    struct listing listing = {.visit = visit, .arg = arg};
    struct row_key key;
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, webhook_key(&key, ""), visit_webhook, &listing, &err);
}

static bool visit_letter(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct dead_letter letter;

    return !read_letter(&letter, key, value) || listing->visit_letter(listing->arg, &letter);
}

void dead_letter_each(struct txn *txn, const char *name, uint64_t after,
                      bool (*visit)(void *arg, const struct dead_letter *letter), void *arg)
{
    struct listing listing = {.visit_letter = visit, .arg = arg};
    struct row_key from;
    const struct bytes first = letter_key(&from, name, after + 1);
    struct err err;

    (void)txn_scan_from(txn, SPACE_LOCAL, bytes_of(first.data, first.size - sizeof after), first,
                        visit_letter, &listing, &err);
}

/* --- the alarm --- */

struct trouble {
    uint64_t now_ms;
    bool found;
    struct webhook webhook;
};

static bool look_for_trouble(void *arg, const struct webhook *webhook)
{
    struct trouble *trouble = arg;

    trouble->found =
        webhook->dead > 0 ||
        (webhook->failing_ms != 0 && trouble->now_ms - webhook->failing_ms >= WEBHOOK_ALARM_MS);
    trouble->webhook = *webhook;
    return !trouble->found;
}

static void raise_or_clear(struct node *node, struct txn *txn)
{
    struct trouble trouble = {.now_ms = node->turn_unix_ms};
    const struct webhook *webhook = &trouble.webhook;

    webhook_each(txn, look_for_trouble, &trouble);
    if (!trouble.found) {
        alarms_clear(node->alarms, ALARM_WEBHOOK, node->config.self);
    } else if (webhook->dead > 0) {
        alarms_raise(node->alarms, ALARM_WEBHOOK, node->config.self,
                     "webhook_dead name=%s letters=%u", webhook->name, (unsigned)webhook->dead);
    } else {
        alarms_raise(node->alarms, ALARM_WEBHOOK, node->config.self, "webhook_stuck name=%s why=%s",
                     webhook->name, webhook->failure);
    }
}

/* --- changes --- */

uint64_t webhooks_version(const struct node *node)
{
    return node->webhooks_version;
}

static bool count_webhook(void *arg, const struct webhook *webhook)
{
    size_t *count = arg;

    (void)webhook;
    (*count)++;
    return true;
}

enum status webhook_add(struct node *node, struct txn *txn, const struct webhook *webhook,
                        uint64_t now_ms, struct err *err)
{
    struct webhook row = *webhook;
    size_t count = 0;

    assert(webhook_name_valid(webhook->name));
    if (webhook_find(txn, webhook->name, &row)) {
        return err_set(err, ERR_ALREADY_USED, "webhook_exists name=%s", webhook->name);
    }
    webhook_each(txn, count_webhook, &count);
    if (count >= WEBHOOKS_MAX) {
        return err_set(err, ERR_LIMIT, "webhooks_too_many webhooks_max=%d", WEBHOOKS_MAX);
    }
    row = *webhook;
    row.created_ms = row.version = now_ms;
    put_webhook(txn, &row);
    node->webhooks_version++;
    return OK;
}

struct letters {
    struct dead_letter at[DEAD_LETTERS_MAX];
    size_t count;
};

static bool take_letter(void *arg, const struct dead_letter *letter)
{
    struct letters *letters = arg;

    letters->at[letters->count++] = *letter;
    return letters->count < DEAD_LETTERS_MAX;
}

static struct letters *read_letters(struct txn *txn, const char *name)
{
    struct letters *letters = mem_zalloc(sizeof *letters);

    dead_letter_each(txn, name, 0, take_letter, letters);
    return letters;
}

static enum status find(struct txn *txn, const char *name, struct webhook *out, struct err *err)
{
    return webhook_find(txn, name, out)
               ? OK
               : err_set(err, ERR_NOT_FOUND, "webhook_unknown name=%.32s", name);
}

enum status webhook_remove(struct node *node, struct txn *txn, const char *name, struct err *err)
{
    struct letters *letters;
    struct webhook row;
    struct row_key key;

    if (find(txn, name, &row, err) != OK) {
        return err->status;
    }
    letters = read_letters(txn, name);
    for (size_t i = 0; i < letters->count; i++) {
        txn_delete(txn, SPACE_LOCAL, letter_key(&key, name, letters->at[i].at.position));
    }
    mem_free(letters);
    txn_delete(txn, SPACE_LOCAL, webhook_key(&key, name));
    node->webhooks_version++;
    raise_or_clear(node, txn);
    return OK;
}

static uint32_t mark_letters(struct txn *txn, const char *name)
{
    struct letters *letters = read_letters(txn, name);
    const uint32_t count = (uint32_t)letters->count;

    for (size_t i = 0; i < letters->count; i++) {
        letters->at[i].again = true;
        put_letter(txn, name, &letters->at[i]);
    }
    mem_free(letters);
    return count;
}

enum status webhook_replay(struct node *node, struct txn *txn, const char *name,
                           const struct arrival_mark *after, uint32_t *count, struct err *err)
{
    struct webhook row;

    *count = 0;
    if (find(txn, name, &row, err) != OK) {
        return err->status;
    }
    if (after == NULL) {
        *count = mark_letters(txn, name);
    } else {
        row.at = *after;
        row.version++;
    }
    row.replays++;
    put_webhook(txn, &row);
    node->webhooks_version++;
    return OK;
}

static bool has_letter(struct txn *txn, const char *name, uint64_t position)
{
    struct row_key key;
    struct bytes value;

    return txn_get(txn, SPACE_LOCAL, letter_key(&key, name, position), &value);
}

void webhook_report(struct node *node, struct txn *txn, const struct webhook_report *report)
{
    struct webhook row;
    struct row_key key;

    if (!webhook_find(txn, report->name, &row) || row.version != report->version) {
        return;
    }
    row.at = report->at;
    row.delivered += report->delivered;
    row.delivered_ms =
        report->delivered_ms > row.delivered_ms ? report->delivered_ms : row.delivered_ms;
    row.failing_ms = report->failing_ms;
    row.attempts = report->attempts;
    memcpy(row.failure, report->failure, sizeof row.failure);
    if (report->has_dead) {
        row.dead += !has_letter(txn, report->name, report->dead.at.position);
        put_letter(txn, report->name, &report->dead);
    }
    if (report->revived != 0 && has_letter(txn, report->name, report->revived)) {
        txn_delete(txn, SPACE_LOCAL, letter_key(&key, report->name, report->revived));
        row.dead--;
    }
    put_webhook(txn, &row);
    raise_or_clear(node, txn);
}

bool webhook_row_fits(struct bytes key, struct bytes value)
{
    struct webhook webhook;
    struct dead_letter letter;

    return key.data[0] == LOCAL_WEBHOOK
               ? key.size > 1 && key.size <= sizeof webhook.name &&
                     read_webhook(&webhook, bytes_of(key.data + 1, key.size - 1), value)
               : read_letter(&letter, key, value);
}
