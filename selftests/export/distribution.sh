#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
#
# Which destination is told of a Flow: all of them, one by the hash of the Flow Key, or the first that
# works; and how messages look on their way: DSCP, source port, length, delay.
#
# lib/destinations.sh has the picture.

# shellcheck disable=SC2016,SC2317 # bash -c expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib/destinations.sh
. "$(dirname "$0")/../lib/destinations.sh"

setup

first=0
# generate_new COUNT - Flows that were not there before
generate_new()
{
	first=$((first + 1))
	generate "$1" $first
}

# sources NS - source addresses of the Flows that its capture tells of
sources()
{
	python3 - "$PNF_TMP/$1.pcap" <<-'PROGRAM' | sort
		import os, sys
		sys.path.insert(0, os.environ["PNF_TOP"] + "/selftests/lib")
		from flowdecode import Capture, Rules
		for record in Capture(Rules(mtu=65535), [2055]).read(sys.argv[1]):
		    print(record["sourceIPv4Address"])
	PROGRAM
}

# field NS DISPLAY-FILTER FIELD - different values of a field of the messages in its capture
field()
{
	tshark -n -r "$PNF_TMP/$1.pcap" -Y "udp.dstport == 2055 && ($2)" -T fields -e "$3" 2>/dev/null |
		sort -u | paste -sd ' '
}

# longest NS - the longest message with its headers
longest()
{
	tshark -n -r "$PNF_TMP/$1.pcap" -Y 'udp.dstport == 2055' -T fields -e ip.len 2>/dev/null |
		sort -n | tail -n 1
}

# refuse NS, accept NS - its port 2055 is closed, or not
refuse()
{
	in_ns "$1" nft 'table ip t { chain input { type filter hook input priority 0;
		udp dport 2055 reject; }; }' || die 'cannot reject'
}

accept()
{
	in_ns "$1" nft delete table ip t
}

sum()
{
	python3 -c 'import sys; print(sum(map(int, sys.argv[1:])))' "$@"
}

# Balance ----------------------------------------------------------------------------------------------

