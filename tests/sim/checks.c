/* checks - what must hold once a tree is at rest, against the offices' own arithmetic, as far as
 * each log is to count where it is held (expected.h).
 *
 *   up     the whole log of every division at everyone above it, and the ledger it makes
 *   down   of every log above, what is addressed here: the same heads as at its author
 *   sums   balances, edges and jurisdictions are what was acknowledged, to the fen
 *   deep   every log replayed makes the very rows that are stored, wherever it is held whole */
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/query/query.h"
#include "node/ledger/verify/verify.h"
#include "node/ledger/verify/verify_ledger.h"
#include "replicator/store/row_letters.h"
#include "tests/sim/expected.h"
#include "tests/sim/facts.h"

static bool check_sums(const struct office *office, struct txn *txn, char *fault, size_t size)
{
    static const enum account accounts[] = {
        ACC_SRC_APPROVED,  ACC_SRC_ADVANCE, ACC_SRC_TRANSFER_IN, ACC_SRC_CARRY_IN,
        ACC_SRC_RECOVERED, ACC_UNALLOC,     ACC_FROZEN,          ACC_SPENT,
        ACC_TRANSIT,       ACC_XFER_OUT,    ACC_CARRY_OUT,       ACC_LAPSED,
    };
    const struct division division = sim_division(office->node);
    int64_t want[ACCOUNTS];

    if (sim_trust(office->node).is_revoked) {
        return true; /* it settles nothing any more */
    }
    facts_figures(office, UINT64_MAX, want);
    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        if (!facts_agree(facts_balance(txn, division, SCOPE_OWN, accounts[i]), want[accounts[i]],
                         account_info(accounts[i])->mnemonic, division, fault, size)) {
            return false;
        }
    }
    return true;
}

static bool agrees_below(const struct office *office, struct txn *txn, enum account account,
                         int64_t want, char *fault, size_t size)
{
    char what[64];

    (void)snprintf(what, sizeof what, "jurisdiction's %s", account_info(account)->mnemonic);
    return facts_agree(facts_balance(txn, sim_division(office->node), SCOPE_SUBTREE, account), want,
                       what, sim_division(office->node), fault, size);
}

/* Does it count all that is said to it from there down? Else what it was answered there is not
 * settled. */
static bool hears_up_to(const struct sim_node *node, const struct sim_node *top)
{
    for (const struct sim_node *up = node; up != NULL && sim_is_within(up, top);
         up = sim_parent(up)) {
        if (!expected_whole(node, up)) {
            return false;
        }
    }
    return true;
}

/* The jurisdiction: own level and all below, as far as each counts here. What is passed on within
 * nets to nil, unless a part of it does not. */
static bool check_jurisdiction(const struct office *office, struct txn *txn, char *fault,
                               size_t size)
{
    static const enum account plain[] = {ACC_SRC_APPROVED,  ACC_SRC_ADVANCE, ACC_SRC_CARRY_IN,
                                         ACC_SRC_RECOVERED, ACC_SPENT,       ACC_CARRY_OUT,
                                         ACC_LAPSED};
    const struct clients *clients = office->clients;
    int64_t sums[ACCOUNTS] = {0}, transit = 0, outside = 0;
    bool is_whole = true;

    for (size_t i = 0; i < clients->count; i++) {
        const struct office *other = clients->offices[i];
        if (sim_is_within(other->node, office->node)) {
            const uint64_t last = expected_lsn(office->node, other->node);
            int64_t told[ACCOUNTS];

            facts_figures(other, last, told);
            for (size_t k = 0; k < COUNT_OF(plain); k++) {
                sums[plain[k]] += told[plain[k]];
            }
            transit += told[ACC_TRANSIT];
            outside += facts_outside(other, office->node, last);
            is_whole &= last == UINT64_MAX && hears_up_to(other->node, office->node) &&
                        !sim_is_cut_off(other->node);
        }
    }
    for (size_t k = 0; k < COUNT_OF(plain); k++) {
        if (!agrees_below(office, txn, plain[k], sums[plain[k]], fault, size)) {
            return false;
        }
    }
    return !is_whole || (agrees_below(office, txn, ACC_TRANSIT, transit, fault, size) &&
                         agrees_below(office, txn, ACC_XFER_OUT, outside, fault, size));
}

/* --- documents --- */

