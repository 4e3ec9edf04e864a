#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# kernels: 6.1 uml
#
# Over 10,000 messages of v5, v9 and IPFIX at once, from three namespaces: tshark and the strict
# decoder find nothing wrong; Templates come again by count and by time; a Collector that was
# away can decode at once when it is back.
#
#	pktgen -> din [routing] dout		each of v5, v9, ipfix
#	          eth0 203.0.113.1 -- 203.0.113.2 collector of its own

# shellcheck disable=SC2016,SC2317 # eval and bash -c expand; ktap_test calls functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tshark tcpdump jq python3 nfcapd

flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
modprobe -q pktgen
[ -e /proc/net/pktgen/pgctrl ] || ktap_skip_all 'no pktgen'

# Enough Flows for 10,000 messages of some 22 records
ports=101
addresses=2700
flows=$((ports * addresses))

router_of()
{
	local ns=$1

	add_ns "$ns" "c-$ns"
	ip -n "$ns" link add din type dummy
	ip -n "$ns" link add dout type dummy
	ip -n "$ns" link set din address 02:00:00:00:00:01 up
	ip -n "$ns" link set dout up
	add_address "$ns" din 192.0.2.1/24
	add_address "$ns" dout 198.51.100.1/24
	ip -n "$ns" neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev dout nud permanent
	add_link "$ns" eth0 "c-$ns" eth0
	add_address "$ns" eth0 203.0.113.1/24
	add_address "c-$ns" eth0 203.0.113.2/24
}

# generate NS FIRST COUNT - COUNT packets of as many Flows, addresses from 10.FIRST.0.1 on
generate()
{
	in_ns "$1" bash -c '
		pg() { echo "$1" >/proc/net/pktgen/$2; }
		pg rem_device_all kpktgend_0; pg "add_device din" kpktgend_0
		for s in "pkt_size 60" "xmit_mode netif_receive" "burst 1" "delay 0" \
			 "dst 198.51.100.2" "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \
			 "udp_src_min 1000" "udp_src_max $((1000 + '$ports'))" "src_min 10.$1.0.1" \
			 "src_max 10.$1.$((('$addresses' + 1) / 256)).$((('$addresses' + 1) % 256))" \
			 "udp_dst_min 9" "udp_dst_max 9" "count $2"; do pg "$s" din; done
		echo start >/proc/net/pktgen/pgctrl
		grep -q "Result: OK" /proc/net/pktgen/din; status=$?
		pg rem_device_all kpktgend_0; exit $status' bash "$2" "$3"
}

listen()
{
	ip netns exec "c-$1" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("203.0.113.2", 2055))
while True: s.recv(2000)' >/dev/null 2>&1 &
	slowwait 20 udp_bound "c-$1" 2055 || die 'nobody listens'
}

declare -A protocol=([v5]=5 [v9]=9 [ipfix]=10) capture
for ns in v5 v9 ipfix; do
	router_of $ns
	listen $ns
	start_capture "c-$ns" eth0 "$PNF_TMP/$ns.pcap" 'udp dst port 2055'
	capture[$ns]=$capture_pid
	nfm $ns set points inet=forward protocol "${protocol[$ns]}" destination 203.0.113.2:2055 \
		timeout-rate 1 refresh-rate 500 inactive-timeout 600 || die "cannot configure $ns"
	ktap_test "$ns: the first half of the Flows" generate $ns 1 $((flows / 2))
	flush $ns
done
started=$EPOCHSECONDS

