// Ages that stand on a page. One clock renews all of them, so that none stands still beside another.

import { ago, moment } from "./format.js";
import { h, say } from "./dom.js";

const EVERY_MS = 1_000;

// How long ago an instant was, as long as it stands there.
export function since(text) {
  return h("time", { class: "age", datetime: text }, ago(text));
}

// An instant with its age; `shown` stands in its place, such as a link.
export function when(text, shown = moment(text)) {
  return h("span", { title: text }, shown, " ", h("small", null, since(text), " ago"));
}

setInterval(() => {
  for (const node of document.querySelectorAll("time.age")) say(node, ago(node.dateTime));
}, EVERY_MS);
