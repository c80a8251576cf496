import type { Cause } from '../../src/autopsy/suspicion.ts';
import { createDraw, type Draw } from '../trust/draw.ts';
import { drawFact, type Fact } from './world.ts';

/** What is planted, and where the blame belongs. */
export const FAULTS = [
  'weak-model',
  'weak-model-before',
  'cut-context',
  'cut-context-before',
  'cut-answer',
  'left-out',
  'too-long-to-hand-on',
  'provider-down',
  'provider-refuses',
  'plan-says-wrong',
  'plan-forgets-link',
  'plan-forgets-fact',
  'flaky-test',
  'broken-tool',
  'broken-form',
  'mute-check',
  'mute-person',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Names of the steps of a case: one that finds out, one that does it, one that judges. Others stand between. */
export interface Names {
  readonly look: string;
  readonly make: string;
  readonly judge: string;
  readonly others: readonly string[];
}

/** What goes wrong beside it and is got over. */
export const HERRINGS = ['none', 'provider-hiccup', 'tool-slip', 'form-slip', 'loud-words'] as const;

export interface PlantedCase {
  readonly id: string;
  readonly fault: Fault;
  readonly fact: Fact;
  readonly names: Names;
  /** `tests`: a real test run; `review`: another model. */
  readonly checker: 'tests' | 'review';
  /** Where the one who needs the fact could have it from. */
  readonly source: 'task' | 'look' | 'own';
  readonly herring: (typeof HERRINGS)[number];
  /** All tries fail, or the next one is right. */
  readonly isHopeless: boolean;
  readonly noiseCount: number;
  readonly seed: number;
  /** `undefined`: nothing in the records tells. */
  readonly truth: { readonly stepId: string; readonly cause: Cause } | undefined;
}

/** They need files that are read or written. */
const WITH_TOOLS: ReadonlySet<Fault> = new Set([
  'cut-context',
  'cut-context-before',
  'left-out',
  'weak-model-before',
  'flaky-test',
  'broken-tool',
]);
const FROM_LOOK: ReadonlySet<Fault> = new Set([
  'weak-model-before',
  'cut-context-before',
  'left-out',
  'too-long-to-hand-on',
  'plan-forgets-link',
]);

export const needsTools = ({ fault, checker }: Pick<PlantedCase, 'fault' | 'checker'>): boolean =>
  checker === 'tests' || WITH_TOOLS.has(fault);

/** Cases in turn over all faults; the same seed gives the same ones. */
export function plantCases(count: number, seed: number): readonly PlantedCase[] {
  const draw = createDraw(seed);
  return Array.from({ length: count }, (_, at) => plant(FAULTS[at % FAULTS.length] ?? 'weak-model', at, draw));
}

function plant(fault: Fault, at: number, draw: Draw): PlantedCase {
  const names: Names = {
    look: draw.oneOf(['look', 'find-out', 'survey', 'read-specs']),
    make: draw.oneOf(['make', 'build', 'set-it', 'wire-up', 'write-config']),
    judge: draw.oneOf(['judge', 'check', 'second-look']),
    others: draw.someOf(['tidy', 'notes', 'docs-part'], 0.35),
  };
  const checker = fault === 'flaky-test' ? 'tests' : draw.oneOf(['tests', 'review', 'review'] as const);
  const fact = drawFact(draw);
  const source = FROM_LOOK.has(fault) ? 'look' : draw.oneOf(['task', 'look'] as const);
  return {
    id: `${at}-${fault}`,
    fault,
    fact,
    names,
    checker,
    source:
      fault === 'cut-context' ? 'own' : fault.startsWith('plan-') && fault !== 'plan-forgets-link' ? 'task' : source,
    herring: draw.oneOf([...HERRINGS, 'none']),
    isHopeless: draw.below(3) === 0,
    noiseCount: draw.below(4),
    seed: draw.below(1e9),
    truth: truthOf(fault, names),
  };
}

function truthOf(fault: Fault, { look, make }: Names): PlantedCase['truth'] {
  switch (fault) {
    case 'weak-model':
      return { stepId: make, cause: 'model' };
    case 'weak-model-before':
      return { stepId: look, cause: 'model' };
    case 'cut-context':
    case 'cut-answer':
      return { stepId: make, cause: 'context' };
    case 'cut-context-before':
      return { stepId: look, cause: 'context' };
    case 'left-out':
      return { stepId: look, cause: 'hand-off' };
    case 'too-long-to-hand-on':
      return { stepId: make, cause: 'hand-off' };
    case 'provider-down':
    case 'provider-refuses':
      return { stepId: make, cause: 'provider' };
    case 'plan-says-wrong':
    case 'plan-forgets-link':
    case 'plan-forgets-fact':
      return { stepId: 'plan', cause: 'plan' };
    case 'flaky-test':
      return { stepId: make, cause: 'check' };
    case 'broken-tool':
      return { stepId: make, cause: 'tool' };
    case 'broken-form':
      return { stepId: make, cause: 'prompt' };
    case 'mute-check':
    case 'mute-person':
      return undefined;
  }
}
