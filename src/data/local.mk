libtegata_a_SOURCES += \
	src/data/b64url.c include/data/b64url.h \
	src/data/diag.c include/data/diag.h \
	src/data/json.c include/data/json.h \
	src/data/yaml.c include/data/yaml.h
