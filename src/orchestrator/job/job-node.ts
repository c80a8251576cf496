import { Runnable } from '@langchain/core/runnables';

/**
 * A node of the graph that is called as it is. LangGraph wraps plain functions so that each call has a trace of its own,
 * which nobody here reads; `interrupt()` needs that wrapping, so a node that asks throws a `GraphInterrupt` itself.
 */
export function toNode<Input, Output>(act: (input: Input) => Output | Promise<Output>): Runnable<Input, Output> {
  return new JobNode(act);
}

class JobNode<Input, Output> extends Runnable<Input, Output> {
  override lc_namespace = ['pointsman'];
  readonly #act: (input: Input) => Output | Promise<Output>;

  constructor(act: (input: Input) => Output | Promise<Output>) {
    super();
    this.#act = act;
  }

  override async invoke(input: Input): Promise<Output> {
    return this.#act(input);
  }
}
