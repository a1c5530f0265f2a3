// Elements from data. Text becomes text nodes and nothing else: what a message holds can never become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "indeterminate") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

// An HTML element: h("p", { class: "note" }, "text", child).
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// An SVG element.
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Replaces all that stands in a node.
export function put(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

// A sentence of weir's: what stands between backticks is code.
export function sentence(text) {
  return String(text).split("`").map((part, index) => (index % 2 ? h("code", null, part) : part));
}

// Sets the text of a node only when it is another one, so that nothing is drawn or read out twice.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Gives the focus to whoever has lost it with what it stood on: to this node, or to the heading of the page.
export function refocus(node) {
  if (document.activeElement && document.activeElement !== document.body) return;
  const at = node?.isConnected ? node : document.querySelector("main h1");
  at?.focus({ preventScroll: true });
}

// Replaces all that stands in a node; a focus within goes to the first button that stands there now.
export function redraw(node, ...children) {
  const held = focusWithin(node);
  put(node, ...children);
  if (held) refocus(held.isConnected ? held : node.querySelector("button"));
}

const focusWithin = (node) => (node.contains(document.activeElement) ? document.activeElement : null);

// Keeps one node for each item, in their order, and takes over what is there: focus and selection stay.
export function keyed(parent, items, keyOf, make) {
  const held = focusWithin(parent);
  const known = parent.known ?? new Map();
  const wanted = new Set(items.map(keyOf));
  // Those that go, go first: whatever else would be moved is no longer under the finger that presses it.
  for (const [key, entry] of known) {
    if (wanted.has(key)) continue;
    entry.node.remove();
    known.delete(key);
  }
  let at = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let entry = known.get(key);
    if (!entry) {
      entry = make(item);
      known.set(key, entry);
    }
    entry.update?.(item);
    if (entry.node === at) at = at.nextSibling;
    else parent.insertBefore(entry.node, at);
  }
  parent.known = known;
  if (held) refocus(held);
}
