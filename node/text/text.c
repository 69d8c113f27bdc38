#include "node/text/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/array.h"

enum { DEPTH_MAX = 6, CODE_BYTES_MAX = 96 };

struct row {
    const char *code, *text[LANGUAGES];
};

/* Each file is sorted by code. */
#define ROW(code, en, zh) {code, {[LANGUAGE_EN] = en, [LANGUAGE_ZH] = zh}},
static const struct row alarms_rows[] = {
#include "node/text/alarms.def"
};
static const struct row api_rows[] = {
#include "node/text/api.def"
};
static const struct row block_rows[] = {
#include "node/text/block.def"
};
static const struct row cli_rows[] = {
#include "node/text/cli.def"
};
static const struct row columns_rows[] = {
#include "node/text/columns.def"
};
static const struct row console_rows[] = {
#include "node/text/console.def"
};
static const struct row console_money_rows[] = {
#include "node/text/console_money.def"
};
static const struct row console_watch_rows[] = {
#include "node/text/console_watch.def"
};
static const struct row console_work_rows[] = {
#include "node/text/console_work.def"
};
static const struct row doctor_rows[] = {
#include "node/text/doctor.def"
};
static const struct row documents_rows[] = {
#include "node/text/documents.def"
};
static const struct row explain_rows[] = {
#include "node/text/explain.def"
};
static const struct row help_rows[] = {
#include "node/text/help.def"
};
static const struct row home_rows[] = {
#include "node/text/home.def"
};
static const struct row links_rows[] = {
#include "node/text/links.def"
};
static const struct row office_rows[] = {
#include "node/text/office.def"
};
static const struct row query_rows[] = {
#include "node/text/query.def"
};
static const struct row reasons_rows[] = {
#include "node/text/reasons.def"
};
static const struct row resync_rows[] = {
#include "node/text/resync.def"
};
static const struct row store_rows[] = {
#include "node/text/store.def"
};
static const struct row system_rows[] = {
#include "node/text/system.def"
};
static const struct row titles_rows[] = {
#include "node/text/titles.def"
};
static const struct row tree_rows[] = {
#include "node/text/tree.def"
};
static const struct row trust_rows[] = {
#include "node/text/trust.def"
};
static const struct row verify_rows[] = {
#include "node/text/verify.def"
};
static const struct row words_rows[] = {
#include "node/text/words.def"
};
#undef ROW

static const struct area {
    const struct row *rows;
    size_t count;
} areas[] = {
    {alarms_rows, COUNT_OF(alarms_rows)},
    {api_rows, COUNT_OF(api_rows)},
    {block_rows, COUNT_OF(block_rows)},
    {cli_rows, COUNT_OF(cli_rows)},
    {columns_rows, COUNT_OF(columns_rows)},
    {console_rows, COUNT_OF(console_rows)},
    {console_money_rows, COUNT_OF(console_money_rows)},
    {console_watch_rows, COUNT_OF(console_watch_rows)},
    {console_work_rows, COUNT_OF(console_work_rows)},
    {doctor_rows, COUNT_OF(doctor_rows)},
    {documents_rows, COUNT_OF(documents_rows)},
    {explain_rows, COUNT_OF(explain_rows)},
    {help_rows, COUNT_OF(help_rows)},
    {home_rows, COUNT_OF(home_rows)},
    {links_rows, COUNT_OF(links_rows)},
    {office_rows, COUNT_OF(office_rows)},
    {query_rows, COUNT_OF(query_rows)},
    {reasons_rows, COUNT_OF(reasons_rows)},
    {resync_rows, COUNT_OF(resync_rows)},
    {store_rows, COUNT_OF(store_rows)},
    {system_rows, COUNT_OF(system_rows)},
    {titles_rows, COUNT_OF(titles_rows)},
    {tree_rows, COUNT_OF(tree_rows)},
    {trust_rows, COUNT_OF(trust_rows)},
    {verify_rows, COUNT_OF(verify_rows)},
    {words_rows, COUNT_OF(words_rows)},
};

static int compare_code(const void *key, const void *item)
{
    return bytes_compare(*(const struct bytes *)key, bytes_text(((const struct row *)item)->code));
}

static const struct row *find_in(const struct area *area, struct bytes code)
{
    const size_t at = ARRAY_LOWER_BOUND(area->rows, area->count, &code, compare_code);

    return at < area->count && compare_code(&code, &area->rows[at]) == 0 ? &area->rows[at] : NULL;
}

