import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { read, score, softmax } from 'softmax-stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { BIN } from '../support.js'

const MiB = 1 << 20
const header = 'text,logit_cat,logit_dog,logit_boat\n'
const row = `${'some words '.repeat(40)},-1.2345,0.5,12.25\n`
/** About 1 MiB of rows. */
const rows = Buffer.from(row.repeat(Math.floor(MiB / row.length)))

describe('score() where nobody reads', () => {
  /** Waits until a count stops changing. */
  async function settled(count: () => number): Promise<number> {
    for (let [before, now] = [-1, count()]; ; ) {
      before = now
      await sleep(100)
      now = count()
      if (now === before) return now
    }
  }

  it('works on a small part of a chunk of 50 MiB', async () => {
    const stream = score()
    stream.end(Buffer.concat([Buffer.from(header), ...Array(50).fill(rows)]))
    await settled(() => stream.stats.read)
    expect(stream.readableLength).toBeLessThan(MiB)
    expect(stream.stats.read * row.length).toBeLessThan(MiB)
    stream.destroy()
  })

  it('goes on by as much as is taken', async () => {
    const stream = score({ outputHeader: false })
    stream.end(Buffer.concat([Buffer.from(header), ...Array(20).fill(rows)]))
    let taken = 0
    for await (const bytes of stream) {
      taken += String(bytes).split('\n').length - 1
      const ahead = stream.stats.written - taken
      expect(ahead * row.length).toBeLessThan(MiB)
      if (taken * row.length > 10 * MiB) break
    }
    expect(stream.destroyed).toBe(true)
  })

  it('takes in a few of many chunks', async () => {
    const stream = score()
    let written = 0
    stream.write(header)
    stream.on('drain', () => {
      while (++written < 1000 && stream.write(rows.subarray(0, 100 * row.length)));
    })
    await settled(() => stream.stats.bytes)
    expect(written).toBeLessThan(1000)
    expect(stream.stats.bytes).toBeLessThan(MiB)
    expect(stream.readableLength).toBeLessThan(MiB)
    expect(stream.writableNeedDrain).toBe(true)
    stream.destroy()
  })

  it('gives what it can before its source ends, whatever stands before the header', async () => {
    for (const before of ['', '# 5" wide\n', '\n\n']) {
      const stream = score({ comment: '#' })
      const pieces: string[] = []
      stream.on('data', (bytes) => pieces.push(String(bytes)))
      stream.write(`${before}logit_a,logit_b\n2,1\n`)
      await settled(() => pieces.length)
      expect(pieces.join('')).toBe('p_a,p_b,label\n0.7310585786300049,0.2689414213699951,a\n')
      stream.destroy()
    }
  })

  it.each(['csv', 'ndjson'] as const)(
    'gives rows of %s in time, from a source that always has the next',
    async (from) => {
      let now = 0
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
      onTestFinished(() => clock.mockRestore())
      const rows = async function* () {
        if (from === 'csv') yield 'logit_a,logit_b\n'
        for (; now < 4000; now++) {
          await turn()
          yield from === 'csv' ? '2,1\n' : '[2,1]\n'
        }
      }
      let [longest, before] = [0, 0]
      for await (const _ of Readable.from(rows()).compose(score({ from, emit: 'label' }))) {
        longest = Math.max(longest, now - before)
        before = now
      }
      expect(longest).toBeLessThan(200)
    },
  )

  it('gives the row that waits when its source ends', async () => {
    const stream = score({ outputHeader: false })
    stream.end('logit_a,logit_b\n2,1')
    expect(String(Buffer.concat(await stream.toArray()))).toBe('0.7310585786300049,0.2689414213699951,a\n')
  })
})

describe('softmax() where nobody reads', () => {
  it('accepts at most 128 rows that it scores and 64 that wait', async () => {
    const stream = softmax()
    let accepted = 0
    for (let turns = 0; turns < 100; turns++) {
      while (!stream.writableNeedDrain) {
        stream.write([accepted++, 0])
        if (accepted > 10_000) break
      }
      await sleep(1)
    }
    expect(accepted).toBeLessThanOrEqual(128 + 64)
    expect(stream.readableLength).toBeLessThanOrEqual(128)
    stream.destroy()
  })

  it('goes on where reading does, and loses nothing', async () => {
    const stream = softmax()
    const total = 1000
    const feeding = (async () => {
      for (let at = 0; at < total; at++) if (!stream.write({ at, logits: [1, 2] })) await once(stream, 'drain')
      stream.end()
    })()
    await sleep(20)
    const order: unknown[] = []
    for await (const { at } of stream) {
      order.push(at)
      if (order.length % 100 === 0) await sleep(1)
    }
    await feeding
    expect(order).toEqual([...Array(total).keys()])
  })
})

