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
nl = Netlink()
if nl.family is None:
    die("the family is not there")


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def aggregation(*more, address=None, prefix=None, keep=None, first=None, last=None, port=None,
                kind="AGGREGATION"):
    fields = []
    if address is not None:
        fields.append(attr(UAPI["PNF_AGGREGATION_ADDRESS4"], socket.inet_aton(address)))
    for name, value in ("PREFIX", prefix), ("KEEP", keep):
        if value is not None:
            fields.append(u8(UAPI["PNF_AGGREGATION_" + name], value))
    for name, value in ("PORT_FIRST", first), ("PORT_LAST", last), ("PORT", port):
        if value is not None:
            fields.append(u16(UAPI["PNF_AGGREGATION_" + name], value))
    return nest(UAPI["PNF_CONFIG_" + kind], *fields, *more)


def snmp_rule(name=b"eth\0", base=100, kind="SNMP_RULE"):
    fields = []
    if name is not None:
        fields.append(attr(UAPI["PNF_SNMP_RULE_NAME"], name))
    if base is not None:
        fields.append(u32(UAPI["PNF_SNMP_RULE_BASE"], base))
    return nest(UAPI["PNF_CONFIG_" + kind], *fields)


def template(name, *elements, kind="TEMPLATE"):
    fields = [] if name is None else [attr(UAPI["PNF_CONFIG_TEMPLATE_NAME"], name)]
    fields += [u16(UAPI["PNF_CONFIG_TEMPLATE_ELEMENT"], element) for element in elements]
    return nest(UAPI["PNF_CONFIG_" + kind], *fields)


PREFIX = {"address": "192.0.2.0", "prefix": 24, "keep": 16}
PORTS = {"first": 1024, "last": 2047, "port": 1024}
answer = nl.ask(SET, aggregation(**PREFIX) + aggregation(**PORTS) + snmp_rule() +
                template(b"first\0", 27, 28, 1, 2))
if answer.error:
    die(f"rules and a Template: {answer}")
before = show("config")


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
    (("set", "dscp", "64"), "64"),
    (("set", "source-port", "65536"), "65536"),
    (("set", "max-message", "511"), "511"),
    (("set", "max-message", "65536"), "65536"),
    (("set", "export-delay", "60001"), "60001"),
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
    (("add", "aggregation", "192.0.2.0/24=16"), "192.0.2.0/24=16"),
    (("del", "aggregation", "192.0.2.0/24=8"), "192.0.2.0/24=8"),
    (("add", "snmp-rule", "eth:100"), "eth:100"),
    (("del", "snmp-rule", "eth:101"), "eth:101"),
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
V6_RULE = attr(UAPI["PNF_AGGREGATION_ADDRESS6"], V6)


def sampler(method=None, interval=None):
    fields = []
    if method is not None:
        fields.append(u8(UAPI["PNF_SAMPLER_A_METHOD"], method))
    if interval is not None:
        fields.append(u32(UAPI["PNF_SAMPLER_A_INTERVAL"], interval))
    return nest(UAPI["PNF_CONFIG_SAMPLER"], *fields)


def flag_setting(name, value):
    return u8(UAPI["PNF_CONFIG_" + name], value)


