// What runs, as it changes: the stream of events, the last hour of samples, and rates made of both.

import { get } from "./api.js";
import { now, setClock } from "./format.js";

const KEEP_SECONDS = 3600;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
// A status comes every second; after so long without one weir hangs, or the network is away without a word of it.
const SILENT_MS = 10_000;
const LOOK_MS = 1_000;

const listeners = new Set();
let isFollowed = false;
let source = null;
let retry = null;
let wait = FIRST_RETRY_MS;
// When the last status came, and since when one is waited for.
let heardAt = null;
let waitsSince = null;

// The last status, since when none comes by itself any more (an instant of weir's clock), and why, where weir says so.
export const live = { status: null, isConnected: false, lostAt: null, refusal: null, samples: [] };

// Calls back now and at every change, until the signal aborts.
export function follow(signal, call) {
  listeners.add(call);
  signal.addEventListener("abort", () => listeners.delete(call));
  if (live.status) call(live);
}

function tell() {
  for (const call of [...listeners]) call(live);
}

export async function start() {
  stop();
  isFollowed = true;
  try {
    const past = await get("history");
    live.samples = past.samples;
  } catch {
    // The picture begins with now then.
    live.samples = [];
  }
  if (isFollowed && !document.hidden) connect();
}

export function stop() {
  isFollowed = false;
  heardAt = null;
  disconnect();
  live.status = null;
  live.isConnected = false;
  live.lostAt = null;
  live.refusal = null;
}

function disconnect() {
  clearTimeout(retry);
  waitsSince = null;
  source?.close();
  source = null;
}

// A page that nobody sees follows nothing: a browser has few connections for all its tabs, and weir few places.
document.addEventListener("visibilitychange", () => {
  disconnect();
  if (isFollowed && !document.hidden) connect();
});

// Nothing is heard any more, since the last status came, or since it was asked for.
function lose() {
  live.isConnected = false;
  live.lostAt ??= new Date(now() - (Date.now() - (heardAt ?? waitsSince ?? Date.now()))).toISOString();
  tell();
}

// A connection that says nothing at all is no connection: it is given up, and asked for anew.
setInterval(() => {
  if (waitsSince === null || Date.now() - waitsSince < SILENT_MS) return;
  lose();
  disconnect();
  connect();
}, LOOK_MS);

function connect() {
  waitsSince = Date.now();
  source = new EventSource("/api/v1/events");
  source.addEventListener("status", (event) => {
    wait = FIRST_RETRY_MS;
    heardAt = waitsSince = Date.now();
    live.isConnected = true;
    live.lostAt = null;
    live.refusal = null;
    take(JSON.parse(event.data));
    tell();
  });
  source.onerror = () => {
    lose();
    if (source?.readyState !== EventSource.CLOSED) return;
    // Refused, not only interrupted.
    disconnect();
    retry = setTimeout(() => {
      wait = Math.min(wait * 2, LONGEST_RETRY_MS);
      connect();
    }, wait);
    lookOnce();
  };
}

// What runs and why it is not told by itself, as far as weir answers: 401 where the session has ended, and that leads
// to the log-in.
async function lookOnce() {
  const probe = new AbortController();
  const [status, refusal] = await Promise.all([
    get("status").catch(() => null),
    get("events", { raw: true, accept: "text/event-stream", signal: probe.signal }).then(() => null, (error) => (error.status ? error.message : null)),
  ]);
  probe.abort();
  if (!isFollowed || live.isConnected) return;
  live.refusal = refusal;
  if (status) take(status);
  tell();
}

