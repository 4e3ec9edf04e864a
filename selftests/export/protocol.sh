#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# kernels: uml uml-debug
#
# Over 10,000 messages of v5, v9 and IPFIX at once, from three namespaces: no decoder finds
# anything wrong, and each of them would; Templates come again by count and by time; a Collector
# that was away can decode when it is back. Fewer in kernels where the decoders are slow.
#
#	c-NS gen -- din [routing] dout		each of v5, v9, ipfix
#	     collector 203.0.113.2 -- eth0 203.0.113.1
#
# IPFIX goes to its Collector over IPv6.

# shellcheck disable=SC2016,SC2317 # eval and bash -c expand; ktap_test calls functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tshark editcap mergecap tcpdump jq nfcapd nfdump ipfixDump ethtool nft /usr/bin/python3

flowdecode=$PNF_TOP/selftests/lib/flowdecode.py
modprobe -q pktgen
[ -e /proc/net/pktgen/pgctrl ] || ktap_skip_all 'no pktgen'

# Flows of a round, for enough messages of as many records as fit
rounds=8
least=10000
part=500
case ${PNF_KERNEL-} in
uml-debug)	rounds=2 least=600 part=200 ;;
6.1)		rounds=4 least=2000 part=200 ;;
esac
each=$((least * 55 / 100 / rounds))
declare -A ipv4=([v5]=$((each * 50)) [v9]=$((each * 19)) [ipfix]=$((each * 17)))
declare -A ipv6=([v5]=100 [v9]=$((each * 12)) [ipfix]=$((each * 11)))
declare -A protocol=([v5]=5 [v9]=9 [ipfix]=10)
declare -A collector=([v5]=203.0.113.2:2055 [v9]=203.0.113.2:2055 [ipfix]='[2001:db8:3::2]:2055')
declare -A listener mixer capture messages

# router_of NS - few programs, since they start slowly in a guest
router_of()
{
	local ns=$1

	add_ns "$ns" "c-$ns"
	# v5 has 16 bits for an interface
	ip -n "$ns" -batch - <<-COMMANDS || die "cannot make $ns"
		link add din address 02:00:00:00:00:01 type veth peer name gen netns c-$ns
		link add dout index 70000 mtu 65535 type dummy
		link add eth0 type veth peer name eth0 netns c-$ns
		link set din up
		link set dout up
		link set eth0 up
		address add 192.0.2.1/24 dev din
		address add 2001:db8:1::1/64 dev din nodad
		address add 198.51.100.1/24 dev dout
		address add 2001:db8:2::1/64 dev dout nodad
		address add 203.0.113.1/24 dev eth0
		address add 2001:db8:3::1/64 dev eth0 nodad
		neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev dout nud permanent
		neighbour add 2001:db8:2::2 lladdr 02:00:00:00:00:09 dev dout nud permanent
	COMMANDS
	ip -n "c-$ns" -batch - <<-COMMANDS || die "cannot make c-$ns"
		link set gen up
		link set eth0 up
		address add 203.0.113.2/24 dev eth0
		address add 2001:db8:3::2/64 dev eth0 nodad
	COMMANDS
	ktap_test "$ns: checksums are computed before the capture" \
		in_ns "$ns" ethtool -K eth0 tx off
}

# generate NS COUNT SETTING... - COUNT packets; of as many Flows unless a SETTING of pktgen says else
generate()
{
	local ns=$1 count=$2

	shift 2
	in_ns "$ns" bash -c '
		pg() { echo "$1" >/proc/net/pktgen/$2; }
		pg rem_device_all kpktgend_0; pg "add_device din" kpktgend_0
		for s in "pkt_size 60" "xmit_mode netif_receive" "burst 1" "delay 0" \
			 "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \
			 "udp_src_min 1000" "udp_src_max 1997" "udp_dst_min 5000" "udp_dst_max 6009" \
			 "${@:2}" "count $1"; do pg "$s" din; done
		echo start >/proc/net/pktgen/pgctrl
		grep -q "Result: OK" /proc/net/pktgen/din; status=$?
		pg rem_device_all kpktgend_0; exit $status' bash "$count" "$@"
}

