// One's own account: what one may, and another password.

import * as api from "../api.js";
import { act, card, facts, field, heading } from "../parts.js";
import { h, put } from "../dom.js";

export function account(page) {
  const { session } = page;
  put(page.root,
    heading(session.name, { below: "Your account" }),
    card("What you may", facts([["Roles", session.roles.join(", ")], ["Permissions", session.permissions.join(", ")]])),
    card("Another password", change(page)));
}

// Said at the log-in that follows: the sessions have ended, this one too.
export const CHANGED = "Your password is changed: log in with the new one.";

function change({ session, renew }) {
  const password = (name, autocomplete, more) => h("input", { name, type: "password", autocomplete, required: true, maxlength: 1000, ...more });
  const go = h("button", { type: "submit", class: "primary" }, "Change it");
  const form = h("form", { class: "small-form", onsubmit: submit },
    // For whatever keeps passwords: whose it is.
    h("input", { type: "text", autocomplete: "username", value: session.name, hidden: true }),
    field("The one you have", password("current", "current-password")),
    field("The new one", password("new", "new-password", { minlength: 12 }), "At least 12 characters; a few words make a good one. It ends your sessions: log in again with it."),
    h("div", { class: "actions" }, go));
  async function submit(event) {
    event.preventDefault();
    if (await act(go, () => api.post("session/password", Object.fromEntries(new FormData(form))))) await renew(CHANGED);
  }
  return form;
}
