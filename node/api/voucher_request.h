/* voucher_request - the admins whose word a request about persons is: its caller, and a second one
 * who types his password beside him.
 *
 *   session's key, "second": {"name", "password"} --> struct vouchers (node/office/vouching.h)
 *
 * Owns: copies of both keys, which belong to the task that uses them and are wiped with it.
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_VOUCHER_REQUEST_H
#define TERRACE_NODE_API_VOUCHER_REQUEST_H

#include "node/api/request.h"
#include "node/office/vouching.h"

struct voucher_keys {
    struct person persons[VOUCHERS_MAX];
    struct sign_key keys[VOUCHERS_MAX];
    struct vouchers vouchers; /* points into this */
};

/* `object` may be NULL: nobody beside the caller. False with the error answered. A caller without a
 * session has no key: then nobody vouches. */
bool voucher_keys_take(struct voucher_keys *out, const struct request *request,
                       struct answer *answer, const json_t *object);
/* The same, of the request's own body where there is one. */
bool voucher_keys_read(struct voucher_keys *out, const struct request *request,
                       struct answer *answer);
void voucher_keys_wipe(struct voucher_keys *keys);

#endif