# Elements that only one of the two protocols has, and those that IPFIX has
elements = [dict(attrs) for _, _, attrs in nl.dump(UAPI["PNF_CMD_ELEMENT_GET"]).messages]
IN_IPFIX, IN_V9 = (
    {struct.unpack("=H", fields[UAPI["PNF_ELEMENT_ID"]])[0] for fields in elements
     if fields.get(UAPI[name], b"\0\0") != b"\0\0"}
    for name in ("PNF_ELEMENT_OCTETS", "PNF_ELEMENT_OCTETS_V9"))
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
    ("a sequence number of 8 octets", destination(d_attr("SEQUENCE_V9", b"\0" * 8)),
     (errno.ERANGE, errno.EINVAL)),
    ("Template ID 255", destination(u16(UAPI["PNF_DESTINATION_TEMPLATE_ID"], 255)),
     (errno.ERANGE,)),
    ("Template ID 0", destination(u16(UAPI["PNF_DESTINATION_TEMPLATE_ID"], 0)), (errno.ERANGE,)),
    ("to delete a destination by its sequence number",
     destination(d_attr("SEQUENCE_V5", number(0)), kind="PNF_CONFIG_DESTINATION_DEL"),
     (errno.EINVAL,)),
    ("to delete a destination by its Template ID",
     destination(u16(UAPI["PNF_DESTINATION_TEMPLATE_ID"], 256), kind="PNF_CONFIG_DESTINATION_DEL"),
     (errno.EINVAL,)),
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
    ("a field that is none", setting("FIELDS", number(0x2000)), (errno.EINVAL,)),
    ("a field that is none among others", setting("FIELDS", number(0x80000001)),
     (errno.EINVAL,)),
    ("11 labels", flag_setting("MPLS_DEPTH", 11), (errno.ERANGE,)),
    ("a sampler without anything", sampler(), (errno.EINVAL,)),
    ("a sampler without a method", sampler(interval=10), (errno.EINVAL,)),
    ("a sampler without an interval", sampler(1), (errno.EINVAL,)),
    ("an interval without a sampler", sampler(0, 10), (errno.EINVAL,)),
    ("a sampler of method 4", sampler(4, 10), (errno.ERANGE,)),
    ("one Flow in 0", sampler(3, 0), (errno.ERANGE,)),
    ("one Flow in 1", sampler(2, 1), (errno.ERANGE,)),
    ("one Flow in 16384", sampler(1, 16384), (errno.ERANGE,)),
    ("an aggregation rule of nothing", aggregation(), (errno.EINVAL,)),
    ("an aggregation rule without an address", aggregation(prefix=8, keep=8), (errno.EINVAL,)),
    ("an address rule without a prefix", aggregation(address="192.0.2.0", keep=8), (errno.EINVAL,)),
    ("an address rule that keeps nobody knows what", aggregation(address="192.0.2.0", prefix=8),
     (errno.EINVAL,)),
    ("an address rule of both families", aggregation(V6_RULE, **PREFIX), (errno.EINVAL,)),
    ("an address rule with ports", aggregation(**PREFIX, **PORTS), (errno.EINVAL,)),
    ("an address rule with a port", aggregation(**PREFIX, port=7), (errno.EINVAL,)),
    ("an IPv6 rule with ports", aggregation(V6_RULE, prefix=8, keep=8, **PORTS), (errno.EINVAL,)),
    ("an IPv4 prefix of 33 bits", aggregation(address="192.0.2.0", prefix=33, keep=8),
     (errno.ERANGE,)),
    ("33 bits of an IPv4 address", aggregation(address="192.0.2.0", prefix=32, keep=33),
     (errno.ERANGE,)),
    ("an IPv6 prefix of 129 bits", aggregation(V6_RULE, prefix=129, keep=8), (errno.ERANGE,)),
    ("129 bits of an IPv6 address", aggregation(V6_RULE, prefix=8, keep=129), (errno.ERANGE,)),
    ("a rule's address of 5 octets", aggregation(
        attr(UAPI["PNF_AGGREGATION_ADDRESS4"], b"\1\2\3\4\5"), prefix=8, keep=8),
     (errno.ERANGE, errno.EINVAL)),
    ("a rule's IPv6 address of 15 octets", aggregation(
        attr(UAPI["PNF_AGGREGATION_ADDRESS6"], b"\1" * 15), prefix=8, keep=8),
     (errno.ERANGE, errno.EINVAL)),
    ("a port rule without a first port", aggregation(last=2, port=1), (errno.EINVAL,)),
    ("a port rule without a last port", aggregation(first=1, port=1), (errno.EINVAL,)),
    ("a port rule without a port", aggregation(first=1, last=2), (errno.EINVAL,)),
    ("a port rule with a prefix", aggregation(prefix=8, **PORTS), (errno.EINVAL,)),
    ("a port rule that keeps bits", aggregation(keep=8, **PORTS), (errno.EINVAL,)),
    ("a port rule from 2 to 1", aggregation(first=2, last=1, port=1), (errno.EINVAL,)),
    ("an aggregation rule that is there", aggregation(**PREFIX), (errno.EEXIST,)),
    ("an aggregation rule that is there, written otherwise",
     aggregation(address="192.0.2.255", prefix=24, keep=16), (errno.EEXIST,)),
    ("a port rule that is there", aggregation(**PORTS), (errno.EEXIST,)),
    ("the same IPv6 rule twice", aggregation(V6_RULE, prefix=64, keep=32) * 2, (errno.EEXIST,)),
    ("to delete an aggregation rule that keeps other bits",
     aggregation(address="192.0.2.0", prefix=24, keep=8, kind="AGGREGATION_DEL"), (errno.ENOENT,)),
    ("to delete a port rule that ends elsewhere",
     aggregation(first=1024, last=2048, port=1024, kind="AGGREGATION_DEL"), (errno.ENOENT,)),
    ("to delete an aggregation rule twice", aggregation(**PORTS, kind="AGGREGATION_DEL") * 2,
     (errno.ENOENT,)),
    ("to delete an aggregation rule behind a flush",
     aggregation(**PORTS, kind="AGGREGATION_DEL") + setting("AGGREGATION_FLUSH", b""),
     (errno.ENOENT,)),
    ("to delete half an aggregation rule",
     aggregation(address="192.0.2.0", kind="AGGREGATION_DEL"), (errno.EINVAL,)),
    ("1,025 aggregation rules", setting("AGGREGATION_FLUSH", b"") +
     b"".join(aggregation(first=i, last=i, port=0) for i in range(1025)), (errno.E2BIG,)),
    ("1,023 aggregation rules more",
     b"".join(aggregation(first=i, last=i, port=0) for i in range(1023)), (errno.E2BIG,)),
    ("an index rule of nothing", nest(UAPI["PNF_CONFIG_SNMP_RULE"]), (errno.EINVAL,)),
    ("an index rule without a name", snmp_rule(None), (errno.EINVAL,)),
    ("an index rule without a base", snmp_rule(b"ppp\0", None), (errno.EINVAL,)),
    ("an index rule of an empty name", snmp_rule(b"\0"), (errno.EINVAL,)),
    ("an index rule of 16 characters", snmp_rule(b"a" * 16 + b"\0"), (errno.ERANGE, errno.EINVAL)),
    ("an index rule without an end", snmp_rule(b"ppp"), (errno.EINVAL,)),
    ("an index rule with something behind its end", snmp_rule(b"ppp\0x\0"), (errno.EINVAL,)),
    ("an index rule with a slash", snmp_rule(b"p/p\0"), (errno.EINVAL,)),
    ("an index rule with a colon", snmp_rule(b"ppp:\0"), (errno.EINVAL,)),
    ("an index rule with a blank", snmp_rule(b" ppp\0"), (errno.EINVAL,)),
    ("an index rule that is there", snmp_rule(), (errno.EEXIST,)),
    ("the same index rule twice", snmp_rule(b"ppp\0") * 2, (errno.EEXIST,)),
    ("to delete an index rule that has another base", snmp_rule(base=99, kind="SNMP_RULE_DEL"),
     (errno.ENOENT,)),
    ("to delete an index rule twice", snmp_rule(kind="SNMP_RULE_DEL") * 2, (errno.ENOENT,)),
    ("to delete an index rule by its name alone", snmp_rule(base=None, kind="SNMP_RULE_DEL"),
     (errno.EINVAL,)),
    ("1,025 index rules", setting("SNMP_RULE_FLUSH", b"") +
     b"".join(snmp_rule(base=i) for i in range(1025)), (errno.E2BIG,)),
    ("a Template of nothing", nest(UAPI["PNF_CONFIG_TEMPLATE"]), (errno.EINVAL,)),
    ("a Template without a name", template(None, 8, 12), (errno.EINVAL,)),
    ("a Template without elements", template(b"t\0"), (errno.EINVAL,)),
    ("a Template of an empty name", template(b"\0", 8, 12), (errno.EINVAL,)),
    ("a Template's name of 32 octets", template(b"t" * 32 + b"\0", 8, 12),
     (errno.ERANGE, errno.EINVAL)),
    ("a Template's name without an end", template(b"t", 8, 12), (errno.EINVAL,)),
    ("a Template's name with something behind its end", template(b"t\0t\0", 8), (errno.EINVAL,)),
    ("a Template's name with a blank", template(b"a b\0", 8, 12), (errno.EINVAL,)),
    ("a Template's name with a comma", template(b"a,b\0", 8, 12), (errno.EINVAL,)),
    ("a Template's name with '='", template(b"a=b\0", 8, 12), (errno.EINVAL,)),
    ("a Template's name with DEL", template(b"a\x7f\0", 8, 12), (errno.EINVAL,)),
    ("a Template's name that is not ASCII", template("ä".encode() + b"\0", 8), (errno.EINVAL,)),
    ("element 0", template(b"t\0", 8, 0), (errno.EINVAL,)),
    ("element 65535", template(b"t\0", 65535, 8), (errno.EINVAL,)),
    ("an element of 4 octets", nest(UAPI["PNF_CONFIG_TEMPLATE"],
                                    attr(UAPI["PNF_CONFIG_TEMPLATE_NAME"], b"t\0"),
                                    u32(UAPI["PNF_CONFIG_TEMPLATE_ELEMENT"], 8)),
     (errno.ERANGE, errno.EINVAL)),
    ("an element twice", template(b"t\0", 8, 12, 8), (errno.EEXIST,)),
    ("records of 1 octet", template(b"t\0", 4), (errno.EINVAL,)),
    ("records of 3 octets", template(b"t\0", 4, 5, 60), (errno.EINVAL,)),
    ("a Template of a name that is there", template(b"first\0", 8, 12), (errno.EEXIST,)),
    ("two Templates of one name", template(b"t\0", 8, 12) + template(b"t\0", 8), (errno.EEXIST,)),
    ("to delete a Template that is not there", template(b"second\0", kind="TEMPLATE_DEL"),
     (errno.ENOENT,)),
    ("to delete a Template twice", template(b"first\0", kind="TEMPLATE_DEL") * 2, (errno.ENOENT,)),
    ("to delete a Template without a name", template(None, kind="TEMPLATE_DEL"), (errno.EINVAL,)),
    ("to delete a Template by its elements", template(b"first\0", 27, kind="TEMPLATE_DEL"),
     (errno.EINVAL,)),
    ("16 Templates more", b"".join(template(b"t%d\0" % i, 8, 12) for i in range(16)),
     (errno.E2BIG,)),
    ("to start Template IDs in way 2", flag_setting("RANDOM_TEMPLATE_IDS", 2), (errno.ERANGE,)),
    ("to tell of samplers in way 2", flag_setting("COMPAT_SAMPLING", 2), (errno.ERANGE,)),
    ("NAT events 2", flag_setting("NATEVENTS", 2), (errno.ERANGE,)),
    ("NAT event codes 2", flag_setting("NAT_EVENT_CODES", 2), (errno.ERANGE,)),
    ("distribution 3", flag_setting("DISTRIBUTION", 3), (errno.ERANGE,)),
    ("DSCP 64", flag_setting("DSCP", 64), (errno.ERANGE,)),
    ("a source port of 4 octets", setting("SOURCE_PORT", number(5)), (errno.ERANGE, errno.EINVAL)),
    ("messages of 1 octet", setting("MAX_MESSAGE", number(1)), (errno.ERANGE,)),
    ("messages of 511 octets", setting("MAX_MESSAGE", number(511)), (errno.ERANGE,)),
    ("messages of 65536 octets", setting("MAX_MESSAGE", number(65536)), (errno.ERANGE,)),
    ("an export delay of over a minute", setting("EXPORT_DELAY", number(60001)), (errno.ERANGE,)),
    ("a domain's name with a line end", setting("DOMAIN_NAME", b"a\nb\0"), (errno.EINVAL,)),
    ("a domain's name with an escape", setting("DOMAIN_NAME", b"\x1b[1m\0"), (errno.EINVAL,)),
    ("a domain's name with DEL", setting("DOMAIN_NAME", b"a\x7f\0"), (errno.EINVAL,)),
    ("a domain's name of 65 octets", setting("DOMAIN_NAME", b"d" * 65 + b"\0"),
     (errno.ERANGE, errno.EINVAL)),
    ("a domain's name without an end", setting("DOMAIN_NAME", b"d" * 8), (errno.EINVAL,)),
    ("a domain's name with something behind its end", setting("DOMAIN_NAME", b"d\0d\0"),
     (errno.EINVAL,)),
    ("good fields, a good sampler, good rules and a bad Template", setting("FIELDS", number(1)) +
     sampler(1, 2) + aggregation(first=1, last=2, port=1) + snmp_rule(b"ppp\0") +
     flag_setting("DSCP", 46) + setting("DOMAIN_NAME", b"d\0") + template(b"t\0", 8, 0),
     (errno.EINVAL,)),
    ("good settings and a bad one behind them",
     setting("ACTIVE_TIMEOUT", number(5)) + u8(UAPI["PNF_CONFIG_PROTOCOL"], 10) +
     OTHER + destination(port=0), (errno.EINVAL,)),
    ("a bad setting and good ones behind it",
     setting("EXPORTCPU", number(4000)) + setting("POINT_FLUSH", b"") +
     setting("DESTINATION_FLUSH", b""), (errno.EINVAL,)),
]
MORE = sorted(IN_IPFIX)[:65]
if len(MORE) == 65:
    BAD_SETS.append(("65 elements", template(b"t\0", *MORE), (errno.E2BIG,)))
