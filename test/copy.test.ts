/** Text with backslash escapes, as written by engines: see `fixtures/copied.py`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type EmitList, evaluate, read, type ScoreOptions, score, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { anyOptions, both } from './agree.js'
import { randomFrom } from './random.js'
import { P21, run } from './streams.js'
import { command, folder, ROOT, thrown } from './support.js'

interface Copied {
  notes: (string | null)[]
  text: string
  commas: string
  bare: string
  controls: { notes: string[]; text: string }
}

const COPIED: Copied = JSON.parse(readFileSync(join(ROOT, 'fixtures/copy.json'), 'utf8'))
const { notes } = COPIED
const decoded = (base64: string) => Buffer.from(base64, 'base64')
const TEXT = decoded(COPIED.text)

const LANES: ScoreOptions[] = [{ lane: 'general' }, { lane: 'auto', jobs: 1 }, { lane: 'auto', jobs: 3 }]

/** The notes of lines of JSON. */
const notesIn = (lines: string): unknown[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).note)

/** The first cell of each line. */
const firstCells = (text: Buffer | string) =>
  text
    .toString()
    .split('\n')
    .map((line) => line.split('\t')[0])

describe.each(LANES)('cells of copied text in %o', (lane) => {
  it.each([1, 7, 1000])('are the values of the table that PostgreSQL copied, in chunks of %d', async (size) => {
    const { text, error } = await run(TEXT, { from: 'copy', to: 'ndjson', ...lane }, size)
    expect(error).toBe(undefined)
    expect(notesIn(text)).toEqual(notes)
  })

  it('come out as they stand', async () => {
    const { text } = await run(TEXT, { from: 'copy', ...lane })
    expect(firstCells(text)).toEqual(firstCells(TEXT))
  })

  it('are cells of another delimiter, by the options for it', async () => {
    const options = { delimiter: ',', quote: 'none', escape: '\\', to: 'ndjson', ...lane } as const
    expect(notesIn((await run(decoded(COPIED.commas), options)).text)).toEqual(notes)
  })

  it('have characters behind a backslash, also those that other engines do not write', async () => {
    const { text } = await run(decoded(COPIED.controls.text), { from: 'copy', to: 'ndjson', ...lane })
    expect(notesIn(text)).toEqual(COPIED.controls.notes)
    const numbers = 'note\tlogit_x\tlogit_y\n\\x41\\102\\q\t1\t2\n'
    expect(notesIn((await run(numbers, { from: 'copy', to: 'ndjson', ...lane })).text)).toEqual(['ABq'])
  })

  it('are logits that are missing, where they are null', async () => {
    const rows = 'id\tlogit_a\tlogit_b\n1\t\\N\t0\n'
    expect((await run(rows, { from: 'copy', ...lane })).error).toMatchObject({
      code: 'E_MISSING',
      info: { line: 2, column: 'logit_a', byte: 21 },
    })
    expect((await run(rows, { from: 'copy', missing: '-inf', ...lane })).text).toBe('id\tp_a\tp_b\tlabel\n1\t0\t1\tb\n')
  })

  it('are true classes, which are not known where they are null', async () => {
    const rows = 'logit_a\tlogit_b\ty\n1\t2\tb\n1\t2\t\\N\n1\t2\t\n'
    const measured = await evaluate([Readable.from([rows])], { ...lane, from: 'copy', truth: 'y' })
    expect(measured).toMatchObject({ rows: 1, unlabelled: 2, accuracy: 1 })
    const { text } = await run(rows, { from: 'copy', truth: 'y', emit: 'rank', keep: false, ...lane })
    expect(text).toBe('rank\n1\n\\N\n\\N\n')
  })

  it('are true classes that are not known, as --null has them', async () => {
    const rows = 'logit_a\tlogit_b\ty\n1\t2\t\\x\n1\t2\tn\\\\a\n'
    const options = { from: 'copy', truth: 'y', keep: false, emit: 'rank', onError: 'skip', ...lane } as const
    // The first is an x.
    expect((await run(rows, { ...options, null: '\\x,n\\a' })).text).toBe('rank\n\\N\n')
  })

  it('are bad where what stands behind backslashes is no text', async () => {
    const rows = 'id\tlogit_a\tlogit_b\nx\\xffy\t1\t2\n\\xc3\\xa9\t1\t2\n'
    for (const to of ['ndjson', 'parquet'] as const) {
      const { stats } = await run(rows, { from: 'copy', to, onError: 'skip', ...lane })
      expect(stats).toMatchObject({ written: 1, rejected: { E_CELL_ENCODING: 1 } })
    }
  })

  it('end in no backslash, which may be what is left of a newline', async () => {
    const rows = 'note\tlogit_a\tlogit_b\nok\t1\t2\nx\t1\t2\\\n'
    const { text, error } = await run(rows, { from: 'copy', to: 'ndjson', ...lane })
    expect(error).toMatchObject({ code: 'E_QUOTE', info: { line: 3 } })
    expect(notesIn(text)).toEqual(['ok'])
  })

  it.each([1, 3, 1000])('have a newline behind a backslash, as MySQL writes it, in chunks of %d', async (size) => {
    const rows = 'note\tlogit_a\tlogit_b\na\\\nb\\\\\t1\t2\nc\\\\\t1\t2\n\\\n\t1\t2\nd\t1\t2\n'
    const { text, error, stats } = await run(rows, { from: 'copy', to: 'ndjson', ...lane }, size)
    expect(error).toBe(undefined)
    expect(notesIn(text)).toEqual(['a\nb\\', 'c\\', '\n', 'd'])
    expect(stats).toMatchObject({ read: 4, written: 4 })
    const copied = await run(rows, { from: 'copy', ...lane }, size)
    expect(firstCells(copied.text)).toEqual(['note', 'a\\nb\\\\', 'c\\\\', '\\n', 'd', ''])
    const bad = await run(`${rows}e\tx\t2\n`, { from: 'copy', ...lane }, size)
    expect(bad.error).toMatchObject({ code: 'E_CELL', info: { row: 5, line: 8 } })
  })

  it('have a newline behind a backslash but in comments', async () => {
    const rows = 'note\tlogit_a\tlogit_b\n# ends in \\\na\t1\t2\n# and so \\\n'
    const { text } = await run(rows, { from: 'copy', to: 'ndjson', comment: '#', ...lane })
    expect(notesIn(text)).toEqual(['a'])
  })

  it('are rows without a header, by positions', async () => {
    const options = { from: 'copy', logits: '2-3', header: false, ...lane } as const
    const { text } = await run(decoded(COPIED.bare), options)
    expect(firstCells(text)).toEqual(firstCells(decoded(COPIED.bare)))
  })
})

