/** If bad rows are skipped, a bad first row is skipped, too, although the first row otherwise defines the columns. */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { type Reject, read, type SoftmaxOptions, softmax } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { chunksOf, reported, run } from './streams.js'
import { command, folder, predict } from './support.js'

const GOOD = [
  { id: 2, logits: [1, 2, 3] },
  { id: 3, logits: [3, 2, 1] },
]
const NAMED = { logits: 'logits' } satisfies SoftmaxOptions
const LABELLED = { labels: ['a', 'b', 'c'] } satisfies SoftmaxOptions

/** Rows that are bad next to the good ones, with some options. */
const BAD: [unknown, SoftmaxOptions][] = [
  [{ id: 1, logits: null }, {}],
  [{ id: 1, logits: null }, NAMED],
  [{ id: 1, logits: null }, { missing: '-inf' }],
  [{ id: 1, logits: null }, LABELLED],
  [{ error: 'timeout' }, {}],
  [{ error: 'timeout' }, NAMED],
  [{ error: 'timeout' }, LABELLED],
  [{ id: 1 }, {}],
  [{ id: 1 }, { ...NAMED, ...LABELLED }],
  [{ id: 1, logits: {} }, {}],
  [{ id: 1, logits: {} }, NAMED],
  [{ id: 1, logits: 'timeout' }, {}],
  [{ id: 1, logits: 'timeout' }, NAMED],
  [{ id: 1, logits: [1, 2] }, LABELLED],
  [{ id: 1, logits: 7 }, LABELLED],
  [{ id: 1, logits: [1, 2] }, { topK: 3 }],
]

const textOf = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

describe.each(BAD)('%j as the first row, with %j', (bad, options) => {
  it('is left out of a stream of objects, as behind the others', async () => {
    const rejects: Reject[] = []
    const onReject = (reject: Reject) => void rejects.push(reject)
    const first = await predict([bad, ...GOOD], { ...options, onReject })
    const last = await predict([...GOOD, bad], { ...options, onReject })
    const alone = await predict(GOOD, options)
    expect(first).toEqual(alone)
    expect(last).toEqual(alone)
    expect(rejects.map(({ row, raw }) => ({ row, raw }))).toEqual([
      { row: 1, raw: bad },
      { row: 3, raw: bad },
    ])
    expect(rejects[0]!.code).toBe(rejects[1]!.code)
  })

  it('is left out of what is read', async () => {
    const source = Readable.from([Buffer.from(textOf([bad, ...GOOD]))])
    const rows = source.compose(read('ndjson', { onError: 'skip' }))
    expect(await rows.compose(softmax({ ...options, onError: 'skip' })).toArray()).toEqual(
      (await predict(GOOD, options)).predictions,
    )
  })

  it.each(['ndjson', 'csv', 'parquet'] as const)('is left out of %s, in every lane and chunking', async (to) => {
    const text = textOf([bad, ...GOOD])
    const alone = await run(textOf(GOOD), { ...options, from: 'ndjson', to })
    for (const lane of ['auto', 'general'] as const)
      for (const size of [5, 1000]) {
        const rejects: Reject[] = []
        const onReject = (reject: Reject) => void rejects.push(reject)
        const { bytes, error, stats } = await run(text, { ...options, from: 'ndjson', to, lane, onReject }, size)
        expect(reported(error)).toBeUndefined()
        if (to === 'parquet') expect(stats.written).toBe(2)
        else expect(bytes.toString()).toBe(alone.text)
        expect(rejects.map(({ row, line, raw }) => ({ row, line, raw }))).toEqual([
          { row: 1, line: 1, raw: JSON.stringify(bad) },
        ])
      }
  })
})

describe.each(['', 'timeout'])('%j in place of the first list of delimited text', (cell) => {
  const rows = '2,"[1,2,3]"\n3,"[3,2,1]"\n'

  it.each([{}, NAMED])('is left out in every lane, as behind the others: %j', async (options) => {
    for (const lane of ['auto', 'general'] as const) {
      const given = { ...options, lane, onError: 'skip', emit: 'label' } as const
      const { error, text, stats } = await run(`id,logits\n1,${cell}\n${rows}`, given)
      expect(reported(error)).toBeUndefined()
      expect(text).toBe('id,label\n2,2\n3,0\n')
      expect(stats).toMatchObject({ read: 3, written: 2 })
      expect((await run(`id,logits\n${rows}1,${cell}\n`, given)).text).toBe(text)
    }
  })
})

