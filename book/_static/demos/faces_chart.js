/* Chapter 13, the demo of faces: the judge's readings as marks on one line for each factor, and the small pictures
   that are made anew one after the other. */
"use strict";

/** `{node, show(readings)}`: A's, B's and your face's marks on a line for each factor. */
Demos.faces.chart = (factors) => {
  const { ofMany, signed } = Demos.faces;
  const [LEFT, RIGHT, ROW, TOP] = [92, 312, 16, 20];
  const [WIDTH, HEIGHT] = [322, TOP + ROW * factors.length];
  const canvas = Demo.canvas(WIDTH, HEIGHT, "what the judge reads");

  const along = (value, { low, high }) => LEFT + ((RIGHT - LEFT) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);

  function triangle(context, x, y, way) {
    context.beginPath();
    context.moveTo(x, y + way);
    context.lineTo(x - 4, y + 7 * way);
    context.lineTo(x + 4, y + 7 * way);
    context.fill();
  }

  function dot(context, x, y, filled) {
    context.beginPath();
    context.arc(x, y, 4, 0, 2 * Math.PI);
    if (filled) context.fill();
    else context.stroke();
  }

  function line(context, y, from, to) {
    context.beginPath();
    context.moveTo(from, y);
    context.lineTo(to, y);
    context.stroke();
  }

  function legend(context, colours) {
    context.textAlign = "left";
    context.fillStyle = colours.real;
    triangle(context, LEFT + 5, 11, -1);
    context.fillText("A", LEFT + 13, 12);
    context.fillStyle = colours.fake;
    triangle(context, LEFT + 40, 5, 1);
    context.fillText("B", LEFT + 48, 12);
    context.fillStyle = colours.ink;
    dot(context, LEFT + 74, 8, true);
    context.fillText("yours", LEFT + 82, 12);
    context.strokeStyle = colours.ink;
    dot(context, LEFT + 126, 8, false);
    context.fillText("before sliders", LEFT + 134, 12);
  }

  function row(context, colours, factor, k, { a, b, plain, yours }) {
    const y = TOP + ROW * (k + 0.5);
    context.fillStyle = colours.ink;
    context.textAlign = "right";
    context.fillText(factor.words, LEFT - 10, y + 4);
    context.strokeStyle = colours.faint;
    context.lineWidth = 1;
    line(context, y, LEFT, RIGHT);
    const steps = ofMany(factor) ? factor.kinds : [];
    steps.forEach((_, kind) => context.strokeRect(along(kind, factor) - 0.5, y - 2, 1, 4));
    context.fillStyle = colours.real;
    triangle(context, along(a[k], factor), y - 1, -1);
    context.fillStyle = colours.fake;
    triangle(context, along(b[k], factor), y + 1, 1);
    context.strokeStyle = context.fillStyle = colours.ink;
    const [from, to] = [along(plain[k], factor), along(yours[k], factor)];
    context.lineWidth = 1.5;
    if (Math.abs(to - from) > 1) {
      line(context, y, from, to);
      dot(context, from, y, false);
    }
    dot(context, to, y, true);
  }

  function show(readings) {
    canvas.draw((context, _width, _height, colours) => {
      context.font = "12.5px sans-serif";
      context.lineWidth = 1.5;
      legend(context, colours);
      factors.forEach((factor, k) => row(context, colours, factor, k, readings));
    });
    const value = (factor, k) => (ofMany(factor) ? factor.kinds[readings.yours[k]] : signed(readings.yours[k]).replace("+", ""));
    const told = factors.map((factor, k) => `${factor.words} ${value(factor, k)}`);
    canvas.describe(`What the judge reads in your face: ${told.join(", ")}.`);
  }

  return { node: canvas.node, show };
};

/** `{ask(jobs)}`: runs jobs that are out of date, each once, a few at a time, so that no slider waits for them. It
    goes round: whoever moves a slider sees all pictures follow. `done()` when nothing is left. */
Demos.faces.painter = (done) => {
  const stale = new Set(); // in the order in which they were asked for
  let waiting = false;

  function work() {
    waiting = false;
    const until = performance.now() + 12; // milliseconds, less than a frame
    for (const job of stale) {
      stale.delete(job);
      job();
      if (performance.now() > until) break;
    }
    if (stale.size) wake();
    else done();
  }

  function wake() {
    if (waiting) return;
    waiting = true;
    setTimeout(work);
  }

  return {
    /** A job that waits already keeps its place. */
    ask(jobs) {
      jobs.forEach((job) => stale.add(job));
      wake();
    },
  };
};
