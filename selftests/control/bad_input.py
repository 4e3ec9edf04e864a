#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
"""Bad settings, destinations and netlink messages: each is refused with a sentence and changes
nothing; without privilege nothing can be read."""

import errno
import json
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from guest import (Answer, Ktap, Netlink, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, UAPI, attr, be16, check_law,
                   die, must, nest, nfmgr, run, show, u32, u8)

ktap = Ktap()
SET = UAPI["PNF_CMD_CONFIG_SET"]
ADDRESS = socket.inet_aton("203.0.113.2")
DEFAULT = "203.0.113.2:2055"
LONG_LIST = ",".join(f"192.0.2.{i}:9995" for i in range(1, 34))

# A configuration that nothing of the below may change
done = nfmgr("set", "destination", DEFAULT, "protocol", "v9", "active-timeout", "77", "points",
             "inet=forward")
if done.returncode:
    die(done.stderr)
before = show("config")
nl = Netlink()
if nl.family is None:
    die("the family is not there")


def configuration():
    """The kernel's own answer, octet for octet, the count of changes included"""
    return nl.dump(UAPI["PNF_CMD_CONFIG_GET"]).messages


untouched = configuration()
counted = show("stats")["metering"]["observed_packets"]


def check_refused(words, quoted, status=2):
    """nfmgr refuses, says in one line what it does not like, and nothing has changed."""
    name = " ".join(word if len(word) < 40 else word[:37] + "..." for word in words)
    said = nfmgr(*words)
    lines = said.stderr.splitlines()
    wrong = []
    if said.returncode != status:
        wrong.append(f"exit status {said.returncode}, not {status}")
    if len(lines) != 1 or not lines[0].startswith("nfmgr: "):
        wrong.append(f"{len(lines)} lines on stderr")
    # Very long words are cut, and quoted so
    is_cut = any(len(word) > 64 for word in words)
    if (f"'{quoted}" if is_cut else f"'{quoted}'") not in said.stderr:
        wrong.append(f"no word '{quoted}'")
    if said.stdout:
        wrong.append(f"on stdout: {said.stdout[:80]}")
    if len(said.stderr) < len("nfmgr: '' ") + len(quoted) + 8:
        wrong.append("no sentence")
    if configuration() != untouched:
        wrong.append("the configuration changed")
    ktap.test(f"nfmgr refuses: {name!r}", not wrong, "\n".join(wrong + [said.stderr]))


