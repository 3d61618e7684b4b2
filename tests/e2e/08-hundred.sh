#!/bin/bash
# A hundred names in one certificate, one visit of the CA; a hundred and one are refused here.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
names=() list=()
for ((i = 1; i <= 100; i++)); do
	names+=("n$i.example.jp")
	list+=(-d "n$i.example.jp")
done
named_start example.jp
nginx_start
pebble_start
settings 'certificates:' "- {name: hundred, names: [$(IFS=,; echo "${names[*]}")], challenge: {webroot: $webroot}}"
registered_fqdns "${names[@]}" one-more.example.jp
register
began=$(date +%s%N)
t 0 run
echo "took $((($(date +%s%N) - began) / 1000000)) ms, $(asked) requests"
holds_together hundred
is "how many names" "$(sans "$(live hundred cert)" | wc -w)" 100
empty_folder "$webroot"

step "the same name twice is one name"
t 0 check "${list[@]}" -d N1.EXAMPLE.jp

step "101"
before=$(asked)
t 4 certonly -n "${list[@]}" -d one-more.example.jp --webroot -w "$webroot"
err_has 101 100
is "requests" "$(asked)" "$before"
finish
