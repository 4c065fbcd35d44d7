/** Logits that are one object of JSON: keys are classes, those of the first row or those that labels declare. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Field, Float64, Struct, Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { evaluate, type ScoreOptions, scoreFiles, softmax } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { command, folder, predict } from './support.js'

// numpy: e = exp(x - x.max()); e / e.sum(), for [-1, -2, -3] and [-1, -2]; decimal.Decimal: 1 / (1 + exp(-2))
const [FIRST, SECOND, THIRD] = [0.6652409557748219, 0.24472847105479764, 0.09003057317038046]
const [ONE, TWO] = [0.7310585786300049, 0.2689414213699951]
const [HIGH, LOW] = [0.8807970779778824, 0.11920292202211756]

/** Each row has the three most likely classes of four, in an order of its own. */
const TOP3 = [
  { A: -1, C: -2, B: -3 },
  { D: -1, A: -2, C: -3 },
  { B: -1, D: -3, C: -2 },
]
const LINES = TOP3.map((m) => `${JSON.stringify({ m })}\n`)
const ALL = `p_A,p_B,p_C,p_D,label
${FIRST},${THIRD},${SECOND},0,A
${SECOND},0,${THIRD},${FIRST},D
0,${FIRST},${SECOND},${THIRD},B
`
const DECLARED = { logits: 'm', labels: 'A,B,C,D', missing: '-inf', to: 'csv', keep: false } as const

const nested = LINES.map((line) => `{"id":1,"choice":${line.trim()}}\n`).join('')
const array = `[${LINES.join(',')}]`

describe('labels that include all keys of an object of logits', () => {
  it.each<[string, string, ScoreOptions]>([
    ['JSON lines', LINES.join(''), { from: 'ndjson' }],
    ['JSON', array, { from: 'json' }],
    ['an object in another one', nested, { from: 'ndjson', logits: 'choice.m' }],
    ['the key logits', LINES.join('').replaceAll('"m"', '"logits"'), { from: 'ndjson', logits: undefined }],
  ])('declare the classes by name, in their order: %s', async (_, input, options) => {
    for (const lane of ['auto', 'general'] as const) {
      for (const size of [1, 7, 1000]) {
        const { text, error } = await run(input, { ...DECLARED, ...options, lane }, size)
        expect({ text, error }).toEqual({ text: ALL, error: undefined })
      }
    }
  })

  it('may be in any order, an array, and of classes that no row has', async () => {
    const { text } = await run(LINES.join(''), { ...DECLARED, labels: ['E', 'D', 'C', 'B', 'A'], emit: 'probs' })
    expect(text).toBe(
      `p_E,p_D,p_C,p_B,p_A\n0,0,${SECOND},${THIRD},${FIRST}\n0,${FIRST},${THIRD},0,${SECOND}\n0,${THIRD},${SECOND},${FIRST},0\n`,
    )
  })

  it('are the keys of the results in JSON', async () => {
    const { text } = await run(LINES[0]!, { ...DECLARED, to: 'ndjson' })
    expect(JSON.parse(text)).toEqual({ probs: { A: FIRST, B: THIRD, C: SECOND, D: 0 }, label: 'A' })
  })

  it('leave a class that a row lacks missing, also in the first row', async () => {
    const { missing: _, ...options } = DECLARED
    expect((await run(LINES.join(''), options)).error).toMatchObject({
      code: 'E_MISSING',
      info: { row: 1, column: 'D' },
    })
    const complete = '{"m":{"D":-9,"C":-2,"B":-3,"A":-1}}\n'
    const { stats, rejects } = await rejected(LINES[0]! + complete + LINES[1]!, options)
    expect(stats).toMatchObject({ read: 3, written: 1, rejected: { E_MISSING: 2 } })
    expect(rejects).toEqual(['D', 'B'])
    const { text } = await run(LINES[0]!, { ...DECLARED, missing: 'nan', nonfinite: 'propagate', emit: 'probs' })
    expect(text).toBe('p_A,p_B,p_C,p_D\nNaN,NaN,NaN,NaN\n')
  })

  it('declare those of objects in softmax(), too', async () => {
    const options = { logits: 'm', labels: 'A,B,C,D', missing: '-inf', emit: 'probs' } as const
    const { predictions } = await predict(
      TOP3.map((m) => ({ m })),
      options,
    )
    expect(predictions).toMatchObject([
      { probabilities: [FIRST, THIRD, SECOND, 0] },
      { probabilities: [SECOND, 0, THIRD, FIRST] },
      { probabilities: [0, FIRST, SECOND, THIRD] },
    ])
    const inner = await predict([{ choice: { m: TOP3[1] } }], {
      ...options,
      logits: 'choice.m',
      labels: ['D', 'C', 'B', 'A'],
    })
    expect(inner.predictions).toMatchObject([{ probabilities: [FIRST, THIRD, 0, SECOND] }])
  })

  it('are the same for several inputs, whatever the first object of each', async () => {
    const cwd = folder(Object.fromEntries(LINES.map((line, at) => [`${at}.ndjson`, line])))
    const flags = ['--labels', 'A,B,C,D', '--missing', '-inf', '--no-keep', '-t', 'csv']
    const { stdout } = command(['0.ndjson', '1.ndjson', '2.ndjson', '--logits', 'm', ...flags], { cwd })
    expect(stdout).toBe(ALL)
    expect(command(['.', '-o', 'out/', '--logits', 'm', ...flags], { cwd })).toMatchObject({ status: 0 })
    const parts = [0, 1, 2].map((at) => readFileSync(join(cwd, `out/${at}.csv`), 'utf8').split('\n')[1])
    expect(parts).toEqual(ALL.trimEnd().split('\n').slice(1))
  })

  it('have true classes, of which a row may lack the logit', async () => {
    const rows = TOP3.map((m, at) => ({ m, y: 'ADC'[at] }))
    const path = join(folder({ 'in.ndjson': rows.map((row) => `${JSON.stringify(row)}\n`).join('') }), 'in.ndjson')
    const options = { logits: 'm', labels: 'A,B,C,D', missing: '-inf', truth: 'y' } as const
    const metrics = await evaluate([path], options)
    // By hand: two of three are right; the log loss is the mean of two logarithms of FIRST and one of SECOND.
    expect(metrics).toMatchObject({
      rows: 3,
      accuracy: 2 / 3,
      log_loss: expect.closeTo(-(2 * Math.log(FIRST!) + Math.log(SECOND!)) / 3, 14),
    })
    const { stdout } = command([
      'evaluate',
      path,
      '--logits',
      'm',
      '--labels',
      'A,B,C,D',
      '--missing',
      '-inf',
      '--truth',
      'y',
      '--json',
    ])
    expect(JSON.parse(stdout)).toMatchObject({ rows: 3, accuracy: 2 / 3 })
  })
})

