/** Inputs after the first: their rows are read as rows after those of the first, or the input is refused. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type DataType,
  Field,
  Float64,
  Int32,
  List,
  Table,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { type Reject, type ScoreOptions, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { folder } from './support.js'

const LANES = ['auto', 'general'] as const

/** softmax([2, 1]), by numpy */
const [ONE, TWO] = [0.7310585786300049, 0.2689414213699951]

type Nested = number | Nested[]

/** Logits with this many lists around each row of them, their probabilities and positions. */
const LOGITS: Nested[] = [
  [2, 1],
  [
    [2, 1],
    [1, 2],
  ],
  [[[2, 1]], [[1, 2]]],
]
const PROBS: Nested[] = [
  [ONE, TWO],
  [
    [ONE, TWO],
    [TWO, ONE],
  ],
  [[[ONE, TWO]], [[TWO, ONE]]],
]
const INDEX: Nested[] = [0, [0, 1], [[0], [1]]]

const DEPTHS = [0, 1, 2]
const PAIRS = DEPTHS.flatMap((one) => DEPTHS.filter((other) => other !== one).map((other) => [one, other] as const))

const plain = (rows: unknown) =>
  JSON.parse(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))

/** The rows of an output, nested lists as arrays. */
const READERS: Record<string, (bytes: Buffer) => unknown[] | Promise<unknown[]>> = {
  csv: (bytes) => {
    const [header, ...rows] = bytes.toString().trimEnd().split('\n')
    const cellsOf = (line: string) =>
      Array.from(line.matchAll(/"((?:[^"]|"")*)"|[^,]+/g), ([cell, quoted]) => JSON.parse(quoted ?? cell))
    const names = header!.split(',')
    return rows.map((line) => {
      const row = Object.fromEntries(cellsOf(line).map((value, at) => [names[at], value]))
      const { p_0, p_1, ...rest } = row
      return p_0 === undefined ? row : { ...rest, probs: [p_0, p_1] }
    })
  },
  ndjson: (bytes) =>
    bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  arrow: (bytes) => plain(Array.from(tableFromIPC(bytes))),
  parquet: async (bytes) => {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    return plain(await parquetReadObjects({ file: file as ArrayBuffer }))
  },
}

async function scored(files: readonly string[], options: ScoreOptions) {
  const rejects: Reject[] = []
  const pieces = await scoreFiles([...files], { onReject: (reject) => void rejects.push(reject), ...options }).toArray()
  return { bytes: Buffer.concat(pieces), rejects }
}

/** Files with these contents, by their paths. */
function pathsOf(files: Record<string, string | Uint8Array>): string[] {
  const path = folder()
  return Object.entries(files).map(([name, content]) => {
    writeFileSync(join(path, name), content)
    return join(path, name)
  })
}

describe.each(PAIRS)('JSON lines of depth %i and then %i', (one, other) => {
  const line = (id: number, depth: number) => `${JSON.stringify({ id, t: LOGITS[depth] })}\n`
  const files = () => pathsOf({ '1.ndjson': line(0, one), '2.ndjson': line(1, other) + line(2, one) + line(3, other) })
  const expected = [0, 2].map((id) => ({ id, probs: PROBS[one], index: INDEX[one] }))
  const options = { logits: 't', keep: 'id', emit: 'probs,index' } as const

  it.each(Object.keys(READERS))('are rows and bad rows, as %s', async (to) => {
    for (const lane of LANES) {
      const { bytes, rejects } = await scored(files(), { ...options, to: to as 'csv', lane, onError: 'skip' })
      expect(await READERS[to]!(bytes), lane).toEqual(expected)
      expect(rejects.map(({ line }) => line)).toEqual([1, 3])
    }
  })

  it('end with an error at the first one of the other depth', async () => {
    for (const lane of LANES) {
      const ended = scored(files(), { ...options, to: 'parquet', lane, onReject: undefined })
      await expect(ended).rejects.toMatchObject({ info: { source: expect.stringContaining('2.ndjson'), line: 1 } })
    }
  })
})

describe('a flat list next to its shape', () => {
  const FLAT = '{"id":0,"logits":[2,1]}\n'
  const SHAPED = '{"id":1,"logits":[2,1],"shape":[1,2]}\n'
  const NESTED = '{"id":2,"logits":[[2,1]]}\n'
  const INDICES = { to: 'csv', logits: 'logits', keep: 'id', emit: 'index', onError: 'skip' } as const

  it.each(LANES)('is a bad row after flat lists, in the %s lane', async (lane) => {
    const files = pathsOf({ '1.ndjson': FLAT, '2.ndjson': SHAPED + FLAT })
    const { bytes, rejects } = await scored(files, { ...INDICES, lane })
    expect(bytes.toString()).toBe('id,index\n0,0\n0,0\n')
    expect(rejects).toMatchObject([{ code: 'E_ROW', line: 1 }])
  })

  it.each(LANES)('is nested, as a list of lists is, in the %s lane', async (lane) => {
    const files = pathsOf({ '1.ndjson': SHAPED, '2.ndjson': FLAT + NESTED })
    const { bytes, rejects } = await scored(files, { ...INDICES, lane })
    expect(bytes.toString()).toBe('id,index\n1,[0]\n2,[0]\n')
    expect(rejects).toMatchObject([{ code: 'E_ROW', line: 1 }])
  })
})

