/* balance - what a node's ledger holds, and a document handed in: an example of libterrace.
 *
 *   balance --home DIR | --url https://HOST:PORT --fingerprint HEX --token TOKEN   [--submit FILE]
 *
 * With pkg-config:  cc balance.c $(pkg-config --cflags --libs terrace) -o balance
 * With CMake:       the CMakeLists.txt beside this file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <terrace.h>

static int complain(const char *doing, enum terrace_outcome outcome,
                    const struct terrace_answer *answer)
{
    (void)fprintf(stderr, "balance: %s: %s (%s, %s)\n", doing, terrace_answer_sentence(answer),
                  terrace_answer_code(answer), terrace_outcome_name(outcome));
    return 1;
}

static int show_balance(struct terrace_client *client)
{
    static const char *const query[] = {"by", "fund", "scope", "own", NULL};
    struct terrace_answer *answer = NULL;
    enum terrace_outcome outcome;
    char path[128];
    int failed = 0;

    (void)terrace_path(path, sizeof path, "/balance", NULL, query);
    outcome = terrace_get(client, path, &answer);
    if (outcome == TERRACE_OK) {
        (void)printf("%s\n", terrace_answer_body(answer));
    } else {
        failed = complain("balance", outcome, answer);
    }
    terrace_answer_free(answer);
    return failed;
}

/* Lines of JSON, each a document with an id of its own: what was not answered is handed in again.
 */
static int submit(struct terrace_client *client, const char *name)
{
    struct terrace_answer *answer = NULL;
    enum terrace_outcome outcome;
    static char lines[1 << 20];
    FILE *file = fopen(name, "rb");
    size_t size;
    int failed = 0, tries = 3;

    if (file == NULL) {
        perror(name);
        return 1;
    }
    size = fread(lines, 1, sizeof lines, file);
    (void)fclose(file);
    do {
        terrace_answer_free(answer);
        outcome = terrace_post(client, "/documents", lines, size, &answer);
    } while ((outcome == TERRACE_TIMED_OUT || outcome == TERRACE_CUT) && --tries > 0);
    if (outcome == TERRACE_OK) {
        (void)printf("%s", terrace_answer_body(answer));
    } else {
        failed = complain("submit", outcome, answer);
    }
    terrace_answer_free(answer);
    return failed;
}

int main(int argc, char **argv)
{
    struct terrace_options options = TERRACE_OPTIONS;
    struct terrace_client *client = NULL;
    enum terrace_outcome outcome;
    const char *file = NULL;
    int failed = 0;

    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];

        options.home = strcmp(name, "--home") == 0 ? value : options.home;
        options.url = strcmp(name, "--url") == 0 ? value : options.url;
        options.fingerprint = strcmp(name, "--fingerprint") == 0 ? value : options.fingerprint;
        options.token = strcmp(name, "--token") == 0 ? value : options.token;
        file = strcmp(name, "--submit") == 0 ? value : file;
    }
    outcome = terrace_client_open(&client, &options);
    if (outcome != TERRACE_OK) {
        (void)fprintf(stderr, "balance: %s\n", terrace_outcome_name(outcome));
        return 2;
    }
    failed = file == NULL ? show_balance(client) : submit(client, file);
    terrace_client_close(client);
    return failed;
}