else:
    ktap.skip("the kernel refuses: 65 elements", f"there are {len(MORE)}")
if IN_IPFIX - IN_V9 and IN_V9 - IN_IPFIX:
    BAD_SETS.append(("elements that no protocol has together",
                     template(b"t\0", 8, min(IN_IPFIX - IN_V9), min(IN_V9 - IN_IPFIX)),
                     (errno.EINVAL,)))
else:
    ktap.skip("the kernel refuses: elements that no protocol has together", "there are none")
for name, payload, errors in BAD_SETS:
    answer = nl.ask(SET, payload)
    same = configuration() == untouched
    ktap.test(f"the kernel refuses: {name}: {answer.sentence}",
              answer.error in errors and answer.sentence and same,
              f"{answer}, expected {errors}, configuration {'unchanged' if same else 'CHANGED'}")

# The attribute at fault is named by its offset: 16 + 4 octets of headers, the first attribute
answer = nl.ask(SET, u8(UAPI["PNF_CONFIG_METERING"], 0) + setting("EXPORTCPU", number(4000)))
ktap.equal("the kernel names the attribute at fault", 16 + 4 + 8, answer.offset)
# ... within a nest behind the header of that and what comes before
for name, payload, offset in (
        ("the bits of a prefix", aggregation(address="192.0.2.0", prefix=33, keep=8), 4 + 8),
        ("the bits kept", aggregation(address="192.0.2.0", prefix=8, keep=33), 4 + 16),
        ("the last port", aggregation(first=2, last=1, port=1), 4 + 8),
        ("an interval", sampler(0, 10), 4 + 8), ("an index rule's name", snmp_rule(b"a/b\0"), 4),
        ("an element", template(b"t\0", 8, 12, 0), 4 + 8 + 2 * 8),
        ("a Template that is there", template(b"first\0", 8, 12), 0)):
    answer = nl.ask(SET, u8(UAPI["PNF_CONFIG_METERING"], 0) + payload)
    ktap.equal(f"the kernel names the attribute at fault: {name}", 16 + 4 + 8 + offset,
               answer.offset)

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
    ("a single rule", UAPI["PNF_CMD_RULE_GET"], b"", NLM_F_ACK, (errno.EOPNOTSUPP,)),
    ("an attribute on a dump of rules", UAPI["PNF_CMD_RULE_GET"], u32(1, 1), NLM_F_DUMP,
     (errno.EINVAL,)),
    ("an attribute on a dump of elements", UAPI["PNF_CMD_ELEMENT_GET"], u32(1, 1), NLM_F_DUMP,
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
dumps = ("CONFIG_GET", "DESTINATION_GET", "CPU_GET", "FLOW_GET", "TEMPLATE_GET", "ELEMENT_GET",
         "RULE_GET")
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
    if len(lines) != 12:
        ktap.test(f"{who}: all commands were tried", False, said.stdout + said.stderr)
        return
    for line in lines[:-1]:
        name, error, messages = line.split()
        ktap.test(f"reference bug 12: {who}: {name} is refused with EPERM",
                  (error, messages) == ("EPERM", "0"), line)
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
