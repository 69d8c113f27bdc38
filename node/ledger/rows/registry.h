/* registry - every kind of row that a ledger keeps: its letter, what follows the letter in its key,
 * its value, and the file that owns it. A letter stands here and nowhere else.
 *
 * All of a division's rows carry its nine-byte code behind the letter, so one scan reads them.
 * Integers are big-endian; texts in front of something else carry their size in one byte. Two rows
 * of one space with the same letter do not compile.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_ROWS_REGISTRY_H
#define TERRACE_NODE_LEDGER_ROWS_REGISTRY_H

#include "replicator/store/row_letters.h"
#include "replicator/store/store.h"

/* SPACE_LEDGER: name, letter, what a person calls it, key behind the letter, value, owner */
#define LEDGER_ROWS(X)                                                                             \
    X(ROW_DOCUMENT, 'D', "document", "division id", "doc_row", "rows")                             \
    X(ROW_INDICATOR, 'I', "indicator", "division id", "indicator", "rows")                         \
    X(ROW_SOURCE, 'S', "sums_of_source", "division source id", "source_sums", "row_sums")          \
    X(ROW_YEAR, 'Y', "sums_of_year_and_fund_type", "division year(u16) fund", "a sum an account",  \
      "row_sums")                                                                                  \
    X(ROW_POSITION, 'L', "position", "division", "position_row: how far its log is posted",        \
      "rows")                                                                                      \
    X(ROW_UNFINISHED, 'U', "unfinished_block", "division",                                         \
      "folded part of a block that waits for an upgrade", "ledger")                                \
    X(ROW_AGENCY, 'A', "agency", "division agency_code", "catalogue_row: the newest version",      \
      "catalogues")                                                                                \
    X(ROW_AGENCY_PARENTS, 'g', "agency_above_by_year", "division agency_code",                     \
      "how many(u8), year(u16) and agency_code of the one above it, of every version",             \
      "agency_rows")                                                                               \
    X(ROW_AGENCY_YEAR, 'G', "agencies_above_of_a_year", "division agency_code 0 year(u16)",        \
      "how many(u8), those above it in a year in which it is used, the nearest first",             \
      "agency_rows")                                                                               \
    X(ROW_PROJECT, 'P', "project", "division pro_code", "catalogue_row", "catalogues")             \
    X(ROW_PROJECT_MONEY, 'm', "money_of_a_project", "division pro_code",                           \
      "project_money: what it may take and has taken, its term", "project_rows")                   \
    X(ROW_BANK_ACCOUNT, 'K', "bank_account", "division acct_no", "catalogue_row; own division",    \
      "catalogues")                                                                                \
    X(ROW_CODE, 'C', "code", "set 0 year(u16) code",                                               \
      "catalogue_row: of the owner nearest the root, in force here", "catalogues")                 \
    X(ROW_CODE_SET, 'c', "code_set", "set 0 year(u16)", "nothing: it has rows for that year here", \
      "catalogues")                                                                                \
    X(ROW_CODE_MAP, 'M', "code_map", "division set 0 year(u16) code",                              \
      "the code that it becomes in that year", "code_rows")                                        \
    X(ROW_CODE_BRANCH, 'b', "code_with_codes_below", "division set 0 year(u16) code",              \
      "nothing: the division has codes below it", "code_rows")                                     \
    X(ROW_FISCAL_YEAR, 'F', "fiscal_year", "division year(u16)",                                   \
      "year_row; of year 0: since which year it keeps years", "year_rows")                         \
    X(ROW_POLICY, 'O', "policy", "division policy_code",                                           \
      "how many(u8), of each scope the latest value, its lsn", "policy_rows")                      \
    X(ROW_CALENDAR, 'B', "calendar", "division day(u32)",                                          \
      "how many(u8), of each scope whether it is a workday and counts; of no day: there are "      \
      "others",                                                                                    \
      "calendar_rows")                                                                             \
    X(ROW_RECEIPT, 'Q', "receipt", "division receipt number",                                      \
      "size(u8) and id of the paid; own division", "catalogues")                                   \
    X(ROW_INCOMING, 'N', "incoming_transfer", "issuer id",                                         \
      "lsn, kind(u16), hash, size(u32) and body as entered", "incoming")                           \
    X(ROW_TRANSFER_MATCH, 'X', "matched_transfer", "issuer id",                                    \
      "transfer_match: what is known of both sides", "transfer_match")                             \
    X(ROW_WAITING, 'Z', "waiting_answer",                                                          \
      "issuer receiver, or none of an issuer below, lsn(u64) id",                                  \
      "receiver, whose answer waits for its transfer", "transfer_match")                           \
    X(ROW_WAITING_COUNT, 'z', "waiting_answers", "issuer", "how many (u64)", "transfer_match")     \
    X(ROW_PERSON, 'p', "person", "division lsn(u64)",                                              \
      "person_link: what an entry of it says of whom, and whether it counts", "person_chain")      \
    X(ROW_UNAPPROVED, 'u', "unapproved_entry", "division lsn(u64)", "unapproved", "unapproved")    \
    X(ROW_UNAPPROVED_SUM, 'v', "sum_of_unapproved_entries", "division", "unapproved_sum",          \
      "unapproved")                                                                                \
    X(ROW_OBSERVE_CURSOR, 'H', "observe_cursor", "author audience",                                \
      "where observing a log above stopped", "observe")

