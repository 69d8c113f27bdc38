/* doctor - what is wrong with this node, and the cure. Looks at the home itself and, where a node
 * answers, at its status. Errors make the exit code 1; warnings do not. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/print.h"
#include "node/home.h"
#include "node/store/store_rocks.h"

enum { SKEW_MS_MAX = 5000, PARENT_SILENT_S_MAX = 60 };

enum finding { FINDING_GOOD, FINDING_WARNING, FINDING_ERROR };

struct doctor {
    struct cli *cli;
    const char *home;
    struct home_config config;
    json_t *rows;
    bool errors;
};

static void find(struct doctor *doctor, enum finding finding, const char *check, const char *what,
                 const char *cure)
{
    static const char *const words[] = {"ok", "warning", "error"};

    doctor->errors = doctor->errors || finding == FINDING_ERROR;
    (void)json_array_append_new(doctor->rows,
                                json_pack("{ss ss ss ss}", "check", check, "state", words[finding],
                                          "what", what, "cure", cure));
}

static const char *say(const struct doctor *doctor, const char *en, const char *zh)
{
    return cli_say(doctor->cli, en, zh);
}

/* --- the home --- */

static bool check_config(struct doctor *doctor)
{
    char words[WORDS_BYTES_MAX];
    struct err err;

    if (home_load(&doctor->config, doctor->home, &err) != OK) {
        find(doctor, FINDING_ERROR, "config", words_in(doctor->cli->language, words, err.text),
             err.status == ERR_NOT_FOUND
                 ? say(doctor, "terrace init --root ... or terrace join TOKEN",
                       "terrace init --root ... 或 terrace join 令牌")
                 : say(doctor, "correct the line named in config.yaml",
                       "请改正 config.yaml 中指出的行"));
        return false;
    }
    find(doctor, FINDING_GOOD, "config", doctor->config.division.code, "");
    return true;
}

static void check_mode(struct doctor *doctor, const char *file, unsigned wanted)
{
    char path[HOME_FILE_MAX], what[HOME_FILE_MAX + 64], cure[HOME_FILE_MAX + 64];
    struct stat stat_of;

    home_file(path, doctor->home, file);
    if (stat(path, &stat_of) != 0) {
        (void)snprintf(what, sizeof what, "%s: %s", path, strerror(errno));
        find(doctor, FINDING_ERROR, "keys", what,
             say(doctor, "restore it from a backup, or ask the parent for a new token",
                 "请从备份恢复，或请上级重新签发令牌"));
    } else if ((stat_of.st_mode & 077) != 0) {
        (void)snprintf(what, sizeof what,
                       say(doctor, "%s may be read by others", "%s 可被他人读取"), path);
        (void)snprintf(cure, sizeof cure, "chmod %o %s", wanted, path);
        find(doctor, FINDING_ERROR, "keys", what, cure);
    }
}

static void check_keys(struct doctor *doctor)
{
    char path[HOME_FILE_MAX], what[HOME_FILE_MAX + 64];

    check_mode(doctor, "keys", 0700);
    check_mode(doctor, "keys/identity.key", 0600);
    check_mode(doctor, "keys/curve.key", 0600);
    home_file(path, doctor->home, "keys");
    if (keys_trust_present(path)) {
        (void)snprintf(what, sizeof what,
                       say(doctor, "the trust key is still on this machine: %s/trust.key",
                           "信任密钥仍在本机：%s/trust.key"),
                       path);
        find(doctor, FINDING_WARNING, "trust_key", what,
             say(doctor, "copy it to two media kept apart, then remove the file",
                 "请复制到两份分开保管的介质，然后删除该文件"));
    }
    if (doctor->config.seal == SEAL_MACHINE) {
        find(doctor, FINDING_WARNING, "sealing",
             say(doctor,
                 "keys are sealed under a secret on the same disk: a copied disk opens them",
                 "密钥由同一磁盘上的机器密钥封存：整盘被复制即可打开"),
             say(doctor,
                 "give a passphrase ($TERRACE_PASSPHRASE or a systemd credential) when "
                 "the node is set up",
                 "建立节点时请提供口令（$TERRACE_PASSPHRASE 或 systemd 凭据）"));
    } else {
        find(doctor, FINDING_GOOD, "sealing", say(doctor, "by passphrase", "由口令封存"), "");
    }
}

