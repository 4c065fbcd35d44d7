/**
 * Directory to directory, killed at any moment: afterwards, every existing output is complete, `_SUCCESS` exists only
 * if all do, and `--resume` ends with the bytes of an undisturbed run.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { randomFrom } from '../random.js'
import { BIN } from '../support.js'
import { HAS_STRACE } from './scene.js'

const root = mkdtempSync(join(tmpdir(), 'softmax-parts-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/**
 * Creates a folder of parts in subfolders by day, from empty to large enough for several threads; some rows are bad.
 */
function makeParts(name: string, count: number): string {
  const random = randomFrom(20261128)
  for (let part = 0; part < count; part++) {
    const folder = join(root, name, `day=${part % 7}`)
    mkdirSync(folder, { recursive: true })
    const rows = part % 40 === 39 ? 20_000 : random.below(300)
    const cell = () => (random.below(500) === 0 ? 'x' : `${random.sign()}${random.below(20)}.${random.digits(3)}`)
    const lines = Array.from({ length: rows }, (_, row) => `${row},1.5,${cell()},${cell()}\n`)
    writeFileSync(join(folder, `part-${part}.csv`), `id,logit_a,logit_b,logit_c\n5,1,2,3\n${lines.join('')}`)
  }
  return name
}

const commandOf = (parts: string, out: string, more: string[]) => [...[BIN, parts, '-o', `${out}/`, '--quiet', ...more]]

/** Scores parts into a folder, undisturbed. */
function score(parts: string, out: string, ...more: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, commandOf(parts, out, more), { cwd: root, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

/** The contents of a folder by path, without manifests. */
function filesIn(folder: string): Map<string, string> {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()
  const files = paths.filter((path) => !path.startsWith('_manifest') && statSync(join(root, folder, path)).isFile())
  return new Map(files.map((path) => [path, readFileSync(join(root, folder, path), 'latin1')]))
}

/** The names of the parts in the manifests of a folder. */
function manifested(folder: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.startsWith('_manifest'))
  const lines = names.flatMap((name) =>
    readFileSync(join(root, folder, name), 'utf8')
      .trimEnd()
      .split('\n'),
  )
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line).part)
}

/** Checks what a killed process left. */
function expectWhole(out: string, whole: Map<string, string>): void {
  if (!existsSync(join(root, out))) return
  const files = filesIn(out)
  for (const [path, content] of files) {
    const isOwn = /(^|\/)\.softmax-\w+\.tmp$|^_rejects\//.test(path)
    if (!isOwn) expect(content === whole.get(path), path).toBe(true)
  }
  const isComplete = [...whole.keys()].every((path) => files.has(path))
  if (files.has('_SUCCESS')) expect(isComplete).toBe(true)
}

/** Checks that a folder is as if nothing had happened. */
function expectSame(out: string, whole: Map<string, string>): void {
  expect([...filesIn(out).keys()]).toEqual([...whole.keys()])
  expect([...filesIn(out)].every(([path, content]) => content === whole.get(path))).toBe(true)
  const parts = [...whole.keys()].filter((path) => !path.startsWith('_'))
  expect([...new Set(manifested(out))].sort()).toEqual(parts)
}

