#include "node/cli/join_check.h"

enum status join_check_token(const struct home_config *config, const struct token *token,
                             struct err *err)
{
    char own[2 * HASH_SIZE + 1], other[2 * HASH_SIZE + 1];

    if (hash_equal(&config->tree, &token->tree)) {
        return OK;
    }
    hex_encode(own, &config->tree, sizeof config->tree);
    hex_encode(other, &token->tree, sizeof token->tree);
    return err_set(err, ERR_REFUSED, "join_other_tree division=%s parent=%s own=%s trust_key=%s",
                   config->division.code, token->parent.code, own, other);
}

/* Is `grant` older than what the home has for its division? */
static enum status check_grant(const struct bytes *held, size_t held_count,
                               const struct token *token, const struct grant *grant,
                               struct err *err)
{
    for (size_t i = 0; i < held_count; i++) {
        struct grant own;

        if (grant_parse(&own, held[i], err) != OK) {
            return err->status;
        }
        if (division_equal(own.division, grant->division) && grant->epoch < own.epoch) {
            return err_set(
                err, ERR_REFUSED, "join_chain_older division=%s epoch=%u held=%u endpoint=%s",
                grant->division.code, (unsigned)grant->epoch, (unsigned)own.epoch, token->link);
        }
    }
    return OK;
}

enum status join_check_chain(const char *home, const struct token *token,
                             const struct enrolled *enrolled, struct err *err)
{
    struct bytes held[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    size_t held_count = 0;
    enum status status = home_grants_read(home, held, &held_count, &memory, err);

    for (size_t i = 0; i < enrolled->chain_count && status == OK; i++) {
        struct grant grant;

        status = grant_parse(&grant, enrolled->chain[i], err);
        if (status == OK && !division_equal(grant.division, token->division)) {
            status = check_grant(held, held_count, token, &grant, err);
        }
    }
    buf_free(&memory);
    return status;
}
