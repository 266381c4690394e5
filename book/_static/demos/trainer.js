/* Who plays the games of world.js: a worker of the page, so that drawing need not wait for training, or the
   page itself, where there are no workers. Both are spoken to by messages, and answer each with a picture. */
"use strict";

Demos.part("trainer", () => {
  const { world: worlds } = Demos;
  const SLICE = 4; // milliseconds of training, then a look for messages
  const LEASE = 100; // milliseconds that a worker trains on after a frame: a page out of sight asks for none
  const BUDGET = 9; // milliseconds of training in a frame of the page itself: the rest of its 16 is for drawing

  /** Plays one game. `answer(picture)` is called once for every message; `alone` says that nobody draws here.

      A message is `{order, look, ...}`. Orders: `begin` (settings, mixture) a new game; `show` (mixture)
      other data; `set` (rates) a pace; `move` (name) one player alone; `half` half a step; `frame` (steps,
      Infinity for as many as there is time for); `rest` and `pause`. `look` names what the picture shall hold besides
      the samples: `far`, `sheet`, `words`, `count`. */
  function serve(answer, alone) {
    let world = null;
    let until = 0;
    const channel = alone ? new MessageChannel() : null;
    if (alone) channel.port1.onmessage = train;

    /** Runs `move`, unless the game has ended; a loss that is no number ends it. */
    function guarded(move) {
      if (world.failed) return null;
      try {
        return move();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        world.failed = `After step ${world.steps} ${error.message}`;
        return null;
      }
    }

    function trainFor(milliseconds) {
      const end = performance.now() + milliseconds;
      guarded(() => {
        do worlds.step(world);
        while (performance.now() < end);
      });
    }

    function train() {
      if (world.failed || performance.now() > until) return;
      trainFor(SLICE);
      channel.port2.postMessage(null); // messages of the page come first
    }

    function steps(count) {
      if (count !== Infinity) guarded(() => {
        for (let i = 0; i < count; i++) worlds.step(world);
      });
      else if (!alone) trainFor(BUDGET);
      else {
        const resting = performance.now() > until;
        until = performance.now() + LEASE;
        if (resting) channel.port2.postMessage(null);
      }
    }

    const orders = {
      begin: ({ settings, mixture }) => void (world = worlds.create(settings, mixture)),
      show: ({ mixture }) => worlds.show(world, mixture),
      set: ({ rates }) => worlds.pace(world, rates),
      move: ({ name }) => guarded(() => worlds.moveAlone(world, name)),
      half: () => guarded(() => worlds.half(world)),
      frame: ({ steps: count }) => steps(count),
      rest: () => null,
      pause: () => null,
    };

    return (message) => {
      if (message.order !== "frame") until = 0;
      const moved = orders[message.order](message);
      answer({ order: message.order, moved, ...worlds.picture(world, message.look) });
    };
  }

  return { serve };
});

Demos.engine = (() => {
  /** The text of a worker that holds all parts and serves the page. */
  function source() {
    return [
      '"use strict";',
      "const Demos = {};",
      ...Demos.part.texts,
      "const receive = Demos.trainer.serve((picture) => postMessage(picture), true);",
      "onmessage = ({ data }) => receive(data);",
    ].join("\n");
  }

  /** Somebody who trains: `send(message)` leads to one `answer(picture)`, in order. A worker is made from the
      text of the scripts, which works from a file, too; if none starts, the page trains itself. */
  function open(answer, worker = typeof Worker !== "undefined") {
    const engine = {};
    const here = () => Object.assign(engine, { apart: false, send: Demos.trainer.serve(answer, false) });
    if (!worker) return here();
    let thread;
    let unanswered = []; // what to say again if the worker does not start
    try {
      thread = new Worker(URL.createObjectURL(new Blob([source()], { type: "text/javascript" })));
    } catch {
      return here();
    }
    thread.onmessage = ({ data }) => {
      unanswered = null;
      answer(data);
    };
    thread.onerror = (event) => {
      if (!unanswered) return;
      event.preventDefault();
      here();
      unanswered.splice(0).forEach((message) => engine.send(message));
    };
    const send = (message) => {
      if (unanswered) unanswered.push(message);
      thread.postMessage(message);
    };
    return Object.assign(engine, { apart: true, send });
  }

  return { open };
})();
