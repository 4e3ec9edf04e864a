#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels: 6.1 uml
# timeout: 580
#
# Many destinations at once, most of them in trouble: nobody is harmed by another, and what the stack
# did not take is counted to the right one and kind.
#
#	pktgen -> din [router] dout
#	                  |- e4  203.0.113.0/24, 2001:db8:4::/64    c4: port 2055 listens, 2056 does not
#	                  |- e6  2001:db8:6::/64                    c6
#	                  |- ex  198.18.9.0/24                      cx: where the route leads
#	                  |- ed  198.18.9.0/24, the same            cd: by %ed only
#	                  |- es  198.18.10.0/24, holds packets      cs: the send buffer fills
#	                  |- eq  198.18.11.0/24, drops packets      cq: the device's queue is full
#	                  |- eh  198.18.12.0/24  [hop] MTU 600      cm 198.18.13.2
#	                  `- 192.88.99.2: no route

# shellcheck disable=SC2016,SC2317 # bash -c expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tcpdump jq python3 tc

modprobe -q -a pktgen sch_tbf dummy
[ -e /proc/net/pktgen/pgctrl ] || ktap_skip_all 'no pktgen'

# add_collector NS DEVICE - a namespace with port 2055 open, linked to the router
add_collector()
{
	add_ns "$1"
	add_link router "$2" "$1" eth0
}

# known NS DEVICE ADDRESS - the neighbour, so that a queue holds nothing but messages
known()
{
	local mac

	mac=$(ip -n "$1" -j link show dev eth0 | jq -r '.[0].address')
	ip -n router neighbour replace "$3" lladdr "$mac" dev "$2" nud permanent
}

setup()
{
	local ns

	add_ns router
	ip -n router link add din type dummy
	ip -n router link add dout type dummy
	ip -n router link set din address 02:00:00:00:00:01 up
	ip -n router link set dout up
	add_address router dout 198.51.100.1/24
	ip -n router neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev dout nud permanent

	add_collector c4 e4
	add_collector c6 e6
	add_collector cx ex
	add_collector cd ed
	add_collector cs es
	add_collector cq eq
	add_ns hop cm
	add_link router eh hop eth0
	add_link hop eth1 cm eth0
	add_address router e4 203.0.113.1/24
	add_address c4 eth0 203.0.113.2/24 192.88.99.2/32
	add_address router e6 2001:db8:6::1/64
	add_address c6 eth0 2001:db8:6::2/64
	add_address router ex 198.18.9.1/24
	add_address cx eth0 198.18.9.2/24
	add_address router ed 198.18.9.1/24 198.18.9.77/24
	add_address cd eth0 198.18.9.2/24
	add_address router es 198.18.10.1/24
	add_address cs eth0 198.18.10.2/24
	add_address router eq 198.18.11.1/24
	add_address cq eth0 198.18.11.2/24
	add_address router eh 198.18.12.1/24
	add_address hop eth0 198.18.12.2/24
	add_address hop eth1 198.18.13.1/24
	add_address cm eth0 198.18.13.2/24
	ip -n hop link set eth1 mtu 600
	ip -n router route add 198.18.13.0/24 via 198.18.12.2
	ip -n cm route add default via 198.18.13.1
	ip -n router link set e6 mtu 1280
	ip -n c6 link set eth0 mtu 1280
	known c4 e4 203.0.113.2
	known c6 e6 2001:db8:6::2
	known cx ex 198.18.9.2
	known cd ed 198.18.9.2
	known cs es 198.18.10.2
	known cq eq 198.18.11.2
	known hop eh 198.18.12.2
	start_collectors c4:2055:2060 c6:2055 cx:2055 cd:2055 cs:2055 cq:2055 cm:2055 hop
}

# generate COUNT FIRST [DELAY-NS] - COUNT packets of as many Flows, addresses from 10.FIRST.0.1 on;
# 0: until stop_generating
generate()
{
	in_ns router bash -c '
		pg() { echo "$1" >/proc/net/pktgen/$2; }
		pg rem_device_all kpktgend_0; pg "add_device din" kpktgend_0
		for s in "pkt_size 60" "xmit_mode netif_receive" "burst 1" "delay $3" \
			 "dst 198.51.100.2" "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \
			 "udp_src_min 1000" "udp_src_max 1001" "src_min 10.$2.0.1" \
			 "src_max 10.$2.255.254" "udp_dst_min 9" "udp_dst_max 9" "count $1"; do pg "$s" din; done
		echo start >/proc/net/pktgen/pgctrl
		grep -q "Result: OK" /proc/net/pktgen/din; status=$?
		pg rem_device_all kpktgend_0; exit $status' bash "$1" "$2" "${3:-0}" ||
		die 'pktgen failed'
}

