/** Inputs after the first whose columns have another order, or more columns than rows need: each value goes by its name. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Float64, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { calibrate, evaluate, type Reject, type ScoreOptions, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { entriesOfLines, entriesOfParquet } from './output-entries.js'
import { command, folder, ROOT } from './support.js'

const LANES = ['auto', 'general'] as const

/** softmax([2, 1, 0]) by mpmath */
const P = [0.6652409557748219, 0.24472847105479764, 0.09003057317038046] as const
const CLASSES = ['cat', 'dog', 'cow'] as const
/** The logits of the three classes, in each order. */
const ORDERS = [
  [2, 1, 0],
  [2, 0, 1],
  [1, 2, 0],
  [1, 0, 2],
  [0, 2, 1],
  [0, 1, 2],
] as const

type Row = Record<string, string | number>

/** The nth row, whose texts and logits no other of the first six has. */
function rowOf(n: number): Row {
  const [logit_cat, logit_dog, logit_cow] = ORDERS[n % 6]!
  return { id: `i${n}`, region: `r,${n}`, y: CLASSES[n % 3]!, logit_cat, logit_dog, logit_cow, note: `n${n}` }
}

/** What is expected of it. */
function scoredOf(n: number): Row {
  const logits = ORDERS[n % 6]!
  const [p_cat, p_dog, p_cow] = logits.map((logit) => P[2 - logit]!) as [number, number, number]
  return { id: `i${n}`, region: `r,${n}`, p_cat, p_dog, p_cow, label: CLASSES[logits.indexOf(2 as never)]! }
}

const FIRST = ['id', 'region', 'y', 'logit_cat', 'logit_dog', 'logit_cow']
/** The same columns, and the same with one more. */
const REORDERED = ['logit_cow', 'y', 'region', 'logit_cat', 'id', 'logit_dog']
const WIDER = ['note', 'logit_dog', 'region', 'logit_cow', 'id', 'y', 'logit_cat']

const typed = (names: readonly string[], rows: readonly Row[]) =>
  names.map((name) => ({ name, data: rows.map((row) => row[name]!), isNumber: name.startsWith('logit') }))

const delimited = (names: readonly string[], rows: readonly Row[], delimiter: string) => {
  const cell = (value: string | number) => (String(value).includes(delimiter) ? `"${value}"` : String(value))
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row[name]!)))]
  return lines.map((cells) => `${cells.join(delimiter)}\n`).join('')
}

const WRITERS: Record<string, (names: readonly string[], rows: readonly Row[]) => string | Uint8Array> = {
  csv: (names, rows) => delimited(names, rows, ','),
  tsv: (names, rows) => delimited(names, rows, '\t'),
  ndjson: (names, rows) =>
    rows.map((row) => `${JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name]])))}\n`).join(''),
  arrow: (names, rows) => {
    const columns = typed(names, rows).map(({ name, data, isNumber }) => [
      name,
      isNumber ? vectorFromArray(data as number[], new Float64()) : vectorFromArray(data as string[], new Utf8()),
    ])
    return tableToIPC(new Table(Object.fromEntries(columns)), 'file')
  },
  parquet: (names, rows) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: typed(names, rows).map(({ name, data, isNumber }) => ({
          name,
          data,
          type: isNumber ? ('DOUBLE' as const) : ('STRING' as const),
        })),
      }),
    ),
}

const CELL = /"([^"]*)"|[^,\n]+/g

/** The rows of an output, as entries in the order of its columns; numbers of text as numbers. */
const READERS: Record<string, (bytes: Buffer) => [string, unknown][][] | Promise<[string, unknown][][]>> = {
  csv: (bytes) => {
    const lines = bytes.toString().trimEnd().split('\n')
    const [header, ...rows] = lines.map((line) => Array.from(line.matchAll(CELL), ([cell, quoted]) => quoted ?? cell))
    const valueOf = (name: string, cell: string) => (/^(p_|loss)/.test(name) ? Number(cell) : cell)
    return rows.map((cells) => cells.map((cell, at) => [header![at]!, valueOf(header![at]!, cell)]))
  },
  ndjson: entriesOfLines,
  arrow: (bytes) => Array.from(tableFromIPC(bytes), (row) => [...row!] as [string, unknown][]),
  parquet: entriesOfParquet,
}