generate4() { generate "$@" 'dst 198.51.100.2' 'src_min 10.1.0.1' 'src_max 10.1.0.1'; }
generate6() { generate "$@" 'dst6 2001:db8:2::2' 'src6 2001:db8:1::2'; }

# start_mixer NS - ping, ping of IPv6, TCP and SCTP until it ends, each packet a Flow
start_mixer()
{
	ip netns exec "c-$1" /usr/bin/python3 -c '
import itertools, ipaddress, socket, struct, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("gen", 0))
mac = bytes.fromhex("020000000001020000000002")
def ipv4(number, kind, octets):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(octets), 0, 0, 64, kind, 0,
                         struct.pack("!I", 0x0a020000 + number), bytes((198, 51, 100, 2)))
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    s.send(mac + b"\x08\0" + header[:10] + struct.pack("!H", 0xffff - total) + header[12:] + octets)
def ipv6(number, kind, octets):
    s.send(mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(octets), kind, 64) +
           ipaddress.ip_address("2001:db8:1:1::").packed[:12] + struct.pack("!I", number) +
           ipaddress.ip_address("2001:db8:2::2").packed + octets)
tcp = struct.pack("!HHIIBBHHH", 4000, 80, 1, 0, 0x50, 2, 1024, 0, 0)
for number in itertools.count(1):
    ipv4(number, 1, struct.pack("!BBHHH", 8, 0, 0, number & 0xffff, 1) + b"x" * 56)
    ipv6(number, 58, struct.pack("!BBHHH", 128, 0, 0, number & 0xffff, 1) + b"x" * 56)
    ipv4(number, 6, tcp)
    ipv6(number, 6, tcp)
    ipv4(number, 132, struct.pack("!HHII", 36412, 36412, 0, 0))
    if number % 8 == 0:
        time.sleep(0.2)' >"$PNF_TMP/mixer-$1" 2>&1 &
	mixer[$1]=$!
}

# signal_mixers SIGNAL - STOP or CONT; all that they sent so far is exported
signal_mixers()
{
	local ns

	for ns in v5 v9 ipfix; do
		ktap_test "$ns: ping, TCP and SCTP go on" kill "-$1" "${mixer[$ns]}"
		[ "$1" = CONT ] || flush $ns
	done
}

listen()
{
	ip netns exec "c-$1" /usr/bin/python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 2055))
while True: s.recv(2000)' >/dev/null 2>&1 &
	listener[$1]=$!
	slowwait 20 udp_bound "c-$1" 2055 || die 'nobody listens'
}

# run_rounds NS COUNT - so many rounds of new Flows, exported each
run_rounds()
{
	local i

	for ((i = 0; i < $2; i++)); do
		generate4 "$1" "${ipv4[$1]}" && generate6 "$1" "${ipv6[$1]}" && flush "$1" || return 1
	done
}

# collected DIRECTORY - packets that nfcapd could decode
collected()
{
	nfdump -R "$1" -q -N -o fmt:%pkt 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'
}

# tshark_tells OUTPUT FILE ARGUMENT... - of tshark; false if it complains about the question itself
tshark_tells()
{
	local output=$1 file=$2 status

	shift 2
	tshark -n -r "$file" -d udp.port==2055,cflow "$@" >"$output" 2>"$output.log"
	status=$?
	sed -i '/^Running as user/d' "$output.log"
	cat "$output.log"
	[ "$status" = 0 ] && [ ! -s "$output.log" ]
}

# nfcapd_tells DIRECTORY FILE... - version, Flows and gaps that nfcapd finds in the messages of
# the files, which are sent not faster than it reads
nfcapd_tells()
{
	start_nfcapd judge 2055 "$1"
	in_ns judge /usr/bin/python3 - "$PNF_TOP/selftests/lib" "${@:2}" <<-'PROGRAM' >&2
	import socket, sys, time
	sys.path.insert(0, sys.argv[1])
	import flowdecode

	def waiting():
	    with open("/proc/net/udp", encoding="ascii") as file:
	        return max(int(line.split()[4].split(":")[1], 16) for line in file if ":0807 " in line)

	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.connect(("127.0.0.1", 2055))
	for path in sys.argv[2:]:
	    for number, datagram in enumerate(flowdecode.read_pcap(path)):
	        while number % 20 == 0 and waiting() > 50000:
	            time.sleep(0.001)
	        sock.send(datagram.payload)
	while waiting():
	    time.sleep(0.01)
	PROGRAM
	stop_nfcapd
	nfdump -E "$1"/nfcapd.*
}

