// Ends a session that nobody sits at. Pages refresh by themselves, so weir cannot tell; a key or a hand can.

import { get } from "./api.js";
import { notify } from "./parts.js";

const SIGNS = ["keydown", "pointerdown", "wheel"];
const LOOK_MS = 5_000;
const WARN_MS = 60_000;
// Whoever reads and scrolls asks weir for nothing; it is told so often that they are there.
const TELL_MS = 60_000;

export function idle(secondsMax, signal, logOut) {
  const max = secondsMax * 1000;
  let last = Date.now();
  let told = last;
  let isWarned = false;
  const sign = () => {
    last = Date.now();
    isWarned = false;
    if (last - told < TELL_MS) return;
    told = last;
    get("session").catch(() => {});
  };
  for (const name of SIGNS) addEventListener(name, sign, { signal, passive: true });
  const timer = setInterval(() => {
    const still = Date.now() - last;
    if (still >= max) logOut();
    else if (still >= max - WARN_MS && !isWarned) {
      isWarned = true;
      notify("Nobody has touched this page for a while: it logs out within a minute.", "warn");
    }
  }, LOOK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}
