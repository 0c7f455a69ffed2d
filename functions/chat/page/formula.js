/* Mathematics in TeX as MathML, which the browser shows without fonts from the page. Loaded with the first formula. */

import { sanitizedMath } from "./sanitizer.js";
import temml from "./vendor/temml.js";

const KEPT = 300; // formulas; those of a growing paragraph are made again with each of its words
const STYLE = / style="([^"<>]*)"(?=[^<>]*>)/g; // an attribute of that name would be a violation of the page's policy
const LENGTH = "-?[\\d.]+(?:em|ex|pt|px)";
const STYLES = new RegExp(
  `^(?:padding(?:-left|-right)?:${LENGTH}|border(?:-left|-right|-top|-bottom)?:${LENGTH} (?:solid|dashed)|(?:background-)?color:#[0-9a-f]{3,6})$`,
);

/** Formulas by their source; null for a source that is not TeX that Temml knows. @type {Map<string, Element | null>} */
const formulas = new Map();

/** A formula, null if the TeX cannot be parsed. @param {string} tex @param {boolean} isBlock */
export function formulaOf(tex, isBlock) {
  const key = `${isBlock} ${tex}`;
  let formula = formulas.get(key);
  if (formula === undefined) {
    formula = render(tex, isBlock);
    formulas.set(key, formula);
    if (formulas.size > KEPT) formulas.delete(/** @type {string} */ (formulas.keys().next().value));
  }
  return formula && copyOf(formula);
}

/** @param {string} tex @param {boolean} isBlock @returns {Element | null} */
function render(tex, isBlock) {
  try {
    const mathml = temml.renderToString(tex, { displayMode: isBlock, throwOnError: true, trust: false, maxExpand: 200, maxSize: [20, 20] });
    return sanitizedMath(mathml.replace(STYLE, ' data-style="$1"')).firstElementChild;
  } catch {
    return null; // Temml's ParseError, or a RangeError for what is nested too deeply
  }
}

/** A copy with its styles, which the policy allows scripts to set one by one. @param {Element} formula */
function copyOf(formula) {
  const copy = /** @type {Element} */ (formula.cloneNode(true));
  for (const styled of [copy, ...copy.querySelectorAll("[data-style]")]) {
    const { style } = /** @type {MathMLElement} */ (styled);
    for (const rule of styled.getAttribute("data-style")?.split(";") ?? []) {
      const [name, value] = rule.split(":");
      if (STYLES.test(rule)) style.setProperty(name, value);
    }
    styled.removeAttribute("data-style");
  }
  return copy;
}
