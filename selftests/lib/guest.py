# SPDX-License-Identifier: GPL-2.0-only
"""guest.py - what guest tests in Python share: KTAP, nfmgr, namespaces, netlink by hand

What lib.sh is to shell scripts. Netlink messages are put together here octet by octet, so
that they can be wrong in every way; the numbers come from uapi/linux/pkt_netflow.h.
"""
import contextlib
import ctypes
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_CAP_ACK = 10
NETLINK_EXT_ACK = 11
NETLINK_GET_STRICT_CHK = 12

NLM_F_REQUEST = 0x1
NLM_F_MULTI = 0x2
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200

NLMSG_ERROR = 2
NLMSG_DONE = 3
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_MCAST_GROUPS = 7
NLA_F_NESTED = 0x8000
NLA_TYPE_MASK = 0x3fff

CLONE_NEWNET = 0x40000000


def read_uapi():
    """Names of the uapi header -> numbers"""
    with open(os.path.join(TOP, "uapi", "linux", "pkt_netflow.h"), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    names = {}
    for body in re.findall(r"enum \w+ \{(.*?)\};", text, re.S):
        number = 0
        for entry in filter(None, (part.strip() for part in body.split(","))):
            name, _, value = (part.strip() for part in entry.partition("="))
            if value and not value.isdigit():
                continue
            number = int(value) if value else number
            names[name] = number
            number += 1
    return names


UAPI = read_uapi()


class Ktap:
    """Counts results and prints them"""

    def __init__(self):
        self.count = 0
        self.failures = 0
        print("TAP version 13", flush=True)

    @staticmethod
    def comment(text):
        for line in str(text).splitlines():
            print(f"# {line}", flush=True)

    def test(self, name, holds, seen=""):
        """NAME is a fact if `holds`; `seen` tells what was there instead."""
        self.count += 1
        print(f"{'ok' if holds else 'not ok'} {self.count} {name}", flush=True)
        if not holds:
            self.failures += 1
            self.comment(seen)
        return bool(holds)

    def equal(self, name, expected, seen):
        return self.test(name, expected == seen, f"expected: {expected!r}\nseen:     {seen!r}")

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {reason}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failures else 0)


def die(text):
    """The script cannot go on, which is a failure."""
    print(f"Bail out! {text}", flush=True)
    sys.exit(1)


def run(*words, ns=None, env=None, timeout=60):
    """A program's CompletedProcess; never raises for its status"""
    command = list(words) if ns is None else ["ip", "netns", "exec", ns, *words]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=timeout, check=False,
                          env=None if env is None else {**os.environ, **env})