/* What the office was told must be there, once, where it was told. */
static bool check_facts(const struct office *office, struct txn *txn, char *fault, size_t size)
{
    const struct division division = sim_division(office->node);

    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];
        struct document_row row;
        const bool there = query_document(txn, division, bytes_text(fact->id), &row);

        if (fact->state == FACT_ACKNOWLEDGED && !there) {
            (void)snprintf(fault, size, "acknowledged document %s of %s is lost", fact->id,
                           division.code);
            return false;
        }
        if (fact->state == FACT_ACKNOWLEDGED && fact->lsn != 0 && row.lsn != fact->lsn) {
            (void)snprintf(fault, size,
                           "acknowledged document %s of %s was told lsn %" PRIu64
                           " and stands at %" PRIu64,
                           fact->id, division.code, fact->lsn, row.lsn);
            return false;
        }
        if (fact->state == FACT_REFUSED && there) {
            (void)snprintf(fault, size, "refused document %s of %s is in the ledger", fact->id,
                           division.code);
            return false;
        }
    }
    return true;
}

/* A transfer is known wherever its line runs: its receiver and everyone between. */
static bool check_transfers_heard(const struct sim_node *holder, const struct office *issuer,
                                  struct txn *txn, char *fault, size_t size)
{
    for (size_t i = 0; i < issuer->count; i++) {
        const struct fact *fact = &issuer->facts[i];
        const struct office *receiver;
        struct document_row row;

        if (fact->kind != KIND_TRANSFER || fact->state != FACT_ACKNOWLEDGED) {
            continue;
        }
        receiver = office_of(issuer->clients, division_of(fact->other));
        if (!sim_is_within(receiver->node, holder)) {
            continue;
        }
        if (!query_document(txn, sim_division(issuer->node), bytes_text(fact->id), &row) ||
            row.amount != fact->amount) {
            (void)snprintf(fault, size, "acknowledged transfer %s of %s does not stand at %s",
                           fact->id, sim_division(issuer->node).code, sim_division(holder).code);
            return false;
        }
    }
    return true;
}

/* --- edges --- */

struct edge_check {
    const struct office *issuer;
    const struct sim_node *holder;
    struct reconcile_row sum; /* of one receiver: its fund types and projects together */
    size_t edges;
    char *fault;
    size_t size;
    bool ok;
};

/* What asks for some back counts at what it asks of, once it is settled. */
static int64_t taken_back(const struct fact *ask)
{
    if (ask->kind == KIND_RECALL) {
        return ask->answer == KIND_RECALL_GRANT ? ask->answered : 0;
    }
    return ask->amount < 0 && ask->answer == KIND_REGISTER ? -ask->amount : 0;
}

static struct reconcile_row edge_told(const struct office *issuer, struct division receiver)
{
    struct reconcile_row row = {.receiver = receiver};

    for (size_t i = 0; i < issuer->count; i++) {
        const struct fact *fact = &issuer->facts[i];
        const bool moves = fact->kind != KIND_RECALL && fact->amount > 0;

        if (!fact_is_ask(issuer->clients, fact) || fact->state != FACT_ACKNOWLEDGED ||
            strcmp(fact->other, receiver.code) != 0) {
            continue;
        }
        row.documents++;
        row.issued += moves ? fact->amount : -taken_back(fact);
        row.registered += !moves                          ? -taken_back(fact)
                          : fact->answer == KIND_REGISTER ? fact->amount
                                                          : 0;
        row.returned += moves && fact->answer == KIND_RETURN ? fact->amount : 0;
    }
    row.in_transit = row.issued - row.registered - row.returned;
    return row;
}

/* Both sides count here, and each counts the other. */
static bool is_comparable(const struct sim_node *holder, const struct sim_node *issuer,
                          const struct sim_node *receiver)
{
    return !sim_is_cut_off(issuer) && expected_whole(holder, issuer) &&
           expected_whole(holder, receiver) && expected_whole(issuer, receiver) &&
           expected_whole(receiver, issuer);
}

static void check_edge(struct edge_check *check)
{
    const struct reconcile_row *row = &check->sum;
    const struct sim_node *issuer = check->issuer->node;
    struct reconcile_row want;

    if (row->documents == 0 ||
        !is_comparable(check->holder, issuer,
                       office_of(check->issuer->clients, row->receiver)->node)) {
        return;
    }
    want = edge_told(check->issuer, row->receiver);
    check->edges++;
    if (!check->ok || (row->difference == 0 && row->documents == want.documents &&
                       row->issued == want.issued && row->registered == want.registered &&
                       row->returned == want.returned && row->in_transit == want.in_transit)) {
        return;
    }
    check->ok = false;
    (void)snprintf(check->fault, check->size,
                   "edge %s -> %s: issued %" PRId64 " registered %" PRId64 " returned %" PRId64
                   " in transit %" PRId64 " difference %" PRId64 " fen; acknowledged were %" PRId64
                   ", %" PRId64 ", %" PRId64,
                   row->issuer.code, row->receiver.code, (int64_t)row->issued,
                   (int64_t)row->registered, (int64_t)row->returned, (int64_t)row->in_transit,
                   (int64_t)row->difference, (int64_t)want.issued, (int64_t)want.registered,
                   (int64_t)want.returned);
}