describe('the first rows', () => {
  const failed = { error: 'timeout' }

  it('may be bad up to 99', async () => {
    const few = [...Array(99).fill(failed), ...GOOD]
    const { predictions } = await predict(few, { onError: 'skip' })
    expect(predictions.map(({ index }) => index)).toEqual([2, 0])
    const { stats } = await run(chunksOf(textOf(few), 100), { from: 'ndjson', onError: 'skip' })
    expect(stats).toMatchObject({ read: 101, written: 2, rejected: { E_ROW: 99 } })
  })

  it.each([
    ['null', { id: 1, logits: null }, {}, 'E_MISSING'],
    ['null that is selected', { id: 1, logits: null }, NAMED, 'E_MISSING'],
    ['null with labels', { id: 1, logits: null }, LABELLED, 'E_MISSING'],
    ['an empty list', { id: 1, logits: [] }, {}, 'E_WIDTH'],
    ['no logits', failed, NAMED, 'E_ROW'],
    ['a text', { id: 1, logits: 'timeout' }, NAMED, 'E_ROW'],
  ] as [string, unknown, SoftmaxOptions, string][])(
    'may be bad up to 1 MiB of JSON lines: %s',
    async (_, bad, options, code) => {
      for (const count of [100, 101, 200, 1100])
        for (const lane of ['auto', 'general'] as const) {
          const text = textOf([...Array(count).fill(bad), ...GOOD])
          const {
            stats,
            warnings,
            text: output,
          } = await run(chunksOf(text, 5000), { ...options, from: 'ndjson', onError: 'skip', lane })
          expect(stats).toMatchObject({ read: count + 2, written: 2, rejected: { [code]: count } })
          expect(warnings).toEqual([])
          expect(output.match(/"label":"."/g)).toEqual(
            options === LABELLED ? ['"label":"c"', '"label":"a"'] : ['"label":"2"', '"label":"0"'],
          )
        }
    },
  )

  it('say what to do if more of them are bad', async () => {
    const text = textOf([...Array(50_000).fill({ id: 1, logits: null }), ...GOOD])
    const { warnings, error } = await run(text, { from: 'ndjson', onError: 'skip' })
    expect(error).toMatchObject({ code: 'E_NO_ROWS' })
    expect(warnings[0]).toContain('none of the rows in the first 1 MiB has logits, from which the columns are found')
  })

  it('may be without lists in cells of delimited text', async () => {
    for (const bad of ['', 'timeout']) {
      const text = `id,logits\n${`x,${bad}\n`.repeat(1100)}y,"[1,2]"\n`
      const { text: output, stats } = await run(text, { onError: 'skip', emit: 'index' })
      expect(output).toBe('id,index\ny,1\n')
      expect(stats).toMatchObject({ read: 1101, written: 1 })
    }
  })

  it('are what the error is about where all are bad, or more', async () => {
    for (const rows of [[failed], Array(3).fill(failed)])
      for (const [options, code] of [
        [{}, 'E_COLUMNS'],
        [NAMED, 'E_SELECTOR'],
      ] as const) {
        expect((await predict(rows, { ...options, onError: 'skip' })).error?.code).toBe(code)
        expect((await run(textOf(rows), { ...options, from: 'ndjson', onError: 'skip' })).error?.code).toBe(code)
      }
  })

  it('define the columns if they have logits, whatever is to be kept', async () => {
    const input = `${'{"logit_0":1,"logit_1":2}\n'.repeat(2)}{"logit_0":1,"logit_1":{"a":1,"b":2}}\n`
    for (const lane of ['auto', 'general'] as const) {
      const { error } = await run(input, { from: 'ndjson', onError: 'skip', keep: '*', to: 'csv', lane })
      expect(error).toMatchObject({ code: 'E_SELECTOR', info: { option: 'keep' } })
    }
  })

  it('end the stream where bad rows do', async () => {
    expect((await predict([failed, ...GOOD])).error?.code).toBe('E_COLUMNS')
    expect((await run(textOf([failed, ...GOOD]), { from: 'ndjson' })).error?.code).toBe('E_COLUMNS')
  })

  it('say what all are like, without a guess of those behind', async () => {
    const rows = [failed, { a: 0.5, b: -1.5 }, { a: 2.5, b: 1.5 }]
    expect((await predict(rows, { onError: 'skip' })).error?.code).toBe('E_COLUMNS')
    expect((await run(textOf(rows), { from: 'ndjson', onError: 'skip' })).error?.code).toBe('E_COLUMNS')
  })

  it('are waited for as long as none says what all are like', async () => {
    const stream = softmax({ onError: 'skip' })
    stream.write(failed)
    // Longer than the wait for first rows that only a guess needs.
    await new Promise((resolve) => setTimeout(resolve, 250))
    const given = once(stream, 'data')
    stream.write(GOOD[0])
    expect((await given)[0].index).toBe(2)
    stream.end()
  })

  it('may be bad in each input of the command', () => {
    const cwd = folder({ 'a.ndjson': textOf([failed, ...GOOD]), 'b.ndjson': textOf([failed, ...GOOD]) })
    const args = ['a.ndjson', 'b.ndjson', '--logits', 'logits', '--emit', 'label', '--rejects', 'r.ndjson']
    const { stdout, stderr } = command(args, { cwd })
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).label),
    ).toEqual(['2', '0', '2', '0'])
    expect(stderr).toContain('2 of 6 rows rejected: 2 E_ROW')
  })
})

