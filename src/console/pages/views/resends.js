// A search sent again: looked at first, started by words that are typed, followed while it goes, stopped.

import * as api from "../api.js";
import { act, badge, button, card, empty, facts, fault, field, heading, load, messageLink, select, table, toType } from "../parts.js";
import { age, moment, number, plural } from "../format.js";
import { became } from "./states.js";
import { h, put, redraw, say, sentence } from "../dom.js";
import { live } from "../live.js";
import { since } from "../ages.js";

const RATE = 50;
const RATE_MAX = 1000;
const REASON_MAX = 500;
// Between two looks at one that goes.
const LOOK_MS = 1_000;

const STATES = {
  previewed: ["idle", "not started"],
  running: ["busy", "goes on"],
  stopped: ["paused", "stopped"],
  done: ["good", "done"],
};

export function resends(page) {
  const [id] = page.path;
  if (id === "new") return wanted(page);
  return id === undefined ? all(page) : one(page, id);
}

const stateOf = (job) => badge(...(job.failed > 0 && job.state === "done" ? ["warn", "done"] : STATES[job.state] ?? ["idle", job.state]));

const way = (job) => (job.destination ? `to ${job.destination} alone, as ${job.routed ? "the routes make it now" : "it was sent"}` : "through the routes as they are now");

function all(page) {
  const body = h("div");
  put(page.root, heading("Sent again in bulk", { above: h("a", { href: "#/messages" }, "Messages"), below: "Searches that were sent again, and how far each has come. Begin with a search among the messages." }), body);
  load(body, page.signal, async () => {
    const list = await api.get("resends", { signal: page.signal });
    if (list.length === 0) return empty("Nothing was sent again in bulk.");
    return table("Sent again in bulk", [
      ["Number", (job) => h("a", { href: `#/resends/${job.id}` }, job.id)],
      ["State", stateOf],
      ["Found by", (job) => job.criteria],
      ["Goes", way],
      ["Sent", (job) => h("span", { class: "measured" }, h("meter", { min: 0, max: Math.max(1, job.count), value: job.count - job.left, "aria-hidden": "true" }), `${number(job.sent)} of ${number(job.count)}`), "number"],
      ["Failed", (job) => number(job.failed), "number"],
      ["Started", (job) => (job.started_at ? [h("span", { title: job.started_at }, moment(job.started_at)), " ", h("small", null, job.by)] : "–")],
      ["Why", (job) => job.reason ?? "–"],
    ], list);
  });
}

// What is to be sent again and where to: a preview is made of it, and nothing is sent by that.
function wanted(page) {
  const search = page.session.bulk;
  const title = heading("Send a search again", { above: h("a", { href: "#/messages" }, "Messages"), below: "First a preview: nothing is sent by it." });
  if (!search) return put(page.root, title, empty("Begin with a search among the messages.", h("p", null, h("a", { href: "#/messages" }, "To the messages"))));
  const names = (live.status?.destinations ?? []).map((one) => one.name);
  const ways = [
    ["Through the routes as they are now, to all that they name", {}],
    ...names.map((name) => [`To ${name} alone, each as it was sent to it`, { destination: name }]),
    ...names.map((name) => [`To ${name} alone, as the routes make them now`, { destination: name, routed: true }]),
  ];
  const where = select({ name: "where" }, ways.map(([label], index) => [String(index), label]));
  const rate = h("input", { name: "rate", type: "number", min: 1, max: RATE_MAX, value: RATE, required: true });
  const limit = h("input", { name: "limit", type: "number", min: 1, placeholder: "all" });
  const told = h("div", { "aria-live": "assertive" });
  const go = h("button", { type: "submit", class: "primary" }, "Preview");
  const form = h("form", { class: "card", onsubmit: submit },
    h("h2", null, "What is searched for"),
    facts(Object.entries(search).map(([name, value]) => [name.replaceAll("_", " "), h("code", null, value)])),
    h("div", { class: "sending" }, field("Where to", where), field("At most so many a second", rate), field("At most so many messages", limit, "The newest of them; a million at most.")),
    told, h("div", { class: "actions" }, go));
  async function submit(event) {
    event.preventDefault();
    put(told);
    await act(go, async () => {
      try {
        const asked = { search, ...ways[Number(where.value)][1], rate_per_second: Number(rate.value), ...(limit.value ? { limit: Number(limit.value) } : {}) };
        const preview = await api.post("resends", asked, { signal: page.signal });
        (page.session.previews ??= new Map()).set(String(preview.id), preview);
        page.go(`#/resends/${preview.id}`);
      } catch (error) {
        if (error.name !== "AbortError") put(told, fault(error));
      }
    });
  }
  put(page.root, title, form);
}