all='203.0.113.2:2055,[2001:db8:6::2]:2055,198.18.9.2:2055%ed'
# Every message is preceded by its Templates, as a capture may begin anywhere
nfm router set points inet=forward inactive-timeout 600 refresh-rate 1 || die 'cannot configure'
for protocol in v5 v9 ipfix; do
	collectors_begin
	nfm router set protocol $protocol distribution balance destination "$all" || die 'cannot configure'
	nfm router reset stats
	generate_new 3000
	flush router
	collectors_end
	look
	check_law router "$protocol, balance"
	ktap_equal "$protocol, balance: every packet was exported" 3000 "$(now .exporting.exported_packets)"
	ktap_equal "$protocol, balance: each to one destination" 3000 "$(now '[.destinations[].flow_records] | add')"
	ktap_equal "$protocol, balance: none was lost anywhere" 0 "$(now '[.destinations[].not_sent_flows] | add')"
	ktap_test "$protocol, balance: all have their share: $(now '[.destinations[].flow_records | tostring] | join(" ")')" \
		[ "$(now '[.destinations[].flow_records] | min')" -gt 800 ]
	for each in c4:203.0.113.2 c6:2001:db8:6::2 cd:198.18.9.2; do
		told_is "$protocol, balance: ${each%%:*} was told its share, without a violation" \
			"$(dest "${each#*:}" 2055 '"\(.flow_records) \(.messages) 1 0"')" "${each%%:*}"
	done
	sources c4 >"$PNF_TMP/before"
	collectors_begin
	generate 3000 $first
	flush router
	collectors_end
	sources c4 >"$PNF_TMP/after"
	ktap_test "$protocol, balance: the same Flows have the same destination" \
		cmp "$PNF_TMP/before" "$PNF_TMP/after"
	nfm router set destination none
done

# One of them goes: the next one takes its share
nfm router set distribution balance destination "$all" || die 'cannot configure'
nfm router reset stats
collectors_begin
generate_new 1000
ip -n router link set e6 down
flush router
collectors_end
look
check_law router 'balance, one is gone'
ktap_equal 'balance: nothing is lost with a destination that goes' '0 1000' \
	"$(now '"\(.exporting.not_sent_flows) \([.destinations[].flow_records] | add)"')"
ktap_equal 'balance: it gets nothing' '0 false' "$(dest 2001:db8:6::2 2055 '"\(.flow_records) \(.connected)"')"
share=$(dest 198.18.9.2 2055 .flow_records)
ktap_test "balance: the next one has two shares: $share" [ "$share" -gt 550 ]
ip -n router link set e6 up
add_address router e6 2001:db8:6::1/64
known c6 e6 2001:db8:6::2
ktap_test 'balance: it connects again' slowwait 20 dest_is 2001:db8:6::2 2055 .connected true
generate_new 1000
flush router
look
ktap_test 'balance: it has its share again' [ "$(dest 2001:db8:6::2 2055 .flow_records)" -gt 200 ]

# No one is there
nfm router set destination '192.88.99.2:2057,192.88.99.2:2058' || die 'cannot configure'
ip -n router route del 192.88.99.0/24 2>/dev/null
nfm router reset stats
generate_new 100
flush router
look
check_law router 'balance, none is connected'
ktap_equal 'balance: each record is lost by the destination it was for' '100 100' \
	"$(now '"\(.exporting.not_sent_flows) \([.destinations[].not_sent_flows] | add)"')"
ktap_test 'balance: both lose some' [ "$(now '[.destinations[].not_sent_flows] | min')" -gt 20 ]

# Failover ---------------------------------------------------------------------------------------------

for protocol in v5 ipfix; do
	nfm router set destination none
	nfm router set protocol $protocol distribution failover destination "$all" || die 'cannot configure'
	nfm router reset stats
	collectors_begin
	generate_new 1000
	flush router
	look
	ktap_equal "$protocol, failover: the first one is told all" '1000 0 0' \
		"$(now '[.destinations[].flow_records | tostring] | join(" ")')"

	# Nobody listens there any more: a batch is lost before that is known, no more
	refuse c4
	generate_new 100
	flush router
	collectors_end
	refused=$(told c4)
	collectors_begin
	for _ in 1 2 3 4 5 6 7 8; do
		generate_new 100
		nfm router flush
		sleep 1
	done
	flush router
	collectors_end
	look
	check_law router "$protocol, failover, the first one refuses"
	ktap_equal "$protocol, failover: while the first one refuses, the next one is told all, once" 800 \
		"$(told c6 | cut -d ' ' -f 1)"
	ktap_equal "$protocol, failover: and the last one nothing" 0 "$(told cd | cut -d ' ' -f 1)"
	trials=$(told c4 | cut -d ' ' -f 2)
	ktap_test "$protocol, failover: it is tried now and then: $trials messages, $refused before" \
		[ "$trials" -ge 2 -a "$trials" -le 24 ]
	ktap_equal "$protocol, failover: nothing was lost on this host" 0 "$(now .exporting.not_sent_flows)"

	# It comes back
	accept c4
	collectors_begin
	for _ in 1 2 3 4 5 6 7 8; do
		generate_new 100
		nfm router flush
		sleep 1
	done
	flush router
	collectors_end
	back=$(told c4 | cut -d ' ' -f 1)
	ktap_test "$protocol, failover: it is used again soon: $back" [ "$back" -ge 300 ]
	ktap_equal "$protocol, failover: each record went to one" 800 \
		"$(sum "$back" "$(told c6 | cut -d ' ' -f 1)")"
	collectors_begin
	generate_new 100
	flush router
	collectors_end
	ktap_equal "$protocol, failover: then it is told all" '100 0' \
		"$(told c4 | cut -d ' ' -f 1) $(told c6 | cut -d ' ' -f 1)"

	# Its link goes: the stack says so at once, and not a record is lost
	nfm router reset stats
	generate_new 500
	ip -n router link set e4 down
	flush router
	look
	check_law router "$protocol, failover, the link of the first one is down"
	ktap_equal "$protocol, failover: nothing is lost with a link" '0 0 500 0' \
		"$(now '"\(.exporting.not_sent_flows) " + ([.destinations[].flow_records | tostring] | join(" "))')"
	ip -n router link set e4 up
	known c4 e4 203.0.113.2
	ktap_test "$protocol, failover: it connects again" slowwait 20 dest_is 203.0.113.2 2055 .connected true
done

# A destination that takes nothing
nfm router set destination none
tc -n router qdisc add dev es root tbf rate 8kbit burst 1600 limit 1000000 || ktap_skip_all 'no tbf'
nfm router set sndbuf 10000 destination '198.18.10.2:2055,203.0.113.2:2055' || die 'cannot configure'
nfm router reset stats
generate_new 3000
timed nfm router flush
look
check_law router 'failover, the first one takes nothing'
ktap_test "failover: who takes nothing is left after a second: $(now '[.destinations[].flow_records | tostring] | join(" ")')" \
	[ "$(dest 203.0.113.2 2055 .flow_records)" -gt 500 ]
ktap_test 'failover: soon nothing is queued' slowwait 10 stats_are router .exporting.queued_packets 0
tc -n router qdisc del dev es root
nfm router set destination none sndbuf 0 distribution mirror

# On the wire ------------------------------------------------------------------------------------------

collectors_begin
nfm router set protocol ipfix dscp 46 destination "$all" || die 'cannot configure'
generate_new 100
flush router
collectors_end
ktap_equal 'dscp: of all messages' '46 46' "$(field c4 ip ip.dsfield.dscp) $(field c6 ipv6 ipv6.tclass.dscp)"
collectors_begin
nfm router set dscp 10 || die 'cannot configure'
generate_new 100
flush router
collectors_end
ktap_equal 'dscp: of the next ones, when it changes' '10 10' \
	"$(field c4 ip ip.dsfield.dscp) $(field c6 ipv6 ipv6.tclass.dscp)"
look
ktap_equal 'dscp: in the same session' '1 1 1' "$(now '[.destinations[].attempts | tostring] | join(" ")')"
nfm router set dscp 0

collectors_begin
nfm router set source-port 9995 destination "$all,203.0.113.2:2057" || die 'cannot configure'
generate_new 100
flush router
collectors_end
ktap_equal 'source-port: all destinations have it' '9995 9995 9995' \
	"$(field c4 ip udp.srcport) $(field c6 ipv6 udp.srcport) $(field cd ip udp.srcport)"
for each in 'c4 2055' 'c4 2057' 'c6 2055' 'cd 2055'; do
	# shellcheck disable=SC2086 # two words
	ktap_equal "source-port: a new session, $each" '100 1 0' "$(told $each | cut -d ' ' -f 1,3,4)"
done
look
ktap_equal 'source-port: all are connected' true "$(now '[.destinations[].connected] | all')"
collectors_begin
nfm router set source-port 0 || die 'cannot configure'
generate_new 100
flush router
collectors_end
ktap_test 'source-port: any again' [ "$(field c4 ip udp.srcport)" != 9995 ]

for link in 'router e4' 'c4 eth0'; do
	# shellcheck disable=SC2086 # two words
	ip -n ${link% *} link set ${link#* } mtu 9000
done
nfm router set destination none
for protocol in v5 v9 ipfix; do
	for octets in 512 1000 1500 4000 9000; do
		collectors_begin
		nfm router set protocol $protocol max-message $octets destination 203.0.113.2:2055%e4 || die 'cannot configure'
		nfm router reset stats
		generate_new 1000
		flush router
		collectors_end
		most=$octets
		[ $protocol != v5 ] || most=$((octets < 1492 ? octets : 1492))
		seen=$(longest c4)
		ktap_test "$protocol, max-message $octets: messages are filled: $seen" \
			[ "$seen" -le "$most" -a "$seen" -gt $((most - 100)) ]
		ktap_equal "$protocol, max-message $octets: nothing is lost" '1000 1 0' \
			"$(told c4 2055 9000 | cut -d ' ' -f 1,3,4)"
		nfm router set destination none
	done
done
collectors_begin
nfm router set protocol ipfix max-message 65535 destination 203.0.113.2:2055%e4 || die 'cannot configure'
generate_new 1000
flush router
nfm router set max-message 0
collectors_end
seen=$(longest c4)
ktap_test "max-message 65535: as long as the path takes: $seen" [ "$seen" -le 9000 -a "$seen" -gt 8900 ]
collectors_begin
generate_new 1000
flush router
collectors_end
seen=$(longest c4)
ktap_test "max-message 0: 1280 again, in the same session: $seen" [ "$seen" -le 1280 -a "$seen" -gt 1180 ]

# exported_after MS - a lone Flow waits for so long in a message
exported_after()
{
	local begin=${EPOCHREALTIME/./}

	slowwait 20 stats_are router .exporting.queued_packets 1 || return
	slowwait 20 stats_are router .exporting.queued_packets 0 || return
	took=$((${EPOCHREALTIME/./} - begin))
}

nfm router set export-delay 6000 inactive-timeout 1 || die 'cannot configure'
generate_new 1
exported_after
ktap_test "export-delay 6000: a record waits so long: $((took / 1000)) ms" \
	[ $((took / 1000)) -ge 5000 -a $((took / 1000)) -le 10000 ]
nfm router set export-delay 0 || die 'cannot configure'
nfm router reset stats
generate_new 20
slowwait 20 stats_are router .exporting.exported_packets 20
look
check_law router 'export-delay 0'
ktap_equal 'export-delay 0: no record waits' 0 "$(now .exporting.queued_packets)"

ktap_test 'unload' module_unload
ktap_end
