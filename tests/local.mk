TESTS =
TEST_EXTENSIONS = .sh
check_PROGRAMS =
check_LIBRARIES =

## TEGATA_LIBEXECDIR: where the programs under test find tegata-net.
AM_TESTS_ENVIRONMENT = \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	TEGATA_LIBEXECDIR='$(abs_top_builddir)'; export TEGATA_LIBEXECDIR; \
	NM='$(NM)'; export NM;

## For every unit test that does not say otherwise.
LDADD = libtegata.a $(CMOCKA_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(IDN2_LIBS) $(LIBINTL)

if HAVE_CMOCKA
AM_CFLAGS += $(CMOCKA_CFLAGS)
include tests/unit/base.mk
include tests/unit/data.mk
include tests/unit/net.mk
include tests/unit/pki.mk
include tests/unit/entitle.mk
include tests/unit/acme.mk
include tests/unit/solve.mk
include tests/unit/store.mk
include tests/unit/config.mk
include tests/unit/run.mk
include tests/unit/cli.mk
include tests/fuzz/local.mk
TESTS += $(check_PROGRAMS)
endif

include tests/hooks/local.mk
include tests/lint/local.mk
include tests/e2e/local.mk
include tests/torture/local.mk
include tests/bench/local.mk