/** Files of these formats and columns, of `count` rows each, by their paths. */
function filesOf(inputs: readonly (readonly [string, readonly string[]])[], count = 3): string[] {
  const path = folder()
  return inputs.map(([format, names], nth) => {
    const rows = Array.from({ length: count }, (_, at) => rowOf(nth * count + at))
    writeFileSync(join(path, `${nth}.${format}`), WRITERS[format]!(names, rows))
    return join(path, `${nth}.${format}`)
  })
}

async function scored(inputs: string[], options: ScoreOptions = {}) {
  const rejects: Reject[] = []
  const onReject = options.onError === 'skip' ? (reject: Reject) => void rejects.push(reject) : undefined
  const bytes = Buffer.concat(await scoreFiles(inputs, { ...options, onReject }).toArray())
  return { bytes, text: bytes.toString(), rejects }
}

/** Rows as objects, without the logits that JSON keeps, and their keys in order. */
async function rowsOf(bytes: Buffer, to: string) {
  const rows = await READERS[to]!(bytes)
  return {
    rows: rows.map((row) => Object.fromEntries(row.filter(([name]) => !name.startsWith('logit_')))),
    orders: new Set(rows.map((row) => row.map(([name]) => name).join())),
  }
}

const RESULTS = 'p_cat,p_dog,p_cow,label'
const FORMATS = ['csv', 'ndjson', 'arrow', 'parquet']
const pairs = FORMATS.flatMap((one) => FORMATS.map((other) => [one, other] as const))

describe.each(pairs)('%s, and %s with its columns in another order', (one, other) => {
  const isJson = one === 'ndjson' || other === 'ndjson'
  const expected = Array.from({ length: 9 }, (_, n) => scoredOf(n))

  it.each(Object.keys(READERS))('are rows of one %s', async (to) => {
    const files = filesOf([
      [one, FIRST],
      [other, REORDERED],
      [one, FIRST],
    ])
    for (const lane of LANES) {
      const { rows, orders } = await rowsOf((await scored(files, { to: to as 'csv', lane })).bytes, to)
      expect(rows, lane).toEqual(expected.map((row, n) => ({ ...row, y: CLASSES[n % 3] })))
      if (!isJson || to !== 'ndjson') expect(orders).toEqual(new Set([`id,region,y,${RESULTS}`]))
    }
  })

  it.each(Object.keys(READERS))('may have more columns that are not kept, as %s', async (to) => {
    const files = filesOf([
      [one, FIRST],
      [other, WIDER],
      [one, REORDERED],
    ])
    for (const lane of LANES) {
      for (const keep of ['region,id', 'id', false] as const) {
        const { rows, orders } = await rowsOf((await scored(files, { to: to as 'csv', lane, keep })).bytes, to)
        const names = ['id', 'region'].filter((name) => String(keep).split(',').includes(name))
        const left = ['id', 'region'].filter((name) => !names.includes(name))
        const kept = expected.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([key]) => !left.includes(key))),
        )
        expect(rows, `${lane} ${keep}`).toEqual(kept)
        // A table has the order of the list; objects that of the input.
        const listed = to === 'ndjson' ? names : names.toReversed()
        if (!isJson || to !== 'ndjson') expect(orders).toEqual(new Set([[...listed, RESULTS].join()]))
      }
    }
  })
})

/** Contents as files, by their paths. */
function pathsOf(...contents: string[]): string[] {
  const cwd = folder(Object.fromEntries(contents.map((content, nth) => [`${nth}.csv`, content])))
  return contents.map((_, nth) => join(cwd, `${nth}.csv`))
}

/** softmax([2, 1]) by mpmath */
const [ONE, TWO] = [0.7310585786300049, 0.2689414213699951]

const A = 'id,logit_a,logit_b\n1,2,1\n'