/** Preloaded into the command's process: samples its memory, and prints every MiB of growth. */
const measure = `
  import { writeSync } from 'node:fs'
  let most = 0
  const look = () => {
    const now = process.memoryUsage.rss()
    if (now < most + ${MiB}) return
    most = now
    writeSync(3, most + '\\n')
  }
  setInterval(look, 5).unref()
  process.on('exit', look)`

/** The input: about 1 MiB of rows, repeated, and what precedes and follows them. */
const CSV = { before: header, rows, after: '' }
const object = { text: 'some words '.repeat(40), logits: [-1.2345, 0.5, 12.25] }
const arrayOf = (item: string) => ({
  before: '[{"logits": [1, 2, 3]}',
  rows: Buffer.from(item.repeat(Math.floor(MiB / item.length))),
  after: ']',
})
const ARRAYS = {
  'whose objects have several lines': arrayOf(`,\n${JSON.stringify(object, null, 2)}`),
  'that is one line': arrayOf(`, ${JSON.stringify(object)}`),
}

interface Peak {
  /** The peak memory of the command in MiB, during the first half of its input and over all of it. */
  half: number
  whole: number
}

/** The peak memory of the command for an input of some MiB; `slow` selects a slow reader. */
async function peak(size: number, { slow = false, lane = 'general', input = CSV } = {}): Promise<Peak> {
  const args = ['--import', `data:text/javascript,${encodeURIComponent(measure)}`, BIN, '--lane', lane]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] })
  const [stdin, stdout, measured] = [child.stdin!, child.stdout!, createInterface(child.stdio[3] as Readable)]
  const peak = { half: 0, whole: 0 }
  measured.on('line', (bytes) => {
    peak.whole = Number(bytes) / MiB
  })
  let out = 0
  const reading = (async () => {
    for await (const bytes of stdout) {
      out += bytes.length
      if (slow && out < 2 * MiB) await sleep(20)
    }
  })()
  stdin.write(input.before)
  for (let written = 0; written < size; written++) {
    if (!stdin.write(input.rows)) await once(stdin, 'drain')
    if (written < size / 2) peak.half = peak.whole
  }
  stdin.end(input.after)
  const [[status]] = await Promise.all([once(child, 'exit'), reading, once(measured, 'close'), finished(stdin)])
  expect(status).toBe(0)
  expect(out).toBeGreaterThan(size * MiB)
  expect(peak.half).toBeGreaterThan(10)
  return peak
}

/**
 * How much memory may grow in the second half of a run, in MiB: V8 frees array buffers only from 64 MB on, and late on
 * a busy machine.
 */
const AT_ONCE = 64

/** The input size for each lane, in MiB. */
const SIZES: Record<string, number> = { general: 390, fast: 750 }

describe('read() of bytes in memory', () => {
  const ROWS = 200_000
  /** An array as numpy's format specification describes it. */
  const array = () => {
    const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${ROWS}, 2), }`.padEnd(117)
    return Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
      Buffer.from(`${header}\n`),
      Buffer.alloc(ROWS * 16),
    ])
  }
  const columns = () => {
    const numbers = (name: string) => ({ name, data: new Float64Array(ROWS), type: 'DOUBLE' as const })
    return Buffer.from(parquetWriteBuffer({ columnData: ['id', 'logit_a', 'logit_b'].map(numbers) }))
  }

  it.each([
    ['npy', array],
    ['parquet', columns],
  ] as const)('lets timers and signals through, and queues some rows at a time: %s', async (format, bytes) => {
    const stop = new AbortController()
    const stream = read(format, { signal: stop.signal })
    stream.end(bytes())
    let count = 0
    const taking = (async () => {
      for await (const _ of stream) {
        if (count++ === 0) setTimeout(() => stop.abort())
        expect(stream.readableLength).toBeLessThanOrEqual(1024)
      }
    })()
    await expect(taking).rejects.toMatchObject({ code: 'ABORT_ERR' })
    expect(count).toBeLessThan(ROWS / 2)
  })
})

describe('the memory of the command', { timeout: 120_000 }, () => {
  it.each(['general', 'fast'])('is at most 150 MiB in the %s lane, and does not grow with the rows', async (lane) => {
    const { half, whole } = await peak(SIZES[lane]!, { lane })
    expect(whole - half).toBeLessThan(AT_ONCE)
    expect(whole).toBeLessThanOrEqual(150)
  })

  it('is no more where its reader is slow', async () => {
    expect((await peak(240, { slow: true })).whole).toBeLessThanOrEqual(150)
  })

  it.each(Object.entries(ARRAYS))('does not grow with one array of JSON %s', async (_, input) => {
    const { half, whole } = await peak(450, { lane: 'fast', input })
    expect(whole - half).toBeLessThan(AT_ONCE)
  })
})
