#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: uml-debug
# timeout: 900
"""The law with samplers, rules and fields together: each two values of two settings, once

From one combination to the next Flows are in the Cache, which leave under the settings that
they were metered with.

lib/exported.py has the picture.
"""
import itertools
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from exported import (ROUTED, TMP, Collectors, command, configure, replay, set_up, set_up_replay,
                      stats, violations_of)
from guest import Ktap, check_law, must, run, slowwait

COLLECTORS = "203.0.113.2:2055,198.18.1.2:2055"
PACKETS = 400

CHOICES = {
    "protocol": ["v5", "v9", "ipfix"],
    "sampler": ["none", "deterministic:3", "random:3", "hash:3"],
    "aggregation": ["none", "10.0.0.0/8=16", "fd00::/16=56,1-1023=1",
                    "10.1.0.0/17=24,10.0.0.0/8=0,fd00::/15=128,53=5353,1-40000=7"],
    "snmp-rules": ["none", "eth:100"],
    "fields": ["none", "mac,vlan", "mpls=3,physdev,direction,ttl", "physdev-override,length,layer2",
               "nat,vrf,duration,microseconds", "mac,vlan,mpls=10,physdev,direction,ttl,length,layer2,"
               "nat,vrf,microseconds,nanoseconds,duration"],
    "distribution": ["mirror", "balance"],
}


def pairwise():
    """Choices of all settings, so that each two values of two of them come together once"""
    names = list(CHOICES)
    left = {((a, x), (b, y)) for a, b in itertools.combinations(names, 2)
            for x in CHOICES[a] for y in CHOICES[b]}
    everything = list(itertools.product(*CHOICES.values()))
    random.Random(1).shuffle(everything)
    while left:
        best = max(everything, key=lambda values: sum(
            pair in left for pair in itertools.combinations(zip(names, values), 2)))
        left -= set(itertools.combinations(zip(names, best), 2))
        yield dict(zip(names, best))


def main():
    if run("which", "tshark", "editcap").returncode:
        print("1..0 # SKIP tshark is not installed")
        sys.exit(4)
    set_up()
    set_up_replay()
    few = os.path.join(TMP, "few.pcap")
    must("editcap", "-F", "pcap", "-r", ROUTED, few, f"1-{PACKETS}")
    collectors = Collectors()
    configure("points", "inet=forward", "inactive-timeout", "900", "active-timeout", "3600",
              "refresh-rate", "100000")
    for number, choice in enumerate(pairwise()):
        configure("destination", "none", "metering", "on")
        collectors.begin()
        configure(*(word for pair in choice.items() for word in pair))
        command("reset", "stats")
        configure("destination", COLLECTORS)
        replay({"frames": PACKETS}, few)
        name = f"{number}: " + ", ".join(f"{setting} {value}" for setting, value in choice.items()
                                        if value != "none")
        slowwait(5, lambda: stats()["metering"]["observed_packets"] >= PACKETS)
        check_law(ktap, f"{name}, in the Cache", "router")
        # What is there leaves first
        configure("sampler", "none" if choice["sampler"] != "none" else "hash:2")
        check_law(ktap, f"{name}, then another sampler", "router")
        seen = stats()
        ktap.equal(f"{name}: every packet was metered, none is left", [PACKETS, 0],
                   [seen["metering"]["metered_packets"], seen["cache"]["packets"]])
        collectors.end()
        told = [collectors.told(name) for name in ("c1", "c2")]
        ktap.equal(f"{name}: no violation of the protocol", "",
                   "".join(violations_of(one) for one in told))
        exported = [seen["exporting"][f"exported_{unit}"] for unit in ("packets", "octets")]
        if choice["distribution"] == "mirror":
            ktap.equal(f"{name}: each collector was told what was exported", [exported] * 2,
                       [one.totals() for one in told])
        else:
            ktap.equal(f"{name}: the collectors were told what was exported", exported,
                       [sum(pair) for pair in zip(*(one.totals() for one in told))])
    ktap.end()


ktap = Ktap()
main()
