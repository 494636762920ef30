/** The inspector's colours, resolved from the editor's theme. */
import type { Theme } from '../shared/theme';
import type { Ink } from './ink';

/** The theme's ink. */
export function inkOf(theme: Theme): Ink {
  const editor = getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background').trim();
  const [blue, orange, , purple, , cyan, yellow] = theme.palette;
  return {
    text: theme.foreground, muted: theme.muted, ground: editor || theme.background, line: theme.foreground,
    right: theme.success, wrong: theme.error, conflict: orange!, halt: yellow!, focus: theme.focus,
    other: theme.highContrast ? cyan! : orange!, feature: { y: blue!, z: purple! },
    font: theme.fontFamily, strong: theme.highContrast,
  };
}
