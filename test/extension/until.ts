/** Waiting in the extension host for what comes when it comes. */

/** Looks ten times a second until there is something to see, and gives it. Throws what did not come. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seconds = 40): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come within ${seconds} s`);
}

/** Looks until something holds. */
export const untilHolds = async (what: string, holds: () => Promise<boolean> | boolean): Promise<true> => until(what, async () => (await holds()) || undefined, 15);
