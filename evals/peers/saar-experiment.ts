/**
 * The session-aware rule as its authors tested it: 21,600 simulated turns, three made-up models, a baseline that picks by
 * demand alone. Their published figures come out of the rule below, and beside them those of a baseline that also caches.
 * Source: vllm-project/semantic-router 3d48f8c, agentic routing experiment, read 2026-11-21.
 */
export interface SaarTurn {
  readonly session: string;
  readonly turn: number;
  readonly phase: string;
  readonly isIdle: boolean;
  readonly demand: number;
  /** What the baseline picked, where the table says so: its demand is rounded, and a threshold may lie in between. */
  readonly picked?: string;
  readonly historyTokens: number;
  readonly remainingTurnPrior: number;
}

interface SaarModel {
  readonly quality: number;
  /** USD per million tokens. */
  readonly input: number;
  readonly output: number;
  readonly read: number;
}

const SMALL: SaarModel = { quality: 0.64, input: 0.05, output: 0.1, read: 0.01 };
const MIDDLE: SaarModel = { quality: 0.78, input: 0.3, output: 0.6, read: 0.06 };
const FRONTIER: SaarModel = { quality: 0.94, input: 8, output: 24, read: 1.2 };

/** Which parts of the rule are on; leaving one out is one of the published ablations. */
export interface SaarVariant {
  readonly sticky?: boolean;
  readonly noToolLock?: boolean;
  readonly noStateLock?: boolean;
  readonly noDriftReset?: boolean;
  readonly noIdleReset?: boolean;
  readonly noRemainingPrior?: boolean;
  readonly noFrontierCost?: boolean;
}

export interface SaarSums {
  readonly turnCount: number;
  readonly switchCount: number;
  readonly costUsd: number;
  readonly meanQuality: number;
  readonly frontierTurnCount: number;
  /** Turns on a model below the one that demand asks for. */
  readonly underDemandCount: number;
}

export interface SaarResult {
  readonly rule: SaarSums;
  /** As published: picks by demand, never reads a cache. */
  readonly baseline: SaarSums;
  /** The same picks, with the warmth that the rule itself is given. */
  readonly cachedBaseline: SaarSums;
}

/** Runs the rule and both baselines over turns in order; a new session starts at turn 0. Pure. */
export function runSaarExperiment(turns: Iterable<SaarTurn>, variant: SaarVariant = {}): SaarResult {
  const rule = new Tally();
  const baseline = new Tally();
  const cached = new Tally();
  let current = SMALL;
  let before = SMALL;
  let switchCount = 0;
  for (const turn of turns) {
    if (turn.turn === 0) {
      current = SMALL;
      before = SMALL;
      switchCount = 0;
    }
    const wanted = wantedModel(turn);
    const next = chooseModel(turn, wanted, current, switchCount, variant);
    const didSwitch = next !== current;
    if (didSwitch) switchCount += 1;
    rule.add(turn, next, wanted, didSwitch, warmth(next, turn, didSwitch));
    baseline.add(turn, wanted, wanted, wanted !== before, 0);
    cached.add(turn, wanted, wanted, wanted !== before, warmth(wanted, turn, wanted !== before));
    current = next;
    before = wanted;
  }
  return { rule: rule.sums(), baseline: baseline.sums(), cachedBaseline: cached.sums() };
}

const MODELS: Readonly<Record<string, SaarModel>> = {
  'qwen3-8b': SMALL,
  'qwen3-32b': MIDDLE,
  'frontier-reasoner': FRONTIER,
};

function wantedModel(turn: SaarTurn): SaarModel {
  const picked = turn.picked !== undefined && Object.hasOwn(MODELS, turn.picked) ? MODELS[turn.picked] : undefined;
  if (picked !== undefined) return picked;
  if (turn.demand >= 0.78) return FRONTIER;
  return turn.demand >= 0.55 ? MIDDLE : SMALL;
}

