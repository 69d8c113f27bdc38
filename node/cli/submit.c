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

#include "node/cli/csv_header.h"
#include "node/cli/print.h"
#include "node/cli/submit_csv.h"

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
            exit_code = submission_add(submission, BYTES_NONE, number,
                                       cli_row(submission->cli, "line_too_long"));
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
        const uint8_t *end = memchr(rest.data, input->line_end, rest.size);
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
    while (begin + size < unread.size && strchr("\t\r\n\",", unread.data[begin + size]) == NULL) {
        size++;
    }
    return csv_header_field(bytes_of(unread.data + begin, size)) != FIELDS;
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
    return cli_fail(cli, EXIT_OWN_FAILURE, "io", "file_failed doing=read path=%s why=%s", name,
                    os_reason(why));
}

static bool begins_with(const struct input *input, const char *mark)
{
    const struct bytes unread = input_unread(input);
    const size_t size = strlen(mark);

    return unread.size >= size && memcmp(unread.data, mark, size) == 0;
}

static enum exit_code submit_input(struct submission *submission, const char *name)
{
    struct cli *cli = submission->cli;
    enum exit_code exit_code;

    (void)input_more(&submission->input);
    if (submission->input.failure != 0) {
        return say_failed(cli, name, submission->input.failure);
    }
    if (begins_with(&submission->input, "\xff\xfe") ||
        begins_with(&submission->input, "\xfe\xff")) {
        return cli_fail(cli, EXIT_USAGE, "bad_encoding", "file_is_utf16");
    }
    if (begins_with(&submission->input, "PK\x03\x04") ||
        begins_with(&submission->input, "\xd0\xcf\x11\xe0")) {
        return cli_fail(cli, EXIT_USAGE, "bad_encoding", "file_is_workbook");
    }
    skip_bom(&submission->input);
    if (!is_csv(submission, name)) {
        if (submission->encoding == ENCODING_GB18030) {
            return cli_fail(cli, EXIT_USAGE, "bad_encoding", "encoding_csv_only");
        }
        exit_code = submit_ndjson(submission);
    } else if (cli->value[OPT_KIND] != NULL) {
        exit_code = submit_csv(submission);
    } else {
        return cli_fail(cli, EXIT_USAGE, "usage", "csv_needs_kind");
    }
    if (exit_code == EXIT_DONE && submission->input.failure != 0) {
        exit_code = say_failed(cli, name, submission->input.failure);
    }
    return exit_code == EXIT_DONE ? submission_post(submission) : exit_code;
}

static void summarise(const struct submission *submission)
{
    if (!submission->progress && !submission->people) {
        return;
    }
    if (submission->progress) {
        (void)fputc('\r', stderr);
    }
    cli_tell(submission->cli, stderr,
             "submit_done accepted=%" PRIu64 " exists=%" PRIu64 " drafts=%" PRIu64
             " refused=%" PRIu64,
             submission->accepted, submission->existing, submission->drafts, submission->refused);
    if (submission->doubtful > 0) {
        cli_tell(submission->cli, stderr, "submit_would_refuse drafts=%" PRIu64,
                 submission->doubtful);
    }
}

static enum exit_code say_unreadable(const struct cli *cli, const char *name, int why)
{
    return cli_fail(cli, EXIT_USAGE, why == ENOENT ? "no_such_file" : "cannot_read",
                    "file_failed doing=read path=%s why=%s", name, os_reason(why));
}

static enum exit_code open_submission(struct submission *submission, const char *name,
                                      FILE **stream)
{
    const char *slash = strrchr(name, '/');
    const struct query queries[] = {
        {"kind", submission->cli->value[OPT_KIND]},
        {"atomic", submission->cli->value[OPT_ATOMIC] != NULL ? "1" : NULL},
        {"correct", submission->cli->value[OPT_CORRECT] != NULL ? "1" : NULL},
        {"file", strcmp(name, "-") == 0 ? NULL
                 : slash == NULL        ? name
                                        : slash + 1},
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
    if (submission->cli->value[OPT_ENCODING] != NULL) {
        submission->encoding = encoding_named(submission->cli->value[OPT_ENCODING]);
    }
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
    input_close(&submission->input);
    submission_free(submission);
    return exit_code;
}