# Words that nfmgr itself refuses
USAGE = [
    # unknown
    (("set", "no-such-setting", "1"), "no-such-setting"),
    (("set", "activ-timeout", "1"), "activ-timeout"),
    (("set", "ACTIVE-TIMEOUT", "1"), "ACTIVE-TIMEOUT"),
    (("sett", "protocol", "9"), "sett"),
    (("show", "flow"), "flow"),
    (("add", "protocol", "9"), "protocol"),
    (("show", "stats", "now"), "now"),
    (("--jason", "show", "stats"), "--jason"),
    (("flush", "--json"), "--json"),
    (("show", "stats", "--discard"), "--discard"),
    (("reset", "stat"), "stat"),
    (("flush", "all"), "all"),
    # missing
    (("set", "protocol"), "protocol"),
    (("set", "protocol", "9", "active-timeout"), "active-timeout"),
    (("add", "destination"), "destination"),
    (("set", "protocol", ""), ""),
    (("set", "active-timeout", ""), ""),
    (("add", "destination", ","), ","),
    (("del", "destination", "none"), "none"),
    # oversized
    (("set", "destination", LONG_LIST), "192.0.2.33:9995"),
    (("set", "active-timeout", "9" * 400), "999"),
    (("set", "destination", "192.0.2.1" + "0" * 5000), "192.0.2.100"),
    (("set", "destination", "192.0.2.1%abcdefghijklmnop"), "192.0.2.1%abcdefghijklmnop"),
    # out of range
    (("set", "active-timeout", "0"), "0"),
    (("set", "active-timeout", "604801"), "604801"),
    (("set", "active-timeout", "-1"), "-1"),
    (("set", "inactive-timeout", "0"), "0"),
    (("set", "inactive-timeout", "4294967297"), "4294967297"),
    (("set", "protocol", "7"), "7"),
    (("set", "protocol", "v10"), "v10"),
    (("set", "refresh-rate", "0"), "0"),
    (("set", "refresh-rate", "1000001"), "1000001"),
    (("set", "timeout-rate", "10081"), "10081"),
    (("set", "sndbuf", "1073741825"), "1073741825"),
    (("set", "hashsize", "67108865"), "67108865"),
    (("set", "maxflows", "4294967296"), "4294967296"),
    (("set", "scan-min", "0"), "0"),
    (("set", "scan-min", "6001"), "6001"),
    (("set", "exportcpu", "-2"), "-2"),
    (("set", "exportcpu", "65536"), "65536"),
    (("set", "engine-id", "4294967296"), "4294967296"),
    (("set", "debug", "3"), "3"),
    (("set", "inet-priority", "2147483648"), "2147483648"),
    (("set", "metering", "1"), "1"),
    (("set", "destination", "192.0.2.1:0"), "192.0.2.1:0"),
    (("set", "destination", "192.0.2.1:65536"), "192.0.2.1:65536"),
    # not what it should be
    (("set", "active-timeout", "1.5"), "1.5"),
    (("set", "active-timeout", "0x10"), "0x10"),
    (("set", "active-timeout", "10s"), "10s"),
    (("set", "active-timeout", " 10"), " 10"),
    (("set", "active-timeout", "+10"), "+10"),
    (("set", "active-timeout", "10\n"), "10\\x0a"),
    (("set", "active-timeout", "5", "active_timeout", "6"), "active_timeout"),
    (("set", "destination", "192.0.2.256"), "192.0.2.256"),
    (("set", "destination", "192.0.2"), "192.0.2"),
    (("set", "destination", "192.0.2.1:"), "192.0.2.1:"),
    (("set", "destination", "192.0.2.1:x"), "192.0.2.1:x"),
    (("set", "destination", "192.0.2.1@"), "192.0.2.1@"),
    (("set", "destination", "192.0.2.1%"), "192.0.2.1%"),
    (("set", "destination", "192.0.2.1%a/b"), "192.0.2.1%a/b"),
    (("set", "destination", "192.0.2.1:1:2"), "192.0.2.1:1:2"),
    (("set", "destination", "[2001:db8::1"), "[2001:db8::1"),
    (("set", "destination", "2001:db8:::1"), "2001:db8:::1"),
    (("set", "destination", "[192.0.2.1]:2055"), "[192.0.2.1]:2055"),
    (("set", "destination", "192.0.2.1,none"), "none"),
    (("set", "destination", "192.0.2.1 192.0.2.1:2055"), "192.0.2.1:2055"),
    (("set", "points", "bridge9"), "bridge9"),
    (("set", "points", "inet=nowhere"), "nowhere"),
    (("set", "points", "inet=forward+"), "inet=forward+"),
    (("set", "points", "inet=forward+forward"), "forward"),
    (("set", "points", "inet inet=forward"), "inet=forward"),
    (("set", "destination", "a..b"), "a..b"),
    (("set", "destination", "-collector.example"), "-collector.example"),
    # the other family in disguise, and addresses that lead nowhere without a device
    (("set", "destination", "[::ffff:192.0.2.1]:2055"), "[::ffff:192.0.2.1]:2055"),
    (("set", "destination", "[2001:db8::1]@::ffff:192.0.2.1"), "[2001:db8::1]@::ffff:192.0.2.1"),
    (("set", "destination", "[fe80::1]:2055"), "[fe80::1]:2055"),
    (("set", "destination", "[2001:db8::1]@fe80::1"), "[2001:db8::1]@fe80::1"),
    (("set", "destination", "[ff02::1]:2055"), "[ff02::1]:2055"),
    # wrong family
    (("set", "destination", "192.0.2.1@2001:db8::1"), "192.0.2.1@2001:db8::1"),
    (("set", "destination", "[2001:db8::1]:2055@192.0.2.1"), "[2001:db8::1]:2055@192.0.2.1"),
    # one bad word among good ones: all or nothing
    (("set", "inactive-timeout", "5", "protocol", "5", "scan-min", "x"), "x"),
    (("set", "destination", "192.0.2.1:9995", "active-timeout", "0"), "0"),
    (("set", "destination", "192.0.2.7:9995,192.0.2.8:99999"), "192.0.2.8:99999"),
]
for case in USAGE:
    check_refused(*case)

