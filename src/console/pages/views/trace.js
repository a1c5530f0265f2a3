// What a route makes of a message, step by step, and what comes of it.

import { badge } from "../parts.js";
import { h, sentence } from "../dom.js";
import { plural } from "../format.js";
import { rawLines } from "./raw.js";

export function trace(traced) {
  return h("div", { class: "trace" },
    verdict(traced),
    traced.steps.length ? h("ol", { class: "steps" }, traced.steps.map(step)) : null,
    traced.misses.length ? h("section", { class: "card" }, h("h3", null, "Not in their tables"), h("ul", null, traced.misses.map((miss) => h("li", null, h("code", null, miss.code ?? "others"), ` is not in ${miss.table}`, miss.count > 1 ? `, ${miss.count} times` : "")))) : null,
    traced.tags.length ? h("section", { class: "card" }, h("h3", null, "Tags"), h("ul", null, traced.tags.map((tag) => h("li", null, `${tag.name} = `, h("code", null, tag.value))))) : null,
    outputs(traced.outcome));
}

// What a route says of it, in a line.
export function verdict(traced) {
  const { outcome } = traced;
  const said = {
    "not-mine": ["idle", "This route does not take it: its `messages` do not name this type."],
    filtered: ["paused", traced.condition_holds === false ? "Filtered: its `when` does not hold." : `Filtered: ${outcome.reason}.`],
    rejected: ["bad", `Rejected with ${outcome.acknowledgment}.`],
    failed: ["bad", "Failed: nobody gets it, and it becomes a dead letter."],
    delivered: outcome.failures?.length ? ["bad", "Delivered in part: a step of a destination failed."] : ["good", `Delivered to ${(outcome.outputs ?? []).flatMap((output) => output.to).join(", ") || "nobody"}.`],
  }[outcome.kind] ?? ["idle", outcome.kind];
  const reasons = [...(outcome.faults ?? []).map((fault) => `${fault.code} ${fault.path ?? ""} ${fault.text}`), ...(outcome.failures ?? []).map((failure) => `${failure.to.join(", ")}: ${failure.reason}`)];
  return h("div", { class: "verdict", role: "status" }, badge(said[0], sentence(said[1])), reasons.map((reason) => h("p", null, reason)));
}

function step(one) {
  const state = !one.applies ? "its `when` does not hold" : one.stopped ?? (one.changed.length === 0 ? "changes nothing" : null);
  return h("li", { class: one.applies ? (one.stopped ? "stopped" : "") : "left-out" },
    h("code", { class: "step-title" }, one.title, one.at_hand ? ` at ${one.at_hand}` : null, one.part.length ? `, part ${one.part.join(".")}` : null),
    state ? h("p", { class: "note" }, sentence(state)) : null,
    one.changed.length ? changes(one.changed) : null);
}

// Places with what stood there and what stands there now.
export function changes(list) {
  return h("table", { class: "changes" },
    h("caption", { class: "visually-hidden" }, plural(list.length, "change")),
    h("thead", { class: "visually-hidden" }, h("tr", null, ["Place", "Before", "After"].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", null, list.map((change) => h("tr", null,
      h("th", { scope: "row" }, h("code", null, change.path), " ", h("small", null, change.name)),
      h("td", null, shown("del", change.before)),
      h("td", null, shown("ins", change.after))))));
}

const shown = (tag, value) => (value === null ? h("span", { class: "note" }, "absent") : h(tag, null, value === "" ? "empty" : value.replaceAll("\r", "\n")));

function outputs(outcome) {
  return (outcome.outputs ?? []).map((output) => h("section", { class: "card" },
    h("h3", null, `As sent to ${output.to.join(", ")}`, output.is_changed ? null : h("small", null, " exactly as it came")),
    rawLines(output.message)));
}
