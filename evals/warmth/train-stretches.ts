import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadBlockTraces } from '../data/block-traces.ts';
import { findDataDir } from '../run.ts';
import { fitStretches } from './fit-stretches.ts';

/** Writes `src/predict/artifacts/stretches.json` from all sessions of the data folder: `node evals/warmth/train-stretches.ts`. */
const dataDir = findDataDir(process.argv[2], process.env);
if (dataDir === undefined) throw new TypeError('No data folder');
const table = fitStretches(await loadBlockTraces(dataDir));
const file = path.join(import.meta.dirname, '../../src/predict/artifacts/stretches.json');
writeFileSync(file, `${JSON.stringify(table, undefined, 2)}\n`);
