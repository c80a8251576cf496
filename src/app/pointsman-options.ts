import type { Config } from '../config/config.ts';
import type { Environment } from '../domain/environment.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { At, Ms, Ratio } from '../domain/time.ts';
import type { Predictor } from '../predict/predictor.ts';
import type { ModelProvider } from '../providers/provider.ts';
import type { RetryRules } from '../providers/retry.ts';
import type { FolderGate } from '../trust/folder-gate.ts';

/** How to build the house. Everything has a default: the environment and the config file of the folder. */
export interface PointsmanOptions {
  /** A loaded configuration. Absent: read from `cwd`, `env` and `configFile`. */
  readonly config?: Config;
  readonly configFile?: string;
  /** Says what of a folder's own files may be used. Absent: what this user has said yes to, and the rest is warned of. */
  readonly gate?: FolderGate;
  /** Absolute. Absent: the process's own. */
  readonly cwd?: string;
  /** Absent: the process's own. Only named variables reach tool servers. */
  readonly env?: Environment;
  /** `memory` keeps nothing: jobs end with the process. Absent: the configured store. */
  readonly store?: 'memory' | { readonly dir: string };
  /** Replaces the network: endpoint id → provider. */
  readonly providers?: ReadonlyMap<EndpointId, ModelProvider>;
  readonly predictor?: Predictor;
  /** False: no pings and no writes for an hour, whatever policies say. Absent: as they say. */
  readonly pings?: boolean;
  /** Others than its user ask, as over HTTP: their words move a quarter of the steps to dearer models at most, unless the policy says otherwise. */
  readonly strangers?: boolean;
  readonly retryRules?: RetryRules;
  /** Say so in every report: the words of the models are scripted. */
  readonly scripted?: boolean;
  readonly clock?: () => At;
  /** How waiting passes: resolves after the pause or when aborted, and never rejects. Absent: in real time. */
  readonly wait?: (pauseMs: Ms, signal: AbortSignal) => Promise<void>;
  /** 0 ≤ x < 1; spreads the pauses between retries. */
  readonly random?: () => Ratio;
  /** Things that are wrong and do not stop anything, such as a record that could not be written. */
  readonly onWarning?: (error: PointsmanError) => void;
}
