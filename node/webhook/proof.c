#include "node/webhook/proof.h"

#include <inttypes.h>
#include <stdio.h>

static struct hash hash_body(uint64_t unix_s, struct bytes body)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_WEBHOOK);
    hasher_add_u64(&hasher, unix_s);
    hasher_add(&hasher, body.data, body.size);
    return hasher_end(&hasher);
}

void proof_write(char out[PROOF_BYTES_MAX], const uint8_t secret[32], const struct sign_key *key,
                 uint64_t unix_s, struct bytes body)
{
    const struct hash hash = hash_body(unix_s, body);
    const struct signature signature = sign_hash(key, &hash);
    char digits[65], time[32], mac_hex[65], key_hex[2 * PUBLIC_KEY_SIZE + 1],
        signature_hex[2 * SIGNATURE_SIZE + 1];
    uint8_t mac[32];

    hex_encode(digits, secret, 32);
    (void)snprintf(time, sizeof time, "%" PRIu64 ".", unix_s);
    hmac_sha256(mac, bytes_text(digits), bytes_text(time), body);
    hex_encode(mac_hex, mac, sizeof mac);
    hex_encode(key_hex, key->public.at, sizeof key->public.at);
    hex_encode(signature_hex, signature.at, sizeof signature.at);
    (void)snprintf(out, PROOF_BYTES_MAX,
                   "Terrace-Signature: t=%" PRIu64 ", hmac-sha256=%s\r\n"
                   "Terrace-Node-Signature: key=%s, ed25519=%s\r\n",
                   unix_s, mac_hex, key_hex, signature_hex);
    crypto_wipe(digits, sizeof digits);
}
