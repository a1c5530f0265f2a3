// The dead letters of a destination: chosen by hand or by reason, sent again or thrown away.

import * as api from "../api.js";
import { act, button, confirm, empty, fault, select, table } from "../parts.js";
import { ago, bytes, moment, now, number, plural } from "../format.js";
import { eachOf } from "./bulk.js";
import { h, put } from "../dom.js";
import { lookAt } from "./look.js";
import { controlId, onChange } from "./queue_list.js";

const COUNT = 200;

export function deadList(name, page, { may }) {
  const path = `destinations/${api.part(name)}/dead`;
  const bar = h("div", { class: "bar" });
  const body = h("div");
  const node = h("section", { "aria-label": "Dead letters" }, bar, body);
  const chosen = new Set();
  let rows = [];
  let reason = page.query.get("reason") ?? "";
  let isWhole = true;
  let drawn = null;
  async function refresh() {
    try {
      rows = await api.get(`${path}${api.query({ count: COUNT })}`, { signal: page.signal });
      isWhole = rows.length < COUNT;
      show();
    } catch (error) {
      if (error.name !== "AbortError") put(body, fault(error));
    }
  }
  const fitting = () => rows.filter((row) => reason === "" || row.reason === reason);
  function show() {
    const key = JSON.stringify([rows.map((row) => row.sequence), reason]);
    if (key === drawn) return;
    drawn = key;
    for (const sequence of [...chosen]) if (!fitting().some((row) => row.sequence === sequence)) chosen.delete(sequence);
    if (rows.length === 0) {
      put(bar);
      put(body, empty("No dead letters."));
      return;
    }
    showBar();
    put(body, table(`Dead letters of ${name}`, columns(), fitting()),
      isWhole ? null : h("p", { class: "note" }, `The oldest ${number(COUNT)} are shown. Whoever sends again by reason reaches all of them.`));
  }
  function columns() {
    return [
      may ? [h("span", { class: "visually-hidden" }, "Chosen"), (row) => h("input", { type: "checkbox", "aria-label": `choose number ${row.sequence}`, checked: chosen.has(row.sequence), onchange: (event) => choose(row, event.target.checked) }), "tick"] : null,
      ["Number", (row) => row.sequence, "number"],
      ["Given up", (row) => (row.dead_at ? h("span", { title: row.dead_at }, moment(row.dead_at), " ", h("small", null, `${ago(row.dead_at)} ago`)) : "its record is damaged")],
      ["Why", (row) => row.reason],
      ["Attempts", (row) => row.attempts, "number"],
      ["Control id", (row) => (row.delivery ? controlId(page, row.delivery.control_id) : "–")],
      ["Size", (row) => bytes(row.delivery?.bytes), "number"],
      ["", (row) => h("div", { class: "actions" },
        row.delivery && page.session.may("read") ? button("Look", () => lookAt(`${path}/${row.sequence}`, `Dead letter ${row.sequence} of ${name}`), { kind: "small" }) : null,
        may && row.delivery ? button("Send again", (event) => one(event.currentTarget, row), { kind: "small" }) : null), "end"],
    ].filter(Boolean).map(([title, cell, kind]) => [title, cell, kind]);
  }
  function choose(row, isChosen) {
    if (isChosen) chosen.add(row.sequence);
    else chosen.delete(row.sequence);
    showBar();
  }
  function showBar() {
    const reasons = [...new Set(rows.map((row) => row.reason))].sort();
    const filter = select({ "aria-label": "Reason", onchange: (event) => { reason = event.target.value; show(); } },
      [["", `Every reason (${rows.length}${isWhole ? "" : "+"})`], ...reasons.map((why) => [why, `${why} (${rows.filter((row) => row.reason === why).length})`])]);
    filter.value = reason;
    const what = chosen.size > 0 ? plural(chosen.size, "chosen", "chosen") : reason === "" ? "all" : "all of this reason";
    put(bar, filter, may ? [
      button(chosen.size === fitting().length ? "Choose none" : "Choose all shown", () => {
        const all = chosen.size !== fitting().length;
        chosen.clear();
        if (all) fitting().forEach((row) => chosen.add(row.sequence));
        drawn = null;
        show();
      }),
      h("span", { class: "spacer" }),
      button(`Send ${what} again…`, () => many("again"), { kind: "primary" }),
      button(`Throw ${what} away…`, () => many("away"), { kind: "danger" }),
    ] : null);
  }
  async function one(control, row) {
    if (await act(control, () => api.post(`${path}/${row.sequence}`), `Number ${row.sequence} is sent again, behind what waits.`)) await refresh();
  }
  async function many(what) {
    const again = what === "again";
    const count = chosen.size > 0 ? number(chosen.size) : `all${reason === "" ? "" : ` given up because “${reason}”`}`;
    const sure = await confirm(again ? `Send dead letters to ${name} again?` : "Throw dead letters away for ever?",
      again ? `${count} go behind everything ${name} is owed, with the same bytes, under new numbers.` : `${count} of ${name} are gone after that: nobody gets them, and nothing brings them back.`,
      again ? "Send again" : "Throw away", { kind: again ? "primary" : "danger" });
    if (sure === null) return;
    const work = (row) => (again ? api.post(`${path}/${row.sequence}`) : api.remove(`${path}/${row.sequence}`));
    const picked = chosen.size > 0 ? rows.filter((row) => chosen.has(row.sequence)) : null;
    await eachOf(again ? "Sending again" : "Throwing away", picked ? once(picked) : pages(), work);
    chosen.clear();
    drawn = null;
    await refresh();
  }
  // All letters that fit, part by part, also those that are not shown; those that come meanwhile are left alone.
  function pages() {
    let after = null;
    const until = now();
    return async () => {
      const part = await api.get(`${path}${api.query({ after, count: COUNT })}`);
      if (part.length === 0) return null;
      after = part.at(-1).sequence;
      const fits = (row) => (reason === "" || row.reason === reason) && !(row.dead_at && Date.parse(row.dead_at) > until);
      return part.filter(fits);
    };
  }
  refresh();
  return { node, seen: onChange(refresh) };
}

// A list as its only part.
function once(list) {
  let rest = list;
  return async () => {
    const part = rest;
    rest = null;
    return part;
  };
}
