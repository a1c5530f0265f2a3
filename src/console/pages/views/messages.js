// Every message that came in: the newest, or those that a search finds.
//
// What is searched by content stays in the memory of this page: an address would stand in the browser's history.
// Whom messages are about is shown to whoever may read, and each such look is in the audit log: so a search shows it,
// while the newest follow what comes in without it until somebody asks.

import * as api from "../api.js";
import { STATES, became } from "./states.js";
import { act, button, empty, fault, field, heading, liveTable, messageLink, offer, select } from "../parts.js";
import { bytes, moment, number } from "../format.js";
import { follow } from "../live.js";
import { h, put, say } from "../dom.js";
import { maySendAgain, outcome, sendAgain } from "./resend.js";
import { onArchived } from "../renew.js";
import { when } from "../ages.js";

const COUNT = 50;
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
  const asked = { ...remembered(session, page.query), ...Object.fromEntries(page.query) };
  const body = h("div");
  const form = searchForm(page, asked, (given) => {
    const content = Object.fromEntries(Object.entries(given).filter(([key, value]) => value !== "" && !OUTSIDE.includes(key)));
    const outside = api.query(Object.fromEntries(Object.entries(given).filter(([key]) => OUTSIDE.includes(key))));
    session.search = { content, outside };
    page.go(`#/messages${outside}`);
  });
  put(page.root, heading("Messages", { below: "Everything that came in, whatever became of it.", actions: session.may("operate") ? h("a", { class: "button", href: "#/resends" }, "Sent again in bulk") : null }), form, body);
  results(page, body, asked);
}

// What was searched for by content, where the address asks for nothing else: a link from elsewhere means what it says.
function remembered(session, query) {
  const { content, outside } = session.search ?? {};
  return query.size === 0 || `?${query}` === outside ? content : {};
}

