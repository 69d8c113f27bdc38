/* doctor - `terrace doctor`: what is wrong with the home of this node, and with a node that does
 * not run. What a running one says of itself: doctor_node.h. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/doctor_node.h"
#include "node/cli/print.h"
#include "node/core/space.h"
#include "node/daemon/system_clock.h"
#include "node/home/files.h"
#include "node/home/last_backup.h"
#include "node/home/notes.h"
#include "node/home/tls.h"
#include "node/ledger/schema/clocks.h"
#include "node/store/store_rocks.h"

enum { CURE_BYTES_MAX = HOME_FILE_MAX + 96 };

#define BACKUP_OLD_MS (UINT64_C(7) * 24 * 3600 * 1000)

/* An authority may take its time. */
#define CERTIFICATE_NOTICE_MS (UINT64_C(60) * 24 * 3600 * 1000)

/* --- the home --- */

static bool has_keys(const char *home)
{
    char path[HOME_FILE_MAX];
    struct stat found;

    home_file(path, home, "keys/identity.key");
    return stat(path, &found) == 0;
}

/* A join that was refused left its reason. */
static void find_refused_join(struct doctor *doctor)
{
    struct buf note = BUF_EMPTY;
    struct err err;

    if (notes_end(&note, doctor->home, &err) == OK && note.size > 0) {
        doctor_find(doctor, ALARM_ERROR, "enrolment", (const char *)note.data, "cure_join_refused");
    }
    buf_free(&note);
}

static bool check_config(struct doctor *doctor)
{
    char cure[CURE_BYTES_MAX];
    struct err err;

    if (home_load(&doctor->config, doctor->home, &err) != OK) {
        if (home_is_closed(doctor->home)) {
            message_format(cure, sizeof cure, "cure_not_yours home=%s", doctor->home);
        } else if (err.status != ERR_NOT_FOUND) {
            message_format(cure, sizeof cure, "cure_config home=%s", doctor->home);
        } else if (has_keys(doctor->home)) { /* a node lives here, and lost the file */
            message_format(cure, sizeof cure, "cure_config_gone home=%s", doctor->home);
        } else {
            (void)snprintf(cure, sizeof cure, "cure_no_home");
            find_refused_join(doctor);
        }
        doctor_find(doctor, ALARM_ERROR, "config", err.text, cure);
        return false;
    }
    doctor_find(doctor, ALARM_INFO, "config", doctor->config.division.code, "");
    return true;
}

static void check_mode(struct doctor *doctor, const char *file, unsigned wanted)
{
    char path[HOME_FILE_MAX], what[HOME_FILE_MAX + 64], cure[CURE_BYTES_MAX];
    struct stat stat_of;

    home_file(path, doctor->home, file);
    if (stat(path, &stat_of) != 0) {
        message_format(what, sizeof what, "file_failed doing=examined path=%s why=%s", path,
                       os_reason(errno));
        message_format(cure, sizeof cure, "cure_key_file home=%s", doctor->home);
        doctor_find(doctor, ALARM_ERROR, "keys", what, cure);
    } else if ((stat_of.st_mode & 077) != 0) {
        message_format(what, sizeof what, "doctor_open_to_others path=%s", path);
        message_format(cure, sizeof cure, "cure_mode mode=%o path=%s", wanted, path);
        doctor_find(doctor, ALARM_ERROR, "keys", what, cure);
    }
}

static void check_keys(struct doctor *doctor)
{
    char path[HOME_FILE_MAX], what[HOME_FILE_MAX + 64], cure[CURE_BYTES_MAX];

    check_mode(doctor, "keys", 0700);
    check_mode(doctor, "keys/identity.key", 0600);
    check_mode(doctor, "keys/curve.key", 0600);
    home_file(path, doctor->home, "keys");
    if (keys_trust_present(path)) {
        message_format(what, sizeof what, "doctor_trust_key_here directory=%s", path);
        message_format(cure, sizeof cure, "cure_trust_key home=%s", doctor->home);
        doctor_find(doctor, ALARM_WARNING, "trust_key", what, cure);
    }
    if (doctor->config.seal == SEAL_MACHINE) {
        message_format(cure, sizeof cure, "cure_machine_seal home=%s", doctor->home);
        doctor_find(doctor, ALARM_WARNING, "sealing", "doctor_machine_seal", cure);
    } else {
        doctor_find(doctor, ALARM_INFO, "sealing", "doctor_passphrase_seal", "");
    }
}