# The Collector goes away and comes back in the middle
for ns in v9 ipfix; do
	kill "$(in_ns "c-$ns" ss -Hlunp 'sport = :2055' | sed 's/.*pid=\([0-9]*\).*/\1/')"
	slowwait 10 eval "! udp_bound c-$ns 2055"
	before=$(stats $ns '.destinations[0].errors.refused')
	generate $ns 2 100 || die 'pktgen failed'
	flush $ns
	ktap_test "$ns: ICMP says that the collector is away" \
		slowwait 5 eval "[ \$(stats $ns '.destinations[0].errors.refused') -gt $before ]"
	sleep 1.2
	start_nfcapd "c-$ns" 2055 "$PNF_TMP/nfcapd-$ns"
	generate $ns 3 100 || die 'pktgen failed'
	flush $ns
	stop_nfcapd
	seen=$(nfdump -R "$PNF_TMP/nfcapd-$ns" -q -N -o fmt:%pkt 2>/dev/null | awk '{ n += $1 } END { print n + 0 }')
	ktap_equal "conformance 38: $ns: a restarted collector decodes from its first message on" 100 "$seen"
	listen $ns
done

for ns in v5 v9 ipfix; do
	ktap_test "$ns: the second half of the Flows" generate $ns 4 $((flows / 2))
	flush $ns
done

# One wait for all: Templates after a minute without traffic
sleep_until=$((started + 75))
while [ $EPOCHSECONDS -lt $sleep_until ]; do
	sleep 1
done

for ns in v5 v9 ipfix; do
	file=$PNF_TMP/$ns.pcap
	check_law $ns "$ns"
	ktap_equal "$ns: every Flow was exported" 0 "$(stats $ns .exporting.not_sent_packets)"
	[ "$(stats $ns .exporting.not_sent_packets)" = 0 ] || ktap_comment "$(nfm $ns show destinations)"
	messages=$(stats $ns .exporting.messages)
	ktap_test "$ns: the capture lost nothing" stop_capture "${capture[$ns]}" "$file"
	ktap_test "$ns: more than 10,000 messages ($messages)" [ "$messages" -gt 10000 ]
	ktap_equal "$ns: tshark saw every message" "$messages" \
		"$(tshark_cflow "$file" 2055 -Y cflow -T fields -e frame.number | wc -l)"
	ktap_equal "$ns: tshark has no expert error, sequence gap or unknown template" '' \
		"$(tshark_cflow "$file" 2055 -Y '_ws.expert.severity >= 6291456 or
			cflow.unexpected_sequence_number or cflow.no_template_found or
			cflow.flowset_length.invalid or cflow.flowsets.impossible or _ws.malformed' | head -n 3)"
	refresh=()
	[ $ns = v5 ] || refresh=(--refresh-messages 501 --refresh-minutes 1.05)
	ktap_test "$ns: the strict decoder finds no violation" "$flowdecode" check "${refresh[@]}" "$file"
	packets=$($flowdecode flows "$file" |
		  jq -n 'reduce inputs.packetDeltaCount as $n (0; . + $n)')
	ktap_equal "$ns: the messages have every packet" "$(stats $ns .metering.metered_packets)" "$packets"
	ktap_equal "conformance 42: $ns: one source port" 1 \
		"$(tshark -n -r "$file" -T fields -e udp.srcport 2>/dev/null | sort -u | wc -l)"
	ktap_equal "conformance 42: $ns: a UDP checksum in every message" 0 \
		"$(tshark -n -r "$file" -Y 'udp.checksum == 0' 2>/dev/null | wc -l)"
	ktap_equal "conformance 24: $ns: no message is longer than 1280 octets or a fragment" 0 \
		"$(tshark -n -r "$file" -Y 'ip.len > 1280 or ip.flags.mf == 1 or ip.frag_offset > 0 or
			ip.flags.df == 0' 2>/dev/null | wc -l)"
	if [ $ns != v5 ]; then
		templates=$(tshark_cflow "$file" 2055 -Y cflow.template_id -T fields -e frame.time_epoch | wc -l)
		ktap_test "conformance 34: $ns: Templates again by count: $templates times in $messages messages" \
			[ "$templates" -ge $((messages / 501)) ]
		idle=$(tshark_cflow "$file" 2055 -Y "cflow.template_id and frame.time_epoch > $((started + 50))" | wc -l)
		ktap_test "conformance 34: $ns: Templates again by time" [ "$idle" -ge 1 ]
	fi
done
ktap_end