describe('a first row with null in place of its list of logits', () => {
  const nulls = (count: number) => Array.from({ length: count }, () => ({ id: 1, logits: null }))
  const MISSING = { code: 'E_MISSING', message: expect.stringContaining('(row 1): the logits are missing; onError') }

  it.each([{}, LABELLED, { ...LABELLED, ...NAMED }, { ...LABELLED, nonfinite: 'null' }] satisfies SoftmaxOptions[])(
    'is an error of its logits, as of the command, with %j',
    async (options) => {
      expect((await predict([...nulls(1), ...GOOD], options)).error).toMatchObject(MISSING)
      const { error } = await run(textOf([...nulls(1), ...GOOD]), { ...options, from: 'ndjson' })
      expect(error!.message.replace('stdin:1: ', '').replace(', byte 0', '')).toContain(
        'column logits (row 1): the logits are missing; ',
      )
    },
  )

  it('is the same error if the property is undefined', async () => {
    for (const options of [{}, LABELLED]) {
      expect((await predict([{ id: 1, logits: undefined }, ...GOOD], options)).error).toMatchObject(MISSING)
    }
  })

  it('is left out with any number of others', async () => {
    const options = { ...LABELLED, onError: 'skip' } as const
    const alone = (await predict(GOOD, options)).predictions
    expect((await predict([...nulls(250), ...GOOD], options)).predictions).toEqual(alone)
  })

  it('may be one logit', async () => {
    const rows = [{ logits: null }, { logits: 3 }]
    const options = { labels: ['only'], onError: 'skip' } as const
    expect((await predict(rows, options)).predictions).toMatchObject([{ label: 'only' }])
    const { error } = await predict(rows, { ...options, onError: 'fail' })
    expect(error!.message).toContain('the logit is missing')
  })
})

describe('a first row without logits that later rows have', () => {
  /** softmax([2, 1]) by mpmath */
  const [ONE, TWO] = [0.7310585786300049, 0.2689414213699951]
  const HINT = "; if only some rows lack logits, onError: 'skip' skips these ["
  const list = [{ error: 'timeout' }, { logits: [2, 1] }]
  const keys = [{ id: 1 }, { id: 2, x: 2, y: 1 }]

  it.each([
    [list, {}, 'E_COLUMNS'],
    [list, NAMED, 'E_SELECTOR'],
    [keys, { logits: 'x,y' }, 'E_SELECTOR'],
    [keys, { logits: '/^[xy]/' }, 'E_SELECTOR'],
  ] as const)('is an error that says how to skip it: %j with %j', async (rows, options, code) => {
    for (const { error } of [await predict(rows, options), await run(textOf(rows), { from: 'ndjson', ...options })]) {
      expect(error).toMatchObject({ code, message: expect.stringContaining(HINT) })
    }
  })

  it('says so only where rows may differ, and if they are not skipped', async () => {
    const { error } = await run('id\n1\n', { logits: 'logit*' })
    expect(error!.message).toMatch(/matches none of "id" \[E_SELECTOR\]$/)
    const skipping = await run(textOf([list[0]]), { from: 'ndjson', onError: 'skip' })
    expect(skipping.error!.message).not.toContain('if only some rows')
    expect((await run(textOf(GOOD), { from: 'ndjson', keep: 'z' })).error!.message).not.toContain('if only some rows')
  })

  it('has missing logits if these are read as values', async () => {
    const masked = await predict([{ y: 1 }, { x: 2, y: 1 }], { logits: 'x,y', missing: '-inf' })
    expect(masked.predictions.map(({ probabilities }) => probabilities)).toEqual([
      [0, 1],
      [ONE, TWO],
    ])
    const options = { missing: 'nan', nonfinite: 'null' } as const
    for (const [rows, logits] of [
      [list, 'logits'],
      [keys, 'x,y'],
    ] as const) {
      const { predictions } = await predict(rows, { ...options, logits })
      expect(predictions.map(({ label }) => label)).toEqual([null, rows === list ? '0' : 'x'])
      for (const lane of ['auto', 'general'] as const) {
        const { text } = await run(textOf(rows), { ...options, from: 'ndjson', to: 'csv', keep: false, logits, lane })
        expect(text.split('\n').slice(1)).toEqual([',,', `${ONE},${TWO},${rows === list ? 0 : 'x'}`, ''])
      }
    }
  })

  it('does not hide another error by this search', async () => {
    const rows = [{ logit_a: 2, logit_b: 1, label: 'x' }, { logits: [2, 1] }]
    const options = { missing: 'nan', emit: 'label,probs' } as const
    expect((await run(textOf(rows), { ...options, from: 'ndjson' })).error).toMatchObject({ code: 'E_NAME' })
    expect((await predict(rows, { missing: 'nan' })).error).toMatchObject({ code: 'E_NAME' })
  })

  it('is skipped if it has one logit, which could only be the only class', async () => {
    const rows = [{ logit_b: 1 }, { logit_a: 2, logit_b: 1 }]
    const { predictions } = await predict(rows, { onError: 'skip' })
    expect(predictions.map(({ label }) => label)).toEqual(['a'])
    const { text, stats } = await run(textOf(rows), { from: 'ndjson', to: 'csv', emit: 'label', onError: 'skip' })
    expect([text, stats]).toMatchObject(['label\na\n', { read: 2, written: 1, rejected: { E_MISSING: 1 } }])
  })
})
