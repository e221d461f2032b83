/** Milliseconds to wait for the server where the app can go on without its answer. */
const PATIENCE = 2_000;

/** The result of the task; undefined if it takes longer than PATIENCE. The task itself goes on. */
export async function inTime<T>(task: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  return Promise.race([task, late]).finally(() => clearTimeout(timer));
}
