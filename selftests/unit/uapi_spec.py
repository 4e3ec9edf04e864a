#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uapi/pkt_netflow.yaml says the same as uapi/linux/pkt_netflow.h: KTAP."""

import os
import re
import sys

try:
    import yaml
except ImportError:
    print("TAP version 13\n1..0 # SKIP python3-yaml is not installed")
    sys.exit(4)

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HEADER = os.path.join(TOP, "uapi", "linux", "pkt_netflow.h")
SPEC = os.path.join(TOP, "uapi", "pkt_netflow.yaml")

SCALARS = ("u8", "u16", "u32", "u64", "s32", "string", "flag")


def c_name(prefix, name):
    return (prefix + name).replace("-", "_").upper()


def header_enums(text):
    """{enum: {NAME: (value, comment)}} without _UNSPEC and the _MAX at the end"""
    enums = {}
    for name, body in re.findall(r"^enum (\w+) \{\n(.*?)^\};", text, re.S | re.M):
        rows, value = {}, 0
        for line in body.splitlines():
            row = re.match(r"\t(\w+)(?: = ([^,/]+?))?,?\s*(?:/\*\s*(.*?)\s*\*/)?$", line)
            if not row:
                continue
            if row[1].startswith("__"):
                break
            value = int(row[2], 0) if row[2] else value
            if not row[1].endswith("_UNSPEC"):
                rows[row[1]] = (value, row[3] or "")
            value += 1
        enums[name] = rows
    return enums


def header_defines(text):
    """{NAME: value}, expressions of other defines evaluated"""
    defines = {}
    for name, value in re.findall(r"^#define (PNF_\w+)\t+(.*?)(?:\t+/\*.*)?$", text, re.M):
        value = re.sub(r"\b(0x[0-9a-f]+|\d+)U\b", r"\1", value)
        defines[name] = eval(value, {"__builtins__": {}}, dict(defines))
    return defines


def spec_enum(definition):
    prefix = definition["name-prefix"]
    value = definition.get("value-start", 0)
    rows = {}
    for entry in definition["entries"]:
        value = entry.get("value", value)
        rows[c_name(prefix, entry["name"])] = value
        value += 1
    return rows


def spec_set(attribute_set):
    value, rows = 1, {}
    for attr in attribute_set["attributes"]:
        value = attr.get("value", value)
        rows[c_name(attribute_set["name-prefix"], attr["name"])] = (value, attr)
        value += 1
    return rows


def header_type(name, comment):
    """What the comment behind an attribute says of its type, in YNL's words"""
    if name.endswith("_PAD"):
        return {"type": "pad"}
    word = re.match(r"16 octets|nest list|\w+", comment)
    word = word[0] if word else ""
    if word in ("be16", "be32"):
        return {"type": "u" + word[2:], "byte-order": "big-endian"}
    if word == "16 octets":
        return {"type": "binary", "exact-len": 16}
    if word == "nest list":
        return {"type": "nest", "multi-attr": True}
    if word in SCALARS:
        return {"type": word}
    return {"type": "the comment '%s' names no type" % comment}


def spec_type(attr):
    said = {"type": attr["type"]}
    for key in ("byte-order", "multi-attr"):
        if key in attr:
            said[key] = attr[key]
    if "exact-len" in attr.get("checks", {}):
        said["exact-len"] = attr["checks"]["exact-len"]
    return said


