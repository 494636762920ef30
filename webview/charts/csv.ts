/** Tables as text. */

/** Rows as CSV (RFC 4180, newline at the end). Numbers in full precision; NaN is an empty field. */
export function toCsv(columns: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const field = (value: string | number): string => {
    if (typeof value === 'number') return Number.isNaN(value) ? '' : String(value);
    return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  const lines = [columns.map(field).join(',')];
  for (const row of rows) lines.push(row.map(field).join(','));
  return `${lines.join('\n')}\n`;
}
