import { NANO_PER_USD, toNanoUsd, type NanoUsd } from '../../domain/money.ts';

/** Version of the envelope, not of what is in it. */
const VERSION = 1;

/**
 * What `--json` writes for every command: `{ "v": 1, "command": …, "data": … }`. Beside each amount in nano-USD
 * (`billNanoUsd: 33100000`) stands the same in USD as decimal text (`billUsd: "0.033100000"`), which no reader rounds.
 */
export function jsonText(command: string, data: unknown): string {
  return envelope({ v: VERSION, command, data: withUsd(data) });
}

/** The same of a failure: `{ "v": 1, "command": …, "error": { "code", "message", "hint" } }`. */
export function errorJsonText(
  command: string,
  { code, message, hint }: { readonly code: string; readonly message: string; readonly hint?: string | undefined },
): string {
  return envelope({ v: VERSION, command, error: { code, message, hint } });
}

function envelope(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const NANO_KEY = /NanoUsd$/u;

function withUsd(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUsd);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]): [string, unknown][] => {
      const usdKey = key.replace(NANO_KEY, 'Usd');
      const hasUsd = usdKey === key || !Number.isSafeInteger(part) || Object.hasOwn(value, usdKey);
      return hasUsd
        ? [[key, withUsd(part)]]
        : [
            [key, part],
            [usdKey, decimalUsd(toNanoUsd(Number(part)))],
          ];
    }),
  );
}

/** `12.345678901`: exact. */
export function decimalUsd(amount: NanoUsd): string {
  const size = Math.abs(amount);
  const nano = String(size % NANO_PER_USD).padStart(9, '0');
  return `${amount < 0 ? '-' : ''}${Math.floor(size / NANO_PER_USD)}.${nano}`;
}
