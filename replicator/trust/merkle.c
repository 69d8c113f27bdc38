#include "replicator/trust/merkle.h"
#include "replicator/trust/crypto.h"

#include <assert.h>

static struct hasher begin_node(void)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_NODE);
    return hasher;
}

/* `begun` is begin_node's: a copy of it costs less than to begin anew. */
static struct hash join(const struct hasher *begun, const struct hash *left,
                        const struct hash *right)
{
    struct hasher hasher = *begun;
    struct hash both[2] = {*left, *right};

    hasher_add(&hasher, both, sizeof both);
    return hasher_end(&hasher);
}

static struct hash join_two(const struct hash *left, const struct hash *right)
{
    const struct hasher begun = begin_node();

    return join(&begun, left, right);
}

/* Counts in binary: after n leaves the stack holds one full subtree for each bit set in n. */
struct hash merkle_root(const struct hash *leaves, size_t count)
{
    const struct hasher begun = begin_node();
    struct hash stack[8 * sizeof(size_t)];
    size_t height = 0;

    assert(count >= 1);
    for (size_t i = 0; i < count; i++) {
        struct hash node = leaves[i];
        for (size_t bits = i; (bits & 1) != 0; bits >>= 1) {
            node = join(&begun, &stack[--height], &node);
        }
        stack[height++] = node;
    }
    while (height > 1) {
        height--;
        stack[height - 1] = join(&begun, &stack[height - 1], &stack[height]);
    }
    return stack[0];
}

/* Where the tree over [from, to) splits: after the largest power of two below its size. */
static size_t split(size_t from, size_t to)
{
    size_t left = 1;

    while (left < to - from - left) {
        left *= 2;
    }
    return from + left;
}

struct span { /* leaves [from, to) */
    size_t from, to;
};
static bool apart(struct span a, struct span b)
{
    return a.to <= b.from || b.to <= a.from;
}
static bool inside(struct span inner, struct span outer)
{
    return outer.from <= inner.from && inner.to <= outer.to;
}

/* --- a tree kept for proofs --- */

void merkle_tree_init(struct merkle_tree *tree, const struct hash *leaves, size_t count)
{
    assert(count >= 1 && count <= GROUP_LEAVES_MAX);
    *tree = (struct merkle_tree){.count = count};
    /* all levels of full subtrees together have fewer nodes than there are leaves */
    tree->nodes = mem_realloc(NULL, 2 * count * sizeof *tree->nodes);
    memcpy(tree->nodes, leaves, count * sizeof *leaves);
}

void merkle_tree_free(struct merkle_tree *tree)
{
    mem_free(tree->nodes);
    *tree = MERKLE_EMPTY;
}

static void build(struct merkle_tree *tree)
{
    const struct hasher begun = begin_node();
    struct hash *level = tree->nodes;

    for (size_t size = tree->count; size > 1; size /= 2) {
        struct hash *above = level + size;

        for (size_t i = 0; i < size / 2; i++) {
            above[i] = join(&begun, &level[2 * i], &level[2 * i + 1]);
        }
        level = above;
    }
    tree->built = true;
}

/* The root over `span`, which is as split made it: it begins at a multiple of the power of two
 * that its first split takes. */
static struct hash root_over(const struct merkle_tree *tree, struct span span)
{
    const struct hash *level = tree->nodes;
    size_t on_level = tree->count, width = 1;
    struct hash left, right;

    while (2 * width <= span.to - span.from) {
        level += on_level;
        on_level /= 2;
        width *= 2;
    }
    if (width == span.to - span.from) {
        return level[span.from / width];
    }
    left = level[span.from / width];
    right = root_over(tree, (struct span){span.from + width, span.to});
    return join_two(&left, &right);
}

/* As deep as the tree is high, since a span of one leaf is either apart or inside. */
static size_t prove(struct hash *proof, const struct merkle_tree *tree, struct span span,
                    struct span run)
{
    size_t middle, used;

