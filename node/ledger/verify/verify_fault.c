#include "node/ledger/verify/verify_fault.h"

#include <stdarg.h>

#include "proto/array.h"
#include "proto/message.h"

bool verify_fail(struct verify *verify, enum verify_cause cause, struct division about,
                 const char *format, ...)
{
    struct verify_fault *fault;
    va_list args;

    verify->fault_total++;
    verify->store_total += cause == VERIFY_STORE;
    if (verify->cause != VERIFY_STORE && verify->cause != cause) { /* the store's go first */
        verify->cause = cause;
        verify->about = about;
    }
    if (verify->fault_count == VERIFY_FAULTS_MAX) {
        return false;
    }
    ARRAY_ROOM(verify->faults, verify->fault_count, verify->fault_capacity);
    fault = &verify->faults[verify->fault_count++];
    *fault = (struct verify_fault){.cause = cause, .about = about};
    va_start(args, format);
    message_vformat(fault->text, sizeof fault->text, format, args);
    va_end(args);
    return false;
}

const struct verify_fault *verify_faults(const struct verify *verify, size_t *count)
{
    *count = verify->fault_count;
    return verify->faults;
}

const char *verify_first_fault(const struct verify *verify)
{
    return verify->fault_count > 0 ? verify->faults[0].text : "";
}

uint64_t verify_fault_total(const struct verify *verify)
{
    return verify->fault_total;
}

enum verify_cause verify_cause(const struct verify *verify)
{
    return verify->cause;
}

struct division verify_about(const struct verify *verify)
{
    return verify->about;
}
