// A destination: what it does, why it does not, the last hour, what waits for it and what was given up.

import { badge, button, confirm, facts, heading, tabs } from "../parts.js";
import { age, moment, now, number, plural, rate } from "../format.js";
import { chart } from "../chart.js";
import { deadList } from "./dead_list.js";
import { follow, growths, levels, perSecond } from "../live.js";
import { h, put, redraw, say } from "../dom.js";
import { order } from "./orders.js";
import { queueList } from "./queue_list.js";
import { sentList } from "./sent_list.js";
import { since } from "../ages.js";
import { heldBecause, stateOf } from "../state.js";

export function destination(page) {
  const [name, tab = "waiting"] = page.path;
  const may = page.session.may("operate");
  const state = h("span");
  const actions = h("div", { class: "actions" });
  const why = h("div");
  const attempts = h("span");
  const waiting = chart("Waiting", "messages", "area");
  const delivered = chart("Delivered, per minute", "messages", "bars");
  const numbers = facts([]);
  const content = h("div");
  const base = `#/destinations/${encodeURIComponent(name)}`;
  const counts = { waiting: h("span", { class: "count" }), dead: h("span", { class: "count" }) };
  put(page.root,
    heading(name, { above: h("a", { href: "#/" }, "Overview"), below: state, actions }),
    why,
    h("div", { class: "charts" }, waiting.node, delivered.node),
    numbers,
    tabs(`Messages for ${name}`, [["Waiting", base, counts.waiting], ["Dead letters", `${base}/dead`, counts.dead], ["Attempts", `${base}/sent`]], TITLES[tab] ?? "Waiting"),
    content);
  const list = tab === "sent" ? sentList(name, page) : tab === "dead" ? deadList(name, page, { may }) : queueList(name, page, { may });
  put(content, list.node);
  let seen = null;
  let wasMissing = false;
  follow(page.signal, ({ status }) => {
    const one = status?.destinations.find((destination) => destination.name === name);
    if (!one) {
      if (status && !wasMissing) put(why, h("p", { class: "empty" }, `There is no destination ${name} now, and nothing is owed to it.`));
      wasMissing = Boolean(status);
      return;
    }
    const { word, tone } = stateOf(one);
    const key = JSON.stringify([word, one.trouble?.since, one.trouble?.reason, one.held, one.state, one.in_site, one.waiting > 0]);
    if (key !== seen) {
      seen = key;
      put(state, badge(tone, word));
      put(why, reason(one, attempts));
      if (may) redraw(actions, orders(one));
    }
    if (one.trouble) say(attempts, plural(one.trouble.attempts, "attempt"));
    waiting.update(levels("destinations", name, 0), number(one.waiting));
    delivered.update(growths("destinations", name, 1), rate(perSecond("destinations", name, 1)));
    facts([
      ["Oldest", one.oldest_age_seconds === null ? "nothing waits" : age(one.oldest_age_seconds)],
      ["Delivered", `${number(one.delivered)} since the start`],
      ["Given up", `${number(one.dead_lettered)} since the start`],
      ["Sent and not answered", number(one.ambiguous)],
      one.trouble?.next_at ? ["Next attempt", nextAttempt(one.trouble)] : null,
    ], numbers);
    say(counts.waiting, number(one.waiting));
    say(counts.dead, number(one.dead_letters));
    list.seen(one);
  });
}

const TITLES = { dead: "Dead letters", sent: "Attempts" };

// Why nothing goes, since when, and what helps.
function reason(one, attempts) {
  if (one.state === "held") {
    return notice("bad", "A refusal holds it", [`${heldBecause(one)}, number ${Object.keys(one.held).join(", ")}.`, "Its settings say to stop at such a refusal: look at what it stopped at below, then resume to send it again, or skip it first."]);
  }
  if (one.state === "paused") {
    return notice("paused", "Somebody has paused it", ["What comes for it waits, in order. Resume lets it go on."]);
  }
  if (one.state === "parked") {
    return notice("idle", "It is not in the site any more", ["What it is owed waits until a destination of this name is in the site again."]);
  }
  const drained = one.state === "draining" ? `What it was owed when ${one.in_site ? "somebody said so" : "it was taken out of the site"} is sent, and then nothing more${one.in_site ? " until somebody resumes it" : ""}.` : null;
  if (one.trouble) {
    return notice("bad", ["It has not got through for ", since(one.trouble.since)], [`${one.trouble.reason}.`, [attempts, ` since ${moment(one.trouble.since)}. It is tried again by itself; nothing is lost meanwhile.`], drained].filter(Boolean));
  }
  return drained ? notice("idle", "It drains", [drained]) : null;
}

function nextAttempt(trouble) {
  const seconds = (Date.parse(trouble.next_at) - now()) / 1000;
  return seconds > 0 ? `in ${age(Math.ceil(seconds))}` : "now";
}

function notice(tone, title, lines) {
  return h("section", { class: `why ${tone}` }, h("h2", null, title), lines.map((line) => h("p", null, line)));
}

function orders(one) {
  const tell = (label, what, kind) => button(label, (event) => order(event.currentTarget, one.name, what), { kind });
  const stops = ["paused", "held"].includes(one.state);
  const drain = button("Drain…", async (event) => {
    const control = event.currentTarget;
    const sure = await confirm(`Drain ${one.name}?`, "What is owed by now is sent, then nothing more until somebody resumes it.", "Drain");
    if (sure !== null) await order(control, one.name, "drain");
  });
  if (one.state === "parked" || one.state === "purging") return [];
  const drains = one.state === "draining";
  return [
    one.trouble && !stops ? tell("Retry now", "retry", "primary") : null,
    drains && one.in_site ? tell("Resume", "resume", "") : null,
    stops ? tell("Resume", "resume", "primary") : tell("Pause", "pause", ""),
    stops || drains ? null : drain,
  ];
}
