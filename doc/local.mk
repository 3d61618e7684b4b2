dist_doc_DATA += \
	doc/configuration.md \
	doc/entitlements.md \
	doc/hooks.md \
	doc/store.md
