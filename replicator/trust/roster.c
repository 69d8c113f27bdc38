#include "replicator/trust/roster.h"
#include "proto/array.h"
#include "proto/frame.h"

#include <assert.h>
#include <inttypes.h>

enum {
    SEALED_BYTES_MAX = 3072,
    SEALED_ARENA_BYTES = 32 << 10,
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

/* What the granter signs, and what a grant is known by. */
static struct hash grant_hash(struct bytes grant, uint32_t consent_suite, struct bytes consent)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_GRANT);
    hasher_add_bytes(&hasher, grant);
    hasher_add_u32(&hasher, consent_suite);
    hasher_add_bytes(&hasher, consent);
    return hasher_end(&hasher);
}

static void seal_message(struct buf *out, struct bytes grant, const struct grant_terms *terms,
                         const struct sign_key *signer)
{
    Terrace__SignedGrant sealed = TERRACE__SIGNED_GRANT__INIT;
    struct signature signature;
    struct hash hash;

    sealed.has_suite = sealed.has_grant = sealed.has_signer = sealed.has_signature = 1;
    sealed.suite = SUITE_ED25519_BLAKE2B;
    sealed.grant = pb_of_bytes(grant.data, grant.size);
    sealed.signer = pb_of_bytes(signer->public.at, sizeof signer->public.at);
    if (terms->has_consent) {
        sealed.has_consent_suite = sealed.has_consent = 1;
        sealed.consent_suite = SUITE_ED25519_BLAKE2B;
        sealed.consent = pb_of_bytes(terms->consent.at, sizeof terms->consent.at);
    }
    hash = grant_hash(grant, sealed.consent_suite, bytes_of_pb(sealed.consent));
    signature = sign_hash(signer, &hash);
    sealed.signature = pb_of_bytes(signature.at, sizeof signature.at);
    message_encode(out, &sealed.base);
}

void grant_seal(struct buf *out, const struct grant *grant, const struct sign_key *signer)
{
    const struct grant_terms none = {.may_grant_count = 0};

    grant_seal_with(out, grant, &none, signer);
}

void grant_seal_with(struct buf *out, const struct grant *grant, const struct grant_terms *terms,
                     const struct sign_key *signer)
{
    Terrace__Grant message = TERRACE__GRANT__INIT;
    Terrace__Endpoint endpoint = TERRACE__ENDPOINT__INIT, *endpoints[] = {&endpoint};
    struct grant_terms_memory memory;
    uint32_t policy[NUMBER_SET_LIST_MAX];
    struct buf inner = BUF_EMPTY;

    message.has_division = message.has_name = message.has_epoch = message.has_suite = 1;
    message.has_sign_key = message.has_curve_key = message.has_key_proof = 1;
    message.has_base_lsn = message.has_base_hash = message.has_unix_ms = 1;
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
    message.policy = policy;
    message.n_policy = number_set_list(&grant->policy, policy);
    message.tree = pb_of_bytes(grant->tree.at, sizeof grant->tree.at);
    grant_terms_write(&message, &memory, terms);
    message_encode(&inner, &message.base);
    seal_message(out, buf_bytes(&inner), terms, signer);
    buf_free(&inner);
}

/* A sealed grant taken apart, its form checked, its signature not yet. */
struct opened {
    struct grant grant;
    struct grant_terms terms;
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
        return err_set(err, ERR_MALFORMED, "grant_no_division");
    }
    if (message->has_parent && !division_parse(&out->parent, bytes_of_pb(message->parent))) {
        return err_set(err, ERR_MALFORMED, "grant_bad_parent division=%s", out->division.code);
    }
    if (division_equal(out->division, out->parent)) {
        return err_set(err, ERR_MALFORMED, "grant_own_parent division=%s", out->division.code);
    }
    if (!copy_text(out->name, NAME_BYTES_MAX, message->has_name, message->name) ||
        out->name[0] == '\0') {
        return err_set(err, ERR_MALFORMED, "grant_bad_name division=%s", out->division.code);
    }
    if (!read_endpoints(out, message)) {
        return err_set(err, ERR_MALFORMED, "grant_bad_endpoint division=%s", out->division.code);
    }
    return OK;
}

