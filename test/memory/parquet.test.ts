import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, it, vi } from 'vitest'
import { peakOf } from '../peak-memory.js'
import { type Random, randomFrom } from '../random.js'
import { run } from '../streams.js'
import { folder, ROOT, shell } from '../support.js'

vi.setConfig({ testTimeout: 60_000 })

const ROWS = 1_200_000
/** So few that the dictionary header has 12 bytes: aligned to 4, the dictionary is used in place. */
const WORDS = 2000
const CLASSES = 2

/** Repeating numbers, whose indices are several times larger than one read of a column. */
function numbersOf(random: Random): Float32Array {
  const words = Float32Array.from({ length: WORDS }, () => random.below(1 << 20) / (1 << 17))
  return Float32Array.from({ length: ROWS }, () => words[random.below(WORDS)]!)
}

it('a dictionary of Parquet is good until the end of its column, be it compressed or not', async () => {
  const random = randomFrom(11)
  const columnData = Array.from({ length: CLASSES }, (_, index) => ({
    name: `logit_${index}`,
    data: numbersOf(random),
    type: 'FLOAT' as const,
    encoding: 'RLE_DICTIONARY' as const,
  }))
  const [plain, compressed] = await Promise.all(
    (['UNCOMPRESSED', 'SNAPPY'] as const).map((codec) => {
      const options = { columnData, codec, rowGroupSize: ROWS, pageSize: 1 << 16 }
      return run(Buffer.from(parquetWriteBuffer(options)), { from: 'parquet', to: 'npy' })
    }),
  )
  expect(plain!.error).toBe(undefined)
  expect(plain!.stats.written).toBe(ROWS)
  expect(plain!.bytes.equals(compressed!.bytes)).toBe(true)
})

it('pages larger than the reads of a file of many columns have the same values, be they compressed or not', async () => {
  const random = randomFrom(12)
  const rows = 12_000
  const numbers = () =>
    Array.from({ length: rows }, () => (random.below(7) === 0 ? null : Number(random.bits()) / 2 ** 60))
  const logits = Array.from({ length: 60 }, (_, index) => ({
    name: `logit_${index}`,
    data: numbers(),
    type: 'DOUBLE' as const,
  }))
  const others = Array.from({ length: 340 }, (_, index) => ({
    name: `other_${index}`,
    data: new Array(rows).fill(true),
    type: 'BOOLEAN' as const,
  }))
  const [plain, compressed] = await Promise.all(
    (['UNCOMPRESSED', 'SNAPPY'] as const).map((codec) => {
      const columnData = [...logits, ...others].map((column) => ({ ...column, encoding: 'PLAIN' as const }))
      const bytes = Buffer.from(parquetWriteBuffer({ columnData, codec, rowGroupSize: rows, pageSize: 48_000 }))
      return run(bytes, {
        from: 'parquet',
        to: 'npy',
        missing: '-inf',
        nonfinite: 'propagate',
        keep: false,
      })
    }),
  )
  expect(plain!.stats).toMatchObject({ read: rows, written: rows })
  expect(compressed!.bytes.equals(plain!.bytes)).toBe(true)
})

it('a row group of 20,000,000 rows is scored in pieces, in little memory', async () => {
  // Counted by a program that does nothing else: with a slow reader, Node 24 accumulates more garbage.
  const env = { INPUT: join(ROOT, 'fixtures/row-group.parquet') }
  const { stdout, peak } = await peakOf('$SOFTMAX "$INPUT" -t csv -q | wc -c', env)
  const row = 'a kept text,0.2689414213699951,0.7310585786300049,dog\n'
  expect(Number(stdout)).toBe('id,p_cat,p_dog,label\n'.length + 20_000_000 * row.length)
  // Reading it in one piece took 594 MiB; Node 24 keeps more garbage than Node 20.
  expect(peak).toBeLessThanOrEqual(350)
})

it('a reader that leaves at the first rows ends the run, and its threads', () => {
  const line = `softmax "${ROOT}/fixtures/row-group.parquet" -t csv -q | head -n 1; echo "\${PIPESTATUS[0]}"`
  expect(shell(line, folder())).toMatchObject({ stdout: 'id,p_cat,p_dog,label\n141\n', stderr: '' })
})
