// The attempts at a delivery, in their order: when, how long, and what was answered.

import { badge } from "../parts.js";
import { h } from "../dom.js";
import { moment } from "../format.js";
import { rawLines } from "./raw.js";

export function attempts(list) {
  if (list.length === 0) return null;
  return h("ol", { class: "attempts" }, list.map((attempt) => h("li", null,
    h("span", { title: attempt.at }, moment(attempt.at)), h("span", { class: "note" }, `${attempt.took_ms} ms`),
    badge(attempt.problem ? "bad" : "good", [attempt.code, attempt.problem ?? "taken"].filter(Boolean).join(": ")),
    attempt.answer ? h("details", null, h("summary", null, "Answer"), rawLines(attempt.answer)) : null)));
}
