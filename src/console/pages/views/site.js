// The site that runs, and reading it anew: what changed, or what is wrong and where.

import * as api from "../api.js";
import { bytes, plural } from "../format.js";
import { badge, button, card, facts, heading, notify } from "../parts.js";
import { follow } from "../live.js";
import { h, put, sentence } from "../dom.js";
import { when } from "../ages.js";

export function site(page) {
  const may = page.session.may("administer");
  const about = facts([]);
  const result = h("div", { "aria-live": "polite" });
  const reload = button("Reload the site", (event) => readAnew(event.currentTarget, result), { kind: "primary" });
  put(page.root, heading("Site", { below: "The files that say what weir does.", actions: may ? reload : null }), card("What runs", about), result);
  follow(page.signal, ({ status }) => {
    if (!status) return;
    facts([
      ["State", status.ready ? badge("good", "ready") : badge("bad", "not ready")],
      ["weir", status.version],
      ["Version of the site", h("code", null, status.site.version)],
      ["Runs since", when(status.site.since)],
      ["Listeners", h("ul", { class: "plain" }, status.listeners.map((one) => h("li", null, one.name, " ", h("code", null, one.address))))],
      ["Routes", h("a", { href: "#/routes" }, String(status.routes.length))],
      ["Destinations", String(status.destinations.length)],
      status.store ? ["Kept in the outbox", bytes(status.store.bytes)] : null,
      status.store?.disk_free_bytes ? ["Free on its disk", bytes(status.store.disk_free_bytes)] : null,
    ], about);
  });
}

// Swapped in or refused, both are answers.
async function readAnew(control, place) {
  control.disabled = true;
  try {
    put(place, told(await api.post("reload")));
    notify("The site was read anew.");
  } catch (error) {
    if (!error.answer?.problems) notify(error.message, "bad");
    else put(place, told(error.answer));
  } finally {
    control.disabled = false;
  }
}

function told(answer) {
  const isApplied = answer.outcome === "applied";
  const changed = [...answer.listeners.map((one) => ["listener", one]), ...answer.destinations.map((one) => ["destination", one])];
  const errors = answer.problems.filter((problem) => problem.severity === "error").length;
  return h("section", { class: "card" },
    h("h2", null, isApplied ? "Swapped in" : "Refused: the site that ran goes on"),
    h("p", null, isApplied ? `Version ${answer.version} runs. ${changed.length ? "" : "No listener and no destination has changed; routes and tables are those of the files."}` : `${plural(errors, "problem")} to mend first; nothing has changed.`),
    changed.length ? h("ul", null, changed.map(([kind, one]) => h("li", null, `${kind} ${one.name} ${one.change}`))) : null,
    answer.problems.map(problem));
}

function problem(one) {
  const tone = one.severity === "error" ? "bad" : "warn";
  return h("article", { class: `problem ${tone}` },
    h("h3", null, badge(tone, one.severity), " ", sentence(one.message)),
    one.at ? h("p", null, h("code", null, `${one.at.file}:${one.at.start.line}:${one.at.start.column}`), one.setting ? ["  ", h("code", null, one.setting)] : null) : null,
    one.help ? h("p", { class: "note" }, sentence(one.help)) : null);
}
