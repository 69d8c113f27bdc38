#include "replicator/trust/roster_members.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/array.h"

struct roster *roster_new(const struct hash *tree, struct division self)
{
    struct roster *roster = mem_zalloc(sizeof *roster);

    roster->tree = *tree;
    roster->self = self;
    return roster;
}

void roster_believe(struct roster *roster, bool believes)
{
    roster->believes = believes;
}

const struct hash *roster_tree(const struct roster *roster)
{
    return &roster->tree;
}

static void free_node(struct node *node)
{
    for (size_t i = 0; i < node->epoch_count; i++) {
        buf_free(&node->epochs[i].sealed);
    }
    mem_free(node->epochs);
    mem_free(node->confirmed);
    mem_free(node->words);
    mem_free(node->objections);
    mem_free(node);
}

void roster_free(struct roster *roster)
{
    if (roster == NULL) {
        return;
    }
    for (size_t i = 0; i < roster->count; i++) {
        free_node(roster->nodes[i]);
    }
    mem_free(roster->nodes);
    mem_free(roster->keyed);
    mem_free(roster);
}

static void put_in(struct roster *roster, struct node *node)
{
    const size_t at = roster_place(roster, node->member.grant.division);

    ARRAY_GAP(roster->nodes, roster->count, roster->capacity, at);
    roster->nodes[at] = node;
}

static void put_in_key(struct roster *roster, struct node *node)
{
    const size_t at = roster_place_of_key(roster, node->member.grant.curve_key);

    ARRAY_GAP(roster->keyed, roster->keyed_count, roster->keyed_capacity, at);
    roster->keyed[at] = node;
}

static void take_out_key(struct roster *roster, const struct node *node)
{
    const size_t at = roster_place_of_key(roster, node->member.grant.curve_key);

    assert(roster->keyed[at] == node);
    ARRAY_REMOVE(roster->keyed, roster->keyed_count, at);
}

static void add_epoch(const struct roster *roster, struct node *node,
                      const struct sealed_grant *opened, struct bytes sealed, uint32_t consenter)
{
    struct epoch *epoch;

    ARRAY_ROOM(node->epochs, node->epoch_count, node->epoch_capacity);
    epoch = &node->epochs[node->epoch_count++];
    *epoch = (struct epoch){.grant = opened->grant, .hash = opened->hash, .consenter = consenter};
    buf_append_bytes(&epoch->sealed, sealed);
    if (node->epoch_count == 1) {
        node->member.grant = opened->grant; /* by which it is judged */
    }
    (void)roster_judge(roster, node);
}

static void add_node(struct roster *roster, const struct sealed_grant *opened, struct bytes sealed)
{
    const struct grant *grant = &opened->grant;
    struct node *node = mem_zalloc(sizeof *node);

    if (division_is_none(grant->parent)) {
        roster->root = node;
    } else {
        node->parent = roster_node(roster, grant->parent);
        node->member.parent = &node->parent->member;
        node->member.depth = node->member.parent->depth + 1;
    }
    for (struct node *above = node->parent; above != NULL; above = above->parent) {
        above->member.below++;
    }
    add_epoch(roster, node, opened, sealed, 0);
    put_in(roster, node);
    put_in_key(roster, node);
}

static void renew_node(struct roster *roster, struct node *node, const struct sealed_grant *opened,
                       struct bytes sealed, uint32_t consenter)
{
    take_out_key(roster, node);
    add_epoch(roster, node, opened, sealed, consenter);
    put_in_key(roster, node);
}

unsigned roster_judge_again(struct roster *roster, struct node *node)
{
    unsigned judged;

    take_out_key(roster, node);
    judged = roster_judge(roster, node);
    put_in_key(roster, node);
    return judged;
}

enum status roster_add(struct roster *roster, struct bytes sealed, bool *added, struct err *err)
{
    struct sealed_grant opened;
    struct node *node;
    enum status status;
    uint32_t consenter;

