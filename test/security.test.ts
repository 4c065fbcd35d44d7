import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BIN, folder, ROOT } from './support.js'

/** The command under Node's permission model: it may read the package and a folder, and write to that folder. */
function permitted(args: string[], cwd: string, more: string[] = []) {
  const model = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const readable = [ROOT, realpathSync(join(ROOT, 'node_modules')), cwd].map((path) => `--allow-fs-read=${path}`)
  const flags = [model, ...readable, `--allow-fs-write=${cwd}`, ...more, '--no-warnings']
  const { status, stderr } = spawnSync(process.execPath, [...flags, BIN, ...args], { cwd })
  return { status, stderr: stderr.toString() }
}

describe("Node's permission model", () => {
  const rows = `id,logit_a,logit_b\n${`${'7,2,1\n'.repeat(99)}8,x,1\n`.repeat(5000)}`
  const args = ['in.csv', '-q', '-o', 'out.csv', '--rejects', 'r.ndjson']

  it('allows for all that the command does, with workers', () => {
    const cwd = realpathSync(folder({ 'in.csv': rows, 'out.csv': 'old\n', 'r.ndjson': 'old\n' }))
    expect(permitted([...args, '-j', '2'], cwd, ['--allow-worker'])).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8').split('\n')).toHaveLength(495_002)
    expect(readFileSync(join(cwd, 'r.ndjson'), 'utf8').split('\n')).toHaveLength(5001)
  })

  it('needs no leave for workers with --jobs 1', () => {
    const cwd = realpathSync(folder({ 'in.csv': rows }))
    expect(permitted([...args, '-j', '1'], cwd)).toEqual({ status: 0, stderr: '' })
  })

  it('is obeyed: what may not be written is an error', () => {
    const [cwd, other] = [realpathSync(folder({ 'in.csv': rows })), realpathSync(folder())]
    const { status, stderr } = permitted(['in.csv', '-j', '1', '-o', join(other, 'out.csv')], cwd)
    expect(stderr).toMatch(/^softmax: cannot write .*\[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
    expect(readdirSync(other)).toEqual([])
  })
})

describe('the package', () => {
  const sources = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => readFileSync(join(ROOT, 'dist', path), 'utf8'))

  it('starts no process, opens no connection, and makes no code of text', () => {
    expect(sources.length).toBeGreaterThan(20)
    for (const pattern of [
      /node:(child_process|http|https|http2|dgram|dns|tls|vm|inspector)/,
      /\beval\(|new Function|\bfetch\(/,
    ]) {
      expect(sources.filter((source) => pattern.test(source))).toEqual([])
    }
    // An inherited descriptor is read through a socket, as Node reads pipes; no socket connects or listens.
    const net = sources.filter((source) => source.includes('node:net'))
    expect(net.length).toBe(1)
    expect(net[0]).toContain("import { Socket } from 'node:net'")
    expect(
      net[0]!.match(/node:net|new Socket\(.*|\b(connect|listen|createServer|createConnection|host|port)\b/g),
    ).toEqual(['node:net', 'new Socket(options);'])
    expect(net[0]).toContain('const options = { fd: descriptor, writable: false, manualStart: true, onread }')
  })
})