it('is scored in the fast lane, whatever its cells are', () => {
  const cwd = folder({ 'in.copy': TEXT })
  const { status } = command(['in.copy', '-o', 'out.copy', '--lane', 'fast', '--stats', 's.json'], { cwd })
  expect(status).toBe(0)
  expect(JSON.parse(readFileSync(join(cwd, 's.json'), 'utf8')).lane).toBe('fast')
})

describe.each(LANES)('a first line of copied text, in %o', (lane) => {
  const read = (line: string) => `the first line, "${line}", is read as a row; header: true reads it as column names`
  const options = { from: 'copy', emit: 'index', ...lane } as const

  it.each([1, 1 << 16])('is a row if it has values, as PostgreSQL writes none, in chunks of %i', async (size) => {
    const logits = '2-3'
    const bare = decoded(COPIED.bare)
    const asked = await run(bare, { ...options, logits, header: false }, size)
    const found = await run(bare, { ...options, logits }, size)
    expect([found.error, found.text]).toEqual([undefined, asked.text])
    expect(found.warnings).toEqual([expect.stringMatching(/^the first line, .*, is read as a row; header: true /)])
    const csv = await run(bare, { ...options, logits, to: 'csv' }, size)
    expect(csv.text).toMatch(/^plain,0\n/)
  })

  it.each([
    ['7\t0.5\t1.5', '2-3', '7\t1'],
    ['x\t0.5\t1', '2-3', 'x\t1'],
    ['x\t3\t-2', '2-3', 'x\t0'],
    ['x\t3\t1e1', '2-3', 'x\t1'],
    ['7\t12\t3', '2-3', '7\t0'],
    ['\\N\t12\t3', '2-3', '\\N\t0'],
    ['x\t{0.5,1.5}', '2', 'x\t1'],
  ])('is a row: %j', async (line, logits, scored) => {
    const { text, warnings, error } = await run(`${line}\n`, { ...options, logits })
    expect([error, text]).toEqual([undefined, `${scored}\n`])
    expect(warnings).toEqual([read(line.replaceAll('\t', '\\t'))])
    const failed = await run(`${line}\n${line.replace(/(?<=\t\D?)\d/, 'x')}\n`, { ...options, logits })
    expect(failed.error).toMatchObject({ info: { row: 2, line: 2 } })
  })

  it.each(['id\tlogit_a\tlogit_b', 'id\t0\t1', '0\t1\t2', 'nan\tinf\tx'])('is a header: %j', async (line) => {
    const { text, warnings } = await run(`${line}\n7\t1\t2\n`, { ...options, logits: '2-3' })
    expect(text.split('\n')[0]).toBe(`${line.split('\t')[0]}\tindex`)
    expect(warnings.filter((warning) => warning.includes('as a row;'))).toEqual([])
  })

  it('is what an option says', async () => {
    for (const header of [true, false]) {
      const { warnings } = await run('7\t0.5\t1.5\n7\t1\t2\n', { ...options, header, logits: '2-3' })
      expect(warnings).toEqual([])
    }
  })
})

