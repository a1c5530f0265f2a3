// What has become of a message or a delivery, with the tone it is shown in.

import { badge } from "../parts.js";

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
