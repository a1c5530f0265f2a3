// Alerts: the trouble there is, since when and who was told of it; and what is over.

import * as api from "../api.js";
import { badge, empty, fault, heading, load, table } from "../parts.js";
import { age, local, moment } from "../format.js";
import { follow } from "../live.js";
import { h, put, say } from "../dom.js";
import { meaning } from "../kinds.js";
import { when } from "../ages.js";

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
      for (const one of status.alerts) {
        const said = open.querySelector(`[data-alert="${CSS.escape(keyOf(one))}"]`);
        if (said) say(said, local(one.text));
      }
    }
  });
}

const keyOf = (alert) => `${alert.kind} ${alert.about ?? ""}`;

function title(alert) {
  const { words, href } = meaning(alert);
  const tone = alert.critical ? "bad" : "warn";
  return badge(tone, href ? h("a", { href }, words) : words);
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
    ["Says", (alert) => h("span", { "data-alert": keyOf(alert) }, local(alert.text))],
    ["Since", (alert) => when(alert.since)],
    ["Wakes people", (alert) => (alert.critical ? "yes" : "not in quiet hours")],
    ["Told", told],
  ], list);
}

function overList(list) {
  if (list.length === 0) return empty("Nothing has ended yet.");
  return table("Alerts that are over", [
    ["What", (alert) => meaning(alert).words],
    ["About", about],
    ["Said", (alert) => local(alert.text)],
    ["Began", (alert) => h("span", { title: alert.since }, moment(alert.since))],
    ["Ended", (alert) => h("span", { title: alert.ended }, moment(alert.ended))],
    ["Lasted", (alert) => age((Date.parse(alert.ended) - Date.parse(alert.since)) / 1000)],
    ["Told", told],
  ], list);
}
