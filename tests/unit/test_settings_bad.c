#include "config.h"

#include "bad_settings.h"

/* Bad settings, and exactly what is said about them. */
struct bad {
	const char *main_text, *extra_text; /* tegata.yaml, conf.d/a.yaml; NULL = no such file */
	const char *said;
};

#define X10 "xxxxxxxxxx"
#define LONG_SHOWN X10 X10 X10 X10 X10 X10 X10 X10
#define LONG_NAME LONG_SHOWN X10 X10 X10 X10 "xxxxxxxxx"

static const struct bad bad[] = {
	{"- a\n",
	 NULL,
	 "tegata.yaml:1:1: expected a mapping with the keys cas, defaults and certificates"},
	{"text\n",
	 NULL,
	 "tegata.yaml:1:1: expected a mapping with the keys cas, defaults and certificates"},
	{"cas\n",
	 NULL,
	 "tegata.yaml:1:1: expected a mapping with the keys cas, defaults and certificates"},
	{"cass: []\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"cass\"; did you mean \"cas\"?"},
	{"certificate: []\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"certificate\"; did you mean \"certificates\"?"},
	{"zzzzzzzz: 1\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"zzzzzzzz\"; known here: cas, defaults, certificates, notify, hook_users"},
	{"default: {}\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"default\"; did you mean \"defaults\"?"},
	{"webroot: /w\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"webroot\" here; it belongs in \"challenge\""},
	{"certificates: [{names: [a.jp], challenge: {webroot: \"/w\\nx\"}}]\n",
	 NULL,
	 "tegata.yaml:1:53: webroot: expected an absolute path, or a mapping of names to absolute paths, not \"/w\\x0Ax\""},
	{"server: https://a.jp/\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"server\" here; it belongs in \"cas\""},
	{"timeout: 5\n",
	 NULL,
	 "tegata.yaml:1:1: unknown key \"timeout\" here; it belongs in \"challenge\" or \"notify\" or the mapping of a hook"},
	{"cas: jprs\n",
	 NULL,
	 "tegata.yaml:1:6: cas: expected a list of mappings, not \"jprs\""},
	{"cas: {profile: jprs}\n",
	 NULL,
	 "tegata.yaml:1:6: cas: expected a list of mappings, not a mapping"},
	{"cas: [jprs]\n",
	 NULL,
	 "tegata.yaml:1:7: cas: expected a list of mappings, not \"jprs\""},
	{"cas: [[a]]\n",
	 NULL,
	 "tegata.yaml:1:7: cas: expected a list of mappings, not a list"},
	{"defaults: nginx\n",
	 NULL,
	 "tegata.yaml:1:11: defaults: expected a mapping, not \"nginx\""},
	{"defaults: []\n",
	 NULL,
	 "tegata.yaml:1:11: defaults: expected a mapping, not an empty list"},
	{"certificates: a.jp\n",
	 NULL,
	 "tegata.yaml:1:15: certificates: expected a list of mappings, not \"a.jp\""},
	{"certificates: {names: [a.jp]}\n",
	 NULL,
	 "tegata.yaml:1:15: certificates: expected a list of mappings, not a mapping"},
	{"certificates: [a.jp]\n",
	 NULL,
	 "tegata.yaml:1:16: certificates: expected a list of mappings, not \"a.jp\""},
	{"cas: []\n"
	 "cas: []\n",
	 NULL,
	 "tegata.yaml:2:1: \"cas\" is given twice; it stands at line 1, column 1 already"},
	{"cas: [\n",
	 NULL,
	 "tegata.yaml:2:1: not valid YAML: did not find expected node content"},
	{"cas:\n"
	 "\t- x\n",
	 NULL,
	 "tegata.yaml:2:1: not valid YAML: a tab cannot stand here; YAML is indented with spaces"},
	{"cas: &a []\n",
	 NULL,
	 "tegata.yaml:1:6: anchors are not allowed; put quotes around text that begins with &"},
	{"defaults: {ca: *x}\n",
	 NULL,
	 "tegata.yaml:1:16: aliases are not allowed; put quotes around text that begins with *"},
	{"certificates:\n"
	 "  - names: [*.example.jp]\n",
	 NULL,
	 "tegata.yaml:2:13: put quotes around text that begins with *"},
	{"cas:\n"
	 "  - profile: jrps\n",
	 NULL,
	 "tegata.yaml:2:14: profile: expected jprs, letsencrypt, letsencrypt-staging or custom, not "
	 "\"jrps\"; did you mean \"jprs\"?"},
	{"cas:\n"
	 "  - profile: google-trust\n",
	 NULL,
	 "tegata.yaml:2:14: profile: expected jprs, letsencrypt, letsencrypt-staging or custom, not "
	 "\"google-trust\""},
	{"cas:\n"
	 "  - profile: [jprs]\n",
	 NULL,
	 "tegata.yaml:2:14: profile: expected jprs, letsencrypt, letsencrypt-staging or custom, not a list"},
	{"cas:\n"
	 "  - profile: ''\n",
	 NULL,
	 "tegata.yaml:2:14: profile: expected jprs, letsencrypt, letsencrypt-staging or custom, not an "
	 "empty text"},
	{"cas:\n"
	 "  - profile: custom\n",
	 NULL,
	 "tegata.yaml:2:5: server: needed with the profile custom"},
	{"cas:\n"
	 "  - {profile: custom, server: http://x.jp/}\n",
	 NULL,
	 "tegata.yaml:2:31: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"http://x.jp/\""},
	{"cas:\n"
	 "  - server: http://acme.example.jp/\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"http://acme.example.jp/\""},
	{"cas:\n"
	 "  - server: acme.example.jp\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"acme.example.jp\""},
	{"cas:\n"
	 "  - server: 'https://a b/'\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"https://a b/\""},
	{"cas:\n"
	 "  - server: https://\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"https://\""},
	{"cas:\n"
	 "  - server: https:///dir\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"https:///dir\""},
	{"cas:\n"
	 "  - server: https://user:pw@a.jp/\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"https://user:pw@a.jp/\""},
	{"cas:\n"
	 "  - server: https://a.jp/#x\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"https://a.jp/#x\""},
	{"cas:\n"
	 "  - server: {url: x}\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not a mapping"},
	{"cas:\n"
	 "  - server: https://日本.jp/\n",
	 NULL,
	 "tegata.yaml:2:13: server: expected an https:// URL in plain ASCII, without user name and \"#\", "
	 "not \"https://日本.jp/\""},
	{"cas:\n"
	 "  - sever: https://a.jp/\n",
	 NULL,
	 "tegata.yaml:2:5: unknown key \"sever\"; did you mean \"server\"?"},
	{"cas:\n"
	 "  - ca_file: ca.pem\n",
	 NULL,
	 "tegata.yaml:2:14: ca_file: expected an absolute path, not \"ca.pem\""},
	{"cas:\n"
	 "  - ca_file: ~/ca.pem\n",
	 NULL,
	 "tegata.yaml:2:14: ca_file: expected an absolute path, not \"~/ca.pem\""},
	{"cas:\n"
	 "  - cafile: /ca.pem\n",
	 NULL,
	 "tegata.yaml:2:5: unknown key \"cafile\"; did you mean \"ca_file\"?"},
	{"cas:\n"
	 "  - contact: admin\n",
	 NULL,
	 "tegata.yaml:2:14: contact: expected a mail address or a list of them, not \"admin\""},
	{"cas:\n"
	 "  - contact: [a@b.jp, c]\n",
	 NULL,
	 "tegata.yaml:2:23: contact: expected a mail address or a list of them, not \"c\""},
	{"cas:\n"
	 "  - contact: 'a@b.jp,c@d.jp'\n",
	 NULL,
	 "tegata.yaml:2:14: contact: expected a mail address or a list of them, not \"a@b.jp,c@d.jp\""},
	{"cas:\n"
	 "  - contact: {mail: a@b.jp}\n",
	 NULL,
	 "tegata.yaml:2:14: contact: expected a mail address or a list of them, not a mapping"},
	{"cas:\n"
	 "  - contact: []\n",
	 NULL,
	 "tegata.yaml:2:14: contact: expected a mail address or a list of them, not an empty list"},
	{"cas:\n"
	 "  - contact: [[a@b.jp]]\n",
	 NULL,
	 "tegata.yaml:2:15: contact: expected a mail address or a list of them, not a list"},
	{"cas:\n"
	 "  - rule: jpdirct\n",
	 NULL,
	 "tegata.yaml:2:11: rule: expected jpdirect, none, sectigo or upki, or a mapping, not \"jpdirct\"; did you mean \"jpdirect\"?"},
	{"cas:\n"
	 "  - rule: all\n",
	 NULL,
	 "tegata.yaml:2:11: rule: expected jpdirect, none, sectigo or upki, or a mapping, not \"all\""},
	{"cas:\n"
	 "  - rule: false\n",
	 NULL,
	 "tegata.yaml:2:11: rule: expected jpdirect, none, sectigo or upki, or a mapping, not \"false\""},
	{"cas:\n"
	 "  - coverage: none\n",
	 NULL,
	 "tegata.yaml:2:5: unknown key \"coverage\"; did you mean \"rule\"?"},
	{"cas:\n"
	 "  - rule: [none]\n",
	 NULL,
	 "tegata.yaml:2:11: rule: expected jpdirect, none, sectigo or upki, or a mapping, not a list"},
	{"cas:\n"
	 "  - rule:\n"
	 "      preset: sectgo\n"
	 "      plain: www-ether\n"
	 "      wildcard: any\n"
	 "      fixed_set: yes\n"
	 "      start: first-isuance\n"
	 "      length: 13m\n"
	 "      rounding: monthend\n"
	 "      time_zone: JST\n"
	 "      end: [stop]\n"
	 "      tz: UTC\n"
	 "      purchase: 1\n",
	 NULL,
	 "tegata.yaml:3:15: preset: expected jpdirect, none, sectigo or upki, not \"sectgo\"; did you mean \"sectigo\"?\n"
	 "tegata.yaml:4:14: plain: expected exact, www, www-either or subtree, not \"www-ether\"; did you mean \"www-either\"?\n"
	 "tegata.yaml:5:17: wildcard: expected exact, base or same-level, not \"any\"\n"
	 "tegata.yaml:6:18: fixed_set: expected true or false, not \"yes\"\n"
	 "tegata.yaml:7:14: start: expected first-issuance, first-domain or registered, not \"first-isuance\"; did you mean "
	 "\"first-issuance\"?\n"
	 "tegata.yaml:8:15: length: expected years such as \"1y\" (1 to 10), days such as \"365d\" (1 to 3660), or none, not "
	 "\"13m\"\n"
	 "tegata.yaml:9:17: rounding: expected none, next-day or month-end, not \"monthend\"; did you mean \"month-end\"?\n"
	 "tegata.yaml:10:18: time_zone: expected UTC, Asia/Tokyo, or a distance from UTC such as \"+09:00\", not \"JST\"\n"
	 "tegata.yaml:11:12: end: expected revoke or stop, not a list\n"
	 "tegata.yaml:12:7: unknown key \"tz\"; did you mean \"time_zone\"?\n"
	 "tegata.yaml:13:7: unknown key \"purchase\"; known here: preset, plain, wildcard, fixed_set, start, length, rounding, "
	 "time_zone, end"},
	{"cas:\n"
	 "  - rule: {preset: none, plain: www}\n",
	 NULL,
	 "tegata.yaml:2:11: rule: the preset none checks no names, so nothing else counts beside it; write another preset"},
	{"cas:\n"
	 "  - {profile: letsencrypt, rule: {plain: www}}\n",
	 NULL,
	 "tegata.yaml:2:34: rule: the preset none checks no names, so nothing else counts beside it; write another preset"},
	{"cas:\n"
	 "  - first_use: never\n",
	 NULL,
	 "tegata.yaml:2:16: first_use: expected allow, ask or deny, not \"never\""},
	{"cas:\n"
	 "  - max_names: many\n",
	 NULL,
	 "tegata.yaml:2:16: max_names: expected a whole number from 0 to 10000, not \"many\""},
	{"cas:\n"
	 "  - max_names: -1\n",
	 NULL,
	 "tegata.yaml:2:16: max_names: expected a whole number from 0 to 10000, not \"-1\""},
	{"cas:\n"
	 "  - max_names: 10001\n",
	 NULL,
	 "tegata.yaml:2:16: max_names: expected a whole number from 0 to 10000, not \"10001\""},
	{"cas:\n"
	 "  - max_names: 1.5\n",
	 NULL,
	 "tegata.yaml:2:16: max_names: expected a whole number from 0 to 10000, not \"1.5\""},
	{"cas:\n"
	 "  - max_names: 0x10\n",
	 NULL,
	 "tegata.yaml:2:16: max_names: expected a whole number from 0 to 10000, not \"0x10\""},
	{"cas:\n"
	 "  - key: rsa1024\n",
	 NULL,
	 "tegata.yaml:2:10: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, not "
	 "\"rsa1024\"; did you mean \"rsa2048\"?"},
	{"cas:\n"
	 "  - key: ed25519\n",
	 NULL,
	 "tegata.yaml:2:10: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, not \"ed25519\""},
	{"cas:\n"
	 "  - key: 2048\n",
	 NULL,
	 "tegata.yaml:2:10: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, not \"2048\""},
	{"cas:\n"
	 "  - caa: jprs\n",
	 NULL,
	 "tegata.yaml:2:10: caa: expected a domain name, not \"jprs\""},
	{"cas:\n"
	 "  - caa: 'jprs.jp; x=y'\n",
	 NULL,
	 "tegata.yaml:2:10: caa: expected a domain name, not \"jprs.jp; x=y\""},
	{"cas:\n"
	 "  - eab_kid: ''\n",
	 NULL,
	 "tegata.yaml:2:14: eab_kid: expected one line of text, not an empty text"},
	{"cas:\n"
	 "  - eab_kid: \"a\\nb\"\n",
	 NULL,
	 "tegata.yaml:2:14: eab_kid: expected one line of text, not \"a\\x0Ab\""},
	{"cas:\n"
	 "  - name: 'my ca'\n",
	 NULL,
	 "tegata.yaml:2:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not \"my ca\""},
	{"cas:\n"
	 "  - name: ''\n",
	 NULL,
	 "tegata.yaml:2:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not an empty text"},
	{"cas:\n"
	 "  - name: -x\n",
	 NULL,
	 "tegata.yaml:2:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not \"-x\""},
	{"cas:\n"
	 "  - name: ../x\n",
	 NULL,
	 "tegata.yaml:2:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not \"../x\""},
	{"cas:\n"
	 "  - profile: jprs\n"
	 "  - profile: jprs\n",
	 NULL,
	 "tegata.yaml:3:5: the CA \"jprs\" is already at tegata.yaml:2:5; give one of them a \"name\" of "
	 "its own"},
	{"cas:\n"
	 "  - {name: x}\n"
	 "  - {name: x, profile: letsencrypt}\n",
	 NULL,
	 "tegata.yaml:3:5: the CA \"x\" is already at tegata.yaml:2:5; give one of them a \"name\" of its own"},
	{"cas:\n"
	 "  - eab_hmac_key: secret\n",
	 NULL,
	 "tegata.yaml:2:5: unknown key \"eab_hmac_key\"; known here: name, profile, server, ca_file, "
	 "contact, rule, first_use, max_names, key, caa, eab_kid, max_failed_validations, patience"},
	{"cas:\n"
	 "  - names: [a]\n",
	 NULL,
	 "tegata.yaml:2:5: unknown key \"names\" here; it belongs in \"certificates\" or \"challenge\""},
	{"cas:\n"
	 "  - email: a@b.jp\n",
	 NULL,
	 "tegata.yaml:2:5: unknown key \"email\"; did you mean \"contact\"?"},
	{"cas:\n"
	 "  - {profile: custom, directory: https://a.jp/}\n",
	 NULL,
	 "tegata.yaml:2:23: unknown key \"directory\"; did you mean \"server\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    ca: letsencrypt\n",
	 NULL,
	 "tegata.yaml:4:9: ca: there is no CA \"letsencrypt\"; \"cas\" must name it"},
	{"cas: [{name: jprs}, {name: le, profile: letsencrypt}]\n"
	 "certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    ca: jpsr\n",
	 NULL,
	 "tegata.yaml:5:9: ca: there is no CA \"jpsr\"; did you mean \"jprs\"?"},
	{"defaults: {ca: x}\n",
	 NULL,
	 "tegata.yaml:1:16: ca: there is no CA \"x\"; \"cas\" must name it"},
	{"cas: [{profile: jrps}]\n"
	 "certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    ca: other\n",
	 NULL,
	 "tegata.yaml:1:17: profile: expected jprs, letsencrypt, letsencrypt-staging or custom, not "
	 "\"jrps\"; did you mean \"jprs\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    ca: [jprs]\n",
	 NULL,
	 "tegata.yaml:4:9: ca: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins with "
	 "a letter or digit (at most 128), not a list"},
	{"certificates:\n"
	 "  - {}\n",
	 NULL,
	 "tegata.yaml:2:5: names: needed: the host names of this certificate"},
	{"certificates:\n"
	 "  - name: www\n",
	 NULL,
	 "tegata.yaml:2:5: names: needed: the host names of this certificate"},
	{"certificates:\n"
	 "  - names: []\n",
	 NULL,
	 "tegata.yaml:2:12: names: expected a name or a list of names, not an empty list"},
	{"certificates:\n"
	 "  - names:\n",
	 NULL,
	 "tegata.yaml:2:5: names: needed: the host names of this certificate"},
	{"certificates:\n"
	 "  - names: {a: b}\n",
	 NULL,
	 "tegata.yaml:2:12: names: expected a name or a list of names, not a mapping"},
	{"certificates:\n"
	 "  - names: [a.jp, '']\n"
	 "    challenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:2:19: names: expected a name or a list of names, not an empty text"},
	{"certificates:\n"
	 "  - names: ['a.jp b.jp']\n"
	 "    challenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:2:13: names: expected a name or a list of names, not \"a.jp b.jp\""},
	{"certificates:\n"
	 "  - names: [a.jp, [b.jp]]\n"
	 "    challenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:2:19: names: expected a name or a list of names, not a list"},
	{"certificates:\n"
	 "  - names: [日本語.jp]\n"
	 "    challenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:2:5: name: needed here, as \"日本語.jp\" cannot be the name of a file; write a name of "
	 "letters, digits, \".\", \"_\" and \"-\""},
	{"certificates:\n"
	 "  - names: ['*.日本語.jp']\n"
	 "    challenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:2:5: name: needed here, as \"日本語.jp\" cannot be the name of a file; write a name of "
	 "letters, digits, \".\", \"_\" and \"-\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    name: a/b\n",
	 NULL,
	 "tegata.yaml:4:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not \"a/b\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    name: .hidden\n",
	 NULL,
	 "tegata.yaml:4:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not \".hidden\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    name: " LONG_NAME "\n",
	 NULL,
	 "tegata.yaml:4:11: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins "
	 "with a letter or digit (at most 128), not \"" LONG_SHOWN "…\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n",
	 NULL,
	 "tegata.yaml:2:5: challenge: needed, here or in \"defaults\": how control of the names is shown"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    chalenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:3:5: unknown key \"chalenge\"; did you mean \"challenge\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "  - names: ['*.a.jp']\n"
	 "    challenge: {hook: x}\n",
	 NULL,
	 "tegata.yaml:4:5: the certificate \"a.jp\" is already at tegata.yaml:2:5; give one of them another "
	 "\"name\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "  - names: [a.jp, b.jp]\n"
	 "    challenge: {webroot: /w}\n",
	 NULL,
	 "tegata.yaml:4:5: the certificate \"a.jp\" is already at tegata.yaml:2:5; give one of them another "
	 "\"name\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    webroot: /w\n",
	 NULL,
	 "tegata.yaml:3:5: unknown key \"webroot\" here; it belongs in \"challenge\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    domains: [b.jp]\n",
	 NULL,
	 "tegata.yaml:4:5: unknown key \"domains\"; did you mean \"names\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    staple_ocsp: true\n",
	 NULL,
	 "tegata.yaml:4:5: unknown key \"staple_ocsp\"; known here: name, names, ca, key, reuse_key, next_key, csr, "
	 "challenge, outputs, deploy, deploy_hook, served, preferred_chain, acme_profile, renew_before, on_lapse, keep, key_owner, "
	 "key_group, key_mode"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    hook: x\n",
	 NULL,
	 "tegata.yaml:4:5: unknown key \"hook\" here; it belongs in \"challenge\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    port: 80\n",
	 NULL,
	 "tegata.yaml:4:5: unknown key \"port\" here; it belongs in \"standalone\" or \"served\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_type: rsa\n",
	 NULL,
	 "tegata.yaml:4:5: unknown key \"key_type\"; did you mean \"key\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key: rsa-2048\n",
	 NULL,
	 "tegata.yaml:4:10: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, or a list of "
	 "them, not \"rsa-2048\"; did you mean \"rsa2048\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key: {rsa2048: 1}\n",
	 NULL,
	 "tegata.yaml:4:10: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, or a list of "
	 "them, not a mapping"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: \"0644\"\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: 0644 would open the private key to everybody on this machine; use "
	 "\"0600\", or \"0640\" with a key_group"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: 0777\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: 0777 would open the private key to everybody on this machine; use "
	 "\"0600\", or \"0640\" with a key_group"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: 640x\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: expected a mode in octal digits, such as \"0640\", not \"640x\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: 416\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: 416 would open the private key to everybody on this machine; use "
	 "\"0600\", or \"0640\" with a key_group"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: \"0740\"\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: 0740 would make the private key an executable; use \"0600\" or \"0640\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: \"0040\"\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: with 0040 not even the owner could read the private key; use \"0600\" "
	 "or \"0640\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: \"0\"\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: expected a mode in octal digits, such as \"0640\", not \"0\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: \"4600\"\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: expected a mode in octal digits, such as \"0640\", not \"4600\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: rw\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: expected a mode in octal digits, such as \"0640\", not \"rw\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_mode: []\n",
	 NULL,
	 "tegata.yaml:4:15: key_mode: expected a mode in octal digits, such as \"0640\", not an empty list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_owner: \"a b\"\n",
	 NULL,
	 "tegata.yaml:4:16: key_owner: expected the name or number of a user, not \"a b\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_owner: root:ssl\n",
	 NULL,
	 "tegata.yaml:4:16: key_owner: expected the name or number of a user, not \"root:ssl\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_group: ''\n",
	 NULL,
	 "tegata.yaml:4:16: key_group: expected the name or number of a group, not an empty text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    key_group: [a]\n",
	 NULL,
	 "tegata.yaml:4:16: key_group: expected the name or number of a group, not a list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: systemctl reload nginx\n",
	 NULL,
	 "tegata.yaml:4:13: deploy: \"systemctl reload nginx\" looks like a command line; write {shell: "
	 "\"…\"}, or a list of words"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: ./reload.sh\n",
	 NULL,
	 "tegata.yaml:4:13: deploy: \"./reload.sh\" is a relative path; write the whole path, or the name "
	 "of a hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: hooks/x\n",
	 NULL,
	 "tegata.yaml:4:13: deploy: \"hooks/x\" is a relative path; write the whole path, or the name of a "
	 "hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: ''\n",
	 NULL,
	 "tegata.yaml:4:13: deploy: expected a hook or a list of hooks, not an empty text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: [nginx, '']\n",
	 NULL,
	 "tegata.yaml:4:21: deploy: expected a hook or a list of hooks, not an empty text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: [[]]\n",
	 NULL,
	 "tegata.yaml:4:14: deploy: the list of words is empty"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: [[nginx, [a]]]\n",
	 NULL,
	 "tegata.yaml:4:22: deploy: each word must be a text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: [{}]\n",
	 NULL,
	 "tegata.yaml:4:14: deploy: the mapping of a hook needs \"run\" or \"shell\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: nginx, shell: x}\n",
	 NULL,
	 "tegata.yaml:4:13: deploy: \"run\" and \"shell\" exclude each other"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {user: nobody}\n",
	 NULL,
	 "tegata.yaml:4:13: deploy: the mapping of a hook needs \"run\" or \"shell\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {shell: ''}\n",
	 NULL,
	 "tegata.yaml:4:21: shell: expected a text, not an empty text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {shell: [a]}\n",
	 NULL,
	 "tegata.yaml:4:21: shell: expected a text, not a list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {cmd: x}\n",
	 NULL,
	 "tegata.yaml:4:14: unknown key \"cmd\"; did you mean \"shell\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, timeout: 0}\n",
	 NULL,
	 "tegata.yaml:4:31: timeout: expected a whole number from 1 to 86400, not \"0\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, timeout: 5m}\n",
	 NULL,
	 "tegata.yaml:4:31: timeout: expected a whole number from 1 to 86400, not \"5m\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, timeout: 86401}\n",
	 NULL,
	 "tegata.yaml:4:31: timeout: expected a whole number from 1 to 86400, not \"86401\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, user: 'a:b'}\n",
	 NULL,
	 "tegata.yaml:4:28: user: expected the name or number of a user, not \"a:b\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, env: [A]}\n",
	 NULL,
	 "tegata.yaml:4:27: env: expected a mapping of variables to texts, not a list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, env: {1A: b}}\n",
	 NULL,
	 "tegata.yaml:4:28: env: \"1A\" is no name of a variable (letters, digits and \"_\")"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, env: {A-B: b}}\n",
	 NULL,
	 "tegata.yaml:4:28: env: \"A-B\" is no name of a variable (letters, digits and \"_\")"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, env: {A: [b]}}\n",
	 NULL,
	 "tegata.yaml:4:31: env: the value of A must be a text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, plain_args: 'true'}\n",
	 NULL,
	 "tegata.yaml:4:34: plain_args: expected true or false, not \"true\" in quotes"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: x, plain_args: yes}\n",
	 NULL,
	 "tegata.yaml:4:34: plain_args: expected true or false, not \"yes\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {run: {a: b}}\n",
	 NULL,
	 "tegata.yaml:4:19: run: expected the name of a hook, an absolute path, or a list of words, not a "
	 "mapping"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy: {shel: x}\n",
	 NULL,
	 "tegata.yaml:4:14: unknown key \"shel\"; did you mean \"shell\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy_hook: systemctl reload nginx\n",
	 NULL,
	 "tegata.yaml:4:18: deploy_hook: \"systemctl reload nginx\" looks like a command line; write "
	 "{shell: \"…\"}, or a list of words"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy_hook: [a, {b: c}]\n",
	 NULL,
	 "tegata.yaml:4:22: deploy_hook: each word must be a text"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy_hook: []\n",
	 NULL,
	 "tegata.yaml:4:18: deploy_hook: the list of words is empty"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    deploy_hok: /x\n",
	 NULL,
	 "tegata.yaml:4:5: unknown key \"deploy_hok\"; did you mean \"deploy_hook\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: webroot\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: expected a mapping or a list of mappings, not \"webroot\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: []\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: expected a mapping or a list of mappings, not an empty list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {}\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: needs one of webroot, standalone, hook and auth_hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: [webroot]\n",
	 NULL,
	 "tegata.yaml:3:17: challenge: expected a mapping or a list of mappings, not \"webroot\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {type: http-01}\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: needs one of webroot, standalone, hook and auth_hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w, standalone: true}\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: only one of webroot, standalone, hook and auth_hook can be used"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {hook: a, auth_hook: b}\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: only one of webroot, standalone, hook and auth_hook can be used"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: www}\n",
	 NULL,
	 "tegata.yaml:3:26: webroot: expected an absolute path, or a mapping of names to absolute paths, "
	 "not \"www\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: [/a, /b]}\n",
	 NULL,
	 "tegata.yaml:3:26: webroot: expected an absolute path, or a mapping of names to absolute paths, "
	 "not a list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: {}}\n",
	 NULL,
	 "tegata.yaml:3:26: webroot: the mapping is empty"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: {a.jp: w}}\n",
	 NULL,
	 "tegata.yaml:3:33: webroot: expected an absolute path for \"a.jp\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: {a.jp: [x]}}\n",
	 NULL,
	 "tegata.yaml:3:33: webroot: expected an absolute path for \"a.jp\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: {b.jp: /w}}\n",
	 NULL,
	 "tegata.yaml:3:27: webroot: \"b.jp\" is not among the names of this certificate; did you mean "
	 "\"a.jp\"?"},
	{"certificates:\n"
	 "  - names: [www.exampel.jp]\n"
	 "    challenge: {webroot: {www.example.jp: /w}}\n",
	 NULL,
	 "tegata.yaml:3:27: webroot: \"www.example.jp\" is not among the names of this certificate; did you "
	 "mean \"www.exampel.jp\"?"},
	{"certificates:\n"
	 "  - names: [a.jp, b.jp]\n"
	 "    challenge: {webroot: {a.jp: /w}}\n",
	 NULL,
	 "tegata.yaml:2:19: names: webroot has neither a folder for \"b.jp\" nor a \"default\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: false}\n",
	 NULL,
	 "tegata.yaml:3:29: standalone: expected true, a port from 1 to 65535, or a mapping, not \"false\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: 'true'}\n",
	 NULL,
	 "tegata.yaml:3:29: standalone: expected true, a port from 1 to 65535, or a mapping, not \"true\" "
	 "in quotes"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: 0}\n",
	 NULL,
	 "tegata.yaml:3:29: standalone: expected true, a port from 1 to 65535, or a mapping, not \"0\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: 65536}\n",
	 NULL,
	 "tegata.yaml:3:29: standalone: expected true, a port from 1 to 65535, or a mapping, not \"65536\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: [80]}\n",
	 NULL,
	 "tegata.yaml:3:29: standalone: expected true, a port from 1 to 65535, or a mapping, not a list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: {port: http}}\n",
	 NULL,
	 "tegata.yaml:3:36: port: expected a whole number from 1 to 65535, not \"http\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: {adresses: [192.0.2.1]}}\n",
	 NULL,
	 "tegata.yaml:3:30: unknown key \"adresses\"; did you mean \"addresses\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: {addresses: [localhost]}}\n",
	 NULL,
	 "tegata.yaml:3:42: addresses: expected an IP address or a list of them, not \"localhost\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: {addresses: [192.0.2.256]}}\n",
	 NULL,
	 "tegata.yaml:3:42: addresses: expected an IP address or a list of them, not \"192.0.2.256\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: {addresses: []}}\n",
	 NULL,
	 "tegata.yaml:3:41: addresses: expected an IP address or a list of them, not an empty list"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {type: tls-alpn-01, standalone: true}\n",
	 NULL,
	 "tegata.yaml:3:23: type: expected http-01 or dns-01, not \"tls-alpn-01\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {type: http-1, webroot: /w}\n",
	 NULL,
	 "tegata.yaml:3:23: type: expected http-01 or dns-01, not \"http-1\"; did you mean \"http-01\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {type: dns-01, webroot: /w}\n",
	 NULL,
	 "tegata.yaml:3:23: type: dns-01 needs hook or auth_hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {type: dns-01, standalone: true}\n",
	 NULL,
	 "tegata.yaml:3:23: type: dns-01 needs hook or auth_hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {hook: bin/x}\n",
	 NULL,
	 "tegata.yaml:3:23: hook: \"bin/x\" is a relative path; write the whole path, or the name of a hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {hook: {run: x, sheel: y}}\n",
	 NULL,
	 "tegata.yaml:3:32: unknown key \"sheel\"; did you mean \"shell\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {cleanup_hook: /x}\n",
	 NULL,
	 "tegata.yaml:3:16: challenge: needs one of webroot, standalone, hook and auth_hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {hook: a, cleanup_hook: /x}\n",
	 NULL,
	 "tegata.yaml:3:40: cleanup_hook: only beside auth_hook; a hook cleans up itself"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w, timeout: 5, user: a, env: {A: b}}\n",
	 NULL,
	 "tegata.yaml:3:48: user: only beside hook or auth_hook\n"
	 "tegata.yaml:3:39: timeout: only beside hook or auth_hook\n"
	 "tegata.yaml:3:56: env: only beside hook or auth_hook"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {hook: a, timeout: never}\n",
	 NULL,
	 "tegata.yaml:3:35: timeout: expected a whole number from 1 to 86400, not \"never\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {hook: a, env: A=b}\n",
	 NULL,
	 "tegata.yaml:3:31: env: expected a mapping of variables to texts, not \"A=b\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {authhook: a}\n",
	 NULL,
	 "tegata.yaml:3:17: unknown key \"authhook\"; did you mean \"auth_hook\"?"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {standalone: {addresses: [::1]}}\n",
	 NULL,
	 "tegata.yaml:3:42: not valid YAML: did not find expected node content"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {manual-auth-hook: a}\n",
	 NULL,
	 "tegata.yaml:3:17: unknown key \"manual-auth-hook\"; known here: type, names, webroot, standalone, "
	 "hook, auth_hook, cleanup_hook, user, timeout, env"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {names: [b.jp], webroot: /w}\n",
	 NULL,
	 "tegata.yaml:3:25: names: \"b.jp\" is not among the names of this certificate; did you mean \"a.jp\"?"},
	{"certificates:\n"
	 "  - names: [a.jp, b.jp]\n"
	 "    challenge: [{names: a.jp, webroot: /w}]\n",
	 NULL,
	 "tegata.yaml:2:19: names: no challenge is for \"b.jp\""},
	{"certificates:\n"
	 "  - names: [a.jp, b.jp]\n"
	 "    challenge: [{names: c.jp, webroot: /w}, {webroot: /w}]\n",
	 NULL,
	 "tegata.yaml:3:25: names: \"c.jp\" is not among the names of this certificate; did you mean \"a.jp\"?"},
	{"defaults:\n"
	 "  challenge: {names: [b.jp], hook: x}\n"
	 "certificates: [{names: [a.jp]}]\n",
	 NULL,
	 "tegata.yaml:3:25: names: no challenge is for \"a.jp\""},
	{"defaults: {name: x}\n",
	 NULL,
	 "tegata.yaml:1:12: unknown key \"name\" here; it belongs in \"cas\" or \"certificates\" or \"served\""},
	{"defaults: {names: [a.jp]}\n",
	 NULL,
	 "tegata.yaml:1:12: unknown key \"names\" here; it belongs in \"certificates\" or \"challenge\""},
	{"defaults: {deploy: a b}\n"
	 "certificates: [{names: [a.jp]}]\n",
	 NULL,
	 "tegata.yaml:1:20: deploy: \"a b\" looks like a command line; write {shell: \"…\"}, or a list of "
	 "words"},
	{NULL,
	 "cas: []\n",
	 "conf.d/a.yaml:1:1: \"cas\" belongs in tegata.yaml; here only \"certificates\" may stand"},
	{NULL,
	 "defaults: {}\n",
	 "conf.d/a.yaml:1:1: \"defaults\" belongs in tegata.yaml; here only \"certificates\" may stand"},
	{NULL,
	 "- a\n",
	 "conf.d/a.yaml:1:1: expected a mapping with the key certificates"},
	{NULL,
	 "certificate: []\n",
	 "conf.d/a.yaml:1:1: unknown key \"certificate\"; did you mean \"certificates\"?"},
	{NULL,
	 "certificates: [\n",
	 "conf.d/a.yaml:2:1: not valid YAML: did not find expected node content"},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n",
	 "certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n",
	 "conf.d/a.yaml:2:5: the certificate \"a.jp\" is already at tegata.yaml:2:5; give one of them "
	 "another \"name\""},
	{"certificates:\n"
	 "  - names: [a.jp]\n"
	 "    challenge: {webroot: /w}\n",
	 "certificates:\n"
	 "  - names: [b.jp]\n"
	 "    challenge: {webroot: /w}\n"
	 "    ca: le\n",
	 "conf.d/a.yaml:4:9: ca: there is no CA \"le\"; \"cas\" must name it"},
	{"cas: [\n",
	 "certificates:\n"
	 "  - names: [a.jp]\n"
	 "    ca: le\n",
	 "tegata.yaml:2:1: not valid YAML: did not find expected node content"},
	{"cas:\n"
	 "  - sever: x\n"
	 "    max_names: x\n"
	 "foo: 1\n"
	 "certificates:\n"
	 "  - nams: [a.jp]\n"
	 "    key: rsa\n"
	 "    deploy: {}\n",
	 "certificates:\n"
	 "  - names: [b.jp]\n"
	 "    challenge: {webrot: /w}\n"
	 "    key_mode: 0666\n",
	 "tegata.yaml:2:5: unknown key \"sever\"; did you mean \"server\"?\n"
	 "tegata.yaml:3:16: max_names: expected a whole number from 0 to 10000, not \"x\"\n"
	 "tegata.yaml:4:1: unknown key \"foo\"; known here: cas, defaults, certificates, notify, hook_users\n"
	 "tegata.yaml:6:5: unknown key \"nams\"; did you mean \"name\"?\n"
	 "tegata.yaml:8:13: deploy: the mapping of a hook needs \"run\" or \"shell\"\n"
	 "conf.d/a.yaml:3:17: unknown key \"webrot\"; did you mean \"webroot\"?\n"
	 "conf.d/a.yaml:4:15: key_mode: 0666 would open the private key to everybody on this machine; use "
	 "\"0600\", or \"0640\" with a key_group"},
};

