#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: 6.1 uml uml-debug
# timeout: 900
# cpus: 2
"""Load, configure, flush, resize, switch the protocol, unload: again and again, each in every cycle,
under traffic on every CPU at once, and every packet that came in between is collected, once.

     client                router                 collector
    +------+            +-----------+            +------+
    | eth0 |------------| eth0 eth1 |------------| eth0 |
    +------+            | din* dout |            +------+
     192.0.2.2          +-----------+             203.0.113.2
     2001:db8:1::2

Two streams. Pktgen's goes on while modules come and go, from a din on each CPU to dout; it
stops only for as long as the law is looked at. The client's, of IPv4 from one CPU and IPv6 from
the other, goes through the router to dout too, while the module is there: each cycle has ports of
its own and sends PACKETS to each, so that what the collector was told can be counted by cycle.
"""

import collections
import os
import random
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from flowdecode import Capture, Rules
from guest import Ktap, add_ns, die, inside, law_broken, must, nfmgr, run, show, slowwait

CYCLES = {"6.1": 20, "uml-debug": 10}.get(os.environ.get("PNF_KERNEL"), 100)
PACKETS = 300
PORT4, PORT6 = 10000, 20000
CPUS = sorted(os.sched_getaffinity(0))[:2]
CAPTURE = os.path.join(os.environ.get("TMPDIR", "/tmp"), "life_cycle.pcap")
PKTGEN = "/proc/net/pktgen/"
SESSION_PORTS = iter(range(10000, 65000, 60))

ktap = Ktap()


def setup():
    add_ns("client", "router", "collector")
    for name, device, number in ("client", "eth0", 1), ("collector", "eth1", 3):
        must("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", device,
             "netns", "router")
        for ns, dev, host in (name, "eth0", 2), ("router", device, 1):
            must("ip", "-n", ns, "link", "set", dev, "up")
            for address in f"{ {1: '192.0.2', 3: '203.0.113'}[number]}.{host}/24", \
                    f"2001:db8:{number}::{host}/64":
                must("ip", "-n", ns, "address", "add", address, "dev", dev,
                     *(["nodad"] if ":" in address else []))
    must("ip", "-n", "client", "route", "add", "default", "via", "192.0.2.1")
    must("ip", "-n", "client", "route", "add", "default", "via", "2001:db8:1::1")
    must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
         "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0", ns="router")
    for device in "dout", *(f"din{cpu}" for cpu in CPUS):
        must("ip", "-n", "router", "link", "add", device, "type", "dummy")
        must("ip", "-n", "router", "link", "set", device, "address", "02:00:00:00:00:01", "up")
    must("ip", "-n", "router", "address", "add", "198.51.100.1/24", "dev", "dout")
    must("ip", "-n", "router", "address", "add", "2001:db8:2::1/64", "dev", "dout", "nodad")
    for address in "198.51.100.2", "2001:db8:2::2":
        must("ip", "-n", "router", "neighbour", "add", address, "lladdr", "02:00:00:00:00:09",
             "dev", "dout", "nud", "permanent")


def done(*words):
    said = nfmgr(*words, ns="router")
    if said.returncode:
        die(f"nfmgr {' '.join(words)}: {said.stderr}")


def configure(*words):
    """Sessions that begin now have ports that none has had: nothing else tells two loads apart"""
    first = next(SESSION_PORTS)
    must("sysctl", "-qw", f"net.ipv4.ip_local_port_range={first} {first + 59}", ns="router")
    done(*words)


class Background:
    """pktgen: a thread on each CPU, each 500 Flows of its own, 1,000 packets a second"""

    def __init__(self):
        run("modprobe", "pktgen")
        self.process = None
        settings = "".join(f"""
            pg kpktgend_{cpu} rem_device_all; pg kpktgend_{cpu} "add_device din{cpu}"
            for s in "pkt_size 60" "xmit_mode netif_receive" "count 0" "delay 1000000" \\
                "dst 198.51.100.2" "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \\
                "src_min 10.{cpu + 1}.0.1" "src_max 10.{cpu + 1}.1.250" "udp_src_min 9" \\
                "udp_src_max 9" "udp_dst_min 9" "udp_dst_max 9"; do pg din{cpu} "$s"; done"""
                           for cpu in CPUS)
        must("bash", "-c", f'pg() {{ echo "$2" >{PKTGEN}$1; }}{settings}', ns="router")
        self.start()

    def start(self):
        before = self.sent()
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", "router", "sh", "-c", f"echo start >{PKTGEN}pgctrl"],
            stdin=subprocess.DEVNULL)
        if not slowwait(10, lambda: self.sent() > before):
            die("pktgen does not send")

    @staticmethod
    def sent():
        """What dout has sent, both streams"""
        seen = must("ip", "-n", "router", "-s", "-j", "link", "show", "dev", "dout")
        return int(seen.split('"tx":')[1].split('"packets":')[1].split(",")[0])

    def stop(self):
        must("sh", "-c", f"echo stop >{PKTGEN}pgctrl", ns="router")
        self.process.wait(timeout=20)


