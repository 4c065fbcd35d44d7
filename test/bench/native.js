// The native program, which says what the machine can do. Built in the cache folder, where cargo leaves its files.
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER } from './cache.js'

const PACKAGE = join(FOLDER, 'native')

export const NATIVE = join(PACKAGE, 'target/release/native')

/** Takes a Rust toolchain, and the first time half a minute. */
export function buildNative() {
  cpSync(join(import.meta.dirname, 'native'), PACKAGE, { recursive: true })
  const options = { cwd: PACKAGE, env: { ...process.env, RUSTFLAGS: '-C target-cpu=native' } }
  execFileSync('cargo', ['build', '--release', '--quiet', '--target-dir', join(PACKAGE, 'target')], {
    ...options,
    stdio: 'inherit',
  })
}
