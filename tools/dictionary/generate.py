"""Generates the HL7 dictionary of weir from its two sources; README.md beside this file says how and why."""

import argparse
import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

from decide import Decisions
from sources import VERSIONS, Hl7apy, Hl7Dictionary

HL7APY = "hl7apy==1.3.5"
HL7_DICTIONARY = "hl7-dictionary@1.0.1"
HERE = pathlib.Path(__file__).resolve().parent
ROOM = HERE.parent.parent / "src" / "hl7" / "dictionary"
DATA = ROOM / "dictionary.zlib"
FACTS = ROOM / "tests" / "facts.txt"
DIFFERENCES = HERE / "DIFFERENCES.md"
# Every so many of the facts on which both sources agree stand in the sample that a unit test reads.
SAMPLE_EVERY = 97


def install(folder):
    """Both packages from their registries, nothing run."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder / "python", HL7APY]
    subprocess.run(pip, check=True)
    npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-save", "--prefix", folder, HL7_DICTIONARY]
    subprocess.run(npm, check=True)
    return folder / "python", folder / "node_modules" / "hl7-dictionary"


# The text: one line a definition, its versions as a bit mask (bit 0 is 2.1), its values separated by tabs.


def mask(versions):
    return format(sum(1 << VERSIONS.index(version) for version in versions), "x")


def by_value(decisions, pick):
    """Each thing that `pick` finds in a version, with the versions in which it is the same."""
    found = collections.defaultdict(list)
    for version in VERSIONS:
        for key, value in pick(decisions.versions[version]):
            found[key, value].append(version)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], VERSIONS.index(item[1][0])))
    return [(key, value, mask(versions)) for (key, value), versions in ordered]


def part_text(part):
    repeats = {None: "*", 1: ""}.get(part["max"], str(part["max"]))
    columns = (
        part["data_type"],
        part["optionality"] + repeats,
        part.get("length", ""),
        part.get("table", ""),
        part["name"],
    )
    return "\t".join(map(str, columns))


def holders(decisions, kind, names, letters):
    """Segments with their fields, or data types with their components."""

    def titles(version):
        return [(name, getattr(version, names).get(name, "")) for name in getattr(version, kind)]

    def parts(version):
        return [
            ((name, number), part_text(part))
            for name, holder in getattr(version, kind).items()
            for number, part in holder.items()
        ]

    of_holder = collections.defaultdict(list)
    for (name, number), text, versions in by_value(decisions, parts):
        of_holder[name].append(f"{letters[1]}\t{versions}\t{number}\t{text}")
    last = None
    for name, title, versions in by_value(decisions, titles):
        if last not in (None, name):
            yield from of_holder[last]
        last = name
        yield f"{letters[0]}\t{versions}\t{name}\t{title}"
    yield from of_holder[last]


def tables(decisions):
    """The codes of a version are hl7apy's; hl7-dictionary gives their texts, and lists of no version (the last bit)."""
    texts = decisions.table_texts
    names, codes = collections.defaultdict(dict), collections.defaultdict(lambda: collections.defaultdict(int))
    listed = [(decisions.versions[version].tables, 1 << bit) for bit, version in enumerate(VERSIONS)]
    for tables_of_one, bit in [*listed, (texts, 1 << len(VERSIONS))]:
        for number, table in tables_of_one.items():
            names[number][table["name"]] = names[number].get(table["name"], 0) | bit
            for code in table["codes"]:
                codes[number][code] |= bit
    for number in sorted(names):
        for name, bits in names[number].items():
            yield f"V\t{bits:x}\t{number}\t{name}"
        for code, bits in sorted(codes[number].items()):
            text = texts[number]["codes"].get(code, "") if number in texts else ""
            yield f"K\t{bits:x}\t{code}\t{text}"


def suffix(least, most):
    return {(1, 1): "", (0, 1): "?", (0, None): "*", (1, None): "+"}.get((least, most), f"{{{least},{most or ''}}}")


def tree_text(nodes):
    for kind, name, least, most, children in nodes:
        if kind == "S":
            yield name + suffix(least, most)
        else:
            opening, closing = ("(", ")") if kind == "G" else ("<", ">")
            yield name + opening
            yield from tree_text(children)
            yield closing + suffix(least, most)


def structures(decisions):
    def trees(version):
        return [
            (name, f"{version.structure_names.get(name, '')}\t{' '.join(tree_text(tree))}")
            for name, tree in version.structures.items()
        ]

    for name, text, versions in by_value(decisions, trees):
        yield f"M\t{versions}\t{name}\t{text}"
    for (message_type, event), structure, versions in by_value(decisions, lambda v: v.events.items()):
        yield f"E\t{versions}\t{message_type}\t{event}\t{structure}"