/** The columns of bad rows, with the counts of a run that skips them. */
async function rejected(input: string, options: ScoreOptions) {
  const rejects: unknown[] = []
  const onReject = ({ column }: { column?: string }) => rejects.push(column)
  const { stats } = await run(input, { ...options, onError: 'skip', onReject })
  return { stats, rejects }
}

describe('labels of which some are keys', () => {
  const ROW = '{"m":{"cat":1,"dog":2,"boat":1,"car":1,"tree":2}}\n'

  it('are corrected where they resemble the other keys', async () => {
    const { error } = await run(ROW, { logits: 'm', labels: 'cat,Dog,boat,car,tre' })
    expect(error!.message).toContain(
      'the key "dog" of the logits is not one of the names; did you mean labels: \'cat,dog,boat,car,tree\'?',
    )
  })

  it('are all in the command that reads only them, or it is not proposed', async () => {
    const { error } = await run(ROW, { logits: 'm', labels: 'cat,dog' })
    expect(error!.message).toContain(
      "use labels: 'cat,dog,boat,car,tree', or logits: 'm.cat,m.dog', missing: '-inf' to read only the keys listed",
    )
    const long = Array.from({ length: 12 }, (_, nth) => `another_name_${nth}`)
    expect((await run(ROW, { logits: 'm', labels: ['cat', ...long] })).error!.message).not.toContain('to read only')
  })
})

