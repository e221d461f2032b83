import { useEffect, useState } from "react";

import { messageOf } from "../ui/Notice";

const TRY_EVERY = 3_000;

/** Does the task again and again while it is needed and fails. Answers the last problem, empty again after a success. */
export function useRetried(task: () => Promise<unknown>, isNeeded: boolean): string {
  const [tries, setTries] = useState(0);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!isNeeded) return;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    task().then(
      () => setProblem(""),
      (error) => {
        if (isOver) return;
        setProblem(messageOf(error));
        timer = setTimeout(() => setTries(tries + 1), TRY_EVERY);
      },
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [task, isNeeded, tries]);
  return problem;
}
