#include <inttypes.h>

#include "proto/array.h"
#include "replicator/trust/roster_members.h"

enum { CONFIRMED_MAX = 64 /* of one division: as many as it may have epochs */ };

/* --- what counts --- */

static bool is_confirmed(const struct node *node, const struct epoch *epoch)
{
    for (size_t i = 0; i < node->confirmed_count; i++) {
        if (node->confirmed[i].epoch == epoch->grant.epoch &&
            hash_equal(&node->confirmed[i].grant, &epoch->hash)) {
            return true;
        }
    }
    return false;
}

/* What this node granted or bears itself needs nobody else's word. */
static bool is_own_matter(const struct roster *roster, const struct node *node)
{
    const struct grant *grant = &node->epochs[0].grant;

    return division_equal(roster->self, grant->division) ||
           division_equal(roster->self, grant->parent) || division_is_none(grant->parent);
}

static size_t count_confirmed(const struct node *node)
{
    size_t confirmed = 0;

    for (size_t i = 0; i < node->epoch_count; i++) {
        confirmed = is_confirmed(node, &node->epochs[i]) ? i + 1 : confirmed;
    }
    return confirmed; /* with those before it */
}

/* Does a recovery go on where it has to: exactly where the epochs before it were ended, or else not
 * below where the one before it began? */
static bool goes_on(const struct grant *grant, const struct epoch *former,
                    const struct revocation *ended)
{
    return ended == NULL
               ? grant->base_lsn >= former->grant.base_lsn
               : grant->base_lsn == ended->lsn && hash_equal(&grant->base_hash, &ended->hash);
}

/* The newest epoch before this one that is not refused; the first never is. */
static const struct epoch *former_of(const struct node *node, size_t index)
{
    do {
        index--;
    } while (node->epochs[index].standing == STANDING_REFUSED);
    return &node->epochs[index];
}

static bool is_refused(const struct node *node, const struct epoch *epoch,
                       const struct epoch *former, const struct revocation *said)
{
    const struct grant *grant = &epoch->grant;

    return (said != NULL && said->first_epoch > 1) ||
           (epoch->consenter != 0 &&
            node->epochs[epoch->consenter - 1].standing == STANDING_REFUSED) ||
           (epoch->is_recovery &&
            !goes_on(grant, former, roster_word(node, former->grant.epoch, grant->epoch)));
}

static void judge_epoch(struct node *node, size_t index, bool counts)
{
    struct epoch *epoch = &node->epochs[index];
    const uint32_t number = epoch->grant.epoch;
    const struct revocation *said = roster_word(node, number, UINT32_MAX);
    const struct epoch *former = index == 0 ? NULL : former_of(node, index);

    epoch->is_recovery = former != NULL && node->parent != NULL &&
                         (epoch->consenter != former->grant.epoch ||
                          roster_word(node, former->grant.epoch, number) != NULL);
    if (former != NULL && is_refused(node, epoch, former, said)) {
        epoch->standing = STANDING_REFUSED;
        epoch->end = (struct epoch_end){.is_over = true};
        return;
    }
    epoch->standing = counts || former == NULL ? STANDING_COUNTS
                      : epoch->is_recovery     ? STANDING_UNCONFIRMED
                                               : former->standing;
    epoch->end = said == NULL ? (struct epoch_end){.is_over = false}
                              : (struct epoch_end){true, said->lsn, said->hash};
}

/* The division is what its newest epoch says that is not refused; but where somebody else has that
 * link key by now, it stays what it is. */
static void choose_member(const struct roster *roster, struct node *node)
{
    const struct epoch *newest = former_of(node, node->epoch_count);
    const struct node *holder = roster_node_of_key(roster, newest->grant.curve_key);

    if (holder == NULL || holder == node) {
        node->member.grant = newest->grant;
        node->member.sealed = buf_bytes(&newest->sealed);
    } else {
        node->member.sealed = buf_bytes(&node->epochs[node->member.grant.epoch - 1].sealed);
    }
}

static bool ends_equal(const struct epoch_end *a, const struct epoch_end *b)
{
    return a->is_over == b->is_over && a->lsn == b->lsn && hash_equal(&a->hash, &b->hash);
}

unsigned roster_judge(const struct roster *roster, struct node *node)
{
    const size_t confirmed = count_confirmed(node);
    const bool is_own = is_own_matter(roster, node);
    unsigned judged = 0;

    for (size_t i = 0; i < node->epoch_count; i++) {
        const enum standing was = node->epochs[i].standing;
        const struct epoch_end end = node->epochs[i].end;
        const struct epoch *epoch = &node->epochs[i];

        judge_epoch(node, i, is_own || i < confirmed);
        if (epoch->standing == STANDING_COUNTS && was != STANDING_COUNTS && was != STANDING_NONE) {
            judged |= JUDGED_COUNTS;
        }
        if (!ends_equal(&end, &epoch->end)) {
            judged |= JUDGED_ENDED;
        }
    }
    choose_member(roster, node);
    return judged;
}

/* --- confirming --- */

struct division roster_confirmer(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);

    if (node == NULL || node->parent == NULL) {
        return DIVISION_NONE; /* the root's epochs are the trust key's */
    }
    return node->parent->parent == NULL ? node->parent->member.grant.division
                                        : node->parent->parent->member.grant.division;
}