static void every_mistake_has_its_message(void **state)
{
	char *dir = scratch_make();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		bad_settings_check(dir, bad[i].main_text, bad[i].extra_text, bad[i].said);
	scratch_remove(dir);
}

static void load_says(const char *dir, const char *name, const char *text)
{
	struct settings s = {0};
	struct diags d = {0};

	assert_int_equal(settings_load(dir, &s, &d), -1);
	assert_int_equal(d.total, 1);
	assert_true(str_ends(d.item[0].file, name));
	assert_int_equal(d.item[0].line, 0);
	assert_non_null(strstr(d.item[0].text, text));
	diags_clear(&d);
	settings_clear(&s);
}

static void files_that_cannot_be_read(void **state)
{
	char *dir = scratch_make(), *main_file = fs_join(dir, "tegata.yaml"), *folder = fs_join(dir, "conf.d");

	(void)state;
	assert_int_equal(mkdir(main_file, 0755), 0);
	load_says(dir, "tegata.yaml", "");
	assert_int_equal(rmdir(main_file), 0);
	scratch_write(folder, "certificates: []\n", 0644);
	load_says(dir, "conf.d", "");
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	bad_settings_put(folder, "www.yml", "certificates: []\n");
	load_says(dir, "conf.d/www.yml", "end in .yaml");
	free(folder);
	free(main_file);
	scratch_remove(dir);
}

