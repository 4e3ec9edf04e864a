#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 600
# kernels: 6.1 uml
#
# What is routed is what is collected: TCP, UDP, ping, HTTP, IPv4 and IPv6 through a
# router, with and without segmentation and receive offloads, for v5, v9 and IPFIX.
# The truth is a capture at the server, on a link whose offloads are off: super-packets
# of the router are segmented before they get there.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need iperf3 nfcapd nfdump nfacctd tshark tcpdump curl jq python3

flowtable=$PNF_TOP/selftests/lib/flowtable.py
flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
collected='udp dst portrange 2055-2057'

# The debug kernel is too slow for times to tell anything
times=--times
[ "${PNF_KERNEL-}" != uml-debug ] || times=

traffic()
{
	local server

	for server in 198.51.100.2 2001:db8:2::2; do
		in_ns client ping -q -c 5 -i 0.05 "$server"
		in_ns client ping -q -c 3 -i 0.05 -s 4000 "$server"
		in_ns client iperf3 -c "$server" -n 3M
		in_ns client iperf3 -c "$server" -n 1M -R
		in_ns client iperf3 -c "$server" -u -b 20M -l 1200 -n 300K
		in_ns client curl -gsS -o /dev/null "http://[::ffff:$server]:8080/" ||
			in_ns client curl -gsS -o /dev/null "http://[$server]:8080/"
	done
} >"$PNF_TMP/traffic.log" 2>&1

# A veth pair whose receiver has GRO on queues 256 packets: TCP must not have more in flight
limit_windows()
{
	in_ns "$1" sysctl -q net.ipv4.tcp_wmem='4096 65536 131072' net.ipv4.tcp_rmem='4096 65536 131072'
}

start_servers()
{
	in_ns server iperf3 -s -D --pidfile "$PNF_TMP/iperf3.pid" >/dev/null
	head -c 300000 /dev/urandom >"$PNF_TMP/www"
	(cd "$PNF_TMP" && ip netns exec server python3 -m http.server --bind :: 8080) >/dev/null 2>&1 &
	slowwait 20 tcp_bound server 8080 || die 'no HTTP server'
	slowwait 20 tcp_bound server 5201 || die 'no iperf3 server'
}

# scenario NAME PROTOCOL OFFLOADS [compare's ARGUMENT...]
scenario()
{
	local name=$1 protocol=$2 offloads=$3 dir=$PNF_TMP/$1-$2

	shift 3
	mkdir -p "$dir"
	offloads client eth0 "$offloads"
	offloads router eth0 "$offloads"
	offloads router eth1 off
	[ "$offloads" = off ] || in_ns router ethtool -K eth1 gro on
	offloads server eth0 off

	start_nfcapd collector 2055 "$dir/nfdump"
	start_nfacctd collector 2056 "$dir/nfacctd"
	start_capture collector eth0 "$dir/export.pcap" "$collected"
	local export_capture=$capture_pid
	nfm router set destination '203.0.113.2:2055,203.0.113.2:2056' \
		protocol "$protocol" points inet=forward || die 'cannot configure'
	nfm router reset stats
	start_capture server eth0 "$dir/truth.pcap" 'ip or ip6'
	local truth_capture=$capture_pid lost
	lost=$(links_lost)

	if ! traffic; then
		ktap_comment "$(cat "$PNF_TMP/traffic.log")"
	fi
	ktap_test "$name: the capture lost nothing" stop_capture "$truth_capture" "$dir/truth.pcap"
	flush router || ktap_fail "$name: flush"
	ktap_equal "$name: the links lost nothing" "$lost" "$(links_lost)"
	check_law router "$name"
	ktap_equal "$name: nothing was ignored" 0 "$(stats router .metering.ignored_packets)"
	ktap_test "$name: the export's capture lost nothing" \
		stop_capture "$export_capture" "$dir/export.pcap"
	stop_nfcapd
	stop_nfacctd
	nfm router set destination none

	# What the router's own addresses send or get is not forwarded: link-local, MLD, ND
	local forwarded='(ip.addr == 192.0.2.2 and ip.addr == 198.51.100.2) or
		(ipv6.addr == 2001:db8:1::2 and ipv6.addr == 2001:db8:2::2)'
	for source in nfdump:"$dir/nfdump" nfacctd:"$dir/nfacctd"; do
		# shellcheck disable=SC2086
		ktap_test "$name: ${source%%:*} has exactly what was captured" $flowtable compare "$@" \
			--truth "$dir/truth.pcap" --filter "$forwarded" "$source"
	done
	tcpdump -r "$dir/export.pcap" -w "$dir/one.pcap" 'udp dst port 2055' 2>/dev/null
	# shellcheck disable=SC2086
	ktap_test "$name: the messages say exactly what was captured, times too" $flowtable compare "$@" \
		$times --truth "$dir/truth.pcap" --filter "$forwarded" "export:$dir/one.pcap"
	# shellcheck disable=SC2086
	ktap_test "$name: tshark's sums are what was captured" $flowtable compare "$@" \
		--truth "$dir/truth.pcap" --filter "$forwarded" "tshark:$dir/one.pcap"
	# shellcheck disable=SC2086
	ktap_test "$name: no violation of the protocol" $flowdecode check --port 2055 --port 2056 \
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
scenario ipfix-plain 10 off
scenario v9-offloads 9 on
scenario v5-offloads 5 on --ipv4
super=$(in_ns router nstat -az 2>/dev/null | awk '/IpForwDatagrams/ { print $2 }')
ktap_comment "the router forwarded ${super:-?} IPv4 skbs in all"
ktap_end
