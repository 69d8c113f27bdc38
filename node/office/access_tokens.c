#include "node/office/access_tokens.h"

#include <stdio.h>

#include "node/ledger/families/operator.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"

enum { KEY_SIZE = 1 + HASH_SIZE };

/* --- rows --- */

static struct bytes token_key(uint8_t key[KEY_SIZE], const struct hash *hash)
{
    key[0] = LOCAL_TOKEN;
    memcpy(key + 1, hash->at, HASH_SIZE);
    return bytes_of(key, KEY_SIZE);
}

static void stage(struct txn *txn, const struct access_token *token)
{
    struct buf value = BUF_EMPTY;
    uint8_t key[KEY_SIZE];

    buf_put_u32(&value, token->roles);
    buf_put_u64(&value, token->made_unix_ms);
    buf_put_u64(&value, token->expires_unix_ms);
    buf_put_u64(&value, token->used_unix_ms);
    buf_append(&value, token->name, sizeof token->name);
    buf_append(&value, token->maker, sizeof token->maker);
    (void)txn_put(txn, SPACE_LOCAL, token_key(key, &token->hash), buf_bytes(&value));
    buf_free(&value);
}

static bool parse(struct access_token *out, const struct hash *hash, struct bytes value)
{
    struct reader reader = reader_of(value);

    out->hash = *hash;
    out->roles = reader_u32(&reader);
    out->made_unix_ms = reader_u64(&reader);
    out->expires_unix_ms = reader_u64(&reader);
    out->used_unix_ms = reader_u64(&reader);
    reader_copy(&reader, out->name, sizeof out->name);
    reader_copy(&reader, out->maker, sizeof out->maker);
    out->name[sizeof out->name - 1] = out->maker[sizeof out->maker - 1] = '\0';
    return reader_ok(&reader) && reader_left(&reader) == 0;
}

bool access_token_find(struct txn *txn, const struct hash *hash, struct access_token *out)
{
    uint8_t key[KEY_SIZE];
    struct bytes value;

    return txn_get(txn, SPACE_LOCAL, token_key(key, hash), &value) && parse(out, hash, value);
}

struct listing {
    bool (*visit)(void *arg, const struct access_token *token);
    void *arg;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct access_token token;
    struct hash hash;

    if (key.size != KEY_SIZE) {
        return true;
    }
    memcpy(hash.at, key.data + 1, HASH_SIZE);
    return !parse(&token, &hash, value) || listing->visit(listing->arg, &token);
}

void access_tokens_each(struct txn *txn, bool (*visit)(void *arg, const struct access_token *token),
                        void *arg)
{
    struct listing listing = {visit, arg};
    const uint8_t letter = LOCAL_TOKEN;
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_row, &listing, &err);
}

struct named {
    const char *name;
    struct access_token *out;
    size_t count;
    bool found;
};

static bool match_name(void *arg, const struct access_token *token)
{
    struct named *named = arg;

    named->count++;
    if (strcmp(token->name, named->name) == 0) {
        *named->out = *token;
        named->found = true;
    }
    return true;
}

static bool find_named(struct txn *txn, const char *name, struct access_token *out)
{
    struct named named = {.name = name, .out = out};

    access_tokens_each(txn, match_name, &named);
    return named.found;
}

/* --- what one is worth --- */

void access_token_make(char text[ACCESS_TOKEN_TEXT_MAX], struct hash *hash)
{
    uint8_t secret[HASH_SIZE];

    crypto_random(secret, sizeof secret);
    memcpy(text, ACCESS_TOKEN_PREFIX, sizeof ACCESS_TOKEN_PREFIX);
    hex_encode(text + sizeof ACCESS_TOKEN_PREFIX - 1, secret, sizeof secret);
    *hash = access_token_hash(text);
    crypto_wipe(secret, sizeof secret);
}

struct hash access_token_hash(const char *text)
{
    return hash_of(TAG_TOKEN, bytes_text(text));
}