function searchForm(page, asked, search) {
  const text = ([name, label, hint]) => field(label, h("input", { name, value: asked[name] ?? "", autocomplete: "off", spellcheck: "false", maxlength: 500 }), hint);
  // Names are known as soon as weir has told what runs.
  const choice = (name, label, of) => {
    const given = asked[name] ? [asked[name]] : [];
    const all = (names) => [["", "any"], ...[...new Set([...names, ...given])].map((one) => [one, one])];
    const node = select({ name }, all([]));
    node.value = asked[name] ?? "";
    follow(page.signal, ({ status }) => status && offer(node, all(status[of].map((one) => one.name))));
    return field(label, node);
  };
  const time = (name, label) => field(label, h("input", { name, type: "datetime-local", step: 1, value: local(asked[name]) }));
  const state = select({ name: "state" }, [["", "any"], ...STATES.map((one) => [one, one])]);
  state.value = asked.state ?? "";
  const isMore = [...OUTSIDE, "account", "tag", "where"].some((name) => asked[name]);
  const content = page.session.may("read");
  const form = h("form", { class: "card", onsubmit: submit },
    content ? h("div", { class: "search" }, BY_CONTENT.slice(0, 4).map(text)) : h("p", { class: "note" }, "You may see that messages came in and what became of them. Whoever may read can also search by what they hold."),
    h("details", { open: isMore || !content || null }, h("summary", null, "More to search by"),
      h("div", { class: "search" },
        field("What became of it", state),
        choice("destination", "Destination", "destinations"),
        choice("listener", "Listener", "listeners"),
        choice("route", "Route", "routes"),
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

// An instant as the field for it wants it, in the reader's time zone; what is none is left to weir to refuse.
function local(text) {
  const date = new Date(text ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function results(page, body, asked) {
  const { session } = page;
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
  const isSearch = Object.keys(given).length > 0;
  const isLook = session.may("read") && (isSearch || session.showsSubjects);
  const old = button("Messages came in since: look again", () => page.go(location.hash), { kind: "small" });
  const told = h("div");
  const list = liveTable("Messages", columns(session, isLook, (answer) => put(told, outcome(answer, session))), (row) => row.number);
  const none = h("div");
  const older = button("Older", (event) => act(event.currentTarget, async () => show(await ask(next))));
  const looked = h("span", { class: "note" });
  const further = h("div", { class: "pager", hidden: true }, older, looked);
  const bar = barOf(page, given, isLook, old);
  old.hidden = true;
  list.node.hidden = true;
  put(body, bar, told, list.node, none, further);
  let rows = [];
  let examined = 0;
  let next = null;
  const ask = (before) => {
    const more = { count: COUNT, ...(before ? { before } : {}) };
    return isLook
      ? api.post("messages/search", { ...given, ...more }, { signal: page.signal })
      : api.get(`messages${api.query({ ...given, ...more })}`, { signal: page.signal });
  };
  async function first() {
    try {
      const answer = await ask(null);
      // Whoever has gone on to older ones is left there.
      if (rows.length > COUNT) return;
      rows = [];
      examined = 0;
      show(answer);
    } catch (error) {
      if (error.name !== "AbortError") put(none, fault(error));
    }
  }
  function show(answer) {
    const found = answer.messages;
    rows = rows.concat(found);
    examined += answer.examined;
    next = answer.next;
    list.update(rows);
    list.node.hidden = rows.length === 0;
    put(none, rows.length ? null : empty(next ? "Not found yet." : isSearch ? "No message fits." : "No message has come in yet."));
    further.hidden = !next;
    say(looked, found.length < COUNT ? `${number(examined)} messages were looked at so far; going on may find more.` : "");
  }
  const showBar = () => { bar.hidden = !bar.querySelector("label, .note, button:not([hidden])"); };
  showBar();
  first();
  // A look stays as it was asked for, and so does what somebody has gone on in: that it is old is said. Without either
  // the list follows what comes in.
  const stays = () => isLook || rows.length > COUNT;
  const changed = onArchived(page.signal, () => stays() || first());
  let before = null;
  follow(page.signal, ({ status }) => {
    if (!status) return;
    const received = status.listeners.reduce((total, one) => total + one.received, 0);
    if (before !== null && received !== before && stays()) {
      old.hidden = false;
      showBar();
    }
    before = received;
    changed(received, ...status.destinations.flatMap((one) => [one.delivered, one.dead_lettered]));
  });
}

// What can be done with a list as a whole, and that it is old.
function barOf(page, given, isLook, old) {
  const { session } = page;
  const isSearch = Object.keys(given).length > 0;
  const choice = h("input", { type: "checkbox", checked: isLook, onchange: () => {
    session.showsSubjects = choice.checked;
    page.go(location.hash);
  } });
  return h("div", { class: "bar" },
    session.may("read") && !isSearch ? h("label", null, choice, "Show patients and orders") : null,
    isLook ? h("span", { class: "note" }, "Who looked is in the audit log.") : null,
    h("span", { class: "spacer" }),
    isSearch && session.may("operate") ? button("Send all of these again…", () => {
      session.bulk = given;
      page.go("#/resends/new");
    }, { kind: "small" }) : null,
    old);
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

// So many of those a message is for stand in its row, the worst first.
const SHOWN_MAX = 5;
const WORST_FIRST = ["dead", "queued", "purged", "resent", "delivered"];

function whom(session, row) {
  if (row.deliveries.length === 0) return "nobody";
  const rank = (one) => WORST_FIRST.indexOf(one.state);
  const worst = [...row.deliveries].sort((one, other) => rank(one) - rank(other) || one.destination.localeCompare(other.destination));
  const beyond = worst.length - SHOWN_MAX;
  return [
    worst.slice(0, SHOWN_MAX).map((one) => h("span", { class: "to" }, became(one.state).firstChild, h("span", null, one.state === row.state ? one.destination : `${one.destination} (${one.state})`))),
    beyond > 0 ? h("span", { class: "to" }, messageLink(session, row.number, `+${number(beyond)}`, "/deliveries")) : null,
  ];
}

function columns(session, isLook, told) {
  const about = [["Patient", subject], ["Order, account", numbers]];
  const again = ["", (row) => h("div", { class: "actions" }, maySendAgain(row) ? button("Send again…", () => sendAgain(row, told), { kind: "small" }) : null), "end"];
  return [
    ["Received", (row) => when(row.received_at, messageLink(session, row.number, moment(row.received_at)))],
    ["Type", (row) => h("code", null, row.message_type || "no message")],
    ["Control id", (row) => h("code", null, row.control_id)],
    ...(isLook ? about : []),
    ["Listener", (row) => row.listener],
    ["Became", (row) => became(row.state)],
    ["For", (row) => whom(session, row), "whom"],
    ["Size", (row) => bytes(row.bytes), "number"],
    ...(session.may("operate") ? [again] : []),
  ];
}
