EXTRA_DIST += contrib/run-tests.sh
