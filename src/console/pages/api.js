// Asks the API. A refusal becomes an error whose message is the API's own sentence.

// What the session lets this browser do, from GET /api/v1/session.
let csrf = null;
let whenLoggedOut = () => {};

export class Refused extends Error {
  constructor(status, message, answer) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

export function setCsrf(token) {
  csrf = token;
}

export function onLoggedOut(call) {
  whenLoggedOut = call;
}

async function ask(method, path, body, options = {}) {
  const headers = { accept: options.accept ?? "application/json" };
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  if (options.reason) headers["x-weir-reason"] = encodeURIComponent(options.reason);
  if (body !== undefined) headers["content-type"] = options.type ?? "application/json";
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : options.type ? body : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "weir does not answer: it may be restarting, or the network is away");
  }
  if (response.status === 401 && !options.isLogin) whenLoggedOut();
  if (!response.ok) throw await refusal(response);
  if (options.raw) return response;
  if (response.status === 204) return null;
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

async function refusal(response) {
  const text = await response.text().catch(() => "");
  try {
    const answer = JSON.parse(text);
    return new Refused(response.status, answer.error ?? `weir answered ${response.status}`, answer);
  } catch {
    return new Refused(response.status, text.trim() || `weir answered ${response.status} ${response.statusText}`);
  }
}

export const get = (path, options) => ask("GET", path, undefined, options);
export const post = (path, body, options) => ask("POST", path, body, options);
export const put = (path, body, options) => ask("PUT", path, body, options);
export const patch = (path, body, options) => ask("PATCH", path, body, options);
export const remove = (path, body, options) => ask("DELETE", path, body, options);

// One part of a path.
export const part = encodeURIComponent;

// A query string of what is given; what is empty is left out.
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return text === "" ? "" : `?${text}`;
}
