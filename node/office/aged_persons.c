#include "node/office/aged_persons.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "node/ledger/verify/person_chain.h"
#include "node/office/drafts.h"
#include "node/office/operators.h"
#include "proto/array.h"
#include "proto/log.h"

struct aged {
    struct operator_row *at; /* without their secrets */
    size_t count, capacity;
};

static bool note(void *arg, const struct operator_row *row)
{
    struct aged *aged = arg;

    if (row->waits) {
        ARRAY_ROOM(aged->at, aged->count, aged->capacity);
        aged->at[aged->count] = *row;
        aged->at[aged->count++].sealed = BYTES_NONE;
    }
    return true;
}

/* The newest key of that name that signs. NULL: none does. */
static const struct person_link *find_by_name(const struct person_chain *chain, const char *name)
{
    for (size_t i = chain->count; i-- > 0;) {
        const struct person_link *link = &chain->at[i];

        if (strcmp(link->name, name) == 0 &&
            person_chain_find(chain, &link->key, UINT64_MAX) == link && link->roles != 0) {
            return link;
        }
    }
    return NULL;
}

static void settle(const struct person_chain *chain, struct txn *txn, const char *name)
{
    struct operator_row row;
    struct buf sealed = BUF_EMPTY;
    const struct person_link *link;
    bool has_key;

    if (!node_operator(txn, name, &row)) {
        return;
    }
    link = person_chain_find(chain, &row.key, UINT64_MAX);
    has_key = link != NULL && link->roles != 0 && strcmp(link->name, name) == 0;
    link = has_key ? link : find_by_name(chain, name);
    row.waits = false;
    row.enabled = link != NULL;
    if (link != NULL) {
        row.roles = link->roles;
        row.key = link->key;
    }
    if (has_key) {
        buf_append_bytes(&sealed, row.sealed); /* the view dies with the put */
    }
    row.sealed = buf_bytes(&sealed);
    node_operator_put(txn, &row);
    buf_free(&sealed);
    LOG_WARN("user.settled", "user=%s state=%s", name,
             has_key        ? "here"
             : link != NULL ? "needs_renewal"
                            : "ended");
}

static void run(struct task *task, struct node *node, struct txn *txn)
{
    struct aged aged = {.count = 0};
    struct person_chain chain;

    (void)task;

    node_operators(txn, note, &aged);
    if (aged.count > 0) {
        person_chain_load(&chain, txn, node_roster(node), node->config.self,
                          draft_terms(node, ROLE_MAKER).epoch);
        for (size_t i = 0; i < aged.count; i++) {
            settle(&chain, txn, aged.at[i].name);
        }
        person_chain_free(&chain);
    }
    mem_free(aged.at);
}

static void done(struct task *task, enum status outcome)
{
    (void)outcome; /* what failed is posted at the next start */
    mem_free(task);
}

void aged_persons_post(struct node *node)
{
    struct task *task = mem_zalloc(sizeof *task);

    *task = (struct task){.run = run, .done = done};
    node_post(node, task);
}