/* By its fingerprint a browser's user knows this node. */
static void check_certificate(struct doctor *doctor)
{
    const struct clock clock = system_clock();
    const uint64_t now_ms = clock_unix_ms(&clock);
    char what[TLS_FINGERPRINT_MAX + 96], cure[CURE_BYTES_MAX];
    struct tls_pair pair;
    struct err err;

    message_format(cure, sizeof cure, "cure_certificate home=%s", doctor->home);
    if (tls_load(&pair, doctor->home, &err) != OK) {
        doctor_find(doctor, ALARM_ERROR, "certificate", err.text, cure);
    } else if (pair.until_unix_ms <= now_ms) {
        doctor_find(doctor, ALARM_ERROR, "certificate", "doctor_certificate_ended", cure);
    } else if (pair.until_unix_ms - now_ms < CERTIFICATE_NOTICE_MS) {
        message_format(what, sizeof what, "doctor_certificate_ends seconds=%llu",
                       (unsigned long long)(pair.until_unix_ms - now_ms) / 1000);
        doctor_find(doctor, ALARM_WARNING, "certificate", what, cure);
    } else {
        message_format(what, sizeof what, "doctor_certificate fingerprint=%s", pair.fingerprint);
        doctor_find(doctor, ALARM_INFO, "certificate", what, "");
    }
    tls_free(&pair);
}

/* What stopped an earlier run stands in a note; until the file is gone the node only reads. */
static void check_note(struct doctor *doctor, const char *file, const char *check,
                       enum alarm_severity severity, const char *message)
{
    const enum language language = doctor->cli->language;
    char path[HOME_FILE_MAX], said[HOME_FILE_MAX], words[TEXT_BYTES_MAX], cure[TEXT_BYTES_MAX];
    struct buf text = BUF_EMPTY;
    struct err err;

    home_file(path, doctor->home, file);
    if (file_read(&text, path, sizeof err.text, &err) == OK) {
        buf_put_u8(&text, 0);
        message_format(said, sizeof said, message, doctor->home);
        doctor_find(doctor, severity, check, text_in(language, words, (const char *)text.data),
                    text_in(language, cure, said));
    } else if (err.status != ERR_NOT_FOUND) {
        doctor_find(doctor, ALARM_ERROR, check, text_in(language, words, err.text),
                    text_say(language, cure, "cure_unreadable home=%s", doctor->home));
    }
    buf_free(&text);
}

/* What was left out when a damaged store was made anew: until somebody has read it. */
static void check_healed(struct doctor *doctor)
{
    const enum language language = doctor->cli->language;
    char words[TEXT_BYTES_MAX], cure[TEXT_BYTES_MAX];
    struct buf text = BUF_EMPTY;
    struct err err;

    if (notes_healed(&text, doctor->home, &err) == OK && text.size > 0) {
        doctor_find(doctor, ALARM_WARNING, "healed",
                    text_in(language, words, (const char *)text.data),
                    text_say(language, cure, "cure_healed home=%s", doctor->home));
    }
    buf_free(&text);
}

