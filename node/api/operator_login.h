/* operator_login - a name and a password as they come in: who that is, and what is answered when it
 * is nobody.
 *
 * Owns: nothing; a known operator's copy is the caller's to free.
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_OPERATOR_LOGIN_H
#define TERRACE_NODE_API_OPERATOR_LOGIN_H

#include "node/api/view.h"
#include "node/office/operators.h"

/* The stored row and a copy of its sealed secret, which outlives the view. */
struct known_operator {
    struct operator_row row;
    struct buf sealed;
    bool found; /* and not ended; over the network none that waits (aged_persons.h) */
};
/* To be freed in any case. Errors: ERR_CORRUPT, ERR_IO; nobody that is found is none. */
enum status known_operator_find(struct known_operator *known, const struct request *request,
                                const char *name, struct err *err);
void known_operator_free(struct known_operator *known);

/* What session_login and session_unseal are asked with; it borrows everything. */
struct login login_of(const struct request *request, const struct known_operator *known,
                      const char *name, const char *password);
/* For what those two and known_operator_find returned, other than OK. */
void answer_login_error(const struct request *request, struct answer *answer,
                        const struct err *err);

/* A password member, or NULL with the error answered. */
const char *request_password(const struct request *request, struct answer *answer,
                             const json_t *object, const char *name);
/* The same for one that is to be set. */
const char *request_new_password(const struct request *request, struct answer *answer,
                                 const json_t *object, const char *name);

/* "roles": ["maker", "checker"] */
void out_roles(struct json_out *out, uint32_t roles);
/* Of an array; `otherwise` when there is none. False for what is none, or stands twice. */
bool read_roles(const json_t *array, uint32_t otherwise, uint32_t *roles);

#endif
