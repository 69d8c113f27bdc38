#include "node/cli/doctor_node.h"

#include <stdio.h>

#include "node/cli/client.h"
#include "node/cli/reach.h"

enum { PARENT_SILENT_S_MAX = 60, SKEW_MS_MAX = 5000, ROOT_SKEW_MS_MAX = 60000, DAY_S = 24 * 3600 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* --- the neighbours --- */

static void check_parent(struct doctor *doctor, const json_t *peer)
{
    const char *set = doctor->config.parent_endpoint, *says = text_of(peer, "endpoint");
    const char *endpoint = set[0] != '\0'                  ? set
                           : endpoint_can_be_dialled(says) ? says
                                                           : doctor->config.parent.endpoint;
    const char *why;
    char what[ENDPOINT_BYTES_MAX + 160], cure[HOME_FILE_MAX + 64];

    if (strcmp(text_of(peer, "state"), "live") == 0 ||
        strcmp(text_of(peer, "state"), "held") == 0) {
        message_format(what, sizeof what, "doctor_parent_up division=%s",
                       text_of(peer, "division"));
        doctor_find(doctor, ALARM_INFO, "parent", what, "");
        return;
    }
    if (reach_endpoint(endpoint, &why)) {
        message_format(what, sizeof what,
                       "doctor_parent_answers division=%s seconds=%lld endpoint=%s",
                       text_of(peer, "division"), (long long)number_of(peer, "down_s"), endpoint);
    } else {
        message_format(what, sizeof what,
                       "doctor_parent_unreached division=%s seconds=%lld endpoint=%s why=%s",
                       text_of(peer, "division"), (long long)number_of(peer, "down_s"), endpoint,
                       why);
    }
    message_format(cure, sizeof cure, "cure_parent_silent home=%s", doctor->home);
    doctor_find(doctor,
                number_of(peer, "down_s") > PARENT_SILENT_S_MAX ? ALARM_ERROR : ALARM_WARNING,
                "parent", what, cure);
}

static void check_peer(struct doctor *doctor, const json_t *peer)
{
    const json_int_t skew = number_of(peer, "clock_skew_ms");
    char what[160];

    if (json_is_true(json_object_get(peer, "is_parent"))) {
        check_parent(doctor, peer);
    }
    if (skew > SKEW_MS_MAX || skew < -SKEW_MS_MAX) {
        message_format(what, sizeof what, "doctor_clock division=%s ms=%lld",
                       text_of(peer, "division"), (long long)skew);
        doctor_find(doctor, ALARM_WARNING, "clock", what, "cure_clock");
    }
}

static void check_root_clock(struct doctor *doctor, const json_t *status)
{
    const json_t *confirmed = json_object_get(status, "confirmed");
    const json_int_t skew = number_of(confirmed, "root_skew_ms");
    char what[160];

    if (skew > ROOT_SKEW_MS_MAX || skew < -ROOT_SKEW_MS_MAX) {
        message_format(what, sizeof what, "doctor_root_clock seconds=%lld",
                       (long long)(-skew / 1000));
        doctor_find(doctor, ALARM_ERROR, "clock", what, "cure_clock");
    }
}

/* --- those below --- */

/* A link that is down is an error once it is missed: it may be a restart. */
static bool is_error(const struct doctor *doctor, const json_t *row)
{
    const uint32_t set_ms = doctor->config.limits.neighbour_down_ms;
    const json_int_t patience_s = (set_ms == 0 ? NEIGHBOUR_DOWN_MS : set_ms) / 1000;

    return strcmp(text_of(row, "health"), "fault") == 0 ||
           (strcmp(text_of(row, "state"), "off_line") == 0 &&
            number_of(row, "since_s") > patience_s);
}

/* What lies behind a link that is named itself is not named again. */
static bool is_named_elsewhere(const json_t *row)
{
    const char *broken = text_of(row, "broken");

    return broken[0] != '\0' && strcmp(broken, text_of(row, "division")) != 0;
}

/* What a division's approvals are worth, and what lacks one. */
static void check_approvals(struct doctor *doctor, const json_t *row)
{
    const json_t *sum = json_object_get(row, "unapproved");
    char what[TEXT_BYTES_MAX], cure[96];

    if (number_of(sum, "count") > 0) {
        message_format(what, sizeof what, "doctor_unapproved division=%s count=%lld amount=%s",
                       text_of(row, "division"), (long long)number_of(sum, "count"),
                       text_of(sum, "amount"));
        message_format(cure, sizeof cure, "cure_unapproved division=%s", text_of(row, "division"));
        doctor_find(doctor, ALARM_ERROR, "persons", what, cure);
    }
    if (text_of(row, "vouched")[0] != '\0') {
        message_format(what, sizeof what, "doctor_division name=%s division=%s why=%s",
                       text_of(row, "name"), text_of(row, "division"), text_of(row, "vouched"));
        message_format(cure, sizeof cure, "cure_vouched division=%s", text_of(row, "division"));
        doctor_find(doctor, ALARM_INFO, "persons", what, cure);
    }
}

static void check_division(struct doctor *doctor, const json_t *row)
{
    const bool is_child = number_of(row, "depth") == 1;
    char what[TEXT_BYTES_MAX];

    if (strcmp(text_of(row, "state"), "well") == 0 || is_named_elsewhere(row)) {
        return;
    }
    message_format(what, sizeof what, "doctor_division name=%s division=%s why=%s",
                   text_of(row, "name"), text_of(row, "division"), text_of(row, "sentence"));
    doctor_find(doctor,
                strcmp(text_of(row, "state"), "revoked") == 0 ? ALARM_INFO
                : is_error(doctor, row)                       ? ALARM_ERROR
                                                              : ALARM_WARNING,
                is_child ? "child" : "descendant", what,
                text_of(row, "cure")[0] == '\0' ? "cure_look_at_tree" : text_of(row, "cure"));
}

static void check_tree(struct doctor *doctor)
{
    json_t *tree = client_ask_quietly(doctor->cli, "/status/tree");
    const json_t *rows = json_object_get(tree, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) { /* the first is this node */
        if (i > 0) {
            check_division(doctor, json_array_get(rows, i));
        }
        check_approvals(doctor, json_array_get(rows, i));
    }
    if (tree != NULL && number_of(tree, "divisions") > 0 &&
        number_of(tree, "divisions") == number_of(tree, "well")) {
        doctor_find(doctor, ALARM_INFO, "descendant", text_of(tree, "sentence"), "");
    }
    json_decref(tree);
}

/* --- persons --- */

static bool has_role(const json_t *user, const char *role)
{
    const json_t *roles = json_object_get(user, "roles");

    for (size_t i = 0; i < json_array_size(roles); i++) {
        const char *name = json_string_value(json_array_get(roles, i));

        if (name != NULL && strcmp(name, role) == 0) {
            return json_is_true(json_object_get(user, "enabled"));
        }
    }
    return false;
}

static size_t count_role(const json_t *users, const char *role)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(users); i++) {
        count += has_role(json_array_get(users, i), role);
    }
    return count;
}

