/* The smallest parts of a growing text that can be complete: a block, an item of a list, a row of a table. */

import { nodesOf } from "./parser.js";

/**
 * @typedef {object} Host  a list or a table that gets more items or rows
 * @property {string} key
 * @property {Element} element
 * @property {string} prefix  what the parser needs before a row
 *
 * @typedef {object} Unit
 * @property {string} key  units of different keys never replace each other
 * @property {string} raw
 * @property {boolean} isContinued  true if it goes into the same list or table as the unit before
 * @property {() => Made} make
 *
 * @typedef {{ nodes: ChildNode[], host: Host | null, outer: ChildNode[] }} Made
 *   outer: the list or table with the nodes in it, if there is none to continue
 */

/** @param {any[]} tokens @param {Host | null} host  the list or table that the first token continues @returns {Unit[]} */
export function unitsOf(tokens, host) {
  return tokens.flatMap((token, index) => {
    const continued = index === 0 && host?.key === keyOf(token) ? host : null;
    if (token.type === "list") return itemsOf(token, continued);
    if (token.type === "table") return rowsOf(token, continued);
    const make = () => {
      const nodes = nodesOf([token]);
      return { nodes, host: null, outer: nodes };
    };
    return [{ key: token.type, raw: token.raw, isContinued: false, make }];
  });
}

/** One unit of many tokens, which are complete. @param {any[]} tokens @returns {Unit} */
export function groupOf(tokens) {
  const make = () => {
    const nodes = nodesOf(tokens);
    return { nodes, host: null, outer: nodes };
  };
  return { key: "group", raw: tokens.map(({ raw }) => raw).join(""), isContinued: false, make };
}

/** @param {any} token */
function keyOf(token) {
  if (token.type !== "list") return token.type;
  const marker = /^\s*(?:\d+)?([-*+.)])/.exec(token.raw)?.[1];
  return `list ${token.ordered} ${marker}`;
}

/** @param {any} list @param {Host | null} continued @returns {Unit[]} */
function itemsOf(list, continued) {
  const key = keyOf(list);
  return list.items.map((/** @type {any} */ item, /** @type {number} */ index) => ({
    key,
    raw: item.raw,
    isContinued: index > 0 || continued !== null,
    make: () => {
      const outer = nodesOf([{ ...list, items: [item], loose: false }]);
      const element = /** @type {Element} */ (outer[0]);
      return { nodes: [...element.children], host: { key, element, prefix: "" }, outer };
    },
  }));
}

/** @param {any} table @param {Host | null} continued @returns {Unit[]} */
function rowsOf(table, continued) {
  const [header, delimiter, ...lines] = table.raw.split("\n");
  const prefix = `${header}\n${delimiter}\n`;
  const rows = table.rows.map((/** @type {any} */ row, /** @type {number} */ index) => ({
    key: "row",
    raw: lines[index] + (index < lines.length - 1 ? "\n" : ""),
    isContinued: true,
    make: () => {
      const outer = nodesOf([{ ...table, header: [], rows: [row] }]);
      const nodes = [...(/** @type {Element} */ (outer[0]).querySelectorAll("tbody > tr"))];
      return { nodes, host: null, outer };
    },
  }));
  if (continued) return rows;
  const make = () => {
    const outer = nodesOf([{ ...table, rows: [] }]);
    const element = /** @type {Element} */ (/** @type {Element} */ (outer[0]).querySelector("table"));
    return { nodes: outer, host: { key: "table", element, prefix }, outer };
  };
  return [{ key: "table", raw: lines.length ? prefix : prefix.trimEnd(), isContinued: false, make }, ...rows];
}
