#include "replicator/finding.h"

#include <stdio.h>

#include "proto/array.h"

void findings_clear(struct findings *findings)
{
    findings->count = findings->alarms = 0;
}

void findings_free(struct findings *findings)
{
    mem_free(findings->at);
    *findings = (struct findings){NULL, 0, 0, 0};
}

/* The text is not cleared whole: most findings have none. */
static struct finding *add(struct findings *findings, enum finding_kind kind, struct division about,
                           uint64_t lsn)
{
    struct finding *finding;

    ARRAY_ROOM(findings->at, findings->count, findings->capacity);
    finding = &findings->at[findings->count++];
    finding->kind = kind;
    finding->alarm = ALARM_NONE;
    finding->about = about;
    finding->lsn = lsn;
    finding->status = OK;
    finding->text[0] = '\0';
    return finding;
}

void findings_alarm(struct findings *findings, enum alarm_code alarm, struct division about,
                    const char *format, ...)
{
    struct finding *finding;
    va_list args;

    if (findings->alarms == FINDINGS_ALARMS_MAX) {
        return;
    }
    findings->alarms++;
    finding = add(findings, FOUND_ALARM, about, 0);
    finding->alarm = alarm;
    va_start(args, format);
    message_vformat(finding->text, sizeof finding->text, format, args);
    va_end(args);
}

void findings_over(struct findings *findings, enum alarm_code alarm, struct division about)
{
    add(findings, FOUND_OVER, about, 0)->alarm = alarm;
}

void findings_note(struct findings *findings, enum finding_kind kind, struct division about,
                   uint64_t lsn)
{
    (void)add(findings, kind, about, lsn);
}

void findings_because(struct findings *findings, enum finding_kind kind, struct division about,
                      uint64_t lsn, enum status status, const char *text)
{
    struct finding *finding = add(findings, kind, about, lsn);

    finding->status = status;
    (void)snprintf(finding->text, sizeof finding->text, "%s", text);
}
