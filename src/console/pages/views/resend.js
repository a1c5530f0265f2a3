// A message sent again: through the routes or to one destination, with a reason; and what came of it.

import * as api from "../api.js";
import { badge, button, fault, field, messageLink, select } from "../parts.js";
import { h, put } from "../dom.js";
import { live } from "../live.js";
import { moment } from "../format.js";

const REASON_MAX = 500;

const all = (count) => (count > 1 ? `: all ${count} that were made of it` : "");

// How many a destination had of it, where a route made several. What could not be made ended as it came in; a list says
// nothing of that.
export function countMade(found, name) {
  return found.deliveries.filter((one) => one.destination === name && !(one.attempts?.length === 0 && one.ended_at === found.received_at)).length;
}

// Where it may go: label, and what the API is asked for. An edited text was never sent, so it goes as it stands.
function ways(found, isEdited) {
  const names = (live.status?.destinations ?? []).map((one) => one.name);
  const had = [...new Set(found.deliveries.map((one) => one.destination))];
  const straight = isEdited
    ? names.map((name) => [`To ${name} alone, as the text stands`, { destination: name }])
    : had.map((name) => [`To ${name} alone, as it was sent to it${all(countMade(found, name))}`, { destination: name }]);
  return [
    ["Through the routes as they are now, to all that they name", {}],
    ...straight,
    ...names.map((name) => [`To ${name} alone, as the routes make it now`, { destination: name, routed: true }]),
  ];
}

// The fields of a form: where to and why. `chosen` is a destination to begin with.
export function whereAndWhy(found, { isEdited = false, chosen = null } = {}) {
  const list = ways(found, isEdited);
  const where = select({ name: "where" }, list.map(([label], index) => [String(index), label]));
  where.value = String(Math.max(0, list.findIndex(([, way]) => way.destination === chosen && !way.routed)));
  const why = h("input", { name: "why", required: true, maxlength: REASON_MAX, autocomplete: "off" });
  return {
    nodes: [field("Where to", where), field("Why", why, "It stands in the audit log and beside the message.")],
    where,
    why,
    label: () => list[Number(where.value)][0],
    asked: () => ({ ...list[Number(where.value)][1], reason: why.value.trim() }),
  };
}

// What was refused is not in any route's hands: only an edited text can go instead.
export const maySendAgain = (message) => message.state !== "refused";

// Asks where to and why, and sends; `told` is given what came of it.
export function sendAgain(found, told, chosen = null) {
  const form = whereAndWhy(found, { chosen });
  const problem = h("div", { "aria-live": "assertive" });
  const go = h("button", { type: "submit", class: "primary" }, "Send again");
  const node = h("form", { onsubmit: submit },
    h("h2", null, `Send message ${found.number} again?`),
    h("p", null, "It goes behind all that its destinations are owed, as a message of its own. Whoever had it gets it another time."),
    form.nodes, problem,
    h("div", { class: "actions" }, button("Cancel", () => dialog.close()), go));
  const dialog = h("dialog", { "aria-label": "Send again" }, node);
  dialog.addEventListener("close", () => dialog.remove());
  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    try {
      told(await api.post(`messages/${found.number}/resend`, form.asked()));
      dialog.close();
    } catch (error) {
      put(problem, fault(error));
      go.disabled = false;
    }
  }
  document.body.append(dialog);
  dialog.showModal();
  form.where.focus();
}

const OUTCOMES = {
  accepted: ["good", "It is on its way"],
  filtered: ["warn", "Nobody gets it: every route for it said no"],
  unrouted: ["warn", "Nobody gets it: no route is for it"],
  refused: ["bad", "Nobody gets it: a route rejects it"],
};

// What came of sending it.
export function outcome(answer, session) {
  (session.sent ??= new Set()).add(String(answer.message));
  const [tone, words] = OUTCOMES[answer.outcome] ?? ["idle", answer.outcome];
  const to = answer.deliveries.map((one) => h("li", null, h("a", { href: `#/destinations/${api.part(one.destination)}` }, one.destination), ` as its number ${one.sequence}`));
  return h("section", { class: `why ${answer.problem && tone === "good" ? "warn" : tone}`, role: "status" },
    h("h2", null, badge(tone, words)),
    to.length ? h("ul", { class: "plain" }, to) : null,
    answer.problem ? h("p", null, answer.problem) : null,
    h("p", null, messageLink(session, answer.message, `Message ${answer.message}`), " is what it became."));
}

// Where a message comes from and what came of it, each with who and why.
export function trail(found) {
  const { origin, resent_as: made = [] } = found;
  if (!origin && made.length === 0) return null;
  return h("section", { class: "why trail", "aria-label": "Sent again" },
    origin ? h("p", null, badge("idle", origin.edited ? "Edited and sent again" : "Sent again"), " from ", h("a", { href: `#/messages/${origin.message}` }, `message ${origin.message}`), by(origin)) : null,
    made.map((one) => h("p", null,
      badge("idle", one.edited ? "Edited and sent again" : "Sent again"), " as ", h("a", { href: `#/messages/${one.message}` }, `message ${one.message}`), " ",
      one.at ? h("span", { title: one.at }, moment(one.at)) : null, by(one))));
}

const by = ({ by: who, why }) => [` by ${who}`, why ? `: “${why}”` : null];
