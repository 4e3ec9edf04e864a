#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
#
# What is routed is what is collected: TCP, UDP, ping, HTTP, IPv4 and IPv6 through a
# router, with and without segmentation and receive offloads, for v5, v9 and IPFIX.
# The truth is a capture at the server, on a link whose offloads are off: super-packets
# of the router are segmented before they get there. The debug kernel does one of the six.

# shellcheck disable=SC2317 # ktap_test calls functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need iperf3 nfcapd nfdump nfacctd tshark tcpdump editcap ethtool curl nft jq python3

flowtable=$PNF_TOP/selftests/lib/flowtable.py
flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
collected='udp dst portrange 2055-2057'
primitives=src_host,dst_host,src_port,dst_port,proto,tos

# The debug kernel is too slow for times to tell anything
times=--times
[ "${PNF_KERNEL-}" != uml-debug ] || times=

# fetch SERVER - the file, and it is the one that is there
fetch()
{
	rm -f "$PNF_TMP/fetched"
	in_ns client curl -gsSf -o "$PNF_TMP/fetched" "http://$1:8080/www/file" || return 1
	cmp "$PNF_TMP/www/file" "$PNF_TMP/fetched"
}

# TCP and UDP of iperf3 and echo requests with ToS other than 0 are Flows of their own
traffic()
{
	local server host

	for server in 198.51.100.2 2001:db8:2::2; do
		host=$server
		[[ $server != *:* ]] || host="[$server]"
		in_ns client ping -q -c 5 -i 0.05 "$server" || return 1
		in_ns client ping -q -c 3 -i 0.05 -s 4000 -Q 0xb8 "$server" || return 1
		in_ns client iperf3 -c "$server" -n 1500K || return 1
		in_ns client iperf3 -c "$server" -n 500K -R || return 1
		in_ns client iperf3 -c "$server" -u -b 20M -l 1200 -n 300K -S 0x28 || return 1
		fetch "$host" || return 1
	done
}

# enough_of_all TRUTH.json [ipv4] - the traffic was what the name of this test says
enough_of_all()
{
	local said

	said=$(jq -r '
		def octets(f): [.flows[] | select(f) | .[7]] | add // 0;
		[(":", ".") as $family | ("\(if $family == ":" then "IPv6" else "IPv4" end) " +
		 ("TCP 2000000", "UDP 300000", "ICMP 4000", "HTTP 300000") | split(" ")) as [$ip, $what, $least] |
		 octets((.[0] | contains($family)) and
			if $what == "TCP" then .[2] == 6
			elif $what == "UDP" then .[2] == 17
			elif $what == "ICMP" then .[2] == (if $family == ":" then 58 else 1 end)
			else .[2] == 6 and .[3] == 8080 end) as $octets |
		 select($octets < ($least | tonumber)) | "\($octets) octets of \($ip) \($what)"] |
		if length == 0 then "enough" else join("\n") end' "$1")
	[ "$said" = enough ] || { echo "${said:-jq says nothing}"; return 1; }
}

# A veth pair whose receiver has GRO on queues 256 packets: TCP must not have more in flight
limit_windows()
{
	in_ns "$1" sysctl -q net.ipv4.tcp_wmem='4096 65536 131072' net.ipv4.tcp_rmem='4096 65536 131072'
}

start_servers()
{
	in_ns server iperf3 -s -D --pidfile "$PNF_TMP/iperf3.pid" >/dev/null
	mkdir -p "$PNF_TMP/www"
	head -c 300000 /dev/urandom >"$PNF_TMP/www/file"
	(cd "$PNF_TMP" && exec ip netns exec server python3 -m http.server --bind :: 8080) >/dev/null 2>&1 &
	slowwait 20 tcp_bound server 8080 || die 'no HTTP server'
	slowwait 20 tcp_bound server 5201 || die 'no iperf3 server'
}

# set_offloads on|off - of all but the server's link, where each packet is one of its own
set_offloads()
{
	offloads client eth0 "$1" && offloads router eth0 "$1" && offloads router eth1 off &&
		offloads server eth0 off || return
	[ "$1" = off ] || in_ns router ethtool -K eth1 gro on && offload_is router eth1 "$1" generic-receive-offload
}

# What the router's stack forwarded: skbs, of which a super-packet is one
count='table inet count {
	chain forward {
		type filter hook forward priority 0
		meta nfproto ipv4 counter
		meta nfproto ipv6 counter
	}
}'

# forwarded_skbs - of IPv4 and IPv6
forwarded_skbs()
{
	in_ns router nft -j list table inet count |
		jq -r '[.nftables[].rule.expr[]?.counter | values | .packets] | join(" ")'
}

# packets_in TRUTH.json - of IPv4 and IPv6
packets_in()
{
	jq -r '[(".", ":") as $in | [.flows[] | select(.[0] | contains($in)) | .[6]] | add // 0] | join(" ")' "$1"
}

# far_fewer SKBS PACKETS - less than two thirds, of IPv4 and of IPv6
far_fewer()
{
	local skbs packets i

	read -r -a skbs <<<"$1"
	read -r -a packets <<<"$2"
	for i in 0 1; do
		[ $((skbs[i] * 3)) -lt $((packets[i] * 2)) ] || { echo "$1 skbs of $2 packets"; return 1; }
	done
}

