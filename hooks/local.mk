dist_hooks_SCRIPTS += \
	hooks/apache \
	hooks/haproxy \
	hooks/nginx \
	hooks/nsupdate \
	hooks/systemd-reload
