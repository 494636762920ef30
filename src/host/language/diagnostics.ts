/**
 * What is wrong with a config, as squiggles while it is typed, and one quick fix: put the nearest known key or value in.
 */
import * as vscode from 'vscode';
import type { ConfigProblem, TextSpan } from '../../config/errors';
import type { ParsedDocuments } from './parsed-documents';

const delay = 200;

/** A span of a text as VS Code counts: from 0; an empty one at a line's start covers that line. */
function rangeOfSpan(span: TextSpan): vscode.Range {
  const range = new vscode.Range(span.line - 1, span.column - 1, span.endLine - 1, span.endColumn - 1);
  return range.isEmpty ? new vscode.Range(range.start, new vscode.Position(range.start.line, Number.MAX_SAFE_INTEGER)) : range;
}

/** The same within a document. */
export function rangeOf(document: vscode.TextDocument, span: TextSpan): vscode.Range {
  return document.validateRange(rangeOfSpan(span));
}

/** A problem as VS Code shows it; keeps what would mend it. */
class ConfigDiagnostic extends vscode.Diagnostic {
  constructor(problem: ConfigProblem) {
    super(rangeOfSpan(problem), problem.message, problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning);
    this.source = 'trm';
    this.code = problem.code;
    if (problem.code === 'unused_key') this.tags = [vscode.DiagnosticTag.Unnecessary];
  }
}

/** The problems of one config, by the file they are in: the config itself, or one it includes. */
function byFile(document: vscode.TextDocument, problems: readonly ConfigProblem[]): Map<string, ConfigDiagnostic[]> {
  const files = new Map<string, ConfigDiagnostic[]>([[document.uri.toString(), []]]);
  for (const problem of problems) {
    const uri = (problem.file === undefined ? document.uri : vscode.Uri.file(problem.file)).toString();
    files.set(uri, [...files.get(uri) ?? [], new ConfigDiagnostic(problem)]);
  }
  return files;
}

/** What open configs find, put together for every file: two configs may include the same one. */
class Findings {
  private readonly collection = vscode.languages.createDiagnosticCollection('trm');
  private readonly ofConfig = new Map<string, Map<string, ConfigDiagnostic[]>>();

  set(config: string, found: Map<string, ConfigDiagnostic[]> | null): void {
    const before = this.ofConfig.get(config) ?? new Map<string, ConfigDiagnostic[]>();
    if (found) this.ofConfig.set(config, found); else this.ofConfig.delete(config);
    for (const file of new Set([...before.keys(), ...found?.keys() ?? []])) {
      this.collection.set(vscode.Uri.parse(file), [...this.ofConfig.values()].flatMap(files => files.get(file) ?? []));
    }
  }

  dispose(): void {
    this.collection.dispose();
  }
}

/** Keeps the diagnostics of all open configs up to date. */
export function registerDiagnostics(parsed: ParsedDocuments): vscode.Disposable {
  const findings = new Findings();
  const waiting = new Map<string, NodeJS.Timeout>();
  const check = (document: vscode.TextDocument) => {
    const key = document.uri.toString();
    waiting.delete(key);
    if (document.isClosed) return;
    const config = parsed.of(document);
    findings.set(key, config ? byFile(document, config.problems) : null);
  };
  const schedule = (document: vscode.TextDocument) => {
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.set(key, setTimeout(() => check(document), delay));
  };
  const forget = (document: vscode.TextDocument) => {
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.delete(key);
    findings.set(key, null);
  };
  const isYaml = ({ languageId }: vscode.TextDocument) => languageId === 'trm' || languageId === 'yaml';
  const checkIfYaml = (document: vscode.TextDocument) => { if (isYaml(document)) check(document); };
  vscode.workspace.textDocuments.forEach(checkIfYaml);
  return vscode.Disposable.from(
    findings,
    vscode.workspace.onDidOpenTextDocument(checkIfYaml),
    vscode.workspace.onDidChangeTextDocument(({ document }) => { if (isYaml(document)) schedule(document); }),
    vscode.workspace.onDidSaveTextDocument(saved => { if (isYaml(saved)) vscode.workspace.textDocuments.filter(isYaml).forEach(schedule); }), // it may be one that others include
    vscode.workspace.onDidCloseTextDocument(forget),
    new vscode.Disposable(() => waiting.forEach(timer => clearTimeout(timer))),
  );
}

/** "Replace with ...": offered on a problem that names what would be right. */
export class ReplaceWithNearest implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];
  constructor(private readonly parsed: ParsedDocuments) {}

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    return (this.parsed.of(document)?.problems ?? []).flatMap(problem => {
      const place = rangeOf(document, problem);
      if (problem.replacement === undefined || problem.file !== undefined || !place.intersection(range)) return [];
      const action = new vscode.CodeAction(vscode.l10n.t('Replace with {0}', problem.replacement), vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, place, problem.replacement);
      action.diagnostics = context.diagnostics.filter(diagnostic => diagnostic.source === 'trm' && diagnostic.range.isEqual(place));
      action.isPreferred = true;
      return [action];
    });
  }
}
