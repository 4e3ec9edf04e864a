#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
"""hooks.py - each packet is metered once, whatever hooks of the inet point are on

    client eth0 --- eth0 router eth1 --- eth0 server        192.0.2.0/24, 198.51.100.0/24
    blue eth0 ----- eth2 (VRF red) eth3 --- eth0 green      10.0.1.0/24, 10.0.2.0/24

Where the kernel has IPVS, 10.7.7.7 of the router is balanced to the server, which takes a datagram
out of LOCAL_IN and sends it on behind LOCAL_OUT.

For all 31 sets of hooks (in the debug kernel, some): UDP that is routed, to and from the router, over
lo, multicast and broadcast, in a VRF, of IPv4 and IPv6. A datagram is metered if one of the hooks
that it passes is on, and then once; the sender of a broadcast is one of its receivers. What is sent
to an own address in a VRF passes LOCAL_OUT twice with the VRF's device: it counts where it is
received. What was sent is what the receivers got. Then TCP, with super-packets and BIG TCP: the wire
is counted by a packet socket where offloads are off.
"""
import collections
import itertools
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "lib"))
# pylint: disable=wrong-import-position
from guest import Ktap, add_ns, check_law, die, inside, must, nfmgr, run, show

HOOKS = ("prerouting", "local-in", "forward", "local-out", "postrouting")
ROUTED = {"prerouting", "forward", "postrouting"}
TO = {"prerouting", "local-in"}
FROM = {"local-out", "postrouting"}
LOOPED = TO | FROM
DEFAULT = ("local-in", "forward", "local-out")
IS_SLOW = os.environ.get("PNF_KERNEL") == "uml-debug"
SO_RCVBUFFORCE, SO_BINDTODEVICE = 33, 25
SOL_PACKET, PACKET_STATISTICS = 263, 6
PAYLOAD = 100
PORTS = itertools.count(7001)

Kind = collections.namedtuple("Kind", "name sender target receiver hooks group device")
Kind.__new__.__defaults__ = (None, None)

ktap = Ktap()


def set_up():
    add_ns("client", "router", "server", "blue", "green")
    for end, device, net in (("client", "eth0", 1), ("server", "eth1", 2), ("blue", "eth2", 3),
                             ("green", "eth3", 4)):
        must("ip", "link", "add", device, "netns", "router", "type", "veth", "peer", "name", "eth0",
             "netns", end)
        four = {1: "192.0.2.", 2: "198.51.100.", 3: "10.0.1.", 4: "10.0.2."}[net]
        for ns, dev, host in (("router", device, 1), (end, "eth0", 2)):
            must("ip", "-n", ns, "link", "set", dev, "address", f"02:00:00:00:0{net}:0{host}")
            if net == 3 and ns == "router":
                must("ip", "-n", ns, "link", "add", "red", "type", "vrf", "table", "100")
                must("ip", "-n", ns, "link", "set", "red", "up")
            if net >= 3 and ns == "router":
                must("ip", "-n", ns, "link", "set", dev, "master", "red")
            must("ip", "-n", ns, "link", "set", dev, "up")
            must("ip", "-n", ns, "address", "add", f"{four}{host}/24", "broadcast", "+", "dev", dev)
            must("ip", "-n", ns, "address", "add", f"2001:db8:{net}::{host}/64", "dev", dev, "nodad")
        must("ip", "-n", end, "route", "add", "default", "via", f"{four}1")
        must("ip", "-n", end, "route", "add", "default", "via", f"2001:db8:{net}::1")
    must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns="router")
    # The router's end with GRO queues 256 packets: the server, which sends each segment by
    # itself, must not have more in flight
    must("sysctl", "-qw", "net.ipv4.tcp_wmem=4096 65536 131072", ns="server")
    must("ip", "-n", "router", "address", "add", "10.0.9.9/32", "dev", "red")
    must("ip", "-n", "router", "address", "add", "2001:db8:9::9/128", "dev", "red", "nodad")


