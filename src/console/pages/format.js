// Numbers, ages, times and sizes as people read them.

const whole = new Intl.NumberFormat("en");

// 1,234 and, where it gets long, 1.2 M.
export function number(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 10_000_000) return `${(value / 1e6).toFixed(0)} M`;
  if (value >= 1_000_000) return `${(value / 1e6).toFixed(1)} M`;
  return whole.format(value);
}

export function plural(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

// A rate given per second, in the unit that needs no decimals to speak of.
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined) return "–";
  if (perSecond === 0) return "0/min";
  const perMinute = perSecond * 60;
  if (perMinute < 1) return "<1/min";
  if (perMinute < 600) return `${Math.round(perMinute)}/min`;
  return `${whole.format(Math.round(perSecond))}/s`;
}

// A length of time, in its two largest units.
export function age(seconds) {
  // A number and its unit stay on one line.
  return inUnits(seconds).replace(/(\d) /g, "$1\u00a0");
}

function inUnits(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const rest = Math.max(0, Math.floor(seconds));
  if (rest < 60) return `${rest} s`;
  if (rest < 3600) return `${Math.floor(rest / 60)} min`;
  if (rest < 86400) {
    const minutes = Math.floor((rest % 3600) / 60);
    return minutes ? `${Math.floor(rest / 3600)} h ${minutes} min` : `${Math.floor(rest / 3600)} h`;
  }
  const hours = Math.floor((rest % 86400) / 3600);
  return hours ? `${Math.floor(rest / 86400)} d ${hours} h` : `${Math.floor(rest / 86400)} d`;
}

export function bytes(count) {
  if (count === null || count === undefined) return "–";
  if (count < 1024) return `${count} B`;
  if (count < 1 << 20) return `${(count / 1024).toFixed(1)} KiB`;
  if (count < 1 << 30) return `${(count / (1 << 20)).toFixed(1)} MiB`;
  return `${(count / (1 << 30)).toFixed(1)} GiB`;
}

// How far the clock of this machine is from weir's.
let offset = 0;

export function setClock(text) {
  offset = Date.parse(text) - Date.now();
}

// The time by weir's clock, in milliseconds.
export function now() {
  return Date.now() + offset;
}

const two = (value) => String(value).padStart(2, "0");

// An instant in the reader's own time zone: today only the time, else with the date.
export function moment(text) {
  const date = new Date(text);
  if (!text || Number.isNaN(date.getTime())) return "–";
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (date.toDateString() === new Date(now()).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

// The zone of those moments.
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// A sentence of weir's with its instants, which are in UTC, as moments.
export function local(text) {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, moment);
}

// How long ago an instant was.
export function ago(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? "–" : age((now() - date.getTime()) / 1000);
}
