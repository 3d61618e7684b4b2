#include "config.h"

#include "worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's interface in its own numbers: the header of an older system lacks the newer ones, and a kernel is asked
 * at run time what it knows.
 */
#define VERSION_FLAG 1U
#define PATH_BENEATH 1
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_FIRST (UINT64_C(0x1fff)) /* all that the first version knows */
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND_TCP (UINT64_C(1) << 0)
#define SCOPE_ABSTRACT_SOCKET (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define LINKS_MAX 8192 /* entries of a folder of CA certificates that are looked at */

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scope;
};

struct beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

/* For the responder too: what a message may be translated with. */
static const char *const for_words[] = {LOCALEDIR, "/usr/share/locale", "/usr/lib/locale"};

/* What resolving a name and TLS may read. Of folders whatever is in them, so none of them may hold a secret. */
static const char *const for_network[] = {
	"/etc/resolv.conf", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf", "/etc/hosts",
	"/etc/hostname", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/services", "/etc/protocols",
	"/etc/networks", "/etc/mdns.allow", "/var/lib/sss/mc", "/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib", "/usr/lib64",
	"/usr/local/lib", "/usr/local/lib64", "/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf",
	"/etc/pki/tls/openssl.d", "/etc/crypto-policies", "/usr/share/crypto-policies", "/usr/share/p11-kit",
	"/proc/sys/crypto/fips_enabled", "/sys/devices/system/cpu/online", "/dev/urandom", "/dev/null", "/etc/localtime",
	"/usr/share/zoneinfo",
};

/* Where the folders of CA certificates of the usual systems point to. */
static const char *const for_trust[] = {
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/pki/ca-trust/extracted",
	"/etc/ca-certificates/extracted", "/var/lib/ca-certificates",
};

/* Where OpenSSL looks by itself when libcurl was built to leave that to it, as on openSUSE. */
static const char *const for_openssl[] = {
	"/etc/ssl/cert.pem", "/etc/ssl/certs", "/usr/lib/ssl/cert.pem", "/usr/lib/ssl/certs", "/etc/pki/tls/cert.pem",
	"/etc/pki/tls/certs",
};

static int create_ruleset(const struct ruleset *r, size_t size, unsigned flags)
{
#ifdef SYS_landlock_create_ruleset
	return (int)syscall(SYS_landlock_create_ruleset, r, size, flags);
#else
	(void)r;
	(void)size;
	(void)flags;
	errno = ENOSYS;
	return -1;
#endif
}

static int add_rule(int ruleset, const struct beneath *b)
{
#ifdef SYS_landlock_add_rule
	return (int)syscall(SYS_landlock_add_rule, ruleset, PATH_BENEATH, b, 0U);
#else
	(void)ruleset;
	(void)b;
	return -1;
#endif
}

static int restrict_self(int ruleset)
{
#ifdef SYS_landlock_restrict_self
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0U);
#else
	(void)ruleset;
	errno = ENOSYS;
	return -1;
#endif
}

/* What is not there needs no rule, and what cannot be opened could not be read later either. */
static void allow(int ruleset, const char *path)
{
	struct beneath b = {.access = FS_READ_FILE};
	struct stat st;

	if (!path)
		return;
	b.fd = open(path, O_PATH | O_CLOEXEC);
	if (b.fd < 0)
		return;
	if (fstat(b.fd, &st) == 0 && S_ISDIR(st.st_mode))
		b.access |= FS_READ_DIR;
	(void)add_rule(ruleset, &b);
	close(b.fd);
}

static void allow_all(int ruleset, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		allow(ruleset, paths[i]);
}

/* A link that stays within its folder needs no rule of its own. */
static void allow_link(int ruleset, int dir_fd, const char *dir, const char *name)
{
	char target[1024];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);
	char *path;

	if (n <= 0)
		return;
	target[n] = '\0';
	if (!strchr(target, '/'))
		return;
	for (size_t i = 0; i < sizeof(for_trust) / sizeof(for_trust[0]); i++)
		if (str_starts(target, for_trust[i]) && target[strlen(for_trust[i])] == '/' && !strstr(target, "/../"))
			return;
	path = str_fmt("%s/%s", dir, name);
	allow(ruleset, path);
	free(path);
}

/* A folder of CA certificates, or a file of them. A folder is mostly links; a rule is about the file itself. */
static void allow_trust_folder(int ruleset, const char *path)
{
	DIR *d = path ? opendir(path) : NULL;
	const struct dirent *entry;

	allow(ruleset, path);
	if (!d)
		return;
	for (int i = 0; i < LINKS_MAX && (entry = readdir(d)) != NULL; i++)
		if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
			allow_link(ruleset, dirfd(d), path, entry->d_name);
	closedir(d);
}

/* As libcurl will be told (worker_fetch), and what it takes by itself where it is told nothing, also for proxies. */
static void allow_trust(int ruleset, const struct http_options *o)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	struct strs folders;

	allow(ruleset, o->ca_file);
	if (v->age >= CURLVERSION_SEVENTH && (v->cainfo || v->capath)) {
		allow(ruleset, v->cainfo);
		allow_trust_folder(ruleset, v->capath);
	} else {
		for (size_t i = 0; i < sizeof(for_openssl) / sizeof(for_openssl[0]); i++)
			allow_trust_folder(ruleset, for_openssl[i]);
	}
	allow_all(ruleset, for_trust, sizeof(for_trust) / sizeof(for_trust[0]));
	if (o->ca_file)
		return;
	allow(ruleset, getenv("SSL_CERT_FILE"));
	folders = worker_confine_trust_folders();
	for (size_t i = 0; i < folders.count; i++)
		allow_trust_folder(ruleset, folders.item[i]);
	strs_clear(&folders);
}

/* What a kernel with this version of the interface can refuse; the structure grew with it. */
static size_t refusable(int abi, struct ruleset *r)
{
	r->fs = FS_FIRST | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
	r->net = abi >= 4 ? NET_BIND_TCP : 0;
	r->scope = abi >= 6 ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL : 0;
	return abi >= 6 ? sizeof(*r) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

int worker_landlock_restrict(const struct http_options *o, bool enforce)
{
	int abi = create_ruleset(NULL, 0, VERSION_FLAG);
	struct ruleset r;
	size_t size;
	int fd, rc;

	if (abi < 1)
		return abi < 0 ? -errno : -ENOSYS;
	size = refusable(abi, &r);
	fd = create_ruleset(&r, size, 0);
	if (fd < 0)
		return -errno;
	allow_all(fd, for_words, sizeof(for_words) / sizeof(for_words[0]));
	if (o) {
		allow_all(fd, for_network, sizeof(for_network) / sizeof(for_network[0]));
		allow_trust(fd, o);
	}
	rc = enforce && restrict_self(fd) ? -errno : abi;
	close(fd);
	return rc;
}
