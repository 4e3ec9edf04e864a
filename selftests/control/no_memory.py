#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: uml-debug
# timeout: 300
"""no_memory.py - where the kernel has no memory, packets are counted, requests refused whole

Faults are injected (fail-nth, Documentation/fault-injection/): of each datagram and each request
the first allocation fails, then the second, and so on until none does. The guest looks
for leaks at its end.
"""
import datetime
import errno
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "lib"))
# pylint: disable=wrong-import-position
from guest import (NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, UAPI, Answer, Ktap, Netlink, add_ns, attr,
                   be16, check_law, die, must, nest, nfmgr, run, show, slowwait, u8, u32)

DEBUG = "/sys/kernel/debug/"
MOST = 500      # allocations of one request

ktap = Ktap()


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(text))


def send(first, count):
    """A Flow of IPv4 and one of IPv6 from each port"""
    for family, target in (socket.AF_INET, "192.0.2.2"), (socket.AF_INET6, "2001:db8::2"):
        for port in range(first, first + count):
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.sendto(b"x", (target, port))


def done(*words):
    said = nfmgr(*words)
    if said.returncode:
        die(f"nfmgr {' '.join(words)}: {said.stderr}")


if not os.path.isdir(DEBUG + "failslab"):
    run("mount", "-t", "debugfs", "debugfs", DEBUG)
for name in "failslab", "fail_page_alloc":
    put(f"{DEBUG}{name}/verbose", 0)
put(f"{DEBUG}failslab/ignore-gfp-wait", "N")
must("ip", "link", "add", "dummy", "type", "dummy")
must("ip", "link", "set", "dummy", "multicast", "off", "up")     # no MLD
must("ip", "address", "add", "192.0.2.1/24", "dev", "dummy")
must("ip", "address", "add", "2001:db8::1/64", "dev", "dummy", "nodad")
must("ip", "address", "add", "203.0.113.1/24", "dev", "dummy")
slowwait(5, lambda: "tentative" not in must("ip", "address", "show", "dev", "dummy"))
must("nfmgr", "set", "metering", "on", "points", "inet=local-out", "inactive-timeout", "3600",
     "active-timeout", "3600")

FAIL = os.open("/proc/thread-self/fail-nth", os.O_RDWR)


def fail_nth(number):
    os.pwrite(FAIL, str(number).encode(), 0)


def was_reached():
    """Whether the allocation failed; none fails from now on"""
    left = int(os.pread(FAIL, 20, 0))
    fail_nth(0)
    return left == 0


# Packets ---------------------------------------------------------------------------------------

for family, target, octets in (socket.AF_INET, "192.0.2.2", 29), (socket.AF_INET6, "2001:db8::2", 49):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        for _ in range(5):                      # the route and the neighbour are found
            sock.sendto(b"x", (target, 999))
        before = show("stats")["metering"]
        for number in range(1, MOST):
            fail_nth(number)
            try:
                sock.sendto(b"x", (target, 1000 + number))
            except OSError:
                pass
            if not was_reached():
                break
        known = show("stats")["metering"]
        # What the stack still finds out for itself comes in front of the Flow: it may fail twice
        ignored = known["ignored"]["no_memory"] - before["ignored"]["no_memory"]
        ktap.test(f"to {target}: of a datagram's {number - 1} allocations one is a Flow: without it the "
                  "packet is counted as ignored", ignored in (1, 2) and
                  known["ignored_octets"] - before["ignored_octets"] == ignored * octets, known)
        # Of a Flow that is there none fails
        for again in range(1, number + 1):
            fail_nth(again)
            try:
                sock.sendto(b"x", (target, 1000 + number))
            except OSError:
                pass
            was_reached()
    after = show("stats")["metering"]
    ktap.equal(f"to {target}: packets of a known Flow are metered", (0, 0, True),
               (after["ignored"]["no_memory"] - known["ignored"]["no_memory"],
                after["flows_created"] - known["flows_created"],
                after["metered_packets"] > known["metered_packets"]))
check_law(ktap, "without memory for Flows")
metering = show("stats")["metering"]
first_ago, last_ago = (time.time() - datetime.datetime.fromisoformat(metering[name]).timestamp()
                       for name in ("ignored_first_time", "ignored_last_time"))
ktap.test("when packets were ignored first and last is the time of day of that",
          -1 < last_ago < first_ago < 300, metering)

# Requests --------------------------------------------------------------------------------------

nl = Netlink()


def ask(number, command, payload=b"", flags=NLM_F_ACK):
    """An answer whose `number`th allocation failed, and whether there was one; error -1: there is no
    answer, since that was what failed"""
    answer = Answer()
    fail_nth(number)
    try:
        nl.send(command, payload, flags=NLM_F_REQUEST | flags)
    except OSError:
        answer.error = -1
    reached = was_reached()
    if answer.error is None:
        nl.sock.settimeout(2)
        try:
            while not nl.receive(answer):
                pass
        except OSError:
            answer.error = -1
    return answer, reached


def configuration():
    return nl.dump(UAPI["PNF_CMD_CONFIG_GET"]).messages


def destination(address, port):
    return nest(UAPI["PNF_CONFIG_DESTINATION"],
                attr(UAPI["PNF_DESTINATION_ADDRESS4"], socket.inet_aton(address)),
                be16(UAPI["PNF_DESTINATION_PORT"], port))