# Closed standard files: what is printed must not go into the first socket that is opened
for redirections, status, out, err in (
        (">&-", 1, "", "nfmgr: the output cannot be written: Bad file descriptor\n"),
        ("<&- 2>&-", 0, before, ""), ("<&- >&- 2>&-", 1, "", ""), ("<&-", 0, before, "")):
    said = run("sh", "-c", f"exec nfmgr show config --json {redirections}")
    ktap.equal(f"nfmgr show config with {redirections}", (status, out, err),
               (said.returncode, json.loads(said.stdout) if said.stdout else "", said.stderr))
ktap.test("none of that changes the configuration", configuration() == untouched)

# Words that only the kernel can refuse
KERNEL = [
    (("add", "destination", DEFAULT), DEFAULT),
    (("add", "destination", f"192.0.2.1:9995,{DEFAULT}"), DEFAULT),
    (("del", "destination", "192.0.2.1:9995"), "192.0.2.1:9995"),
    (("del", "destination", f"{DEFAULT},192.0.2.1:9995"), "192.0.2.1:9995"),
    (("del", "destination", "203.0.113.2:2056"), "203.0.113.2:2056"),
    (("set", "destination", "0.0.0.0:2055"), "0.0.0.0:2055"),
    (("set", "destination", "[::]:2055"), "[::]:2055"),
    (("set", "destination", "192.0.2.1@0.0.0.0"), "192.0.2.1@0.0.0.0"),
    (("set", "destination", "192.0.2.1@224.0.0.1"), "192.0.2.1@224.0.0.1"),
    (("set", "destination", "192.0.2.1@255.255.255.255"), "192.0.2.1@255.255.255.255"),
    (("set", "destination", "[2001:db8::1]@ff0e::1"), "[2001:db8::1]@ff0e::1"),
    (("add", "destination", ",".join(f"192.0.2.{i}:9995" for i in range(1, 33))), "192.0.2.32:9995"),
    (("add", "point", "inet"), "inet"),
    (("del", "point", "inet=prerouting"), "inet=prerouting"),
    (("del", "point", "inet=forward+postrouting"), "inet=forward+postrouting"),
    (("set", "exportcpu", "65535"), "65535"),
    (("set", "active-timeout", "5", "exportcpu", "4000"), "4000"),
    (("set", "inactive-timeout", "5", "destination", "192.0.2.1,0.0.0.0"), "0.0.0.0"),
    (("--netns", "nowhere", "show", "stats"), "nowhere"),
    (("--netns", "/etc/passwd", "show", "stats"), "/etc/passwd"),
]
for words, word in KERNEL:
    check_refused(words, word, 1)

ktap.equal("the configuration is what it was, as shown", before, show("config"))

# Netlink by hand

def destination(*more, address=ADDRESS, port=2055, kind="PNF_CONFIG_DESTINATION"):
    fields = []
    if address is not None:
        fields.append(attr(UAPI["PNF_DESTINATION_ADDRESS4"], address))
    if port is not None:
        fields.append(be16(UAPI["PNF_DESTINATION_PORT"], port))
    return nest(UAPI[kind], *fields, *more)


def setting(name, data, **how):
    return attr(UAPI["PNF_CONFIG_" + name], data, **how)


def d_attr(name, data=b"", **how):
    return attr(UAPI["PNF_DESTINATION_" + name], data, **how)


def number(value):
    return struct.pack("=I", value)


def ipv6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def destination6(text, *more):
    return destination(d_attr("ADDRESS6", ipv6(text)), *more, address=None)


