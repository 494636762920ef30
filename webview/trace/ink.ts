/**
 * The inspector's colours, by meaning, resolved from the editor's theme for drawing on canvases (screen and exports alike).
 * Every meaning also has a shape; see `paint-cell.ts`.
 */
import type { Theme } from '../shared/theme';
import type { FeatureName } from './decode';

/** Colours by meaning, and type. */
export interface Ink {
  readonly text: string;
  readonly muted: string;
  readonly ground: string;
  readonly line: string;
  readonly right: string;
  readonly wrong: string;
  readonly conflict: string;
  readonly halt: string;
  readonly focus: string;
  readonly feature: Readonly<Record<FeatureName, string>>;
  readonly font: string;
  /** High contrast: no translucent fills, full-strength lines. */
  readonly strong: boolean;
}

/** The theme's ink. */
export function inkOf(theme: Theme): Ink {
  const editor = getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background').trim();
  const [blue, orange, , purple, , , yellow] = theme.palette;
  return {
    text: theme.foreground, muted: theme.muted, ground: editor || theme.background, line: theme.foreground,
    right: theme.success, wrong: theme.error, conflict: orange!, halt: yellow!, focus: theme.focus,
    feature: { y: blue!, z: purple! },
    font: theme.fontFamily, strong: theme.highContrast,
  };
}
