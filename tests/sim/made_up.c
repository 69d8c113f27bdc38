#include "tests/sim/made_up.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/core/alarms.h"
#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/ledger/rows/unapproved.h"
#include "node/office/drafts.h"
#include "node/office/operators.h"
#include "replicator/trust/merkle.h"
#include "tests/sim/expected.h"

struct deed {
    struct task call; /* first */
    struct deed *next;
    struct sim_node *who;
    unsigned number;
    bool durable; /* else nobody was told: it may be */
};

struct made_up {
    struct sim *sim;
    struct deed *deeds;
    unsigned count;
};

struct made_up *made_up_new(struct sim *sim)
{
    struct made_up *made_up = mem_zalloc(sizeof *made_up);

    made_up->sim = sim;
    return made_up;
}

void made_up_free(struct made_up *made_up)
{
    while (made_up->deeds != NULL) {
        struct deed *next = made_up->deeds->next;

        mem_free(made_up->deeds);
        made_up->deeds = next;
    }
    mem_free(made_up);
}

/* --- doing it --- */

static void note_outcome(struct task *call, enum status outcome)
{
    ((struct deed *)call)->durable = outcome == OK;
}

/* An entry `operator` that no admin signs. */
static void make_up(struct node *node, struct txn *txn, const struct sign_key *key,
                    enum approval_role role, unsigned number)
{
    struct operator_row row = {.roles = role == ROLE_MAKER ? ROLE_MAKER : ROLE_CHECKER,
                               .key = key->public,
                               .enabled = true};

    (void)snprintf(row.name, sizeof row.name, "%s%u", role == ROLE_MAKER ? "mallory" : "eve",
                   number);
    node_operator_publish(node, txn, &row);
}

static void sign(struct node *node, const struct sign_key *key, enum approval_role role,
                 const struct hash *leaf)
{
    struct approval_terms terms = draft_terms(node, role);
    struct approval_group group = {.suite = SUITE_ED25519_BLAKE2B,
                                   .role = role,
                                   .key = key->public,
                                   .time_ms = terms.time_ms,
                                   .leaf_count = 1};
    struct hash hash;

    terms.root = merkle_root(leaf, 1);
    hash = approval_hash(&terms);
    group.signature = sign_hash(key, &hash);
    replicator_approve(node->replicator, replicator_next_lsn(node->replicator), 1, &group, leaf);
}

static void run_deed(struct task *call, struct node *node, struct txn *txn)
{
    static const enum approval_role roles[] = {ROLE_MAKER, ROLE_CHECKER};
    const struct deed *deed = (struct deed *)call;
    struct document document;
    struct buf body = BUF_EMPTY;
    struct sign_key keys[2];
    struct hash leaf;
    char id[24];

    for (size_t i = 0; i < 2; i++) {
        sign_key_generate(&keys[i]);
        make_up(node, txn, &keys[i], roles[i], deed->number);
    }
    (void)snprintf(id, sizeof id, "MU%u", deed->number);
    document_clear(&document, KIND_ELEMENT); /* on the tree of its author: all of them hold it */
    document_set_text(&document, FIELD_ID, bytes_text(id));
    document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&document, FIELD_ELE_CATALOG_CODE, bytes_text("acct_type"));
    document_set_text(&document, FIELD_ELE_CODE, bytes_text(id));
    document_set_text(&document, FIELD_ELE_NAME, bytes_text("made up"));
    document_encode(&body, &document);
    leaf = merkle_approval_leaf(document.kind, DOCUMENT_FORMAT, buf_bytes(&body));
    for (size_t i = 0; i < 2; i++) {
        sign(node, &keys[i], roles[i], &leaf);
    }
    (void)own_log_enter(node, txn, &document, buf_bytes(&body));
    buf_free(&body);
}

void made_up_persons(struct made_up *made_up)
{
    struct sim *sim = made_up->sim;
    struct sim_node *who = sim_at(sim, (size_t)sim_below(sim, sim_nodes(sim)));
    struct deed *deed;

    if (sim_core(who) == NULL) {
        return; /* he is down just now */
    }
    deed = mem_zalloc(sizeof *deed);
    *deed = (struct deed){.call = {.run = run_deed, .done = note_outcome},
                          .next = made_up->deeds,
                          .who = who,
                          .number = ++made_up->count};
    made_up->deeds = deed;
    sim_call(sim, who, &deed->call);
}

/* --- what came of it --- */

struct bounds {
    uint64_t least, most;
};

static struct bounds done_by(const struct made_up *made_up, const struct sim_node *node)
{
    struct bounds bounds = {0, 0};

    for (const struct deed *deed = made_up->deeds; deed != NULL; deed = deed->next) {
        bounds.least += deed->who == node && deed->durable;
        bounds.most += deed->who == node;
    }
    return bounds;
}

/* On the tree of its author: above it and below it, but the author itself judges nobody. */
static bool holds(const struct sim_node *holder, const struct sim_node *author)
{
    return holder != author && (sim_is_within(holder, author) || sim_is_within(author, holder));
}

static uint64_t marked(const struct sim_node *holder, struct division author)
{
    struct txn *txn = txn_open(sim_store(holder), NULL);
    struct unapproved_sum sum;

    unapproved_sum(txn, author, &sum);
    txn_free(txn);
    return sum.count;
}

static bool check_pair(const struct made_up *made_up, const struct sim_node *holder,
                       const struct sim_node *author, char *fault, size_t size)
{
    struct bounds bounds = holds(holder, author) ? done_by(made_up, author) : (struct bounds){0, 0};
    const struct division about = sim_division(author);
    const uint64_t count = marked(holder, about);

    if (!expected_of(holder, author).held_whole) {
        bounds.least = 0;
    }
    if (count < bounds.least || count > bounds.most) {
        (void)snprintf(fault, size,
                       "%s has %" PRIu64 " entries of %s marked, and %" PRIu64 " to %" PRIu64
                       " were approved by nobody",
                       sim_division(holder).code, count, about.code, bounds.least, bounds.most);
        return false;
    }
    if (count > 0 && (!sim_is_alarmed(holder, ALARM_APPROVAL_INVALID, about) ||
                      !sim_is_alarmed(holder, ALARM_PERSON_UNVOUCHED, about))) {
        (void)snprintf(fault, size, "%s does not alarm that %s made persons up",
                       sim_division(holder).code, about.code);
        return false;
    }
    return true;
}

bool made_up_check(const struct made_up *made_up, char *fault, size_t size)
{
    const struct sim *sim = made_up->sim;

    for (size_t i = 0; i < sim_nodes(sim); i++) {
        for (size_t k = 0; k < sim_nodes(sim); k++) {
            if (!check_pair(made_up, sim_at(sim, i), sim_at(sim, k), fault, size)) {
                return false;
            }
        }
    }
    return true;
}

uint64_t made_up_count(const struct made_up *made_up)
{
    uint64_t count = 0;

    for (const struct deed *deed = made_up->deeds; deed != NULL; deed = deed->next) {
        count += deed->durable;
    }
    return count;
}
