// The overview: what needs somebody, the last minutes in numbers, and the living picture of what runs.

import { flow } from "./flow.js";
import { h, keyed, put, redraw, say } from "../dom.js";
import { DESTINATION_COUNTS, LISTENER_COUNTS, LATELY, follow, growths, levels, live, perSecond, sum } from "../live.js";
import { button, empty, heading } from "../parts.js";
import { age, number, plural, rate } from "../format.js";
import { folded, needs, shape } from "../state.js";
import { order } from "./orders.js";
import { sparkline } from "../chart.js";

// With more destinations than this they can be shown by name.
const FEW = 12;

export function overview(page) {
  const filter = h("input", { type: "search", placeholder: "Destinations by name", "aria-label": "Destinations by name", autocomplete: "off", spellcheck: "false", maxlength: 100, hidden: true, oninput: () => update(live) });
  const attention = h("section", { class: "attention", "aria-label": "What needs a look" });
  const totals = h("section", { class: "totals", "aria-label": "The last minutes" });
  const picture = flow();
  const numbers = tiles(totals);
  put(page.root,
    heading("Overview", { actions: filter }),
    lackOfRoles(page.session),
    attention,
    totals,
    h("section", { class: "flow-section", "aria-label": "Listeners, routes and destinations" }, picture.node));
  const calm = h("p", { class: "calm", hidden: true }, shape("good"), h("span", null, "All is well: nothing is stuck, and nothing was given up."));
  const list = h("div", { class: "needs" });
  const none = h("div");
  put(attention, calm, list, none);
  function update({ status, isConnected }) {
    if (!status) return;
    filter.hidden = status.destinations.length <= FEW && filter.value === "";
    const asked = filter.value.trim().toLowerCase();
    const found = needs(status);
    const shown = asked === "" ? found : found.filter((need) => need.about?.toLowerCase().includes(asked));
    showNeeds(page.session, list, folded(shown));
    // What was so when it was last heard of may be so no more.
    calm.hidden = found.length > 0 || !isConnected;
    numbers(status);
    const isAny = picture.update(status, page.signal, asked);
    put(none, isAny ? null : empty(`No destination has “${filter.value.trim()}” in its name.`));
  }
  follow(page.signal, update);
}

// Each keeps its nodes while its words change: whoever is about to press a button keeps it.
function showNeeds(session, list, found) {
  keyed(list, found, (need) => need.key, (need) => (need.beyond ? manyCard(session) : needCard(session)));
}

// The first administrator may make users and no more: what to do about it is said where they arrive.
function lackOfRoles(session) {
  if (!session.may("administer") || session.may("operate") || session.may("read")) return null;
  return h("p", { class: "why" }, h("span", null, "You administer, and that is all: whoever sets going what is stuck or looks into messages needs the roles for it. ", h("a", { href: "#/users" }, "Give them, to yourself too"), "."));
}

function needCard(session) {
  const mark = h("span", { class: "mark" });
  const title = h("span");
  const name = h("h2", null, title);
  const why = h("p");
  const actions = h("div", { class: "actions" });
  const node = h("article", null, mark, h("div", null, name, why), actions);
  let drawn = null;
  return {
    node,
    update(need) {
      say(title, need.title);
      say(why, need.why);
      const orders = session.may("operate") ? need.orders ?? [] : [];
      const key = JSON.stringify([need.tone, need.href, orders]);
      if (key === drawn) return;
      drawn = key;
      node.className = `need ${need.tone}`;
      put(mark, shape(need.tone));
      put(name, need.href ? h("a", { href: need.href }, title) : title);
      redraw(actions, orders.map((what) => button(LABELS[what], (event) => order(event.currentTarget, need.destination, what), { kind: "small" })));
    },
  };
}

// Many of one kind and reason, which are made when somebody wants to see them.
function manyCard(session) {
  const title = h("span");
  const why = h("span", { class: "note" });
  const mark = h("span", { class: "mark" });
  const inner = h("div", { class: "needs" });
  const details = h("details", { ontoggle: () => show() }, h("summary", null, title, why), inner);
  const node = h("article", null, mark, h("div", null, details));
  let now = null;
  const show = () => showNeeds(session, inner, details.open ? now.beyond : []);
  return {
    node,
    update(need) {
      now = need;
      say(title, need.title);
      say(why, need.why);
      node.className = `need many ${need.tone}`;
      if (!mark.firstChild) put(mark, shape(need.tone));
      show();
    },
  };
}

const LABELS = { resume: "Resume", retry: "Retry now", pause: "Pause" };

const [RECEIVED] = LISTENER_COUNTS.keys();
const [WAITING, DELIVERED, DEAD] = DESTINATION_COUNTS.keys();

// The numbers over all listeners and destinations, each with its last minutes.
function tiles(place) {
  const tile = (label, kind) => {
    const value = h("strong");
    const note = h("small");
    const spark = sparkline(label, kind);
    place.append(h("div", { class: "tile" }, h("span", { class: "tile-label" }, label), value, note, spark.node));
    return { value, note, spark };
  };
  const received = tile("Received", "in");
  const delivered = tile("Delivered", "out");
  const waiting = tile("Waiting", "level");
  const dead = tile("Dead letters", "level");
  return (status) => {
    const listeners = status.listeners.map((one) => one.name);
    const destinations = status.destinations.map((one) => one.name);
    const total = (kind, names, column) => names.map((name) => perSecond(kind, name, column)).reduce((all, one) => (one === null ? all : (all ?? 0) + one), null);
    const all = (how, kind, names, column) => sum(names.map((name) => how(kind, name, column, LATELY)));
    say(received.value, rate(total("listeners", listeners, RECEIVED)));
    received.spark.update(all(growths, "listeners", listeners, RECEIVED));
    say(received.note, `${number(add(status.listeners, "received"))} since the start`);
    say(delivered.value, rate(total("destinations", destinations, DELIVERED)));
    delivered.spark.update(all(growths, "destinations", destinations, DELIVERED));
    say(delivered.note, `${number(add(status.destinations, "delivered"))} since the start`);
    say(waiting.value, number(add(status.destinations, "waiting")));
    waiting.spark.update(all(levels, "destinations", destinations, WAITING));
    const ages = status.destinations.map((one) => one.oldest_age_seconds).filter((value) => value !== null);
    const isWaiting = add(status.destinations, "waiting") > 0;
    say(waiting.note, ages.length ? `the oldest for ${age(Math.max(...ages))}` : isWaiting ? "just come in" : "nothing waits");
    const letters = add(status.destinations, "dead_letters");
    say(dead.value, number(letters));
    dead.spark.update(all(levels, "destinations", destinations, DEAD));
    const where = status.destinations.filter((one) => one.dead_letters > 0).length;
    say(dead.note, where ? `at ${plural(where, "destination")}` : "none given up");
  };
}

const add = (list, key) => list.reduce((total, one) => total + one[key], 0);