# nfcapd_told NAME NS - gaps, messages and records of that protocol
nfcapd_told()
{
	sed -n "s/.* version: ${protocol[$2]},.* failures: \([0-9]*\), packets: \([0-9]*\), flows: \([0-9]*\).*/\1 \2 \3/p" \
		"$PNF_TMP/nfcapd-$1.table"
}

# options_templates NS - ids of the Options Templates in its capture
options_templates()
{
	python3 - "$PNF_TOP/selftests/lib" "$PNF_TMP/$1.pcap" <<-'PROGRAM'
	import sys
	sys.path.insert(0, sys.argv[1])
	from flowdecode import Capture
	capture = Capture(ports=[2055])
	for _ in capture.read(sys.argv[2]):
	    pass
	print(*{number for session in capture.sessions.values() for domain in session.domains.values()
	        for number, template in domain.templates.items() if template.is_options})
	PROGRAM
}

# number NAME FILE - the number before NAME in what flowdecode.py says about FILE
number()
{
	sed -n "s/.* \([0-9]*\) $1,.*/\1/p" "$2" | tail -n 1
}

# obeys NS RESULT - "conformance NUMBERS: TEXT": the decoder found nothing against these rules
obeys()
{
	local rule text='' verdict numbers=${2#conformance }

	verdict=$(<"$PNF_TMP/$1.check")
	[[ $verdict =~ [1-9][0-9]*\ messages ]] || text='nothing was decoded'
	for rule in ${numbers%%:*}; do
		[[ $verdict != *" item ${rule%,}: "* ]] || text+=$(grep -m 3 " item ${rule%,}: " <<<"$verdict")
	done
	ktap_equal "$2" '' "$text"
}

for ns in v5 v9 ipfix; do
	router_of $ns
	listen $ns
	start_capture "c-$ns" eth0 "$PNF_TMP/$ns.pcap" 'udp dst port 2055'
	capture[$ns]=$capture_pid
	nfm $ns set points inet=forward protocol "${protocol[$ns]}" destination "${collector[$ns]}" \
		engine-id 7 timeout-rate 1 refresh-rate 500 inactive-timeout 600 ||
		die "cannot configure $ns"
	start_mixer $ns
done
add_ns judge
for ns in v5 v9 ipfix; do
	ktap_test "$ns: the first half of the Flows" run_rounds $ns $((rounds / 2))
done
signal_mixers STOP

# The Collector goes away and comes back in the middle
for ns in v9 ipfix; do
	family=-4
	[ $ns = v9 ] || family=-6
	stop "${listener[$ns]}"
	before=$(stats $ns '.destinations[0].errors.refused')
	generate4 $ns 100 || die 'pktgen failed'
	flush $ns
	ktap_test "$ns: ICMP says that the collector is away" \
		slowwait 5 eval "[ \$(stats $ns '.destinations[0].errors.refused') -gt $before ]"
	# Templates are not repeated for this reason more often than each second
	sleep 1.2
	start_nfcapd "c-$ns" 2055 "$PNF_TMP/told-$ns" $family
	generate4 $ns 100 || die 'pktgen failed'
	flush $ns
	check_law $ns "$ns: a collector came back"

	# Now without a message that could be refused
	nfm $ns set refresh-rate 20 timeout-rate 1000
	before=$(stats $ns '.destinations[0].errors.refused')
	in_ns "c-$ns" nft 'table inet silent { chain input { type filter hook input priority 0; udp dport 2055 drop; }; }' ||
		die 'no nftables'
	stop_nfcapd
	ktap_equal "conformance 38: $ns: a restarted collector decodes from its first message on" 100 \
		"$(collected "$PNF_TMP/told-$ns")"
	start_nfcapd "c-$ns" 2055 "$PNF_TMP/silent-$ns" $family
	in_ns "c-$ns" nft delete table inet silent
	generate4 $ns 2000 || die 'pktgen failed'
	flush $ns
	stop_nfcapd
	ktap_equal "$ns: nobody told the exporter of the second restart" "$before" \
		"$(stats $ns '.destinations[0].errors.refused')"
	missed=$((2000 - $(collected "$PNF_TMP/silent-$ns")))
	ktap_test "conformance 38: $ns: a collector that restarts unseen decodes after no more than the 20 messages of refresh-rate ($missed records before)" \
		[ $missed -gt 0 -a $missed -le $((20 * 25)) ]
	nfm $ns set refresh-rate 500 timeout-rate 1
	listen $ns
done

signal_mixers CONT
for ns in v5 v9 ipfix; do
	ktap_test "$ns: the second half of the Flows" run_rounds $ns $((rounds - rounds / 2))
done
signal_mixers STOP

# One Flow of more than 2^32 octets, which the debug kernel would take long for
if [ "${PNF_KERNEL-}" != uml-debug ]; then
	big=$((66200 * 65000))
	generate4 v5 66200 'pkt_size 65014' 'frags 17' 'burst 100' 'udp_src_max 1000' 'udp_dst_max 5000' ||
		die 'pktgen failed'
	flush v5
fi

# No data from here on, while the captures so far are judged
quiet=$EPOCHSECONDS
declare -A quiet_capture before_quiet after_quiet
for ns in v5 v9 ipfix; do
	start_capture "c-$ns" eth0 "$PNF_TMP/quiet-$ns.pcap" 'udp dst port 2055'
	quiet_capture[$ns]=$capture_pid
	before_quiet[$ns]=$(stats $ns .exporting.messages)
	ktap_test "$ns: the capture lost nothing" stop_capture "${capture[$ns]}" "$PNF_TMP/$ns.pcap"
	after_quiet[$ns]=$(stats $ns .exporting.messages)
done

# tshark reads all three streams at once; awk picks from its columns
fields=(cflow.version cflow.flowset_id cflow.template_id _ws.expert.severity _ws.expert.message
	cflow.no_template_found ip.len ipv6.plen ip.flags.df ip.flags.mf ip.frag_offset ipv6.fraghdr
	udp.srcport udp.checksum.status ip.checksum.status)
arguments=()
for field in "${fields[@]}"; do
	arguments+=(-e "$field")
done
mergecap -F pcap -a -w "$PNF_TMP/all.pcap" "$PNF_TMP"/{v5,v9,ipfix}.pcap
ktap_test 'tshark understands the questions and reads all' tshark_tells "$PNF_TMP/all.table" "$PNF_TMP/all.pcap" \
	-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -E occurrence=a "${arguments[@]}"
ktap_equal 'tshark takes every message for one of the three versions' '' \
	"$(awk -F '\t' '$1 != 5 && $1 != 9 && $1 != 10' "$PNF_TMP/all.table" | head -n 3)"
for ns in v5 v9 ipfix; do
	file=$PNF_TMP/$ns.pcap
	table=$PNF_TMP/$ns.table
	check=$PNF_TMP/$ns.check
	check_law $ns "$ns"
	awk -F '\t' -v version="${protocol[$ns]}" '$1 == version' "$PNF_TMP/all.table" >"$table"
	messages[$ns]=$(wc -l <"$table")
	ktap_test "$ns: more than $least messages (${messages[$ns]})" [ "${messages[$ns]}" -gt $least ]
	ktap_test "$ns: tshark saw every message" \
		[ "${messages[$ns]}" -ge "${before_quiet[$ns]}" -a "${messages[$ns]}" -le "${after_quiet[$ns]}" ]
	# Severity: 0x600000 is a warning
	ktap_equal "$ns: tshark has no expert error, sequence gap or unknown template" '' \
		"$(awk -F '\t' '{ n = split($4, severity, ","); bad = $6 != ""
			for (i = 1; i <= n; i++) bad = bad || severity[i] >= 6291456
			if (bad) print "message", NR ":", $5, $6 }' "$table" | head -n 3)"
	ktap_equal "conformance 42: $ns: one source port" 1 "$(cut -f 13 "$table" | sort -u | wc -l)"
	ktap_equal "conformance 42: $ns: tshark computes the same UDP checksum for every message" 1 \
		"$(cut -f 14 "$table" | sort -u)"
	if [ $ns = ipfix ]; then
		ktap_equal "conformance 24: $ns: over IPv6, no message is longer than 1280 octets or a fragment" '' \
			"$(awk -F '\t' '$8 == "" || $8 > 1240 || $12 != ""' "$table" | head -n 3)"
	else
		ktap_equal "conformance 24: $ns: no message is longer than 1280 octets or a fragment" '' \
			"$(awk -F '\t' '$7 > 1280 || $9 != 1 || $10 != 0 || $11 != 0' "$table" | head -n 3)"
		ktap_equal "$ns: tshark computes the same checksum for every IPv4 header" 1 \
			"$(cut -f 15 "$table" | sort -u)"
	fi

	refresh=()
	[ $ns = v5 ] || refresh=(--refresh-messages 501 --refresh-minutes 1.05)
	ktap_test "$ns: the strict decoder finds no violation" eval \
		"$flowdecode check --domain 7 --mtu 1280 ${refresh[*]} $file >$check || ! cat $check"
	ktap_equal "$ns: the messages have every packet and every octet that was exported" \
		"$(stats $ns '.exporting | "\(.exported_packets) \(.exported_octets)"')" \
		"$(number packets "$check") $(number octets "$check")"
	options=$(number 'options records' "$check")
	ktap_test "$ns: the decoder saw $options records of Options Data, which v5 has not" \
		[ \( $ns = v5 -a "$options" = 0 \) -o \( $ns != v5 -a "$options" -gt 0 \) ]
