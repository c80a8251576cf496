/**
 * Makes a release: checks that this is one, tags it, and leaves publishing to the workflow, which alone can attest where a package was
 * built (npm provenance). `node scripts/release.ts` says what is missing; `--tag` makes the tag.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { releaseFaults } from './release-faults.ts';

const root = path.resolve(import.meta.dirname, '..');
const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { readonly version: string };
const { version } = manifest;

const faults = releaseFaults({
  version,
  changelog: readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8'),
  branch: git('rev-parse', '--abbrev-ref', 'HEAD'),
  changedFiles: git('status', '--porcelain')
    .split('\n')
    .filter((line) => line !== ''),
  tags: git('tag', '--list').split('\n'),
});

for (const fault of faults) process.stderr.write(`✗ ${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else if (process.argv.includes('--tag')) {
  execFileSync('bash', ['.ci/run'], { cwd: root, stdio: 'inherit' });
  git('tag', '--annotate', `v${version}`, '--message', `pointsman ${version}`);
  process.stdout.write(
    `Tagged v${version}. Push it (git push origin v${version}): the release workflow publishes it.\n`,
  );
} else process.stdout.write(`${version} can be released: node scripts/release.ts --tag\n`);
