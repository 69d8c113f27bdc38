/* Hashes that say what they are for, signatures over them, and secrets under a passphrase. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/trust/crypto.h"
#include "tests/harness/identities.h"

/* From Python's hashlib.blake2b(digest_size=32, person=tag), an independent implementation. */
static const struct {
    enum tag tag;
    const char *hex;
} vectors[] = {
    {TAG_LEAF, "e871e3a8bcea56365532016a99c903b4889616b3f30b050e3ede6c5036bf7db8"},
    {TAG_NODE, "da834410fd15f5301fc3966e3707fcde7ad3d597079a3e24743caf49414ee3ed"},
    {TAG_BLOCK, "ee55f081cdac0cb5f4257e2f7ce72237ca94f14912f2df0e6e3b03574adfa729"},
    {TAG_BODY, "11efe41be0ffe85bdf3cd4b2d2f9a7cfbdfe207ecf500ddcc4af7f03ce83ae2e"},
    {TAG_STATE, "785c8a30c7fc4561576ab3309c2ab8820bb5288c65bdbb13fc523910ac0bfa24"},
    {TAG_APPROVAL_LEAF, "41454ea6627677db37ef6381c3c7e8230fc1d7d41ab62dc6342c5554398f6b96"},
    {TAG_APPROVAL, "606ed46d55aec71f74769d04aa0f9d9b6132c872271d19efb04527c3925bc8f3"},
    {TAG_COSIGN, "3cbcc5bb27f2f8391d46904beabee0364275310938fe2b45c8d97018e6cf8ab4"},
    {TAG_GRANT, "d835ebdb57a553872cef858423b95ac27f0b50f80228083bbbc8065cf4949c4a"},
    {TAG_BEAT, "aeb3677586900f75f3569772ce3e6bf6a373f06e254a568ed99da36ed828aa7a"},
    {TAG_ENROL, "d37d23c2b20dd0fc4a22de0983b091003df5cb7f2f9bf1bf3a2c367cf41fe076"},
    {TAG_TOKEN, "3f46a34ef71cf2d95ec841ed511a295290a184e2a174f667e9c3f4e0f626e504"},
    {TAG_KEY, "345962161941ccece7cad9b1122fc13ed57f4ca8dfa2c295555f249547fdf0ee"},
    {TAG_CONTENT, "21ecbfa1b9680991b940878ef07193de2e3179f2a091635afea2343b4fd5fa2c"},
    {TAG_ROSTER, "237178068d7d307236dc302b0de6ab518b57178e6eefc0ba1c6b5fe44c3979fe"},
    {TAG_KEY_PROOF, "5c7b64ea771d8c5d3997ae93f8a016fc8f5ae6a7215efeec54ca33e70d1e3866"},
    {TAG_CONSENT, "7756a41784d9ff2b34cf857d5302cbb13f6d0353891c16ac398d20eb994bf34b"},
    {TAG_FILE, "2f649f949161c159e430d6b741084bd740d1a52bce10292bc2835251b7731d0f"},
    {TAG_ARRIVAL, "89665878efe1991f301d562c8a988d72585565141a9f23f25bf3a0176c698d2c"},
    {TAG_BROWSER, "921f56bf93a6e32d4d72eb4c91a35f4281c36c00e558a7a71e3af568460279e2"},
    {TAG_ACCESS, "2165a61ed41caa890e4a0088f866fd760504cae227a5bd7ed2b752cd0fa22e06"},
    {TAG_WEBHOOK, "512a8c2e3294a037f15c28a2caa0b902075116dce1c916793b034e0a1af7581c"},
    {TAG_ASKER, "19867765193f81946db071cc18c361e301d697ee3ac1994a199185e3c05370fe"},
    {TAG_OBJECTION, "601840dd2db66dc344d89fc9cc836e69b35b28f8d40ed1b12de254763aad387d"},
};

