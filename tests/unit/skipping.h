/* Leaving a test out says why, in the form that contrib/run-tests.sh gathers. Include after cmocka.h. */
#ifndef TEGATA_TESTS_SKIPPING_H
#define TEGATA_TESTS_SKIPPING_H

#define SKIP_BECAUSE(reason)                                                                                         \
	do {                                                                                                             \
		print_message("skipped: " reason "\n");                                                                      \
		skip();                                                                                                      \
	} while (0)

#endif
