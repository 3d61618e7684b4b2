#include "config.h"

#include "internal.h"

#include <openssl/err.h>

#include "base/i18n.h"

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
