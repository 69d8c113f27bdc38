#include "replicator/roster.h"
#include "proto/frame.h"

#include <assert.h>
#include <inttypes.h>

enum {
    SEALED_BYTES_MAX = 2048,
    SEALED_ARENA_BYTES = 16 << 10,
    EPOCHS_MAX = 64, /* of one division: a parent gone mad must not take all our memory */
};

/* --- a grant as bytes --- */

static const char link_endpoint[] = "link"; /* where children dial */

static struct hash link_key_hash(const struct hash *tree, struct division division,
                                 const uint8_t curve_key[32])
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_KEY_PROOF);
    hasher_add(&hasher, tree->at, sizeof tree->at);
    hasher_add(&hasher, division.code, DIVISION_CODE_MAX);
    hasher_add(&hasher, curve_key, 32);
    return hasher_end(&hasher);
}

struct signature link_key_proof(const struct sign_key *key, const struct hash *tree,
                                struct division division, const uint8_t curve_key[32])
{
    const struct hash hash = link_key_hash(tree, division, curve_key);

    return sign_hash(key, &hash);
}

void grant_certify(struct grant *grant, const struct hash *tree, const struct sign_key *key)
{
    grant->tree = *tree;
    grant->sign_key = key->public;
    grant->key_proof = link_key_proof(key, tree, grant->division, grant->curve_key);
}

void grant_seal(struct buf *out, const struct grant *grant, const struct sign_key *signer)
{
    Terrace__Grant message = TERRACE__GRANT__INIT;
    Terrace__SignedGrant sealed = TERRACE__SIGNED_GRANT__INIT;
    Terrace__Endpoint endpoint = TERRACE__ENDPOINT__INIT, *endpoints[] = {&endpoint};
    struct buf inner = BUF_EMPTY;
    struct hash hash;
    struct signature signature;

    message.has_division = message.has_name = message.has_epoch = message.has_suite = 1;
    message.has_sign_key = message.has_curve_key = message.has_key_proof = 1;
    message.has_base_lsn = message.has_base_hash = message.has_unix_ms = message.has_policy = 1;
    message.has_parent = !division_is_none(grant->parent);
    message.has_tree = 1;
    message.division = pb_division(&grant->division);
    message.parent = pb_division(&grant->parent);
    message.name = pb_of_text(grant->name);
    message.epoch = grant->epoch;
    message.suite = SUITE_ED25519_BLAKE2B;
    message.sign_key = pb_of_bytes(grant->sign_key.at, sizeof grant->sign_key.at);
    message.curve_key = pb_of_bytes(grant->curve_key, sizeof grant->curve_key);
    message.key_proof = pb_of_bytes(grant->key_proof.at, sizeof grant->key_proof.at);
    endpoint.has_name = endpoint.has_address = 1;
    endpoint.name = pb_of_text(link_endpoint);
    endpoint.address = pb_of_text(grant->endpoint);
    message.endpoint = endpoints;
    message.n_endpoint = grant->endpoint[0] != '\0';
    message.base_lsn = grant->base_lsn;
    message.base_hash = pb_of_bytes(grant->base_hash.at, sizeof grant->base_hash.at);
    message.unix_ms = grant->time_ms;
    message.policy = grant->policy;
    message.tree = pb_of_bytes(grant->tree.at, sizeof grant->tree.at);
    message_encode(&inner, &message.base);

    hash = hash_of(TAG_GRANT, buf_bytes(&inner));
    signature = sign_hash(signer, &hash);
    sealed.has_suite = sealed.has_grant = sealed.has_signer = sealed.has_signature = 1;
    sealed.suite = SUITE_ED25519_BLAKE2B;
    sealed.grant = pb_of_bytes(inner.data, inner.size);
    sealed.signer = pb_of_bytes(signer->public.at, sizeof signer->public.at);
    sealed.signature = pb_of_bytes(signature.at, sizeof signature.at);
    message_encode(out, &sealed.base);
    buf_free(&inner);
}

