// The Rust program, which says what the machine can do. Built in the cache folder, where cargo leaves its files.
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER } from './cache.js'

const PACKAGE = join(FOLDER, 'rust')

export const RUST = join(PACKAGE, 'target/release/rust-softmax')

/** Takes a Rust toolchain, and the first time half a minute. */
export function buildRust() {
  cpSync(join(import.meta.dirname, 'rust'), PACKAGE, { recursive: true })
  const options = { cwd: PACKAGE, env: { ...process.env, RUSTFLAGS: '-C target-cpu=native' } }
  execFileSync('cargo', ['build', '--release', '--quiet', '--target-dir', join(PACKAGE, 'target')], {
    ...options,
    stdio: 'inherit',
  })
}
