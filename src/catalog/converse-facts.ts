import type { Modality, Model, RequestLimits, Wire } from '../domain/model.ts';

/** What Bedrock refuses of a line of models in Converse, whatever the same models take elsewhere. Absent: it takes it. */
interface ConverseRow {
  /** Of the model's own name at Bedrock, behind a geography. */
  readonly model: RegExp;
  readonly lacks: readonly ConverseFeature[];
  readonly asOf: string;
}

/** Columns of AWS's table; `streamed-tools`: tools are taken in Converse and refused in ConverseStream. */
type ConverseFeature = 'system' | 'documents' | 'vision' | 'tools' | 'streamed-tools';

const asOf = '2026-11-29';

/**
 * AWS, "Supported models and model features" of the Converse API (docs.aws.amazon.com/bedrock/latest/userguide/
 * conversation-inference-supported-models-features.html). A model that is not listed here is believed to take everything that its row says.
 */
const ROWS: readonly ConverseRow[] = [
  { model: /^ai21\.jamba-instruct/u, lacks: ['documents', 'vision', 'tools'], asOf },
  { model: /^ai21\.jamba-1-5/u, lacks: ['vision'], asOf },
  { model: /^amazon\.nova-micro/u, lacks: ['documents', 'vision'], asOf },
  { model: /^amazon\.titan-text/u, lacks: ['system', 'vision', 'tools'], asOf },
  { model: /^cohere\.command-r/u, lacks: ['vision'], asOf },
  { model: /^deepseek\.r1/u, lacks: ['vision', 'tools'], asOf },
  { model: /^meta\.llama3-(?:8b|70b)/u, lacks: ['vision', 'tools'], asOf },
  { model: /^meta\.llama3-2-(?:1b|3b)/u, lacks: ['vision', 'tools'], asOf },
  { model: /^meta\.llama3-(?:1|3)-/u, lacks: ['vision', 'streamed-tools'], asOf },
  { model: /^meta\.llama(?:3-2|4)-/u, lacks: ['streamed-tools'], asOf },
  { model: /^mistral\.(?:mistral-7b|mixtral)/u, lacks: ['system', 'vision', 'tools'], asOf },
  { model: /^mistral\.mistral-small-24/u, lacks: ['documents', 'vision', 'streamed-tools'], asOf },
  // Of 2024; Mistral Large 3 reads images.
  { model: /^mistral\.mistral-large-24/u, lacks: ['vision', 'streamed-tools'], asOf },
];

/** Behind the geography and the ARN of a profile. */
const FOUNDATION = /^(?:arn:[^/]*\/)?(?:(?:us-gov|us|eu|apac|jp|au|ca|sa|me|global)\.)?(.+)$/u;

/** Lines of models by the wire on which they are so. */
const ROWS_OF_WIRE: Readonly<Partial<Record<Wire, readonly ConverseRow[]>>> = { 'bedrock-converse': ROWS };

/** A row as Bedrock serves it; any other as it is. Pure. */
export function asConverseServes(model: Model): Model {
  const name = FOUNDATION.exec(model.wireModel)?.[1] ?? model.wireModel;
  const lacks = new Set(ROWS_OF_WIRE[model.wire]?.find((row) => row.model.test(name))?.lacks);
  if (lacks.size === 0) return model;
  const limits: RequestLimits = {
    ...model.requestLimits,
    ...(lacks.has('system') ? { system: 'refused' } : {}),
    ...(lacks.has('streamed-tools') ? { streamedTools: 'refused' } : {}),
  };
  const isTaken = (modality: Modality): boolean =>
    !(modality === 'pdf' && lacks.has('documents')) && !(modality === 'image' && lacks.has('vision'));
  return {
    ...model,
    toolCalling: model.toolCalling && !lacks.has('tools'),
    inputModalities: model.inputModalities.filter(isTaken),
    ...(Object.keys(limits).length === 0 ? {} : { requestLimits: limits }),
  };
}
