#include "node/office/browser_keys.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/office/local_keys.h"
#include "proto/array.h"

struct key_row_key {
    uint8_t at[1 + PUBLIC_KEY_SIZE];
};

static struct bytes row_key(struct key_row_key *key, const void *id, size_t size)
{
    key->at[0] = LOCAL_BROWSER_KEY;
    memcpy(key->at + 1, id, size);
    return bytes_of(key->at, 1 + size);
}

static void put_text(struct buf *value, const char *text)
{
    buf_put_u8(value, (uint8_t)strlen(text));
    buf_append_bytes(value, bytes_text(text));
}

static void take_text(struct reader *reader, char *out, size_t size)
{
    const struct bytes text = reader_bytes(reader, reader_u8(reader));

    (void)snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
}

static void stage(struct txn *txn, const struct browser_key *key)
{
    struct buf value = BUF_EMPTY;
    struct key_row_key row;

    buf_put_u8(&value, (uint8_t)key->state);
    buf_put_u64(&value, key->asked_ms);
    buf_put_u64(&value, key->decided_ms);
    put_text(&value, key->name);
    put_text(&value, key->label);
    put_text(&value, key->admin);
    (void)txn_put(txn, SPACE_LOCAL, row_key(&row, key->key.at, sizeof key->key.at),
                  buf_bytes(&value));
    buf_free(&value);
}

static bool parse(struct browser_key *out, struct bytes key, struct bytes value)
{
    struct reader reader = reader_of(value);

    memset(out, 0, sizeof *out);
    if (key.size != 1 + sizeof out->key.at) {
        return false;
    }
    memcpy(out->key.at, key.data + 1, sizeof out->key.at);
    out->state = (enum browser_key_state)reader_u8(&reader);
    out->asked_ms = reader_u64(&reader);
    out->decided_ms = reader_u64(&reader);
    take_text(&reader, out->name, sizeof out->name);
    take_text(&reader, out->label, sizeof out->label);
    take_text(&reader, out->admin, sizeof out->admin);
    return reader_ok(&reader);
}

/* --- reading --- */

const char *browser_key_state_name(enum browser_key_state state)
{
    static const char *const names[] = {
        [BROWSER_KEY_ASKED] = "asked", [BROWSER_KEY_GOOD] = "good", [BROWSER_KEY_ENDED] = "ended"};

    return names[state];
}

struct listing {
    bool (*visit)(void *arg, const struct browser_key *key);
    void *arg;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct browser_key row;

    return !parse(&row, key, value) || listing->visit(listing->arg, &row);
}

static void scan(struct txn *txn, struct bytes prefix, struct listing *listing)
{
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, prefix, visit_row, listing, &err);
}

void browser_keys_each(struct txn *txn, bool (*visit)(void *arg, const struct browser_key *key),
                       void *arg)
{
    const uint8_t letter = LOCAL_BROWSER_KEY;
    struct listing listing = {visit, arg};

    scan(txn, bytes_of(&letter, 1), &listing);
}

struct sought {
    struct browser_key *out;
    bool found;
};

static bool take_first(void *arg, const struct browser_key *key)
{
    struct sought *sought = arg;

    *sought->out = *key;
    sought->found = true;
    return false;
}

bool browser_key_find(struct txn *txn, const uint8_t id[BROWSER_KEY_ID_SIZE],
                      struct browser_key *out)
{
    struct sought sought = {out, false};
    struct listing listing = {take_first, &sought};
    struct key_row_key key;

    scan(txn, row_key(&key, id, BROWSER_KEY_ID_SIZE), &listing);
    return sought.found;
}

bool browser_key_signs(struct txn *txn, const char *name, const struct public_key *key)
{
    struct browser_key known;

    return browser_key_find(txn, key->at, &known) && known.state == BROWSER_KEY_GOOD &&
           memcmp(&known.key, key, sizeof *key) == 0 && strcmp(known.name, name) == 0;
}

