/** The program of a worker thread of the wasm engine: it computes its rows of a batch, on an engine of its own. */
import { openWasm } from '../engine/wasm';
import { serveSessions } from '../engine/worker-serve';
import { shardStep } from './shard-work';
import type { ShardWork } from './shard-work';

serveSessions(() => openWasm({ threads: 1 }), work => shardStep(work as ShardWork));
