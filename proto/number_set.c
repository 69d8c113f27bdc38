#include "proto/number_set.h"

#include "proto/status.h"

static bool has_bit(const struct number_set *set, uint32_t number)
{
    return (set->bits[number / 64] >> (number % 64) & 1) != 0;
}

bool number_set_is_empty(const struct number_set *set)
{
    return number_set_equal(set, &NUMBER_SET_NONE);
}

bool number_set_has(const struct number_set *set, uint32_t number)
{
    return number != 0 && (has_bit(set, 0) || (number < NUMBER_SET_END && has_bit(set, number)));
}

bool number_set_equal(const struct number_set *a, const struct number_set *b)
{
    return memcmp(a->bits, b->bits, sizeof a->bits) == 0;
}

bool number_set_contains(const struct number_set *set, const struct number_set *other)
{
    for (size_t i = 0; i < COUNT_OF(set->bits) && !has_bit(set, 0); i++) {
        if ((other->bits[i] & ~set->bits[i]) != 0) {
            return false;
        }
    }
    return true;
}

bool number_set_add(struct number_set *set, uint32_t number)
{
    if (number >= NUMBER_SET_END) {
        return false;
    }
    if (number == 0) {
        *set = NUMBER_SET_ALL;
    } else if (!has_bit(set, 0)) {
        set->bits[number / 64] |= UINT64_C(1) << (number % 64);
    }
    return true;
}

struct number_set number_set_union(const struct number_set *a, const struct number_set *b)
{
    struct number_set both = *a;

    if (has_bit(a, 0) || has_bit(b, 0)) {
        return NUMBER_SET_ALL;
    }
    for (size_t i = 0; i < COUNT_OF(both.bits); i++) {
        both.bits[i] |= b->bits[i];
    }
    return both;
}

size_t number_set_list(const struct number_set *set, uint32_t list[NUMBER_SET_LIST_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(set->bits); i++) {
        for (uint64_t left = set->bits[i]; left != 0; left &= left - 1) {
            list[count++] = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(left);
        }
    }
    return count;
}

bool number_set_of_list(struct number_set *out, const uint32_t *list, size_t count)
{
    *out = NUMBER_SET_NONE;
    if (count > 1 && list[0] == 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && list[i] <= list[i - 1]) || !number_set_add(out, list[i])) {
            return false;
        }
    }
    return true;
}

void buf_put_number_set(struct buf *buf, const struct number_set *set)
{
    uint32_t list[NUMBER_SET_LIST_MAX];
    const size_t count = number_set_list(set, list);

    buf_put_u8(buf, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_u8(buf, (uint8_t)list[i]);
    }
}

struct number_set reader_number_set(struct reader *reader)
{
    const struct bytes raw = reader_bytes(reader, reader_u8(reader));
    uint32_t list[NUMBER_SET_LIST_MAX];
    struct number_set set;

    for (size_t i = 0; i < raw.size; i++) {
        list[i] = raw.data[i];
    }
    if (!number_set_of_list(&set, list, raw.size)) {
        reader->failed = true;
        return NUMBER_SET_NONE;
    }
    return set;
}
