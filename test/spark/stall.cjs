/** Preloaded into the command: the first one that finds no folder of this name makes it, and stands still. */
const { mkdirSync } = require('node:fs')

try {
  mkdirSync(process.env.STALL_ONCE)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600_000)
} catch (error) {
  if (error.code !== 'EEXIST') throw error
}
