/**
 * What is wrong with a config, as squiggles while it is typed, and one quick fix: put the nearest known key or value in.
 */
import * as vscode from 'vscode';
import type { ConfigProblem, TextSpan } from '../../config/errors';
import { languageId, type ParsedDocuments } from './parsed-documents';

const delay = 200;

/** A span of the text as VS Code counts: from 0; an empty one at a line's start covers that line. */
export function rangeOf(document: vscode.TextDocument, span: TextSpan): vscode.Range {
  const range = new vscode.Range(span.line - 1, span.column - 1, span.endLine - 1, span.endColumn - 1);
  return document.validateRange(range.isEmpty ? new vscode.Range(range.start, new vscode.Position(range.start.line, Number.MAX_SAFE_INTEGER)) : range);
}

/** A problem as VS Code shows it; keeps what would mend it. */
class ConfigDiagnostic extends vscode.Diagnostic {
  constructor(document: vscode.TextDocument, problem: ConfigProblem) {
    super(rangeOf(document, problem), problem.message, problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning);
    this.source = 'trm';
    this.code = problem.code;
    if (problem.code === 'unused_key') this.tags = [vscode.DiagnosticTag.Unnecessary];
  }
}

/** Keeps the diagnostics of all open configs up to date. */
export function registerDiagnostics(parsed: ParsedDocuments): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('trm');
  const waiting = new Map<string, NodeJS.Timeout>();
  const check = (document: vscode.TextDocument) => {
    waiting.delete(document.uri.toString());
    if (document.isClosed || document.languageId !== languageId) return;
    collection.set(document.uri, parsed.of(document).problems.map(problem => new ConfigDiagnostic(document, problem)));
  };
  const schedule = (document: vscode.TextDocument) => {
    if (document.languageId !== languageId) return;
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.set(key, setTimeout(() => check(document), delay));
  };
  const forget = (document: vscode.TextDocument) => {
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.delete(key);
    collection.delete(document.uri);
  };
  vscode.workspace.textDocuments.forEach(check);
  return vscode.Disposable.from(
    collection,
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => schedule(document)),
    vscode.workspace.onDidCloseTextDocument(forget),
    new vscode.Disposable(() => waiting.forEach(timer => clearTimeout(timer))),
  );
}

/** "Replace with ...": offered on a problem that names what would be right. */
export class ReplaceWithNearest implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];
  constructor(private readonly parsed: ParsedDocuments) {}

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    return this.parsed.of(document).problems.flatMap(problem => {
      const place = rangeOf(document, problem);
      if (problem.replacement === undefined || !place.intersection(range)) return [];
      const action = new vscode.CodeAction(vscode.l10n.t('Replace with {0}', problem.replacement), vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, place, problem.replacement);
      action.diagnostics = context.diagnostics.filter(diagnostic => diagnostic.source === 'trm' && diagnostic.range.isEqual(place));
      action.isPreferred = true;
      return [action];
    });
  }
}
