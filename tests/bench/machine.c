/* machine - what this machine gives a node: the price of one sync and of one signature.
 *
 *   machine --directory D [--count N]
 *
 * Every figure of a benchmark is a multiple of these, so they stand beside it, from the same run.
 * One JSON line on stdout: medians, in us: an append of 4 KiB with fdatasync(2) in the directory;
 * an Ed25519 signature of a hash; its verification. */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "replicator/trust/crypto.h"

enum { COUNT_MAX = 10000 };

static double spent_us[COUNT_MAX];

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "machine: %s\n", what);
    exit(1);
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

static double median_us(size_t count)
{
    qsort(spent_us, count, sizeof *spent_us, by_value);
    return spent_us[count / 2];
}

static double sync_us(const char *directory, size_t count)
{
    static const uint8_t page[4096] = {1};
    char path[512];
    int fd;

    (void)snprintf(path, sizeof path, "%s/machine.probe", directory);
    fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail("cannot write there");
    }
    for (size_t i = 0; i < count; i++) {
        const double began_us = now_us();
        if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fdatasync(fd) != 0) {
            fail("cannot write there");
        }
        spent_us[i] = now_us() - began_us;
    }
    (void)close(fd);
    (void)unlink(path);
    return median_us(count);
}

static double sign_us(const struct sign_key *key, const struct hash *hash, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double began_us = now_us();
        (void)sign_hash(key, hash);
        spent_us[i] = now_us() - began_us;
    }
    return median_us(count);
}

static double verify_us(const struct sign_key *key, const struct hash *hash, size_t count)
{
    const struct signature signature = sign_hash(key, hash);

    for (size_t i = 0; i < count; i++) {
        const double began_us = now_us();
        if (!signature_ok(&key->public, hash, &signature)) {
            fail("a signature of its own does not hold");
        }
        spent_us[i] = now_us() - began_us;
    }
    return median_us(count);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"directory", 1, NULL, 'd'}, {"count", 1, NULL, 'k'}, {NULL, 0, NULL, 0}};
    const char *directory = NULL;
    size_t count = 1000;
    struct sign_key key;
    struct hash hash;
    struct err err;
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == 'd') {
            directory = optarg;
        } else if (option == 'k') {
            count = strtoul(optarg, NULL, 10);
        } else {
            return 2;
        }
    }
    if (optind != argc || directory == NULL || count == 0 || count > COUNT_MAX) {
        return 2;
    }
    if (crypto_init(&err) != OK) {
        fail("no libsodium");
    }
    sign_key_generate(&key);
    hash = hash_of(TAG_BLOCK, bytes_text("a header"));
    (void)printf("{\"fsync_4k_us\":%.0f,", sync_us(directory, count));
    (void)printf("\"ed25519_sign_us\":%.1f,", sign_us(&key, &hash, count));
    (void)printf("\"ed25519_verify_us\":%.1f}\n", verify_us(&key, &hash, count));
    return 0;
}
