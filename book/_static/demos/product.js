/* The product of two matrices, in which nearly all the time of training goes. Written twice: plainly, and in
   WebAssembly with two numbers at a time. Both add in the same order, so they give the same numbers to the
   last bit, and a browser that has only the first is slower and nothing else. */
"use strict";

Demos.part("product", () => {
  let weights = new Float64Array(0); // the numbers of one row of a that are not zero
  let starts = new Int32Array(0); // where the rows of b begin that they are multiplied with

  /** out[n, m] += a[n, k] b[k, m]. Number (i, c) of a stands at i * down + c * across, so that a may also be
      read turned over. Behind a relu half of a is zero: first the others of a row are listed, then as many
      rows of b are added up, four at a time. */
  function plain(a, down, across, b, n, m, k, out) {
    if (weights.length < k + 3) [weights, starts] = [new Float64Array(k + 3), new Int32Array(k + 3)];
    for (let i = 0; i < n; i++) {
      let count = 0;
      for (let c = 0, at = i * down; c < k; c++, at += across) {
        if (a[at] === 0) continue; // NaN is not 0, and passes
        weights[count] = a[at];
        starts[count++] = c * m;
      }
      for (let rest = count; rest % 4; rest++) weights[rest] = starts[rest] = 0;
      const row = i * m;
      for (let c = 0; c < count; c += 4) {
        const w0 = weights[c];
        const w1 = weights[c + 1];
        const w2 = weights[c + 2];
        const w3 = weights[c + 3];
        const s0 = starts[c];
        const s1 = starts[c + 1];
        const s2 = starts[c + 2];
        const s3 = starts[c + 3];
        for (let j = 0; j < m; j++) {
          out[row + j] = out[row + j] + w0 * b[s0 + j] + w1 * b[s1 + j] + w2 * b[s2 + j] + w3 * b[s3 + j];
        }
      }
    }
  }

  /** The same for one or two columns: nothing to list. */
  function thin(a, down, across, b, n, m, k, out) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        let sum = out[i * m + j];
        for (let c = 0, at = i * down; c < k; c++, at += across) sum += a[at] * b[c * m + j];
        out[i * m + j] = sum;
      }
    }
  }

  // A little WebAssembly: each helper gives the bytes of an expression or of a statement.
  const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]);
  const sized = (bytes) => [...leb(bytes.length), ...bytes];
  const list = (items) => [...leb(items.length), ...items.flat()];
  const text = (word) => list([...word].map((letter) => [letter.charCodeAt(0)]));
  const get = (name) => [0x20, name];
  const set = (name, value) => [...value, 0x21, name];
  const whole = (n) => [0x41, n]; // below 64
  const plus = (x, y) => [...x, ...y, 0x6a];
  const times = (x, y) => [...x, ...y, 0x6c];
  const grow = (name, by) => set(name, plus(get(name), by));
  const differ = (x, y) => [...x, ...y, 0x47];
  const repeat = (body, asLongAs) => [0x03, 0x40, ...body.flat(), ...asLongAs, 0x0d, 0, 0x0b];
  const unless = (condition, body) => [0x02, 0x40, ...condition, 0x0d, 0, ...body.flat(), 0x0b];
  const number = (at) => [...at, 0x2b, 3, 0];
  const address = (at) => [...at, 0x28, 2, 8]; // the 32 bits that stand 8 bytes further
  const zero = (x) => [...x, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x61];
  const pair = (at, offset) => [...at, 0xfd, 0x00, 3, offset]; // two numbers in memory
  const both = (at) => [...at, 0xfd, 0x0a, 3, 0]; // one number, twice
  const addPairs = (x, y) => [...x, ...y, 0xfd, 0xf0, 1];
  const timesPairs = (x, y) => [...x, ...y, 0xfd, 0xf2, 1];
  const putNumber = (at, x) => [...at, ...x, 0x39, 3, 0];
  const putAddress = (at, x) => [...at, ...x, 0x36, 2, 8];
  const putPair = (at, offset, x) => [...at, ...x, 0xfd, 0x0b, 3, offset];
  const [I32, F64, V128] = [0x7f, 0x7c, 0x7b];

  /** `plain` for m a multiple of 16: eight pairs of a row of out stay in registers while the rows of b pass.
      Addresses and strides (down, across, width of a row of b) are in bytes. */
  function machine() {
    const [a, down, across, b, rows, width, k, out, noted, c, at, end, place, j, x, w] = Array(16).keys();
    const sums = [16, 17, 18, 19, 20, 21, 22, 23];
    const note = [putNumber(get(end), get(x)), putAddress(get(end), get(place)), grow(end, whole(16))];
    const gather = [
      set(x, number(get(at))),
      unless(zero(get(x)), note),
      grow(at, get(across)),
      grow(place, get(width)),
      grow(c, whole(127)), // one byte for -1
    ];
    const add = [
      set(w, both(get(c))),
      set(place, plus(address(get(c)), get(j))),
      ...sums.map((sum, i) => set(sum, addPairs(get(sum), timesPairs(get(w), pair(get(place), 16 * i))))),
      grow(c, whole(16)),
    ];
    const strip = [
      set(place, plus(get(out), get(j))),
      ...sums.map((sum, i) => set(sum, pair(get(place), 16 * i))),
      set(c, get(noted)),
      unless([...differ(get(c), get(end)), 0x45], [repeat(add, differ(get(c), get(end)))]),
      set(place, plus(get(out), get(j))),
      ...sums.map((sum, i) => putPair(get(place), 16 * i, get(sum))),
      grow(j, [0x41, 0x80, 0x01]), // 128
    ];
    const row = [
      set(end, get(noted)),
      set(at, get(a)),
      set(place, get(b)),
      set(c, get(k)),
      repeat(gather, get(c)),
      set(j, whole(0)),
      repeat(strip, differ(get(j), get(width))),
      grow(out, get(width)),
      grow(a, get(down)),
      grow(rows, whole(127)),
    ];
    const locals = list([[5, I32], [1, F64], [9, V128]]);
    const section = (id, bytes) => [id, ...sized(bytes)];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, list([[0x60, ...list(Array(9).fill([I32])), 0]])), // nine whole numbers to nothing
      ...section(3, list([[0]])),
      ...section(5, list([[0, 16]])), // a memory of a megabyte
      ...section(7, list([[...text("product"), 0, 0], [...text("memory"), 2, 0]])),
      ...section(10, list([sized([...locals, ...repeat(row, get(rows)), 0x0b])])),
    ]);
  }

  /** A function like `plain` that runs in WebAssembly, or null where there is none. */
  function fast() {
    let code;
    try {
      code = new WebAssembly.Instance(new WebAssembly.Module(machine())).exports;
    } catch {
      return null;
    }
    let numbers = new Float64Array(code.memory.buffer);
    return (a, down, across, b, n, m, k, out) => {
      const [atB, atOut] = [a.length, a.length + b.length];
      const atNotes = atOut + out.length;
      const missing = atNotes + 2 * k - numbers.length;
      if (missing > 0) {
        code.memory.grow(Math.ceil(missing / 8192));
        numbers = new Float64Array(code.memory.buffer);
      }
      numbers.set(a);
      numbers.set(b, atB);
      numbers.set(out, atOut);
      code.product(0, 8 * down, 8 * across, 8 * atB, n, 8 * m, k, 8 * atOut, 8 * atNotes);
      out.set(numbers.subarray(atOut, atNotes));
    };
  }

  const quick = fast();
  function product(a, down, across, b, n, m, k, out) {
    if (m < 3) thin(a, down, across, b, n, m, k, out);
    else if (quick && m % 16 === 0) quick(a, down, across, b, n, m, k, out);
    else plain(a, down, across, b, n, m, k, out);
  }

  return { plain, product, quick };
});
