/* Makes elements of the page, finds them and fills them in, never from HTML. */

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {...(Node | string)} children
 */
export function element(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** A button. does: the action that the page's click handler performs. @param {string} text @param {string} does @param {string} className */
export function button(text, does, className) {
  const node = element("button", className, text);
  node.type = "button";
  node.dataset.do = does;
  return node;
}

/**
 * The first element that matches the selector. Throws Error if the page has none, which is a bug.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {Kind}
 */
export function find(selector, within = document) {
  const match = within.querySelector(selector);
  if (!match) throw new Error(`the page has no ${selector}`);
  return /** @type {Kind} */ (match);
}

/** A copy of a template's one element. @param {string} id */
export function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
}

/** Shows a text in an element, which is hidden if the text is empty. @param {HTMLElement} target @param {string} text */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === "";
}

/** 12345 as 12,345. The browser's own `toLocaleString` first reads its locales, for tens of milliseconds. @param {number} value */
export function grouped(value) {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Makes a textarea as high as its text, up to what its style allows. @param {HTMLTextAreaElement} area */
export function fitHeight(area) {
  area.style.height = "auto";
  if (!area.value) return; // as high as its rows: no layout has to be computed
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}
