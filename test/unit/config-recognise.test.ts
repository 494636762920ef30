/** Which YAML files are configs. */
import { expect, test } from 'vitest';
import { looksLikeConfig, publishedConfigName } from '../../src/config/recognise';

test.each([
  ['arch and data_paths at the top', 'lr: 1\narch:\n  name: trm\ndata_paths: [d]\n'],
  ['in any order, with comments and Windows line ends', '# x\r\ndata_paths:\r\n  - d\r\narch: trm\r\n'],
  ['as JSON', '{"arch": {"name": "trm"},\n"data_paths": ["d"]}'],
  ['quoted', '"arch": trm\n\'data_paths\': [d]\n'],
  ['by a defaults list', 'defaults:\n  - arch: trm\n  - _self_\ndata_paths: [d]\n'],
])('a config: %s', (_, text) => expect(looksLikeConfig(text)).toBe(true));

test.each([
  ['only one of the keys', 'arch: x86_64\nname: build\n'],
  ['below the top', 'model:\n  arch: trm\n  data_paths: [d]\n'],
  ['other keys that begin like them', 'architecture: trm\ndata_paths_test: [d]\n'],
  ['in comments', '# arch: trm\n# data_paths: [d]\n'],
  ['another defaults list', 'defaults:\n  - db: mysql\ndata_paths: [d]\n'],
  ['far down', `${'x: 1\n'.repeat(20_000)}arch: trm\ndata_paths: [d]\n`],
])('none: %s', (_, text) => expect(looksLikeConfig(text)).toBe(false));

test('names of published configs', () => {
  expect(['cfg_pretrain.yaml', 'cfg_x.yml', 'CFG_x.YAML'].every(name => publishedConfigName.test(name))).toBe(true);
  expect(['pretrain.yaml', 'cfg.yaml', 'cfg_pretrain.json', 'my_cfg_x.yaml'].some(name => publishedConfigName.test(name))).toBe(false);
});