def point(hooks, kind="PNF_CONFIG_POINT"):
    return nest(UAPI[kind], u32(UAPI["PNF_POINT_KIND"], 1), u32(UAPI["PNF_POINT_HOOKS"], hooks))


OTHER = destination(address=socket.inet_aton("192.0.2.1"))
V6 = ipv6("2001:db8::1")
BAD_SETS = [
    # (name, payload, error numbers that are right)
    ("an attribute that is none", attr(200, number(1)), (errno.EINVAL,)),
    ("attribute number 0x3fff", attr(0x3fff, number(1)), (errno.EINVAL,)),
    ("attribute 0", attr(0, number(1)), (errno.EINVAL,)),
    ("the pad attribute", setting("PAD", b"\0" * 8), (errno.EINVAL,)),
    ("a read-only attribute", setting("GENERATION", number(1)), (errno.EINVAL,)),
    ("a number that is too short", setting("ACTIVE_TIMEOUT", b"\5"), (errno.ERANGE, errno.EINVAL)),
    ("a number that is empty", setting("ACTIVE_TIMEOUT", b""), (errno.ERANGE, errno.EINVAL)),
    ("a number that is too long", setting("ACTIVE_TIMEOUT", b"\5" + b"\0" * 7),
     (errno.ERANGE, errno.EINVAL)),
    ("a flag with content", setting("DESTINATION_FLUSH", number(1)),
     (errno.ERANGE, errno.EINVAL)),
    ("a number that claims to be a nest", nest(UAPI["PNF_CONFIG_ACTIVE_TIMEOUT"], number(5)),
     (errno.EINVAL,)),
    ("a list entry that does not say that it is a nest",
     attr(UAPI["PNF_CONFIG_DESTINATION"], b""), (errno.EINVAL,)),
    ("an attribute longer than the message", setting("ACTIVE_TIMEOUT", number(5), length=400),
     (errno.EINVAL,)),
    ("an attribute shorter than its header", struct.pack("=HH", 2, 5) + number(5),
     (errno.EINVAL,)),
    ("three stray octets at the end", setting("ACTIVE_TIMEOUT", number(5)) + b"\1\2\3",
     (errno.EINVAL,)),
    ("garbage", bytes(range(251, 3, -2)), (errno.EINVAL,)),
    ("60,000 octets of garbage", b"\xff" * 60000, (errno.EINVAL,)),
    ("active timeout 0", setting("ACTIVE_TIMEOUT", number(0)), (errno.ERANGE,)),
    ("active timeout over a week", setting("ACTIVE_TIMEOUT", number(604801)), (errno.ERANGE,)),
    ("inactive timeout 0", setting("INACTIVE_TIMEOUT", number(0)), (errno.ERANGE,)),
    ("refresh rate 0", setting("REFRESH_RATE", number(0)), (errno.ERANGE,)),
    ("timeout rate over a week", setting("TIMEOUT_RATE", number(10081)), (errno.ERANGE,)),
    ("a send buffer of over 1 GiB", setting("SNDBUF", number(0x40000001)), (errno.ERANGE,)),
    ("too many buckets", setting("HASHSIZE", number(0x4000001)), (errno.ERANGE,)),
    ("scan-min 0", setting("SCAN_MIN", number(0)), (errno.ERANGE,)),
    ("debug 3", setting("DEBUG", number(3)), (errno.ERANGE,)),
    ("metering 3", u8(UAPI["PNF_CONFIG_METERING"], 3), (errno.ERANGE,)),
    ("protocol 8", u8(UAPI["PNF_CONFIG_PROTOCOL"], 8), (errno.EINVAL,)),
    ("CPU -2", setting("EXPORTCPU", number(0xfffffffe)), (errno.ERANGE,)),
    ("a CPU that is not there", setting("EXPORTCPU", number(4000)), (errno.EINVAL,)),
    ("the last CPU number there can be", setting("EXPORTCPU", number(0x7fffffff)),
     (errno.EINVAL,)),
    ("an empty destination", nest(UAPI["PNF_CONFIG_DESTINATION"]), (errno.EINVAL,)),
    ("a destination without an address", destination(address=None), (errno.EINVAL,)),
    ("a destination without a port", destination(port=None), (errno.EINVAL,)),
    ("port 0", destination(port=0), (errno.EINVAL,)),
    ("an address of 3 octets", destination(d_attr("ADDRESS4", b"\1\2\3"), address=None),
     (errno.ERANGE, errno.EINVAL)),
    ("an IPv6 address of 4 octets", destination(d_attr("ADDRESS6", b"\1\2\3\4"), address=None),
     (errno.ERANGE, errno.EINVAL)),
    ("an IPv6 address of 17 octets", destination(d_attr("ADDRESS6", b"\1" * 17), address=None),
     (errno.ERANGE, errno.EINVAL)),
    ("addresses of both families", destination(d_attr("ADDRESS6", V6)), (errno.EINVAL,)),
    ("the unspecified address", destination(address=b"\0" * 4), (errno.EINVAL,)),
    ("a source of another family", destination(d_attr("SOURCE6", V6)), (errno.EINVAL,)),
    ("sources of both families", destination(d_attr("SOURCE6", V6), d_attr("SOURCE4", ADDRESS)),
     (errno.EINVAL,)),
    ("an unspecified source", destination(d_attr("SOURCE4", b"\0" * 4)), (errno.EINVAL,)),
    ("an address mapped into IPv6", destination6("::ffff:203.0.113.2"), (errno.EINVAL,)),
    ("a source mapped into IPv6",
     destination6("2001:db8::1", d_attr("SOURCE6", ipv6("::ffff:192.0.2.1"))), (errno.EINVAL,)),
    ("a link-local address without a device", destination6("fe80::1"), (errno.EINVAL,)),
    ("the last link-local address without a device", destination6("febf::1"), (errno.EINVAL,)),
    ("a link-local group without a device", destination6("ff02::1"), (errno.EINVAL,)),
    ("a link-local source without a device",
     destination6("2001:db8::1", d_attr("SOURCE6", ipv6("fe80::1"))), (errno.EINVAL,)),
    ("a group as source", destination(d_attr("SOURCE4", socket.inet_aton("224.0.0.1"))),
     (errno.EINVAL,)),
    ("a broadcast address as source",
     destination(d_attr("SOURCE4", socket.inet_aton("255.255.255.255"))), (errno.EINVAL,)),
    ("an IPv6 group as source",
     destination6("2001:db8::1", d_attr("SOURCE6", ipv6("ff0e::1"))), (errno.EINVAL,)),
    ("a device without an end", destination(d_attr("DEVICE", b"eth0")), (errno.EINVAL,)),
    ("a device of 16 characters", destination(d_attr("DEVICE", b"a" * 16 + b"\0")),
     (errno.ERANGE, errno.EINVAL)),
    ("a device with a slash", destination(d_attr("DEVICE", b"a/b\0")), (errno.EINVAL,)),
    ("a device called ..", destination(d_attr("DEVICE", b"..\0")), (errno.EINVAL,)),
    ("a device without a name", destination(d_attr("DEVICE", b"\0")), (errno.EINVAL,)),
    ("state instead of identity", destination(u8(UAPI["PNF_DESTINATION_CONNECTED"], 1)),
     (errno.EINVAL,)),
    ("a nest in the destination's nest", destination(nest(99, destination(), b"\1\2\3")),
     (errno.EINVAL,)),
    ("garbage in the destination's nest", destination(b"\xff" * 37), (errno.EINVAL,)),
    ("a destination that is there", destination(), (errno.EEXIST,)),
    ("the same destination twice", OTHER + OTHER, (errno.EEXIST,)),
    ("to delete what is not there", destination(port=9, kind="PNF_CONFIG_DESTINATION_DEL"),
     (errno.ENOENT,)),
    ("to delete a destination twice", destination(kind="PNF_CONFIG_DESTINATION_DEL") * 2,
     (errno.ENOENT,)),
    ("33 destinations",
     setting("DESTINATION_FLUSH", b"") + b"".join(destination(port=i) for i in range(1, 34)),
     (errno.E2BIG,)),
    ("1,000 destinations",
     setting("DESTINATION_FLUSH", b"") + b"".join(destination(port=i) for i in range(1, 1001)),
     (errno.E2BIG,)),
    ("a point without a kind", nest(UAPI["PNF_CONFIG_POINT"]), (errno.EINVAL,)),
    ("a point of kind 0", nest(UAPI["PNF_CONFIG_POINT"], u32(UAPI["PNF_POINT_KIND"], 0)),
     (errno.ERANGE,)),
    ("a point of kind 99", nest(UAPI["PNF_CONFIG_POINT"], u32(UAPI["PNF_POINT_KIND"], 99)),
     (errno.ERANGE,)),
    ("a point with hook 5", nest(UAPI["PNF_CONFIG_POINT"], u32(UAPI["PNF_POINT_KIND"], 1),
                                 u32(UAPI["PNF_POINT_HOOKS"], 32)), (errno.ERANGE,)),
    ("a point without hooks", nest(UAPI["PNF_CONFIG_POINT"], u32(UAPI["PNF_POINT_KIND"], 1),
                                   u32(UAPI["PNF_POINT_HOOKS"], 0)), (errno.ERANGE,)),
    ("a second point", nest(UAPI["PNF_CONFIG_POINT"], u32(UAPI["PNF_POINT_KIND"], 1)),
     (errno.EEXIST,)),
    ("to delete a point that has another hook", point(16, "PNF_CONFIG_POINT_DEL"),
     (errno.ENOENT,)),
    ("to delete a point that has fewer hooks", point(12, "PNF_CONFIG_POINT_DEL"),
     (errno.ENOENT,)),
    ("good settings and a bad one behind them",
     setting("ACTIVE_TIMEOUT", number(5)) + u8(UAPI["PNF_CONFIG_PROTOCOL"], 10) +
     OTHER + destination(port=0), (errno.EINVAL,)),
    ("a bad setting and good ones behind it",
     setting("EXPORTCPU", number(4000)) + setting("POINT_FLUSH", b"") +
     setting("DESTINATION_FLUSH", b""), (errno.EINVAL,)),
]
for name, payload, errors in BAD_SETS:
    answer = nl.ask(SET, payload)
    same = configuration() == untouched
    ktap.test(f"the kernel refuses: {name}: {answer.sentence}",
              answer.error in errors and answer.sentence and same,
              f"{answer}, expected {errors}, configuration {'unchanged' if same else 'CHANGED'}")

