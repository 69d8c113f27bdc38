/* review_print - a batch in numbers, for whoever is to sign it.
 *
 * What is printed does not grow with the batch: counts and totals, the five largest of each kind,
 * the ten payees with the most money, what is unusual, the hash.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_REVIEW_PRINT_H
#define TERRACE_NODE_CLI_REVIEW_PRINT_H

#include "node/cli/client.h"

enum { REVIEW_MONEY_MAX = 64 };

void print_review(const struct cli *cli, const json_t *review);
/* What became of it. */
void print_outcome(const struct cli *cli, const json_t *outcome);

/* "6884337.46" as "6,884,337.46". Returns `out`. */
const char *review_money(char out[REVIEW_MONEY_MAX], const char *amount);
/* "2 h 5 min". Returns `words`. */
const char *review_age(enum language language, char words[TEXT_BYTES_MAX], json_int_t seconds);

#endif
