import type { SourceEndpoint } from './source.ts';

/**
 * What the snapshot says in sentences, read once by a person. Only what holds without a contract or a setting of the
 * user's own is stated; "by arrangement" is not in force and stays unknown.
 */
const READ: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  anthropic: { baaAvailable: true, inferenceRegions: ['global'], sources: ['platform.claude.com data-residency'] },
  openai: {
    baaAvailable: true,
    retentionDays: 30,
    inferenceRegions: ['global'],
    sources: ['developers.openai.com your-data'],
  },
  mistral: {
    trainsOnData: false,
    inferenceRegions: ['eu'],
    storageRegions: ['eu'],
    sources: ['docs.prisme.ai llm-provider-data-retention'],
  },
  deepseek: { inferenceRegions: ['cn'], storageRegions: ['cn'], zeroDataRetention: false },
  zai: { inferenceRegions: ['cn', 'sg'] },
  alibaba: {
    inferenceRegions: ['global'],
    storageRegions: ['sg'],
    sources: ['alibabacloud.com model-studio context-cache'],
  },
  google: { inferenceRegions: ['global'] },
  groq: { inferenceRegions: ['us'] },
  ovhcloud: {
    zeroDataRetention: true,
    inferenceRegions: ['eu'],
    sources: ['docs.prisme.ai llm-provider-data-retention'],
  },
};

const OUR_ID: Readonly<Record<string, string>> = {
  'google-vertex (Agent Platform)': 'google-vertex',
  'google-ai-studio': 'google',
  'azure-openai/foundry': 'azure-openai',
  'ovhcloud-ai-endpoints': 'ovhcloud',
};

const GATEWAY_SOURCE = 'llmgateway-models@1.324.0 (2026-09-23)';
/** The user's own machines: `config` states their attributes, because only the user knows them. */
const SELF_HOSTED = 'self-hosted (vLLM/SGLang)';

export function complianceRows(endpoints: readonly SourceEndpoint[], generated: string): readonly object[] {
  const rows = endpoints
    .filter((endpoint) => endpoint.id !== SELF_HOSTED)
    .map((endpoint) => complianceRow(endpoint, generated));
  const openai = rows.find((row) => row['endpoint'] === 'openai');
  const eu = {
    ...openai,
    endpoint: 'openai-eu',
    inferenceRegions: ['eu'],
    storageRegions: ['eu'],
    sources: [GATEWAY_SOURCE, 'developers.openai.com data-residency'],
  };
  return openai === undefined ? rows : [...rows, eu];
}

function complianceRow(source: SourceEndpoint, generated: string): Readonly<Record<string, unknown>> {
  const id = OUR_ID[source.id] ?? source.id;
  const gateway = source.gateway_catalogue;
  const policy = gateway?.dataPolicy ?? {};
  const training = typeof source.training_on_api_data === 'boolean' ? source.training_on_api_data : policy.apiTraining;
  const days = /^(\d+) days$/u.exec(policy.retentionPeriod ?? '')?.[1];
  const read = READ[id] ?? {};
  return {
    endpoint: id,
    ...defined({
      trainsOnData: training,
      retentionDays: days === undefined ? undefined : Number(days),
      soc2: policy.soc2 === 2 ? true : undefined,
      iso27001: policy.iso27001,
      gdprDpa: policy.gdpr,
      headquarters: gateway?.headquarters,
    }),
    ...read,
    sources: [...(gateway === undefined ? [] : [GATEWAY_SOURCE]), ...((read['sources'] as string[] | undefined) ?? [])],
    asOf: generated,
  };
}

function defined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));
}
