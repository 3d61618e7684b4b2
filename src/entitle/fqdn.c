#include "config.h"

#include "entitle/fqdn.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/str.h"

#define IDN_FLAGS (IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT)
#define LABEL_MAX 63
/* A character takes at most four bytes, and an A-label is never shorter than the label it stands for. */
#define INPUT_MAX (4 * (FQDN_MAX + 1))
#define SHOWN_MAX 100

enum fault {
	FAULT_NONE,
	FAULT_EMPTY,
	FAULT_URL,
	FAULT_IP,
	FAULT_MAIL,
	FAULT_PATH,
	FAULT_PORT,
	FAULT_CONTROL,
	FAULT_BLANK,
	FAULT_SEVERAL,
	FAULT_UNDERSCORE,
	FAULT_STAR,
	FAULT_CHARACTER,
	FAULT_UTF8,
	FAULT_IDNA,
	FAULT_ALABEL,
	FAULT_LABEL_EMPTY,
	FAULT_LABEL_LONG,
	FAULT_HYPHEN,
	FAULT_RESERVED,
	FAULT_NUMERIC,
	FAULT_LONG,
	FAULT_SINGLE,
	FAULT_WILDCARD_ALONE,
	FAULT_WILDCARD_TLD,
	FAULT_COUNT
};

static const char *const fault_text[FAULT_COUNT] = {
	[FAULT_URL] = N_("this is a URL; write the name alone, without \"https://\" and without a path"),
	[FAULT_IP] = N_("this is an IP address; only domain names can be registered"),
	[FAULT_MAIL] = N_("this looks like a mail address; write the domain name alone, without \"@\""),
	[FAULT_PATH] = N_("a path does not belong to a name; write the domain name alone"),
	[FAULT_PORT] = N_("a port does not belong to a name; leave out the colon and the number"),
	[FAULT_CONTROL] = N_("it holds a control character, such as a tab or a line break"),
	[FAULT_BLANK] = N_("it holds a blank"),
	[FAULT_SEVERAL] = N_("it looks like several names; write each name on its own"),
	[FAULT_UNDERSCORE] = N_("it holds an underscore, which is not allowed in the names of a certificate"),
	[FAULT_STAR] = N_("\"*\" can only stand alone in front, once, as in *.example.jp"),
	[FAULT_CHARACTER] = N_("only letters, digits, hyphens and dots are allowed in a name"),
	[FAULT_UTF8] = N_("it is not valid UTF-8"),
	[FAULT_IDNA] = N_("it holds characters that internationalized domain names (IDNA 2008) do not allow, such as emoji"),
	[FAULT_ALABEL] = N_("a label begins with \"xn--\" but is not the encoded form of an internationalized name"),
	[FAULT_LABEL_EMPTY] = N_("a label is empty: there is a dot in front, or two dots in a row"),
	[FAULT_LABEL_LONG] = N_("a label (the part between two dots) is longer than 63 characters"),
	[FAULT_HYPHEN] = N_("a label begins or ends with a hyphen"),
	[FAULT_RESERVED] = N_("a label has hyphens in its third and fourth place, which is reserved for \"xn--\""),
	[FAULT_NUMERIC] = N_("it ends in a number, as an IP address does; no top-level domain is a number"),
	[FAULT_LONG] = N_("it is longer than 253 characters"),
	[FAULT_SINGLE] = N_("it has no dot; write the full name down to the top-level domain, as in www.example.jp"),
	[FAULT_WILDCARD_ALONE] = N_("a wildcard needs a domain name behind it, as in *.example.jp"),
	[FAULT_WILDCARD_TLD] = N_("a wildcard directly under a top-level domain is never issued"),
};

/* The sentence for people. Texts with a quoted input are whole sentences, so that they can stand anywhere. */
static char *explain(const char *input, enum fault fault)
{
	if (fault == FAULT_EMPTY)
		return str_dup(_("the name is empty"));

	char *shown = str_escape(input, strlen(input), SHOWN_MAX);
	char *text = str_fmt(_("\"%s\" cannot be used: %s"), shown, _(fault_text[fault]));
	free(shown);
	return text;
}

static bool is_ip(const char *s)
{
	unsigned char address[sizeof(struct in6_addr)];

	return s[0] == '[' || inet_pton(AF_INET, s, address) == 1 || inet_pton(AF_INET6, s, address) == 1;
}

static enum fault colon_fault(const char *colon)
{
	const char *after = colon + 1;

	if (strchr(after, ':') != NULL)
		return FAULT_IP;
	return *after != '\0' && after[strspn(after, "0123456789")] == '\0' ? FAULT_PORT : FAULT_CHARACTER;
}

