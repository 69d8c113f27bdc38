#include "tests/sim/tally.h"

#include <inttypes.h>
#include <stdio.h>

void tally_add(struct tally *to, const struct tally *from)
{
    to->clients.acknowledged += from->clients.acknowledged;
    to->clients.retried += from->clients.retried;
    to->clients.exists += from->clients.exists;
    for (size_t i = 0; i < KINDS_END; i++) {
        to->clients.of_kind[i] += from->clients.of_kind[i];
    }
    to->clients.early += from->clients.early;
    to->clients.issuer_unconfirmed += from->clients.issuer_unconfirmed;
    to->clients.overridden += from->clients.overridden;
    to->sim.frames += from->sim.frames;
    to->sim.frames_lost += from->sim.frames_lost;
    to->sim.crashes += from->sim.crashes;
    to->sim.crashes_unsynced += from->sim.crashes_unsynced;
    to->sim.crashes_untold += from->sim.crashes_untold;
    to->sim.cuts_one_way += from->sim.cuts_one_way;
    to->sim.cuts_both_ways += from->sim.cuts_both_ways;
    to->grants.squats += from->grants.squats;
    to->grants.amendments += from->grants.amendments;
    to->grants.rotations += from->grants.rotations;
    to->made_up += from->made_up;
    to->recoveries.granted += from->recoveries.granted;
    to->recoveries.confirmed += from->recoveries.confirmed;
    to->recoveries.at_once += from->recoveries.at_once;
    to->revocations.revoked += from->revocations.revoked;
    to->revocations.again += from->revocations.again;
    to->waited += from->waited;
    to->two_persons += from->two_persons;
    to->endpoints += from->endpoints;
    to->late += from->late;
    to->served += from->served;
    to->slow_disks += from->slow_disks;
    to->forks.forks += from->forks.forks;
    to->forks.past += from->forks.past;
    to->forks.ended += from->forks.ended;
    to->put_back += from->put_back;
    to->emptied += from->emptied;
    if (to->rest_us_max < from->rest_us_max) {
        to->rest_us_max = from->rest_us_max;
    }
}

static void print_kinds(const struct tally *tally)
{
    (void)printf("  of levels and years: %" PRIu64 " differences", tally->clients.early);
    for (uint32_t kind = KIND_VIREMENT; kind < KINDS_END; kind++) {
        if (tally->clients.of_kind[kind] > 0) {
            (void)printf(", %" PRIu64 " %s", tally->clients.of_kind[kind], kind_info(kind)->name);
        }
    }
    (void)printf("\n");
}

void tally_print(const struct tally *tally)
{
    (void)printf("  %" PRIu64 " documents acknowledged; %" PRIu64 " asked again, %" PRIu64
                 " of them there already\n",
                 tally->clients.acknowledged, tally->clients.retried, tally->clients.exists);
    print_kinds(tally);
    (void)printf("  %" PRIu64 " crashes: %" PRIu64 " lost a commit, %" PRIu64
                 " came before its answer; %" PRIu64 " cuts both ways, %" PRIu64 " one way\n",
                 tally->sim.crashes, tally->sim.crashes_unsynced, tally->sim.crashes_untold,
                 tally->sim.cuts_both_ways, tally->sim.cuts_one_way);
    (void)printf("  %" PRIu64 " grants outside a list, %" PRIu64 " amended, %" PRIu64
                 " with other keys; %" PRIu64 " times two persons were made up; %" PRIu64
                 " forks and as many false words, %" PRIu64 " past a dead parent, %" PRIu64
                 " ended by keeping a branch\n",
                 tally->grants.squats, tally->grants.amendments, tally->grants.rotations,
                 tally->made_up, tally->forks.forks, tally->forks.past, tally->forks.ended);
    (void)printf("  %" PRIu64 " lost their keys and were granted others, %" PRIu64
                 " confirmed by a later word; %" PRIu64
                 " trees at rest with some unconfirmed, %" PRIu64 " where two persons confirm\n",
                 tally->recoveries.granted, tally->recoveries.at_once, tally->waited,
                 tally->two_persons);
    (void)printf("  %" PRIu64 " answers to these refused meanwhile, %" PRIu64
                 " entered all the same\n",
                 tally->clients.issuer_unconfirmed, tally->clients.overridden);
    (void)printf("  %" PRIu64 " revoked, %" PRIu64 " of them granted again; %" PRIu64
                 " other addresses\n",
                 tally->revocations.revoked, tally->revocations.again, tally->endpoints);
    (void)printf("  %" PRIu64 " trees where an ancestor served who had no parent\n", tally->served);
    (void)printf("  %" PRIu64 " joined late; %" PRIu64 " trees with slow disks; %" PRIu64
                 " frames, %" PRIu64 " lost; at rest at most %.1f virtual s after healing\n",
                 tally->late, tally->slow_disks, tally->sim.frames, tally->sim.frames_lost,
                 (double)tally->rest_us_max / SECOND);
}