function chooseModel(
  turn: SaarTurn,
  wanted: SaarModel,
  current: SaarModel,
  switchCount: number,
  variant: SaarVariant,
): SaarModel {
  if (turn.turn === 0) return wanted;
  if (variant.sticky === true) return current;
  if (turn.phase === 'tool_loop' && variant.noToolLock !== true) return current;
  if (turn.phase === 'provider_state' && variant.noStateLock !== true) return current;
  if (turn.phase === 'topic_drift' && variant.noDriftReset !== true) return wanted;
  if (turn.isIdle && variant.noIdleReset !== true) return wanted;
  if (wanted === current) return current;
  const pressure = Math.max(cachePressure(wanted), cachePressure(current));
  const multiplier = variant.noFrontierCost === true ? 1 : 1 + 1.6 * pressure;
  const bound = 0.2 * continuation(turn, variant) * warmth(current, turn, false) * multiplier;
  const cost = 0.05 + bound + 0.04 * Math.min(switchCount / 8, 1);
  return wanted.quality - current.quality > cost ? wanted : current;
}

function continuation(turn: SaarTurn, variant: SaarVariant): number {
  const byHistory = Math.min(1, Math.max(0, turn.historyTokens / 16_000));
  if (variant.noRemainingPrior === true) return byHistory;
  return Math.max(byHistory, Math.min(1, Math.max(0, turn.remainingTurnPrior - turn.turn) / 8));
}

function cachePressure(model: SaarModel): number {
  return (model.input - model.read) / (FRONTIER.input - FRONTIER.read);
}

/** The share of a prompt that the experiment takes as cached: a guess from the history's length, a fifth of it after a switch. */
function warmth(model: SaarModel, turn: SaarTurn, didSwitch: boolean): number {
  let share = Math.max(0.5, Math.min(0.72, turn.historyTokens / 48_000));
  if (turn.phase === 'tool_loop') share += 0.12;
  if (turn.phase === 'provider_state') share += 0.08;
  if (model === FRONTIER) share += 0.06;
  if (didSwitch) share *= 0.2;
  return Math.max(0, Math.min(0.85, share));
}

class Tally {
  private turnCount = 0;
  private switchCount = 0;
  private costUsd = 0;
  private quality = 0;
  private frontierCount = 0;
  private underCount = 0;

  add(turn: SaarTurn, model: SaarModel, wanted: SaarModel, didSwitch: boolean, share: number): void {
    const prompt = 800 + turn.historyTokens;
    const output = 220 + Math.trunc(180 * turn.demand);
    const read = Math.trunc(prompt * share);
    this.turnCount += 1;
    this.switchCount += didSwitch ? 1 : 0;
    this.costUsd += ((prompt - read) * model.input + read * model.read + output * model.output) / 1e6;
    this.quality += model.quality;
    this.frontierCount += model === FRONTIER ? 1 : 0;
    this.underCount += model.quality < wanted.quality ? 1 : 0;
  }

  sums(): SaarSums {
    return {
      turnCount: this.turnCount,
      switchCount: this.switchCount,
      costUsd: this.costUsd,
      meanQuality: this.turnCount === 0 ? 0 : this.quality / this.turnCount,
      frontierTurnCount: this.frontierCount,
      underDemandCount: this.underCount,
    };
  }
}

/**
 * Reads the published table of turns (CSV with a header, no quoting).
 * @returns turns in file order; rows that lack a number are left out.
 */
export function parseSaarTurns(csv: string): readonly SaarTurn[] {
  const [header = '', ...lines] = csv.split(/\r?\n/u);
  const columns = header.split(',');
  const at = (name: string): number => columns.indexOf(name);
  const index = {
    scenario: at('scenario'),
    seed: at('seed'),
    session: at('session_id'),
    turn: at('turn'),
    phase: at('phase'),
    idle: at('idle_expired'),
    demand: at('demand'),
    picked: at('baseline_model'),
    history: at('history_tokens'),
    prior: at('remaining_turn_prior'),
  };
  const turns: SaarTurn[] = [];
  for (const line of lines) {
    const cells = line.split(',');
    const numbers = [index.turn, index.demand, index.history, index.prior].map((column) =>
      Number(cells[column] ?? Number.NaN),
    );
    const [turn, demand, historyTokens, remainingTurnPrior] = numbers;
    if (turn === undefined || demand === undefined || historyTokens === undefined || remainingTurnPrior === undefined)
      continue;
    if (cells.length < columns.length || numbers.some(Number.isNaN)) continue;
    turns.push({
      session: `${cells[index.scenario] ?? ''}/${cells[index.seed] ?? ''}/${cells[index.session] ?? ''}`,
      turn,
      phase: cells[index.phase] ?? '',
      isIdle: cells[index.idle] === 'True',
      demand,
      picked: cells[index.picked] ?? '',
      historyTokens,
      remainingTurnPrior,
    });
  }
  return turns;
}