async function one(page, id) {
  const trouble = h("div", { "aria-live": "polite" });
  const place = h("div");
  put(page.root, heading(`Resend ${id}`, { above: h("a", { href: "#/resends" }, "Sent again in bulk") }), trouble, place);
  const preview = page.session.previews?.get(id);
  let shown = null;
  let picture = null;
  let next = null;
  // One that is stopped is looked at, too: a message in hand may still be counted, and others may go on with it.
  const later = () => {
    clearTimeout(next);
    if (!page.signal.aborted) next = setTimeout(() => page.signal.aborted || look(), LOOK_MS);
  };
  async function look() {
    let job;
    try {
      job = await api.get(`resends/${api.part(id)}`, { signal: page.signal });
    } catch (error) {
      if (error.name === "AbortError" || page.signal.aborted) return;
      put(trouble, fault(error));
      // What is not there does not come.
      if (error.status !== 404) later();
      return;
    }
    if (page.signal.aborted) return;
    put(trouble);
    // Drawn anew only when it stands otherwise: whoever types or is about to press keeps it.
    const standing = `${job.state} ${job.confirmation ?? ""}`;
    if (shown !== standing) {
      shown = standing;
      picture = drawn(job, preview, look);
      redraw(place, picture.nodes);
    }
    picture.update(job);
    if (job.state !== "done") later();
  }
  await look();
  function drawn(job, found, again) {
    const may = page.session.may("operate");
    const bar = h("progress", { max: Math.max(1, job.count), "aria-label": "How many were gone through" });
    const state = h("h2");
    const numbers = facts([]);
    const failures = h("div");
    const waits = h("p", { class: "note", role: "status" });
    const stop = job.state === "running" && may ? button("Stop", (event) => act(event.currentTarget, async () => {
      await api.remove(`resends/${api.part(id)}`);
      await again();
    }, "It is stopped; it can go on from there."), { kind: "danger" }) : null;
    return {
      nodes: [
        card(null, h("div", { class: "bar" }, state, h("span", { class: "spacer" }), stop), job.state === "previewed" ? null : bar, waits, numbers),
        job.state === "previewed" ? (found ? contents(found, page.session) : unseen()) : null,
        job.confirmation && may && (found || job.state !== "previewed") ? starting(job, id, again) : null,
        failures,
      ],
      update(now) {
        put(state, stateOf(now));
        bar.value = now.count - now.left;
        say(waits, now.problem ? `Stopped by itself: ${now.problem}` : now.waits_for ? `It waits: ${now.waits_for}` : "");
        waits.hidden = waits.textContent === "";
        const lasted = now.ended_at && now.started_at ? (Date.parse(now.ended_at) - Date.parse(now.started_at)) / 1000 : null;
        facts([
          ["Messages", number(now.count)],
          ["Sent", number(now.sent)],
          ["Wanted by nobody", number(now.unwanted)],
          ["Failed", number(now.failed)],
          ["Left", number(now.left)],
          ["Goes", `${way(now)}, ${now.rate_per_second} a second at most`],
          ["Found by", now.criteria],
          now.by ? ["Started by", [now.by, now.started_at ? [", ", since(now.started_at), " ago"] : null]] : null,
          now.reason ? ["Why", now.reason] : null,
          lasted === null ? null : ["Took", age(lasted)],
        ], numbers);
        if (now.failures.length > 0) put(failures, card(`Not sent: ${number(now.failed)}`, h("ul", { class: "plain" }, now.failures.map((failure) => h("li", null, messageLink(page.session, failure.message, `Message ${failure.message}`), ": ", sentence(failure.reason))))));
      },
    };
  }
}

// What a preview shows: how many of what, to whom they went, what is left out, and the first of them.
function contents(preview, session) {
  const counted = (title, list) => (list.length === 0 ? null : card(title, h("ul", { class: "plain counted" }, list.map((one) => h("li", null,
    h("span", null, one.name || "no message"), h("meter", { min: 0, max: list[0].count, value: one.count, "aria-hidden": "true" }), h("span", null, number(one.count)))))));
  return [
    h("div", { class: "counts" },
      counted("By type", preview.by_type), counted("They went to", preview.by_destination), counted("Left out", preview.left_out)),
    preview.first.length === 0 ? null : h("section", null, h("div", { class: "bar" }, h("h2", null, "The first of them")), table("The first of them", [
      ["Received", (row) => h("span", { title: row.received_at }, messageLink(session, row.number, moment(row.received_at)))],
      ["Type", (row) => h("code", null, row.message_type)],
      ["Control id", (row) => h("code", null, row.control_id)],
      ["Became", (row) => became(row.state)],
      ["For", (row) => row.deliveries.map((one) => one.destination).join(", ") || "nobody"],
    ], preview.first)),
  ];
}

// It is told once, when it is made: whoever has not seen it starts nothing.
function unseen() {
  return empty("What this preview found was shown when it was made, and is not here any more.", h("p", null, h("a", { href: "#/messages" }, "Search again"), " for another preview: nothing was sent."));
}

// A reason, and the words that nobody types by a slip.
function starting(job, id, again) {
  const why = h("input", { name: "why", required: true, maxlength: REASON_MAX, autocomplete: "off" });
  const told = h("div", { "aria-live": "assertive" });
  const go = h("button", { type: "submit", class: "primary", disabled: true }, job.state === "stopped" ? "Go on" : "Send them again");
  const words = toType(job.confirmation, (isTyped) => { go.disabled = !isTyped; });
  const form = h("form", { class: "card", onsubmit: submit },
    h("h2", null, job.state === "stopped" ? "Go on where it stands" : `Send ${plural(job.left, "message")} again?`),
    h("div", { class: "sending" },
      field("Why", why, "It stands in the audit log and beside each message."),
      words.node),
    told, h("div", { class: "actions" }, go));
  async function submit(event) {
    event.preventDefault();
    await act(go, async () => {
      try {
        await api.post(`resends/${api.part(id)}/start`, { confirmation: words.input.value.trim(), reason: why.value.trim() });
        await again();
      } catch (error) {
        put(told, fault(error));
        // The words may be others by now.
        await again();
      }
    });
  }
  return form;
}
