#include "node/client/pin.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

typedef unsigned char digest[crypto_hash_sha256_BYTES];

/* "AB:CD:..." or "abcd..." */
static bool read_fingerprint(digest out, const char *text)
{
    const char *end = NULL;
    size_t size = 0;

    return sodium_hex2bin(out, sizeof(digest), text, strlen(text), ": ", &size, &end) == 0 &&
           size == sizeof(digest) && *end == '\0';
}

/* Of the bytes that the armour holds. */
static bool digest_of(digest out, const char *pem)
{
    const char *begin = strstr(pem, PEM_BEGIN), *end = strstr(pem, PEM_END);
    unsigned char *der;
    size_t size = 0;
    bool good;

    if (begin == NULL || end == NULL || end < begin) {
        return false;
    }
    begin += sizeof PEM_BEGIN - 1;
    der = malloc((size_t)(end - begin) + 1);
    good = der != NULL &&
           sodium_base642bin(der, (size_t)(end - begin), begin, (size_t)(end - begin), "\r\n",
                             &size, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           crypto_hash_sha256(out, der, size) == 0;
    free(der);
    return good;
}

static const char *first_certificate(CURL *curl)
{
    struct curl_certinfo *chain = NULL;

    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL ||
        chain->num_of_certs < 1) {
        return NULL;
    }
    for (const struct curl_slist *row = chain->certinfo[0]; row != NULL; row = row->next) {
        if (strncmp(row->data, "Cert:", 5) == 0) {
            return row->data + 5;
        }
    }
    return NULL;
}

static enum terrace_outcome compare(char **pem, CURL *curl, const digest wanted)
{
    const char *shown = first_certificate(curl);
    digest found;

    if (shown == NULL || !digest_of(found, shown) ||
        sodium_memcmp(found, wanted, sizeof(digest)) != 0) {
        return TERRACE_NOT_TRUSTED;
    }
    *pem = strdup(shown);
    return *pem == NULL ? TERRACE_NO_MEMORY : TERRACE_OK;
}

enum terrace_outcome pin_fetch(char **pem, const char *url, const char *fingerprint,
                               unsigned timeout_ms)
{
    enum terrace_outcome outcome;
    digest wanted;
    CURLcode code;
    CURL *curl;

    *pem = NULL;
    if (sodium_init() < 0 || !read_fingerprint(wanted, fingerprint)) {
        return TERRACE_MISUSE;
    }
    curl = curl_easy_init();
    if (curl == NULL) {
        return TERRACE_NO_MEMORY;
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L); /* shake hands, and say nothing */
    (void)curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    code = curl_easy_perform(curl);
    outcome = code == CURLE_OK                   ? compare(pem, curl, wanted)
              : code == CURLE_OPERATION_TIMEDOUT ? TERRACE_TIMED_OUT
              : code == CURLE_SSL_CONNECT_ERROR  ? TERRACE_NOT_TRUSTED
                                                 : TERRACE_UNREACHABLE;
    curl_easy_cleanup(curl);
    return outcome;
}