done
nfcapd_tells "$PNF_TMP/nfcapd-all" "$PNF_TMP"/{v5,v9,ipfix}.pcap >"$PNF_TMP/nfcapd-all.table"
for ns in v5 v9 ipfix; do
	# In IPFIX nfcapd 1.7.1 takes Options Data, which it does not count, for a gap
	told=$(nfcapd_told all $ns)
	[ $ns != ipfix ] || told="0 ${told#* }"
	ktap_equal "$ns: nfcapd decodes as many messages and records, and finds no gap" \
		"0 ${messages[$ns]} $(number 'flow records' "$PNF_TMP/$ns.check")" "$told"
done

# Would they notice? The first part of each stream, but for a message that has data
for ns in v5 v9 ipfix; do
	lost=$(awk -F '\t' -v half=$((part / 2)) 'NR >= half && $3 == "" { print NR; exit }' "$PNF_TMP/$ns.table")
	editcap -F pcap -r "$PNF_TMP/$ns.pcap" "$PNF_TMP/part-$ns.pcap" 1-$part 2>/dev/null
	editcap -F pcap "$PNF_TMP/part-$ns.pcap" "$PNF_TMP/gap-$ns.pcap" "$lost" 2>/dev/null
	$flowdecode check "$PNF_TMP/part-$ns.pcap" >"$PNF_TMP/part-$ns.check"
	ktap_equal "$ns: the strict decoder complains once if one message is left out" '1 1' \
		"$($flowdecode check "$PNF_TMP/gap-$ns.pcap" | awk '/ item (2|8|18): sequence / { n++ } / item / { all++ } END { print n, all }')"
