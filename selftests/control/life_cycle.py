#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 580
"""Load, configure, flush, resize, switch the protocol, unload: again and again, under traffic, and
every packet that came in between is collected, once.

     client                router                 collector
    +------+            +-----------+            +------+
    | eth0 |------------| eth0 eth1 |------------| eth0 |
    +------+            | din  dout |            +------+
     192.0.2.2          +-----------+             203.0.113.2
     2001:db8:1::2

Two streams. One never stops, from pktgen's din to dout. The client's goes through the router to
dout too, while the module is there: each cycle has ports of its own and sends PACKETS to each, so
that what the collector was told can be counted by cycle.
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
from guest import Ktap, add_ns, check_law, die, inside, must, nfmgr, run, show, slowwait

CYCLES = {"6.1": 20, "uml-debug": 10}.get(os.environ.get("PNF_KERNEL"), 100)
PACKETS = 300
PORT4, PORT6 = 10000, 20000
CAPTURE = os.path.join(os.environ.get("TMPDIR", "/tmp"), "life_cycle.pcap")
PKTGEN = "/proc/net/pktgen/"

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
    for device in "din", "dout":
        must("ip", "-n", "router", "link", "add", device, "type", "dummy")
        must("ip", "-n", "router", "link", "set", device, "up")
    must("ip", "-n", "router", "link", "set", "din", "address", "02:00:00:00:00:01")
    must("ip", "-n", "router", "address", "add", "198.51.100.1/24", "dev", "dout")
    must("ip", "-n", "router", "address", "add", "2001:db8:2::1/64", "dev", "dout", "nodad")
    for address in "198.51.100.2", "2001:db8:2::2":
        must("ip", "-n", "router", "neighbour", "add", address, "lladdr", "02:00:00:00:00:09",
             "dev", "dout", "nud", "permanent")


def done(*words):
    said = nfmgr(*words, ns="router")
    if said.returncode:
        die(f"nfmgr {' '.join(words)}: {said.stderr}")


class Background:
    """pktgen, as long as the test: 500 Flows, 5,000 packets a second"""

    def __init__(self):
        run("modprobe", "pktgen")
        program = f"""
            pg() {{ echo "$2" >{PKTGEN}$1; }}
            pg kpktgend_0 rem_device_all; pg kpktgend_0 "add_device din"
            for s in "pkt_size 60" "xmit_mode netif_receive" "count 0" "delay 200000" \\
                "dst 198.51.100.2" "dst_mac 02:00:00:00:00:01" "src_mac 02:00:00:00:00:02" \\
                "src_min 10.1.0.1" "src_max 10.1.1.250" "udp_src_min 9" "udp_src_max 9" \\
                "udp_dst_min 9" "udp_dst_max 9"; do pg din "$s"; done
            exec echo start >{PKTGEN}pgctrl"""
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(["ip", "netns", "exec", "router", "bash", "-c", program],
                                        stdin=subprocess.DEVNULL)
        if not slowwait(10, lambda: self.sent() > 10):
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
        self.cycle, self.thread = 0, None

    def _send(self, count):
        for i in range(count):
            self.ipv4.sendto(b"x" * 72, ("198.51.100.2", PORT4 + self.cycle))
            self.ipv6.sendto(b"x" * 72, ("2001:db8:2::2", PORT6 + self.cycle))
            if i % 8 == 7:
                time.sleep(0.001)

    def start(self, cycle):
        self.cycle = cycle
        self.thread = threading.Thread(target=self._send, args=(PACKETS - 20,))
        self.thread.start()

    def end(self):
        """The last ones are in the Cache when this returns"""
        self.thread.join()
        self._send(20)


def unload():
    said = run("rmmod", "pkt_netflow")
    if said.returncode:
        die(f"rmmod: {said.stderr}")


def load():
    must("insmod", os.environ["PNF_MODULE"])


def one_cycle(cycle, stream, collected):
    """Six of ten steps, others each time, the same in each run"""
    order = random.Random(cycle)
    protocols = ["v5", "v9", "ipfix"]
    order.shuffle(protocols)
    load()
    done("set", "points", "inet=forward", "protocol", protocols[0], "destination",
         "203.0.113.2:2055")
    stream.start(cycle)
    steps = [["flush"], ["set", "hashsize", "65536"], ["set", "hashsize", "256"],
             ["set", "hashsize", "0"], ["set", "protocol", protocols[1]],
             ["set", "inet-priority", "50"],
             ["set", "active-timeout", "3", "inactive-timeout", "2", "scan-min", "1"],
             ["add", "destination", "[2001:db8:3::2]:2056"], ["reset", "stats"],
             ["set", "protocol", protocols[2], "refresh-rate", "3"]]
    order.shuffle(steps)
    for step in steps[:6]:
        done(*step)
    stream.end()
    if cycle % 10 == 0:
        check_law(ktap, f"cycle {cycle}", "router")
    last = {"v5": 5, "v9": 9, "ipfix": 10}[
        ([protocols[0]] + [step[2] for step in steps[:6] if step[1:2] == ["protocol"]])[-1]]
    if show("stats", "router")["cache"]["flows"] == 0:
        die("there is nothing that an unload could export")
    unload()
    collected.append(last)


setup()
with inside("collector"):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
listener.bind(("::", 2055))
with open(CAPTURE + ".log", "w", encoding="utf-8") as log:
    # pylint: disable-next=consider-using-with
    tcpdump = subprocess.Popen(
        ["ip", "netns", "exec", "collector", "tcpdump", "-i", "eth0", "-w", CAPTURE, "-U", "-n",
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
protocols_at_end = []
began = time.monotonic()
for number in range(CYCLES):
    one_cycle(number, sending, protocols_at_end)
took = time.monotonic() - began
passed = background.sent() - before
background.stop()
time.sleep(0.5)
tcpdump.terminate()
tcpdump.wait(timeout=20)
ktap.test("the capture lost nothing", logged("\n0 packets dropped by kernel"))
ktap.comment(f"{CYCLES} cycles in {took:.0f} s; {passed} packets were routed meanwhile")
ktap.test("the other stream never stopped", passed - CYCLES * PACKETS * 2 > took * 100,
          f"{passed} packets in {took:.0f} s")

capture = Capture(Rules(), [2055])
packets, reasons, background_packets = collections.Counter(), collections.Counter(), 0
for record in capture.read(CAPTURE):
    port = record["destinationTransportPort"]
    packets[port] += record["packetDeltaCount"]
    if port != 9 and "flowEndReason" in record:
        reasons[record["flowEndReason"]] += 1
wrong = [f"cycle {number}: {packets[PORT4 + number]}" for number in range(CYCLES)
         if packets[PORT4 + number] != PACKETS]
ktap.test(f"{CYCLES} times each of {PACKETS} packets was collected, once", not wrong,
          "\n".join(wrong))
ktap.equal("nothing else was", [],
           [port for port in packets if port != 9 and
            not PORT4 <= port < PORT4 + CYCLES and not PORT6 <= port < PORT6 + CYCLES])
wrong = [f"cycle {number}: {packets[PORT6 + number]}" for number in range(CYCLES)
         if packets[PORT6 + number] > PACKETS or
         protocols_at_end[number] != 5 and packets[PORT6 + number] < 20]
ktap.test("IPv6 by v9 and IPFIX, up to the unload, none twice", not wrong, "\n".join(wrong))
ktap.test("flowEndReason 4 at each flush and unload", reasons[4] >= CYCLES, str(reasons))
ktap.equal("conformance 13: no violation of the protocol over restarts and changes", [], capture.violations[:10])
load()
ktap.end()
