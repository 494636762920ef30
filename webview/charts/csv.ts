/** Tables as text. */

/**
 * Rows as CSV (RFC 4180, newline at the end). Numbers in full precision; NaN is an empty field. Names come from run folders, which anybody may
 * have written: a text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
export function toCsv(columns: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const field = (value: string | number): string => {
    if (typeof value === 'number') return Number.isNaN(value) ? '' : String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(field).join(',')];
  for (const row of rows) lines.push(row.map(field).join(','));
  return `${lines.join('\n')}\n`;
}
