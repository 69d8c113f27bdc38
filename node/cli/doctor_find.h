/* doctor_find - one finding of `terrace doctor`: what is so, how bad that is, and the cure.
 *
 * Every finding that is not good has a cure, and a cure names a command that exists
 * (tests/process/cures.py).
 *
 * Owned by: doctor.c, doctor_find.c. Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_DOCTOR_FIND_H
#define TERRACE_NODE_CLI_DOCTOR_FIND_H

#include <jansson.h>

#include "node/cli/cli.h"
#include "node/home/home.h"
#include "proto/alarm.h"

struct doctor {
    struct cli *cli;
    const char *home;
    struct home_config config;
    json_t *rows; /* the findings */
    bool errors;  /* one of them is an error, or critical */
};

/* `what` and `cure` are messages (proto/message.h), or what they say in any language; `cure` may be
 * "" where the severity is ALARM_INFO: what is good needs none, and none is told. */
void doctor_find(struct doctor *doctor, enum alarm_severity severity, const char *check,
                 const char *what, const char *cure);

#endif
