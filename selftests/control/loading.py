#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: uml-debug
"""Settings that are written while the module is being loaded and unloaded are refused or in force, and
each load has a secret of its own.

Three write all the time: netlink here, netlink in a namespace that is made for each request, so that
namespaces begin and end with the module, and nfmgr.
"""
import collections
import ctypes
import json
import multiprocessing
import os
import random
import socket
import struct
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from guest import (CLONE_NEWNET, Ktap, Netlink, UAPI, attr, be16, check_law, die, must, nest, nfmgr,
                   run, show, slowwait)

SECONDS = 6
LEAST = 4           # loads
FLOWS = 100

ktap = Ktap()


def load():
    must("insmod", os.environ["PNF_MODULE"])


def unload():
    """A dump holds the module for a moment"""
    if not slowwait(10, lambda: run("rmmod", "pkt_netflow").returncode == 0):
        die(f"rmmod: {run('rmmod', 'pkt_netflow').stderr}")


# Settings ----------------------------------------------------------------------------------------

# Counts beginnings and ends of unloads: odd while rmmod runs; 1 while insmod runs
unloads = multiprocessing.Value("i", 0, lock=False)
is_loading = multiprocessing.Value("i", 0, lock=False)
# Settings that were in force, by writer
in_force_now = multiprocessing.Array("i", 3, lock=False)
is_over = multiprocessing.Event()


def change(number):
    """Settings that start things, and what tells that they are there"""
    values = {
        "PNF_CONFIG_ACTIVE_TIMEOUT": struct.pack("=I", number),
        "PNF_CONFIG_PROTOCOL": struct.pack("=B", number % 2 + 9),
        "PNF_CONFIG_METERING": struct.pack("=B", UAPI["PNF_METERING_ON"]),
    }
    destination = nest(UAPI["PNF_CONFIG_DESTINATION"],
                       attr(UAPI["PNF_DESTINATION_ADDRESS4"], socket.inet_aton("127.0.0.1")),
                       be16(UAPI["PNF_DESTINATION_PORT"], 2055))
    return values, b"".join(attr(UAPI[name], data) for name, data in values.items()) + \
        attr(UAPI["PNF_CONFIG_DESTINATION_FLUSH"]) + destination


def by_netlink(number):
    """(error or 0, whether the settings are in force)"""
    values, payload = change(number)
    nl = Netlink(timeout=30)
    try:
        if nl.family is None:
            return "absent", False
        answer = nl.ask(UAPI["PNF_CMD_CONFIG_SET"], payload)
        if answer.error:
            return answer.error, False
        seen = nl.dump(UAPI["PNF_CMD_CONFIG_GET"])
        attrs = dict(pair for _, _, attrs in seen.messages for pair in attrs)
        return 0, all(attrs.get(UAPI[name]) == data for name, data in values.items())
    finally:
        nl.close()


def enter_new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")


def in_a_new_namespace(number):
    enter_new_namespace()
    return by_netlink(number)


def keep_init_waiting():
    """Namespaces come and go, for which the module's init and exit have to wait, while others run"""
    while not is_over.wait(0.01):
        enter_new_namespace()


def by_nfmgr(number):
    said = nfmgr("set", "refresh-rate", str(number))
    lines = said.stderr.splitlines()
    if said.returncode not in (0, 1) or len(lines) != said.returncode or \
            not said.stderr.startswith("nfmgr: " * said.returncode):
        raise RuntimeError(f"nfmgr ends with {said.returncode}: {said.stderr}")
    if said.returncode:
        return said.returncode, False
    seen = nfmgr("show", "config", "--json").stdout
    return 0, bool(seen) and json.loads(seen)["refresh-rate"] == number


