import type { FinishReason } from '../../../domain/call.ts';
import { chunksOf, frame, sealThinking, type Answer, type WireAnswer } from '../answer.ts';

const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  other: 'OTHER',
};

/** What stands for the signature of a call, which only this model can have made. */
export function callSignature(model: string, name: string, args: unknown): string {
  return sealThinking(model, `${name} ${JSON.stringify(args)}`);
}

/** The signature of an answer without calls stands on its last text. */
export function textSignature(model: string): string {
  return sealThinking(model, 'text');
}

/** Google's generateContent: thoughts where they are asked for, calls whole, the first of them signed. */
export function writeGemini(answer: Answer, includeThoughts: boolean): WireAnswer {
  const { servedModel, toolCalls } = answer;
  const head = { modelVersion: servedModel, responseId: answer.seed.slice(0, 22) };
  const thoughts = includeThoughts ? chunksOf(answer.thinking).map((text) => ({ text, thought: true })) : [];
  const calls = toolCalls.map(({ id, name, input }, index) => ({
    functionCall: { id, name, args: input },
    ...(index === 0 ? { thoughtSignature: callSignature(servedModel, name, input) } : {}),
  }));
  const words = chunksOf(answer.text).map((text) => ({ text }));
  const last = toolCalls.length === 0 ? { text: '', thoughtSignature: textSignature(servedModel) } : { text: '' };
  const response = (parts: readonly object[], isLast: boolean): object => ({
    candidates: [
      {
        content: { parts, role: 'model' },
        ...(isLast ? { finishReason: FINISH_REASONS[answer.finish] } : {}),
        index: 0,
      },
    ],
    usageMetadata: usageOf(answer, isLast),
    ...head,
  });
  const whole = [
    ...(thoughts.length === 0 ? [] : [{ text: answer.thinking, thought: true }]),
    ...(answer.text === '' ? [] : [{ text: answer.text }]),
    ...calls,
    ...(toolCalls.length === 0 ? [last] : []),
  ];
  return {
    frames: [...thoughts, ...words, ...calls]
      .map((part) => frame(response([part], false)))
      .concat(frame(response([last], true))),
    body: response(whole, true),
  };
}

function usageOf({ cache, outputTokens, thinkingTokens, servedTier }: Answer, isLast: boolean): object {
  const prompt = {
    promptTokenCount: cache.promptTokens,
    ...(cache.readTokens === 0 ? {} : { cachedContentTokenCount: cache.readTokens }),
  };
  if (!isLast) return { ...prompt, totalTokenCount: cache.promptTokens };
  return {
    ...prompt,
    candidatesTokenCount: outputTokens - thinkingTokens,
    thoughtsTokenCount: thinkingTokens,
    totalTokenCount: cache.promptTokens + outputTokens,
    ...(servedTier === undefined ? {} : { serviceTier: servedTier }),
  };
}
