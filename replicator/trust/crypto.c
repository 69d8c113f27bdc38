#include "replicator/trust/crypto.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

_Static_assert(sizeof(crypto_generichash_blake2b_state) <= sizeof(struct hasher),
               "a hasher has room for the state");
_Static_assert(_Alignof(crypto_generichash_blake2b_state) <= _Alignof(struct hasher),
               "a hasher is aligned as the state wants");
_Static_assert(sizeof(((struct sign_key *)0)->secret) == crypto_sign_SECRETKEYBYTES, "secret");
_Static_assert(PUBLIC_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "public key");
_Static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "signature");

enum { TAG_SIZE = 17 }; /* sixteen bytes of personalisation, and the terminator */
_Static_assert(TAG_SIZE - 1 == crypto_generichash_blake2b_PERSONALBYTES, "personalisation");

static const char tag_texts[TAGS][TAG_SIZE] = {
    [TAG_LEAF] = "terrace.leaf",         [TAG_NODE] = "terrace.node",
    [TAG_BLOCK] = "terrace.block",       [TAG_BODY] = "terrace.body",
    [TAG_STATE] = "terrace.state",       [TAG_APPROVAL_LEAF] = "terrace.appleaf",
    [TAG_APPROVAL] = "terrace.approval", [TAG_COSIGN] = "terrace.cosign",
    [TAG_GRANT] = "terrace.grant",       [TAG_BEAT] = "terrace.beat",
    [TAG_ENROL] = "terrace.enrol",       [TAG_TOKEN] = "terrace.token",
    [TAG_KEY] = "terrace.key",           [TAG_CONTENT] = "terrace.content",
    [TAG_ROSTER] = "terrace.roster",     [TAG_KEY_PROOF] = "terrace.keyproof",
    [TAG_CONSENT] = "terrace.consent",   [TAG_FILE] = "terrace.file",
    [TAG_ARRIVAL] = "terrace.arrival",   [TAG_BROWSER] = "terrace.browser",
    [TAG_ACCESS] = "terrace.access",     [TAG_WEBHOOK] = "terrace.webhook",
    [TAG_ASKER] = "terrace.asker",       [TAG_OBJECTION] = "terrace.object",
};

enum status crypto_init(struct err *err)
{
    if (sodium_init() < 0) {
        return err_set(err, ERR_KEY, "crypto_not_started");
    }
    return OK;
}

static crypto_generichash_blake2b_state *state_of(struct hasher *hasher)
{
    return (crypto_generichash_blake2b_state *)(void *)hasher->opaque;
}

void hasher_begin(struct hasher *hasher, enum tag tag)
{
    int failed;

    assert(tag < TAGS);
    failed = crypto_generichash_blake2b_init_salt_personal(
        state_of(hasher), NULL, 0, HASH_SIZE, NULL, (const unsigned char *)tag_texts[tag]);
    assert(failed == 0);
    (void)failed;
}

void hasher_add(struct hasher *hasher, const void *data, size_t size)
{
    if (size != 0) {
        (void)crypto_generichash_blake2b_update(state_of(hasher), data, size);
    }
}

void hasher_add_u32(struct hasher *hasher, uint32_t number)
{
    uint8_t raw[8];

    store_u64(raw, number);
    hasher_add(hasher, raw + 4, 4);
}

void hasher_add_u64(struct hasher *hasher, uint64_t number)
{
    uint8_t raw[8];

    store_u64(raw, number);
    hasher_add(hasher, raw, sizeof raw);
}

void hasher_add_bytes(struct hasher *hasher, struct bytes bytes)
{
    hasher_add_u64(hasher, bytes.size);
    hasher_add(hasher, bytes.data, bytes.size);
}

struct hash hasher_end(struct hasher *hasher)
{
    struct hash hash;

    (void)crypto_generichash_blake2b_final(state_of(hasher), hash.at, sizeof hash.at);
    return hash;
}

struct hash hash_of(enum tag tag, struct bytes data)
{
    struct hasher hasher;

    hasher_begin(&hasher, tag);
    hasher_add(&hasher, data.data, data.size);
    return hasher_end(&hasher);
}

void sign_key_generate(struct sign_key *key)
{
    (void)crypto_sign_keypair(key->public.at, key->secret);
}

struct hash key_fingerprint(const struct public_key *key)
{
    return hash_of(TAG_KEY, bytes_of(key->at, sizeof key->at));
}

struct key_id key_id_of(const struct public_key *key)
{
    const struct hash fingerprint = key_fingerprint(key);
    struct key_id id;

    memcpy(id.at, fingerprint.at, sizeof id.at);
    return id;
}

struct signature sign_hash(const struct sign_key *key, const struct hash *hash)
{
    struct signature signature;

    (void)crypto_sign_detached(signature.at, NULL, hash->at, sizeof hash->at, key->secret);
    return signature;
}

bool signature_ok(const struct public_key *key, const struct hash *hash,
                  const struct signature *signature)
{
    return crypto_sign_verify_detached(signature->at, hash->at, sizeof hash->at, key->at) == 0;
}

