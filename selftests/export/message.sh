#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
# kernels: uml-debug
#
# How messages look on their way: DSCP, source port, length, and how long a record waits for others.
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

# Every message is preceded by its Templates, as a capture may begin anywhere
all='203.0.113.2:2055,[2001:db8:6::2]:2055,198.18.9.2:2055%ed'
nfm router set points inet=forward inactive-timeout 600 refresh-rate 1 || die 'cannot configure'

collectors_begin
nfm router set protocol ipfix dscp 46 destination "$all" || die 'cannot configure'
generate_new 100
flush router
collectors_end
ktap_equal 'dscp: of all messages' '46 46' "$(field c4 ip ip.dsfield.dscp) $(field c6 ipv6 ipv6.tclass.dscp)"
nfm router set dscp 10 || die 'cannot configure'
collectors_begin
generate_new 100
flush router
collectors_end
ktap_equal 'dscp: of the next ones, when it changes' '10 10' \
	"$(field c4 ip ip.dsfield.dscp) $(field c6 ipv6 ipv6.tclass.dscp)"
look
ktap_equal 'dscp: in the same session' '1 1 1' "$(now '[.destinations[].attempts | tostring] | join(" ")')"
nfm router set dscp 0

nfm router set source-port 9995 destination "$all,203.0.113.2:2057" || die 'cannot configure'
collectors_begin
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
nfm router set source-port 0 || die 'cannot configure'
collectors_begin
generate_new 100
flush router
collectors_end
ktap_test 'source-port: any again' [ "$(field c4 ip udp.srcport)" != 9995 ]

for link in 'router e4' 'c4 eth0'; do
	# shellcheck disable=SC2086 # two words
	ip -n ${link% *} link set ${link#* } mtu 9000
done
nfm router set destination none
while read -r protocol octets most; do
	collectors_begin
	nfm router set protocol "$protocol" max-message "$octets" destination 203.0.113.2:2055%e4 ||
		die 'cannot configure'
	nfm router reset stats
	generate_new 1000
	flush router
	nfm router set destination none
	collectors_end
	seen=$(longest c4)
	ktap_test "$protocol, max-message $octets: messages are filled: $seen" \
		[ "$seen" -le "$most" -a "$seen" -gt $((most - 100)) ]
	ktap_equal "$protocol, max-message $octets: nothing is lost" '1000 1 0' \
		"$(told c4 2055 9000 | cut -d ' ' -f 1,3,4)"
done <<-LENGTHS
	v5 512 512
	v5 9000 1492
	v9 1500 1500
	v9 9000 9000
	ipfix 512 512
	ipfix 4000 4000
LENGTHS
collectors_begin
nfm router set protocol ipfix max-message 65535 destination 203.0.113.2:2055%e4 || die 'cannot configure'
generate_new 1000
flush router
collectors_end
seen=$(longest c4)
ktap_test "max-message 65535: as long as the path takes: $seen" [ "$seen" -le 9000 -a "$seen" -gt 8900 ]
nfm router set max-message 0
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