class Spec:
    def __init__(self):
        with open(HEADER, encoding="utf-8") as file:
            self.text = file.read()
        with open(SPEC, encoding="utf-8") as file:
            self.spec = yaml.safe_load(file)
        self.enums = header_enums(self.text)
        self.defines = header_defines(self.text)
        self.sets = {s["name"]: s for s in self.spec["attribute-sets"]}
        self.operations = self.spec["operations"]["list"]

    def set_enum(self, attribute_set):
        return attribute_set["enum-name"].replace("-", "_")

    def family_is_that_of_the_header(self):
        header = "linux/" + os.path.basename(HEADER)
        yield self.spec["uapi-header"], header
        yield self.spec["name"], self.defines[c_name("", self.spec["c-family-name"])]
        yield self.spec["version"], self.defines[c_name("", self.spec["c-version-name"])]
        groups = self.spec["mcast-groups"]["list"]
        yield ([(g["name"], c_name("", g["c-define-name"])) for g in groups],
               [(v, n) for n, v in self.defines.items() if n.startswith("PNF_MCGRP_")])

    def every_enum_is_told(self):
        told = {d["enum-name"].replace("-", "_") for d in self.spec["definitions"]
                if d["type"] == "enum"}
        told |= {self.set_enum(s) for s in self.spec["attribute-sets"]}
        told.add(self.spec["operations"]["enum-name"].replace("-", "_"))
        yield told, set(self.enums)

    def enums_have_the_same_names_and_values(self):
        for definition in self.spec["definitions"]:
            if definition["type"] != "enum":
                continue
            rows = self.enums[definition["enum-name"].replace("-", "_")]
            yield spec_enum(definition), {n: v for n, (v, _) in rows.items()}

    def constants_and_flags_have_the_same_values(self):
        told = {}
        for definition in self.spec["definitions"]:
            if definition["type"] == "const":
                told[c_name("", definition["name"])] = definition["value"]
            elif definition["type"] == "flags":
                names = spec_enum(definition)
                told.update({n: 1 << bit for n, bit in names.items()})
        fixed = ("PNF_GENL_", "PNF_MCGRP_")
        yield told, {n: v for n, v in self.defines.items() if not n.startswith(fixed)}

    def attributes_have_the_same_names_and_ids(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            yield ({n: v for n, (v, _) in spec_set(attribute_set).items()},
                   {n: v for n, (v, _) in rows.items()})

    def attributes_have_the_same_types(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            for name, (_, attr) in spec_set(attribute_set).items():
                _, comment = rows.get(name, (0, ""))
                yield (name, spec_type(attr)), (name, header_type(name, comment))

    def nests_and_enums_are_those_of_the_comments(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            for name, (_, attr) in spec_set(attribute_set).items():
                named = re.search(r"enum (pnf_\w+)", rows.get(name, (0, ""))[1])
                if attr["type"] == "nest":
                    nested = self.sets[attr["nested-attributes"]]
                    # "..._DEL" has no comment of its own: it takes what "..." takes
                    if not named:
                        whole = rows[name.rsplit("_", 1)[0]][1]
                        named = re.search(r"enum (pnf_\w+)", whole)
                    yield (name, self.set_enum(nested)), (name, named[1])
                elif named:
                    definition = next(d for d in self.spec["definitions"]
                                      if d["name"] == attr.get("enum"))
                    yield ((name, definition["enum-name"].replace("-", "_")),
                           (name, named[1]))

    def ranges_are_those_of_the_comments(self):
        for attr in self.sets["config"]["attributes"]:
            comment = self.enums["pnf_config_attr"][c_name("pnf-config-", attr["name"])][1]
            named = re.search(r"(-?\d+)\.\.(\d+)(; 0:)?", comment)
            if not named:
                continue
            checks = attr.get("checks", {})
            low = 0 if named[3] else int(named[1])
            yield ((attr["name"], checks.get("min", 0), checks.get("max")),
                   (attr["name"], low, int(named[2])))

    def commands_have_the_same_names_and_ids(self):
        prefix = self.spec["operations"]["name-prefix"]
        yield ({c_name(prefix, o["name"]): o["value"] for o in self.operations},
               {n: v for n, (v, _) in self.enums["pnf_cmd"].items()})

    def commands_do_and_dump_as_the_comment_says(self):
        said = dict(re.findall(r"^ \*   (PNF_CMD_\w+) \((do|dump)\)", self.text, re.M))
        events = set(re.findall(r"^ \*   (PNF_CMD_\w+_NTF) ", self.text, re.M))
        prefix = self.spec["operations"]["name-prefix"]
        for operation in self.operations:
            name = c_name(prefix, operation["name"])
            kinds = [k for k in ("do", "dump", "event") if k in operation]
            yield (name, kinds), (name, ["event"] if name in events else [said.get(name)])
            yield ((name, operation.get("flags"), operation.get("mcgrp")),
                   (name, None, "events") if name in events else
                   (name, ["admin-perm"], None))

    def operations_use_attributes_that_exist(self):
        for operation in self.operations:
            known = {a["name"] for a in
                     self.sets.get(operation.get("attribute-set"), {}).get("attributes", [])}
            for part in ("do", "dump"):
                for message in operation.get(part, {}).values():
                    yield set(message["attributes"]) - known, set()
            yield set(operation.get("event", {}).get("attributes", [])) - known, set()

    def every_attribute_is_used_by_an_operation_or_a_nest(self):
        used = {}
        for operation in self.operations:
            names = used.setdefault(operation.get("attribute-set"), set())
            for part in ("do", "dump"):
                for message in operation.get(part, {}).values():
                    names.update(message["attributes"])
            names.update(operation.get("event", {}).get("attributes", []))
        for attribute_set in self.spec["attribute-sets"]:
            for attr in attribute_set["attributes"]:
                if attr["type"] == "nest":
                    nested = self.sets[attr["nested-attributes"]]
                    used.setdefault(nested["name"], set()).update(
                        a["name"] for a in nested["attributes"])
        for attribute_set in self.spec["attribute-sets"]:
            names = {a["name"] for a in attribute_set["attributes"] if a["type"] != "pad"}
            yield (attribute_set["name"], names - used[attribute_set["name"]]), \
                  (attribute_set["name"], set())


TESTS = (
    Spec.family_is_that_of_the_header,
    Spec.every_enum_is_told,
    Spec.enums_have_the_same_names_and_values,
    Spec.constants_and_flags_have_the_same_values,
    Spec.attributes_have_the_same_names_and_ids,
    Spec.attributes_have_the_same_types,
    Spec.nests_and_enums_are_those_of_the_comments,
    Spec.ranges_are_those_of_the_comments,
    Spec.commands_have_the_same_names_and_ids,
    Spec.commands_do_and_dump_as_the_comment_says,
    Spec.operations_use_attributes_that_exist,
    Spec.every_attribute_is_used_by_an_operation_or_a_nest,
)


def run(test, spec):
    """Each test yields pairs that should be equal; one that yields none proves nothing"""
    wrong, pairs = [], 0
    for told, expected in test(spec):
        pairs += 1
        if told != expected:
            wrong.append("YAML has %s, the header %s" % (told, expected))
    return wrong if pairs else ["nothing was compared"]


def main():
    spec = Spec()
    failed = 0
    print("TAP version 13\n1..%d" % len(TESTS))
    for number, test in enumerate(TESTS, 1):
        wrong = run(test, spec)
        failed += bool(wrong)
        for line in wrong:
            print("# " + line)
        print("%s %d uapi_spec.%s" % ("not ok" if wrong else "ok", number, test.__name__))
    print("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:0 error:0"
          % (len(TESTS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
