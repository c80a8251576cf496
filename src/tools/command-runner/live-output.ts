import { stripVTControlCharacters } from 'node:util';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Ms } from '../../domain/time.ts';

export type CallExtra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const EVERY_MS: Ms = 1000;
const MAX_KEPT_BYTES = 4096;
const MAX_SHOWN_CHARS = 400;

/** What a command writes, while it runs, as progress of its call: the newest lines, once a second at most. */
export interface LiveOutput {
  readonly add: (bytes: Buffer) => void;
  readonly close: () => void;
}

/** @returns `undefined`: the caller does not want to hear of it */
export function openLiveOutput({ _meta, sendNotification }: CallExtra): LiveOutput | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let newest = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  let progress = 0;
  const send = (): void => {
    timer = undefined;
    const message = newestLines(newest);
    newest = Buffer.alloc(0);
    if (message === '') return;
    progress += 1;
    const params = { progressToken, progress, message };
    void sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
  };
  return {
    add: (bytes) => {
      newest = Buffer.concat([newest, bytes]).subarray(-MAX_KEPT_BYTES);
      timer ??= setTimeout(send, EVERY_MS);
    },
    close: () => clearTimeout(timer),
  };
}

/** What is kept of it, without what moves a cursor. Pure. */
export function newestLines(bytes: Buffer): string {
  const text = stripVTControlCharacters(bytes.toString('utf8')).replaceAll(/[^\n]*\r(?!\n)/gu, '');
  return text.trim();
}

/**
 * The end of what a tool server says, for whoever watches. Cut after secrets are masked: of half a key nobody sees that it is
 * one. Pure.
 */
export function shownOutput(said: string, mask: (text: string) => string): string {
  return mask(said.slice(-MAX_KEPT_BYTES)).slice(-MAX_SHOWN_CHARS).trim();
}
