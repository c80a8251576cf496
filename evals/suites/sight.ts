import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { firstView } from '../sight/first-view.ts';
import { bytesIn, installPackage, type InstalledPackage } from '../sight/installed-package.ts';
import { secondBill, secondCalls } from '../sight/second-sum.ts';
import { spentOn } from '../sight/spent-on.ts';
import { toolsListTokens } from '../sight/tools-list.ts';
import type { Suite } from '../suite.ts';

const MODULES = path.resolve(import.meta.dirname, '../../node_modules');
/** What npm adds for the optional encoder. */
const ENCODER_PACKAGES = ['onnxruntime-node', 'onnxruntime-common'];

const SAMPLES = path.resolve(import.meta.dirname, '../../fixtures/sessions');

const megabytes = (bytes: number, against?: number): Figure => ({
  value: bytes / 1024 ** 2,
  unit: 'MB',
  ...(against === undefined ? {} : { against: against / 1024 ** 2 }),
  label: 'measured',
});

/**
 * `npx pointsman` as somebody types it, from an empty npm cache; the same without the optional encoder; and once it is
 * installed. The first two fetch from the registry that this machine uses: their times are the network's, too, and stand beside what
 * npm takes for an empty package with the same optional dependency (`against`).
 */
function firstOutputs({ folder, packageFolder, tarball, env }: InstalledPackage): Figures {
  const userconfig = execFileSync('npm', ['config', 'get', 'userconfig'], { encoding: 'utf8' }).trim();
  const empty = emptyPackage(path.dirname(folder), packageFolder);
  const npx = (cache: string, file: string, ...options: readonly string[]): Figure =>
    seconds(() =>
      execFileSync('npx', ['--yes', ...options, `--package=${file}`, '--', 'pointsman'], {
        cwd: path.dirname(folder),
        env: {
          ...process.env,
          ...env,
          npm_config_userconfig: userconfig,
          npm_config_cache: path.join(path.dirname(folder), cache),
        },
      }),
    );
  const bin = path.join(folder, 'node_modules', '.bin', 'pointsman');
  return {
    'sight.first_output.s': { ...npx('cache-1', tarball), against: npx('cache-2', empty).value },
    'sight.first_output.bare.s': {
      ...npx('cache-3', tarball, '--omit=optional'),
      against: npx('cache-4', empty, '--omit=optional').value,
    },
    'sight.first_output.warm.s': seconds(() => execFileSync(bin, [], { cwd: folder, env })),
  };
}

/** A package with our name, command and optional dependency, and nothing in it: what npm takes for these itself. */
function emptyPackage(place: string, packageFolder: string): string {
  const source = path.join(place, 'empty');
  mkdirSync(source);
  const { optionalDependencies } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as {
    readonly optionalDependencies: object;
  };
  const bin = { pointsman: 'main.js' };
  writeFileSync(
    path.join(source, 'package.json'),
    JSON.stringify({ name: 'pointsman', version: '0.0.0', bin, optionalDependencies }),
  );
  writeFileSync(path.join(source, 'main.js'), "#!/usr/bin/env node\nconsole.log('On this machine');\n");
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', place], { cwd: source, stdio: 'ignore' });
  return path.join(place, 'pointsman-0.0.0.tgz');
}

function seconds(run: () => Buffer): Figure {
  const startedAt = performance.now();
  const text = run().toString();
  if (!text.includes('On this machine')) throw new Error(`The first output was another: ${text.slice(0, 200)}`);
  return { value: (performance.now() - startedAt) / 1000, unit: 's', label: 'measured' };
}

/** How far `spend` is from a second sum over the same sample sessions, made by a reader and from prices of its own. */
async function spendDifference(): Promise<Figure> {
  const { nanoUsd } = secondBill(secondCalls(SAMPLES));
  const { total } = await spentOn(SAMPLES);
  const value = Math.abs(total.billNanoUsd - Number(nanoUsd)) / 1e9;
  return { value, unit: 'USD', against: Number(nanoUsd) / 1e9, n: total.callCount, label: 'measured' };
}

/** What somebody meets who tries pointsman for five minutes. */
export const suite: Suite = {
  name: 'sight',
  summary:
    'the packed package, installed into a fresh project: its size, how soon it says something, what its MCP tools take of a prompt, what it says was spent; the page over 100,000 calls',
  async run() {
    const difference = await spendDifference();
    const installed = installPackage();
    try {
      const viewed = await firstView(installed);
      const encoderBytes = ENCODER_PACKAGES.reduce((sum, name) => sum + bytesIn(path.join(MODULES, name)), 0);
      return {
        kind: 'ran',
        figures: {
          'sight.install.mb': megabytes(installed.installedBytes),
          'sight.install.with_encoder.mb': megabytes(installed.installedBytes + encoderBytes, encoderBytes),
          ...firstOutputs(installed),
          'sight.spend.difference.usd': difference,
          'sight.mcp.tools_list.tokens': await toolsListTokens(installed),
          ...(viewed === undefined ? {} : { 'sight.page.first_view.ms': viewed }),
        },
      };
    } finally {
      installed.remove();
    }
  },
};