describe('rows of columns in another order', () => {
  const count = 40_000

  it('are the same in both lanes, in many blocks and on several threads', async () => {
    const rows = Array.from({ length: 2 * count }, (_, n) => scoredOf(n))
    const lineOf = (names: string[]) => (row: Row) =>
      names.map((name) => (name === 'region' ? `"${row[name]}"` : row[name])).join()
    const files = filesOf(
      [
        ['csv', FIRST],
        ['tsv', WIDER],
      ],
      count,
    )
    for (const keep of ['id', 'id,region'] as const) {
      const names = [...keep.split(','), 'p_cat', 'p_dog', 'p_cow', 'label']
      const expected = `${[names.join(), ...rows.map(lineOf(names))].join('\n')}\n`
      for (const lane of LANES) {
        for (const jobs of [1, 2]) {
          const { text } = await scored(files, { keep, lane, jobs, to: 'csv' })
          expect(text === expected, `${keep} ${lane} ${jobs}`).toBe(true)
        }
      }
    }
  })

  it('take the fast lane', async () => {
    const files = pathsOf(A, 'logit_b,id,logit_a\n1,2,2\n', 'id,logit_a,x,logit_b\n3,2,0,1\n')
    const { text } = await scored(files, { keep: 'id', lane: 'fast' })
    expect(text).toBe(`id,p_a,p_b,label\n1,${ONE},${TWO},a\n2,${ONE},${TWO},a\n3,${ONE},${TWO},a\n`)
    const [one, two] = pathsOf('id,note,logit_a,logit_b\n1,x,2,1\n', 'note,id,logit_a,logit_b\nx,1,2,1\n')
    const rows = `1,x,${ONE},${TWO},a\n1,x,${ONE},${TWO},a\n`
    expect((await scored([one!, two!], { lane: 'fast' })).text).toBe(`id,note,p_a,p_b,label\n${rows}`)
  })

  it('are rejected with their own text, line and column', async () => {
    const second = 'note,logit_b,logit_a,id\nn,1,2,2\nm,x,2,3\nn,1,NaN,4\nn,1,2\nn,1,2,5\n'
    for (const lane of LANES) {
      const { text, rejects } = await scored(pathsOf(A, second), { keep: 'id', emit: 'label', onError: 'skip', lane })
      expect(text).toBe('id,label\n1,a\n2,a\n5,a\n')
      expect(rejects).toMatchObject([
        { code: 'E_CELL', row: 2, line: 3, column: 'logit_b', raw: 'm,x,2,3' },
        { code: 'E_NONFINITE', row: 3, line: 4, column: 'logit_a', raw: 'n,1,NaN,4' },
        { code: 'E_WIDTH', row: 4, line: 5, raw: 'n,1,2' },
      ])
    }
  })

  it('have the types of the first input', async () => {
    const first = 'id,at,logit_a,logit_b,price\n7,2026-11-27,2,1,1.5\n'
    const second = 'price,logit_b,id,logit_a,at\n2.5,1,8,2,2026-11-28\n'
    const expected = [
      { id: 7n, at: new Date('2026-11-27'), price: 1.5, label: 'a' },
      { id: 8n, at: new Date('2026-11-28'), price: 2.5, label: 'a' },
    ]
    for (const types of ['infer', 'id=int64,at=date32,price=double'] as const) {
      for (const lane of LANES) {
        const { bytes } = await scored(pathsOf(first, second), { types, emit: 'label', to: 'parquet', lane })
        const { rows } = await rowsOf(bytes, 'parquet')
        expect(rows, `${types} ${lane}`).toEqual(expected)
      }
    }
    const [one, two] = pathsOf(first, second.replace(',8,', ',x,')) as [string, string]
    await expect(scored([one, two], { types: 'infer', to: 'arrow' })).rejects.toMatchObject({
      info: { source: two, column: 'id' },
    })
  })

  it('keep their cells as they are, or as the dialect of the output writes them', async () => {
    const cwd = folder({
      'a.csv': 'id,note,logit_a,logit_b\n1,"x, ""y""",2,1\n',
      'b.tsv': 'note\tlogit_b\tlogit_a\tid\n"x, ""y"""\t1\t2\t\n',
      'c.copy': 'id\tnote\tlogit_a\tlogit_b\n1\tx\\ty\t2\t1\n',
      'd.copy': 'note\tlogit_b\tlogit_a\tid\nx\\ty\t1\t2\t\\N\n',
      'e.txt': 'id;note;logit_a;logit_b\n1;"x;y";2,0;1,0\n',
      'f.txt': 'note;logit_b;logit_a;id\n"x;y";1,0;2,0;2\n',
    })
    const paths = (...names: string[]) => names.map((name) => join(cwd, name))
    for (const lane of LANES) {
      const options = { emit: 'label', lane } as const
      const csv = await scored(paths('a.csv', 'b.tsv'), options)
      expect(csv.text).toBe('id,note,label\n1,"x, ""y""",a\n,"x, ""y""",a\n')
      const copy = await scored(paths('c.copy', 'd.copy'), options)
      expect(copy.text).toBe('id\tnote\tlabel\n1\tx\\ty\ta\n\\N\tx\\ty\ta\n')
      const mixed = await scored(paths('c.copy', 'b.tsv'), options)
      expect(mixed.text).toBe('id\tnote\tlabel\n1\tx\\ty\ta\n\\N\tx, "y"\ta\n')
      const german = await scored(paths('e.txt', 'f.txt'), { ...options, from: 'csv', delimiter: ';', decimal: ',' })
      expect(german.text).toBe('id;note;label\n1;"x;y";a\n2;"x;y";a\n')
    }
  })

  it('are read from a folder into one file, and each on its own from a folder into a folder', () => {
    const cwd = folder()
    const parts = { 'part-0.csv': A, 'part-1.csv': 'logit_b,logit_a,id\n1,2,2\n' }
    mkdirSync(join(cwd, 'in'))
    for (const [name, content] of Object.entries(parts)) writeFileSync(join(cwd, 'in', name), content)
    expect(command(['in', '-e', 'probs'], { cwd })).toEqual({
      status: 0,
      stderr: '',
      stdout: `id,p_a,p_b\n1,${ONE},${TWO}\n2,${ONE},${TWO}\n`,
    })
    expect(command(['in', '-e', 'probs', '-o', 'out/', '-q'], { cwd }).status).toBe(0)
    expect(readFileSync(join(cwd, 'out/part-1.csv'), 'utf8')).toBe(`id,p_b,p_a\n2,${TWO},${ONE}\n`)
  })
})

