#include "config.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "entitle/fqdn.h"
#include "run/site.h"

/* Of both sides in normal form; what is no name at all stays as it is and is told elsewhere. */
static void add_normal(const struct strs *from, struct strs *to)
{
	for (size_t i = 0; i < from->count; i++) {
		char *normal = NULL, *why = NULL;

		if (fqdn_normalize(from->item[i], &normal, &why) == 0)
			strs_take(to, normal);
		else
			strs_add(to, from->item[i]);
		free(why);
	}
}

static int compare_names(const struct certificate_setting *c, const struct csr *r, struct err *e)
{
	struct strs wanted = {0}, asked = {0};
	char *text;
	int rc = 0;

	add_normal(&c->names, &wanted);
	add_normal(csr_names(r), &asked);
	if (!strs_same_set(&wanted, &asked)) {
		text = strs_join(&asked, ", ");
		rc = err_set(e, ERR_CONFIG, _("csr: the request %s is for other names than `names` says: %s"), c->csr,
		             asked.count > 0 ? text : _("none"));
		free(text);
	}
	strs_clear(&wanted);
	strs_clear(&asked);
	return rc;
}

int site_csr_load(const struct certificate_setting *c, struct csr **out, struct err *e)
{
	struct csr *r = NULL;
	struct buf text;
	int rc = -1;

	buf_init(&text, CSR_PEM_MAX);
	if (fs_read(c->csr, &text, e) < 0 || csr_load(text.data, text.len, &r, e) < 0) {
		e->kind = ERR_CONFIG;
		err_wrap(e, "csr: %s", c->csr);
		goto out;
	}
	if (compare_names(c, r, e) < 0)
		goto out;
	*out = r;
	r = NULL;
	rc = 0;
out:
	csr_free(r);
	buf_clear(&text);
	return rc;
}
