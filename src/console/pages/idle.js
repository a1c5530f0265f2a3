// Ends a session that nobody sits at. Pages refresh by themselves, so weir cannot tell; a key or a hand can.
// All tabs share one session, so a sign in one of them counts for all.

import { get } from "./api.js";
import { notify } from "./parts.js";

const SIGNS = ["keydown", "pointerdown", "wheel"];
// Where tabs tell each other when the last one was.
const LAST = "weir.last-sign";
// Not more often than this.
const SIGN_MS = 1_000;
const LOOK_MS = 5_000;
const WARN_MS = 60_000;
// Whoever reads and scrolls asks weir for nothing; it is told so often that they are there.
const TELL_MS = 60_000;

export function idle(secondsMax, signal, logOut) {
  const max = secondsMax * 1000;
  let last = 0;
  let told = Date.now();
  let isWarned = false;
  const sign = () => {
    if (Date.now() - last < SIGN_MS) return;
    last = Date.now();
    localStorage.setItem(LAST, last);
    if (last - told < TELL_MS) return;
    told = last;
    get("session").catch(() => {});
  };
  sign();
  for (const name of SIGNS) addEventListener(name, sign, { signal, passive: true });
  const timer = setInterval(() => {
    const still = Date.now() - Math.max(last, Number(localStorage.getItem(LAST)));
    const isLate = still >= max - WARN_MS;
    if (still >= max) logOut(`nobody has touched this page for ${Math.round(secondsMax / 60)} minutes`);
    else if (isLate && !isWarned) {
      notify("Nobody has touched this page for a while: it logs out within a minute.", "warn");
    }
    isWarned = isLate;
  }, LOOK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}
