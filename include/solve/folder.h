/* Opening folders that somebody less trusted than us may rearrange at any moment. */
#ifndef TEGATA_SOLVE_FOLDER_H
#define TEGATA_SOLVE_FOLDER_H

#include <stdbool.h>

#include "base/err.h"

/*
 * A descriptor (O_PATH) of the folder at an absolute path. Symbolic links on the way are followed when root or we made them, in
 * a folder of root's or ours; or when whoever made them, or owns the folder they are in (and so could put another one there),
 * also owns the folder reached in the end: nobody can lead us to where he may not write himself. Each component is opened by
 * itself, so that nothing can be swapped between the look and the step; this needs no openat2() (Linux 5.6), whose flags
 * know only all links or none.
 * -1: ERR_CHALLENGE; sys_errno is ENOENT when the path does not exist.
 */
int folder_open(const char *path, int *fd, struct err *e);

/*
 * The same for `name` inside the folder `parent`, following no link at all; `shown` is its path for messages.
 * A missing one is made (0755) when `made` is given, and *made says whether that happened; otherwise it is ENOENT as above.
 */
struct folder_step {
	int parent;
	const char *name;
	const char *shown;
};
int folder_enter(const struct folder_step *step, bool *made, int *fd, struct err *e);

#endif
