// What each kind of alert means, and where one goes to mend it.

import { part, query } from "./api.js";

const destination = (name) => `#/destinations/${part(name)}`;

const KINDS = {
  "old-queue": ["Queue is old", destination],
  held: ["Destination is held", destination],
  paused: ["Destination is paused", destination],
  "dead-letters": ["Dead letters", (name) => `${destination(name)}/dead`],
  "silent-listener": ["Listener is silent", (name) => `#/messages${query({ listener: name })}`],
  "outbox-full": ["Outbox is full", () => "#/site"],
  "outbox-nearly-full": ["Outbox is nearly full", () => "#/site"],
  "certificate-ends": ["Certificate ends", () => null],
  "certificate-refused": ["New certificates cannot be used", () => null],
  "list-late": ["Revocation list is late", () => null],
  "archive-behind": ["Archive is behind", () => "#/messages"],
  "archive-lost": ["Archive has lost history", () => "#/messages"],
  "audit-behind": ["Audit record repository is behind", () => null],
  "audit-unwritten": ["Audit log cannot be written", () => null],
};

// The words for an alert, and the address, if there is one.
export function meaning(alert) {
  const [words, address] = KINDS[alert.kind] ?? [alert.kind, () => null];
  return { words, href: address(alert.about) };
}
