// What is the matter with whom: states with a shape and a word, and the list of what needs somebody.

import { age, ago, local, number, plural } from "./format.js";
import { growth } from "./live.js";
import { meaning } from "./kinds.js";
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
  if (isFailing && destination.state === "draining") return { word: "draining, and failing", tone: "bad" };
  const [word, tone] = WORDS[isFailing ? "failing" : destination.state] ?? [destination.state, "idle"];
  return { word, tone };
}

// So many of one kind and reason stand by themselves.
const ALIKE_MAX = 10;

// Everything that needs somebody, worst first; each has a key of its own and names where to go, why, which alerts say
// the same, and what it has in common with others: of whom there are how many, and the reason.
export function needs(status) {
  const found = [];
  if (!status.ready) found.push({ key: "weir", tone: "bad", title: "weir is not ready", why: "It is starting, stopping, or its store has failed. Senders get no acknowledgment." });
  if (status.store?.full) found.push({ key: "outbox", tone: "bad", title: "The outbox takes nothing more", why: status.store.full, covers: ["outbox-full", "outbox-nearly-full"] });
  for (const destination of status.destinations) found.push(...ofDestination(destination));
  for (const listener of status.listeners) found.push(...ofListener(listener));
  found.push(...ofAlerts(status.alerts, found));
  const order = { bad: 0, warn: 1, paused: 2, idle: 3 };
  return found.sort((one, other) => order[one.tone] - order[other.tone]);
}

// The same with those of one kind and reason as one entry that holds them, beyond the first ones.
export function folded(found) {
  const groups = new Map();
  for (const need of found) {
    const key = need.alike?.join();
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(need);
  }
  return found.flatMap((need) => {
    const key = need.alike?.join();
    const beyond = key === undefined ? [] : groups.get(key).slice(ALIKE_MAX);
    // One alone takes no more room than what would hold it.
    if (beyond.length < 2 || !beyond.includes(need)) return [need];
    const [many, reason = ""] = need.alike;
    return need === beyond[0] ? [{ key: `more ${key}`, tone: need.tone, title: `${number(beyond.length)} more ${many}`, why: sentence(reason), beyond }] : [];
  });
}

function ofListener({ name, state, last_message_age_seconds: last }) {
  const found = [];
  if (state === "silent") {
    const why = last === null ? "No message has ever come, and some should have by now." : `The last message came ${age(last)} ago, which is longer than is normal for it.`;
    found.push({ key: `silent ${name}`, tone: "bad", about: name, alike: ["listeners are silent"], title: `${name} is silent`, why, covers: ["silent-listener"] });
  }
  const refused = growth("listeners", name, 1);
  if (refused > 0) {
    found.push({ key: `refused ${name}`, tone: "warn", about: name, alike: ["listeners refused messages within the last hour"], href: `#/messages?listener=${encodeURIComponent(name)}&state=refused`, title: `${name} refused ${plural(refused, "message")} within the last hour`, why: "Their senders were told so, and why." });
  }
  return found;
}

// Whatever people are told of, and nothing else here says.
function ofAlerts(alerts, found) {
  const isSaid = (alert) => found.some((need) => need.covers?.includes(alert.kind) && (need.about ?? null) === (alert.about ?? null));
  return alerts.filter((alert) => !isSaid(alert)).map((alert) => {
    const { words, href } = meaning(alert);
    return { key: `alert ${alert.kind} ${alert.about ?? ""}`, tone: alert.critical ? "bad" : "warn", about: alert.about, alike: [`of this: ${words}`], href: href ?? "#/alerts", title: alert.about ? `${words}: ${alert.about}` : words, why: sentence(local(alert.text)) };
  });
}

function ofDestination(destination) {
  const { name, waiting, trouble } = destination;
  const href = `#/destinations/${encodeURIComponent(name)}`;
  const queue = waiting > 0 ? `${plural(waiting, "message")} waiting, the oldest for ${age(destination.oldest_age_seconds)}.` : "Nothing waits for it.";
  const about = { about: name, destination: name, href, key: `stuck ${name}`, covers: ["old-queue", "held", "paused"] };
  const found = [];
  if (destination.state === "held") {
    found.push({ ...about, tone: "bad", alike: ["destinations are held", heldBecause(destination)], title: `${name} is held`, why: `${sentence(heldBecause(destination))} ${queue}`, orders: ["resume"] });
  } else if (destination.state === "paused") {
    found.push({ ...about, tone: "paused", alike: ["destinations are paused"], title: `${name} is paused`, why: queue, orders: ["resume"] });
  } else if (destination.state === "parked") {
    found.push({ ...about, tone: "idle", alike: ["destinations are not in the site any more"], title: `${name} is not in the site any more`, why: queue });
  } else if (trouble) {
    found.push({ ...about, tone: "bad", alike: ["destinations have not got through", trouble.reason], title: `${name} has not got through for ${ago(trouble.since)}`, why: `${sentence(trouble.reason)} ${queue}`, orders: ["retry", "pause"] });
  } else if (waiting > 0 && destination.oldest_age_seconds > SLOW_SECONDS) {
    found.push({ ...about, tone: "warn", alike: ["destinations are behind"], title: `${name} is behind`, why: queue });
  }
  if (destination.dead_letters > 0) {
    found.push({ ...about, key: `dead ${name}`, covers: ["dead-letters"], tone: "warn", alike: ["destinations have dead letters"], href: `${href}/dead`, title: `${name} has ${plural(destination.dead_letters, "dead letter")}`, why: `${number(destination.dead_letters)} given up, kept until somebody sends them again or throws them away.` });
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
