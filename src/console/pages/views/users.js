// Who may do what: users with their roles, and tokens for programs.

import * as api from "../api.js";
import { act, button, confirm, empty, fault, field, heading, load, notify, table } from "../parts.js";
import { CHANGED } from "./account.js";
import { h, put, refocus } from "../dom.js";
import { moment } from "../format.js";

const ROLES = [
  ["viewer", "sees what runs and how much waits"],
  ["operator", "sets going again what is stuck, without seeing what is in it"],
  ["reader", "looks into messages"],
  ["editor", "looks into messages, changes them and sends them again"],
  ["administrator", "users, tokens, reload, backup, holds and purging"],
  ["auditor", "reads the audit log"],
];

export function users(page) {
  const people = h("div");
  const programs = h("div");
  const refreshUsers = () => load(people, page.signal, async () => listUsers(await api.get("users", { signal: page.signal }), refreshUsers, page));
  const refreshTokens = () => load(programs, page.signal, async () => listTokens(await api.get("tokens", { signal: page.signal }), refreshTokens));
  put(page.root,
    heading("Users and tokens", { below: "Whoever is not here may do nothing." }),
    h("section", null,
      h("div", { class: "bar" }, h("h2", null, "Users"), h("span", { class: "spacer" }), button("New user…", () => newUser(refreshUsers), { kind: "primary" })), people),
    h("section", null,
      h("div", { class: "bar" }, h("h2", null, "Tokens for programs"), h("span", { class: "spacer" }), button("New token…", () => newToken(refreshTokens))), programs));
  refreshUsers();
  refreshTokens();
}

function listUsers(list, refresh, page) {
  return table("Users", [
    ["Name", (user) => user.name],
    ["Roles", (user) => user.roles.join(", ")],
    ["Since", (user) => h("span", { title: user.created_at }, moment(user.created_at))],
    ["", (user) => h("div", { class: "actions" },
      button("Roles…", () => changeRoles(user, refresh, page), { kind: "small" }),
      button("Password…", () => changePassword(user, page), { kind: "small" }),
      button("Remove…", (event) => removeUser(event.currentTarget, user, refresh), { kind: "small" })), "end"],
  ], list);
}

function listTokens(list, refresh) {
  if (list.length === 0) return empty("No tokens.");
  return table("Tokens", [
    ["Name", (token) => token.name],
    ["Roles", (token) => token.roles.join(", ")],
    ["Made by", (token) => token.created_by],
    ["Made", (token) => h("span", { title: token.created_at }, moment(token.created_at))],
    ["Ends", (token) => h("span", { title: token.expires_at }, moment(token.expires_at))],
    ["", (token) => h("div", { class: "actions" }, button("Remove…", async (event) => {
      const control = event.currentTarget;
      const sure = await confirm(`Remove the token ${token.name}?`, "Programs that use it are refused from then on.", "Remove", { kind: "danger" });
      if (sure !== null && await act(control, () => api.remove(`tokens/${api.part(token.name)}`), `The token ${token.name} is gone.`)) await refresh();
    }, { kind: "small" })), "end"],
  ], list);
}

// A form in a window; `send` is given what was filled in, and the window closes when it succeeds. What it gives back
// is told then; why it fails stands in the form.
function dialogForm(title, fields, action, send) {
  const told = h("div", { "aria-live": "assertive" });
  const go = h("button", { type: "submit", class: "primary" }, action);
  const form = h("form", { onsubmit: submit },
    h("h2", null, title), fields, told,
    h("div", { class: "actions" }, button("Cancel", () => dialog.close()), go));
  const dialog = h("dialog", { "aria-label": title }, form);
  dialog.addEventListener("close", () => dialog.remove());
  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    put(told);
    try {
      const done = await send(new FormData(form));
      dialog.close();
      if (done) notify(done);
    } catch (error) {
      put(told, fault(error));
    } finally {
      go.disabled = false;
      refocus(go);
    }
  }
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("input")?.focus();
}

function roles(chosen = []) {
  return h("fieldset", null, h("legend", null, "Roles"),
    ROLES.map(([role, what]) => h("label", null, h("input", { type: "checkbox", name: "roles", value: role, checked: chosen.includes(role) }), h("span", null, role, h("small", null, ` ${what}`)))));
}

const named = () => field("Name", h("input", { name: "name", required: true, maxlength: 64, autocapitalize: "none", spellcheck: "false", autocomplete: "off" }), "At most 64 lower-case letters, digits and . _ - @");
const secret = () => field("Password", h("input", { name: "password", type: "password", required: true, minlength: 12, maxlength: 1000, autocomplete: "new-password" }), "At least 12 characters; a few words make a good one.");

function newUser(refresh) {
  dialogForm("New user", [named(), secret(), roles(["viewer"])], "Make the user", async (filled) => {
    await api.post("users", { name: filled.get("name"), password: filled.get("password"), roles: filled.getAll("roles") });
    await refresh();
    return `${filled.get("name")} may log in.`;
  });
}

function changeRoles(user, refresh, page) {
  dialogForm(`Roles of ${user.name}`, roles(user.roles), "Change", async (filled) => {
    await api.patch(`users/${api.part(user.name)}`, { roles: filled.getAll("roles") });
    // What one may oneself decides what there is to see.
    if (user.name === page.session.name) await page.renew();
    else await refresh();
    return `The roles of ${user.name} are changed.`;
  });
}

function changePassword(user, page) {
  dialogForm(`Another password for ${user.name}`, secret(), "Change", async (filled) => {
    await api.patch(`users/${api.part(user.name)}`, { password: filled.get("password") });
    // One's own sessions have ended, this one too.
    if (user.name === page.session.name) await page.renew(CHANGED);
    return user.name === page.session.name ? null : `${user.name} has another password, and is logged out everywhere.`;
  });
}

async function removeUser(control, user, refresh) {
  const sure = await confirm(`Remove ${user.name}?`, "Their sessions end at once. What they did stays in the audit log.", "Remove", { kind: "danger" });
  if (sure !== null && await act(control, () => api.remove(`users/${api.part(user.name)}`), `${user.name} is gone.`)) await refresh();
}

function newToken(refresh) {
  const days = field("Days it lives", h("input", { name: "days", type: "number", min: 1, max: 731, value: 90, required: true }));
  dialogForm("New token", [named(), days, roles(["viewer"])], "Make the token", async (filled) => {
    const made = await api.post("tokens", { name: filled.get("name"), days: Number(filled.get("days")), roles: filled.getAll("roles") });
    await refresh();
    showToken(filled.get("name"), made);
  });
}

// Shown once: weir keeps only its hash.
function showToken(name, made) {
  const dialog = h("dialog", { "aria-label": "The token" },
    h("h2", null, `The token ${name}`),
    h("p", null, "It is shown this once. A program sends it as ", h("code", null, "Authorization: Bearer …"), "."),
    h("pre", { class: "raw", tabindex: "0" }, made.token),
    h("div", { class: "actions" }, button("I have it", () => dialog.close(), { kind: "primary" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
