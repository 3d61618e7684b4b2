dist_hooks_SCRIPTS += \
	hooks/apache \
	hooks/haproxy \
	hooks/mail \
	hooks/nginx \
	hooks/nsupdate \
	hooks/systemd-reload \
	hooks/webhook
