#!/usr/bin/env python3
"""Writes the repetitive files of the typed model: composite data types, typed segments, and the walk that tests
every accessor.

    pip install hl7apy==1.3.5
    python3 tools/typed/generate.py && cargo fmt

The facts are in facts.py, what only people know (titles, places in the standard, which file) in model.py.
The generated files are checked in and read like any other; change them here.
"""

import textwrap
from pathlib import Path

import facts
from facts import Part
from model import FAMILIES, SEGMENTS, WALKS

ROOT = Path(__file__).parents[2]
WIDTH = 110
TABLE = "#[rustfmt::skip] // One line a part, as in the tables of the standard."
NOTE = "//! Written by `tools/typed/generate.py`."

# Types that the standard replaced, and versions of a type for use inside another.
READ_AS = {
    "CE": "Cwe",
    "CNE": "Cwe",
    "TS": "Dtm",
    "TN": "St",
    "GTS": "St",
    "DR_SIMPLE": "Dr",
    "CQ_SIMPLE": "Cq",
    "varies": "Part",
}
SIMPLE = {"ST", "TX", "FT", "ID", "IS", "NM", "SI", "DT", "TM", "DTM"}


def rust_type(datatype: str) -> str:
    return READ_AS.get(datatype, datatype.capitalize())


def doc(text: str, indent: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent=f"{indent}/// ", subsequent_indent=f"{indent}/// "))


def accessor(part: Part, whole: str, section: str | None) -> str:
    """One method, with the doc comment that says which part it reads."""
    details = [part.datatype.removesuffix("_SIMPLE")]
    details += [f"table {part.table.removeprefix('HL7')}"] if part.table else []
    details += ["repeats"] if part.repeats and section is not None else []
    place = f"{whole}.{part.number}" if section is None else f"{whole}-{part.number}"
    line = f"{place} {facts.title(part, whole)} ({', '.join(details)})"
    if part.since:
        line += f", from {part.since}."
    else:
        line += f", {section}.{part.number}." if section else "."
    kind = rust_type(part.datatype)
    name = facts.method(part, whole)
    if section is None:
        found, result = f"self.0.component({part.number})", f"{kind}<'a>"
        body = f"{kind}({found})"
    elif (whole, part.number) == ("OBX", 5):
        result = "impl Iterator<Item = ObservationValue<'a>>"
        body = "let value_type = self.value_type();\n"
        body += "self.0.repetitions(5).map(move |part| ObservationValue::read(value_type, part))"
    elif part.repeats:
        found = f"self.0.repetitions({part.number})"
        result = "Repetitions<'a>" if kind == "Part" else f"impl Iterator<Item = {kind}<'a>>"
        body = found if kind == "Part" else f"{found}.map({kind})"
    else:
        found, result = f"self.0.part({part.number})", f"{kind}<'a>"
        body = found if kind == "Part" else f"{kind}({found})"
    signature = f"    pub fn {name}(self) -> {result} {{"
    if "\n" in body or len(f"{signature} {body} }}") > WIDTH:
        body = "\n        " + body.replace("\n", "\n        ") + "\n   "
    return f"{doc(line, '    ')}\n{signature} {body} }}".replace("{ \n", "{\n")


def used_types(parts: list[Part]) -> set[str]:
    return {rust_type(part.datatype) for part in parts}


def family_file(about: str, types: dict[str, tuple[str, str]]) -> str:
    """A file of related data types."""
    imports, blocks = {"Part"}, []
    for name, (title, section) in types.items():
        parts = facts.parts(name)
        imports |= used_types(parts)
        structure = rust_type(name)
        methods = "\n".join(accessor(part, name, None) for part in parts)
        blocks.append(
            f"{doc(f'{title} (HL7 v2.5.1, {section}).', '')}\n#[derive(Debug, Clone, Copy)]\n"
            f"pub struct {structure}<'a>(pub Part<'a>);\n\n{TABLE}\nimpl<'a> {structure}<'a> {{\n{methods}\n}}\n"
        )
    imports -= {rust_type(name) for name in types}
    return f"//! {about}\n//!\n{NOTE}\n\nuse super::{{{', '.join(sorted(imports))}}};\n\n" + "\n".join(blocks)


