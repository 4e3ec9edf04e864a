#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
#
# Captures replayed to a router: packets and octets of each 5-tuple with its ToS, and ICMP's type
# and code, at the collectors are those that tshark counts in the capture files, for IPFIX, v9
# and v5; the debug kernel does the first. Two passes go to the same collectors: all captures
# as they are, metered at PREROUTING, which sees what the router could not forward too; and,
# with addresses that are routed and with GRO, at FORWARD.
#
# The captures are those of ../shared/pcaps beside the sources (PNF_PCAPS names another
# directory; each has one interface), and two that lib/replay.py makes, of what is not among
# those: fragments, extension headers, tunnels, malformed headers, frames that are not IP.
#
# Packet.is_accepted() of lib/flowtable.py tells by tshark's fields what Linux drops in front
# of PREROUTING; nftables counters in the router say the same in packets and octets.

# shellcheck disable=SC2317 # ktap_test calls functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need nfcapd nfdump nfacctd tshark mergecap editcap capinfos tcpdump nft jq python3

flowtable=$PNF_TOP/selftests/lib/flowtable.py
flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
replay=$PNF_TOP/selftests/lib/replay.py
longest=20000	# packets read of one capture

# Topology: nothing but what is replayed comes to PREROUTING or FORWARD, and nothing comes back
setup_topology
for ns in client server collector; do
	in_ns $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
done
ip -n collector neighbour add 203.0.113.1 lladdr 02:00:00:00:03:01 dev eth0 nud permanent
for end in client/eth0 router/eth0 router/eth1 server/eth0; do
	ip -n "${end%/*}" link set "${end#*/}" mtu 65535
done
# veth leaves GRO out where the sender could make super-packets itself
in_ns client ethtool -K eth0 tso off
ip -n server route add blackhole 10.2.0.0/16
ip -n router neighbour replace 198.51.100.2 lladdr 02:00:00:00:02:02 dev eth1 nud permanent
ip -n router neighbour replace 2001:db8:2::2 lladdr 02:00:00:00:02:02 dev eth1 nud permanent
ip -n router route add 10.2.0.0/16 via 198.51.100.2
ip -n router route add fd00:0:0:2::/64 via 2001:db8:2::2

# Count what PREROUTING sees; none of it goes any further, nor is answered
count='table inet count {
	chain prerouting {
		type filter hook prerouting priority raw
		iifname eth0 meta nfproto ipv4 counter
		iifname eth0 meta nfproto ipv6 counter
	}
}'
closed='table inet closed {
	chain input { type filter hook input priority 0; iifname eth0 drop; }
	chain forward { type filter hook forward priority 0; iifname eth0 drop; }
	chain output { type filter hook output priority 0; oifname eth0 drop; }
}'

# counted - by nftables: packets and octets of IPv4, then of IPv6
counted()
{
	in_ns router nft -j list table inet count |
		jq -r '[.nftables[].rule.expr[]?.counter | values | "\(.packets) \(.bytes)"] | join(" ")'
}

# told EXPRESSION [FILE] - by a truth
told()
{
	jq -r "$1" "$PNF_TMP/${2:-all}.json"
}

