#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""replay.py - captures for a router: make, rewrite and send them

    replay.py generate PLAIN.pcap ODD.pcap      the same packets each time
    replay.py rewrite FILE OUT.pcap             for forwarding: addresses, TTL, checksums
    replay.py send DEVICE MAC FILE              to the router with that MAC address; says how many

PLAIN.pcap is what a router forwards: many protocols, fragments, extension headers, tunnels.
ODD.pcap is what it does not, or not all of it: malformed headers, frames that are not IP, tags,
IPv4 options, addresses that mean no single host, octets changed at random.

`rewrite` maps each source address to one of 10.1.0.0/16 or fd00:0:0:1::/64, each destination to
one of 10.2.0.0/16 or fd00:0:0:2::/64, leaves out what is no IP packet, computes the checksum of
the IPv4 header and fills up with 0 what was cut. `send` gives each frame a new Ethernet header;
VLAN tags and other link types' headers are taken off. A FILE is pcap or pcapng.
"""
import ipaddress
import random
import socket
import struct
import sys
import time

ETHERNET, NULL, LOOP, SLL, SLL2 = 1, 0, 108, 113, 276
RAW = (12, 14, 101, 228, 229)
TAGS = (0x8100, 0x88a8, 0x9100)
IPV4, IPV6 = 0x0800, 0x86dd
ROUTER = bytes.fromhex("020000000101")
HOST = bytes.fromhex("020000000102")
BURST = 64              # frames, then a pause


# Captures ----------------------------------------------------------------------

def read_pcapng(data):
    """(link type, octets) of each frame"""
    links, at, order = [], 0, "<"
    while at + 12 <= len(data):
        kind, = struct.unpack_from(order + "I", data, at)
        if kind == 0x0a0d0d0a:
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        size, = struct.unpack_from(order + "I", data, at + 4)
        if kind == 1:
            links.append(struct.unpack_from(order + "H", data, at + 8)[0])
        elif kind == 6:
            interface, _, _, captured = struct.unpack_from(order + "IIII", data, at + 8)
            yield links[interface], data[at + 28:at + 28 + captured]
        elif kind in (2, 3):
            sys.exit("a block that mergecap does not write")
        at += size


def read(path):
    """(link type, octets) of each frame"""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from read_pcapng(data)
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link, at = struct.unpack_from(order + "I", data, 20)[0] & 0xffff, 24
    while at + 16 <= len(data):
        captured, = struct.unpack_from(order + "I", data, at + 8)
        yield link, data[at + 16:at + 16 + captured]
        at += 16 + captured


def write(path, frames):
    """frames: octets, or (octets, how long the packet was)"""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, ETHERNET))
        for i, frame in enumerate(frames):
            frame, size = frame if isinstance(frame, tuple) else (frame, len(frame))
            file.write(struct.pack("<IIII", 1000000000 + i // 1000, i % 1000 * 1000, len(frame),
                                   size) + frame)


def without_link(link, frame):
    """(EtherType, what follows) of a frame; None where there is none"""
    if link == ETHERNET:
        at = 12
        while len(frame) >= at + 6 and struct.unpack_from(">H", frame, at)[0] in TAGS:
            at += 4
        kind, header = at, at + 2
    elif link == SLL:
        kind, header = 14, 16
    elif link == SLL2:
        kind, header = 0, 20
    elif link in RAW or link in (NULL, LOOP):
        header = 0 if link in RAW else 4
        version = frame[header] >> 4 if len(frame) > header else 0
        return {4: IPV4, 6: IPV6}.get(version, 0xffff), frame[header:]
    else:
        sys.exit(f"frames of a link type unknown here: {link}")
    if len(frame) < header:
        return None
    return struct.unpack_from(">H", frame, kind)[0], frame[header:]


# Packets -----------------------------------------------------------------------

def ones_complement(data):
    """Sum as in RFC 1071"""
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def checksum(data):
    return ones_complement(data) ^ 0xffff


def adjust(packet, at, old, new):
    """RFC 1624: the checksum at `at` follows what it covers"""
    before, = struct.unpack_from(">H", packet, at)
    total = ones_complement(struct.pack(">H", before ^ 0xffff) + bytes(o ^ 0xff for o in old) + new)
    struct.pack_into(">H", packet, at, total ^ 0xffff)


def address(text):
    return ipaddress.ip_address(text).packed


def ip4(src, dst, protocol, payload, tos=0, ttl=64, ident=1, frag=0, options=b"", size=None):
    """An IPv4 packet; frag: flags and offset"""
    words = 5 + len(options) // 4
    header = struct.pack(">BBHHHBBH", 0x40 | words, tos,
                         words * 4 + len(payload) if size is None else size, ident, frag, ttl,
                         protocol, 0) + address(src) + address(dst) + options
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ip6(src, dst, protocol, payload, tclass=0, label=0, size=None):
    return struct.pack(">IHBB", 6 << 28 | tclass << 20 | label,
                       len(payload) if size is None else size, protocol, 64) + \
        address(src) + address(dst) + payload


def summed(src, dst, protocol, segment, at):
    """The segment with its checksum, over a pseudo-header, at `at`"""
    pseudo = address(src) + address(dst) + struct.pack(">II", len(segment), protocol)
    value = checksum(pseudo + segment) or 0xffff
    return segment[:at] + struct.pack(">H", value) + segment[at + 2:]


def tcp(src, dst, sport, dport, payload=b"", seq=1, flags=0x10, options=b""):
    return summed(src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, seq, 1,
                                           (5 + len(options) // 4) << 4, flags, 65535, 0, 0)
                  + options + payload, 16)


def udp(src, dst, sport, dport, payload=b""):
    return summed(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload,
                  6)


def icmp(kind, code, payload):
    header = struct.pack(">BBH", kind, code, 0) + payload
    return header[:2] + struct.pack(">H", checksum(header)) + header[4:]


def icmp6(src, dst, kind, code, payload):
    return summed(src, dst, 58, struct.pack(">BBH", kind, code, 0) + payload, 2)


def ip(src, dst, protocol, payload, **how):
    return (ip6 if ":" in src else ip4)(src, dst, protocol, payload, **how)


def ether(packet, kind=None, tags=b""):
    if kind is None:
        kind = IPV6 if packet[0] >> 4 == 6 else IPV4
    return ROUTER + HOST + tags + struct.pack(">H", kind) + packet


def extension(following, octets=8, options=b""):
    """A hop-by-hop or destination header: options, then PadN"""
    room = octets - 2 - len(options)
    pad = b"" if not room else b"\0" if room == 1 else bytes([1, room - 2]) + bytes(room - 2)
    return bytes([following, octets // 8 - 1]) + options + pad


def fragment6(following, offset, more, ident):
    return struct.pack(">BBHI", following, 0, offset | more, ident)


# What is made ------------------------------------------------------------------

def conversations(rng, a, b):
    """TCP with segments in a row, and UDP, of many ports and sizes"""
    stamp = bytes.fromhex("0101080a0000000100000002")
    for i in range(60):
        sport, dport, seq = 1024 + rng.randrange(60000), rng.choice((22, 80, 443, 5201)), 1000
        yield ip(a, b, 6, tcp(a, b, sport, dport, seq=seq, flags=2, options=bytes.fromhex("020405b4")))
        yield ip(b, a, 6, tcp(b, a, dport, sport, flags=0x12, options=bytes.fromhex("020405b4")))
        size = rng.choice((1, 536, 1448, 1448, 8948))
        for _ in range(rng.randrange(1, 24)):
            seq += size
            yield ip(a, b, 6, tcp(a, b, sport, dport, rng.randbytes(size), seq,
                                  0x10 if rng.random() < .9 else 0x18, stamp))
        yield ip(b, a, 6, tcp(b, a, dport, sport, flags=rng.choice((0x11, 0x04, 0x14, 0x50))))
        for _ in range(rng.randrange(1, 6)):
            yield ip(a, b, 17, udp(a, b, rng.randrange(65536), 53 + i % 3,
                                   rng.randbytes(rng.choice((0, 1, 17, 512, 1400, 9000)))))
    yield ip(a, b, 17, udp(a, b, 9, 9, bytes(65535 - 48)))


def fragments(rng, a, b, protocol, segment, size):
    """The packet in fragments of `size` octets, in some order"""
    ident, parts = rng.randrange(65536), []
    for at in range(0, len(segment), size):
        more, piece = at + size < len(segment), segment[at:at + size]
        if ":" in a:
            parts.append(ip6(a, b, 44, fragment6(protocol, at, more, ident) + piece))
        else:
            parts.append(ip4(a, b, protocol, piece, ident=ident, frag=more << 13 | at // 8))
    rng.shuffle(parts)
    return parts


def plain(rng):
    """What a router forwards"""
    a4, b4, a6, b6 = "192.0.2.77", "198.51.100.77", "2001:db8:a::77", "2001:db8:b::77"
    packets = []
    for a, b in (a4, b4), (a6, b6):
        packets += conversations(rng, a, b)
        for protocol in 2, 4, 41, 46, 47, 50, 51, 59, 88, 89, 94, 103, 112, 115, 132, 33, 136, 253:
            payload = struct.pack(">HHII", 1000 + protocol, 2000, 7, 0) + rng.randbytes(40)
            if protocol in (4, 41):
                src, dst = (a4, b4) if protocol == 4 else (a6, b6)
                payload = ip(src, dst, 6, tcp(src, dst, 5, 6, b"inside"))
            elif protocol == 47:
                payload = bytes.fromhex("00000800") + ip4(a4, b4, 17, udp(a4, b4, 7, 8, b"inside"))
            elif protocol == 51:
                payload = struct.pack(">BBHII", 6, 4, 0, 99, 1) + bytes(12) + \
                    tcp(a, b, 5, 6, b"authentic")
            packets += [ip(a, b, protocol, payload)] * 3
        for tos in range(0, 256, 5):
            how = {"tclass": tos, "label": tos * 4000} if ":" in a else {"tos": tos}
            packets.append(ip(a, b, 17, udp(a, b, 10, 11, bytes(tos)), **how))
        big = udp(a, b, 4000, 4001, rng.randbytes(5000))
        packets += fragments(rng, a, b, 17, big, 1480)
        packets += fragments(rng, a, b, 17, big, 24)
        packets += fragments(rng, a, b, 6, tcp(a, b, 4002, 4003, rng.randbytes(3000)), 1024)
        packets += fragments(rng, a, b, 50, rng.randbytes(3000), 1400)
    echo = struct.pack(">HH", 1, 1) + bytes(56)
    quote = ip4(b4, a4, 17, udp(b4, a4, 53, 5353, b"quoted"))
    packets += [ip4(a4, b4, 1, icmp(8, 0, echo)), ip4(a4, b4, 1, icmp(0, 0, echo)),
                ip4(a4, b4, 1, icmp(3, 3, bytes(4) + quote)), ip4(a4, b4, 1, icmp(11, 0, bytes(4) + quote)),
                ip4(a4, b4, 17, struct.pack(">HHHH", 12, 13, 8, 0))]
    packets += fragments(rng, a4, b4, 1, icmp(8, 0, struct.pack(">HH", 1, 1) + bytes(4000)), 1480)
    quote = ip6(b6, a6, 17, udp(b6, a6, 53, 5353, b"quoted"))
    packets += [ip6(a6, b6, 58, icmp6(a6, b6, kind, 0, payload)) for kind, payload in
                ((128, echo), (129, echo), (1, bytes(4) + quote), (3, bytes(4) + quote))]
    packets += fragments(rng, a6, b6, 58, icmp6(a6, b6, 128, 0, bytes(4000)), 1448)
    packets += extensions(a6, b6)
    # The link pads short frames
    return [ether(packet) + bytes(max(0, 46 - len(packet))) for packet in packets]


def extensions(a, b):
    """Chains of IPv6 extension headers"""
    segment, datagram = tcp(a, b, 4004, 4005, b"behind"), udp(a, b, 4006, 4007, b"behind")
    routing = bytes([17, 2, 4, 0]) + bytes(4) + address(b)
    alert, unknown = bytes.fromhex("05020000"), bytes.fromhex("1e0412345678")
    yield ip6(a, b, 0, extension(6) + segment)
    yield ip6(a, b, 0, extension(17, 8, alert) + datagram)
    yield ip6(a, b, 0, extension(17, 16, unknown + unknown) + datagram)
    yield ip6(a, b, 60, extension(6, 24, unknown * 3) + segment)
    yield ip6(a, b, 43, routing + datagram)
    yield ip6(a, b, 60, extension(60) + extension(60) + extension(17) + datagram)
    yield ip6(a, b, 44, fragment6(17, 0, 0, 5) + datagram)
    yield ip6(a, b, 0, extension(44) + fragment6(60, 0, 1, 6) + extension(17) + datagram)
    yield ip6(a, b, 0, extension(44) + fragment6(60, 24, 0, 6) + bytes(range(64)))
    yield ip6(a, b, 0, extension(60) + extension(43) + routing[:0] + bytes([44, 2, 4, 0]) + bytes(4)
              + address(b) + fragment6(60, 0, 0, 7) + extension(6) + segment)
    yield ip6(a, b, 60, extension(41) + ip6(b, a, 60, extension(6) + tcp(b, a, 1, 2)))
    yield ip6(a, b, 60, extension(59))
    yield ip6(a, b, 60, extension(51) + struct.pack(">BBHII", 50, 4, 0, 77, 1) + bytes(12 + 24))
    for protocol in 135, 139, 140, 254:
        yield ip6(a, b, protocol, bytes([59, 1]) + bytes(14))


def odd(rng, good):
    """What a router does not forward, or not as it is"""
    a, b, a6, b6 = "192.0.2.78", "198.51.100.78", "2001:db8:a::78", "2001:db8:b::78"
    segment, datagram = tcp(a, b, 5000, 5001, b"odd"), udp(a, b, 5002, 5003, b"odd")
    segment6, datagram6 = tcp(a6, b6, 5000, 5001, b"odd"), udp(a6, b6, 5002, 5003, b"odd")
    four, six = ip4(a, b, 17, datagram), ip6(a6, b6, 17, datagram6)
    frames = [ether(packet) for packet in odd_packets(a, b, segment, datagram)]
    frames += [ether(packet) for packet in odd_packets6(a6, b6, segment6, datagram6)]
    vlan, service = bytes.fromhex("81000064"), bytes.fromhex("88a800c8")
    frames += [ether(four, tags=vlan), ether(six, tags=vlan), ether(four, tags=service + vlan),
               ether(six, tags=vlan + vlan), ether(bytes(28), 0x0806), ether(four, 0x0806),
               ether(four, IPV6), ether(six, IPV4), ether(four, 0x9999), ether(b"", IPV4),
               ether(four[:12]), ether(six[:30]), ether(b"", 0x88cc), ether(bytes(40), 0x0026),
               ether(bytes.fromhex("aaaa030000000800") + four, 8 + len(four)),
               ether(bytes.fromhex("00064140") + four, 0x8847),
               ether(bytes.fromhex("11000001") + struct.pack(">HH", len(four) + 2, 0x21) + four, 0x8864),
               (ether(four[:-3]), len(four) + 14), (ether(six[:-3]), len(six) + 14)]
    # Of a packet whose IPv4 header is changed anywhere, half get the right checksum again
    for _ in range(600):
        frame = bytearray(rng.choice(good)[:200])
        for _ in range(rng.randrange(1, 4)):
            frame[14 + rng.randrange(min(len(frame) - 14, 48))] = rng.randrange(256)
        if rng.random() < .3:
            del frame[rng.randrange(20, len(frame)):]
        header = (frame[14] & 15) * 4
        if frame[12:14] == b"\x08\0" and rng.random() < .7 and len(frame) >= 14 + header >= 34:
            frame[24:26] = bytes(2)
            frame[24:26] = struct.pack(">H", checksum(bytes(frame[14:14 + header])))
        elif frame[12:14] == b"\x86\xdd" and frame[20:21] == b"\0":
            continue            # tshark cannot say what Linux thinks of changed hop-by-hop options
        frames.append(bytes(frame))
    return frames


def odd_packets(a, b, segment, datagram):
    whole = ip4(a, b, 6, segment)
    yield whole[:10] + b"\x12\x34" + whole[12:]                     # wrong checksum
    for first in 0x44, 0x35, 0x55, 0x4f:                            # header length, version
        header = bytes([first]) + whole[1:10] + bytes(2) + whole[12:20]
        yield header[:10] + struct.pack(">H", checksum(header)) + header[12:] + whole[20:]
    for size in 0, 19, 20, 24, 39, 1500, 65535:                     # 0: segmented by hardware
        yield ip4(a, b, 6, segment, size=size)
    for octets in 0, 4, 7, 8, 11, 12, 19, 20:                       # cut upper-layer headers
        for protocol in 1, 2, 6, 17, 33, 50, 51, 132, 136, 200:
            yield ip4(a, b, protocol, bytes([0, 0, 0, 1] * 5)[:octets])
    yield ip4(a, b, 51, bytes([6, 200]) + bytes(30))
    yield ip4(a, b, 51, bytes([6, 0]) + bytes(30))
    yield ip4(a, b, 6, segment[:16], frag=0x2000)                   # a first fragment too small
    yield ip4(a, b, 6, segment[16:], frag=2)
    yield ip4(a, b, 6, segment, frag=0x4000)
    yield ip4(a, b, 17, datagram, frag=0xc000)
    for options in (bytes.fromhex("94040000"), bytes.fromhex("07070400000000") + b"\0",
                    bytes.fromhex("440c0500") + bytes(8), bytes([1] * 40), bytes([136, 4, 0, 1]),
                    bytes([200, 50, 0, 0])):
        yield ip4(a, b, 17, datagram, options=options)
    for src, dst in (("0.0.0.0", "255.255.255.255"), (a, "224.0.0.251"), (a, "239.1.2.3"),
                     ("127.0.0.1", b), (a, "127.0.0.1"), ("224.0.0.1", b), (a, a), ("240.0.0.1", b),
                     ("169.254.1.1", "169.254.1.2"), ("192.0.2.1", "192.0.2.1"), (a, "192.0.2.255")):
        yield ip4(src, dst, 17, udp(src, dst, 68, 67, b"odd"))
    yield ip4(a, b, 17, datagram, ttl=0)
    yield ip4(a, b, 17, datagram, ttl=1)


def odd_packets6(a, b, segment, datagram):
    for size in 0, 7, 8, 12, 19, 1500, 65535:
        yield ip6(a, b, 6, segment, size=size)
    yield b"\x45" + ip6(a, b, 6, segment)[1:]
    yield b"\x70" + ip6(a, b, 6, segment)[1:]
    for octets in 0, 3, 4, 7, 8, 11, 12, 19, 20:
        for protocol in 6, 17, 33, 43, 44, 50, 51, 58, 60, 132, 136, 200:
            yield ip6(a, b, protocol, bytes([59, 0, 0, 1] * 5)[:octets])
    # RFC 4302: the length of an AH header that is cut
    for octets in range(9):
        yield ip6(a, b, 51, bytes([6, 4, 0, 0, 0, 0, 0, 9])[:octets])
    yield ip6(a, b, 60, bytes([17, 200]) + bytes(30))
    yield ip6(a, b, 43, bytes([17, 1]) + bytes(6))
    yield ip6(a, b, 44, fragment6(6, 0, 1, 9) + segment[:16])
    yield ip6(a, b, 44, fragment6(6, 16, 0, 9) + segment[16:])
    yield ip6(a, b, 0, extension(17, 8, bytes.fromhex("c20400010000")) + datagram)
    yield ip6(a, b, 0, extension(17, 8, bytes.fromhex("5e0400010000")) + datagram)
    yield ip6(a, b, 0, extension(17, 8, bytes.fromhex("fe0400010000")) + datagram)
    for src, dst in (("::", "ff02::1"), ("fe80::1", "ff02::fb"), (a, "ff01::1"), (a, "ff00::1"),
                     (a, "ff1e::1"), ("ff02::1", b), ("::1", b), (a, "::1"), ("::", b),
                     ("::ffff:192.0.2.1", b), (a, "fe80::2"), (a, a)):
        yield ip6(src, dst, 17, udp(src, dst, 546, 547, b"odd"))
    yield ip6("fe80::1", "ff02::16", 0, extension(58, 8, bytes.fromhex("05020000")) +
              icmp6("fe80::1", "ff02::16", 143, 0, bytes(4) + bytes(20)))


def generate(plain_path, odd_path):
    rng = random.Random(20240701)
    good = plain(rng)
    write(plain_path, good)
    write(odd_path, odd(rng, good))


# Forwarding ----------------------------------------------------------------------

class Router:
    """Gives packets addresses that are routed from one link to the other"""

    CHECKSUMS = {6: 16, 17: 6, 58: 2}

    def __init__(self):
        self.numbers = {}

    def number(self, old):
        return self.numbers.setdefault(old, len(self.numbers) + 1)

    def map(self, packet, at, size):
        """Change the addresses; returns the old ones and the new ones"""
        old = bytes(packet[at:at + 2 * size])
        new = b""
        for side, which in enumerate((old[:size], old[size:]), 1):
            net = bytes([10, side])
            if size == 16:
                net = b"\xfd" + bytes(6) + bytes([side]) + bytes(6)
            new += net + struct.pack(">H", self.number(which))
        packet[at:at + 2 * size] = new
        return old, new

    def route(self, kind, packet):
        """The packet, or None where there is none"""
        packet = bytearray(packet)
        if kind == IPV4 and len(packet) >= 20 and packet[0] >> 4 == 4:
            upper, (size, ) = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)
            if not 20 <= upper <= size:
                return None
            packet = packet[:size].ljust(size, b"\0")
            protocol, later = packet[9], struct.unpack_from(">H", packet, 6)[0] & 0x1fff
            packet[8] = 64
            old, new = self.map(packet, 12, 4)
            packet[10:12] = bytes(2)
            packet[10:12] = struct.pack(">H", checksum(bytes(packet[:upper])))
        elif kind == IPV6 and len(packet) >= 40 and packet[0] >> 4 == 6:
            upper, size, later = 40, 40 + struct.unpack_from(">H", packet, 4)[0], 0
            packet = packet[:size].ljust(size, b"\0")
            protocol = packet[6]
            packet[7] = 64
            old, new = self.map(packet, 8, 16)
        else:
            return None
        at = upper + self.CHECKSUMS.get(protocol, 0)
        if at > upper and not later and len(packet) >= at + 2 and (
                protocol != 17 or packet[at:at + 2] != b"\0\0"):
            adjust(packet, at, old, new)
        return bytes(packet)


def rewrite(source, target):
    router, frames = Router(), []
    for link, frame in read(source):
        found = without_link(link, frame)
        packet = router.route(*found) if found else None
        if packet:
            frames.append(ether(packet))
    write(target, frames)
    print(len(frames))


def send(device, mac, path):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((device, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    header = bytes.fromhex(mac.replace(":", "")) + HOST
    sent = 0
    for link, frame in read(path):
        found = without_link(link, frame)
        if not found:
            sys.exit(f"frame {sent + 1} has no whole link header")
        sock.send(header + struct.pack(">H", found[0]) + found[1])
        sent += 1
        # The receiver's queue is short
        if sent % BURST == 0:
            time.sleep(0.002)
    print(sent)


def main():
    commands = {("generate", 2): generate, ("rewrite", 2): rewrite, ("send", 3): send}
    command = commands.get((sys.argv[1], len(sys.argv) - 2)) if sys.argv[1:] else None
    if not command:
        sys.exit(__doc__)
    command(*sys.argv[2:])


if __name__ == "__main__":
    main()
