# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# destinations.sh - what the tests of destinations share: many collectors of one router, each
# behind a link with its own trouble
#
#	pktgen -> din [router] dout
#	                  |- e4  203.0.113.0/24, 2001:db8:4::/64    c4: listens at 2055, 2057, 2058 and 2060
#	                  |- e6  2001:db8:6::/64                    c6: listens at 2055 only
#	                  |- ex  198.18.9.0/24                      cx: where the route leads
#	                  |- ed  198.18.9.0/24, the same            cd: by %ed only
#	                  |- es  198.18.10.0/24, holds packets      cs: the send buffer fills
#	                  |- eq  198.18.11.0/24, drops packets      cq: the device's queue is full
#	                  |- eh  198.18.12.0/24  [hop] MTU 600      cm 198.18.13.2
#	                  `- 192.88.99.2, which is c4 too: no route

# shellcheck disable=SC2016,SC2317,SC2034 # bash -c expands; for ktap_test, slowwait and the scripts
# shellcheck source=selftests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need tcpdump jq python3 tc nft tshark

modprobe -q -a pktgen sch_tbf dummy
[ -e /proc/net/pktgen/pgctrl ] || ktap_skip_all 'no pktgen'

# scaled COUNT - fewer Flows where the kernel is slow
scaled()
{
	if [ "$PNF_KERNEL" = uml-debug ]; then
		echo $(($1 / 10))
	else
		echo "$1"
	fi
}

# within MS NAME - what was timed took so long at most; three times as long on a busy host, in kernels
# that are emulated or slow. (To wait for the slow destination's link would take ten seconds and more.)
within()
{
	local limit=$(($1 * 3))

	ktap_test "$2: within $limit ms ($((took / 1000)))" [ $((took / 1000)) -le "$limit" ]
}

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
	start_collectors c4:2055:2057:2058:2060 c6:2055 cx:2055 cd:2055 cs:2055 cq:2055 cm:2055 hop
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
		packets = sum(record.get("packetDeltaCount", 0) for record in capture.read(sys.argv[1]))
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

# settled - nothing is queued any more
settled()
{
	slowwait 10 stats_are router .exporting.queued_packets 0
}

# tshark_is_content NS NAME - tshark finds no fault with what was told
tshark_is_content()
{
	ktap_equal "$2: tshark has no expert error, sequence gap or unknown template" '' \
		"$(tshark_cflow "$PNF_TMP/$1.pcap" 2055,2057,2060 -Y '_ws.expert.severity >= 6291456 or
			cflow.unexpected_sequence_number or cflow.no_template_found or
			cflow.flowset_length.invalid or cflow.flowsets.impossible or _ws.malformed' | head -n 3)"
}

# timed COMMAND... - runs it, sets $took, its microseconds
timed()
{
	local before=${EPOCHREALTIME/./} status=0

	"$@" || status=$?
	took=$((${EPOCHREALTIME/./} - before))
	return $status
}