describe('labels of which none is a key', () => {
  it('rename the keys of the first object, in its order', async () => {
    const input = '{"m":{"x":-1,"y":-2}}\n{"m":{"y":-1,"x":-2}}\n'
    const { text } = await run(input, { logits: 'm', labels: 'a,b', to: 'csv' })
    expect(text).toBe(`p_a,p_b,label\n${ONE},${TWO},a\n${TWO},${ONE},b\n`)
    expect((await run(input, { logits: 'm', labels: 'a,b,c' })).error).toMatchObject({
      message: expect.stringContaining('3 names for 2 classes'),
    })
  })

  it('cause a warning, as the order of the keys may be by chance', async () => {
    const warning =
      'no name in labels is a key of the logits, so they rename the keys in the order of the first object: "y" is now "a", "x" is now "b"'
    const rows = [{ logits: { y: -1, x: -2 } }]
    expect((await run(JSON.stringify(rows[0]), { from: 'ndjson', labels: 'a,b' })).warnings).toEqual([warning])
    const stream = softmax({ labels: ['a', 'b'] })
    const warnings: string[] = []
    stream.on('warning', (text: string) => warnings.push(text))
    await Readable.from(rows).compose(stream).toArray()
    expect(warnings).toEqual([warning])
  })

  it.each([
    ['in another case', 'Cat,Dog,Boat', 'cat,dog,boat'],
    ['in another case, in the same order', 'Boat,Cat,Dog', 'boat,cat,dog'],
  ])('are refused if they are the keys %s', async (_, labels, proposed) => {
    const row = { logits: { boat: -2.8, cat: 0.3, dog: 3.8 } }
    const reason = `the key "boat" of the logits is not one of the names; did you mean labels: '${proposed}'?`
    const { error } = await run(JSON.stringify(row), { from: 'ndjson', labels })
    expect(error).toMatchObject({ code: 'E_LABELS', message: expect.stringContaining(reason) })
    expect((await predict([row], { labels: labels.split(',') })).error).toMatchObject({ code: 'E_LABELS' })
    const { text } = await run(JSON.stringify(row), { from: 'ndjson', to: 'csv', labels: proposed, emit: 'label' })
    expect(text).toBe('label\ndog\n')
  })

  it('rename the same keys in all inputs', () => {
    const cwd = folder({
      '1.ndjson': '{"m":{"x":-1,"y":-2}}\n',
      '2.ndjson': '{"m":{"y":-1,"x":-2}}\n',
      '3.ndjson': '{"m":{"v":1,"w":2}}\n',
    })
    const flags = ['--logits', 'm', '--labels', 'a,b', '-t', 'csv']
    expect(command(['1.ndjson', '2.ndjson', ...flags], { cwd }).stdout).toBe(
      `p_a,p_b,label\n${ONE},${TWO},a\n${TWO},${ONE},b\n`,
    )
    const { status, stderr } = command(['1.ndjson', '3.ndjson', ...flags], { cwd })
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('class 1 is "v", but "x" in "1.ndjson"'),
    })
  })
})

describe('labels of which some are keys', () => {
  it('are refused, with those that would declare all', async () => {
    const message = `the key "C" of the logits is not one of the names; use labels: 'A,B,X,C'`
    const expected = { code: 'E_LABELS', status: 2, message: expect.stringContaining(message) }
    expect((await run(LINES[0]!, { ...DECLARED, labels: 'A,B,X' })).error).toMatchObject(expected)
    expect((await predict([{ m: TOP3[0] }], { logits: 'm', labels: 'A,B,X' })).error).toMatchObject(expected)
    const { stderr } = command(['--logits', 'm', '--labels', 'A,B'], { stdin: LINES[0]! })
    expect(stderr).toContain('--labels: the key "C" of the logits is not one of the names; use --labels A,B,C')
  })
})

