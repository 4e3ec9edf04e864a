#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# kernels: uml-debug
#
# An upgrade: settings and sequence numbers outlive the module, under traffic; what becomes of
# files that cannot be read, written or meant.
#
# lib.sh has the picture. The client's stream never stops; what is counted goes to ports of
# its own while the module is there.

# shellcheck disable=SC2317 # ktap_test and slowwait call functions
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
need tcpdump tshark jq python3 nfcapd

setup_topology
file=$PNF_TMP/nfmgr.conf

# stream - packets from the client to port 9, Flows that come and go, until it is killed
stream()
{
	exec ip netns exec client python3 -c '
import socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
number = 0
while True:
    sock.sendto(b"x" * 72, ("198.51.100.2", 9 + number // 20 % 50))
    number += 1
    time.sleep(0.002)'
}

# send_batch PORT - 40 Flows of 5 packets each to PORT, IPv4
send_batch()
{
	in_ns client python3 -c '
import socket, sys
for port in range(20000, 20040):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))
    for _ in range(5):
        sock.sendto(b"x" * 72, ("198.51.100.2", int(sys.argv[1])))' "$1"
}

# config - the settings as JSON
config()
{
	nfm router show config --json
}

# reload - as after the installation of another build
reload()
{
	module_unload && module_load
}

# judge FILE.pcap - packets to each counted port; messages, Transport Sessions, gaps and
# repetitions of sequence numbers over all of them, violations of the protocol
judge()
{
	python3 - "$1" <<-'PROGRAM'
		import collections, os, struct, sys
		sys.path.insert(0, os.environ["PNF_TOP"] + "/selftests/lib")
		from flowdecode import Capture, Rules, read_pcap
		capture, packets, wrong, expected = Capture(Rules(mtu=1280), [2055]), collections.Counter(), [], None
		for datagram in read_pcap(sys.argv[1]):
		    records = capture.datagram(datagram)
		    version, count = struct.unpack_from(">HH", datagram.payload)
		    sequence = struct.unpack_from(">I", datagram.payload, {5: 16, 9: 12, 10: 8}[version])[0]
		    if expected is not None and sequence != expected:
		        wrong.append(f"{sequence} instead of {expected}")
		    expected = sequence + {5: count, 9: 1, 10: len(records)}[version]
		    for record in records:
		        if record.get("destinationTransportPort") in (101, 102, 103):
		            packets[record["destinationTransportPort"]] += record["packetDeltaCount"]
		print(sorted(packets.items()), len(capture.sessions), wrong, capture.violations[:3])
	PROGRAM
}

# upgrade NAME SESSIONS PROTOCOL SOURCE-PORT - and what the Collector is told meanwhile
upgrade()
{
	local name=$1 sessions=$2 pcap=$PNF_TMP/upgrade.pcap before

	nfm router set destination none
	start_capture collector eth0 "$pcap" udp dst port 2055
	start_nfcapd collector 2055 "$PNF_TMP/nfcapd-$sessions-$3-$4"
	nfm router set protocol "$3" source-port "$4" destination 203.0.113.2 inactive-timeout 2 \
		active-timeout 2 refresh-rate 7 export-delay 100 engine-id 70001 \
		aggregation 10.0.0.0/8=16,1000-1999=1000 snmp-rules eth:100 fields ttl,mpls=2 \
		template "small=sourceIPv4Address,octetDeltaCount,packetDeltaCount,destinationTransportPort" \
		domain-name "router's 1st # domain" points inet=forward ||
		die 'cannot configure'
	send_batch 101
	slowwait 10 stats_are router '.exporting.messages > 5' true
	before=$(config)
	ktap_test "$name: nfmgr save" nfm router save "$file"
	send_batch 102
	ktap_test "$name: there is something to export at the unload" \
		[ "$(stats router .cache.flows)" -gt 0 ]
	ktap_test "$name: another build is loaded" reload
	ktap_test "$name: nfmgr restore" nfm router restore "$file"
	ktap_equal "$name: the settings are what they were" "$before" "$(config)"
	send_batch 103
	slowwait 10 stats_are router '.exporting.messages > 5' true
	flush router
	stop_capture "$capture_pid" "$pcap"
	stop_nfcapd
	ktap_equal "$name: each packet is told once, no number is missing or there twice, no violation" \
		"[(101, 200), (102, 200), (103, 200)] $sessions [] []" "$(judge "$pcap")"
	ktap_equal "$name: tshark has no sequence gap, unknown Template or error" '' \
		"$(tshark_cflow "$pcap" 2055 -Y '_ws.expert.severity >= 6291456 or
			cflow.unexpected_sequence_number or cflow.no_template_found or
			_ws.malformed' | head -n 3)"
	# nfcapd counts no Options Data in IPFIX
	[ "$3" = ipfix ] || ktap_test "$name: nfcapd has no sequence failure" \
		nfcapd_sequence_ok "$PNF_TMP/nfcapd-$sessions-$3-$4"
}