describe('true classes of columns in another order', () => {
  const files = () =>
    filesOf([
      ['csv', FIRST],
      ['csv', WIDER],
    ])

  it('are found by name, and by position in the first input', async () => {
    // By mpmath.
    const losses = [0.4076059644443803, 2.40760596444438, 2.40760596444438, 1.4076059644443804]
    for (const lane of LANES) {
      for (const truth of ['y', '3']) {
        const { bytes } = await scored(files(), { truth, keep: 'id', emit: 'loss,rank,index', lane })
        const rows = await READERS.csv!(bytes)
        const columnOf = (at: number) => rows.map((row) => Number(row[at]![1]))
        expect(columnOf(2)).toEqual([1, 3, 3, 2, 1, 1])
        expect(columnOf(3)).toEqual([0, 0, 1, 2, 1, 2])
        expect(columnOf(1)).toEqual([...losses, losses[0], losses[0]])
      }
    }
  })

  it('are measured', async () => {
    for (const lane of LANES) {
      const metrics = await evaluate(files(), { truth: 'y', lane })
      expect(metrics).toMatchObject({ rows: 6, accuracy: 0.5 })
      // By numpy.
      expect(metrics.log_loss).toBeCloseTo(1.2409392977777136, 14)
      expect(metrics.confusion).toEqual([
        [1, 0, 1],
        [1, 1, 0],
        [0, 1, 1],
      ])
    }
  })

  it('are calibrated', async () => {
    // By scipy.
    expect((await calibrate(files(), { truth: 'y' })).temperature).toBeCloseTo(3.958025108666946, 6)
  })

  it('may have a column per class', async () => {
    const [one, two] = pathsOf(
      'is_a,is_b,logit_a,logit_b\n1,0,2,1\n',
      'logit_b,is_b,logit_a,is_a\n-1,0,2,1\n1,1,-2,0\n',
    ) as [string, string]
    for (const lane of LANES) {
      const options = { op: 'sigmoid', truth: 'is_a,is_b', lane } as const
      const { text } = await scored([one, two], { ...options, keep: false, emit: 'labels,correct' })
      expect(text).toBe('labels,correct\na|b,false\na,true\nb,true\n')
      expect((await evaluate([one, two], options)).rows).toBe(3)
    }
  })
})

describe('logits of columns in another order', () => {
  it('may be guessed, by the names in the first input', async () => {
    const files = pathsOf('id,cat,dog\nx,0.5,-0.5\n', 'dog,id,cat\n-0.5,y,0.5\n')
    for (const lane of LANES) {
      const { text } = await scored(files, { emit: 'label,index', lane })
      expect(text).toBe('id,label,index\nx,cat,0\ny,cat,0\n')
    }
  })

  it('have the labels of the first input, which may be selected by position or a range of names', async () => {
    const files = pathsOf('id,x,y,z\nx,2,1,0\n', 'y,x,id,z\n1,2,y,0\n')
    for (const lane of LANES) {
      for (const logits of ['2-4', 'x-z', '!id', '/^.$/']) {
        const { text } = await scored(files, { logits, labels: 'a,b,c', keep: 'id', lane })
        expect(text).toBe(`id,p_a,p_b,p_c,label\nx,${P.join()},a\ny,${P.join()},a\n`)
      }
    }
  })

  it('may be lists, of which the first may be empty', async () => {
    const files = pathsOf('id,scores\n1,"[2, 1]"\n', 'scores,id\n,2\n"[2, 1]",3\n')
    for (const lane of LANES) {
      for (const logits of ['scores', '2']) {
        const { text, rejects } = await scored(files, { logits, onError: 'skip', lane })
        expect(text).toBe(`id,p_0,p_1,label\n1,${ONE},${TWO},0\n3,${ONE},${TWO},0\n`)
        expect(rejects).toMatchObject([{ code: 'E_MISSING', line: 2, raw: ',2' }])
      }
    }
  })
})

