// One message: its tree, its bytes, what each step made of it, who got it and what they answered.

import * as api from "../api.js";
import { act, badge, button, card, empty, facts, heading, load, tabs } from "../parts.js";
import { bytes, moment, plural } from "../format.js";
import { attempts } from "./attempts.js";
import { became } from "./states.js";
import { h, put } from "../dom.js";
import { edit } from "./edit.js";
import { countMade, maySendAgain, outcome, sendAgain, trail } from "./resend.js";
import { rawLines } from "./raw.js";
import { trace } from "./trace.js";
import { tree } from "./tree.js";
import { when } from "../ages.js";

const TABS = [["Message", ""], ["Raw", "raw"], ["Steps", "steps"], ["Deliveries", "deliveries"], ["Edit", "edit", "edit"]];

export function message(page) {
  const [number, tab = ""] = page.path;
  const base = `#/messages/${api.part(number)}`;
  const body = h("div");
  const told = h("div");
  const tell = (answer) => {
    put(told, outcome(answer, page.session));
    told.scrollIntoView({ block: "nearest" });
  };
  put(page.root, heading(`Message ${number}`, { above: h("a", { href: "#/messages" }, "Messages") }), body);
  load(body, page.signal, async () => {
    const found = await archived(number, page);
    const shown = TABS.filter(([, , permission]) => !permission || page.session.may(permission));
    put(page.root, head(found, page, tell), told,
      tabs(`Message ${number}`, shown.map(([title, path]) => [title, path ? `${base}/${path}` : base]), TABS.find(([, path]) => path === tab)?.[0]),
      body);
    return (VIEWS[tab] ?? VIEWS[""])(found, page, tell);
  });
}

// What was just sent is in the archive a moment later.
const AGAIN_MS = 700;
const LOOKS_MAX = 6;

async function archived(number, page) {
  for (let look = 1; ; look += 1) {
    try {
      return await api.get(`messages/${api.part(number)}`, { signal: page.signal });
    } catch (error) {
      if (error.status !== 404 || look >= LOOKS_MAX || !page.session.sent?.has(number)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function head(found, page, tell) {
  const title = [found.message_type || "Not a message", found.control_id].filter(Boolean).join(" · ");
  return [
    heading(title, {
      above: h("a", { href: "#/messages" }, "Messages"),
      below: [became(found.state), found.reason ? `: ${found.reason}` : null, found.code ? ` (answered ${found.code})` : null],
      actions: page.session.may("operate") && maySendAgain(found) ? button("Send again…", () => sendAgain(found, tell)) : null,
    }),
    trail(found),
    facts([
      ["Number", found.number],
      ["Received", when(found.received_at)],
      ["Listener", found.listener],
      ["Size", bytes(found.bytes)],
      ["Site", h("code", null, found.site_version)],
      found.tags.length ? ["Tags", found.tags.map((tag) => `${tag.name} = ${tag.value}`).join(", ")] : null,
      found.holds.length ? ["Held by", found.holds.join(", ")] : null,
    ]),
  ];
}

const VIEWS = {
  "": (found) => (found.message ? tree(found.message) : [h("p", { class: "note" }, "It could not be read as a message. These are its bytes."), rawLines(found.text)]),
  raw: async (found, page) => rawLines(await textOf(found.number, page)),
  steps,
  deliveries,
  edit: (found, page) => (page.session.may("edit") ? edit(found, page) : empty("This needs the permission to edit.")),
};

// What each route said, and what its steps do to it when it goes through them once more, as the site is now.
async function steps(found, page) {
  if (found.routes.length === 0) return empty("No route was for it.");
  const isTried = page.session.may("edit");
  const message = isTried ? await textOf(found.number, page) : null;
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

// The characters of a message, decoded from the character set that it declares.
async function textOf(number, page) {
  const response = await api.get(`messages/${number}/text`, { raw: true, accept: "text/plain", signal: page.signal });
  return response.text();
}

async function bytesOf(path, page) {
  const response = await api.get(path, { raw: true, accept: "application/hl7-v2", signal: page.signal });
  return new Uint8Array(await response.arrayBuffer());
}

function deliveries(found, page, tell) {
  if (found.deliveries.length === 0) return empty("Nobody was to get it.");
  return found.deliveries.map((delivery) => {
    const sent = h("div");
    const show = button("As sent", (event) => act(event.currentTarget, async () => {
      put(sent, rawLines(await bytesOf(`messages/${found.number}/sent/${api.part(delivery.destination)}${api.query(which(found, delivery))}`, page)));
    }), { kind: "small" });
    return card(null,
      h("div", { class: "bar" },
        h("h2", null, h("a", { href: `#/destinations/${api.part(delivery.destination)}` }, delivery.destination)), became(delivery.state),
        h("span", { class: "spacer" }), show, page.session.may("operate") ? again(found, delivery, page, tell) : null),
      h("p", { class: "note" }, [delivery.sequence === null ? "of an outbox before this one" : `Number ${delivery.sequence}`, delivery.changed ? "changed by steps" : "exactly as it came", delivery.ended_at ? `ended ${moment(delivery.ended_at)}${delivery.ended_by ? ` by ${delivery.ended_by}` : ""}` : null, plural(delivery.attempts.length, "attempt")].filter(Boolean).join(" · ")),
      delivery.reason ? h("p", null, delivery.reason) : null,
      sent,
      attempts(delivery.attempts));
  });
}

// Which of those to its destination: by its number, or by its place where another outbox gave the number.
function which(found, delivery) {
  if (delivery.sequence !== null) return { sequence: delivery.sequence };
  return { index: found.deliveries.filter((one) => one.destination === delivery.destination).indexOf(delivery) + 1 };
}

// A dead letter goes behind all that its destination is owed; what was delivered goes as a new message, and so does
// what another outbox gave up.
function again(found, delivery, page, tell) {
  if (delivery.state !== "dead" || delivery.sequence === null) {
    const made = countMade(found, delivery.destination);
    return button(made > 1 ? `Send all ${made} again…` : "Send again…", () => sendAgain(found, tell, delivery.destination), { kind: "small" });
  }
  const path = `destinations/${api.part(delivery.destination)}/dead/${delivery.sequence}`;
  return button("Send again", async (event) => {
    if (await act(event.currentTarget, () => api.post(path), `It is sent to ${delivery.destination} again, behind what waits.`)) page.go(location.hash);
  }, { kind: "small" });
}
