#include "proto/field_value.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Sets of ASCII characters, one bit each: below 64, and from 64 on. */
struct charset {
    uint64_t low, high;
};
#define BIT(c)            (UINT64_C(1) << ((c)&63))
#define BITS(first, last) ((BIT(last) - BIT(first)) | BIT(last))
#define DIGITS            BITS('0', '9')
#define UPPER             BITS('A', 'Z')
#define LOWER             BITS('a', 'z')

static bool all_of(struct bytes text, struct charset set)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (c >= 0x80 || ((c < 64 ? set.low : set.high) & BIT(c)) == 0) {
            return false;
        }
    }
    return true;
}

static bool id_valid(struct bytes text)
{
    static const struct charset first = {DIGITS | BIT('.'), UPPER | LOWER};
    static const struct charset rest = {DIGITS | BIT('.') | BIT('-'), UPPER | LOWER | BIT('_')};

    return all_of(bytes_of(text.data, 1), first) && all_of(text, rest);
}

static bool code_valid(struct bytes text)
{
    static const struct charset code = {BITS('!', '?') & ~(BIT('"') | BIT('\'')),
                                        BITS('@', '~') & ~BIT('\\')};

    return all_of(text, code);
}

static bool division_valid(struct bytes text)
{
    static const struct charset division = {DIGITS, UPPER};

    return all_of(text, division);
}

static bool word_valid(struct bytes text)
{
    static const struct charset word = {DIGITS, UPPER | LOWER | BIT('_')};

    return all_of(text, word);
}

static int two_digits(const uint8_t *at)
{
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static bool date_valid(struct bytes text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int century, year, month, day;

    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-') {
        return false;
    }
    century = two_digits(text.data);
    year = two_digits(text.data + 2);
    month = two_digits(text.data + 5);
    day = two_digits(text.data + 8);
    if (century < 10 || year < 0 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    year += 100 * century;
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return day <= 29;
    }
    return day <= days[month - 1];
}

bool value_text_valid(const struct field_info *info, struct bytes text)
{
    if (info->name == NULL || text.size == 0 || text.size > info->bytes_max) {
        return false;
    }
    switch (info->type) {
    case TYPE_ID:
        return id_valid(text);
    case TYPE_DIVISION:
        return division_valid(text);
    case TYPE_CODE:
        return code_valid(text);
    case TYPE_TEXT:
        return text_plain(text);
    case TYPE_DATE:
        return date_valid(text);
    case TYPE_FLAG:
        return text.size == 1 && (text.data[0] == '1' || text.data[0] == '2');
    case TYPE_WORD:
        return word_valid(text);
    case TYPE_HASH:
        return text.size == info->bytes_max;
    case TYPE_YEAR:
    case TYPE_NUMBER:
    case TYPE_AMOUNT:
        break;
    }
    return false;
}

bool value_number_valid(const struct field_info *info, int64_t number, int64_t number_max)
{
    if (info->name == NULL) {
        return false;
    }
    switch (info->type) {
    case TYPE_YEAR:
        return number >= 1000 && number <= 9999;
    case TYPE_NUMBER:
        return number >= 0 && number <= number_max;
    case TYPE_AMOUNT:
        return number != INT64_MIN;
    default:
        return false;
    }
}

/* --- what a person typed --- */

bool amount_parse(int64_t *fen, struct bytes typed)
{
    size_t at = 0, whole_digits = 0, decimals = 0;
    uint64_t value = 0;
    bool negative = false;

    if (at < typed.size && typed.data[at] == '-') {
        negative = true;
        at++;
    }
    for (; at < typed.size && is_digit(typed.data[at]); at++, whole_digits++) {
        if (whole_digits == 17) {
            return false; /* 17 digits of yuan and two of fen fill an int64 */
        }
        value = value * 10 + (uint64_t)(typed.data[at] - '0');
    }
    if (whole_digits == 0) {
        return false;
    }
    value *= 100;
    if (at < typed.size && typed.data[at] == '.') {
        for (at++; at < typed.size && is_digit(typed.data[at]) && decimals < 2; at++, decimals++) {
            value += (uint64_t)(typed.data[at] - '0') * (decimals == 0 ? 10 : 1);
        }
        if (decimals == 0) {
            return false;
        }
    }
    if (at != typed.size || value > INT64_MAX) {
        return false;
    }
    *fen = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool number_parse(int64_t *number, struct bytes typed)
{
    int64_t value = 0;

    for (size_t i = 0; i < typed.size; i++) {
        if (!is_digit(typed.data[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, typed.data[i] - '0', &value)) {
            return false;
        }
    }
    *number = value;
    return typed.size > 0;
}