void hmac_sha256(uint8_t out[32], struct bytes key, struct bytes first, struct bytes second)
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, key.data, key.size);
    (void)crypto_auth_hmacsha256_update(&state, first.data, first.size);
    (void)crypto_auth_hmacsha256_update(&state, second.data, second.size);
    (void)crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void curve_key_generate(struct curve_key *key)
{
    (void)crypto_box_keypair(key->public, key->secret);
}

void crypto_random(void *out, size_t size)
{
    randombytes_buf(out, size);
}

void crypto_wipe(void *memory, size_t size)
{
    sodium_memzero(memory, size);
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

/* Sealed: magic, version(u8), salt, opslimit(u64), memlimit(u64), nonce, box. The limits stand in
 * the seal so that they can be raised later without losing what was sealed before. */
static const uint8_t seal_magic[4] = {'T', 'R', 'S', 'L'};
enum {
    SEAL_VERSION = 1,
    SEAL_HEADER_SIZE = 4 + 1 + crypto_pwhash_SALTBYTES + 8 + 8 + crypto_secretbox_NONCEBYTES,
    SEAL_OPSLIMIT_MAX = 16,
    SEAL_MEMLIMIT_MAX = 1 << 30, /* an altered seal must not take all memory of the machine */
};

struct seal_cost {
    uint64_t opslimit, memlimit;
};

static bool derive(uint8_t key[crypto_secretbox_KEYBYTES], struct bytes passphrase,
                   const uint8_t salt[crypto_pwhash_SALTBYTES], struct seal_cost cost)
{
    const char *text = passphrase.size == 0 ? "" : (const char *)passphrase.data;

    return crypto_pwhash(key, crypto_secretbox_KEYBYTES, text, passphrase.size, salt, cost.opslimit,
                         (size_t)cost.memlimit, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

void secret_seal(struct buf *out, struct bytes secret, struct bytes passphrase, bool light)
{
    const struct seal_cost cost =
        light ? (struct seal_cost){crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN}
              : (struct seal_cost){crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE};
    uint8_t key[crypto_secretbox_KEYBYTES], salt[crypto_pwhash_SALTBYTES];
    uint8_t nonce[crypto_secretbox_NONCEBYTES];
    bool derived;

    randombytes_buf(salt, sizeof salt);
    randombytes_buf(nonce, sizeof nonce);
    derived = derive(key, passphrase, salt, cost);
    assert(derived); /* it fails for want of memory only */
    (void)derived;

    buf_append(out, seal_magic, sizeof seal_magic);
    buf_put_u8(out, SEAL_VERSION);
    buf_append(out, salt, sizeof salt);
    buf_put_u64(out, cost.opslimit);
    buf_put_u64(out, cost.memlimit);
    buf_append(out, nonce, sizeof nonce);
    buf_reserve(out, crypto_secretbox_MACBYTES + secret.size);
    (void)crypto_secretbox_easy(out->data + out->size, secret.data, secret.size, nonce, key);
    out->size += crypto_secretbox_MACBYTES + secret.size;
    sodium_memzero(key, sizeof key);
}

enum status secret_unseal(void *out, size_t size, struct bytes sealed, struct bytes passphrase,
                          struct err *err)
{
    struct reader reader = reader_of(sealed);
    uint8_t key[crypto_secretbox_KEYBYTES], magic[sizeof seal_magic];
    struct seal_cost cost;
    struct bytes salt, nonce, box;
    uint8_t version;
    bool opened;

    reader_copy(&reader, magic, sizeof magic);
    version = reader_u8(&reader);
    salt = reader_bytes(&reader, crypto_pwhash_SALTBYTES);
    cost.opslimit = reader_u64(&reader);
    cost.memlimit = reader_u64(&reader);
    nonce = reader_bytes(&reader, crypto_secretbox_NONCEBYTES);
    box = reader_bytes(&reader, crypto_secretbox_MACBYTES + size);
    if (!reader_done(&reader) || memcmp(magic, seal_magic, sizeof magic) != 0 ||
        version != SEAL_VERSION) {
        return err_set(err, ERR_KEY, "seal_size bytes=%zu", size);
    }
    if (cost.opslimit < crypto_pwhash_OPSLIMIT_MIN || cost.opslimit > SEAL_OPSLIMIT_MAX ||
        cost.memlimit < crypto_pwhash_MEMLIMIT_MIN || cost.memlimit > SEAL_MEMLIMIT_MAX ||
        cost.memlimit % 1024 != 0) { /* Argon2 counts in KiB and would overlook the rest */
        return err_set(err, ERR_KEY, "seal_limits");
    }
    if (!derive(key, passphrase, salt.data, cost)) {
        return err_set(err, ERR_KEY, "seal_memory mib=%" PRIu64, cost.memlimit >> 20);
    }
    opened = crypto_secretbox_open_easy(out, box.data, box.size, nonce.data, key) == 0;
    sodium_memzero(key, sizeof key);
    return opened ? OK : err_set(err, ERR_KEY, "seal_wrong_passphrase");
}