/* Rows come in the order of receivers. */
static void add_match(void *arg, const struct reconcile_row *row)
{
    struct edge_check *check = arg;
    struct reconcile_row *sum = &check->sum;

    if (sum->documents == 0 || !division_equal(sum->receiver, row->receiver)) {
        check_edge(check);
        *sum = *row;
        return;
    }
    sum->documents += row->documents;
    sum->issued += row->issued;
    sum->registered += row->registered;
    sum->returned += row->returned;
    sum->in_transit += row->in_transit;
    sum->difference += row->difference;
}

static bool check_edges(const struct office *issuer, const struct sim_node *holder, struct txn *txn,
                        char *fault, size_t size)
{
    struct edge_check check = {
        .issuer = issuer, .holder = holder, .fault = fault, .size = size, .ok = true};
    const struct clients *clients = issuer->clients;
    size_t edges = 0, reads_left = SIZE_MAX;

    (void)query_reconcile(txn, sim_division(issuer->node), &reads_left, add_match, &check);
    check_edge(&check);
    for (size_t i = 0; i < clients->count; i++) {
        const struct sim_node *receiver = clients->offices[i]->node;

        edges += edge_told(issuer, sim_division(receiver)).documents > 0 &&
                 is_comparable(holder, issuer->node, receiver);
    }
    if (check.ok && check.edges != edges) {
        (void)snprintf(fault, size, "%s has %zu edges, acknowledged were %zu",
                       sim_division(issuer->node).code, check.edges, edges);
        return false;
    }
    return check.ok;
}

/* --- holders --- */

/* The same lsn and digest; or exactly up to where others have cut it. Whoever held more of a log
 * than its revocation lets stand says so. */
static bool is_as_expected(const struct sim_node *holder, const struct sim_node *author,
                           const struct ledger_position *own, const struct ledger_position *there)
{
    const struct expected expected = expected_of(holder, author);

    switch (expected.folded) {
    case FOLDED_WHOLE:
        return there->lsn == own->lsn && hash_equal(&there->digest, &own->digest);
    case FOLDED_TO:
        return there->lsn == expected.lsn ||
               (there->lsn > expected.lsn && sim_trust(author).is_revoked &&
                sim_is_alarmed(holder, ALARM_REVOKED_BEYOND, sim_division(author)));
    default:
        return there->lsn <= own->lsn;
    }
}

/* Every holder above: what it is to have, sound books, balanced edges. */
static bool check_holder(const struct office *office, const struct sim_node *up,
                         const struct ledger_position *own, char *fault, size_t size)
{
    const struct division division = sim_division(office->node);
    struct ledger_position there;
    struct txn *txn = txn_open(sim_store(up), NULL);
    char words[256] = "";
    bool sound, balanced;

    ledger_position(txn, division, &there);
    sound = verify_ledger(txn, node_roster(sim_core(up)), division, words, sizeof words) ==
            VERIFY_SOUND;
    balanced = check_edges(office, up, txn, fault, size);
    txn_free(txn);
    if (!is_as_expected(up, office->node, own, &there)) {
        (void)snprintf(fault, size,
                       "%s at %s differs from its owner: %" PRIu64 " of %" PRIu64 " entries",
                       division.code, sim_division(up).code, there.lsn, own->lsn);
        return false;
    }
    if (!sound) {
        (void)snprintf(fault, size, "%s at %s: %s", division.code, sim_division(up).code, words);
        return false;
    }
    return balanced;
}

static bool check_holders(const struct office *office, char *fault, size_t size)
{
    struct ledger_position own;
    struct txn *txn = txn_open(sim_store(office->node), NULL);

    ledger_position(txn, sim_division(office->node), &own);
    txn_free(txn);
    for (struct sim_node *up = office->node; up != NULL; up = sim_parent(up)) {
        if (roster_find(node_roster(sim_core(up)), sim_division(office->node)) != NULL &&
            !check_holder(office, up, &own, fault, size)) {
            return false;
        }
    }
    return true;
}

static bool begins_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Persons whom somebody made up, and what they approved (made_up.h): verify names them, and
 * everything else is read as ever. */
static bool is_made_up(const struct verify_fault *fault)
{
    return fault->cause == VERIFY_AUTHORS && (begins_with(fault->text, "in_log_person") ||
                                              (begins_with(fault->text, "in_log_entry") &&
                                               strstr(fault->text, "why=signer_unknown") != NULL));
}

