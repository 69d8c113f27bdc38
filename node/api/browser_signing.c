#include "node/api/browser_signing.h"

#include "node/api/view.h"
#include "node/office/browser_keys.h"

static struct hash part_hash(const struct approval_terms *terms, const struct selection *selection,
                             size_t part)
{
    struct approval_terms of_part = *terms;

    of_part.root = selection_part_root(selection, part);
    return approval_hash(&of_part);
}

void write_signing(struct json_out *out, const struct approval_terms *terms,
                   const struct selection *selection)
{
    out_open(out, "signing", '{');
    out_hex(out, "tree", &terms->tree, sizeof terms->tree);
    out_text(out, "author", terms->author.code);
    out_count(out, "epoch", terms->epoch);
    out_count(out, "time_ms", terms->time_ms);
    out_open(out, "parts", '[');
    for (size_t part = 0; part < selection_parts(selection); part++) {
        const struct hash root = selection_part_root(selection, part),
                          hash = part_hash(terms, selection, part);

        out_open(out, NULL, '{');
        out_hex(out, "root", &root, sizeof root);
        out_hex(out, "hash", &hash, sizeof hash);
        out_close(out, '}');
    }
    out_close(out, ']');
    out_close(out, '}');
}

/* --- read --- */

static bool read_hex(const json_t *typed, void *out, size_t size)
{
    const char *hex = json_string_value(typed);

    return hex != NULL && strlen(hex) == 2 * size && hex_decode(out, size, hex);
}

/* Its form; the terms but for the role, the tree and the author, which are this node's. */
static bool read_form(struct browser_signing *signing, const json_t *typed, size_t parts,
                      struct public_key *key)
{
    const json_t *epoch = json_object_get(typed, "epoch"),
                 *time_ms = json_object_get(typed, "time_ms"),
                 *signatures = json_object_get(typed, "signatures");

    if (!json_is_integer(epoch) || json_integer_value(epoch) < 0 ||
        json_integer_value(epoch) > UINT32_MAX || !json_is_integer(time_ms) ||
        json_integer_value(time_ms) < 0 || !json_is_array(signatures) ||
        json_array_size(signatures) != parts || parts > SIGNING_PARTS_MAX ||
        !read_hex(json_object_get(typed, "key"), key->at, sizeof key->at)) {
        return false;
    }
    signing->terms.epoch = (uint32_t)json_integer_value(epoch);
    signing->terms.time_ms = (uint64_t)json_integer_value(time_ms);
    for (size_t part = 0; part < parts; part++) {
        struct signature *signature = &signing->signatures[part];

        if (!read_hex(json_array_get(signatures, part), signature->at, sizeof signature->at)) {
            return false;
        }
    }
    return true;
}

/* False with the error answered. */
static bool is_recent(const struct request *request, struct answer *answer, uint64_t time_ms)
{
    const uint64_t now_ms = clock_unix_ms(&request->service->clock);
    const uint64_t apart_ms = now_ms > time_ms ? now_ms - time_ms : time_ms - now_ms;

    if (apart_ms > SIGNING_AGE_MAX_MS) {
        answer_refuse(request, answer, API_REFUSED, "signing_old minutes_max=%d",
                      SIGNING_AGE_MAX_MS / 60000);
        return false;
    }
    return true;
}

/* False with the error answered. */
static bool is_his_key(const struct request *request, struct answer *answer, const char *name,
                       const struct public_key *key)
{
    struct browser_key known;
    struct view view;
    bool found, good, sound;

    view_open(&view, request->service);
    found = browser_key_find(view.txn, key->at, &known);
    good = browser_key_signs(view.txn, name, key);
    sound = view_sound(&view, request, answer);
    view_close(&view);
    if (!sound || good) {
        return sound;
    }
    if (!found || strcmp(known.name, name) != 0) {
        answer_refuse(request, answer, API_REFUSED, "browser_key_not_his name=%s", name);
    } else {
        answer_refuse(request, answer, API_REFUSED, "browser_key_not_good state=%s",
                      browser_key_state_name(known.state));
    }
    return false;
}

/* False with the error answered. */
static bool are_signed(const struct request *request, struct answer *answer,
                       const struct browser_signing *signing, const struct selection *selection,
                       const struct public_key *key)
{
    for (size_t part = 0; part < selection_parts(selection); part++) {
        const struct hash hash = part_hash(&signing->terms, selection, part);

        if (!signature_ok(key, &hash, &signing->signatures[part])) {
            answer_refuse(request, answer, API_REFUSED, "signing_wrong part=%zu", part + 1);
            return false;
        }
    }
    return true;
}

bool browser_signing_read(struct browser_signing *signing, const struct request *request,
                          struct answer *answer, const json_t *typed,
                          const struct selection *selection, struct person *checker)
{
    struct public_key key;

    *signing = (struct browser_signing){.terms = {.tree = request->service->tree,
                                                  .author = request->service->self,
                                                  .role = ROLE_CHECKER}};
    if (!read_form(signing, typed, selection_parts(selection), &key)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_signed parts=%zu",
                      selection_parts(selection));
        return false;
    }
    if (!is_his_key(request, answer, checker->name, &key) ||
        !is_recent(request, answer, signing->terms.time_ms) ||
        !are_signed(request, answer, signing, selection, &key)) {
        return false;
    }
    checker->key = key;
    return true;
}
