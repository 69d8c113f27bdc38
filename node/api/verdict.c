#include "node/api/verdict.h"

#include <stdio.h>

static const char *status_word(enum submit_status status)
{
    static const char *const words[] = {
        [SUBMIT_ACCEPTED] = "accepted",
        [SUBMIT_EXISTS] = "exists",
        [SUBMIT_DRAFT] = "draft",
        [SUBMIT_REFUSED] = "refused",
    };
    return words[status];
}

static const char *status_code(enum submit_status status)
{
    return status == SUBMIT_DRAFT ? "status_draft" : "status_exists";
}

/* Looked up once a thread: a post says the same a thousand times. */
static const char *status_sentence(enum submit_status status, enum language language)
{
    static _Thread_local const char *sentences[SUBMIT_REFUSED + 1][LANGUAGES];
    const char **sentence = &sentences[status][language];

    if (status != SUBMIT_EXISTS && status != SUBMIT_DRAFT) {
        return "";
    }
    if (*sentence == NULL) {
        *sentence = text_row(language, status_code(status));
    }
    return *sentence;
}

/* The codes of what else is wrong; absent when nothing is. */
static void write_others(struct json_out *out, const struct refusal *refusal)
{
    if (refusal->also[0] == 0) {
        return;
    }
    out_open(out, "also", '[');
    for (size_t i = 0; i < REFUSAL_ALSO_MAX && refusal->also[i] != 0; i++) {
        const bool is_missing = (refusal->also[i] & REFUSAL_IS_MISSING) != 0;
        char code[REASON_CODE_MAX];
        struct refusal other;

        (void)refuse_field(&other, is_missing ? REASON_MISSING : REASON_BAD,
                           (enum field)(refusal->also[i] & ~REFUSAL_IS_MISSING));
        reason_code(code, &other);
        out_text(out, NULL, code);
    }
    out_close(out, ']');
}

void write_refusal(struct json_out *out, const char *key, const char *sentence_key,
                   const struct refusal *refusal, enum language language)
{
    char code[REASON_CODE_MAX], message[REASON_MESSAGE_MAX];

    reason_code(code, refusal);
    reason_message(message, refusal, language);
    out_text(out, key, code);
    out_text(out, sentence_key, message);
    if (refusal->detail[0] != '\0') {
        write_args(out, refusal->detail);
    }
    write_others(out, refusal);
}

/* A draft's sentence says both: that it waits, and what waits for it. */
static void write_draft(struct json_out *out, const struct refusal *refusal, enum language language)
{
    char sentence[REASON_MESSAGE_MAX], whole[TEXT_BYTES_MAX];

    if (refusal->reason == REASON_NONE) {
        out_text(out, "message", status_sentence(SUBMIT_DRAFT, language));
        return;
    }
    reason_message(sentence, refusal, language);
    (void)snprintf(whole, sizeof whole, "%s%s", text_row(language, "status_draft_refused"),
                   sentence);
    out_text(out, "message", whole);
    write_refusal(out, "would_refuse", "would_refuse_message", refusal, language);
}

void write_verdict(struct json_out *out, enum submit_status status, const struct refusal *refusal,
                   enum language language)
{
    out_text(out, "status", status_word(status));
    if (status == SUBMIT_DRAFT) {
        write_draft(out, refusal, language);
    } else if (status == SUBMIT_REFUSED) {
        write_refusal(out, "reason", "message", refusal, language);
    } else {
        out_text(out, "message", status_sentence(status, language));
    }
}