def dictionary_text(decisions):
    lines = ["H\t" + " ".join(VERSIONS)]
    lines += holders(decisions, "segments", "segment_names", "SF")
    lines += holders(decisions, "data_types", "data_type_names", "TC")
    lines += tables(decisions)
    lines += structures(decisions)
    return "\n".join(lines) + "\n"


# What the tests hold the decoder to


def facts_text(decisions):
    """A checksum over all fields and components of each version, and a sample of what both sources say."""
    lines = []
    for version in VERSIONS:
        decided = decisions.versions[version]
        whole, counts = [], []
        for kind in (decided.segments, decided.data_types):
            rows = [
                f"{name}\t{number}\t{part_text(kind[name][number])}"
                for name in sorted(kind)
                for number in sorted(kind[name])
            ]
            counts += [len(kind), len(rows)]
            whole += rows
        counts += [
            sum(len(table["codes"]) for table in decided.tables.values()),
            len(decided.structures),
            len(decided.events),
        ]
        checksum = zlib.crc32("".join(row + "\n" for row in whole).encode())
        lines.append(f"{version}\t" + "\t".join(map(str, counts)) + f"\t{checksum:08x}")
    lines.append("")
    for version, kind, holder, number, key, value in decisions.agreed[::SAMPLE_EVERY]:
        if kind != "structures":
            separator = "-" if kind == "segments" else "."
            lines.append(f"{version}\t{holder}{separator}{number}\t{key}\t{'*' if value is None else value}")
    return "\n".join(lines) + "\n"


def differences_text(decisions):
    """The list for review: a difference that is the same over several versions stands once."""
    grouped = collections.defaultdict(list)
    for row in decisions.differences:
        key = (row.kind, row.rule, row.place, str(row.hl7apy), str(row.hl7_dictionary), str(row.decided))
        grouped[key].append(row.version)
    counts = collections.Counter((kind, rule) for kind, rule, *_ in grouped)
    agreed = collections.Counter(key for *_, key, _ in decisions.agreed)
    lines = [
        "# Where the two sources differ, and what was decided",
        "",
        f"Written by `generate.py` from {HL7APY} and {HL7_DICTIONARY}; README.md beside this file tells the rules.",
        f"{len(decisions.differences)} differences, {len(grouped)} rows: the same difference in several versions stands once.",
        "The sources agree on " + ", ".join(f"{count} ({key})" for key, count in sorted(agreed.items())) + ".",
        "",
        "| what | decided by | rows |",
        "|---|---|---|",
    ]
    lines += [f"| {kind} | {rule} | {count} |" for (kind, rule), count in sorted(counts.items())]
    for kind, rule in sorted(counts):
        lines += [
            "",
            f"## {kind}: {rule}",
            "",
            "| place | versions | hl7apy | hl7-dictionary | decided |",
            "|---|---|---|---|---|",
        ]
        rows = [(key, versions) for key, versions in grouped.items() if key[:2] == (kind, rule)]
        for (_, _, place, one, other, decided), versions in sorted(rows, key=lambda row: natural(row[0][2])):
            cells = [place, " ".join(versions), one, other, decided]
            lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("None", "-") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def natural(place):
    return [(not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in re.split(r"(\d+)", place)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if what is committed is not what the sources give"
    )
    parser.add_argument("--text", action="store_true", help="print the committed data as text and do no more")
    parser.add_argument(
        "--sources",
        nargs=2,
        metavar=("HL7APY", "HL7_DICTIONARY"),
        help="folders of the unpacked packages, instead of installing them",
    )
    arguments = parser.parse_args()
    if arguments.text:
        sys.stdout.write(zlib.decompress(DATA.read_bytes()).decode())
        return
    with tempfile.TemporaryDirectory() as folder:
        one, other = arguments.sources or install(pathlib.Path(folder))
        decisions = Decisions(Hl7apy(one), Hl7Dictionary(other))
    text = dictionary_text(decisions)
    written = {FACTS: facts_text(decisions), DIFFERENCES: differences_text(decisions)}
    if arguments.check:
        stale = [str(path) for path, expected in written.items() if path.read_text() != expected]
        if zlib.decompress(DATA.read_bytes()).decode() != text:
            stale.append(str(DATA))
        if stale:
            sys.exit("not what the sources give: " + ", ".join(stale))
    else:
        DATA.write_bytes(zlib.compress(text.encode(), 9))
        for path, content in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    print(f"{len(text.encode())} bytes, {len(zlib.compress(text.encode(), 9))} compressed")
    print(f"{len(decisions.agreed)} facts agreed, {len(decisions.differences)} differences")


if __name__ == "__main__":
    main()