struct hash browser_key_claim(const struct hash *tree, struct division self, const char *name,
                              const struct public_key *key)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_BROWSER);
    hasher_add(&hasher, tree->at, sizeof tree->at);
    hasher_add(&hasher, self.code, DIVISION_CODE_MAX);
    hasher_add(&hasher, key->at, sizeof key->at);
    hasher_add_bytes(&hasher, bytes_text(name));
    return hasher_end(&hasher);
}

/* --- one person's --- */

struct own_keys {
    const char *name;
    struct browser_key *at;
    size_t count, capacity;
};

static bool take_own(void *arg, const struct browser_key *key)
{
    struct own_keys *own = arg;

    if (key->state != BROWSER_KEY_ENDED && strcmp(key->name, own->name) == 0) {
        ARRAY_ROOM(own->at, own->count, own->capacity);
        own->at[own->count++] = *key;
    }
    return true;
}

/* The caller mem_frees own.at. */
static struct own_keys own_keys(struct txn *txn, const char *name)
{
    struct own_keys own = {.name = name};

    browser_keys_each(txn, take_own, &own);
    return own;
}

static enum status person_may_check(struct txn *txn, const char *name, struct err *err)
{
    struct operator_row row;

    if (!node_operator(txn, name, &row)) {
        return err_set(err, ERR_NOT_FOUND, "user_unknown name=%s", name);
    }
    if (!row.enabled || (row.roles & ROLE_CHECKER) == 0) {
        return err_set(err, ERR_REFUSED, "browser_key_no_checker name=%s", name);
    }
    return OK;
}

/* --- changing --- */

enum status browser_key_ask(struct node *node, struct txn *txn, const struct browser_key *asked,
                            struct err *err)
{
    struct browser_key known, row = *asked;
    struct own_keys own;
    const enum status status = person_may_check(txn, asked->name, err);

    if (status != OK) {
        return status;
    }
    if (browser_key_find(txn, asked->key.at, &known)) {
        return err_set(err, ERR_REFUSED, "browser_key_known name=%s", known.name);
    }
    own = own_keys(txn, asked->name);
    mem_free(own.at);
    if (own.count >= BROWSER_KEYS_MAX) {
        return err_set(err, ERR_REFUSED, "browser_key_many name=%s keys_max=%d", asked->name,
                       BROWSER_KEYS_MAX);
    }
    row.state = BROWSER_KEY_ASKED;
    row.asked_ms = node->turn_unix_ms;
    row.decided_ms = 0;
    row.admin[0] = '\0';
    stage(txn, &row);
    return OK;
}

/* His own, and he signs it: that is enough (person_chain.h). */
static bool is_his_word(const struct browser_key *key, const struct vouchers *vouchers)
{
    return vouchers != NULL && vouchers->count == 1 &&
           strcmp(vouchers->admins[0]->name, key->name) == 0;
}

static void publish(struct node *node, struct txn *txn, const struct browser_key *key,
                    const char *by, const struct vouchers *vouchers)
{
    struct operator_row row = {.roles = ROLE_CHECKER,
                               .key = key->key,
                               .enabled = key->state == BROWSER_KEY_GOOD,
                               .vouchers = vouchers};
    struct err err;

    memcpy(row.name, key->name, sizeof row.name);
    (void)snprintf(row.by, sizeof row.by, "%s", by);
    if (row.enabled || is_his_word(key, vouchers) ||
        vouchers_check(node, txn, vouchers, &err) == OK) {
        node_operator_publish(node, txn, &row);
    } /* else: it signs nothing here any more, and who ended it cannot say so to others */
}

void browser_key_decided(struct node *node, struct txn *txn, const struct browser_key *key,
                         enum browser_key_state state, const char *admin)
{
    struct browser_key decided = *key;

    if (state == BROWSER_KEY_GOOD) {
        (void)snprintf(decided.admin, sizeof decided.admin, "%s", admin);
    }
    decided.state = state;
    decided.decided_ms = node->turn_unix_ms;
    stage(txn, &decided);
}

static void decide(struct node *node, struct txn *txn, struct browser_key *key,
                   enum browser_key_state state, const char *by, const struct vouchers *vouchers)
{
    key->state = state;
    key->decided_ms = node->turn_unix_ms;
    stage(txn, key);
    publish(node, txn, key, by, vouchers);
}

