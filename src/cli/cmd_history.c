#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "output.h"
#include "report.h"
#include "run/history.h"
#include "setup.h"

static struct json *item_json(const struct history_item *item)
{
	const struct store_generation *g = &item->generation;
	struct json *j = json_new_object();

	json_set_int(j, "generation", g->number);
	json_set_bool(j, "live", item->live);
	json_set_strs(j, "names", &g->names);
	json_set_str(j, "ca", g->ca);
	json_set_str(j, "key_type", g->key_type);
	json_set_str(j, "serial", g->serial);
	json_set_str(j, "fingerprint", g->fingerprint);
	json_set_str(j, "spki_sha256", g->spki_sha256);
	json_set_str(j, "issuer", g->issuer);
	output_set_time(j, "issued_at", g->issued_at);
	output_set_time(j, "not_before", g->not_before);
	output_set_time(j, "not_after", g->not_after);
	json_set_str(j, "damage", item->damage);
	return j;
}

static void print_json(const char *name, const struct history *h)
{
	struct json *j = output_object("tegata.history.v1", true), *items = json_new_array();

	json_set_str(j, "name", name);
	for (size_t i = 0; i < h->count; i++)
		json_add(items, item_json(&h->item[i]));
	json_set(j, "generations", items);
	output_json(j);
}

static void print_item(const struct history_item *item, int64_t now)
{
	const struct store_generation *g = &item->generation;
	char *issued = output_local_time(g->issued_at), *until = output_local_time(g->not_after);
	char *names = output_names(&g->names);

	output_line(_("%s %d  issued %s, %s %s, %s, serial %s"), item->live ? "*" : " ", g->number, issued,
	            g->not_after < now ? _("ended") : _("valid until"), until, g->key_type ? g->key_type : "?", g->serial);
	output_line("     %s", names);
	if (item->damage)
		output_line(_("     cannot be gone back to: %s"), item->damage);
	free(issued);
	free(until);
	free(names);
}

static int one_name(const struct cli *c, struct err *e)
{
	if (c->args.word_count == 1)
		return 0;
	return err_set(e, ERR_USAGE, _("which certificate? `tegata history NAME`; `tegata status` lists the names"));
}

int cmd_history(struct cli *c)
{
	struct history h = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status = 0;

	if (setup_site(c, &s, &e) < 0 || one_name(c, &e) < 0 || history_gather(&s, c->args.word[0], &h, &e) < 0)
		status = report_error(c, &e);
	else if (c->json)
		print_json(c->args.word[0], &h);
	else if (h.count == 0)
		output_line(_("%s: nothing was issued yet"), c->args.word[0]);
	for (size_t i = 0; status == 0 && !c->json && i < h.count; i++)
		print_item(&h.item[i], clock_now(s.clock));
	history_clear(&h);
	site_clear(&s);
	return status;
}
