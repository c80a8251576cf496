import { expect, test } from 'vitest';
import { releaseFaults, type ReleaseState } from './release-faults.ts';

const ready: ReleaseState = {
  version: '0.2.0',
  changelog: '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- A thing.\n',
  branch: 'main',
  changedFiles: [],
  tags: ['v0.1.0'],
};

test('a tagged-once, dated, committed version on main can be released', () => {
  expect(releaseFaults(ready)).toEqual([]);
});

test.each<[string, Partial<ReleaseState>, RegExp]>([
  ['another branch', { branch: 'work' }, /on main/u],
  ['changed files', { changedFiles: [' M src/index.ts'] }, /1 files are not committed/u],
  ['a version that is out', { tags: ['v0.2.0'] }, /tagged already/u],
  ['a version that is none', { version: 'next' }, /is no version/u],
  ['no heading', { version: '0.3.0' }, /no heading/u],
  ['no date', { changelog: '## [0.2.0]\n\n- A thing.\n' }, /has no date/u],
  [
    'entries that no version took',
    { changelog: '## [Unreleased]\n\n- A thing.\n\n## [0.2.0] - 2026-12-01\n' },
    /still stands under "Unreleased"/u,
  ],
])('%s is told', (_, change, fault) => {
  expect(releaseFaults({ ...ready, ...change }).join('\n')).toMatch(fault);
});