static void every_tag_hashes_as_another_implementation_says(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(vectors), TAGS);
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        const struct hash hash = hash_of(vectors[i].tag, bytes_text("terraced fields"));
        char hex[2 * HASH_SIZE + 1];

        hex_encode(hex, hash.at, sizeof hash.at);
        assert_string_equal(hex, vectors[i].hex);
    }
}

static void numbers_are_hashed_big_endian_and_fields_with_their_size(void **state)
{
    const uint8_t raw[] = {1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b'};
    struct hash want = hash_of(TAG_BEAT, bytes_of(raw, sizeof raw)), got;
    struct hasher hasher;

    (void)state;
    hasher_begin(&hasher, TAG_BEAT);
    hasher_add_u32(&hasher, 0x01020304);
    hasher_add_u64(&hasher, UINT64_C(0x0102030405060708));
    hasher_add_bytes(&hasher, bytes_text("ab"));
    got = hasher_end(&hasher);
    assert_true(hash_equal(&got, &want));
}

static void a_hash_does_not_depend_on_how_the_data_came(void **state)
{
    static uint8_t data[1000];
    const size_t cuts[] = {0, 1, 63, 64, 65, 127, 128, 129, 999, 1000};

    (void)state;
    crypto_random(data, sizeof data);
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        const struct hash whole = hash_of(TAG_BODY, bytes_of(data, sizeof data));
        struct hasher hasher;
        struct hash parts;

        hasher_begin(&hasher, TAG_BODY);
        hasher_add(&hasher, data, cuts[i]);
        hasher_add(&hasher, NULL, 0);
        hasher_add(&hasher, data + cuts[i], sizeof data - cuts[i]);
        parts = hasher_end(&hasher);
        assert_true(hash_equal(&whole, &parts));
    }
}

static void a_signature_fits_one_key_one_hash_and_itself(void **state)
{
    struct sign_key key, other;
    struct hash hash = hash_of(TAG_BLOCK, bytes_text("header"));
    struct signature signature;

    (void)state;
    sign_key_generate(&key);
    sign_key_generate(&other);
    signature = sign_hash(&key, &hash);
    assert_true(signature_ok(&key.public, &hash, &signature));
    assert_false(signature_ok(&other.public, &hash, &signature));
    for (size_t i = 0; i < sizeof signature.at; i++) {
        struct signature altered = signature;
        altered.at[i] ^= 1;
        assert_false(signature_ok(&key.public, &hash, &altered));
    }
    for (size_t i = 0; i < sizeof hash.at; i++) {
        struct hash altered = hash;
        altered.at[i] ^= 0x80;
        assert_false(signature_ok(&key.public, &altered, &signature));
    }
}

static void a_key_id_begins_its_fingerprint(void **state)
{
    struct sign_key key, other;
    struct hash fingerprint, foreign;
    struct key_id id;

    (void)state;
    sign_key_generate(&key);
    sign_key_generate(&other);
    fingerprint = key_fingerprint(&key.public);
    foreign = key_fingerprint(&other.public);
    id = key_id_of(&key.public);
    assert_memory_equal(id.at, fingerprint.at, sizeof id.at);
    assert_false(hash_equal(&fingerprint, &foreign));
}

static void a_sealed_secret_opens_with_its_passphrase(void **state)
{
    const struct bytes secret = bytes_text("thirty-two bytes of a secret key");
    const char *passphrases[] = {"", "a", "\xe6\x9e\x97\xe5\x91\xa8 correct horse"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(passphrases); i++) {
        for (int light = 0; light <= 1; light++) {
            struct buf sealed = BUF_EMPTY;
            char out[32];
            struct err err;

            secret_seal(&sealed, secret, bytes_text(passphrases[i]), light);
            assert_int_equal(secret_unseal(out, sizeof out, buf_bytes(&sealed),
                                           bytes_text(passphrases[i]), &err),
                             OK);
            assert_memory_equal(out, secret.data, sizeof out);
            buf_free(&sealed);
        }
    }
}

