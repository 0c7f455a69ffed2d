/* Elements of the page: made, found, filled in. Never from HTML. */

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {...(Node | string)} children
 */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** A button that says to whoever listens above it what it does. @param {string} text @param {string} does @param {string} className */
export function button(text, does, className) {
  const made = element("button", className, text);
  made.type = "button";
  made.dataset.do = does;
  return made;
}

/**
 * The one element that the selector names; its absence is a fault of the page.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {Kind}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {Kind} */ (found);
}

/** A copy of a template's one element. @param {string} id */
export function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
}

/** Shows a text in an element, which is hidden while there is none. @param {HTMLElement} shown @param {string} text */
export function setText(shown, text) {
  if (shown.textContent !== text) shown.textContent = text;
  shown.hidden = text === "";
}

/** 12345 as 12,345. The browser's own `toLocaleString` first reads its locales, for tens of milliseconds. @param {number} value */
export function grouped(value) {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Lets a textarea be as high as its text, up to what its style allows. @param {HTMLTextAreaElement} area */
export function fitHeight(area) {
  area.style.height = "auto";
  if (!area.value) return; // as high as its rows: no layout has to be computed
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}
