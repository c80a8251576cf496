import type { Wire } from '../domain/model.ts';
import { anthropicMessages } from './anthropic-messages/anthropic-messages-format.ts';
import { bedrockConverse } from './bedrock-converse/bedrock-converse-format.ts';
import { geminiGenerateContent } from './gemini-generate-content/gemini-generate-content-format.ts';
import { openaiChat } from './openai-chat/openai-chat-format.ts';
import { openaiResponses } from './openai-responses/openai-responses-format.ts';
import type { WireFormat } from './shared/wire-format.ts';

/** Every wire format, once. */
export const WIRE_FORMATS: Readonly<Record<Wire, WireFormat>> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'gemini-generate-content': geminiGenerateContent,
  'bedrock-converse': bedrockConverse,
};

const ALL: readonly WireFormat[] = Object.values(WIRE_FORMATS);

/** The format of a model call to this path; `undefined`: it is no model call. */
export function formatOfPath(pathname: string, search: string): WireFormat | undefined {
  const format = ALL.find((one) => one.isCallPath(pathname));
  return format?.forQuery?.(pathname, search) ?? format;
}

/** The format in which the caller of an unknown path is answered. */
export function formatOfCaller(pathname: string, headers: Parameters<WireFormat['isWireOf']>[1]): WireFormat {
  return ALL.find((format) => format.isWireOf(pathname, headers)) ?? openaiChat;
}
