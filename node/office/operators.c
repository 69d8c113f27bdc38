/* operators - persons at this node. Name, roles and sealed secret are a row that stays here; the
 * public part is also an entry of the own log, so that every holder can check an approval. */
#include <stdio.h>
#include <time.h>

#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/ledger/families/operator.h"
#include "node/office/drafts.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"

enum {
    ENABLED = 1,
    ENABLED_ONCE = 2, /* waits */
    ENABLED_AT = 4,   /* where it stands in a row: behind the roles */
};

static struct bytes operator_key(char key[66], const char *name)
{
    return bytes_of(key, (size_t)snprintf(key, 66, "%c%s", LOCAL_OPERATOR, name));
}

void node_operator_put(struct txn *txn, const struct operator_row *row)
{
    struct buf value = BUF_EMPTY;
    char key[66];

    buf_put_u32(&value, row->roles);
    buf_put_u8(&value, !row->enabled ? 0 : row->waits ? ENABLED_ONCE : ENABLED);
    buf_append(&value, &row->key, sizeof row->key);
    buf_put_u64(&value, row->since_unix_ms);
    buf_append_bytes(&value, row->sealed);
    (void)txn_put(txn, SPACE_LOCAL, operator_key(key, row->name), buf_bytes(&value));
    buf_free(&value);
}

static bool parse_row(struct operator_row *row, struct bytes name, struct bytes value)
{
    struct reader reader = reader_of(value);
    uint8_t enabled;

    memset(row, 0, sizeof *row);
    (void)snprintf(row->name, sizeof row->name, "%.*s", (int)name.size, (const char *)name.data);
    row->roles = reader_u32(&reader);
    enabled = reader_u8(&reader);
    row->enabled = enabled != 0;
    row->waits = enabled == ENABLED_ONCE;
    reader_copy(&reader, &row->key, sizeof row->key);
    row->since_unix_ms = reader_u64(&reader);
    row->sealed = reader_bytes(&reader, reader_left(&reader));
    return reader_ok(&reader);
}

bool node_operator(struct txn *txn, const char *name, struct operator_row *out)
{
    struct bytes value;
    char key[66];

    return strlen(name) < sizeof out->name &&
           txn_get(txn, SPACE_LOCAL, operator_key(key, name), &value) &&
           txn_check_row(txn, operator_key(key, name), parse_row(out, bytes_text(name), value));
}

static int year_of(uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    (void)gmtime_r(&seconds, &utc);
    return utc.tm_year + 1900;
}

/* Does the grant name first admins, whose word is asked for? */
static bool is_vouched(const struct node *node)
{
    struct grant_terms terms;

    return roster_terms(node_roster(node), node->config.self, draft_terms(node, ROLE_MAKER).epoch,
                        &terms) &&
           terms.founder_count > 0;
}

/* What holders find of the entry as it comes in, for whoever reads the chain here. */
static void keep_link(const struct node *node, struct txn *txn, const struct operator_row *row,
                      uint64_t lsn)
{
    struct person_link link = {.lsn = lsn,
                               .epoch = draft_terms(node, ROLE_MAKER).epoch,
                               .roles = row->enabled ? row->roles : 0,
                               .time_ms = node->turn_unix_ms,
                               .key = row->key};

    memcpy(link.name, row->name, sizeof link.name);
    memcpy(link.entered_by, row->by, sizeof link.entered_by);
    for (size_t i = 0; is_vouched(node) && row->vouchers != NULL && i < row->vouchers->count; i++) {
        memcpy(link.by[link.signers++], row->vouchers->admins[i]->name, sizeof link.by[0]);
    }
    person_link_store(txn, node->config.self, &link);
}

void node_operator_document(const struct node *node, const struct operator_row *row,
                            uint64_t number, struct operator_text *text, struct document *out)
{
    struct hasher hasher;
    struct hash hash;

    hasher_begin(&hasher, TAG_CONTENT);
    hasher_add(&hasher, row->name, strlen(row->name));
    hasher_add(&hasher, &row->key, sizeof row->key);
    hasher_add(&hasher, &number, sizeof number);
    hash = hasher_end(&hasher);
    memcpy(text->id, ".o", 2);
    hex_encode(text->id + 2, &hash, 16);
    roles_print(text->roles, row->roles);
    operator_document(out, bytes_text(text->id), year_of(node->turn_unix_ms),
                      &(struct operator_entry){.name = bytes_text(row->name),
                                               .key = bytes_of(&row->key, sizeof row->key),
                                               .roles = bytes_text(text->roles),
                                               .by = bytes_text(row->by),
                                               .enabled = row->enabled});
}

