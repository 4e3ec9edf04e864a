#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 700
#
# Why Flows end: flowEndReason 1 to 5, each caused for real; a full Cache loses nothing silently;
# the table grows and shrinks; the clock may step.

# shellcheck disable=SC2016,SC2317 # eval and bash -c expand; ktap_test calls functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tcpdump jq python3 tshark

flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
setup_topology
modprobe -q pktgen

# Where decoders are emulated, a full Cache sees fewer Flows; a large table is slow in the debug kernel
many=100000 scale=10
[ "${PNF_KERNEL-}" != 6.1 ] || many=20000 scale=3

# flows_of FILE - the Flow Records of a capture, decoded once
flows_of()
{
	[ -e "$1.json" ] || "$flowdecode" flows "$1" >"$1.json" || return
	cat "$1.json"
}

# reasons FILE [JQ-FILTER] - flowEndReason of the Flow Records in a capture, sorted, each once
reasons()
{
	flows_of "$1" | jq -s "map(select(${2:-true})) | map(.flowEndReason) | unique | join(\" \")" -r
}

# tshark_agrees FILE [COUNT REASON] - tshark reads the same reasons there, each as often, and COUNT
# times or more REASON
tshark_agrees()
{
	local ours theirs

	ours=$(flows_of "$1" | jq -s -r 'map(.flowEndReason) | sort | map(tostring) | join(" ")')
	theirs=$(tshark_cflow "$1" 2055 -T fields -e cflow.flow_end_reason -E occurrence=a |
		tr ',' '\n' | sed '/^$/d' | sort -n | paste -sd ' ')
	[ -n "$ours" ] || { echo 'no records'; return 1; }
	[ "$ours" = "$theirs" ] || { echo "ours: $ours, tshark's: $theirs"; return 1; }
	[ $# -eq 1 ] || [ "$(tr ' ' '\n' <<<"$theirs" | grep -cx "$3")" -ge "$2" ] ||
		{ echo "$theirs: not $2 of $3"; return 1; }
}

# capture_export FILE, end_capture FILE
capture_export()
{
	rm -f "$1.json"
	start_capture collector eth0 "$1" 'udp dst port 2055'
}

end_capture()
{
	stop_capture "$capture_pid" "$1" || ktap_fail "capture $1 lost packets"
}

# uptime_ms - milliseconds, whatever the clock does
uptime_ms()
{
	local seconds

	read -r seconds _ </proc/uptime
	echo $((10#${seconds/./} * 10))
}

# udp_burst PORT COUNT - COUNT datagrams client -> server, one Flow
udp_burst()
{
	in_ns client python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", 4000))
for i in range(int(sys.argv[2])):
    s.sendto(b"x" * 72, ("198.51.100.2", int(sys.argv[1])))
    time.sleep(0.02)' "$1" "$2"
}

# A server that keeps ICMP out of the way
in_ns server nft -f - <<'RULES' 2>/dev/null || in_ns server sysctl -qw net.ipv4.icmp_ratemask=8
table inet t { chain i { type filter hook input priority 0; udp dport 5000-5010 drop; }; }
RULES
nfm router set points inet=forward protocol ipfix destination 203.0.113.2:2055 refresh-rate 1

# 1: idle
nfm router set inactive-timeout 1 active-timeout 100
capture_export "$PNF_TMP/idle.pcap"
udp_burst 5000 3
slowwait 20 stats_are router .metering.end_reasons.idle 1
sleep 1.5
end_capture "$PNF_TMP/idle.pcap"
took=$(flows_of "$PNF_TMP/idle.pcap" |
	jq 'select(.destinationTransportPort == 5000) | .captureTime - .end | floor')
ktap_test "an idle Flow is exported after its timeout of 1 s, within 3 s ($took ms)" \
	[ "$took" -ge 1000 -a "$took" -le 3000 ]
ktap_equal 'conformance 52: reference bug 7: flowEndReason 1: idle' 1 "$(reasons "$PNF_TMP/idle.pcap" '.destinationTransportPort == 5000')"
ktap_test 'tshark reads flowEndReason 1' tshark_agrees "$PNF_TMP/idle.pcap" 1 1
check_law router 'after an idle Flow'

# 2: active
nfm router set inactive-timeout 10 active-timeout 1
capture_export "$PNF_TMP/active.pcap"
udp_burst 5001 150
sleep 1.3
nfm router set active-timeout 100
udp_burst 5001 1
flush router
end_capture "$PNF_TMP/active.pcap"
ktap_equal 'conformance 52: reference bug 7: flowEndReason 2: active timeout, and the rest forced' '2 4' \
	"$(reasons "$PNF_TMP/active.pcap" '.destinationTransportPort == 5001')"
ktap_equal 'conformance 53: the parts of a long Flow sum to it' 151 \
	"$(flows_of "$PNF_TMP/active.pcap" | jq -s 'map(select(.destinationTransportPort == 5001).packetDeltaCount) | add')"
ktap_test 'tshark reads flowEndReason 2, of three seconds at least twice' \
	tshark_agrees "$PNF_TMP/active.pcap" 2 2
check_law router 'after a long Flow'

# 3: FIN, and RST
capture_export "$PNF_TMP/end.pcap"
(cd "$PNF_TMP" && echo hello >page && ip netns exec server python3 -m http.server 8080) >/dev/null 2>&1 &
slowwait 20 tcp_bound server 8080 || die 'no HTTP server'
in_ns client python3 -c 'import urllib.request; urllib.request.urlopen("http://198.51.100.2:8080/page").read()'
in_ns client python3 -c 'import socket
try: socket.create_connection(("198.51.100.2", 8081), 2)
except OSError as error: print(error)' >"$PNF_TMP/refused"
ktap_test 'FIN and RST end three Flows' slowwait 30 eval '[ "$(stats router .metering.end_reasons.end)" -ge 3 ]'
sleep 1.5
end_capture "$PNF_TMP/end.pcap"
ktap_equal 'conformance 52: reference bug 7: flowEndReason 3: FIN seen' 3 "$(reasons "$PNF_TMP/end.pcap" '.destinationTransportPort == 8080')"
ktap_equal 'conformance 52: reference bug 7: flowEndReason 3: RST seen' 3 "$(reasons "$PNF_TMP/end.pcap" '.sourceTransportPort == 8081')"
ktap_test 'tshark reads flowEndReason 3' tshark_agrees "$PNF_TMP/end.pcap" 3 3
check_law router 'after FIN and RST'
ktap_test 'conformance 57: tcpControlBits are the OR of the flags' \
	eval "flows_of '$PNF_TMP/end.pcap' | jq -es 'map(select(.destinationTransportPort == 8080)) | any(.tcpControlBits % 32 == 27)'"

# 4: forced
capture_export "$PNF_TMP/forced.pcap"
udp_burst 5002 2
flush router
udp_burst 5003 2
nfm router flush --discard
ktap_equal 'discarded Flows are counted' 2 "$(stats router .exporting.discarded_packets)"
sleep 0.5
end_capture "$PNF_TMP/forced.pcap"
ktap_equal 'conformance 52: reference bug 7: flowEndReason 4: flushed' 4 "$(reasons "$PNF_TMP/forced.pcap" '.destinationTransportPort == 5002')"
ktap_test 'tshark reads flowEndReason 4' tshark_agrees "$PNF_TMP/forced.pcap" 1 4
ktap_equal 'discarded Flows are not exported' '' "$(reasons "$PNF_TMP/forced.pcap" '.destinationTransportPort == 5003')"
check_law router 'after the discard'

# The clock steps while a Flow lives: it starts before it ends, and lasts as long as it did
for protocol in v5 v9 ipfix; do
	nfm router set protocol $protocol
	capture_export "$PNF_TMP/step.pcap"
	began=$(uptime_ms)
	udp_burst 5004 10
	now=$(date +%s)
	date -s "@$((now + 3600))" >/dev/null
	udp_burst 5004 10
	date -s "@$((now - 7200))" >/dev/null
	udp_burst 5004 10
	flush router
	sleep 0.5
	end_capture "$PNF_TMP/step.pcap"
	date -s "@$((now + 3))" >/dev/null
	took=$(($(uptime_ms) - began))
	ktap_test "conformance 59: reference bug 8: $protocol: the duration of a Flow is untouched by steps of the clock" eval \
		"flows_of '$PNF_TMP/step.pcap' | jq -es 'map(select(.destinationTransportPort == 5004)) |
		 (length == 1) and (.[0].end - .[0].start) > 400 and (.[0].end - .[0].start) < $took'"
	check_law router "$protocol, after steps of the clock"
done

# 5: lack of room. Nothing is lost silently: early export, or counted.
many_flows()
{
	ip -n router link add din type dummy
	ip -n router link add dout type dummy
	ip -n router link set din address 02:00:00:00:00:01 up
	ip -n router link set dout up
	add_address router dout 198.18.0.1/24
	in_ns router sysctl -qw net.ipv4.conf.din.rp_filter=0
	ip -n router neighbour add 198.18.0.2 lladdr 02:00:00:00:00:09 dev dout nud permanent
}

# generate COUNT ADDRESSES PORTS
generate()
{
	in_ns router bash -c '
		pg() { echo "$1" >/proc/net/pktgen/$2; }
		pg rem_device_all kpktgend_0; pg "add_device din" kpktgend_0
		for s in "pkt_size 60" "xmit_mode netif_receive" "burst 1" "delay ${4:-0}" \
			 "dst 198.18.0.2" "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \
			 "udp_src_min 1000" "udp_src_max $((1000 + $3))" "src_min 10.1.0.1" \
			 "src_max 10.1.$((($2 + 1) / 256)).$((($2 + 1) % 256))" \
			 "udp_dst_min 9" "udp_dst_max 9" "count $1"; do pg "$s" din; done
		echo start >/proc/net/pktgen/pgctrl
		grep -q "Result: OK" /proc/net/pktgen/din; status=$?
		pg rem_device_all kpktgend_0; exit $status' bash "$@"
}

if [ -e /proc/net/pktgen/pgctrl ]; then
	many_flows
	nfm router set maxflows 1000 inactive-timeout 60
	nfm router reset stats
	capture_export "$PNF_TMP/full.pcap"
	# Slow enough for the expiry to get a turn on one CPU. 991 addresses and 101 ports, prime to
	# each other: each packet is of another Flow.
	ktap_test "$many Flows through a Cache of 1,000" generate $many 990 101 3000
	flush router
	check_law router 'after a full Cache'
	sleep 0.5
	end_capture "$PNF_TMP/full.pcap"
	ktap_equal 'conformance 52: reference bug 7: flowEndReason 4 and 5: evicted, and the rest forced' '4 5' \
		"$(reasons "$PNF_TMP/full.pcap" '.destinationTransportPort == 9')"
	ktap_equal 'a full Cache: every packet is exported or counted' $many \
		"$(stats router '.exporting.exported_packets + .metering.ignored.max_flows + .exporting.not_sent_packets')"
	ktap_equal 'a full Cache: what was collected is what was exported' \
		"$(stats router .exporting.exported_packets)" \
		"$(flows_of "$PNF_TMP/full.pcap" | jq -n 'reduce inputs.packetDeltaCount as $n (0; . + $n)')"
	ktap_test 'a full Cache: never more than maxflows' [ "$(stats router .cache.flows_peak)" -le 1000 ]
	ktap_test 'tshark reads flowEndReason 5' tshark_agrees "$PNF_TMP/full.pcap" 1000 5

	# Faster than the expiry gets a turn: what finds no room is counted
	nfm router reset stats
	capture_export "$PNF_TMP/flood.pcap"
	ktap_test "$many Flows without a pause" generate $many 990 101
	flush router
	check_law router 'after a flood'
	sleep 0.5
	end_capture "$PNF_TMP/flood.pcap"
	ktap_test "a flood: what found no room is counted ($(stats router .metering.ignored.max_flows) of $many)" \
		[ "$(stats router .metering.ignored.max_flows)" -gt 0 ]
	ktap_equal 'a flood: every packet is exported or counted' "$many true" \
		"$(stats router '"\(.exporting.exported_packets + .metering.ignored.max_flows + .exporting.not_sent_packets) \(.exporting.exported_packets >= 1000)"')"
	ktap_equal 'a flood: what was collected is what was exported' \
		"$(stats router .exporting.exported_packets)" \
		"$(flows_of "$PNF_TMP/flood.pcap" | jq -n 'reduce inputs.packetDeltaCount as $n (0; . + $n)')"

	# The table follows the Flows
	nfm router set maxflows 0 inactive-timeout 900 active-timeout 3600
	nfm router flush --discard
	nfm router reset stats
	before=$(stats router .cache.buckets)
	flows=$((60600 / scale))
	ktap_test "$flows Flows" generate $flows 600 101
	slowwait 60 eval "[ \$(stats router .cache.buckets) -ge $((flows - 600)) ]"
	ktap_test "the table grows: $before buckets, then $(stats router .cache.buckets)" \
		[ "$(stats router .cache.buckets)" -ge $((flows - 600)) ]
	ktap_equal 'all Flows are there' $flows "$(stats router .cache.flows)"
	ktap_equal 'show flows tells each Flow once' $flows \
		"$(nfm router show flows --json | jq 'map([.sourceIPv4Address, .sourceTransportPort]) | unique | length')"
	ktap_test 'the same packets again' generate $flows 600 101
	ktap_equal 'no Flow is there twice' $flows "$(stats router .cache.flows)"
	nfm router set hashsize 262144
	ktap_test 'hashsize resizes' slowwait 60 eval "[ \$(stats router .cache.buckets) -ge 262144 ]"
	ktap_equal 'a resize loses no Flow' $flows "$(stats router .cache.flows)"
	flush router
	check_law router 'after resizing'
	ktap_equal 'every packet of theirs was exported' $((flows * 2)) "$(stats router .exporting.exported_packets)"
	nfm router set hashsize 0
	ktap_test 'the empty table shrinks' slowwait 60 eval "[ \$(stats router .cache.buckets) -le 1024 ]"
else
	ktap_skip 'a full Cache' 'no pktgen'
fi

# Unloading exports everything, reason 4
capture_export "$PNF_TMP/unload.pcap"
udp_burst 5005 7
ktap_test 'unload' module_unload
sleep 0.5
end_capture "$PNF_TMP/unload.pcap"
ktap_equal 'conformance 52: reference bug 7: flowEndReason 4: unloaded' 4 "$(reasons "$PNF_TMP/unload.pcap" '.destinationTransportPort == 5005')"
ktap_equal 'unloading exports every packet' 7 \
	"$(flows_of "$PNF_TMP/unload.pcap" | jq -s 'map(select(.destinationTransportPort == 5005).packetDeltaCount) | add')"
ktap_end
