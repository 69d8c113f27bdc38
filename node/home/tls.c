/* The one place that includes GnuTLS. */
#include "node/home/tls.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "node/home/files.h"
#include "node/home/home.h"

enum {
    TLS_FILE_BYTES_MAX = 64 << 10, /* a certificate and those of its issuers */
    LIFE_DAYS = 3653,              /* ten years */
    SERIAL_BYTES = 16,
    DAY_S = 86400,
};

#define CERTIFICATE_FILE "tls/cert.pem"
#define KEY_FILE         "tls/key.pem"

static enum status fail(struct err *err, int code)
{
    return err_set(err, ERR_KEY, "tls_not_made why=%s", gnutls_strerror(code));
}

/* --- making them --- */

static int name_subject(gnutls_x509_crt_t certificate, struct division division)
{
    const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    char name[64], host[256] = "";
    int size = snprintf(name, sizeof name, "Terrace %s", division.code);
    int code = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                             (unsigned)size);

    if (code == 0) {
        code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                                    GNUTLS_FSAN_SET);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, &loopback,
                                                    sizeof loopback, GNUTLS_FSAN_APPEND);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS,
                                                    &in6addr_loopback, sizeof in6addr_loopback,
                                                    GNUTLS_FSAN_APPEND);
    }
    if (code == 0 && gethostname(host, sizeof host - 1) == 0 && host[0] != '\0') {
        (void)gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, host,
                                                   (unsigned)strlen(host), GNUTLS_FSAN_APPEND);
    }
    return code;
}

/* A clock that is a day ahead elsewhere still finds it valid. */
static int set_life(gnutls_x509_crt_t certificate, uint64_t now_unix_ms)
{
    const time_t now = (time_t)(now_unix_ms / 1000);
    uint8_t serial[SERIAL_BYTES];
    int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

    serial[0] &= 0x7f; /* positive */
    if (code == 0) {
        code = gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_activation_time(certificate, now - DAY_S);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_expiration_time(certificate, now + (time_t)LIFE_DAYS * DAY_S);
    }
    return code;
}

static int make_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                            struct division division, uint64_t now_unix_ms)
{
    int code = gnutls_x509_privkey_generate(
        key, GNUTLS_PK_ECDSA, (unsigned)GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);

    if (code == 0) {
        code = gnutls_x509_crt_set_version(certificate, 3);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_key(certificate, key);
    }
    if (code == 0) {
        code = name_subject(certificate, division);
    }
    if (code == 0) {
        code = set_life(certificate, now_unix_ms);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    }
    if (code == 0) {
        code = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
    }
    if (code == 0) {
        code = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    }
    return code;
}

static enum status write_pem(const char *home, const char *file, const gnutls_datum_t *pem,
                             struct err *err)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, file);
    return file_write(path, bytes_of(pem->data, pem->size), err);
}

/* The key first: a certificate alone would look like one that was put there. */
static enum status write_pair(const char *home, gnutls_x509_crt_t certificate,
                              gnutls_x509_privkey_t key, struct err *err)
{
    gnutls_datum_t certificate_pem = {NULL, 0}, key_pem = {NULL, 0};
    int code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                                 &key_pem);
    enum status status;

    if (code == 0) {
        code = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &certificate_pem);
    }
    status = code == 0 ? write_pem(home, KEY_FILE, &key_pem, err) : fail(err, code);
    if (status == OK) {
        status = write_pem(home, CERTIFICATE_FILE, &certificate_pem, err);
    }
    if (key_pem.data != NULL) {
        gnutls_memset(key_pem.data, 0, key_pem.size);
    }
    gnutls_free(key_pem.data);
    gnutls_free(certificate_pem.data);
    return status;
}

static bool file_there(const char *home, const char *file)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, file);
    return access(path, F_OK) == 0;
}

static enum status make_pair(const char *home, struct division division, uint64_t now_unix_ms,
                             struct err *err)
{
    gnutls_x509_crt_t certificate = NULL;
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_crt_init(&certificate);
    enum status status;

    if (code == 0) {
        code = gnutls_x509_privkey_init(&key);
    }
    if (code == 0) {
        code = make_certificate(certificate, key, division, now_unix_ms);
    }
    status = code == 0 ? write_pair(home, certificate, key, err) : fail(err, code);
    if (key != NULL) {
        gnutls_x509_privkey_deinit(key);
    }
    if (certificate != NULL) {
        gnutls_x509_crt_deinit(certificate);
    }
    return status;
}

