import path from 'node:path';
import { loadOutcomeRows, type OutcomeRow } from '../../src/learn/training/outcome-row.ts';

/** Files of the outcome data, by the name that figures carry. */
const FILES = {
  openhands: 'openhands_index.jsonl.gz',
  miniswe: 'swebench_verified_miniswe.jsonl.gz',
  mcpmark: 'mcpmark.jsonl.gz',
  routellm: 'routellm.jsonl.gz',
  ulab: 'ulab_llmrouter.jsonl.gz',
} as const;
export type OutcomeSet = keyof typeof FILES;

export function loadOutcomeSet(dataDir: string, set: OutcomeSet): readonly OutcomeRow[] {
  return loadOutcomeRows(path.join(dataDir, FILES[set]));
}

/** Pairs whose runs were broken upstream and counted as failures there (data notes of 2026-11-21). */
const BROKEN: readonly (readonly [source: string, model: string])[] = [
  ['openhands-index/swt-bench', 'Nemotron-3-Nano'],
  ['openhands-index/gaia', 'claude-sonnet-4-6'],
  ['openhands-index/gaia', 'DeepSeek-V4-Pro'],
];

export function withoutBrokenRuns(rows: readonly OutcomeRow[]): readonly OutcomeRow[] {
  return rows.map((row) => {
    const broken = BROKEN.filter(([source]) => source === row.source).map(([, model]) => model);
    if (broken.length === 0) return row;
    return {
      ...row,
      outcomes: Object.fromEntries(Object.entries(row.outcomes).filter(([model]) => !broken.includes(model))),
    };
  });
}

/** What a split holds together: the id without its source, so that one issue is on one side in every benchmark. */
export function splitKey(row: OutcomeRow): string {
  if (/^(?:ulab|mmlu|gsm8k|alpaca)\//u.test(row.id)) return row.prompt ?? row.id;
  return row.id.slice(row.id.indexOf('/') + 1);
}

/** Pools of the quality study of 2026-11. */
export const POOLS = {
  mixed6: ['DeepSeek-V4-Pro', 'MiniMax-M3', 'Gemini-3-Flash', 'GPT-5.4', 'GPT-5.5', 'claude-opus-4-8'],
  'mixed6+fable': ['DeepSeek-V4-Pro', 'MiniMax-M3', 'Gemini-3-Flash', 'GPT-5.4', 'claude-fable-5', 'claude-opus-4-8'],
  anthropic: [
    'claude-opus-4-8',
    'claude-opus-4-7',
    'claude-opus-4-6',
    'claude-opus-4-5',
    'claude-sonnet-4-6',
    'claude-sonnet-4-5',
  ],
  closed6: ['GPT-5.5', 'GPT-5.4', 'Gemini-3.1-Pro', 'Gemini-3-Flash', 'claude-opus-4-8', 'claude-sonnet-4-6'],
  mixed7: [
    'grok-4-fast',
    'deepseek-v3-2-thinking',
    'gpt-5-mini-medium',
    'gpt-5-medium',
    'gemini-3-pro-high',
    'claude-opus-4-5-high',
    'gpt-5-2-high',
  ],
} as const;

export const OPEN_WEIGHTS: RegExp = /^(?:DeepSeek|GLM|Kimi|MiniMax|Nemotron|Qwen3|Trinity)/u;
