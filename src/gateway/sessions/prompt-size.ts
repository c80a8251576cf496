import { mediaTokens } from '../../catalog/media-tokens.ts';
import type { MediaSize } from '../../domain/media.ts';
import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import { mediaInBody } from '../../wires/shared/media/media-in-body.ts';
import type { WireFormat } from '../../wires/shared/wire-format.ts';
import type { Thread } from './session-store.ts';

/** How large a prompt is before it is sent. Text and media apart, because each vendor counts media by a rule of its own. */
export interface PromptSize {
  readonly textBytes: number;
  /** In reference tokens: what the transcript's last call reported, plus four bytes a token for what is new. */
  readonly textTokens: Tokens;
  readonly media: readonly MediaSize[];
}

const BYTES_PER_TOKEN = 4;

/** @param thread the transcript that the call goes on with; `undefined`: none is known */
export function promptSizeOf(
  call: { readonly bytes: Buffer; readonly body: Fields; readonly format: WireFormat },
  thread: Pick<Thread, 'promptBytes' | 'promptTokens'> | undefined,
): PromptSize {
  const { sizes, dataChars } = mediaInBody(call.format.transcriptOf(call.body), (block) => call.format.mediaOf(block));
  const textBytes = Math.max(0, call.bytes.length - dataChars);
  const known = thread?.promptTokens;
  const isLonger = known !== undefined && thread !== undefined && textBytes >= thread.promptBytes;
  const fresh = isLonger ? textBytes - thread.promptBytes : textBytes;
  const textTokens = (isLonger ? known : 0) + Math.ceil(fresh / BYTES_PER_TOKEN);
  return { textBytes, textTokens, media: sizes };
}

/** The whole prompt as `model` counts it. */
export function promptTokensFor(model: Model, { textTokens, media }: Pick<PromptSize, 'textTokens' | 'media'>): Tokens {
  return textTokens * model.tokenRatio + mediaTokens(model, media);
}

/** What of a reported prompt was text, in reference tokens. */
export function textTokensOf(model: Model, usage: Usage, media: readonly MediaSize[]): Tokens {
  return Math.max(0, promptTokens(usage) - mediaTokens(model, media)) / model.tokenRatio;
}
