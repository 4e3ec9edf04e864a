#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
# kernels: uml-debug
#
# Destinations that are slow, stalled, dead, or deleted while they have a queue: the others, the
# commands, unload and the end of a namespace do not wait for them, and what they take is not lost.
#
# lib/destinations.sh has the picture.

# shellcheck disable=SC2016,SC2317 # bash -c expands; ktap_test and slowwait call functions
# shellcheck source=selftests/lib/destinations.sh
. "$(dirname "$0")/../lib/destinations.sh"

setup

# slow NETWORK-DEVICE KBIT - what it sends takes its time
slow()
{
	tc -n router qdisc replace dev "$1" root tbf rate "$2kbit" burst 5000 limit 200000 || ktap_skip_all 'no tbf'
}

flows=$(scaled 20000)

# captured_what_was_counted NAME ADDRESS - cs got as many messages as were sent to ADDRESS, in the
# session that goes on, whose Templates were told before; and no more than some Options Data, that
# came between collectors_begin and the reset of the statistics
captured_what_was_counted()
{
	local messages sessions counted

	read -r _ messages sessions _ < <(told cs 2055 1280 late)
	counted=$(dest "$2" 2055 .messages)
	ktap_test "$1 ($messages of $counted messages)" \
		[ "$(dest "$2" 2055 .flow_records) $sessions" = "$flows 1" -a \
		  "$messages" -ge "$counted" -a "$messages" -le $((counted + 3)) ]
}

# A slow destination, which is not dead ---------------------------------------------------------------

slow es "$(scaled 1000)"
collectors_begin # a session begins with its Templates and Options Data
nfm router set points inet=forward protocol ipfix inactive-timeout 600 refresh-rate 1000000 destination \
	'203.0.113.2:2055,198.18.10.2:2055,[2001:db8:6::2]:2055' || die 'cannot configure'
generate "$flows" 1
timed nfm router flush
within 3000 "$flows Flows with a slow destination: a flush"
for each in 203.0.113.2 2001:db8:6::2; do
	timed slowwait 20 dest_is $each 2055 .flow_records "$flows"
	within 2000 "$each is told all soon after it"
done
settled
look
check_law router 'a slow destination'
ktap_equal 'the slow one lost nothing but for want of room' 0 \
	"$(dest 198.18.10.2 2055 '.lost.messages - .lost.send_buffer_full')"
ktap_equal 'what it was sent and what not is all' "$flows" "$(dest 198.18.10.2 2055 '.flow_records + .not_sent_flows')"
slowwait 20 dest_is 198.18.10.2 2055 .send_buffer_used 0
collectors_end
for each in c4:203.0.113.2 c6:2001:db8:6::2; do
	told_is "${each%%:*} was told everything" "$flows $(dest "${each#*:}" 2055 .messages) 1 0" "${each%%:*}"
done
told_is 'the slow one was told what it was counted' \
	"$(dest 198.18.10.2 2055 '"\(.flow_records) \(.messages) 1 0"')" cs 2055 1280 late

# It becomes fast: nothing is lost any more -------------------------------------------------------------

slow es 100000
collectors_begin
nfm router reset stats
generate "$flows" 2
flush router
settled
look
check_law router 'it is not slow any more'
ktap_test 'a destination that was slow and recovers loses nothing' nothing_lost
collectors_end
captured_what_was_counted 'and is told everything' 198.18.10.2

# Deleted with a queue, while it takes messages -----------------------------------------------------------

slow es "$(scaled 20000)"
collectors_begin
nfm router reset stats
generate "$flows" 3
nfm router flush
nfm router del destination 198.18.10.2:2055 || die 'cannot delete a destination'
settled
check_law router 'a destination is deleted'
slowwait 5 eval 'tc -n router -s qdisc show dev es | grep -q "backlog 0b"'
collectors_end
look
captured_what_was_counted 'a destination that is deleted with a queue is sent it, as the others' 203.0.113.2

# A neighbour that never answers ------------------------------------------------------------------------

nfm router set destination none || die 'cannot configure'
collectors_begin # a session may begin with its Templates
nfm router set destination '203.0.113.2:2055,203.0.113.77:2055,[2001:db8:6::77]:2055' || die 'cannot configure'
nfm router reset stats
generate 500 4
timed nfm router flush
within 2000 "a neighbour that does not answer: a flush"
settled
check_law router 'a neighbour that does not answer'
generate 500 5
timed module_unload
within 3000 "unload"
# The neighbour is given up, and what waited for it freed, when the module is gone
sleep 4
ktap_test 'the kernel lives on' test ! -d /sys/module/pkt_netflow
collectors_end
ktap_equal 'the other one was told everything' 1000 "$(told c4 | cut -d ' ' -f 1)"

# The end, with a stalled, a slow and a dead destination: two to three seconds ----------------------------

# trouble - es holds packets, eq is slow, 203.0.113.77 is dead, e4 is well
trouble()
{
	tc -n router qdisc replace dev es root tbf rate 8kbit burst 1600 limit 1000000
	slow eq "$(scaled 1000)"
	nfm router set points inet=forward protocol ipfix inactive-timeout 600 sndbuf "$1" destination \
		'203.0.113.2:2055,198.18.10.2:2055,198.18.11.2:2055,203.0.113.77:2055' || die 'cannot configure'
}

first=6
for sndbuf in 6000 0; do
	module_load
	trouble $sndbuf
	collectors_begin
	generate "$flows" $first
	timed module_unload
	within 2500 "unload with destinations in trouble"
	sleep 0.3
	collectors_end
	ktap_equal 'the one that is well was told everything' "$flows" "$(told c4 | cut -d ' ' -f 1)"
	first=$((first + 1))
done

module_load
trouble 0
collectors_begin
generate "$flows" $first
timed eval "ip netns delete router; slowwait 10 eval '! ip -n c4 link show dev eth0'"
within 3000 "a namespace with destinations in trouble ends"
collectors_end
ktap_equal 'the one that is well was told everything' "$flows" "$(told c4 | cut -d ' ' -f 1)"
ktap_end
