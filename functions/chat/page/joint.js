/* Where the rest of an answer meets its beginning. The model repeats the last words of the beginning, so that the two
 * parts can be aligned; if it does not repeat them, the letters on both sides decide about the space between. */

const LONGEST_TAIL = 60;
const SHORTEST_WORD = 4; // a shorter last word is repeated by accident too
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const WORD = /[\p{L}\p{N}]/u;
const AFTER_SPACE = /[\p{L}\p{N}(“„«*_`[]/u;
const BEFORE_SPACE = /[\p{L}\p{N}.,;:!?)”»*_`\]]/u;

/** The prompt that asks the model for the rest of an answer. @param {string} beginning */
export function restRequest(beginning) {
  const tail = tailOf(beginning);
  const start = tail ? ` Begin with its last words, which are: ${tail}` : "";
  return `Your last message was cut off. Continue it exactly where it stops, without an introduction.${start}`;
}

export class Joint {
  /** @param {string} beginning  the answer so far */
  constructor(beginning) {
    this.beginning = beginning;
    this.tail = tailOf(beginning);
    const lastWord = this.tail.split(/\s/).pop() ?? "";
    this.repeats = [this.tail, lastWord.length < SHORTEST_WORD ? "" : lastWord].filter(Boolean);
    this.held = "";
    this.isJoined = !beginning;
  }

  /** What a piece of the rest adds to the answer: nothing while the piece may still be a repetition. @param {string} piece */
  add(piece) {
    if (this.isJoined) return piece;
    this.held += piece;
    const start = this.held.trimStart();
    if (this.repeats.some((repeat) => repeat.startsWith(start))) return "";
    return this.end();
  }

  /** The text that is still held back. Call this when the rest has ended. */
  end() {
    if (this.isJoined) return "";
    this.isJoined = true;
    const start = this.held.trimStart();
    const repeat = this.repeats.find((each) => start.startsWith(each));
    if (repeat) return start.slice(repeat.length);
    return joined(this.beginning, this.held);
  }
}

/** The last whole words of a text, from its last line. @param {string} text */
function tailOf(text) {
  const line = text.slice(-LONGEST_TAIL * 4).split("\n").pop() ?? "";
  if (line.length <= LONGEST_TAIL) return line.trim();
  return line.slice(-LONGEST_TAIL).replace(/^\S*\s+/, "").trim();
}

/** @param {string} left @param {string} right */
function joined(left, right) {
  const before = left.slice(-1);
  const after = right.slice(0, 1);
  if (before === "\n") return right;
  if (/\s/.test(before)) return right.replace(/^[ \t]+/, "");
  if (UNSPACED.test(before) || UNSPACED.test(after) || isInCode(left)) return right;
  if (/\d[.,]$/.test(left) && /\d/.test(after)) return right;
  const isSpaced = WORD.test(after) ? BEFORE_SPACE.test(before) : WORD.test(before) && AFTER_SPACE.test(after);
  return isSpaced ? ` ${right}` : right;
}

/** True inside a fenced block, where each space matters. @param {string} text */
function isInCode(text) {
  return (text.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0) % 2 === 1;
}
