import type { Config } from '../config/config.ts';
import { createModelCaller, type ModelCaller } from '../providers/model-caller.ts';
import type { RetryRules } from '../providers/retry.ts';
import type { ProvidersOptions } from './open-providers.ts';

export interface OwnCaller {
  readonly call: ModelCaller;
  /** Goes on with another configuration. */
  use(config: Config): void;
}

/** Whoever waits for an answer waits no longer than a try takes. */
const NO_RETRY: RetryRules = { maxRetries: 0, baseDelayMs: 0, maxDelayMs: 0 };

/** Calls a model for ourselves, by the configuration as it is now; what that takes is loaded with the first call. */
export function openCaller(initial: Config, options: ProvidersOptions): OwnCaller {
  let config = initial;
  let opened: Promise<ModelCaller> | undefined;
  const open = async (): Promise<ModelCaller> => {
    const { openProviders } = await import('./open-providers.ts');
    const providers = openProviders(config, options);
    return createModelCaller({ providers, random: Math.random, rules: NO_RETRY });
  };
  return {
    call: async (model, request, of) => (await (opened ??= open()))(model, request, of),
    use: (next) => {
      config = next;
      opened = undefined;
    },
  };
}