describe('logits at paths through a list, by index', () => {
  const rows = TOP3.map((m) => ({ id: 7, r: { c: [{ lp: { ...m, ' The': -0.5, n: null } }, 1] } }))
  const input = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const logits = 'r.c.0.lp.A,r.c.0.lp.B,r.c.0.lp.C,r.c.0.lp.D'

  it('are read like those in objects: other keys are ignored, and any row may lack some', async () => {
    for (const lane of ['auto', 'general'] as const) {
      for (const size of [1, 7, 1000]) {
        const options = { logits, missing: '-inf', to: 'csv', keep: false, from: 'ndjson', lane } as const
        const { text, error } = await run(input, options, size)
        expect({ text, error }).toEqual({ text: ALL, error: undefined })
      }
    }
    const { predictions } = await predict(rows, { logits, missing: '-inf', emit: 'probs' })
    expect(predictions).toMatchObject([
      { probabilities: [FIRST, THIRD, SECOND, 0] },
      { probabilities: [SECOND, 0, THIRD, FIRST] },
      { probabilities: [0, FIRST, SECOND, THIRD] },
    ])
  })

  it('may be in some later row only, if the first one leaves columns open', async () => {
    const open = '{"m":{"a":-1,"n":null,"b":-2}}\n{"m":{"a":-1,"n":1,"b":null,"c":-2}}\n'
    for (const input of [open, open.replaceAll('{"a"', '{"d":[{"a"').replaceAll('}}', '}]}}')]) {
      const at = input === open ? 'm' : 'm.d.0'
      const options = {
        logits: ['a', 'b', 'c'].map((key) => `${at}.${key}`).join(),
        missing: '-inf',
        to: 'csv',
      } as const
      const { text } = await run(input, { ...options, from: 'ndjson', keep: false, emit: 'probs' })
      expect(text).toBe(`p_a,p_b,p_c\n${ONE},${TWO},0\n${ONE},0,${TWO}\n`)
    }
  })

  it('may be items of a list of numbers', async () => {
    const options = { logits: 'm.0.2,m.0.0', from: 'ndjson', to: 'csv', keep: false, emit: 'probs' } as const
    expect((await run('{"m":[[-2,7,-1]]}\n', options)).text).toBe(`p_2,p_0\n${ONE},${TWO}\n`)
  })

  it.each([
    ['{"m":[]}', { code: 'E_MISSING', info: { column: 'm.0.a', row: 2 } }],
    ['{"m":{"0":{"a":1}}}', { code: 'E_MISSING', info: { column: 'm.0.b', row: 2 } }],
    ['{"m":[{"a":2,"b":"x"}]}', { code: 'E_CELL', info: { column: 'm.0.b', cell: 'x' } }],
    ['{"m":[{"a":2,"b":1e999}]}', { code: 'E_OVERFLOW', info: { column: 'm.0.b', cell: '1e999' } }],
    ['{"m":[{"a":2,"b":1,"b":3}]}', { code: 'E_KEY', info: { key: 'b', isRepeated: true } }],
  ])('are bad as those in objects: %s', async (line, expected) => {
    const { error } = await run(`{"m":[{"a":2,"b":1}]}\n${line}\n`, { from: 'ndjson', logits: 'm.0.a,m.0.b' })
    expect(error).toMatchObject(expected)
  })

  it('that lead nowhere are refused with what there is', async () => {
    const { error } = await run('{"m":[{"cat":2,"dog":1}]}\n', { from: 'ndjson', logits: 'm.0.cat,m.0.dgo' })
    expect(error).toMatchObject({ code: 'E_SELECTOR', info: { item: 'm.0.dgo' } })
    expect(error!.message).toContain("did you mean logits: 'm.0.cat,m.0.dog'?")
    const other = await run('{"m":[{"cat":2,"dog":1}]}\n', { from: 'ndjson', logits: 'm.1.cat,m.1.dog' })
    expect(other.error!.message).toContain('; paths select only values of JSON that the first rows have')
  })
})

describe('an object of logits with keys that are no classes', () => {
  const lines = [
    { A: -1, B: -2, ' The': -3 },
    { B: -1, ' x': -2, D: -3 },
  ].map((m) => `${JSON.stringify({ m: [m] })}\n`)

  it.each([
    [['--labels', 'A,B,C,D', '--missing', '-inf'], 'E_LABELS', '--logits m.0.A,m.0.B,m.0.C,m.0.D --missing -inf'],
    [['--missing', '-inf'], 'E_WIDTH', '--logits m.0.A,m.0.B --missing -inf'],
  ])('is refused with the option that reads only some: %j', (flags, code, proposed) => {
    const stdin = lines.join('')
    const { stderr } = command(['-f', 'ndjson', '--logits', 'm.0', ...flags], { stdin })
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).toContain(proposed)
    const some = ['-f', 'ndjson', '--no-keep', '--emit', 'probs', '-t', 'csv', ...proposed.split(' ')]
    const { status, stdout } = command(some, { stdin })
    const first = `${ONE},${TWO}`
    const rows = code === 'E_LABELS' ? [`${first},0,0`, `0,${HIGH},0,${LOW}`] : [first, '0,1']
    expect(status).toBe(0)
    expect(stdout.split('\n').slice(1, -1)).toEqual(rows)
  })

  it('is refused with as many keys as a message has room for, and none that a selector would read as something else', async () => {
    const path = `m.${'x'.repeat(30)}`
    const input = [{ A: 1, B: 2, C: 3 }, { D: 1 }]
      .map((m) => `${JSON.stringify({ m: { ['x'.repeat(30)]: m } })}\n`)
      .join('')
    const { error } = await run(input, { from: 'ndjson', logits: path })
    expect(error!.message).toContain(
      `, and logits: '${path}.A,${path}.B', missing: '-inf' reads only these keys, for example; `,
    )
    const quoted = await run('{"m":{" a":1,"b,c":2}}\n{"m":{"d":1}}\n', { from: 'ndjson', logits: 'm' })
    expect(quoted.error!.message).toMatch(/ declares all classes; onError/)
    const objects = await predict([{ m: { A: 1, B: 2 } }, { m: { D: 1 } }], { logits: 'm' })
    expect(objects.error!.message).toContain(", and logits: 'm.A,m.B', missing: '-inf' reads only the keys listed; ")
  })
})

