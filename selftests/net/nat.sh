#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1200
#
# What nftables translates is what the collector is told, once when it begins and once when it
# ends: masquerade, SNAT, DNAT and both ends, IPv4 and IPv6, for v5, v9 and IPFIX, with nobody
# else listening to conntrack and with others beside it, which lose nothing either. The truth
# is conntrack's: its list of entries, and what conntrack -E is told.

# shellcheck disable=SC2317 # ktap_test and slowwait call functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need conntrack nft tshark tcpdump jq python3

natevents=$PNF_TOP/selftests/lib/natevents.py
flowdecode=$PNF_TOP/selftests/lib/flowdecode.py

# To port 9 nothing but the destination is translated, and to the collector nothing at all
rules='flush ruleset
table inet nat {
	chain prerouting {
		type nat hook prerouting priority dstnat
		ip daddr 198.51.100.80 dnat ip to 198.51.100.2
		ip6 daddr 2001:db8:2::80 dnat ip6 to 2001:db8:2::2
		ip daddr 198.51.100.81 meta l4proto { tcp, udp } dnat ip to 198.51.100.2:5353
		ip6 daddr 2001:db8:2::81 meta l4proto { tcp, udp } dnat ip6 to [2001:db8:2::2]:5353
	}
	chain postrouting {
		type nat hook postrouting priority srcnat
		udp dport 9 accept
		oifname eth1 ip saddr 192.0.2.3 snat ip to 198.51.100.9
		oifname eth1 ip6 saddr 2001:db8:1::3 snat ip6 to 2001:db8:2::9
		oifname eth1 meta l4proto { tcp, udp } th dport 5353 masquerade to :20000-29999
		oifname eth1 masquerade
	}
}'

# ADDRESS,PORT,PROTOCOL,SOURCE,FIRST,COUNT: connections from COUNT source ports, from FIRST on
cat >"$PNF_TMP/connect.py" <<'PROGRAM'
import socket
import sys
for where in sys.argv[1:]:
    to, port, protocol, source, first, count = where.split(",")
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    for sport in range(int(first), int(first) + int(count)):
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        with socket.socket(family, kind) as sock:
            sock.settimeout(10)
            sock.bind((source, sport))
            try:
                sock.connect((to, int(port)))
                sock.send(b"x")
            except ConnectionRefusedError:
                pass
PROGRAM

# Joins the groups of new and destroyed entries, wants to be sent again what it has no room
# for, and reads nothing
cat >"$PNF_TMP/congested.py" <<'PROGRAM'
import socket
import sys
SOL_NETLINK, ADD_MEMBERSHIP, BROADCAST_ERROR, NETFILTER = 270, 1, 4, 12
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
sock.setsockopt(SOL_NETLINK, BROADCAST_ERROR, 1)
sock.bind((0, 0))
for group in (1, 3):
    sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
print("joined", flush=True)
sys.stdin.read()
PROGRAM

# A translation in conntrack's words, to each listener to it: root may send that, in its own name
cat >"$PNF_TMP/forge.py" <<'PROGRAM'
import socket
import struct
NETFILTER, NESTED = 12, 0x8000


def attribute(kind, data):
    length = 4 + len(data)
    return struct.pack("=HH", length, kind) + data + bytes(-length % 4)


def entry_tuple(kind, source, destination, sport, dport):
    addresses = attribute(1, bytes(source)) + attribute(2, bytes(destination))
    ports = (attribute(1, bytes([17])) + attribute(2, struct.pack("!H", sport)) +
             attribute(3, struct.pack("!H", dport)))
    return attribute(kind | NESTED, attribute(1 | NESTED, addresses) + attribute(2 | NESTED, ports))


client, server, router = (192, 0, 2, 2), (198, 51, 100, 2), (198, 51, 100, 1)
message = (struct.pack("=BBH", socket.AF_INET, 0, 0) + entry_tuple(1, client, server, 1, 2) +
           entry_tuple(2, server, router, 2, 3) + attribute(3, struct.pack("!I", 0x198)) +
           attribute(12, b"0000"))
message = struct.pack("=IHHII", 16 + len(message), 1 << 8, 0x600, 0, 0) + message
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
sock.bind((0, 0))
with open("/proc/self/net/netlink", encoding="ascii") as listeners:
    for line in list(listeners)[1:]:
        _, protocol, address, groups = line.split()[:4]
        if int(protocol) == NETFILTER and int(groups, 16) & 4:
            print(sock.sendto(message, (int(address), 0)) == len(message))
PROGRAM

connect()
{
	in_ns client python3 "$PNF_TMP/connect.py" "$@"
}

# entries FAMILY - conntrack's list, which no event tells of
entries()
{
	in_ns router conntrack -L -f "$1" 2>/dev/null
}

# delete_entries - all of them
delete_entries()
{
	in_ns router conntrack -D -f ipv4 >/dev/null 2>&1
	in_ns router conntrack -D -f ipv6 >/dev/null 2>&1
	[ -z "$(entries ipv4)$(entries ipv6)" ]
}

