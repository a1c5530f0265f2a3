// The way in: asks who one is, then shows the page that the address names, and follows the address.

import * as api from "./api.js";
import * as live from "./live.js";
import { fault, noticeBoard } from "./parts.js";
import { h, put } from "./dom.js";
import { account } from "./views/account.js";
import { alerts } from "./views/alerts.js";
import { audit } from "./views/audit.js";
import { deadLetters } from "./views/dead.js";
import { destination } from "./views/destination.js";
import { idle } from "./idle.js";
import { login, setup } from "./views/login.js";
import { message } from "./views/message.js";
import { messages } from "./views/messages.js";
import { overview } from "./views/overview.js";
import { resends } from "./views/resends.js";
import { route } from "./views/route.js";
import { routes } from "./views/routes.js";
import { shell } from "./shell.js";
import { site } from "./views/site.js";
import { users } from "./views/users.js";

// The first part of the address, the page, and its entry in the navigation.
const PAGES = {
  "": overview,
  destinations: destination,
  messages: (page) => (page.path.length > 0 ? message(page) : messages(page)),
  resends,
  dead: deadLetters,
  routes: (page) => (page.path.length > 0 ? route(page) : routes(page)),
  site,
  alerts,
  audit,
  users,
  account,
};

// Why a session may have ended that nobody has ended here.
const ENDED = "it does after a while without use, after twelve hours, with a new password, and when weir restarts";

// What users have typed and not sent. It outlives a session that ends by itself, and is given to nobody else.
const drafts = new Map();

let frame = null;
let leave = null;
let visit = null;
let session = null;

// What #/messages/7?tab=raw asks for.
function address() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/").map(decoded);
  return { first, path: rest.filter((part) => part !== ""), query: new URLSearchParams(query ?? "") };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show() {
  if (!session) return;
  leave?.abort();
  leave = new AbortController();
  const { first, path, query } = address();
  const page = { root: frame.main, path, query, signal: leave.signal, session, go, renew: begin };
  put(frame.main);
  frame.at(first);
  draw(PAGES[first] ?? missing(first), page);
  document.title = `${frame.main.querySelector("h1")?.textContent ?? "weir"} · weir`;
  window.scrollTo(0, 0);
  // Whoever reads by ear or goes by keyboard begins with the heading of the new page.
  frame.main.querySelector("h1")?.focus({ preventScroll: true });
}

// What goes wrong in a page stands in its place, and in the browser's console.
async function draw(view, page) {
  try {
    await view(page);
  } catch (error) {
    if (page.signal.aborted) return;
    put(page.root, fault(error));
    throw error;
  }
}

const missing = (name) => (page) => { put(page.root, fault(new Error(`There is no page “${name}” here.`))); };

// Goes to an address; the same one is shown anew.
function go(hash) {
  if (location.hash === hash) show();
  else location.hash = hash;
}

// Asks who one is, and begins anew with that; `told` is said to whoever has to log in.
async function begin(told = null) {
  leave?.abort();
  visit?.abort();
  visit = new AbortController();
  live.stop();
  session = null;
  let asked;
  try {
    asked = await api.get("session");
  } catch (error) {
    return askIn(false, fault(error));
  }
  api.setCsrf(asked.csrf_token);
  if (!asked.user) return askIn(asked.needs_setup, told ? h("p", { class: "why" }, told) : null);
  const { name } = asked.user;
  if (!drafts.has(name)) drafts.set(name, new Map());
  session = { ...asked.user, drafts: drafts.get(name), may: (permission) => asked.user.permissions.includes(permission) };
  frame = shell(session, () => { drafts.delete(name); logOut(); }, visit.signal);
  put(document.body, frame.nodes);
  idle(asked.idle_seconds_max, visit.signal, (why) => logOut(why));
  show();
  await live.start();
}

// Without a session: logs in, or makes the first administrator.
function askIn(isFirst, told) {
  put(document.body, isFirst ? setup(() => begin()) : login(() => begin(), told), noticeBoard());
  document.title = isFirst ? "Set up · weir" : "Log in · weir";
  document.querySelector("input")?.focus();
}

// Whoever is logged out without having asked for it is told why, and finds their place again.
async function logOut(why = null) {
  session = null;
  // One that has ended already cannot be ended; and whether weir answers is seen next.
  await api.remove("session").catch(() => {});
  if (why === null) location.hash = "";
  await begin(why === null ? null : ended(why));
}

const ended = (why) => `Your session has ended: ${why}. Log in to go on.`;

api.onLoggedOut(() => {
  if (!session) return;
  session = null;
  begin(ended(ENDED));
});
// A key that is held down presses a button once: who opens a question with it has not answered it.
window.addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter" && event.target.tagName !== "TEXTAREA") event.preventDefault();
}, { capture: true });
window.addEventListener("hashchange", show);
begin();