describe('an object of logits with an unknown class', () => {
  it('is a bad row, with the labels that declare all classes', async () => {
    const { error } = await run(LINES.join(''), { logits: 'm', missing: '-inf' })
    const message = `the object has an unknown class "D" (classes: "A", "C", "B"); labels: 'A,C,B,D' declares all classes`
    expect(error).toMatchObject({ code: 'E_WIDTH', message: expect.stringContaining(message) })
    const flags = ['--logits', 'm', '--missing', '-inf', '-f', 'ndjson']
    const { stderr } = command(flags, { stdin: LINES.join('') })
    const [, labels] = /; --labels (\S+) declares/.exec(stderr)!
    expect(command([...flags, '--labels', labels!], { stdin: LINES.join('') })).toMatchObject({ status: 0, stderr: '' })
  })

  it('has them as JSON where a name has a comma, and not if they are many', async () => {
    const { error } = await run('{"m":{"a, b":1,"c":2}}\n{"m":{"d":1}}\n', { logits: 'm', missing: '-inf' })
    expect(error!.message).toContain(`labels: '["a, b","c","d"]' declares all classes`)
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`class ${at}`, at]))
    const other = await run(`${JSON.stringify({ m: many })}\n{"m":{"d":1}}\n`, { logits: 'm' })
    expect(other.error!.message).toContain('; labels declares all classes')
  })

  it('is an error of a later input that begins with it, with the same labels', () => {
    const cwd = folder({ '1.ndjson': LINES[0]!, '2.ndjson': LINES[1]! })
    const { stderr } = command(['1.ndjson', '2.ndjson', '--logits', 'm', '-t', 'csv'], { cwd })
    expect(stderr).toContain('; --labels A,C,B,D declares all classes [E_SCHEMA]')
  })
})

describe('objects of several inputs', () => {
  it('may have the classes in another order, or lack some, as those of one input', () => {
    const cwd = folder({
      '1.ndjson': LINES[0]!,
      '2.ndjson': '{"m":{"B":-3,"A":-1,"C":-2}}\n',
      '3.ndjson': '{"m":{"B":-2,"A":-1}}\n',
      '4.json': '[{"m":{"B":-1,"C":-2}}]',
    })
    const flags = ['--logits', 'm', '--missing', '-inf', '-t', 'csv', '--emit', 'probs']
    const { stdout, stderr } = command(['1.ndjson', '2.ndjson', '3.ndjson', '4.json', ...flags], { cwd })
    const abc = `${FIRST},${SECOND},${THIRD}\n`
    expect({ stdout, stderr }).toEqual({
      stdout: `p_A,p_C,p_B\n${abc}${abc}${ONE},0,${TWO}\n0,${TWO},${ONE}\n`,
      stderr: '',
    })
  })

  it('next to structs of Arrow with another order are an error with the labels that order them', async () => {
    const type = new Struct(['C', 'B', 'A'].map((name) => new Field(name, new Float64(), true)))
    const table = new Table({ m: vectorFromArray([{ C: -2, B: -3, A: -1 }], type) })
    const cwd = folder({ '1.ndjson': LINES[0]!, '2.arrow': Buffer.from(tableToIPC(table, 'file')) })
    for (const inputs of [
      ['1.ndjson', '2.arrow'],
      ['2.arrow', '1.ndjson'],
    ]) {
      const flags = [...inputs, '--logits', 'm', '-t', 'csv', '--emit', 'probs']
      const { stderr } = command(flags, { cwd })
      expect(stderr).toContain('these are the same classes in another order; --labels C,B,A orders them [E_SCHEMA]')
      const abc = `${SECOND},${THIRD},${FIRST}\n`
      expect(command([...flags, '--labels', 'C,B,A'], { cwd }).stdout).toBe(`p_C,p_B,p_A\n${abc}${abc}`)
    }
    // Renamed or not.
    const [one, two] = ['1.ndjson', '2.arrow'].map((name) => join(cwd, name)) as [string, string]
    await expect(scoreFiles([one, two], { logits: 'm', labels: 'x,y,z', to: 'csv' }).toArray()).rejects.toMatchObject({
      code: 'E_SCHEMA',
    })
  })
})

