import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, it, vi } from 'vitest'
import { type Random, randomFrom } from './random.js'
import { run } from './streams.js'

vi.setConfig({ testTimeout: 60_000 })

const ROWS = 2_400_000
/** So few that the header of the dictionary has 12 bytes: at a multiple of 4, it is used where it lies. */
const WORDS = 2000
const CLASSES = 2

/** Numbers that repeat; their indices are several times what is read of a column at once. */
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
