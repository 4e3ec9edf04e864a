#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
#
# Two namespaces with the same addresses, interfaces and Flows, each with its own settings and
# collector, know nothing of each other; one that is deleted under traffic leaves nothing behind.
#
#	pktgen -> din (10) [ra] dout (11)     the same with rb and cb
#	                   eth0 (12) 203.0.113.1 --- 203.0.113.2 [ca]
#
#	[client] --- [gone] --- [cg]          made and deleted again and again

# shellcheck disable=SC2016,SC2317 # bash -c expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tcpdump jq python3

flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
modprobe -q -a pktgen dummy
rounds=8

# add_router NAME COLLECTOR - the picture; all numbers are the same for all
add_router()
{
	add_ns "$1"
	ip -n "$1" link add din index 10 address 02:00:00:00:00:01 type dummy
	ip -n "$1" link add dout index 11 type dummy
	ip link add eth0 netns "$1" index 12 type veth peer name eth0 netns "$2"
	ip -n "$1" link set din up
	ip -n "$1" link set dout up
	ip -n "$1" link set eth0 up
	ip -n "$2" link set eth0 up
	add_address "$1" dout 198.51.100.1/24
	add_address "$1" eth0 203.0.113.1/24
	add_address "$2" eth0 203.0.113.2/24
	ip -n "$1" neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev dout nud permanent
}

# generate NS COUNT - COUNT packets, 250 Flows in turn, the same ones everywhere
generate()
{
	in_ns "$1" bash -c '
		pg() { echo "$1" >/proc/net/pktgen/$2; }
		pg rem_device_all kpktgend_0; pg "add_device din" kpktgend_0
		for s in "pkt_size 60" "xmit_mode netif_receive" "burst 1" "delay 100000" \
			 "dst 198.51.100.2" "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \
			 "src_min 10.1.0.1" "src_max 10.1.0.250" "udp_src_min 9" "udp_src_max 9" \
			 "udp_dst_min 9" "udp_dst_max 9" "count $1"; do pg "$s" din; done
		echo start >/proc/net/pktgen/pgctrl
		grep -q "Result: OK" /proc/net/pktgen/din; status=$?
		pg rem_device_all kpktgend_0; exit $status' bash "$2"
}

# told FILE - versions, Flows, packets of each Flow, packets in all, interfaces
told()
{
	"$flowdecode" flows "$1" | jq -rs '"v\(map(.version) | unique | join(",")): \(map([.sourceIPv4Address,
		.sourceTransportPort]) | unique | length) Flows of \(group_by(.sourceIPv4Address) |
		map(map(.packetDeltaCount) | add) | unique | join(",")), in all \(map(.packetDeltaCount) | add), " +
		"from \(map(.ingressInterface) | unique | join(",")) to \(map(.egressInterface) | unique | join(","))"'
}

# slab NAME - its objects in use; shrinking takes the unused ones away from the CPUs
slab()
{
	echo 1 >"/sys/kernel/slab/$1/shrink"
	sed 's/ .*//' "/sys/kernel/slab/$1/objects"
}

# in_use - of what a namespace has, or we
in_use()
{
	echo "$(slab pnf_flow_ipv4) $(slab pnf_flow_ipv6) $(slab UDP) $(slab UDPv6) $(slab net_namespace)"
}

# no_more_than LIST - in_use now, number by number
no_more_than()
{
	paste -d '\n' <(in_use | xargs -n 1) <(xargs -n 1 <<<"$1") | paste - - |
		awk '$1 > $2 { more = 1 } END { exit more }'
}

no_flows()
{
	[[ $(in_use) == '0 0 '* ]]
}

# Side by side -----------------------------------------------------------------

clean=$(in_use)
ktap_comment "pnf_flow_ipv4 pnf_flow_ipv6 UDP UDPv6 net_namespace in use: $clean"
add_ns ca cb
add_router ra ca
add_router rb cb
before=$(nfm rb show config --json)
# A session begins with its Options Data
start_capture ca eth0 "$PNF_TMP/ca.pcap" 'udp dst port 2055'
ca=$capture_pid
start_capture cb eth0 "$PNF_TMP/cb.pcap" 'udp dst port 2055'
cb=$capture_pid
nfm ra set points inet=forward protocol v9 destination 203.0.113.2:2055 maxflows 1000 ||
	die 'cannot configure ra'
ktap_equal 'what is set in one namespace is not set in another' "$before" "$(nfm rb show config --json)"
ktap_equal 'nor in the first' "$before" "$(nfmgr show config --json)"
nfm rb set points inet=forward protocol ipfix destination 203.0.113.2:2055 engine-id 7 \
	inactive-timeout 600

# At the same time
generate ra 1000 &
a=$!
generate rb 1500 &
b=$!
wait $a || ktap_fail 'traffic in ra'
wait $b || ktap_fail 'traffic in rb'
ktap_equal 'each meters its own packets' '1000 1500 null' \
	"$(stats ra .metering.metered_packets) $(stats rb .metering.metered_packets) $(
		nfmgr show stats --json | jq 'if .metering.metered_packets == 0 then null else . end')"
ktap_equal 'and each shows its own Flows' '250 [4] 250 [6] 0 []' \
	"$(for ns in ra rb; do nfm $ns show flows --json | jq -r '"\(length) \(map(.packetDeltaCount) | unique)"'; done |
		xargs echo) $(nfmgr show flows --json | jq -r '"\(length) []"')"
