/* Follows what grows at the end of the page, for as long as the reader is there to see it. */

const NEAR_PX = 32;

export class Follower {
  /** @param {(isFollowing: boolean) => void} onChange */
  constructor(onChange) {
    this.isFollowing = true;
    this.onChange = onChange;
    this.lastTop = window.scrollY;
    window.addEventListener("scroll", () => this.#look(), { passive: true });
  }

  /** To be called when the page has grown. */
  grown() {
    if (this.isFollowing) this.#jump();
    else this.onChange(false);
  }

  /** Goes to the end, and follows from there on. */
  follow() {
    this.isFollowing = true;
    this.onChange(true);
    this.#jump();
  }

  /** Stays where the reader is from now on. */
  leave() {
    this.isFollowing = false;
    this.lastTop = window.scrollY;
  }

  /** Follows again if the end is in sight. */
  settle() {
    this.isFollowing = document.documentElement.scrollHeight - window.innerHeight - window.scrollY < NEAR_PX;
    this.onChange(this.isFollowing);
  }

  #jump() {
    window.scrollTo(0, document.documentElement.scrollHeight);
    this.lastTop = window.scrollY;
  }

  #look() {
    const top = window.scrollY;
    const belowPx = document.documentElement.scrollHeight - window.innerHeight - top;
    // Growth takes the end out of sight between a jump and its event, so that only a way up counts as leaving; what
    // shrinks moves the reader up as well, but to the very end.
    const isFollowing = top < this.lastTop ? belowPx <= 1 : this.isFollowing || belowPx < NEAR_PX;
    this.lastTop = top;
    if (isFollowing === this.isFollowing) return;
    this.isFollowing = isFollowing;
    this.onChange(isFollowing);
  }
}
