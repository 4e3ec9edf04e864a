#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
#
# What NetFlow v5 has no room for: interface numbers over 65535 and IPv6. Neither is told as
# something else, both are counted.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tcpdump tshark jq

add_ns client router
ip link add eth0 index 70001 netns router type veth peer name eth0 netns client ||
	die 'no device with such a number'
for ns in client router; do
	ip -n "$ns" link set eth0 up
done
add_address router eth0 192.0.2.1/24 2001:db8:1::1/64
add_address client eth0 192.0.2.2/24 2001:db8:1::2/64

start_capture client eth0 "$PNF_TMP/v5.pcap" udp port 2055
nfm router set destination 192.0.2.2:2055 protocol v5 points inet=prerouting || die 'cannot configure'
in_ns client ping -q -c 3 -i 0.2 192.0.2.1 >/dev/null || die 'no answer'
in_ns client ping -q -c 2 -i 0.2 2001:db8:1::1 >/dev/null || die 'no answer, IPv6'
flush router
stop_capture "$capture_pid" "$PNF_TMP/v5.pcap"

# one_flow - the Flow of the pings as tshark reads it: interfaces and packets
one_flow()
{
	tshark_cflow "$PNF_TMP/v5.pcap" 2055 -Y 'cflow.protocol == 1 && cflow.srcaddr == 192.0.2.2' \
		-T fields -e cflow.inputint -e cflow.outputint -e cflow.packets | tr '\t' ' '
}

ktap_equal 'conformance 5: an interface number over 65535 is told as 0, not as another one' '0 0 3' "$(one_flow)"
untold=$(stats router .exporting.untold_interfaces)
ktap_test "conformance 5: it is counted: $untold Flows" [ "$untold" -ge 1 ]
ktap_equal 'conformance 5: no IPv6 address in v5, which has none' '' \
	"$(tshark_cflow "$PNF_TMP/v5.pcap" 2055 -Y cflow.srcaddrv6)"
unsupported=$(stats router .exporting.unsupported_flows)
ktap_test "conformance 5: Flows of IPv6 are counted: $unsupported" [ "$unsupported" -ge 1 ]
ktap_equal 'they are those that were not sent' "$unsupported" "$(stats router .exporting.not_sent_flows)"
check_law router 'v5'
ktap_end