/* A sealed grant taken apart, its form checked, its signature not yet. */
struct opened {
    struct grant grant;
    struct hash hash; /* what the signer signed */
    struct public_key signer;
    struct signature signature;
};

static bool copy_text(char *out, size_t bytes_max, bool present, ProtobufCBinaryData data)
{
    const struct bytes text = present ? bytes_of_pb(data) : BYTES_NONE;

    memset(out, 0, bytes_max + 1);
    if (text.size > bytes_max || !text_plain(text)) {
        return false;
    }
    if (text.size != 0) {
        memcpy(out, text.data, text.size);
    }
    return true;
}

/* Names that are not known here are for a newer version. */
static bool read_endpoints(struct grant *out, const Terrace__Grant *message)
{
    memset(out->endpoint, 0, sizeof out->endpoint);
    for (size_t i = 0; i < message->n_endpoint; i++) {
        const Terrace__Endpoint *endpoint = message->endpoint[i];
        if (endpoint->has_name &&
            bytes_equal(bytes_of_pb(endpoint->name), bytes_text(link_endpoint))) {
            return copy_text(out->endpoint, ENDPOINT_BYTES_MAX, endpoint->has_address,
                             endpoint->address);
        }
    }
    return true;
}

static enum status read_place(struct grant *out, const Terrace__Grant *message, struct err *err)
{
    out->parent = DIVISION_NONE;
    if (!message->has_division || !division_parse(&out->division, bytes_of_pb(message->division))) {
        return err_set(err, ERR_MALFORMED, "grant without a division code");
    }
    if (message->has_parent && !division_parse(&out->parent, bytes_of_pb(message->parent))) {
        return err_set(err, ERR_MALFORMED, "grant of %s: bad parent", out->division.code);
    }
    if (division_equal(out->division, out->parent)) {
        return err_set(err, ERR_MALFORMED, "grant of %s: its own parent", out->division.code);
    }
    if (!copy_text(out->name, NAME_BYTES_MAX, message->has_name, message->name) ||
        out->name[0] == '\0') {
        return err_set(err, ERR_MALFORMED, "grant of %s: bad name", out->division.code);
    }
    if (!read_endpoints(out, message)) {
        return err_set(err, ERR_MALFORMED, "grant of %s: bad endpoint", out->division.code);
    }
    return OK;
}

static enum status check_suite(bool present, uint32_t suite, struct err *err)
{
    if (!present) {
        return err_set(err, ERR_MALFORMED, "no suite of signatures is named");
    }
    return suite == SUITE_ED25519_BLAKE2B
               ? OK
               : err_set(err, ERR_NEEDS_UPGRADE, "suite %" PRIu32 " is not known here", suite);
}

static enum status read_keys(struct grant *out, const Terrace__Grant *message, struct err *err)
{
    const enum status status = check_suite(message->has_suite, message->suite, err);

    if (status != OK) {
        return err_wrap(err, "grant of %s", out->division.code);
    }
    if (!pb_copy_exact(out->sign_key.at, sizeof out->sign_key.at, message->has_sign_key,
                       message->sign_key) ||
        !pb_copy_exact(out->curve_key, sizeof out->curve_key, message->has_curve_key,
                       message->curve_key) ||
        !pb_copy_exact(out->key_proof.at, sizeof out->key_proof.at, message->has_key_proof,
                       message->key_proof) ||
        !pb_copy_exact(out->tree.at, sizeof out->tree.at, message->has_tree, message->tree) ||
        !pb_copy_exact(out->base_hash.at, sizeof out->base_hash.at, message->has_base_hash,
                       message->base_hash)) {
        return err_set(err, ERR_MALFORMED, "grant of %s: a key or hash of the wrong size",
                       out->division.code);
    }
    out->epoch = message->epoch;
    out->base_lsn = message->base_lsn;
    out->time_ms = message->unix_ms;
    out->policy = message->policy;
    if (out->epoch == 0) {
        return err_set(err, ERR_MALFORMED, "grant of %s: epoch 0", out->division.code);
    }
    if (out->base_lsn == 0 && !hash_equal(&out->base_hash, &HASH_ZERO)) {
        return err_set(err, ERR_MALFORMED, "grant of %s: a base hash without a base",
                       out->division.code);
    }
    return OK;
}

