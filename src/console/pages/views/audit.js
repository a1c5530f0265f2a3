// The audit log: who did what and when, newest first, and whether it is what was written.

import * as api from "../api.js";
import { act, badge, button, confirm, empty, fault, field, heading, table } from "../parts.js";
import { h, put } from "../dom.js";
import { moment, number } from "../format.js";

const COUNT = 100;
const OUTCOMES = { allowed: "good", refused: "bad", failed: "warn" };

export function audit(page) {
  const body = h("div");
  const verdict = h("div", { "aria-live": "polite" });
  const who = h("input", { name: "who", placeholder: "anna", value: page.query.get("who") ?? "" });
  const what = h("input", { name: "what", placeholder: "dead.resend", value: page.query.get("what") ?? "" });
  const form = h("form", { class: "search", onsubmit: (event) => {
    event.preventDefault();
    page.go(`#/audit${api.query({ who: who.value.trim(), what: what.value.trim() })}`);
  } }, field("Who", who), field("What begins with", what), h("button", { type: "submit", class: "primary" }, "Show"));
  const further = h("div", { class: "pager", hidden: true }, button("Older", (event) => act(event.currentTarget, more)));
  const verify = button("Verify the log", (event) => act(event.currentTarget, async () => put(verdict, verified(await api.get("audit/verification")))));
  put(page.root,
    heading("Audit", {
      below: "Every look at content, every order and every change, written down before it was done.",
      actions: [verify, button("Export…", (event) => exportAll(event.currentTarget))],
    }),
    verdict, form, body, further);
  const rows = [];
  async function more() {
    try {
      const part = await api.get(`audit${api.query({ before: rows.at(-1)?.number, count: COUNT, who: page.query.get("who"), what: page.query.get("what") })}`, { signal: page.signal });
      rows.push(...part);
      put(body, rows.length ? list(rows) : empty("Nothing was written down that fits."));
      further.hidden = part.length < COUNT;
    } catch (error) {
      if (error.name !== "AbortError") put(body, fault(error));
    }
  }
  more();
}

// Whoever takes the log along says why.
async function exportAll(control) {
  const reason = await confirm("Export the whole log?", "It is written down that you take it along, and why.", "Export", { reason: "Why" });
  if (reason === null) return;
  await act(control, async () => {
    const response = await api.get("audit/export", { raw: true, accept: "application/x-ndjson", reason });
    const file = URL.createObjectURL(await response.blob());
    h("a", { href: file, download: "weir-audit.jsonl" }).click();
    URL.revokeObjectURL(file);
  }, "The log is on its way into your downloads.");
}

function list(rows) {
  return table("Audit log", [
    ["Number", (row) => row.number, "number"],
    ["When", (row) => h("span", { title: row.at }, moment(row.at))],
    ["Who", (row) => [row.who, " ", h("small", null, row.from)]],
    ["What", (row) => h("code", null, row.what)],
    ["With", (row) => h("span", { class: "fold" }, row.object)],
    ["Outcome", (row) => badge(OUTCOMES[row.outcome] ?? "idle", row.outcome)],
    ["More", (row) => [row.reason ? h("span", null, `“${row.reason}” `) : null, row.detail, row.of ? ` (of ${row.of})` : null]],
  ], rows);
}

function verified(answer) {
  const isWhole = answer.faults.length === 0;
  return h("section", { class: `why ${isWhole ? "good" : "bad"}` },
    h("h2", null, badge(isWhole ? "good" : "bad", isWhole ? `All ${number(answer.records)} records are what was written.` : "The log is not what was written.")),
    h("p", null, "It ends with ", h("code", null, answer.head), ": note that elsewhere, and nobody can cut the end off unseen."),
    answer.faults.map((one) => h("p", null, h("code", null, `${one.file}:${one.line}`), ` ${one.what}`)));
}