# The attribute at fault is named by its offset: 16 + 4 octets of headers, the first attribute
answer = nl.ask(SET, u8(UAPI["PNF_CONFIG_METERING"], 0) + setting("EXPORTCPU", number(4000)))
ktap.equal("the kernel names the attribute at fault", 16 + 4 + 8, answer.offset)

BAD_COMMANDS = [
    ("command 0", 0, b"", NLM_F_ACK, (errno.EOPNOTSUPP,)),
    ("a command that is none", 99, b"", NLM_F_ACK, (errno.EOPNOTSUPP,)),
    ("command 255", 255, b"", NLM_F_ACK, (errno.EOPNOTSUPP,)),
    ("an event as a command", UAPI["PNF_CMD_CONFIG_NTF"], b"", NLM_F_ACK, (errno.EOPNOTSUPP,)),
    ("a dump of a command that only does", UAPI["PNF_CMD_STATS_GET"], b"", NLM_F_DUMP,
     (errno.EOPNOTSUPP,)),
    ("a dump of a setter", SET, setting("ACTIVE_TIMEOUT", number(5)), NLM_F_DUMP,
     (errno.EOPNOTSUPP,)),
    ("a dump of the flush", UAPI["PNF_CMD_FLUSH"], b"", NLM_F_DUMP, (errno.EOPNOTSUPP,)),
    ("a single answer of what only dumps", UAPI["PNF_CMD_CONFIG_GET"], b"", NLM_F_ACK,
     (errno.EOPNOTSUPP,)),
    ("a single Flow", UAPI["PNF_CMD_FLOW_GET"], b"", NLM_F_ACK, (errno.EOPNOTSUPP,)),
    ("an attribute on a command that takes none", UAPI["PNF_CMD_STATS_GET"], u32(1, 1), NLM_F_ACK,
     (errno.EINVAL,)),
    ("an unknown attribute on a command that takes none", UAPI["PNF_CMD_STATS_RESET"], u32(77, 1),
     NLM_F_ACK, (errno.EINVAL,)),
    ("an attribute on a dump of the settings", UAPI["PNF_CMD_CONFIG_GET"], u32(5, 1), NLM_F_DUMP,
     (errno.EINVAL,)),
    ("an attribute on a dump of Flows", UAPI["PNF_CMD_FLOW_GET"], u32(1, 1), NLM_F_DUMP,
     (errno.EINVAL,)),
    ("an attribute on a dump of destinations", UAPI["PNF_CMD_DESTINATION_GET"], u32(1, 1),
     NLM_F_DUMP, (errno.EINVAL,)),
    ("an attribute on a dump of CPUs", UAPI["PNF_CMD_CPU_GET"], u32(1, 1), NLM_F_DUMP,
     (errno.EINVAL,)),
    ("an attribute on a dump of Templates", UAPI["PNF_CMD_TEMPLATE_GET"], u32(1, 1), NLM_F_DUMP,
     (errno.EINVAL,)),
    ("a flush with a number for a flag", UAPI["PNF_CMD_FLUSH"],
     u32(UAPI["PNF_FLUSH_DISCARD"], 1), NLM_F_ACK, (errno.ERANGE, errno.EINVAL)),
    ("a flush with an unknown attribute", UAPI["PNF_CMD_FLUSH"], u32(9, 1), NLM_F_ACK,
     (errno.EINVAL,)),
    ("a flush with stray octets", UAPI["PNF_CMD_FLUSH"], b"\1\2", NLM_F_ACK, (errno.EINVAL,)),
]
for name, command, payload, flags, errors in BAD_COMMANDS:
    answer = nl.ask(command, payload, flags=NLM_F_REQUEST | flags)
    same = configuration() == untouched
    ktap.test(f"the kernel refuses: {name}", answer.error in errors and same and
              not answer.messages, f"{answer}, expected {errors}")

