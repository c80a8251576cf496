import path from 'node:path';
import type { ScriptedAnswer } from '../../src/providers/scripted/script.ts';
import { copySaid } from '../../src/testing/internal/hands/real-hands.ts';
import { fine, json, planned, type AskedStep, type Words } from '../../src/testing/internal/test-bed.ts';
import type { Executor } from './executors.ts';
import type { Repository } from './repository.ts';

/** What the models of a case are worth: all right, the first one wrong, or none of any use. */
export const QUALITIES = ['right', 'wrong-first', 'hopeless'] as const;
export type Quality = (typeof QUALITIES)[number];

interface WordsOptions {
  readonly quality: Quality;
  readonly fault: string;
  readonly right: string;
  /** A file that is not the job's to write, which is written first all the same. */
  readonly stray?: string | undefined;
  /** Whole files are written anew, with the line ends and the letters that models write; else the place is edited. */
  readonly writesWhole: boolean;
}

/** What models say in a job of one change: a plan, a look, the change, a report. */
export function wordsFor(repository: Repository, options: WordsOptions): Words {
  return (asked) => {
    if (asked.text.includes('ReflectResult')) return json({ action: 'continue', why: 'Nothing else can be tried.' });
    if (asked.kind !== 'code') return fine(asked, [{ ...planned('change', 'code'), check: 'tests' }]);
    const stray = { name: 'filesystem__write_file', input: { path: options.stray ?? '', content: 'stray' } };
    return [
      options.stray === undefined ? look(repository) : { toolCalls: [stray] },
      change(repository, options, asked),
      json({ summary: 'It sums now.', changedFiles: [repository.source] }),
    ];
  };
}

/** The same by the tools of a harness, which names files where it works: in the job's copy. */
export function wordsWith(
  { read, write }: Executor['tools'],
  repository: Repository,
  { quality, right, stray }: WordsOptions,
): Words {
  const others = wordsFor(repository, { quality, right, fault: '', writesWhole: true });
  return (asked) => {
    if (asked.kind !== 'code') return others(asked);
    const file = path.join(copySaid(asked), repository.source);
    const isRight = quality === 'right' || (quality === 'wrong-first' && asked.rejected);
    const text = repository.sourceWith(isRight ? right : repository.wrong).toString('latin1');
    return [
      ...(stray === undefined || asked.rejected ? [] : [{ toolCalls: [write(stray, 'stray')] }]),
      { toolCalls: [read(file)] },
      { toolCalls: [write(file, text)] },
      json({ summary: 'It sums now.', changedFiles: [repository.source] }),
    ];
  };
}

function look({ folder, source }: Repository): ScriptedAnswer {
  return {
    toolCalls: [
      { name: 'filesystem__directory_tree', input: {} },
      { name: 'filesystem__read_text_file', input: { path: path.join(folder, source) } },
    ],
  };
}

function change(
  repository: Repository,
  { quality, fault, right, writesWhole }: WordsOptions,
  asked: AskedStep,
): ScriptedAnswer {
  const isRight = quality === 'right' || (quality === 'wrong-first' && asked.rejected);
  const put = isRight ? right : repository.wrong;
  const file = path.join(repository.folder, repository.source);
  if (!writesWhole)
    return {
      toolCalls: [{ name: 'filesystem__edit_file', input: { path: file, edits: [{ oldText: fault, newText: put }] } }],
    };
  const content = repository.sourceWith(put).toString('latin1').replaceAll('\r\n', '\n');
  return { toolCalls: [{ name: 'filesystem__write_file', input: { path: file, content } }] };
}
