libtegata_a_SOURCES += \
	include/store/store.h \
	include/store/ledger.h \
	src/store/internal.h \
	src/store/store.c \
	src/store/store_account.c \
	src/store/store_begin.c \
	src/store/store_doc.c \
	src/store/store_generation.c \
	src/store/store_journal.c \
	src/store/store_ledger.c \
	src/store/store_live.c \
	src/store/store_meta.c \
	src/store/store_next_key.c \
	src/store/store_remove.c \
	src/store/store_state.c \
	src/store/store_validations.c
