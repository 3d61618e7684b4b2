#!/bin/bash
# 日本語.jp, written as people write it, in list, settings and arguments.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start xn--wgv71a119e.jp
nginx_start
pebble_start
settings
registered_fqdns 日本語.jp
register

t 0 certonly -n -d 日本語.jp -d ｗｗｗ．日本語。ＪＰ --cert-name nihongo --webroot -w "$webroot"
holds_together nihongo
is "the names" "$(sans "$(live nihongo cert)")" 'www.xn--wgv71a119e.jp xn--wgv71a119e.jp'
empty_folder "$webroot"

step "both ways of writing are the same name"
before=$(asked POST)
t 0 certonly -n -d xn--wgv71a119e.jp -d www.xn--wgv71a119e.jp --cert-name nihongo --webroot -w "$webroot"
t 0 run
is "signed requests" "$(asked POST)" "$before"
t 0 check -d xn--wgv71a119e.jp
t 0 status
out_has 日本語.jp

step "a certificate of its own name"
t 0 certonly -n -d www.日本語.jp --webroot -w "$webroot"
holds_together www.xn--wgv71a119e.jp
finish
