#include "node/cli/doctor_find.h"

#include <assert.h>

void doctor_find(struct doctor *doctor, enum alarm_severity severity, const char *check,
                 const char *what, const char *cure)
{
    const char *state = severity >= ALARM_ERROR     ? "error"
                        : severity == ALARM_WARNING ? "warning"
                                                    : "ok";
    char what_words[TEXT_BYTES_MAX], cure_words[TEXT_BYTES_MAX];

    assert(severity == ALARM_INFO || cure[0] != '\0');
    doctor->errors = doctor->errors || severity >= ALARM_ERROR;
    (void)json_array_append_new(
        doctor->rows,
        json_pack("{ss ss ss ss ss}", "check", check, "state", state, "severity",
                  alarm_severity_name(severity), "what",
                  text_in(doctor->cli->language, what_words, what), "cure",
                  severity == ALARM_INFO ? "" : text_in(doctor->cli->language, cure_words, cure)));
}
