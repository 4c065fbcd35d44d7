/** The peak memory of the command. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { BIN } from './support.js'

/** Prints the peak memory of the command's process in KiB when it exits. */
const measure = `
  import { writeSync } from 'node:fs'
  process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))`

/** Runs a line of shell, in which `$SOFTMAX` is the command; resolves to its output and the command's peak memory in MiB. */
export async function peakOf(line: string, env: Record<string, string>): Promise<{ stdout: string; peak: number }> {
  const imported = `data:text/javascript,${encodeURIComponent(measure)}`
  const softmax = { NODE: process.execPath, IMPORTED: imported, BIN }
  const command = line.replaceAll('$SOFTMAX', '"$NODE" --import "$IMPORTED" "$BIN"')
  const options = { env: { ...process.env, ...softmax, ...env } }
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], ...options })
  const [stdout, most] = await Promise.all([text(child.stdout!), text(child.stdio[3] as Readable)])
  return { stdout, peak: Number(most) / 1024 }
}
