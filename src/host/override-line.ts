/** Overrides as a person types them in one line. */

/** The overrides in a line, `lr=3e-4 watch=[0, 1]`: a space inside quotes or brackets that are closed divides nothing. */
export function splitOverrides(line: string): string[] {
  return line.match(/(?:"[^"]*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|\S)+/g) ?? [];
}
