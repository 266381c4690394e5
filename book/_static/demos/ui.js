/* What all demos share: finding their place on the page, controls with labels, canvases that are
   sharp and follow the theme, unpacking of numbers, seeded random numbers. No dependency, no request:
   it works from a file, offline.

   A page holds a box with a static picture and a text, `<div class="demo demo-NAME">`. A demo calls
   `Demo.start("NAME", build)`; `build(root)` fills `root`, and the static picture gives way to it.
   `Demo.later("NAME", build)` first fetches `data/NAME.js`, and only when its box comes near: weights of
   half a megabyte are for readers who get there. Without JavaScript, or if a demo fails, the static
   picture stays. */
"use strict";

window.demoData = window.demoData || {};
window.Demos = window.Demos || {};

/** `Demos[name] = make()`, for a part that needs no page: a worker, too, can be made of its text. */
Demos.part = (name, make) => {
  Demos[name] = make();
  Demos.part.texts.push(`Demos.${name} = (${make})();`);
};
Demos.part.texts = [];

Demos.part("random", () => {
  /** Random numbers from a seed (mulberry32): `{uniform(), normal()}`; the same seed, the same numbers. */
  return function random(seed) {
    let state = seed >>> 0;
    function uniform() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    }
    function normal() {
      return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    }
    return { uniform, normal };
  };
});

