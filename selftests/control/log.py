#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: uml-debug
"""The kernel's log is no way to disturb a router: with `debug` at its highest, floods of truncated
packets, of Flows that find no room and of messages that no destination takes make few lines

    client eth0 -- eth0 router eth1 -- eth0 collector
                       d0
"""
import collections
import ipaddress
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from guest import (Ktap, Netlink, UAPI, add_ns, attr, be16, check_law, die, inside, must, nest, nfmgr,
                   show, slowwait)

FLOOD = 1000            # of each kind of packet
CONNECTIONS = 100       # of each destination
NOBODY = "203.0.113.2:2055"
# Nobody listens; no neighbour; no route; a route that says no
DESTINATIONS = [NOBODY, "203.0.113.77:2055", "192.88.99.1:2055", "198.18.0.1:2055",
                "[2001:db8:3::2]:2055", "[2001:db8:3::77]:2055", "[2001:db8:4::1]:2055"]

ktap = Ktap()


def set_up():
    add_ns("client", "router", "collector")
    for name, device, net in ("client", "eth0", 1), ("collector", "eth1", 3):
        must("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", device,
             "netns", "router")
        four = {1: "192.0.2.", 3: "203.0.113."}[net]
        for ns, dev, host in (name, "eth0", 2), ("router", device, 1):
            must("ip", "-n", ns, "link", "set", dev, "address", f"02:00:00:00:0{net}:0{host}", "up")
            must("ip", "-n", ns, "address", "add", f"{four}{host}/24", "dev", dev)
            must("ip", "-n", ns, "address", "add", f"2001:db8:{net}::{host}/64", "dev", dev, "nodad")
    must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
         "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0", ns="router")
    must("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0", ns="collector")
    must("ip", "-n", "client", "route", "add", "default", "via", "192.0.2.1")
    for words in ("link add d0 type dummy", "link set d0 multicast off up",
                  "address add 198.51.100.1/24 dev d0", "address add 2001:db8:2::1/64 dev d0 nodad",
                  "neighbour add 198.51.100.2 lladdr 02:00:00:00:00:09 dev d0 nud permanent",
                  "neighbour add 2001:db8:2::2 lladdr 02:00:00:00:00:09 dev d0 nud permanent",
                  "route add unreachable 198.18.0.0/24", "route add unreachable 2001:db8:4::/64"):
        must("ip", "-n", "router", *words.split())


def configure(*words):
    said = nfmgr("set", *words, ns="router")
    if said.returncode:
        die(f"nfmgr set {' '.join(words)}: {said.stderr}")


def stats():
    return show("stats", "router")


class Log:
    """What the kernel says from now on"""

    def __init__(self):
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.file, 0, os.SEEK_END)
        self.began = time.monotonic()

    def lines(self):
        found = []
        while True:
            try:
                entry = os.read(self.file, 8192).decode(errors="replace")
            except BlockingIOError:
                return found
            except BrokenPipeError:
                return found + ["more than the log has room for"] * 100000
            priority = int(entry.split(",", 1)[0])
            if priority >> 3 == 0:              # the kernel's own
                found.append(entry.split(";", 1)[1].splitlines()[0])

    def is_quiet(self, name):
        """net_ratelimit() lets 10 pass in 5 s, and tells how many it did not"""
        seconds = time.monotonic() - self.began
        found = self.lines()
        most = 11 * (2 + int(seconds / 5))
        ktap.test(f"reference bug 14: {name}: few lines in the log", len(found) <= most,
                  f"{len(found)} in {seconds:.1f} s, not {most}:\n" + "\n".join(found[:5]))
        os.close(self.file)
        return found


# Packets that say more than they have --------------------------------------------------------------

def ipv4(protocol, payload, fragment=0):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0,
                         socket.inet_aton("192.0.2.2"), socket.inet_aton("198.51.100.2"))
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    return b"\x08\x00" + header[:10] + struct.pack("!H", 0xffff - total) + header[12:] + payload


def ipv6(next_header, payload):
    return b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64) + \
        ipaddress.ip_address("2001:db8:1::2").packed + ipaddress.ip_address("2001:db8:2::2").packed + payload


