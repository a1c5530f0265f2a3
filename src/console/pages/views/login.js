// Logging in, and the first start: the one-time token makes the first administrator.

import * as api from "../api.js";
import { field, fault } from "../parts.js";
import { h, put } from "../dom.js";

function door(title, lines, fields, action, send, entered, begun = null) {
  const told = h("div", { "aria-live": "assertive" }, begun);
  const go = h("button", { type: "submit", class: "primary" }, action);
  const form = h("form", { class: "door", onsubmit: submit },
    h("p", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: 32, height: 32 }), "weir"),
    h("h1", null, title),
    lines.map((line) => h("p", null, line)),
    fields, told, go);
  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    put(told);
    try {
      await send(Object.fromEntries(new FormData(form)));
      await entered();
    } catch (error) {
      put(told, fault(error));
      go.disabled = false;
      form.querySelector("input[type=password]")?.select();
    }
  }
  return h("main", { class: "doors" }, form);
}

export function login(entered, told) {
  const name = h("input", { name: "name", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false", maxlength: 100 });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 1000 });
  return door("Log in", [], [field("Name", name), field("Password", password)], "Log in",
    (given) => api.post("session", given, { isLogin: true }), entered, told);
}

export function setup(entered) {
  const token = h("input", { name: "token", autocomplete: "off", required: true, spellcheck: "false", maxlength: 200 });
  const name = h("input", { name: "name", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false", maxlength: 100 });
  const password = h("input", { name: "password", type: "password", autocomplete: "new-password", required: true, minlength: 12, maxlength: 1000 });
  return door("Set up the first administrator",
    ["This weir has no users yet. When it started it printed a token that works once; whoever has it is let in here."],
    [field("Token", token), field("Your name", name), field("Password", password, "At least 12 characters; a sentence does well.")], "Make me administrator",
    async (given) => {
      await api.post("setup", given, { isLogin: true });
      await api.post("session", { name: given.name, password: given.password }, { isLogin: true });
    }, entered);
}