# gap_seen - what judges sequence numbers and sums of IPFIX finds a message that lacks, and times
# that are 300 ms off
gap_seen()
{
	local dir=$1 messages source

	# Messages with Flow Records: others have Templates and Options Data only
	mapfile -t messages < <(tshark_cflow "$dir/one.pcap" 2055 -Y cflow.packets -T fields -e frame.number)
	[ "${#messages[@]}" -ge 3 ] || { echo "${#messages[@]} messages"; return 1; }
	editcap -F pcap "$dir/one.pcap" "$dir/gap.pcap" "${messages[${#messages[@]} / 2]}"
	start_nfcapd collector 2058 "$dir/gap"
	send_messages collector 2058 "$dir/gap.pcap"
	stop_nfcapd
	! tshark_sequence_ok "$dir/gap.pcap" 2055 || return
	! "$flowdecode" check --port 2055 "$dir/gap.pcap" || return
	for source in export:"$dir/gap.pcap" tshark:"$dir/gap.pcap" nfdump:"$dir/gap"; do
		! "$flowtable" compare --truth "$dir/truth.json" "$source" || return
	done
	"$flowtable" compare --truth "$dir/truth.json" export:"$dir/one.pcap" || return
	[ -z "$times" ] || {
		editcap -F pcap -t 0.3 "$dir/truth.pcap" "$dir/late.pcap"
		! "$flowtable" compare --times --truth "$dir/late.pcap" --filter "$forwarded" \
			"export:$dir/one.pcap" | grep 'times are off' && return 1
		return 0
	}
}

# What the router's own addresses send or get is not forwarded: link-local, MLD, ND
forwarded='(ip.addr == 192.0.2.2 and ip.addr == 198.51.100.2) or
	(ipv6.addr == 2001:db8:1::2 and ipv6.addr == 2001:db8:2::2)'

# scenario NAME PROTOCOL OFFLOADS
scenario()
{
	local name=$1 protocol=$2 offloads=$3 dir=$PNF_TMP/$1 skbs compared status

	mkdir -p "$dir"
	ktap_test "$name: the devices have their offloads $offloads" set_offloads "$offloads"

	start_nfcapd collector 2055 "$dir/nfdump"
	start_nfacctd collector 2056 "$dir/nfacctd" $primitives
	start_capture collector eth0 "$dir/export.pcap" "$collected"
	local export_capture=$capture_pid
	nfm router set destination '203.0.113.2:2055,203.0.113.2:2056' \
		protocol "$protocol" points inet=forward || die 'cannot configure'
	nfm router reset stats
	start_capture server eth0 "$dir/truth.pcap" 'ip or ip6'
	local truth_capture=$capture_pid lost
	lost=$(links_lost)
	in_ns router nft "flush ruleset; $count" || die 'no nftables'

	ktap_test "$name: there was traffic of all kinds" traffic
	ktap_test "$name: the capture lost nothing" stop_capture "$truth_capture" "$dir/truth.pcap"
	skbs=$(forwarded_skbs)
	check_law router "$name, before the flush"
	flush router || ktap_fail "$name: flush"
	ktap_equal "$name: the links lost nothing" "$lost" "$(links_lost)"
	check_law router "$name"
	ktap_equal "$name: nothing was ignored" 0 "$(stats router .metering.ignored_packets)"
	ktap_test "$name: the export's capture lost nothing" \
		stop_capture "$export_capture" "$dir/export.pcap"
	stop_nfcapd
	stop_nfacctd
	nfm router set destination none

	ktap_test "$name: tshark counts the capture" "$flowtable" truth --truth "$dir/truth.pcap" \
		--filter "$forwarded" "$dir/truth.json"
	ktap_test "$name: enough of each protocol" enough_of_all "$dir/truth.json"
	if [ "$offloads" = on ]; then
		ktap_test "$name: the router forwarded super-packets, of IPv4 and of IPv6" \
			far_fewer "$skbs" "$(packets_in "$dir/truth.json")"
	else
		ktap_equal "$name: the router forwarded each packet by itself" \
			"$(packets_in "$dir/truth.json")" "$skbs"
	fi
	tcpdump -r "$dir/export.pcap" -w "$dir/one.pcap" 'udp dst port 2055' 2>/dev/null
	compared=$("$flowtable" compare --version "$protocol" ${times:+"$times"} \
		--truth "$dir/truth.json" nfdump:"$dir/nfdump" nfacctd:"$dir/nfacctd" \
		tshark:"$dir/one.pcap" export:"$dir/one.pcap" 2>&1)
	status=$?
	ktap_comment "$compared"
	ktap_equal "$name: nfdump, nfacctd, tshark, our decoder have exactly what was captured${times:+, times too}" \
		0 $status
	if [ "$protocol" = 10 ]; then
		ktap_test "$name: tshark saw no gap" tshark_sequence_ok "$dir/one.pcap" 2055
	else
		ktap_test "$name: nfcapd saw no gap" nfcapd_sequence_ok "$dir/nfdump"
	fi
	ktap_test "$name: no violation of the protocol" "$flowdecode" check --port 2055 --port 2056 \
		"$dir/export.pcap"
	if [ "$protocol" = 5 ]; then
		ktap_equal "$name: IPv6 Flows are not sent, and counted" true \
			"$(stats router '.exporting.unsupported_flows > 0 and
				.exporting.unsupported_flows == .exporting.not_sent_flows')"
	else
		ktap_equal "$name: every Flow was sent" 0 "$(stats router .exporting.not_sent_flows)"
	fi
}

setup_topology
limit_windows client
limit_windows server
start_servers
scenario ipfix-offloads 10 on
ktap_test 'one message less is seen by all judges' gap_seen "$PNF_TMP/ipfix-offloads"
if [ "${PNF_KERNEL-}" != uml-debug ]; then
	scenario ipfix-plain 10 off
	scenario v9-offloads 9 on
	scenario v9-plain 9 off
	scenario v5-offloads 5 on
	scenario v5-plain 5 off
fi
ktap_end
