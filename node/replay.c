/* replay - posting logs that are held but not yet part of their ledgers, and hearing those from
 * above: after a restart, an upgrade, or when blocks come faster than they can be posted. In
 * bounded slices. */
#include "node/node_internal.h"

static struct lagging *find_lagging(struct node *node, struct division division)
{
    for (size_t i = 0; i < node->lagging_count; i++) {
        if (division_equal(node->lagging[i].division, division) && !node->lagging[i].above) {
            return &node->lagging[i];
        }
    }
    return NULL;
}

static void add_lagging(struct node *node, const struct lagging *lagging)
{
    if (node->lagging_count == node->lagging_capacity) {
        node->lagging_capacity = node->lagging_capacity == 0 ? 16 : 2 * node->lagging_capacity;
        node->lagging = mem_realloc(node->lagging, node->lagging_capacity * sizeof *node->lagging);
    }
    node->lagging[node->lagging_count++] = *lagging;
}

static void mark_lagging(struct node *node, struct division division)
{
    if (find_lagging(node, division) == NULL) {
        add_lagging(node, &(struct lagging){.division = division});
    }
}

/* Posts a block of a lower division, and remembers when the rest has to wait for an upgrade. */
static bool apply_below(struct node *node, struct txn *txn, const struct block_header *header,
                        const struct entry *entries, size_t count)
{
    struct err err;

    if (ledger_apply_block(node->ledger, txn, header, entries, count, &err) == OK) {
        return true;
    }
    node_alarm(node, status_name(err.status), header->author, err.text);
    mark_lagging(node, header->author);
    find_lagging(node, header->author)->stopped = true;
    return false;
}

void replay_take(struct node *node, struct txn *txn, const struct block_header *header,
                 const struct entry *entries, size_t count)
{
    if (find_lagging(node, header->author) == NULL) {
        (void)apply_below(node, txn, header, entries, count);
    } /* else: read back from the store when its turn comes */
}

struct slice {
    struct node *node;
    uint64_t next_lsn, entries;
    bool failed;
};

static bool replay_block(void *arg, const struct block_view *block)
{
    struct slice *slice = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    const struct block_header *header = &block->header;
    struct err err;

    if (block_last_lsn(header) < slice->next_lsn) {
        return true;
    }
    if (block_body_read(&body, block, &err) != OK) {
        node_alarm(slice->node, "corrupt", header->author, err.text);
        slice->failed = true;
    } else {
        size_t skip = 0; /* a replica that stopped inside a block goes on inside it */
        while (skip < body.count && body.entries[skip].lsn < slice->next_lsn) {
            skip++;
        }
        slice->failed = !apply_below(slice->node, slice->node->txn, header, body.entries + skip,
                                     body.count - skip);
    }
    slice->entries += body.count;
    block_body_free(&body);
    return !slice->failed && slice->entries < TURN_CATCH_UP_ENTRIES_MAX;
}

/* Posts from slice->next_lsn on, which lies inside a block when that held a kind not known then. */
static enum status replay_from(struct node *node, struct division division, struct slice *slice,
                               struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    enum status status =
        log_read_block(&node->store, NULL, division, slice->next_lsn, &whole, &block, err);

    if (status == OK) {
        status = log_scan(&node->store, NULL, division, block.header.first_lsn, replay_block, slice,
                          err);
    }
    buf_free(&whole);
    return status;
}

/* --- logs above --- */

struct hearing {
    struct node *node;
    const struct audience *audience;
    uint64_t entries;
    enum status status;
    struct err err;
};

static bool hear_block(void *arg, const struct block_view *block)
{
    struct hearing *hearing = arg;
    struct block_body body = BLOCK_BODY_EMPTY;

    if (!audience_equal(&block->header.audience, hearing->audience)) {
        return true;
    }
    hearing->status = block_body_read(&body, block, &hearing->err);
    if (hearing->status == OK) {
        hearing->status =
            ledger_hear_again(hearing->node->ledger, hearing->node->txn, &block->header,
                              body.entries, body.count, &hearing->err);
    }
    hearing->entries += body.count;
    block_body_free(&body);
    return hearing->status == OK && hearing->entries < TURN_CATCH_UP_ENTRIES_MAX;
}