it('copied text without a header is no objects for read(), unless the program expects arrays', async () => {
  const rows = (header?: false) => Readable.from(['7\t0.5\n']).compose(read('copy', { header } as { header: false }))
  await expect(rows().toArray()).rejects.toMatchObject({ code: 'E_HEADER', info: { line: 1 } })
  expect(await rows(false).toArray()).toEqual([['7', '0.5']])
})

describe('copied text that is made of another format', () => {
  const options = { emit: 'label', keep: false } as const

  it.each(LANES)(
    'has no header, as COPY and LOAD DATA take each line for a row, unless it is asked for: %o',
    async (lane) => {
      for (const to of [{ to: 'copy' }, { to: 'csv', quote: 'none', escape: '\\' }] as const) {
        for (const [text, from] of [
          ['logit_a,logit_b\n1,2\n', 'csv'],
          ['{"logit_a":1,"logit_b":2}\n', 'ndjson'],
        ] as const) {
          if (to.to === 'csv' && from === 'ndjson') continue
          const bare = to.to === 'copy' ? 'b\n' : 'label\nb\n'
          expect((await run(text, { from, ...to, ...options, ...lane })).text).toBe(bare)
          const whole = await run(text, { from, ...to, ...options, outputHeader: true, ...lane })
          expect(whole.text).toBe('label\nb\n')
        }
      }
    },
  )

  it('has one where copied text came with one', async () => {
    const { text } = await run('logit_a\tlogit_b\n1\t2\n', { from: 'copy', ...options })
    expect(text).toBe('label\nb\n')
    const bare = await run('1\t2\n', { from: 'copy', header: false, logits: '1-2', ...options })
    expect(bare.text).toBe('1\n')
  })

  it('has none in a file, nor of objects', async () => {
    const cwd = folder({ 'in.csv': 'id,logit_a,logit_b\n7,1,2\n' })
    expect(command(['in.csv', '-o', 'out.copy', '-e', 'label'], { cwd }).status).toBe(0)
    expect(readFileSync(join(cwd, 'out.copy'), 'utf8')).toBe('7\tb\n')
    const rows = [{ probabilities: [0.5, 0.5], label: 'b', index: 1 }]
    const bytes = await Readable.from(rows)
      .compose(write('copy', { emit: 'label' }))
      .toArray()
    expect(Buffer.concat(bytes).toString()).toBe('b\n')
  })
})

