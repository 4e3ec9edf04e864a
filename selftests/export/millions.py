#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: uml
# timeout: 300
"""A flush of 2 million Flows does not keep softirqs, and so packets, waiting

    pktgen -> din [router] dout      a eth0 -- eth0 b
                 `- d0 (the destination)

Meanwhile packets go from a to b, one each millisecond: netem of a lets them go by a timer, without
any program, and b stamps them when they come, which both happen in softirqs. Only where millions of
Flows are made in seconds.
"""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from guest import Ktap, add_ns, check_law, die, inside, must, nfmgr, run, show, slowwait

FLOWS = 2000000
BEATS = 15000
SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 32, 33, 35
BUFFER = 64 << 20

ktap = Ktap()


def set_up():
    run("modprobe", "-q", "-a", "pktgen", "sch_netem", "dummy")
    add_ns("router", "a", "b")
    for words in ("link add din address 02:00:00:00:00:01 type dummy", "link add dout type dummy",
                  "link add d0 type dummy", "link set din up", "link set dout up", "link set d0 up",
                  "address add 198.51.100.1/24 dev dout", "address add 203.0.113.1/24 dev d0",
                  "neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev dout nud permanent",
                  "neighbour add 203.0.113.2 lladdr 02:00:00:00:00:09 dev d0 nud permanent"):
        must("ip", "-n", "router", *words.split())
    must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
         "net.ipv4.conf.din.rp_filter=0", ns="router")
    must("ip", "link", "add", "eth0", "netns", "a", "type", "veth", "peer", "name", "eth0", "netns",
         "b")
    for number, name, other in (1, "a", 2), (2, "b", 1):
        for words in (f"link set eth0 address 02:00:00:00:00:1{number} up",
                      f"address add 192.0.2.{number}/24 dev eth0",
                      f"neighbour add 192.0.2.{other} lladdr 02:00:00:00:00:1{other} dev eth0 nud permanent"):
            must("ip", "-n", name, *words.split())
    # 125 octets with the Ethernet header are 1000 bits
    must("tc", "-n", "a", "qdisc", "add", "dev", "eth0", "root", "netem", "rate", "1mbit", "limit",
         str(2 * BEATS))


def configure(*words):
    said = nfmgr("set", *words, ns="router")
    if said.returncode:
        die(f"nfmgr set {' '.join(words)}: {said.stderr}")


def pktgen(name, word):
    with open(f"/proc/thread-self/net/pktgen/{name}", "w", encoding="ascii") as file:
        file.write(word + "\n")


def generate():
    with inside("router"):
        pktgen("kpktgend_0", "rem_device_all")
        pktgen("kpktgend_0", "add_device din")
        for setting in ("pkt_size 60", "xmit_mode netif_receive", "burst 1", "delay 0",
                        "dst_mac 02:00:00:00:00:01", "src_mac 02:00:00:00:00:02",
                        "dst 198.51.100.2", "src_min 10.0.0.1", "src_max 10.255.255.254",
                        "udp_src_min 9", "udp_src_max 9", "udp_dst_min 9", "udp_dst_max 9",
                        f"count {FLOWS}"):
            pktgen("din", setting)
        pktgen("pgctrl", "start")
        pktgen("kpktgend_0", "rem_device_all")


class Beats:
    """Packets from a to b, a millisecond between each two"""

    def __init__(self):
        with inside("b"):
            self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self.receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.receiver.bind(("", 7))
        self.receiver.setblocking(False)
        with inside("a"):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, BUFFER)
        for _ in range(BEATS):
            sender.sendto(bytes(125 - 14 - 28), ("192.0.2.2", 7))
        self.sender = sender

    def times(self):
        """When they came, in seconds of the wall clock"""
        found = []
        while True:
            try:
                _, ancillary, _, _ = self.receiver.recvmsg(200, 100)
            except BlockingIOError:
                return found
            seconds, ns = struct.unpack("=qq", ancillary[0][2])
            found.append(seconds + ns / 10**9)

    def longest_gap(self, began, ended):
        """How many came meanwhile, and the longest wait in seconds"""
        times = [began, *(when for when in self.times() if began < when < ended), ended]
        return len(times) - 2, max(after - before for before, after in zip(times, times[1:]))

    def close(self):
        self.receiver.close()
        self.sender.close()


def flush(*words):
    """A flush of millions of Flows; the host may be busy, so that the best of three counts"""
    name = f"nfmgr flush {' '.join(words)}".strip()
    for _ in range(3):
        generate()
        flows = show("stats", "router")["cache"]["flows"]
        beats = Beats()
        began = time.time()
        must("nfmgr", "--netns", "router", "flush", *words)
        ended = time.time()
        count, gap = beats.longest_gap(began, ended)
        beats.close()
        ktap.comment(f"{name}: {flows} Flows in {ended - began:.2f} s, {count} packets meanwhile, "
                     f"{gap * 1000:.1f} ms between two at most")
        is_short = gap < (ended - began) / 10
        if flows != FLOWS or is_short:
            break
    ktap.equal(f"{name}: there were {FLOWS} Flows, now there is none", (FLOWS, 0),
               (flows, show("stats", "router")["cache"]["flows"]))
    ktap.test(f"reference bug 3: {name}: no packet waits for it, nor for a tenth of it",
              count > 20 and is_short,
              f"{gap * 1000:.0f} ms of {(ended - began) * 1000:.0f}")


set_up()
configure("points", "inet=forward", "protocol", "ipfix", "destination", "203.0.113.2:2055", "maxflows",
          "0", "active-timeout", "3600", "inactive-timeout", "3600")
flush()
flush("--discard")
slowwait(20, lambda: not show("stats", "router")["exporting"]["queued_packets"])
exporting = show("stats", "router")["exporting"]
ktap.equal("each time all were exported, or all discarded", [(True, 0)] * 2,
           [(exporting[name] >= FLOWS, exporting[name] % FLOWS)
            for name in ("exported_packets", "discarded_packets")])
check_law(ktap, "after that", "router")
ktap.end()
