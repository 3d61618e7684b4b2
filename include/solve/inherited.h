/*
 * Listening sockets that whoever started us made for us: descriptors from 3 on, by LISTEN_FDS and LISTEN_PID, as systemd and
 * others do it. So an ordinary user can answer on port 80.
 */
#ifndef TEGATA_SOLVE_INHERITED_H
#define TEGATA_SOLVE_INHERITED_H

#include <sys/socket.h>

/* The descriptor that listens on this address (or on all of this machine) and its port; -1 = none. It stays inherited. */
int inherited_find(const struct sockaddr_storage *wanted);
/* One of our own for it, not blocking, closed on exec; -1 with errno. */
int inherited_use(int inherited);

#endif
