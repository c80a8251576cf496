import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One input that went wrong in some gateway, as the folder of cases writes it. */
export interface CaseFile {
  readonly id: string;
  /** Caller's format → vendor's, or ← where the fault is in the answer. */
  readonly path: string;
  readonly expected: string;
  readonly request: {
    readonly path: string;
    readonly body?: CaseBody;
    readonly turns?: readonly CaseBody[];
  };
  readonly upstreamAnswer: CaseAnswer | null;
}

export type CaseBody = Readonly<Record<string, unknown>>;

export interface CaseAnswer {
  readonly status?: number;
  readonly sse?: readonly unknown[];
  readonly json?: unknown;
  readonly gzipped?: unknown;
}

/** Beside the data folder, or beside the clone. */
export function findCases(dataDir: string | undefined): string | undefined {
  const candidates = [
    ...(dataDir === undefined ? [] : [path.resolve(dataDir, '../cases/gateway')]),
    path.resolve(import.meta.dirname, '../../../shared/cases/gateway'),
  ];
  return candidates.find((folder) => existsSync(folder));
}

export function readCases(folder: string): readonly CaseFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as CaseFile);
}
