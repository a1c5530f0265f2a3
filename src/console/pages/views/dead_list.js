// The dead letters of a destination: chosen by hand or by reason, sent again or thrown away.

import * as api from "../api.js";
import { act, button, confirm, empty, fault, liveTable, offer, pager, select } from "../parts.js";
import { bytes, now, number, plural } from "../format.js";
import { eachOf } from "./bulk.js";
import { h, put, say } from "../dom.js";
import { lookAt } from "./look.js";
import { controlId } from "./queue_list.js";
import { onChange } from "../renew.js";
import { when } from "../ages.js";

const COUNT = 50;
// Those that are not shown are gone through in larger parts.
const PART = 200;

export function deadList(name, page, { may }) {
  const path = `destinations/${api.part(name)}/dead`;
  const chosen = new Set();
  let rows = [];
  let groups = [];
  let kept = 0;
  let reason = page.query.get("reason") ?? "";
  const told = h("div");
  const list = liveTable(`Dead letters of ${name}`, columns(), (row) => row.sequence);
  const parts = pager(COUNT, "From the oldest", refresh);
  const filter = select({ "aria-label": "Reason", onchange: () => {
    reason = filter.value;
    parts.restart();
    refresh();
  } }, []);
  const every = button("", chooseAll);
  const again = button("", () => many("again"), { kind: "primary" });
  const away = button("", () => many("away"), { kind: "danger" });
  const bar = h("div", { class: "bar" }, filter, may ? [every, h("span", { class: "spacer" }), again, away] : null);
  const whole = h("div", { hidden: true }, bar, list.node, parts.node);
  const node = h("section", { "aria-label": "Dead letters" }, told, whole);

  async function refresh() {
    const asked = reason;
    try {
      const answers = await Promise.all([
        api.get(`${path}${api.query({ after: parts.after(), count: COUNT, reason })}`, { signal: page.signal }),
        api.get(`dead${api.query({ destination: name })}`, { signal: page.signal }),
      ]);
      if (asked !== reason) return;
      [rows, groups] = answers;
      show();
    } catch (error) {
      if (error.name !== "AbortError") put(told, fault(error));
    }
  }
  function show() {
    for (const sequence of [...chosen]) if (!rows.some((row) => row.sequence === sequence)) chosen.delete(sequence);
    list.update(rows);
    parts.update(rows);
    put(told, kept === 0 && rows.length === 0 ? empty("No dead letters.") : null);
    whole.hidden = kept === 0 && rows.length === 0 && reason === "";
    const reasons = groups.map((group) => [group.reason, `${group.reason} (${number(group.count)}${group.is_whole ? "" : "+"})`]);
    if (reason !== "" && !groups.some((group) => group.reason === reason)) reasons.push([reason, `${reason} (${rows.length === 0 ? "none now" : "some"})`]);
    offer(filter, [["", `Every reason (${number(kept)})`], ...reasons]);
    filter.value = reason;
    showChoice();
  }
  // What the buttons are for, and how many that are.
  function showChoice() {
    const what = chosen.size > 0 ? plural(chosen.size, "chosen", "chosen") : reason === "" ? "all" : "all of this reason";
    say(every, chosen.size === rows.length ? "Choose none" : "Choose all shown");
    say(again, `Send ${what} again…`);
    say(away, `Throw ${what} away…`);
    for (const control of [every, again, away]) control.disabled = rows.length === 0;
  }
  function columns() {
    return [
      may ? [h("span", { class: "visually-hidden" }, "Chosen"), (row) => h("input", { type: "checkbox", "aria-label": `choose number ${row.sequence}`, value: row.sequence, checked: chosen.has(row.sequence), onchange: (event) => choose(row, event.target.checked) }), "tick"] : null,
      ["Number", (row) => row.sequence, "number"],
      ["Given up", (row) => (row.dead_at ? when(row.dead_at) : "its record is damaged")],
      ["Why", (row) => row.reason],
      ["Attempts", (row) => row.attempts, "number"],
      ["Control id", (row) => (row.delivery ? controlId(page, row.delivery.control_id) : "–")],
      ["Size", (row) => bytes(row.delivery?.bytes), "number"],
      ["", (row) => h("div", { class: "actions" },
        row.delivery && page.session.may("read") ? button("Look", () => lookAt(`${path}/${row.sequence}`, `Dead letter ${row.sequence} of ${name}`), { kind: "small" }) : null,
        may && row.delivery ? button("Send again", (event) => one(event.currentTarget, row), { kind: "small" }) : null), "end"],
    ].filter(Boolean);
  }
  function choose(row, isChosen) {
    if (isChosen) chosen.add(row.sequence);
    else chosen.delete(row.sequence);
    showChoice();
  }
  function chooseAll() {
    const isAll = chosen.size !== rows.length;
    for (const row of rows) choose(row, isAll);
    for (const box of list.node.querySelectorAll("input[type=checkbox]")) box.checked = isAll;
  }
  async function one(control, row) {
    await act(control, () => api.post(`${path}/${row.sequence}`), `Number ${row.sequence} is sent again, behind what waits.`);
    await refresh();
  }
  // How many that are which nobody chose one by one.
  function counted() {
    if (reason === "") return `all ${number(kept)}`;
    const group = groups.find((one) => one.reason === reason);
    return `all ${group ? `${number(group.count)}${group.is_whole ? "" : " or more"} ` : ""}given up because “${reason}”`;
  }
  async function many(what) {
    const isAgain = what === "again";
    const picked = chosen.size > 0 ? rows.filter((row) => chosen.has(row.sequence)) : null;
    const until = now();
    const count = picked ? number(picked.length) : counted();
    const sure = await (isAgain
      ? confirm(`Send dead letters to ${name} again?`, `What is sent again: ${count}. They go behind everything ${name} is owed, with the same bytes, under new numbers.`, "Send again")
      : confirm("Throw dead letters away for ever?", `What ${name} loses: ${count}. Nobody gets them then, and nothing brings them back.`, "Throw away", { kind: "danger", words: picked ? null : `throw away ${name}` }));
    if (sure === null) return;
    const work = (row) => (isAgain ? api.post(`${path}/${row.sequence}`) : api.remove(`${path}/${row.sequence}`));
    await eachOf(isAgain ? "Sending again" : "Throwing away", picked ? once(picked) : all(until), work);
    chosen.clear();
    parts.restart();
    await refresh();
  }
  // All letters that fit, part by part, also those that are not shown; those that come meanwhile are left alone.
  function all(until) {
    let after = null;
    return async () => {
      const part = await api.get(`${path}${api.query({ after, count: PART, reason })}`);
      if (part.length === 0) return null;
      after = part.at(-1).sequence;
      return part.filter((row) => !(row.dead_at && Date.parse(row.dead_at) > until));
    };
  }
  const changed = onChange(refresh);
  return {
    node,
    seen(status) {
      kept = status.dead_letters;
      changed(kept, status.dead_lettered);
    },
  };
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
