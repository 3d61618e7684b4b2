/* Texts for people. _() where a text is used, N_() where a table only holds it, P_() for counted things. */
#ifndef TEGATA_BASE_I18N_H
#define TEGATA_BASE_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)
#define P_(one, many, n) ngettext(one, many, n)

#endif