struct gate {
    const char *what;
    uint64_t have, want;
};

static const char *first_closed(const struct gate *gates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (gates[i].have < gates[i].want) {
            return gates[i].what;
        }
    }
    return NULL;
}

/* Whatever else happens. */
static const char *lacks_faults(const struct tally *tally, uint64_t seeds)
{
    const struct gate gates[] = {
        {"documents acknowledged", tally->clients.acknowledged, 20 * seeds},
        {"payments confirmed by the bank", tally->clients.of_kind[KIND_PAID], seeds},
        {"crashes that lost a commit", tally->sim.crashes_unsynced, seeds},
        {"crashes before the answer", tally->sim.crashes_untold, seeds / 2},
        {"crashes", tally->sim.crashes, 2 * seeds},
        {"cuts both ways", tally->sim.cuts_both_ways, seeds / 2},
        {"cuts one way", tally->sim.cuts_one_way, seeds / 2},
        {"frames lost", tally->sim.frames_lost, 2 * seeds},
        {"late joiners", tally->late, seeds / 4},
        {"trees with slow disks", tally->slow_disks, seeds / 10},
        {"documents asked again", tally->clients.retried, seeds / 4},
        {"documents that were there already", tally->clients.exists, seeds / 4},
        {"keys lost", tally->recoveries.granted, seeds / 2},
        {"answers refused to who waits for a word", tally->clients.issuer_unconfirmed, seeds / 20},
        {"answers entered all the same", tally->clients.overridden, seeds / 20},
        {"trees where two persons confirm", tally->two_persons, seeds / 10},
        {"trees at rest with keys that nobody confirmed", tally->waited, seeds / 20},
    };

    return first_closed(gates, COUNT_OF(gates));
}

/* Beside the ordinary, what goes on between levels and over the end of a year. */
static const char *lacks_kinds(const struct tally *tally, uint64_t seeds)
{
    static const struct {
        uint32_t kind;
        unsigned seeds_each; /* one in so many seeds at least */
    } wanted[] = {
        {KIND_VIREMENT, 1},      {KIND_ADJUST, 1}, {KIND_RECALL, 1},       {KIND_RECALL_GRANT, 4},
        {KIND_RECALL_REFUSE, 8}, {KIND_REMIT, 1},  {KIND_TRANSFER_OUT, 1}, {KIND_WITHDRAW, 2},
        {KIND_CARRY_OVER, 1},    {KIND_LAPSE, 1},  {KIND_OPEN_YEAR, 4},    {KIND_CLOSE_YEAR, 8},
        {KIND_REOPEN_YEAR, 16},
    };

    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        if (tally->clients.of_kind[wanted[i].kind] < seeds / wanted[i].seeds_each) {
            return kind_info(wanted[i].kind)->name;
        }
    }
    return tally->clients.early < seeds ? "differences to an early transfer" : NULL;
}

static const char *lacks_trust(const struct tally *tally, uint64_t seeds)
{
    const struct gate gates[] = {
        {"grants outside a list", tally->grants.squats, seeds / 2},
        {"amended grants", tally->grants.amendments, seeds / 4},
        {"grants with other keys", tally->grants.rotations, seeds / 4},
        {"persons made up", tally->made_up, seeds / 2},
        {"forks", tally->forks.forks, seeds / 2},
        {"forks past a dead parent", tally->forks.past, seeds / 10},
        {"forks that were ended", tally->forks.ended, seeds / 4},
        {"older copies", tally->put_back, seeds / 4},
        {"empty disks", tally->emptied, seeds / 20},
        {"revocations", tally->revocations.revoked, seeds / 20},
        {"revoked codes that were granted again", tally->revocations.again, seeds / 100},
        {"other addresses", tally->endpoints, seeds / 4},
        {"who was served by an ancestor", tally->served, seeds / 10},
    };

    return first_closed(gates, COUNT_OF(gates));
}

static const char *lacks_absences(const struct tally *tally, uint64_t seeds)
{
    const struct gate gates[] = {
        {"documents acknowledged", tally->clients.acknowledged, 20 * seeds},
        {"crashes that lost a commit", tally->sim.crashes_unsynced, seeds},
        {"cuts one way", tally->sim.cuts_one_way, seeds / 2},
        {"who was served by an ancestor", tally->served, seeds / 4},
    };

    return first_closed(gates, COUNT_OF(gates));
}

const char *tally_lack(const struct tally *tally, uint64_t seeds, enum deeds deeds)
{
    const char *lacking =
        deeds == DEEDS_AWAY ? lacks_absences(tally, seeds) : lacks_faults(tally, seeds);

    if (lacking == NULL && deeds != DEEDS_AWAY) {
        lacking = lacks_kinds(tally, seeds);
    }
    return lacking == NULL && deeds == DEEDS_ALL ? lacks_trust(tally, seeds) : lacking;
}