describe('copied text that is written', () => {
  const lines = notes.map((note) => `${JSON.stringify({ note, logit_x: 1, logit_y: 2 })}\n`).join('')

  it('has cells as PostgreSQL writes them', async () => {
    const { text } = await run(lines, { from: 'ndjson', to: 'copy', outputHeader: true })
    expect(firstCells(text)).toEqual(firstCells(TEXT))
  })

  it.each(['arrow', 'parquet'] as const)('has the values of %s, nulls among them', async (format) => {
    const { bytes } = await run(lines, { from: 'ndjson', to: format, emit: 'probs=logit_' })
    const { text } = await run(bytes, { from: format, to: 'copy', outputHeader: true })
    expect(firstCells(text)).toEqual(firstCells(TEXT))
  })

  it('has cells of CSV, of which those of nothing are null', async () => {
    const { text } = await run('note,logit_x,logit_y\n"a\tb\\",1,2\n,1,2\n', { to: 'copy' })
    expect(firstCells(text)).toEqual(['a\\tb\\\\', '\\N', ''])
  })

  it('has results that are null, such as the label of a row without one', async () => {
    const { text } = await run('logit_a\tlogit_b\n1\t2\n1\t9\n', { from: 'copy', minConfidence: 0.9, emit: 'label' })
    expect(text).toBe('label\n\\N\nb\n')
  })

  it('holds names of classes with special characters', async () => {
    const { text } = await run('1\t2\n', { from: 'copy', logits: '1-2', header: false, labels: ['a', 'b\tc\\'] })
    expect(text).toBe('0.2689414213699951\t0.7310585786300049\tb\\tc\\\\\n')
  })

  describe('without a header has a warning of the order of its columns', () => {
    const ORDER = 'without a header, the columns are in the order of the first object: "id", "p_b", "p_a", "label"'
    const REMEDY = 'outputHeader: true writes their names, which COPY ... (HEADER MATCH) checks'
    const object = '{"id":1,"logit_b":2,"logit_a":1}'

    it.each([...LANES, { jobs: 2 }])('from JSON, with %o', async (lane) => {
      for (const [from, rows] of [
        ['ndjson', `${object}\n`],
        ['json', `[${object}]`],
      ] as const) {
        const options = { from, to: 'copy', ...lane } as const
        expect((await run(rows, options)).warnings).toEqual([`${ORDER}; ${REMEDY}`])
        expect((await run(rows, { ...options, outputHeader: true })).warnings).toEqual([])
      }
    })

    it('unless all columns are listed by name', async () => {
      const warned = async (keep: string) => {
        const { warnings } = await run('{"na":1,"nb":2,"logits":[1,2]}\n', { from: 'ndjson', to: 'copy', keep })
        return warnings.length > 0
      }
      for (const keep of ['na-nb', 'n*', '1-2', '!na']) expect(await warned(keep)).toBe(true)
      for (const keep of ['nb,na', '"na"']) expect(await warned(keep)).toBe(false)
      const labels = async (emit: EmitList) => {
        const options = { from: 'ndjson', to: 'copy', keep: 'id', logits: 'logit_a,logit_b', emit } as const
        return (await run(`${object}\n`, options)).warnings.length
      }
      expect([await labels('label,confidence'), await labels('label,probs')]).toEqual([0, 1])
    })

    it('from objects', async () => {
      const warningsOf = async (...args: Parameters<typeof write>) => {
        const warnings: string[] = []
        const writer = write(...args).on('warning', (text) => warnings.push(text))
        await Readable.from([{ id: 1, p_b: 2, p_a: 1, label: 'b' }])
          .compose(writer)
          .toArray()
        return warnings
      }
      expect(await warningsOf('copy')).toEqual([`${ORDER}; ${REMEDY}`])
      expect(await warningsOf('csv', { outputHeader: false })).toEqual([
        `${ORDER}; outputHeader: true writes their names`,
      ])
      for (const format of ['csv', 'ndjson', 'parquet'] as const) expect(await warningsOf(format)).toEqual([])
      expect(await warningsOf('copy', { outputHeader: true })).toEqual([])
    })

    it('by the command, which names its flag', () => {
      const { stdout, stderr } = command(['-f', 'ndjson', '-t', 'copy'], { stdin: `${object}\n` })
      expect(stdout).toBe(`1\t${P21.replace(',', '\t')}\tb\n`)
      expect(stderr).toContain(`${ORDER}; --output-header writes their names, which COPY`)
    })

    it('but not from a table, whose columns have an order', async () => {
      expect((await run('id,logit_b,logit_a\n1,2,1\n', { from: 'csv', to: 'copy' })).warnings).toEqual([])
    })
  })

  it('is read and written as objects', async () => {
    const rows = await Readable.from([TEXT]).compose(read('copy')).toArray()
    expect(rows.map(({ note }) => note)).toEqual(notes)
    const bytes = await Readable.from(rows)
      .compose(write('copy', { outputHeader: true }))
      .toArray()
    expect(firstCells(Buffer.concat(bytes))).toEqual(firstCells(TEXT))
  })
})

