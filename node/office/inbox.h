/* inbox - what waits for this division, and for one of its persons.
 *
 *   to_register      what came for an answer: transfers and recalls from above, by due date
 *                    differences to them, remittances from below
 *   to_correct       what was refused, sent back, or would be refused: its    by the time of that
 *                    maker's to mend
 *   to_approve       posts of drafts that no checker has decided              by submission
 *   awaiting_answer  own asks that their receiver has not answered            by due date
 *   to_close         years that are over and not closed (inbox_years.h)       by year
 *
 * The first and the last two are the division's, whoever asks. A person's own are what he may
 * approve, which is what others made, and what he made himself and must correct. How long it takes
 * depends on what waits and not on what the ledger holds.
 *
 * Owns: nothing; the views of an item die with the visit. Thread: any, with a txn of its own.
 * Units: fen; days are those of schema/clocks.h. */
#ifndef TERRACE_NODE_OFFICE_INBOX_H
#define TERRACE_NODE_OFFICE_INBOX_H

#include "node/office/operators.h"
#include "node/office/set_aside.h"

enum inbox_group {
    INBOX_TO_REGISTER,
    INBOX_TO_CORRECT,
    INBOX_TO_APPROVE,
    INBOX_AWAITING_ANSWER,
    INBOX_TO_CLOSE,
    INBOX_GROUPS
};
const char *inbox_group_name(enum inbox_group group);  /* "to_register" */
enum inbox_group inbox_group_named(struct bytes name); /* INBOX_GROUPS: there is none */

struct inbox {
    struct txn *txn;
    const struct roster *roster;
    struct division self;
    const struct operator_row *person; /* NULL: everybody */
    uint64_t now_ms;
};

/* Where an item stands within its group. */
struct inbox_place {
    uint64_t number;        /* a day, a time, a batch, a year: what the group is sorted by */
    struct division author; /* of a transfer; else NONE */
    struct bytes id;        /* empty for a post of several drafts */
};

struct inbox_item {
    enum inbox_group group;
    struct inbox_place place;
    struct caption caption; /* of a post of several drafts that of its first */
    uint64_t since_ms;
    bool has_due;
    uint64_t due;                  /* the last day for the answer */
    uint64_t count;                /* documents: 1 but for posts of drafts */
    uint64_t doubtful;             /* of them, those that approval would have refused by then */
    int128 amount;                 /* of them all */
    const char *maker;             /* of a post; NULL */
    const struct set_aside *aside; /* of what must be corrected; NULL */
    int year;                      /* that is not closed; 0 */
    unsigned hindrances;           /* so many things hinder closing it */
    bool is_draft; /* ... and waits as it is: its refusal is what approval would say */
};
/* The items of a group behind `after` (NULL: all), until `visit` returns false. */
void inbox_each(const struct inbox *inbox, enum inbox_group group, const struct inbox_place *after,
                bool (*visit)(void *arg, const struct inbox_item *item), void *arg);

struct inbox_total {
    uint64_t count;   /* documents */
    uint64_t items;   /* as inbox_each visits them */
    uint64_t overdue; /* of the items */
    int128 amount;
    bool has_due;
    uint64_t first_due;
    bool is_least; /* there are more than it was worth to read */
};
void inbox_total(const struct inbox *inbox, enum inbox_group group, struct inbox_total *out);

#endif