describe('selected paths to the classes of an object', () => {
  const PATHS = { ...DECLARED, logits: 'm.A,m.B,m.C,m.D', labels: undefined } as const

  it.each<[string, string, ScoreOptions]>([
    ['JSON lines', LINES.join(''), { from: 'ndjson' }],
    ['JSON', array, { from: 'json' }],
    ['an object in another one', nested, { from: 'ndjson', logits: 'choice.m.A,choice.m.B,choice.m.C,choice.m.D' }],
    ['an array of paths', LINES.join(''), { logits: ['m.A', 'm.B', 'm.C', 'm.D'] }],
    ['labels that rename them', LINES.join(''), { labels: ['A', 'B', 'C', 'D'] }],
  ])('may lead to some that the first row lacks: %s', async (_, input, options) => {
    for (const lane of ['auto', 'general'] as const) {
      for (const size of [1, 1000]) {
        const { text, error } = await run(input, { ...PATHS, ...options, lane }, size)
        expect({ text, error }).toEqual({ text: ALL, error: undefined })
      }
    }
  })

  it('may do so in softmax(), in any input and when bad rows are skipped', async () => {
    const options = { logits: 'm.D,m.C,m.B,m.A', missing: '-inf', onError: 'skip', emit: 'probs' } as const
    const { predictions } = await predict([{ m: TOP3[0] }, { m: TOP3[1] }], options)
    expect(predictions).toMatchObject([
      { probabilities: [0, SECOND, THIRD, FIRST] },
      { probabilities: [FIRST, THIRD, 0, SECOND] },
    ])
    const cwd = folder(Object.fromEntries(LINES.map((line, at) => [`${at}.ndjson`, line])))
    const flags = ['--logits', 'm.A,m.B,m.C,m.D', '--missing', '-inf', '--no-keep', '-t', 'csv', '--on-error', 'skip']
    expect(command(['0.ndjson', '1.ndjson', '2.ndjson', ...flags], { cwd }).stdout).toBe(ALL)
  })

  it('cause a warning if no row of any input has them', async () => {
    const cwd = folder({ 'a.ndjson': LINES[0]!, 'b.ndjson': LINES[1]! })
    const flags = ['a.ndjson', 'b.ndjson', '--logits', 'm.A,m.B,m.C,m.D,m.Z', '--missing', '-inf', '-e', 'label']
    for (const lane of ['auto', 'general']) {
      const { stderr } = command([...flags, '--lane', lane], { cwd })
      expect(stderr).toBe('softmax: warning: a.ndjson: no row has the key "m.Z"\n')
    }
  })

  it('are refused without the option that reads a missing logit, and where another key was meant', async () => {
    const { missing: _, ...options } = PATHS
    const { error } = await run(LINES.join(''), options)
    const message = `logits "m.D" does not exist in the first rows; missing: '-inf' masks a logit that a row lacks`
    expect(error).toMatchObject({ code: 'E_SELECTOR', message: expect.stringContaining(message) })
    const { stderr } = command(['--logits', 'm.A,m.D'], { stdin: LINES[0]! })
    expect(stderr).toContain('"m.D" does not exist in the first rows; --missing -inf masks a logit that a row lacks')
    const line = '{"m":{"cat":2,"dog":1}}\n'
    const mistyped = await run(line, { logits: 'm.cat,m.dgo', missing: '-inf' })
    expect(mistyped.error).toMatchObject({
      code: 'E_SELECTOR',
      message: expect.stringContaining("logits: 'm.cat,m.dog'"),
    })
    expect((await run(line, { logits: 'm.boat,m.car', missing: '-inf' })).error).toMatchObject({ code: 'E_SELECTOR' })
    expect((await run(line, { logits: 'm.cat,n.dog', missing: '-inf' })).error).toMatchObject({ code: 'E_SELECTOR' })
  })
})