# Headers: what means nothing is refused, so that it can mean something one day
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x100, 0x200, 0x400, 0x800
for name, flags in (("CREATE", NLM_F_CREATE), ("REPLACE", NLM_F_REPLACE),
                    ("CREATE and REPLACE", NLM_F_CREATE | NLM_F_REPLACE), ("EXCL", NLM_F_EXCL),
                    ("APPEND", NLM_F_APPEND)):
    answer = nl.ask(SET, setting("ACTIVE_TIMEOUT", number(5)),
                    flags=NLM_F_REQUEST | NLM_F_ACK | flags)
    same = configuration() == untouched
    ktap.test(f"the kernel refuses: a change with the flag {name}",
              answer.error == errno.EINVAL and same, answer)
for command, payload in (SET, setting("ACTIVE_TIMEOUT", number(5))), (UAPI["PNF_CMD_STATS_GET"], b""):
    probe = Netlink()
    body = struct.pack("=BBH", command, 1, 1) + payload
    probe.sock.send(struct.pack("=IHHII", 16 + len(body), probe.family, NLM_F_REQUEST | NLM_F_ACK,
                                probe.sequence, 0) + body)
    answer = Answer()
    while not probe.receive(answer):
        pass
    same = configuration() == untouched
    ktap.test(f"the kernel refuses: something in the reserved octets of command {command}",
              answer.error == errno.EINVAL and same and not answer.messages, answer)
    probe.close()