// A status becomes a sample: the counts by name at one moment.
function take(status) {
  live.status = status;
  setClock(status.at);
  const at = Date.parse(status.at) / 1000;
  const counts = (list, keys) => Object.fromEntries(list.map((one) => [one.name, keys.map((key) => one[key])]));
  const sample = {
    at,
    listeners: counts(status.listeners, LISTENER_COUNTS),
    destinations: counts(status.destinations, DESTINATION_COUNTS),
  };
  const last = live.samples.at(-1);
  // A weir that was restarted counts from zero again.
  if (last && Object.entries(last.destinations).some(([name, counts]) => sample.destinations[name]?.[1] < counts[1])) live.samples = [];
  // Within the last two minutes every second counts, before that every tenth.
  live.samples.push(sample);
  const old = live.samples.findIndex((one) => one.at > at - 120);
  const kept = live.samples.filter((one, index) => index >= old || index === 0 || one.at - (live.samples[index - 1]?.at ?? 0) > 5 || Math.floor(one.at) % 10 === 0);
  live.samples = kept.filter((one) => one.at > at - KEEP_SECONDS);
}

// What stands in a sample for each name, in this order.
export const LISTENER_COUNTS = ["received", "refused"];
export const DESTINATION_COUNTS = ["waiting", "delivered", "dead_letters"];

// The quarter of an hour that small charts show.
export const LATELY = { seconds: 30, steps: 30 };

const countsOf = (sample, kind, name, column) => sample?.[kind]?.[name]?.[column];

// Per second over about the last minute; null while there is too little to tell.
export function perSecond(kind, name, column) {
  const last = live.samples.at(-1);
  if (!last) return null;
  const from = live.samples.find((one) => one.at >= last.at - 60);
  // Nothing is known from before weir started, since nothing was counted then.
  const seconds = from === live.samples[0] ? 60 : last.at - from.at;
  const before = countsOf(from, kind, name, column);
  const after = countsOf(last, kind, name, column);
  if (seconds < 2 || before === undefined || after === undefined) return null;
  return Math.max(0, after - before) / seconds;
}

// How much a count grew over the samples kept.
export function growth(kind, name, column) {
  const known = live.samples.filter((one) => countsOf(one, kind, name, column) !== undefined);
  if (known.length < 2) return 0;
  return Math.max(0, countsOf(known.at(-1), kind, name, column) - countsOf(known[0], kind, name, column));
}

// What stood in each of the last steps of so many seconds, and nothing where that is not known: the most of a level.
export function levels(kind, name, column, { seconds = 60, steps = 60 } = {}) {
  const values = new Array(steps).fill(null);
  const end = live.samples.at(-1)?.at;
  for (const sample of live.samples) {
    const value = countsOf(sample, kind, name, column);
    const step = steps - 1 - Math.floor((end - sample.at) / seconds);
    if (value !== undefined && step >= 0) values[step] = Math.max(values[step] ?? 0, value);
  }
  // Samples are further apart than some steps.
  return values.map((value, step) => value ?? (step > 0 && values.slice(step + 1).some((later) => later !== null) ? values[step - 1] : null));
}

// What a count grew by in each of the last steps; between two samples it is taken to have grown evenly.
export function growths(kind, name, column, { seconds = 60, steps = 60 } = {}) {
  const known = live.samples.map((sample) => [sample.at, countsOf(sample, kind, name, column)]).filter(([, value]) => value !== undefined);
  if (known.length === 0) return new Array(steps).fill(null);
  const end = known.at(-1)[0];
  const edges = Array.from({ length: steps + 1 }, (_, edge) => between(known, end - (steps - edge) * seconds));
  return edges.slice(1).map((value, step) => Math.max(0, value - edges[step]));
}

// The count at a moment, on the line between the samples around it; before the first it was the same.
function between(known, at) {
  const after = known.findIndex(([time]) => time >= at);
  if (after === -1) return known.at(-1)[1];
  const [time, value] = known[after];
  if (after === 0) return value;
  const [before, from] = known[after - 1];
  return from + ((value - from) * (at - before)) / (time - before);
}

// Several series added up, step by step.
export function sum(all) {
  if (all.length === 0) return [];
  return all[0].map((_, step) => {
    const given = all.map((values) => values[step]).filter((value) => value !== null);
    return given.length ? given.reduce((total, value) => total + value, 0) : null;
  });
}
