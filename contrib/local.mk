EXTRA_DIST += contrib/run-fuzz.sh contrib/run-tests.sh contrib/run-coverage.sh contrib/run-torture.sh contrib/lib.sh contrib/quickstart.sh
EXTRA_DIST += .clang-tidy contrib/run-checkers.sh contrib/checkers/findings contrib/checkers/valgrind.short \
	contrib/checkers/valgrind.skip contrib/checkers/valgrind.supp
dist_examples_DATA += \
	contrib/examples/entitlements.yaml \
	contrib/examples/tegata.yaml

## What the platform runs. All of it lies ready and does nothing until somebody enables it.
units_in = contrib/systemd/tegata.service.in contrib/systemd/tegata-deploy.service.in
units = contrib/systemd/tegata.service contrib/systemd/tegata-deploy.service
systemdsystemunit_DATA = $(units)
dist_systemdsystemunit_DATA = contrib/systemd/tegata.timer
nodist_examples_DATA = contrib/cron/tegata
dist_examples_DATA += contrib/systemd/hooks.conf contrib/systemd/ordinary-user.conf

fill_in = $(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@pkgsysconfdir[@]|$(sysconfdir)/tegata|g'

contrib/systemd/tegata.service: $(srcdir)/contrib/systemd/tegata.service.in Makefile
	$(fill_in) $(srcdir)/contrib/systemd/tegata.service.in >$@.tmp && mv $@.tmp $@

contrib/systemd/tegata-deploy.service: $(srcdir)/contrib/systemd/tegata-deploy.service.in Makefile
	$(fill_in) $(srcdir)/contrib/systemd/tegata-deploy.service.in >$@.tmp && mv $@.tmp $@

contrib/cron/tegata: $(srcdir)/contrib/cron/tegata.in Makefile
	$(fill_in) $(srcdir)/contrib/cron/tegata.in >$@.tmp && mv $@.tmp $@

CLEANFILES += $(units) contrib/cron/tegata
EXTRA_DIST += $(units_in) contrib/cron/tegata.in contrib/systemd/tegata.sysusers contrib/systemd/tegata.tmpfiles

## systemd wants them by another name than ours.
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(prefix)/lib/sysusers.d' '$(DESTDIR)$(prefix)/lib/tmpfiles.d'
	$(INSTALL_DATA) $(srcdir)/contrib/systemd/tegata.sysusers '$(DESTDIR)$(prefix)/lib/sysusers.d/tegata.conf'
	$(INSTALL_DATA) $(srcdir)/contrib/systemd/tegata.tmpfiles '$(DESTDIR)$(prefix)/lib/tmpfiles.d/tegata.conf'

uninstall-local:
	rm -f '$(DESTDIR)$(prefix)/lib/sysusers.d/tegata.conf' '$(DESTDIR)$(prefix)/lib/tmpfiles.d/tegata.conf'

## For packagers; see contrib/build-deb.sh.
EXTRA_DIST += contrib/build-deb.sh contrib/rpm/tegata.spec contrib/rpm/tegata.cil \
	contrib/debian/changelog contrib/debian/control contrib/debian/copyright contrib/debian/rules \
	contrib/debian/source/format contrib/debian/po/POTFILES.in contrib/debian/po/ja.po \
	contrib/debian/po/templates.pot contrib/debian/tegata.config contrib/debian/tegata.lintian-overrides \
	contrib/debian/tegata.postinst contrib/debian/tegata.postrm contrib/debian/tegata.prerm \
	contrib/debian/tegata.templates

## They want root and a bare Debian, or rpm; see HACKING.md.
EXTRA_DIST += tests/packages/debian.sh tests/packages/rpm.sh tests/packages/rpm.macros tests/packages/rpmlint.toml
