/* copies - the copies in a directory, each one in a directory of its own that its name dates:
 * 540121-20261130T055032Z, in UTC. One that has no manifest was not finished, and is none.
 *
 * Owns: a list owns its rows. Thread: any, one at a time. */
#ifndef TERRACE_NODE_BACKUP_COPIES_H
#define TERRACE_NODE_BACKUP_COPIES_H

#include "node/backup/copy_manifest.h"

enum { COPY_MOMENT_MAX = 24, COPY_NAME_MAX = DIVISION_CODE_MAX + 1 + COPY_MOMENT_MAX };

struct copy_name {
    char text[COPY_NAME_MAX];
    struct division division;
    bool is_complete; /* it has a manifest; what that says, nobody has read yet */
};
struct copies {
    struct copy_name *at; /* by division, the oldest first */
    size_t count, capacity;
};
#define COPIES_NONE ((struct copies){NULL, 0, 0})

void copy_name_make(char out[COPY_NAME_MAX], struct division division, uint64_t unix_ms);
/* "20261130T055032Z", of a time as programs write it, "2026-11-30T05:50:32Z". */
void copy_moment(char out[COPY_MOMENT_MAX], const char *utc);

/* What else lies there is passed over. Free it in any case. Errors: ERR_NOT_FOUND, ERR_IO. */
enum status copies_list(struct copies *out, const char *directory, struct err *err);
void copies_free(struct copies *copies);
/* The newest complete one whose moment is not behind `until` (NULL: of all); NULL when there is
 * none. *others: there are some of more than one division, and none was chosen. */
const struct copy_name *copies_newest(const struct copies *copies, const char *until, bool *others);

#endif
