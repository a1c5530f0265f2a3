// What several pages are made of: headings, states, questions, notices, tabs, tables that load as one goes.

import { h, keyed, put, refocus, sentence } from "./dom.js";
import { Refused } from "./api.js";
import { shape } from "./state.js";

// The heading of a page, with what can be done on the right of it.
export function heading(title, { above = null, below = null, actions = [] } = {}) {
  return h("header", { class: "heading" },
    h("div", null,
      above ? h("p", { class: "above" }, above) : null,
      h("h1", { tabindex: "-1" }, title),
      below ? h("p", { class: "below" }, below) : null),
    h("div", { class: "actions" }, actions));
}

export function badge(tone, word) {
  return h("span", { class: `badge ${tone}` }, shape(tone), h("span", null, word));
}

export function button(label, onclick, { kind = "", disabled = false, title = null } = {}) {
  return h("button", { type: "button", class: kind, onclick, disabled, title }, label);
}

export function link(label, href, attributes = {}) {
  return h("a", { href, ...attributes }, label);
}

export function empty(text, ...more) {
  return h("div", { class: "empty" }, h("p", null, text), more);
}

export function card(title, ...content) {
  return h("section", { class: "card" }, title ? h("h2", null, title) : null, content);
}

// Names and values, one pair a line; in a list that there is what did not change stays, and with it what is selected.
export function facts(pairs, list = h("dl", { class: "facts" })) {
  keyed(list, pairs.filter(Boolean), ([name]) => name, ([name]) => fact(name));
  return list;
}

function fact(name) {
  let shown = h("dd");
  const update = ([, value]) => {
    const now = h("dd", null, value);
    if (now.isEqualNode(shown)) return;
    shown.replaceWith(now);
    shown = now;
  };
  return { node: h("div", null, h("dt", null, name), shown), update };
}

// The sentence of an error, where it happened.
export function fault(error) {
  return h("p", { class: "fault", role: "alert" }, shape("bad"), h("span", null, sentence(error.message)));
}

const notices = h("div", { class: "notices", role: "status", "aria-live": "polite" });

// Where notices are read out and shown for a while; what stands there goes along from one session to the next.
export const noticeBoard = () => notices;

const NOTICE_MS = 6_000;

// What stays does so until somebody has read it.
export function notify(text, tone = "good", { stays = false } = {}) {
  const close = stays ? button("Close", () => notice.remove(), { kind: "small" }) : null;
  const notice = h("div", { class: `notice ${tone}` }, shape(tone), h("span", null, sentence(text)), close);
  notices.append(notice);
  if (!stays) setTimeout(() => notice.remove(), tone === "bad" ? 2 * NOTICE_MS : NOTICE_MS);
}

// Does what somebody asked for, keeps the button from being pressed twice, and tells how it went.
export async function act(control, work, done) {
  const isHeld = control !== null && control === document.activeElement;
  if (control) control.disabled = true;
  try {
    const answer = await work();
    if (done) notify(typeof done === "function" ? done(answer) : done);
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    notify(error.message, "bad");
    return false;
  } finally {
    if (control) control.disabled = false;
    // A button that cannot be pressed for a moment loses the focus.
    if (isHeld) refocus(control);
  }
}

// Asks before something is done that cannot be taken back. Resolves to what was typed, "" when nothing is asked,
// and null when it is not to be done. Where `words` are given, they are to be typed first. What a key does that was
// pressed once too often is no answer: the focus begins where nothing is done.
export function confirm(title, text, action, { kind = "primary", reason = null, words = null, isWide = false } = {}) {
  const why = reason ? h("input", { type: "text", required: true, maxlength: 200, autocomplete: "off" }) : null;
  const go = h("button", { type: "submit", class: kind, value: "yes", disabled: words !== null }, action);
  const typed = words === null ? null : toType(words, (isTyped) => { go.disabled = !isTyped; });
  const cancel = h("button", { type: "button", onclick: () => dialog.close("") }, "Cancel");
  const form = h("form", { method: "dialog" },
    h("h2", null, title),
    (Array.isArray(text) ? text : [text]).map((line) => (line instanceof Node ? line : h("p", null, line))),
    why ? h("label", null, reason, why) : null,
    typed?.node,
    h("div", { class: "actions" }, cancel, go));
  const dialog = h("dialog", { "aria-label": title, class: isWide ? "wide" : null }, form);
  document.body.append(dialog);
  dialog.showModal();
  (why ?? typed?.input ?? cancel).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? why?.value.trim() ?? "" : null);
    });
  });
}

