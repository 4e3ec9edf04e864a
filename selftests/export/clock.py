#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: uml-debug
"""Times since boot and times of day, soon after boot, before and after the wall clock is set

    router eth0 -- eth0 collector
       d0

What the router sends into d0 is metered where it is sent, so that the time of each packet is known to
the ms. Kernels start jiffies 5 minutes before they wrap: a SysUptime that is made of them is never
right. (What is right after 49.7 days is left to unit tests.)
"""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from flowdecode import Rules, Session
from guest import Ktap, add_ns, check_law, die, inside, must, nfmgr, slowwait

STEPS = 0, 3600, -3600      # seconds

ktap = Ktap()


def set_up():
    add_ns("router", "collector")
    for words in ("link add eth0 type veth peer name eth0 netns collector",
                  "link add d0 type dummy", "link set d0 multicast off",
                  "address add 203.0.113.1/24 dev eth0", "address add 192.0.2.1/24 dev d0",
                  "neighbour add 192.0.2.2 lladdr 02:00:00:00:00:09 dev d0 nud permanent",
                  "link set eth0 up", "link set d0 up"):
        must("ip", "-n", "router", *words.split())
    must("ip", "-n", "collector", "address", "add", "203.0.113.2/24", "dev", "eth0")
    must("ip", "-n", "collector", "link", "set", "eth0", "up")


def configure(*words):
    said = nfmgr("set", *words, ns="router")
    if said.returncode:
        die(f"nfmgr set {' '.join(words)}: {said.stderr}")


def uptime_ms():
    return time.clock_gettime(time.CLOCK_BOOTTIME) * 1000


def wall_ms():
    return time.clock_gettime(time.CLOCK_REALTIME) * 1000


def boot_ms():
    """When the system booted, by the wall clock as it is now"""
    for _ in range(1000):
        before, wall, after = uptime_ms(), wall_ms(), uptime_ms()
        if after - before < 1:
            return wall - before
    return die("this host is too busy to read two clocks")


def btime_ms():
    with open("/proc/stat", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("btime ")) * 1000


def step(seconds):
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME) + seconds)


class Collector:
    """Messages as they come, and when"""

    def __init__(self):
        with inside("collector"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("", 2055))
        self.forget()

    def forget(self):
        self.session = Session(rules=Rules(clock_steps=True))

    def records(self, is_wanted):
        """(header, record, uptime and time of day when it came) of the first one that is wanted"""
        self.sock.settimeout(20)
        while True:
            try:
                data = self.sock.recv(2000)
            except (TimeoutError, socket.timeout):
                die("the record does not come")
            came = uptime_ms(), wall_ms()
            for record in self.session.message(data):
                if is_wanted(record):
                    return self.session, record, *came


def lies_in(least, value, most, slack=1):
    return least - slack <= value <= most + slack


def send(sock, port):
    """A packet; between which times since boot"""
    before = uptime_ms()
    sock.sendto(b"x", ("192.0.2.2", port))
    return before, uptime_ms()


def system_right(name, collector):
    """The system's Options Data, which come when a session begins"""
    _, record, _, _ = collector.records(lambda record: "systemInitTimeMilliseconds" in record)
    seen = record["systemInitTimeMilliseconds"]
    ktap.test(f"reference bug 8: {name}: the system's start is that of /proc/stat, to a second",
              abs(seen - btime_ms()) <= 1000 and abs(seen - boot_ms()) <= 1000,
              f"{seen}, not {btime_ms()} or {boot_ms():.0f}")


def flow_right(name, protocol, sock, port, collector, seconds):
    """A Flow of two packets, the clock being set in between"""
    first = send(sock, port)
    time.sleep(0.1)
    step(seconds)
    last = send(sock, port)
    time.sleep(0.05)
    flushed = uptime_ms(), wall_ms()
    if nfmgr("flush", ns="router").returncode:
        die("nfmgr flush fails")
    session, record, *came = collector.records(
        lambda record: record.get("destinationTransportPort") == port)
    if protocol == "ipfix":
        # Times of day: those of the clock as it is when they are told
        seen = [record[name] - boot_ms() for name in ("flowStartMilliseconds", "flowEndMilliseconds")]
    else:
        seen = [record[name] for name in ("flowStartSysUpTime", "flowEndSysUpTime")]
        # v9 has no fraction of a second, and tells the end of the one that it is in
        ktap.test(f"reference bug 8: {name}: SysUptime is the time since boot",
                  lies_in(flushed[0], session.uptime_ms, came[0] + 1000 * (protocol == "v9")),
                  f"{session.uptime_ms} between {flushed[0]:.0f} and {came[0]:.0f}")
        boot = session.export_ms - session.uptime_ms
        ktap.test(f"reference bug 8: {name}: time of day less SysUptime is when it booted, by the "
                  "clock as it is now", lies_in(boot_ms(), boot, boot_ms(), 5),
                  f"{boot}, not {boot_ms():.0f}")
    ktap.test(f"reference bug 8: {name}: the time of day is the clock's",
              lies_in(flushed[1], session.export_ms, came[1], 1000),
              f"{session.export_ms} between {flushed[1]:.0f} and {came[1]:.0f}")
    ktap.test(f"reference bug 8: {name}: the Flow starts and ends when its packets were sent",
              lies_in(first[0], seen[0], first[1], 5) and lies_in(last[0], seen[1], last[1], 5),
              f"{seen}, not {first} and {last}")


def main():
    set_up()
    collector = Collector()
    with inside("router"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    configure("points", "inet=local-out", "active-timeout", "3600", "inactive-timeout", "3600")
    ktap.comment(f"{uptime_ms() / 1000:.0f} s after boot")
    began = boot_ms()
    port = 5000
    for protocol in "v5", "v9", "ipfix":
        for seconds in STEPS:
            name = f"{protocol}, a step of {seconds} s" if seconds else f"{protocol}, no step"
            configure("destination", "none", "protocol", protocol)
            collector.forget()
            configure("destination", "203.0.113.2:2055")
            if protocol != "v5":
                system_right(name, collector)
            port += 1
            flow_right(name, protocol, sock, port, collector, seconds)
    ktap.equal("the clock is back", 0, round((boot_ms() - began) / 100))
    check_law(ktap, "after all that", "router")
    ktap.end()


main()