static void check_disk(struct doctor *doctor)
{
    const uint64_t floor = doctor->config.disk_floor_bytes > 0 ? doctor->config.disk_floor_bytes
                                                               : STORE_ROCKS_FLOOR_BYTES;
    struct statvfs disk;
    uint64_t free_bytes;
    char what[128];

    if (statvfs(doctor->home, &disk) != 0) {
        find(doctor, FINDING_ERROR, "disk", strerror(errno), "");
        return;
    }
    free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    (void)snprintf(what, sizeof what, say(doctor, "%llu MiB free", "剩余 %llu MiB"),
                   (unsigned long long)(free_bytes >> 20));
    if (free_bytes < floor) {
        find(doctor, FINDING_ERROR, "disk", what,
             say(doctor, "free some space: new documents are refused below the floor",
                 "请清理磁盘：低于下限时不再受理新单据"));
    } else {
        find(doctor, FINDING_GOOD, "disk", what, "");
    }
}

static void check_advertised(struct doctor *doctor, const char *key, const char *listen,
                             const char *advertise)
{
    char what[ENDPOINT_BYTES_MAX + 128], cure[160];

    if (listen[0] == '\0' || advertise[0] != '\0' || endpoint_can_be_dialled(listen)) {
        return;
    }
    (void)snprintf(what, sizeof what,
                   say(doctor, "%s names no machine: nobody below can be invited",
                       "%s 不指明机器：无法邀请下级"),
                   listen);
    (void)snprintf(cure, sizeof cure,
                   say(doctor,
                       "set %s in config.yaml to the address at which this node is reached, and "
                       "start it again",
                       "请在 config.yaml 中把 %s 设为可达本节点的地址，然后重新启动"),
                   key);
    find(doctor, FINDING_WARNING, key, what, cure);
}

/* --- the running node --- */

static void check_peer(struct doctor *doctor, const json_t *peer)
{
    const char *division = json_string_value(json_object_get(peer, "division"));
    const json_t *heard = json_object_get(peer, "last_heard_s");
    const json_int_t skew = json_integer_value(json_object_get(peer, "clock_skew_ms"));
    char what[160];

    if (json_is_true(json_object_get(peer, "is_parent"))) {
        if (!json_is_integer(heard) || json_integer_value(heard) > PARENT_SILENT_S_MAX) {
            (void)snprintf(what, sizeof what,
                           say(doctor, "the parent %s is not heard", "听不到上级 %s"), division);
            find(doctor, FINDING_ERROR, "parent", what,
                 say(doctor,
                     "check the network, the endpoint in config.yaml and the parent's node; "
                     "work goes on here meanwhile",
                     "请检查网络、config.yaml 中的地址和上级节点；本级可照常工作"));
        } else {
            (void)snprintf(what, sizeof what, say(doctor, "%s heard", "%s 正常"), division);
            find(doctor, FINDING_GOOD, "parent", what, "");
        }
    }
    if (skew > SKEW_MS_MAX || skew < -SKEW_MS_MAX) {
        (void)snprintf(
            what, sizeof what,
            say(doctor, "clock differs from %s by %lld ms", "与 %s 的时钟相差 %lld 毫秒"), division,
            (long long)skew);
        find(doctor, FINDING_WARNING, "clock", what,
             say(doctor,
                 "run a time service (chrony); nothing is ordered by clocks, but people "
                 "read them",
                 "请启用时间同步（chrony）；账目不依赖时钟，但人要看"));
    }
}

enum { DAY_S = 24 * 3600 };

static void check_attempts(struct doctor *doctor, const json_t *attempts)
{
    const json_t *newest = json_array_get(attempts, 0);
    const char *text = json_string_value(json_object_get(newest, "text"));
    char what[400], words[WORDS_BYTES_MAX];

    if (text == NULL || json_integer_value(json_object_get(newest, "age_s")) >= DAY_S) {
        return;
    }
    (void)snprintf(what, sizeof what,
                   say(doctor, "an enrolment was refused: %s", "有入网请求被拒：%s"),
                   words_in(doctor->cli->language, words, text));
    find(doctor, FINDING_WARNING, "enrolment", what,
         say(doctor, "terrace status lists them; give a new token if it was one of ours",
             "terrace status 列出全部；若是本方人员，请重新签发令牌"));
}

static void check_strangers(struct doctor *doctor, const json_t *strangers)
{
    const json_t *newest = json_array_get(strangers, 0);
    const char *text = json_string_value(json_object_get(newest, "text"));
    char what[400], words[WORDS_BYTES_MAX];

    if (text == NULL || json_integer_value(json_object_get(newest, "age_s")) >= DAY_S) {
        return;
    }
    (void)snprintf(what, sizeof what,
                   say(doctor, "a connection was refused: key %s from %s: %s",
                       "有连接被拒：密钥 %s，来自 %s：%s"),
                   json_string_value(json_object_get(newest, "key")),
                   json_string_value(json_object_get(newest, "address")),
                   words_in(doctor->cli->language, words, text));
    find(doctor, FINDING_WARNING, "stranger", what,
         say(doctor,
             "terrace status lists them; a division of yours among them needs the keys it was "
             "granted, or a new token",
             "terrace status 列出全部；若是本方区划，须用入网时的密钥，或重新签发令牌"));
}

