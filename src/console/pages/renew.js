// When a list is asked for again: at a change of what it depends on, and not more often than is of use.

const EVERY_MS = 3_000;
// So long at most until the archive has what happened.
const ARCHIVED_MS = 2_500;

// Refreshes when a key has changed, at most once in a while; and at the first, which may be later than what is shown.
// A key is made of counts that only grow, beside those that do not: what comes as another goes is a change, too.
export function onChange(refresh) {
  let last = null;
  let at = Date.now();
  return (...key) => {
    const now = key.join();
    if (now === last || (last !== null && Date.now() - at < EVERY_MS)) return;
    at = Date.now();
    last = now;
    refresh();
  };
}

// The same for what is read from the archive, which is told a moment after it happened.
export function onArchived(signal, refresh) {
  return onChange(() => {
    refresh();
    setTimeout(() => signal.aborted || refresh(), ARCHIVED_MS);
  });
}
