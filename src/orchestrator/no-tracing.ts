import { BaseCallbackHandler } from '@langchain/core/callbacks/base';

/** What LangChain reads, from the process's own environment, to send every run to a tracing service (core 1.4). */
const SWITCHES: readonly string[] = [
  'LANGSMITH_TRACING_V2',
  'LANGCHAIN_TRACING_V2',
  'LANGSMITH_TRACING',
  'LANGCHAIN_TRACING',
];

/**
 * The part of a graph's config that keeps a job to itself: what it reads and writes is for its models alone, also where the
 * user has turned on tracing for other programs. LangChain adds its tracer to every run that has none of that name, so one
 * is there that tells nobody. Costs something per step, and is left out where nothing is switched on.
 */
export function withoutTracing(): { readonly callbacks?: [BaseCallbackHandler] } {
  return SWITCHES.some((name) => process.env[name] === 'true') ? { callbacks: [new SilentTracer()] } : {};
}

class SilentTracer extends BaseCallbackHandler {
  override name = 'langchain_tracer';
  override ignoreChain = true;

  /** What LangChain asks its own tracer for; there is no run to go on with. */
  getRunTreeWithTracingConfig(): undefined {
    return undefined;
  }
}
