/**
 * The inspector's colours, by meaning: what is drawn on canvases, on screen and in exports alike. They come from the editor's theme, see `theme-ink.ts`.
 * Every meaning also has a shape; see `paint-cell.ts`.
 */
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
  /** The second of two traces. */
  readonly other: string;
  readonly feature: Readonly<Record<FeatureName, string>>;
  readonly font: string;
  /** High contrast: no translucent fills, full-strength lines. */
  readonly strong: boolean;
}
