/**
 * What mends a problem of a config with one key press: the nearest known key or value in its place, the nearest bound, the key taken out,
 * the dataset built.
 */
import * as vscode from 'vscode';
import { pathAt, removalOf } from '../../config/document';
import type { ConfigProblem } from '../../config/errors';
import { rangeOf } from './diagnostics';
import { missingData } from './missing-data';
import type { ConfigPart, ParsedDocuments } from './parsed-documents';

/** The problems whose key does no harm to leave out. */
const removable: readonly ConfigProblem['code'][] = ['unused_key', 'unknown_key'];

/** Offers what mends the problems under the cursor. */
export class ConfigFixes implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];
  constructor(private readonly parsed: ParsedDocuments) {}

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, { diagnostics }: vscode.CodeActionContext): vscode.CodeAction[] {
    const part = this.parsed.partOf(document);
    if (!part) return [];
    const { config, owner } = part;
    const fix = (title: string, place: vscode.Range): vscode.CodeAction => {
      const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      action.diagnostics = diagnostics.filter(diagnostic => diagnostic.source === 'trm' && diagnostic.range.isEqual(place));
      return action;
    };
    const edits = config.problems.filter(({ file }) => file === part.file).flatMap(problem => {
      const place = rangeOf(document, problem);
      return place.intersection(range) ? editsOf(document, part, problem, place).map(({ title, at, text, isPreferred }) => {
        const action = fix(title, place);
        action.edit = new vscode.WorkspaceEdit();
        action.edit.replace(document.uri, at, text);
        action.isPreferred = isPreferred;
        return action;
      }) : [];
    });
    const builds = missingData(config, owner.uri.scheme === 'file' ? owner.uri.fsPath : undefined).flatMap(({ span, file, kind }) => {
      const place = rangeOf(document, span);
      if (file !== part.file || kind !== 'made' || !place.intersection(range)) return [];
      const title = vscode.l10n.t('Build Dataset');
      return [Object.assign(fix(title, place), { command: { title, command: 'trm.buildDataset', arguments: [owner.uri] }, isPreferred: true })];
    });
    return [...edits, ...builds];
  }
}

interface Edit { readonly title: string; readonly at: vscode.Range; readonly text: string; readonly isPreferred: boolean }

function editsOf(document: vscode.TextDocument, { text: parsed }: ConfigPart, { code, replacement }: ConfigProblem, place: vscode.Range): Edit[] {
  const edits: Edit[] = replacement === undefined ? [] : [{ title: vscode.l10n.t('Replace with {0}', replacement), at: place, text: replacement, isPreferred: true }];
  const key = removable.includes(code) && parsed ? pathAt(parsed, document.offsetAt(place.start)) : undefined;
  const removal = key && removalOf(parsed!, key.path);
  if (!removal) return edits;
  const at = new vscode.Range(document.positionAt(removal.start), document.positionAt(removal.end));
  return [...edits, { title: vscode.l10n.t('Remove {0}', String(key.path.at(-1))), at, text: '', isPreferred: edits.length === 0 }];
}
