/**
 * Which tensor's statistics are computed next: one at a time, the selected one first, then those in sight, then, when all are wanted, the others. What is large
 * is only computed when it is selected. Knows nothing of the page.
 */

/** How far a tensor is: nobody looked yet, its turn will come, at work (share done), done, or failed. */
export type Computed<S> =
  | { readonly kind: 'none' | 'waiting' }
  | { readonly kind: 'working'; readonly share: number }
  | { readonly kind: 'done'; readonly statistics: S }
  | { readonly kind: 'failed'; readonly message: string };

/** The queue over tensors numbered 0 to count - 1. */
export class StatisticsQueue<S> {
  private readonly states: Computed<S>[];
  private readonly inSight = new Set<number>();
  private selected: number | null = null;
  private current: number | null = null;
  private turn = 0;
  private areAllWanted = false;
  private hasEnded = false;

  /**
   * @param ask computes; asking again makes an earlier answer fail
   * @param isSmall whether a tensor is computed without being selected
   * @param changed is told the tensor whose state is another now
   */
  constructor(count: number, private readonly ask: (row: number) => Promise<S>, private readonly isSmall: (row: number) => boolean, private readonly changed: (row: number) => void) {
    this.states = Array.from({ length: count }, () => ({ kind: 'none' }));
  }

  /** How far a tensor is. */
  of(row: number): Computed<S> { return this.states[row] ?? { kind: 'none' }; }

  /** A tensor came into sight, or left it. */
  see(row: number, visible: boolean): void {
    if (visible) this.inSight.add(row); else this.inSight.delete(row);
    if (row !== this.current) {
      const { kind } = this.of(row);
      if (kind === 'none' && this.isWanted(row)) this.set(row, { kind: 'waiting' });
      else if (kind === 'waiting' && row !== this.selected && !this.isWanted(row)) this.set(row, { kind: 'none' });
    }
    this.next();
  }

  /** All are wanted, in sight or not. */
  wantAll(): void {
    this.areAllWanted = true;
    this.states.forEach(({ kind }, row) => { if (kind === 'none' && this.isWanted(row)) this.set(row, { kind: 'waiting' }); });
    this.next();
  }

  /** Nothing is wanted any more. */
  end(): void { this.hasEnded = true; }

  /** A tensor was chosen: it is computed now, also when it is large, and again when it failed. */
  select(row: number): void {
    const before = this.selected;
    this.selected = row;
    if (before !== null && before !== row && this.of(before).kind === 'waiting' && !this.isWanted(before)) this.set(before, { kind: 'none' });
    if (row === this.current || this.of(row).kind === 'done') return;
    this.set(row, { kind: 'waiting' });
    if (this.current !== null) this.interrupt();
    this.next();
  }

  /** The computation says how far it is. */
  progress(row: number, share: number): void {
    if (row === this.current) this.set(row, { kind: 'working', share });
  }

  /** Whether it is computed without being selected. */
  private isWanted(row: number): boolean {
    return this.isSmall(row) && (this.areAllWanted || this.inSight.has(row));
  }

  private set(row: number, state: Computed<S>): void {
    this.states[row] = state;
    this.changed(row);
  }

  /** Puts what is at work back into the line. */
  private interrupt(): void {
    const row = this.current!;
    this.current = null;
    this.set(row, { kind: this.isWanted(row) ? 'waiting' : 'none' });
  }

  private next(): void {
    if (this.current !== null || this.hasEnded) return;
    const waits = (row: number | null): row is number => row !== null && this.of(row).kind === 'waiting';
    const row = waits(this.selected) ? this.selected : [...this.inSight].sort((a, b) => a - b).find(waits) ?? this.states.findIndex((_, other) => waits(other));
    if (row < 0) return;
    this.current = row;
    this.set(row, { kind: 'working', share: 0 });
    void this.compute(row, ++this.turn);
  }

  private async compute(row: number, turn: number): Promise<void> {
    const state = await this.ask(row).then(
      (statistics): Computed<S> => ({ kind: 'done', statistics }),
      (error: unknown): Computed<S> => ({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
    if (turn !== this.turn || this.current !== row) return; // interrupted: it has been put back
    this.current = null;
    this.set(row, state);
    this.next();
  }
}
