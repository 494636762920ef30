/**
 * What is wrong with a config, as squiggles while it is typed, and what it names that is not there. What mends it is in
 * quick-fixes.ts.
 */
import * as vscode from 'vscode';
import type { ConfigProblem, TextSpan } from '../../config/errors';
import type { ParsedConfig } from '../../config/load';
import { missingData, type MissingData } from './missing-data';
import type { ParsedDocuments } from './parsed-documents';
import type { Surroundings } from './surroundings';

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

/** What a config names that is not there. A dataset that training will make is not even a warning. */
function missingDiagnostic({ span, folder, kind }: MissingData): vscode.Diagnostic {
  const name = vscode.workspace.asRelativePath(folder);
  const [text, severity] = {
    made: [vscode.l10n.t('{0} is not there yet: training makes it as `dataset` says.', name), vscode.DiagnosticSeverity.Hint] as const,
    source: [vscode.l10n.t('{0} is not there: the dataset is made from its files.', name), vscode.DiagnosticSeverity.Warning] as const,
    data: [vscode.l10n.t('{0} is not there. Copy the dataset to it, or say under `dataset:` how to make it.', name), vscode.DiagnosticSeverity.Warning] as const,
  }[kind];
  const diagnostic = new vscode.Diagnostic(rangeOfSpan(span), text, severity);
  diagnostic.source = 'trm';
  diagnostic.code = 'no_data';
  return diagnostic;
}

/** The findings about one config, by the file they are in: the config itself, or one it includes. */
function byFile(document: vscode.TextDocument, config: ParsedConfig): Map<string, vscode.Diagnostic[]> {
  const files = new Map<string, vscode.Diagnostic[]>([[document.uri.toString(), []]]);
  const add = (file: string | undefined, diagnostic: vscode.Diagnostic): void => {
    const uri = (file === undefined ? document.uri : vscode.Uri.file(file)).toString();
    files.set(uri, [...files.get(uri) ?? [], diagnostic]);
  };
  for (const missing of missingData(config, document.uri.scheme === 'file' ? document.uri.fsPath : undefined)) add(missing.file, missingDiagnostic(missing));
  for (const problem of config.problems) add(problem.file, new ConfigDiagnostic(problem));
  return files;
}

/** What open configs find, put together for every file: two configs may include the same one. */
class Findings {
  private readonly collection = vscode.languages.createDiagnosticCollection('trm');
  private readonly ofConfig = new Map<string, Map<string, vscode.Diagnostic[]>>();

  set(config: string, found: Map<string, vscode.Diagnostic[]> | null): void {
    const before = this.ofConfig.get(config) ?? new Map<string, vscode.Diagnostic[]>();
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
export function registerDiagnostics(parsed: ParsedDocuments, surroundings: Surroundings): vscode.Disposable {
  const findings = new Findings();
  const waiting = new Map<string, NodeJS.Timeout>();
  const check = (document: vscode.TextDocument) => {
    const key = document.uri.toString();
    waiting.delete(key);
    if (document.isClosed) return;
    const config = parsed.of(document);
    findings.set(key, config ? byFile(document, config) : null);
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
    surroundings.onDidChange(() => vscode.workspace.textDocuments.forEach(checkIfYaml)),
    vscode.workspace.onDidOpenTextDocument(checkIfYaml),
    vscode.workspace.onDidChangeTextDocument(({ document }) => { if (isYaml(document)) schedule(document); }),
    vscode.workspace.onDidCloseTextDocument(forget),
    new vscode.Disposable(() => waiting.forEach(timer => clearTimeout(timer))),
  );
}
