// What a destination can be told, wherever a button for it stands.

import { part, post } from "../api.js";
import { act } from "../parts.js";

const DONE = {
  pause: "is paused: nothing more is sent to it",
  resume: "goes on",
  retry: "is tried again now",
  drain: "sends what it is owed by now, and then nothing more",
};

export function order(control, destination, what) {
  return act(control, () => post(`destinations/${part(destination)}/${what}`), `${destination} ${DONE[what]}`);
}