describe('columns that cannot be matched by name', () => {
  const wide = 'id,note,logit_a,logit_b\n1,x,2,1\n'

  it.each<[string, string, string, ScoreOptions, string]>([
    ['one more', A, 'logit_b,note,logit_a,id\n', {}, `has the column "note", which "%" lacks; keep: 'id' leaves out`],
    ['one less', wide, A, {}, `lacks the column "note" of "%"; keep: 'id' leaves out other columns, or score it sep`],
    ['a listed one less', wide, A, { keep: 'note' }, `lacks the column "note" of "%"; keep: false leaves out`],
    [
      'one more of a pattern',
      wide,
      wide.replace('1,', '1,1,').replace('id,', 'id,now,'),
      { keep: 'n*' },
      `has the column "now", which "%" lacks; keep: 'note' leaves out`,
    ],
    [
      'one more from a position on',
      A,
      'logit_b,note,logit_a,id\n',
      { logits: '2-' },
      'has the column "note", which "%" lacks; score it',
    ],
    [
      'another logit',
      A,
      'logit_b,logit_c,logit_a,id\n',
      { keep: 'id' },
      'has the column "logit_c", which "%" lacks; score it',
    ],
    [
      'another name of logits',
      A,
      'id,c_logit,logit_b,logit_a\n',
      { keep: 'id' },
      'has the column "c_logit", which "%" lacks; score',
    ],
    ['a logit less', A, 'logit_b,id\n', {}, 'lacks the column "logit_a" of "%"; score it'],
    [
      'no true class',
      A.replace('id', 'y'),
      'logit_b,logit_a\n',
      { truth: 'y', keep: false },
      'lacks the column "y" of "%"; score it',
    ],
    [
      'one more than a guess',
      'id,cat,dog\nx,.5,-.5\n',
      'id,dog,age,cat\nx,1,2,3\n',
      { keep: 'id' },
      'has the column "age", which "%" lacks; logits and keep select only common columns, or score it',
    ],
    [
      'two of one name',
      A,
      'logit_b,id,logit_a,id\n',
      {},
      'its columns cannot be matched by name with those of "%", as two are called "id"',
    ],
    [
      'two logits of one name',
      A,
      'logit_b,id,logit_a,logit_a\n',
      { keep: 'id' },
      'its columns cannot be matched by name with those of "%", as two are called "logit_a"; score it',
    ],
    [
      'two of one name in the first',
      wide.replace('id', 'note'),
      wide.replace('id,note', 'note,id'),
      { keep: false, logits: '3-4', truth: '1' },
      'its columns cannot be matched by name with those of "%", as two are called "note"; score',
    ],
  ])('are an error before any output: %s', async (_, one, other, options, message) => {
    const [first, second] = pathsOf(one, `${other}`) as [string, string]
    for (const lane of LANES) {
      const ended = scored([first, second], { ...options, lane })
      await expect(ended).rejects.toMatchObject({
        code: 'E_SCHEMA',
        info: { source: second },
        message: expect.stringContaining(message.replaceAll('%', first)),
      })
    }
  })

  it('do not matter if no row needs them', async () => {
    const [one, two] = pathsOf('x,x,id,logit_a,logit_b\n0,0,1,2,1\n', 'id,logit_b,logit_a,z,z\n2,1,2,0,0\n') as [
      string,
      string,
    ]
    for (const lane of LANES) {
      const { text } = await scored([one, two], { keep: 'id', emit: 'label', lane })
      expect(text).toBe('id,label\n1,a\n2,a\n')
    }
  })

  it('are those without names, of which only the number is compared', async () => {
    const [one, two, three] = pathsOf('1,2,1\n', '2,1,2\n', '3,2,1,0\n') as [string, string, string]
    const options = { header: false, logits: '2-3', keep: '1', emit: 'index' } as const
    for (const lane of LANES) {
      expect((await scored([one, two], { ...options, lane })).text).toBe('1,0\n2,1\n')
      await expect(scored([one, three], { ...options, lane })).rejects.toMatchObject({ code: 'E_SCHEMA' })
    }
  })

  it('are an error of a stream when its turn comes', async () => {
    const stream = (text: string) => Readable.from([Buffer.from(text)])
    const read = scoreFiles([stream(A), stream('note,logit_b,logit_a,id\n0,1,2,2\n')], { emit: 'label' })
    await expect(read.toArray()).rejects.toMatchObject({ code: 'E_SCHEMA', info: { first: 'stream 1' } })
    const guess = scoreFiles([stream('id,cat,dog\nx,.5,-.5\n'), stream('id,dog,age,cat\nx,1,2,3\n')])
    await expect(guess.toArray()).rejects.toThrow(`logits: 'cat,dog', keep: 'id' leaves out other columns, or score it`)
    const kept = scoreFiles([stream(A), stream('note,logit_b,logit_a,id\n0,1,2,2\n')], { emit: 'label', keep: 'id' })
    expect(Buffer.concat(await kept.toArray()).toString()).toBe('id,label\n1,a\n2,a\n')
  })
})