def must(*words, ns=None):
    """The output of a program that has to succeed"""
    done = run(*words, ns=ns)
    if done.returncode:
        die(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def nfmgr(*words, ns=None):
    netns = [] if ns is None else ["--netns", ns]
    return run("nfmgr", *netns, *words)


def show(what, ns=None):
    """What `show ... --json` prints, decoded"""
    done = nfmgr("show", what, "--json", ns=ns)
    if done.returncode:
        die(f"show {what}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def slowwait(seconds, condition):
    """Wait until condition() is true, at most so long; returns its last value"""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.05)


def law_broken(ns=None):
    """The law of conservation: what is wrong with it, "" if nothing

    What is cached is told as what has not left the Cache, so that with it alone the second
    equation could not fail: the Flows themselves have to add up to it. There must be no
    traffic; where a Flow expires while they are asked for, nothing is known.
    """
    stats, flows = show("stats", ns), []
    if stats["cache"]["flows"]:
        flows = show("flows", ns)
        after = show("stats", ns)["cache"]
        if any(after[name] != stats["cache"][name] for name in ("flows", "packets", "octets")):
            return "the Cache changes"
    wrong = []
    for unit, counter in ("packets", "packetDeltaCount"), ("octets", "octetDeltaCount"):
        metering, exporting = stats["metering"], stats["exporting"]
        unselected = (stats.get("sampling") or {}).get("unselected_" + unit) or 0
        in_flows = sum(flow[counter] for flow in flows)
        parts = {"cached": in_flows, "unselected": unselected}
        for part in "queued", "exported", "not_sent", "discarded":
            parts[part] = exporting[f"{part}_{unit}"]
        metered, ignored = metering["metered_" + unit], metering["ignored_" + unit]
        if metering["observed_" + unit] != metered + ignored:
            wrong.append(f"observed {unit}: {metering['observed_' + unit]} != {metered} + {ignored}")
        if metered != sum(parts.values()):
            wrong.append(f"metered {unit}: {metered} != {parts}")
        if stats["cache"][unit] != in_flows:
            wrong.append(f"{stats['cache'][unit]} {unit} are cached, but the Flows have {in_flows}")
    return "\n".join(wrong)


def check_law(ktap, name, ns=None):
    wrong = "" if slowwait(20, lambda: not law_broken(ns)) else law_broken(ns)
    ktap.test(f"{name}: observed = metered + ignored, metered = cached + queued + exported + lost",
              not wrong, wrong)


def add_ns(*names):
    for name in names:
        must("ip", "netns", "add", name)
        must("ip", "-n", name, "link", "set", "lo", "up")


@contextlib.contextmanager
def inside(ns):
    """Sockets made here belong to the namespace; None: stay"""
    if ns is None:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(path):
        with open(path, "rb") as file:
            if libc.setns(file.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {path}")

    with open("/proc/thread-self/ns/net", "rb") as before:
        enter(f"/run/netns/{ns}")
        try:
            yield
        finally:
            if libc.setns(before.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns back")


# Netlink, octet by octet

def attr(kind, data=b"", length=None):
    """One attribute, padded; `length` is what it claims to be long without its header"""
    claimed = 4 + (len(data) if length is None else length)
    return struct.pack("=HH", claimed, kind) + data + b"\0" * (-len(data) % 4)


def nest(kind, *attrs):
    return attr(kind | NLA_F_NESTED, b"".join(attrs))


def u8(kind, value):
    return attr(kind, struct.pack("=B", value))


def be16(kind, value):
    return attr(kind, struct.pack(">H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value & 0xffffffff))


def attrs_of(data):
    """(type, payload) of each attribute"""
    found = []
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found.append((kind & NLA_TYPE_MASK, data[4:length]))
        data = data[(length + 3) & ~3:]
    return found


class Answer:
    """What a request was answered: error, sentence, offset; messages as (flags, command, attrs)"""

    def __init__(self):
        self.error = None
        self.sentence = ""
        self.offset = None
        self.messages = []
        self.is_interrupted = False

    def __repr__(self):
        return (f"error {self.error}, '{self.sentence}', offset {self.offset}, "
                f"{len(self.messages)} messages")


class Netlink:
    """A generic netlink socket that knows the family's id"""

    def __init__(self, timeout=10, ns=None, rcvbuf=None):
        with inside(ns):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.settimeout(timeout)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        for option in NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK:
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sequence = 1
        self.family, self.groups = None, {}
        self.find_family()

    def find_family(self):
        name = attr(CTRL_ATTR_FAMILY_NAME, b"pkt_netflow\0")
        answer = self.ask(CTRL_CMD_GETFAMILY, name, family=GENL_ID_CTRL)
        for kind, data in answer.messages[0][2] if answer.messages else []:
            if kind == CTRL_ATTR_FAMILY_ID:
                self.family = struct.unpack("=H", data)[0]
            elif kind == CTRL_ATTR_MCAST_GROUPS:
                for _, group in attrs_of(data):
                    fields = dict(attrs_of(group))
                    self.groups[fields[1].rstrip(b"\0").decode()] = struct.unpack("=I", fields[2])[0]

    def close(self):
        self.sock.close()

    def send(self, command, payload=b"", flags=NLM_F_REQUEST | NLM_F_ACK, version=1, family=None,
             length=None):
        """`length` is what the message claims to be long"""
        body = struct.pack("=BBH", command, version, 0) + payload
        self.sequence += 1
        header = struct.pack("=IHHII", 16 + len(body) if length is None else length,
                             self.family if family is None else family, flags, self.sequence, 0)
        self.sock.send(header + body)

    def receive(self, answer):
        """One datagram of the answer; true when it is complete"""
        data = self.sock.recv(1 << 18)
        while len(data) >= 16:
            length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
            body, data = data[16:length], data[(length + 3) & ~3:]
            if sequence != self.sequence:
                continue
            answer.is_interrupted |= bool(flags & NLM_F_DUMP_INTR)
            if kind in (NLMSG_ERROR, NLMSG_DONE):
                answer.error = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                skip = 4
                if kind == NLMSG_ERROR:
                    skip = 4 + 16
                    if not flags & NLM_F_CAPPED and answer.error:
                        skip = 4 + struct.unpack_from("=I", body, 4)[0]
                        skip = (skip + 3) & ~3
                if flags & NLM_F_ACK_TLVS:
                    tlvs = dict(attrs_of(body[skip:]))
                    answer.sentence = tlvs.get(1, b"").rstrip(b"\0").decode(errors="replace")
                    if 2 in tlvs:
                        answer.offset = struct.unpack("=I", tlvs[2])[0]
                return True
            answer.messages.append((flags, body[0], attrs_of(body[4:])))
        return False

    def ask(self, command, payload=b"", **how):
        """Send and read the whole answer"""
        answer = Answer()
        self.send(command, payload, **how)
        while not self.receive(answer):
            pass
        return answer

    def dump(self, command, payload=b""):
        return self.ask(command, payload, flags=NLM_F_REQUEST | NLM_F_DUMP)

    def join(self, group="events"):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups[group])

    def events(self, seconds, enough):
        """(command, attrs) of what comes until enough(list) is true or time is up"""
        found = []
        deadline = time.monotonic() + seconds
        while not enough(found) and time.monotonic() < deadline:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                data = self.sock.recv(1 << 18)
            except (TimeoutError, socket.timeout):
                break
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                if kind == self.family:
                    found.append((data[16], attrs_of(data[20:length])))
                data = data[(length + 3) & ~3:]
        return found
