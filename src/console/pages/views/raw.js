// A message as it stands: every segment on a line, its name set apart. What is not UTF-8 is shown as Latin-1.

import { h } from "../dom.js";

export function characters(bytes) {
  if (typeof bytes === "string") return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

export function rawLines(bytes) {
  const lines = characters(bytes).split(/\r\n|\r|\n/).filter((line) => line !== "");
  return h("pre", { class: "raw", tabindex: "0" }, lines.map((line) => h("span", { class: "raw-line" }, h("b", null, line.slice(0, 3)), line.slice(3), "\n")));
}
