/* Makes shown nodes equal to new ones by changing as little as possible, so that selection, focus and scrolling stay. */

/** Functions that change elements which manage their own contents. @type {WeakMap<Node, (target: ChildNode) => void>} */
const changes = new WeakMap();

/** @param {Element} element @param {(target: ChildNode) => void} change  makes it equal to another of its kind, instead of morph() */
export function changeBy(element, change) {
  changes.set(element, change);
}

/**
 * Returns the nodes that are shown now: the old ones wherever they could stay.
 * @param {Node} parent
 * @param {ChildNode[]} shown  neighbours in the parent
 * @param {ChildNode[]} target  what they must become
 * @returns {ChildNode[]}
 */
export function morph(parent, shown, target) {
  const after = shown.length ? shown[shown.length - 1].nextSibling : null;
  const now = target.map((node, index) => {
    const old = shown[index];
    if (!old) parent.insertBefore(node, after);
    else if (isSameKind(old, node)) return changed(old, node);
    else old.replaceWith(node);
    return node;
  });
  for (const old of shown.slice(target.length)) old.remove();
  return now;
}

/** @param {ChildNode} old @param {ChildNode} target @returns {ChildNode} */
function changed(old, target) {
  const change = changes.get(old);
  if (change) change(target);
  else if (old instanceof Text && target instanceof Text) {
    if (target.data.startsWith(old.data)) {
      if (target.length > old.length) old.appendData(target.data.slice(old.length));
    } else old.data = target.data;
  } else if (old instanceof Element && target instanceof Element && old.tagName !== "BUTTON") {
    for (const { name } of [...old.attributes]) if (!target.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of target.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    morph(old, [...old.childNodes], [...target.childNodes]);
  }
  return old;
}

/** @param {ChildNode} one @param {ChildNode} other */
function isSameKind(one, other) {
  if (one.nodeName !== other.nodeName) return false;
  if (isOf("math", one)) return one.isEqualNode(other); // its attributes are not set one by one
  if (isOf("code", one)) return one.dataset.language === /** @type {HTMLElement} */ (other).dataset.language;
  return !(one instanceof Element) || one.className === /** @type {Element} */ (other).className;
}

/** @param {string} className @param {ChildNode} node @returns {node is HTMLElement} */
function isOf(className, node) {
  return node instanceof HTMLElement && node.classList.contains(className);
}
