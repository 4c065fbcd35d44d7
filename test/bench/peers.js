// DuckDB and Polars, installed here on first use, so that nobody who installs the package gets them.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Exact versions, by name. */
export const PEERS = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')).dependencies

/** Polars' binary is named too: npm leaves it out under a Node older than it asks for, where it works none the less. */
export function installPeers() {
  const folder = join(import.meta.dirname, 'node_modules')
  const binary = `nodejs-polars-${platform()}`
  if (existsSync(join(folder, '@duckdb/node-api')) && existsSync(join(folder, binary))) return
  console.error(`installing ${Object.keys(PEERS).join(' and ')} in test/bench`)
  const args = ['install', '--no-package-lock', '--no-save', '--no-audit', '--no-fund']
  execFileSync('npm', [...args, `${binary}@${PEERS['nodejs-polars']}`], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** As Polars names its binaries: linux-x64-gnu, darwin-arm64. */
function platform() {
  const { platform, arch } = process
  if (platform !== 'linux') return `${platform}-${arch}`
  return `linux-${arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}