/* --- a slice of one of them --- */

enum progress { CAUGHT_UP, WORKED, WAITS };

static enum progress hear_more(struct node *node, struct lagging *lagging)
{
    struct hearing hearing = {.node = node, .audience = &lagging->audience, .status = OK};
    struct unheard unheard;
    enum status status;

    if (!ledger_unheard(node->txn, lagging->division, &lagging->audience, &unheard)) {
        return CAUGHT_UP;
    }
    status = log_scan(&node->store, NULL, unheard.author, unheard.block_lsn, hear_block, &hearing,
                      &hearing.err);
    if (status != OK || (hearing.status != OK && hearing.status != ERR_NEEDS_UPGRADE)) {
        node_alarm(node, "corrupt", unheard.author, hearing.err.text);
    }
    lagging->stopped = status != OK || hearing.status != OK;
    return hearing.entries > 0 ? WORKED : WAITS;
}

static enum progress post_more(struct node *node, struct lagging *lagging)
{
    const struct division division = lagging->division;
    struct slice slice = {.node = node};
    struct ledger_position position;
    struct log_head head;
    struct err err;

    ledger_position(node->txn, division, &position);
    if (!replicator_head(node->replicator, division, true, &head) || position.lsn >= head.lsn) {
        /* Blocks taken in this very turn are durable only after it; ask again then. */
        return replicator_head(node->replicator, division, false, &head) && position.lsn < head.lsn
                   ? WORKED
                   : CAUGHT_UP;
    }
    slice.next_lsn = position.lsn + 1;
    if (replay_from(node, division, &slice, &err) != OK) {
        node_alarm(node, "corrupt", division, err.text);
        lagging->stopped = true;
        return WAITS;
    }
    if (slice.failed) {
        find_lagging(node, division)->stopped = true;
    }
    return WORKED;
}

/* --- all of them --- */

bool replay_slice(struct node *node)
{
    size_t i = 0;

    while (i < node->lagging_count) {
        struct lagging *lagging = &node->lagging[i];
        enum progress progress = WAITS;

        if (!lagging->stopped) {
            progress = lagging->above ? hear_more(node, lagging) : post_more(node, lagging);
        }
        if (progress == WORKED) {
            return true;
        }
        if (progress == CAUGHT_UP) {
            *lagging = node->lagging[--node->lagging_count];
        } else {
            i++;
        }
    }
    return false;
}

enum replay_own replay_own(struct node *node)
{
    const struct lagging *own = find_lagging(node, node->config.self);

    if (own == NULL) {
        return OWN_WHOLE;
    }
    return own->stopped ? OWN_STOPPED : OWN_BEHIND;
}

static bool mark_unheard(void *arg, const struct unheard *unheard)
{
    add_lagging(arg, &(struct lagging){.division = unheard->author,
                                       .above = true,
                                       .audience = unheard->audience});
    return true;
}

static void find_below(struct node *node, struct division division)
{
    struct ledger_position position;
    struct log_head head;

    if (!replicator_head(node->replicator, division, true, &head)) {
        return;
    }
    ledger_position(node->txn, division, &position);
    if (position.lsn < head.lsn) {
        mark_lagging(node, division);
    }
}

void replay_find(struct node *node)
{
    const struct roster *roster = node_roster(node);
    struct err err;

    find_below(node, node->config.self); /* first: answers from below are matched with it */
    (void)ledger_each_unheard(node->txn, mark_unheard, node, &err); /* a read error stays there */
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;

        if (roster_within(roster, division, node->config.self)) {
            find_below(node, division);
        }
    }
}
