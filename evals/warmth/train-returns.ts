import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadBlockTraces } from '../data/block-traces.ts';
import { findDataDir } from '../run.ts';
import { fitReturns } from './fit-returns.ts';

/** Writes `src/warmth/artifacts/returns.json` from all sessions of the data folder: `node evals/warmth/train-returns.ts`. */
const dataDir = findDataDir(process.argv[2], process.env);
if (dataDir === undefined) throw new TypeError('No data folder');
const table = fitReturns(await loadBlockTraces(dataDir));
const file = path.join(import.meta.dirname, '../../src/warmth/artifacts/returns.json');
const counts = Object.fromEntries(Object.entries(table.counts).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify({ ...table, counts }, undefined, 2)}\n`);