/* The owner of the process stands in for a role only while nobody has it. */
static uint32_t roles_of_owner(struct txn *txn, uint32_t roles)
{
    for (uint32_t role = 1; role <= ROLE_LAST; role <<= 1) {
        if ((roles & role) != 0 && node_has_role(txn, role)) {
            roles &= ~role;
        }
    }
    return roles;
}

bool access_token_rights(struct txn *txn, const struct access_token *token, uint64_t now_unix_ms,
                         uint32_t *roles)
{
    struct operator_row maker;

    if (now_unix_ms >= token->expires_unix_ms) {
        return false;
    }
    if (token->maker[0] == '\0') {
        *roles = roles_of_owner(txn, token->roles);
        return true;
    }
    if (!node_operator(txn, token->maker, &maker) || !maker.enabled) {
        return false;
    }
    *roles = token->roles & maker.roles & ~(uint32_t)ROLE_CHECKER;
    return true;
}

/* --- changes --- */

enum status node_access_token_add(struct txn *txn, const struct access_token *token,
                                  struct err *err)
{
    struct access_token known;
    struct named named = {.name = token->name, .out = &known};

    if (!operator_name_valid(token->name)) {
        return err_set(err, ERR_CONFIG, "access_token_name_form");
    }
    access_tokens_each(txn, match_name, &named);
    if (named.found) {
        return err_set(err, ERR_REFUSED, "access_token_exists name=%s", token->name);
    }
    if (named.count >= ACCESS_TOKENS_MAX) {
        return err_set(err, ERR_LIMIT, "access_tokens_many tokens_max=%d", ACCESS_TOKENS_MAX);
    }
    stage(txn, token);
    return OK;
}

enum status node_access_token_revoke(struct txn *txn, const char *name, const char *by,
                                     bool by_admin, struct err *err)
{
    struct access_token token;
    uint8_t key[KEY_SIZE];

    if (!find_named(txn, name, &token)) {
        return err_set(err, ERR_NOT_FOUND, "access_token_unknown name=%s", name);
    }
    if (!by_admin && strcmp(token.maker, by) != 0) {
        return err_set(err, ERR_REFUSED, "access_token_of_another name=%s maker=%s", name,
                       token.maker);
    }
    txn_delete(txn, SPACE_LOCAL, token_key(key, &token.hash));
    return OK;
}

struct made_by {
    const char *maker;
    uint64_t now_unix_ms;
    struct hash at[ACCESS_TOKENS_MAX];
    size_t count, living;
};

static bool note_made(void *arg, const struct access_token *token)
{
    struct made_by *made = arg;

    if (strcmp(token->maker, made->maker) == 0) {
        made->at[made->count++] = token->hash;
        made->living += made->now_unix_ms < token->expires_unix_ms;
    }
    return made->count < ACCESS_TOKENS_MAX;
}

size_t access_tokens_of(struct txn *txn, const char *maker, uint64_t now_unix_ms, bool ends)
{
    struct made_by *made = mem_zalloc(sizeof *made);
    size_t living;
    uint8_t key[KEY_SIZE];

    made->maker = maker;
    made->now_unix_ms = now_unix_ms;
    access_tokens_each(txn, note_made, made);
    for (size_t i = 0; ends && i < made->count; i++) {
        txn_delete(txn, SPACE_LOCAL, token_key(key, &made->at[i]));
    }
    living = made->living;
    mem_free(made);
    return living;
}

void node_access_token_used(struct txn *txn, const struct hash *hash, uint64_t unix_ms)
{
    struct access_token token;

    if (access_token_find(txn, hash, &token) && token.used_unix_ms < unix_ms) {
        token.used_unix_ms = unix_ms;
        stage(txn, &token);
    }
}

bool access_token_row_fits(struct bytes key, struct bytes value)
{
    const struct hash hash = HASH_ZERO;
    struct access_token token;

    return key.size == KEY_SIZE && parse(&token, &hash, value);
}
