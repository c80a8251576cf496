import type { Wire } from '../domain/model.ts';

/** An endpoint that works as soon as its key is in the environment. */
export interface KnownEndpoint {
  readonly baseUrl: string;
  readonly wires: readonly Wire[];
  /** Environment variables that may hold the key, the preferred first, after `POINTSMAN_<ID>_API_KEY`. */
  readonly apiKeyNames: readonly string[];
  readonly keyless: boolean;
}

const chat = (baseUrl: string, ...apiKeyNames: readonly string[]): KnownEndpoint => ({
  baseUrl,
  wires: ['openai-chat'],
  apiKeyNames,
  keyless: false,
});

const openai = (baseUrl: string, apiKeyName: string): KnownEndpoint => ({
  baseUrl,
  wires: ['openai-responses', 'openai-chat'],
  apiKeyNames: [apiKeyName],
  keyless: false,
});

/** Public addresses of the vendors, from general knowledge; none was called from here. `doctor` tells whether one answers. */
export const KNOWN_ENDPOINTS: Readonly<Record<string, KnownEndpoint>> = {
  anthropic: {
    baseUrl: 'https://api.anthropic.com',
    wires: ['anthropic-messages'],
    apiKeyNames: ['ANTHROPIC_API_KEY'],
    keyless: false,
  },
  openai: openai('https://api.openai.com/v1', 'OPENAI_API_KEY'),
  /** A key of a project with European residency; the global key would not give it. */
  'openai-eu': openai('https://eu.api.openai.com/v1', 'OPENAI_EU_API_KEY'),
  /** Native first: signatures, thoughts, budgets and reasons of its answers have no place in its OpenAI form, which stays open. */
  google: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    wires: ['gemini-generate-content', 'openai-chat'],
    apiKeyNames: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    keyless: false,
  },
  deepseek: chat('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY'),
  zai: chat('https://api.z.ai/api/paas/v4', 'ZAI_API_KEY'),
  moonshotai: chat('https://api.moonshot.ai/v1', 'MOONSHOT_API_KEY'),
  alibaba: chat('https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'DASHSCOPE_API_KEY'),
  mistral: chat('https://api.mistral.ai/v1', 'MISTRAL_API_KEY'),
  xai: chat('https://api.x.ai/v1', 'XAI_API_KEY'),
  meta: chat('https://api.llama.com/compat/v1', 'LLAMA_API_KEY'),
  minimax: chat('https://api.minimax.io/v1', 'MINIMAX_API_KEY'),
  openrouter: chat('https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY'),
  groq: chat('https://api.groq.com/openai/v1', 'GROQ_API_KEY'),
  nebius: chat('https://api.studio.nebius.com/v1', 'NEBIUS_API_KEY'),
  ollama: { ...chat('http://127.0.0.1:11434/v1', 'OLLAMA_API_KEY'), keyless: true },
  vllm: { ...chat('http://127.0.0.1:8000/v1', 'VLLM_API_KEY'), keyless: true },
};

/** The variable that holds an endpoint's key under our own name: `openai-eu` → `POINTSMAN_OPENAI_EU_API_KEY`. */
export function ownVariable(endpoint: string, what: 'API_KEY' | 'BASE_URL'): string {
  return `POINTSMAN_${variableName(endpoint)}_${what}`;
}

/** An endpoint's id as part of a variable's name: `openai-eu` → `OPENAI_EU`. */
export function variableName(endpoint: string): string {
  return endpoint.toUpperCase().replaceAll(/[^A-Z0-9]+/gu, '_');
}
