// The living picture: listeners on the left, routes in the middle, destinations on the right, joined by curves that
// are as wide as what flows. Cards are links and text; the curves behind them are for the eye alone.

import { h, keyed, put, s, say } from "../dom.js";
import { age, number, plural, rate } from "../format.js";
import { LATELY, growth, growths, levels, perSecond } from "../live.js";
import { shape, stateOf } from "../state.js";
import { sparkline } from "../chart.js";

// So many cards a column has: more of them are no picture.
const CARDS_MAX = 24;
const WORST_FIRST = ["bad", "warn", "paused", "busy", "idle", "good"];

export function flow() {
  const curves = s("svg", { class: "flow-curves", "aria-hidden": "true" });
  const columns = ["Listeners", "Routes", "Destinations"].map((title) => {
    const list = h("ul");
    const head = h("h2", null, title);
    const count = (shown, all) => say(head, shown < all ? `${title}: ${number(shown)} of ${number(all)}` : title);
    return { list, count, node: h("div", { class: "flow-column" }, head, list) };
  });
  const node = h("div", { class: "flow" }, curves, columns.map((column) => column.node));
  const [listeners, routes, destinations] = columns.map((column) => column.list);
  let status = null;
  let isWatched = false;
  const redraw = () => {
    if (!status) return;
    drawCurves(node, curves, status);
    move(curves, status);
  };
  return {
    node,
    // Shows what has to do with the destinations that have this in their names; whether there are any.
    update(all, signal, asked = "") {
      const now = excerpt(all, asked);
      columns[0].count(now.listeners.length, all.listeners.length);
      columns[1].count(now.routes.length, all.routes.length);
      columns[2].count(now.destinations.length, all.destinations.length);
      const changed = shapeOf(now) !== (status && shapeOf(status));
      status = now;
      keyed(listeners, now.listeners, (one) => one.name, listenerCard);
      keyed(routes, now.routes, (one) => one.name, routeCard);
      keyed(destinations, now.destinations, (one) => one.name, destinationCard);
      if (!isWatched) {
        isWatched = true;
        const observer = new ResizeObserver(redraw);
        observer.observe(node);
        signal.addEventListener("abort", () => observer.disconnect());
        follow(node);
      }
      if (changed || curves.childElementCount === 0) redraw();
      else move(curves, now);
      return asked === "" || now.destinations.length > 0;
    },
  };
}

// What a picture can show of it: the worst, in their order.
function excerpt(status, asked) {
  const found = status.destinations.filter((one) => one.name.toLowerCase().includes(asked));
  const destinations = worst(found, (one) => toneOf(one));
  const names = new Set(destinations.map((one) => one.name));
  const leadsThere = status.routes.filter((route) => asked === "" || route.to.some((to) => names.has(to)));
  const routes = leadsThere.slice(0, CARDS_MAX);
  const from = new Set(routes.flatMap((route) => route.from));
  const listeners = status.listeners.filter((one) => asked === "" || from.has(one.name));
  return { ...status, destinations, routes, listeners: worst(listeners, (one) => (one.state === "silent" ? "bad" : "good")) };
}

function worst(list, tone) {
  if (list.length <= CARDS_MAX) return list;
  const rank = new Map(list.map((one) => [one, WORST_FIRST.indexOf(tone(one))]));
  const shown = new Set([...list].sort((one, other) => rank.get(one) - rank.get(other)).slice(0, CARDS_MAX));
  return list.filter((one) => shown.has(one));
}

// One that delivers and has given something up is marred.
function toneOf(destination) {
  const { tone } = stateOf(destination);
  return tone === "good" && destination.dead_letters > 0 ? "warn" : tone;
}

// What the picture is made of, without its numbers.
const shapeOf = (status) => JSON.stringify([status.listeners.map((one) => one.name), status.routes, status.destinations.map((one) => one.name)]);

function frame(kind, name, href) {
  const state = h("span", { class: "node-state" });
  const main = h("span", { class: "node-main" });
  const note = h("span", { class: "node-note" });
  const spark = kind === "route" ? null : sparkline(name, kind === "listener" ? "in" : "level");
  const body = h(href ? "a" : "div", { class: `node ${kind}`, href, "data-name": name, "data-kind": kind },
    h("span", { class: "node-head" }, state, h("span", { class: "node-name" }, name)),
    main, note, spark?.node);
  return { node: h("li", null, body), body, state, main, note, spark };
}

function tone(card, now, word) {
  if (card.tone === now + word) return;
  card.tone = now + word;
  put(card.state, shape(now), h("span", { class: "visually-hidden" }, word));
  card.body.dataset.tone = now;
}

