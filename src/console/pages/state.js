// What is the matter with whom: states with a shape and a word, and the list of what needs somebody.

import { age, ago, number, plural } from "./format.js";
import { growth } from "./live.js";
import { s } from "./dom.js";

// Waiting longer than this without a reason is worth a look.
const SLOW_SECONDS = 300;

const SHAPES = {
  good: ["M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z"],
  busy: ["M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 2v8a4 4 0 0 1 0-8Z"],
  paused: ["M3 2h4v12H3zM9 2h4v12H9z"],
  bad: ["M8 1 15.5 15H.5Zm-1 5v4h2V6Zm0 5.2v2h2v-2Z"],
  warn: ["M8 .8 15.2 8 8 15.2.8 8Zm-1 3.7v4.2h2V4.5Zm0 5.4v1.9h2V9.9Z"],
  idle: ["M2.5 2.5h11v11h-11zm2 2v7h7v-7z"],
};

// A shape of its own for each tone, so that color is never all there is.
export function shape(tone) {
  const node = s("svg", { class: `shape ${tone}`, viewBox: "0 0 16 16", "aria-hidden": "true" });
  node.append(...SHAPES[tone].map((d) => s("path", { d, "fill-rule": "evenodd" })));
  return node;
}

const WORDS = {
  delivering: ["delivering", "good"],
  failing: ["failing", "bad"],
  paused: ["paused", "paused"],
  held: ["held", "bad"],
  draining: ["draining", "busy"],
  purging: ["purging", "busy"],
  parked: ["not in the site", "idle"],
};

// The word and tone of a destination: what its lane does, and whether that succeeds.
export function stateOf(destination) {
  const isFailing = destination.trouble && ["delivering", "draining"].includes(destination.state);
  const [word, tone] = WORDS[isFailing ? "failing" : destination.state] ?? [destination.state, "idle"];
  return { word, tone };
}

// Everything that needs somebody, worst first; each names where to go and why.
export function needs(status) {
  const found = [];
  if (!status.ready) found.push({ tone: "bad", title: "weir is not ready", why: "It is starting, stopping, or its store has failed. Senders get no acknowledgment." });
  if (status.store?.full) found.push({ tone: "bad", title: "The outbox takes nothing more", why: status.store.full });
  for (const destination of status.destinations) found.push(...ofDestination(destination));
  for (const listener of status.listeners) {
    if (listener.state === "silent") found.push({ tone: "bad", listener: listener.name, title: `${listener.name} is silent`, why: listener.last_message_age_seconds === null ? "No message has ever come, and some should have by now." : `The last message came ${age(listener.last_message_age_seconds)} ago, which is longer than is normal for it.` });
    const refused = growth("listeners", listener.name, 1);
    if (refused > 0) {
      found.push({ tone: "warn", listener: listener.name, href: `#/messages?listener=${encodeURIComponent(listener.name)}&state=refused`, title: `${listener.name} refused ${plural(refused, "message")} within the last hour`, why: "Their senders were told so, and why." });
    }
  }
  const order = { bad: 0, warn: 1, paused: 2, idle: 3 };
  return found.sort((one, other) => order[one.tone] - order[other.tone]);
}

function ofDestination(destination) {
  const { name, waiting, trouble } = destination;
  const href = `#/destinations/${encodeURIComponent(name)}`;
  const queue = waiting > 0 ? `${plural(waiting, "message")} waiting, the oldest for ${age(destination.oldest_age_seconds)}.` : "Nothing waits for it.";
  const about = { destination: name, href };
  const found = [];
  if (destination.state === "held") {
    found.push({ ...about, tone: "bad", title: `${name} is held`, why: `${sentence(heldBecause(destination))} ${queue}`, orders: ["resume"] });
  } else if (destination.state === "paused" && waiting > 0) {
    found.push({ ...about, tone: "paused", title: `${name} is paused`, why: queue, orders: ["resume"] });
  } else if (destination.state === "parked") {
    found.push({ ...about, tone: "idle", title: `${name} is not in the site any more`, why: queue });
  } else if (trouble) {
    found.push({ ...about, tone: "bad", title: `${name} has not got through for ${ago(trouble.since)}`, why: `${sentence(trouble.reason)} ${queue}`, orders: ["retry", "pause"] });
  } else if (waiting > 0 && destination.oldest_age_seconds > SLOW_SECONDS) {
    found.push({ ...about, tone: "warn", title: `${name} is behind`, why: queue });
  }
  if (destination.dead_letters > 0) {
    found.push({ ...about, tone: "warn", href: `${href}/dead`, title: `${name} has ${plural(destination.dead_letters, "dead letter")}`, why: `${number(destination.dead_letters)} given up, kept until somebody sends them again or throws them away.` });
  }
  return found;
}

// The reasons of its holds, each once.
export function heldBecause(destination) {
  return [...new Set(Object.values(destination.held))].join("; ");
}

function sentence(text) {
  if (!text) return "";
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