CHANGE = b"".join((
    u8(UAPI["PNF_CONFIG_PROTOCOL"], 10), u32(UAPI["PNF_CONFIG_ACTIVE_TIMEOUT"], 1000),
    u32(UAPI["PNF_CONFIG_MAXFLOWS"], 5000), u32(UAPI["PNF_CONFIG_INET_PRIORITY"], 7),
    attr(UAPI["PNF_CONFIG_DESTINATION_FLUSH"]), destination("203.0.113.2", 2055),
    destination("203.0.113.3", 2056), attr(UAPI["PNF_CONFIG_POINT_FLUSH"]),
    nest(UAPI["PNF_CONFIG_POINT"], u32(UAPI["PNF_POINT_KIND"], 1), u32(UAPI["PNF_POINT_HOOKS"], 12)),
    u32(UAPI["PNF_CONFIG_FIELDS"], 1),      # PNF_FIELD_MAC
    nest(UAPI["PNF_CONFIG_AGGREGATION"],
         attr(UAPI["PNF_AGGREGATION_ADDRESS4"], socket.inet_aton("10.0.0.0")),
         u8(UAPI["PNF_AGGREGATION_PREFIX"], 8), u8(UAPI["PNF_AGGREGATION_KEEP"], 24)),
    nest(UAPI["PNF_CONFIG_SNMP_RULE"], attr(UAPI["PNF_SNMP_RULE_NAME"], b"eth\0"),
         u32(UAPI["PNF_SNMP_RULE_BASE"], 100))))


def settings(messages):
    """Without the count of changes"""
    return [[pair for pair in attrs if pair[0] != UAPI["PNF_CONFIG_GENERATION"]]
            for _, _, attrs in messages]


def reset():
    done("set", "destination", "none", "protocol", "v5", "active-timeout", "77", "maxflows", "0",
         "inet-priority", "0", "points", "inet=local-out", "metering", "on", "fields", "none",
         "aggregation", "none", "snmp-rules", "none")


reset()
old = settings(configuration())
done("set", "protocol", "ipfix", "active-timeout", "1000", "maxflows", "5000", "inet-priority", "7",
     "destination", "203.0.113.2:2055,203.0.113.3:2056", "points", "inet=forward+local-out",
     "fields", "mac", "aggregation", "10.0.0.0/8=24", "snmp-rules", "eth:100")
new = settings(configuration())
reset()
refused = 0
texts = []
for number in range(1, MOST):
    answer, reached = ask(number, UAPI["PNF_CMD_CONFIG_SET"], CHANGE)
    seen = settings(configuration())
    refused += answer.error > 0
    if not (seen == new if answer.error == 0 else seen == old if answer.error > 0 else
            seen in (old, new)) or answer.error not in (0, -1, errno.ENOMEM, errno.ENOBUFS):
        texts.append(f"allocation {number}: {answer}, "
                     f"{'new' if seen == new else 'old' if seen == old else 'neither'}")
    if not reached:
        break
    if seen != old:
        reset()
ktap.test(f"a change of settings, with each of {number - 1} allocations failing, is made whole or "
          f"refused ({refused} times)", not texts and not reached and refused > 3, "\n".join(texts))
ktap.equal("without a failure it is made", new, settings(configuration()))
ktap.test("its destinations connect", slowwait(20, lambda: all(
    one["connected"] for one in show("destinations"))), show("destinations"))

# A namespace whose first settings are refused ends like any other
there = nl
refused = 0
for number in range(1, MOST):
    add_ns("short")
    nl = Netlink(ns="short")
    answer, reached = ask(number, UAPI["PNF_CMD_CONFIG_SET"], CHANGE)
    nl.close()
    must("ip", "netns", "delete", "short")
    refused += answer.error > 0
    if not reached:
        break
nl = there
ktap.test(f"{refused} namespaces whose first settings are refused end", refused > 3 and not reached)

for what, command in ("settings", "CONFIG_GET"), ("destinations", "DESTINATION_GET"), \
        ("Flows", "FLOW_GET"), ("CPUs", "CPU_GET"), ("Templates", "TEMPLATE_GET"):
    for number in range(1, MOST):
        answer, reached = ask(number, UAPI["PNF_CMD_" + command], flags=NLM_F_DUMP)
        if not reached:
            break
        nl.close()
        nl = Netlink()      # a dump that broke off is over with its socket
    ktap.test(f"a dump of {what}, with each of {number - 1} allocations failing, leaves no harm",
              not reached and answer.error == 0, answer)

# What has left the Cache finds its way with one allocation less
lost = show("stats")["exporting"]["not_sent_flows"]
port = 5000
for number in range(1, MOST):
    send(port, 3)
    port += 3
    answer, reached = ask(number, UAPI["PNF_CMD_FLUSH"])
    if not reached:
        break
ktap.test(f"a flush, with each of {number - 1} allocations failing, ends", not reached and
          answer.error == 0, answer)
done("flush")
check_law(ktap, "after flushes without memory")
ktap.equal("no Flow was lost for that", lost, show("stats")["exporting"]["not_sent_flows"])
os.close(FAIL)
nl.close()
ktap.end()