/* SPACE_INDEX */
#define INDEX_ROWS(X)                                                                              \
    X(ROW_LIST, 'W', "list", "division kind(u32) lsn(u64)",                                        \
      "ids of a block's documents of one kind", "block_postings")                                  \
    X(ROW_CHILDREN, 'T', "list_of_what_was_made_from", "division size id lsn(u64)",                \
      "id of every 64th, with its lsn", "children")                                                \
    X(ROW_PROJECT_LINES, 'J', "list_of_the_project", "division size pro_code lsn(u64)",            \
      "id of a line or budget document of the project", "children")                                \
    X(ROW_TO_REGISTER, 'R', "transfer_to_register", "division due(u64) issuer id",                 \
      "open_item: of several logs", "open_items")                                                  \
    X(ROW_TO_REGISTER_SUM, 'r', "sum_of_transfers_to_register", "division", "open_sum",            \
      "open_items")                                                                                \
    X(ROW_AWAITED, 'A', "transfer_not_settled", "division due(u64) division id", "open_item",      \
      "open_items")                                                                                \
    X(ROW_AWAITED_SUM, 'a', "sum_of_transfers_not_settled", "division", "open_sum", "open_items")

/* SPACE_ROLLUPS */
#define ROLLUP_ROWS(X)                                                                             \
    X(ROLLUP_OWN, 'o', "roll_up", "division year(u16) dimension(u8) key", "rollup", "rollups")     \
    X(ROLLUP_SUBTREE, 's', "roll_up_of_the_jurisdiction", "division year(u16) dimension(u8) key",  \
      "rollup", "rollups")                                                                         \
    X(ROLLUP_PLAIN, 'p', "roll_up_of_a_division_without_books",                                    \
      "peer year(u16) author dimension(u8) key",                                                   \
      "rollup of XFER_OUT and SRC_TRANSFER_IN, until the peer has lines of the year", "transit")

enum ledger_row { LEDGER_ROWS(ROW_LETTER) };
enum index_row { INDEX_ROWS(ROW_LETTER) };
enum rollup_row { ROLLUP_ROWS(ROW_LETTER) };

ASSERT_LETTERS_DIFFER(LEDGER_ROWS);
ASSERT_LETTERS_DIFFER(INDEX_ROWS);
ASSERT_LETTERS_DIFFER(ROLLUP_ROWS);

/* The name of such a row, "bank_account"; row.NAME in node/text/ is what people call it. "" for
 * what is no row of a ledger. */
const char *row_title(enum store_space space, char letter);

#endif
