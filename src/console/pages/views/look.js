// One message in a window of its own, as its bytes stand: a segment a line.

import * as api from "../api.js";
import { button, fault } from "../parts.js";
import { h, put } from "../dom.js";
import { rawLines } from "./raw.js";

export async function lookAt(path, title) {
  const body = h("div", { class: "look" }, h("p", { class: "loading" }, "Loading…"));
  const dialog = h("dialog", { class: "wide", "aria-label": title },
    h("h2", null, title), body,
    h("div", { class: "actions" }, button("Close", () => dialog.close(), { kind: "primary" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const response = await api.get(path, { raw: true, accept: "application/hl7-v2" });
    put(body, rawLines(new Uint8Array(await response.arrayBuffer())));
  } catch (error) {
    put(body, fault(error));
  }
}
