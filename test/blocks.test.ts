import { describe, expect, it } from 'vitest'
import { type Block, cut } from '../dist/formats/cutter.js'
import { chunksOf } from './streams.js'

const DIALECT = { delimiter: ',', quote: '"', escape: '"', comment: undefined, newline: '\n' } as const
const SIZE = 1 << 12

/** The blocks of an input that comes in chunks of 10,000 bytes. */
async function blocksOf(input: string, limit: number): Promise<Block[]> {
  async function* chunks() {
    yield* chunksOf(input, 10_000)
  }
  const blocks: Block[] = []
  for await (const block of cut(chunks(), DIALECT, { size: SIZE, limit })) blocks.push(block)
  return blocks
}

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
})