stop_generating()
{
	in_ns router bash -c 'echo stop >/proc/net/pktgen/pgctrl'
}

# told NS [PORT [MTU [late]]] - what the messages in its capture say: packets, messages, Transport Sessions,
# violations of the protocol, of which a fragment is one, and a message that may become some, is
# longer than the MTU or has no UDP checksum. `late`: messages were held up on their way, by seconds
told()
{
	python3 - "$PNF_TMP/$1.pcap" "${2:-2055}" "${3:-1280}" "${4-}" <<-'PROGRAM' 2>"$PNF_TMP/violations"
		import os, sys
		sys.path.insert(0, os.environ["PNF_TOP"] + "/selftests/lib")
		from flowdecode import Capture, Rules
		capture = Capture(Rules(mtu=int(sys.argv[3])), [int(sys.argv[2])])
		packets = sum(record["packetDeltaCount"] for record in capture.read(sys.argv[1]))
		violations = [violation for violation in capture.violations
		              if not (sys.argv[4] and violation.text.endswith("before it was captured"))]
		print(packets, capture.total("messages"), len(capture.sessions), len(violations))
		print(*violations[:5], sep="\n", file=sys.stderr)
	PROGRAM
}

# told_is NAME EXPECTED NS [PORT [MTU]]
told_is()
{
	local name=$1 expected=$2 seen

	shift 2
	seen=$(told "$@")
	ktap_equal "$name" "$expected" "$seen"
	[ "$expected" = "$seen" ] || ktap_comment "$(cat "$PNF_TMP/violations")"
}

# look - at the statistics, for now() and dest()
look()
{
	stats router >"$PNF_TMP/stats.json"
}

# now EXPRESSION - of what look() saw
now()
{
	jq -r "$1" "$PNF_TMP/stats.json"
}

# dest ADDRESS PORT EXPRESSION - the same of one destination
dest()
{
	now ".destinations[] | select(.address == \"$1\" and .port == $2) | $3"
}

# dest_is ADDRESS PORT EXPRESSION VALUE - for slowwait
dest_is()
{
	look
	[ "$(dest "$1" "$2" "$3")" = "$4" ]
}

# nothing_lost - by any destination, on this host
nothing_lost()
{
	[ "$(now '[.destinations[].lost.messages] | add')" = 0 ]
}

settled()
{
	slowwait 10 stats_are router .exporting.queued_packets 0
}

setup

# Eight destinations, five of them well ---------------------------------------------------------

well=(c4 c6 cd)
tc -n router qdisc add dev es root tbf rate 8kbit burst 1600 limit 1000000 ||
	ktap_skip_all 'no tbf'
tc -n router qdisc add dev eq root tbf rate 8kbit burst 1600 limit 4000
collectors_begin
began=${EPOCHREALTIME/./}
nfm router set points inet=forward protocol v5 sndbuf 10000 inactive-timeout 600 destination \
	'203.0.113.2:2055,203.0.113.2:2056,[2001:db8:6::2]:2055,198.18.9.2:2055@198.18.9.77%ed,198.18.10.2:2055,198.18.11.2:2055,192.88.99.2:2055' ||
	die 'cannot configure'
generate 3000 1
before=${EPOCHREALTIME/./}
nfm router flush
took=$((${EPOCHREALTIME/./} - before))
ktap_test "a flush waits for no destination ($took us)" [ $took -lt 2000000 ]
ktap_test 'within two seconds nothing is queued any more' slowwait 3 stats_are router .exporting.queued_packets 0
look
check_law router 'seven destinations'
ktap_equal 'every packet was exported' 3000 "$(now .exporting.exported_packets)"

made=$(dest 203.0.113.2 2055 .messages)
while IFS='|' read -r name expected seen; do
	ktap_equal "$name" "$expected" "$seen"
