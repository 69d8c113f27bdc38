#include "node/cli/submission.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/cli/caption.h"
#include "node/cli/print.h"

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
        submission->doubtful += contains(line, "\"would_refuse\":") ? 1 : 0;
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
    print_caption(cli, object);
    json_decref(object);
}

/* The node counts lines in the post; ours count in the input. */
static void print_result(const struct submission *submission, const struct posted_line *posted,
                         struct bytes line)
{
    if (submission->people) {
        print_for_people(submission->cli, posted, line);
    } else if (posted->trouble != NULL) {
        json_t *object =
            json_pack("{sI sn ss ss ss}", "line", (json_int_t)posted->number, "id", "status",
                      "refused", "reason", "malformed", "message", posted->trouble);
        print_json(stdout, object);
        json_decref(object);
    } else {
        print_renumbered(stdout, line, posted->number);
    }
}

static enum exit_code print_results(struct submission *submission, struct bytes answer)
{
    for (size_t i = 0; i < submission->count; i++) {
        const uint8_t *end = memchr(answer.data, '\n', answer.size);
        struct bytes line;

        if (end == NULL) {
            return cli_fail(submission->cli, EXIT_OWN_FAILURE, "failed", "answer_cut");
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
    char words[TEXT_BYTES_MAX];

    if (!submission->progress) {
        return;
    }
    if (submission->input_bytes > 0) {
        (void)fprintf(stderr, "\r%3u %%  ",
                      (unsigned)(submission->input.consumed * 100 / submission->input_bytes));
    } else {
        (void)fprintf(stderr, "\r");
    }
    (void)fputs(text_say(submission->cli->language, words,
                         "submit_progress lines=%" PRIu64 " refused=%" PRIu64, done,
                         submission->refused),
                stderr);
}

/* --- posts --- */

static void forget_lines(struct submission *submission)
{
    for (size_t i = 0; i < submission->count; i++) {
        mem_free(submission->lines[i].trouble);
    }
    submission->count = 0;
    buf_clear(&submission->body);
}

enum exit_code submission_post(struct submission *submission)
{
    struct reply reply = REPLY_EMPTY;
    enum exit_code exit_code;

    if (submission->count == 0) {
        return EXIT_DONE;
    }
    exit_code =
        client_call(submission->cli, submission->path, buf_bytes(&submission->body), &reply);
    if (exit_code == EXIT_DONE) {
        exit_code = print_results(submission, reply.body);
        show_progress(submission);
    }
    forget_lines(submission);
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
            return cli_fail(submission->cli, EXIT_USAGE, "too_many_documents", "atomic_too_large");
        }
        exit_code = submission_post(submission);
        if (exit_code != EXIT_DONE) {
            return exit_code;
        }
    }
    submission->lines[submission->count++] =
        (struct posted_line){number, trouble == NULL ? NULL : mem_strdup(trouble)};
    buf_append_bytes(&submission->body, trouble != NULL ? bytes_text("!") : line);
    buf_put_u8(&submission->body, '\n');
    return EXIT_DONE;
}

void submission_free(struct submission *submission)
{
    forget_lines(submission);
    buf_free(&submission->body);
    mem_free(submission);
}
