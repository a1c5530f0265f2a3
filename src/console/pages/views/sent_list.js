// What was for a destination, the newest first: what became of each, with every attempt and what was answered.

import * as api from "../api.js";
import { attempts } from "./attempts.js";
import { became, becameEach } from "./states.js";
import { button, empty, fault, liveTable, messageLink } from "../parts.js";
import { bytes, moment } from "../format.js";
import { h, put } from "../dom.js";
import { inWindow } from "./look.js";
import { onArchived } from "../renew.js";
import { when } from "../ages.js";

const COUNT = 50;

export function sentList(name, page) {
  const told = h("div");
  const list = liveTable(`Messages for ${name}`, columns(), (row) => row.number);
  const older = h("p", { class: "note", hidden: true }, h("a", { href: `#/messages${api.query({ destination: name })}` }, "Older ones"), " are found among the messages.");
  list.node.hidden = true;
  const node = h("section", { "aria-label": "Messages for it" }, told, list.node, older);
  // All that was made of a message for it: a route may split one into many.
  const forIt = (row) => row.deliveries.filter((one) => one.destination === name);
  async function refresh() {
    try {
      const { messages } = await api.get(`messages${api.query({ destination: name, count: COUNT })}`, { signal: page.signal });
      put(told, messages.length ? null : empty("Nothing was for it yet, as far as the archive goes back."));
      list.update(messages);
      list.node.hidden = messages.length === 0;
      older.hidden = messages.length < COUNT;
    } catch (error) {
      if (error.name !== "AbortError") put(told, fault(error));
    }
  }
  function columns() {
    return [
      ["Received", (row) => when(row.received_at, messageLink(page.session, row.number, moment(row.received_at), "/deliveries"))],
      ["Type", (row) => h("code", null, row.message_type)],
      ["Control id", (row) => h("code", null, row.control_id)],
      ["Became", (row) => becameEach(forIt(row).map((one) => one.state))],
      ["Size", (row) => bytes(row.bytes), "number"],
      ["", (row) => h("div", { class: "actions" }, page.session.may("read") ? button("Attempts", () => lookAtAttempts(row), { kind: "small" }) : null), "end"],
    ];
  }
  function lookAtAttempts(row) {
    return inWindow(`Message ${row.number} to ${name}`, async () => {
      const found = await api.get(`messages/${row.number}`, { signal: page.signal });
      return forIt(found).map((one) => h("section", null,
        h("h3", null, one.sequence === null ? "Of an outbox before this one" : `Number ${one.sequence}`, " ", became(one.state)),
        one.reason ? h("p", null, one.reason) : null,
        attempts(one.attempts) ?? empty("No attempt yet.")));
    });
  }
  const changed = onArchived(page.signal, refresh);
  return { node, seen: (one) => changed(one.owed, one.delivered, one.dead_lettered, one.waiting, one.purged) };
}
