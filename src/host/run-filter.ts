/**
 * What the filter of the Runs view means. All terms must fit: `#tag` (its beginning), `is:STATE`, `is:live`, `is:pinned`, and any
 * other word somewhere in the name, id, notes, config or engine; `-` before a term turns it round. Upper and lower case are alike.
 */
import type { RunSummary } from '../runs/read-run';
import { isLive } from './run-text';

/** The states that `is:` knows; lost is also found by the words that the tree has for it. */
export const filterStates = ['queued', 'pending', 'running', 'paused', 'finished', 'failed', 'stopped', 'crashed', 'lost', 'live', 'pinned'] as const;

type Filtered = Pick<RunSummary, 'manifest' | 'state' | 'pinned'>;

const termsOf = (filter: string): string[] => filter.toLowerCase().split(/\s+/).filter(term => term !== '' && term !== '-');

function isWord(word: string, { state, pinned }: Filtered): boolean {
  if (word === 'live') return isLive(state);
  return word === 'pinned' ? pinned : state === word;
}

function fits(term: string, run: Filtered): boolean {
  const { name, id, notes, tags, config_path, engine } = run.manifest;
  if (term.startsWith('-')) return !fits(term.slice(1), run);
  if (term.startsWith('#')) return tags.some(tag => tag.toLowerCase().startsWith(term.slice(1)));
  if (term.startsWith('is:')) return isWord(term.slice(3), run);
  return [name, id, notes, config_path, engine ? `${engine.name} ${engine.device}` : ''].some(text => text.toLowerCase().includes(term));
}

/** Whether a run is shown under a filter; an empty one shows all. */
export function fitsFilter(filter: string, run: Filtered): boolean {
  return termsOf(filter).every(term => fits(term, run));
}

/** What is wrong with a filter, in words; null when nothing is. */
export function filterProblem(filter: string): string | null {
  const unknown = termsOf(filter).map(term => term.replace(/^-/, '')).find(term => term.startsWith('is:') && !filterStates.includes(term.slice(3) as typeof filterStates[number]));
  return unknown === undefined ? null : `${unknown}: expected is: and one of ${filterStates.join(', ')}`;
}
