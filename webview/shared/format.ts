/**
 * Numbers as people read them: with thousands separators, units and no more digits than mean something.
 * A value that is not there (NaN) is an en dash.
 */

const absent = '–';
const groups = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const scientific = (value: number, digits: number): string => value.toExponential(digits).replace(/\.?0+e/, 'e').replace('e+', 'e');

/** A measured value with about four significant digits: 0.5312, 12.35, 1,204, 3.2e-5. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? absent : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3 || size >= 1e7) return scientific(value, 2);
  if (size >= 1000) return groups.format(value);
  return String(Number(value.toPrecision(4)));
}

/** A number on an axis: short, no trailing zeros. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3) return scientific(value, 1);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return size >= 1000 ? groups.format(value) : String(Number(value.toPrecision(3)));
}

/** A whole number: 12,400. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? groups.format(Math.round(value)) : absent;
}

/** A share in 0..1 as percent with one decimal: 97.4 %. */
export function formatPercent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : absent;
}

/** Seconds in the two largest units: 45 s, 12 min 5 s, 3 h 20 min, 2 d 4 h. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return absent;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${Number(seconds.toPrecision(2))} s`;
  const units: readonly [number, string][] = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']];
  const at = units.findIndex(([size]) => whole >= size);
  const [size, name] = units[at]!;
  const next = units[at + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[0]);
  return `${Math.floor(whole / size)} ${name}${rest > 0 ? ` ${rest} ${next![1]}` : ''}`;
}

/** Bytes in binary units: 512 MiB, 1.25 GiB. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return absent;
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${names[power]!}`;
}

/** Local time of Unix seconds: 14:03:27, with the day when asked. */
export function formatClock(unixSeconds: number, withDay = false): string {
  if (!Number.isFinite(unixSeconds)) return absent;
  const date = new Date(unixSeconds * 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withDay ? `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}` : clock;
}
