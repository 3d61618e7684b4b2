## With real servers: each script runs twice, with the Pebble that is installed and with the newest that Debian has.
e2e_tests = \
	tests/e2e/01-register.sh \
	tests/e2e/02-webroot-nginx.sh \
	tests/e2e/03-standalone.sh \
	tests/e2e/04-dns-nsupdate.sh \
	tests/e2e/05-certbot-hooks.sh \
	tests/e2e/06-gate.sh \
	tests/e2e/07-idn.sh \
	tests/e2e/08-hundred.sh \
	tests/e2e/09-apache.sh \
	tests/e2e/10-haproxy.sh \
	tests/e2e/11-renewal.sh \
	tests/e2e/12-one-fails.sh \
	tests/e2e/13-deploy.sh \
	tests/e2e/14-present-fails.sh \
	tests/e2e/15-machine-fails.sh \
	tests/e2e/16-ordinary-user.sh \
	tests/e2e/17-signals.sh \
	tests/e2e/18-revoke.sh \
	tests/e2e/19-locked.sh \
	tests/e2e/20-bad-input.sh \
	tests/e2e/21-json.sh \
	tests/e2e/22-programs.sh \
	tests/e2e/23-install.sh \
	tests/e2e/24-ari.sh \
	tests/e2e/25-backoff.sh \
	tests/e2e/26-resume.sh \
	tests/e2e/27-served.sh \
	tests/e2e/28-mail-servers.sh \
	tests/e2e/29-outputs.sh \
	tests/e2e/30-keys.sh \
	tests/e2e/31-chains.sh \
	tests/e2e/32-revoked.sh \
	tests/e2e/33-history.sh \
	tests/e2e/34-notify.sh \
	tests/e2e/35-plan.sh \
	tests/e2e/36-profiles.sh \
	tests/e2e/37-units.sh \
	tests/e2e/38-clock.sh \
	tests/e2e/39-hook-fails.sh \
	tests/e2e/40-scan.sh \
	tests/e2e/41-contract.sh \
	tests/e2e/42-lapse.sh \
	tests/e2e/43-entitlements.sh \
	tests/e2e/44-forecast.sh \
	tests/e2e/45-first-use.sh \
	tests/e2e/46-moving.sh \
	tests/e2e/47-check.sh \
	tests/e2e/48-contracts.sh \
	tests/e2e/49-refusals.sh \
	tests/e2e/50-second-run.sh \
	tests/e2e/51-hooks-refused.sh
## Those that speak to a CA.
e2e_current = \
	tests/e2e/current/01-register.sh \
	tests/e2e/current/02-webroot-nginx.sh \
	tests/e2e/current/03-standalone.sh \
	tests/e2e/current/04-dns-nsupdate.sh \
	tests/e2e/current/05-certbot-hooks.sh \
	tests/e2e/current/06-gate.sh \
	tests/e2e/current/07-idn.sh \
	tests/e2e/current/08-hundred.sh \
	tests/e2e/current/09-apache.sh \
	tests/e2e/current/10-haproxy.sh \
	tests/e2e/current/11-renewal.sh \
	tests/e2e/current/12-one-fails.sh \
	tests/e2e/current/13-deploy.sh \
	tests/e2e/current/14-present-fails.sh \
	tests/e2e/current/15-machine-fails.sh \
	tests/e2e/current/16-ordinary-user.sh \
	tests/e2e/current/17-signals.sh \
	tests/e2e/current/18-revoke.sh \
	tests/e2e/current/19-locked.sh \
	tests/e2e/current/21-json.sh \
	tests/e2e/current/24-ari.sh \
	tests/e2e/current/25-backoff.sh \
	tests/e2e/current/26-resume.sh \
	tests/e2e/current/31-chains.sh \
	tests/e2e/current/32-revoked.sh \
	tests/e2e/current/36-profiles.sh \
	tests/e2e/current/41-contract.sh \
	tests/e2e/current/45-first-use.sh \
	tests/e2e/current/46-moving.sh \
	tests/e2e/current/48-contracts.sh \
	tests/e2e/current/49-refusals.sh
TESTS += $(e2e_tests) $(e2e_current)
EXTRA_DIST += $(e2e_tests) tests/e2e/lib.sh tests/e2e/pebble-current.sh
MOSTLYCLEANFILES += $(e2e_current)

$(e2e_current): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	printf '#!/bin/sh\nE2E_PEBBLE=current exec "$$abs_top_srcdir/tests/e2e/%s"\n' $(@F) >$@ && chmod 755 $@

clean-local: e2e-clean
e2e-clean:
	rm -rf tests/e2e/current tests/e2e/pebble-current
.PHONY: e2e-clean
