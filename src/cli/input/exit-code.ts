import type { ErrorCode } from '../../domain/errors.ts';

/** What the process returns; documented in README so that scripts may rely on it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  paused: 3,
  refused: 4,
  provider: 5,
  internal: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'config-invalid':
    case 'folder-untrusted':
    case 'policy-invalid':
    case 'catalog-invalid':
    case 'agent-invalid':
    case 'request-invalid':
    case 'not-found':
      return EXIT.usage;
    case 'no-eligible-model':
    case 'budget-exhausted':
      return EXIT.refused;
    case 'context-overflow':
    case 'provider-auth':
    case 'provider-rate-limited':
    case 'provider-unavailable':
    case 'provider-timeout':
    case 'provider-protocol':
    case 'provider-rejected':
      return EXIT.provider;
    case 'tool-unavailable':
    case 'tool-denied':
    case 'tool-timeout':
    case 'trace-unreadable':
    case 'record-unreadable':
    case 'record-unwritable':
    case 'replay-mismatch':
    case 'artifact-invalid':
      return EXIT.failed;
    case 'aborted':
      return EXIT.interrupted;
    case 'internal':
      return EXIT.internal;
  }
}
