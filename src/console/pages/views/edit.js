// Edit and send: the message as text, a segment a line, what is wrong with it beside it, and what changed below.
//
// The original stays as it is. What was typed stays in the memory of this page until it is sent, taken back, or its user
// logs out; a session that ends by itself takes nothing with it.

import * as api from "../api.js";
import { act, badge, button, confirm, empty, fault, field } from "../parts.js";
import { changes, verdict } from "./trace.js";
import { differences, lineOf, segments } from "../differences.js";
import { h, put, sentence } from "../dom.js";
import { outcome, whereAndWhy } from "./resend.js";
import { plural } from "../format.js";

const SEGMENT = /^[A-Z][A-Z0-9]{2}(?=[^A-Za-z0-9]|$)/;
// So long nobody types until the changes are shown.
const REST_MS = 150;

export async function edit(found, page) {
  const response = await api.get(`messages/${found.number}/text`, { raw: true, accept: "text/plain", signal: page.signal });
  const original = segments(await response.text()).join("\n");
  const { drafts } = page.session;
  const area = h("textarea", { class: "draft", rows: Math.min(24, Math.max(8, segments(original).length + 2)), spellcheck: "false", required: true, name: "text", wrap: "off" });
  // A number may be another message's since weir was restarted.
  const draft = drafts.get(found.number);
  area.value = draft?.original === original ? draft.text : original;
  const beside = h("div", { class: "beside", "aria-live": "polite" });
  const changed = h("section", { "aria-label": "What changed" });
  const told = h("div");
  const form = whereAndWhy(found, { isEdited: true });
  const check = button("Check", (event) => act(event.currentTarget, async () => put(beside, await checked())));
  const undo = button("Take back all changes", () => { area.value = original; look(); }, { kind: "quiet" });
  const go = h("button", { type: "submit", class: "primary" }, "Send…");
  const names = namesOf(found);
  const list = () => differences(original, area.value).map((change) => ({ ...change, name: names.get(change.path.replaceAll(/\[\d+\]/g, "")) ?? "" }));

  function look() {
    if (area.value === original) drafts.delete(found.number);
    else drafts.set(found.number, { original, text: area.value });
    const all = list();
    undo.disabled = all.length === 0;
    put(changed, h("h2", null, all.length ? `${plural(all.length, "place")} changed` : "Nothing has changed yet"), all.length ? changes(all) : null);
    put(beside, faults(obvious(area.value)));
  }

  // What is wrong, each with the line it stands in.
  function faults(problems) {
    if (problems.length === 0) return h("p", { class: "note" }, "Check reads it as weir would, and tries it with the routes; nothing is sent by that.");
    return h("ul", { class: "faults" }, problems.map((problem) => {
      const line = lineOf(area.value, problem.path) ?? problem.line;
      return h("li", null, badge("warn", sentence(problem.text)),
        line ? button(`line ${line.number}`, () => { area.focus(); area.setSelectionRange(line.start, line.end); }, { kind: "small" }) : null);
    }));
  }

  async function checked() {
    let message;
    try {
      message = await api.post("messages/check", { text: area.value, message: found.number }, { signal: page.signal });
    } catch (error) {
      return fault(error);
    }
    const problems = message.problems.map((problem) => ({ path: problem.path, text: `${problem.path || "The message"}: ${problem.text || problem.name}` }));
    const tried = await Promise.all(found.routes.map(async ({ route }) => {
      const traced = await api.post(`routes/${api.part(route)}/try`, { message: area.value }, { signal: page.signal }).catch((error) => error);
      return h("section", null, h("h3", null, h("a", { href: `#/routes/${api.part(route)}` }, route)), traced instanceof Error ? fault(traced) : verdict(traced));
    }));
    return [
      problems.length ? faults(problems) : badge("good", "It reads as the standard says."),
      tried,
    ];
  }

  async function submit(event) {
    event.preventDefault();
    const all = list();
    const text = [form.label(), all.length ? h("div", { class: "review" }, changes(all)) : "Nothing in it has changed."];
    const sure = await confirm("Send this instead?", [`${text[0]}. Message ${found.number} stays as it is.`, text[1]], "Send it", { isWide: true });
    if (sure === null) return;
    await act(go, async () => {
      try {
        const answer = await api.post(`messages/${found.number}/edited`, { ...form.asked(), text: area.value });
        drafts.delete(found.number);
        // The form goes with what was typed: pressed again it would send again.
        put(node, outcome(answer, page.session));
      } catch (error) {
        put(told, fault(error));
      }
      node.scrollIntoView({ block: "nearest" });
    });
  }

  let rest = null;
  area.addEventListener("input", () => {
    clearTimeout(rest);
    rest = setTimeout(look, REST_MS);
  });
  look();
  if (!found.message && !found.text) return empty("There is nothing to edit.");
  const node = h("form", { class: "edit", onsubmit: submit },
    told,
    h("div", { class: "drafting" },
      field("The message, a segment a line", area, "Line ends and the character set of MSH-18 are seen to."),
      h("div", null, h("div", { class: "bar" }, h("h2", null, "What is wrong"), h("span", { class: "spacer" }), check), beside)),
    changed,
    h("div", { class: "sending" }, form.nodes),
    h("div", { class: "actions" }, go, undo));
  return node;
}

// What the standard calls the fields of the original.
function namesOf(found) {
  const fields = (found.message?.segments ?? []).flatMap((segment) => [[segment.path, segment.name], ...segment.fields.map((one) => [one.path, one.name])]);
  return new Map(fields.map(([path, name]) => [path.replaceAll(/\[\d+\]/g, ""), name]));
}

// What can be seen without asking: what is no segment.
function obvious(text) {
  const found = [];
  let start = 0;
  let number = 0;
  for (const line of text.split("\n")) {
    const place = { start, end: start + line.length };
    start += line.length + 1;
    if (line.trim() === "") continue;
    number += 1;
    if (number === 1 && !line.startsWith("MSH")) found.push({ path: "", text: "A message begins with MSH.", line: { ...place, number } });
    else if (!SEGMENT.test(line)) found.push({ path: "", text: "Expected a segment: three capital letters or digits and a separator.", line: { ...place, number } });
  }
  return found;
}
