// What waits for a destination, in the order in which it is sent; one can be looked at or given up.

import * as api from "../api.js";
import { act, button, confirm, empty, fault, table } from "../parts.js";
import { ago, bytes, moment } from "../format.js";
import { h, put } from "../dom.js";
import { lookAt } from "./look.js";

const COUNT = 50;

export function queueList(name, page, { may }) {
  const body = h("div");
  const node = h("section", { "aria-label": "Waiting" }, body);
  const path = `destinations/${api.part(name)}/queue`;
  const starts = [null];
  let shown = null;
  async function refresh() {
    try {
      const after = starts.at(-1);
      const rows = await api.get(`${path}${api.query({ after, count: COUNT })}`, { signal: page.signal });
      show(rows);
    } catch (error) {
      if (error.name === "AbortError") return;
      put(body, fault(error));
    }
  }
  function show(rows) {
    const key = rows.map((row) => row.sequence).join();
    if (key === shown) return;
    shown = key;
    if (rows.length === 0 && starts.length === 1) {
      put(body, empty("Nothing waits."));
      return;
    }
    const columns = [
      ["Number", (row) => row.sequence, "number"],
      ["Received", (row) => h("span", { title: row.received_at }, moment(row.received_at), " ", h("small", null, `${ago(row.received_at)} ago`))],
      ["Listener", (row) => row.listener],
      ["Control id", (row) => controlId(page, row.control_id)],
      ["Size", (row) => bytes(row.bytes), "number"],
      ["", (row) => h("div", { class: "actions" },
        page.session.may("read") ? button("Look", () => lookAt(`${path}/${row.sequence}`, `Number ${row.sequence} for ${name}`), { kind: "small" }) : null,
        row.skipped ? "skipped when its turn comes" : may ? button("Skip…", (event) => skip(event.currentTarget, row), { kind: "small" }) : null), "end"],
    ];
    put(body, table(`Waiting for ${name}`, columns, rows), pager(rows));
  }
  function pager(rows) {
    return h("div", { class: "pager" },
      button("From the oldest", () => { starts.splice(1); refresh(); }, { disabled: starts.length === 1 }),
      button("Next", () => { starts.push(rows.at(-1).sequence); refresh(); }, { disabled: rows.length < COUNT }));
  }
  async function skip(control, row) {
    const sure = await confirm(`Give up number ${row.sequence}?`, [`The message with control id ${row.control_id} is not sent to ${name}. It is kept as a dead letter and can be sent again.`], "Skip it");
    if (sure !== null && await act(control, () => api.remove(`${path}/${row.sequence}`), `Number ${row.sequence} is given up as soon as its turn comes.`)) await refresh();
  }
  refresh();
  return { node, seen: onChange(refresh) };
}

// A control id, which leads whoever may read to the message in the archive; what is searched for stays out of the
// address.
export function controlId(page, id) {
  const text = h("code", null, id);
  if (!page.session.may("read")) return text;
  return h("a", { href: "#/messages", onclick: () => { page.session.search = { control_id: id }; } }, text);
}

// Refreshes when a count has changed, at most once in a while; and at the first, which may be later than what is shown.
export function onChange(refresh) {
  const EVERY_MS = 3_000;
  let last = null;
  let at = Date.now();
  return (count) => {
    if (last !== null && count !== last && Date.now() - at < EVERY_MS) return;
    if (count !== last) {
      at = Date.now();
      refresh();
    }
    last = count;
  };
}
