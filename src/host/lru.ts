/** A map that forgets what was not used for longest. */

/** Keeps values of at most `limit` in all, by `weigh`; one that is heavier alone is not kept. */
export class Lru<V> {
  private readonly values = new Map<string, V>();
  private weight = 0;
  constructor(private readonly limit: number, private readonly weigh: (value: V) => number) {}

  /** The value, which is now the one used last. */
  get(key: string): V | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    this.values.delete(key);
    this.values.set(key, value);
    return value;
  }

  /** Keeps a value. */
  set(key: string, value: V): void {
    this.forget(key);
    this.values.set(key, value);
    this.weight += this.weigh(value);
    for (const oldest of this.values.keys()) {
      if (this.weight <= this.limit) return;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    const value = this.values.get(key);
    if (value === undefined) return;
    this.values.delete(key);
    this.weight -= this.weigh(value);
  }
}