static enum status open_inner(struct opened *out, const Terrace__SignedGrant *sealed,
                              struct arena *arena, struct err *err)
{
    ProtobufCMessage *decoded;
    const Terrace__Grant *message;
    enum status status;

    status = check_suite(sealed->has_suite, sealed->suite, err);
    if (status != OK) {
        return err_wrap(err, "sealed grant");
    }
    if (!sealed->has_grant ||
        !pb_copy_exact(out->signer.at, sizeof out->signer.at, sealed->has_signer, sealed->signer) ||
        !pb_copy_exact(out->signature.at, sizeof out->signature.at, sealed->has_signature,
                       sealed->signature)) {
        return err_set(err, ERR_MALFORMED, "grant without a signer or a signature");
    }
    out->hash = hash_of(TAG_GRANT, bytes_of_pb(sealed->grant));
    status = message_decode(&decoded, &terrace__grant__descriptor, arena,
                            bytes_of_pb(sealed->grant), SEALED_BYTES_MAX, err);
    if (status != OK) {
        return err_wrap(err, "grant");
    }
    message = (const Terrace__Grant *)(const void *)decoded;
    status = read_place(&out->grant, message, err);
    return status != OK ? status : read_keys(&out->grant, message, err);
}

static enum status open_sealed(struct opened *out, struct bytes sealed, struct err *err)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    if (sealed.size > SEALED_BYTES_MAX) {
        return err_set(err, ERR_MALFORMED, "grant of %zu bytes, at most %d", sealed.size,
                       SEALED_BYTES_MAX);
    }
    arena_init(&arena, SEALED_ARENA_BYTES);
    status = message_decode(&decoded, &terrace__signed_grant__descriptor, &arena, sealed,
                            SEALED_BYTES_MAX, err);
    if (status == OK) {
        status = open_inner(out, (const Terrace__SignedGrant *)(const void *)decoded, &arena, err);
    } else {
        err_wrap(err, "sealed grant");
    }
    arena_free(&arena);
    if (status == ERR_TOO_LARGE) {
        err->status = status = ERR_MALFORMED; /* no grant is that large */
    }
    return status;
}

enum status grant_parse(struct grant *out, struct bytes sealed, struct err *err)
{
    struct opened opened;
    const enum status status = open_sealed(&opened, sealed, err);

    *out = opened.grant;
    return status;
}

/* --- the roster --- */

struct epoch {
    struct grant grant;
    struct hash hash;
};

struct node {
    struct member member; /* first: a member is found by its address */
    struct node *parent;
    struct epoch *epochs; /* [i] is epoch i + 1 */
    size_t epoch_count;
    struct buf sealed; /* of the newest */
};

struct roster {
    struct hash tree;
    struct node *root;
    struct node **nodes; /* by code */
    struct node **keyed; /* by curve key */
    size_t count, room;
};

struct roster *roster_new(const struct hash *tree)
{
    struct roster *roster = mem_zalloc(sizeof *roster);

    roster->tree = *tree;
    return roster;
}

const struct hash *roster_tree(const struct roster *roster)
{
    return &roster->tree;
}

void roster_free(struct roster *roster)
{
    if (roster == NULL) {
        return;
    }
    for (size_t i = 0; i < roster->count; i++) {
        struct node *node = roster->nodes[i];
        buf_free(&node->sealed);
        mem_free(node->epochs);
        mem_free(node);
    }
    mem_free(roster->nodes);
    mem_free(roster->keyed);
    mem_free(roster);
}

