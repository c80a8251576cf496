import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type ErrorCode } from '../domain/errors.ts';
import type { ImagePart, TextPart, ToolResultPart } from '../domain/transcript.ts';
import { boundText } from './bounded-output.ts';

/** Which call a result answers. */
export interface CallIds {
  readonly toolCallId: string;
  readonly toolName: string;
}

export interface ResultLimits {
  /** All text of one result. */
  readonly maxResultBytes: number;
  /** One image, as base64. */
  readonly maxImageBytes: number;
}

const MAX_IMAGES = 10;

/** A server's answer in the transcript's form: text joined and bounded, images kept, everything else named in words. */
export function toToolResult(result: CallToolResult, ids: CallIds, limits: ResultLimits): ToolResultPart {
  const texts: string[] = [];
  const images: ImagePart[] = [];
  for (const block of result.content) {
    const image = imageOf(block);
    if (image === undefined) texts.push(textOf(block));
    else if (images.length >= MAX_IMAGES || image.data.length > limits.maxImageBytes)
      texts.push('[image left out: too large]');
    else images.push({ type: 'image', mediaType: image.mimeType, source: { kind: 'base64', data: image.data } });
  }
  if (result.content.length === 0 && result.structuredContent !== undefined) {
    texts.push(JSON.stringify(result.structuredContent));
  }
  const text = boundText(texts.join('\n').toWellFormed(), limits.maxResultBytes);
  const content: (TextPart | ImagePart)[] = text === '' && images.length > 0 ? [] : [{ type: 'text', text }];
  return { type: 'tool-result', ...ids, content: [...content, ...images], isError: result.isError ?? false };
}

type Block = CallToolResult['content'][number];

function imageOf(block: Block): { readonly mimeType: string; readonly data: string } | undefined {
  if (block.type === 'image') return block;
  if (block.type !== 'resource' || !('blob' in block.resource)) return undefined;
  const { mimeType = '', blob } = block.resource;
  return mimeType.startsWith('image/') ? { mimeType, data: blob } : undefined;
}

function textOf(block: Block): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[file ${block.resource.uri}: not text]`;
    case 'resource_link':
      return `[resource ${block.name}: ${block.uri}]`;
    case 'audio':
      return '[audio left out]';
    case 'image':
      return '[image]';
  }
}

/** A failure as the model reads it: code, what happened, what to do. */
export function toErrorResult(ids: CallIds, code: ErrorCode, message: string, hint = ''): ToolResultPart {
  const text = `${code}: ${message.replace(/[.\s]+$/u, '')}. ${hint}`.trim();
  return { type: 'tool-result', ...ids, content: [{ type: 'text', text }], isError: true };
}
