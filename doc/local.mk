dist_doc_DATA += \
	doc/commands.md \
	doc/configuration.md \
	doc/entitlements.md \
	doc/hooks.md \
	doc/store.md
EXTRA_DIST += doc/performance.md
