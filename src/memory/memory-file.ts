import type { At } from '../domain/time.ts';
import { splitFrontMatter } from '../trust/front-matter.ts';

export const MEMORY_KINDS = ['fact', 'decision', 'convention'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];
export const MEMORY_SCOPES = ['project', 'user'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

/** One thing that is remembered. */
export interface Memory {
  /** Name of its file without `.md`, unique in its scope. */
  readonly name: string;
  readonly scope: MemoryScope;
  readonly kind: MemoryKind;
  readonly text: string;
  /** Where it comes from, such as the id of a job; `undefined`: its file does not say. */
  readonly from: string | undefined;
  readonly madeAt: At | undefined;
  /** From then on it is not offered any more. `undefined`: it stays. */
  readonly expiresAt: At | undefined;
}

/** Reads a file as people write it: without front matter all of it is the text, and a field that says nothing known is passed over. Total. */
export function readMemory(name: string, scope: MemoryScope, text: string): Memory {
  const hasHead = /^\uFEFF?---\s*\r?\n/u.test(text);
  const { head, prompt } = hasHead ? splitFrontMatter(text) : { head: '', prompt: text };
  const field = (key: string): string | undefined => new RegExp(`^${key}:\\s*(\\S.*)$`, 'mu').exec(head)?.[1]?.trim();
  return {
    name,
    scope,
    kind: MEMORY_KINDS.find((kind) => kind === field('kind')) ?? 'fact',
    text: (prompt === '' && hasHead ? '' : prompt).trim(),
    from: field('from'),
    madeAt: dayIn(field('made')),
    expiresAt: dayIn(field('expires')),
  };
}

export function writeMemory({ kind, text, from, madeAt, expiresAt }: Memory): string {
  const lines = [
    `kind: ${kind}`,
    ...(from === undefined ? [] : [`from: ${from.replaceAll(/\s+/gu, ' ')}`]),
    ...(madeAt === undefined ? [] : [`made: ${dayText(madeAt)}`]),
    ...(expiresAt === undefined ? [] : [`expires: ${dayText(expiresAt)}`]),
  ];
  return `---\n${lines.join('\n')}\n---\n\n${text.trim()}\n`;
}

/** `YYYY-MM-DD`, in UTC. */
export function dayText(at: At): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function dayIn(text: string | undefined): At | undefined {
  const at = text === undefined || !/^\d{4}-\d{2}-\d{2}$/u.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
