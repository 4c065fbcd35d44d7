/** When V8 compiles a function anew with its optimizing compiler. */
import { setFlagsFromString } from 'node:v8'

/**
 * Lets a function run eight times as long before it is optimized, in all threads of this process. For Parquet and Arrow many
 * functions are called some thousand times, a page each: under Node 20 their compilation takes a fifth of the processor time of
 * 5,000,000 x 10, and saves less. Later versions of Node have no such flag, and another compiler for functions like these.
 */
export function compileLate(): void {
  if (NODE === '20') setFlagsFromString(`--interrupt-budget=${8 * BUDGET}`)
}

const [NODE] = process.versions.node.split('.')

/** V8's own, in bytes of bytecode. */
const BUDGET = 66 << 10