/* What people paste instead of a name. Told apart first, since "a forbidden character" would not help them. */
static enum fault pasted_fault(const char *s)
{
	if (strstr(s, "://") != NULL)
		return FAULT_URL;
	if (is_ip(s))
		return FAULT_IP;
	if (strchr(s, '@') != NULL)
		return FAULT_MAIL;
	if (strpbrk(s, ",;") != NULL)
		return FAULT_SEVERAL;
	if (strpbrk(s, "/\\?#") != NULL)
		return FAULT_PATH;
	const char *colon = strchr(s, ':');
	return colon == NULL ? FAULT_NONE : colon_fault(colon);
}

static enum fault byte_fault(unsigned char c)
{
	if (c >= 0x80 || isalnum(c) || c == '-' || c == '.')
		return FAULT_NONE;
	if (c == ' ')
		return FAULT_BLANK;
	if (c < ' ' || c == 0x7f)
		return FAULT_CONTROL;
	if (c == '_')
		return FAULT_UNDERSCORE;
	return c == '*' ? FAULT_STAR : FAULT_CHARACTER;
}

/* The ASCII part of a text in any script. */
static enum fault shape_fault(const char *s)
{
	enum fault fault = pasted_fault(s);

	for (; fault == FAULT_NONE && *s != '\0'; s++)
		fault = byte_fault((unsigned char)*s);
	return fault;
}

static enum fault label_fault(const char *label, size_t len)
{
	if (len == 0)
		return FAULT_LABEL_EMPTY;
	if (len > LABEL_MAX)
		return FAULT_LABEL_LONG;
	if (label[0] == '-' || label[len - 1] == '-')
		return FAULT_HYPHEN;
	if (len >= 4 && label[2] == '-' && label[3] == '-' && strncmp(label, "xn", 2) != 0)
		return FAULT_RESERVED;
	return FAULT_NONE;
}

/* Lengths and hyphens of a lower-case ASCII name, given without its "*.". */
static enum fault labels_fault(const char *name, bool wildcard)
{
	const char *label = name;
	size_t count = 1;

	for (;; count++) {
		size_t len = strcspn(label, ".");
		enum fault fault = label_fault(label, len);
		if (fault != FAULT_NONE)
			return fault;
		if (label[len] == '\0')
			break;
		label += len + 1;
	}
	if (strlen(name) + (wildcard ? 2 : 0) > FQDN_MAX)
		return FAULT_LONG;
	if (label[strspn(label, "0123456789")] == '\0')
		return FAULT_NUMERIC;
	if (count == 1)
		return wildcard ? FAULT_WILDCARD_TLD : FAULT_SINGLE;
	return FAULT_NONE;
}

static bool is_ascii(const char *s)
{
	while (*s != '\0' && (unsigned char)*s < 0x80)
		s++;
	return *s == '\0';
}

static bool has_alabel(const char *name)
{
	return str_starts(name, "xn--") || strstr(name, ".xn--") != NULL;
}

static enum fault idn_fault(int rc)
{
	switch (rc) {
	case IDN2_ENCODING_ERROR:
		return FAULT_UTF8;
	case IDN2_HYPHEN_STARTEND:
		return FAULT_HYPHEN;
	case IDN2_2HYPHEN:
		return FAULT_RESERVED;
	case IDN2_PUNYCODE_BIG_OUTPUT:
	case IDN2_TOO_BIG_LABEL:
		return FAULT_LABEL_LONG;
	case IDN2_TOO_BIG_DOMAIN:
		return FAULT_LONG;
	case IDN2_PUNYCODE_BAD_INPUT:
	case IDN2_PUNYCODE_OVERFLOW:
	case IDN2_INVALID_ALABEL:
	case IDN2_UALABEL_MISMATCH:
	case IDN2_ALABEL_ROUNDTRIP_FAILED:
		return FAULT_ALABEL;
	default:
		return FAULT_IDNA;
	}
}

/*
 * Decodes an ASCII name whose labels may be A-labels, and accepts it only if encoding leads back to the same: versions
 * of libidn2 differ in how much of this they check, and Punycode can carry any character, such as "_" or "/".
 */
static enum fault decode(const char *ascii, char **unicode)
{
	enum fault fault = FAULT_ALABEL;
	char *decoded = NULL;
	char *again = NULL;

	if (idn2_to_unicode_8z8z(ascii, &decoded, 0) != IDN2_OK)
		goto out;
	fault = shape_fault(decoded);
	if (fault != FAULT_NONE)
		goto out;
	if (idn2_to_ascii_8z(decoded, &again, IDN_FLAGS) != IDN2_OK || !str_eq(ascii, again)) {
		fault = FAULT_ALABEL;
		goto out;
	}
	*unicode = str_dup(decoded);
out:
	idn2_free(decoded);
	idn2_free(again);
	return fault;
}

