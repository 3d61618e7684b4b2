#!/bin/bash
# A certificate in real mail servers: Postfix with STARTTLS on port 25, Dovecot on 143, asked after each renewal.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx postfix dovecot jq
getent passwd postfix >/dev/null && getent passwd dovenull >/dev/null || skip "the users of Postfix and Dovecot are not here"
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns mail.example.jp
settings 'certificates:' "- {name: mail, names: [mail.example.jp], challenge: {webroot: $webroot}}"
register
t 0 run

mkdir -p "$work/postfix/etc" "$work/postfix/spool" "$work/postfix/data" "$work/dovecot/run" "$work/dovecot/base"
chown postfix "$work/postfix/data"
cat >"$work/postfix/etc/main.cf" <<-END
	compatibility_level = 3.6
	queue_directory = $work/postfix/spool
	data_directory = $work/postfix/data
	maillog_file = $logs/postfix
	maillog_file_prefixes = $work
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	myhostname = mail.example.jp
	mydestination =
	alias_maps =
	alias_database =
	smtpd_tls_security_level = may
	smtpd_tls_chain_files = $(live mail privkey), $(live mail fullchain)
END
cat >"$work/postfix/etc/master.cf" <<-END
	smtp      inet  n - n - - smtpd
	pickup    unix  n - n 60 1 pickup
	cleanup   unix  n - n - 0 cleanup
	qmgr      unix  n - n 300 1 qmgr
	tlsmgr    unix  - - n 1000? 1 tlsmgr
	rewrite   unix  - - n - - trivial-rewrite
	bounce    unix  - - n - 0 bounce
	defer     unix  - - n - 0 bounce
	trace     unix  - - n - 0 bounce
	proxymap  unix  - - n - - proxymap
	anvil     unix  - - n - 1 anvil
	scache    unix  - - n - 1 scache
	postlog   unix-dgram n - n - 1 postlogd
END
postfix -c "$work/postfix/etc" start-fg >>"$logs/postfix.out" 2>&1 &
started Postfix $! 127.0.0.1 25

# The settings of 2.4 are written otherwise than those before it.
dovecot_conf() {
	case $(dovecot --version) in
	2.[0-3].*)
		cat <<-END
			protocols = imap
			ssl_cert = <$(live mail fullchain)
			ssl_key = <$(live mail privkey)
			passdb {
			  driver = static
			  args = password=none
			}
			userdb {
			  driver = static
			  args = uid=65534 gid=65534 home=/nonexistent
			}
		END
		;;
	*)
		cat <<-END
			dovecot_config_version = 2.4.0
			dovecot_storage_version = 2.4.0
			protocols {
			  imap = yes
			}
			ssl_server_cert_file = $(live mail fullchain)
			ssl_server_key_file = $(live mail privkey)
			mail_driver = maildir
			mail_path = /nonexistent
			passdb static {
			  password = none
			}
			userdb static {
			  fields {
			    uid = 65534
			    gid = 65534
			    home = /nonexistent
			  }
			}
		END
		;;
	esac
	printf '%s\n' "base_dir = $work/dovecot/base" "log_path = $logs/dovecot" 'listen = 127.0.0.1' 'ssl = required'
}
dovecot_conf >"$work/dovecot/dovecot.conf"
dovecot -F -c "$work/dovecot/dovecot.conf" >>"$logs/dovecot.out" 2>&1 &
started Dovecot $! 127.0.0.1 143

wanted() {
	settings 'certificates:' '- name: mail' '  names: [mail.example.jp]' "  challenge: {webroot: $webroot}" \
		'  served: [smtp:25, imap:143, imaps]' "  deploy: [{shell: \"$1\"}]"
}
reload="postfix -c $work/postfix/etc reload && doveadm -c $work/dovecot/dovecot.conf reload"

step "both serve it, and the next one after their reload"
wanted "$reload"
t 0 run
t 0 renew --force
t 0 status --json
json_is '.certificates[0].deploy_owed' '[]'

step "one of them is forgotten: it is named, the other is not"
wanted "postfix -c $work/postfix/etc reload"
impatient mail
t 9 renew --force
err_has 143 'does not serve the new certificate'
err_has 'the service smtp:25 serves it'
err_lacks 'smtp:25 does not'
wanted "$reload"
t 0 run
finish
