libtegata_a_SOURCES += \
	include/net/http.h \
	include/net/peer.h \
	include/net/probe.h \
	include/net/responder.h \
	include/net/sandbox.h \
	include/net/wire.h \
	src/net/field.c \
	src/net/field.h \
	src/net/http.c \
	src/net/http_links.c \
	src/net/http_response.c \
	src/net/http_retry.c \
	src/net/http_url.c \
	src/net/internal.h \
	src/net/peer.c \
	src/net/probe.c \
	src/net/responder.c \
	src/net/sandbox.c \
	src/net/wire.c \
	src/net/wire_confined.c \
	src/net/wire_probe.c

tegata_net_SOURCES += \
	src/net/worker.c \
	src/net/worker.h \
	src/net/worker_confine.c \
	src/net/worker_fault.c \
	src/net/worker_fetch.c \
	src/net/worker_intake.c \
	src/net/worker_landlock.c \
	src/net/worker_ldap.c \
	src/net/worker_probe.c \
	src/net/worker_probe_fault.c \
	src/net/worker_seccomp.c \
	src/net/worker_serve.c
