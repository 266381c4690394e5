/* Drawing data for the playground, by pointer or by keys: every dot is the centre of a small Gaussian. */
"use strict";

Demos.drawing = (() => {
  const MOST = 400;
  const STRIDE = 0.05; // of the cursor, and between the dots of a stroke, in half sides of the plane

  /** What is there before the reader draws: a face, as `{modes, spread, reach}`. */
  const mouth = Array.from({ length: 15 }, (_, i) => (1.15 + (0.7 * i) / 14) * Math.PI);
  const FIRST = {
    modes: Float64Array.from([-0.4, 0.5, 0.4, 0.5, ...mouth.flatMap((t) => [0.9 * Math.cos(t), 0.9 * Math.sin(t)])]),
    spread: 0.05,
    reach: 1.5,
  };

  /** The mixture with one more dot at (x, y); full, or too close to the last dot of a stroke, as it is. */
  function added({ modes, reach }, [x, y], stroke = false) {
    const n = modes.length;
    const near = n && Math.hypot(x - modes[n - 2], y - modes[n - 1]) < STRIDE * reach;
    return n / 2 >= MOST || (stroke && near) ? modes : Float64Array.from([...modes, x, y]);
  }

  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  class Drawing {
    constructor(canvas, change) {
      Object.assign(this, { canvas, change, enabled: false, pressed: false, at: [0, 0] });
      this.clear = Demo.button("Wipe the drawing", () => this.replace(new Float64Array(0)));
      const { node } = canvas;
      node.addEventListener("pointerdown", (event) => this.press(event));
      node.addEventListener("pointermove", (event) => this.pressed && this.drop(this.place(event), true));
      for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, () => (this.pressed = false));
      node.addEventListener("keydown", (event) => this.key(event));
      for (const kind of ["focus", "blur"]) node.addEventListener(kind, () => this.enabled && this.change());
    }

    /** Lets the reader draw into this mixture, or with null no longer. */
    enable(mixture) {
      const { node } = this.canvas;
      this.mixture = mixture;
      this.enabled = Boolean(mixture);
      this.clear.hidden = !mixture;
      node.style.touchAction = mixture ? "none" : "manipulation";
      node.setAttribute("role", mixture ? "application" : "img");
      if (mixture) node.tabIndex = 0;
      else node.removeAttribute("tabindex");
    }

    place(event) {
      const [x, y] = this.canvas.point(event);
      const half = this.canvas.width / 2;
      return [(x / half - 1) * this.mixture.reach, (1 - y / half) * this.mixture.reach];
    }

    press(event) {
      if (!this.enabled) return;
      this.pressed = true;
      this.canvas.node.setPointerCapture(event.pointerId);
      this.drop(this.place(event));
    }

    key(event) {
      if (!this.enabled) return;
      const { modes, reach } = this.mixture;
      const direction = KEYS[event.key];
      if (direction) {
        const stride = STRIDE * reach * (event.shiftKey ? 4 : 1);
        this.at = this.at.map((a, i) => Math.min(Math.max(a + stride * direction[i], -reach), reach));
        this.change();
      } else if (event.key === " " || event.key === "Enter") this.drop(this.at);
      else if (event.key === "Backspace") this.replace(modes.slice(0, -2));
      else return;
      event.preventDefault();
    }

    drop(at, stroke = false) {
      this.at = at;
      this.replace(added(this.mixture, at, stroke));
    }

    replace(modes) {
      this.mixture.modes = modes;
      this.change();
    }

    /** Where the keys are, [x, y], while they are heard. */
    cursor() {
      return this.enabled && document.activeElement === this.canvas.node ? this.at : null;
    }

    text() {
      const [x, y] = this.at.map((a) => a.toFixed(2));
      const count = this.mixture.modes.length / 2;
      const dots = count === 1 ? "1 dot" : `${count} dots`;
      return `${dots}; cursor at (${x}, ${y}). Draw with the pointer, or move by arrow keys and drop by the space bar.`;
    }
  }

  return { FIRST, added, attach: (canvas, change) => new Drawing(canvas, change) };
})();
