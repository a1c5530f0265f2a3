// A message as a tree: groups, segments, fields and components with the standard's names; found by typing.

import { empty } from "../parts.js";
import { h, put } from "../dom.js";

export function tree(message) {
  const body = h("div", { class: "tree" });
  const find = h("input", { type: "search", placeholder: "Find a place, name or value", "aria-label": "Find in the message", oninput: () => show(find.value.trim().toLowerCase()) });
  const problems = message.problems.map((problem) => h("li", null, h("code", null, problem.path), " ", problem.text || problem.name));
  function show(wanted) {
    const segments = message.segments.map((segment) => shownSegment(segment, wanted)).filter(Boolean);
    put(body, segments.length ? segments : empty("Nothing of it fits."));
  }
  show("");
  return [
    h("div", { class: "bar" }, find, h("span", { class: "note" }, [message.structure, message.version].filter(Boolean).join(" · "))),
    problems.length ? h("details", { class: "why warn" }, h("summary", null, `${problems.length === 1 ? "1 thing is" : `${problems.length} things are`} not as the standard says`), h("ul", null, problems)) : null,
    body,
  ];
}

function shownSegment(segment, wanted) {
  const own = `${segment.path} ${segment.name}`.toLowerCase().includes(wanted);
  const rows = segment.fields.flatMap((field) => places(field, 0)).filter((row) => own || fits(row, wanted));
  if (!own && rows.length === 0) return null;
  return h("details", { open: true, class: "segment" },
    h("summary", null, h("code", null, segment.path), h("span", null, segment.name), segment.groups.length ? h("small", null, segment.groups.join(" › ")) : null),
    h("table", null, h("tbody", null, rows.map(row))));
}

// A place and all within it, each with how deep it stands.
function places(place, depth) {
  return [{ ...place, depth }, ...(place.parts ?? []).flatMap((part) => places(part, depth + 1))];
}

const fits = (place, wanted) => `${place.path} ${place.name} ${place.value ?? ""}`.toLowerCase().includes(wanted);

function row(place) {
  const value = place.null ? h("em", null, "null: to be removed") : place.parts ? null : h("span", { class: "value" }, place.value);
  return h("tr", { class: `depth-${Math.min(place.depth, 3)}` }, h("th", { scope: "row" }, h("code", null, place.path)), h("td", null, place.name), h("td", null, value));
}
