// The routes of the site that runs.

import * as api from "../api.js";
import { empty, heading, load, table } from "../parts.js";
import { h, put } from "../dom.js";

export function routes(page) {
  const body = h("div");
  put(page.root, heading("Routes", { below: "What becomes of a message: each route looks at it by itself, changes its own copy and says who gets it." }), body);
  load(body, page.signal, async () => show(await api.get("routes", { signal: page.signal })));
}

function show(list) {
  if (list.length === 0) return empty("The site has no routes.");
  const names = (all, of) => all.map((name, index) => [index ? ", " : null, of === "" ? name : h("a", { href: `#/${of}/${api.part(name)}` }, name)]);
  return table("Routes", [
    ["Route", (route) => h("a", { href: `#/routes/${api.part(route.name)}` }, route.name)],
    ["From", (route) => names(route.from, "")],
    ["Messages", (route) => (route.messages.length ? h("code", null, route.messages.join(", ")) : "every type")],
    ["Sends to", (route) => (route.to.length ? names(route.to, "destinations") : "nobody")],
    ["Cases", (route) => route.cases, "number"],
    ["File", (route) => h("code", null, `${route.file}:${route.line}`)],
  ], list);
}
