"""Times python-hl7 and hl7apy at what weir's benches do, on the same files of `fixtures/`.

    python3 -m venv venv && venv/bin/pip install hl7==0.4.5 hl7apy==1.3.5
    venv/bin/python tools/compare/compare.py

Prints microseconds for one message (the median of several rounds) and what that is in MB/s. Changes no file and
needs no network once the two packages are there.
"""

import pathlib
import statistics
import time

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Group, Segment
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"
FILES = ["adt-a01", "oru-r01-chemistry"]
# Segment, field, component; all numbers from 1.
TEN = [
    ("MSH", 9, 1), ("MSH", 9, 2), ("MSH", 10, 1), ("PID", 3, 1), ("PID", 5, 1),
    ("PID", 5, 2), ("PID", 7, 1), ("PID", 8, 1), ("PV1", 3, 1), ("PV1", 19, 1),
]
THREE = [("MSH", 5), ("PV1", 2), ("PID", 5)]
ROUND_SECONDS = 0.4
ROUNDS = 5


def microseconds(work):
    """The median time of one call, over rounds that are long enough for the clock."""
    start = time.perf_counter()
    work()
    calls = max(1, int(ROUND_SECONDS / (time.perf_counter() - start)))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        rounds.append((time.perf_counter() - start) / calls)
    return statistics.median(rounds) * 1e6


# python-hl7


def python_hl7_read(message):
    found = []
    for segment, field, component in TEN:
        try:
            found.append(message.extract_field(segment, 1, field, 1, component, 1))
        except (KeyError, LookupError):
            found.append("")
    return found


def python_hl7_edit(message):
    for segment, field in THREE:
        try:
            message.assign_field("CHANGED", segment, 1, field)
        except KeyError:
            pass
    return str(message)


def python_hl7_walk(message):
    """Its tree goes as deep as the delimiters that are there."""

    def leaves(node):
        if isinstance(node, hl7.Container):
            return sum(leaves(child) for child in node)
        return 1

    return leaves(message)


# hl7apy


def hl7apy_segments(element):
    for child in element.children:
        if isinstance(child, Group):
            yield from hl7apy_segments(child)
        elif isinstance(child, Segment):
            yield child


def hl7apy_read(message):
    segments = {segment.name: segment for segment in hl7apy_segments(message)}
    found = []
    for segment, field, component in TEN:
        try:
            value = getattr(segments[segment], f"{segment.lower()}_{field}")
            found.append(value.children[component - 1].to_er7() if value else "")
        except (KeyError, IndexError, HL7apyException):
            found.append("")
    return found


def hl7apy_edit(message):
    segments = {segment.name: segment for segment in hl7apy_segments(message)}
    for segment, field in THREE:
        if segment in segments:
            setattr(segments[segment], f"{segment.lower()}_{field}", "CHANGED")
    return message.to_er7()


def hl7apy_walk(element):
    children = getattr(element, "children", None)
    if not children:
        return 1
    return sum(hl7apy_walk(child) for child in children)


def hl7apy_validate(message):
    """It ends at the first fault that it finds, if it finds one."""
    try:
        return message.validate()
    except HL7apyException as error:
        return error


def rows(text):
    """What is timed: the name, and a call without arguments. Editing starts from a message of its own."""

    def apy():
        return parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT)

    parsed, parsed_apy = hl7.parse(text), apy()
    yield "python-hl7: parse", lambda: hl7.parse(text)
    yield "python-hl7: parse, read ten", lambda: python_hl7_read(hl7.parse(text))
    yield "python-hl7: parse, read ten, set three, write", lambda: edit(hl7.parse(text), python_hl7_read, python_hl7_edit)
    yield "python-hl7: walk", lambda: python_hl7_walk(parsed)
    yield "hl7apy: parse", apy
    yield "hl7apy: parse, read ten", lambda: hl7apy_read(apy())
    yield "hl7apy: parse, read ten, set three, write", lambda: edit(apy(), hl7apy_read, hl7apy_edit)
    yield "hl7apy: walk", lambda: hl7apy_walk(parsed_apy)
    yield "hl7apy: validate", lambda: hl7apy_validate(parsed_apy)


def edit(message, read, write):
    return read(message), write(message)


def main():
    for name in FILES:
        text = (FIXTURES / f"{name}.hl7").read_bytes().decode("utf-8")
        size = len(text.encode())
        print(f"{name}, {size} bytes")
        assert python_hl7_read(hl7.parse(text)) == hl7apy_read(parse_message(text)), "they read the same"
        for what, work in rows(text):
            took = microseconds(work)
            print(f"  {what:<48} {took:>10.1f} us {size / took:>8.2f} MB/s")


if __name__ == "__main__":
    main()
