/**
 * Numbers of the fast lane compared with published vectors: the logsumexp of one logit is that logit.
 * `NUMBERS=all.txt.gz npx vitest run test/number-vectors.test.ts` uses the output of `fixtures/number_texts.py` for all
 * files instead of the fixture.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'

const words = new BigUint64Array(1)
const doubles = new Float64Array(words.buffer)

function fromBits(hex: string): number {
  words[0] = BigInt(`0x${hex}`)
  return doubles[0]!
}

interface Vector {
  text: string
  value: number
}

const FIXTURE = new URL('../fixtures/numbers.txt.gz', import.meta.url)
const vectors = gunzipSync(readFileSync(process.env.NUMBERS ?? FIXTURE))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): Vector => ({ text: line.slice(17), value: fromBits(line.slice(0, 16)) }))

const finite = vectors.filter(({ value }) => Number.isFinite(value))

/** The output for rows with a single logit. */
async function through(lines: string[], options: ScoreOptions): Promise<string[]> {
  const input = `${lines.join('\n')}\n`
  const { text, error } = await run(input, { emit: 'logsumexp', lane: 'fast', keep: false, ...options })
  expect(error).toBeUndefined()
  return text.trimEnd().split('\n')
}

/** The vectors whose bits differ from the output; JavaScript's Number reads back what the kernel wrote. */
const wrong = (expected: Vector[], texts: string[]) =>
  expected.filter(({ value }, index) => Number(texts[index]) !== value)

describe(`${vectors.length} texts of numbers`, { timeout: 300_000 }, () => {
  it('are read as the nearest double in a cell', async () => {
    const texts = await through(['logit_x', ...finite.map(({ text }) => text)], { outputHeader: false })
    expect(wrong(finite, texts)).toEqual([])
  })

  it('are read as the nearest double in quotes, and between blanks', async () => {
    for (const around of [(text: string) => `"${text}"`, (text: string) => ` ${text}\t`]) {
      const texts = await through(['logit_x', ...finite.map(({ text }) => around(text))], { outputHeader: false })
      expect(wrong(finite, texts)).toEqual([])
    }
  })

  it('are read as the nearest double in JSON, where they are numbers of JSON', async () => {
    const numbers = finite.filter(({ text }) => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
    expect(numbers.length).toBeGreaterThan(vectors.length / 2)
    for (const lineOf of [(text: string) => `{"logits":[${text}]}`, (text: string) => `{"logits": [ ${text} ] }`]) {
      const lines = numbers.map(({ text }) => lineOf(text))
      const texts = await through(lines, { from: 'ndjson', to: 'csv', outputHeader: false })
      expect(wrong(numbers, texts)).toEqual([])
    }
  })

  it('are refused where they are too large', async () => {
    const large = vectors.filter(({ value }) => Math.abs(value) === Infinity)
    expect(large.length).toBeGreaterThan(10)
    for (const { text } of large.slice(0, 200)) {
      const { error } = await run(`logit_x\n${text}\n`, { lane: 'fast' })
      expect(error?.code).toBe('E_OVERFLOW')
    }
  })
})

/** RFC 8785, appendix B: doubles as ECMAScript writes them. */
const RFC_8785: readonly [string, string][] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

/** Shortest digits from the tests of Ryu (Ulf Adams, PLDI 2018), and the same in ECMAScript's notation. */
const RYU: readonly [string, string][] = [
  ['2.2250738585072014E-308', '2.2250738585072014e-308'],
  ['2.98023223876953125E-8', '2.9802322387695312e-8'],
  ['-2.109808898695963E16', '-21098088986959630'],
  ['4.940656E-318', '4.940656e-318'],
  ['1.18575755E-316', '1.18575755e-316'],
  ['2.989102097996E-312', '2.989102097996e-312'],
  ['9.0608011534336E15', '9060801153433600'],
  ['4.708356024711512E18', '4708356024711512000'],
  ['9.409340012568248E18', '9409340012568248000'],
  ['5.764607523034235E39', '5.764607523034235e+39'],
  ['1.152921504606847E40', '1.152921504606847e+40'],
  ['2.305843009213694E40', '2.305843009213694e+40'],
  ['1.7800590868057611E-307', '1.7800590868057611e-307'],
  ['2.8480945388892175E-306', '2.8480945388892175e-306'],
  ['2.446494580089078E-296', '2.446494580089078e-296'],
  ['4.8929891601781557E-296', '4.8929891601781557e-296'],
  ['1.8014398509481984E16', '18014398509481984'],
  ['3.6028797018963964E16', '36028797018963964'],
  ['2.900835519859558E-216', '2.900835519859558e-216'],
  ['5.801671039719115E-216', '5.801671039719115e-216'],
  ['3.196104012172126E-27', '3.196104012172126e-27'],
  ['1.2345678', '1.2345678'],
  ['4.294967294', '4.294967294'],
  ['4.294967295', '4.294967295'],
]

const TABLES = {
  'of RFC 8785': RFC_8785.map(([hex, text]) => [fromBits(hex).toPrecision(17), text]),
  'of the tests of Ryu': RYU,
}

describe('doubles', () => {
  it.each(Object.entries(TABLES))('%s are written in their shortest digits', async (_, table) => {
    const [cells, expected] = [table.map(([cell]) => cell!), table.map(([, text]) => text!)]
    expect(await through(['logit_x', ...cells], { outputHeader: false })).toEqual(expected)
    const lines = cells.map((cell) => `{"logits":[${cell}]}`)
    expect(await through(lines, { from: 'ndjson', to: 'csv', outputHeader: false })).toEqual(expected)
  })
})