enum status tls_make(const char *home, struct division division, uint64_t now_unix_ms,
                     struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status;

    if (file_there(home, CERTIFICATE_FILE) || file_there(home, KEY_FILE)) {
        return OK;
    }
    home_file(path, home, "tls");
    status = directory_make(path, err);
    return status == OK ? make_pair(home, division, now_unix_ms, err) : status;
}

/* --- reading them --- */

static enum status read_pem(struct buf *out, char path[HOME_FILE_MAX], const char *home,
                            const char *file, struct err *err)
{
    enum status status;

    home_file(path, home, file);
    status = file_read(out, path, TLS_FILE_BYTES_MAX, err);
    if (status == ERR_NOT_FOUND) {
        return err_set(err, status, "tls_file_missing path=%s home=%s", path, home);
    }
    if (status == OK) {
        buf_put_u8(out, 0);
    }
    return status;
}

static gnutls_datum_t datum_of(const struct buf *pem)
{
    return (gnutls_datum_t){pem->data, (unsigned)(pem->size - 1)};
}

static enum status read_certificate(struct tls_pair *pair, gnutls_x509_crt_t certificate,
                                    const char *path, struct err *err)
{
    const gnutls_datum_t pem = datum_of(&pair->certificate);
    uint8_t digest[32];
    size_t size = sizeof digest;

    if (gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM) != 0 ||
        gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, digest, &size) != 0) {
        return err_set(err, ERR_KEY, "tls_certificate_unreadable path=%s", path);
    }
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(pair->fingerprint + 3 * i, sizeof pair->fingerprint - 3 * i, "%02X%s",
                       (unsigned)digest[i], i + 1 < size ? ":" : "");
    }
    pair->until_unix_ms = (uint64_t)gnutls_x509_crt_get_expiration_time(certificate) * 1000;
    return OK;
}

static enum status check_match(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                               const char *certificate_path, const char *key_path, struct err *err)
{
    uint8_t of_certificate[64], of_key[64];
    size_t certificate_size = sizeof of_certificate, key_size = sizeof of_key;

    if (gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, of_certificate,
                                   &certificate_size) != 0 ||
        gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) != 0 ||
        certificate_size != key_size || memcmp(of_certificate, of_key, key_size) != 0) {
        return err_set(err, ERR_KEY, "tls_key_differs key=%s certificate=%s", key_path,
                       certificate_path);
    }
    return OK;
}

static enum status check_pair(struct tls_pair *pair, const char *certificate_path,
                              const char *key_path, struct err *err)
{
    const gnutls_datum_t pem = datum_of(&pair->key);
    gnutls_x509_crt_t certificate = NULL;
    gnutls_x509_privkey_t key = NULL;
    enum status status;

    if (gnutls_x509_crt_init(&certificate) != 0 || gnutls_x509_privkey_init(&key) != 0) {
        status = err_set(err, ERR_KEY, "tls_not_started");
    } else {
        status = read_certificate(pair, certificate, certificate_path, err);
    }
    if (status == OK &&
        gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN) != 0) {
        status = err_set(err, ERR_KEY, "tls_key_unreadable path=%s", key_path);
    }
    if (status == OK) {
        status = check_match(certificate, key, certificate_path, key_path, err);
    }
    if (key != NULL) {
        gnutls_x509_privkey_deinit(key);
    }
    if (certificate != NULL) {
        gnutls_x509_crt_deinit(certificate);
    }
    return status;
}

void tls_free(struct tls_pair *pair)
{
    if (pair->key.data != NULL) {
        gnutls_memset(pair->key.data, 0, pair->key.size);
    }
    buf_free(&pair->key);
    buf_free(&pair->certificate);
}

enum status tls_load(struct tls_pair *out, const char *home, struct err *err)
{
    char certificate_path[HOME_FILE_MAX], key_path[HOME_FILE_MAX];
    enum status status;

    memset(out, 0, sizeof *out);
    status = read_pem(&out->certificate, certificate_path, home, CERTIFICATE_FILE, err);
    if (status == OK) {
        status = read_pem(&out->key, key_path, home, KEY_FILE, err);
    }
    if (status == OK) {
        status = check_pair(out, certificate_path, key_path, err);
    }
    if (status != OK) {
        tls_free(out);
    }
    return status;
}
