/* submit - a file of documents to the node, up to 1,000 in a post, one post in flight.
 *
 *   NDJSON line --------------------+
 *   CSV record --> one JSON object -+--> post body --> node --> one result a line, in order
 *   unreadable --> "!" -------------+                   (the node refuses "!" as malformed, so
 *                                                        order and --atomic need no second rule)
 *
 * Nothing is kept but the post under way, so a file of any length takes the same memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/cli/print.h"
#include "node/cli/submission.h"

/* --- results --- */

static bool contains(struct bytes line, const char *word)
{
    return memmem(line.data, line.size, word, strlen(word)) != NULL;
}

static void count_result(struct submission *submission, struct bytes line)
{
    if (contains(line, "\"status\":\"accepted\"")) {
        submission->accepted++;
    } else if (contains(line, "\"status\":\"exists\"")) {
        submission->existing++;
    } else if (contains(line, "\"status\":\"draft\"")) {
        submission->drafts++;
    } else {
        submission->refused++;
    }
}

static void print_for_people(const struct cli *cli, const struct posted_line *posted,
                             struct bytes line)
{
    json_t *object = json_loadb((const char *)line.data, line.size, 0, NULL);
    const char *message = json_string_value(json_object_get(object, "message"));

    (void)printf("%6" PRIu64 "  ", posted->number);
    print_verdict_line(cli, object,
                       posted->trouble != NULL ? posted->trouble
                       : message != NULL       ? message
                                               : "");
    json_decref(object);
}

/* The node's answer begins {"line":N with N counted in the post; ours counts in the input. */
static void print_result(const struct submission *submission, const struct posted_line *posted,
                         struct bytes line)
{
    const uint8_t *comma = memchr(line.data, ',', line.size);

    if (submission->people) {
        print_for_people(submission->cli, posted, line);
    } else if (posted->trouble != NULL) {
        (void)printf("{\"line\":%" PRIu64 ",\"id\":null,\"status\":\"refused\","
                     "\"reason\":\"malformed\",\"message\":\"%s\"}\n",
                     posted->number, posted->trouble);
    } else if (comma != NULL) {
        (void)printf("{\"line\":%" PRIu64, posted->number);
        (void)fwrite(comma, 1, line.size - (size_t)(comma - line.data), stdout);
        (void)putchar('\n');
    }
}

static enum exit_code print_results(struct submission *submission, struct bytes answer)
{
    for (size_t i = 0; i < submission->count; i++) {
        const uint8_t *end = memchr(answer.data, '\n', answer.size);
        struct bytes line;

        if (end == NULL) {
            return cli_fail(
                submission->cli, EXIT_OWN_FAILURE, "failed", "%s",
                cli_say(submission->cli, "the node's answer is cut short", "节点的应答不完整"));
        }
        line = bytes_of(answer.data, (size_t)(end - answer.data));
        answer = bytes_of(end + 1, answer.size - line.size - 1);
        count_result(submission, line);
        print_result(submission, &submission->lines[i], line);
    }
    return cli_flush(submission->cli); /* before more is posted whose answer nobody would see */
}

static void show_progress(const struct submission *submission)
{
    const uint64_t done =
        submission->accepted + submission->existing + submission->drafts + submission->refused;

    if (!submission->progress) {
        return;
    }
    if (submission->input_bytes > 0) {
        (void)fprintf(stderr, "\r%3u %%  ",
                      (unsigned)(submission->input.consumed * 100 / submission->input_bytes));
    } else {
        (void)fprintf(stderr, "\r");
    }
    (void)fprintf(stderr,
                  cli_say(submission->cli, "%" PRIu64 " lines, %" PRIu64 " refused ",
                          "%" PRIu64 " 行，拒绝 %" PRIu64 " 行 "),
                  done, submission->refused);
}

/* --- posts --- */

static enum exit_code post(struct submission *submission)
{
    struct reply reply = {0, BUF_EMPTY};
    enum exit_code exit_code;

    if (submission->count == 0) {
        return EXIT_DONE;
    }
    exit_code =
        client_call(submission->cli, submission->path, buf_bytes(&submission->body), &reply);
    if (exit_code == EXIT_DONE) {
        exit_code = print_results(submission, buf_bytes(&reply.body));
        show_progress(submission);
    }
    submission->count = 0;
    buf_clear(&submission->body);
    reply_free(&reply);
    return exit_code;
}

