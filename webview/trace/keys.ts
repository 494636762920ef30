/** The keyboard of the inspector: which key moves what. Keys meant for a field, a button or a grid are left to it. */
import type { Level } from './timeline';

/** What a key means. */
export type KeyCommand = { readonly move: Level; readonly direction: 1 | -1 } | { readonly end: 'first' | 'last' } | 'play' | 'compare' | 'feature';

/** A key press, as far as it matters here. */
export interface KeyPress { readonly key: string; readonly shiftKey: boolean; readonly altKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean }

/** The command of a key press, or null. */
export function keyCommand(press: KeyPress): KeyCommand | null {
  if (press.altKey || press.ctrlKey || press.metaKey) return null;
  switch (press.key) {
    case 'ArrowLeft': return { move: press.shiftKey ? 'step' : 'frame', direction: -1 };
    case 'ArrowRight': return { move: press.shiftKey ? 'step' : 'frame', direction: 1 };
    case 'ArrowUp': return { move: 'recursion', direction: -1 };
    case 'ArrowDown': return { move: 'recursion', direction: 1 };
    case ',': return { move: 'frame', direction: -1 };
    case '.': return { move: 'frame', direction: 1 };
    case 'Home': return { end: 'first' };
    case 'End': return { end: 'last' };
    case ' ': return 'play';
    case 'c': return 'compare';
    case 'f': return 'feature';
    default: return null;
  }
}