class Stream:
    """The client's: PACKETS to each address at a cycle's ports, while other things are done"""

    def __init__(self):
        with inside("client"):
            self.ipv4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.ipv6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.ipv6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.ipv4.bind(("", 4000))
        self.ipv6.bind(("", 4000))
        self.threads = []

    @staticmethod
    def _send(sock, address, count, cpu):
        os.sched_setaffinity(0, {cpu})          # of this thread
        for i in range(count):
            sock.sendto(b"x" * 72, address)
            if i % 8 == 7:
                time.sleep(0.001)

    def _start(self, cycle, count):
        self.threads = [threading.Thread(target=self._send, args=(*stream, count, cpu))
                        for stream, cpu in zip(
                            ((self.ipv4, ("198.51.100.2", PORT4 + cycle)),
                             (self.ipv6, ("2001:db8:2::2", PORT6 + cycle))), (CPUS[0], CPUS[-1]))]
        for thread in self.threads:
            thread.start()

    def _join(self):
        for thread in self.threads:
            thread.join()

    def start(self, cycle):
        self._start(cycle, PACKETS - 20)

    def end(self, cycle):
        """The last ones are in the Cache when this returns"""
        self._join()
        self._start(cycle, 20)
        self._join()


def unload():
    said = run("rmmod", "pkt_netflow")
    if said.returncode:
        die(f"rmmod: {said.stderr}")


def load():
    must("insmod", os.environ["PNF_MODULE"])


def steps_of(order, protocols):
    """A flush, a resize and a switch of the protocol; four more of eight"""
    sizes = ["65536", "256", "0"]
    order.shuffle(sizes)
    more = [["set", "hashsize", sizes[1]], ["set", "inet-priority", "50"],
            ["set", "active-timeout", "3", "inactive-timeout", "2", "scan-min", "1"],
            ["add", "destination", "[2001:db8:3::2]:2056"], ["reset", "stats"],
            ["set", "protocol", protocols[2], "refresh-rate", "3"],
            ["set", "engine-id", str(order.choice([1, 255, 70000]))],
            ["set", "exportcpu", str(CPUS[-1])]]
    order.shuffle(more)
    steps = [["flush"], ["set", "hashsize", sizes[0]], ["set", "protocol", protocols[1]], *more[:4]]
    order.shuffle(steps)
    return steps


def unequal_cpus(is_reset):
    """What is wrong with what each CPU counted, now that nothing comes in: "" if nothing"""
    rows, stats = show("cpus", "router"), show("stats", "router")
    wrong = []
    if sum(row["packets"] > 0 for row in rows) != len(CPUS):
        wrong.append(f"not on {len(CPUS)} CPUs: {[row['packets'] for row in rows]}")
    # A reset lets the totals start with what is cached, which no CPU has counted since
    for name, total in () if is_reset else (
            ("packets", stats["metering"]["metered_packets"]),
            ("octets", stats["metering"]["metered_octets"]),
            ("flows_created", stats["metering"]["flows_created"]),
            ("ignored_packets", stats["metering"]["ignored_packets"]),
            ("ignored_octets", stats["metering"]["ignored_octets"])):
        if sum(row[name] for row in rows) != total:
            wrong.append(f"{name}: {total} != {[row[name] for row in rows]}")
    return "\n".join(wrong)


Cycle = collections.namedtuple("Cycle", "protocols steps")
broken_laws, broken_cpus = [], []


def one_cycle(number, stream):
    """Others each time, the same in each run; returns the protocols in use, one after the other"""
    order = random.Random(number)
    protocols = ["v5", "v9", "ipfix"]
    order.shuffle(protocols)
    load()
    configure("set", "points", "inet=forward", "protocol", protocols[0], "destination",
              "203.0.113.2:2055")
    stream.start(number)
    steps = steps_of(order, protocols)
    for step in steps:
        configure(*step)
    stream.end(number)
    background.stop()
    law = [law_broken("router")]
    slowwait(10, lambda: not law[-1] or law.append(law_broken("router")))
    for broken, text in (broken_laws, law[-1]), \
            (broken_cpus, unequal_cpus(["reset", "stats"] in steps)):
        if text:
            broken.append(f"cycle {number}: {text}")
    background.start()
    if show("stats", "router")["cache"]["flows"] == 0:
        die("there is nothing that an unload could export")
    unload()
    return Cycle(protocols[:1] + [step[2] for step in steps if step[1:2] == ["protocol"]], steps)