done
nfcapd_tells "$PNF_TMP/nfcapd-gap" "$PNF_TMP"/gap-{v5,v9}.pcap >"$PNF_TMP/nfcapd-gap.table"
for ns in v5 v9; do
	told=$(nfcapd_told gap $ns)
	ktap_equal "$ns: nfcapd complains if one message is left out" "1 $((part - 1))" "${told% *}"
done
# tshark does not look at the sequence of v5
mergecap -F pcap -a -w "$PNF_TMP/gap.pcap" "$PNF_TMP"/gap-{v9,ipfix}.pcap
ktap_test 'tshark reads what a message is left out of' tshark_tells "$PNF_TMP/gap.table" "$PNF_TMP/gap.pcap" \
	-Y cflow.unexpected_sequence_number -T fields -e cflow.version
ktap_equal 'v9, ipfix: tshark complains if one message is left out' '9 10' "$(tr '\n' ' ' <"$PNF_TMP/gap.table" | sed 's/ $//')"

# Rules that the decoder judges every message by
obeys v5 'conformance 1: v5: length and count of every message'
obeys v5 'conformance 2: v5: flow_sequence is the number of Flows before, in every message'
obeys v5 'conformance 3: v5: First <= Last <= SysUptime in every record'
obeys v5 'conformance 6: v5: padding 0, sampling and engine in every message'
obeys v9 'conformance 7: v9: count is the number of records of all kinds in every message'
obeys v9 'conformance 8: v9: the sequence counts every message, those with Templates alone too'
obeys v9 'conformance 9: v9: FlowSet ids and lengths'
obeys v9 'conformance 10: v9: FlowSets are padded to 4 octets with 0'
obeys v9 'conformance 11, 34: v9: Templates before data, again within 500 messages and a minute'
obeys v9 'conformance 13: v9: an id has one definition throughout'
obeys v9 'conformance 14: v9: FIRST_SWITCHED <= LAST_SWITCHED <= SysUptime in every record'
obeys v9 'conformance 15: v9: only elements that v9 has, no variable length, no enterprise'
obeys ipfix 'conformance 16: IPFIX: version and length of every message'
obeys ipfix 'conformance 17: IPFIX: Export Time is the time of the capture'
obeys ipfix 'conformance 18: IPFIX: the sequence counts Data Records from 0 on'
obeys ipfix 'conformance 19: IPFIX: Observation Domain as configured'
obeys ipfix 'conformance 20: IPFIX: Set ids, lengths, padding'
obeys ipfix 'conformance 21: IPFIX: Template Records'
obeys ipfix 'conformance 23: IPFIX: the Template of every Data Set came before'
obeys ipfix 'conformance 25: IPFIX: octets of Information Elements fit their type'
obeys ipfix 'conformance 28: IPFIX: times are ms since 1970'
obeys ipfix 'conformance 33: IPFIX: no enterprise number that is not registered'
obeys ipfix 'conformance 34: IPFIX: Templates again within 500 messages and a minute'
obeys ipfix 'conformance 35: IPFIX: no Template Withdrawal'
obeys ipfix 'conformance 37: IPFIX: an id has one definition throughout'

