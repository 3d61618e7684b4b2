/* Manual pages: text of ours as roff takes it. */
#ifndef TEGATA_BASE_ROFF_H
#define TEGATA_BASE_ROFF_H

/*
 * One line of text, so that nothing in it is a request or an escape, hyphens stay the ones that people type, and `words` in
 * backticks are bold; owned.
 */
char *roff_text(const char *text);

#endif
