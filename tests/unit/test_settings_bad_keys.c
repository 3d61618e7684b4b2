#include "config.h"

#include "bad_settings.h"

/* Mistakes in keys of a certificate, of CAs and of notify, and exactly what is said about them. */

/* The line and its mistakes begin in line 4. */
#define CERTIFICATE "certificates:\n  - names: [a.jp]\n    challenge: {webroot: /w}\n    "

static const struct {
	const char *line, *said;
} lines[] = {
	{"key: []", "tegata.yaml:4:10: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, or a list of "
	 "them, not an empty list"},
	{"key: [rsa2048, rsa]", "tegata.yaml:4:20: key: rsa2048 is listed twice"},
	{"key: [rsa2048, ed25519]",
	 "tegata.yaml:4:20: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, or a list of "
	 "them, not \"ed25519\""},
	{"key: [ecdsa-p256, ecdsa, rsa2048, ecdsa]", "tegata.yaml:4:23: key: ecdsa-p256 is listed twice\n"
	 "tegata.yaml:4:39: key: ecdsa-p256 is listed twice"},
	{"key: [[rsa2048]]",
	 "tegata.yaml:4:11: key: expected rsa2048, rsa3072, rsa4096, ecdsa-p256 or ecdsa-p384, or a list of "
	 "them, not a list"},
	{"reuse_key: yes", "tegata.yaml:4:16: reuse_key: expected true or false, not \"yes\""},
	{"next_key: 1", "tegata.yaml:4:15: next_key: expected true or false, not \"1\""},
	{"reuse_key: true\n    next_key: true",
	 "tegata.yaml:2:5: next_key: of no use with reuse_key, which keeps the key there is; set one of them "
	 "to false"},
	{"csr: www.csr", "tegata.yaml:4:10: csr: expected an absolute path, not \"www.csr\""},
	{"csr: /c.csr\n    key: rsa2048", "tegata.yaml:5:10: key: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    key: [rsa2048, ecdsa]",
	 "tegata.yaml:5:10: key: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    reuse_key: false",
	 "tegata.yaml:5:16: reuse_key: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    next_key: true",
	 "tegata.yaml:5:15: next_key: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    key_owner: root",
	 "tegata.yaml:5:16: key_owner: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    key_group: ssl",
	 "tegata.yaml:5:16: key_group: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    key_mode: 0640",
	 "tegata.yaml:5:15: key_mode: not beside csr; the key is where the request was made"},
	{"csr: /c.csr\n    outputs: {combined: /x.pem}",
	 "tegata.yaml:5:14: outputs: \"/x.pem\" would need the private key, which is not here: the certificate "
	 "\"a.jp\" has a csr"},
	{"csr: /c.csr\n    outputs: [{copy: privkey.pem, to: /x.pem}, {copy: cert.pem, to: /y.pem}]",
	 "tegata.yaml:5:15: outputs: \"/x.pem\" would need the private key, which is not here: the certificate "
	 "\"a.jp\" has a csr"},
	{"preferred_chain: ''", "tegata.yaml:4:22: preferred_chain: expected one line of text, not an empty text"},
	{"preferred_chain: [a]", "tegata.yaml:4:22: preferred_chain: expected one line of text, not a list"},
	{"acme_profile: short lived",
	 "tegata.yaml:4:19: acme_profile: expected a word of printable ASCII without blanks, not \"short "
	 "lived\""},
	{"acme_profile: 短い",
	 "tegata.yaml:4:19: acme_profile: expected a word of printable ASCII without blanks, not \"短い\""},
	{"acme_profile: ''",
	 "tegata.yaml:4:19: acme_profile: expected a word of printable ASCII without blanks, not an empty "
	 "text"},
	{"renew_before: 30",
	 "tegata.yaml:4:19: renew_before: 30 of what? Write \"30d\" for days, or a share of the lifetime such "
	 "as \"33%\" or \"1/3\""},
	{"renew_before: 397",
	 "tegata.yaml:4:19: renew_before: 397 of what? Write \"397d\" for days, or a share of the lifetime such "
	 "as \"33%\" or \"1/3\""},
	{"renew_before: 398",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"398\""},
	{"renew_before: 0",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"0\""},
	{"renew_before: 30x",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"30x\""},
	{"renew_before: 0d",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"0d\""},
	{"renew_before: 398d",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"398d\""},
	{"renew_before: -1d",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"-1d\""},
	{"renew_before: 1.5d",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"1.5d\""},
	{"renew_before: '30  days'",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"30  days\""},
	{"renew_before: 0%",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"0%\""},
	{"renew_before: 100%",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"100%\""},
	{"renew_before: 33.3%",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"33.3%\""},
	{"renew_before: %", "tegata.yaml:4:19: put quotes around text that begins with %"},
	{"renew_before: 1/1",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"1/1\""},
	{"renew_before: 0/3",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"0/3\""},
	{"renew_before: 3/2",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"3/2\""},
	{"renew_before: 1/",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"1/\""},
	{"renew_before: /3",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"/3\""},
	{"renew_before: 1/1001",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"1/1001\""},
	{"renew_before: 1/3/",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"1/3/\""},
	{"renew_before: 30h",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"30h\""},
	{"renew_before: ''",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not an empty text"},
	{"renew_before: [30d]",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not a list"},
	{"renew_before: 30d 12h",
	 "tegata.yaml:4:19: renew_before: expected days such as \"30d\" (1 to 397), or a share of the lifetime "
	 "such as \"33%\" or \"1/3\", not \"30d 12h\""},
	{"on_lapse: shrnk", "tegata.yaml:4:15: on_lapse: expected warn or shrink, not \"shrnk\"; did you mean \"shrink\"?"},
	{"on_lapse: [warn]", "tegata.yaml:4:15: on_lapse: expected warn or shrink, not a list"},
	{"rule: none", "tegata.yaml:4:5: unknown key \"rule\" here; it belongs in \"cas\""},
	{"rounding: none", "tegata.yaml:4:5: unknown key \"rounding\" here; it belongs in \"rule\""},
	{"keep: 0", "tegata.yaml:4:11: keep: expected a whole number from 1 to 1000, not \"0\""},
	{"keep: 1001", "tegata.yaml:4:11: keep: expected a whole number from 1 to 1000, not \"1001\""},
	{"keep: all", "tegata.yaml:4:11: keep: expected a whole number from 1 to 1000, not \"all\""},
	{"renew_before_expiry: 30 days",
	 "tegata.yaml:4:5: unknown key \"renew_before_expiry\"; did you mean \"renew_before\"?"},
	{"days: 30", "tegata.yaml:4:5: unknown key \"days\"; did you mean \"renew_before\"?"},
	{"reuse-key: true", "tegata.yaml:4:5: unknown key \"reuse-key\"; did you mean \"reuse_key\"?"},
	{"preferred-chain: x", "tegata.yaml:4:5: unknown key \"preferred-chain\"; did you mean \"preferred_chain\"?"},
	{"renewbefore: 30d", "tegata.yaml:4:5: unknown key \"renewbefore\"; did you mean \"renew_before\"?"},
	{"owner: root", "tegata.yaml:4:5: unknown key \"owner\"; did you mean \"key_owner\"?"},
	{"output: []", "tegata.yaml:4:5: unknown key \"output\"; did you mean \"outputs\"?"},
	{"serve: 443", "tegata.yaml:4:5: unknown key \"serve\"; did you mean \"served\"?"},
	{"required_profile: x", "tegata.yaml:4:5: unknown key \"required_profile\"; did you mean \"acme_profile\"?"},
	{"profile: x", "tegata.yaml:4:5: unknown key \"profile\" here; it belongs in \"cas\""},
	{"notify: x", "tegata.yaml:4:5: unknown key \"notify\" here; it belongs in the top level or \"hook_users\""},
	{"combined: /x", "tegata.yaml:4:5: unknown key \"combined\" here; it belongs in \"outputs\""},
	{"protocol: tls", "tegata.yaml:4:5: unknown key \"protocol\" here; it belongs in \"served\""},
	{"level: info", "tegata.yaml:4:5: unknown key \"level\" here; it belongs in \"notify\""},
	{"served: 0", "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"0\""},
	{"served: 65536",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"65536\""},
	{"served: tls", "tegata.yaml:4:13: served: \"tls\" needs a port, such as \"tls:443\""},
	{"served: mail.example.jp",
	 "tegata.yaml:4:13: served: \"mail.example.jp\" needs a port, such as \"mail.example.jp:443\""},
	{"served: ':25'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \":25\""},
	{"served: tls:mail.example.jp",
	 "tegata.yaml:4:13: served: \"tls:mail.example.jp\" needs a port, such as \"tls:mail.example.jp:443\""},
	{"served: smtpx:25",
	 "tegata.yaml:4:13: served: \"smtpx\" is no protocol; did you mean \"smtp\"? For a host of this name "
	 "write \"tls:smtpx:25\""},
	{"served: stmp:a.jp",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"stmp:a.jp\""},
	{"served: ldap1:389",
	 "tegata.yaml:4:13: served: \"ldap1\" is no protocol; did you mean \"ldap\"? For a host of this name "
	 "write \"tls:ldap1:389\""},
	{"served: 'smtp:25:mail'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"smtp:25:mail\""},
	{"served: 'a b:25'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"a b:25\""},
	{"served: 日本.jp:443",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"日本.jp:443\""},
	{"served: '::1:443'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"::1:443\""},
	{"served: '[::1]'", "tegata.yaml:4:13: served: \"[::1]\" needs a port, such as \"[::1]:443\""},
	{"served: '[::1:443'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"[::1:443\""},
	{"served: '[a.jp]:443'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"[a.jp]:443\""},
	{"served: 'smtp:::1:25'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"smtp:::1:25\""},
	{"served: '::1'",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"::1\""},
	{"served: ftp:a.jp:21",
	 "tegata.yaml:4:13: served: \"ftp\" is no protocol; expected tls, smtp, imap, pop3, ldap, https, smtps, "
	 "imaps, pop3s or ldaps"},
	{"served: smtp:a.jp:25:1",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"smtp:a.jp:25:1\""},
	{"served: -a:443",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"-a:443\""},
	{"served: a..b:443",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"a..b:443\""},
	{"served: smtp:0",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"smtp:0\""},
	{"served: smtp:65536",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"smtp:65536\""},
	{"served: smtp:a.jp:x",
	 "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not \"smtp:a.jp:x\""},
	{"served: ''", "tegata.yaml:4:13: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not an empty text"},
	{"served: [[443]]",
	 "tegata.yaml:4:14: served: expected a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 "
	 "address in brackets), a mapping, or a list of these, not a list"},
	{"served: [443, 443]", "tegata.yaml:4:19: served: \"443\" is listed already, as \"443\""},
	{"served: [443, 'tls:443']", "tegata.yaml:4:19: served: \"tls:443\" is listed already, as \"443\""},
	{"served: ['smtp:25', smtp]", "tegata.yaml:4:25: served: \"smtp\" is listed already, as \"smtp:25\""},
	{"served: [143, {port: 143}, {protocol: imap}, 'imap:143']",
	 "tegata.yaml:4:19: served: \"143\" is listed already, as \"143\"\n"
	 "tegata.yaml:4:50: served: \"imap:143\" is listed already, as \"imap:143\""},
	{"served: {}", "tegata.yaml:4:13: served: the mapping needs \"port\", or a \"protocol\" that has a usual one"},
	{"served: {protocol: tls}",
	 "tegata.yaml:4:13: served: the mapping needs \"port\", or a \"protocol\" that has a usual one"},
	{"served: {host: a.jp}",
	 "tegata.yaml:4:13: served: the mapping needs \"port\", or a \"protocol\" that has a usual one"},
	{"served: {protocol: ftp, port: 21}",
	 "tegata.yaml:4:24: protocol: expected tls, smtp, imap, pop3, ldap, https, smtps, imaps, pop3s or "
	 "ldaps, not \"ftp\"; did you mean \"smtp\"?"},
	{"served: {protocol: smpt}",
	 "tegata.yaml:4:24: protocol: expected tls, smtp, imap, pop3, ldap, https, smtps, imaps, pop3s or "
	 "ldaps, not \"smpt\"; did you mean \"smtp\"?"},
	{"served: {port: 0}", "tegata.yaml:4:20: port: expected a whole number from 1 to 65535, not \"0\""},
	{"served: {port: x}", "tegata.yaml:4:20: port: expected a whole number from 1 to 65535, not \"x\""},
	{"served: {port: 1, host: a b}",
	 "tegata.yaml:4:29: host: expected a host name in plain ASCII or an IP address, not \"a b\""},
	{"served: {port: 1, name: '*.a.jp'}",
	 "tegata.yaml:4:29: name: expected a host name in plain ASCII or an IP address, not \"*.a.jp\""},
	{"served: {port: 1, sni: a.jp}", "tegata.yaml:4:23: unknown key \"sni\"; did you mean \"name\"?"},
	{"served: {port: 1, webroot: /w}", "tegata.yaml:4:23: unknown key \"webroot\" here; it belongs in \"challenge\""},
	{"served: {ports: 1}", "tegata.yaml:4:14: unknown key \"ports\"; did you mean \"port\"?"},
	{"outputs: /x", "tegata.yaml:4:14: outputs: expected a mapping or a list of mappings, not \"/x\""},
	{"outputs: [/x]", "tegata.yaml:4:15: outputs: expected a mapping or a list of mappings, not \"/x\""},
	{"outputs: [[a]]", "tegata.yaml:4:15: outputs: expected a mapping or a list of mappings, not a list"},
	{"outputs: {}", "tegata.yaml:4:14: outputs: the mapping needs one of combined, pkcs12 and copy"},
	{"outputs: {combind: /x}", "tegata.yaml:4:15: unknown key \"combind\"; did you mean \"combined\"?"},
	{"outputs: {combined: x}", "tegata.yaml:4:25: combined: expected an absolute path, not \"x\""},
	{"outputs: {combined: /x/}", "tegata.yaml:4:25: combined: \"/x/\" is a folder; write the path of the file"},
	{"outputs: {combined: /x, pkcs12: /y}",
	 "tegata.yaml:4:14: outputs: only one of combined, pkcs12 and copy can be used in one mapping"},
	{"outputs: {copy: cert.pem}", "tegata.yaml:4:14: outputs: copy needs \"to\": the path of the file to write"},
	{"outputs: {copy: cert, to: /x}",
	 "tegata.yaml:4:21: copy: expected privkey.pem, cert.pem, chain.pem or fullchain.pem, not \"cert\""},
	{"outputs: {copy: fullchan.pem, to: /x}",
	 "tegata.yaml:4:21: copy: expected privkey.pem, cert.pem, chain.pem or fullchain.pem, not "
	 "\"fullchan.pem\"; did you mean \"fullchain.pem\"?"},
	{"outputs: {to: /x}", "tegata.yaml:4:14: outputs: the mapping needs one of combined, pkcs12 and copy"},
	{"outputs: {combined: /x, to: /y}", "tegata.yaml:4:33: to: only beside copy"},
	{"outputs: {combined: /x, password_file: /p}", "tegata.yaml:4:44: password_file: only beside pkcs12"},
	{"outputs: {copy: cert.pem, to: /x, password_file: /p}", "tegata.yaml:4:54: password_file: only beside pkcs12"},
	{"outputs: {pkcs12: /x, password_file: p}",
	 "tegata.yaml:4:42: password_file: expected an absolute path, not \"p\""},
	{"outputs: {combined: /x, mode: 0644}",
	 "tegata.yaml:4:35: mode: 0644 would open the private key in this file to everybody on this machine; "
	 "use \"0600\", or \"0640\" with a group"},
	{"outputs: {copy: privkey.pem, to: /x, mode: 0604}",
	 "tegata.yaml:4:48: mode: 0604 would open the private key in this file to everybody on this machine; "
	 "use \"0600\", or \"0640\" with a group"},
	{"outputs: {pkcs12: /x, mode: 0666}",
	 "tegata.yaml:4:33: mode: with 0666 everybody on this machine could write to the file; use \"0600\", "
	 "\"0640\" or \"0644\""},
	{"outputs: {copy: cert.pem, to: /x, mode: 0646}",
	 "tegata.yaml:4:45: mode: with 0646 everybody on this machine could write to the file; use \"0600\", "
	 "\"0640\" or \"0644\""},
	{"outputs: {copy: cert.pem, to: /x, mode: 0755}",
	 "tegata.yaml:4:45: mode: 0755 would make the file an executable; use \"0600\", \"0640\" or \"0644\""},
	{"outputs: {copy: cert.pem, to: /x, mode: 0044}",
	 "tegata.yaml:4:45: mode: with 0044 not even the owner could read the file; use \"0600\", \"0640\" or "
	 "\"0644\""},
	{"outputs: {copy: cert.pem, to: /x, mode: rw}",
	 "tegata.yaml:4:45: mode: expected a mode in octal digits, such as \"0640\", not \"rw\""},
	{"outputs: {combined: /x, owner: a b}",
	 "tegata.yaml:4:36: owner: expected the name or number of a user, not \"a b\""},
	{"outputs: {combined: /x, group: ''}",
	 "tegata.yaml:4:36: group: expected the name or number of a group, not an empty text"},
	{"outputs: {combined: /x, key_owner: a}",
	 "tegata.yaml:4:29: unknown key \"key_owner\" here; it belongs in \"defaults\" or \"certificates\""},
	{"outputs: {pem: /x}", "tegata.yaml:4:15: unknown key \"pem\"; did you mean \"combined\"?"},
	{"outputs: {copy: cert.pem, path: /x}", "tegata.yaml:4:31: unknown key \"path\"; did you mean \"to\"?"},
	{"outputs: [{combined: /x}, {pkcs12: /x}]",
	 "tegata.yaml:4:31: outputs: \"/x\" is already made by the output at tegata.yaml:4:15; each needs a "
	 "path of its own"},
	{"outputs: [{copy: cert.pem, to: /x/}]", "tegata.yaml:4:36: to: \"/x/\" is a folder; write the path of the file"},
};

static const struct {
	const char *main_text, *extra_text; /* tegata.yaml, conf.d/a.yaml; NULL = no such file */
	const char *said;
} files[] = {
	{"certificates:\n  - names: [a.jp]\n    name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\n    challenge: {webroot: /w}\n    key: [rsa2048, ecdsa-p256]\n", NULL,
	 "tegata.yaml:2:5: name: with \"+ecdsa-p256\" for a further type of key it is longer than 128 "
	 "characters; write a shorter one"},
	{"certificates:\n  - {name: a+b, names: [a.jp], challenge: {webroot: /w}}\n", NULL,
	 "tegata.yaml:2:12: name: expected a name of letters, digits, \".\", \"_\" and \"-\" that begins with a "
	 "letter or digit (at most 128), not \"a+b\""},
	{"defaults: {reuse_key: true}\ncertificates:\n  - names: [a.jp]\n    challenge: {webroot: /w}\n    next_key: true\n", NULL,
	 "tegata.yaml:3:5: next_key: of no use with reuse_key, which keeps the key there is; set one of them "
	 "to false"},
	{"defaults: {csr: /c.csr}\n", NULL,
	 "tegata.yaml:1:12: unknown key \"csr\" here; it belongs in \"certificates\""},
	{"defaults: {outputs: {pkcs12: '/x/{name}.p12'}}\ncertificates:\n  - names: [a.jp]\n    challenge: {webroot: /w}\n    csr: /c.csr\n", NULL,
	 "tegata.yaml:1:21: outputs: \"/x/{name}.p12\" would need the private key, which is not here: the "
	 "certificate \"a.jp\" has a csr"},
	{"defaults: {challenge: {webroot: /w}, outputs: {combined: /x.pem}}\ncertificates: [{names: [a.jp]}, {names: [b.jp]}, {names: [c.jp]}]\n", NULL,
	 "tegata.yaml:1:47: outputs: \"/x.pem\" would be made of several certificates; write {name} in it, "
	 "which stands for the certificate's name"},
	{"defaults: {challenge: {webroot: /w}}\ncertificates:\n  - {names: [a.jp], key: [rsa, ecdsa], outputs: {combined: /x.pem}}\n", NULL,
	 "tegata.yaml:3:49: outputs: \"/x.pem\" would be made of several certificates; write {name} in it, "
	 "which stands for the certificate's name"},
	{"defaults: {challenge: {webroot: /w}}\ncertificates:\n  - {names: [a.jp], outputs: {combined: '/{name}.pem'}}\n  - {names: [b.jp], outputs: {pkcs12: /a.jp.pem}}\n", NULL,
	 "tegata.yaml:4:30: outputs: \"/a.jp.pem\" is already made by the output at tegata.yaml:3:30; each "
	 "needs a path of its own"},
	{"defaults: {challenge: {webroot: /w}}\ncertificates:\n  - {names: [a.jp], outputs: {combined: /x.pem}}\n", "certificates:\n  - {names: [b.jp], outputs: {pkcs12: /x.pem}}\n",
	 "conf.d/a.yaml:2:30: outputs: \"/x.pem\" is already made by the output at tegata.yaml:3:30; each needs "
	 "a path of its own"},
	{"notify: ''\n", NULL,
	 "tegata.yaml:1:9: notify: expected a hook or a list of hooks, not an empty text"},
	{"notify: a b\n", NULL,
	 "tegata.yaml:1:9: notify: \"a b\" looks like a command line; write {shell: \"…\"}, or a list of words"},
	{"notify: ./x\n", NULL,
	 "tegata.yaml:1:9: notify: \"./x\" is a relative path; write the whole path, or the name of a hook"},
	{"notify: {}\n", NULL,
	 "tegata.yaml:1:9: notify: the mapping of a hook needs \"run\" or \"shell\""},
	{"notify: {run: x, shell: y}\n", NULL,
	 "tegata.yaml:1:9: notify: \"run\" and \"shell\" exclude each other"},
	{"notify: {run: x, level: warn}\n", NULL,
	 "tegata.yaml:1:25: level: expected info, warning or error, not \"warn\""},
	{"notify: {run: x, level: fatal}\n", NULL,
	 "tegata.yaml:1:25: level: expected info, warning or error, not \"fatal\""},
	{"notify: {run: x, level: [info]}\n", NULL,
	 "tegata.yaml:1:25: level: expected info, warning or error, not a list"},
	{"notify: {run: x, events: []}\n", NULL,
	 "tegata.yaml:1:26: events: expected one or several of: renewed, renew-failed, recovered, "
	 "deploy-failed, deployed, expiring, expired, revoked, entry-lapsing, entry-ended, names-dropped, moved-back, untrusted-chain, "
	 "clock-wrong, list-refused, not an empty list"},
	{"notify: {run: x, events: {a: b}}\n", NULL,
	 "tegata.yaml:1:26: events: expected one or several of: renewed, renew-failed, recovered, "
	 "deploy-failed, deployed, expiring, expired, revoked, entry-lapsing, entry-ended, names-dropped, moved-back, untrusted-chain, "
	 "clock-wrong, list-refused, not a mapping"},
	{"notify: {run: x, events: [renewd, expired]}\n", NULL,
	 "tegata.yaml:1:27: events: there is no event \"renewd\"; did you mean \"renewed\"?"},
	{"notify: {run: x, events: everything}\n", NULL,
	 "tegata.yaml:1:26: events: expected one or several of: renewed, renew-failed, recovered, "
	 "deploy-failed, deployed, expiring, expired, revoked, entry-lapsing, entry-ended, names-dropped, moved-back, untrusted-chain, "
	 "clock-wrong, list-refused, not \"everything\""},
	{"notify: {run: x, events: [[renewed]]}\n", NULL,
	 "tegata.yaml:1:27: events: expected one or several of: renewed, renew-failed, recovered, "
	 "deploy-failed, deployed, expiring, expired, revoked, entry-lapsing, entry-ended, names-dropped, moved-back, untrusted-chain, "
	 "clock-wrong, list-refused, not a list"},
	{"notify: {run: x, events: ''}\n", NULL,
	 "tegata.yaml:1:26: events: expected one or several of: renewed, renew-failed, recovered, "
	 "deploy-failed, deployed, expiring, expired, revoked, entry-lapsing, entry-ended, names-dropped, moved-back, untrusted-chain, "
	 "clock-wrong, list-refused, not an empty text"},
	{"notify: {level: info}\n", NULL,
	 "tegata.yaml:1:9: notify: the mapping of a hook needs \"run\" or \"shell\""},
	{"notify: {runn: x}\n", NULL,
	 "tegata.yaml:1:10: unknown key \"runn\"; did you mean \"run\"?"},
	{"notify: {run: x, event: renewed}\n", NULL,
	 "tegata.yaml:1:18: unknown key \"event\"; did you mean \"events\"?"},
	{"notify: {run: x, webroot: /w}\n", NULL,
	 "tegata.yaml:1:18: unknown key \"webroot\" here; it belongs in \"challenge\""},
	{"notify: [[]]\n", NULL,
	 "tegata.yaml:1:10: notify: the list of words is empty"},
	{"notify: [{run: x, timeout: 0}]\n", NULL,
	 "tegata.yaml:1:28: timeout: expected a whole number from 1 to 86400, not \"0\""},
	{"notify: [{run: x, user: a b}]\n", NULL,
	 "tegata.yaml:1:25: user: expected the name or number of a user, not \"a b\""},
	{"notify: {run: [x, [y]]}\n", NULL,
	 "tegata.yaml:1:19: run: each word must be a text"},
	{NULL, "notify: mail\ncertificates: []\n",
	 "conf.d/a.yaml:1:1: \"notify\" belongs in tegata.yaml; here only \"certificates\" may stand"},
	{"alert: mail\n", NULL,
	 "tegata.yaml:1:1: unknown key \"alert\"; did you mean \"notify\"?"},
	{"cas: [{patience: 9}]\n", NULL, "tegata.yaml:1:18: patience: expected a whole number from 10 to 86400, not \"9\""},
	{"cas: [{max_failed_validations: 0}]\n", NULL,
	 "tegata.yaml:1:32: max_failed_validations: expected a whole number from 1 to 16, not \"0\""},
	{"cas: [{max_failed_validations: 17}]\n", NULL,
	 "tegata.yaml:1:32: max_failed_validations: expected a whole number from 1 to 16, not \"17\""},
	{"cas: [{max_failed_validation: 5}]\n", NULL,
	 "tegata.yaml:1:8: unknown key \"max_failed_validation\"; did you mean \"max_failed_validations\"?"},
};

static void lines_of_a_certificate(void **state)
{
	char *dir = scratch_make();

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		char *text = str_fmt("%s%s\n", CERTIFICATE, lines[i].line);

		bad_settings_check(dir, text, NULL, lines[i].said);
		free(text);
	}
	scratch_remove(dir);
}

static void whole_files(void **state)
{
	char *dir = scratch_make();

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		bad_settings_check(dir, files[i].main_text, files[i].extra_text, files[i].said);
	scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_a_certificate),
		cmocka_unit_test(whole_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
