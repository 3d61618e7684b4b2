/* A certificate, its request and its issuer, valid until 2108. No private key of them is kept anywhere. */
#ifndef TEGATA_TESTS_FUZZ_FIXTURE_H
#define TEGATA_TESTS_FUZZ_FIXTURE_H

#include "fuzz.h"

static const char fixture_leaf[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIICUDCCAfWgAwIBAgIKAMD/7hI0VniQqzAKBggqhkjOPQQDAjAdMRswGQYDVQQD\n"
	"DBJUZWdhdGEgdGVzdCBpc3N1ZXIwIBcNMjYxMTIzMDEzNjU3WhgPMjEwOTAxMTIw\n"
	"MTM2NTdaMBQxEjAQBgNVBAMMCWEuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49\n"
	"AwEHA0IABHx78z4P92Vwhl91ZO6NNPQrKrdBspAiVVmSDwtZk/sHpI4Bh0MCQHz0\n"
	"cxi2D+Nkbl7+aWAF7WIN6seWbQFWUNqjggEiMIIBHjAsBgNVHREEJTAjgglhLmV4\n"
	"YW1wbGWCCWIuZXhhbXBsZYILKi5iLmV4YW1wbGUwHwYDVR0jBBgwFoAUGSudBBUO\n"
	"/QkNwQuKNzDF7SP+Zz4wDAYDVR0TAQH/BAIwADALBgNVHQ8EBAMCB4AwEwYDVR0l\n"
	"BAwwCgYIKwYBBQUHAwEwUwYIKwYBBQUHAQEERzBFMCEGCCsGAQUFBzABhhVodHRw\n"
	"Oi8vb2NzcC5jYS50ZXN0L28wIAYIKwYBBQUHMAKGFGh0dHA6Ly9jYS50ZXN0L2ku\n"
	"Y2VyMCkGA1UdHwQiMCAwHqAcoBqGGGh0dHA6Ly9jcmwuY2EudGVzdC8xLmNybDAd\n"
	"BgNVHQ4EFgQUDZJxg9gzrBNsKqoP+FCtUJmoSc8wCgYIKoZIzj0EAwIDSQAwRgIh\n"
	"AMQFW4bXel3Wb2bmhYz+I1ngvtH/RbCiNHf1N+hL/c5vAiEAs5dTcU3meO9p1C+J\n"
	"ow7jGoZbbiEesd3VmtyDhKRbA18=\n"
	"-----END CERTIFICATE-----\n";

static const char fixture_issuer[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBbDCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJUZWdhdGEg\n"
	"dGVzdCBpc3N1ZXIwIBcNMjYxMTIzMDEzNjU3WhgPMjEwOTAxMTIwMTM2NTdaMB0x\n"
	"GzAZBgNVBAMMElRlZ2F0YSB0ZXN0IGlzc3VlcjBZMBMGByqGSM49AgEGCCqGSM49\n"
	"AwEHA0IABJFmMUBvp1Q+o+rtSVAD73Ff/2WdGWaspO3Y9obK7up+uNp8feQC6s5k\n"
	"fXsex5iQjEP5iLukvLkd6rJx43Q2fsijQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYD\n"
	"VR0PAQH/BAQDAgEGMB0GA1UdDgQWBBQZK50EFQ79CQ3BC4o3MMXtI/5nPjAKBggq\n"
	"hkjOPQQDAgNHADBEAiAiI6kUxhbbF0hebjEaOjNXhaV+WqlzmabcNayKnUJRzQIg\n"
	"dT3cI+/3Xp3OzAwkZkVZoyLE34tre6gtBbK0UQy/Q0E=\n"
	"-----END CERTIFICATE-----\n";

static const char fixture_request[] =
	"-----BEGIN CERTIFICATE REQUEST-----\n"
	"MIIBDzCBtQIBADAUMRIwEAYDVQQDDAlhLmV4YW1wbGUwWTATBgcqhkjOPQIBBggq\n"
	"hkjOPQMBBwNCAAR8e/M+D/dlcIZfdWTujTT0Kyq3QbKQIlVZkg8LWZP7B6SOAYdD\n"
	"AkB89HMYtg/jZG5e/mlgBe1iDerHlm0BVlDaoD8wPQYJKoZIhvcNAQkOMTAwLjAs\n"
	"BgNVHREEJTAjgglhLmV4YW1wbGWCCWIuZXhhbXBsZYILKi5iLmV4YW1wbGUwCgYI\n"
	"KoZIzj0EAwIDSQAwRgIhAL4WbpkpQVGtCCWQz1/iia+JjYpmoVY2rNdnM3ZkHlkc\n"
	"AiEA7Zn7Ug4EGeERUDX85aj5XzzRaEaHo9FhIVovENyuO1s=\n"
	"-----END CERTIFICATE REQUEST-----\n";

/* What they are about. */
static inline void fixture_names(struct strs *names)
{
	strs_add(names, "a.example");
	strs_add(names, "b.example");
	strs_add(names, "*.b.example");
}

#endif
