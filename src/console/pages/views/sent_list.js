// What was for a destination, the newest first: what became of each, with every attempt and what was answered.

import * as api from "../api.js";
import { ago, bytes, moment } from "../format.js";
import { attempts } from "./attempts.js";
import { became } from "./states.js";
import { button, empty, fault, table } from "../parts.js";
import { h, put } from "../dom.js";
import { inWindow } from "./look.js";
import { onChange } from "./queue_list.js";

const COUNT = 50;

export function sentList(name, page) {
  const body = h("div");
  const node = h("section", { "aria-label": "Messages for it" }, body);
  let shown = null;
  async function refresh() {
    try {
      const { messages } = await api.get(`messages${api.query({ destination: name, count: COUNT })}`, { signal: page.signal });
      show(messages);
    } catch (error) {
      if (error.name !== "AbortError") put(body, fault(error));
    }
  }
  const delivery = (row) => row.deliveries.find((one) => one.destination === name);
  function show(rows) {
    const key = rows.map((row) => `${row.number} ${delivery(row)?.state}`).join();
    // Whoever has something of it in hand keeps it.
    if (key === shown || body.contains(document.activeElement)) return;
    shown = key;
    put(body, rows.length === 0 ? empty("Nothing was for it yet, as far as the archive goes back.") : [
      table(`Messages for ${name}`, columns(), rows),
      rows.length === COUNT ? h("p", { class: "note" }, h("a", { href: `#/messages${api.query({ destination: name })}` }, "Older ones"), " are found among the messages.") : null,
    ]);
  }
  function columns() {
    return [
      ["Received", (row) => [h("a", { href: `#/messages/${row.number}/deliveries`, title: row.received_at }, moment(row.received_at)), " ", h("small", null, `${ago(row.received_at)} ago`)]],
      ["Type", (row) => h("code", null, row.message_type)],
      ["Control id", (row) => h("code", null, row.control_id)],
      ["Became", (row) => became(delivery(row)?.state)],
      ["Size", (row) => bytes(row.bytes), "number"],
      ["", (row) => h("div", { class: "actions" }, page.session.may("read") ? button("Attempts", () => lookAtAttempts(row), { kind: "small" }) : null), "end"],
    ];
  }
  function lookAtAttempts(row) {
    return inWindow(`Message ${row.number} to ${name}`, async () => {
      const found = await api.get(`messages/${row.number}`, { signal: page.signal });
      const one = found.deliveries.find((delivery) => delivery.destination === name);
      return [one.reason ? h("p", null, one.reason) : null, attempts(one.attempts) ?? empty("No attempt yet.")];
    });
  }
  refresh();
  return { node, seen: onChange(refresh) };
}
