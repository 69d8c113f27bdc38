/* operators - persons at this node: SPACE_LOCAL 'o' name -> roles, public key, sealed secret.
 * The public part is also an entry of the own log, so that every holder can check an approval. */
#include <stdio.h>
#include <time.h>

#include "node/node_internal.h"

static struct bytes operator_key(char key[66], const char *name)
{
    return bytes_of(key, (size_t)snprintf(key, 66, "o%s", name));
}

static void stage_row(struct txn *txn, const struct operator_row *row)
{
    struct buf value = BUF_EMPTY;
    char key[66];

    buf_put_u32(&value, row->roles);
    buf_put_u8(&value, row->enabled);
    buf_append(&value, &row->key, sizeof row->key);
    buf_append_bytes(&value, row->sealed);
    (void)txn_put(txn, SPACE_LOCAL, operator_key(key, row->name), buf_bytes(&value));
    buf_free(&value);
}

static bool parse_row(struct operator_row *row, struct bytes name, struct bytes value)
{
    struct reader reader = reader_of(value);

    memset(row, 0, sizeof *row);
    (void)snprintf(row->name, sizeof row->name, "%.*s", (int)name.size, (const char *)name.data);
    row->roles = reader_u32(&reader);
    row->enabled = reader_u8(&reader) != 0;
    reader_copy(&reader, &row->key, sizeof row->key);
    row->sealed = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

bool node_operator(struct txn *txn, const char *name, struct operator_row *out)
{
    struct bytes value;
    char key[66];

    return strlen(name) < sizeof out->name &&
           txn_get(txn, SPACE_LOCAL, operator_key(key, name), &value) &&
           parse_row(out, bytes_text(name), value);
}

/* Names appear in entries, logs and URLs: letters, digits, - _ . and any non-ASCII letter. */
static bool name_valid(const char *name)
{
    const size_t size = strlen(name);

    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)name[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!plain && c < 0x80) {
            return false;
        }
    }
    return size > 0 && size < 64 && utf8_valid(bytes_text(name));
}

static int year_of(uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    (void)gmtime_r(&seconds, &utc);
    return utc.tm_year + 1900;
}

/* The entry that tells everybody on the line who this person is. */
static void publish(struct node *node, struct txn *txn, const struct operator_row *row)
{
    struct document document;
    struct buf body = BUF_EMPTY;
    struct hasher hasher;
    struct hash hash;
    char id[2 + 2 * 16 + 1], roles[64];

    hasher_begin(&hasher, TAG_CONTENT);
    hasher_add(&hasher, row->name, strlen(row->name));
    hasher_add(&hasher, &row->key, sizeof row->key);
    hasher_add(&hasher, &row->roles, sizeof row->roles);
    hash = hasher_end(&hasher);
    memcpy(id, ".o", 2);
    hex_encode(id + 2, &hash, 16);
    (void)snprintf(roles, sizeof roles, "%u", row->roles);
    document_clear(&document, KIND_OPERATOR);
    document_set_text(&document, FIELD_ID, bytes_text(id));
    document_set_number(&document, FIELD_FISCAL_YEAR, year_of(node->turn_unix_ms));
    document_set_text(&document, FIELD_NAME, bytes_text(row->name));
    document_set_text(&document, FIELD_ENABLED, bytes_text(row->enabled ? "1" : "2"));
    document_set_text(&document, FIELD_OPERATOR_KEY, bytes_of(&row->key, sizeof row->key));
    document_set_text(&document, FIELD_ROLE, bytes_text(roles));
    document_encode(&body, &document);
    (void)node_enter(node, txn, &document, buf_bytes(&body));
    buf_free(&body);
}

enum status node_operator_add(struct node *node, struct txn *txn, const struct operator_row *row,
                              struct err *err)
{
    struct operator_row known;

    if (!name_valid(row->name)) {
        return err_set(err, ERR_CONFIG,
                       "a user name is 1-63 letters, digits, '-', '_' or '.', without spaces");
    }
    if (node_operator(txn, row->name, &known)) {
        return err_set(err, ERR_REFUSED, "user %s is there already; use user passwd", row->name);
    }
    stage_row(txn, row);
    publish(node, txn, row);
    return OK;
}

enum status node_operator_passwd(struct node *node, struct txn *txn, const struct operator_row *row,
                                 struct err *err)
{
    struct operator_row known;

    (void)node;
    if (!node_operator(txn, row->name, &known)) {
        return err_set(err, ERR_NOT_FOUND, "there is no user %s", row->name);
    }
    if (memcmp(&known.key, &row->key, sizeof known.key) != 0) {
        return err_set(err, ERR_REFUSED, "the key of user %s does not change with its password",
                       row->name);
    }
    stage_row(txn, row);
    return OK;
}

struct listing {
    bool (*visit)(void *arg, const struct operator_row *row);
    void *arg;
};

static bool visit_operator(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct operator_row row;

    return !parse_row(&row, bytes_of(key.data + 1, key.size - 1), value) ||
           listing->visit(listing->arg, &row);
}

void node_operators(struct txn *txn, bool (*visit)(void *arg, const struct operator_row *row),
                    void *arg)
{
    struct listing listing = {visit, arg};
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_text("o"), visit_operator, &listing, &err);
}