/* Each prefix of a good file, and each with one byte changed: never a crash, never -1 without a reason. */
static void damaged_files(void **state)
{
	static const char good[] = "cas: [{name: a, profile: custom, server: 'https://x.jp/?a=b', contact: [m@x.jp]}]\n"
	                           "notify: [x, {run: [y, z], level: error, events: [renewed]}]\n"
	                           "defaults: {deploy: [nginx, [a, b], {shell: 'x', env: {A: b}}], key_mode: \"0640\",\n"
	                           "  key: [rsa, ecdsa], renew_before: 1/3, served: [25, 'smtp:[::1]:25', {port: 1, name: a.jp}]}\n"
	                           "certificates:\n"
	                           "  - names: [a.jp, '*.a.jp']\n"
	                           "    outputs: [{combined: '/{name}.pem', mode: 0640}, {copy: cert.pem, to: '/y{name}'}]\n"
	                           "    challenge: [{names: a.jp, webroot: {default: /w}}, {hook: [x, y], timeout: 5}]\n";
	char *dir = scratch_make();

	(void)state;
	for (size_t i = 0; i < 2 * sizeof good; i++) {
		char *text = str_dup(good);
		struct settings s = {0};
		struct diags d = {0};
		int status;

		if (i < sizeof good)
			text[i] = '\0';
		else if (i - sizeof good < sizeof good - 1)
			text[i - sizeof good] = "[]{}:,-\"'\n #*&"[i % 14];
		bad_settings_put(dir, "tegata.yaml", text);
		status = settings_load(dir, &s, &d);
		assert_int_equal(status, d.total > 0 ? -1 : 0);
		assert_true(s.ca_count > 0);
		diags_clear(&d);
		settings_clear(&s);
		free(text);
	}
	scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_has_its_message),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
