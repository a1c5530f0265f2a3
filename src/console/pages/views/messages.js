// Every message that came in: the newest, or those that a search finds.
//
// What is searched by content stays in the memory of this page: an address would stand in the browser's history.
// Whom messages are about is shown to whoever may read, and each such look is in the audit log: so a search shows it,
// while the newest follow what comes in without it until somebody asks.

import * as api from "../api.js";
import { STATES, became } from "./states.js";
import { act, button, empty, fault, field, heading, select, table } from "../parts.js";
import { ago, bytes, moment, number } from "../format.js";
import { follow, live } from "../live.js";
import { h, put } from "../dom.js";
import { onChange } from "./queue_list.js";

const COUNT = 50;
// So long at most until a message that came in is in the archive.
const ARCHIVED_MS = 2_500;
// Name in the API, label, hint. These ask for content; the others are names and times.
const BY_CONTENT = [
  ["patient", "Patient identifier", "PID-2, 3, 4; MRG-1"],
  ["control_id", "Control id", "MSH-10"],
  ["order", "Order or accession number", "ORC, OBR"],
  ["name", "Patient's name", "words of PID-5"],
  ["account", "Account or visit number", "PID-18, PV1-19"],
  ["tag", "Tag", "as ward=7W"],
  ["where", "Condition", "as PID-5.1 = \"DOE\""],
];
const OUTSIDE = ["type", "application", "facility", "listener", "route", "destination", "state", "since", "until"];

export function messages(page) {
  const { session } = page;
  const asked = { ...(session.search ?? {}), ...Object.fromEntries(page.query) };
  session.search = Object.fromEntries(Object.entries(asked).filter(([key]) => !OUTSIDE.includes(key)));
  const body = h("div");
  const form = searchForm(asked, session, (given) => {
    session.search = Object.fromEntries(Object.entries(given).filter(([key, value]) => value !== "" && !OUTSIDE.includes(key)));
    const outside = Object.fromEntries(Object.entries(given).filter(([key]) => OUTSIDE.includes(key)));
    page.go(`#/messages${api.query(outside)}`);
  });
  put(page.root, heading("Messages", { below: "Everything that came in, whatever became of it." }), form, body);
  results(page, body, asked);
}