static void check_role(struct doctor *doctor, const json_t *users, const char *role)
{
    char what[96], cure[96];

    if (count_role(users, role) == 0) {
        message_format(what, sizeof what, "doctor_nobody role=%s", role);
        message_format(cure, sizeof cure, "cure_nobody role=%s", role);
        doctor_find(doctor, ALARM_WARNING, "persons", what, cure);
    }
}

static void check_person_keys(struct doctor *doctor, const json_t *users)
{
    json_int_t oldest = 0;
    char what[96];

    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *user = json_array_get(users, i);

        if (json_is_true(json_object_get(user, "enabled")) &&
            number_of(user, "key_age_s") > oldest) {
            oldest = number_of(user, "key_age_s");
        }
    }
    if (json_array_size(users) > 0) {
        message_format(what, sizeof what, "doctor_person_keys seconds=%lld", (long long)oldest);
        doctor_find(doctor, ALARM_INFO, "keys", what, "");
    }
}

static void check_persons(struct doctor *doctor, const json_t *status)
{
    json_t *answer = client_ask_quietly(doctor->cli, "/users");
    const json_t *users = json_object_get(answer, "rows");
    char cure[HOME_FILE_MAX + 64], what[96];

    if (answer == NULL) {
        return; /* it is not ours to read: an auditor may */
    }
    if (strcmp(text_of(status, "approval"), "none") == 0) {
        message_format(cure, sizeof cure, "cure_no_approval home=%s", doctor->home);
        doctor_find(doctor, ALARM_WARNING, "persons", "doctor_no_approval", cure);
    } else {
        check_role(doctor, users, "maker");
        check_role(doctor, users, "checker");
    }
    check_role(doctor, users, "admin");
    message_format(what, sizeof what, "doctor_persons count=%zu", json_array_size(users));
    doctor_find(doctor, ALARM_INFO, "persons", what, "");
    check_person_keys(doctor, users);
    json_decref(answer);
}

