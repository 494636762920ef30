/** The order of the tensors when they are sorted by a column, and, where its values are computed one by one, what of that order is not known yet. */
import type { Computed } from './statistics-queue';

/** Rows by their values; NaN, what is not known, goes last. */
export function sortRows(rows: readonly number[], value: (row: number) => string | number, descending: boolean): number[] {
  const sign = descending ? -1 : 1;
  const isKnown = (row: number): boolean => !Number.isNaN(value(row));
  return [...rows].sort((a, b) => {
    if (isKnown(a) !== isKnown(b)) return isKnown(a) ? -1 : 1;
    const [x, y] = [value(a), value(b)];
    return typeof x === 'string' ? sign * x.localeCompare(String(y), 'en', { numeric: true }) : sign * (x - Number(y));
  });
}

/** How many of these states will still change by themselves. */
export function pendingCount(states: readonly Computed<unknown>[]): number {
  return states.filter(({ kind }) => kind === 'waiting' || kind === 'working').length;
}

const tensors = (count: number, what = ''): string => `${count} ${what}${count === 1 ? 'tensor' : 'tensors'}`;

/** What a person must know of an order by computed values; empty when there is nothing. `large`: bytes above which a tensor is only read when it is selected. */
export function orderWords(column: string, states: readonly { readonly isRead: boolean; readonly state: Computed<unknown> }[], large: string): string {
  const pending = pendingCount(states.map(({ state }) => state));
  const left = states.filter(({ isRead, state: { kind } }) => isRead && (kind === 'none' || kind === 'failed')).length;
  const unread = states.filter(({ isRead }) => !isRead).length;
  return [
    pending > 0 && `${tensors(pending)} still to be read: the order by ${column} is not final.`,
    left > 0 && `The ${column} of ${tensors(left)} is not known: those larger than ${large} are read when they are selected, and come last until then.`,
    unread > 0 && `${tensors(unread)} of number formats that are not read here ${unread === 1 ? 'comes' : 'come'} last.`,
  ].filter(Boolean).join(' ');
}
