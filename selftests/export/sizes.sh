#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
# kernels: uml-debug
#
# Messages fit the path: the MTU of the route when a session begins and when it changes, and of
# routers on the way, which tell by ICMP and ICMPv6; for each protocol.
#
# lib/destinations.sh has the picture.

# shellcheck disable=SC2016,SC2317 # bash -c expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib/destinations.sh
. "$(dirname "$0")/../lib/destinations.sh"

setup

# first - the next range of addresses, so that all Flows are new
first()
{
	first=$((first + 1))
}
first=0

nfm router set points inet=forward active-timeout 600 inactive-timeout 600 refresh-rate 1000000 || die 'cannot configure'
for protocol in ipfix v9 v5; do
	ip -n router route replace 203.0.113.0/24 dev e4
	nfm router set destination none
	collectors_begin # a session may begin with its Templates
	nfm router set protocol $protocol destination '203.0.113.2:2055,[2001:db8:6::2]:2055' || die 'cannot configure'
	nfm router reset stats
	first
	generate 500 $first
	flush router
	# A smaller MTU in the middle of the session
	ip -n router route change 203.0.113.0/24 dev e4 mtu 600
	first
	generate 500 $first
	flush router
	settled
	look
	check_law router "$protocol, a smaller MTU"
	ktap_test "$protocol: a smaller MTU of the route: messages are encoded again" \
		[ "$(dest 203.0.113.2 2055 .errors.too_big)" -gt 0 ]
	ktap_test "$protocol: and none is lost" nothing_lost
	collectors_end
	for ns in c4 c6; do
		read -r packets messages sessions violations < <(told $ns)
		ktap_equal "conformance 24: reference bug 11: $protocol: $ns: nothing is lost for its size, there is no fragment" '1000 1 0' \
			"$packets $sessions $violations"
		tshark_is_content $ns "$protocol, $ns"
	done

	# A new session knows the route's MTU
	nfm router set destination none
	collectors_begin # a session may begin with its Templates
	nfm router set destination 203.0.113.2:2055%e4
	nfm router reset stats
	first
	generate 500 $first
	flush router
	settled
	collectors_end
	look
	check_law router "$protocol, a small MTU from the start"
	read -r packets messages sessions violations < <(told c4 2055 600)
	ktap_equal "conformance 24: reference bug 11: $protocol: a new session fits the MTU of the route at once" '500 1 0 0' \
		"$packets $sessions $violations $(dest 203.0.113.2 2055 .errors.too_big)"
done

# A router on the way has the small MTU: it says so
dropped()
{
	in_ns hop nstat -asz IpFragFails | awk '/FragFails/ { print $2 }'
}

for protocol in v5 v9 ipfix; do
	nfm router set destination none
	collectors_begin # a session may begin with its Templates
	# What the host remembers of the path
	ip -n router route flush cache
	nfm router set protocol $protocol destination 198.18.13.2:2055 || die 'cannot configure'
	nfm router reset stats
	before=$(dropped)
	first
	generate 500 $first
	flush router
	settled
	look
	lost=$(($(dropped) - before))
	ktap_equal "$protocol: ICMP fragmentation needed: each is a report" "$lost" "$(dest 198.18.13.2 2055 .errors.too_big)"
	# v9 and IPFIX begin with Templates and Options Data, which are told again
	few=2
	[ $protocol = v5 ] || few=8
	ktap_test "$protocol: a few messages taught it: $lost" [ "$lost" -ge 1 -a "$lost" -le $few ]
	first
	generate 500 $first
	flush router
	settled
	collectors_end
	look
	check_law router "$protocol, a small MTU on the way"
	ktap_equal "$protocol: from then on all messages fit" "$lost $lost" \
		"$(($(dropped) - before)) $(dest 198.18.13.2 2055 .errors.too_big)"
	read -r packets messages sessions violations < <(told hop)
	ktap_equal "conformance 24: reference bug 11: $protocol: all was sent, none as a fragment, none that may become one" '1000 1 0' \
		"$packets $sessions $violations"
	read -r packets arrived sessions violations < <(told cm)
	ktap_equal "$protocol: and arrived, but for those" "$((messages - lost))" "$arrived"
done

# IPv6 has no path below 1280 octets (RFC 8200 5), which no message exceeds; whoever claims one to be
# is a report, and makes neither losses nor fragments

# too_big MTU - c6's host claims so of the first message that it got
too_big()
{
	in_ns c6 python3 - "$PNF_TMP/c6.pcap" "$1" <<-'PROGRAM'
		import socket, struct, sys
		with open(sys.argv[1], "rb") as file:
		    data = file.read()
		length = struct.unpack_from("=I", data, 24 + 8)[0]
		packet = data[40:40 + length]
		# The kernel puts the checksum in
		sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
		sock.sendto(struct.pack(">BBHI", 2, 0, 0, int(sys.argv[2])) + packet[:1000],
		            (socket.inet_ntop(socket.AF_INET6, packet[8:24]), 0))
	PROGRAM
}

for protocol in v9 v5 ipfix; do
	nfm router set destination none
	collectors_begin # a session may begin with its Templates
	nfm router set protocol $protocol destination '[2001:db8:6::2]:2055' || die 'cannot configure'
	nfm router reset stats
	first
	generate 500 $first
	flush router
	collectors_end
	read -r packets messages sessions violations < <(told c6)
	ktap_equal "reference bug 11: $protocol: IPv6 over a link of 1280 octets" '500 1 0' "$packets $sessions $violations"
	for mtu in 1280 600; do
		too_big $mtu || die 'cannot send an ICMPv6 message'
	done
	ktap_test "$protocol: ICMPv6 packet too big: each is a report" \
		slowwait 5 dest_is 2001:db8:6::2 2055 .errors.too_big 2
	first
	generate 500 $first
	flush router
	settled
	collectors_end
	look
	check_law router "$protocol, ICMPv6 packet too big"
	ktap_test "$protocol: none is lost" nothing_lost
	read -r packets messages sessions violations < <(told c6)
	ktap_equal "conformance 24: reference bug 11: $protocol: nothing is lost for its size, there is no fragment" '1000 1 0' \
		"$packets $sessions $violations"
done
ktap_end
