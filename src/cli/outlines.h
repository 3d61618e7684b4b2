/* A forecast as lines for people. */
#ifndef TEGATA_CLI_OUTLINES_H
#define TEGATA_CLI_OUTLINES_H

#include "entitle/forecast.h"

/* "2027-02-28 (Sun)  example.jp ends: …", one for each event; a period's end and the revocations that come with it are one. Appended. */
void outlines_forecast(const struct forecast *f, struct strs *lines);
/* The same with "+" and "-" in front, by time, without lines that would be there with both. */
void outlines_difference(const struct forecast_diff *d, struct strs *lines);

#endif