flush ra
ktap_equal 'a flush is for one namespace' '0 250' "$(stats ra .cache.flows) $(stats rb .cache.flows)"
check_law ra 'ra'
check_law rb 'rb, not flushed'
nfm ra reset stats
ktap_equal 'a reset too' '0 1500' \
	"$(stats ra .metering.metered_packets) $(stats rb .metering.metered_packets)"
flush rb
check_law rb 'rb'
ktap_test 'the captures lost nothing' stop_capture "$ca" "$PNF_TMP/ca.pcap"
ktap_test 'neither did the other' stop_capture "$cb" "$PNF_TMP/cb.pcap"
ktap_equal "one collector is told ra's Flows" 'v9: 250 Flows of 4, in all 1000, from 10 to 11' \
	"$(told "$PNF_TMP/ca.pcap")"
ktap_equal "the other one rb's" 'v10: 250 Flows of 6, in all 1500, from 10 to 11' \
	"$(told "$PNF_TMP/cb.pcap")"
ktap_test 'no violation of the protocol' "$flowdecode" check "$PNF_TMP/ca.pcap"
ktap_test 'nor there' "$flowdecode" check "$PNF_TMP/cb.pcap"

# Deleted under traffic ---------------------------------------------------------------

# One of the two, with Flows in its Cache
generate rb 250
ip netns delete ra
ktap_test 'a deleted namespace lets its devices go' slowwait 30 eval '! ip -n ca link show dev eth0'
ktap_equal 'the other one goes on' '250 true' "$(stats rb .cache.flows) $(stats rb '.destinations[0].connected')"
flush rb
check_law rb 'rb, alone'
ip netns delete rb
ip netns delete ca
ip netns delete cb
ktap_test 'Flows, sockets and namespaces are as many as before the first' slowwait 60 no_more_than "$clean"
ktap_comment "in use: $(in_use)"

add_ns client cg
start_collectors cg:2055
cat >"$PNF_TMP/send.py" <<'PROGRAM'
import socket
import time
sockets = [(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "198.51.100.2"),
           (socket.socket(socket.AF_INET6, socket.SOCK_DGRAM), "2001:db8:2::2")]
while True:
    for port in range(5000, 5100):
        for sock, address in sockets:
            try:
                sock.sendto(b"x" * 72, (address, port))
            except OSError:
                pass
        if port % 20 == 0:
            time.sleep(0.002)
PROGRAM
in_ns client python3 "$PNF_TMP/send.py" &
sender=$!

# round NUMBER - false, and says why, if what was in its Cache was not exported
round()
{
	local metered told protocols=(v5 v9 ipfix)

	add_router gone cg
	add_link client eth0 gone eth1
	add_address gone eth1 192.0.2.1/24 2001:db8:1::1/64
	add_address client eth0 192.0.2.2/24 2001:db8:1::2/64
	add_address gone dout 2001:db8:2::1/64
	ip -n gone neighbour add 2001:db8:2::2 lladdr 02:00:00:00:00:09 dev dout nud permanent
	ip -n client route add default via 192.0.2.1
	ip -n client route add default via 2001:db8:1::1
	# The second destination never connects, the third refuses
	nfm gone set points inet=forward protocol "${protocols[$1 % 3]}" \
		destination '203.0.113.2:2055,192.88.99.2:2055,203.0.113.2:2056' || return
	collectors_begin
	slowwait 20 eval "[ \$(stats gone .cache.flows) -ge 150 ]" || { echo 'no traffic'; return 1; }
	metered=$(nfm gone show flows --json | jq 'map(select(.sourceIPv4Address).packetDeltaCount) | add')
	ip netns delete gone
	slowwait 30 eval '! ip -n cg link show dev eth0' || { echo 'its devices stay'; return 1; }
	collectors_end
	told=$("$flowdecode" flows "$PNF_TMP/cg.pcap" |
		jq -s 'map(select(.sourceIPv4Address).packetDeltaCount) | add')
	[ "${told:-0}" -ge "$metered" ] || { echo "$metered packets in the Cache, ${told:-0} told"; return 1; }
}

round 0 >"$PNF_TMP/said" || die "round 0: $(cat "$PNF_TMP/said")"
slowwait 30 no_flows
before=$(in_use)
ktap_comment "pnf_flow_ipv4 pnf_flow_ipv6 UDP UDPv6 net_namespace in use: $before"
wrong=0
for ((i = 1; i <= rounds; i++)); do
	round $i >"$PNF_TMP/said" 2>&1 || { wrong=1; break; }
done
if [ $wrong = 0 ]; then
	ktap_ok "deleted $rounds times under traffic, its collector was told what was in its Cache"
else
	ktap_fail "deleted under traffic: round $i" "$(cat "$PNF_TMP/said")"
fi
ktap_test 'Flows, sockets and namespaces are not more than before' slowwait 60 no_more_than "$before"
ktap_comment "in use: $(in_use)"
ktap_equal 'no Flow is left' '0 0' "$(in_use | cut -d ' ' -f 1,2)"
ktap_equal 'no device is waited for' 0 "$(dmesg | grep -c 'unregister_netdevice: waiting')"
stop $sender
ktap_equal 'nothing refers to the module' 0 "$(awk '$1 == "pkt_netflow" { print $3 }' /proc/modules)"
ktap_end