const Demo = (() => {
  function start(name, build) {
    for (const box of document.querySelectorAll(`.demo-${name}`)) {
      const root = element("div", { class: "demo-live" });
      const still = element("div", { class: "demo-still" });
      still.append(...box.childNodes);
      box.append(still, root);
      try {
        build(root);
        for (const picture of still.querySelectorAll("img, figure")) picture.hidden = true;
        box.classList.add("demo-alive");
      } catch (error) {
        root.remove();
        console.error(`demo ${name}:`, error);
      }
    }
  }

  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const waiting = new Map(); // what fetches the data of a demo and starts it, by the demo's name

  function later(name, build) {
    const boxes = document.querySelectorAll(`.demo-${name}`);
    if (!boxes.length) return;
    const near = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && wake(name),
      { rootMargin: "300px" },
    );
    waiting.set(name, () => {
      near.disconnect();
      return new Promise((done) => {
        const script = element("script", { src: `${folder}data/${name}.js` });
        script.addEventListener("load", () => done(start(name, build)));
        script.addEventListener("error", done); // no network: the static picture stays
        document.head.append(script);
      });
    });
    boxes.forEach((box) => near.observe(box));
  }

  /** Starts the named demos, or all that wait; the promise is kept when they run. */
  function wake(...names) {
    const asked = (names.length ? names : [...waiting.keys()]).filter((name) => waiting.has(name));
    const started = asked.map((name) => [waiting.get(name), waiting.delete(name)][0]());
    return Promise.all(started);
  }

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  let count = 0;

  /** A labelled slider: `{node, value, set(value)}`; `change(value)` on every move, by mouse or arrow keys. */
  function slider(label, { min, max, step, value, format = String }, change) {
    const id = `demo-control-${++count}`;
    const input = element("input", { type: "range", id, min, max, step, value, autocomplete: "off" });
    const output = element("output", { for: id }, format(value));
    const control = {
      node: element("div", { class: "demo-control" }, element("label", { for: id }, label), input, output),
      value,
      set(next) {
        control.value = Number(next);
        input.value = next;
        output.textContent = format(control.value);
        input.setAttribute("aria-valuetext", output.textContent);
      },
    };
    control.set(value);
    input.addEventListener("input", () => {
      control.set(input.value);
      change(control.value);
    });
    return control;
  }

  /** A labelled list of choices: `{node, value, set(value)}`; `options` maps values to what is shown. */
  function select(label, options, value, change) {
    const id = `demo-control-${++count}`;
    const input = element("select", { id });
    for (const [key, text] of Object.entries(options)) input.append(element("option", { value: key }, text));
    const control = {
      node: element("div", { class: "demo-control" }, element("label", { for: id }, label), input),
      get value() {
        return input.value;
      },
      set(next) {
        input.value = next;
      },
    };
    control.set(value);
    input.addEventListener("change", () => change(input.value));
    return control;
  }

  /** A labelled field for a whole number: `{node, value}`; `change(value)` when a number within min and max
      has been entered. */
  function number(label, { min, max, step, value }, change) {
    const id = `demo-control-${++count}`;
    const input = element("input", { type: "number", id, min, max, step, value, autocomplete: "off" });
    const control = { node: element("div", { class: "demo-control" }, element("label", { for: id }, label), input), value };
    input.addEventListener("change", () => {
      if (!input.value || !input.checkValidity()) input.value = control.value;
      control.value = Number(input.value);
      change(control.value);
    });
    return control;
  }

  /** A labelled box to tick: `{node}`; `change(on)` when it is. */
  function checkbox(label, on, change) {
    const input = element("input", { type: "checkbox", autocomplete: "off" });
    input.checked = on;
    input.addEventListener("change", () => change(input.checked));
    return { node: element("label", { class: "demo-check" }, input, ` ${label}`) };
  }

  function button(label, press) {
    const node = element("button", { type: "button", class: "demo-button" }, label);
    node.addEventListener("click", press);
    return node;
  }

  /** Changes the text of an element and nothing else: a new child would make a long page's styles be found anew. */
  function say(node, text) {
    if (!node.firstChild) node.append(document.createTextNode(""));
    if (node.firstChild.data !== text) node.firstChild.data = text;
  }

  /** A line of text that screen readers hear when it changes. */
  function readout() {
    return element("p", { class: "demo-readout", role: "status", "aria-live": "polite" });
  }

  /** A canvas of width x height CSS pixels at most, sharp on every screen. `draw(paint)` calls
      `paint(context, width, height, colours)` now and whenever the theme changes; `describe(text)` is
      what a reader who does not see it is told. */
  function canvas(width, height, text) {
    const node = element("canvas", { class: "demo-canvas", role: "img", "aria-label": text });
    const scale = Math.max(2, window.devicePixelRatio || 1);
    node.width = width * scale;
    node.height = height * scale;
    node.style.maxWidth = `${width}px`;
    node.style.aspectRatio = `${width} / ${height}`;
    const context = node.getContext("2d");
    let paint = () => {};
    function repaint() {
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      paint(context, width, height, colours(node));
    }
    onTheme(repaint);
    return {
      node,
      width,
      height,
      draw(next = paint) {
        paint = next;
        repaint();
      },
      describe(next) {
        node.setAttribute("aria-label", next);
      },
      /** Where an event points, in the canvas's own units. */
      point(event) {
        const box = node.getBoundingClientRect();
        return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
      },
    };
  }

  const NAMES = ["ink", "paper", "faint", "real", "fake", "third", "fourth", "fifth", "sixth", "accent"];

  /** The colours of demos.css under the present theme, such as `colours().real`. */
  function colours(node = document.documentElement) {
    const style = getComputedStyle(node);
    return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--demo-${name}`).trim()]));
  }

  function onTheme(change) {
    const observer = new MutationObserver(change);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  /** Draws grey levels in [-1, 1], `side` rows of `side`, as a square of `size` at (x, y): pixels stay pixels. */
  function pixels(context, values, side, x, y, size) {
    const picture = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const grey = Math.round((values[i] + 1) * 127.5); // clamped by the array
      picture.data.set([grey, grey, grey, 255], 4 * i);
    }
    const buffer = element("canvas", { width: side, height: side });
    buffer.getContext("2d").putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer, x, y, size, size);
  }

  /** A picture of side x side true pixels in [-1, 1], channel by channel, three or one; it is as large as the
      style sheet says: `{node, paint(values), describe(text)}`. */
  function tile(kind, side, text) {
    const node = element("canvas", { class: kind, role: "img", "aria-label": text, width: side, height: side });
    const context = node.getContext("2d");
    const picture = new ImageData(side, side);
    const size = side * side;
    return {
      node,
      describe: (next) => node.setAttribute("aria-label", next),
      paint(values) {
        const plane = values.length > size ? size : 0; // from one colour to the next
        for (let k = 0; k < size; k++) {
          for (let c = 0; c < 3; c++) picture.data[4 * k + c] = Math.round((values[c * plane + k] + 1) * 127.5); // clamped by the array
          picture.data[4 * k + 3] = 255;
        }
        context.putImageData(picture, 0, 0);
      },
    };
  }

  /** A play and pause button: `{node, playing, toggle()}`. While it plays, `step(seconds)` runs once a frame,
      with the seconds since the last one; it rests while `seen` is out of view or the tab is hidden. */
  function player(label, seen, step) {
    const node = button(`Play ${label}`, () => control.toggle());
    const control = {
      node,
      playing: false,
      toggle() {
        control.playing = !control.playing;
        node.textContent = `${control.playing ? "Pause" : "Play"} ${label}`;
        last = null;
        wake();
      },
    };
    let visible = true;
    let waiting = false;
    let last = null;
    function wake() {
      if (!control.playing || !visible || waiting) return;
      waiting = true;
      requestAnimationFrame(frame);
    }
    function frame(now) {
      waiting = false;
      if (!control.playing || !visible) return;
      step(last === null ? 0 : Math.min(0.1, (now - last) / 1000)); // no leap after a rest
      last = now;
      wake();
    }
    new IntersectionObserver((entries) => {
      visible = entries[entries.length - 1].isIntersecting; // of several that came at once, the newest
      last = null;
      wake();
    }).observe(seen);
    return control;
  }

  /** A function that has `show` called with the next frame: once, however often it is called until then. */
  function nextFrame(show) {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        show();
      });
    };
  }

  /** float32 numbers from base64, as tools/make_demos.py packs them. */
  function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }

  /** float32 numbers from base64 of 16-bit ones: the exponent's offset of 15 becomes 127, the digits move up. */
  function unpackHalf(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const numbers = new Float32Array(bytes.length / 2);
    const bits = new Uint32Array(numbers.buffer);
    new Uint16Array(bytes.buffer).forEach((half, i) => {
      const [size, digits] = [(half >> 10) & 31, half & 1023];
      if (size) bits[i] = ((size + 112) << 23) | (digits << 13);
      else numbers[i] = digits / 2 ** 24;
      if (half >> 15) numbers[i] = -numbers[i];
    });
    return numbers;
  }

  return {
    start, later, wake, element, slider, select, number, checkbox, button, readout, say, canvas, colours, onTheme, pixels,
    tile, player, nextFrame, unpack, unpackHalf, random: Demos.random,
  };
})();
