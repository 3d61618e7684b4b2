dist_doc_DATA += \
	doc/commands.md \
	doc/configuration.md \
	doc/contract.ja.md \
	doc/contract.md \
	doc/entitlements.md \
	doc/hooks.md \
	doc/jpdirect.ja.md \
	doc/jpdirect.md \
	doc/moving.ja.md \
	doc/moving.md \
	doc/security.ja.md \
	doc/security.md \
	doc/store.md \
	doc/troubleshooting.ja.md \
	doc/troubleshooting.md \
	doc/unattended.ja.md \
	doc/unattended.md
EXTRA_DIST += doc/coverage.md doc/design.md doc/performance.md

dist_man_MANS += \
	doc/tegata.1 \
	doc/man/tegata-entitlements.5 \
	doc/man/tegata-hooks.7 \
	doc/man/tegata.yaml.5
jaman1dir = $(mandir)/ja/man1
jaman5dir = $(mandir)/ja/man5
jaman7dir = $(mandir)/ja/man7
dist_jaman1_DATA = doc/man/ja/tegata.1
dist_jaman5_DATA = doc/man/ja/tegata-entitlements.5 doc/man/ja/tegata.yaml.5
dist_jaman7_DATA = doc/man/ja/tegata-hooks.7

## The parts of the pages that are tables of the program are made by a tegata with messages of its own, and kept in the sources:
## after a change of tables or of po/ja.po run `make update-man`. tests/lint/man.sh tells when that was forgotten.
man_locale = $(abs_top_builddir)/doc/man/locale
EXTRA_PROGRAMS += tegata-man
tegata_man_SOURCES = src/main/main.c
tegata_man_CPPFLAGS = $(AM_CPPFLAGS) -ULOCALEDIR -DLOCALEDIR='"$(man_locale)"'
tegata_man_LDADD = $(tegata_LDADD)
EXTRA_DIST += doc/man/update.sh
CLEANFILES += tegata-man$(EXEEXT) doc/man/locale/ja/LC_MESSAGES/tegata.mo

.PHONY: update-man
update-man: tegata-man$(EXEEXT)
	$(SHELL) $(top_srcdir)/doc/man/update.sh ./tegata-man$(EXEEXT) $(man_locale)
