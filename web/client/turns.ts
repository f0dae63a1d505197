// One thing at a time: what a flow is doing, the timers that belong to it, and the answers that come too late.
import type { GinnelError } from "./errors.ts";

export type Turns = ReturnType<typeof createTurns>;

export function createTurns() {
  let turn = new AbortController();
  return {
    /** Ends whatever is under way; the signal is that of the new undertaking. */
    next(): AbortSignal {
      turn.abort();
      turn = new AbortController();
      return turn.signal;
    },

    /** Calls after some seconds, unless something else has begun by then. */
    later(seconds: number, call: () => void): void {
      const timer = setTimeout(call, seconds * 1000);
      turn.signal.addEventListener("abort", () => clearTimeout(timer));
    },

    /** Goes on with the answer to a request or with its failure, unless something else has begun meanwhile. */
    settle<T>(
      request: Promise<T>,
      then: (answer: T) => void,
      otherwise: (problem: GinnelError) => void,
    ): void {
      const { signal } = turn;
      request.then(
        (answer) => signal.aborted || then(answer),
        (problem) => signal.aborted || otherwise(problem as GinnelError),
      );
    },
  };
}
