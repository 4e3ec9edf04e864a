# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# lib.sh - what the guest tests share: KTAP, namespaces, collectors, nfmgr
#
# A test script begins so (all three header lines are optional; these are the defaults):
#
#	#!/bin/bash
#	# SPDX-License-Identifier: GPL-2.0-only
#	# kernels: 6.1 uml-debug
#	# timeout: 300
#	# cpus: 1
#
#	. "$(dirname "$0")/../lib.sh"
#
# and ends with `ktap_end`. `selftests/run` gives every script a guest's network
# namespace, mount and process namespaces of its own and a freshly loaded module;
# all that the script starts or names ends with it. By hand:
# `selftests/vm/run -- selftests/net/NAME.sh`.

PNF_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PNF_TMP=$(mktemp -d "${TMPDIR:-/tmp}/pnf-test.XXXXXX")
export PNF_TOP PNF_TMP

ktap_count=0
ktap_failures=0

echo 'TAP version 13'

# KTAP -------------------------------------------------------------------

# ktap_comment TEXT... - lines for the reader
ktap_comment()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ktap_ok NAME - a fact holds
ktap_ok()
{
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1"
}

# ktap_fail NAME [TEXT...] - a fact does not hold; TEXT says what was seen instead
ktap_fail()
{
	ktap_count=$((ktap_count + 1))
	ktap_failures=$((ktap_failures + 1))
	echo "not ok $ktap_count $1"
	shift
	[ $# -eq 0 ] || ktap_comment "$@"
}

# ktap_skip NAME REASON - a fact that cannot be looked at here
ktap_skip()
{
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1 # SKIP $2"
}

# ktap_test NAME COMMAND... - NAME holds if COMMAND succeeds; what it prints is shown if not
ktap_test()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		ktap_ok "$name"
	else
		ktap_fail "$name" "$* said:" "$output"
	fi
}

# ktap_equal NAME EXPECTED SEEN - NAME holds if the two strings are equal
ktap_equal()
{
	if [ "$2" = "$3" ]; then
		ktap_ok "$1"
	else
		ktap_fail "$1" "expected: $2"$'\n'"seen:     $3"
	fi
}

# ktap_end - print the plan and leave: 0 all well, 1 failures
ktap_end()
{
	echo "1..$ktap_count"
	[ $ktap_failures -eq 0 ]
	exit
}

# ktap_skip_all REASON - the whole script cannot run here
ktap_skip_all()
{
	echo "1..0 # SKIP $1"
	exit 4
}

# die TEXT... - the script cannot go on, which is a failure
die()
{
	echo "Bail out! $*"
	exit 1
}

# slowwait SECONDS COMMAND... - wait until COMMAND succeeds, at most SECONDS
slowwait()
{
	local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $deadline ] || return 1
		sleep 0.05
	done
}

# need PROGRAM... - skip the whole script unless all are there
need()
{
	local program

	for program; do
		command -v "$program" >/dev/null || ktap_skip_all "$program is not installed"
	done
}

# The module ---------------------------------------------------------------

# module_load, module_unload - insmod and rmmod what vm/run built for this kernel
module_load()
{
	insmod "$PNF_MODULE"
}

module_unload()
{
	rmmod pkt_netflow
}

# Namespaces ----------------------------------------------------------------
#
#	 client              router                     server
#	+------+            +--------------------------+            +------+
#	| eth0 |------------| eth0                eth1 |------------| eth0 |
#	+------+            |           eth2           |            +------+
#	 192.0.2.2          |192.0.2.1   |  198.51.100.1|           198.51.100.2
#	 2001:db8:1::2      +------------|-------------+            2001:db8:2::2
#	                                 | 203.0.113.1, 2001:db8:3::1
#	                              +------+
#	                              | eth0 | 203.0.113.2, 2001:db8:3::2
#	                              +------+
#	                             collector
#
# All prefixes are /24 and /64; MAC addresses are 02:00:00:00:NET:HOST.

