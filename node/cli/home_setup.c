#include "node/cli/home_setup.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/daemon/system_clock.h"

static enum status take_endpoint(char *out, const char *typed, struct err *err)
{
    const size_t size = typed == NULL ? 0 : strlen(typed);

    if (typed == NULL) {
        return home_free_endpoint(out, err);
    }
    if (home_check_endpoint(typed, err) != OK) {
        err->status = ERR_USAGE;
        return err->status;
    }
    memcpy(out, typed, size + 1); /* home_check_endpoint limits it */
    return OK;
}

/* A name, an address, or one of IPv6 in brackets. */
static bool is_host(const char *host)
{
    const size_t size = strlen(host);

    return size > 0 && strpbrk(host, "/ ") == NULL &&
           (strchr(host, ':') == NULL || (host[0] == '[' && host[size - 1] == ']'));
}

/* tcp://HOST and the port of `listen`. */
static enum status advertise_one(char *out, const char *host, const char *listen, struct err *err)
{
    const int size =
        snprintf(out, ENDPOINT_BYTES_MAX + 1, "tcp://%s%s", host, strrchr(listen, ':'));

    if (size > ENDPOINT_BYTES_MAX || !is_host(host) || !endpoint_can_be_dialled(out)) {
        return err_set(err, ERR_USAGE, "advertise_host host=%.64s", host);
    }
    return OK;
}

static enum status take_advertise(struct home_config *config, const char *host, struct err *err)
{
    enum status status = OK;

    if (host != NULL) {
        status = advertise_one(config->advertise, host, config->listen, err);
    }
    if (host != NULL && status == OK) {
        status = advertise_one(config->advertise_enrol, host, config->enrol, err);
    }
    return status;
}

enum status home_setup_policy(struct policy *out, const struct cli *cli, struct err *err)
{
    const char *typed = cli->value[OPT_APPROVAL];
    struct bytes bad;

    *out = POLICY_REQUIRED;
    if (typed == NULL || policy_parse(out, typed, &bad)) {
        return OK;
    }
    return err_set(err, ERR_USAGE, "approval_word word=%.*s", (int)(bad.size < 64 ? bad.size : 64),
                   (const char *)bad.data);
}

static enum status take_api(struct home_config *config, const char *typed, struct err *err)
{
    if (typed == NULL) {
        return OK;
    }
    if (home_check_address(typed, err) != OK) {
        err->status = ERR_USAGE;
        return err->status;
    }
    memcpy(config->api_listen, typed, strlen(typed) + 1); /* home_check_address limits it */
    return OK;
}

static enum status take_options(struct home_setup *setup, const struct cli *cli, struct err *err)
{
    struct home_config *config = &setup->config;
    enum status status = home_setup_policy(&config->approval, cli, err);

    if (status != OK) {
        return status;
    }
    config->log_level = LOG_LEVEL_INFO;
    status = take_api(config, cli->value[OPT_API], err);
    if (status != OK) {
        return status;
    }
    status = take_endpoint(config->listen, cli->value[OPT_LISTEN], err);
    do { /* two ports that are free now may be the same one */
        if (status == OK) {
            status = take_endpoint(config->enrol, cli->value[OPT_ENROL], err);
        }
    } while (status == OK && cli->value[OPT_ENROL] == NULL &&
             strcmp(config->listen, config->enrol) == 0);
    return status == OK ? take_advertise(config, cli->value[OPT_ADVERTISE], err) : status;
}

static bool file_there(const char *directory, const char *name)
{
    char path[HOME_FILE_MAX];
    struct stat stat_of;

    home_file(path, directory, name);
    return stat(path, &stat_of) == 0;
}

static enum status make_keys(struct home_setup *setup, struct err *err)
{
    sign_key_generate(&setup->keys->identity);
    curve_key_generate(&setup->keys->curve);
    return keys_save(setup->keys, setup->keys_path, setup->config.seal, buf_bytes(&setup->secret),
                     err);
}

static enum status find_keys(struct home_setup *setup, struct err *err)
{
    enum status status =
        keys_secret_create(&setup->secret, &setup->config.seal, setup->keys_path, err);

