/** Loss, rank and correctness of each row: losses are from mpmath, with 60 digits. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { type ScoreOptions, type SoftmaxOptions, score, sigmoid, softmax, softmaxMatrix, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { npyOf } from './npy.js'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { predict } from './support.js'
import { ulps } from './ulp.js'

const LOSSES = ['0.5514447139320511', '1.551444713932051', '2.2395447662218846']
const INPUT = 'logit_a,logit_b,logit_c,y\n2,1,1,a\n2,1,1,c\n1,1,3,b\n1,2,3,\n'
const OPTIONS: ScoreOptions = { truth: 'y', emit: 'loss,rank,correct', keep: false }
const LANES = ['fast', 'general'] as const

describe('classes whose names are the positions of others', () => {
  const rows = (truth: string) => `logit_1,logit_2,logit_3,y\n1,3,2,${truth}\n`
  const READ = 'the true classes are read as the names of classes, "1", "2", "3", not as positions from 0'

  it.each(LANES)('are true classes by name, with a warning, in lane %s', async (lane) => {
    const { text, warnings } = await run(rows('2'), { truth: 'y', emit: 'correct', keep: false, lane })
    expect(text).toBe('correct\ntrue\n')
    expect(warnings).toEqual([expect.stringContaining(READ)])
  })

  it.each(LANES)('do not make a position an unknown class, in lane %s', async (lane) => {
    const { error } = await run(rows('0'), { truth: 'y', lane })
    expect(error!.message).toContain('"0" is not the name of a class')
    expect(error!.message).toContain('positions are read only if no class has a number as its name')
    expect(error!.message).not.toContain('null')
  })

  it.each(['logit_0,logit_1,y\n1,2,1\n', 'logit_2019,logit_2020,y\n1,2,2019\n'])(
    'are no warning in %j',
    async (text) => {
      expect(await run(text, { truth: 'y' })).toMatchObject({ error: undefined, warnings: [] })
    },
  )
})

describe('an unknown true class', () => {
  it.each(['unknown', 'N/A', 'nan', '99'])('%s is proposed as a text that means unknown', async (text) => {
    const { error } = await run(`logit_a,logit_b,y\n1,2,${text}\n`, { truth: 'y' })
    expect(error!.message).toContain(`null: '${text}' reads it as unknown`)
  })

  it('in other letters has the class as the nearest one', async () => {
    const { error } = await run('logit_health,logit_b,y\n1,2,HEALTH\n', { truth: 'y' })
    expect(error!.message).toContain('the nearest class is "health"')
  })
})

describe('a text that means an unknown true class, and is the name or position of a class', () => {
  const correct = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\{"correct":(.*)\}$/, '$1'))
      .filter((line) => line !== 'correct')
      .map((line) => (line === '""' || line === 'null' ? '' : line))
  const CASES: [nulls: string, ...correct: string[]][] = [
    ['other', 'true', '', 'true', 'true', 'false'],
    ['0', 'true', 'false', '', '', 'false'],
    ['1,cat', '', 'false', 'true', 'true', ''],
    ['none', 'true', 'false', 'true', 'true', 'false'],
  ]

  it.each((['auto', 'general'] as const).flatMap((lane) => CASES.map((one) => [lane, one] as const)))(
    'is unknown, with a warning, in lane %s: %s',
    async (lane, [nulls, ...expected]) => {
      const truths = ['cat', 'other', 0, 0, 1]
      const options = { truth: 'y', emit: 'correct', keep: false, lane, null: nulls } as const
      const csv = ['l_cat,l_other,y', ...truths.map((truth) => `3,2,${truth}`)].join('\n')
      const lines = truths.map((truth) => `${JSON.stringify({ logits: [3, 2], y: truth })}\n`).join('')
      const ndjson = lines.replace('"y":0}', '"y":0.0}')
      for (const [text, more] of [
        [csv, { logits: 'l_*', labels: 'cat,other' }],
        [ndjson, { from: 'ndjson', labels: 'cat,other' }],
      ] as const) {
        const { text: output, warnings, error } = await run(text, { ...options, ...more })
        expect(error).toBeUndefined()
        expect(correct(output)).toEqual(expected)
        const warning = expect.stringContaining(' also the name or position of ')
        expect(warnings).toEqual(nulls === 'none' ? [] : [warning])
      }
    },
  )

  it('is unknown in typed columns, and among objects', async () => {
    const columns = { a: [3, 1, 3], b: [1, 3, 1], y: [0, 1, 1] }
    const table = Object.entries(columns).map(([name, values]) => [name, vectorFromArray(values)])
    const arrow = Buffer.from(tableToIPC(new Table(Object.fromEntries(table)), 'file'))
    const typed = { from: 'arrow', to: 'csv', logits: 'a,b', truth: 'y', emit: 'correct', keep: false } as const
    const { text } = await run(arrow, { ...typed, null: '0' })
    expect(correct(text)).toEqual(['', 'true', 'false'])
    const rows = [0, 1, 'b'].map((truth) => ({ y: truth, logits: [1, 2] }))
    const options = { labels: ['a', 'b'], truth: 'y', null: '0', emit: 'correct' } as const
    const { predictions } = await predict(rows, options)
    expect(predictions.map((row) => (row as { correct: unknown }).correct)).toEqual([null, true, true])
  })
})

describe('columns of the true class', () => {
  it.each(LANES)(
    'are the loss, the rank, and whether it was predicted, empty without a class, in lane %s',
    async (lane) => {
      const { text } = await run(INPUT, { ...OPTIONS, lane })
      expect(text).toBe(`loss,rank,correct\n${LOSSES[0]},1,true\n${LOSSES[1]},3,false\n${LOSSES[2]},3,false\n,,\n`)
    },
  )

  it.each(LANES)('are of no class that JSON has a list or an object for, in lane %s', async (lane) => {
    // 49 is the code of the character 1, and 97 that of a.
    for (const value of [
      '[49]',
      '[97]',
      '[]',
      '["a"]',
      '{"k":1}',
      '{}',
      '{"length":1,"0":97}',
      '{"type":"Buffer","data":[98]}',
    ]) {
      const row = `{"y":"a","logits":[2,1]}\n{"y":${value},"logits":[2,1]}\n`
      const { error } = await run(row, { from: 'ndjson', labels: 'a,b', truth: 'y', emit: 'correct', lane })
      expect(error).toMatchObject({ code: 'E_TRUTH', info: { cell: value, row: 2 } })
    }
  })

  describe('that are false and true', () => {
    const options: ScoreOptions = { binary: ['ham', 'spam'], keep: false, emit: 'correct' }
    // 1.5 is spam, -2 is ham.
    const rows = ['True', 'False', '', 'TRUE', 'false', '0', 'spam'].map((y, index) => `${index % 2 ? -2 : 1.5},${y}\n`)
    const input = `logit,is_spam\n${rows.join('')}`
    const CORRECT = ['true', 'true', '', 'false', 'false', 'true', 'true']

    it.each(LANES)('are the positions of two classes, in lane %s', async (lane) => {
      const { text, error, warnings } = await run(input, { ...options, truth: 'is_spam', lane })
      expect({ error, warnings }).toEqual({ error: undefined, warnings: [] })
      const expected = CORRECT.map((text) => (text === '' ? '""' : text))
      expect(text).toBe(`correct\n${expected.join('\n')}\n`)
      const lines = '{"logit":1.5,"is_spam":true}\n{"logit":1.5,"is_spam":false}\n{"logit":1.5,"is_spam":null}\n'
      const json = await run(lines, { ...options, truth: 'is_spam', lane, from: 'ndjson' })
      expect(json.text).toBe('{"correct":true}\n{"correct":false}\n{"correct":null}\n')
    })

    it.each(['parquet', 'arrow'] as const)('are booleans in %s, and in objects', async (to) => {
      const typed = 'logit,is_spam\n1.5,true\n1.5,false\n1.5,\n'
      const made = await run(typed, { logits: 'logit', types: 'is_spam=bool', emit: 'logsumexp', to })
      const table = { logits: 'logsumexp', truth: 'is_spam' }
      for (const lane of ['auto', 'general'] as const) {
        const { text } = await run(made.bytes, { ...options, ...table, lane, from: to, to: 'csv' })
        expect(text).toBe('correct\ntrue\nfalse\n""\n')
      }
      const { predictions } = await predict(
        [true, false, null].map((y) => ({ logit: 1.5, y })),
        { ...options, truth: 'y' },
      )
      expect(predictions.map(({ correct }) => correct)).toEqual([true, false, null])
    })

    const MAY_BE = `"True" may be "yes" or "no"; if it is "yes", use labels: 'True,False', otherwise labels: 'False,True'`
    const truths = ['', 'yes', '0', 'True', 'False']
    const inputs = {
      csv: () => `yes,no,y\n${truths.map((y) => `2,1,${y}\n`).join('')}`,
      ndjson: () => truths.map((y) => `${JSON.stringify({ yes: 2, no: 1, y: y || null })}\n`).join(''),
      arrow: () => {
        const columns = { yes: [2, 2, 2, 2, 2], no: [1, 1, 1, 1, 1], y: truths.map((y) => y || null) }
        const vectors = Object.entries(columns).map(([name, values]) => [name, vectorFromArray(values as unknown[])])
        return Buffer.from(tableToIPC(new Table(Object.fromEntries(vectors)), 'file'))
      },
    }

    it.each(
      (['auto', 'general'] as const).flatMap((lane) =>
        (['csv', 'ndjson', 'arrow'] as const).map((from) => [from, lane] as const),
      ),
    )(
      'are no positions where no name shows which class is true, whatever the first values are, in %s, lane %s',
      async (from, lane) => {
        const common = { from, to: 'csv', logits: 'yes,no', truth: 'y', emit: 'correct', keep: false, lane } as const
        const { error } = await run(inputs[from](), common)
        expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 4, cell: 'True' } })
        expect(error!.message).toContain(MAY_BE)
        const skipped = await run(inputs[from](), { ...common, onError: 'skip' })
        expect(skipped).toMatchObject({ text: 'correct\n""\ntrue\ntrue\n', stats: { rejected: { E_TRUTH: 2 } } })
        const named = { ...common, labels: 'True,False', onError: 'skip' } as const
        expect((await run(inputs[from](), named)).text).toBe('correct\n""\ntrue\ntrue\nfalse\n')
      },
    )

    it('are no positions in booleans of Arrow and in objects either', async () => {
      const columns = { yes: [2, 2], no: [1, 1], y: [true, false] }
      const vectors = Object.entries(columns).map(([name, values]) => [name, vectorFromArray(values as unknown[])])
      const arrow = Buffer.from(tableToIPC(new Table(Object.fromEntries(vectors)), 'file'))
      const { error } = await run(arrow, { from: 'arrow', to: 'csv', logits: 'yes,no', truth: 'y', emit: 'correct' })
      expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 1, cell: 'true' } })
      for (const first of [null, 'yes']) {
        const rows = [first, true].map((y) => ({ logits: { yes: 2, no: 1 }, y }))
        const { error } = await predict(rows, { truth: 'y', emit: 'correct' })
        expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 2, cell: 'true' } })
      }
    })

    it.each([
      ['are read if the column has the name of the second class', 'ham,spam', 'is_spam', true],
      ['are read if its words are written as one', 'ham,spam', 'isSpam', true],
      ['are read if the classes are opposites', 'no,yes', 'y', true],
      ['are read if one class denies the other', 'not_fraud,fraud', 'y', true],
      ['are read if the classes have no names', '0,1', 'y', true],
      ['are not read if the column denies the class', 'ham,spam', 'not_spam', false],
      ['are not read if it says something else about the class', 'ham,spam', 'spam_folder_checked', false],
      ['are not read if it has the name of the first class', 'ham,spam', 'is_ham', false],
      ['are not read if the opposites are in the other order', 'yes,no', 'y', false],
      ['are not read if the column denies one of opposites', 'no,yes', 'not_yes', false],
    ])('%s: %s, %s', async (_, labels, truth, isRead) => {
      const text = `logit_0,logit_1,${truth}\n1,2,\n1,2,true\n1,2,false\n`
      for (const lane of LANES) {
        const { text: output, error } = await run(text, { labels, truth, keep: false, emit: 'correct', lane })
        if (isRead) expect({ output, error }).toEqual({ output: 'correct\n""\ntrue\nfalse\n', error: undefined })
        else expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 2, cell: 'true' } })
      }
    })

    it.each([
      ['no positions of three classes', { logits: '1-3', labels: 'a,b,c' }, 'true', 'E_TRUTH'],
      ['no positions of classes that are called by other numbers', { binary: ['1', '2'] }, 'true', 'E_TRUTH'],
      ['no classes of a list', { op: 'sigmoid', logits: '1-2', labels: 'a,b' }, 'true', 'E_TRUTH'],
    ] as [string, ScoreOptions, string, string][])('are %s', async (_, given, cell, code) => {
      const columns = given.logits === '1-3' ? 3 : given.logits === undefined ? 1 : 2
      const text = `${'logit_a,logit_b,logit_c'.split(',').slice(0, columns)},y\n${Array(columns).fill(1.5)},${cell}\n`
      for (const lane of LANES) {
        const { error } = await run(text, { ...given, truth: 'y', emit: 'correct', lane })
        expect(error).toMatchObject({ code, info: { cell } })
      }
    })

    it.each(['False', 'false', 'FALSE'])('are names of classes that are called so, in any case: %s', async (cell) => {
      for (const lane of LANES) {
        const { text, warnings } = await run(`logit,y\n1.5,${cell}\n`, {
          ...options,
          binary: ['True', 'False'],
          truth: 'y',
          lane,
        })
        expect({ text, warnings }).toEqual({ text: 'correct\ntrue\n', warnings: [] })
      }
    })
  })

  it.each(LANES)(
    'that have the name of a class hold no positions 0 and 1, whatever comes first, in lane %s',
    async (lane) => {
      for (const [labels, truth, op] of [
        ['ham,spam', 'is_ham', 'softmax'],
        ['ham,spam', 'not_spam', 'softmax'],
        ['cat,dog', 'is_dog', 'sigmoid'],
      ] as const) {
        const text = `logit_0,logit_1,${truth}\n1,2,\n1,2,1\n`
        const lines = [null, 1].map((y) => `${JSON.stringify({ logit_0: 1, logit_1: 2, [truth]: y })}\n`).join('')
        for (const [from, input] of [
          ['csv', text],
          ['ndjson', lines],
        ] as const) {
          const { error } = await run(input, { from, op, labels, truth, emit: 'correct', lane })
          expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 2, cell: '1' } })
          expect(error!.message).toContain(`"${truth}" is named after the class`)
        }
      }
    },
  )

  it.each(LANES)('keep their place among the other columns, in lane %s', async (lane) => {
    const csv = 'id,logit_a,logit_b,y,w\n1,2,1,a,3\n'
    const lines = '{"id":1,"logit_a":2,"logit_b":1,"y":"a","w":3}\n'
    for (const [from, input] of [
      ['csv', csv],
      ['ndjson', lines],
    ] as const) {
      for (const to of ['csv', 'ndjson', 'parquet'] as const) {
        const options: ScoreOptions = { from, to, emit: 'label', lane }
        const { bytes } = await run(input, options)
        expect((await run(input, { ...options, truth: 'y' })).bytes).toEqual(bytes)
      }
    }
  })

  it('name some of many classes where one is unknown, and say how many there are', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `logit_${index}`)
    const { error } = await run(`${names},y\n${names.map((_, index) => index)},77\n`, OPTIONS)
    expect(error?.message).toMatch('the 12 classes are "0", "1", "2", "3", "4", "5", "6", "7", ...')
  })

  it('need classes of different names', async () => {
    const { error } = await run('logit_a,logit_a,y\n2,1,a\n', OPTIONS)
    expect(error).toMatchObject({ code: 'E_NAME', info: { name: 'a', of: 'classes' } })
  })

  it('need a class to have a name: an empty cell is a row whose class is not known', async () => {
    const input = 'x,b,y\n2,1,b\n2,1,\n'
    const options = { logits: 'x,b', labels: ['', 'b'] }
    const { error } = await run(input, { ...options, ...OPTIONS })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining('class 1 has no name') })
    const { warnings } = await run(input, options)
    expect(warnings).toEqual(['class 1 has no name; labels names it'])
  })

  it.each(LANES)('are null in JSON, in lane %s', async (lane) => {
    const { text } = await run(INPUT, { ...OPTIONS, lane, to: 'ndjson' })
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { loss: Number(LOSSES[0]), rank: 1, correct: true },
      { loss: Number(LOSSES[1]), rank: 3, correct: false },
      { loss: Number(LOSSES[2]), rank: 3, correct: false },
      { loss: null, rank: null, correct: null },
    ])
  })

  it.each([
    ['parquet', 'fast'],
    ['parquet', 'general'],
    ['arrow', 'fast'],
    ['arrow', 'general'],
  ] as const)('are typed, and null, in %s, in lane %s', async (to, lane) => {
    const { bytes } = await run(INPUT, { ...OPTIONS, emit: 'probs,loss,rank,correct', to, lane })
    const back = await run(bytes, { from: to, to: 'csv', logits: 'p_*', emit: 'label=again' })
    const kept = back.text.split('\n').map((line) => line.split(',').slice(0, 3).join())
    expect(kept.slice(0, 5)).toEqual([
      'loss,rank,correct',
      ...LOSSES.map((loss, row) => `${loss},${[1, 3, 3][row]},${row === 0}`),
      ',,',
    ])
  })

  it.each(['parquet', 'arrow', 'arrows', 'npy', 'npz'] as const)(
    'are the same bytes in both lanes in %s',
    async (to) => {
      const random = randomFrom(31)
      const cell = () => random.of(['nan', 'inf', '-inf', '', 'x', ...Array(60).fill('1.5')])
      const rows = Array.from({ length: 20_000 }, () => {
        const truth = random.of(['a', 'b', 'c', '0', '2', '', 'zz'])
        return `${random.below(999) / 99},${cell()},${-random.below(9)},${truth}\n`
      })
      const input = `logit_a,logit_b,logit_c,y\n${rows.join('')}`
      const emit = to === 'npy' ? 'loss,rank,correct' : 'probs,loss,rank,correct'
      for (const more of [{}, { float32: true }, { precision: 3 }, { minConfidence: 0.7 }] satisfies ScoreOptions[]) {
        const options = { ...more, truth: 'y', emit, keep: false, onError: 'skip', to } as const
        const [fast, general] = await Promise.all(LANES.map((lane) => run(input, { ...options, lane })))
        expect(fast!.error).toBeUndefined()
        expect(fast!.stats).toEqual({ ...general!.stats, lane: 'fast' })
        expect(fast!.bytes.equals(general!.bytes)).toBe(true)
      }
    },
  )

  it('stand beside probabilities, logarithms and kept columns, under names that are asked for', async () => {
    for (const lane of LANES) {
      const { text } = await run(INPUT, { truth: 'y', op: 'log-softmax', emit: 'probs,loss=nll', lane })
      expect(text.split('\n').slice(0, 2)).toEqual([
        'y,logp_a,logp_b,logp_c,nll',
        `a,-${LOSSES[0]},-${LOSSES[1]},-${LOSSES[1]},${LOSSES[0]}`,
      ])
    }
  })

  it('are rounded as results are', async () => {
    for (const lane of LANES) {
      const { text } = await run(INPUT, { ...OPTIONS, emit: 'loss', precision: 3, lane })
      expect(text).toBe('loss\n0.551\n1.55\n2.24\n""\n')
    }
  })

  it('have the loss of the temperature', async () => {
    for (const lane of LANES) {
      const { text } = await run('logit_a,logit_b,y\n2,0,b\n', { ...OPTIONS, emit: 'loss', temperature: 2, lane })
      // log(1 + e)
      expect(text).toBe('loss\n1.3132616875182228\n')
    }
  })

  it('are the same in both lanes, of many rows and of rows that the kernel defers', async () => {
    const text = readFileSync(new URL('../fixtures/digits-logits.csv', import.meta.url), 'utf8').replace(
      '11.727033',
      '"+11.727033"',
    )
    const options: ScoreOptions = { truth: 'truth', emit: 'probs,label,loss,rank,correct' }
    const [fast, general] = await Promise.all(LANES.map((lane) => run(text, { ...options, lane })))
    expect(fast!.text).toBe(general!.text)
    const rows = fast!.text.trim().split('\n').slice(1)
    expect(rows.filter((row) => row.endsWith(',1,true')).length).toBe(861)
  })

  it('need a true class; in .npy, what is empty is NaN beside other results, and rank 0 alone', async () => {
    expect((await run(INPUT, { emit: 'loss' })).error).toMatchObject({ code: 'E_CONFLICT' })
    const ranks = await run(INPUT, { ...OPTIONS, to: 'npy', emit: 'rank' })
    expect(npyOf(ranks.bytes).values).toEqual([1, 3, 3, 0])
    const { bytes } = await run(INPUT, { ...OPTIONS, to: 'npy', emit: 'rank,correct,loss' })
    expect(npyOf(bytes).values).toEqual([
      ...[1, 1, Number(LOSSES[0])],
      ...[3, 0, Number(LOSSES[1])],
      ...[3, 0, Number(LOSSES[2])],
      ...[Number.NaN, Number.NaN, Number.NaN],
    ])
    expect(() => softmaxMatrix([1, 2], 1, 2, { emit: 'loss' })).toThrow(expect.objectContaining({ code: 'E_CONFLICT' }))
    expect(score({ truth: 'y' }).metrics()).toMatchObject({ rows: 0 })
  })
})

describe('predictions', () => {
  const rows = [
    { id: 1, logits: [2, 1, 1], y: 0 },
    { id: 2, logits: [2, 1, 1], y: '2' },
    { id: 3, logits: [1, 2, 3], y: null },
    { id: 4, logits: [1, 2, 3] },
  ]

  it('have the loss, the rank and whether they are right', async () => {
    const { predictions } = await predict(rows, { truth: 'y', emit: 'loss,rank,correct' })
    expect(predictions.map(({ id, loss, rank, correct }) => ({ id, loss, rank, correct }))).toEqual([
      { id: 1, loss: Number(LOSSES[0]), rank: 1, correct: true },
      { id: 2, loss: Number(LOSSES[1]), rank: 3, correct: false },
      { id: 3, loss: null, rank: null, correct: null },
      { id: 4, loss: null, rank: null, correct: null },
    ])
  })

  it('are written with them', async () => {
    const bytes = await Readable.from(rows)
      .compose(softmax({ truth: 'y', emit: 'loss,correct' }))
      .compose(write('csv', { emit: 'loss,correct', keep: false }))
      .toArray()
    expect(Buffer.concat(bytes).toString()).toBe(`loss,correct\n${LOSSES[0]},true\n${LOSSES[1]},false\n,\n,\n`)
  })

  // From numpy: log(1 + exp(-1)) for the first class, log(1 + exp(1)) for the second.
  it.each([
    ['separate properties', { id: 1, logit_a: 2, y: 1, logit_b: 1, z: 0 }, undefined, '3', '5'],
    ['a list', { id: 1, logits: [2, 1], y: 1, z: 0 }, '2', '3', '4'],
    ['an object', { id: 1, logits: { a: 2, b: 1 }, y: 1, z: 0 }, '2', '3', '4'],
  ])('count all properties of a row, as score() counts its keys: logits in %s', async (_, row, other, y, z) => {
    for (const [truth, loss] of [
      [y, 1.3132616875182228],
      [z, 0.31326168751822286],
    ] as const) {
      const { predictions } = await predict([row], { truth, emit: 'loss' })
      expect(predictions[0]!.loss).toBeCloseTo(loss, 15)
      const { text } = await run(JSON.stringify(row), { from: 'ndjson', truth, emit: 'loss', keep: false })
      expect(JSON.parse(text).loss).toBe(predictions[0]!.loss)
    }
    if (other)
      expect((await predict([row], { truth: other, emit: 'loss' })).error).toMatchObject({
        code: 'E_CONFLICT',
        message: 'logits is the true class, and cannot be a logit too [E_CONFLICT]',
      })
  })

  it('may be compared with classes at positions among all properties, with the sigmoid', async () => {
    const row = { logit_a: 2, logit_b: 1, is_a: 0, is_b: 1 }
    const options: SoftmaxOptions = { logits: 'logit_a,logit_b', truth: '3-4', emit: 'correct', keep: false }
    const { predictions } = await predict([row], options, sigmoid)
    expect(predictions).toEqual([{ correct: false }])
    const { text } = await run(JSON.stringify(row), { ...options, op: 'sigmoid', from: 'ndjson' })
    expect(JSON.parse(text)).toEqual({ correct: false })
  })

  it('are of a property that is there, and of a class that is one', async () => {
    expect((await predict(rows, { truth: 'z', emit: 'loss' })).error).toMatchObject({ code: 'E_SELECTOR' })
    expect((await predict([[1, 2]], { truth: 'y' })).error).toMatchObject({ code: 'E_SELECTOR' })
    expect((await predict([{ logits: [1, 2], y: 'cat' }], { truth: 'y' })).error).toMatchObject({
      code: 'E_TRUTH',
      info: { row: 1, column: 'y', cell: 'cat' },
    })
    expect((await predict(rows, { emit: 'loss' })).error).toMatchObject({ code: 'E_CONFLICT' })
  })
})

describe('matrices', () => {
  const LOGITS = [2, 1, 1, 2, 1, 1, 1, 1, 3, 1, 2, 3]
  const emit = 'loss,rank,correct'

  it('have the loss, the rank and whether rows are right', () => {
    const { loss, rank, correct } = softmaxMatrix(LOGITS, 4, 3, { emit, truth: [0, 2, 1, null] })
    expect([...loss!]).toEqual([...LOSSES.map(Number), Number.NaN])
    expect([[...rank!], [...correct!]]).toEqual([
      [1, 3, 3, 0],
      [1, 0, 0, -1],
    ])
  })

  it('have them of logarithms, of float32, and of labels that are left out', () => {
    const options = {
      emit,
      truth: Uint8Array.of(0, 2, 1, 2),
      op: 'log-softmax',
      float32: true,
      minConfidence: 0.6,
    } as const
    const { loss, correct } = softmaxMatrix(LOGITS, 4, 3, options)
    expect([...loss!].slice(0, 3)).toEqual(LOSSES.map((value) => Math.fround(Number(value))))
    expect([...correct!]).toEqual([-1, -1, 0, 1])
  })

  it('have them of several true classes', () => {
    const { loss, correct } = softmaxMatrix([0, -1, 1, 1], 2, 2, {
      op: 'sigmoid',
      emit: 'loss,correct',
      truth: [1, 0, 1, 0],
    })
    // (log 2 + log(1 + 1 / e)) / 2 and (log(1 + 1 / e) + log(1 + e)) / 2
    const exact = [0.5032044340390841, 0.8132616875182228]
    for (const [row, value] of exact.entries()) expect(ulps(loss![row]!, value)).toBeLessThanOrEqual(1n)
    expect([...correct!]).toEqual([1, 0])
  })

  it.each([[[0]], [[0, 1, 2, 3]], [[0, 1, 2, 0.5]], [[0, 1, 2, '1']], ['y'], [[0, 1, 2, -1]]])('refuse %j', (truth) => {
    expect(() => softmaxMatrix(LOGITS, 4, 3, { emit, truth: truth as number[] })).toThrow(
      expect.objectContaining({ code: 'E_OPTION', info: expect.objectContaining({ option: 'truth' }) }),
    )
  })

  it('have no rank of several true classes', () => {
    expect(() => softmaxMatrix([0, 1], 1, 2, { op: 'sigmoid', emit: 'rank', truth: [1, 0] })).toThrow(
      expect.objectContaining({ code: 'E_CONFLICT' }),
    )
  })
})
