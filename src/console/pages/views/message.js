// One message: its tree, its bytes, what each step made of it, who got it and what they answered.

import * as api from "../api.js";
import { act, badge, button, card, empty, facts, heading, load, tabs } from "../parts.js";
import { ago, bytes, moment, plural } from "../format.js";
import { became } from "./states.js";
import { h, put } from "../dom.js";
import { characters, rawLines } from "./raw.js";
import { trace } from "./trace.js";
import { tree } from "./tree.js";

const TABS = [["Message", ""], ["Raw", "raw"], ["Steps", "steps"], ["Deliveries", "deliveries"]];

export function message(page) {
  const [number, tab = ""] = page.path;
  const base = `#/messages/${api.part(number)}`;
  const body = h("div");
  put(page.root, heading(`Message ${number}`, { above: h("a", { href: "#/messages" }, "Messages") }), body);
  load(body, page.signal, async () => {
    const found = await api.get(`messages/${api.part(number)}`, { signal: page.signal });
    put(page.root, head(found),
      tabs(`Message ${number}`, TABS.map(([title, path]) => [title, path ? `${base}/${path}` : base]), TABS.find(([, path]) => path === tab)?.[0]),
      body);
    return (VIEWS[tab] ?? VIEWS[""])(found, page);
  });
}

function head(found) {
  const title = [found.message_type || "Not a message", found.control_id].filter(Boolean).join(" · ");
  return [
    heading(title, {
      above: h("a", { href: "#/messages" }, "Messages"),
      below: [became(found.state), found.reason ? `: ${found.reason}` : null, found.code ? ` (answered ${found.code})` : null],
    }),
    facts([
      ["Number", found.number],
      ["Received", h("span", { title: found.received_at }, `${moment(found.received_at)}, ${ago(found.received_at)} ago`)],
      ["Listener", found.listener],
      ["Size", bytes(found.bytes)],
      ["Site", h("code", null, found.site_version)],
      found.origin ? ["Comes from", h("a", { href: `#/messages/${found.origin.message}` }, `message ${found.origin.message}${found.origin.edited ? ", edited" : ""} by ${found.origin.by}`)] : null,
      found.tags.length ? ["Tags", found.tags.map((tag) => `${tag.name} = ${tag.value}`).join(", ")] : null,
      found.holds.length ? ["Held by", found.holds.join(", ")] : null,
    ]),
  ];
}

const VIEWS = {
  "": (found) => (found.message ? tree(found.message) : [h("p", { class: "note" }, "It could not be read as a message. These are its bytes."), rawLines(found.text)]),
  raw: async (found, page) => rawLines(await bytesOf(`messages/${found.number}/raw`, page)),
  steps,
  deliveries,
};

// What each route said, and what its steps do to it when it goes through them once more, as the site is now.
async function steps(found, page) {
  if (found.routes.length === 0) return empty("No route was for it.");
  const isTried = page.session.may("edit");
  const message = isTried ? characters(await bytesOf(`messages/${found.number}/raw`, page)) : null;
  return found.routes.map((passage) => {
    const place = h("div");
    if (isTried) load(place, page.signal, async () => trace(await api.post(`routes/${api.part(passage.route)}/try`, { message }, { signal: page.signal })));
    return h("section", { class: "card" },
      h("h2", null, h("a", { href: `#/routes/${api.part(passage.route)}` }, passage.route)),
      h("p", null, passage.filtered ? badge("idle", `did not want it: ${passage.filtered}`) : badge("good", "took it")),
      isTried ? h("p", { class: "note" }, "Tried anew with the site that runs now:") : null,
      place);
  });
}

async function bytesOf(path, page) {
  const response = await api.get(path, { raw: true, accept: "application/hl7-v2", signal: page.signal });
  return new Uint8Array(await response.arrayBuffer());
}

function deliveries(found, page) {
  if (found.deliveries.length === 0) return empty("Nobody was to get it.");
  return found.deliveries.map((delivery) => {
    const sent = h("div");
    const show = button("As sent", (event) => act(event.currentTarget, async () => {
      put(sent, rawLines(await bytesOf(`messages/${found.number}/sent/${api.part(delivery.destination)}`, page)));
    }), { kind: "small" });
    return card(null,
      h("div", { class: "bar" },
        h("h2", null, h("a", { href: `#/destinations/${api.part(delivery.destination)}` }, delivery.destination)), became(delivery.state),
        h("span", { class: "spacer" }), show, delivery.state === "dead" && page.session.may("operate") ? again(delivery, page) : null),
      h("p", { class: "note" }, [`Number ${delivery.sequence}`, delivery.changed ? "changed by steps" : "exactly as it came", delivery.ended_at ? `ended ${moment(delivery.ended_at)}` : null, plural(delivery.attempts.length, "attempt")].filter(Boolean).join(" · ")),
      delivery.reason ? h("p", null, delivery.reason) : null,
      sent,
      attempts(delivery.attempts));
  });
}

// A dead letter goes behind all that its destination is owed.
function again(delivery, page) {
  const path = `destinations/${api.part(delivery.destination)}/dead/${delivery.sequence}`;
  return button("Send again", async (event) => {
    if (await act(event.currentTarget, () => api.post(path), `It is sent to ${delivery.destination} again, behind what waits.`)) page.go(location.hash);
  }, { kind: "small" });
}

function attempts(list) {
  if (list.length === 0) return null;
  return h("ol", { class: "attempts" }, list.map((attempt) => h("li", null,
    h("span", { title: attempt.at }, moment(attempt.at)), h("span", { class: "note" }, `${attempt.took_ms} ms`),
    badge(attempt.problem ? "bad" : "good", [attempt.code, attempt.problem ?? "taken"].filter(Boolean).join(": ")),
    attempt.answer ? h("details", null, h("summary", null, "Answer"), rawLines(attempt.answer)) : null)));
}