def truncated_packets():
    ah = struct.pack("!BBHII", 59, 4, 0, 0x1000, 1) + bytes(12)
    more_fragments = 0x2000
    return {
        "an IPv6 packet with 2 to 7 octets of AH": [ipv6(51, ah[:octets]) for octets in range(2, 8)],
        "an AH header longer than the packet": [ipv6(51, ah[:12]), ipv4(51, ah[:20])],
        "7 octets of TCP, 3 of UDP": [ipv4(6, bytes(7)), ipv6(17, bytes(3))],
        "a first fragment without its ports": [ipv4(17, bytes(0), more_fragments)],
        "extension headers that are cut off": [ipv6(60, b"\x06\x05\x01\x04" + bytes(4)),
                                               ipv6(44, b"\x06\x00\x00"), ipv6(43, b"\x06")],
    }


def truncated():
    with inside("client"):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("eth0", 0))
    addresses = bytes.fromhex("020000000101020000000102")
    for name, packets in truncated_packets().items():
        log, before = Log(), stats()["metering"]["ignored"]["truncated"]
        for number in range(FLOOD):
            sock.send(addresses + packets[number % len(packets)])
        seen = slowwait(10, lambda: stats()["metering"]["ignored"]["truncated"] - before == FLOOD)
        ktap.test(f"{'reference bug 1: ' * ('2 to 7' in name)}{FLOOD} times {name}: counted as truncated",
                  seen, stats()["metering"])
        log.is_quiet(name)
    sock.close()


# Flows, destinations -------------------------------------------------------------------------------

def send(count, first):
    """So many Flows"""
    with inside("client"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(count):
        sock.sendto(b"x", ("198.51.100.2", first + number))
    sock.close()


def full_cache():
    log = Log()
    configure("maxflows", "50")
    send(FLOOD * 2, 10000)
    found = stats()
    reasons = found["metering"]["end_reasons"]
    ktap.test("the Cache was full: Flows were evicted or found no room",
              found["metering"]["ignored"]["max_flows"] + reasons["resources"] > FLOOD, found["metering"])
    configure("maxflows", "0")
    log.is_quiet("a full Cache")


def dead_destinations():
    log = Log()
    configure("protocol", "v9", "max-message", "512", "destination", ",".join(DESTINATIONS))
    for turn in range(3):
        send(FLOOD, 20000 + turn * FLOOD)
        must("nfmgr", "--netns", "router", "flush")
    errors = collections.Counter()
    for destination in stats()["destinations"]:
        errors.update(destination["errors"])
    ktap.test(f"hundreds of messages failed: {dict(errors)}", sum(errors.values()) > 300,
              stats()["destinations"])
    return log.is_quiet("destinations that take nothing")


def destination(text):
    address, port = text.rsplit(":", 1)
    kind, data = ("ADDRESS6", ipaddress.ip_address(address.strip("[]")).packed) if "[" in text else \
        ("ADDRESS4", socket.inet_aton(address))
    return nest(UAPI["PNF_CONFIG_DESTINATION"], attr(UAPI["PNF_DESTINATION_" + kind], data),
                be16(UAPI["PNF_DESTINATION_PORT"], int(port)))


def connections():
    """Each destination is added, which is when the log is told of it, and removed"""
    log = Log()
    nl = Netlink(ns="router")
    flush = attr(UAPI["PNF_CONFIG_DESTINATION_FLUSH"])
    everyone = b"".join(map(destination, DESTINATIONS))
    for _ in range(CONNECTIONS):
        for payload in flush, flush + everyone:
            answer = nl.ask(UAPI["PNF_CMD_CONFIG_SET"], payload)
            if answer.error:
                die(f"destinations: {answer}")
    nl.close()
    return log.is_quiet(f"{CONNECTIONS} times {len(DESTINATIONS)} destinations")


set_up()
configure("metering", "on", "points", "inet=prerouting", "debug", "2", "active-timeout", "3600",
          "inactive-timeout", "3600")
truncated()
full_cache()
found = dead_destinations() + connections()
ktap.test("the log was told of destinations", any("a destination" in line for line in found),
          "\n".join(found))
check_law(ktap, "after all floods", "router")
ktap.end()