static enum status find(struct txn *txn, const uint8_t id[BROWSER_KEY_ID_SIZE],
                        struct browser_key *out, struct err *err)
{
    return browser_key_find(txn, id, out) ? OK : err_set(err, ERR_NOT_FOUND, "browser_key_unknown");
}

enum status browser_key_confirm(struct node *node, struct txn *txn,
                                const uint8_t id[BROWSER_KEY_ID_SIZE], const char *admin,
                                const struct vouchers *vouchers, struct browser_key *out,
                                struct err *err)
{
    enum status status = find(txn, id, out, err);

    if (status != OK) {
        return status;
    }
    if (out->state != BROWSER_KEY_ASKED) {
        return err_set(err, ERR_REFUSED, "browser_key_decided state=%s",
                       browser_key_state_name(out->state));
    }
    if (strcmp(out->name, admin) == 0) {
        return err_set(err, ERR_REFUSED, "browser_key_own");
    }
    status = person_may_check(txn, out->name, err);
    if (status == OK) {
        status = vouchers_check(node, txn, vouchers, err);
    }
    if (status != OK) {
        return status;
    }
    (void)snprintf(out->admin, sizeof out->admin, "%s", admin);
    decide(node, txn, out, BROWSER_KEY_GOOD, admin, vouchers);
    return OK;
}

enum status browser_key_confirm_row(struct node *node, struct txn *txn,
                                    const struct operator_row *row, struct err *err)
{
    struct browser_key key;

    return browser_key_confirm(node, txn, row->key.at, row->by, row->vouchers, &key, err);
}

enum status browser_key_tell_ended(struct node *node, struct txn *txn,
                                   const struct operator_row *row, struct err *err)
{
    struct operator_row ended = *row;

    ended.roles = ROLE_CHECKER;
    ended.enabled = false;
    if (vouchers_check(node, txn, row->vouchers, err) != OK) {
        return err->status;
    }
    node_operator_publish(node, txn, &ended);
    return OK;
}

static void end_key(struct node *node, struct txn *txn, struct browser_key *key, const char *by,
                    const struct vouchers *vouchers)
{
    struct key_row_key row;

    if (key->state == BROWSER_KEY_ASKED) {
        txn_delete(txn, SPACE_LOCAL, row_key(&row, key->key.at, sizeof key->key.at));
        key->state = BROWSER_KEY_ENDED;
    } else if (key->state == BROWSER_KEY_GOOD) {
        decide(node, txn, key, BROWSER_KEY_ENDED, by, vouchers);
    }
}

enum status browser_key_end(struct node *node, struct txn *txn,
                            const uint8_t id[BROWSER_KEY_ID_SIZE], const char *by,
                            const struct vouchers *vouchers, struct browser_key *out,
                            struct err *err)
{
    const enum status status = find(txn, id, out, err);

    if (status == OK) {
        end_key(node, txn, out, by, vouchers);
    }
    return status;
}

static void end_keys(struct node *node, struct txn *txn, const struct operator_row *row)
{
    struct own_keys own = own_keys(txn, row->name);

    for (size_t i = 0; i < own.count; i++) {
        end_key(node, txn, &own.at[i], row->by, row->vouchers);
    }
    mem_free(own.at);
}

enum status person_end(struct node *node, struct txn *txn, const struct operator_row *row,
                       struct err *err)
{
    const enum status status = node_operator_disable(node, txn, row, err);

    if (status == OK) {
        end_keys(node, txn, row);
    }
    return status;
}

enum status person_role(struct node *node, struct txn *txn, const struct operator_row *row,
                        struct err *err)
{
    const enum status status = node_operator_role(node, txn, row, err);

    if (status == OK && (row->roles & ROLE_CHECKER) == 0) {
        end_keys(node, txn, row);
    }
    return status;
}

bool browser_key_row_fits(struct bytes key, struct bytes value)
{
    struct browser_key row;

    return parse(&row, key, value) && row.state <= BROWSER_KEY_ENDED;
}
