/**
 * Hover: what a key means, its default and range, the paper's name for it, and what changes when it changes; on the keys about data
 * also the first example of it.
 */
import * as vscode from 'vscode';
import { hoverMarkdown } from '../../config/complete';
import { pathAt } from '../../config/document';
import { dataPreview } from './data-preview';
import { rangeOf } from './diagnostics';
import type { ParsedDocuments } from './parsed-documents';
import type { PictureInk } from './puzzle-picture';

/** Keys under which the data is shown. */
const aboutData = ['data_paths', 'dataset'];

/** What reads well on a hover of this theme: its own colours are not known here. */
function inkOf({ kind }: vscode.ColorTheme): PictureInk {
  const isLight = kind === vscode.ColorThemeKind.Light || kind === vscode.ColorThemeKind.HighContrastLight;
  const strong = kind === vscode.ColorThemeKind.HighContrast || kind === vscode.ColorThemeKind.HighContrastLight;
  return isLight ? { text: strong ? '#000000' : '#3b3b3b', ground: '#ffffff', strong } : { text: strong ? '#ffffff' : '#cccccc', ground: '#1f1f1f', strong };
}

/** Explains the key or value under the pointer. */
export class ConfigHover implements vscode.HoverProvider {
  constructor(private readonly parsed: ParsedDocuments) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const part = this.parsed.partOf(document);
    const found = part?.text && pathAt(part.text, document.offsetAt(position));
    if (!part || !found) return undefined;
    const path = [...part.at, ...found.path];
    const markdown = hoverMarkdown(path, part.data);
    if (markdown === undefined) return undefined;
    const contents = [new vscode.MarkdownString(markdown)];
    const { config } = part.config;
    const showsData = path.length <= 2 && aboutData.includes(String(path[0])) && (found.part === 'key' || path[0] === 'data_paths');
    if (config && showsData && part.owner.uri.scheme === 'file') contents.push(new vscode.MarkdownString(dataPreview(config, part.owner.uri.fsPath, inkOf(vscode.window.activeColorTheme))));
    return new vscode.Hover(contents, rangeOf(document, found.span));
  }
}
