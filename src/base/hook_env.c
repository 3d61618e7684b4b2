#include "config.h"

#include "base/hook.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

extern char **environ;

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	}
	return false;
}

static void put(struct strs *env, const char *name, size_t name_len, const char *value)
{
	char *entry = str_fmt("%.*s=%s", (int)name_len, name, value);

	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->item[i], entry, name_len + 1) == 0) {
			str_replace(&env->item[i], entry);
			return;
		}
	}
	strs_take(env, entry);
}

/* "NAME=value" as a whole; what has no name is nobody's variable. */
static void put_entry(struct strs *env, const char *entry)
{
	const char *equals = strchr(entry, '=');

	if (equals != NULL && equals != entry)
		put(env, entry, (size_t)(equals - entry), equals + 1);
}

int hook_env_add(struct strs *env, const char *name, const char *value)
{
	if (value == NULL)
		return 0;
	if (has_control(value))
		return -1;
	put(env, name, strlen(name), value);
	return 0;
}

void hook_env_put(struct strs *env, const char *name, const char *value)
{
	if (value != NULL)
		put(env, name, strlen(name), value);
}

static const char *home_of(const char *user)
{
	const char *home = getenv("HOME");
	uid_t uid = geteuid();
	struct passwd *pw;
	gid_t gid;

	if (user == NULL && home != NULL && *home == '/')
		return home;
	if (user != NULL && fs_lookup_user(user, &uid, &gid) != 0)
		return "/";
	pw = getpwuid(uid);
	return pw != NULL ? pw->pw_dir : "/";
}

void hook_env_make(const struct hook_call *c, struct strs *out)
{
	const char *path = getenv("PATH");

	put(out, "PATH", strlen("PATH"), path != NULL && *path != '\0' ? path : DEFAULT_PATH);
	for (char **entry = environ; *entry != NULL; entry++) {
		if (str_starts(*entry, "LANG=") || str_starts(*entry, "LC_") || str_starts(*entry, "TZ="))
			put_entry(out, *entry);
	}
	put(out, "HOME", strlen("HOME"), home_of(hook_user(c->hook, c->dirs)));
	for (size_t i = 0; i < c->hook->env.count; i++)
		put_entry(out, c->hook->env.item[i]);
	for (size_t i = 0; c->env != NULL && i < c->env->count; i++)
		put_entry(out, c->env->item[i]);
}
