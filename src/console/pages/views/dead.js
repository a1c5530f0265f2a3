// Everything that was given up, over all destinations, by reason.

import * as api from "../api.js";
import { moment, number } from "../format.js";
import { empty, heading, load, table } from "../parts.js";
import { follow } from "../live.js";
import { h, put } from "../dom.js";
import { onChange } from "../renew.js";
import { when } from "../ages.js";

// So many of a destination are looked at for their reasons.
const LOOKED_AT = 10_000;

export function deadLetters(page) {
  const body = h("div");
  put(page.root, heading("Dead letters", { below: "What weir gave up for good, kept until somebody sends it again or throws it away." }), body);
  const refresh = () => load(body, page.signal, async () => show(await api.get("dead", { signal: page.signal })));
  const changed = onChange(refresh);
  follow(page.signal, ({ status }) => status && changed(...status.destinations.flatMap((one) => [one.name, one.dead_letters, one.dead_lettered])));
}

function show(groups) {
  if (groups.length === 0) return empty("No dead letters anywhere.");
  const most = Math.max(...groups.map((group) => group.count));
  const cut = [...new Set(groups.filter((group) => !group.is_whole).map((group) => group.destination))];
  const list = (group) => `#/destinations/${api.part(group.destination)}/dead${api.query({ reason: group.reason })}`;
  return [table("Dead letters by destination and reason", [
    ["Why", (group) => h("a", { href: list(group) }, group.reason)],
    ["Destination", (group) => h("a", { href: `#/destinations/${api.part(group.destination)}` }, group.destination)],
    ["Letters", (group) => h("span", { class: "measured" }, h("meter", { min: 0, max: most, value: group.count, "aria-hidden": "true" }), h("span", { title: group.is_whole ? null : "at least" }, `${number(group.count)}${group.is_whole ? "" : "+"}`)), "number"],
    ["First", (group) => (group.first_at ? h("span", { title: group.first_at }, moment(group.first_at)) : "–")],
    ["Last", (group) => (group.last_at ? when(group.last_at) : "–")],
  ], groups), cut.length ? h("p", { class: "note" }, `Of ${cut.join(", ")} only the oldest ${number(LOOKED_AT)} were looked at: there are more, and there may be other reasons among them.`) : null];
}
