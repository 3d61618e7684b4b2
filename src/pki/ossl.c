#include "config.h"

#include "internal.h"

#include <openssl/err.h>
#include <time.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "pki/digest.h"

int ossl_fail(struct err *e, enum err_kind kind, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	if (reason == NULL)
		return err_set(e, kind, "%s", what);
	return err_set(e, kind, "%s: %s", what, reason);
}

int ossl_take(BIO *bio, struct buf *out, struct err *e)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	if (len < 0 || buf_append(out, data, (size_t)len) != 0)
		return err_set(e, ERR_INTERNAL, _("larger than expected (%ld bytes)"), len);
	return 0;
}

const EVP_MD *ossl_digest_for(enum key_type t)
{
	return t == KEY_EC_P384 ? EVP_sha384() : EVP_sha256();
}

int ossl_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm = {0};
	struct date day;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	day = (struct date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
	if (!date_valid(day))
		return -1;
	*out = time_from_utc(day, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
}

char *ossl_sha256_hex(unsigned char *der, int len)
{
	char *out = NULL;

	if (len > 0)
		out = digest_sha256_hex(der, (size_t)len);
	OPENSSL_free(der);
	return out;
}
