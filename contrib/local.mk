EXTRA_DIST += contrib/run-tests.sh contrib/quickstart.sh
dist_examples_DATA += \
	contrib/examples/entitlements.yaml \
	contrib/examples/tegata.yaml
