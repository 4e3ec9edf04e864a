#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels: 6.1 uml uml-debug
# timeout: 200
#
# The shortest way through everything: pings are metered, shown, exported; the law holds.

# shellcheck disable=SC2317 # ktap_test calls functions, in a subshell
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq

setup_topology
nfm router set destination 203.0.113.2:2055 protocol ipfix points inet=forward || die 'cannot configure'
ktap_test 'ping' in_ns client ping -q -c 5 -i 0.2 198.51.100.2
ktap_test 'ping6' in_ns client ping -q -c 5 -i 0.2 2001:db8:2::2
ktap_equal '20 packets are metered' 20 "$(stats router .metering.metered_packets)"
ktap_equal 'show flows has them' 20 "$(nfm router show flows --json | jq 'map(.packetDeltaCount) | add')"
check_law router 'with Flows in the Cache'

# does_not_hold - and says so; functions stand in for nfmgr
does_not_hold()
{
	! law_holds router || { echo 'it holds'; return 1; }
}
silent()
{
	nfmgr() { :; }
	does_not_hold
}
forgetful()
{
	nfmgr()
	{
		if [[ " $* " = *' flows '* ]]; then command nfmgr "$@" | jq '.[1:]'; else command nfmgr "$@"; fi
	}
	does_not_hold
}
ktap_test 'the law does not hold where nfmgr says nothing' silent
ktap_test 'nor where a Flow lacks' forgetful
nfm router set protocol v9
ktap_equal 'a switch of the protocol exports them first' 20 "$(stats router .exporting.exported_packets)"
check_law router 'after the switch'
ktap_test 'unload' module_unload
ktap_end
