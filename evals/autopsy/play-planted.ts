import type { JobAutopsy } from '../../src/orchestrator/model/pointsman.ts';
import { openTestBed, type TestBed } from '../../src/testing/internal/test-bed.ts';
import { createDraw, type Draw } from '../trust/draw.ts';
import { needsTools, type PlantedCase } from './faults.ts';
import { actorsFor } from './scripted-actors.ts';
import { complaintOf, noise, saidOf } from './world.ts';

export interface PlayedCase {
  readonly planted: PlantedCase;
  readonly autopsy: JobAutopsy;
  /** The last step that was refused or failed: who is blamed where nobody thinks. */
  readonly lastFailed: string | undefined;
  /** Whether the fault did anything: a job that went well has nothing to explain. */
  readonly hasShown: boolean;
}

const POOL = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'];
/** One vendor: nobody takes over. */
const ONE_VENDOR = POOL.slice(0, 3);

/** Runs one case through the real job runner, models scripted, and has its records read. */
export async function playPlanted(planted: PlantedCase): Promise<PlayedCase> {
  const draw = createDraw(planted.seed);
  const usesTools = needsTools(planted);
  const isDown = planted.fault.startsWith('provider-');
  const testBed = await openTestBed({
    pool: isDown ? ONE_VENDOR : POOL,
    tools: usesTools,
    files: filesOf(planted, draw),
    words: () => ({ text: 'not yet' }),
    options: { env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
  });
  try {
    return await play(testBed, planted, draw);
  } finally {
    await testBed.close();
  }
}

async function play({ pointsman, workspace, say }: TestBed, planted: PlantedCase, draw: Draw): Promise<PlayedCase> {
  say(actorsFor(planted, { draw, workspace }));
  const report = await pointsman.runJob({ task: taskOf(planted, draw), workspace, approve: 'all' });
  const refused =
    report.steps.findLast(({ status }) => status === 'rejected' || status === 'failed') ??
    report.steps.findLast(({ attempt }) => attempt > 0);
  const steps = await pointsman.jobSteps(report.jobId);
  const isPerson = planted.fault === 'mute-person';
  if (isPerson) {
    const made = steps.find(({ stepId }) => stepId === planted.names.make);
    if (made !== undefined)
      await pointsman.recordOutcome({
        decisionId: made.decision.decisionId,
        verdict: 'failed',
        note: 'Not what I want.',
      });
  }
  const autopsy = await pointsman.autopsy(report.jobId);
  const open = report.steps.at(-1);
  return {
    planted,
    autopsy,
    lastFailed: refused?.stepId ?? (report.status === 'failed' || isPerson ? open?.stepId : undefined),
    hasShown: isPerson || refused !== undefined || report.status !== 'done',
  };
}

function taskOf({ fact, source, fault, noiseCount }: PlantedCase, draw: Draw): string {
  const said = source === 'task' ? saidOf(fact, fact.right, draw) : `The specs say what the ${fact.key} must be.`;
  return `Set the ${fact.key} of the service. ${noise(draw, noiseCount)} ${fault === 'mute-person' ? '' : said}`;
}

/** Long enough to be worth taking out. */
const LONG = 4000;
const LONGER = 40_000;

function filesOf(planted: PlantedCase, draw: Draw): Readonly<Record<string, string>> {
  const { fact, fault, checker } = planted;
  const pad = (chars: number): string => `${noise(draw, 2)}\n`.repeat(chars).slice(0, chars);
  const files: Record<string, string> = {
    'config.txt': `${fact.key} is not set\n`,
    'specs.md': `# Specs\n\n${saidOf(fact, fact.right, draw)}\n${fault.startsWith('cut-context') ? pad(LONG) : noise(draw, planted.noiseCount)}\n`,
    'history.md': fault.startsWith('cut-context') ? pad(LONGER) : 'Nothing yet.\n',
  };
  const modes = modesOf(planted);
  if (modes !== undefined) files['.pointsman/agents/code.md'] = agentFile(modes);
  if (checker === 'tests') {
    files['package.json'] = '{ "name": "service", "type": "module", "scripts": { "test": "node --test" } }\n';
    files['.gitignore'] = '.runs\n';
    files['service.test.js'] = testFile(planted, complaintOf(fact, draw, fault === 'mute-check'));
  }
  return files;
}

function modesOf({ fault }: PlantedCase): string | undefined {
  if (fault === 'plan-forgets-fact') return 'isolate';
  return ['left-out', 'too-long-to-hand-on', 'plan-forgets-link'].includes(fault) ? 'handoff' : undefined;
}

function agentFile(modes: string): string {
  return `---\nname: code\ndescription: Changes files.\ntools: Read, Glob, Grep, Edit, Write, Bash\nmodel: inherit\nkind: code\ncontract: CodeResult\nmodes: ${modes}\n---\n\nYou change code.\n`;
}

/** A real suite: green before the change, and after it where the value is right; the flaky one is red by chance of its run. */
function testFile({ fault, fact }: PlantedCase, complaint: string): string {
  const judge =
    fault === 'flaky-test'
      ? `let run = 0;\ntry { run = Number(readFileSync('.runs', 'utf8')); } catch {}\nwriteFileSync('.runs', String(run + 1));\ntest('answers in time', () => assert.ok(run === 0 || run > 2, 'it took too long'));\n`
      : '';
  return `import { readFileSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
const held = readFileSync('config.txt', 'utf8');
${judge}test('the service is set up', () => {
  if (held.includes('not set')) return;
  assert.ok(held.includes(${JSON.stringify(fact.right)}), ${JSON.stringify(complaint)});
});
`;
}