    if (inside(span, run)) {
        return 0;
    }
    if (apart(span, run)) {
        *proof = root_over(tree, span);
        return 1;
    }
    middle = split(span.from, span.to);
    used = prove(proof, tree, (struct span){span.from, middle}, run);
    return used + prove(proof + used, tree, (struct span){middle, span.to}, run);
}

size_t merkle_prove(struct hash *proof, struct merkle_tree *tree, size_t first, size_t count)
{
    size_t used;

    assert(count >= 1 && count <= tree->count && first <= tree->count - count);
    if (count == tree->count) {
        return 0;
    }
    if (!tree->built) {
        build(tree);
    }
    used = prove(proof, tree, (struct span){0, tree->count}, (struct span){first, first + count});
    assert(used <= GROUP_PROOF_MAX);
    return used;
}

struct climb {
    const struct hash *run, *proof;
    struct span run_span;
    size_t proof_left;
    bool failed;
};

static struct hash climb(struct climb *climb_state, struct span tree)
{
    struct hash left, right;
    size_t middle;

    if (climb_state->failed) {
        return HASH_ZERO;
    }
    if (inside(tree, climb_state->run_span)) {
        return merkle_root(climb_state->run + (tree.from - climb_state->run_span.from),
                           tree.to - tree.from);
    }
    if (apart(tree, climb_state->run_span)) {
        if (climb_state->proof_left == 0) {
            climb_state->failed = true;
            return HASH_ZERO;
        }
        climb_state->proof_left--;
        return *climb_state->proof++;
    }
    middle = split(tree.from, tree.to);
    left = climb(climb_state, (struct span){tree.from, middle});
    right = climb(climb_state, (struct span){middle, tree.to});
    return join_two(&left, &right);
}

bool merkle_root_from(struct hash *root, const struct hash *run, size_t count, size_t first,
                      size_t leaf_count, const struct hash *proof, size_t proof_count)
{
    struct climb state = {.run = run, .proof = proof, .proof_left = proof_count};

    *root = HASH_ZERO;
    if (count == 0 || count > leaf_count || first > leaf_count - count) {
        return false;
    }
    state.run_span = (struct span){first, first + count};
    *root = climb(&state, (struct span){0, leaf_count});
    return !state.failed && state.proof_left == 0;
}

struct hash merkle_entry_leaf(const struct entry *entry)
{
    struct hasher hasher;
    uint8_t head[24];

    store_u64(head, entry->lsn);
    store_u64(head + 8, entry->time_ms);
    store_u32(head + 16, entry->kind);
    store_u32(head + 20, entry->format);
    hasher_begin(&hasher, TAG_LEAF);
    hasher_add(&hasher, head, sizeof head);
    hasher_add(&hasher, entry->body.data, entry->body.size);
    return hasher_end(&hasher);
}

struct hash merkle_approval_leaf(uint32_t kind, uint32_t format, struct bytes body)
{
    struct hasher hasher;
    uint8_t head[8];

    store_u32(head, kind);
    store_u32(head + 4, format);
    hasher_begin(&hasher, TAG_APPROVAL_LEAF);
    hasher_add(&hasher, head, sizeof head);
    hasher_add(&hasher, body.data, body.size);
    return hasher_end(&hasher);
}

struct hash approval_hash(const struct approval_terms *terms)
{
    const uint8_t role = (uint8_t)terms->role;
    struct hasher hasher;

    hasher_begin(&hasher, TAG_APPROVAL);
    hasher_add(&hasher, terms->tree.at, sizeof terms->tree.at);
    hasher_add(&hasher, terms->author.code, DIVISION_CODE_MAX);
    hasher_add_u32(&hasher, terms->epoch);
    hasher_add(&hasher, &role, 1);
    hasher_add_u64(&hasher, terms->time_ms);
    hasher_add(&hasher, terms->root.at, sizeof terms->root.at);
    return hasher_end(&hasher);
}