static void check_status(struct doctor *doctor)
{
    json_t *status = client_ask_quietly(doctor->cli, "/status");
    const json_t *peers, *alarms;
    char what[400];

    if (status == NULL) {
        find(doctor, FINDING_ERROR, "daemon",
             say(doctor, "it answers, but not with its status", "进程有应答，但给不出状态"),
             say(doctor, "see its log", "请查看节点日志"));
        return;
    }
    find(doctor, FINDING_GOOD, "daemon", say(doctor, "answers", "正在运行"), "");
    peers = json_object_get(status, "peers");
    for (size_t i = 0; i < json_array_size(peers); i++) {
        check_peer(doctor, json_array_get(peers, i));
    }
    alarms = json_object_get(status, "alarms");
    for (size_t i = 0; i < json_array_size(alarms); i++) {
        const json_t *alarm = json_array_get(alarms, i);
        const char *text = json_string_value(json_object_get(alarm, "text"));
        char words[WORDS_BYTES_MAX];

        (void)snprintf(what, sizeof what, "%s: %s",
                       json_string_value(json_object_get(alarm, "code")),
                       words_in(doctor->cli->language, words, text == NULL ? "" : text));
        find(doctor, FINDING_WARNING, "alarm", what,
             say(doctor, "terrace status", "terrace status"));
    }
    check_attempts(doctor, json_object_get(status, "enrol_attempts"));
    check_strangers(doctor, json_object_get(status, "refused_strangers"));
    json_decref(status);
}

/* Could a daemon listen there? A host of "*" means every address. */
static bool port_free(const char *endpoint)
{
    char host[ENDPOINT_BYTES_MAX + 1];
    const char *name = endpoint + strlen("tcp://");
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
        (void)snprintf(
            what, sizeof what,
            say(doctor, "%s is taken, or not this machine's", "%s 被占用，或不是本机地址"),
            endpoint);
        find(doctor, FINDING_ERROR, "port", what,
             say(doctor, "stop what listens there, or choose another port in config.yaml",
                 "请停掉占用者，或在 config.yaml 中改用其他端口"));
    }
}

static void check_stopped(struct doctor *doctor)
{
    char cure[HOME_FILE_MAX + 64], words[WORDS_BYTES_MAX];
    int lock;
    struct err err;

    if (home_lock(&lock, doctor->home, &err) == OK) {
        home_unlock(lock);
        (void)snprintf(cure, sizeof cure, "terraced --home %s", doctor->home);
        find(doctor, FINDING_ERROR, "daemon",
             say(doctor, "the node is not running", "节点没有运行"), cure);
        check_port(doctor, doctor->config.listen);
        check_port(doctor, doctor->config.enrol);
    } else {
        find(doctor, FINDING_ERROR, "daemon", words_in(doctor->cli->language, words, err.text),
             say(doctor, "it runs but does not answer: see its log; ask its owner, or be root",
                 "进程在但不应答：请看日志；或以其所属用户、root 运行"));
    }
}

static void check_root(struct doctor *doctor)
{
    if (division_is_none(doctor->config.parent.division)) {
        find(doctor, FINDING_WARNING, "root",
             say(doctor, "no node above holds this log: it relies on backups",
                 "上面没有节点保存本级账本：须依靠备份"),
             say(doctor,
                 "copy the home's store while the node is stopped, every day, to another "
                 "machine",
                 "请每天在停机时把 store 目录复制到另一台机器"));
    }
}

/* --- */

static void print_findings(const struct doctor *doctor)
{
    static const struct column columns[] = {
        {"state", "state", "状态", CELL_WORD},
        {"check", "check", "项目", CELL_TEXT},
        {"what", "what", "情况", CELL_TEXT},
        {"cure", "cure", "处置", CELL_TEXT},
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
        check_disk(&doctor);
        check_root(&doctor);
        check_advertised(&doctor, "advertise", doctor.config.listen, doctor.config.advertise);
        check_advertised(&doctor, "advertise_enrol", doctor.config.enrol,
                         doctor.config.advertise_enrol);
        if (client_reachable(cli)) {
            check_status(&doctor);
        } else {
            check_stopped(&doctor);
        }
    }
    print_findings(&doctor);
    json_decref(doctor.rows);
    return doctor.errors ? EXIT_REFUSED : EXIT_DONE;
}