enum exit_code submission_add(struct submission *submission, struct bytes line, uint64_t number,
                              const char *trouble)
{
    if (submission->count == POST_LINES_MAX ||
        submission->body.size + line.size + 1 > POST_BODY_BYTES_MAX) {
        enum exit_code exit_code;

        if (submission->atomic) {
            return cli_fail(submission->cli, EXIT_USAGE, "too_many_documents", "%s",
                            cli_say(submission->cli,
                                    "--atomic takes at most 1,000 documents and 8 MiB: nothing "
                                    "was submitted",
                                    "--atomic 最多 1000 份单据、8 MiB：未提交任何内容"));
        }
        exit_code = post(submission);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    submission->lines[submission->count++] = (struct posted_line){number, trouble};
    buf_append_bytes(&submission->body, trouble != NULL ? bytes_text("!") : line);
    buf_put_u8(&submission->body, '\n');
    return EXIT_DONE;
}

/* --- NDJSON --- */

static bool is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

static enum exit_code submit_ndjson(struct submission *submission)
{
    enum exit_code exit_code = EXIT_DONE;
    uint64_t number = 0;
    struct bytes line;
    bool too_long;

    while (exit_code == EXIT_DONE && input_line(&submission->input, &line, &too_long)) {
        number++;
        if (too_long) {
            exit_code = submission_add(
                submission, BYTES_NONE, number,
                cli_say(submission->cli, "the line is longer than 256 KiB", "该行超过 256 KiB"));
        } else if (!is_blank(line)) {
            exit_code = submission_add(submission, line, number, NULL);
        }
    }
    return exit_code;
}

/* --- which of the two --- */

static bool ends_with(const char *name, const char *end)
{
    const size_t size = strlen(name), end_size = strlen(end);

    return size >= end_size && strcasecmp(name + size - end_size, end) == 0;
}

static void skip_bom(struct input *input)
{
    const struct bytes unread = input_unread(input);

    if (unread.size >= 3 && memcmp(unread.data, "\xef\xbb\xbf", 3) == 0) {
        input_skip(input, 3);
    }
}

/* Does any line of the window begin as a JSON object does? No row of a CSV file does. */
static bool has_objects(const struct input *input)
{
    struct bytes rest = input_unread(input);

    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        const size_t size = end == NULL ? rest.size : (size_t)(end - rest.data);
        const struct bytes line = bytes_trim(bytes_of(rest.data, size));

        if (line.size > 0 && line.data[0] == '{') {
            return true;
        }
        rest = bytes_of(rest.data + size + (end != NULL), rest.size - size - (end != NULL));
    }
    return false;
}

/* Does the first line name a field where a header would? */
static bool begins_with_field(const struct input *input)
{
    const struct bytes unread = input_unread(input);
    size_t begin = 0, size = 0;

    while (begin < unread.size && strchr(" \t\r\n\"", unread.data[begin]) != NULL) {
        begin++;
    }
    while (begin + size < unread.size && strchr(" \t\r\n\",", unread.data[begin + size]) == NULL) {
        size++;
    }
    return field_named(bytes_of(unread.data + begin, size)) != FIELDS;
}

/* By its name when that tells; else by what stands in it. */
static bool is_csv(const struct submission *submission, const char *name)
{
    if (ends_with(name, ".csv")) {
        return true;
    }
    if (ends_with(name, ".ndjson") || ends_with(name, ".jsonl") || ends_with(name, ".json") ||
        has_objects(&submission->input)) {
        return false;
    }
    return submission->cli->value[OPT_KIND] != NULL || begins_with_field(&submission->input);
}

static enum exit_code say_failed(const struct cli *cli, const char *name, int why)
{
    char words[WORDS_BYTES_MAX];

    return cli_fail(cli, EXIT_OWN_FAILURE, "io", "%s: %s: %s", name,
                    cli_say(cli, "reading failed", "读取出错"),
                    words_in(cli->language, words, strerror(why)));
}

static enum exit_code submit_input(struct submission *submission, const char *name)
{
    struct cli *cli = submission->cli;
    enum exit_code exit_code;

