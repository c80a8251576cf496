import type { ErrorCode } from '../../domain/errors.ts';

/** What workers of one gateway tell each other as it happens. Plain data: no prompt, no key, no answer. */
export type WorkerNote =
  /** A host failed, or is well again after it had failed somewhere. */
  | {
      readonly kind: 'host';
      readonly endpoint: string;
      readonly model: string;
      readonly outcome: 'failed' | 'unreachable' | 'well';
    }
  /** An access key took one of its requests of the minute. */
  | { readonly kind: 'taken'; readonly keyId: string; readonly perMinute: number }
  /** Somebody has turned routing off, or on again. */
  | { readonly kind: 'pass-through'; readonly isOn: boolean; readonly by: 'page' | 'command' | 'signal' }
  /** A call has finished, as whoever watches its tenant is boards; sent only while somebody watches at another worker. */
  | { readonly kind: 'call'; readonly tenant: string; readonly text: string };

/** From a worker to the process that started it. */
export type WorkerLetter =
  | { readonly kind: 'ready'; readonly note: string }
  /** It could not start. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
  /** It has taken over a connection. */
  | { readonly kind: 'took'; readonly id: number }
  | { readonly kind: 'note'; readonly note: WorkerNote }
  | { readonly kind: 'watching'; readonly isWatched: boolean }
  /** Asks for the metrics of the others, and answers such a question. */
  | { readonly kind: 'gather'; readonly id: number }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

/** To a worker from the process that started it. */
export type AcceptorLetter =
  /** Comes with the socket; `head` is what was read of it, in base64. */
  | { readonly kind: 'connection'; readonly id: number; readonly head: string }
  | { readonly kind: 'note'; readonly note: WorkerNote }
  /** Whether somebody watches calls at another worker. */
  | { readonly kind: 'watched'; readonly isWatched: boolean }
  | { readonly kind: 'report-metrics'; readonly id: number }
  | { readonly kind: 'gathered'; readonly id: number; readonly texts: readonly string[] }
  | { readonly kind: 'reload' };
