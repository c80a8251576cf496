import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';

const USAGE = 'node scripts/hunt.ts [ROUNDS] [FOLDER_OR_FILE…]   (10 rounds over src, evals and scripts)';

/** Plays every test with a property on new cases, round by round, and ends with the first seed that is red. */
function hunt(rounds: number, places: readonly string[]): void {
  const files = places
    .flatMap((place) => (place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`)))
    .filter((file) => readFileSync(file, 'utf8').includes("from 'fast-check'"));
  if (files.length === 0) fail(`No test with a property in ${places.join(', ')}.`);
  for (let round = 1; round <= rounds; round += 1) {
    const seed = String(randomInt(1, 2 ** 31));
    process.stdout.write(`round ${round} of ${rounds}: FC_SEED=${seed}, ${files.length} files\n`);
    const { status } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--reporter', 'dot', ...files],
      {
        stdio: 'inherit',
        env: { ...process.env, FC_SEED: seed },
      },
    );
    if (status !== 0) fail(`Red with FC_SEED=${seed}.`);
  }
}

function fail(why: string): never {
  process.stderr.write(`${why}\n${USAGE}\n`);
  process.exit(1);
}

const [first, ...rest] = process.argv.slice(2);
const rounds = Number(first ?? 10);
if (!Number.isInteger(rounds) || rounds < 1) fail(`"${first}" is no number of rounds.`);
hunt(rounds, rest.length === 0 ? ['src', 'evals', 'scripts'] : rest);
