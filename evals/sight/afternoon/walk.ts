import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { shippedModels } from '../../../src/catalog/load-catalog.ts';
import { demoWords } from '../../../src/cli/demo/demo-words.ts';
import { answerFromPrompt } from '../../../src/providers/scripted/prompt-script.ts';
import { createScriptedServer } from '../../../src/providers/scripted/scripted-server.ts';
import { installClient } from '../../../src/testing/internal/clients.ts';
import { layOutLogs } from '../../../src/testing/internal/newcomer/client-home.ts';
import { copyTree, ROOT } from '../../../src/testing/internal/newcomer/copy-of-tree.ts';
import type { InstalledPackage } from '../installed-package.ts';
import { CLONE_STEPS, NPM_STEPS, type Step } from './readme-steps.ts';
import { typeLine, typeService, type Place, type Seen } from './typed-line.ts';

const DEMO = path.join(ROOT, 'fixtures', 'demo-workspace');

/** One line of README, typed. */
export interface Typed {
  readonly who: 'npm' | 'clone';
  readonly line: string;
  readonly seconds: number;
  readonly lineCount: number;
  /** Characters of its widest line. */
  readonly widest: number;
  /** Absent: it did what README says. */
  readonly fault?: string;
  /** Absent: it was typed. */
  readonly skipped?: string;
}

/** README as somebody meets it who installed the package: a fresh home, and vendors whose words are scripted. */
export async function walkAsNpmUser(installed: InstalledPackage): Promise<readonly Typed[]> {
  const vendor = await createScriptedServer({
    script: (request) => demoWords(request) ?? answerFromPrompt(request) ?? { text: 'All done.' },
    models: shippedModels(),
  });
  try {
    const { folder } = installed;
    const home = installed.env['HOME'] ?? folder;
    layOutLogs(home);
    cpSync(DEMO, folder, { recursive: true });
    const programs = path.join(path.dirname(folder), 'programs');
    const missing = await addClaude(programs);
    const env = {
      ...installed.env,
      PATH: [programs, installed.env['PATH']].join(path.delimiter),
      // One key for the clients and one for us, as most people have them.
      POINTSMAN_ANTHROPIC_API_KEY: 'sk-ant-api03-of-nobody',
      POINTSMAN_OPENAI_API_KEY: 'sk-of-nobody',
      POINTSMAN_ANTHROPIC_BASE_URL: vendor.url,
      POINTSMAN_OPENAI_BASE_URL: `${vendor.url}/v1`,
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    };
    const typed: Typed[] = [];
    for (const step of NPM_STEPS) {
      const why = step.needs === undefined ? undefined : missing;
      if (why === undefined) typed.push(await typeStep('npm', step, { cwd: folder, env }));
      else typed.push({ who: 'npm', line: step.line, seconds: 0, lineCount: 0, widest: 0, skipped: why });
    }
    return [...typed, await typeProgram({ cwd: folder, env })];
  } finally {
    await vendor.close();
  }
}

/** @returns why it cannot be had */
async function addClaude(programs: string): Promise<string | undefined> {
  const installed = await installClient('claude-code');
  if (installed.kind === 'missing') return installed.why;
  mkdirSync(programs);
  const file = path.join(programs, 'claude');
  writeFileSync(file, `#!/bin/sh\nexec "${installed.file}" "$@"\n`);
  chmodSync(file, 0o755);
  return undefined;
}

/** The program in README, by the package's own types and code, in the folder as it was before the job mended it. */
async function typeProgram(place: Place): Promise<Typed> {
  cpSync(DEMO, place.cwd, { recursive: true });
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  writeFileSync(path.join(place.cwd, 'program.ts'), /```ts\n([\s\S]*?)```/u.exec(readme)?.[1] ?? '');
  const ends = { exitCode: 0, says: /^\S+ (?:continue|handoff|isolate) [\s\S]*^done \d+$/mu };
  return { ...(await typeStep('npm', { line: 'node program.ts', ends }, place)), line: 'the program in README' };
}

/**
 * README as somebody meets it who cloned the repository. `whole`: `npm ci` fetches what it needs; otherwise the packages of this
 * clone are used, and only what they were installed for is tried.
 */
export async function walkAsCloner(whole: boolean): Promise<readonly Typed[]> {
  const place = mkdtempSync(path.join(os.tmpdir(), 'pointsman-cloned-'));
  const [cwd, home] = [path.join(place, 'pointsman'), path.join(place, 'home')];
  try {
    for (const folder of [cwd, home]) mkdirSync(folder);
    copyTree(cwd);
    if (!whole) symlinkSync(path.join(ROOT, 'node_modules'), path.join(cwd, 'node_modules'));
    // The machine's own Node, whatever its age: `npm ci` brings another where it must.
    const bins = (process.env['PATH'] ?? '').split(path.delimiter).filter((bin) => !bin.includes('node_modules'));
    const env = { PATH: bins.join(path.delimiter), HOME: home, NO_COLOR: '1', ...registryOf(process.env) };
    const typed: Typed[] = [];
    for (const step of CLONE_STEPS) {
      const seen = await typeStep('clone', whole ? step : { ...step, line: step.line.replace('npm ci && ', '') }, {
        cwd,
        env,
      });
      typed.push({ ...seen, line: step.line });
    }
    return typed;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Where this machine fetches packages from is its own affair. */
function registryOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const userconfig = env['npm_config_userconfig'] ?? path.join(os.homedir(), '.npmrc');
  return { npm_config_userconfig: userconfig };
}

async function typeStep(who: Typed['who'], step: Step, place: Place): Promise<Typed> {
  const line = [step.line, step.adding].filter((part) => part !== undefined).join(' ');
  let fault: string | undefined;
  let seen: Seen;
  if (step.ends === 'on Ctrl-C') {
    seen = await typeService(line, place, step.address ?? /(?!)/u, async (address) => {
      const answer = await fetch(address, { headers: { accept: 'text/html' } });
      if (!answer.ok) fault = `${address} answered ${answer.status}`;
    });
    if (seen.seconds === 0) fault = `it said no address: ${seen.said.slice(-2000)}`;
  } else {
    seen = await typeLine(line, place);
    const { exitCode, says } = step.ends;
    if (seen.exitCode !== exitCode) fault = `exit code ${seen.exitCode}, not ${exitCode}: ${seen.said.slice(-2000)}`;
    else if (!says.test(seen.said)) fault = `it does not say ${says.source}: ${seen.said.slice(-800)}`;
    // A stack or a log line in JSON is nothing that a newcomer should meet.
    else if (/^\{"level"|^ {4}at \S+ \(/mu.test(seen.said))
      fault = `it says what is for a log: ${seen.said.slice(0, 400)}`;
  }
  const lines = seen.said.trimEnd().split('\n');
  return {
    who,
    line: step.line,
    seconds: seen.seconds,
    lineCount: lines.length,
    widest: Math.max(...lines.map((one) => Array.from(one).length)),
    ...(fault === undefined ? {} : { fault }),
  };
}