function searchForm(asked, session, search) {
  const text = ([name, label, hint]) => field(label, h("input", { name, value: asked[name] ?? "", autocomplete: "off", spellcheck: "false", maxlength: 500 }), hint);
  const status = live.status ?? { listeners: [], routes: [], destinations: [] };
  const choice = (name, label, list) => {
    const known = list.map((one) => one.name);
    if (asked[name] && !known.includes(asked[name])) known.push(asked[name]);
    const node = select({ name }, [["", "any"], ...known.map((one) => [one, one])]);
    node.value = asked[name] ?? "";
    return field(label, node);
  };
  const time = (name, label) => field(label, h("input", { name, type: "datetime-local", step: 1, value: local(asked[name]) }));
  const state = select({ name: "state" }, [["", "any"], ...STATES.map((one) => [one, one])]);
  state.value = asked.state ?? "";
  const isMore = [...OUTSIDE, "account", "tag", "where"].some((name) => asked[name]);
  const content = session.may("read");
  const form = h("form", { class: "card", onsubmit: submit },
    content ? h("div", { class: "search" }, BY_CONTENT.slice(0, 4).map(text)) : h("p", { class: "note" }, "You may see that messages came in and what became of them. Whoever may read can also search by what they hold."),
    h("details", { open: isMore || !content || null }, h("summary", null, "More to search by"),
      h("div", { class: "search" },
        field("What became of it", state),
        choice("destination", "Destination", status.destinations),
        choice("listener", "Listener", status.listeners),
        choice("route", "Route", status.routes),
        text(["type", "Message type", "as ADT or ADT^A01"]), text(["facility", "Facility", "MSH-4 or MSH-6"]), text(["application", "Application", "MSH-3 or MSH-5"]),
        time("since", "Received since"), time("until", "Received before"),
        content ? BY_CONTENT.slice(4).map(text) : null)),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Search"), button("Clear", () => search({}))));
  function submit(event) {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    for (const name of ["since", "until"]) if (given[name]) given[name] = new Date(given[name]).toISOString();
    search(given);
  }
  return form;
}

// An instant as the field for it wants it, in the reader's time zone.
function local(text) {
  if (!text) return "";
  const date = new Date(text);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function results(page, body, asked) {
  const { session } = page;
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
  const isSearch = Object.keys(given).length > 0;
  const isLook = session.may("read") && (isSearch || session.showsSubjects);
  const bar = h("div", { class: "bar" });
  const place = h("div");
  put(body, bar, place);
  let isOld = false;
  showBar();
  const ask = (before) => {
    const more = { count: COUNT, ...(before ? { before } : {}) };
    return isLook
      ? api.post("messages/search", { ...given, ...more }, { signal: page.signal })
      : api.get(`messages${api.query({ ...given, ...more })}`, { signal: page.signal });
  };
  let rows = [];
  let next = null;
  async function first() {
    try {
      const answer = await ask(null);
      // Whoever has gone on, or has a link in hand, is left alone.
      if (rows.length > COUNT || place.contains(document.activeElement)) return;
      rows = answer.messages;
      next = answer.next;
      show(answer);
    } catch (error) {
      if (error.name !== "AbortError") put(place, fault(error));
    }
  }
  function showBar() {
    const choice = h("input", { type: "checkbox", checked: isLook, onchange: () => {
      session.showsSubjects = choice.checked;
      page.go(location.hash);
    } });
    put(bar,
      session.may("read") && !isSearch ? h("label", null, choice, "Show patients and orders") : null,
      isLook ? h("span", { class: "note" }, "Who looked is in the audit log.") : null,
      h("span", { class: "spacer" }),
      isOld ? button("Messages came in since: look again", () => page.go(location.hash), { kind: "small" }) : null);
    bar.hidden = bar.childElementCount < 2;
  }
  const more = () => ask(next).then((answer) => {
    rows = rows.concat(answer.messages);
    next = answer.next;
    show(answer);
  });
  function show(answer) {
    put(place, rows.length ? list(rows, isLook) : empty(Object.keys(given).length ? "No message fits." : "No message has come in yet."),
      next ? h("div", { class: "pager" },
        button("Older", (event) => act(event.currentTarget, more)),
        answer.messages.length < COUNT ? h("span", { class: "note" }, `${number(answer.examined)} messages were looked at so far; going on may find more.`) : null) : null);
  }
  first();
  // A look stays as it was asked for; without one the list follows what comes in.
  let isFirst = true;
  const changed = onChange(() => {
    if (isLook) {
      isOld = !isFirst;
      isFirst = false;
      return showBar();
    }
    first();
    // The archive is told a moment after the sender.
    setTimeout(() => page.signal.aborted || first(), ARCHIVED_MS);
  });
  follow(page.signal, ({ status }) => status && changed(status.listeners.reduce((total, one) => total + one.received, 0)));
}

// Whom a message is about, for whoever may read.
function subject(row) {
  const about = row.subject;
  if (!about || (!about.name && about.patients.length === 0)) return "–";
  return h("span", { class: "subject" }, about.name ?? "no name", h("small", null, about.patients.join(", ")));
}

// Its numbers: of orders, and of accounts and visits.
function numbers(row) {
  const about = row.subject;
  const parts = [["Orders", about?.orders], ["Accounts", about?.accounts]].filter(([, values]) => values?.length);
  if (parts.length === 0) return "–";
  return h("span", { class: "subject" }, parts.map(([title, values]) => h("small", { title }, values.join(", "))));
}

function list(rows, isLook) {
  const about = [["Patient", subject], ["Order, account", numbers]];
  return table("Messages", [
    ["Received", (row) => [h("a", { href: `#/messages/${row.number}`, title: row.received_at }, moment(row.received_at)), " ", h("small", null, `${ago(row.received_at)} ago`)]],
    ["Type", (row) => h("code", null, row.message_type || "no message")],
    ["Control id", (row) => h("code", null, row.control_id)],
    ...(isLook ? about : []),
    ["Listener", (row) => row.listener],
    ["Became", (row) => became(row.state)],
    ["For", (row) => (row.deliveries.length ? row.deliveries.map((one) => h("span", { class: "to" }, became(one.state).firstChild, one.destination)) : "nobody")],
    ["Size", (row) => bytes(row.bytes), "number"],
  ], rows);
}
