"""Reads the two sources into one shape; judges nothing.

A field or component is a dict: name, data_type, optionality (R O C W), max (None: no limit), length, table.
A structure is a tree of nodes (kind, name, min, max, children); kind is S for a segment, G for a group, C for a choice.
What a source does not say is absent from the dict.
"""

import importlib
import json
import re
import subprocess
import sys

VERSIONS = "2.1 2.2 2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.7.1 2.8 2.8.1 2.8.2".split()
# hl7apy writes this for "no table is suggested".
NO_TABLE = "9999"
# Both sources have a place for any segment: one name for it, as the standard writes it.
ANY_SEGMENT = {"ANYHL7SEGMENT": "Hxx", "GenericSegment": "Hxx"}


def clean(text):
    """One blank between words; blanks around a slash are the old versions' typesetting."""
    return re.sub(r"\s*/\s*", "/", " ".join((text or "").split()))


def normal(text):
    """What hl7apy makes of a name: capitals, digits and single underscores."""
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")


class Hl7apy:
    """The package hl7apy: Python modules, one a version, made from the XML schemas of the standard."""

    versions = [version for version in VERSIONS if version != "2.7.1"]

    def __init__(self, folder):
        sys.path.insert(0, str(folder))
        self.elements = {
            version: importlib.import_module("hl7apy.v" + version.replace(".", "_")).ELEMENTS
            for version in self.versions
        }

    def segments(self, version):
        found = {}
        for name, definition in self.elements[version]["Segment"].items():
            # `('sequence',)` alone is a segment that the schemas no longer have.
            if len(name) == 3 and isinstance(definition[-1], tuple):
                found[name] = self._parts(definition[-1])
        return found

    def data_types(self, version):
        structures = self.elements[version]["Datatypes_Structs"]
        return {name: self._parts(parts) for name, parts in structures.items()}

    @staticmethod
    def _parts(children):
        parts = {}
        for child in children:
            if not isinstance(child, tuple) or len(child) != 4:
                continue
            path, definition, (least, most), _ = child
            # RX1-30 of 2.1 stands a column too far to the right.
            data_type, name, table = definition[-4:-1]
            number = int(path.rsplit("_", 1)[1])
            part = {"name": name, "data_type": data_type or ""}
            if data_type == "varies":
                part["data_type"] = "varies"
            if (least, most) == (0, 0) or data_type == "WD":
                part.update(optionality="W", data_type="", max=1)
            else:
                part.update(optionality="R" if least else "O", max=None if most == -1 else most)
            if table and re.fullmatch(r"HL7\d+", table) and table[3:] != NO_TABLE:
                part["table"] = int(table[3:])
            parts[number] = part
        return parts

    def tables(self, version):
        tables = self.elements[version].get("Table") or {}
        return {
            int(number[3:]): {"name": clean(name), "codes": list(dict.fromkeys(map(clean, codes)))}
            for number, (name, codes) in tables.items()
        }

    def structures(self, version):
        elements = self.elements[version]

        def node(child, prefix):
            name, _, (least, most), kind = child
            most = None if most == -1 else most
            if kind == "SEG":
                return ("S", ANY_SEGMENT.get(name, name), least, most, ())
            shape, children = elements["Group"][name]
            short = name.removeprefix(prefix + "_")
            nodes = tuple(node(child, prefix) for child in children)
            return ("C" if shape == "choice" else "G", short, least, most, nodes)

        return {
            name: tuple(node(child, name) for child in definition[1])
            for name, definition in elements["Message"].items()
        }


class Hl7Dictionary:
    """The package hl7-dictionary: JavaScript objects, one a version; its tables are of no version."""

    versions = VERSIONS[: VERSIONS.index("2.7.1") + 1]
    optionality = {1: "O", 2: "R", 3: "C", 4: "W"}

    def __init__(self, folder):
        script = "process.stdout.write(JSON.stringify(require(process.argv[1])))"
        done = subprocess.run(["node", "-e", script, str(folder)], check=True, capture_output=True)
        self.data = json.loads(done.stdout)

    def segments(self, version):
        segments = self.data["definitions"][version]["segments"]
        return {name: self._parts(segment["fields"]) for name, segment in segments.items()}

    def data_types(self, version):
        types = self.data["definitions"][version]["fields"]
        return {name: self._parts(definition["subfields"]) for name, definition in types.items()}

    def descriptions(self, version, kind):
        """What segments, fields (data types) or messages are called."""
        definitions = self.data["definitions"][version][kind]
        return {name: clean(definition["desc"]) for name, definition in definitions.items()}

    def _parts(self, fields):
        parts = {}
        for number, field in enumerate(fields, 1):
            data_type = "varies" if field["datatype"] == "VARIES" else field["datatype"] or ""
            part = {
                "name": clean(field["desc"]),
                "data_type": data_type,
                "optionality": self.optionality[field["opt"]],
                "max": field["rep"] or None,
            }
            if part["optionality"] == "W":
                part.update(data_type="", max=1)
            if field.get("len"):
                part["length"] = field["len"]
            if field.get("table"):
                part["table"] = int(field["table"])
            parts[number] = part
        return parts

    def tables(self):
        return {
            int(number): {
                "name": clean(table["desc"]),
                "codes": {clean(code): clean(text) for code, text in table["values"].items()},
            }
            for number, table in self.data["tables"].items()
        }

    def structures(self, version):
        def node(child):
            name, most = child["name"] or "", child["max"] or None
            children = tuple(node(inner) for inner in child.get("children") or child.get("compounds") or ())
            if "compounds" in child:
                return ("C", "CHOICE", child["min"], most, children)
            if "children" in child:
                return ("G", normal(name) or "GROUP", child["min"], most, children)
            return ("S", ANY_SEGMENT.get(name, name), child["min"], most, ())

        return {
            name: tuple(node(child) for child in message["segments"]["segments"])
            for name, message in self.data["definitions"][version]["messages"].items()
        }
