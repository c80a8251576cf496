import type { Config } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { At } from '../../domain/time.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { alarmsOf } from './alarms-of.ts';
import { postedAlarmsFor } from './posted-alarms.ts';
import { watchAlarms } from './watch-alarms.ts';

/**
 * The same service; where alarms are posted somewhere, what its work raises is told as a gateway would tell it: while it works, and when it is
 * closed. Who only looks at records tells nobody. Scripted jobs, and those that keep nothing, raise nothing.
 */
export function postingAlarms(
  service: Pointsman,
  options: Pick<PointsmanOptions, 'store' | 'onWarning' | 'scripted'>,
  { config, clock }: { readonly config: Config; readonly clock: () => At },
): Pointsman {
  const { store, onWarning, scripted = false } = options;
  if (config.alarms === undefined || store === 'memory' || scripted) return service;
  const { alarms } = config;
  let watching: ReturnType<typeof watchAlarms> | undefined;
  const begin = (): void => {
    watching ??= watchAlarms({
      source: { current: alarmsOf(options, config) },
      config: alarms,
      posted: postedAlarmsFor(options, config),
      onLost: (why) => onWarning?.(new PointsmanError('provider-unavailable', `An alarm was not delivered: ${why}`)),
      clock,
    });
  };
  return {
    ...service,
    startJob: async (...asked) => (begin(), service.startJob(...asked)),
    runJob: async (...asked) => (begin(), service.runJob(...asked)),
    resumeJob: async (...asked) => (begin(), service.resumeJob(...asked)),
    routeStep: async (...asked) => (begin(), service.routeStep(...asked)),
    recordOutcome: async (...asked) => (begin(), service.recordOutcome(...asked)),
    close: async () => {
      await service.close();
      // What its last step was worth is known only now.
      await watching?.end();
    },
  };
}
