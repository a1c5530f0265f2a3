// What surrounds every page: name, navigation, what is the matter at a glance, and who is logged in.

import { h, put, say } from "./dom.js";
import { plural, zone } from "./format.js";
import { follow } from "./live.js";
import { noticeBoard } from "./parts.js";
import { needs, shape } from "./state.js";
import { since } from "./ages.js";

// Address, word, and the permission without which the page has nothing to show.
const ENTRIES = [
  ["", "Overview", "see"],
  ["messages", "Messages", "see"],
  ["dead", "Dead letters", "see"],
  ["alerts", "Alerts", "see"],
  ["routes", "Routes", "see"],
  ["site", "Site", "see"],
  ["audit", "Audit", "audit"],
  ["users", "Users", "administer"],
];

const TIMES = `Times are those of ${zone}.`;

// What has no entry of its own stands under another: the overview is the list of destinations.
const UNDER = { destinations: "", resends: "messages" };

export function shell(session, logOut, signal) {
  const main = h("main", { id: "main", tabindex: "-1" });
  const list = h("ul", { id: "menu" });
  const links = new Map();
  for (const [path, word, permission] of ENTRIES) {
    if (!session.may(permission)) continue;
    const count = h("span", { class: "count", hidden: true });
    const entry = h("a", { href: `#/${path}` }, h("span", null, word), count);
    links.set(path, { entry, count });
    list.append(h("li", null, entry));
  }
  // Where the top has no room for them.
  list.append(
    h("li", { class: "narrow" }, h("a", { href: "#/account" }, session.name)),
    h("li", { class: "narrow" }, h("button", { type: "button", onclick: logOut }, "Log out")),
    h("li", { class: "narrow note" }, TIMES));
  const menu = h("button", { type: "button", class: "menu-button", "aria-expanded": "false", "aria-controls": "menu", onclick: toggle }, "Menu");
  function toggle() {
    const isOpen = menu.getAttribute("aria-expanded") !== "true";
    menu.setAttribute("aria-expanded", String(isOpen));
    list.classList.toggle("open", isOpen);
  }
  const health = h("a", { class: "health", href: "#/" });
  const lost = h("p", { class: "lost", role: "alert", hidden: true });
  const skip = h("button", { type: "button", class: "skip", onclick: () => main.focus() }, "Skip to the page");
  const top = h("header", { class: "top" },
    h("a", { class: "brand", href: "#/" }, mark(), "weir"),
    health,
    h("div", { class: "who" },
      h("a", { href: "#/account", title: "Your account" }, session.name),
      h("button", { type: "button", class: "quiet", onclick: logOut }, "Log out")),
    menu);
  const nav = h("nav", { class: "side", "aria-label": "Pages" }, list, h("div", { class: "version" }, version(signal), h("p", null, TIMES)));
  watch(health, lost, links, signal);
  return {
    main,
    nodes: [skip, top, nav, h("div", { class: "page" }, lost, main), noticeBoard()],
    // Marks where one is, and closes the menu of narrow screens.
    at(path) {
      for (const [name, { entry }] of links) {
        if (name === (UNDER[path] ?? path)) entry.setAttribute("aria-current", "page");
        else entry.removeAttribute("aria-current");
      }
      menu.setAttribute("aria-expanded", "false");
      list.classList.remove("open");
    },
  };
}

function mark() {
  return h("img", { src: "icon.svg", alt: "", width: 22, height: 22 });
}

function version(signal) {
  const text = h("p");
  follow(signal, ({ status }) => {
    if (status) say(text, `weir ${status.version} · site ${status.site.version}`);
  });
  return text;
}

// One glance: whether something needs somebody, on every page; read out when it changes.
function watch(health, lost, links, signal) {
  const word = h("span", { role: "status" });
  put(health, word);
  let tone = null;
  let told = null;
  follow(signal, ({ status, isConnected, lostAt, refusal }) => {
    lost.hidden = isConnected || lostAt === null;
    const why = lost.hidden ? null : refusal ?? lostAt;
    if (why !== told) {
      told = why;
      put(lost, why === null ? null : refusal ? `This page does not follow what runs by itself: ${refusal}. It asks again every few seconds.` : silence(lostAt));
    }
    if (!status) return;
    const found = needs(status);
    const now = !isConnected ? "idle" : found.some((need) => need.tone === "bad") ? "bad" : found.length > 0 ? "warn" : "good";
    if (now !== tone) {
      tone = now;
      health.className = `health ${tone}`;
      put(health, shape(tone), word);
    }
    say(word, !isConnected ? "not connected" : found.length === 0 ? "all is well" : `${plural(found.length, "thing needs", "things need")} a look`);
    const dead = status.destinations.reduce((total, destination) => total + destination.dead_letters, 0);
    count(links.get("dead")?.count, dead);
    count(links.get("alerts")?.count, status.alerts.length);
  });
}

// Since when there was no news; its age goes on by itself, and is not read out with each second.
function silence(lostAt) {
  return ["No news from weir for ", h("span", { "aria-live": "off" }, since(lostAt)), ": what is shown may be old. It is asked again and again."];
}

function count(node, value) {
  if (!node) return;
  node.hidden = value === 0;
  say(node, String(value));
}
