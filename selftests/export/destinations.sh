#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
#
# Many destinations at once, most of them in trouble: nobody is harmed by another, and what the stack
# did not take is counted to the right one and kind.
#
# lib/destinations.sh has the picture.

# shellcheck disable=SC2016,SC2317 # bash -c expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib/destinations.sh
. "$(dirname "$0")/../lib/destinations.sh"

setup

# Nine destinations, most of them in trouble ---------------------------------------------------------

well=(c4 c6 cd)
tc -n router qdisc add dev es root tbf rate 8kbit burst 1600 limit 1000000 ||
	ktap_skip_all 'no tbf'
tc -n router qdisc add dev eq root tbf rate 8kbit burst 1600 limit 4000
collectors_begin
began=${EPOCHREALTIME/./}
nfm router set points inet=forward protocol v5 sndbuf 10000 inactive-timeout 600 destination \
	'203.0.113.2:2055,203.0.113.2:2056,[2001:db8:6::2]:2055,198.18.9.2:2055@198.18.9.77%ed,198.18.10.2:2055,198.18.11.2:2055,192.88.99.2:2057,[2001:db8:6::2]:2056,203.0.113.2:2058' ||
	die 'cannot configure'
in_ns router nft 'table inet t { chain output { type filter hook output priority 0; udp dport 2058 drop; }; }' ||
	die 'cannot drop'
generate 3000 1
timed nfm router flush
within 2000 "a flush waits for no destination"
ktap_test 'soon nothing is queued any more' slowwait 6 stats_are router .exporting.queued_packets 0
look
check_law router 'nine destinations'
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
reports=$(dest 2001:db8:6::2 2056 .errors.refused)
ktap_equal 'ICMPv6 port unreachable: the same' \
	"$(in_ns router nstat -asz Icmp6InDestUnreachs | awk '/Unreachs/ { print $2 }')" "$reports"
ktap_test "there were such reports: $reports" [ "$reports" -gt 0 ]
ktap_equal 'only the refusing destinations have reports, and lost nothing on this host' '0 0' \
	"$(now '[.destinations[] | select(.port != 2056) | .errors.refused] | add') $(
	   now '[.destinations[] | select(.port == 2056) | .lost.messages] | add')"
ktap_equal 'what the packet filter drops on its way out is lost, for another reason' "$made $made 0" \
	"$(dest 203.0.113.2 2058 '"\(.lost.messages) \(.lost.other) \(.messages)"')"
ktap_equal 'by that destination only' 0 "$(now '[.destinations[] | select(.port != 2058) | .lost.other] | add')"
in_ns router nft delete table inet t
ktap_equal 'the unroutable destination: all messages lost, for want of a connection' "$made $made 0 false" \
	"$(dest 192.88.99.2 2057 '"\(.lost.messages) \(.lost.not_connected) \(.messages) \(.connected)"')"
ktap_test 'it could not connect' [ "$(dest 192.88.99.2 2057 .errors.connect)" -ge 1 ]
for each in 198.18.10.2 198.18.11.2; do
	lost=$(dest "$each" 2055 .lost.send_buffer_full)
	ktap_test "$each: lost $lost of $made messages, for want of room" [ "$lost" -gt 0 ]
	ktap_equal "$each: for nothing else, and is still connected" '0 true' \
		"$(dest "$each" 2055 '"\(.lost.not_connected + .lost.other) \(.connected)"')"
done
ktap_equal 'the stalled destination: its send buffer was full' true \
	"$(dest 198.18.10.2 2055 '.send_buffer_peak >= .send_buffer * 3 / 4')"

# The unroutable one backs off: 0, 1, 3, 7, 15, 31 s after it was configured
slowwait 9 dest_is 192.88.99.2 2057 '.attempts >= 4' true
look
age=$(((${EPOCHREALTIME/./} - began) / 1000000))
attempts=$(dest 192.88.99.2 2057 .attempts) most=1 at=0 step=1
while [ $((at + step)) -le $age ]; do
	at=$((at + step)) step=$((step < 16 ? step * 2 : 16)) most=$((most + 1))
