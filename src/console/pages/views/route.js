// One route: its text as it runs, its cases and what comes of them now, and a message to try.

import * as api from "../api.js";
import { act, badge, button, empty, facts, field, heading, load, tabs } from "../parts.js";
import { h, put } from "../dom.js";
import { plural } from "../format.js";
import { trace } from "./trace.js";

export function route(page) {
  const [name, asked = "text"] = page.path;
  const shown = TABS.filter(([, , permission]) => page.session.may(permission));
  const [word, tab] = shown.find(([, path]) => path === asked) ?? TABS[0];
  const base = `#/routes/${api.part(name)}`;
  const body = h("div");
  put(page.root,
    heading(name, { above: h("a", { href: "#/routes" }, "Routes") }),
    tabs(`Route ${name}`, shown.map(([title, path]) => [title, path === "text" ? base : `${base}/${path}`]), word),
    body);
  VIEWS[tab](page, name, body);
}

// Title, the end of the address, and what one must be permitted for it.
const TABS = [["Text", "text", "see"], ["Cases", "cases", "read"], ["Try a message", "try", "edit"]];
const VIEWS = { text, cases, try: attempt };

function text(page, name, body) {
  load(body, page.signal, async () => {
    const route = await api.get(`routes/${api.part(name)}`, { signal: page.signal });
    return [
      facts([["File", h("code", null, `${route.file}:${route.line}`)], ["From", route.from.join(", ")], ["Messages", route.messages.join(", ") || "every type"], ["Sends to", route.to.map((to) => h("a", { class: "item", href: `#/destinations/${api.part(to)}` }, to))]]),
      yaml(route.text, route.line),
    ];
  });
}

// The text with the numbers of its lines; comments and keys are set apart.
function yaml(source, first) {
  const lines = source.replace(/\n$/, "").split("\n");
  return h("pre", { class: "yaml", tabindex: "0" }, lines.map((line, index) => h("span", { class: "yaml-line", "data-line": first + index }, colored(line), "\n")));
}

function colored(line) {
  const comment = line.match(/^(\s*)(#.*)$/);
  if (comment) return [comment[1], h("i", null, comment[2])];
  const key = line.match(/^(\s*(?:- )?)([\w.-]+:)(?=\s|$)(.*)$/);
  return key ? [key[1], h("b", null, key[2]), key[3]] : line;
}

function cases(page, name, body) {
  const results = h("div");
  const run = button("Run them", (event) => go(event.currentTarget), { kind: "primary" });
  put(body, h("div", { class: "bar" }, h("p", { class: "note" }, "The cases that stand beside the route, run as ", h("code", null, "weir test"), " does: nothing is stored or sent."), h("span", { class: "spacer" }), run), results);
  function go(control) {
    return act(control, async () => put(results, ran(await api.post(`routes/${api.part(name)}/cases`))));
  }
  go(run);
}

function ran(answer) {
  const failed = answer.cases.filter((one) => !one.passed).length;
  if (answer.cases.length === 0) return empty("This route has no cases.");
  return [
    answer.is_running ? null : h("p", { class: "why paused" }, "The files of the site have changed since it was loaded: these are the results of the files, not of what runs."),
    h("p", { role: "status" }, badge(failed ? "bad" : "good", failed ? `${failed} of ${plural(answer.cases.length, "case")} not as expected` : `${plural(answer.cases.length, "case")}, all as expected`)),
    h("ul", { class: "cases" }, answer.cases.map((one) => h("li", { class: one.passed ? "good" : "bad" },
      badge(one.passed ? "good" : "bad", one.name),
      h("small", null, `${one.file}:${one.line}`),
      one.mismatches.map((mismatch) => h("dl", { class: "mismatch" }, h("dt", null, mismatch.subject), h("dd", null, h("del", null, mismatch.expected || "(nothing)"), " ", h("ins", null, mismatch.got || "(nothing)"))))))),
  ];
}

function attempt(page, name, body) {
  const area = h("textarea", { rows: 10, spellcheck: "false", required: true, placeholder: "MSH|^~\\&|…", name: "message" });
  area.value = page.session.tried ?? "";
  const result = h("div", { "aria-live": "polite" });
  const go = h("button", { type: "submit", class: "primary" }, "Try it");
  const form = h("form", { onsubmit: submit, class: "try" },
    field("A message, a segment a line", area, "Nothing is stored or sent, and who tried is in the audit. Ctrl+Enter tries it."),
    h("div", { class: "actions" }, go));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  });
  function submit(event) {
    event.preventDefault();
    // Kept for the next route to try it with; it leaves this browser's memory with the session.
    page.session.tried = area.value;
    return act(go, async () => put(result, trace(await api.post(`routes/${api.part(name)}/try`, { message: area.value }))));
  }
  put(body, form, result);
}