def segment_file(name: str, title: str, section: str) -> str:
    parts = facts.parts(name)
    structure = name.capitalize()
    imports = used_types(parts)
    if name == "OBX":
        imports = imports - {"Part"} | {"ObservationValue"}
    if any(part.repeats and part.datatype == "varies" for part in parts) and name != "OBX":
        imports = imports - {"Part"} | {"Repetitions"}
    methods = "\n".join(accessor(part, name, section) for part in parts)
    return (
        f"//! {name}: {title[0].lower() + title[1:]}.\n//!\n{NOTE}\n\n"
        f"use super::TypedSegment;\nuse crate::hl7::Segment;\n"
        f"use crate::hl7::datatype::{{{', '.join(sorted(imports))}}};\n\n"
        f"{doc(f'{title} ({place_of(section)}).', '')}\n"
        f"#[derive(Debug, Clone, Copy)]\npub struct {structure}<'a>(pub Segment<'a>);\n\n"
        f"impl<'a> TypedSegment<'a> for {structure}<'a> {{\nconst NAME: [u8; 3] = *b\"{name}\";\n\n"
        f"fn of(segment: Segment<'a>) -> Self {{\n{structure}(segment)\n}}\n}}\n\n"
        f"{TABLE}\nimpl<'a> {structure}<'a> {{\n{methods}\n}}\n"
    )


def place_of(section: str) -> str:
    return f"HL7 v2.5.1, {section}" if section else "HL7 v2.6, chapter 3"


def walk_step(part: Part, whole: str, verb: str) -> str:
    """One line of the walk: a field (verb `field`) or a component."""
    kind = rust_type(part.datatype)
    name = f"value.{facts.method(part, whole)}()"
    if (whole, part.number) == ("OBX", 5):
        return f"walk.repetitions(5, {name}, Walk::observation);"
    if kind == "Part":
        step = "repetitions" if part.repeats else verb
        return f"walk.{step}({part.number}, {name}, Walk::any);"
    visit = "Walk::" + kind.lower() if kind.upper() in SIMPLE else function(kind)
    if verb == "field" and kind.upper() not in SIMPLE:
        visit = f"types::{visit}"
    return f"walk.{'repetitions' if part.repeats and verb == 'field' else verb}({part.number}, {name}, {visit});"


def function(kind: str) -> str:
    return {"Fn": "r#fn"}.get(kind, kind.lower())


def walk_of_types() -> str:
    names = [name for types, _ in FAMILIES.values() for name in types]
    blocks = []
    for name in sorted(names):
        kind = rust_type(name)
        steps = "\n".join(walk_step(part, name, "component") for part in facts.parts(name))
        blocks.append(
            f"pub(super) fn {function(kind)}(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: {kind}<'_>) {{\n"
            f"walk.composite(value.0, |walk| {{\n{steps}\n}});\n}}\n"
        )
    kinds = sorted({rust_type(name) for name in names})
    return (
        f"//! Every component of every composite data type.\n//!\n{NOTE}\n\n"
        f"use weir::hl7::datatype::{{{', '.join(kinds)}}};\n\nuse super::{{Found, Walk}};\n\n" + "\n".join(blocks)
    )


def walk_of_segments(names: list[str], about: str) -> str:
    blocks = []
    for name in names:
        steps = "\n".join(walk_step(part, name, "field") for part in facts.parts(name))
        blocks.append(
            f"pub(super) fn {name.lower()}(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: {name.capitalize()}<'_>) {{\n{steps}\n}}\n"
        )
    kinds = ", ".join(name.capitalize() for name in sorted(names))
    return (
        f"//! Every field of the typed segments: {about}.\n//!\n{NOTE}\n\n"
        f"use weir::hl7::segments::{{{kinds}}};\n\nuse super::{{Found, Walk, types}};\n\n" + "\n".join(blocks)
    )


def main() -> None:
    written = {}
    for family, (types, about) in FAMILIES.items():
        written[f"src/hl7/datatype/{family}.rs"] = family_file(about, types)
    for name, (title, section) in SEGMENTS.items():
        written[f"src/hl7/segments/{name.lower()}.rs"] = segment_file(name, title, section)
    written["tests/weir/typed/walk/types.rs"] = walk_of_types()
    for file, (about, names) in WALKS.items():
        written[f"tests/weir/typed/walk/{file}.rs"] = walk_of_segments(names, about)
    for path, text in written.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)


if __name__ == "__main__":
    main()
