# SPDX-License-Identifier: GPL-2.0-only
"""exported.py - what tests in Python share that count Flows: a router, its collectors, their messages

	pktgen -> din [router] dout
	                  |- e1  203.0.113.0/24    c1  203.0.113.2
	                  `- e2  198.18.1.0/24     c2  198.18.1.2

	gen eth0 -- eth0.100 [router] eth1		of set_up_replay()

pktgen's packets are forwarded and end in dout. lib/collectors.py listens at port 2055 of
both collectors, and records all that comes to ports 2055 to 2060.
"""
import collections
import json
import os
import subprocess
import tempfile

from flowdecode import Capture, Rules, read_pcap
from guest import TOP, add_ns, die, inside, must, nfmgr, run, show, slowwait

KERNEL = os.environ.get("PNF_KERNEL", "6.1")
TMP = tempfile.mkdtemp(prefix="pnf-test.")
LIB = os.path.join(TOP, "selftests", "lib")
REPLAY = os.path.join(LIB, "replay.py")
ROUTED = os.path.join(TMP, "routed.pcap")
PACKET_OCTETS = 46                              # of IP, in the 60 octets of pktgen's frames

Message = collections.namedtuple("Message", "datagram records")


def set_up():
    """The picture above"""
    run("modprobe", "-q", "-a", "pktgen", "dummy")
    add_ns("router", "c1", "c2")
    for name in "router", "c1", "c2":
        must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
             "net.ipv4.conf.default.rp_filter=0", "net.ipv6.conf.all.accept_dad=0",
             "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.forwarding=1", ns=name)
    for command in ("link add din address 02:00:00:00:00:01 type dummy",
                    "link add dout type dummy", "link set din up", "link set dout up",
                    "address add 198.51.100.1/24 dev dout",
                    "address add 2001:db8:2::1/64 dev dout nodad",
                    "neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev dout nud permanent",
                    "neighbour add 2001:db8:2::2 lladdr 02:00:00:00:00:09 dev dout nud permanent",
                    "link add e1 type veth peer name eth0 netns c1",
                    "link add e2 type veth peer name eth0 netns c2",
                    "address add 203.0.113.1/24 dev e1", "address add 198.18.1.1/24 dev e2",
                    "link set e1 up", "link set e2 up"):
        must("ip", "-n", "router", *command.split())
    for name, address in ("c1", "203.0.113.2/24"), ("c2", "198.18.1.2/24"):
        must("ip", "-n", name, "address", "add", address, "dev", "eth0")
        must("ip", "-n", name, "link", "set", "eth0", "up")
    # Nothing waits for a neighbour
    for name, device, address in ("c1", "e1", "203.0.113.2"), ("c2", "e2", "198.18.1.2"):
        link = json.loads(must("ip", "-n", name, "-j", "link", "show", "dev", "eth0"))
        must("ip", "-n", "router", "neighbour", "replace", address, "lladdr",
             link[0]["address"], "dev", device, "nud", "permanent")


def set_up_replay():
    """The second line of the picture: what replay.py makes, packets of many protocols, is routed to
    eth1, where it ends. Returns what tshark counts in the capture file: `frames`, `flows`
    """
    must("ip", "netns", "add", "gen")
    must("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
         "net.ipv6.conf.default.disable_ipv6=1", ns="gen")
    for words in ("link add eth0.100 address 02:00:00:00:01:01 type veth peer name eth0 netns gen",
                  "link add eth1 type dummy", "link set eth0.100 mtu 65535 up",
                  "link set eth1 mtu 65535 arp off up", "address add 192.0.2.1/24 dev eth0.100",
                  "route add 10.2.0.0/16 dev eth1", "route add fd00:0:0:2::/64 dev eth1"):
        must("ip", "-n", "router", *words.split())
    must("ip", "-n", "gen", "link", "set", "eth0", "mtu", "65535", "up")
    plain, truth = os.path.join(TMP, "plain.pcap"), os.path.join(TMP, "truth.json")
    must(REPLAY, "generate", plain, os.path.join(TMP, "odd.pcap"))
    must(REPLAY, "rewrite", plain, ROUTED)
    must(os.path.join(LIB, "flowtable.py"), "truth", "--replayed", "--truth", ROUTED, truth)
    if not slowwait(20, lambda: "LOWER_UP" in must("ip", "-n", "router", "link", "show", "eth0.100")):
        die("the link does not come up")
    with open(truth, encoding="utf-8") as file:
        return json.load(file)