/* --- the node itself --- */

static void check_key_age(struct doctor *doctor, const json_t *status)
{
    char what[96];

    if (json_is_integer(json_object_get(status, "grant_age_s"))) {
        message_format(what, sizeof what, "doctor_key_age seconds=%lld",
                       (long long)number_of(status, "grant_age_s"));
        doctor_find(doctor, ALARM_INFO, "keys", what, "");
    }
}

/* Whether what lies on the disk is looked after, though nobody asks for it. */
static void check_scrub(struct doctor *doctor, const json_t *status)
{
    const json_t *scrub = json_object_get(status, "scrub");
    char what[160];

    message_format(what, sizeof what, "doctor_scrub rounds=%lld blocks=%lld left=%lld faults=%lld",
                   (long long)number_of(scrub, "rounds"), (long long)number_of(scrub, "blocks"),
                   (long long)number_of(scrub, "entries_left"),
                   (long long)number_of(scrub, "faults"));
    if (number_of(scrub, "faults") > 0) {
        doctor_find(doctor, ALARM_WARNING, "scrub", what, "cure_scrub");
    } else {
        doctor_find(doctor, ALARM_INFO, "scrub", what, "");
    }
}

static void check_ready(struct doctor *doctor)
{
    json_t *ready = client_ask_quietly(doctor->cli, "/readyz");

    if (json_is_true(json_object_get(ready, "ready"))) {
        doctor_find(doctor, ALARM_INFO, "store", "doctor_ready", "");
    } else {
        doctor_find(doctor, ALARM_ERROR, "store", "doctor_not_ready", "cure_not_ready");
    }
    json_decref(ready);
}

static void check_attempts(struct doctor *doctor, const json_t *attempts)
{
    const json_t *newest = json_array_get(attempts, 0);
    const char *text = json_string_value(json_object_get(newest, "text"));
    char what[400];

    if (text == NULL || json_integer_value(json_object_get(newest, "age_s")) >= DAY_S) {
        return;
    }
    message_format(what, sizeof what, "doctor_enrolment_refused why=%s", text);
    doctor_find(doctor, ALARM_WARNING, "enrolment", what, "cure_enrolment");
}

static void check_strangers(struct doctor *doctor, const json_t *strangers)
{
    const json_t *newest = json_array_get(strangers, 0);
    const char *text = json_string_value(json_object_get(newest, "text"));
    char what[400];

    if (text == NULL || json_integer_value(json_object_get(newest, "age_s")) >= DAY_S) {
        return;
    }
    message_format(what, sizeof what, "doctor_key_refused key=%s address=%s why=%s",
                   json_string_value(json_object_get(newest, "key")),
                   json_string_value(json_object_get(newest, "address")), text);
    doctor_find(doctor, ALARM_WARNING, "stranger", what, "cure_key_refused");
}

static void check_alarm(struct doctor *doctor, const json_t *alarm)
{
    const char *code = json_string_value(json_object_get(alarm, "code"));
    const char *text = json_string_value(json_object_get(alarm, "text"));
    const char *about = json_string_value(json_object_get(alarm, "division"));
    const enum alarm_severity severity = alarm_info(alarm_by_name(code))->severity;
    char what[TEXT_BYTES_MAX], cure[64];

    (void)snprintf(what, sizeof what, "%s %s: %s", code, about == NULL ? "" : about,
                   text == NULL ? "" : text);
    (void)snprintf(cure, sizeof cure, "%s.cure", code);
    doctor_find(doctor, severity, "alarm", what, text_word(doctor->cli->language, "alarm", cure));
}