it('has no row that would be a blank line', async () => {
  for (const lane of LANES) {
    const { error } = await run('1\t2\n', {
      from: 'copy',
      logits: '1-2',
      header: false,
      labels: ['a', ''],
      emit: 'label',
      ...lane,
    })
    expect(error).toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining('write another column as well'),
    })
  }
})

it('ends without the mark that it has in a script', async () => {
  for (const lane of LANES) {
    const { error } = await run('id\tlogit_a\tlogit_b\n1\t1\t2\n\\.\n', { from: 'copy', ...lane })
    expect(error).toMatchObject({ code: 'E_WIDTH', message: expect.stringContaining('a psql script; remove it') })
  }
})

it('is refused as the option of a quote that would do nothing', () => {
  const cwd = folder({ 'in.copy': 'logit_a\tlogit_b\n1\t2\n' })
  const { status, stderr } = command(['in.copy', '--quote', '"'], { cwd })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining('the copy format has no quotes; --from tsv'),
  })
  expect(command(['in.copy', '--quote', 'none'], { cwd }).status).toBe(0)
})

it('is evaluated in the fast lane', () => {
  const cwd = folder({ 'in.copy': 'logit_a\tlogit_b\ty\n1\t2\tb\n' })
  expect(command(['evaluate', 'in.copy', '--truth', 'y', '--lane', 'fast'], { cwd })).toMatchObject({ status: 0 })
})

it.each([
  [{ quote: 'none', escape: '^' }, "quote: 'none' works only with escape: '\\\\'"],
  [{ from: 'copy', quote: '"' }, "the copy format has no quotes; from: 'tsv', or read('tsv'), has them"],
  [{ from: 'copy', quote: "'" }, 'the copy format has no quotes'],
  [{ from: 'copy', trim: true }, 'blanks are part of a cell'],
  [{ from: 'copy', delimiter: '::' }, 'a single-byte delimiter'],
  [{ delimiter: 'whitespace', quote: 'none', escape: '\\' }, 'blanks are part of a cell'],
] as const)('is not to be had with %o', (options, says) => {
  expect(thrown(() => score(options))).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(says) })
})

it('is the same bytes and errors in both lanes, whatever stands behind a backslash', async () => {
  const random = randomFrom(20261128)
  const cell = () => {
    const parts = ['a', '\\\\', '\\t', '\\n', '\\N', '\\', 'é', '"', '\r', '\\x4', '\\17', ',', '\\\n', '\\\\\\\n']
    return Array.from({ length: random.below(4) }, () => random.of(parts)).join('')
  }
  const logit = () => (random.below(12) === 0 ? cell() : String(random.below(4000) / 1000 - 2))
  for (let nth = 0; nth < 150; nth++) {
    const rows = Array.from({ length: 1 + random.below(40) }, () => [cell(), logit(), logit(), cell()].join('\t'))
    const text = `note\tlogit_x\tlogit_y\tother\n${rows.join(random.of(['\n', '\n', '\r\n']))}\n`
    const to = random.of(['copy', 'ndjson', 'parquet', 'arrow'] as const)
    const { labels, nonfinite, ...rest } = anyOptions(random, 2, ['b'])
    // Nullable labels are written only by the general lane.
    const options = to === 'copy' ? rest : { ...rest, nonfinite }
    await both(text, { ...options, from: 'copy', to }, [{ size: 1 + random.below(300), jobs: 1 + random.below(2) }])
  }
})