    *added = false;
    status = grant_open(&opened, sealed, err);
    if (status != OK) {
        return status;
    }
    node = roster_node(roster, opened.grant.division);
    if (node != NULL && opened.grant.epoch <= node->epoch_count &&
        hash_equal(&node->epochs[opened.grant.epoch - 1].hash, &opened.hash)) {
        return OK;
    }
    status = roster_check(roster, node, &opened, &consenter, err);
    if (status != OK) {
        return err_wrap(err, "in_grant_epoch division=%s epoch=%" PRIu32,
                        opened.grant.division.code, opened.grant.epoch);
    }
    if (node == NULL) {
        add_node(roster, &opened, sealed);
    } else {
        renew_node(roster, node, &opened, sealed, consenter);
    }
    *added = true;
    return OK;
}

static bool is_above(const struct node *above, const struct node *below)
{
    while (below != NULL && below != above) {
        below = below->parent;
    }
    return below != NULL;
}

static void take_out(struct roster *roster, struct node *node)
{
    const size_t at = roster_place(roster, node->member.grant.division);

    for (struct node *above = node->parent; above != NULL; above = above->parent) {
        above->member.below--;
    }
    take_out_key(roster, node);
    ARRAY_REMOVE(roster->nodes, roster->count, at);
    free_node(node);
}

enum status roster_replace(struct roster *roster, struct bytes sealed, struct err *err)
{
    struct sealed_grant opened;
    struct node *node, *granter;
    enum status status = grant_open(&opened, sealed, err);
    uint32_t consenter;

    if (status != OK) {
        return status;
    }
    node = roster_node(roster, opened.grant.division);
    granter = roster_node(roster, opened.grant.parent);
    if (node == NULL || granter == NULL || node->parent == granter || node->member.below > 0 ||
        !is_above(granter, node->parent)) {
        return err_set(err, ERR_DIVISION_TAKEN, "not_replaced division=%s",
                       opened.grant.division.code);
    }
    status = roster_check(roster, NULL, &opened, &consenter, err);
    if (status == OK) {
        take_out(roster, node);
        add_node(roster, &opened, sealed);
    }
    return status;
}

const struct member *roster_find(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);

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
    const struct node *node = roster_node(roster, division);

    return node == NULL || epoch == 0 || epoch > node->epoch_count ? NULL
                                                                   : &node->epochs[epoch - 1].grant;
}

const struct grant *roster_epoch_now(const struct roster *roster, struct division division,
                                     uint32_t epoch)
{
    const struct grant *grant = roster_epoch(roster, division, epoch);

    return grant != NULL && memcmp(&grant->sign_key, &roster_find(roster, division)->grant.sign_key,
                                   sizeof grant->sign_key) == 0
               ? grant
               : NULL;
}

struct bytes roster_sealed(const struct roster *roster, struct division division, uint32_t epoch)
{
    const struct node *node = roster_node(roster, division);

    return node == NULL || epoch == 0 || epoch > node->epoch_count
               ? BYTES_NONE
               : buf_bytes(&node->epochs[epoch - 1].sealed);
}

bool roster_terms(const struct roster *roster, struct division division, uint32_t epoch,
                  struct grant_terms *out)
{
    const struct bytes sealed = roster_sealed(roster, division, epoch);
    enum status status;
    struct err err;

    if (sealed.size == 0) {
        return false;
    }
    status = grant_parse_terms(out, sealed, &err);
    assert(status == OK); /* it was read when it was taken */
    return true;
}

const struct member *roster_by_curve_key(const struct roster *roster, const uint8_t key[32])
{
    const struct node *node = roster_node_of_key(roster, key);

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

static void add_end(struct hasher *hasher, const struct epoch_end *end)
{
    if (end->is_over) {
        hasher_add_u64(hasher, end->lsn);
        hasher_add(hasher, end->hash.at, HASH_SIZE);
    }
}

struct hash roster_hash(const struct roster *roster)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_ROSTER);
    for (size_t i = 0; i < roster->count; i++) {
        const struct node *node = roster->nodes[i];
        hasher_add(&hasher, node->member.grant.division.code, DIVISION_CODE_MAX);
        hasher_add(&hasher, node->epochs[node->epoch_count - 1].hash.at, HASH_SIZE);
        for (size_t k = 0; k < node->epoch_count; k++) {
            add_end(&hasher, &node->epochs[k].end);
        }
    }
    return hasher_end(&hasher);
}
