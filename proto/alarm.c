#include "proto/alarm.h"

#include <assert.h>
#include <string.h>

enum { MONEY = true, EACH = true };

/* code, name, severity, of money or signatures, each message for itself, how it ends */
static const struct alarm_info alarms[ALARM_CODES] = {
    [ALARM_NONE] = {"none", ALARM_INFO, false, false, ALARM_BY_CHECK},
    [ALARM_STATE_DIFFERS] = {"state_differs", ALARM_CRITICAL, MONEY, false,
                             ALARM_BY_CHECK | ALARM_BY_ACK},
    [ALARM_EDGE_DIFFERS] = {"edge_differs", ALARM_ERROR, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_BELOW_ZERO] = {"below_zero", ALARM_ERROR, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_BAD_ENTRY] = {"bad_entry", ALARM_ERROR, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_ENTRIES_DIFFER] = {"entries_differ", ALARM_CRITICAL, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_FORK] = {"fork", ALARM_CRITICAL, MONEY, false, ALARM_BY_ACK},
    [ALARM_APPROVAL_MISSING] = {"approval_missing", ALARM_ERROR, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_APPROVAL_INVALID] = {"approval_invalid", ALARM_CRITICAL, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_APPROVAL_STALE] = {"approval_stale", ALARM_ERROR, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_PERSON_UNVOUCHED] = {"person_unvouched", ALARM_CRITICAL, MONEY, EACH, ALARM_BY_ACK},
    [ALARM_PERSON_ADDED] = {"person_added", ALARM_WARNING, false, EACH, ALARM_BY_ACK},
    [ALARM_EPOCH_UNCONFIRMED] = {"epoch_unconfirmed", ALARM_ERROR, false, false, ALARM_BY_CHECK},
    [ALARM_OBJECTED] = {"objected", ALARM_CRITICAL, false, false, ALARM_BY_CHECK},
    [ALARM_USURPED] = {"usurped", ALARM_CRITICAL, false, false, ALARM_BY_CHECK},
    [ALARM_SUPERSEDED] = {"superseded", ALARM_CRITICAL, false, false, ALARM_BY_CHECK},
    [ALARM_REVOKED] = {"revoked", ALARM_CRITICAL, false, false, ALARM_BY_CHECK},
    [ALARM_REVOKED_BEYOND] = {"revoked_beyond", ALARM_CRITICAL, MONEY, false,
                              ALARM_BY_CHECK | ALARM_BY_ACK},
    [ALARM_SOURCES_DIFFER] = {"sources_differ", ALARM_CRITICAL, MONEY, false, ALARM_BY_ACK},
    [ALARM_UPPER_HAS_NODE] = {"upper_has_node", ALARM_WARNING, false, EACH, ALARM_BY_ACK},
    [ALARM_ELEMENT_CLASH] = {"element_clash", ALARM_WARNING, false, EACH, ALARM_BY_ACK},
    [ALARM_NEEDS_UPGRADE] = {"needs_upgrade", ALARM_ERROR, false, false, ALARM_BY_CHECK},
    [ALARM_BAD_GRANT] = {"bad_grant", ALARM_ERROR, false, EACH, ALARM_BY_ACK},
    [ALARM_BAD_ENDPOINT] = {"bad_endpoint", ALARM_WARNING, false, false,
                            ALARM_BY_CHECK | ALARM_BY_ACK},
    [ALARM_DIVISION_TAKEN] = {"division_taken", ALARM_ERROR, false, false,
                              ALARM_AT_RESTART | ALARM_BY_ACK},
    [ALARM_LOST_TAIL] = {"lost_tail", ALARM_CRITICAL, false, false, ALARM_BY_CHECK | ALARM_BY_ACK},
    [ALARM_WITHHELD] = {"withheld", ALARM_ERROR, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_BAD_COSIGNATURE] = {"bad_cosignature", ALARM_WARNING, false, false, ALARM_BY_ACK},
    [ALARM_BAD_BLOCK] = {"bad_block", ALARM_ERROR, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_BAD_FRAME] = {"bad_frame", ALARM_WARNING, false, false,
                         ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_REJECTED] = {"rejected", ALARM_ERROR, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_LIMIT] = {"limit", ALARM_WARNING, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_CLOCK_SKEW] = {"clock_skew", ALARM_WARNING, false, false, ALARM_BY_CHECK},
    [ALARM_INCOMPATIBLE] = {"incompatible", ALARM_ERROR, false, false, ALARM_BY_CHECK},
    [ALARM_SILENT_WITH_BACKLOG] = {"silent_with_backlog", ALARM_WARNING, false, false,
                                   ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_FLOOD] = {"flood", ALARM_WARNING, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_CORRUPT] = {"corrupt", ALARM_CRITICAL, false, false, ALARM_AT_RESTART | ALARM_BY_ACK},
    [ALARM_STORE_DAMAGED] = {"store_damaged", ALARM_CRITICAL, false, false, ALARM_BY_CHECK},
    [ALARM_DISK_FULL] = {"disk_full", ALARM_CRITICAL, false, false, ALARM_BY_CHECK},
    [ALARM_DISK_LOW] = {"disk_low", ALARM_WARNING, false, false, ALARM_BY_CHECK},
    [ALARM_CLOCK_JUMP] = {"clock_jump", ALARM_WARNING, false, false,
                          ALARM_AT_RESTART | ALARM_BY_ACK},
    [ALARM_SERVED] = {"served", ALARM_WARNING, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_NEIGHBOUR_DOWN] = {"neighbour_down", ALARM_ERROR, false, false, ALARM_BY_CHECK},
    [ALARM_ACCESSES_CUT] = {"accesses_cut", ALARM_ERROR, false, true, ALARM_BY_ACK},
    [ALARM_STORE_UNNOTED] = {"store_unnoted", ALARM_WARNING, false, false, ALARM_BY_ACK},
    [ALARM_FALSE_CLAIM] = {"false_claim", ALARM_ERROR, false, false,
                           ALARM_BY_CHECK | ALARM_AT_RESTART | ALARM_BY_ACK},
    [ALARM_DIVISION_UNWELL] = {"division_unwell", ALARM_ERROR, false, false, ALARM_BY_CHECK},
    [ALARM_ARCHIVE] = {"archive", ALARM_ERROR, false, false, ALARM_BY_CHECK | ALARM_AT_RESTART},
    [ALARM_WEBHOOK] = {"webhook", ALARM_WARNING, false, false, ALARM_BY_CHECK},
};

static const struct alarm_info unknown = {"unknown", ALARM_CRITICAL, MONEY, EACH, ALARM_BY_ACK};

const struct alarm_info *alarm_info(enum alarm_code code)
{
    return (unsigned)code < ALARM_CODES ? &alarms[code] : &unknown;
}

enum alarm_code alarm_by_name(const char *name)
{
    for (int code = 1; code < ALARM_CODES; code++) {
        if (strcmp(alarms[code].name, name) == 0) {
            return (enum alarm_code)code;
        }
    }
    return ALARM_NONE;
}

const char *alarm_severity_name(enum alarm_severity severity)
{
    static const char *const names[ALARM_SEVERITIES] = {"info", "warning", "error", "critical"};

    assert(severity < ALARM_SEVERITIES);
    return names[severity];
}