it('corrected rows of a later input get the order of the first after a file with only its header', () => {
  const cwd = folder({ 'header.csv': `${FIRST}\n`, 'fixed.csv': delimited(REORDERED, [rowOf(4)], ',') })
  const args = ['header.csv', 'fixed.csv', '--keep', 'id,region', '--no-output-header']
  const { status, stdout, stderr } = command(args, { cwd })
  const { id, region, p_cat, p_dog, p_cow, label } = scoredOf(4)
  const row = `${id},"${region}",${p_cat},${p_dog},${p_cow},${label}\n`
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: row, stderr: '' })
})

describe('types of kept columns', () => {
  const CSV = 'id,note,logit_a,logit_b\n1,x,1,1\n'
  const INT64 = { name: 'id', data: [2n], type: 'INT64' as const }
  const parquet = Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'logit_b', data: [1], type: 'DOUBLE' },
        INT64,
        { name: 'note', data: ['y'], type: 'STRING' },
        { name: 'logit_a', data: [1], type: 'DOUBLE' },
      ],
    }),
  )
  const cwd = () => folder({ 'a.csv': CSV, 'b.parquet': parquet })

  it('requested for text may be those that a later input has', async () => {
    const dir = cwd()
    const { status, stderr } = command(['a.csv', 'b.parquet', '--types', 'id=int64', '-o', 'all.parquet'], { cwd: dir })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { buffer } = new Uint8Array(readFileSync(join(dir, 'all.parquet')))
    expect(await parquetReadObjects({ file: buffer })).toEqual([
      { id: 1n, note: 'x', p_a: 0.5, p_b: 0.5, label: 'a' },
      { id: 2n, note: 'y', p_a: 0.5, p_b: 0.5, label: 'a' },
    ])
  })

  it.each([
    ['', 'utf8'],
    ['id=float64', 'float64'],
  ])('must be those that a later input has: with --types %j, int64 is none', (types, first) => {
    const asked = types === '' ? [] : ['--types', types]
    const { status, stderr } = command(['a.csv', 'b.parquet', ...asked, '-o', 'all.parquet'], { cwd: cwd() })
    expect(status).toBe(1)
    expect(stderr).toContain(`column id: its type is int64, but ${first} in the first input`)
  })

  it('are refused of a first input that has types', () => {
    const args = ['b.parquet', 'a.csv', '--types', 'id=int64', '-o', 'all.parquet']
    const { status, stderr } = command(args, { cwd: cwd() })
    expect(status).toBe(2)
    expect(stderr).toContain('the input has types; leave it out, or name an input of text first [E_CONFLICT]')
  })

  it('may be text with offsets of 64 bits, as Polars writes it, in any of the inputs', () => {
    const dir = cwd()
    writeFileSync(join(dir, 'polars.parquet'), readFileSync(join(ROOT, 'fixtures/polars-text.parquet')))
    for (const inputs of [
      ['a.csv', 'polars.parquet'],
      ['polars.parquet', 'a.csv'],
    ]) {
      const { status, stderr } = command([...inputs, '--keep', 'note', '-o', 'all.arrow'], { cwd: dir })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const notes = tableFromIPC(readFileSync(join(dir, 'all.arrow'))).getChild('note')
      expect([...notes!]).toEqual(inputs[0] === 'a.csv' ? ['x', 'zażółć', null] : ['zażółć', null, 'x'])
    }
  })
})
