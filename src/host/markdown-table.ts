/** A table as Markdown in which nothing that a cell says is markup: names and notes come from run folders. */

/** Text that Markdown shows as it is. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+\-.!|~&:@$"'=/^]/g, character => `&#${character.codePointAt(0)!};`).replace(/[\r\n]+/g, ' ');
}

/** The first row is the head, the first column is set in bold. */
export function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  if (!head) return '';
  return [
    line(head.map(escapeMarkdown)), line(head.map(() => '---')),
    ...rows.map(([title = '', ...cells]) => line([`**${escapeMarkdown(title)}**`, ...cells.map(escapeMarkdown)])),
  ].join('\n');
}
