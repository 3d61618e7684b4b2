libtegata_a_SOURCES += \
	include/config/events.h \
	include/config/keys.h \
	include/config/reader.h \
	include/config/settings.h \
	src/config/ca_setting.c \
	src/config/certificate_setting.c \
	src/config/challenge_setting.c \
	src/config/events.c \
	src/config/hook_setting.c \
	src/config/key_setting.c \
	src/config/keys.c \
	src/config/markdown.c \
	src/config/notify_setting.c \
	src/config/output_setting.c \
	src/config/profiles.c \
	src/config/reader.c \
	src/config/renew_setting.c \
	src/config/rule_setting.c \
	src/config/served_setting.c \
	src/config/settings.c \
	src/config/write.c
