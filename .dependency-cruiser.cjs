// The walls of the house: config -> puzzles -> model -> training -> runs -> editor. Each room may import only those named.
const rooms = {
  random: [],
  statistics: ['random'],
  config: [],
  puzzles: ['config', 'random'],
  model: ['config', 'random', 'engine/fused'],
  runtime: [],
  engine: ['runtime'],
  training: ['config', 'puzzles', 'model', 'engine', 'runs', 'random', 'statistics'],
  runs: ['config'],
  published: ['config', 'runs', 'model/shapes'],
  experiments: ['config', 'runs', 'model/shapes', 'statistics', 'random'],
  reports: ['config', 'puzzles', 'runs', 'experiments', 'model/shapes'],
  trainer: ['random', 'statistics', 'config', 'puzzles', 'model', 'runtime', 'engine', 'training', 'runs', 'published', 'protocol'],
  cli: ['random', 'statistics', 'config', 'puzzles', 'model', 'runtime', 'engine', 'training', 'runs', 'published', 'protocol', 'experiments', 'reports', 'trainer'],
  protocol: [], // types of runs only, see below
  host: ['config', 'puzzles', 'runs', 'runtime', 'protocol', 'experiments', 'reports', 'statistics', 'model/shapes', 'model/memory'],
};
const walls = Object.entries(rooms).map(([room, may]) => ({
  name: `${room}-walls`,
  severity: 'error',
  comment: `src/${room} may import: ${may.join(', ') || 'nothing of ours'}`,
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: [`^src/${room}/`, ...may.map(m => (m.includes('/') ? `^src/${m}\\.ts$` : `^src/${m}/`)), ...(room === 'protocol' ? ['^src/runs/'] : [])] },
}));
module.exports = {
  forbidden: [
    ...walls,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'protocol-types-only', severity: 'error', from: { path: '^src/protocol/' }, to: { path: '^src/runs/', dependencyTypesNot: ['type-only'] } },
    { name: 'vscode-in-host-only', severity: 'error', from: { path: '^src/', pathNot: ['^src/host/', '^src/extension\\.ts$'] }, to: { path: '^vscode$' } },
    { name: 'no-tfjs-in-host', severity: 'error', from: { path: '^src/(host|extension|runs|config|experiments|puzzles|published|protocol|runtime|reports|model/shapes|model/memory)' }, to: { path: '@tensorflow' } },
    { name: 'extension-composes-host', severity: 'error', from: { path: '^src/extension\\.ts$' }, to: { path: '^src/', pathNot: '^src/host/' } },
    { name: 'webview-knows-protocol', severity: 'error', from: { path: '^webview/' }, to: { path: '^src/', pathNot: '^src/protocol/' } },
    { name: 'charts-know-nothing-of-trm', severity: 'error', from: { path: '^webview/charts/' }, to: { path: '^(src|webview/(live|trace))/' } },
    { name: 'product-not-from-tests', severity: 'error', from: { path: '^(src|webview)/' }, to: { path: '^(test|bench|scripts)/' } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, exclude: { path: '(^|/)dist/' } },
};