stream &
stream_pid=$!
upgrade 'v9' 2 v9 0
upgrade 'v9 from a fixed port' 1 v9 4444
upgrade 'v5' 2 v5 0
upgrade 'IPFIX from a fixed port' 1 ipfix 4444
stop $stream_pid KILL
check_law router 'after upgrades'

# IPFIX from any other port is a new Transport Session
start_capture collector eth0 "$PNF_TMP/any.pcap" udp dst port 2055
nfm router set source-port 0
send_batch 101
flush router
nfm router save "$file"
reload
nfm router restore "$file"
send_batch 102
flush router
stop_capture "$capture_pid" "$PNF_TMP/any.pcap"
ktap_test 'IPFIX from any port: each Transport Session begins with 0, no violation' \
	"$PNF_TOP/selftests/lib/flowdecode.py" check "$PNF_TMP/any.pcap"
ktap_equal 'IPFIX from any port: the sequence began anew' 0 "$(tshark_cflow "$PNF_TMP/any.pcap" 2055 \
	-T fields -e udp.srcport -e cflow.sequence | awk '$1 != port { first = $2; port = $1 } END { print first }')"

# A later number than that of the file is known from the module's last words; an older one is not used
nfm router set protocol v9
nfm router save "$file"
send_batch 101
flush router
number=$(nfm router show destinations --json | jq '.[0].sequence.v9')
reload
nfm router restore "$file"
ktap_test "what was exported after the save counts" \
	[ "$(nfm router show destinations --json | jq '.[0].sequence.v9')" -ge "$number" ]
sed -i 's/v9=[0-9]*/v9=1000000/' "$file"
sed -i 's/^saved-at \([^ ]*\) .*/saved-at \1 99999999999/' "$file"
nfm router set destination none
nfm router restore "$file"
ktap_equal 'a file that was saved later than that has its own number' true \
	"$(nfm router show destinations --json | jq '.[0].sequence.v9 | . >= 1000000 and . < 1000010')"

# Files -------------------------------------------------------------------------------------------

nfm router set destination '203.0.113.2,[2001:db8:3::2]:2056@2001:db8:3::1%eth2' sampler random:7 \
	random-template-ids on inet-priority first metering on dscp 46
before=$(config)
ktap_test 'the file is there and readable for all' [ "$(nfm router save "$file"; stat -c %a "$file")" = 644 ]
ktap_equal 'no temporary file is left' "$file" "$(echo "$file"*)"
ktap_equal 'save - prints the same settings' "$(grep -Ev '^(#|$|saved-at|sequence)' "$file")" \
	"$(nfm router save - | grep -Ev '^(#|$|saved-at|sequence)')"