uint64_t node_operator_enter(struct node *node, struct txn *txn, const struct operator_row *row,
                             const struct document *document, struct bytes body)
{
    const uint64_t lsn = own_log_enter(node, txn, document, body);

    keep_link(node, txn, row, lsn);
    return lsn;
}

/* The entry that tells everybody above and below who this person is: those below check what comes
 * from here by it. */
void node_operator_publish(struct node *node, struct txn *txn, const struct operator_row *row)
{
    struct operator_text text;
    struct document document;
    struct buf body = BUF_EMPTY;

    if (row->vouchers != NULL && row->vouchers->propose != NULL) {
        row->vouchers->propose(row->vouchers->arg, row);
        return;
    }
    /* A person may be told again. */
    node_operator_document(node, row, replicator_next_lsn(node->replicator), &text, &document);
    document_encode(&body, &document);
    if (is_vouched(node)) {
        vouchers_sign(node, row->vouchers, document.kind, buf_bytes(&body));
    }
    (void)node_operator_enter(node, txn, row, &document, buf_bytes(&body));
    buf_free(&body);
}

void node_operator_found(struct node *node, struct txn *txn, const struct operator_row *row)
{
    struct operator_row known, added = *row;

    if (!node_operator(txn, row->name, &known)) {
        added.since_unix_ms = node->turn_unix_ms;
        node_operator_put(txn, &added);
    }
}

enum status node_operator_add(struct node *node, struct txn *txn, const struct operator_row *row,
                              struct err *err)
{
    struct operator_row known, added = *row;

    if (!operator_name_valid(row->name)) {
        return err_set(err, ERR_CONFIG, "user_name_form");
    }
    if (row->roles == 0 || !roles_fit(row->roles)) {
        return err_set(err, ERR_CONFIG, "user_roles_mixed");
    }
    if (node_operator(txn, row->name, &known)) {
        return err_set(err, ERR_REFUSED, "user_exists name=%s", row->name);
    }
    if (vouchers_check(node, txn, row->vouchers, err) != OK) {
        return err->status;
    }
    added.since_unix_ms = node->turn_unix_ms;
    node_operator_put(txn, &added);
    node_operator_publish(node, txn, &added);
    return OK;
}

enum status node_operator_passwd(struct txn *txn, const struct operator_row *row,
                                 struct bytes opened, struct err *err)
{
    struct operator_row changed;

    if (!node_operator(txn, row->name, &changed) || !changed.enabled) {
        return err_set(err, ERR_NOT_FOUND, "user_unknown name=%s", row->name);
    }
    if (memcmp(&changed.key, &row->key, sizeof changed.key) != 0) {
        return err_set(err, ERR_REFUSED, "user_key_fixed name=%s", row->name);
    }
    if (!bytes_equal(changed.sealed, opened)) {
        return err_set(err, ERR_REFUSED, "user_password_changed name=%s", row->name);
    }
    changed.sealed = row->sealed;
    node_operator_put(txn, &changed);
    return OK;
}

/* What is known of a person, with other roles, or none any more: told to all, unless no admin were
 * left. */
static enum status change_known(struct node *node, struct txn *txn,
                                const struct operator_row *known,
                                const struct operator_row *changed, struct err *err)
{
    const bool was_admin = (known->roles & ROLE_ADMIN) != 0;
    struct operator_row before = *known, after = *changed;
    struct buf sealed = BUF_EMPTY;
    enum status status = OK;

    buf_append_bytes(&sealed, known->sealed); /* the view dies with the put */
    before.sealed = after.sealed = buf_bytes(&sealed);
    node_operator_put(txn, &after);
    if (was_admin && !node_has_role(txn, ROLE_ADMIN)) {
        node_operator_put(txn, &before);
        status = err_set(err, ERR_REFUSED, "user_last_admin name=%s", known->name);
    } else {
        node_operator_publish(node, txn, &after);
    }
    buf_free(&sealed);
    return status;
}