static enum fault idn_to_ascii(const char *text, char **out)
{
	char *ascii = NULL;
	char *unicode = NULL;

	int rc = idn2_to_ascii_8z(text, &ascii, IDN_FLAGS);
	enum fault fault = rc == IDN2_OK ? decode(ascii, &unicode) : idn_fault(rc);
	if (fault == FAULT_NONE)
		*out = str_dup(ascii);
	free(unicode);
	idn2_free(ascii);
	return fault;
}

/* A name without "*." and trailing dot, in any script, to lower-case ASCII. */
static enum fault to_ascii(const char *text, char **out)
{
	enum fault fault = shape_fault(text);
	if (fault != FAULT_NONE)
		return fault;

	char *lower = str_lower_ascii(text);
	if (is_ascii(lower) && !has_alabel(lower)) {
		*out = lower;
		return FAULT_NONE;
	}
	fault = idn_to_ascii(lower, out);
	free(lower);
	return fault;
}

/* Replaces every `from` (three bytes of UTF-8) by the one byte `to`, in place. */
static void narrow(char *s, const char *from, char to)
{
	char *write = s;

	while (*s != '\0') {
		bool hit = strncmp(s, from, 3) == 0;
		*write++ = hit ? to : *s;
		s += hit ? 3 : 1;
	}
	*write = '\0';
}

/*
 * The dots of UTS-46 and the full-width star become ASCII before libidn2 sees them, because the trailing dot and the
 * wildcard are dealt with outside of it.
 */
static char *plain_punctuation(const char *input)
{
	char *s = str_dup(input);

	if (!is_ascii(s)) {
		narrow(s, "\xe3\x80\x82", '.');
		narrow(s, "\xef\xbc\x8e", '.');
		narrow(s, "\xef\xbd\xa1", '.');
		narrow(s, "\xef\xbc\x8a", '*');
	}
	return s;
}

/* `text` has ASCII dots and stars; *name is changed on success alone. */
static enum fault normalize(char *text, char **name)
{
	size_t len = strlen(text);
	if (text[len - 1] == '.')
		text[len - 1] = '\0';

	bool wildcard = str_starts(text, "*.");
	const char *rest = wildcard ? text + 2 : text;
	if (str_eq(text, "*") || (wildcard && *rest == '\0'))
		return FAULT_WILDCARD_ALONE;

	char *base = NULL;
	enum fault fault = to_ascii(rest, &base);
	if (fault == FAULT_NONE)
		fault = labels_fault(base, wildcard);
	if (fault == FAULT_NONE)
		*name = str_fmt("%s%s", wildcard ? "*." : "", base);
	free(base);
	return fault;
}

int fqdn_normalize(const char *input, char **out, char **why)
{
	enum fault fault = FAULT_NONE;
	char *name = NULL;

	if (input == NULL || *input == '\0') {
		fault = FAULT_EMPTY;
	} else if (strlen(input) > INPUT_MAX) {
		fault = FAULT_LONG;
	} else {
		char *text = plain_punctuation(input);
		fault = normalize(text, &name);
		free(text);
	}
	if (fault != FAULT_NONE) {
		*why = explain(input, fault);
		return -1;
	}
	*out = name;
	return 0;
}

bool fqdn_is_normal(const char *name)
{
	const char *base = fqdn_base(name);

	return base[strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0' &&
	       labels_fault(base, fqdn_is_wildcard(name)) == FAULT_NONE;
}

bool fqdn_is_wildcard(const char *name)
{
	return str_starts(name, "*.");
}

const char *fqdn_base(const char *name)
{
	return fqdn_is_wildcard(name) ? name + 2 : name;
}

char *fqdn_unicode(const char *name)
{
	const char *base = fqdn_base(name);
	char *decoded = NULL;

	if (!has_alabel(base) || !fqdn_is_normal(name) || decode(base, &decoded) != FAULT_NONE)
		return NULL;
	char *shown = str_fmt("%s%s", fqdn_is_wildcard(name) ? "*." : "", decoded);
	free(decoded);
	return shown;
}

char *fqdn_shown(const char *name)
{
	char *unicode = fqdn_unicode(name), *text = unicode ? str_fmt("%s (%s)", unicode, name) : str_dup(name);

	free(unicode);
	return text;
}

char *fqdn_shown_all(const struct strs *names)
{
	struct strs shown = {0};
	char *text;

	for (size_t i = 0; i < names->count; i++)
		strs_take(&shown, fqdn_shown(names->item[i]));
	text = strs_join(&shown, ", ");
	strs_clear(&shown);
	return text;
}