static enum status check_suite(bool present, uint32_t suite, struct err *err)
{
    if (!present) {
        return err_set(err, ERR_MALFORMED, "suite_missing");
    }
    return suite == SUITE_ED25519_BLAKE2B
               ? OK
               : err_set(err, ERR_NEEDS_UPGRADE, "suite_unknown suite=%" PRIu32, suite);
}

static enum status read_keys(struct grant *out, const Terrace__Grant *message, struct err *err)
{
    const enum status status = check_suite(message->has_suite, message->suite, err);

    if (status != OK) {
        return err_wrap(err, "in_grant division=%s", out->division.code);
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
        return err_set(err, ERR_MALFORMED, "grant_key_size division=%s", out->division.code);
    }
    out->epoch = message->epoch;
    out->base_lsn = message->base_lsn;
    out->time_ms = message->unix_ms;
    if (out->epoch == 0) {
        return err_set(err, ERR_MALFORMED, "grant_epoch_zero division=%s", out->division.code);
    }
    if (!number_set_of_list(&out->policy, message->policy, message->n_policy)) {
        (void)err_set(err, ERR_MALFORMED, "grant_policy_invalid");
        return err_wrap(err, "grant_of division=%s", out->division.code);
    }
    if (out->base_lsn == 0 && !hash_equal(&out->base_hash, &HASH_ZERO)) {
        return err_set(err, ERR_MALFORMED, "grant_base_hash division=%s", out->division.code);
    }
    return OK;
}

static enum status read_terms(struct opened *out, const Terrace__Grant *message,
                              const Terrace__SignedGrant *sealed, struct err *err)
{
    enum status status = grant_terms_read(&out->terms, message, err);

    if (status == OK) {
        status = grant_consent_read(&out->terms, sealed, err);
    }
    if (status != OK) {
        return err_wrap(err, "grant_of division=%s", out->grant.division.code);
    }
    out->terms.consented = hash_of(TAG_CONSENT, bytes_of_pb(sealed->grant));
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
        return err_wrap(err, "in_sealed_grant");
    }
    if (!sealed->has_grant ||
        !pb_copy_exact(out->signer.at, sizeof out->signer.at, sealed->has_signer, sealed->signer) ||
        !pb_copy_exact(out->signature.at, sizeof out->signature.at, sealed->has_signature,
                       sealed->signature)) {
        return err_set(err, ERR_MALFORMED, "grant_unsigned");
    }
    out->hash =
        grant_hash(bytes_of_pb(sealed->grant), sealed->consent_suite, bytes_of_pb(sealed->consent));
    status = message_decode(&decoded, &terrace__grant__descriptor, arena,
                            bytes_of_pb(sealed->grant), SEALED_BYTES_MAX, err);
    if (status != OK) {
        return err_wrap(err, "in_one_grant");
    }
    message = (const Terrace__Grant *)(const void *)decoded;
    status = read_place(&out->grant, message, err);
    if (status == OK) {
        status = read_keys(&out->grant, message, err);
    }
    return status == OK ? read_terms(out, message, sealed, err) : status;
}

