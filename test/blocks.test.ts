import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { COMMAS } from '../dist/core/dialect.js'
import type { Block } from '../dist/core/record-batch.js'
import { splitRows } from '../dist/formats/csv/row-splitter.js'
import { splitLines } from '../dist/formats/ndjson/line-splitter.js'
import { type Clock, coalesce } from '../dist/io/coalesce.js'
import { chunksOf } from './streams.js'

const SIZE = 1 << 12
/** A clock by which chunks are never late, however busy the machine is. */
const clock: Clock = { now: () => 0, after: () => () => {} }

/** The blocks of an input that arrives in chunks of 10,000 bytes. */
const blocksOf = (input: string, limit: number): Promise<Block[]> =>
  Readable.from(splitRows(Readable.from(chunksOf(input, 10_000)), COMMAS, { size: SIZE, limit, clock })).toArray()

const textOf = (blocks: Block[]) => blocks.map((block) => String(Buffer.isBuffer(block) ? block : block.start)).join('')

describe('blocks', () => {
  const input = '1,"a\nb",2\n2,c,3\n'.repeat(4000)

  it('are as many for a short longest row as for a long one', async () => {
    const many = await blocksOf(input, 1 << 24)
    expect(many.length).toBeLessThanOrEqual(2 * Math.ceil(input.length / SIZE))
    for (const limit of [16, 100, 1000, SIZE]) {
      const blocks = await blocksOf(input, limit)
      expect(blocks.length).toBe(many.length)
      expect(textOf(blocks)).toBe(input)
    }
  })

  it('end where a row is longer than is allowed', async () => {
    const long = `${'x'.repeat(50)}\n`
    const blocks = await blocksOf(`1,2\n3,4\n${long}5,6\n7,8\n`, 20)
    expect(blocks.map((block) => (Buffer.isBuffer(block) ? String(block) : block.bytes))).toEqual([
      '1,2\n3,4\n',
      long.length,
      '5,6\n7,8\n',
    ])
  })

  it('are of the usual size behind a quote that is never closed', async () => {
    const input = `1,2\n"3,4\n${'5,6\n'.repeat(100_000)}`
    const blocks = await blocksOf(input, 1 << 18)
    expect(textOf(blocks)).toBe(input)
    for (const block of blocks) expect((block as Buffer).length).toBeLessThanOrEqual(10_000 + SIZE)
  })
})

describe('blocks of lines', () => {
  const linesOf = async (input: string, limit: number) => {
    const blocks = await Readable.from(splitLines(Readable.from(chunksOf(input, 10_000)), limit, clock)).toArray()
    return blocks.map((block) => (Buffer.isBuffer(block) ? String(block) : block.bytes))
  }

  it('are as many for a short longest line as for a long one', async () => {
    const input = '[1,2]\n\n[3.25,4]\n'.repeat(4000)
    const many = await linesOf(input, 1 << 24)
    expect(many.length).toBeLessThanOrEqual(2 * Math.ceil(input.length / 10_000))
    for (const limit of [9, 100, 1000]) expect(await linesOf(input, limit)).toEqual(many)
  })

  it('end where a line is longer than is allowed', async () => {
    const long = `${'x'.repeat(50)}\n`
    expect(await linesOf(`1\n2\n${long}${long}3\n4\n${long}`, 20)).toEqual([
      '1\n2\n',
      long.length,
      long.length,
      '3\n4\n',
      long.length,
    ])
  })
})

describe('chunks that are joined', () => {
  const texts = (source: AsyncIterable<Buffer>, clock: Clock) =>
    Readable.from(coalesce(source, SIZE, clock))
      .map(String)
      .toArray()

  it('are given as they are where the next one is late', async () => {
    let late = () => {}
    const slow: Clock = {
      now: () => 0,
      after: (_, callback) => {
        late = callback
        return () => {}
      },
    }
    const source = async function* () {
      yield Buffer.from('a')
      yield Buffer.from('b')
      await new Promise<void>((resolve) => setImmediate(resolve))
      late()
      yield Buffer.from('c')
    }
    expect(await texts(source(), slow)).toEqual(['ab', 'c'])
  })

  it('are held for 20 ms, though more come', async () => {
    let now = 0
    const source = async function* () {
      for (const text of 'abcdefgh') {
        yield Buffer.from(text)
        now += 8
      }
    }
    expect(await texts(source(), { ...clock, now: () => now })).toEqual(['abc', 'def', 'gh'])
  })
})
