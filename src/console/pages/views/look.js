// One thing in a window of its own: a message as its bytes stand, a segment a line, or whatever is loaded for it.

import * as api from "../api.js";
import { button, fault } from "../parts.js";
import { h, put } from "../dom.js";
import { rawLines } from "./raw.js";

export async function inWindow(title, work) {
  const body = h("div", { class: "look" }, h("p", { class: "loading" }, "Loading…"));
  const dialog = h("dialog", { class: "wide", "aria-label": title },
    h("h2", null, title), body,
    h("div", { class: "actions" }, button("Close", () => dialog.close(), { kind: "primary" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    put(body, await work());
  } catch (error) {
    put(body, fault(error));
  }
}

export function lookAt(path, title) {
  return inWindow(title, async () => {
    const response = await api.get(path, { raw: true, accept: "application/hl7-v2" });
    return rawLines(new Uint8Array(await response.arrayBuffer()));
  });
}