static void keep(struct node *node, uint32_t epoch, const struct hash *grant)
{
    for (size_t i = 0; i < node->confirmed_count; i++) {
        struct confirmed *held = &node->confirmed[i];

        if (held->epoch == epoch) {
            const bool stands = epoch <= node->epoch_count &&
                                hash_equal(&held->grant, &node->epochs[epoch - 1].hash);
            held->grant = stands ? held->grant : *grant;
            return;
        }
    }
    ARRAY_ROOM(node->confirmed, node->confirmed_count, node->confirmed_capacity);
    node->confirmed[node->confirmed_count++] = (struct confirmed){epoch, *grant};
}

enum status roster_confirm(struct roster *roster, const struct confirmation_of_epoch *confirmation,
                           bool *changed, struct err *err)
{
    struct node *node = roster_node(roster, confirmation->division);
    const struct division confirmer = roster_confirmer(roster, confirmation->division);

    *changed = false;
    if (node == NULL) {
        return err_set(err, ERR_REFUSED, "confirm_unknown division=%s",
                       confirmation->division.code);
    }
    if (division_is_none(confirmer) || !division_equal(confirmer, confirmation->by)) {
        return err_set(err, ERR_REFUSED, "confirm_not_his division=%s by=%s",
                       confirmation->division.code, confirmation->by.code);
    }
    if (confirmation->epoch == 0 || confirmation->epoch > CONFIRMED_MAX) {
        return err_set(err, ERR_REFUSED, "confirm_epoch division=%s epoch=%" PRIu32,
                       confirmation->division.code, confirmation->epoch);
    }
    keep(node, confirmation->epoch, &confirmation->grant);
    *changed = (roster_judge(roster, node) & JUDGED_COUNTS) != 0;
    return OK;
}

/* --- asking --- */

bool roster_epoch_state(const struct roster *roster, struct division division, uint32_t epoch,
                        struct epoch_state *out)
{
    const struct node *node = roster_node(roster, division);
    const struct epoch *held;

    memset(out, 0, sizeof *out);
    if (node == NULL || epoch == 0 || epoch > node->epoch_count) {
        return false;
    }
    held = &node->epochs[epoch - 1];
    *out = (struct epoch_state){held->standing,        held->is_recovery, held->grant.base_lsn,
                                held->grant.base_hash, held->hash,        held->end};
    return true;
}

bool roster_epoch_counts(const struct roster *roster, struct division division, uint32_t epoch)
{
    struct epoch_state state;

    return roster_epoch_state(roster, division, epoch, &state) && state.standing == STANDING_COUNTS;
}

bool roster_block_stands(const struct roster *roster, const struct block_header *header)
{
    struct epoch_state state;

    return !roster_epoch_state(roster, header->author, header->epoch, &state) ||
           !state.end.is_over || block_last_lsn(header) <= state.end.lsn;
}

bool roster_block_counts(const struct roster *roster, const struct block_header *header)
{
    struct epoch_state state;

    return roster_epoch_state(roster, header->author, header->epoch, &state) &&
           state.standing == STANDING_COUNTS && roster_block_stands(roster, header);
}

uint64_t roster_lost_lsn(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);
    uint64_t lsn = 0;

    for (size_t i = 0; node != NULL && node->parent == NULL && i < node->epoch_count; i++) {
        lsn = node->epochs[i].grant.base_lsn > lsn ? node->epochs[i].grant.base_lsn : lsn;
    }
    return lsn;
}

uint32_t roster_next_epoch(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);

    return node == NULL ? 1 : (uint32_t)node->epoch_count + 1;
}

enum status roster_check_base(const struct roster *roster, const struct grant *grant,
                              bool has_consent, struct err *err)
{
    const struct node *node = roster_node(roster, grant->division);
    const struct epoch *former = node == NULL ? NULL : former_of(node, node->epoch_count);
    const struct revocation *ended =
        former == NULL ? NULL : roster_word(node, former->grant.epoch, UINT32_MAX);

    if (former == NULL || (has_consent && grant->base_lsn == 0 && ended == NULL) ||
        goes_on(grant, former, ended)) {
        return OK;
    }
    return err_set(err, ERR_REFUSED, "base_below base=%" PRIu64 " former=%" PRIu64, grant->base_lsn,
                   ended == NULL ? former->grant.base_lsn : ended->lsn);
}

uint32_t roster_to_confirm(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);
    bool any = false;

    if (node == NULL || node->parent == NULL) {
        return 0;
    }
    for (size_t i = count_confirmed(node); i < node->epoch_count; i++) {
        any |= node->epochs[i].is_recovery && node->epochs[i].standing != STANDING_REFUSED;
    }
    return any ? former_of(node, node->epoch_count)->grant.epoch : 0;
}

bool roster_contest(const struct roster *roster, struct division division, struct contest *out)
{
    const struct node *node = roster_node(roster, division);

    memset(out, 0, sizeof *out);
    for (size_t i = node == NULL ? 0 : count_confirmed(node); node != NULL && i < node->epoch_count;
         i++) {
        const struct epoch *epoch = &node->epochs[i];

        if (epoch->is_recovery && epoch->standing != STANDING_REFUSED) {
            *out =
                (struct contest){former_of(node, i)->grant.epoch, epoch->grant.epoch, epoch->hash};
            return true;
        }
    }
    return false;
}

uint32_t roster_unconfirmed(const struct roster *roster, struct division division,
                            uint64_t *base_lsn)
{
    const struct node *node = roster_node(roster, division);

    for (size_t i = 0; node != NULL && i < node->epoch_count; i++) {
        if (node->epochs[i].standing == STANDING_UNCONFIRMED) { /* a recovery begins it */
            *base_lsn = node->epochs[i].grant.base_lsn;
            return node->epochs[i].grant.epoch;
        }
    }
    *base_lsn = 0;
    return 0;
}
