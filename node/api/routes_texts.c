#include "node/api/routes_texts.h"

struct texts {
    struct json_out out;
    enum language language;
    const char *prefix;
};

static void write_text(void *arg, const char *code, const char *const text[LANGUAGES])
{
    struct texts *texts = arg;

    if (strncmp(code, texts->prefix, strlen(texts->prefix)) == 0) {
        out_text(&texts->out, code, text[texts->language]);
    }
}

/* ?lang=. False with bad_request answered. */
static bool read_language(const struct request *request, struct answer *answer,
                          enum language *language)
{
    const char *typed = request->query(request->connection, "lang");

    *language = request->language;
    if (typed == NULL) {
        return true;
    }
    *language = text_language(typed, NULL, NULL);
    if (strcmp(typed, text_language_tag(*language)) != 0) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_lang value=%s", typed);
        return false;
    }
    return true;
}

void get_texts(struct request *request, struct answer *answer)
{
    const char *prefix = request->query(request->connection, "prefix");
    struct texts texts = {.out = json_to(&answer->body), .prefix = prefix == NULL ? "" : prefix};

    if (!read_language(request, answer, &texts.language)) {
        return;
    }
    out_open(&texts.out, NULL, '{');
    out_text(&texts.out, "language", text_language_tag(texts.language));
    out_open(&texts.out, "rows", '{');
    text_each(write_text, &texts);
    out_close(&texts.out, '}');
    out_close(&texts.out, '}');
    answer_public(request, answer);
}
