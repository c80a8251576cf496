/**
 * Every name that leaves through OpenTelemetry, in one table.
 *
 * `GEN_AI`: OpenTelemetry's semantic conventions for generative AI v0.1.0 (open-telemetry/semantic-conventions-genai,
 * docs/gen-ai/client-inference.md, gen-ai-agent-spans.md and mcp.md), `GENERAL`: semantic-conventions 1.45.0; read 2026-11-30.
 * They are "Development" there and may change; a change is made here alone. `OWN`: what no convention has a name for.
 */
export const GEN_AI = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',
  agent: 'gen_ai.agent.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  firstChunkSeconds: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
} as const;

export const GENERAL = {
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
} as const;

export const OWN = {
  jobId: 'pointsman.job.id',
  jobStatus: 'pointsman.job.status',
  stepId: 'pointsman.step.id',
  stepKind: 'pointsman.step.kind',
  attempt: 'pointsman.step.attempt',
  stepStatus: 'pointsman.step.status',
  callId: 'pointsman.call.id',
  purpose: 'pointsman.call.purpose',
  endpoint: 'pointsman.endpoint',
  mode: 'pointsman.mode',
  askedFor: 'pointsman.asked_for',
  key: 'pointsman.key.name',
  harness: 'pointsman.harness',
  retries: 'pointsman.retry_count',
  fallbackFrom: 'pointsman.fallback_from',
  billUsd: 'pointsman.bill.usd',
  predictedBillUsd: 'pointsman.bill.predicted.usd',
  decisionId: 'pointsman.decision.id',
  decisionKind: 'pointsman.decision.kind',
  decisionModel: 'pointsman.decision.model',
  decisionFrom: 'pointsman.decision.from',
  decisionReasons: 'pointsman.decision.reasons',
  candidateCount: 'pointsman.decision.candidate_count',
  rejectedCount: 'pointsman.decision.rejected_count',
  policy: 'pointsman.policy.id',
} as const;

/** What `gen_ai.operation.name` is for each of our spans. */
export const OPERATION = {
  call: 'chat',
  step: 'invoke_agent',
  job: 'invoke_workflow',
} as const;

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] as const;
const AGENT_SECONDS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6] as const;
const MCP_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;

export interface Instrument {
  readonly kind: 'counter' | 'histogram';
  readonly unit: string;
  readonly description: string;
  /** Of a histogram: upper bounds, as its convention wants them. */
  readonly bounds?: readonly number[];
}

export type InstrumentName =
  | 'gen_ai.client.inference.duration'
  | 'gen_ai.client.inference.time_to_first_chunk'
  | 'gen_ai.client.inference.usage.input_tokens'
  | 'gen_ai.client.inference.usage.output_tokens'
  | 'gen_ai.client.inference.usage.cache_read.input_tokens'
  | 'gen_ai.client.inference.usage.cache_write.input_tokens'
  | 'gen_ai.client.inference.usage.reasoning.output_tokens'
  | 'gen_ai.invoke_agent.duration'
  | 'mcp.server.operation.duration'
  | 'pointsman.bill'
  | 'pointsman.decisions';

const tokens = (description: string): Instrument => ({ kind: 'counter', unit: '{token}', description });

export const INSTRUMENTS: Readonly<Record<InstrumentName, Instrument>> = {
  'gen_ai.client.inference.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'GenAI client inference operation duration.',
    bounds: SECONDS,
  },
  'gen_ai.client.inference.time_to_first_chunk': {
    kind: 'histogram',
    unit: 's',
    description: 'Time until the first chunk of a streamed response.',
    bounds: SECONDS,
  },
  'gen_ai.client.inference.usage.input_tokens': tokens('Input tokens, those of caches included.'),
  'gen_ai.client.inference.usage.output_tokens': tokens('Output tokens.'),
  'gen_ai.client.inference.usage.cache_read.input_tokens': tokens('Input tokens read from a cache of the provider.'),
  'gen_ai.client.inference.usage.cache_write.input_tokens': tokens('Input tokens written to a cache of the provider.'),
  'gen_ai.client.inference.usage.reasoning.output_tokens': tokens('Output tokens that were reasoning.'),
  'gen_ai.invoke_agent.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a job or of one of its steps.',
    bounds: AGENT_SECONDS,
  },
  'mcp.server.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a request as its MCP server saw it.',
    bounds: MCP_SECONDS,
  },
  'pointsman.bill': { kind: 'counter', unit: 'USD', description: 'What calls billed, by list prices.' },
  'pointsman.decisions': { kind: 'counter', unit: '{decision}', description: 'Decisions, by what they came to.' },
};

/** Our endpoints by the names that `gen_ai.provider.name` has for them; others keep their own id. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'openai-eu': 'openai',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  moonshotai: 'moonshot_ai',
  xai: 'x_ai',
  bedrock: 'aws.bedrock',
  vertex: 'gcp.vertex_ai',
  azure: 'azure.ai.openai',
};

/** @param cloud what serves at the endpoint, where a cloud does */
export function providerName(endpoint: string, cloud?: string): string {
  return (cloud === undefined ? undefined : PROVIDERS[cloud]) ?? PROVIDERS[endpoint] ?? endpoint;
}
