"""Makes one dictionary of the two sources, and writes down every place where they differ and what was decided."""

import collections
import re

from sources import VERSIONS, clean, normal

# Groups that hl7apy calls a choice and that begin with these segments are sequences: their other members belong to the
# first one (an invoice has a payee), and the standard writes them one after the other.
FIRST_OF_A_SEQUENCE = {"IVC", "PMT", "QPD", "QAK", "SDD"}
# Segments that one source alone has in a version, and that the standard did not have then.
NOT_A_SEGMENT = {
    ("2.1", "MFI"): "master files came with 2.2",
    ("2.3", "QCK"): "a message type, not a segment",
    ("2.6", "ED"): "a data type, not a segment",
}
# Structures for which hl7-dictionary is right, although hl7apy decides when they differ.
BY_HL7_DICTIONARY = {
    ("2.1", "ADT_A03"): "hl7apy lost PV1, without which nothing is discharged",
    ("2.1", "ORM_O01"): "an order is of one of the three, not of all",
    ("2.1", "ORR_O02"): "an order is of one of the three, not of all",
    ("2.3", "MFK_M01"): "hl7apy has MSH and MSA alone",
    ("2.3", "MFN_M01"): "hl7apy has no place for the record of the master file",
    ("2.3", "MFN_M06"): "hl7apy has the segments of M04",
}
# Fields of which both sources say the same of one version alone, against the version before it and the one after it,
# and against the table of attributes that is printed in the standard.
AS_PRINTED_BEFORE_AND_AFTER = "both sources say it of this version alone; as the versions before and after"
AS_PRINTED_CONDITIONAL = "both sources require it in this version alone; the standard has it conditional"
OPTIONALITY = {
    ("2.3", "EVN-2"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "IN1-2"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "OBR-27"): ("O", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "OM3-7"): ("O", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "ORC-7"): ("O", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "PR1-3"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "PR1-5"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "QRD-1"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "RXG-1"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3", "RXG-2"): ("O", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "CTD-1"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "LCH-5"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "OBX-2"): ("C", AS_PRINTED_CONDITIONAL),
    ("2.3.1", "OBX-4"): ("C", AS_PRINTED_CONDITIONAL),
    ("2.3.1", "OM1-2"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "OM1-4"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "OM1-5"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "OM1-8"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "ORC-1"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.3.1", "RDT-1"): ("R", AS_PRINTED_BEFORE_AND_AFTER),
    ("2.8", "OBX-2"): ("C", AS_PRINTED_CONDITIONAL),
    ("2.8", "OBX-4"): ("C", AS_PRINTED_CONDITIONAL),
}
# What hl7apy lists as codes and is none: words of a description or a heading.
NOT_A_CODE = {
    203: {"An Identifier for a provi", "An Identifier for a provider a", "An identifier for a provider r"},
    207: {"not present"},
    335: {"Meal Related Timings"},
    725: {"E.g. Use in Care Plans,", "Similar uses of above moods ma"},
}
# Tables whose codes are those of other organizations; 2.8 and 2.8.1 list the names of their coding systems instead.
OF_OTHERS = {88, 340}
DEPTH_MAX = 10
UNKNOWN = object()

Difference = collections.namedtuple("Difference", "kind place version hl7apy hl7_dictionary decided rule")


class Decided:
    """What stands in one version."""

    def __init__(self):
        self.segments = {}  # name -> number -> part
        self.data_types = {}  # name -> number -> part
        self.tables = {}  # number -> {name, codes}
        self.structures = {}  # name -> tree
        self.events = {}  # (message type, trigger event) -> structure
        self.segment_names = {}
        self.data_type_names = {}
        self.structure_names = {}


class Decisions:
    """Both sources, what was decided, and why."""

    def __init__(self, one, other):
        self.one, self.other = one, other  # hl7apy, hl7-dictionary
        self.differences = []
        self.agreed = []  # (version, holder, number, key, value)
        self.versions = {}
        self.table_texts = other.tables()
        self.spelling = self._spelling()
        self.parts = {"segments": {}, "data_types": {}}
        for version in VERSIONS:
            for kind, by_version in self.parts.items():
                by_version[version] = (
                    getattr(one, kind)(version) if version in one.versions else {},
                    getattr(other, kind)(version) if version in other.versions else {},
                )
        # hl7-dictionary gives 2.7.1 the very definitions of 2.7 and hl7apy has none: what was decided for 2.7 holds.
        definitions = other.data["definitions"]
        assert definitions["2.7.1"] == definitions["2.7"]
        for version in VERSIONS:
            self.versions[version] = self.versions["2.7"] if version == "2.7.1" else self._version(version)
        self._carry_names()

    # Names

    def _spelling(self):
        """The most common spelling of every name and word, from hl7-dictionary: hl7apy writes capitals only."""
        names, words = collections.Counter(), collections.Counter()
        for version in self.other.versions[3:]:
            for holders in (self.other.segments(version), self.other.data_types(version)):
                for parts in holders.values():
                    for part in parts.values():
                        names[part["name"]] += 1
                        words.update(re.findall(r"[A-Za-z0-9]+", part["name"]))
        spelling = {}
        for counter in (names, words):
            best = {}
            for text, count in counter.items():
                key = normal(text)
                best[key] = max(best.get(key, (0, "")), (count, text))
            spelling[id(counter)] = {key: text for key, (_, text) in best.items()}
        return spelling[id(names)], spelling[id(words)]

    def spell(self, name):
        names, words = self.spelling
        key = normal(name)
        if key in names:
            return names[key]
        text = " ".join(words.get(word, word.capitalize()) for word in key.split("_"))
        text = re.sub(r"\b[Ee] [Gg] ", "e.g., ", text)
        text = re.sub(r"\b(\d\d) (\d\d)\b", r"\1-\2", text)
        return re.sub(r" S\b", "'s", text)

    def name(self, version, place, one, other, data_type, others_names):
        """The name, and the rule that chose it; no rule where the sources agree, no name where none decides."""
        if not one or not other:
            return (other or self.spell(one)), None
        left, right = normal(one), normal(other)
        if left == right:
            return other, None
        if "  " in one or "__" in one and re.sub("_+", "_", one) == right:
            return other, "hl7apy's text is damaged"
        if left == f"{right}_{data_type}" or re.fullmatch(re.escape(right) + "_[A-Z]{2}", left):
            return other, "hl7apy adds the data type"
        if left == normal(place):
            return other, "hl7apy has no name"
        if left in others_names and right not in others_names:
            return other, "hl7apy repeats the name of another field"
        if version == "2.1" and left.startswith(right[:5]):
            return self.spell(one), "hl7-dictionary abbreviates"
        if left.startswith(right + "_"):
            rest = left[len(right) + 1 :]
            if rest == "S" or rest.startswith("S_"):
                return (
                    clean(f"{other}(s) {self.spell(rest[2:]) if rest[2:] else ''}"),
                    "hl7-dictionary cuts at a parenthesis",
                )
            return f"{other} ({self.spell(rest)})", "hl7-dictionary cuts at a parenthesis"
        if right.replace("_", "").startswith(left.replace("_", "")) and len(left) >= 50:
            return other, "hl7apy cuts long names"
        return None, None

    # The nearest version that confirms

    def near(self, kind, version, holder, number, key, candidates):
        """Which candidate the nearest version confirms, in which both sources say the same."""
        at = VERSIONS.index(version)
        for distance in range(1, len(VERSIONS)):
            for index in (at + distance, at - distance):
                if not 0 <= index < len(VERSIONS):
                    continue
                one, other = self.parts[kind][VERSIONS[index]]
                left = one.get(holder, {}).get(number)
                right = other.get(holder, {}).get(number)
                if left and right and key in left and key in right:
                    same = left[key] == right[key] if key != "name" else normal(left[key]) == normal(right[key])
                    for candidate in candidates:
                        is_it = candidate == right[key] if key != "name" else normal(candidate) == normal(right[key])
                        if same and is_it:
                            return candidate
        return UNKNOWN

    def _holders(self, kind, version):
        one, other = self.parts[kind][version]
        decided = {}
        for holder in sorted(set(one) | set(other)):
            if (version, holder) in NOT_A_SEGMENT:
                reason = NOT_A_SEGMENT[version, holder]
                self.differences.append(Difference("segment", holder, version, None, holder, None, reason))
                continue
            left, right = one.get(holder, {}), other.get(holder, {})
            decided[holder] = {}
            for number in sorted(set(left) | set(right)):
                others_names = {normal(part["name"]) for n, part in left.items() if n != number}
                part = Part(self, kind, version, holder, number)
                decided[holder][number] = part.decide(left.get(number), right.get(number), others_names)
        return decided

    # One version

    def _version(self, version):
        decided = Decided()
        decided.segments = self._holders("segments", version)
        decided.data_types = self._data_types(version, decided)
        decided.tables = self._tables(version)
        self._structures(version, decided)
        self._unused_segments(version, decided)
        if version in self.other.versions:
            decided.segment_names = self.other.descriptions(version, "segments")
            decided.data_type_names = self.other.descriptions(version, "fields")
            decided.structure_names = self.other.descriptions(version, "messages")
        return decided

    def _data_types(self, version, decided):
        found = self._holders("data_types", version)
        one, other = self.parts["data_types"][version]
        used = {
            part["data_type"] for holder in (*decided.segments.values(), *found.values()) for part in holder.values()
        }
        for name in sorted(found):
            # hl7apy lists no data type without components, so hl7-dictionary alone has those.
            if (
                (name in one) == (name in other)
                or version not in self.other.versions
                or not found[name]
                and name != "VARIES"
            ):
                continue
            kept = name in used
            rule = "only one source has it: " + ("kept, it is used" if kept else "left out, nothing uses it")
            row = (name if name in one else None, name if name in other else None, name if kept else None, rule)
            self._row("data type", name, version, *row)
            if not kept:
                del found[name]
        for name in used - set(found) - {"", "varies"}:
            found[name] = {}
        return found

    def _tables(self, version):
        if version not in self.one.versions:
            return {}
        tables = self.one.tables(version)
        for number, table in tables.items():
            listed, kept = table["codes"], []
            for code in [] if number in OF_OTHERS else listed:
                if code not in NOT_A_CODE.get(number, ()):
                    # Several codes in one cell: `L,M,N` of table 0301.
                    kept += re.split(r",\s*", code)
            if kept != listed:
                wrong = [code for code in listed if code not in kept]
                rule = "names of coding systems, or text: left out; several in one: told apart"
                self._row("code", f"{number:04}", version, ", ".join(wrong), None, None, rule)
            table["codes"] = list(dict.fromkeys(kept))
        return tables

    # Structures

    def _structures(self, version, decided):
        one = {name: sequences(tree) for name, tree in self.one.structures(version).items()}
        other = self.other.structures(version) if version in self.other.versions else {}
        decided.structures = dict(one)
        events = self._listed_events(version)
        by_table = self._events_by_table(one)
        for name, tree in sorted(other.items()):
            message_type, _, event = name.partition("_")
            if name in one:
                decided.structures[name] = self._compare(version, name, one[name], tree)
                continue
            alike = [mine for mine in one if mine.startswith(message_type) and shape(one[mine]) == shape(tree)]
            similar = [mine for mine in one if mine.startswith(message_type) and flat(one[mine]) == flat(tree)]
            listed = by_table.get((message_type, event))
            if alike:
                chosen = listed if listed in alike else min(alike)
                decided.events[message_type, event] = chosen
            elif len(similar) == 1:
                decided.events[message_type, event] = similar[0]
                self._row("structure", name, version, None, name, similar[0], "same segments in the same order")
            elif listed:
                decided.events[message_type, event] = listed
                self._row(
                    "structure", name, version, None, name, listed, "table 0354 gives the event to this structure"
                )
            elif event and events and event not in events:
                self._row(
                    "structure",
                    name,
                    version,
                    None,
                    name,
                    None,
                    "table 0003 of this version has no such event: left out",
                )
            elif not event or (len(event) == 3 and is_whole(tree)):
                decided.structures[name] = tree
                self._row("structure", name, version, None, name, name, "only hl7-dictionary has it: kept")
            else:
                self._row("structure", name, version, None, name, None, "not whole: left out")
        for pair, structure in by_table.items():
            decided.events.setdefault(pair, structure)
        if version not in self.other.versions:
            for pair, structure in self.versions["2.7"].events.items():
                if structure in decided.structures:
                    decided.events.setdefault(pair, structure)
        for name in list(decided.structures):
            message_type, _, event = name.partition("_")
            decided.events.pop((message_type, event), None)
        assert max(map(depth, decided.structures.values())) <= DEPTH_MAX

    def _listed_events(self, version):
        """Table 0003 as hl7apy lists it; it begins with 2.3.1, which 2.3 is held against."""
        listed = "2.3.1" if version == "2.3" else version
        table = self.one.tables(listed).get(3)
        return set(table["codes"]) if table else set()

    def _events_by_table(self, structures):
        """Table 0354: `ADT_A01` is for `A01, A04, A08, A13`."""
        pairs = {}
        for structure, events in self.table_texts[354]["codes"].items():
            message_type = structure.partition("_")[0]
            for event in re.findall(r"\b[A-Z0-9]{3}\b", events):
                if structure in structures:
                    pairs[message_type, event] = structure
        return pairs

    def _compare(self, version, name, one, other):
        chosen = one
        if shape(one) == shape(other):
            self.agreed.append((version, "structures", name, 0, "tree", one))
        elif (version, name) in BY_HL7_DICTIONARY:
            chosen = other
            self._row(
                "structure",
                name,
                version,
                *only_in(flat(one), flat(other)),
                "hl7-dictionary",
                BY_HL7_DICTIONARY[version, name],
            )
        elif flat(one) == flat(other):
            self._row(
                "structure",
                name,
                version,
                "its nesting",
                "its nesting",
                "hl7apy",
                "same segments in the same order: hl7apy, which has the groups' names",
            )
        else:
            self._row(
                "structure",
                name,
                version,
                *only_in(flat(one), flat(other)),
                "hl7apy",
                "segments differ: hl7apy, made from the schemas",
            )
        return chosen

    def _unused_segments(self, version, decided):
        """Segments that one source alone has; where hl7-dictionary has one that no structure uses, it is an error."""
        one, other = self.parts["segments"][version]
        if version not in self.other.versions:
            return
        used = {name for tree in decided.structures.values() for name in flat(tree)}
        for name in sorted(decided.segments):
            if (name in one) == (name in other):
                continue
            kept = name in used or name in one
            rule = "only one source has it: " + ("kept" if kept else "left out, no structure uses it")
            self._row(
                "segment",
                name,
                version,
                name if name in one else None,
                name if name in other else None,
                name if kept else None,
                rule,
            )
            if not kept:
                del decided.segments[name]

    def _row(self, kind, place, version, one, other, decided, rule):
        self.differences.append(Difference(kind, place, version, one, other, decided, rule))

    def _carry_names(self):
        """hl7apy names no segment, data type or structure: after 2.7.1 they keep the last name they had."""
        for kind in ("segment_names", "data_type_names", "structure_names"):
            last = {}
            for version in VERSIONS:
                names = getattr(self.versions[version], kind)
                last.update(names)
                if version not in self.other.versions:
                    setattr(self.versions[version], kind, dict(last))


# Fields and components


class Part:
    """One field or component of one version, as both sources have it."""

    def __init__(self, decisions, kind, version, holder, number):
        self.decisions = decisions
        self.at = (kind, version, holder, number)
        self.place = f"{holder}{'-' if kind == 'segments' else '.'}{number}"

    def decide(self, one, other, others_names):
        """What the dictionary says; `others_names` are those that hl7apy gives to the other fields."""
        if one is None or other is None:
            part = self._only(one, other)
            part["optionality"] = self._printed(part["optionality"])
            return part
        part = {"name": self._name(one, other, others_names)}
        if "W" in (one["optionality"], other["optionality"]):
            part.update(optionality=self._withdrawn(one, other), data_type="", max=1)
        else:
            part.update(
                optionality=self._printed(self._optionality(one["optionality"], other["optionality"])),
                data_type=self._data_type(one["data_type"], other["data_type"]),
                max=self._max(one["max"], other["max"]),
            )
        table = self._table(one.get("table"), other.get("table"))
        if table:
            part["table"] = table
        if other.get("length"):
            part["length"] = other["length"]
        return part

    def _differ(self, key, left, right, decided, rule):
        self.decisions.differences.append(Difference(key, self.place, self.at[1], left, right, decided, rule))
        return decided

    def _agree(self, key, value):
        kind, version, holder, number = self.at
        self.decisions.agreed.append((version, kind, holder, number, key, value))
        return value

    def _nearest(self, key, left, right):
        near = self.decisions.near(*self.at, key, (left, right))
        if near is not UNKNOWN:
            rule = "as the nearest version in which both agree"
        elif key == "max":
            # The schemas of 2.5.1 and later let even set ids repeat.
            near, rule = right, "no version confirms either: hl7-dictionary"
        else:
            near, rule = left, "no version confirms either: hl7apy"
        if key == "name" and near != right:
            near = self.decisions.spell(near)
        return self._differ(key, left, right, near, rule)

    def _only(self, one, other):
        kind, version, holder, _ = self.at
        part = dict(one or other)
        names = [source and source["name"] for source in (one, other)]
        part["name"], _ = self.decisions.name(version, self.place, *names, None, ())
        # Where a source lacks the whole segment or data type, one row tells so.
        if all(holder in source for source in self.decisions.parts[kind][version]):
            source = "hl7apy" if other is None else "hl7-dictionary"
            self._differ("part", *names, part["name"], f"only {source} has it: kept")
        return part

    def _name(self, one, other, others_names):
        names = (one["name"], other["name"])
        name, rule = self.decisions.name(self.at[1], self.place, *names, one["data_type"], others_names)
        if name is None:
            return self._nearest("name", *names)
        return self._differ("name", *names, name, rule) if rule else self._agree("name", name)

    def _withdrawn(self, one, other):
        left, right = one["optionality"], other["optionality"]
        if left == right:
            return self._agree("optionality", "W")
        return self._differ("optionality", left, right, "W", "one says withdrawn, the other knows no such mark")

    def _data_type(self, left, right):
        if left == right:
            return self._agree("data_type", left)
        if left == right + "_SIMPLE":
            return self._differ("data_type", left, right, right, "hl7apy's variant for deeper levels")
        return left if right == "" else self._nearest("data_type", left, right)

    def _optionality(self, left, right):
        if left == right:
            return self._agree("optionality", left)
        if right == "C":
            # hl7apy knows required or not, nothing between.
            return "C" if left == "O" else self._differ("optionality", left, right, "C", "hl7apy knows no conditional")
        if self.at[0] == "data_types":
            return self._differ("optionality", left, right, "R", "the source that tells required components apart")
        return self._nearest("optionality", left, right)

    def _printed(self, decided):
        """What is printed, where that is known to be something else."""
        printed, rule = OPTIONALITY.get((self.at[1], self.place), (decided, None))
        if printed == decided:
            return decided
        return self._differ("optionality", decided, decided, printed, rule)

    def _max(self, left, right):
        if left == right:
            return self._agree("max", left)
        if 1 not in (left, right):
            shown = (left or "no limit", right or "no limit")
            return self._differ("max", *shown, left or right, "the one that names a limit")
        return self._nearest("max", left, right)

    def _table(self, left, right):
        if left and left == right:
            return self._agree("table", left)
        if left and right:
            return self._nearest("table", left, right)
        if left or right:
            return self._differ("table", left, right, left or right, "only one source names a table: kept")
        return None


# Trees


def sequences(nodes):
    """The tree with the choices that are none turned into groups."""
    fixed = []
    for kind, name, least, most, children in nodes:
        if kind == "C" and (children[0][1] in FIRST_OF_A_SEQUENCE):
            kind = "G"
        fixed.append((kind, name, least, most, sequences(children)))
    return tuple(fixed)


def shape(nodes):
    """The tree without the names of its groups."""
    return tuple(
        (kind, name if kind == "S" else "", least, most, shape(children)) for kind, name, least, most, children in nodes
    )


def flat(nodes):
    """The names of the segments, in order."""
    return [name for kind, name, _, _, children in nodes for name in ([name] if kind == "S" else flat(children))]


def depth(nodes):
    return 1 + max((depth(children) for *_, children in nodes), default=0)


def is_whole(nodes):
    return bool(nodes) and all(
        len(name) == 3 if kind == "S" else is_whole(children) for kind, name, _, _, children in nodes
    )


def only_in(one, other):
    left, right = collections.Counter(one), collections.Counter(other)

    def told(more):
        return "has " + " ".join(sorted(more.elements())) if more else "-"

    if left == right:
        return "another order", "another order"
    return told(left - right), told(right - left)