# What v5 has no room for
editcap -F pcap -r "$PNF_TMP/v5.pcap" "$PNF_TMP/end-v5.pcap" $((messages[v5] - 12))-"${messages[v5]}" 2>/dev/null
$flowdecode flows --mid-stream "$PNF_TMP/end-v5.pcap" >"$PNF_TMP/end-v5.json"
$flowdecode flows "$PNF_TMP/part-v5.pcap" >"$PNF_TMP/part-v5.json"
ktap_equal 'conformance 5: v5: the interface 70000 is told as 0' 0 \
	"$(jq -s 'map(.egressInterface) | unique[]' "$PNF_TMP/part-v5.json")"
ktap_equal 'conformance 5: IPFIX: the interface 70000 is told as such' 70000 \
	"$($flowdecode flows "$PNF_TMP/part-ipfix.pcap" | jq -s 'map(.egressInterface) | unique[]')"
ktap_equal 'conformance 6: v5: a ping has its type * 256 + code as destination port' 2048 \
	"$(jq -s 'map(select(.protocolIdentifier == 1).destinationTransportPort) | unique[]' "$PNF_TMP/part-v5.json")"
ktap_test 'conformance 5: v5: Flows of IPv6 are counted as not sent, nothing else is' eval \
	'[ "$(stats v5 .exporting.not_sent_packets)" -gt $((rounds * 100)) ] &&
	 [ "$(stats v5 ".metering.metered_packets - .exporting.not_sent_packets")" = "$(number packets "$PNF_TMP/v5.check")" ]'
for ns in v9 ipfix; do
	ktap_equal "$ns: every Flow was exported" 0 "$(stats $ns .exporting.not_sent_packets)"
done
[ "${PNF_KERNEL-}" = uml-debug ] ||
	ktap_equal 'conformance 4: v5: a Flow of more than 2^32 octets comes in parts that sum to it' "66200 $big true" \
		"$(jq -rs 'map(select(.destinationTransportPort == 5000 and .sourceTransportPort == 1000)) |
			"\(map(.packetDeltaCount) | add) \(map(.octetDeltaCount) | add) \(length > 1)"' "$PNF_TMP/end-v5.json")"

