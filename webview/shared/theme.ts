/**
 * The editor's theme as the webviews draw it. CSS follows the theme by itself through variables; canvases cannot, so they
 * ask here for resolved colours and are told when the theme changes. VS Code announces a change by rewriting the
 * class of <body> and the style of <html>; nothing else is watched.
 */

/** The four kinds of theme VS Code knows. */
export type ThemeKind = 'light' | 'dark' | 'high-contrast' | 'high-contrast-light';

/** Resolved colours (CSS colour strings) and type for drawing on a canvas. */
export interface Theme {
  readonly kind: ThemeKind;
  /** Light text on a dark ground. */
  readonly dark: boolean;
  readonly highContrast: boolean;
  readonly reducedMotion: boolean;
  readonly foreground: string;
  /** Secondary text: axis labels, units. */
  readonly muted: string;
  /** What is behind the page: the colour of the side bar or of the editors. */
  readonly background: string;
  readonly border: string;
  /** Grid lines behind data. */
  readonly grid: string;
  readonly focus: string;
  readonly error: string;
  readonly warning: string;
  readonly success: string;
  readonly info: string;
  /** Seven colours of lines, most distinct first. Use them with a dash or a shape: never colour alone. */
  readonly palette: readonly string[];
  readonly fontFamily: string;
  /** Pixels. */
  readonly fontSize: number;
}

/** Something that listens until it is disposed of. */
export interface Disposable { dispose(): void }

interface Fallbacks { readonly foreground: string; readonly muted: string; readonly background: string; readonly border: string; readonly palette: readonly string[] }
const onLight: Fallbacks = {
  foreground: '#3b3b3b', muted: '#616161', background: '#ffffff', border: '#d4d4d4',
  palette: ['#1a85ff', '#d18616', '#388a34', '#652d90', '#e51400', '#0598bc', '#bf8803'],
};
const onDark: Fallbacks = {
  foreground: '#cccccc', muted: '#9d9d9d', background: '#181818', border: '#3c3c3c',
  palette: ['#3794ff', '#d18616', '#89d185', '#b180d7', '#f14c4c', '#29b8db', '#cca700'],
};
const lineVariables = ['charts-blue', 'charts-orange', 'charts-green', 'charts-purple', 'charts-red', 'terminal-ansiCyan', 'charts-yellow'];

/** The theme as it is now. */
export function readTheme(): Theme {
  const styles = getComputedStyle(document.documentElement);
  const token = (names: readonly string[], fallback: string): string => {
    for (const name of names) {
      const value = styles.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== '') return value;
    }
    return fallback;
  };
  const kind = themeKind(document.body.classList);
  const dark = kind === 'dark' || kind === 'high-contrast';
  const highContrast = kind === 'high-contrast' || kind === 'high-contrast-light';
  const fall = dark ? onDark : onLight;
  const foreground = token(['foreground', 'editor-foreground'], fall.foreground);
  return {
    kind, dark, highContrast, foreground,
    reducedMotion: document.body.classList.contains('vscode-reduce-motion') || matchMedia('(prefers-reduced-motion: reduce)').matches,
    muted: highContrast ? foreground : token(['descriptionForeground'], fall.muted),
    background: styles.getPropertyValue('--ground').trim() || fall.background,
    border: token(highContrast ? ['contrastBorder'] : ['panel-border', 'widget-border'], highContrast ? foreground : fall.border),
    grid: highContrast ? foreground : token(['charts-lines', 'panel-border'], fall.border),
    focus: token(['focusBorder'], fall.palette[0]!),
    error: token(['charts-red', 'errorForeground'], fall.palette[4]!),
    warning: token(['charts-yellow', 'editorWarning-foreground'], fall.palette[6]!),
    success: token(['charts-green', 'testing-iconPassed'], fall.palette[2]!),
    info: token(['charts-blue', 'editorInfo-foreground'], fall.palette[0]!),
    palette: lineVariables.map((name, i) => token([name], fall.palette[i]!)),
    fontFamily: token(['font-family'], 'system-ui, sans-serif'),
    fontSize: Number.parseFloat(token(['font-size'], '13')) || 13,
  };
}

/**
 * Calls back after every change of theme or of the wish for reduced motion.
 * @returns what ends it.
 */
export function watchTheme(changed: (theme: Theme) => void): Disposable {
  let pending = 0;
  const notice = (): void => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => changed(readTheme()));
  };
  const observer = new MutationObserver(notice);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  const motion = matchMedia('(prefers-reduced-motion: reduce)');
  motion.addEventListener('change', notice);
  return {
    dispose: () => {
      observer.disconnect();
      motion.removeEventListener('change', notice);
      cancelAnimationFrame(pending);
    },
  };
}

function themeKind(classes: DOMTokenList): ThemeKind {
  if (classes.contains('vscode-high-contrast-light')) return 'high-contrast-light';
  if (classes.contains('vscode-high-contrast')) return 'high-contrast';
  return classes.contains('vscode-light') ? 'light' : 'dark';
}