describe('NUL characters, which PostgreSQL refuses', () => {
  const NUL = "the output has NUL characters, which PostgreSQL refuses in text; tr -d '\\000' removes them"
  const csv = 'note,logit_a,logit_b\na\0b,2,1\nc\0,2,1\n'
  const lines = '{"note":"a\\u0000b","logit_a":2,"logit_b":1}\n'

  it('have a warning, once for each input, in both lanes', async () => {
    for (const lane of ['fast', 'general'] as const) {
      const options = { to: 'copy', emit: 'label', lane } as const
      const { text, warnings } = await run(csv, options)
      expect([text, warnings]).toEqual(['a\0b\ta\nc\0\ta\n', [NUL]])
    }
    const { text, warnings } = await run(lines, { from: 'ndjson', to: 'copy', emit: 'label' })
    expect([text, warnings]).toEqual(['a\0b\ta\n', expect.arrayContaining([NUL])])
    const cwd = folder({ 'a.csv': csv })
    const { status, stderr } = command(['a.csv', '-o', 'out.copy', '-e', 'label'], { cwd })
    expect([status, stderr]).toEqual([0, `softmax: warning: a.csv: ${NUL}\n`])
  })

  it('have one from write()', async () => {
    const warnings: string[] = []
    const writer = write('copy').on('warning', (text) => warnings.push(text))
    expect(
      String(
        await Readable.from([{ note: 'a\0' }, { note: 'b\0' }])
          .pipe(writer)
          .toArray(),
      ),
    ).toContain('a\0')
    expect(warnings.filter((text) => text === NUL)).toHaveLength(1)
  })

  it('have none in other formats, or where they were in copied text', async () => {
    expect((await run(csv, { to: 'tsv' })).warnings).toEqual([])
    expect((await run(csv.replaceAll('\0', ''), { to: 'copy' })).warnings).toEqual([])
    const copied = { from: 'copy', to: 'copy', header: true } as const
    expect((await run(csv.replaceAll(',', '\t'), copied)).warnings).toEqual([])
  })
})

describe('columns of bytes, which are written as base64', () => {
  const base64 = (names: string, use: string) =>
    `${names} bytes, written as base64, as Hive reads them; in PostgreSQL, load ${use}`
  const PAYLOAD = base64('the column "payload" has', "it as text and use decode(payload, 'base64')")
  const rows = [{ payload: Buffer.from([0xff, 0xfe, 0xfd]), id: 7, logit_a: 1, logit_b: 2 }]
  const copy = { to: 'copy', emit: 'label' } as const

  it.each(['parquet', 'arrow'] as const)('have a warning, once, from %s', async (from) => {
    const bytes = Buffer.concat(await Readable.from(rows).compose(write(from)).toArray())
    const { text, warnings } = await run(bytes, { from, ...copy })
    expect([text, warnings]).toEqual(['//79\t7\tb\n', [PAYLOAD]])
    const cwd = folder({ [`a.${from}`]: bytes, [`b.${from}`]: bytes })
    const files = [`a.${from}`, `b.${from}`]
    const said = `softmax: warning: a.${from}: ${PAYLOAD}\n`
    expect(command([...files, '--to', 'copy', '-o', 'all.copy'], { cwd }).stderr).toBe(said)
    expect(command([...files, '--to', 'copy', '-o', 'each/'], { cwd }).stderr.split(PAYLOAD)).toHaveLength(2)
  })

  it('have one from write()', async () => {
    const warnings: string[] = []
    const writer = write('copy').on('warning', (text) => warnings.push(text))
    await Readable.from([...rows, ...rows].map(({ payload, id }) => ({ id, payload })))
      .pipe(writer)
      .toArray()
    expect(warnings.filter((text) => text.includes('base64'))).toEqual([PAYLOAD])
  })

  it('are those with any type of bytes, also in dictionaries, but not those of UUIDs, and are named as in SQL', async () => {
    const { warnings } = await run(readFileSync(join(ROOT, 'fixtures/types.arrow')), copy)
    const names = ['plain binary', 'dictionary binary', 'plain binary_view', 'dictionary binary_view']
    const shown = `${names.map((name) => `"${name}"`).join(', ')}, ...`
    const use = `them as text and use decode("plain binary", 'base64')`
    expect(warnings[0]).toBe(base64(`the columns ${shown} have`, use))
    const some = { keep: '"plain extension<arrow.uuid>","dictionary fixed_size_binary[3]"' }
    expect((await run(readFileSync(join(ROOT, 'fixtures/types.arrow')), { ...copy, ...some })).warnings[0]).toBe(
      base64(
        'the column "dictionary fixed_size_binary[3]" has',
        `it as text and use decode("dictionary fixed_size_binary[3]", 'base64')`,
      ),
    )
  })

  it('have none where they are left out, nor in other formats', async () => {
    const bytes = Buffer.concat(await Readable.from(rows).compose(write('parquet')).toArray())
    expect((await run(bytes, { ...copy, keep: 'id' })).warnings).toEqual([])
    expect((await run(bytes, { ...copy, to: 'csv' })).warnings).toEqual([])
    expect((await run(bytes, { ...copy, to: 'ndjson' })).warnings).toEqual([])
  })
})