for ns in v9 ipfix; do
	table=$PNF_TMP/$ns.table
	ids=$(cut -f 3 "$table" | tr , '\n' | sort -nu | grep -c .)
	ktap_test "$ns: four Templates or more are in use ($ids)" [ "$ids" -ge 4 ]
	ktap_equal "$ns: data of each of them all the time, but for Options Data" '' "$(awk -F '\t' -v part=$((messages[$ns] / 4)) -v options="$(options_templates $ns)" '
		BEGIN { n = split(options, id, " "); for (i = 1; i <= n; i++) seldom[id[i]] = 1 }
		{ n = split($2, set, ","); for (i = 1; i <= n; i++) if (set[i] >= 256) last[set[i]] = NR
		  n = split($3, id, ","); for (i = 1; i <= n; i++) if (!(id[i] in seldom)) known[id[i]] = 1
		  if (NR % part == 0) for (i in known) if (last[i] <= NR - part) print i, "has no data before message", NR }' "$table")"
	templates=$(cut -f 3 "$table" | grep -c .)
	ktap_test "conformance 34: $ns: Templates again by count: $templates times in ${messages[$ns]} messages" \
		[ "$templates" -ge $((messages[$ns] / 501)) ]
	ktap_equal "$ns: tshark saw Sets with Templates, Options Templates and data, no others" \
		"$([ $ns = v9 ] && echo '0 1 ' || echo '2 3 ')" \
		"$(cut -f 2 "$table" | tr , '\n' | sort -nu | awk '$1 != "" && $1 < 256' | tr '\n' ' ')"
done

# Decoders of others: an IPFIX file (RFC 5655), and single messages of v5 and v9
$flowdecode messages "$PNF_TMP/part-ipfix.pcap" >"$PNF_TMP/part.ipfix"
expected=$(number 'flow records' "$PNF_TMP/part-ipfix.check")
options=$(number 'options records' "$PNF_TMP/part-ipfix.check")
ktap_test "$part messages of IPFIX are no fewer than 1,000 records ($expected)" [ "$expected" -ge 1000 ]
ktap_equal 'conformance 16, 20, 21, 22, 25: IPFIX: ipfixDump reads as many records' $((expected + options)) \
	"$(ipfixDump -d -i "$PNF_TMP/part.ipfix" 2>"$PNF_TMP/ipfixdump.log" | grep -c '^--- data record')"
ktap_equal 'ipfixDump has nothing to remark' '' "$(cat "$PNF_TMP/ipfixdump.log")"
ktap_equal 'conformance 16, 18, 33: IPFIX: python3-ipfix reads as many records, packets and octets' \
	"$expected $options $(number packets "$PNF_TMP/part-ipfix.check") $(number octets "$PNF_TMP/part-ipfix.check")" \
	"$(/usr/bin/python3 - "$PNF_TOP/selftests/lib" "$PNF_TMP/part.ipfix" <<-'PROGRAM' 2>&1
	import io, sys
	sys.path.insert(0, sys.argv[1])
	import ipfix.ie, ipfix.reader
	from judges import without_padding
	ipfix.ie.use_iana_default()
	records = options = packets = octets = at = 0
	with open(sys.argv[2], "rb") as file:
	    stream = file.read()
	messages = b""
	while at < len(stream):
	    end = at + int.from_bytes(stream[at + 2:at + 4], "big")
	    messages += without_padding(stream[at:end])
	    at = end
	for record in ipfix.reader.from_stream(io.BytesIO(messages)).namedict_iterator():
	    if "packetDeltaCount" not in record:
	        options += 1
	        continue
	    records += 1
	    packets += record.get("packetDeltaCount", 0)
	    octets += record["octetDeltaCount"]
	print(records, options, packets, octets)
	PROGRAM
	)"
