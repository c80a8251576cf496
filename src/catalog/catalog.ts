import type { ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';

/** The models that can be routed to, looked up by exact id. */
export interface Catalog {
  readonly models: readonly Model[];
  /** Exact id only; a near miss is `undefined`, never another model. */
  get(id: string): Model | undefined;
  /** Ids that look like `id`, nearest first, for error messages. */
  suggest(id: string): readonly ModelId[];
}
