/**
 * Loads the kernel's code from its file; bundlers resolve to `code-in-bundle.js`, which the build generates: see
 * `imports` in package.json.
 */
import { readFileSync } from 'node:fs'

export const kernelCode = (): Uint8Array<ArrayBuffer> =>
  readFileSync(new URL('../../kernel.wasm', import.meta.url)) as Uint8Array<ArrayBuffer>