# in_ns NAMESPACE COMMAND... - run a command there
in_ns()
{
	ip netns exec "$@"
}

# add_ns NAMESPACE... - make namespaces with lo up and routing between interfaces on
add_ns()
{
	local name

	for name; do
		ip netns add "$name" || die "cannot add the namespace $name"
		ip -n "$name" link set lo up
		in_ns "$name" sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.all.accept_dad=0 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 net.ipv4.icmp_ratelimit=0 \
			net.ipv6.icmp.ratelimit=0 net.ipv4.tcp_no_metrics_save=1
	done
}

# add_link NS1 DEV1 NS2 DEV2 - a veth pair, both ends up
add_link()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" ||
		die "cannot link $1 and $3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# add_address NS DEV ADDRESS/LENGTH... - usable at once, also IPv6
add_address()
{
	local ns=$1 dev=$2 address nodad

	shift 2
	for address; do
		nodad=
		[[ $address == *:* ]] && nodad=nodad
		# shellcheck disable=SC2086 # nothing if empty
		ip -n "$ns" address add "$address" dev "$dev" $nodad || die "cannot add $address to $ns $dev"
	done
}

# set_mac NS DEV ADDRESS
set_mac()
{
	ip -n "$1" link set "$2" address "$3"
}

# offload_is NS DEV on|off FEATURE... - by what ethtool shows of the device
offload_is()
{
	local ns=$1 device=$2 wanted=$3 shown feature

	shift 3
	shown=$(in_ns "$ns" ethtool -k "$device") || return
	for feature; do
		grep -q "^$feature: $wanted" <<<"$shown" ||
			{ echo "$ns $device: $(grep "^$feature:" <<<"$shown")"; return 1; }
	done
}

# offloads NS DEV on|off - segmentation, receive and checksum offloads of one device; says so
# and is false if it does not have them so then
offloads()
{
	local said

	said=$(in_ns "$1" ethtool -K "$2" tso "$3" gso "$3" gro "$3" tx "$3" rx "$3" 2>&1) ||
		{ echo "$1 $2: $said"; return 1; }
	offload_is "$1" "$2" "$3" tcp-segmentation-offload generic-segmentation-offload \
		generic-receive-offload tx-checksumming rx-checksumming
}

# setup_topology - the picture above; leaves offloads as the kernel has them
setup_topology()
{
	add_ns client router server collector
	add_link client eth0 router eth0
	add_link server eth0 router eth1
	add_link collector eth0 router eth2
	set_mac router eth0 02:00:00:00:01:01
	set_mac client eth0 02:00:00:00:01:02
	set_mac router eth1 02:00:00:00:02:01
	set_mac server eth0 02:00:00:00:02:02
	set_mac router eth2 02:00:00:00:03:01
	set_mac collector eth0 02:00:00:00:03:02
	add_address router eth0 192.0.2.1/24 2001:db8:1::1/64
	add_address client eth0 192.0.2.2/24 2001:db8:1::2/64
	add_address router eth1 198.51.100.1/24 2001:db8:2::1/64
	add_address server eth0 198.51.100.2/24 2001:db8:2::2/64
	add_address router eth2 203.0.113.1/24 2001:db8:3::1/64
	add_address collector eth0 203.0.113.2/24 2001:db8:3::2/64
	ip -n client route add default via 192.0.2.1
	ip -n client route add default via 2001:db8:1::1
	ip -n server route add default via 198.51.100.1
	ip -n server route add default via 2001:db8:2::1
	ip -n collector route add default via 203.0.113.1
	ip -n collector route add default via 2001:db8:3::1
}

# links_lost - packets that the veth pairs and their queues lost since boot
#
# Both ends count: a packet that a capture at the sender has seen may be lost here, and
# then no comparison with the receiver means anything.
links_lost()
{
	local lost=0 ns count

	for ns in client router server collector; do
		while read -r count; do
			lost=$((lost + count))
		done < <(ip -n "$ns" -s -j link show |
			jq '.[] | select(.ifname != "lo") | .stats64.rx.dropped + .stats64.tx.dropped')
	done
	while read -r _ count _; do
		lost=$((lost + 0x$count))
	done </proc/net/softnet_stat
	echo $lost
}

