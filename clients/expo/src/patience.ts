/** So long (ms) is waited for the server where there is something to go on with. */
const PATIENCE = 2_000;

/** What the task comes to in time; nothing if it takes longer, and then it goes on by itself. */
export async function inTime<T>(task: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  return Promise.race([task, late]).finally(() => clearTimeout(timer));
}