# The captures: shared ones, then what is made
shared=${PNF_PCAPS:-$PNF_TOP/../shared/pcaps}
files=()
if [ -d "$shared" ]; then
	while IFS=$'\t' read -r path packets; do
		if [ "$packets" -gt $longest ]; then
			editcap -r "$path" "$PNF_TMP/$(basename "$path")" 1-$longest
			path=$PNF_TMP/$(basename "$path")
		fi
		files+=("$path")
	done < <(find "$shared" -name '*.pcap*' -print0 | LC_ALL=C sort -z |
		xargs -0r capinfos -TrcKM)
	ktap_test 'there are captures to replay' [ ${#files[@]} -gt 0 ]
elif [ -n "${PNF_PCAPS-}" ]; then
	die "no directory $PNF_PCAPS"
else
	ktap_skip 'the shared captures are replayed' 'no ../shared/pcaps beside the sources'
fi
ktap_test 'packets are made' "$replay" generate "$PNF_TMP/plain.pcap" "$PNF_TMP/odd.pcap"
files+=("$PNF_TMP/plain.pcap")
mergecap -a -I none -w "$PNF_TMP/good.pcapng" "${files[@]}" || die 'mergecap fails'
ktap_test 'packets are rewritten' "$replay" rewrite "$PNF_TMP/good.pcapng" "$PNF_TMP/routed.pcap"
files+=("$PNF_TMP/odd.pcap")
mergecap -a -I none -w "$PNF_TMP/all.pcapng" "${files[@]}" || die 'mergecap fails'
mergecap -a -I none -w "$PNF_TMP/truth.pcapng" "${files[@]}" "$PNF_TMP/routed.pcap" || die 'mergecap fails'

# The truth, in what was captured and in what is routed; the latter has all that is IP in the former
ktap_test 'tshark counts the captures' "$flowtable" truth --replayed --split ${#files[@]} \
	--truth "$PNF_TMP/truth.pcapng" "$PNF_TMP/all.json" "$PNF_TMP/routed.json"
ktap_equal 'each IP packet was rewritten' \
	"$(told "del(.files[\"$((${#files[@]} - 1))\"]) | [.files[].found] | transpose | map(add) | tojson")" \
	"$(told '[.accepted[]] | transpose | map(add) | tojson' routed)"
for ((i = 0; i < ${#files[@]}; i++)); do
	ktap_comment "$(basename "${files[i]}"): $(told ".files[\"$i\"] |
		\"\\(.found[0]) IP packets, \\(.found[1]) octets; \" +
		\"\\(.accepted[0]), \\(.accepted[1]) at PREROUTING\"")"
done
ktap_comment "$(told '"\(.frames) frames in all, \(.flows | length) 5-tuples"')"
ktap_comment "rewritten: $(told '"\(.frames) packets, \(.flows | length) 5-tuples"' routed)"

# send FILE COUNT - to the router; so many frames have to leave
send()
{
	local sent

	sent=$(in_ns client "$replay" send eth0 02:00:00:00:01:01 "$1") && [ "$sent" = "$2" ]
}

# gro on|off - on: the router's stack gets super-packets of what comes within a jiffy
gro()
{
	in_ns router ethtool -K eth0 gro "$1"
	in_ns router sh -c "echo $([ "$1" = off ] && echo 0 || echo 1000000) \
		>/sys/class/net/eth0/gro_flush_timeout"
}

# scenario NAME PROTOCOL
scenario()
{
	local name=$1 protocol=$2 dir=$PNF_TMP/$1 seen compared status

	mkdir -p "$dir"
	start_nfcapd collector 2055 "$dir/nfdump"
	start_nfacctd collector 2056 "$dir/nfacctd" src_host,dst_host,src_port,dst_port,proto,tos
	start_capture collector eth0 "$dir/export.pcap" 'udp dst portrange 2055-2056'

	# Whatever comes, as it comes
	gro off
	in_ns router nft "flush ruleset; $count; $closed" || die 'no nftables'
	nfm router set destination '203.0.113.2:2055,203.0.113.2:2056' \
		protocol "$protocol" points inet=prerouting || die 'cannot configure'
	nfm router reset stats
	ktap_test "$name: all frames were replayed" send "$PNF_TMP/all.pcapng" "$(told .frames)"
	ktap_equal "$name: tshark and nftables agree on what comes to PREROUTING" \
		"$(told '.accepted | "\(.["4"] | join(" ")) \(.["6"] | join(" "))"')" "$(counted)"
	ktap_equal "$name: all of that was observed, each packet once" \
		"$(told '.accepted | [.["4"], .["6"]] | transpose | map(add) | join(" ")')" \
		"$(stats router '.metering | "\(.observed_packets) \(.observed_octets)"')"
	ktap_equal "$name: ignored is what lacks its upper-layer header, nothing else" \
		"$(told '.short | [.["4"], .["6"]] | transpose | map(add) | join(" ")')" \
		"$(stats router '.metering | "\(.ignored.truncated) \(.ignored_octets)"')"
	check_law router "$name, at PREROUTING"

	# Forwarded
	in_ns router nft "flush ruleset; $count"
	gro on
	nfm router set points inet=forward || die 'cannot configure'
	ktap_test "$name: all packets were sent to be forwarded" send "$PNF_TMP/routed.pcap" \
		"$(told .frames routed)"
	sleep 0.2	# what GRO holds
	seen=$(counted | awk '{ print $1 + $3 }')
	ktap_comment "$seen super-packets"
	ktap_test "$name: GRO made super-packets" [ "$seen" -lt "$(($(told .frames routed) - 100))" ]
	check_law router "$name, before the flush"
	flush router || ktap_fail "$name: flush"
	check_law router "$name"
	ktap_test "$name: the export's capture lost nothing" \
		stop_capture "$capture_pid" "$dir/export.pcap"
	stop_nfcapd
	stop_nfacctd
	nfm router set destination none

	tcpdump -r "$dir/export.pcap" -w "$dir/one.pcap" 'udp dst port 2055' 2>/dev/null
	compared=$("$flowtable" compare --version "$protocol" --truth "$PNF_TMP/all.json" \
		--truth "$PNF_TMP/routed.json" nfdump:"$dir/nfdump" nfacctd:"$dir/nfacctd" \
		export:"$dir/one.pcap" tshark:"$dir/one.pcap" 2>&1)
	status=$?
	ktap_comment "$compared"
	ktap_equal "$name: nfdump, nfacctd, our decoder, tshark have exactly what is in the captures" 0 $status
	if [ "$protocol" = 10 ]; then
		ktap_test "$name: tshark saw no gap" tshark_sequence_ok "$dir/one.pcap" 2055
	else
		ktap_test "$name: nfcapd saw no gap" nfcapd_sequence_ok "$dir/nfdump"
	fi
	ktap_test "$name: no violation of the protocol" "$flowdecode" check --port 2055 --port 2056 \
		"$dir/export.pcap"
	seen=0
	[ "$protocol" != 5 ] || seen=$(jq -rs '[.[] | .accepted["6"][0] - .short["6"][0]] | add' \
		"$PNF_TMP"/{all,routed}.json)
	ktap_equal "$name: not sent is what the protocol cannot carry" "$seen" \
		"$(stats router .exporting.not_sent_packets)"
}

scenario ipfix 10
if [ "${PNF_KERNEL-}" != uml-debug ]; then
	scenario v9 9
	scenario v5 5
fi
ktap_end