/* What its children were told, and where it is. */
static void check_endpoint(struct doctor *doctor, const json_t *status)
{
    const char *told = text_of(status, "endpoint");
    const char *set =
        doctor->config.advertise[0] != '\0' ? doctor->config.advertise : doctor->config.listen;
    char what[2 * ENDPOINT_BYTES_MAX + 64], cure[ENDPOINT_BYTES_MAX + 64];

    if (told[0] != '\0' && endpoint_can_be_dialled(told) && endpoint_can_be_dialled(set) &&
        strcmp(told, set) != 0) {
        message_format(what, sizeof what, "doctor_endpoint_differs told=%s endpoint=%s", told, set);
        message_format(cure, sizeof cure, "cure_endpoint_differs endpoint=%s", set);
        doctor_find(doctor, ALARM_WARNING, "advertise", what, cure);
    }
}

static void check_lists(struct doctor *doctor, const json_t *status)
{
    const json_t *peers = json_object_get(status, "peers");
    const json_t *alarms = json_object_get(status, "alarms");

    for (size_t i = 0; i < json_array_size(peers); i++) {
        check_peer(doctor, json_array_get(peers, i));
    }
    for (size_t i = 0; i < json_array_size(alarms); i++) {
        check_alarm(doctor, json_array_get(alarms, i));
    }
    check_attempts(doctor, json_object_get(status, "enrol_attempts"));
    check_strangers(doctor, json_object_get(status, "refused_strangers"));
}

/* The loop waits for its disk: only what the disk has is known. */
static void check_stalled(struct doctor *doctor, const json_t *status)
{
    char cure[HOME_FILE_MAX + 64];

    if (json_is_true(json_object_get(status, "stalled"))) {
        message_format(cure, sizeof cure, "cure_stalled home=%s", doctor->home);
        doctor_find(doctor, ALARM_ERROR, "daemon", text_of(status, "notice"), cure);
    }
}

/* What is wrong with it is an alarm, too, and told there. */
static void check_archive(struct doctor *doctor, const json_t *status)
{
    const json_t *archive = json_object_get(status, "archive");
    char what[TEXT_BYTES_MAX], cure[HOME_FILE_MAX + 96];

    if (json_is_object(archive) && text_of(archive, "fault")[0] == '\0') {
        message_format(what, sizeof what,
                       "doctor_archive directory=%s lsn=%lld behind=%lld seconds=%lld",
                       text_of(archive, "directory"), (long long)number_of(archive, "lsn"),
                       (long long)number_of(archive, "behind_entries"),
                       (long long)number_of(archive, "waiting_s"));
        doctor_find(doctor, ALARM_INFO, "archive", what, "");
    }
    if (json_is_true(json_object_get(archive, "same_disk"))) {
        message_format(what, sizeof what, "doctor_archive_here directory=%s",
                       text_of(archive, "directory"));
        message_format(cure, sizeof cure, "cure_archive_here home=%s division=%s", doctor->home,
                       doctor->config.division.code);
        doctor_find(doctor, ALARM_WARNING, "archive", what, cure);
    }
}

void doctor_ask_node(struct doctor *doctor)
{
    json_t *status = client_ask_quietly(doctor->cli, "/status");
    char cure[96];

    if (status == NULL) {
        message_format(cure, sizeof cure, "cure_see_log division=%s", doctor->config.division.code);
        doctor_find(doctor, ALARM_ERROR, "daemon", "doctor_no_status", cure);
        return;
    }
    doctor_find(doctor, ALARM_INFO, "daemon", "doctor_answers", "");
    check_stalled(doctor, status);
    check_scrub(doctor, status);
    check_ready(doctor);
    check_lists(doctor, status);
    check_root_clock(doctor, status);
    check_endpoint(doctor, status);
    check_archive(doctor, status);
    check_tree(doctor);
    check_persons(doctor, status);
    check_key_age(doctor, status);
    json_decref(status);
}
