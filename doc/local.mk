dist_doc_DATA += \
	doc/commands.md \
	doc/configuration.md \
	doc/entitlements.md \
	doc/hooks.md \
	doc/jpdirect.ja.md \
	doc/jpdirect.md \
	doc/store.md \
	doc/troubleshooting.ja.md \
	doc/troubleshooting.md \
	doc/unattended.ja.md \
	doc/unattended.md
EXTRA_DIST += doc/design.md doc/performance.md
dist_man_MANS += doc/tegata.1