static enum status open_sealed(struct opened *out, struct bytes sealed, struct err *err)
{
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    memset(out, 0, sizeof *out);
    if (sealed.size > SEALED_BYTES_MAX) {
        return err_set(err, ERR_MALFORMED, "grant_size bytes=%zu max=%d", sealed.size,
                       SEALED_BYTES_MAX);
    }
    arena_init(&arena, SEALED_ARENA_BYTES);
    status = message_decode(&decoded, &terrace__signed_grant__descriptor, &arena, sealed,
                            SEALED_BYTES_MAX, err);
    if (status == OK) {
        status = open_inner(out, (const Terrace__SignedGrant *)(const void *)decoded, &arena, err);
    } else {
        err_wrap(err, "in_sealed_grant");
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

enum status grant_parse_terms(struct grant_terms *out, struct bytes sealed, struct err *err)
{
    struct opened opened;
    const enum status status = open_sealed(&opened, sealed, err);

    *out = opened.terms;
    return status;
}

/* --- the roster --- */

struct epoch {
    struct grant grant;
    struct hash hash;
    struct buf sealed;
};

struct node {
    struct member member; /* first: a member is found by its address */
    struct node *parent;
    struct epoch *epochs; /* [i] is epoch i + 1 */
    size_t epoch_count, epoch_capacity;
};

struct roster {
    struct hash tree;
    struct node *root;
    struct node **nodes; /* by code */
    struct node **keyed; /* by curve key */
    size_t count, capacity, keyed_count, keyed_capacity;
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
        for (size_t k = 0; k < node->epoch_count; k++) {
            buf_free(&node->epochs[k].sealed);
        }
        mem_free(node->epochs);
        mem_free(node);
    }
    mem_free(roster->nodes);
    mem_free(roster->keyed);
    mem_free(roster);
}

static int compare_division(const void *division, const void *node)
{
    return division_compare(*(const struct division *)division,
                            (*(struct node *const *)node)->member.grant.division);
}

static int compare_curve_key(const void *key, const void *node)
{
    return memcmp(key, (*(struct node *const *)node)->member.grant.curve_key, 32);
}

/* Where the division is, or where it would be. */
static size_t place_of(const struct roster *roster, struct division division)
{
    return ARRAY_LOWER_BOUND(roster->nodes, roster->count, &division, compare_division);
}

static size_t place_of_key(const struct roster *roster, const uint8_t key[32])
{
    return ARRAY_LOWER_BOUND(roster->keyed, roster->keyed_count, key, compare_curve_key);
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

    if (at == roster->keyed_count ||
        memcmp(roster->keyed[at]->member.grant.curve_key, key, 32) != 0) {
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
            return err_set(err, ERR_REFUSED, "root_not_trusted");
        }
        return OK;
    }
    parent = find_node(roster, grant->parent);
    if (parent == NULL) {
        return err_set(err, ERR_NOT_YET, "granter_unknown division=%s", grant->parent.code);
    }
    granter = grant_of_key(parent, &opened->signer);
    if (granter != NULL) { /* of the time of signing, so that all holders judge alike */
        return number_set_contains(&grant->policy, &granter->policy)
                   ? OK
                   : err_set(err, ERR_REFUSED, "grant_laxer division=%s", grant->parent.code);
    }
    if (is_anyones_key(roster, &opened->signer) || hash_equal(&signer, &roster->tree)) {
        return err_set(err, ERR_REFUSED, "not_signers_to_grant division=%s", grant->division.code);
    }
    return err_set(err, ERR_NOT_YET, "grant_unknown_key division=%s", grant->parent.code);
}

static enum status check_new(const struct roster *roster, const struct grant *grant,
                             struct err *err)
{
    if (division_is_none(grant->parent) && roster->root != NULL) {
        return err_set(err, ERR_REFUSED, "root_already division=%s",
                       roster->root->member.grant.division.code);
    }
    if (grant->epoch != 1) {
        return err_set(err, ERR_NOT_YET, "epoch_unknown");
    }
    if (grant->base_lsn != 0) {
        return err_set(err, ERR_REFUSED, "first_epoch_base");
    }
    if (!division_is_none(grant->parent) &&
        find_node(roster, grant->parent)->member.depth + 1 >= TREE_DEPTH_MAX) {
        return err_set(err, ERR_REFUSED, "tree_too_deep levels_max=%d", TREE_DEPTH_MAX);
    }
    if (roster->count >= ROSTER_MEMBERS_MAX) {
        return err_set(err, ERR_LIMIT, "roster_full members_max=%d", ROSTER_MEMBERS_MAX);
    }
    return OK;
}

