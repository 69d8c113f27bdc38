#include "node/api/clock_notice.h"

#include "node/api/routes_alarms.h"

void out_clock_notice(struct json_out *out, struct txn *txn, enum language language)
{
    char message[MESSAGE_BYTES_MAX] = "", words[TEXT_BYTES_MAX];
    size_t count;
    struct alarm *alarms = alarms_stored(txn, &count);

    for (size_t i = 0; i < count && message[0] == '\0'; i++) {
        if (alarms[i].code == ALARM_CLOCK_SKEW || alarms[i].code == ALARM_CLOCK_JUMP) {
            message_format(message, sizeof message, "clock_notice division=%s why=%s",
                           alarms[i].about.code, alarms[i].message);
        }
    }
    mem_free(alarms);
    out_text(out, "clock_notice", message[0] == '\0' ? "" : text_in(language, words, message));
}
