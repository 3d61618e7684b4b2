libtegata_a_SOURCES += \
	src/acme/account.c include/acme/account.h \
	src/acme/ari.c include/acme/ari.h \
	include/acme/order_read.h \
	src/acme/jws.c include/acme/jws.h \
	src/acme/order.c include/acme/order.h \
	src/acme/order_chain.c include/acme/order_parts.h \
	src/acme/order_create.c \
	src/acme/order_read.c \
	src/acme/order_resume.c \
	src/acme/problem.c include/acme/problem.h \
	src/acme/revoke.c include/acme/revoke.h \
	src/acme/session.c include/acme/session.h
