// A second extension for the end-to-end tests. It serves `companion:/work`, a folder that lies on no disk, with one config in it; and it
// calls tools for language models as a chat would, outside of one: VS Code then asks the person in a dialog.
const vscode = require('vscode');

const config = Buffer.from('arch: {name: trm}\ndata_paths: [data/x]\nglobal_batch_size: 32\nepochs: 4\n');
const files = new Map([['/work/away.trm.yaml', config]]);

/** @implements {vscode.FileSystemProvider} */
class Nowhere {
  onDidChangeFile = new vscode.EventEmitter().event;
  watch() { return new vscode.Disposable(() => {}); }
  stat({ path }) {
    if (path === '/work') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    const file = files.get(path);
    if (!file) throw vscode.FileSystemError.FileNotFound(path);
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: file.length };
  }
  readDirectory({ path }) { return path === '/work' ? [...files.keys()].map(file => [file.slice('/work/'.length), vscode.FileType.File]) : []; }
  readFile({ path }) { return files.get(path); }
  writeFile() { throw vscode.FileSystemError.NoPermissions('read only'); }
  createDirectory() { throw vscode.FileSystemError.NoPermissions('read only'); }
  delete() { throw vscode.FileSystemError.NoPermissions('read only'); }
  rename() { throw vscode.FileSystemError.NoPermissions('read only'); }
}

exports.activate = context => context.subscriptions.push(
  vscode.workspace.registerFileSystemProvider('companion', new Nowhere(), { isReadonly: true, isCaseSensitive: true }),
  vscode.commands.registerCommand('companion.callTool', async () => {
    const asked = await vscode.window.showInputBox({ title: 'Call a Tool', prompt: 'name and input as JSON' });
    if (asked === undefined) return;
    const [name, input] = [asked.slice(0, asked.indexOf(' ')), JSON.parse(asked.slice(asked.indexOf(' ')))];
    try {
      const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
      vscode.window.showInformationMessage(`Answer: ${content.map(part => part.value).join('')}`);
    } catch (error) {
      vscode.window.showWarningMessage(`Refused: ${error.name}: ${error.message}`);
    }
  }),
);
