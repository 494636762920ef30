/** What a tool answers: a JSON document of bounded length, since it becomes part of a conversation. */

/** Characters of an answer at most. */
export const longestAnswer = 40_000;
/** Characters that the words on what was left out take at most. */
const room = 500;

/** The lists of an answer that may be shortened, with the end at which their oldest entries are, or those that matter least. */
export type Shortened = Readonly<Record<string, 'first' | 'last'>>;

/**
 * A document as text. One that is too long loses whole entries of its lists, the longest list first, and says how many in `left_out`; it stays
 * JSON. What is too long without them is left out as a whole.
 */
export function answerText(document: unknown, lists: Shortened = {}): string {
  const text = JSON.stringify(document);
  if (text.length <= longestAnswer) return text;
  const whole = Object.fromEntries(Object.entries(typeof document === 'object' && document !== null ? document : {}));
  const kept = Object.entries(lists).flatMap(([name, oldest]) => {
    const entries: unknown = whole[name];
    return Array.isArray(entries) ? [new Kept(name, oldest, entries)] : [];
  });
  let length = text.length + room;
  while (length > longestAnswer) {
    const longest = kept.reduce<Kept | null>((found, list) => (list.length > (found?.length ?? 0) ? list : found), null);
    if (!longest) return JSON.stringify({ left_out: 'all', characters: text.length, next: 'Ask for less.' });
    length -= longest.drop();
  }
  const left_out = Object.fromEntries(kept.filter(({ dropped }) => dropped > 0).map(({ name, dropped }) => [name, dropped]));
  return JSON.stringify({ ...whole, ...Object.fromEntries(kept.map(list => [list.name, list.entries])), left_out });
}

/** A list that gives up entries one by one. Lengths in characters of JSON. */
class Kept {
  length: number;
  dropped = 0;
  private readonly lengths: number[];

  constructor(readonly name: string, private readonly oldest: 'first' | 'last', private readonly all: readonly unknown[]) {
    this.lengths = all.map(entry => JSON.stringify(entry).length + 1);
    this.length = this.lengths.reduce((sum, each) => sum + each, 0);
  }

  get entries(): readonly unknown[] {
    return this.oldest === 'first' ? this.all.slice(this.dropped) : this.all.slice(0, this.all.length - this.dropped);
  }

  /** Drops the oldest entry; returns its length. */
  drop(): number {
    const gone = this.lengths[this.oldest === 'first' ? this.dropped : this.lengths.length - 1 - this.dropped]!;
    this.dropped++;
    this.length -= gone;
    return gone;
  }
}