function listenerCard({ name }) {
  const card = frame("listener", name, `#/messages?listener=${encodeURIComponent(name)}`);
  card.update = (listener) => {
    const refused = growth("listeners", name, 1);
    const isSilent = listener.state === "silent";
    tone(card, isSilent ? "bad" : refused > 0 ? "warn" : "good", isSilent ? "silent" : refused > 0 ? "has refused messages" : "listens");
    say(card.main, rate(perSecond("listeners", name, 0)));
    const last = listener.last_message_age_seconds;
    const silence = last === null ? "no message yet" : `last ${age(last)} ago`;
    const repeated = listener.repeated > 0 ? `${number(listener.repeated)} repeated` : null;
    const heard = last === null || last >= 60 ? silence : repeated ? null : listener.address;
    const usual = [heard, repeated].filter(Boolean).join(" · ");
    say(card.note, isSilent ? `silent · ${silence}` : refused > 0 ? `${number(refused)} refused in the last hour` : usual);
    card.body.title = counts(listener);
    card.spark.update(growths("listeners", name, 0, LATELY));
  };
  return card;
}

// What became of what it has received since the start.
function counts(listener) {
  const parts = ["received", "accepted", "filtered", "unrouted", "repeated", "refused"];
  return `Since the start: ${parts.map((part) => `${part} ${number(listener[part])}`).join(", ")}`;
}

function routeCard({ name }) {
  const card = frame("route", name, `#/routes/${encodeURIComponent(name)}`);
  card.update = (route) => say(card.note, `to ${route.to.length > 2 ? plural(route.to.length, "destination") : route.to.join(", ") || "nobody"}`);
  return card;
}

function destinationCard({ name }) {
  const card = frame("destination", name, `#/destinations/${encodeURIComponent(name)}`);
  card.update = (destination) => {
    const state = stateOf(destination);
    tone(card, toneOf(destination), state.word);
    const { waiting, dead_letters: dead } = destination;
    say(card.main, waiting > 0 ? `${number(waiting)} waiting` : rate(perSecond("destinations", name, 1)));
    const parts = [
      state.tone === "good" ? null : state.word,
      waiting > 0 ? (destination.oldest_age_seconds === null ? "just come in" : `oldest ${age(destination.oldest_age_seconds)}`) : null,
      dead > 0 ? plural(dead, "dead letter") : null,
    ].filter(Boolean);
    say(card.note, parts.join(" · ") || "nothing waits");
    card.spark.update(levels("destinations", name, 0, LATELY));
  };
  return card;
}

// A curve for each join; its ends are where the cards stand now.
function drawCurves(node, svg, status) {
  const box = node.getBoundingClientRect();
  const cards = new Map([...node.querySelectorAll(".node")].map((card) => [`${card.dataset.kind} ${card.dataset.name}`, card.getBoundingClientRect()]));
  svg.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const curve = (from, to, attributes) => {
    const [left, right] = [cards.get(from), cards.get(to)];
    // On a narrow screen the columns stand below each other, and there is nothing to join.
    if (!left || !right || right.left < left.right) return null;
    const [x1, y1] = [left.right - box.left, left.top + left.height / 2 - box.top];
    const [x2, y2] = [right.left - box.left, right.top + right.height / 2 - box.top];
    const middle = (x1 + x2) / 2;
    const d = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
    return s("g", { class: "curve", "data-from": from, "data-to": to, ...attributes }, s("path", { class: "bed", d }), s("path", { class: "stream", d }));
  };
  const joins = status.routes.flatMap((route) => [
    ...route.from.map((from) => curve(`listener ${from}`, `route ${route.name}`)),
    ...route.to.map((to) => curve(`route ${route.name}`, `destination ${to}`)),
  ]);
  put(svg, joins);
}

// How wide a curve is, and whether something moves on it, by the rate at the end that counts.
function move(svg, status) {
  const states = new Map(status.destinations.map((one) => [one.name, stateOf(one).tone]));
  for (const curve of svg.children) {
    const [[kind, ...from], [, ...to]] = [curve.dataset.from.split(" "), curve.dataset.to.split(" ")];
    const isIn = kind === "listener";
    const flowing = isIn ? perSecond("listeners", from.join(" "), 0) : perSecond("destinations", to.join(" "), 1);
    const width = flowing ? Math.min(7, 1.5 + Math.log10(1 + flowing * 60)) : 1.5;
    curve.style.setProperty("--width", width.toFixed(1));
    curve.classList.toggle("moves", Boolean(flowing));
    curve.dataset.tone = isIn ? "good" : states.get(to.join(" ")) ?? "idle";
  }
}

// Whoever points at a card sees what it is joined to.
function follow(node) {
  const mark = (card) => {
    const key = card ? `${card.dataset.kind} ${card.dataset.name}` : null;
    node.classList.toggle("pointed", Boolean(card));
    for (const curve of node.querySelectorAll(".curve")) curve.classList.toggle("joined", curve.dataset.from === key || curve.dataset.to === key);
  };
  const over = (event) => mark(event.target.closest?.(".node"));
  node.addEventListener("pointerover", over);
  node.addEventListener("focusin", over);
  node.addEventListener("pointerleave", () => mark(null));
  node.addEventListener("focusout", () => mark(null));
}