# listeners - netlink sockets that have joined conntrack's group of destroyed entries
listeners()
{
	# shellcheck disable=SC2016 # awk's
	in_ns router awk '$2 == 12 && $4 ~ /[4-7c-f]$/ { n++ } END { print n + 0 }' /proc/self/net/netlink
}

listeners_are()
{
	[ "$(listeners)" = "$1" ]
}

# start_listeners FILE - conntrack -E of both families; sets listener4 and listener6
start_listeners()
{
	local before

	before=$(listeners)
	ip netns exec router conntrack -E -f ipv4 -b 16777216 >"$1.ipv4" 2>"$1.log" &
	listener4=$!
	ip netns exec router conntrack -E -f ipv6 -b 16777216 >"$1.ipv6" 2>>"$1.log" &
	listener6=$!
	slowwait 20 listeners_are $((before + 2)) || die "conntrack -E does not listen: $(cat "$1.log")"
}

# ends_told FILE LEAST - whether they have told of so many ends
ends_told()
{
	[ "$(cat "$1.ipv4" "$1.ipv6" | grep -c DESTROY)" -ge "$2" ]
}

# stop_listeners FILE LEAST - when they have; false if they lost anything. What they told is FILE.
stop_listeners()
{
	local told=0

	slowwait 30 ends_told "$1" "$2" || told=1
	stop "$listener4" INT
	stop "$listener6" INT
	cat "$1.ipv4" "$1.ipv6" >"$1"
	[ "$told" = 0 ] || { echo "$(grep -c DESTROY "$1") ends of $2"; return 1; }
	! grep ENOBUFS "$1.log"
}

# begin DIR PROTOCOL [CODES] - export events from now on, and record what is sent
begin()
{
	mkdir -p "$1"
	delete_entries
	start_capture collector eth0 "$1/export.pcap" 'udp dst port 2055'
	nfm router set destination 203.0.113.2:2055 protocol "$2" points inet=forward \
		natevents 1 nat-event-codes "${3:-rfc8158}" || die 'cannot configure'
	nfm router reset stats
	began=$EPOCHREALTIME
}

# finish NAME DIR COUNT - wait until so many have begun and ended, and send all there is
finish()
{
	slowwait 60 stats_are router '.nat | "\(.created) \(.deleted)"' "$3 $3"
	nfm router set natevents 0
	ktap_equal "$1: $3 translations began and ended" "$3 $3" \
		"$(stats router '.nat | "\(.created) \(.deleted)"')"
	flush router || ktap_fail "$1: flush"
	check_law router "$1"
	ktap_test "$1: the capture lost nothing" stop_capture "$capture_pid" "$2/export.pcap"
	nfm router set destination none
	ktap_test "$1: no violation of the protocol" "$flowdecode" check "$2/export.pcap"
}

# judge NAME DIR PROTOCOL CODES TRUTH... - two decoders, each event by itself
judge()
{
	local name=$1 dir=$2 protocol=$3 codes=$4 truth said

	shift 4
	truth=()
	for said; do
		truth+=(--truth "$said")
	done
	said=$("$natevents" compare --version "$protocol" --codes "$codes" "${truth[@]}" \
		--between "$began" "$EPOCHREALTIME" "export:$dir/export.pcap" "tshark:$dir/export.pcap" 2>&1)
	ktap_equal "$name: decoder and tshark have each event once, with addresses, ports, time" 0 $?
	ktap_comment "$said"
}

# The debug kernel is slow
count=1000
[ "${PNF_KERNEL-}" != uml-debug ] || count=200

# masquerade NAME PROTOCOL alone|beside - so many connections of IPv4 and as many of IPv6
masquerade()
{
	local name=$1 protocol=$2 dir=$PNF_TMP/$1 truth=() family others=0

	begin "$dir" "$protocol"
	if [ "$3" = beside ]; then
		start_listeners "$dir/events"
		others=2
	fi
	ktap_equal "$name: so many listen to conntrack" $((1 + others)) "$(listeners)"
	# Some connections that are not translated
	connect 203.0.113.2,4000,udp,0.0.0.0,10000,50 2001:db8:3::2,4000,udp,::,10000,50 \
		198.51.100.2,4000,udp,0.0.0.0,10000,$count 2001:db8:2::2,4000,udp,::,10000,$count
	for family in ipv4 ipv6; do
		entries $family >"$dir/list.$family"
		truth+=("list:$dir/list.$family")
	done
	ktap_test "$name: all entries end" slowwait 20 delete_entries
	finish "$name" "$dir" $((2 * count))
	ktap_equal "$name: no event was lost" 0 "$(stats router .nat.lost)"
	judge "$name" "$dir" "$protocol" rfc8158 "${truth[@]}"
	ktap_equal "$name: the collector was told of exactly $count of each" \
		"IPv4 $count began, $count ended, IPv6 $count began, $count ended" \
		"$("$natevents" count "export:$dir/export.pcap")"
	[ "$3" = beside ] || return
	ktap_test "$name: conntrack -E ends well" stop_listeners "$dir/events" $((2 * count + 100))
	ktap_test "$name: conntrack -E was told the same" "$natevents" compare --truth "${truth[0]}" \
		--truth "${truth[1]}" "events:$dir/events"
}