static void no_two_seals_are_alike(void **state)
{
    struct buf a = BUF_EMPTY, b = BUF_EMPTY;

    (void)state;
    secret_seal(&a, bytes_text("secret"), bytes_text("pass"), true);
    secret_seal(&b, bytes_text("secret"), bytes_text("pass"), true);
    assert_int_equal(a.size, b.size);
    assert_memory_not_equal(a.data, b.data, a.size);
    buf_free(&a);
    buf_free(&b);
}

static void expect_closed(struct bytes sealed, const char *passphrase, size_t size)
{
    char out[64];
    struct err err = {OK, ""};

    assert_int_equal(secret_unseal(out, size, sealed, bytes_text(passphrase), &err), ERR_KEY);
    assert_int_equal(err.status, ERR_KEY);
    assert_true(strlen(err.text) > 0);
}

static void a_wrong_passphrase_does_not_open_it(void **state)
{
    static const char *const wrong[] = {"", "pas", "pass ", "Pass", "passpass"};
    struct buf sealed = BUF_EMPTY;

    (void)state;
    secret_seal(&sealed, bytes_text("secret"), bytes_text("pass"), true);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        expect_closed(buf_bytes(&sealed), wrong[i], 6);
    }
    buf_free(&sealed);
}

static void a_seal_altered_anywhere_does_not_open(void **state)
{
    struct buf sealed = BUF_EMPTY;

    (void)state;
    secret_seal(&sealed, bytes_text("secret"), bytes_text("pass"), true);
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 1;
        expect_closed(buf_bytes(&sealed), "pass", 6);
        sealed.data[i] ^= 1;
    }
    for (size_t size = 0; size < sealed.size; size++) {
        expect_closed(bytes_of(sealed.data, size), "pass", 6);
    }
    expect_closed(buf_bytes(&sealed), "pass", 5);
    expect_closed(buf_bytes(&sealed), "pass", 7);
    buf_put_u8(&sealed, 0);
    expect_closed(buf_bytes(&sealed), "pass", 6);
    buf_free(&sealed);
}

static void a_seal_cannot_ask_for_all_memory(void **state)
{
    enum { MEMLIMIT_AT = 4 + 1 + 16 + 8 };
    struct buf sealed = BUF_EMPTY;

    (void)state;
    secret_seal(&sealed, bytes_text("secret"), bytes_text("pass"), true);
    store_u64(sealed.data + MEMLIMIT_AT, UINT64_C(1) << 40);
    expect_closed(buf_bytes(&sealed), "pass", 6);
    store_u64(sealed.data + MEMLIMIT_AT - 8, UINT64_C(1) << 20);
    expect_closed(buf_bytes(&sealed), "pass", 6);
    buf_free(&sealed);
}

static void wiped_memory_holds_nothing(void **state)
{
    uint8_t secret[40], nothing[40] = {0};
    struct curve_key a, b;

    (void)state;
    crypto_random(secret, sizeof secret);
    assert_false(crypto_equal(secret, nothing, sizeof secret));
    crypto_wipe(secret, sizeof secret);
    assert_true(crypto_equal(secret, nothing, sizeof secret));
    curve_key_generate(&a);
    curve_key_generate(&b);
    assert_memory_not_equal(a.public, b.public, sizeof a.public);
    assert_memory_not_equal(a.secret, a.public, sizeof a.public);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tag_hashes_as_another_implementation_says),
        cmocka_unit_test(numbers_are_hashed_big_endian_and_fields_with_their_size),
        cmocka_unit_test(a_hash_does_not_depend_on_how_the_data_came),
        cmocka_unit_test(a_signature_fits_one_key_one_hash_and_itself),
        cmocka_unit_test(a_key_id_begins_its_fingerprint),
        cmocka_unit_test(a_sealed_secret_opens_with_its_passphrase),
        cmocka_unit_test(no_two_seals_are_alike),
        cmocka_unit_test(a_wrong_passphrase_does_not_open_it),
        cmocka_unit_test(a_seal_altered_anywhere_does_not_open),
        cmocka_unit_test(a_seal_cannot_ask_for_all_memory),
        cmocka_unit_test(wiped_memory_holds_nothing),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
