#include "node/api/stop_json.h"

uint64_t stop_since(const struct alarm *alarms, size_t count, struct division author)
{
    for (size_t i = 0; i < count; i++) {
        if (alarms[i].code == ALARM_NEEDS_UPGRADE && division_equal(alarms[i].about, author)) {
            return alarms[i].first_unix_ms;
        }
    }
    return 0;
}

void out_stop(struct json_out *out, const struct ledger_stop *stop, uint64_t since_unix_ms)
{
    if (stop == NULL) {
        out_null(out, "stopped");
        return;
    }
    out_open(out, "stopped", '{');
    out_count(out, "lsn", stop->lsn);
    out_count(out, "kind", stop->kind);
    out_count(out, "format", stop->format);
    out_time(out, "written", stop->written_unix_ms);
    out_time(out, "since", since_unix_ms);
    out_close(out, '}');
}