# Background processes ------------------------------------------------------

# udp_bound NS PORT, tcp_bound NS PORT - does someone listen there
udp_bound()
{
	[ -n "$(in_ns "$1" ss -Hlun "sport = :$2")" ]
}

tcp_bound()
{
	[ -n "$(in_ns "$1" ss -Hltn "sport = :$2")" ]
}

# stop PID [SIGNAL] - end a background process of this script and wait for it, 30 s at most
stop()
{
	kill "-${2:-TERM}" "$1" 2>/dev/null
	if ! slowwait 30 process_ended "$1"; then
		kill -KILL "$1" 2>/dev/null
	fi
	wait "$1" 2>/dev/null
}

# process_ended PID - a zombie has ended too
process_ended()
{
	local state

	state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

# Collectors -----------------------------------------------------------------
#
# Each start_* sets a variable to the process's id, for `stop`.

# start_nfcapd NS PORT DIRECTORY [-6|ARGUMENT...] - nfcapd into DIRECTORY; sets nfcapd_pid
start_nfcapd()
{
	local ns=$1 port=$2 directory=$3

	shift 3
	mkdir -p "$directory"
	ip netns exec "$ns" nfcapd -p "$port" -w "$directory" -t 86400 -B 16777216 "$@" \
		>"$directory.log" 2>&1 &
	nfcapd_pid=$!
	slowwait 20 udp_bound "$ns" "$port" || die "nfcapd did not start: $(cat "$directory.log")"
}

# stop_nfcapd - writes its file out
stop_nfcapd()
{
	stop "$nfcapd_pid"
}

# nfcapd_sequence_ok DIRECTORY - whether a stopped nfcapd, which has Flows, saw no gap in the
# sequence numbers. nfcapd 1.7.1 counts no Options Data in IPFIX: see tshark_sequence_ok.
nfcapd_sequence_ok()
{
	local told

	told=$(nfdump -R "$1" -I 2>&1) || { echo "nfdump fails: $told"; return 1; }
	grep -q '^Flows: [1-9]' <<<"$told" || { echo "nfcapd has no Flows: $told"; return 1; }
	grep -qx 'Sequence failures: 0' <<<"$told" || {
		grep '^Sequence failures:' <<<"$told" || echo "nfdump tells no sequence failures: $told"
		return 1
	}
}

# tshark_sequence_ok FILE PORT - whether tshark, which counts Options Data too, saw no gap in the
# sequence numbers of v9 and IPFIX
tshark_sequence_ok()
{
	local told

	told=$(tshark_cflow "$1" "$2" -Y cflow.unexpected_sequence_number -T fields -e frame.number |
		wc -l)
	[ "$told" = 0 ] || { echo "tshark: sequence failures: $told"; return 1; }
}

# udp_read NS PORT - whether who listens there has read all that came
udp_read()
{
	[ "$(in_ns "$1" ss -Hlun "sport = :$2" | awk '{ print $2 }')" = 0 ]
}

# send_messages NS PORT FILE.pcap - payloads of the UDP datagrams in FILE, to a collector in NS
send_messages()
{
	tshark -n -r "$3" -Y udp --disable-protocol cflow -T fields -e udp.payload 2>/dev/null |
		in_ns "$1" python3 -c '
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in sys.stdin:
    sock.sendto(bytes.fromhex(line), ("127.0.0.1", int(sys.argv[1])))
    time.sleep(0.001)' "$2"
	slowwait 20 udp_read "$1" "$2"
}

# start_capture NS DEVICE FILE [FILTER...] - tcpdump, ready when this returns; sets capture_pid
start_capture()
{
	local ns=$1 device=$2 file=$3

	shift 3
	ip netns exec "$ns" tcpdump -i "$device" -w "$file" -n -B 16384 -s 2048 -Z root "$@" \
		2>"$file.log" &
	# shellcheck disable=SC2034 # for the script
	capture_pid=$!
	slowwait 20 grep -q 'listening on' "$file.log" || die "tcpdump did not start: $(cat "$file.log")"
}

# capture_has_all PID FILE - whether tcpdump has read all that came; it tells at SIGUSR1
capture_has_all()
{
	kill -USR1 "$1" 2>/dev/null || return 0
	sleep 0.2
	sed -n 's/.* \([0-9]*\) packets* captured, \([0-9]*\) packets* received.*/\1 \2/p' "$2.log" |
		tail -n 1 | { read -r captured received && [ "$captured" = "$received" ]; }
}

# stop_capture PID FILE - end it when it has all; false if it lost packets
stop_capture()
{
	# What is on its way to the socket
	sleep 0.2
	slowwait 60 capture_has_all "$1" "$2"
	stop "$1" INT
	grep -q '^0 packets dropped by kernel' "$2.log"
}

# start_collectors NAMESPACE[:PORT...]... - one process that listens and records in all of them
# (lib/collectors.py), devices may come and go there; what it is told goes to NAMESPACE.pcap
start_collectors()
{
	coproc collectors { exec "$PNF_TOP/selftests/lib/collectors.py" "$PNF_TMP" "$@" \
		2>"$PNF_TMP/collectors.log"; }
	[ "$(collectors_answer)" = ready ] ||
		die "the collectors did not start: $(cat "$PNF_TMP/collectors.log")"
}

# collectors_answer - a line of what it says, 60 s at most
collectors_answer()
{
	local line

	read -r -t 60 -u "${collectors[0]}" line && echo "$line"
}

# collectors_begin - record from now on, forget what was
collectors_begin()
{
	echo begin >&"${collectors[1]}"
	[ "$(collectors_answer)" = begun ] || die "the collectors died: $(cat "$PNF_TMP/collectors.log")"
}

# collectors_end - write what came to the files
collectors_end()
{
	local missed

	echo end >&"${collectors[1]}"
	missed=$(collectors_answer)
	[ "$missed" = 0 ] || ktap_fail 'the capture lost nothing' "it lost: $missed"
}

# start_nfacctd NS PORT FILE [PRIMITIVES] - pmacct's collector, which adds what is new to FILE as JSON
# lines, each second; sets nfacctd_pid, nfacctd_file
start_nfacctd()
{
	local ns=$1 port=$2 file=$3

	cat >"$file.conf" <<-CONFIGURATION
		daemonize: false
		nfacctd_port: $port
		nfacctd_pipe_size: 16777216
		plugins: print[all]
		aggregate[all]: ${4:-src_host,dst_host,src_port,dst_port,proto}
		print_output[all]: json
		print_output_file[all]: $file
		print_output_file_append[all]: true
		print_refresh_time[all]: 1
		print_cache_entries[all]: 4099
	CONFIGURATION
	: >"$file"
	ip netns exec "$ns" nfacctd -f "$file.conf" >"$file.log" 2>&1 &
	nfacctd_pid=$! nfacctd_file=$file
	# What comes before its plugin is ready is lost
	if ! slowwait 20 grep -q 'Purging cache' "$file.log" ||
	   ! slowwait 20 udp_bound "$ns" "$port"; then
		die "nfacctd did not start: $(cat "$file.log")"
	fi
}

# stop_nfacctd - when it has written all that it was told. What the last of it becomes when it is
# asked to end is up to chance (1.7.7): lost, told, told twice.
stop_nfacctd()
{
	local before=-1 now

	slowwait 30 test -s "$nfacctd_file"
	while now=$(stat -c %s "$nfacctd_file") && [ "$now" != "$before" ]; do
		before=$now
		sleep 3
	done
	pkill -KILL -P "$nfacctd_pid"
	stop "$nfacctd_pid" KILL
}

# tshark_cflow FILE PORT[,PORT...] [ARGUMENT...] - dissect the UDP traffic to PORT in FILE as NetFlow or IPFIX
tshark_cflow()
{
	local file=$1 ports=$2 port decode=()

	shift 2
	for port in ${ports//,/ }; do
		decode+=(-d "udp.port==$port,cflow")
	done
	tshark -n -r "$file" "${decode[@]}" "$@" 2>/dev/null
}

# nfmgr ----------------------------------------------------------------------

# nfm NS ARGUMENT... - nfmgr in a namespace
nfm()
{
	nfmgr --netns "$@"
}

# stats NS [JQ-EXPRESSION] - one number of `show stats --json`, e.g. .cache.flows, or all of it
stats()
{
	nfmgr --netns "$1" show stats --json | jq -r "${2:-.}"
}

# stats_are NS JQ-EXPRESSION VALUE - for slowwait
stats_are()
{
	[ "$(stats "$1" "$2")" = "$3" ]
}

# cached_flows NS - packets and octets of the Flows in the Cache, added up, as a JSON list
cached_flows()
{
	nfmgr --netns "$1" show flows --json |
		jq -c '[(map(.packetDeltaCount) | add // 0), (map(.octetDeltaCount) | add // 0)]'
}

# law_holds NS - the law of conservation, in packets and in octets; shows both sides where it does not
#
# What is cached is told as what has not left the Cache, so that with it alone the second
# equation could not fail: the Flows themselves have to add up to it. There must be no
# traffic; where a Flow expires while they are asked for, nothing is known.
law_holds()
{
	local numbers flows='[0, 0]' said

	numbers=$(stats "$1")
	if [ "$(jq '.cache.flows' <<<"$numbers")" != 0 ]; then
		flows=$(cached_flows "$1")
		[ "$(jq -c '.cache | [.flows, .packets, .octets]' <<<"$numbers")" = \
		  "$(stats "$1" '.cache | [.flows, .packets, .octets] | tojson')" ] ||
			{ echo 'the Cache changes'; return 1; }
	fi
	# shellcheck disable=SC2016 # jq's variables
	said=$(jq -r --argjson flows "${flows:-null}" '
		def law($unit; $in_flows):
			{ unit: $unit,
			  observed: .metering["observed_" + $unit],
			  metered: .metering["metered_" + $unit],
			  ignored: .metering["ignored_" + $unit],
			  cached: .cache[$unit],
			  in_flows: $in_flows,
			  queued: .exporting["queued_" + $unit],
			  exported: .exporting["exported_" + $unit],
			  not_sent: .exporting["not_sent_" + $unit],
			  discarded: .exporting["discarded_" + $unit],
			  unselected: (.sampling["unselected_" + $unit] // 0) };
		def holds:
			(to_entries | all(.key == "unit" or (.value | type) == "number")) and
			.observed == .metered + .ignored and
			.cached == .in_flows and
			.metered == .in_flows + .queued + .exported + .not_sent + .discarded + .unselected;
		[law("packets"; $flows[0]), law("octets"; $flows[1])] |
		if all(holds) then "it holds" else .[] | select(holds | not) | tojson end' <<<"$numbers")
	[ "$said" = 'it holds' ] || { echo "${said:-jq says nothing}"; return 1; }
}

# check_law NS NAME - the law as a test result; waits out what is in flight, 20 s at most
check_law()
{
	local name="$2: observed = metered + ignored, metered = cached + queued + exported + lost"

	if slowwait 20 law_holds "$1"; then
		ktap_ok "$name"
	else
		ktap_test "$name" law_holds "$1"
	fi
}

# flush NS - export all Flows now, wait until the last message has left,
# on a busy host too: a minute at most
flush()
{
	nfmgr --netns "$1" flush && slowwait 60 stats_are "$1" .exporting.queued_packets 0
}
