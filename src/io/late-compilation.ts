/** Delays V8's optimizing compiler. */
import { setFlagsFromString } from 'node:v8'

/**
 * Multiplies the interrupt budget, after which a function is optimized, by eight, in all threads of this process. For
 * Parquet and Arrow, many functions are called a few thousand times, once per page: under Node 20, compiling them takes
 * a fifth of the CPU time of 5,000,000 x 10, and saves less. Later versions of Node have no such flag, but another
 * compiler for such functions.
 */
export function compileLate(): void {
  if (NODE === '20') setFlagsFromString(`--interrupt-budget=${8 * BUDGET}`)
}

const [NODE] = process.versions.node.split('.')

/** V8's default, in bytes of bytecode. */
const BUDGET = 66 << 10