# A request that ends before its own header does, or claims to go on behind its end: netlink
# drops it or refuses it, and the next one is answered
for claimed in 4, 16, 17, 19, 4000:
    probe = Netlink()
    probe.sock.settimeout(1)
    probe.send(SET, setting("ACTIVE_TIMEOUT", number(5)), length=claimed)
    try:
        seen = probe.sock.recv(65536)
        error = struct.unpack_from("=i", seen, 16)[0]
        refused = struct.unpack_from("=H", seen, 4)[0] == 2 and error < 0
    except (TimeoutError, socket.timeout):
        error, refused = "silence", True
    alive = nl.ask(UAPI["PNF_CMD_STATS_GET"]).error == 0
    ktap.test(f"a message of 28 octets that claims {claimed} is refused or dropped",
              refused and alive and configuration() == untouched, f"{error}, alive {alive}")
    probe.close()

# Without privilege
PROBE = r"""
import errno, os, sys
sys.path.insert(0, sys.argv[1])
from guest import Netlink, UAPI, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NETLINK_ADD_MEMBERSHIP, SOL_NETLINK
nl = Netlink()
dumps = "CONFIG_GET", "DESTINATION_GET", "CPU_GET", "FLOW_GET", "TEMPLATE_GET"
dos = "CONFIG_SET", "STATS_GET", "STATS_RESET", "FLUSH"
for names, flags in (dumps, NLM_F_DUMP), (dos, NLM_F_ACK):
    for name in names:
        answer = nl.ask(UAPI["PNF_CMD_" + name], flags=NLM_F_REQUEST | flags)
        print(name, errno.errorcode.get(answer.error, answer.error), len(answer.messages))
try:
    nl.join()
    print("events joined")
except OSError as error:
    print("events", errno.errorcode[error.errno])
"""
library = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib")
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all",
          "--bounding-set", "-all"]