static const struct row *find_row(struct bytes code)
{
    const struct row *row = NULL;

    for (size_t i = 0; i < COUNT_OF(areas) && row == NULL; i++) {
        row = find_in(&areas[i], code);
    }
    return row;
}

/* --- the sentence as it grows --- */

struct sentence {
    enum language language;
    char *out;
    size_t size;
};

/* Cut, never overrun, and never inside a character. */
static void say(struct sentence *sentence, struct bytes text)
{
    const size_t room = TEXT_BYTES_MAX - 1 - sentence->size;
    size_t size = text.size;

    if (size > room) {
        size = room;
        while (size > 0 && (text.data[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    if (size > 0) {
        memcpy(sentence->out + sentence->size, text.data, size);
    }
    sentence->size += size;
    sentence->out[sentence->size] = '\0';
}

void text_cut(char *out, size_t size, const char *text)
{
    size_t kept = strlen(text);

    if (kept >= size) {
        kept = size - 1;
        while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80) {
            kept--;
        }
    }
    memcpy(out, text, kept);
    out[kept] = '\0';
}

static void say_text(struct sentence *sentence, const char *text)
{
    say(sentence, bytes_text(text));
}

static void say_colon(struct sentence *sentence)
{
    say_text(sentence, text_word(sentence->language, "mark", "colon"));
}

/* --- slots --- */

static void say_message(struct sentence *sentence, struct bytes message, int depth);

static void say_word(struct sentence *sentence, struct bytes area, struct bytes name)
{
    char code[CODE_BYTES_MAX];
    const struct row *row;

    (void)snprintf(code, sizeof code, "%.*s.%.*s", (int)area.size, (const char *)area.data,
                   (int)name.size, (const char *)name.data);
    row = find_row(bytes_text(code));
    if (row == NULL) {
        say(sentence, name);
    } else {
        say_text(sentence, row->text[sentence->language]);
    }
}

/* Between Chinese and a figure stands a blank, between Chinese and Chinese none. */
static void say_no_time(struct sentence *sentence)
{
    const size_t size = sentence->size;

    if (sentence->language == LANGUAGE_ZH && size >= 2 && sentence->out[size - 1] == ' ' &&
        ((unsigned char)sentence->out[size - 2] & 0x80) != 0) {
        sentence->size--;
    }
    say_text(sentence, text_word(sentence->language, "age", "none"));
}

/* Seconds as people say them, in two units at most: "5 h 20 min". */
static void say_age(struct sentence *sentence, struct bytes value)
{
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"day", 24 * 3600}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
    struct reader digits = reader_of(value);
    uint64_t seconds = 0;
    size_t said = 0;

    while (reader_left(&digits) > 0 && seconds < UINT32_MAX) {
        seconds = 10 * seconds + (reader_u8(&digits) - (uint64_t)'0') % 10;
    }
    if (seconds == 0) {
        say_no_time(sentence);
    }
    for (size_t i = 0; i < COUNT_OF(units) && said < 2 && seconds > 0; i++) {
        const uint64_t count = seconds / units[i].seconds;
        char number[24];

        if (count == 0 && (said > 0 || i + 1 < COUNT_OF(units))) {
            said += said > 0;
            continue;
        }
        (void)snprintf(number, sizeof number, "%s%" PRIu64 " ", said > 0 ? " " : "", count);
        say_text(sentence, number);
        say_text(sentence, text_word(sentence->language, "age", units[i].unit));
        seconds -= count * units[i].seconds;
        said++;
    }
}

static struct bytes slot_area(struct bytes slot, const uint8_t *colon)
{
    return bytes_of(colon + 1, slot.size - (size_t)(colon + 1 - slot.data));
}

/* `slot` is what stands between the braces. */
static void say_slot(struct sentence *sentence, struct bytes slot, struct bytes message, int depth)
{
    const uint8_t *colon = memchr(slot.data, ':', slot.size);
    char key[CODE_BYTES_MAX];
    struct bytes value;

    (void)snprintf(key, sizeof key, "%.*s",
                   (int)(colon == NULL ? slot.size : (size_t)(colon - slot.data)),
                   (const char *)slot.data);
    value = message_value(message, key);
    if (strcmp(key, "why") == 0) {
        say_message(sentence, value, depth + 1);
    } else if (colon == NULL) {
        say(sentence, value);
    } else if (bytes_equal(slot_area(slot, colon), bytes_text("age"))) {
        say_age(sentence, value);
    } else {
        say_word(sentence, slot_area(slot, colon), value);
    }
}

static void say_row(struct sentence *sentence, const char *pattern, struct bytes message, int depth)
{
    while (*pattern != '\0') {
        const size_t plain = strcspn(pattern, "{");
        const char *close;

        say(sentence, bytes_of(pattern, plain));
        pattern += plain;
        if (*pattern == '\0') {
            return;
        }
        close = strchr(pattern, '}');
        assert(close != NULL);
        say_slot(sentence, bytes_of(pattern + 1, (size_t)(close - pattern - 1)), message, depth);
        pattern = close + 1;
    }
}

/* --- messages --- */

/* A code without a row: as a log has it. */
static void say_raw(struct sentence *sentence, struct message_reader reader)
{
    struct bytes key, value;

    say(sentence, reader.code);
    while (message_next(&reader, &key, &value)) {
        say_text(sentence, " ");
        say(sentence, key);
        say_text(sentence, "=");
        say(sentence, value);
    }
}

static void say_message(struct sentence *sentence, struct bytes message, int depth)
{
    const struct message_reader reader = message_read(message);
    const struct row *row = find_row(reader.code);
    const struct bytes why = message_value(message, "why");

    if (row == NULL || depth > DEPTH_MAX) {
        say_raw(sentence, reader);
    } else {
        say_row(sentence, row->text[sentence->language], message, depth);
        if (why.size > 0 && strstr(row->text[sentence->language], "{why}") == NULL) {
            say_colon(sentence);
            say_message(sentence, why, depth + 1);
        }
    }
    if (reader.rest.size > 0) {
        say_colon(sentence);
        say_message(sentence, reader.rest, depth + 1);
    }
}

const char *text_in(enum language language, char out[TEXT_BYTES_MAX], const char *message)
{
    struct sentence sentence = {language, out, 0};

    out[0] = '\0';
    say_message(&sentence, bytes_text(message), 0);
    return out;
}

const char *text_say(enum language language, char out[TEXT_BYTES_MAX], const char *format, ...)
{
    char message[TEXT_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    return text_in(language, out, message);
}

const char *text_row(enum language language, const char *code)
{
    const struct row *row = find_row(bytes_text(code));

    return row == NULL ? code : row->text[language];
}

const char *text_word(enum language language, const char *area, const char *name)
{
    char code[CODE_BYTES_MAX];
    const struct row *row;

    (void)snprintf(code, sizeof code, "%s.%s", area, name);
    row = find_row(bytes_text(code));
    return row == NULL ? name : row->text[language];
}

bool text_names(const char *area, const char *name, const char *typed)
{
    const char *title = text_word(LANGUAGE_ZH, area, name);
    const char *open = text_word(LANGUAGE_ZH, "mark", "open");
    const char *close = text_word(LANGUAGE_ZH, "mark", "close");
    const char *found = strstr(title, typed);
    const size_t size = strlen(typed);

    if (strcmp(typed, name) == 0 || strcmp(typed, title) == 0) {
        return true;
    }
    return found != NULL && size > 0 && strncmp(found + size, close, strlen(close)) == 0 &&
           (size_t)(found - title) >= strlen(open) &&
           strncmp(found - strlen(open), open, strlen(open)) == 0;
}

bool text_knows(const char *message)
{
    return find_row(message_read(bytes_text(message)).code) != NULL;
}

enum language text_language(const char *lc_all, const char *lc_messages, const char *lang)
{
    const char *const settings[] = {lc_all, lc_messages, lang};

    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        if (settings[i] != NULL && settings[i][0] != '\0') {
            return strncmp(settings[i], "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
        }
    }
    return LANGUAGE_EN;
}

void text_each(text_visit_fn *visit, void *arg)
{
    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        for (size_t k = 0; k < areas[i].count; k++) {
            visit(arg, areas[i].rows[k].code, areas[i].rows[k].text);
        }
    }
}

const char *text_language_tag(enum language language)
{
    static const char *const tags[LANGUAGES] = {[LANGUAGE_EN] = "en", [LANGUAGE_ZH] = "zh"};

    return tags[language];
}
