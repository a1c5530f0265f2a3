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

// Keeps one node for each item, in their order, and takes over what is there: focus and selection stay.
export function keyed(parent, items, keyOf, make) {
  const known = parent.known ?? new Map();
  const seen = new Set();
  let at = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    seen.add(key);
    let entry = known.get(key);
    if (!entry) {
      entry = make(item);
      known.set(key, entry);
    }
    entry.update?.(item);
    if (entry.node === at) at = at.nextSibling;
    else parent.insertBefore(entry.node, at);
  }
  for (const [key, entry] of known) {
    if (seen.has(key)) continue;
    entry.node.remove();
    known.delete(key);
  }
  parent.known = known;
}
