// The same thing done to many, one after the other, with its progress; it can be stopped in between.

import { button, notify } from "../parts.js";
import { h, say } from "../dom.js";
import { plural } from "../format.js";

// `next` gives the next part of the list, null after the last; `work` is done for each.
export async function eachOf(title, next, work) {
  const bar = h("progress", { "aria-label": title });
  const text = h("p", { role: "status" });
  let isStopped = false;
  const dialog = h("dialog", { "aria-label": title }, h("h2", null, title), bar, text,
    h("div", { class: "actions" }, button("Stop here", () => { isStopped = true; })));
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); isStopped = true; });
  document.body.append(dialog);
  dialog.showModal();
  let done = 0;
  let isCutOff = false;
  const failed = [];
  const refused = (error) => {
    // Whoever is logged out may do nothing more of it.
    if (error.status === 401) isCutOff = isStopped = true;
    else failed.push(error.message);
  };
  try {
    for (let part = await next(); part !== null && !isStopped; part = await next()) {
      for (const item of part) {
        if (isStopped) break;
        await work(item).then(() => { done += 1; }, refused);
        say(text, `${plural(done, "done", "done")}${failed.length ? `, ${failed.length} not` : ""}`);
      }
    }
  } catch (error) {
    refused(error);
  } finally {
    dialog.close();
    dialog.remove();
  }
  const end = isCutOff ? ", then cut off: your session has ended, and the rest is as it was" : isStopped ? ", then stopped" : "";
  const outcome = `${title}: ${plural(done, "done", "done")}${end}`;
  if (isCutOff) notify(`${outcome}${failed.length > 0 ? `; ${failed.length} not: ${failed[0]}` : ""}`, "bad", { stays: true });
  else if (failed.length > 0) notify(`${outcome}; ${failed.length} not: ${failed[0]}`, "bad");
  else notify(outcome);
}