    (void)input_more(&submission->input);
    if (submission->input.failure != 0) {
        return say_failed(cli, name, submission->input.failure);
    }
    if (memcmp(input_unread(&submission->input).data, "\xff\xfe", 2) == 0 ||
        memcmp(input_unread(&submission->input).data, "\xfe\xff", 2) == 0) {
        return cli_fail(cli, EXIT_USAGE, "bad_encoding", "%s",
                        cli_say(cli, "the file is UTF-16: save it as UTF-8",
                                "文件是 UTF-16 编码：请另存为 UTF-8"));
    }
    skip_bom(&submission->input);
    if (!is_csv(submission, name)) {
        exit_code = submit_ndjson(submission);
    } else if (cli->value[OPT_KIND] != NULL) {
        exit_code = submission_csv(submission);
    } else {
        return cli_fail(cli, EXIT_USAGE, "usage", "%s",
                        cli_say(cli, "a CSV file needs --kind KIND", "CSV 文件须给出 --kind 种类"));
    }
    if (exit_code == EXIT_DONE && submission->input.failure != 0) {
        exit_code = say_failed(cli, name, submission->input.failure);
    }
    return exit_code == EXIT_DONE ? post(submission) : exit_code;
}

static void summarise(const struct submission *submission)
{
    if (!submission->progress && !submission->people) {
        return;
    }
    (void)fprintf(stderr,
                  cli_say(submission->cli,
                          "%s%" PRIu64 " accepted, %" PRIu64 " there already, %" PRIu64
                          " drafts, %" PRIu64 " refused\n",
                          "%s受理 %" PRIu64 "，已存在 %" PRIu64 "，待审 %" PRIu64 "，拒绝 %" PRIu64
                          "\n"),
                  submission->progress ? "\r" : "", submission->accepted, submission->existing,
                  submission->drafts, submission->refused);
}

static enum exit_code say_unreadable(const struct cli *cli, const char *name, int why)
{
    char words[WORDS_BYTES_MAX];

    return cli_fail(cli, EXIT_USAGE, why == ENOENT ? "no_such_file" : "cannot_read", "%s: %s", name,
                    words_in(cli->language, words, strerror(why)));
}

static enum exit_code open_submission(struct submission *submission, const char *name,
                                      FILE **stream)
{
    const struct query queries[] = {
        {"kind", submission->cli->value[OPT_KIND]},
        {"atomic", submission->cli->value[OPT_ATOMIC] != NULL ? "1" : NULL},
    };
    struct stat stat = {.st_mode = 0};

    *stream = strcmp(name, "-") == 0 ? stdin : fopen(name, "rbe");
    if (*stream == NULL) {
        return say_unreadable(submission->cli, name, errno);
    }
    if (fstat(fileno(*stream), &stat) == 0 && S_ISDIR(stat.st_mode)) {
        return say_unreadable(submission->cli, name, EISDIR);
    }
    if (S_ISREG(stat.st_mode)) {
        submission->input_bytes = (uint64_t)stat.st_size;
    }
    client_path(submission->path, "/documents", NULL, queries, COUNT_OF(queries));
    submission->atomic = submission->cli->value[OPT_ATOMIC] != NULL;
    submission->people = !cli_json(submission->cli) && isatty(STDOUT_FILENO) == 1;
    submission->progress = !submission->people && isatty(STDERR_FILENO) == 1;
    input_open(&submission->input, *stream);
    return EXIT_DONE;
}

enum exit_code run_submit(struct cli *cli)
{
    struct submission *submission;
    FILE *stream = NULL;
    enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    submission = mem_zalloc(sizeof *submission);
    submission->cli = cli;
    exit_code = open_submission(submission, cli->argv[0], &stream);
    if (exit_code == EXIT_DONE) {
        exit_code = submit_input(submission, cli->argv[0]);
        summarise(submission);
        if (exit_code == EXIT_DONE && submission->refused > 0) {
            exit_code = EXIT_REFUSED;
        }
    }
    if (stream != NULL && stream != stdin) {
        (void)fclose(stream);
    }
    buf_free(&submission->body);
    input_close(&submission->input);
    mem_free(submission);
    return exit_code;
}
