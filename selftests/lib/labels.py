# SPDX-License-Identifier: GPL-2.0-only
"""labels.py - which rule of the protocols, or which bug of the reference, a result is about

The name of a result that proves a rule begins so: "conformance 38: ..." or "conformance 11, 34: ...",
that of one which fails on a bug of the reference "reference bug 5: ...", and both may stand there:
"conformance 24: reference bug 11: ...". In Python and shell that is a string, in C a test's name:
conformance_1_count_is_right, reference_bug_6_the_flow_label_has_20_bits,
conformance_3_reference_bug_8_uptime_wraps. What only a comment claims counts for nothing.
"""
import os
import re

SELFTESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KINDS = "conformance", "reference bug"

# Results of these are about a decoder, or about the lists themselves
PROVE_NOTHING = "unit/flowdecode.py", "unit/conformance.py", "unit/reference_bugs.py"

WORDS = rf"(?:(?:{'|'.join(KINDS)}) \d+(?:(?:, | and )\d+)*: ?)+"
C_WORDS = rf"(?:(?:{'|'.join(KINDS)})(?:_\d+)+_)+".replace(" ", "_")
IN_STRING = re.compile(rf"""["']({WORDS})""")
IN_C = re.compile(rf"\bTEST(?:_F)?\((?:\w+, *)?({C_WORDS})")
IN_RESULT = re.compile(rf"^({WORDS})|(?:^|\.)({C_WORDS})")


def numbers(kind, words):
    """The numbers that labels have of a kind"""
    return {int(number) for found in re.findall(rf"{kind}((?: and |[ ,]|\d)+)", words.replace("_", " "))
            for number in re.findall(r"\d+", found)}


def of_result(name):
    """{kind: numbers} of a result that a test printed"""
    found = IN_RESULT.search(name)
    return {kind: numbers(kind, found.group()) if found else set() for kind in KINDS}


def in_sources(kind):
    """{number: files that have a result of that label}"""
    files_of = {}
    for directory, _, files in os.walk(SELFTESTS):
        for name in files:
            path = os.path.join(directory, name)
            relative = os.path.relpath(path, SELFTESTS)
            # The decoder's own text is no result either
            if not name.endswith((".c", ".sh", ".py")) or relative in PROVE_NOTHING or \
                    name in ("flowdecode.py", "labels.py"):
                continue
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for words in (IN_C if name.endswith(".c") else IN_STRING).findall(text):
                for number in numbers(kind, words):
                    files_of.setdefault(number, set()).add(relative)
    return files_of


def report(kind, texts, found, more):
    """KTAP: each of {number: text} was `found` in_sources(); then `more`, (name, whether it holds) of
    one result; returns the exit status"""
    results = [(f"{kind} {number}: {text}: {', '.join(sorted(found.get(number, ['no test'])))}",
                number in found) for number, text in texts.items()] + [more]
    print(f"TAP version 13\n1..{len(results)}")
    for i, (name, holds) in enumerate(results, 1):
        print(f"{'ok' if holds else 'not ok'} {i} {name}")
    return 0 if all(holds for _, holds in results) else 1
