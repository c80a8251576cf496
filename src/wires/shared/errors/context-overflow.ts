/**
 * Ways of saying that a prompt does not fit, each beside a sample of its wording. Matched only on failures that may mean
 * this at all (400, 413, 422, or an error inside a stream).
 */
export const OVERFLOW_WORDINGS: readonly { readonly pattern: RegExp; readonly sample: string }[] = [
  {
    pattern: /prompt is too long: \d+ tokens > \d+ maximum/u,
    sample: 'prompt is too long: 210301 tokens > 200000 maximum',
  },
  {
    pattern: /input length and `?max_tokens`? exceed context limit/u,
    sample: 'input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000',
  },
  {
    pattern: /maximum context length is \d+ tokens/u,
    sample: "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens",
  },
  { pattern: /exceeds the context window/u, sample: 'Your input exceeds the context window of this model.' },
  {
    pattern: /input token count \(?\d+\)? exceeds the maximum number of tokens/u,
    sample: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  },
  {
    pattern: /too large for model with \d+ maximum context length/u,
    sample: 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
  },
  {
    pattern: /maximum prompt length is \d+/u,
    sample: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
  },
  // Amazon Bedrock, ValidationException (general knowledge, not read from a page).
  { pattern: /^Input is too long for requested model/u, sample: 'Input is too long for requested model.' },
  {
    pattern: /exceeds the available context size/u,
    sample: 'the request exceeds the available context size. try increasing the context size',
  },
];

/** Whether a failure says that the prompt does not fit the context window. */
export function isContextOverflow(failure: {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}): boolean {
  if (failure.code === 'context_length_exceeded') return true;
  const { status, message } = failure;
  if (message === undefined || (status !== undefined && ![400, 413, 422].includes(status))) return false;
  return !fitsByItself(message) && OVERFLOW_WORDINGS.some(({ pattern }) => pattern.test(message));
}

/** What the words say of the prompt alone: vLLM, then OpenAI. */
const PROMPT_SIZES = [/request has (\d+) input tokens/u, /\((\d+) in the messages/u] as const;

/** True where the window is exceeded only by the answer that was asked for: a shorter transcript would not help. */
function fitsByItself(message: string): boolean {
  const limit = Number(/maximum context length is (\d+) tokens/u.exec(message)?.[1] ?? Number.NaN);
  const size = PROMPT_SIZES.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined);
  return size !== undefined && Number(size) < limit;
}