# What is sent; hooks are those that a packet passes in the router
KINDS = [
    Kind("routed", "client", "198.51.100.2", "server", ROUTED),
    Kind("to the router", "client", "192.0.2.1", "router", TO),
    Kind("from the router", "router", "192.0.2.2", "client", FROM),
    Kind("lo", "router", "127.0.0.1", "router", LOOPED),
    Kind("its own address", "router", "192.0.2.1", "router", LOOPED),
    Kind("broadcast to the router", "client", "192.0.2.255", "router", TO),
    Kind("broadcast from the router", "router", "198.51.100.255", "server", LOOPED),
    Kind("limited broadcast", "router", "255.255.255.255", "server", LOOPED, None, "eth1"),
    Kind("multicast to the router", "client", "239.1.1.1", "router", TO, "eth0", "eth0"),
    Kind("multicast from the router", "router", "239.1.1.2", "server", FROM, "eth0", "eth1"),
    Kind("multicast to itself", "router", "239.1.1.3", "router", LOOPED, "eth1", "eth1"),
    Kind("routed in a VRF", "blue", "10.0.2.2", "green", ROUTED),
    Kind("to the router in a VRF", "blue", "10.0.1.1", "router", TO, None, "red"),
    Kind("to the router's VRF", "blue", "10.0.9.9", "router", TO, None, "red"),
    Kind("from the router in a VRF", "router", "10.0.2.2", "green", FROM, None, "red"),
    Kind("its own address in a VRF", "router", "10.0.1.1", "router", TO, None, "red"),
    Kind("the VRF's own address", "router", "10.0.9.9", "router", TO, None, "red"),
    Kind("broadcast in a VRF", "router", "10.0.2.255", "green", LOOPED, None, "red"),
    Kind("routed, IPv6", "client", "2001:db8:2::2", "server", ROUTED),
    Kind("to the router, IPv6", "client", "2001:db8:1::1", "router", TO),
    Kind("from the router, IPv6", "router", "2001:db8:1::2", "client", FROM),
    Kind("lo, IPv6", "router", "::1", "router", LOOPED),
    Kind("its own address, IPv6", "router", "2001:db8:1::1", "router", LOOPED),
    Kind("multicast to the router, IPv6", "client", "ff0e::1", "router", TO, "eth0", "eth0"),
    Kind("multicast from the router, IPv6", "router", "ff0e::2", "server", FROM, "eth0", "eth1"),
    Kind("multicast to itself, IPv6", "router", "ff0e::3", "router", LOOPED, "eth1", "eth1"),
    Kind("routed in a VRF, IPv6", "blue", "2001:db8:4::2", "green", ROUTED),
    Kind("to the router in a VRF, IPv6", "blue", "2001:db8:3::1", "router", TO, None, "red"),
    Kind("from the router in a VRF, IPv6", "router", "2001:db8:4::2", "green", FROM, None, "red"),
    Kind("its own address in a VRF, IPv6", "router", "2001:db8:3::1", "router", TO, None, "red"),
    Kind("the VRF's own address, IPv6", "router", "2001:db8:9::9", "router", TO, None, "red"),
    Kind("multicast in a VRF, IPv6", "router", "ff0e::4", "router", LOOPED, "eth3", "eth3"),
]


BALANCED = Kind("balanced", "client", "10.7.7.7", "server",
                {"prerouting", "local-out", "postrouting"})


def balance(stream):
    must("ip", "-n", "router", "address", "add", BALANCED.target + "/32", "dev", "lo")
    service = f"{BALANCED.target}:{stream.port}"
    must("ipvsadm", "-A", "-u", service, "-s", "rr", ns="router")
    must("ipvsadm", "-a", "-u", service, "-r", f"198.51.100.2:{stream.port}", "-m", ns="router")


class Stream:
    """Sockets of one kind, at a port of its own"""

    def __init__(self, number, kind):
        self.kind, self.port, self.count = kind, 5000 + number, 2 + number % 5
        self.octets = PAYLOAD + (48 if ":" in kind.target else 28)
        family = socket.AF_INET6 if ":" in kind.target else socket.AF_INET
        with inside(kind.sender):
            self.sender = socket.socket(family, socket.SOCK_DGRAM)
            index = socket.if_nametoindex(kind.device) if kind.device and kind.sender in (
                "client", "router") else 0
        with inside(kind.receiver):
            self.receiver = socket.socket(family, socket.SOCK_DGRAM)
            joined = socket.if_nametoindex(kind.group) if kind.group else 0
        if kind.device and kind.sender == "router":
            self.sender.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, kind.device.encode())
        if kind.device in ("red", "eth3") and kind.receiver == "router":
            self.receiver.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"red")
        self.sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if joined and family == socket.AF_INET:
            self.sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                   struct.pack("=4s4si", bytes(4), bytes(4), index))
            self.receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack(
                "=4s4si", socket.inet_aton(kind.target), bytes(4), joined))
        elif joined:
            self.sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            self.receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, struct.pack(
                "=16si", socket.inet_pton(family, kind.target), joined))
        self.receiver.settimeout(5)
        self.receiver.bind(("", self.port))

    def send(self):
        """And receive: true if all came"""
        try:
            for _ in range(self.count):
                self.sender.sendto(bytes(PAYLOAD), (self.kind.target, self.port))
        except OSError as error:
            die(f"{self.kind.name}: {error}")
        try:
            for _ in range(self.count):
                self.receiver.recv(2048)
        except (TimeoutError, socket.timeout):
            return False
        return True


