// Small charts, drawn as SVG: a line of the last minutes to look at, and a larger one to read.

import { h, put, s } from "./dom.js";
import { number } from "./format.js";

const known = (values) => values.filter((value) => value !== null);

// A line without axes: the shape is what tells. What is unknown is left out.
export function sparkline(label, kind = "line") {
  const line = s("path", { class: "spark-line" });
  const area = s("path", { class: "spark-area" });
  const node = s("svg", { class: `spark ${kind}`, viewBox: "0 0 120 28", preserveAspectRatio: "none", role: "img", "aria-label": label }, area, line);
  let drawn = "";
  return {
    node,
    update(values) {
      const key = values.join();
      if (key === drawn) return;
      drawn = key;
      const top = Math.max(1, ...known(values));
      const step = 120 / Math.max(1, values.length - 1);
      const points = values.map((value, index) => (value === null ? null : [index * step, 26 - (value / top) * 23]));
      const given = withoutPoint(points.filter(Boolean), step);
      const path = given.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
      line.setAttribute("d", path);
      area.setAttribute("d", given.length ? `${path}L${given.at(-1)[0].toFixed(1)} 28L${given[0][0].toFixed(1)} 28Z` : "");
      const last = given.length ? known(values).at(-1) : null;
      node.setAttribute("aria-label", last === null ? `${label}: nothing known yet` : `${label}: now ${number(Math.round(last))}, at most ${number(Math.round(top))} in the last minutes`);
    },
  };
}

// A line of one point would not be seen: it is drawn as long as half a step.
function withoutPoint(points, step) {
  return points.length === 1 ? [[points[0][0] - step / 2, points[0][1]], points[0]] : points;
}

// A top for an axis: 1, 2 or 5 times a power of ten.
function ceiling(value) {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((top) => top >= value);
}

// A chart with an axis, over the last hour; `kind` is `area` for a level and `bars` for counts.
export function chart(title, unit, kind) {
  const height = 120;
  const plot = s("svg", { class: "chart-plot", viewBox: `0 0 600 ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const top = h("span", { class: "chart-top" });
  const now = h("strong", { class: "chart-now" });
  const summary = h("span", { class: "visually-hidden" });
  const node = h("figure", { class: "chart" },
    h("figcaption", null, h("span", null, title), now, summary),
    h("div", { class: "chart-frame" }, top, plot),
    h("div", { class: "chart-axis", "aria-hidden": "true" }, h("span", null, "60 min ago"), h("span", null, "30 min"), h("span", null, "now")));
  let drawn = "";
  return {
    node,
    update(values, current) {
      now.textContent = current;
      const key = values.join();
      if (key === drawn) return;
      drawn = key;
      const max = Math.ceil(Math.max(0, ...known(values)));
      const bound = ceiling(max);
      top.textContent = number(bound);
      summary.textContent = `, at most ${number(max)} ${unit} in the last hour`;
      const y = (value) => height - 2 - (value / bound) * (height - 8);
      const grid = [0.5, 1].map((part) => s("line", { class: "chart-grid", x1: 0, x2: 600, y1: y(bound * part), y2: y(bound * part) }));
      put(plot, grid, kind === "bars" ? bars(values, y, height) : area(values, y, height));
    },
  };
}

function bars(values, y, height) {
  const width = 600 / Math.max(1, values.length);
  return values.map((value, index) => value
    ? s("rect", { class: "chart-bar", x: (index * width + 1).toFixed(1), y: y(value).toFixed(1), width: (width - 2).toFixed(1), height: (height - y(value)).toFixed(1) })
    : null);
}

function area(values, y, height) {
  const step = 600 / Math.max(1, values.length - 1);
  const given = values.map((value, index) => (value === null ? null : [index * step, y(value)])).filter(Boolean);
  const points = withoutPoint(given, step).map((point) => point.map((number) => number.toFixed(1)).join(" "));
  if (points.length === 0) return [];
  const first = points[0].split(" ")[0];
  const last = points.at(-1).split(" ")[0];
  return [
    s("path", { class: "chart-area", d: `M${first} ${height}L${points.join("L")}L${last} ${height}Z` }),
    s("path", { class: "chart-line", d: `M${points.join("L")}` }),
  ];
}
