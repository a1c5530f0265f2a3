// What has become of a message or a delivery, with the tone it is shown in.

import { badge } from "../parts.js";
import { h } from "../dom.js";

const TONES = {
  queued: "busy",
  delivered: "good",
  dead: "bad",
  purged: "idle",
  resent: "idle",
  filtered: "idle",
  unrouted: "warn",
  repeated: "idle",
  refused: "bad",
};

export const STATES = Object.keys(TONES);

export const became = (state) => badge(TONES[state] ?? "idle", state);

// What most needs somebody's eye comes first.
const RANK = ["dead", "queued", "delivered", "resent", "purged"];

// What has become of several: a badge for each state, with how many are in it if there are more than one.
export function becameEach(states) {
  const kinds = [...new Set(states)].sort((one, other) => RANK.indexOf(one) - RANK.indexOf(other));
  return kinds.map((state) => {
    const count = states.filter((one) => one === state).length;
    return h("span", { class: "to" }, count === 1 ? became(state) : badge(TONES[state] ?? "idle", `${count} ${state}`));
  });
}