messages=$(stats router '.destinations[0].messages')
nfm router restore - <"$file"
ktap_equal 'restore - changes nothing if all is as it was' "$before" "$(config)"
ktap_test 'and destinations keep their sessions' [ "$(stats router '.destinations[0].messages')" -ge "$messages" ]
nfm router set destination none metering auto points none sampler none dscp 0
nfm router restore - <<<"$before"
ktap_equal 'restore takes what show config --json prints' "$before" "$(config)"
sed -i -e '/^dscp/d' -e '/^sampler/d' "$file"
printf '%s\n' "destination 203.0.113.7 '203.0.113.8:9'  # by hand" 'sequence 192.0.2.77:2055 v9=5' >>"$file"
ktap_test 'a file that was edited is taken, numbers of others than its destinations are passed over' \
	nfm router restore "$file"
ktap_equal 'what it does not name has its default, what it adds is there' \
	'[0,"none",["203.0.113.2:2055","[2001:db8:3::2]:2056@2001:db8:3::1%eth2","203.0.113.7:2055","203.0.113.8:9"]]' \
	"$(config | jq -c '[.dscp, .sampler, .destination]')"
before=$(config)

# refuses NAME STATUS SENTENCE COMMAND... - in one line, and nothing has changed
refuses()
{
	local name=$1 status=$2 sentence=$3 said

	shift 3
	said=$("$@" 2>&1 >/dev/null)
	ktap_equal "$name" "$status nfmgr: $sentence" "$? $said"
	ktap_equal "$name: nothing has changed" "$before" "$(config)"
}

# restore_text TEXT
restore_text()
{
	printf '%b' "$1" >"$PNF_TMP/bad"
	nfm router restore "$PNF_TMP/bad"
}

refuses 'a bad value' 2 "restore '$PNF_TMP/bad', line 3: active-timeout: '0' is out of range, accepted is 1..604800 seconds" \
	restore_text 'protocol v5\n\nactive-timeout 0\n'
refuses 'an unknown setting' 2 "restore '$PNF_TMP/bad', line 1: there is no setting 'protcol', did you mean 'protocol'?" \
	restore_text 'protcol 5\n'
refuses 'what only the kernel can refuse' 1 \
	"restore '$PNF_TMP/bad', line 2: exportcpu: '4000' is refused: this CPU is not online" \
	restore_text 'protocol v5\nexportcpu 4000\n'
refuses 'a destination that is there twice' 1 \
	"restore '$PNF_TMP/bad', line 3: destination: '192.0.2.1:2055' is refused: this destination is there already" \
	restore_text 'destination 192.0.2.1\n\ndestination 192.0.2.7 192.0.2.1:2055\n'
refuses 'an unknown element' 2 \
	"restore '$PNF_TMP/bad', line 1: template: there is no Information Element 'nothing' (at character 3)" \
	restore_text 'template a=nothing\n'
refuses 'a file that is not there' 1 "restore: '/nowhere/at/all' cannot be opened: No such file or directory" \
	nfm router restore /nowhere/at/all
refuses 'a directory' 1 "restore: '/proc' cannot be read: Is a directory" nfm router restore /proc
refuses 'a directory that is not there' 1 \
	"save: '/nowhere/at/all' cannot be written: No such file or directory" nfm router save /nowhere/at/all
refuses 'a device that is full' 1 "save: '/dev/full' cannot be written: No space left on device" \
	nfm router save /dev/full
mkdir "$PNF_TMP/full"
mount -t tmpfs -o size=8k tmpfs "$PNF_TMP/full"
echo 'kept' >"$PNF_TMP/full/conf"
refuses 'a full disk' 1 "save: '$PNF_TMP/full/conf' cannot be written: No space left on device" \
	nfm router save "$PNF_TMP/full/conf"
ktap_equal 'a full disk: the file is what it was, and alone' 'conf kept' \
	"$(ls "$PNF_TMP/full") $(cat "$PNF_TMP/full/conf")"
umount "$PNF_TMP/full"
ktap_test 'an empty file has the defaults' restore_text ''
nfm client set dscp 1
nfm client restore "$PNF_TMP/bad"
ktap_equal 'which are those of a fresh namespace' "$(nfm server show config --json)" "$(config)"
ktap_equal 'each namespace has its own' "$(config)" "$(nfm client show config --json)"
check_law router 'in the end'
ktap_end
