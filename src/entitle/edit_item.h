/* What one change does to the lines of the list. Internal to entitle/edit. */
#ifndef TEGATA_ENTITLE_EDIT_ITEM_H
#define TEGATA_ENTITLE_EDIT_ITEM_H

#include "data/diag.h"
#include "data/yaml.h"
#include "edit_text.h"
#include "entitle/edit.h"

struct edit_work {
	const char *file;
	struct edit_text text;
	struct yaml_node *root; /* of text; NULL = there is nothing in it */
	struct diags d;         /* why it cannot be changed line by line */
	int place;              /* line before which new items go; 0 = not looked for yet */
};

/* They gather changes in w->text, or mistakes in w->d. `node`: the item as it stands. */
void edit_item_add(struct edit_work *w, const struct edit_change *c);
void edit_item_remove(struct edit_work *w, const struct yaml_node *node);
void edit_item_set(struct edit_work *w, const struct yaml_node *node, const struct edit_change *c);

#endif
