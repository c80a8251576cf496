import { BaseCallbackHandler } from '@langchain/core/callbacks/base';

/**
 * The part of a graph's config that keeps a job to itself: what it reads and writes is for its models alone, also where the
 * user has turned on tracing for other programs. LangChain adds its tracer to every run that has none of that name, so one
 * is there that tells nobody; without any, LangChain makes a trace of its own at every hop, for nobody to read.
 */
export function withoutTracing(): { readonly callbacks: [BaseCallbackHandler] } {
  return { callbacks: [new SilentTracer()] };
}

class SilentTracer extends BaseCallbackHandler {
  override name = 'langchain_tracer';
  override ignoreChain = true;

  /** What LangChain asks its own tracer for; there is no run to go on with. */
  getRunTreeWithTracingConfig(): undefined {
    return undefined;
  }
}
