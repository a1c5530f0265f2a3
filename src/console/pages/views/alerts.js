// Alerts: the trouble there is, since when and who was told of it; and what is over.

import * as api from "../api.js";
import { badge, empty, fault, heading, load, table } from "../parts.js";
import { age, ago, moment } from "../format.js";
import { follow } from "../live.js";
import { h, put } from "../dom.js";

// What each kind means, and where one goes to mend it.
const KINDS = {
  "old-queue": ["Queue is old", (name) => `#/destinations/${api.part(name)}`],
  held: ["Destination is held", (name) => `#/destinations/${api.part(name)}`],
  paused: ["Destination is paused", (name) => `#/destinations/${api.part(name)}`],
  "dead-letters": ["Dead letters", (name) => `#/destinations/${api.part(name)}/dead`],
  "silent-listener": ["Listener is silent", (name) => `#/messages${api.query({ listener: name })}`],
  "outbox-full": ["Outbox is full", () => "#/site"],
  "outbox-nearly-full": ["Outbox is nearly full", () => "#/site"],
  "certificate-ends": ["Certificate ends", () => null],
  "archive-behind": ["Archive is behind", () => "#/messages"],
  "archive-lost": ["Archive has lost history", () => "#/messages"],
};

export function alerts(page) {
  const open = h("div");
  const over = h("div");
  put(page.root,
    heading("Alerts", { below: "What people are told of: once when it begins, and once when it ends." }),
    h("section", { "aria-label": "Trouble there is" }, open),
    h("section", { "aria-label": "What is over" }, h("div", { class: "bar" }, h("h2", null, "Over")), over));
  let drawn = null;
  const refresh = () => load(over, page.signal, async () => {
    const answer = await api.get("alerts", { signal: page.signal });
    put(open, answer.failures.map((one) => fault(new Error(`${one.contact} could not be told: ${one.reason}; it is tried again`))), openList(answer.alerts));
    return overList(answer.over);
  });
  // What it says of a queue changes all the time; the list is asked for again only when it is another list.
  follow(page.signal, ({ status }) => {
    if (!status) return;
    const key = JSON.stringify(status.alerts.map((one) => [one.kind, one.about, one.since, one.told]));
    if (key !== drawn) {
      drawn = key;
      refresh();
    } else {
      for (const one of status.alerts) open.querySelector(`[data-alert="${CSS.escape(keyOf(one))}"]`)?.replaceChildren(one.text);
    }
  });
}

const keyOf = (alert) => `${alert.kind} ${alert.about ?? ""}`;

function title(alert) {
  const [word, address] = KINDS[alert.kind] ?? [alert.kind, () => null];
  const href = address(alert.about);
  const tone = alert.critical ? "bad" : "warn";
  return badge(tone, href ? h("a", { href }, word) : word);
}

const about = (alert) => alert.about ?? "–";

function told(alert) {
  return alert.told.length ? alert.told.join(", ") : h("span", { class: "note" }, "nobody");
}

function openList(list) {
  if (list.length === 0) return empty("No trouble: there is nothing anybody would be told of.");
  return table("Alerts", [
    ["What", title],
    ["About", about],
    ["Says", (alert) => h("span", { "data-alert": keyOf(alert) }, alert.text)],
    ["Since", (alert) => h("span", { title: alert.since }, moment(alert.since), " ", h("small", null, `${ago(alert.since)} ago`))],
    ["Wakes people", (alert) => (alert.critical ? "yes" : "not in quiet hours")],
    ["Told", told],
  ], list);
}

function overList(list) {
  if (list.length === 0) return empty("Nothing has ended yet.");
  return table("Alerts that are over", [
    ["What", (alert) => (KINDS[alert.kind] ?? [alert.kind])[0]],
    ["About", about],
    ["Said", (alert) => alert.text],
    ["Began", (alert) => h("span", { title: alert.since }, moment(alert.since))],
    ["Ended", (alert) => h("span", { title: alert.ended }, moment(alert.ended))],
    ["Lasted", (alert) => age((Date.parse(alert.ended) - Date.parse(alert.since)) / 1000)],
    ["Told", told],
  ], list);
}