def replay(truth, path=ROUTED):
    """All frames of the capture file, or of another, are sent to the router"""
    sent = must(REPLAY, "send", "eth0", "02:00:00:00:01:01", path, ns="gen")
    if int(sent) != truth["frames"]:
        die(f"{sent.strip()} of {truth['frames']} frames were sent")


def configure(*words):
    """nfmgr set in the router; ends the script if it is refused"""
    done = nfmgr("set", *words, ns="router")
    if done.returncode:
        die(f"nfmgr set {' '.join(words)}: {done.stderr.strip()}")


def command(*words):
    """The same of another command"""
    done = nfmgr(*words, ns="router")
    if done.returncode:
        die(f"nfmgr {' '.join(words)}: {done.stderr.strip()}")


def stats():
    return show("stats", "router")


def flush():
    """All Flows leave, and all messages"""
    command("flush")
    if not slowwait(60, lambda: not stats()["exporting"]["queued_packets"]):
        die("something stays in a queue")


# pktgen --------------------------------------------------------------------------------

def pktgen(name, word):
    with open(f"/proc/thread-self/net/pktgen/{name}", "w", encoding="ascii") as file:
        file.write(word + "\n")


def generate(count, *settings):
    """COUNT packets of as many Flows, from 10.0.0.1 on, but for pktgen's SETTINGS"""
    with inside("router"):
        pktgen("kpktgend_0", "rem_device_all")
        pktgen("kpktgend_0", "add_device din")
        for setting in ("pkt_size 60", "xmit_mode netif_receive", "burst 1", "delay 0",
                        "dst_mac 02:00:00:00:00:01", "src_mac 02:00:00:00:00:02",
                        "dst 198.51.100.2", "udp_src_min 1000", "udp_src_max 1000",
                        "udp_dst_min 9", "udp_dst_max 9", "src_min 10.0.0.1",
                        "src_max 10.255.255.254", *settings, f"count {count}"):
            pktgen("din", setting)
        pktgen("pgctrl", "start")
        with open("/proc/thread-self/net/pktgen/din", encoding="ascii") as file:
            said = file.read()
        pktgen("kpktgend_0", "rem_device_all")
    if "Result: OK" not in said:
        die(f"pktgen: {said}")


def stop_generating():
    """Ends a generate(0) of another thread"""
    with inside("router"):
        pktgen("pgctrl", "stop")


# Collectors ----------------------------------------------------------------------------

class Told:
    """What one Collector was told at one port: all its messages, in order"""

    def __init__(self, path, port, rules):
        self.capture = capture = Capture(rules, [port])
        self.messages = [Message(datagram, capture.datagram(datagram))
                         for datagram in read_pcap(path) if datagram.dport == port]
        self.sessions = len(capture.sessions)
        self.violations = capture.violations

    @property
    def records(self):
        return [record for message in self.messages for record in message.records]

    @property
    def flows(self):
        return [record for record in self.records if not record.get("isOptions")]

    def options(self, name):
        """Records of Options Data that have an element"""
        return [record for record in self.records if record.get("isOptions") and name in record]

    def totals(self):
        """Packets and octets of the Flow Records"""
        return [sum(flow[name] for flow in self.flows)
                for name in ("packetDeltaCount", "octetDeltaCount")]


class Collectors:
    """The process that listens and records"""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.path.join(LIB, "collectors.py"), TMP, "c1:2055", "c2:2055"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._expect("ready")

    def _expect(self, answer):
        line = self.process.stdout.readline().strip()
        if line != answer:
            die(f"the collectors say {line!r}, not {answer!r}")

    def _say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def begin(self):
        self._say("begin")
        self._expect("begun")

    def end(self):
        """Recording goes on"""
        self._say("end")
        self._expect("0")

    @staticmethod
    def told(name="c1", port=2055, **rules):
        return Told(os.path.join(TMP, name + ".pcap"), port, Rules(mtu=1280, **rules))


def violations_of(told):
    return "\n".join(f"item {v.item}: message {v.message}: {v.text}" for v in told.violations[:5])
