/** Reading from the service inside a component. */

import { useCallback, useEffect, useState } from "preact/hooks";

import { Problem } from "./api";

export interface Loaded<T> {
  value: T | null;
  problem: Problem | null;
  again: () => void;
}

/** Read with `read` at first and whenever one of `causes` changes; a late answer to an old question is dropped. */
export function useLoaded<T>(read: () => Promise<T>, causes: readonly unknown[]): Loaded<T> {
  const [answer, setAnswer] = useState<{ value: T | null; problem: Problem | null }>({ value: null, problem: null });
  const [count, setCount] = useState(0);
  useEffect(() => {
    let wanted = true;
    read().then(
      (value) => wanted && setAnswer({ value, problem: null }),
      (error: unknown) => wanted && setAnswer({ value: null, problem: asProblem(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [...causes, count]);
  const again = useCallback(() => setCount((before) => before + 1), []);
  return { ...answer, again };
}

/** A refusal as it is; a fault of this page is thrown on, to be seen in the console. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
