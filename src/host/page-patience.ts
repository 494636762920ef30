/** How long a page may be silent before it is given to its webview again. Every page asks the extension for something as it starts. */

/** Seconds after each time that it is given. */
export const patience = [6, 12, 24] as const;

/** The page that is waited for. */
export interface AwaitedPage {
  /** Whether it can be seen: one that nobody sees may not have been loaded at all. */
  visible(): boolean;
  /** Gives it to its webview. */
  give(): void;
  /** It said nothing for so long; whether it is given again. */
  silent(seconds: number, again: boolean): void;
}

/** Gives a page until it says something: the returned function is to be called then, and when the page is closed. */
export function giveUntilHeard(page: AwaitedPage): () => void {
  let timer: NodeJS.Timeout;
  const wait = (given: number): void => {
    const seconds = patience[given]!;
    timer = setTimeout(() => {
      if (!page.visible()) { wait(given); return; }
      const again = given + 1 < patience.length;
      page.silent(seconds, again);
      if (!again) return;
      page.give();
      wait(given + 1);
    }, seconds * 1000);
  };
  page.give();
  wait(0);
  return () => clearTimeout(timer);
}