done
ktap_test "back-off: $attempts attempts in $age s, at most $most" \
	[ "$attempts" -ge 2 -a "$attempts" -le "$most" ]

# Then its route appears; the stalled one gets room; what was taken arrives
ip -n router route add 192.88.99.0/24 via 203.0.113.2
tc -n router qdisc change dev es root tbf rate 100mbit burst 100000 limit 1000000
tc -n router qdisc change dev eq root tbf rate 100mbit burst 100000 limit 1000000
ktap_test 'it connects when there is a route' slowwait 20 dest_is 192.88.99.2 2057 .connected true
slowwait 5 dest_is 198.18.10.2 2055 .send_buffer_used 0
collectors_end
look
check_law router 'one came and two got room'
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

# messages_of NS COUNT - messages in its capture that tell of the first COUNT Flow Records
messages_of()
{
	python3 - "$PNF_TMP/$1.pcap" "$2" <<-'PROGRAM'
		import os, sys
		sys.path.insert(0, os.environ["PNF_TOP"] + "/selftests/lib")
		from flowdecode import Capture, read_pcap
		capture, messages, left = Capture(ports=[2055]), 0, int(sys.argv[2])
		for datagram in read_pcap(sys.argv[1]):
		    flows = sum(not record.get("isOptions") for record in capture.datagram(datagram))
		    if flows and left > 0:
		        messages, left = messages + 1, left - flows
		print(messages)
	PROGRAM
}

# A destination whose route appears later: data, Templates first, from then on --------------------------

first=20
for protocol in v5 v9 ipfix; do
	ip -n router route del 192.88.99.0/24
	nfm router set destination none
	nfm router set protocol $protocol refresh-rate 1000000 sndbuf 0 || die 'cannot configure'
	nfm router reset stats
	collectors_begin
	nfm router set destination '203.0.113.2:2055,192.88.99.2:2057' ||
		die 'cannot set the destinations'
	generate 300 $first
	flush router
	look
	check_law router "$protocol, unroutable"
	ktap_equal "$protocol: without a route all is lost" '0 300' \
		"$(dest 192.88.99.2 2057 '"\(.messages) \(.not_sent_flows)"')"
	lost=$(dest 192.88.99.2 2057 .lost.not_connected)
	ip -n router route add 192.88.99.0/24 via 203.0.113.2
	ktap_test "$protocol: it connects when there is one" slowwait 20 dest_is 192.88.99.2 2057 .connected true
	generate 300 $((first + 1))
	flush router
	collectors_end
	look
	check_law router "$protocol, its route appeared"
	ktap_equal "$protocol: it lost the messages that told the other one of those Flows, for want of a connection" \
		"$(messages_of c4 300)" "$lost"
	told_is "$protocol: it is told all that follows, which can be decoded from the first message on" \
		"300 $(dest 192.88.99.2 2057 .messages) 1 0" c4 2057
	told_is "$protocol: the other one missed nothing" \
		"600 $(dest 203.0.113.2 2055 .messages) 1 0" c4 2055
	tshark_is_content c4 "$protocol, both"
	first=$((first + 2))
done

# Templates first, for who is new or comes and goes under traffic ----------------------------------

# A session that goes on would not tell its Templates again, a new one does at once
nfm router set destination none
nfm router reset stats
collectors_begin
nfm router set protocol ipfix refresh-rate 1000000 sndbuf 0 destination \
	'203.0.113.2:2055,[2001:db8:6::2]:2055' || die 'cannot configure'
nfm router set active-timeout 1 inactive-timeout 1 scan-min 1
generate 0 2 1000000 &
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
tshark_is_content c4 'come, go and stay'
ktap_equal 'the one that stays missed nothing, in one session' "$(now .metering.metered_packets) 1 0" \
	"$packets $sessions $violations"
ktap_end