enum status node_operator_disable(struct node *node, struct txn *txn,
                                  const struct operator_row *row, struct err *err)
{
    struct operator_row known, ended;

    if (!node_operator(txn, row->name, &known)) {
        return err_set(err, ERR_NOT_FOUND, "user_unknown name=%s", row->name);
    }
    if (!known.enabled) {
        return OK;
    }
    if (vouchers_check(node, txn, row->vouchers, err) != OK) {
        return err->status;
    }
    ended = known;
    ended.enabled = false;
    memcpy(ended.by, row->by, sizeof ended.by);
    ended.vouchers = row->vouchers;
    return change_known(node, txn, &known, &ended, err);
}

enum status node_operator_role(struct node *node, struct txn *txn, const struct operator_row *row,
                               struct err *err)
{
    struct operator_row known, changed;

    if (row->roles == 0 || !roles_fit(row->roles)) {
        return err_set(err, ERR_CONFIG, "user_roles_mixed");
    }
    if (!node_operator(txn, row->name, &known) || !known.enabled) {
        return err_set(err, ERR_NOT_FOUND, "user_unknown name=%s", row->name);
    }
    if (known.roles == row->roles) {
        return OK;
    }
    if (vouchers_check(node, txn, row->vouchers, err) != OK) {
        return err->status;
    }
    changed = known;
    changed.roles = row->roles;
    memcpy(changed.by, row->by, sizeof changed.by);
    changed.vouchers = row->vouchers;
    return change_known(node, txn, &known, &changed, err);
}

enum status node_operator_renew(struct node *node, struct txn *txn, const struct operator_row *row,
                                struct err *err)
{
    struct operator_row known, renewed;

    if (!node_operator(txn, row->name, &known) || !known.enabled) {
        return err_set(err, ERR_NOT_FOUND, "user_unknown name=%s", row->name);
    }
    if (vouchers_check(node, txn, row->vouchers, err) != OK) {
        return err->status;
    }
    renewed = known;
    memcpy(renewed.by, row->by, sizeof renewed.by);
    renewed.vouchers = row->vouchers;
    renewed.enabled = false;
    node_operator_publish(node, txn, &renewed); /* the old key, to its end */
    renewed.enabled = true;
    renewed.key = row->key;
    renewed.sealed = row->sealed;
    renewed.since_unix_ms = node->turn_unix_ms;
    node_operator_put(txn, &renewed);
    node_operator_publish(node, txn, &renewed);
    return OK;
}

struct wanted {
    uint32_t role;
    bool found;
};

static bool find_role(void *arg, const struct operator_row *row)
{
    struct wanted *wanted = arg;

    wanted->found = row->enabled && (row->roles & wanted->role) != 0;
    return !wanted->found;
}

bool node_has_role(struct txn *txn, uint32_t roles)
{
    struct wanted wanted = {.role = roles};

    node_operators(txn, find_role, &wanted);
    return wanted.found;
}

bool node_has_maker(struct txn *txn)
{
    return node_has_role(txn, ROLE_MAKER);
}

struct listing {
    struct txn *txn;
    bool (*visit)(void *arg, const struct operator_row *row);
    void *arg;
};

static bool visit_operator(void *arg, struct bytes key, struct bytes value)
{
    const struct listing *listing = arg;
    struct operator_row row;

    return !txn_check_row(listing->txn, key,
                          parse_row(&row, bytes_of(key.data + 1, key.size - 1), value)) ||
           listing->visit(listing->arg, &row);
}

void node_operators(struct txn *txn, bool (*visit)(void *arg, const struct operator_row *row),
                    void *arg)
{
    struct listing listing = {txn, visit, arg};
    const uint8_t letter = LOCAL_OPERATOR;
    struct err err;

    (void)txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), visit_operator, &listing, &err);
}

static bool count_admin(void *arg, const struct operator_row *row)
{
    *(size_t *)arg += row->enabled && (row->roles & ROLE_ADMIN) != 0;
    return true;
}

bool node_needs_two(const struct node *node, struct txn *txn)
{
    const struct policy policy = node_policy(node);
    size_t admins = 0;

    node_operators(txn, count_admin, &admins);
    return !number_set_is_empty(&policy.kinds) && admins >= 2;
}

bool operator_row_fits(struct bytes key, struct bytes value)
{
    struct operator_row row;

    return key.size > 1 && key.size <= sizeof row.name &&
           parse_row(&row, bytes_of(key.data + 1, key.size - 1), value);
}

void operator_row_age(struct buf *out, struct bytes value)
{
    buf_clear(out);
    buf_append_bytes(out, value);
    if (value.size > ENABLED_AT && value.data[ENABLED_AT] != 0) {
        out->data[ENABLED_AT] = ENABLED_ONCE;
    }
}
