/* enrol_noise - strangers at an enrolment socket: many connections that send nothing of sense,
 * until stdin ends.
 *
 *   enrol_noise tcp://HOST:PORT SERVER_KEY_HEX CONNECTIONS
 *
 * Prints "ready" once all of them are through the handshake. Exit code: 0, 2 usage, 5 no way in. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rogue_line.h"

enum { CONNECTIONS_MAX = 64, NOISE_BYTES = 200, BETWEEN_ROUNDS_MS = 5 };

static bool stdin_ended(void)
{
    struct pollfd fd = {STDIN_FILENO, POLLIN | POLLHUP, 0};
    char at;

    return poll(&fd, 1, BETWEEN_ROUNDS_MS) > 0 && read(STDIN_FILENO, &at, 1) <= 0;
}

int main(int argc, char **argv)
{
    struct line *lines[CONNECTIONS_MAX];
    const size_t count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    uint8_t server_key[32], noise[NOISE_BYTES];
    bool up = true;
    struct err err;

    if (count == 0 || count > CONNECTIONS_MAX || !hex_decode(server_key, 32, argv[2]) ||
        crypto_init(&err) != OK) {
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        struct curve_key key;
        curve_key_generate(&key);
        lines[i] = line_open(argv[1], server_key, &key);
        up &= line_state(lines[i]) == LINE_UP;
    }
    (void)printf("ready\n");
    (void)fflush(stdout);
    while (up && !stdin_ended()) {
        for (size_t i = 0; i < count; i++) {
            crypto_random(noise, sizeof noise);
            (void)line_send_raw(lines[i], bytes_of(noise, sizeof noise));
        }
    }
    for (size_t i = 0; i < count; i++) {
        line_close(lines[i]);
    }
    return up ? 0 : 5;
}