describe('a run from parts to parts that is killed', () => {
  const parts = makeParts('in', 200)
  const rejects = ['--rejects', 'bad.ndjson']
  const start = performance.now()
  score(parts, 'whole', ...rejects)
  const duration = performance.now() - start
  const whole = filesIn('whole')
  const bad = readFileSync(join(root, 'bad.ndjson'), 'utf8')

  /** Starts a process and kills it after a delay, unless it has ended. */
  async function killed(args: string[], moment: number): Promise<void> {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore' })
    const ended = new Promise((resolve) => child.on('close', resolve))
    await Promise.race([ended, setTimeout(moment)])
    child.kill('SIGKILL')
    await ended
  }

  it.each([1, 2, 3, 4, 5, 6])('at five random moments each goes on where it was (%i)', async (seed) => {
    const random = randomFrom(seed)
    const out = `out-${seed}`
    for (let time = 0; time < 5; time++) {
      await killed(commandOf(parts, out, ['--resume', '--rejects', 'again.ndjson']), 80 + random.below(duration / 2))
      expectWhole(out, whole)
    }
    score(parts, out, '--resume', '--rejects', 'again.ndjson')
    expectSame(out, whole)
    expect(manifested(out).length).toBe(200)
    expect(readFileSync(join(root, 'again.ndjson'), 'utf8') === bad).toBe(true)
  })

  it.each([1, 2, 3, 4])('goes on in several shares, of another number than before (%i)', async (seed) => {
    const random = randomFrom(100 + seed)
    const out = `shares-${seed}`
    const args = ['--resume', '--rejects', `bad-${seed}/`]
    const alone = new Map([...whole].filter(([path]) => !path.startsWith('_rejects/')))
    for (const count of [4, 3]) {
      const moments = Array.from({ length: count }, () => 80 + random.below(duration))
      await Promise.all(
        moments.map((moment, index) =>
          killed(commandOf(parts, out, [...args, '--part', `${index + 1}/${count}`]), moment),
        ),
      )
      expectWhole(out, alone)
    }
    for (const share of [2, 1]) score(parts, out, ...args, '--part', `${share}/2`)
    expectSame(out, alone)
    const kept = [...filesIn(`bad-${seed}`)].map(([path, content]) => [`_rejects/${path}`, content])
    expect(kept).toEqual([...whole].filter(([path]) => path.startsWith('_rejects/')))
  })

  const few = makeParts('few', 5)
  score(few, 'whole-few', '--on-error', 'skip')
  const wholeFew = filesIn('whole-few')

  describe.skipIf(!HAS_STRACE)(`at the n-th call of the system${HAS_STRACE ? '' : ' (strace is missing)'}`, () => {
    it.each(['rename', 'fsync'])('%s leaves no temporary file behind SIGTERM, of the manifest neither', (call) => {
      let struck = 0
      // Calls are counted per thread, and a second signal ends a run immediately, so one thread does all I/O.
      const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
      for (let nth = 1; nth <= wholeFew.size; nth++) {
        rmSync(join(root, 'ended'), { recursive: true, force: true })
        const by = ['-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGTERM:when=${nth}`]
        const args = [...by, process.execPath, ...commandOf(few, 'ended', ['--on-error', 'skip'])]
        const { signal, status } = spawnSync('strace', args, { cwd: root, env })
        const names = readdirSync(join(root, 'ended'), { recursive: true, encoding: 'utf8' })
        expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
        if (signal === 'SIGTERM' || status === 143) struck++
        else expect(status).toBe(0)
      }
      expect(struck).toBeGreaterThan(0)
    })

    it('openat of rejects that another process has removed is E_OUTPUT, and a later run has them all', () => {
      const run = ['--resume', '--rejects', 'joined.ndjson']
      score(few, 'alone', ...run)
      const bad = readFileSync(join(root, 'joined.ndjson'), 'utf8')
      const name = [...filesIn('alone').keys()].find((path) => path.startsWith('_rejects/'))!
      const messages: string[] = []
      // Calls are counted per thread.
      const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
      for (let nth = 1, status: number | null = 3; status === 3; nth++) {
        rmSync(join(root, 'raced'), { recursive: true, force: true })
        const inject = ['-P', `raced/${name}`, '-e', 'trace=openat', '-e', `inject=openat:error=ENOENT:when=${nth}`]
        const args = ['-f', '-o', '/dev/null', ...inject, process.execPath, ...commandOf(few, 'raced', run)]
        const ended = spawnSync('strace', args, { cwd: root, encoding: 'utf8', env })
        messages.push(ended.stderr)
        status = ended.status
        score(few, 'raced', ...run)
        expect(readFileSync(join(root, 'joined.ndjson'), 'utf8')).toBe(bad)
      }
      expect(messages.length).toBeGreaterThan(3)
      for (const message of messages.slice(0, -1)) expect(message).toMatch(/^softmax: .*\[E_OUTPUT\]\n$/)
      expect(messages.at(-1)).toBe('')
    })

    it.each(['rename', 'fsync', 'write', 'mkdir'])('%s goes on where it was', (call) => {
      const step = call === 'write' ? 7 : 1
      for (let nth = 1; ; nth += step) {
        rmSync(join(root, 'struck'), { recursive: true, force: true })
        const tracer = [
          '-f',
          '-o',
          '/dev/null',
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:signal=SIGKILL:when=${nth}`,
        ]
        const args = [...tracer, process.execPath, ...commandOf(few, 'struck', ['--resume', '--on-error', 'skip'])]
        const { signal, status } = spawnSync('strace', args, { cwd: root })
        const isStruck = signal === 'SIGKILL' || status === 137
        if (!isStruck) expect(status).toBe(0)
        expectWhole('struck', wholeFew)
        score(few, 'struck', '--resume', '--on-error', 'skip')
        expectSame('struck', wholeFew)
        if (!isStruck) return
      }
    })
  })
})
