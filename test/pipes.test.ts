/** Standard input as a pipe: from a shell, or a socket, which Node passes to children. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { P21 } from './streams.js'
import { commandAlone as command, folder, type Result, shell, start } from './support.js'

const random = randomFrom(2026)
const row = (id: number) => `${id},${random.sign()}${random.digits(3)}.${random.digits(12)},${random.digits(2)}\n`
/** 3 MB: several blocks. */
const ROWS = Array.from({ length: 100_000 }, (_, id) => row(id))
const INPUT = `id,logit_a,logit_b\n${ROWS.join('')}`

/** Of a file. */
let expected: Result
beforeAll(() => {
  const cwd = mkdtempSync(join(tmpdir(), 'softmax-pipes-'))
  writeFileSync(join(cwd, 'in.csv'), INPUT)
  expected = command(['in.csv'], { cwd })
  rmSync(cwd, { recursive: true })
})

/** Feeds an input to a command in pieces, with pauses in ms. */
async function fed({ stdin }: { stdin: NodeJS.WritableStream }, most: number, longest: number): Promise<void> {
  const bytes = Buffer.from(INPUT)
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(most)
    if (!stdin.write(bytes.subarray(at, end))) await once(stdin, 'drain')
    const pause = random.below(longest + 1)
    if (pause > 0) await sleep(pause)
    at = end
  }
  stdin.end()
}

describe('a pipe as standard input', () => {
  it('has the rows of a file', () => {
    const cwd = folder({ 'in.csv': INPUT })
    expect(expected).toMatchObject({ status: 0, stderr: '' })
    expect(expected.stdout.split('\n').length).toBe(100_002)
    for (const size of ['512', '8k', '64k', '1M'])
      expect(shell(`dd if=in.csv bs=${size} status=none | softmax | cat`, cwd)).toEqual(expected)
  })

  it.each([
    { most: 1 << 13, longest: 0 },
    { most: 1 << 14, longest: 1 },
    { most: 1 << 15, longest: 3 },
    { most: 1 << 18, longest: 30 },
  ])('has them however they come: in pieces of up to $most bytes, after up to $longest ms', async (pieces) => {
    const { child, ended } = start([], folder())
    const [result] = await Promise.all([ended, fed(child, pieces.most, pieces.longest)])
    expect(result).toEqual({ ...expected, signal: null })
  })

  it('is read to the end by a writer that waits for each answer, be it behind many rows', async () => {
    const { child, ended } = start(['--no-header', '--logits', '1-2', '--emit', 'label'], folder())
    const count = 50_000
    let lines = 0
    child.stdout.on('data', (bytes: Buffer) => {
      lines += bytes.toString().split('\n').length - 1
    })
    for (let round = 1; round <= 3; round++) {
      const answered = async (expected: number) => {
        while (lines < expected) await once(child.stdout, 'data')
      }
      for (let at = 0; at < count; at += 100) {
        child.stdin.write('2,1\n'.repeat(100))
        if (at % 1000 === 0) await sleep(1)
      }
      await answered(round * (count + 20) - 20)
      for (let at = 1; at <= 20; at++) {
        child.stdin.write('2,1\n')
        await answered(round * (count + 20) - 20 + at)
      }
    }
    child.stdin.end()
    expect(await ended).toMatchObject({ status: 0, stderr: '' })
    expect(lines).toBe(3 * (count + 20))
  })

  it('is not read beyond some blocks where nobody takes the rows', async () => {
    const { child } = start(['--no-header'], folder())
    child.stdout.removeAllListeners('data').pause()
    const rows = '2,1\n'.repeat(16_384)
    let taken = 0
    const feed = () => {
      while (child.stdin.write(rows, () => (taken += rows.length)) && taken < 1e9);
    }
    child.stdin.on('drain', feed)
    feed()
    for (let before = -1; before < taken; ) {
      before = taken
      await sleep(300)
    }
    expect(taken).toBeGreaterThan(rows.length)
    expect(taken).toBeLessThan(16 << 20)
  })

  it('may end in the middle of a row, and with nothing', () => {
    const cwd = folder()
    expect(shell(`printf '2,1\\n2,1' | softmax --no-header`, cwd).stdout).toBe(`${P21},0\n`.repeat(2))
    expect(shell(': | softmax', cwd)).toEqual(shell('softmax < /dev/null', cwd))
  })
})

describe('standard output as a pipe', () => {
  it('gets the last rows even if it is full when they are written', () => {
    const header = 'id,logit_a,logit_b\n'
    // The output of the first input nearly fills a pipe of 64 KiB, and that of the second is small.
    const cwd = folder({ 'a.csv': header + '7,2,1\n'.repeat(1450), 'b.csv': header + '8,2,1\n'.repeat(240) })
    const { stdout, stderr } = shell('softmax a.csv b.csv | { sleep 1; wc -l; }', cwd)
    expect({ stdout, stderr }).toEqual({ stdout: '1691\n', stderr: '' })
  })
})
