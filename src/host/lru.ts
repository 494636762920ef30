/** A map that forgets what was not used for longest. */

/** Keeps at most `limit` values. */
export class Lru<V> {
  private readonly values = new Map<string, V>();
  constructor(private readonly limit: number) {}

  get(key: string): V | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    this.values.delete(key);
    this.values.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.values.delete(key);
    this.values.set(key, value);
    for (const oldest of this.values.keys()) {
      if (this.values.size <= this.limit) return;
      this.values.delete(oldest);
    }
  }
}