setup()
with inside("collector"):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
listener.bind(("::", 2055))
# Where they are sent: on their way, messages that two CPUs sent may pass one another
with open(CAPTURE + ".log", "w", encoding="utf-8") as log:
    # pylint: disable-next=consider-using-with
    tcpdump = subprocess.Popen(
        ["ip", "netns", "exec", "router", "tcpdump", "-i", "eth1", "-w", CAPTURE, "-U", "-n",
         "--immediate-mode", "-B", "16384", "-Z", "root", "udp dst port 2055"],
        stderr=log, stdin=subprocess.DEVNULL)


def logged(text):
    with open(CAPTURE + ".log", encoding="utf-8") as file:
        return text in file.read()


if not slowwait(20, lambda: logged("listening on")):
    die("tcpdump did not start")
unload()
background = Background()
before = background.sent()
sending = Stream()
cycles = []
began = time.monotonic()
for number in range(CYCLES):
    cycles.append(one_cycle(number, sending))
took = time.monotonic() - began
passed = background.sent() - before
background.stop()
ktap.test("reference bug 3: in each cycle, with no packet in flight: observed = metered + ignored, "
          "metered = cached + queued + exported + lost", not broken_laws, "\n".join(broken_laws))
ktap.test(f"in each cycle packets were metered on {len(CPUS)} CPUs, and their counters add up to the "
          "totals", not broken_cpus, "\n".join(broken_cpus))
time.sleep(0.5)
tcpdump.terminate()
tcpdump.wait(timeout=20)
ktap.test("the capture lost nothing", logged("\n0 packets dropped by kernel"))
ktap.comment(f"{CYCLES} cycles in {took:.0f} s; {passed} packets were routed meanwhile")
ktap.test("the other stream went on", passed - CYCLES * PACKETS * 2 > took * 50,
          f"{passed} packets in {took:.0f} s")

capture = Capture(Rules(), [2055])
packets, last_reason = collections.Counter(), {}
for record in capture.read(CAPTURE):
    if record.get("isOptions"):
        continue
    port = record["destinationTransportPort"]
    packets[port] += record.get("packetDeltaCount", 0)
    last_reason[port] = record.get("flowEndReason")
wrong = [f"cycle {number}: {packets[PORT4 + number]}" for number in range(CYCLES)
         if packets[PORT4 + number] != PACKETS]
ktap.test(f"reference bug 3: {CYCLES} times each of {PACKETS} packets was collected, once",
          not wrong, "\n".join(wrong))
ktap.equal("nothing else was", [],
           [port for port in packets if port != 9 and
            not PORT4 <= port < PORT4 + CYCLES and not PORT6 <= port < PORT6 + CYCLES])
without_v5 = [number for number in range(CYCLES) if "v5" not in cycles[number].protocols]
wrong = [f"cycle {number}: {packets[PORT6 + number]}" for number in without_v5
         if packets[PORT6 + number] != PACKETS]
ktap.test(f"reference bug 3: so was each of {PACKETS} packets of IPv6 in {len(without_v5)} cycles "
          "without v5", without_v5 and not wrong, "\n".join(wrong))
wrong = [f"cycle {number}: {packets[PORT6 + number]}" for number in range(CYCLES)
         if packets[PORT6 + number] > PACKETS or
         cycles[number].protocols[-1] != "v5" and packets[PORT6 + number] < 20]
ktap.test("with v5 in between, IPv6 was up to the unload, none twice", not wrong, "\n".join(wrong))
domains = {domain for session in capture.sessions.values() for domain in session.domains}
used = {int(step[2]) & mask for cycle in cycles for step in cycle.steps
        if step[:2] == ["set", "engine-id"]
        for mask in {0xff if protocol == "v5" else 0xffffffff for protocol in cycle.protocols}}
ktap.test(f"conformance 18, 19: several Observation Domains, each with its own sequence: {sorted(domains)}",
          len(domains) >= 3 and domains <= used | {0}, f"set: {sorted(used)}")
# What is idle for two seconds may have ended by itself
unloads = [number for number, cycle in enumerate(cycles) if cycle.protocols[-1] == "ipfix" and
           not any("inactive-timeout" in step for step in cycle.steps)]
wrong = [f"cycle {number}: {last_reason.get(PORT4 + number)}, {last_reason.get(PORT6 + number)}"
         for number in unloads
         if not last_reason.get(PORT4 + number) == last_reason.get(PORT6 + number) == 4]
ktap.test(f"flowEndReason 4 of both Flows at each of {len(unloads)} unloads under IPFIX",
          unloads and not wrong, "\n".join(wrong))
ktap.equal("conformance 13: no violation of the protocol over restarts and changes", [], capture.violations[:10])
load()
ktap.end()
