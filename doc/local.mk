dist_doc_DATA += \
	doc/entitlements.md \
	doc/hooks.md