/* Who granted this node, from the root down. */
static void check_grants(struct doctor *doctor)
{
    struct bytes grants[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    char what[96], cure[CURE_BYTES_MAX], key[ENROL_FINGERPRINT_SIZE];
    struct grant own;
    size_t count;
    struct err err;

    if (home_grants_read(doctor->home, grants, &count, &memory, &err) == OK) {
        message_format(what, sizeof what, "doctor_grants count=%zu", count);
        doctor_find(doctor, ALARM_INFO, "grants", what, "");
        if (count > 0 && grant_parse(&own, grants[count - 1], &err) == OK) {
            enrol_fingerprint(key, own.division, &own.sign_key, own.curve_key);
            message_format(what, sizeof what, "doctor_own_key fingerprint=%s", key);
            doctor_find(doctor, ALARM_INFO, "keys", what, "");
        }
    } else {
        message_format(cure, sizeof cure, "cure_grants home=%s", doctor->home);
        doctor_find(doctor, ALARM_ERROR, "grants", err.text, cure);
    }
    buf_free(&memory);
}

static void check_disk(struct doctor *doctor)
{
    const uint64_t floor = doctor->config.disk_floor_bytes > 0 ? doctor->config.disk_floor_bytes
                                                               : STORE_ROCKS_FLOOR_BYTES;
    struct statvfs disk;
    uint64_t free_bytes;
    char what[128], cure[CURE_BYTES_MAX];

    if (statvfs(doctor->home, &disk) != 0) {
        message_format(cure, sizeof cure, "cure_unreadable home=%s", doctor->home);
        doctor_find(doctor, ALARM_ERROR, "disk", os_reason(errno), cure);
        return;
    }
    free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    message_format(what, sizeof what, "doctor_disk free_mib=%llu",
                   (unsigned long long)(free_bytes >> 20));
    if (free_bytes >= SPACE_LOW_FLOORS * floor) {
        doctor_find(doctor, ALARM_INFO, "disk", what, "");
        return;
    }
    message_format(cure, sizeof cure, "cure_disk home=%s", doctor->home);
    doctor_find(doctor, free_bytes < floor ? ALARM_CRITICAL : ALARM_WARNING, "disk", what, cure);
}

static void check_writable(struct doctor *doctor)
{
    char what[HOME_FILE_MAX], cure[CURE_BYTES_MAX];

    if (home_is_read_only(doctor->home)) {
        message_format(what, sizeof what, "doctor_read_only home=%s", doctor->home);
        message_format(cure, sizeof cure, "cure_read_only home=%s", doctor->home);
        doctor_find(doctor, ALARM_CRITICAL, "disk", what, cure);
    }
}

static void check_advertised(struct doctor *doctor, const char *key, const char *listen,
                             const char *advertise)
{
    char what[ENDPOINT_BYTES_MAX + 128], cure[CURE_BYTES_MAX];

    if (listen[0] == '\0' || advertise[0] != '\0' || endpoint_can_be_dialled(listen)) {
        return;
    }
    message_format(what, sizeof what, "doctor_not_dialled endpoint=%s", listen);
    message_format(cure, sizeof cure, "cure_not_dialled key=%s home=%s", key, doctor->home);
    doctor_find(doctor, ALARM_WARNING, key, what, cure);
}

/* --- a node that is not there --- */

/* Could a daemon listen there? A host of "*" means every address. */
static bool port_free(const char *endpoint)
{
    char host[ENDPOINT_BYTES_MAX + 1];
    const char *name = strstr(endpoint, "://") + 3;
    const char *colon = strrchr(name, ':');
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool is_free = false;

    if (colon == NULL || colon < name) {
        return false;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - name), name);
    if (getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, colon + 1, &hints, &found) == 0) {
        const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int yes = 1;

        is_free = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                  bind(fd, found->ai_addr, found->ai_addrlen) == 0;
        if (fd >= 0) {
            (void)close(fd);
        }
        freeaddrinfo(found);
    }
    return is_free;
}

static void check_port(struct doctor *doctor, const char *endpoint)
{
    char what[ENDPOINT_BYTES_MAX + 64];

    if (endpoint[0] != '\0' && !port_free(endpoint)) {
        message_format(what, sizeof what, "doctor_port_taken endpoint=%s", endpoint);
        doctor_find(doctor, ALARM_ERROR, "port", what, "cure_port");
    }
}

/* Why its last run ended, where that was a failure. */
static void check_ended(struct doctor *doctor)
{
    char what[TEXT_BYTES_MAX], cure[CURE_BYTES_MAX];
    struct buf note = BUF_EMPTY;
    struct err err;

    if (notes_end(&note, doctor->home, &err) == OK && note.size > 0) {
        message_format(what, sizeof what, "doctor_ended why=%s", (const char *)note.data);
        message_format(cure, sizeof cure, "cure_ended home=%s division=%s", doctor->home,
                       doctor->config.division.code);
        doctor_find(doctor, ALARM_ERROR, "ended", what, cure);
    }
    buf_free(&note);
}

static void check_silent(struct doctor *doctor, long pid)
{
    char what[TEXT_BYTES_MAX], cure[CURE_BYTES_MAX], path[HOME_FILE_MAX];

    home_file(path, doctor->home, "terrace.sock");
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        message_format(what, sizeof what, "doctor_no_socket path=%s pid=%ld", path, pid);
    } else {
        message_format(what, sizeof what, "doctor_no_answer seconds=%u", doctor->cli->wait_s);
    }
    message_format(cure, sizeof cure, "cure_no_answer division=%s", doctor->config.division.code);
    doctor_find(doctor, ALARM_ERROR, "daemon", what, cure);
}