ktap_equal 'conformance 1, 9: scapy finds as many records in 50 messages of v5 and v9, and every octet has its place' '' \
	"$(/usr/bin/python3 - "$PNF_TOP/selftests/lib" "$PNF_TMP/part-v5.pcap" "$PNF_TMP/part-v9.pcap" <<-'PROGRAM' 2>&1
	import itertools, logging, sys
	logging.getLogger("scapy").setLevel(logging.ERROR)
	sys.path.insert(0, sys.argv[1])
	import flowdecode
	from scapy.layers.netflow import NetflowHeader, NetflowHeaderV5, NetflowRecordV5, \
	    NetflowDataflowsetV9, NetflowFlowsetV9, netflowv9_defragment
	from scapy.packet import Padding, Raw

	def records(path):
	    session = flowdecode.Session()
	    for datagram in itertools.islice(flowdecode.read_pcap(path), 50):
	        found = session.message(datagram.payload)
	        # Of options scapy 2.5 makes one record too many, and FlowSets without a length
	        if datagram.payload[20:22] != b"\0\1" and not any("isOptions" in r for r in found):
	            yield datagram.payload, len(found)

	for payload, count in records(sys.argv[2]):
	    packet = NetflowHeader(payload)
	    seen = sum(isinstance(layer, NetflowRecordV5) for layer in packet.iterpayloads())
	    if seen != count or packet[NetflowHeaderV5].count != count or packet.haslayer(Raw) \
	       or packet.haslayer(Padding):
	        print(f"v5: {seen} records, not {count}")
	messages, counts = zip(*records(sys.argv[3]))
	if len(messages) < 40:
	    print(f"v9: only {len(messages)} messages without options")
	packets = netflowv9_defragment([NetflowHeader(message) for message in messages])
	for packet, message, count in zip(packets, messages, counts):
	    layers = [*packet.iterpayloads()]
	    seen = sum(len(layer.records) for layer in layers if isinstance(layer, NetflowDataflowsetV9))
	    octets = 20 + sum(layer.length for layer in layers
	                      if isinstance(layer, (NetflowDataflowsetV9, NetflowFlowsetV9)))
	    # The padding of FlowSets comes last
	    padding = [bytes(layer.load) for layer in layers if isinstance(layer, Padding)]
	    if seen != count or octets != len(message) or packet.haslayer(Raw) \
	       or any(len(zeros) > 3 or any(zeros) for zeros in padding):
	        print(f"v9: {seen} records, not {count}; {octets} octets, not {len(message)}: {padding}")
	PROGRAM
	)"

# Templates after a minute without traffic: one wait for all three
until [ $EPOCHSECONDS -ge $((quiet + 67)) ]; do
	sleep 0.5
done
for ns in v5 v9 ipfix; do
	ktap_test "$ns: the capture of the minute without traffic lost nothing" \
		stop_capture "${quiet_capture[$ns]}" "$PNF_TMP/quiet-$ns.pcap"
done
mergecap -F pcap -a -w "$PNF_TMP/quiet.pcap" "$PNF_TMP"/quiet-{v5,v9,ipfix}.pcap
ktap_test 'tshark reads that minute' tshark_tells "$PNF_TMP/quiet.table" "$PNF_TMP/quiet.pcap" \
	-T fields -E occurrence=a -e cflow.version -e cflow.flowset_id -e cflow.template_id -e frame.time_epoch
ktap_equal 'v5: nothing is sent without traffic' 0 "$(awk -F '\t' '$1 != 9 && $1 != 10' "$PNF_TMP/quiet.table" | wc -l)"
for ns in v9 ipfix; do
	ktap_equal "conformance 34: $ns: each Template again by time, after no data for over 5 s" \
		"$(cut -f 3 "$PNF_TMP/$ns.table" | tr , '\n' | sort -nu | grep . | tr '\n' ' ')" \
		"$(awk -F '\t' -v version="${protocol[$ns]}" -v quiet=$quiet '$1 == version && $4 > quiet + 5 { print $3 }' \
			"$PNF_TMP/quiet.table" | tr , '\n' | sort -nu | grep . | tr '\n' ' ')"
	ktap_test "$ns: the decoder has nothing against these messages" \
		"$flowdecode" check --mid-stream --domain 7 "$PNF_TMP/quiet-$ns.pcap"
	ktap_equal "$ns: they have Templates and Options Data, no Flow Record" '' \
		"$("$flowdecode" flows --mid-stream "$PNF_TMP/quiet-$ns.pcap" | head -n 1)"
done
ktap_end