    setup->keys = node_keys_new();
    if (status != OK) {
        return status;
    }
    if (file_there(setup->home, "keys/identity.key") && file_there(setup->home, "keys/curve.key")) {
        return keys_load(setup->keys, setup->keys_path, buf_bytes(&setup->secret), err);
    }
    setup->made = true;
    return make_keys(setup, err);
}

enum exit_code home_setup_begin(struct home_setup *setup, const struct cli *cli)
{
    struct err err = {OK, ""};
    enum status status;

    memset(setup, 0, sizeof *setup);
    setup->home = cli_home(cli);
    if (setup->home == NULL) {
        return EXIT_USAGE;
    }
    status = crypto_init(&err);
    if (status == OK) {
        status = take_options(setup, cli, &err);
    }
    if (status == OK && home_check_path(setup->home, &err) != OK) {
        status = err.status = ERR_USAGE;
    }
    if (status == OK) {
        status = home_create(setup->home, &err);
    }
    if (status != OK) {
        return cli_fail_status(cli, &err);
    }
    home_file(setup->keys_path, setup->home, "keys");
    status = find_keys(setup, &err);
    if (status != OK) {
        return cli_fail_status(cli, &err);
    }
    return founding_begin(&setup->founders, cli, setup->home);
}

static enum status make_certificate(struct home_setup *setup, struct err *err)
{
    const struct clock clock = system_clock();
    struct tls_pair pair;
    enum status status = tls_make(setup->home, setup->config.division, clock_unix_ms(&clock), err);

    if (status == OK) {
        status = tls_load(&pair, setup->home, err);
        memcpy(setup->fingerprint, pair.fingerprint, sizeof setup->fingerprint);
        tls_free(&pair);
    }
    return status;
}

enum status home_setup_finish(struct home_setup *setup, const struct bytes *grants, size_t count,
                              struct err *err)
{
    enum status status = make_certificate(setup, err);

    if (status == OK) {
        status = home_grants_write(setup->home, grants, count, err);
    }
    return status != OK ? status : home_save(&setup->config, setup->home, err);
}

/* Only what we make ourselves, and the directories only when nothing else is in them. */
void home_setup_undo(const struct home_setup *setup)
{
    static const char *const files[] = {"config.yaml",    "grants",         "keys/identity.key",
                                        "keys/curve.key", "keys/trust.key", "keys/machine.secret",
                                        "tls/cert.pem",   "tls/key.pem",    "founders"};
    char path[HOME_FILE_MAX];

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        home_file(path, setup->home, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(setup->keys_path);
    home_file(path, setup->home, "tls");
    (void)rmdir(path);
    (void)rmdir(setup->home);
}

void home_setup_end(struct home_setup *setup)
{
    founders_free(&setup->founders);
    node_keys_free(setup->keys);
    if (setup->secret.data != NULL) {
        crypto_wipe(setup->secret.data, setup->secret.size);
    }
    buf_free(&setup->secret);
}

void home_setup_abandon(struct home_setup *setup)
{
    if (setup->made) {
        home_setup_undo(setup);
    }
    home_setup_end(setup);
}

static bool is_loopback(const char *endpoint)
{
    static const char *const hosts[] = {"127.", "localhost:", "[::1]:"};
    const char *host = strncmp(endpoint, "tcp://", 6) == 0 ? endpoint + 6 : endpoint;

    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        if (strncmp(host, hosts[i], strlen(hosts[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void warn_of(const struct cli *cli, const char *listen, const char *advertise,
                    const char *option)
{
    const char *reached = advertise[0] != '\0' ? advertise : listen;

    if (is_loopback(reached)) {
        cli_warn(cli, "endpoint_is_local endpoint=%s option=%s", reached, option);
    } else if (!endpoint_can_be_dialled(reached)) {
        cli_warn(cli, "endpoint_is_every endpoint=%s", reached);
    }
}

void home_setup_warn(const struct cli *cli, const struct home_config *config)
{
    warn_of(cli, config->listen, config->advertise, "listen");
    warn_of(cli, config->enrol, config->advertise_enrol, "enrol");
}
