// What differs between two texts of a message, place by place: segments that came, went or changed, and their fields.

const name = (line) => line.slice(0, 3);

export const segments = (text) => text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");

// Changes as a trace has them: path, before and after; null where there was nothing.
export function differences(before, after) {
  const [from, to] = [segments(before), segments(after)];
  const found = [];
  for (const [gone, come] of runs(from, to)) {
    const rest = [...come];
    for (const index of gone) {
      // A segment that went and one of its name that came instead are one that changed.
      const pair = rest.findIndex((other) => name(to[other]) === name(from[index]));
      if (pair === -1) found.push({ path: pathOf(from, index), before: from[index], after: null });
      else found.push(...fields(pathOf(to, rest[pair]), from[index], to[rest.splice(pair, 1)[0]]));
    }
    for (const index of rest) found.push({ path: pathOf(to, index), before: null, after: to[index] });
  }
  return found;
}

// PID, OBX[2].
function pathOf(lines, index) {
  const occurrence = lines.slice(0, index + 1).filter((line) => name(line) === name(lines[index])).length;
  return occurrence === 1 ? name(lines[index]) : `${name(lines[index])}[${occurrence}]`;
}

// The places in a text that a path of a segment or field means: where its line begins and ends.
export function lineOf(text, path) {
  const wanted = path.split("-")[0];
  const lines = segments(text);
  const index = lines.findIndex((_, at) => pathOf(lines, at) === wanted);
  if (index === -1) return null;
  let start = 0;
  let seen = -1;
  for (const line of text.split("\n")) {
    if (line.trim() !== "") seen += 1;
    if (seen === index && line.trim() !== "") return { number: index + 1, start, end: start + line.length };
    start += line.length + 1;
  }
  return null;
}

function fields(path, before, after) {
  const [from, to] = [valuesOf(before), valuesOf(after)];
  const found = [];
  for (let number = 1; number < Math.max(from.length, to.length); number += 1) {
    const [one, other] = [from[number] ?? "", to[number] ?? ""];
    if (one !== other) found.push({ path: `${path}-${number}`, before: one, after: other });
  }
  return found;
}

// Values by the number of their field; the first of MSH is the separator itself.
function valuesOf(line) {
  const separator = line.charAt(3) || "|";
  if (name(line) !== "MSH") return line.split(separator);
  return ["MSH", separator, ...line.slice(4).split(separator)];
}

// Lines beyond so many pairs are not matched one by one: they count as gone and come.
const PAIRS_MAX = 4_000_000;

// Where the lists differ: the places of what is gone from the first, and of what has come in the second.
function runs(from, to) {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
  let [endFrom, endTo] = [from.length, to.length];
  while (endFrom > start && endTo > start && from[endFrom - 1] === to[endTo - 1]) [endFrom, endTo] = [endFrom - 1, endTo - 1];
  const places = (begin, end) => Array.from({ length: end - begin }, (_, index) => begin + index);
  const [rows, columns] = [endFrom - start, endTo - start];
  if (rows === 0 && columns === 0) return [];
  if (rows * columns === 0 || rows * columns > PAIRS_MAX) return [[places(start, endFrom), places(start, endTo)]];
  // The longest common subsequence: how many lines are common from here on.
  const common = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      common[row][column] = from[start + row] === to[start + column]
        ? common[row + 1][column + 1] + 1
        : Math.max(common[row + 1][column], common[row][column + 1]);
    }
  }
  const found = [];
  let run = [[], []];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    if (row < rows && column < columns && from[start + row] === to[start + column]) {
      if (run[0].length || run[1].length) found.push(run);
      run = [[], []];
      [row, column] = [row + 1, column + 1];
    } else if (column >= columns || (row < rows && common[row + 1][column] >= common[row][column + 1])) {
      run[0].push(start + row);
      row += 1;
    } else {
      run[1].push(start + column);
      column += 1;
    }
  }
  if (run[0].length || run[1].length) found.push(run);
  return found;
}