# kinds NAME PROTOCOL CODES - each kind of translation, and of what
kinds()
{
	local name=$1 protocol=$2 codes=$3 dir=$PNF_TMP/$1

	begin "$dir" "$protocol" "$codes"
	start_listeners "$dir/events"
	connect 198.51.100.80,9,udp,0.0.0.0,7000,10 2001:db8:2::80,9,udp,::,7000,10 \
		198.51.100.80,4000,udp,0.0.0.0,7100,10 2001:db8:2::80,4000,udp,::,7100,10 \
		198.51.100.81,53,udp,0.0.0.0,7200,10 2001:db8:2::81,53,udp,::,7200,10 \
		198.51.100.81,80,tcp,0.0.0.0,7300,10 2001:db8:2::81,80,tcp,::,7300,10 \
		198.51.100.2,4000,udp,192.0.2.3,7400,10 2001:db8:2::2,4000,udp,2001:db8:1::3,7400,10
	in_ns client ping -q -c 1 198.51.100.2 >/dev/null || ktap_fail "$name: ping"
	in_ns client ping -q -c 1 2001:db8:2::80 >/dev/null || ktap_fail "$name: ping6"
	ktap_test "$name: all entries end" slowwait 20 delete_entries
	ktap_test "$name: conntrack -E ends well" stop_listeners "$dir/events" 102
	finish "$name" "$dir" 102
	judge "$name" "$dir" "$protocol" "$codes" "events:$dir/events"
}

# no_dying - no entry waits for its end to be told
no_dying()
{
	[ -z "$(in_ns router conntrack -L dying 2>/dev/null)" ]
}

# Conntrack sends again, to all, what a listener beside us that wants it so had no room for
congested()
{
	local dir=$PNF_TMP/congested name='beside a listener that is full'

	begin "$dir" 10
	coproc congested { exec ip netns exec router python3 "$PNF_TMP/congested.py"; }
	local pid=$! line
	read -r -t 20 -u "${congested[0]}" line
	ktap_equal "$name: it listens" 'joined 2' "$line $(listeners)"
	# The second packet sends the creations again
	for _ in 1 2; do
		connect 198.51.100.2,4000,udp,0.0.0.0,8000,100
	done
	entries ipv4 >"$dir/list"
	ktap_test "$name: all entries end" slowwait 20 delete_entries
	ktap_test "$name: ends that it has not been told wait" eval '! no_dying'
	stop $pid
	ktap_test "$name: when it has gone they are told" slowwait 20 no_dying
	finish "$name" "$dir" 100
	judge "$name" "$dir" 10 rfc8158 "list:$dir/list"
}

# What a process sends is no event, and no lost one
forged()
{
	local dir=$PNF_TMP/forged name='events that a process makes up'

	begin "$dir" 10
	ktap_equal "$name: one is sent to the one listener" True "$(in_ns router python3 "$PNF_TMP/forge.py")"
	connect 198.51.100.2,4000,udp,0.0.0.0,9000,1
	entries ipv4 >"$dir/list"
	ktap_test "$name: all entries end" slowwait 20 delete_entries
	finish "$name" "$dir" 1
	ktap_equal "$name: none counts as lost" 0 "$(stats router .nat.lost)"
	judge "$name" "$dir" 10 rfc8158 "list:$dir/list"
}

setup_topology
add_address client eth0 192.0.2.3/24 2001:db8:1::3/64
add_address router eth1 198.51.100.9/24 2001:db8:2::9/64
in_ns router nft "$rules" || die 'no nftables'
# Entries end when they are told to
in_ns router sysctl -q net.netfilter.nf_conntrack_udp_timeout=600 \
	net.netfilter.nf_conntrack_icmp_timeout=600 net.netfilter.nf_conntrack_icmpv6_timeout=600 || die 'no conntrack'

ktap_equal 'nobody listens to conntrack' 0 "$(listeners)"
masquerade masquerade-ipfix 10 alone
ktap_equal 'nobody does after that' 0 "$(listeners)"
masquerade masquerade-v9-beside 9 beside
kinds kinds-ipfix 10 rfc8158
if [ "${PNF_KERNEL-}" != uml-debug ]; then
	kinds kinds-v9-legacy 9 legacy
	kinds kinds-v5 5 rfc8158
fi
congested
forged

# A namespace does not outlive its end for its listener's sake
nfm router set destination 203.0.113.2:2055 protocol 10 natevents 1
ktap_equal 'on again' 1 "$(listeners)"
connect 198.51.100.2,4000,udp,0.0.0.0,10000,100
ip netns delete router
ktap_test 'a namespace with NAT events ends' slowwait 30 eval '! ip -n collector link show dev eth0'
ktap_end
