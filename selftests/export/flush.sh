#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: uml
#
# A flush waits for its only destination, packets do not wait for the flush: the table grows with
# the Flows that come meanwhile. Only where more of them come than leave.
#
# lib/destinations.sh has the picture.

# shellcheck disable=SC2016,SC2317 # eval expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib/destinations.sh
. "$(dirname "$0")/../lib/destinations.sh"

setup

# Ten seconds for 20,000 Flows; what fills half of a queue leaves in half a second
tc -n router qdisc replace dev es root tbf rate 800kbit burst 5000 limit 200000 || ktap_skip_all 'no tbf'
nfm router set points inet=forward protocol ipfix inactive-timeout 600 destination 198.18.10.2:2055 ||
	die 'cannot configure'
generate 20000 1
before=$(stats router .cache.buckets)
nfm router flush 2>/dev/null &
flush=$!
generate 60000 2
ktap_test "the table of $before buckets grows meanwhile" slowwait 5 eval \
	'[ "$(stats router .cache.buckets)" -gt "$before" ] && kill -0 $flush'
tc -n router qdisc replace dev es root tbf rate 100mbit burst 100000 limit 1000000
wait $flush
flush router
settled
check_law router 'many new Flows during a flush'
ktap_equal 'none is left' 0 "$(stats router .cache.flows)"
ktap_end
