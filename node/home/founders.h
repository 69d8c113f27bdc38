/* founders - HOME/founders: the first admins' keys, each sealed under its own password, from init
 * or join until the node has taken them into its store.
 *
 *   init, join:  founders_make, founders_write        names and public keys go into the grant
 *   daemon:      founders_read --> rows of the store, durable --> founders_forget
 *
 * Thread: one at a time; founders_make is slow on purpose (Argon2id). */
#ifndef TERRACE_NODE_HOME_FOUNDERS_H
#define TERRACE_NODE_HOME_FOUNDERS_H

#include "replicator/trust/grant_terms.h"

struct founders {
    struct grant_terms terms; /* names and public keys */
    struct buf sealed[GRANT_FOUNDERS_MAX];
};
enum { FOUNDER_PASSWORD_BYTES_MIN = 8 };
#define FOUNDERS_NONE ((struct founders){.terms = {.founder_count = 0}})

/* A new key for one more, who is not there yet and for whom there is room. */
void founders_make(struct founders *founders, const char *name, struct bytes password);
/* Errors: ERR_IO. */
enum status founders_write(const struct founders *founders, const char *home, struct err *err);
/* Free them in any case. Errors: ERR_NOT_FOUND (no such file), ERR_CORRUPT, ERR_IO. */
enum status founders_read(struct founders *out, const char *home, struct err *err);
void founders_forget(const char *home); /* the file */
/* Those that a grant of this home names, without their keys' secrets. Errors: as of grant_parse. */
enum status founders_of_grant(struct founders *out, struct bytes sealed, struct err *err);
void founders_free(struct founders *founders);

#endif
