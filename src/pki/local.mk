libtegata_a_SOURCES += \
	src/pki/cert.c include/pki/cert.h \
	src/pki/chain.c include/pki/chain.h \
	src/pki/csr.c include/pki/csr.h \
	src/pki/digest.c include/pki/digest.h \
	src/pki/internal.h \
	src/pki/key.c include/pki/key.h \
	src/pki/mac.c \
	src/pki/ossl.c \
	src/pki/pem.c \
	src/pki/pkcs12.c include/pki/pkcs12.h \
	src/pki/revocation.c include/pki/revocation.h
