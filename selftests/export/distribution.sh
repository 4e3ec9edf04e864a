#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
# kernels: uml-debug
#
# Which destination is told of a Flow: one by the hash of the Flow Key, or the first that works.
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
		    if "sourceIPv4Address" in record:
		        print(record["sourceIPv4Address"])
	PROGRAM
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

# share_is NAME EXPECTED NS - packets, Transport Sessions and violations of what its capture tells
share_is()
{
	ktap_equal "$1" "$2" "$(told "$3" | cut -d ' ' -f 1,3,4)"
}

# told_since NS - sets $since: packets that its capture tells of, since this was asked last
declare -A before
told_since()
{
	local packets

	packets=$(told "$1" | cut -d ' ' -f 1)
	since=$((packets - ${before[$1]:-0}))
	before[$1]=$packets
}

# Balance ----------------------------------------------------------------------------------------------

all='203.0.113.2:2055,[2001:db8:6::2]:2055,198.18.9.2:2055%ed'
nfm router set points inet=forward inactive-timeout 600 || die 'cannot configure'
for protocol in v5 ipfix; do
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
		share_is "$protocol, balance: ${each%%:*} was told its share, without a violation" \
			"$(dest "${each#*:}" 2055 '"\(.flow_records) 1 0"')" "${each%%:*}"
	done
	generate 3000 $first
	flush router
	collectors_end
	for ns in c4 c6 cd; do
		ktap_equal "$protocol, balance: the Flows that $ns was told of come to it again" 2 \
			"$(sources $ns | uniq -c | awk '{ print $1 }' | sort -u | paste -sd ' ')"
	done
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
	collectors_begin
	before=()
	nfm router set protocol $protocol distribution failover destination "$all" || die 'cannot configure'
	nfm router reset stats
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
	for ns in c4 c6 cd; do
		told_since $ns
	done
	for _ in 1 2 3 4 5 6 7 8; do
		generate_new 100
		nfm router flush
		sleep 1
	done
	flush router
	collectors_end
	look
	check_law router "$protocol, failover, the first one refuses"
	told_since c6
	ktap_equal "$protocol, failover: while the first one refuses, the next one is told all, once" 800 "$since"
	told_since cd
	ktap_equal "$protocol, failover: and the last one nothing" 0 "$since"
	told_since c4
	ktap_test "$protocol, failover: the first one is tried now and then: $since records" \
		[ "$since" -ge 15 -a "$since" -lt 800 ]
	ktap_equal "$protocol, failover: nothing was lost on this host" 0 "$(now .exporting.not_sent_flows)"

	# It comes back
	accept c4
	for _ in 1 2 3 4 5 6 7 8; do
		generate_new 100
		nfm router flush
		sleep 1
	done
	flush router
	collectors_end
	told_since c4
	back=$since
	ktap_test "$protocol, failover: it is used again soon: $back" [ "$back" -ge 300 ]
	told_since c6
	ktap_equal "$protocol, failover: each record went to one" 800 $((back + since))
	generate_new 100
	flush router
	collectors_end
	told_since c4
	ktap_equal "$protocol, failover: then it is told all" 100 "$since"
	told_since c6
	ktap_equal "$protocol, failover: and the next one nothing" 0 "$since"

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

ktap_test 'unload' module_unload
ktap_end