static void check_stopped(struct doctor *doctor)
{
    char cure[CURE_BYTES_MAX];
    long pid;

    if (home_is_run(doctor->home, &pid)) {
        check_silent(doctor, pid);
        return;
    }
    message_format(cure, sizeof cure, "cure_start home=%s division=%s", doctor->home,
                   doctor->config.division.code);
    doctor_find(doctor, ALARM_ERROR, "daemon", "doctor_not_running", cure);
    check_ended(doctor);
    check_port(doctor, doctor->config.listen);
    check_port(doctor, doctor->config.enrol);
    check_port(doctor, doctor->config.api_listen);
}

/* A program that nobody can run is told of nothing. */
static void check_hook(struct doctor *doctor)
{
    char path[HOME_PATH_MAX + HOOK_PATH_MAX + 2], what[TEXT_BYTES_MAX], cure[TEXT_BYTES_MAX];

    home_hook_file(path, doctor->home, &doctor->config);
    if (doctor->config.alarm_hook[0] != '\0' && access(path, X_OK) != 0) {
        message_format(what, sizeof what, "doctor_hook path=%s why=%s", path, os_reason(errno));
        message_format(cure, sizeof cure, "cure_hook path=%s home=%s", path, doctor->home);
        doctor_find(doctor, ALARM_ERROR, "hook", what, cure);
    }
}

/* When the node was copied last; what happened since is with its neighbours alone, and at the root
 * with those below. */
static void check_backup(struct doctor *doctor)
{
    const bool is_root = division_is_none(doctor->config.parent.division);
    const bool is_archived = doctor->config.archive[0] != '\0';
    const struct clock clock = system_clock();
    const uint64_t now_ms = clock_unix_ms(&clock);
    struct last_backup backup;
    char what[LAST_BACKUP_PATH_MAX + 128], cure[CURE_BYTES_MAX], when[TIME_BYTES_MAX];

    message_format(cure, sizeof cure, "cure_backup home=%s", doctor->home);
    if (!last_backup_read(&backup, doctor->home)) {
        if (is_root && !is_archived) {
            message_format(cure, sizeof cure, "cure_root_alone home=%s", doctor->home);
        }
        doctor_find(doctor, is_root && !is_archived ? ALARM_ERROR : ALARM_WARNING, "backup",
                    is_root && !is_archived ? "doctor_root_alone" : "doctor_no_backup", cure);
        return;
    }
    message_format(what, sizeof what, "doctor_backup when=%s directory=%s",
                   time_text(when, backup.unix_ms), backup.directory);
    doctor_find(doctor, now_ms > backup.unix_ms + BACKUP_OLD_MS ? ALARM_WARNING : ALARM_INFO,
                "backup", what, cure);
}

/* --- */

static void print_findings(const struct doctor *doctor)
{
    static const struct column columns[] = {
        {"state", "state", CELL_WORD},
        {"check", "check", CELL_CHECK},
        {"what", "what", CELL_TEXT},
        {"cure", "cure", CELL_TEXT},
    };

    if (cli_json(doctor->cli)) {
        json_t *answer = json_pack("{sb sO}", "ok", !doctor->errors, "rows", doctor->rows);
        print_json(stdout, answer);
        json_decref(answer);
    } else {
        print_table(stdout, columns, COUNT_OF(columns), doctor->rows, doctor->cli->language);
    }
}

enum exit_code run_doctor(struct cli *cli)
{
    struct doctor doctor = {.cli = cli, .home = cli_home(cli)};
    struct err err;

    if (doctor.home == NULL) {
        return EXIT_USAGE;
    }
    if (home_check_path(doctor.home, &err) != OK) {
        err.status = ERR_USAGE;
        return cli_fail_status(cli, &err);
    }
    doctor.rows = json_array();
    if (check_config(&doctor)) {
        check_keys(&doctor);
        check_certificate(&doctor);
        check_grants(&doctor);
        check_note(&doctor, "damaged", "damage", ALARM_CRITICAL, "damage_cure home=%s");
        check_note(&doctor, "resync", "resync", ALARM_ERROR, "resync_cure home=%s");
        check_healed(&doctor);
        check_disk(&doctor);
        check_writable(&doctor);
        check_backup(&doctor);
        check_advertised(&doctor, "advertise", doctor.config.listen, doctor.config.advertise);
        check_advertised(&doctor, "advertise_enrol", doctor.config.enrol,
                         doctor.config.advertise_enrol);
        check_hook(&doctor);
        if (client_reachable(cli)) {
            doctor_ask_node(&doctor);
        } else {
            check_stopped(&doctor);
        }
    }
    print_findings(&doctor);
    json_decref(doctor.rows);
    return doctor.errors ? EXIT_REFUSED : EXIT_DONE;
}