static const struct verify_fault *first_of_others(const struct verify *verify)
{
    size_t count;
    const struct verify_fault *faults = verify_faults(verify, &count);

    for (size_t i = 0; i < count; i++) {
        if (!is_made_up(&faults[i])) {
            return &faults[i];
        }
    }
    return NULL;
}

/* What the office holds, read again from the first block to the last row. */
static bool check_deeply(const struct office *office, char *fault, size_t size)
{
    const struct roster *roster = node_roster(sim_core(office->node));
    const struct division self = sim_division(office->node);
    struct verify *verify = verify_open(&(struct verify_config){
        .store = sim_store(office->node), .roster = roster, .self = self, .deep = true});
    const struct verify_fault *other;
    bool sound;

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;

        if (roster_within(roster, division, self) || roster_within(roster, self, division)) {
            (void)verify_log(verify, division);
        }
    }
    (void)verify_shared(verify);
    other = first_of_others(verify);
    sound = other == NULL;
    if (!sound) {
        (void)snprintf(fault, size, "verify at %s: %s", self.code, other->text);
    }
    verify_close(verify);
    return sound;
}

/* What comes from above: every transfer through here or to here. */
static bool check_heard(const struct office *office, struct txn *txn, char *fault, size_t size)
{
    for (struct sim_node *up = sim_parent(office->node); up != NULL; up = sim_parent(up)) {
        const struct office *issuer = office_of(office->clients, sim_division(up));
        if (expected_of(office->node, up).held_whole &&
            !check_transfers_heard(office->node, issuer, txn, fault, size)) {
            return false;
        }
    }
    return true;
}

/* Alarms that faults of the network and clocks cause by themselves. */
static bool alarm_expected(enum alarm_code code)
{
    return code == ALARM_SILENT_WITH_BACKLOG || code == ALARM_CLOCK_SKEW;
}

/* Where somebody was cut off, his neighbours say so in many ways. */
static bool is_of_cut(const struct office *office, const struct alarm *alarm)
{
    const struct office *about = office_of(office->clients, alarm->about);

    return sim_is_touched(office->node) || (about != NULL && sim_is_touched(about->node));
}

static bool check_alarms(const struct office *office, char *fault, size_t size)
{
    const struct alarms *alarms = node_alarms(sim_core(office->node));

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        const struct alarm *alarm = alarms_at(alarms, i);

        if (!alarm_expected(alarm->code) && !is_of_cut(office, alarm)) {
            (void)snprintf(fault, size, "alarm at %s: %s about %s: %s",
                           sim_division(office->node).code, alarm_info(alarm->code)->name,
                           alarm->about.code, alarm->message);
            return false;
        }
    }
    return true;
}

/* Whoever makes no figure of what is held says so, and nobody else does but who is to confirm it.
 */
static bool check_waiting(const struct office *office, char *fault, size_t size)
{
    const struct clients *clients = office->clients;
    const struct sim_node *at = office->node;

    for (size_t i = 0; i < clients->count; i++) {
        const struct sim_node *about = clients->offices[i]->node;
        const struct expected expected = expected_of(at, about);
        const bool said = sim_is_alarmed(at, ALARM_EPOCH_UNCONFIRMED, sim_division(about)),
                   may = expected.folded == FOLDED_SOME ||
                         (sim_trust(about).waits != 0 &&
                          (expected.waits != 0 || sim_parent(at) == NULL));

        if ((said && !may && !sim_is_cut_off(at)) ||
            (!said && expected.waits != 0 && expected.folded == FOLDED_TO)) {
            (void)snprintf(fault, size, "%s %s that %s has keys that wait for a word",
                           sim_division(at).code, said ? "alarms" : "does not alarm",
                           sim_division(about).code);
            return false;
        }
    }
    return true;
}

bool clients_check(const struct clients *clients, char *fault, size_t size)
{
    facts_match(clients);
    for (size_t i = 0; i < clients->count; i++) {
        const struct office *office = clients->offices[i];
        struct txn *txn = txn_open(sim_store(office->node), NULL);
        const bool ok =
            check_facts(office, txn, fault, size) && check_sums(office, txn, fault, size) &&
            check_jurisdiction(office, txn, fault, size) && check_heard(office, txn, fault, size);

        txn_free(txn);
        if (!ok || !check_holders(office, fault, size) || !check_deeply(office, fault, size) ||
            !check_waiting(office, fault, size)) {
            return false;
        }
    }
    return true;
}

bool clients_content(const struct clients *clients, char *fault, size_t size)
{
    for (size_t i = 0; i < clients->count; i++) {
        if (!check_alarms(clients->offices[i], fault, size)) {
            return false;
        }
    }
    return true;
}
