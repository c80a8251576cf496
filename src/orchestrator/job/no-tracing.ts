import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { CallbackManager, CallbackManagerForChainRun } from '@langchain/core/callbacks/manager';

/**
 * The part of a graph's config that keeps a job to itself: what it reads and writes is for its models alone, also where the
 * user has turned on tracing for other programs. LangChain adds its tracer to every run that has none of that name, so one
 * is there that tells nobody; without any, LangChain makes a trace of its own at every hop, for nobody to read.
 */
export function withoutTracing(): { readonly callbacks: CallbackManager } {
  return { callbacks: new SilentManager() };
}

class SilentTracer extends BaseCallbackHandler {
  override name = 'langchain_tracer';
  override ignoreChain = true;

  /** What LangChain asks its own tracer for; there is no run to go on with. */
  getRunTreeWithTracingConfig(): undefined {
    return undefined;
  }
}

/** Stands for every run: none is told of, so none needs a name. */
const NO_RUN = 'untraced';

/** The same for every node and hop, whatever is added to it: nobody listens. */
class SilentManager extends CallbackManager {
  readonly #run: CallbackManagerForChainRun;

  constructor() {
    const tracers = [new SilentTracer()];
    super(NO_RUN, { handlers: tracers, inheritableHandlers: tracers });
    this.#run = new SilentRun(this);
  }

  override copy(): CallbackManager {
    return this;
  }

  override async handleChainStart(): Promise<CallbackManagerForChainRun> {
    return this.#run;
  }

  override addHandler(): void {}
  override removeHandler(): void {}
  override addTags(): void {}
  override addMetadata(): void {}
}

class SilentRun extends CallbackManagerForChainRun {
  readonly #manager: CallbackManager;

  constructor(manager: CallbackManager) {
    super(NO_RUN, manager.handlers, manager.inheritableHandlers, [], [], {}, {});
    this.#manager = manager;
  }

  override getChild(): CallbackManager {
    return this.#manager;
  }

  override async handleChainEnd(): Promise<void> {}
  override async handleChainError(): Promise<void> {}
}