// A field for words that nobody types by a slip; tells whether they stand there.
export function toType(words, tell) {
  const input = h("input", { name: "words", required: true, autocomplete: "off", spellcheck: "false", autocapitalize: "none" });
  input.addEventListener("input", () => tell(input.value.trim() === words));
  return { input, node: field(h("span", null, "To be sure, type ", h("code", null, words)), input) };
}

// Tabs that are links: each has an address of its own.
export function tabs(label, list, current) {
  const items = list.map(([name, href, count]) => h("a", { href, "aria-current": name === current ? "page" : null }, name, count ?? null));
  const nav = h("nav", { class: "tabs", "aria-label": label }, items);
  // On a narrow screen the one that is shown may stand beyond its edge.
  requestAnimationFrame(() => {
    const shown = nav.querySelector("[aria-current]");
    if (shown) nav.scrollLeft += Math.max(0, shown.getBoundingClientRect().right - nav.getBoundingClientRect().right);
  });
  return nav;
}

// A table: columns are [title, of-a-row, class]. On a narrow screen every cell says what it is.
export function table(caption, columns, rows) {
  return tableOf(caption, columns, h("tbody", null, rows.map((row) => tableRow(columns, row))));
}

// A table whose rows come and go, each known by a key: one that stays keeps its nodes, and with them the focus.
export function liveTable(caption, columns, keyOf) {
  const body = h("tbody");
  return {
    node: tableOf(caption, columns, body),
    update(rows) {
      keyed(body, rows, keyOf, (row) => liveRow(columns, row));
    },
  };
}

function liveRow(columns, first) {
  const node = tableRow(columns, first);
  let drawn = JSON.stringify(first);
  return {
    node,
    update(row) {
      const now = JSON.stringify(row);
      if (now === drawn) return;
      drawn = now;
      [...tableRow(columns, row).cells].forEach((cell, index) => {
        const shown = node.cells[index];
        // What somebody has in hand stays.
        if (!shown.contains(document.activeElement)) shown.replaceWith(cell);
      });
    },
  };
}

function tableOf(caption, columns, body) {
  const head = columns.map(([title, , kind]) => h("th", { scope: "col", class: kind }, title));
  return h("div", { class: "table-frame" },
    h("table", null,
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", null, h("tr", null, head)),
      body));
}

// From part to part of a long list, and back to its beginning.
export function pager(count, first, renew) {
  let after = null;
  let last = null;
  const go = (to) => {
    after = to;
    renew();
  };
  const back = button(first, () => go(null));
  const on = button("Next", () => go(last));
  const node = h("div", { class: "pager" }, back, on);
  return {
    node,
    after: () => after,
    restart() {
      after = null;
    },
    update(rows) {
      last = rows.at(-1)?.sequence ?? null;
      back.disabled = after === null;
      on.disabled = rows.length < count;
      node.hidden = back.disabled && on.disabled;
    },
  };
}

function tableRow(columns, row) {
  return h("tr", null, columns.map(([title, cell, kind]) => h("td", { class: kind, "data-title": (typeof title === "string" && title) || null }, cell(row))));
}

// Loads something into a place; says that it loads, and why it could not.
export async function load(place, signal, work) {
  const late = setTimeout(() => put(place, h("p", { class: "loading", role: "status" }, "Loading…")), 200);
  try {
    const content = await work();
    if (!signal.aborted) put(place, content);
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return;
    if (!(error instanceof Refused)) throw error;
    put(place, fault(error));
  } finally {
    clearTimeout(late);
  }
}

// A labelled field of a form.
export function field(label, control, hint = null) {
  return h("label", { class: "field" }, h("span", null, label), control, hint ? h("small", null, hint) : null);
}

export function select(attributes, list) {
  return h("select", attributes, options(list));
}

const options = (list) => list.map(([value, label]) => h("option", { value }, label));

// Gives a select other options, when they are others, and keeps what is chosen.
export function offer(node, list) {
  const key = JSON.stringify(list);
  if (node.offered === key) return;
  node.offered = key;
  const chosen = node.value;
  put(node, options(list));
  node.value = chosen;
}

// A message, as a link for whoever may look into it.
export function messageLink(session, number, label, tab = "") {
  return session.may("read") ? h("a", { href: `#/messages/${number}${tab}` }, label) : label;
}
