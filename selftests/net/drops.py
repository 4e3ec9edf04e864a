#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: 6.1
# timeout: 300
"""Metered packets do not show up as drops: drop monitors look at the tracepoint skb:kfree_skb, which
tells of as many with metering as without. Only where there is tracing.

    client eth0 -- eth0 router eth1 -- eth0 server
                        eth2 -- eth0 collector
"""
import collections
import os
import re
import select
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from guest import Ktap, add_ns, check_law, die, inside, must, nfmgr, run, show

TRACING = "/sys/kernel/tracing/"
PACKETS = 400           # of UDP to each address
OCTETS = 500000         # of TCP
ADDRESSES = "198.51.100.2", "2001:db8:2::2"
PORT, SINK, CLOSED = 5000, 2055, 9

ktap = Ktap()


def set_up():
    add_ns("client", "router", "server", "collector")
    for name, device, net in (("client", "eth0", 1), ("server", "eth1", 2), ("collector", "eth2", 3)):
        must("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", device,
             "netns", "router")
        four = {1: "192.0.2.", 2: "198.51.100.", 3: "203.0.113."}[net]
        for ns, dev, host in (name, "eth0", 2), ("router", device, 1):
            must("sysctl", "-qw", f"net.ipv6.conf.{dev}.accept_ra=0",
                 f"net.ipv6.conf.{dev}.router_solicitations=0", ns=ns)
            must("ip", "-n", ns, "link", "set", dev, "address", f"02:00:00:00:0{net}:0{host}",
                 "multicast", "off", "up")
            must("ip", "-n", ns, "address", "add", f"{four}{host}/24", "dev", dev)
            must("ip", "-n", ns, "address", "add", f"2001:db8:{net}::{host}/64", "dev", dev, "nodad")
            # Neighbours are known: nothing of what is seen is about them
            for address in f"{four}{3 - host}", f"2001:db8:{net}::{3 - host}":
                must("ip", "-n", ns, "neighbour", "add", address, "lladdr",
                     f"02:00:00:00:0{net}:0{3 - host}", "dev", dev, "nud", "permanent")
        must("ip", "-n", name, "route", "add", "default", "via", f"{four}1")
        must("ip", "-n", name, "route", "add", "default", "via", f"2001:db8:{net}::1")
    must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns="router")


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Monitor:
    """Drops of IPv4 and IPv6 packets, as a drop monitor sees them: by their reasons"""

    def __init__(self):
        self.path = TRACING + "instances/pkt_netflow/"
        os.makedirs(self.path, exist_ok=True)
        put(self.path + "buffer_size_kb", "8192")
        put(self.path + "events/skb/kfree_skb/filter", "protocol == 0x0800 || protocol == 0x86dd")
        put(self.path + "events/skb/kfree_skb/enable", "1")

    def begin(self):
        put(self.path + "trace", "")

    def seen(self):
        """What TCP itself has no use for, since it came late, depends on how busy the host is"""
        with open(self.path + "trace", encoding="ascii", errors="replace") as file:
            found = re.findall(r"kfree_skb: .*(protocol=\d+).*(reason: \w+)", file.read())
        return collections.Counter(drop for drop in found if "TCP_" not in drop[1])

    def close(self):
        put(self.path + "events/skb/kfree_skb/enable", "0")
        os.rmdir(self.path)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Traffic:
    """UDP to a socket that reads it, pings, and TCP in super-packets; connections stay open until
    the end, as the stack's own way to close them counts as drops"""

    def __init__(self):
        self.udp, self.tcp = [], []
        for address in ADDRESSES:
            with inside("server"):
                receiver = socket.socket(family_of(address), socket.SOCK_DGRAM)
                listener = socket.create_server((address, PORT), family=family_of(address))
            receiver.bind((address, PORT))
            receiver.settimeout(20)
            with inside("client"):
                sender = socket.socket(family_of(address), socket.SOCK_DGRAM)
                client = socket.socket(family_of(address))
            client.connect((address, PORT))
            self.udp.append((address, sender, receiver))
            self.tcp.append((client, listener.accept()[0], listener))

    def once(self):
        for address, sender, receiver in self.udp:
            for _ in range(PACKETS):
                sender.sendto(bytes(100), (address, PORT))
                receiver.recv(200)
            must("ping", "-q", "-c", "20", "-i", "0.01", address, ns="client")
        for client, server, _ in self.tcp:
            for sender, receiver in (client, server), (server, client):
                thread = threading.Thread(target=sender.sendall, args=(bytes(OCTETS),))
                thread.start()
                left = OCTETS
                while left:
                    if not select.select([receiver], [], [], 30)[0]:
                        die("TCP stalls")
                    left -= len(receiver.recv(left))
                thread.join()
        time.sleep(0.3)         # the last acknowledgements


def configure(*words):
    said = nfmgr("set", *words, ns="router")
    if said.returncode:
        die(f"nfmgr set {' '.join(words)}: {said.stderr}")


def metered():
    return show("stats", "router")["metering"]["metered_packets"]


def received():
    """By the router: skbs, of which a super-packet is one"""
    return sum(int(must("cat", f"/sys/class/net/{device}/statistics/rx_packets", ns="router"))
               for device in ("eth0", "eth1"))


def main():
    if not os.path.isdir(TRACING + "events/skb/kfree_skb"):
        run("mount", "-t", "tracefs", "tracefs", TRACING)
    set_up()
    with inside("collector"):
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("", SINK))
    traffic, monitor = Traffic(), Monitor()

    monitor.begin()
    with inside("client"):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(50):
        sender.sendto(b"x", (ADDRESSES[0], CLOSED))
    time.sleep(0.3)
    ktap.test("the monitor sees what is dropped, since nobody listens",
              sum(monitor.seen().values()) >= 50, monitor.seen())

    configure("points", "inet=prerouting+local-in+forward+local-out+postrouting", "protocol", "ipfix",
              "destination", f"203.0.113.2:{SINK}", "export-delay", "0")
    # Now and then the stack drops one of its own
    for _ in range(4):
        seen = {}
        for metering in "off", "on":
            configure("metering", metering)
            packets, skbs = metered(), received()
            monitor.begin()
            traffic.once()
            must("nfmgr", "--netns", "router", "flush")
            time.sleep(0.3)
            seen[metering] = monitor.seen()
            packets, skbs = metered() - packets, received() - skbs
            ktap.comment(f"metering {metering}: {packets} packets in {skbs} skbs, "
                         f"{dict(seen[metering])}")
        if seen["off"] == seen["on"]:
            break
    ktap.test("packets were metered, of which many were one skb", packets > skbs * 1.25 > 2 * PACKETS,
              f"{packets} packets, {skbs} skbs")
    ktap.equal("reference bug 13: a drop monitor sees the same with metering as without",
               seen["off"], seen["on"])
    exported = show("stats", "router")["exporting"]
    ktap.test("messages were sent, and are no drops either", exported["messages"] > 0, exported)
    monitor.close()
    check_law(ktap, "after all that", "router")
    ktap.end()


main()