def write(number_of_writer, turn, results):
    """Until it is over; what becomes of each request, and what should not"""
    outcomes, wrong = collections.Counter(), []
    number = 100
    try:
        while not is_over.is_set():
            number = 100 + (number + 1) % 10000
            before, was_loading = unloads.value, is_loading.value
            error, in_force = turn(number)
            in_force_now[number_of_writer] = in_force
            if was_loading and is_loading.value and not error:
                outcomes["taken during insmod"] += 1
            outcomes["in force" if in_force else "refused" if error else "taken, then gone"] += 1
            # No harm: what was not there yet when it was looked for, or was unloaded meanwhile
            if not in_force and not before % 2 and unloads.value == before and \
                    error != "absent" and not (turn is by_nfmgr and was_loading):
                wrong.append(f"{number}: {f'error {error}' if error else 'not in force'}")
    except Exception:       # pylint: disable=broad-except
        wrong.append(traceback.format_exc())
    results.put((turn.__name__, dict(outcomes), wrong))


def race():
    unload()
    results = multiprocessing.Queue()
    turns = by_netlink, in_a_new_namespace, by_nfmgr
    writers = [multiprocessing.Process(target=write, args=(i, turn, results), daemon=True)
               for i, turn in enumerate(turns)]
    waiting = multiprocessing.Process(target=keep_init_waiting, daemon=True)
    for process in *writers, waiting:
        process.start()
    order = random.Random(4)
    cycles, end = 0, time.monotonic() + SECONDS
    while cycles < LEAST or time.monotonic() < end:
        is_loading.value = 1
        load()
        is_loading.value = 0
        time.sleep(order.choice((0, 0.002, 0.02, 0.1)))
        unloads.value += 1
        unload()
        unloads.value += 1
        cycles += 1
    load()
    slowwait(30, lambda: all(in_force_now))
    is_over.set()
    found = [results.get(timeout=60) for _ in writers]
    for process in *writers, waiting:
        process.join()
    ktap.comment(f"{cycles + 1} loads")
    for name, outcomes, wrong in sorted(found):
        ktap.comment(f"{name}: {outcomes}")
        ktap.test(f"reference bug 4: {name}: what is written during loads and unloads is refused or in "
                  "force", not wrong and outcomes.get("in force", 0) > 0,
                  "\n".join(wrong[:5]))
    unload()
    load()
    ktap.equal("the next load begins with the defaults", (1800, []),
               tuple(show("config")[name] for name in ("active-timeout", "destination")))


# The secret --------------------------------------------------------------------------------------

def order_of_flows():
    """The same Flows each time; ports in the order of the table"""
    must("nfmgr", "set", "metering", "on", "points", "inet=local-out", "active-timeout", "3600",
         "inactive-timeout", "3600")
    for family, target in (socket.AF_INET, "192.0.2.2"), (socket.AF_INET6, "2001:db8::2"):
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind(("", 4000))
            for port in range(5000, 5000 + FLOWS):
                sock.sendto(b"x", (target, port))
    return ports(), ports()


def ports():
    flows = [flow for flow in show("flows") if flow.get("sourceTransportPort") == 4000]
    return {protocol: [flow["destinationTransportPort"] for flow in flows if address in flow]
            for protocol, address in (("IPv4", "sourceIPv4Address"), ("IPv6", "sourceIPv6Address"))}


def secrets():
    must("ip", "link", "add", "dummy", "type", "dummy")
    must("ip", "link", "set", "dummy", "multicast", "off", "up")
    must("ip", "address", "add", "192.0.2.1/24", "dev", "dummy")
    must("ip", "address", "add", "2001:db8::1/64", "dev", "dummy", "nodad")
    for address in "192.0.2.2", "2001:db8::2":
        must("ip", "neighbour", "add", address, "lladdr", "02:00:00:00:00:09", "dev", "dummy", "nud",
             "permanent")
    slowwait(5, lambda: "tentative" not in must("ip", "address", "show", "dev", "dummy"))
    orders = []
    for _ in range(3):
        unload()
        load()
        first, second = order_of_flows()
        for protocol, order in first.items():
            ktap.equal(f"{protocol}: {FLOWS} Flows are in the table, in an order that stays",
                       (sorted(order), order),
                       ([*range(5000, 5000 + FLOWS)], second[protocol]))
        orders.append(first)
    for protocol in orders[0]:
        ktap.equal(f"reference bug 12: {protocol}: the same Flows are in another order in each of 3 loads", 3,
                   len({tuple(order[protocol]) for order in orders}))
    check_law(ktap, "after all loads")


race()
secrets()
ktap.end()