def metered():
    """Packets and octets by destination port"""
    counts = collections.defaultdict(lambda: [0, 0])
    for flow in show("flows", "router"):
        counts[flow.get("destinationTransportPort", 0)][0] += flow["packetDeltaCount"]
        counts[flow.get("destinationTransportPort", 0)][1] += flow["octetDeltaCount"]
    return counts


def set_hooks(hooks):
    for words in (["set", "metering", "on", "points", "inet=" + "+".join(hooks)],
                  ["flush", "--discard"], ["reset", "stats"]):
        done = nfmgr(*words, ns="router")
        if done.returncode:
            ktap.test(f"nfmgr {' '.join(words)}", False, done.stderr)


def each_packet_once(hooks, streams):
    name = "+".join(hooks)
    set_hooks(hooks)
    lost = [stream.kind.name for stream in streams if not stream.send()]
    ktap.equal(f"{name}: the receivers got all", [], lost)
    counts = metered()
    wrong = []
    for stream in streams:
        times = bool(stream.kind.hooks & set(hooks))
        wanted = [stream.count * times, stream.count * stream.octets * times]
        if counts[stream.port] != wanted:
            wrong.append(f"{stream.kind.name}: {wanted} sent, {counts[stream.port]} metered")
    ktap.test(f"{name}: each packet that passes them is metered once", not wrong, "\n".join(wrong))
    check_law(ktap, name, "router")


# TCP ---------------------------------------------------------------------------------

def wire(sock, port):
    """Packets and octets of TCP from or to a port that a packet socket has taken"""
    packets = octets = 0
    while True:
        try:
            packet = sock.recv(65536)
        except BlockingIOError:
            return [packets, octets]
        if packet[0] >> 4 == 4 and packet[9] == 6:
            header, length = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)[0]
        elif packet[0] >> 4 == 6 and packet[6] == 6:
            header, length = 40, 40 + struct.unpack_from(">H", packet, 4)[0]
        else:
            continue
        if port in struct.unpack_from(">HH", packet, header):
            octets += length
            packets += 1


def transfer(source, target, address, port, size):
    """One connection: `size` octets there and as many back; returns its sockets, still open"""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with inside(target):
        listener = socket.create_server((address, port), family=family)
    with inside(source):
        client = socket.socket(family)
    client.connect((address, port))
    server, _ = listener.accept()
    for sender, receiver in ((client, server), (server, client)):
        sender.setblocking(False)
        left, expected, data = size, size, bytes(1 << 20)
        while expected:
            readable, writable, _ = select.select([receiver], [sender] if left else [], [], 60)
            if not readable and not writable:
                die(f"TCP stalls, {left} octets to send, {expected} to come")
            if writable:
                try:
                    left -= sender.send(data[:left])
                except BlockingIOError:
                    pass
            elif readable:      # with the send buffer full: for long packets
                expected -= len(receiver.recv(1 << 20))
        sender.setblocking(True)
    return client, server, listener


def link_set(ns, device, *words):
    return run("ip", "-n", ns, "link", "set", "dev", device, *words).returncode == 0


def biggest(sock):
    """Octets of the longest packet that a packet socket has taken"""
    longest = 0
    while True:
        try:
            longest = max(longest, sock.recv_into(bytearray(1), 1, socket.MSG_TRUNC))
        except BlockingIOError:
            return longest


def packet_socket(ns, device):
    with inside(ns):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    sock.bind((device, 3))
    sock.setblocking(False)
    return sock