# What they could see if they could
must("nfmgr", "set", "points", "inet")
must("ping", "-q", "-c", "1", "127.0.0.1")
ktap.test("there are Flows that nobody else is to see", show("stats")["cache"]["flows"] > 0)


def check_unprivileged(who, prefix, events):
    said = run(*prefix, "/usr/bin/python3", "-c", PROBE, library)
    lines = said.stdout.splitlines()
    if len(lines) != 10:
        ktap.test(f"{who}: all commands were tried", False, said.stdout + said.stderr)
        return
    for line in lines[:-1]:
        name, error, messages = line.split()
        ktap.test(f"{who}: {name} is refused with EPERM", (error, messages) == ("EPERM", "0"), line)
    ktap.equal(f"{who}: the group of events", f"events {events}", lines[-1])


check_unprivileged("an ordinary user", NOBODY, "EPERM")
# Root of its own user namespace, in the network namespace that is metered
check_unprivileged("root of a user namespace", ["unshare", "--user", "--map-root-user"], "EPERM")
# ... and in a network namespace of its own, which it may administer, the group included: there
# are no flow contents in events, but commands stay closed
check_unprivileged("root of a user namespace with its own network",
                   ["unshare", "--user", "--map-root-user", "--net"], "joined")
for words in (("show", "flows"), ("show", "stats"), ("show", "config"), ("set", "protocol", "5"),
              ("flush",), ("monitor",)):
    said = run("timeout", "20", *NOBODY, "nfmgr", *words)
    ktap.test(f"an ordinary user's nfmgr {' '.join(words)}: one line, status 1",
              said.returncode == 1 and said.stderr.startswith("nfmgr: ") and
              said.stderr.count("\n") == 1 and not said.stdout and "CAP_NET_ADMIN" in said.stderr,
              f"{said.returncode}: {said.stdout}{said.stderr}")

must("nfmgr", "set", "points", ",".join(before["points"]) or "none")
ktap.equal("after all that the configuration is what it was", before, show("config"))
# And the module still does what it is told
done = nfmgr("set", "points", "inet", "active-timeout", "78")
ktap.equal("a good request is taken", (0, 78),
           (done.returncode, show("config")["active-timeout"]))
must("ping", "-q", "-c", "3", "127.0.0.1")
ktap.test("and packets are metered", show("stats")["metering"]["observed_packets"] >= counted + 6,
          show("stats")["metering"])
check_law(ktap, "after bad input")
ktap.end()