/* Where the division is, or where it would be. */
static size_t place_of(const struct roster *roster, struct division division)
{
    size_t low = 0, high = roster->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (division_compare(roster->nodes[middle]->member.grant.division, division) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t place_of_key(const struct roster *roster, const uint8_t key[32])
{
    size_t low = 0, high = roster->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (memcmp(roster->keyed[middle]->member.grant.curve_key, key, 32) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct node *find_node(const struct roster *roster, struct division division)
{
    const size_t at = place_of(roster, division);

    if (at == roster->count ||
        !division_equal(roster->nodes[at]->member.grant.division, division)) {
        return NULL;
    }
    return roster->nodes[at];
}

static struct node *find_key(const struct roster *roster, const uint8_t key[32])
{
    const size_t at = place_of_key(roster, key);

    if (at == roster->count || memcmp(roster->keyed[at]->member.grant.curve_key, key, 32) != 0) {
        return NULL;
    }
    return roster->keyed[at];
}

/* The first of a division's grants with this key; NULL when it never had it. */
static const struct grant *grant_of_key(const struct node *node, const struct public_key *key)
{
    for (size_t i = 0; i < node->epoch_count; i++) {
        if (memcmp(node->epochs[i].grant.sign_key.at, key->at, sizeof key->at) == 0) {
            return &node->epochs[i].grant;
        }
    }
    return NULL;
}

static bool is_anyones_key(const struct roster *roster, const struct public_key *key)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (grant_of_key(roster->nodes[i], key) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whose word is it? The trust key's for the root, the parent's for everybody else. */
static enum status check_granter(const struct roster *roster, const struct opened *opened,
                                 struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct hash signer = key_fingerprint(&opened->signer);
    const struct grant *granter;
    const struct node *parent;

    if (division_is_none(grant->parent)) {
        if (!hash_equal(&signer, &roster->tree)) {
            return err_set(err, ERR_REFUSED, "the root's grant is not signed by the trust key");
        }
        return OK;
    }
    parent = find_node(roster, grant->parent);
    if (parent == NULL) {
        return err_set(err, ERR_NOT_YET, "granter %s is not known here", grant->parent.code);
    }
    granter = grant_of_key(parent, &opened->signer);
    if (granter != NULL && parent->member.revoked) {
        return err_set(err, ERR_REFUSED, "granter %s is revoked", grant->parent.code);
    }
    if (granter != NULL) { /* of the time of signing, so that all holders judge alike */
        return (grant->policy & granter->policy) == granter->policy
                   ? OK
                   : err_set(err, ERR_REFUSED, "its policy is laxer than that of %s",
                             grant->parent.code);
    }
    if (is_anyones_key(roster, &opened->signer) || hash_equal(&signer, &roster->tree)) {
        return err_set(err, ERR_REFUSED, "%s is not the signer's to grant", grant->division.code);
    }
    return err_set(err, ERR_NOT_YET, "no key of %s that is known here signed this",
                   grant->parent.code);
}

static enum status check_new(const struct roster *roster, const struct grant *grant,
                             struct err *err)
{
    if (division_is_none(grant->parent) && roster->root != NULL) {
        return err_set(err, ERR_REFUSED, "the root is %s already",
                       roster->root->member.grant.division.code);
    }
    if (grant->epoch != 1) {
        return err_set(err, ERR_NOT_YET, "the epoch before it is not known here");
    }
    if (grant->base_lsn != 0) {
        return err_set(err, ERR_REFUSED, "a first epoch has no base");
    }
    if (!division_is_none(grant->parent) &&
        find_node(roster, grant->parent)->member.depth + 1 >= TREE_DEPTH_MAX) {
        return err_set(err, ERR_REFUSED, "a tree has at most %d levels", TREE_DEPTH_MAX);
    }
    if (roster->count >= ROSTER_MEMBERS_MAX) {
        return err_set(err, ERR_LIMIT, "a roster has at most %d members", ROSTER_MEMBERS_MAX);
    }
    return OK;
}

static enum status check_next(const struct node *node, const struct opened *opened, struct err *err)
{
    const struct grant *grant = &opened->grant, *last = &node->member.grant;

    if (!division_equal(grant->parent, last->parent)) {
        return err_set(err, ERR_REFUSED, "its parent is %s", last->parent.code);
    }
    if (grant->epoch <= node->epoch_count) {
        return err_set(err, ERR_FORK, "another grant of this epoch is held");
    }
    if (grant->epoch != last->epoch + 1) {
        return err_set(err, ERR_NOT_YET, "the epoch before it is not known here");
    }
    if (grant->base_lsn < last->base_lsn) {
        return err_set(err, ERR_REFUSED, "base %" PRIu64 " is below the former %" PRIu64,
                       grant->base_lsn, last->base_lsn);
    }
    if (node->epoch_count >= EPOCHS_MAX) {
        return err_set(err, ERR_LIMIT, "a division has at most %d epochs", EPOCHS_MAX);
    }
    return OK;
}

static enum status check(const struct roster *roster, const struct node *node,
                         const struct opened *opened, struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct hash link_key = link_key_hash(&grant->tree, grant->division, grant->curve_key);
    const struct node *holder;
    enum status status;

    if (!hash_equal(&grant->tree, &roster->tree)) {
        return err_set(err, ERR_REFUSED, "it is of another tree");
    }
    if (!signature_ok(&opened->signer, &opened->hash, &opened->signature)) {
        return err_set(err, ERR_BAD_SIGNATURE, "the signature does not fit");
    }
    status = check_granter(roster, opened, err);
    if (status != OK) {
        return status;
    }
    status = node == NULL ? check_new(roster, grant, err) : check_next(node, opened, err);
    if (status != OK) {
        return status;
    }
    if (!signature_ok(&grant->sign_key, &link_key, &grant->key_proof)) {
        return err_set(err, ERR_BAD_SIGNATURE, "its identity key did not certify its link key");
    }
    holder = find_key(roster, grant->curve_key);
    if (holder != NULL && holder != node) { /* a link's key must name one division */
        return err_set(err, ERR_REFUSED, "its link key belongs to %s",
                       holder->member.grant.division.code);
    }
    return OK;
}

static void insert(struct node **array, size_t count, size_t at, struct node *node)
{
    memmove(array + at + 1, array + at, (count - at) * sizeof(struct node *));
    array[at] = node;
}

static void take_out_key(struct roster *roster, const struct node *node)
{
    const size_t at = place_of_key(roster, node->member.grant.curve_key);

    assert(roster->keyed[at] == node);
    memmove(roster->keyed + at, roster->keyed + at + 1,
            (roster->count - at - 1) * sizeof(struct node *));
}

static void add_epoch(struct node *node, const struct opened *opened, struct bytes sealed)
{
    node->epochs = mem_realloc(node->epochs, (node->epoch_count + 1) * sizeof *node->epochs);
    node->epochs[node->epoch_count++] = (struct epoch){opened->grant, opened->hash};
    buf_clear(&node->sealed);
    buf_append_bytes(&node->sealed, sealed);
    node->member.grant = opened->grant;
    node->member.sealed = buf_bytes(&node->sealed);
}

static void add_node(struct roster *roster, const struct opened *opened, struct bytes sealed)
{
    const struct grant *grant = &opened->grant;
    struct node *node = mem_zalloc(sizeof *node);

    if (roster->count == roster->room) {
        roster->room = roster->room == 0 ? 16 : roster->room * 2;
        roster->nodes = mem_realloc(roster->nodes, roster->room * sizeof(struct node *));
        roster->keyed = mem_realloc(roster->keyed, roster->room * sizeof(struct node *));
    }
    if (division_is_none(grant->parent)) {
        roster->root = node;
    } else {
        node->parent = find_node(roster, grant->parent);
        node->member.parent = &node->parent->member;
        node->member.depth = node->member.parent->depth + 1;
    }
    for (struct node *above = node->parent; above != NULL; above = above->parent) {
        above->member.below++;
    }
    add_epoch(node, opened, sealed);
    insert(roster->nodes, roster->count, place_of(roster, grant->division), node);
    insert(roster->keyed, roster->count, place_of_key(roster, grant->curve_key), node);
    roster->count++;
}

static void renew_node(struct roster *roster, struct node *node, const struct opened *opened,
                       struct bytes sealed)
{
    take_out_key(roster, node);
    roster->count--; /* one key fewer while its new place is looked for */
    insert(roster->keyed, roster->count, place_of_key(roster, opened->grant.curve_key), node);
    roster->count++;
    add_epoch(node, opened, sealed);
}

enum status roster_add(struct roster *roster, struct bytes sealed, bool *added, struct err *err)
{
    struct opened opened;
    struct node *node;
    enum status status;

    *added = false;
    status = open_sealed(&opened, sealed, err);
    if (status != OK) {
        return status;
    }
    node = find_node(roster, opened.grant.division);
    if (node != NULL && opened.grant.epoch <= node->epoch_count &&
        hash_equal(&node->epochs[opened.grant.epoch - 1].hash, &opened.hash)) {
        return OK;
    }
    status = check(roster, node, &opened, err);
    if (status != OK) {
        return err_wrap(err, "grant of %s, epoch %" PRIu32, opened.grant.division.code,
                        opened.grant.epoch);
    }
    if (node == NULL) {
        add_node(roster, &opened, sealed);
    } else {
        renew_node(roster, node, &opened, sealed);
    }
    *added = true;
    return OK;
}

const struct member *roster_find(const struct roster *roster, struct division division)
{
    const struct node *node = find_node(roster, division);

    return node == NULL ? NULL : &node->member;
}

const struct member *roster_root(const struct roster *roster)
{
    return roster->root == NULL ? NULL : &roster->root->member;
}

size_t roster_count(const struct roster *roster)
{
    return roster->count;
}

const struct member *roster_at(const struct roster *roster, size_t index)
{
    assert(index < roster->count);
    return &roster->nodes[index]->member;
}

const struct grant *roster_epoch(const struct roster *roster, struct division division,
                                 uint32_t epoch)
{
    const struct node *node = find_node(roster, division);

    if (node == NULL || epoch == 0 || epoch > node->epoch_count) {
        return NULL;
    }
    return &node->epochs[epoch - 1].grant;
}

const struct member *roster_by_curve_key(const struct roster *roster, const uint8_t key[32])
{
    const struct node *node = find_key(roster, key);

    return node == NULL ? NULL : &node->member;
}

/* --- the tree --- */

bool roster_within(const struct roster *roster, struct division below, struct division above)
{
    const struct member *member = roster_find(roster, below);

    while (member != NULL && !division_equal(member->grant.division, above)) {
        member = member->parent;
    }
    return member != NULL;
}

struct division roster_next_hop(const struct roster *roster, struct division from,
                                struct division to)
{
    const struct member *member = roster_find(roster, to);

    for (; member != NULL && member->parent != NULL; member = member->parent) {
        if (division_equal(member->parent->grant.division, from)) {
            return member->grant.division;
        }
    }
    return DIVISION_NONE;
}

bool roster_in_audience(const struct roster *roster, struct division holder, struct division author,
                        const struct audience *audience)
{
    if (roster_within(roster, author, holder)) {
        return true; /* those above an author hold its whole log */
    }
    if (!roster_within(roster, audience->division, author)) {
        return false; /* nobody speaks to those who are not below */
    }
    return roster_within(roster, audience->division, holder) ||
           (audience->kind == AUDIENCE_TREE && roster_within(roster, holder, audience->division));
}

struct hash roster_hash(const struct roster *roster)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_ROSTER);
    for (size_t i = 0; i < roster->count; i++) {
        const struct node *node = roster->nodes[i];
        hasher_add(&hasher, node->member.grant.division.code, DIVISION_CODE_MAX);
        hasher_add(&hasher, node->epochs[node->epoch_count - 1].hash.at, HASH_SIZE);
    }
    return hasher_end(&hasher);
}
