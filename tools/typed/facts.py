"""The facts the typed model is written from: segments, data types, their parts, names, types and tables.

They come from hl7apy (https://pypi.org/project/hl7apy/, MIT, see LICENSE-hl7apy), which must be importable.
Version 2.5.1 is the base; parts that later versions up to 2.8.2 added follow it. The test `typed::dictionary`
compares what is written with the dictionary, which has a second source.
"""

import importlib
import re
from dataclasses import dataclass

BASE = "2.5.1"
LATER = ["2.6", "2.7", "2.8", "2.8.1", "2.8.2"]

# Where hl7apy is silent or says what no reader could use: (type, name, table).
CORRECTED = {
    "MSA_5": ("ID", "DELAYED_ACKNOWLEDGMENT_TYPE", "HL70102"),
    "QPD_3": ("varies", "USER_PARAMETERS", None),
}

# Tables that hl7apy does not tell and the dictionary does.
TABLES = {
    "CWE_12": "HL70396",
    "CF_12": "HL70396",
    "CX_12": "HL70904",
    "XCN_25": "HL70904",
    "PPN_26": "HL70904",
    "XAD_15": "HL70616",
    "XAD_16": "HL70136",
    "XAD_17": "HL70136",
    "XAD_18": "HL70617",
    "XAD_22": "HL70618",
    "XTN_15": "HL70868",
    "XTN_16": "HL70618",
}

# Fields that hl7apy has repeat and the standard has not.
ONCE = {"MSA_5", "OBX_23", "OBX_24", "OBX_25", "OBX_26", "SPM_32"}

# Names the standard wrote as whole sentences, and what it calls them elsewhere.
RENAMED = {
    "SUFFIX_E_G_JR_OR_III": "SUFFIX",
    "PREFIX_E_G_DR": "PREFIX",
    "DEGREE_E_G_MD": "DEGREE",
    "SECOND_AND_FURTHER_GIVEN_NAMES_OR_INITIALS_THEREOF": "SECOND_AND_FURTHER_GIVEN_NAMES",
    "D_T_OF_MOST_RECENT_REFILL_OR_DOSE_DISPENSED": "DATE_TIME_OF_MOST_RECENT_REFILL_OR_DOSE_DISPENSED",
}


@dataclass
class Part:
    """A field of a segment or a component of a data type."""

    number: int
    name: str
    datatype: str
    table: str | None
    repeats: bool
    since: str | None
    """The version that added it, if that is later than the base."""


def load(version: str, module: str):
    return importlib.import_module(f"hl7apy.v{version.replace('.', '_')}.{module}")


def definition(version: str, whole: str):
    """The parts hl7apy lists for a segment or data type, by number."""
    segments = load(version, "segments").SEGMENTS
    rows = segments[whole][1] if whole in segments else load(version, "datatypes").DATATYPES_STRUCTS.get(whole, ())
    return {int(row[0].rsplit("_", 1)[1]): row for row in rows}


def parts(whole: str) -> list[Part]:
    """All parts of a segment or data type, in order."""
    found: dict[int, Part] = {}
    for version in [BASE, *LATER]:
        for number, (key, about, (_, most), _) in definition(version, whole).items():
            datatype, name, table = CORRECTED.get(key, tuple(about[2:5]))
            table = None if table == "HL79999" else table or TABLES.get(key)
            known = found.get(number)
            if datatype and known is None:
                since = version if version != BASE else None
                repeats = most != 1 and key not in ONCE
                found[number] = Part(number, RENAMED.get(name, name), datatype, table, repeats, since)
            elif known and known.since and known.datatype == datatype:
                # Some tables are told only for a later version.
                known.table = known.table or table
    return [found[number] for number in sorted(found)]


def words(part: Part, whole: str) -> list[str]:
    """The words of the name, without the name of the segment that the standard repeats in some."""
    name = re.sub(r"_S(?=_)", "'S", part.name)
    found = name.split("_")
    if len(found) > 1 and found[-1] == whole:
        found.pop()
    return found


def title(part: Part, whole: str) -> str:
    """`Date/Time of Birth`"""
    small = {"OF", "THE", "AND", "OR", "FOR", "TO", "FROM", "ON", "IN", "BY", "WITH", "A"}
    kept = {"ID", "SSN", "DEA", "ISO", "DRG", "HL7", "NDC", "UPIN", "MFE", "MFN", "NA", "UID", "NPI", "VIP", "CD", "LAB"}
    text = []
    for index, word in enumerate(words(part, whole)):
        if word in small and index > 0:
            text.append(word.lower())
        else:
            text.append(word if word in kept else word.capitalize())
    return " ".join(text).replace("Date Time", "Date/Time")


def method(part: Part, whole: str) -> str:
    """`datetime_of_birth`"""
    name = "_".join(words(part, whole)).lower().replace("'", "")
    name = name.replace("date_time", "datetime")
    return f"r#{name}" if name in {"type", "final", "use", "where", "in", "ref"} else name