static enum status check_next(const struct node *node, const struct opened *opened, struct err *err)
{
    const struct grant *grant = &opened->grant, *last = &node->member.grant;

    if (!division_equal(grant->parent, last->parent)) {
        return err_set(err, ERR_REFUSED, "parent_differs division=%s", last->parent.code);
    }
    if (grant->epoch <= node->epoch_count) {
        return err_set(err, ERR_FORK, "grant_conflicts");
    }
    if (grant->epoch != last->epoch + 1) {
        return err_set(err, ERR_NOT_YET, "epoch_unknown");
    }
    if (grant->base_lsn < last->base_lsn) {
        return err_set(err, ERR_REFUSED, "base_below base=%" PRIu64 " former=%" PRIu64,
                       grant->base_lsn, last->base_lsn);
    }
    if (node->epoch_count >= EPOCHS_MAX) {
        return err_set(err, ERR_LIMIT, "epochs_full epochs_max=%d", EPOCHS_MAX);
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
        return err_set(err, ERR_REFUSED, "grant_other_tree");
    }
    if (!signature_ok(&opened->signer, &opened->hash, &opened->signature)) {
        return err_set(err, ERR_BAD_SIGNATURE, "signature_wrong");
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
        return err_set(err, ERR_BAD_SIGNATURE, "link_key_uncertified");
    }
    holder = find_key(roster, grant->curve_key);
    if (holder != NULL && holder != node) { /* a link's key must name one division */
        return err_set(err, ERR_REFUSED, "link_key_taken division=%s",
                       holder->member.grant.division.code);
    }
    return OK;
}

static void put_in(struct roster *roster, struct node *node)
{
    const size_t at = place_of(roster, node->member.grant.division);

    ARRAY_GAP(roster->nodes, roster->count, roster->capacity, at);
    roster->nodes[at] = node;
}

static void put_in_key(struct roster *roster, struct node *node)
{
    const size_t at = place_of_key(roster, node->member.grant.curve_key);

    ARRAY_GAP(roster->keyed, roster->keyed_count, roster->keyed_capacity, at);
    roster->keyed[at] = node;
}

static void take_out_key(struct roster *roster, const struct node *node)
{
    const size_t at = place_of_key(roster, node->member.grant.curve_key);

    assert(roster->keyed[at] == node);
    ARRAY_REMOVE(roster->keyed, roster->keyed_count, at);
}

static void add_epoch(struct node *node, const struct opened *opened, struct bytes sealed)
{
    struct epoch *epoch;

    ARRAY_ROOM(node->epochs, node->epoch_count, node->epoch_capacity);
    epoch = &node->epochs[node->epoch_count++];
    *epoch = (struct epoch){opened->grant, opened->hash, BUF_EMPTY};
    buf_append_bytes(&epoch->sealed, sealed);
    node->member.grant = opened->grant;
    node->member.sealed = buf_bytes(&epoch->sealed);
}

static void add_node(struct roster *roster, const struct opened *opened, struct bytes sealed)
{
    const struct grant *grant = &opened->grant;
    struct node *node = mem_zalloc(sizeof *node);

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
    put_in(roster, node);
    put_in_key(roster, node);
}

static void renew_node(struct roster *roster, struct node *node, const struct opened *opened,
                       struct bytes sealed)
{
    take_out_key(roster, node);
    add_epoch(node, opened, sealed);
    put_in_key(roster, node);
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
        return err_wrap(err, "in_grant_epoch division=%s epoch=%" PRIu32,
                        opened.grant.division.code, opened.grant.epoch);
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

bool roster_terms(const struct roster *roster, struct division division, uint32_t epoch,
                  struct grant_terms *out)
{
    const struct node *node = find_node(roster, division);
    struct err err;

    return node != NULL && epoch != 0 && epoch <= node->epoch_count &&
           grant_parse_terms(out, buf_bytes(&node->epochs[epoch - 1].sealed), &err) == OK;
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
