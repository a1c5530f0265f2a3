// What waits for a destination, in the order in which it is sent; one can be looked at or given up.

import * as api from "../api.js";
import { act, button, confirm, empty, fault, liveTable, pager } from "../parts.js";
import { bytes } from "../format.js";
import { h, put } from "../dom.js";
import { lookAt } from "./look.js";
import { onChange } from "../renew.js";
import { when } from "../ages.js";

const COUNT = 50;

export function queueList(name, page, { may }) {
  const path = `destinations/${api.part(name)}/queue`;
  const none = empty("Nothing waits.");
  const list = liveTable(`Waiting for ${name}`, columns(), (row) => row.sequence);
  const parts = pager(COUNT, "From the oldest", refresh);
  const told = h("div");
  none.hidden = true;
  list.node.hidden = true;
  parts.node.hidden = true;
  const node = h("section", { "aria-label": "Waiting" }, told, none, list.node, parts.node);
  async function refresh() {
    try {
      const rows = await api.get(`${path}${api.query({ after: parts.after(), count: COUNT })}`, { signal: page.signal });
      put(told);
      list.update(rows);
      parts.update(rows);
      none.hidden = rows.length > 0;
      list.node.hidden = rows.length === 0;
    } catch (error) {
      if (error.name !== "AbortError") put(told, fault(error));
    }
  }
  function columns() {
    return [
      ["Number", (row) => row.sequence, "number"],
      ["Received", (row) => when(row.received_at)],
      ["Listener", (row) => row.listener],
      ["Control id", (row) => controlId(page, row.control_id)],
      ["Size", (row) => bytes(row.bytes), "number"],
      ["", (row) => h("div", { class: "actions" },
        page.session.may("read") ? button("Look", () => lookAt(`${path}/${row.sequence}`, `Number ${row.sequence} for ${name}`), { kind: "small" }) : null,
        row.skipped ? "skipped when its turn comes" : may ? button("Skip…", (event) => skip(event.currentTarget, row), { kind: "small" }) : null), "end"],
    ];
  }
  async function skip(control, row) {
    const sure = await confirm(`Give up number ${row.sequence}?`, [`The message with control id ${row.control_id} is not sent to ${name}. It is kept as a dead letter and can be sent again.`], "Skip it");
    if (sure === null) return;
    await act(control, () => api.remove(`${path}/${row.sequence}`), `Number ${row.sequence} is given up as soon as its turn comes.`);
    await refresh();
  }
  const changed = onChange(refresh);
  return { node, seen: (one) => changed(one.owed, one.delivered, one.dead_lettered, one.waiting) };
}

// A control id, which leads whoever may read to the message in the archive; what is searched for stays out of the
// address.
export function controlId(page, id) {
  const text = h("code", null, id);
  if (!page.session.may("read")) return text;
  return h("a", { href: "#/messages", onclick: () => { page.session.search = { content: { control_id: id }, outside: "" }; } }, text);
}
