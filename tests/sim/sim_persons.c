/* Who works at a node: two admins in its grant, whose word a maker and a checker are from the day
 * on which somebody asks for them. */
#include "tests/sim/sim_world.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/office/operators.h"

void sim_name_admins(struct sim_node *node)
{
    node->founders.founder_count = 0;
    node->staff.state = node->staff.state == STAFF_NONE ? STAFF_NONE : STAFF_WANTED;
    for (size_t i = 0; i < COUNT_OF(node->staff.admins); i++) {
        struct founder *founder = &node->founders.founders[node->founders.founder_count++];

        sign_key_generate(&node->staff.admins[i]);
        *founder = (struct founder){.key = node->staff.admins[i].public};
        (void)snprintf(founder->name, sizeof founder->name, "admin%zu", i + 1);
    }
}

static struct person person_of(const char *name, const struct sign_key *key)
{
    struct person person = {.key = key->public, .secret = key};

    (void)snprintf(person.name, sizeof person.name, "%s", name);
    return person;
}

/* Whoever is there already, by an answer that was not heard or by the admins before these, has
 * another key from now on. */
static void vouch(struct node *node, struct txn *txn, const struct person *person, uint32_t role,
                  const struct vouchers *vouchers)
{
    struct operator_row row = {
        .roles = role, .key = person->key, .enabled = true, .vouchers = vouchers};
    struct operator_row known;
    enum status status;
    struct err err;

    memcpy(row.name, person->name, sizeof row.name);
    status = node_operator(txn, row.name, &known) ? node_operator_renew(node, txn, &row, &err)
                                                  : node_operator_add(node, txn, &row, &err);
    if (status != OK) {
        (void)fprintf(stderr, "sim: %s: %s\n", row.name, err.text);
        abort();
    }
}

static struct sim_node *node_of(struct task *call)
{
    return (struct sim_node *)((char *)call - offsetof(struct sim_node, staff.call));
}

static void run_staff(struct task *call, struct node *node, struct txn *txn)
{
    struct staff *staff = &node_of(call)->staff;
    struct person admins[2];
    struct vouchers vouchers = {.count = 2};

    for (size_t i = 0; i < 2; i++) {
        admins[i] = person_of(i == 0 ? "admin1" : "admin2", &staff->admins[i]);
        vouchers.admins[i] = &admins[i];
    }
    vouch(node, txn, &staff->maker, ROLE_MAKER, &vouchers);
    vouch(node, txn, &staff->checker, ROLE_CHECKER, &vouchers);
}

static void staff_done(struct task *call, enum status outcome)
{
    struct staff *staff = &node_of(call)->staff;

    staff->state = outcome == OK ? STAFF_THERE : STAFF_WANTED; /* it may be durable all the same */
}

bool sim_has_staff(struct sim *sim, struct sim_node *node)
{
    struct staff *staff = &node->staff;

    if ((staff->state == STAFF_NONE || staff->state == STAFF_WANTED) && node->core != NULL) {
        sign_key_generate(&staff->keys[0]);
        sign_key_generate(&staff->keys[1]);
        staff->maker = person_of("maker", &staff->keys[0]);
        staff->checker = person_of("checker", &staff->keys[1]);
        staff->call = (struct task){.run = run_staff, .done = staff_done};
        staff->state = STAFF_ASKED;
        sim_call(sim, node, &staff->call);
    }
    return staff->state == STAFF_THERE;
}

bool sim_maker(const struct sim_node *node, const struct person **out)
{
    *out = node->staff.state == STAFF_THERE ? &node->staff.maker : NULL;
    return node->staff.state == STAFF_THERE || node->staff.state == STAFF_NONE;
}

const struct person *sim_checker(const struct sim_node *node)
{
    return &node->staff.checker;
}