def flow_counts(port):
    """Packets and octets in the Flows from or to a port"""
    counts = [0, 0]
    for flow in show("flows", "router"):
        if port in (flow.get("sourceTransportPort"), flow.get("destinationTransportPort")):
            counts[0] += flow["packetDeltaCount"]
            counts[1] += flow["octetDeltaCount"]
    return counts


def super_packets(name, hooks, source, address, is_big=False):
    """TCP between source and the server, where each segment is counted"""
    limit = 65536 if is_big else 20000
    # How long packets get is up to how busy the host is
    for _ in range(5):
        set_hooks(hooks)
        tap, client = packet_socket("server", "eth0"), packet_socket("client", "eth0")
        # A connection that ends is a Flow that ends
        port = next(PORTS)      # what an earlier connection still has to say is not of this one
        sockets = transfer(source, "server", address, port, 2000000)
        # The last acknowledgement may be on its way
        seen, counts = wire(tap, port), flow_counts(port)
        for _ in range(40):
            if seen == counts:
                break
            time.sleep(0.25)
            more = wire(tap, port)
            seen = [seen[0] + more[0], seen[1] + more[1]]
            counts = flow_counts(port)
        dropped = struct.unpack("=II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        longest = biggest(client)
        if source != "client" or longest > limit:
            break
        for sock in *sockets, tap, client:
            sock.close()
        time.sleep(0.5)
    if source == "client" and not ktap.test(
            f"{name}, {'+'.join(hooks)}: there were packets of more than {limit} octets",
            longest > limit, f"{longest} octets at most"):
        return
    ktap.equal(f"reference bug 5: {name}, {'+'.join(hooks)}: TCP is metered as on the wire",
               (seen, 0), (counts, dropped))
    for sock in *sockets, tap, client:
        sock.close()
    check_law(ktap, f"{name}, {'+'.join(hooks)}", "router")


def main():
    run("modprobe", "-q", "vrf")
    set_up()
    streams = [Stream(number, kind) for number, kind in enumerate(KINDS)]
    if run("modprobe", "-q", "-a", "ip_vs", "ip_vs_rr").returncode == 0:
        streams.append(Stream(len(KINDS), BALANCED))
        balance(streams[-1])
    ktap.equal("IPVS is tried in the kernel that has it", os.environ.get("PNF_KERNEL") == "6.1",
               streams[-1].kind == BALANCED)
    # Neighbours are found, groups joined
    must("nfmgr", "--netns", "router", "set", "metering", "on", "active-timeout", "3600",
         "inactive-timeout", "3600")
    for stream in streams:
        stream.send()
    sets = [hooks for size in range(1, len(HOOKS) + 1)
            for hooks in itertools.combinations(HOOKS, size)]
    tcp_sets = [DEFAULT, ("prerouting", "local-out"), ("postrouting", "local-in")]
    if IS_SLOW:
        sets = [hooks for hooks in sets if len(hooks) in (1, len(HOOKS)) or hooks == DEFAULT]
        tcp_sets = tcp_sets[:1]
    for hooks in sets:
        each_packet_once(hooks, streams)

    for end in ("server", "eth0"), ("router", "eth1"):
        must("ethtool", "-K", end[1], "tso", "off", "gso", "off", "gro", "off", ns=end[0])
    must("ethtool", "-K", "eth1", "gro", "on", ns="router")
    for address in "198.51.100.2", "2001:db8:2::2":
        for source in "client", "router":
            for hooks in tcp_sets:
                super_packets(f"{source} and server, {address}", hooks, source, address)
    big = [link_set(ns, device, "gso_max_size", "180000", "gro_max_size", "180000")
           for ns, device in (("client", "eth0"), ("router", "eth0"), ("router", "eth1"),
                              ("server", "eth0"))]
    # Linux 6.1 takes the header that tells the length for a part of each segment, and finds
    # segments of a full MTU too long to be forwarded
    for ns, device in ("router", "eth0"), ("router", "eth1"), ("server", "eth0"):
        link_set(ns, device, "mtu", "1600")
    if all(big):
        for source in "client", "router":
            for hooks in tcp_sets:
                super_packets(f"BIG TCP, {source} and server", hooks, source, "2001:db8:2::2",
                              True)
    else:
        ktap.skip("BIG TCP", "this kernel has no packets over 65536 octets")
    ktap.end()


main()