describe.each(PAIRS)('typed inputs of depth %i and then %i', (one, other) => {
  const nestedIn = (depth: number): DataType =>
    depth < 0 ? new Float64() : new List(new Field('item', nestedIn(depth - 1), true))
  const arrow = (depth: number) => {
    const t = vectorFromArray([LOGITS[depth]], nestedIn(depth))
    return tableToIPC(new Table({ id: vectorFromArray([1], new Int32()), t }), 'file')
  }
  const parquet = (depth: number) => {
    const id = { name: 'id', data: [1] }
    const levels = Array.from({ length: depth + 1 }, (_, level) => [
      { name: level === 0 ? 't' : 'element', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    ])
    const element = { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' }
    const root = { name: 'schema', num_children: 2 }
    const schema = [root, { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' }, ...levels.flat(), element]
    return new Uint8Array(
      parquetWriteBuffer({ columnData: [id, { name: 't', data: [LOGITS[depth]] }], schema: schema as never }),
    )
  }
  const csv = (depth: number) => `id,t\n1,"${JSON.stringify(LOGITS[depth])}"\n`
  const ndjson = (depth: number) => `${JSON.stringify({ id: 1, t: LOGITS[depth] })}\n`
  const form = (depth: number) => `${'lists of '.repeat(depth + 1)}numbers`

  it.each(Object.keys(READERS))('are refused, as %s', async (to) => {
    for (const [name, write] of Object.entries({ arrow, parquet, csv })) {
      const files = pathsOf({ [`1.${name}`]: write(one), [`2.${name}`]: write(other) })
      const mixed = pathsOf({ '1.ndjson': ndjson(one), [`2.${name}`]: write(other) })
      for (const [first, second] of [files, mixed, mixed.toReversed()]) {
        const [before, after] = first === mixed[1] ? [other, one] : [one, other]
        for (const lane of LANES) {
          const ended = scored([first!, second!], { logits: 't', to: to as 'csv', lane })
          await expect(ended, `${name} ${lane}`).rejects.toMatchObject({
            code: 'E_SCHEMA',
            message: expect.stringContaining(`its logits are ${form(after)}, but ${form(before)} in "`),
          })
        }
      }
    }
  })
})

describe('objects and lists of the same classes', () => {
  const OBJECT = '{"logits":{"0":2,"1":1}}\n'
  const LIST = '{"logits":[2,1]}\n'

  it.each([
    [OBJECT, LIST],
    [LIST, OBJECT],
  ])('are not in one output: %s', async (one, other) => {
    for (const to of ['csv', 'ndjson', 'parquet'] as const) {
      for (const lane of LANES) {
        const files = pathsOf({ '1.ndjson': one, '2.ndjson': other + one })
        const { bytes, rejects } = await scored(files, { to, lane, emit: 'probs', keep: false, onError: 'skip' })
        const single = await scored(pathsOf({ '1.ndjson': one + other + one }), {
          to,
          lane,
          emit: 'probs',
          keep: false,
          onError: 'skip',
        })
        const rows = await READERS[to]!(bytes)
        expect(rows).toEqual(await READERS[to]!(single.bytes))
        expect(rows).toHaveLength(2)
        expect(rejects).toMatchObject([{ code: 'E_ROW', line: 1 }])
      }
    }
  })
})

describe('JSON lines of a later input with a bad first line', () => {
  const FIRST = '{"id":1,"logits":{"a":2,"b":1}}\n'
  const GOOD = '{"logits":{"b":1,"a":2},"id":3}\n'

  it.each([
    ['logits of another kind', '{"logits":5,"id":7}\n'],
    ['a mistyped key', '{"lgits":{"a":2,"b":1},"id":7}\n'],
    ['a list instead of an object', '[2,1]\n'],
    ['text', 'x\n'],
    ['another class', '{"logits":{"c":2,"b":1},"id":7}\n'],
  ])('are rows after those of the first: %s', async (_, bad) => {
    const missing = '-inf'
    for (const lane of LANES) {
      const files = pathsOf({ '1.ndjson': FIRST, '2.ndjson': bad + GOOD })
      const csv = await scored(files, { to: 'csv', lane, missing, onError: 'skip' })
      expect(csv.bytes.toString()).toBe(`id,p_a,p_b,label\n1,${ONE},${TWO},a\n3,${ONE},${TWO},a\n`)
      expect(csv.rejects.map(({ line }) => line)).toEqual([1])
      const parquet = await scored(files, { to: 'parquet', lane, missing, emit: 'label', keep: 'id', onError: 'skip' })
      expect(await READERS.parquet!(parquet.bytes)).toEqual([
        { id: 1, label: 'a' },
        { id: 3, label: 'a' },
      ])
    }
  })

  it('may be bad without exception', async () => {
    for (const bad of ['x\n{"id":\n', '7\n[[2,1]]\n']) {
      const files = pathsOf({ '1.ndjson': FIRST, '2.ndjson': bad, '3.ndjson': GOOD })
      for (const lane of LANES) {
        const { bytes, rejects } = await scored(files, { to: 'csv', lane, emit: 'label', onError: 'skip' })
        expect(bytes.toString()).toBe('id,label\n1,a\n3,a\n')
        expect(rejects.map(({ line }) => line)).toEqual([1, 2])
        await expect(scored(files, { to: 'csv', lane, onReject: undefined })).rejects.toMatchObject({
          info: { source: files[1], line: 1 },
        })
      }
    }
  })

  it('may lack a selected path', async () => {
    const first = '{"m":{"x":2,"y":1,"t":"x"}}\n'
    const second = '{"m":{"x":2,"z":1}}\n{"m":{"y":2,"x":1,"t":"y"}}\n'
    const files = pathsOf({ '1.ndjson': first, '2.ndjson': second })
    const options = { logits: 'm.x,m.y', truth: 'm.t', emit: 'label,correct', keep: false } as const
    for (const lane of LANES) {
      const { bytes, rejects } = await scored(files, { ...options, to: 'csv', lane, onError: 'skip' })
      expect(bytes.toString()).toBe('label,correct\nx,true\ny,true\n')
      expect(rejects).toMatchObject([{ code: 'E_MISSING', line: 1 }])
    }
  })

  it('have the types of the first', async () => {
    const row = (id: string) => `{"id":${id},"logits":[2,1]}\n`
    const files = pathsOf({ '1.ndjson': row('"x"'), '2.ndjson': `{"logits":5,"id":7}\n${row('"y"')}${row('8')}` })
    for (const lane of LANES) {
      const { bytes, rejects } = await scored(files, {
        to: 'parquet',
        lane,
        keep: 'id',
        emit: 'label',
        onError: 'skip',
      })
      expect(await READERS.parquet!(bytes)).toEqual(['x', 'y', '8'].map((id) => ({ id, label: '0' })))
      expect(rejects.map(({ code, line }) => [code, line])).toEqual([['E_ROW', 1]])
    }
  })

  it('may be bare lists', async () => {
    const files = pathsOf({ '1.ndjson': '[2,1]\n', '2.ndjson': '{"error":"timeout"}\n[1,2]\n' })
    for (const lane of LANES) {
      const { bytes, rejects } = await scored(files, { to: 'csv', lane, emit: 'index', onError: 'skip' })
      expect(bytes.toString()).toBe('index\n0\n1\n')
      expect(rejects).toMatchObject([{ code: 'E_ROW', line: 1 }])
    }
  })

  it('may lack a logit or the true class if that is allowed', async () => {
    const files = pathsOf({
      '1.ndjson': '{"x":2,"y":1,"t":"x"}\n',
      '2.ndjson': '{"x":2}\n{"y":1,"t":"y"}\n',
    })
    const options = { logits: 'x,y', truth: 't', missing: '-inf', emit: 'probs', keep: false } as const
    for (const lane of LANES) {
      const { bytes } = await scored(files, { ...options, to: 'csv', lane })
      expect(bytes.toString()).toBe(`p_x,p_y\n${ONE},${TWO}\n1,0\n0,1\n`)
    }
  })
})

describe('an array and JSON lists, as a table', () => {
  const HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117)
  const START = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${HEADER}\n`, 'latin1')
  const ARRAY = Buffer.concat([START, Buffer.from(new Float64Array([2, 1]).buffer)])

  it('have the columns of the first', async () => {
    const [lists, array] = pathsOf({ '1.ndjson': '[1,2]\n', '2.npy': ARRAY }) as [string, string]
    const options = { labels: 'a,b', emit: 'probs' } as const
    for (const to of ['parquet', 'arrow'] as const) {
      const listsFirst = await scored([lists, array], { ...options, to })
      expect(await READERS[to]!(listsFirst.bytes)).toEqual([{ probs: [TWO, ONE] }, { probs: [ONE, TWO] }])
      const arrayFirst = await scored([array, lists], { ...options, to })
      expect(await READERS[to]!(arrayFirst.bytes)).toEqual([
        { p_a: ONE, p_b: TWO },
        { p_a: TWO, p_b: ONE },
      ])
    }
  })
})
