#include "node/api/typed_search.h"

void typed_search_open(struct typed_search *search, const char *typed)
{
    search->typed = bytes_text(typed == NULL ? "" : typed);
    pinyin_open(&search->pinyin);
}

void typed_search_close(struct typed_search *search)
{
    pinyin_close(&search->pinyin);
}

bool typed_search_code(const struct typed_search *search, struct bytes code)
{
    return search->typed.size == 0 ||
           (code.size >= search->typed.size &&
            memcmp(code.data, search->typed.data, search->typed.size) == 0);
}

static bool contains(struct bytes text, struct bytes part)
{
    for (size_t at = 0; at + part.size <= text.size; at++) {
        if (memcmp(text.data + at, part.data, part.size) == 0) {
            return true;
        }
    }
    return false;
}

bool typed_search_name(struct typed_search *search, struct bytes name)
{
    struct initials initials;

    if (name.size == 0 || contains(name, search->typed)) {
        return name.size > 0;
    }
    pinyin_initials(&search->pinyin, &initials, name);
    return pinyin_contains(&initials, search->typed);
}
