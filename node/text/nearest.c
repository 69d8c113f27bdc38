#include "node/text/nearest.h"

#include <stdio.h>

#include "proto/message.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The distance of Damerau and Levenshtein, neighbours swapped once; what is longer is cut. */
static size_t distance_of(struct bytes a, struct bytes b)
{
    size_t rows[3][NEAREST_BYTES_MAX + 1]; /* two before this one, one before, this one */
    const size_t a_size = least(a.size, NEAREST_BYTES_MAX),
                 b_size = least(b.size, NEAREST_BYTES_MAX);

    for (size_t j = 0; j <= b_size; j++) {
        rows[1][j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        rows[2][0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t change = rows[1][j - 1] + (a.data[i - 1] != b.data[j - 1]);

            rows[2][j] = least(least(rows[1][j], rows[2][j - 1]) + 1, change);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1]) {
                rows[2][j] = least(rows[2][j], rows[0][j - 2] + 1);
            }
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return rows[1][b_size];
}

/* Never inside a character. */
static void keep(char out[NEAREST_BYTES_MAX + 1], struct bytes word)
{
    size_t size = word.size;

    if (size > NEAREST_BYTES_MAX) {
        size = NEAREST_BYTES_MAX;
        while (size > 0 && (word.data[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    if (size > 0) {
        memcpy(out, word.data, size);
    }
    out[size] = '\0';
}

void nearest_begin(struct nearest *nearest, struct bytes typed)
{
    size_t size;

    keep(nearest->typed, typed);
    size = strlen(nearest->typed);
    nearest->best[0] = '\0';
    nearest->distance = (size == 2 ? 1 : size / 3) + 1; /* the first that is too far */
}

void nearest_offer(struct nearest *nearest, struct bytes word)
{
    const size_t distance = distance_of(bytes_text(nearest->typed), word);

    if (distance > 0 && distance < nearest->distance) {
        nearest->distance = distance;
        keep(nearest->best, word);
    }
}

void nearest_take(struct nearest *nearest, const char *word)
{
    nearest->distance = 0;
    keep(nearest->best, bytes_text(word));
}

void nearest_reject(struct nearest *nearest)
{
    nearest->best[0] = '\0';
}

const char *nearest_advice(char out[DID_YOU_MEAN_BYTES_MAX], const struct nearest *nearest)
{
    out[0] = '\0';
    if (nearest->best[0] != '\0') {
        message_format(out, DID_YOU_MEAN_BYTES_MAX, "did_you_mean nearest=%s", nearest->best);
    }
    return out;
}