done < <(now '.destinations[0].messages as $made | .destinations[] | "\(.address) port \(.port): " as $name |
	$name + "messages that were taken and lost are those that were made|\($made)|\(.messages + .lost.messages)",
	$name + "the kinds of loss add up|\(.lost.messages)|\(.lost.send_buffer_full + .lost.not_connected + .lost.other)",
	$name + "records that were sent and not are all|3000|\(.flow_records + .not_sent_flows)",
	$name + "packets that were not sent are those of the records|\(.not_sent_flows)|\(.not_sent_packets)"')
ktap_equal 'the four with a way lost nothing on this host' '0 0 0 0' \
	"$(now '[.destinations[:4][].lost.messages | tostring] | join(" ")')"
reports=$(dest 203.0.113.2 2056 .errors.refused)
ktap_equal 'ICMP port unreachable: each is a report, none a loss' \
	"$(in_ns router nstat -asz IcmpInDestUnreachs | awk '/Unreachs/ { print $2 }')" "$reports"
ktap_test "there were such reports: $reports" [ "$reports" -gt 0 ]
ktap_equal 'only the refusing destination has reports' 0 \
	"$(now '[.destinations[] | select(.port != 2056) | .errors.refused] | add')"
ktap_equal 'the unroutable destination: all messages lost, for want of a connection' "$made $made 0 false" \
	"$(dest 192.88.99.2 2055 '"\(.lost.messages) \(.lost.not_connected) \(.messages) \(.connected)"')"
ktap_test 'it could not connect' [ "$(dest 192.88.99.2 2055 .errors.connect)" -ge 1 ]
for each in 198.18.10.2 198.18.11.2; do
	lost=$(dest "$each" 2055 .lost.send_buffer_full)
	ktap_test "$each: lost $lost of $made messages, for want of room" [ "$lost" -gt 0 ]
	ktap_equal "$each: for nothing else, and is still connected" '0 true' \
		"$(dest "$each" 2055 '"\(.lost.not_connected + .lost.other) \(.connected)"')"
done
ktap_equal 'the stalled destination: its send buffer was full' true \
	"$(dest 198.18.10.2 2055 '.send_buffer_peak >= .send_buffer * 3 / 4')"

# The unroutable one backs off: 0, 1, 3, 7, 15, 31 s after it was configured
slowwait 9 dest_is 192.88.99.2 2055 '.attempts >= 4' true
look
age=$(((${EPOCHREALTIME/./} - began) / 1000000))
attempts=$(dest 192.88.99.2 2055 .attempts) most=1 at=0 step=1
while [ $((at + step)) -le $age ]; do
	at=$((at + step)) step=$((step < 16 ? step * 2 : 16)) most=$((most + 1))
done
ktap_test "back-off: $attempts attempts in $age s, at most $most" \
	[ "$attempts" -ge 2 -a "$attempts" -le "$most" ]

# Then its route appears; the stalled one gets room; what was taken arrives
ip -n router route add 192.88.99.0/24 via 203.0.113.2
tc -n router qdisc change dev es root tbf rate 100mbit burst 100000 limit 1000000
tc -n router qdisc change dev eq root tbf rate 100mbit burst 100000 limit 1000000
ktap_test 'it connects when there is a route' slowwait 20 dest_is 192.88.99.2 2055 .connected true
slowwait 5 dest_is 198.18.10.2 2055 .send_buffer_used 0
collectors_end
look
for ns in "${well[@]}"; do
	told_is "conformance 24, 42: $ns was told everything, from one source port, no fragment, no violation" \
		"3000 $made 1 0" "$ns"
done
told_is 'the stalled destination was told what it was counted; the sequence counts what was sent' \
	"$(dest 198.18.10.2 2055 '"\(3000 - .not_sent_packets) \(.messages) 1 0"')" cs 2055 1280 late
told_is 'so was the one behind a full queue' \
	"$(dest 198.18.11.2 2055 '"\(3000 - .not_sent_packets) \(.messages) 1 0"')" cq 2055 1280 late
told_is 'a device is bound to, whatever the route says' '0 0 0 0' cx
ktap_equal 'a source address is bound to' 198.18.9.77 \
	"$(tcpdump -n -r "$PNF_TMP/cd.pcap" 2>/dev/null | sed 's/.*IP \([0-9]*\.[0-9]*\.[0-9]*\.[0-9]*\)\..*/\1/' | sort -u)"

# Templates first, for who is new or comes and goes under traffic ----------------------------------

nfm router set protocol ipfix refresh-rate 1000000 sndbuf 0 destination \
	'203.0.113.2:2055,[2001:db8:6::2]:2055' || die 'cannot configure'
nfm router reset stats
collectors_begin
nfm router set active-timeout 1 inactive-timeout 1 scan-min 1
generate 0 2 200000 &
generator=$!
for _ in 1 2 3 4 5 6 7 8; do
	nfm router add destination 203.0.113.2:2060 || die 'cannot add a destination'
	slowwait 20 dest_is 203.0.113.2 2060 '.flow_records > 0' true || die 'it is told nothing'
	nfm router del destination 203.0.113.2:2060 || die 'cannot delete a destination'
done
stop_generating
wait $generator || die 'pktgen failed'
flush router
settled
look
ktap_equal 'the deleted destination is gone' 2 "$(now '.destinations | length')"
check_law router 'destinations come and go'
collectors_end
read -r packets messages sessions violations < <(told c4 2060)
ktap_test "it was told something each time: $packets packets in $messages messages, $sessions sessions" \
	[ "$sessions" = 8 ]
ktap_equal 'conformance 11, 13, 23: Templates before data for a destination that comes and goes' 0 "$violations"
read -r packets messages sessions violations < <(told c4)
ktap_equal 'the one that stays missed nothing, in one session' "$(now .metering.metered_packets) 1 0" \
	"$packets $sessions $violations"

# Sizes --------------------------------------------------------------------------------------------

nfm router set active-timeout 600 inactive-timeout 600
nfm router flush
nfm router set destination none
nfm router set destination '203.0.113.2:2055,[2001:db8:6::2]:2055' || die 'cannot configure'
nfm router reset stats
collectors_begin
generate 500 3
flush router
# A smaller MTU in the middle of the session
ip -n router route change 203.0.113.0/24 dev e4 mtu 600
generate 500 4
flush router
settled
look
ktap_test 'a smaller MTU of the route: messages are encoded again' \
	[ "$(dest 203.0.113.2 2055 .errors.too_big)" -gt 0 ]
ktap_test 'and none is lost' nothing_lost
collectors_end
for ns in c4 c6; do
	read -r packets messages sessions violations < <(told $ns)
	ktap_equal "conformance 24: $ns: nothing is lost for its size, there is no fragment" '1000 1 0' \
		"$packets $sessions $violations"
done

# A new session knows the route's MTU
nfm router set destination 203.0.113.2:2055%e4
nfm router reset stats
collectors_begin
generate 500 5
flush router
settled
collectors_end
look
read -r packets messages sessions violations < <(told c4 2055 600)
ktap_equal 'conformance 24: a new session fits the MTU of the route at once' '500 1 0 0' \
	"$packets $sessions $violations $(dest 203.0.113.2 2055 .errors.too_big)"

# A router on the way has the small MTU: it says so
dropped()
{
	in_ns hop nstat -asz IpFragFails | awk '/FragFails/ { print $2 }'
}

nfm router set destination 198.18.13.2:2055
nfm router reset stats
collectors_begin
generate 500 6
flush router
settled
look
lost=$(dropped)
ktap_equal 'ICMP fragmentation needed: each is a report' "$lost" "$(dest 198.18.13.2 2055 .errors.too_big)"
ktap_test "a message or two taught it: $lost" [ "$lost" -ge 1 -a "$lost" -le 2 ]
generate 500 7
flush router
settled
collectors_end
look
ktap_equal 'from then on all messages fit' "$lost $lost" "$(dropped) $(dest 198.18.13.2 2055 .errors.too_big)"
read -r packets messages sessions violations < <(told hop)
ktap_equal 'conformance 24: all was sent, none as a fragment, none that may become one' '1000 1 0' \
	"$packets $sessions $violations"
read -r packets arrived sessions violations < <(told cm)
ktap_equal 'and arrived, but for those' "$((messages - lost))" "$arrived"

# The end, with a stalled destination: two seconds at most ------------------------------------------

# stall - es holds packets again
stall()
{
	tc -n router qdisc replace dev es root tbf rate 8kbit burst 1600 limit 1000000
	nfm router set points inet=forward protocol ipfix inactive-timeout 600 sndbuf 6000 destination \
		'203.0.113.2:2055,198.18.10.2:2055' || die 'cannot configure'
}

stall
collectors_begin
generate 2000 8
before=${EPOCHREALTIME/./}
ktap_test 'unload' module_unload
took=$((${EPOCHREALTIME/./} - before))
ktap_test "with a stalled destination it takes two seconds at most ($took us)" [ $took -le 2000000 ]
collectors_end
ktap_equal 'the other one was told everything' 2000 "$(told c4 | cut -d ' ' -f 1)"

module_load
stall
collectors_begin
generate 2000 9
before=${EPOCHREALTIME/./}
ip netns delete router
slowwait 10 eval '! ip -n c4 link show dev eth0'
took=$((${EPOCHREALTIME/./} - before))
ktap_test "a namespace with a stalled destination ends within three seconds ($took us)" [ $took -le 3000000 ]
collectors_end
ktap_equal 'the other one was told everything' 2000 "$(told c4 | cut -d ' ' -f 1)"
ktap_end
