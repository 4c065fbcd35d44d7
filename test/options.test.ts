import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Duplex, PassThrough, Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import {
  calibrate,
  type EvaluateOptions,
  evaluate,
  OPTIONS,
  read,
  report,
  type ScoreOptions,
  type SoftmaxError,
  type SoftmaxOptions,
  score,
  scoreFiles,
  sigmoid,
  softmax,
  softmaxMatrix,
  write,
} from 'softmax-stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readArguments } from '../dist/command/flags.js'
import { progressLine, showProgress } from '../dist/command/progress.js'
import { speakAs } from '../dist/core/option-words.js'
import { P21, P123, run } from './streams.js'
import { BIN, command, folder, MANIFEST, predict, predictLog, shell, thrown } from './support.js'
import { ulps } from './ulp.js'

/** A header, and one row with a key and three logits. */
const ROWS = 'id,logit_a,logit_b,logit_c\n7,1,2,3\n'
const LOG123 = '-2.40760596444438,-1.4076059644443804,-0.4076059644443803'

/** The output of the command, which must print no messages. */
function outputOf(args: string[], stdin: string | Buffer): string {
  const { status, stdout, stderr } = command(args, { stdin })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

/** The output of the stream. */
async function textOf(input: string, options: ScoreOptions): Promise<string> {
  const { text, error } = await run(input, options)
  expect(error).toBeUndefined()
  return text
}

/** Flag and option have the same effect. */
async function bothGive(args: string[], options: ScoreOptions, input: string, output: string) {
  expect(outputOf(args, input)).toBe(output)
  expect(await textOf(input, options)).toBe(output)
}

/**
 * After {@link bothGive} for one value: checks for another one that the flag is parsed into the option, without
 * starting a process.
 */
async function readsAs(args: string[], options: ScoreOptions, input: string, output: string) {
  const { text, error, warnings } = await run(input, readArguments(args).options as ScoreOptions)
  expect({ text, error, warnings }).toEqual({ text: output, error: undefined, warnings: [] })
  expect(await textOf(input, options)).toBe(output)
}

/** The error for an argument list, as worded by the command. */
function refusalOf(args: string[]): SoftmaxError {
  speakAs('command')
  onTestFinished(() => speakAs('api'))
  return thrown(() => readArguments(args))
}

/** The flag rejects some texts, and the API some values, with E_OPTION. */
function refuses(flag: string, texts: string[], option: string, values: unknown[]) {
  it.each(texts)(`${flag} %j is refused`, (text) => {
    const error = thrown(() => readArguments([flag, text]))
    expect(error).toMatchObject({ code: 'E_OPTION', status: 2 })
    expect(error.message).toMatch(new RegExp(`^${flag} takes .+ \\[E_OPTION\\]$`))
  })

  it.each(values)(`${option}: %j is refused`, (value) => {
    const refusal = { code: 'E_OPTION', status: 2, info: { option, value } }
    const { scopes } = OPTIONS[option as keyof typeof OPTIONS] as { scopes: readonly string[] }
    const options = { [option]: value }
    expect(thrown(() => score(options))).toMatchObject(refusal)
    if (scopes.includes('objects')) expect(thrown(() => softmax(options))).toMatchObject(refusal)
    if (scopes.includes('matrix')) expect(thrown(() => softmaxMatrix([], 0, 0, options))).toMatchObject(refusal)
  })
}

it('options that are no object are refused', () => {
  for (const options of [null, 7, 'csv']) {
    expect(thrown(() => score(options as never))).toMatchObject({ code: 'E_OPTION', status: 2 })
  }
})

/** Tests of every option, by name: an option without tests does not compile, and fails the test below. */
const TESTS = {
  output() {
    it('names the file that is written, in place of standard output', () => {
      const cwd = folder()
      for (const args of [['-o', 'a.csv'], ['--output', 'a.csv'], ['--output=a.csv'], ['-oa.csv']]) {
        expect(command(args, { stdin: ROWS, cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
        expect(readFileSync(join(cwd, 'a.csv'), 'utf8')).toBe(`id,p_a,p_b,p_c,label\n7,${P123},c\n`)
      }
    })

    it('is one of the command only', () => {
      expect(thrown(() => score({ output: 'a.csv' } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
    })

    it('needs a name', () => {
      expect(command(['-o', ''], { stdin: ROWS })).toMatchObject({ status: 2, stdout: '' })
      expect(command(['-o'], { stdin: ROWS })).toMatchObject({ status: 2, stdout: '' })
    })
  },

  resume() {
    it('leaves out what is done, in a folder of outputs', () => {
      const cwd = folder({ 'a.csv': ROWS })
      for (const before of ['', ' (1 by earlier runs)']) {
        const { status, stderr } = command(['a.csv', '-o', 'out/', '--resume'], { cwd })
        expect(stderr).toBe(`softmax: out/: 1 of 1 part done${before}, 1 row${before && ' in all'}\n`)
        expect(status).toBe(0)
      }
      expect(readFileSync(join(cwd, 'out/a.csv'), 'utf8')).toBe(`id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    it('is one of the command only, and of folders', () => {
      expect(thrown(() => score({ resume: true } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
      expect(command(['--resume'], { stdin: ROWS })).toMatchObject({ status: 2, stdout: '' })
    })
  },

  compress() {
    it('compresses each output in a folder, whose name says so', () => {
      const cwd = folder({ 'a.csv': ROWS, 'b.csv.gz': gzipSync(ROWS) })
      const args = ['a.csv', 'b.csv.gz', '-q', '-o', 'out/', '--compress', 'gzip', '-t', 'ndjson', '--resume']
      expect(command(args, { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
      const names = readdirSync(join(cwd, 'out')).filter((name) => !name.startsWith('_'))
      expect(names).toEqual(['a.ndjson.gz', 'b.ndjson.gz'])
      for (const name of names) {
        const text = gunzipSync(readFileSync(join(cwd, 'out', name))).toString()
        expect(JSON.parse(text)).toMatchObject({ id: '7', label: 'c' })
      }
      // Outputs with other names would be added next to the existing ones.
      const other = command(
        args.filter((arg) => !/compress|gzip/.test(arg)),
        { cwd },
      )
      expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('"a.ndjson.gz"') })
    })

    it('is refused before a folder is made where this Node has none', async () => {
      const cwd = folder({ 'a.csv': ROWS })
      const { status, stderr } = command(['a.csv', '-q', '-o', 'out/', '--compress', 'zstd'], { cwd })
      const hasZstd = 'createZstdCompress' in (await import('node:zlib'))
      expect(status).toBe(hasZstd ? 0 : 2)
      expect(existsSync(join(cwd, 'out'))).toBe(hasZstd)
      if (!hasZstd) expect(stderr).toContain('Node 22.15 or later')
      if (!hasZstd) expect(stderr).toContain('; use --compress gzip [E_NODE]')
    })

    it('is refused without a folder, where the name of the output says it', () => {
      const { status, stderr } = command(['--compress', 'gzip', '-o', 'out.csv'], { stdin: ROWS })
      expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('in .gz or .zst') })
      expect(thrown(() => score({ compress: 'gzip' } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
    })

    it.each(['bzip2', '', 'GZIP'])('%j is refused', (value) => {
      expect(thrown(() => readArguments([`--compress=${value}`]))).toMatchObject({ code: 'E_OPTION', status: 2 })
    })
  },

  part() {
    it('is the share of the parts that a process takes', () => {
      const cwd = folder({ 'a.csv': ROWS, 'b.csv': ROWS })
      for (const part of ['1/2', '2/2']) {
        expect(command(['a.csv', 'b.csv', '-o', 'out/', '-q', '--part', part], { cwd }).status).toBe(0)
        expect(existsSync(join(cwd, 'out/_SUCCESS'))).toBe(part === '2/2')
      }
      expect(readdirSync(join(cwd, 'out')).filter((name) => !name.startsWith('_'))).toEqual(['a.csv', 'b.csv'])
    })

    it('is one of the command only', () => {
      expect(thrown(() => score({ part: '1/2' } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
    })

    it.each(['0/2', '3/2', '1', '1/', '1/0', '-1/2', '01/2', '1/2/3', ''])('%j is refused', (part) => {
      const refusal = { code: 'E_OPTION', status: 2, info: { option: '--part' } }
      expect(thrown(() => readArguments([`--part=${part}`]))).toMatchObject(refusal)
    })
  },

  op() {
    it('log-softmax, --log, gives logarithms in columns logp_', async () => {
      const output = `id,logp_a,logp_b,logp_c,label\n7,${LOG123},c\n`
      await bothGive(['--log'], { op: 'log-softmax' }, ROWS, output)
    })

    it('softmax is the default', async () => {
      const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`
      await readsAs([], { op: 'softmax' }, ROWS, output)
      expect(await textOf(ROWS, {})).toBe(output)
    })

    it('is that of the matrix, too', () => {
      const { values } = softmaxMatrix([1, 2, 3], 1, 3, { op: 'log-softmax' })
      expect(Array.from(values).join()).toBe(LOG123)
    })

    it('is reported in object mode by the name of the function', () => {
      expect(thrown(() => softmax({ op: 'log-softmax' } as never))).toMatchObject({
        code: 'E_FLAG',
        message: expect.stringContaining('softmax(), logSoftmax(), sigmoid() or logSigmoid()'),
      })
    })

    it('is one of four, which the error names', () => {
      for (const call of [() => score({ op: 'x' } as never), () => softmaxMatrix([], 0, 0, { op: 'x' } as never)]) {
        expect(thrown(call)).toMatchObject({
          code: 'E_OPTION',
          message: expect.stringContaining('softmax or log-softmax or sigmoid or log-sigmoid, not "x"'),
        })
      }
    })

    it('--log takes no value', () => {
      const { status, stderr } = command(['--log=yes'], { stdin: ROWS })
      expect(stderr).toMatch(/^softmax: --log takes no value.* \[E_OPTION\]\n$/)
      expect(status).toBe(2)
    })

    it.each(['log', '', 'Softmax', true])('%j is refused', (op) => {
      expect(thrown(() => score({ op } as ScoreOptions))).toMatchObject({ code: 'E_OPTION' })
      expect(thrown(() => softmaxMatrix([], 0, 0, { op } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  temperature() {
    it('divides the logits', async () => {
      const output = `p_a,p_b,p_c,label\n${P123},c\n`
      await bothGive(['-T', '2'], { temperature: 2 }, 'logit_a,logit_b,logit_c\n2,4,6\n', output)
      await readsAs(['--temperature', '0.5'], { temperature: 0.5 }, 'logit_a,logit_b,logit_c\n.5,1,1.5\n', output)
    })

    it('divides those of objects and of a matrix', async () => {
      const probabilities = P123.split(',').map(Number)
      expect((await predict([[2, 4, 6]], { temperature: 2 })).predictions[0]).toMatchObject({ probabilities })
      expect(Array.from(softmaxMatrix([2, 4, 6], 1, 3, { temperature: 2 }).values)).toEqual(probabilities)
    })

    it('is in the logsumexp', async () => {
      const output = 'logsumexp\n3.40760596444438\n'
      const options = { temperature: 2, emit: 'logsumexp' } as const
      await readsAs(['-T2', '-e', 'logsumexp'], options, 'logit_a,logit_b,logit_c\n2,4,6\n', output)
    })

    refuses('--temperature', ['0', '-1', 'inf', 'nan', 'Infinity', '', ' ', 'two', '1,5'], 'temperature', [
      0,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '2',
      null,
    ])
  },

  logits() {
    it('names the columns that are logits', async () => {
      const output = 't,p_x,p_y,label\n9,0.7310585786300049,0.2689414213699951,x\n'
      await bothGive(['-l', '?,!t'], { logits: '?,!t' }, 'x,y,t\n2,1,9\n', output)
      await readsAs(['--logits', 'x,y'], { logits: ['x', 'y'] }, 'x,y,t\n2,1,9\n', output)
    })

    it('names the properties of records that are logits', async () => {
      const { predictions } = await predict([{ x: '2', y: '1', t: '9' }], { logits: 'x,y' })
      const probabilities = P21.split(',').map(Number)
      expect(predictions).toEqual([{ t: '9', probabilities, index: 0, label: 'x' }])
    })

    refuses('--logits', [''], 'logits', ['', [], 3, [1]])
  },

  labels() {
    const output = `id,p_dog,p_cat,p_boat,label\n7,${P123},boat\n`

    it('names the classes, in column order', async () => {
      await bothGive(['--labels', 'dog,cat,boat'], { labels: 'dog,cat,boat' }, ROWS, output)
      expect(await textOf(ROWS, { labels: ['dog', 'cat', 'boat'] })).toBe(output)
    })

    it('@FILE reads them from a file', async () => {
      const path = join(folder({ 'names.txt': 'dog\ncat\nboat\n' }), 'names.txt')
      await readsAs(['--labels', `@${path}`], { labels: `@${path}` }, ROWS, output)
    })

    it('names the classes of objects', async () => {
      const { predictions } = await predict([[1, 2, 3]], { labels: ['dog', 'cat', 'boat'] })
      expect(predictions[0]).toMatchObject({ label: 'boat' })
    })

    refuses('--labels', [''], 'labels', ['', [], 3, [0, 1, 2]])
  },

  emit() {
    const every = 'probs,label,index,confidence,margin,entropy,logsumexp'
    const names = 'p_a,p_b,p_c,label,index,confidence,margin,entropy,logsumexp'
    /** From mpmath, for the logits 1, 2, 3. */
    const summary = '0.6652409557748219,0.4205124847200242,0.8323955818399389,3.40760596444438'

    it('names the output columns', async () => {
      await bothGive(['-e', every], { emit: every }, ROWS, `id,${names}\n7,${P123},c,2,${summary}\n`)
    })

    it('gives them in the order asked for', async () => {
      const output = 'id,index,entropy,label\n7,2,0.8323955818399389,c\n'
      await readsAs(['--emit', 'index,entropy,label'], { emit: ['index', 'entropy', 'label'] }, ROWS, output)
    })

    it('gives probs and label by default', async () => {
      const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`
      expect(await textOf(ROWS, {})).toBe(output)
      expect(await textOf(ROWS, { emit: 'probs,label' })).toBe(output)
    })

    it('names properties of predictions', async () => {
      const { predictions } = await predict([[1, 2, 3]], { emit: ['confidence', 'margin', 'entropy', 'logsumexp'] })
      const [confidence, margin, entropy, logsumexp] = summary.split(',').map(Number)
      expect(predictions[0]).toEqual({ confidence, margin, entropy, logsumexp })
    })

    it('gives a column once, though it is named twice', async () => {
      const output = 'id,index,label\n7,2,c\n'
      await readsAs(['-e', 'index,label,index'], { emit: ['index', 'label', 'index'] }, ROWS, output)
    })

    it('adds columns to those of a matrix', () => {
      const found = softmaxMatrix([0, 0, 2, 1], 2, 2, { emit: 'confidence,margin,entropy,logsumexp' })
      expect(found.confidence).toEqual(Float64Array.of(0.5, 0.7310585786300049))
      expect(found.logsumexp).toEqual(Float64Array.of(Math.LN2, 2.313261687518223))
      expect(ulps(found.margin![1]!, 0.46211715726000974)).toBeLessThanOrEqual(1)
      expect(ulps(found.entropy![1]!, 0.5822031088882179)).toBeLessThanOrEqual(1)
      expect([found.margin![0], found.entropy![0]]).toEqual([0, Math.LN2])
      expect(Object.keys(softmaxMatrix([0, 0], 1, 2)).sort()).toEqual(['index', 'values'])
    })

    it('margin of one class is its whole probability', async () => {
      const output = 'confidence,margin,entropy,logsumexp\n1,1,0,5\n'
      expect(await textOf('logit_a\n5\n', { emit: 'confidence,margin,entropy,logsumexp' })).toBe(output)
    })

    refuses('--emit', ['', 'prob', 'probs,', 'probs label', 'PROBS', 'constructor'], 'emit', ['prob', [], ['x'], 1])
  },

  topK() {
    const input = 'id,logit_a,logit_b,logit_c,logit_d\n7,3,0,1,2\n'

    it('gives the most probable classes in place of all probabilities', async () => {
      const output = 'id,label_1,p_1,label_2,p_2,label\n7,a,0.6439142598879724,d,0.23688281808991013,a\n'
      await bothGive(['-k', '2'], { topK: 2 }, input, output)
      await readsAs(['--top-k=2'], { topK: 2 }, input, output)
    })

    it('gives logarithms with --log', async () => {
      const output = `id,label_1,logp_1,label\n7,a,-0.44018969856119533,a\n`
      await readsAs(['-k1', '--log'], { topK: 1, op: 'log-softmax' }, input, output)
    })

    it('takes all classes, the first first on a tie', async () => {
      const output = 'label_1,p_1,label_2,p_2,label_3,p_3\nb,0.5,c,0.5,a,0\n'
      const options = { topK: 3, emit: 'probs' } as const
      await readsAs(['-k3', '-e', 'probs'], options, 'logit_a,logit_b,logit_c\n-inf,1,1\n', output)
    })

    it('gives `top` in predictions', async () => {
      const { predictions } = await predict([[3, 0, 1, 2]], { topK: 2, labels: ['a', 'b', 'c', 'd'] })
      const top = [
        { label: 'a', index: 0, probability: 0.6439142598879724 },
        { label: 'd', index: 3, probability: 0.23688281808991013 },
      ]
      expect(predictions).toEqual([{ top, index: 0, label: 'a' }])
    })

    it('gives `top` in log-predictions', async () => {
      const { predictions } = await predictLog([[3, 0, 1, 2]], { topK: 1 })
      expect(predictions).toEqual([
        { top: [{ label: '0', index: 0, logProbability: -0.44018969856119533 }], index: 0, label: '0' },
      ])
    })

    it('gives the positions of the most probable of a matrix, row after row', () => {
      expect(softmaxMatrix([3, 0, 1, 2, 1, 1, 0, 5], 2, 4, { topK: 3 }).top).toEqual(Uint32Array.of(0, 3, 2, 3, 0, 1))
    })

    it('cannot be more than there are classes', async () => {
      expect((await run(input, { topK: 5 })).error).toMatchObject({ code: 'E_OPTION', status: 2 })
      expect((await predict([[1, 2]], { topK: 3 })).error).toMatchObject({ code: 'E_OPTION', status: 2 })
      expect(thrown(() => softmaxMatrix([1, 2], 1, 2, { topK: 3 }))).toMatchObject({ code: 'E_OPTION', status: 2 })
      expect(command(['-k5'], { stdin: input })).toMatchObject({ status: 2, stdout: '' })
    })

    refuses('--top-k', ['0', '-1', '1.5', 'two', '', '1e1'], 'topK', [0, -1, 1.5, '2', Number.NaN])
  },

  keep() {
    it('false, --no-keep, leaves out the other columns', async () => {
      await bothGive(['--no-keep'], { keep: false }, ROWS, `p_a,p_b,p_c,label\n${P123},c\n`)
    })

    it('true is the default', async () => {
      const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`
      expect(await textOf(ROWS, { keep: true })).toBe(output)
      expect(await textOf(ROWS, {})).toBe(output)
    })

    it('is a selector of columns', async () => {
      const rows = 'id,x,logit_a,logit_b,logit_c\n7,8,1,2,3\n'
      await bothGive(['--keep', 'x'], { keep: 'x' }, rows, `x,p_a,p_b,p_c,label\n8,${P123},c\n`)
      await readsAs(['--keep=!x'], { keep: ['!x'] }, rows, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    it('is one list', () => {
      const outcome = command(['--keep', 'id', '--keep', 'x'], { stdin: '' })
      expect(outcome.stderr).toContain('--keep is given twice; write one list: --keep id,x ')
    })

    it.each([['--keep'], ['--keep='], ['--no-keep=id']])('%s is refused', (flag) => {
      expect(refusalOf([flag])).toMatchObject({ code: 'E_OPTION', status: 2 })
    })

    it('false leaves out the rest of a record', async () => {
      const { predictions } = await predict([{ id: 7, logits: [2, 1] }], { keep: false })
      expect(predictions).toEqual([{ probabilities: P21.split(',').map(Number), index: 0, label: '0' }])
    })

    it.each(['', 1, 0, null, [], [1]])('%j is refused', (keep) => {
      expect(thrown(() => score({ keep } as never))).toMatchObject({ code: 'E_OPTION' })
      expect(thrown(() => softmax({ keep } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  types() {
    it('infer gives kept columns of delimited text a type, where the output has types', async () => {
      const cwd = folder({ 'in.csv': ROWS })
      expect(command(['in.csv', '-o', 'out.arrow', '--types', 'infer', '-q'], { cwd }).status).toBe(0)
      const { bytes } = await run(ROWS, { to: 'arrow', types: 'infer' })
      expect(readFileSync(join(cwd, 'out.arrow')).equals(bytes)).toBe(true)
      expect(Array.from(tableFromIPC(bytes).getChild('id')!)).toEqual([7n])
    })

    it('text is the default', async () => {
      const { bytes } = await run(ROWS, { to: 'arrow', types: 'text' })
      expect(Array.from(tableFromIPC(bytes).getChild('id')!)).toEqual(['7'])
      expect((await run(ROWS, { to: 'arrow' })).bytes.equals(bytes)).toBe(true)
    })

    it('takes columns with their types, as one list', async () => {
      const { bytes } = await run(ROWS, { to: 'arrow', types: 'id=float64' })
      expect(Array.from(tableFromIPC(bytes).getChild('id')!)).toEqual([7])
      const outcome = command(['--types', 'a=int64', '--types', 'b=int64'], { stdin: '' })
      expect(outcome.stderr).toContain('write one list: --types a=int64,b=int64 ')
    })

    it('has a proposal for names of types in SQL, Python and Arrow, and shows the item that is wrong', () => {
      for (const [types, near] of [
        ['id=string', 'id=text'],
        ['id=VARCHAR', 'id=text'],
        ['id=int', 'id=int64'],
        ['id=int46', 'id=int64'],
        ['x=a=bigint', 'x=a=int64'],
        ['id=Double', 'id=double'],
        ['id=boolean', 'id=bool'],
        ['id=date', 'id=date32'],
        ['id=timestamptz', 'id=timestamp_utc'],
        ['id=Decimal(10,2)', "'id=decimal(10,2)'"],
        ['infr, id = text', 'infer,id=text'],
      ]) {
        const { stderr } = command(['--types', types!], { stdin: '' })
        expect(stderr).toContain(`; did you mean --types ${near}? [E_OPTION]`)
      }
      const { stderr } = command(['--types', 'p=decimal(10,2),id=map,x=text'], { stdin: '' })
      expect(stderr).toMatch(/, not "id=map" \[E_OPTION\]$/m)
      expect(command(['--emit', 'label,chance'], { stdin: '' }).stderr).toMatch(/, not "chance" \[E_OPTION\]$/m)
    })

    refuses('--types', ['guess', '', 'Infer', 'id', 'id=int', 'infer,'], 'types', ['guess', true, null, [], ['id=int']])
  },

  precision() {
    it('is the most significant digits of each result', async () => {
      const output = 'id,p_a,p_b,p_c,label\n7,0.09,0.245,0.665,c\n'
      await bothGive(['-p', '3'], { precision: 3 }, ROWS, output)
      await readsAs(['--precision=3'], { precision: 3 }, ROWS, output)
    })

    it('1 and 17 are the ends of its range', async () => {
      expect(await textOf(ROWS, { precision: 1 })).toBe('id,p_a,p_b,p_c,label\n7,0.09,0.2,0.7,c\n')
      expect(await textOf(ROWS, { precision: 17 })).toBe(`id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    it('writes small numbers as JavaScript does', async () => {
      // exp(-40) = 4.248354255291589e-18, exp(-9) = 0.00012340980408667956, of which 1 + exp(-9) is no more than 1.00013
      const output = (p: string) => `p_a,p_b\n1,${p}\n`
      expect(await textOf('logit_a,logit_b\n40,0\n', { precision: 2, emit: 'probs' })).toBe(output('4.2e-18'))
      expect(await textOf('logit_a,logit_b\n9,0\n', { precision: 3, emit: 'probs' })).toBe(output('0.000123'))
    })

    it('is that of all results', async () => {
      const options = { precision: 2, emit: 'confidence,margin,entropy,logsumexp' } as const
      expect(await textOf(ROWS, options)).toBe('id,confidence,margin,entropy,logsumexp\n7,0.67,0.42,0.83,3.4\n')
    })

    it('rounds what is in predictions', async () => {
      const { predictions } = await predict([[1, 2, 3]], { precision: 3, emit: 'probs,index,entropy' })
      expect(predictions).toEqual([{ probabilities: [0.09, 0.245, 0.665], index: 2, entropy: 0.832 }])
    })

    it('is none of a matrix', () => {
      expect(thrown(() => softmaxMatrix([], 0, 0, { precision: 3 } as never))).toMatchObject({ code: 'E_FLAG' })
    })

    refuses('--precision', ['0', '18', '-1', '2.5', 'full', ''], 'precision', [0, 18, 2.5, '3', null])
  },

  float32() {
    it('rounds to float32 and writes the shortest digits that read back', async () => {
      const output = 'id,p_a,p_b,p_c,label\n7,0.09003057,0.24472848,0.66524094,c\n'
      await bothGive(['--float32'], { float32: true }, ROWS, output)
    })

    it('is off by default', async () => {
      await readsAs(['--no-float32'], { float32: false }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    it('goes before precision', async () => {
      expect(await textOf('logit_a,logit_b\n1,2\n', { float32: true, precision: 9, emit: 'probs' })).toBe(
        'p_a,p_b\n0.268941432,0.731058598\n',
      )
    })

    it('gives floats in predictions and in matrices', async () => {
      const floats = Float32Array.of(0.09003057, 0.24472848, 0.66524094)
      const { predictions } = await predict([[1, 2, 3]], { float32: true })
      expect(predictions[0]!.probabilities).toEqual(Array.from(floats))
      expect(softmaxMatrix([1, 2, 3], 1, 3, { float32: true }).values).toEqual(floats)
    })

    it.each(['yes', 1])('%j is refused', (float32) => {
      expect(thrown(() => score({ float32 } as never))).toMatchObject({ code: 'E_OPTION' })
      expect(thrown(() => softmaxMatrix([], 0, 0, { float32 } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  delimiter() {
    it.each([
      ['tab', '\t'],
      ['TAB', '\t'],
      ['\\t', '\t'],
      ['comma', ','],
      ['semicolon', ';'],
      ['pipe', '|'],
      ['space', ' '],
      ['\\x01', '\u0001'],
      ['\\u0001', '\u0001'],
      ['\\001', '\u0001'],
      ['\\x1F', '\u001f'],
    ])('%s is a character that a shell makes hard to write', async (text, delimiter) => {
      const stdin = ['logit_a', 'logit_b\n2', '1\n'].join(delimiter)
      const output = ['p_a', 'p_b', `label\n${P21.replace(',', delimiter)}`, 'a\n'].join(delimiter)
      await readsAs(['-d', text], { delimiter }, stdin, output)
    })

    const input = 'id;logit_a;logit_b\n7,5;2;1\n'
    const output = 'id;p_a;p_b;label\n7,5;0.7310585786300049;0.2689414213699951;a\n'

    it('is between the cells of input and output', async () => {
      await bothGive(['-d', ';'], { delimiter: ';' }, input, output)
      await readsAs(['--delimiter=;'], { delimiter: ';' }, input, output)
    })

    it('\\t is a tab', async () => {
      const tabs = (text: string) => text.replaceAll(';', '\t')
      await readsAs(['-d', '\\t'], { delimiter: '\t' }, tabs(input), tabs(output))
      await readsAs(['-d', '\t'], { delimiter: '\t' }, tabs(input), tabs(output))
    })

    it('goes before what the file name says', () => {
      const cwd = folder({ 'a.tsv': input })
      expect(command(['-d', ';', 'a.tsv'], { cwd })).toEqual({ status: 0, stdout: output, stderr: '' })
    })

    it('is not that of an output in another format', () => {
      const cwd = folder({ 'a.csv': input })
      expect(command(['-d', ';', '--to', 'tsv', 'a.csv'], { cwd }).stdout).toBe(output.replaceAll(';', '\t'))
    })

    refuses('--delimiter', ['', '1', 'a', '.', '-', '"', '\n'], 'delimiter', ['', '1', 'e', '\r', '"', 9])
  },

  quote() {
    it('is around cells in place of "', async () => {
      const input = "id,logit_a,logit_b\n'a,''b''','2',1\n"
      const output = `id,p_a,p_b,label\n'a,''b''',${P21},a\n`
      await bothGive(['--quote', "'"], { quote: "'" }, input, output)
    })

    it('is " by default', async () => {
      const output = `id,p_a,p_b,label\n"a,b",${P21},a\n`
      await readsAs(['--quote', '"'], {}, 'id,logit_a,logit_b\n"a,b",2,1\n', output)
    })

    it('may be none', async () => {
      await readsAs(
        ['--quote', 'none'],
        { quote: 'none' },
        'id,logit_a,logit_b\n",2,1\n',
        `id,p_a,p_b,label\n",${P21},a\n`,
      )
    })

    refuses('--quote', ['', '""', 'a', '1', '-', '\n', 'é'], 'quote', ['', '""', 'q', 'ł', null])
  },

  lazyQuotes() {
    it('takes quotes for text in cells that do not begin with one', async () => {
      const output = `id,p_a,p_b,label\n5" disk,${P21},a\n`
      await bothGive(['--lazy-quotes'], { lazyQuotes: true }, 'id,logit_a,logit_b\n5" disk,2,1\n', output)
    })

    it.each(['yes', 1])('%j is refused', (lazyQuotes) => {
      expect(thrown(() => score({ lazyQuotes } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  trim() {
    it('drops blanks around cells and names', async () => {
      const output = `id,p_a,p_b,label\n"7, ",${P21},a\n`
      await bothGive(['--trim'], { trim: true }, 'id, logit_a, logit_b\n "7, ", 2, 1\n', output)
    })

    it.each(['yes', 1])('%j is refused', (trim) => {
      expect(thrown(() => score({ trim } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  decimal() {
    it("',' reads decimals with a comma", async () => {
      const output = `id;p_a;p_b;label\n7,0;${P21.replace(',', ';').replaceAll('.', ',')};a\n`
      const input = 'id;logit_a;logit_b\n7,0;2,0;1,0\n'
      await bothGive(['--decimal', ',', '-d', ';'], { decimal: ',', delimiter: ';' }, input, output)
    })

    refuses('--decimal', [';', 'comma', ''], 'decimal', [';', 44])
  },

  skipLines() {
    it('leaves out lines above the header', async () => {
      const output = `id,p_a,p_b,label\n7,${P21},a\n`
      const input = 'made by hand\n\nid,logit_a,logit_b\n7,2,1\n'
      await bothGive(['--skip-lines', '2'], { skipLines: 2 }, input, output)
    })

    refuses('--skip-lines', ['', '-1', '1.5', 'all'], 'skipLines', [-1, 1.5, '1'])
  },

  rowNames() {
    it('reads a header that lacks the name of the first column', async () => {
      const output = `row_names,p_a,p_b,label\n7,${P21},a\n`
      await bothGive(['--row-names'], { rowNames: true }, 'logit_a,logit_b\n7,2,1\n', output)
    })

    it.each(['yes', 1])('%j is refused', (rowNames) => {
      expect(thrown(() => score({ rowNames } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  axis() {
    const cube = (shape: string, numbers: number[]) => {
      const header = `${`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)}\n`
      const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0])
      return Buffer.concat([start, Buffer.from(header), Buffer.from(new Float64Array(numbers).buffer)])
    }
    const output = `p_0,p_1,label\n${P21},0\n${P21.split(',').reverse()},1\n`

    it('is the one that the classes are along', async () => {
      const turned = cube('(2, 2)', [2, 1, 1, 2])
      for (const axis of [0, -2]) {
        expect(outputOf([`--axis=${axis}`, '-t', 'csv'], turned)).toBe(output)
        expect(outputOf(['--axis', `${axis}`, '-t', 'csv'], turned)).toBe(output)
        expect((await run(turned, { axis, to: 'csv' })).text).toBe(output)
      }
      const [one, two] = [cube('(1, 2)', [2, 1]), cube('(2, 1)', [2, 1])]
      expect((await run(two, { axis: 0, to: 'csv' })).text).toBe((await run(one, { to: 'csv' })).text)
    })

    it('is of arrays alone', async () => {
      const { status, stderr } = command(['--axis', '0'], { stdin: ROWS })
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr:
          'softmax: stdin: --axis works only with arrays, such as npy, and this is csv; leave it out [E_CONFLICT]\n',
      })
    })

    it('is one that the array has', async () => {
      const { error } = await run(cube('(1, 2)', [2, 1]), { axis: 2 })
      expect(error?.message).toBe('axis takes an axis of its shape (1, 2), from -2 to 1, not 2 [E_OPTION]')
    })

    refuses('--axis', ['', 'x', '1.5', '--1'], 'axis', [1.5, '1', null])
  },

  tensor() {
    const tensors = (names: string[]) => {
      const entries = names.map((name, index) => [
        name,
        { dtype: 'F64', shape: [1, 2], data_offsets: [16 * index, 16 * index + 16] },
      ])
      const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
      const lead = Buffer.alloc(8)
      lead.writeUInt32LE(header.length)
      return Buffer.concat([
        lead,
        header,
        ...names.map((_, index) => Buffer.from(new Float64Array([2 - index, 1]).buffer)),
      ])
    }

    it('is the one that is read', async () => {
      const [first, second] = [`p_0,p_1,label\n${P21},0\n`, 'p_0,p_1,label\n0.5,0.5,0\n']
      for (const [tensor, output] of [
        ['a', first],
        ['b c', second],
      ] as const) {
        expect(outputOf(['--tensor', tensor, '-t', 'csv', '--no-keep'], tensors(['a', 'b c']))).toBe(output)
        expect((await run(tensors(['a', 'b c']), { tensor, to: 'csv' })).text).toBe(output)
      }
      expect((await run(tensors(['a']), { to: 'csv' })).text).toBe(first)
    })

    it('is the array called logits by default, of several', async () => {
      const { text, error } = await run(tensors(['ids', 'logits']), { to: 'csv', keep: false })
      const second = (await run(tensors(['ids', 'logits']), { tensor: 'logits', to: 'csv', keep: false })).text
      expect({ text, error }).toEqual({ text: second, error: undefined })
      const other = await run(tensors(['logits', 'scores']), { tensor: 'scores', to: 'csv', keep: false })
      expect(other.text).toBe(second)
      const { error: unclear } = await run(tensors(['logits_per_image', 'logits_per_text']), { to: 'csv' })
      expect(unclear).toMatchObject({ code: 'E_TENSOR' })
    })

    it('is one that there is', async () => {
      const { error } = await run(tensors(['a', 'b']), { tensor: 'c' })
      expect(error?.message).toBe(
        `it has no array named "c", only "a", "b"; select the logits, as with tensor: 'a' [E_TENSOR]`,
      )
    })

    it('is not proposed among the results of an earlier run as if it had logits', async () => {
      const { message } = (await run(tensors(['probs', 'index']), {})).error!
      expect(message).toContain(
        'it appears to be scored already: score the original logits; if "probs" contains logits',
      )
    })

    it('is of files that have several', () => {
      const { status, stderr } = command(['--tensor', 'a'], { stdin: ROWS })
      expect(stderr).toContain(
        '--tensor works only with files of named arrays, such as npz, and this is csv; leave it out',
      )
      expect(status).toBe(2)
    })

    refuses('--tensor', [''], 'tensor', ['', 7, null])
  },

  escape() {
    it('stands before a quote inside quotes, in place of a quote', async () => {
      const input = 'id,logit_a,logit_b\n"a\\"b,",2,1\n'
      await bothGive(['--escape', '\\'], { escape: '\\' }, input, `id,p_a,p_b,label\n"a\\"b,",${P21},a\n`)
    })

    it('is the quote by default', async () => {
      const input = 'id,logit_a,logit_b\n"a""b\\",2,1\n'
      await readsAs([], {}, input, `id,p_a,p_b,label\n"a""b\\",${P21},a\n`)
    })

    refuses('--escape', ['', '\\\\', 'a', '1'], 'escape', ['', '\\\\', 'q'])
  },

  encoding() {
    it('is what the input is decoded from', async () => {
      const input = Buffer.from('id,logit_\xe9,logit_b\n\xe4,2,1\n', 'latin1')
      const output = `id,p_é,p_b,label\nä,${P21},é\n`
      expect((await run(input, { encoding: 'latin1' })).text).toBe(output)
      expect(command(['--encoding', 'latin1'], { stdin: input }).stdout).toBe(output)
    })

    refuses('--encoding', ['', 'klingon'], 'encoding', ['', 'utf-9', 8])
  },

  decompress() {
    const packed = { gzip: gzipSync(ROWS), zstd: Buffer.from('28b52ffd', 'hex') }

    it.each(Object.entries(packed))('false refuses %s before it is decompressed', async (name, input) => {
      const { text, error } = await run(input, { decompress: false })
      expect({ text, error }).toMatchObject({ text: '', error: { code: 'E_UNSUPPORTED', status: 1 } })
      expect(error!.message).toContain(`${name} compression with decompress: false`)
      const rows = Readable.from([input])
        .compose(read('csv', { decompress: false }))
        .toArray()
      await expect(rows).rejects.toMatchObject({ code: 'E_UNSUPPORTED' })
    })

    it('--no-decompress refuses it among several files before the first row', () => {
      const cwd = folder({ 'a.csv': ROWS, 'b.csv.gz': packed.gzip })
      const { status, stdout, stderr } = command(['--no-decompress', 'a.csv', 'b.csv.gz'], { cwd })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(
        /^softmax: b\.csv\.gz: .*gzip compression with --no-decompress; to decompress the input, leave out --no-decompress/,
      )
    })

    it('is on by default, and leaves what is not compressed as it is', async () => {
      const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`
      expect(await textOf(ROWS, { decompress: false })).toBe(output)
      expect((await run(packed.gzip, {})).text).toBe(output)
    })

    it.each(['no', 0])('%j is refused', (decompress) => {
      expect(thrown(() => score({ decompress } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  comment() {
    it('begins lines that are skipped', async () => {
      const input = '#1\nid,logit_a,logit_b\n#2\n7,2,1\n'
      await bothGive(['--comment', '#'], { comment: '#' }, input, `id,p_a,p_b,label\n7,${P21},a\n`)
    })

    it('is none by default', async () => {
      await readsAs([], {}, 'id,logit_a,logit_b\n#7,2,1\n', `id,p_a,p_b,label\n#7,${P21},a\n`)
    })

    refuses('--comment', ['', '//', 'a', '1', '-'], 'comment', ['', '//', 'c'])
  },

  header() {
    it('false, --no-header, takes the first line as a row, and writes no header', async () => {
      const args = ['--no-header', '-l', '1-']
      await bothGive(args, { header: false, logits: '1-' }, '1,2,3\n1,2,3\n', `${`${P123},2\n`.repeat(2)}`)
    })

    it('columns are then named by position', async () => {
      const args = ['--no-header', '-l', '2-4']
      await readsAs(args, { header: false, logits: '2-4' }, 'x,1,2,3\n', `x,${P123},2\n`)
    })

    it('true, --header, takes the first line for names, whatever it looks like', async () => {
      const output = `p_3,p_5,p_8,label\n${P123},8\n`
      await readsAs(['--header', '-l', '1-'], { header: true, logits: '1-' }, '3,5,8\n1,2,3\n', output)
    })

    it('is by the first line as a rule', async () => {
      await readsAs(['--header'], { header: true }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    it.each(['no', 0])('%j is refused', (header) => {
      expect(thrown(() => score({ header } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  outputHeader() {
    it('false leaves out the header of the output', async () => {
      await bothGive(['--no-output-header'], { outputHeader: false }, ROWS, `7,${P123},c\n`)
    })

    it('false has a warning of the order of columns that objects have', async () => {
      const rows = '{"id":1,"scores":{"dog":3,"cat":1}}\n'
      const { warnings } = await run(rows, { from: 'ndjson', to: 'csv', logits: 'scores', outputHeader: false })
      expect(warnings).toEqual([
        'without a header, the columns are in the order of the first object: "id", "p_dog", "p_cat", "label"; outputHeader: true writes their names',
      ])
      expect((await run(rows, { from: 'ndjson', to: 'csv', logits: 'scores' })).warnings).toEqual([])
    })

    it('true writes one where the input has none, with positions for names', async () => {
      const args = ['--no-header', '--output-header', '-l', '1,3-4']
      const options = { header: false, outputHeader: true, logits: '1,3-4' }
      await readsAs(args, options, '1,x,2,3\n', `2,p_0,p_1,p_2,label\nx,${P123},2\n`)
    })

    it.each(['no', 0])('%j is refused', (outputHeader) => {
      expect(thrown(() => score({ outputHeader } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  outputDelimiter() {
    it('is between the cells of the output, whatever is between those of the input', async () => {
      const input = 'note,logit_a,logit_b\n"x;y",2,1\n"a,b",2,1\n'
      const output = `note;p_a;p_b;label\n"x;y";${P21.replace(',', ';')};a\na,b;${P21.replace(',', ';')};a\n`
      await bothGive(['--output-delimiter', ';'], { outputDelimiter: ';' }, input, output)
      expect(await textOf(input, { outputDelimiter: ';', lane: 'general' })).toBe(output)
    })

    it.each(['semicolon', 'tab', '\\x01'])('has the names that a delimiter has: %s', async (name) => {
      const character = { semicolon: ';', tab: '\t' }[name] ?? '\x01'
      const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`.replaceAll(',', character)
      await readsAs(['--output-delimiter', name], { outputDelimiter: character }, ROWS, output)
    })

    it('may have several characters, and separates runs of blanks', async () => {
      const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`
      expect(await textOf(ROWS, { outputDelimiter: '::' })).toBe(output.replaceAll(',', '::'))
      const blanks = ROWS.replaceAll(',', '  ')
      expect(await textOf(blanks, { delimiter: 'whitespace', outputDelimiter: ',' })).toBe(output)
    })

    it.each([{ outputDelimiter: '"' }, { outputDelimiter: 'whitespace' }, { outputDelimiter: '.' }])(
      '%j is refused',
      (options) => {
        expect(thrown(() => score(options))).toMatchObject({ code: 'E_OPTION' })
      },
    )

    it('is refused at once where the output cannot have it', () => {
      for (const options of [
        { to: 'copy', outputDelimiter: '||' },
        { from: 'copy', outputDelimiter: '||' },
        { from: 'csv', quote: "'", outputDelimiter: "'" },
      ] as const) {
        expect(thrown(() => score(options))).toMatchObject({ code: 'E_CONFLICT' })
        expect(thrown(() => scoreFiles('in.csv', options))).toMatchObject({ code: 'E_CONFLICT' })
      }
      const { status, stderr } = command([
        'none.csv',
        '-t',
        'copy',
        '--output-delimiter',
        '||',
        '--stats',
        'stats.json',
      ])
      expect([status, stderr]).toEqual([
        2,
        'softmax: --to copy requires a single-byte --output-delimiter [E_CONFLICT]\n',
      ])
    })
  },

  outputDecimal() {
    const P21_COMMAS = P21.split(',').map((p) => p.replace('.', ','))

    it('is that of results in any lane, with quotes where it is the delimiter', async () => {
      const input = 'note,logit_a,logit_b\n1.5,2,1\n'
      const output = `note;p_a;p_b;label\n1.5;${P21_COMMAS.join(';')};a\n`
      const args = ['--output-delimiter', ';', '--output-decimal', ',']
      const options = { outputDelimiter: ';', outputDecimal: ',' } as const
      await bothGive(args, options, input, output)
      for (const lane of ['fast', 'general'] as const) {
        expect(await textOf(input, { ...options, lane })).toBe(output)
        const quoted = `note,p_a,p_b,label\n1.5,${P21_COMMAS.map((p) => `"${p}"`).join()},a\n`
        expect(await textOf(input, { outputDecimal: ',', lane })).toBe(quoted)
      }
    })

    it('is that of kept numbers, too, unless they are text', async () => {
      const options = { outputDelimiter: ';', outputDecimal: ',', to: 'csv', emit: 'label' } as const
      const lines = '{"x":1.5,"n":2,"s":"2.5","logits":[2,1]}\n'
      expect(await textOf(lines, { ...options, from: 'ndjson' })).toBe('x;n;s;label\n1,5;2;2.5;0\n')
      const text = 'x,price,s,logit_a,logit_b\n1.5,2.50,2.5,2,1\n'
      const { bytes } = await run(text, { to: 'parquet', types: 'x=double,price=decimal(10,2),s=text' })
      const columns = { logits: 'p_*', keep: 'x,price,s', emit: 'index' } as const
      expect((await run(bytes, { ...options, ...columns, from: 'parquet' })).text).toBe(
        'x;price;s;index\n1,5;2,50;2.5;0\n',
      )
    })

    it('is that of kept decimals in dictionaries', async () => {
      const types = readFileSync(new URL('../fixtures/types.arrow', import.meta.url))
      const options = { to: 'csv', outputDelimiter: ';', outputDecimal: ',', emit: 'index' } as const
      const { text } = await run(types, { ...options, keep: '/^(dictionary|plain) decimal128.38, 3/' })
      const nines = '99999999999999999999999999999999999,999'
      const rows = text.split('\n').slice(1, 4)
      expect(rows.map((row) => row.slice(0, -2))).toEqual([`${nines};${nines}`, ';', '0,001;0,001'])
    })

    it('is not that of lists, which are JSON, with a warning if results are lists', async () => {
      const input = '{"x":1.5,"tokens":[[2,1],[0,1]]}\n'
      const options = { from: 'ndjson', to: 'csv', outputDelimiter: ';', outputDecimal: ',', logits: 'tokens' } as const
      const { text, warnings } = await run(input, { ...options, emit: 'confidence', precision: 2, labels: 'a,b' })
      expect(text).toBe('x;confidence\n1,5;[0.73,0.73]\n')
      expect(warnings).toEqual([
        "the results are lists, written as JSON with decimal points; only kept numbers have decimal commas (outputDecimal: '.' writes all with points)",
      ])
      expect((await run(input, { ...options, emit: 'index', labels: 'a,b' })).warnings).toEqual([])
    })

    it('may be a point where the input has commas', async () => {
      const input = 'x;logit_a;logit_b\n1,5;2,0;1\n'
      const options = { delimiter: ';', decimal: ',', outputDecimal: '.' } as const
      for (const lane of ['fast', 'general'] as const) {
        expect(await textOf(input, { ...options, lane })).toBe(`x;p_a;p_b;label\n1,5;${P21.replace(',', ';')};a\n`)
      }
    })

    it.each([';', 1])('%j is refused', (outputDecimal) => {
      expect(thrown(() => score({ outputDecimal } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  from() {
    const tabs = ROWS.replaceAll(',', '\t')
    const output = `id,p_a,p_b,p_c,label\n7,${P123},c\n`

    it('is the format of the input, and of the output', async () => {
      await bothGive(['-f', 'tsv'], { from: 'tsv' }, tabs, output.replaceAll(',', '\t'))
      await readsAs(['--from', 'csv'], { from: 'csv' }, ROWS, output)
    })

    it('is reported by the file name where it is not given', () => {
      const cwd = folder({ 'a.tsv': tabs, 'b.TSV': tabs, 'c.csv': ROWS, 'd.txt': ROWS, 'e.tsv': ROWS })
      for (const name of ['a.tsv', 'b.TSV']) expect(command([name], { cwd }).stdout).toBe(output.replaceAll(',', '\t'))
      for (const name of ['c.csv', 'd.txt']) expect(command([name], { cwd }).stdout).toBe(output)
      expect(command(['-f', 'csv', 'e.tsv'], { cwd }).stdout).toBe(output)
    })

    refuses('--from', ['', 'xml', 'CSV', 'constructor'], 'from', ['', 'xml', 'toString', null])
  },

  to() {
    const tabs = `id\tp_a\tp_b\tp_c\tlabel\n7\t${P123.replaceAll(',', '\t')}\tc\n`

    it('is the format of the output', async () => {
      await bothGive(['-t', 'tsv'], { to: 'tsv' }, ROWS, tabs)
      await readsAs(['-f', 'csv', '--to=tsv'], { from: 'csv', to: 'tsv' }, ROWS, tabs)
    })

    it('is reported by the name of the output where it is not given, and goes before it', () => {
      const cwd = folder()
      command(['-o', 'a.tsv'], { stdin: ROWS, cwd })
      command(['-o', 'b.csv', '--to', 'tsv'], { stdin: ROWS, cwd })
      for (const name of ['a.tsv', 'b.csv']) expect(readFileSync(join(cwd, name), 'utf8')).toBe(tabs)
    })

    refuses('--to', ['', 'xml', 'TSV'], 'to', ['', 'xml', 3])
  },

  onError() {
    const input = 'id,logit_a,logit_b\n1,2,1\n2,x,1\n3,2,1\n'

    it('fail, the default, stops at a bad row', async () => {
      for (const args of [[], ['--on-error', 'fail']]) {
        const { status, stdout, stderr } = command(args, { stdin: input })
        expect({ status, stdout }).toEqual({ status: 1, stdout: `id,p_a,p_b,label\n1,${P21},a\n` })
        expect(stderr).toContain('[E_CELL]')
      }
      expect((await run(input, { onError: 'fail' })).error).toMatchObject({ code: 'E_CELL' })
    })

    it('skip leaves bad rows out and counts them', async () => {
      const output = `id,p_a,p_b,label\n1,${P21},a\n3,${P21},a\n`
      const { status, stdout, stderr } = command(['--on-error', 'skip'], { stdin: input })
      expect({ status, stdout }).toEqual({ status: 0, stdout: output })
      expect(stderr).toMatch(/^softmax: 1 of 3 rows .*1 E_CELL\n$/)
      const { text, stats } = await run(input, { onError: 'skip' })
      expect(text).toBe(output)
      expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_CELL: 1 } })
    })

    it('skip leaves bad rows of objects out', async () => {
      const rows = [
        [2, 1],
        ['x', 1],
        [2, 1, 0],
        [2, 1],
      ]
      const { predictions, error } = await predict(rows, { onError: 'skip' })
      expect(error).toBeUndefined()
      expect(predictions).toHaveLength(2)
    })

    refuses('--on-error', ['', 'ignore', 'Skip'], 'onError', ['', 'ignore', true])
  },

  missing() {
    const input = 'logit_a,logit_b,logit_c\n2,,1\n2, \t,1\n2,"",1\n'

    it('error, the default, makes a row with a missing logit bad', async () => {
      expect(command(['--missing', 'error'], { stdin: input }).stderr).toContain('[E_MISSING]')
      expect((await run(input, {})).error).toMatchObject({ code: 'E_MISSING', info: { column: 'logit_b', row: 1 } })
      expect((await predict([[2, '', 1]])).error).toMatchObject({ code: 'E_MISSING' })
    })

    it('-inf takes it for a masked class', async () => {
      const row = '0.7310585786300049,0,0.2689414213699951,a\n'
      await bothGive(['--missing', '-inf'], { missing: '-inf' }, input, `p_a,p_b,p_c,label\n${row.repeat(3)}`)
    })

    it.each(['', null, undefined, ' \t'])('-inf takes %j in an object for a masked class', async (cell) => {
      const { predictions } = await predict([[2, cell, 1]], { missing: '-inf' })
      expect(predictions[0]!.probabilities).toEqual([0.7310585786300049, 0, 0.2689414213699951])
    })

    it('-inf does not add cells to a short row', async () => {
      expect((await run('logit_a,logit_b\n1\n', { missing: '-inf' })).error).toMatchObject({ code: 'E_WIDTH' })
    })

    refuses('--missing', ['', 'zero', '-Inf', '0'], 'missing', ['', 'inf', Number.NEGATIVE_INFINITY])
  },

  null() {
    const input = 'logit_a,logit_b,logit_c\n2,NA,1\n2, NA ,1\n2,"NULL",1\n2,\\N,1\n2,,1\n'
    const row = '0.7310585786300049,0,0.2689414213699951,a\n'
    const masked = `p_a,p_b,p_c,label\n${row.repeat(5)}`

    it('names the texts that are a missing logit, too', async () => {
      const options: ScoreOptions = { null: ['NA', 'NULL', '\\N'], missing: '-inf' }
      await bothGive(['--null', 'NA,NULL,\\N', '--missing', '-inf'], options, input, masked)
      for (const lane of ['general', 'fast'] as const) expect(await textOf(input, { ...options, lane })).toBe(masked)
    })

    it('makes a row with one a bad one, as a missing logit does', async () => {
      for (const lane of ['general', 'fast'] as const) {
        const { error } = await run(input, { null: 'NA', lane })
        expect(error).toMatchObject({ code: 'E_MISSING', info: { column: 'logit_b', row: 1 } })
      }
    })

    it('may be a number, which is then none', async () => {
      const options: ScoreOptions = { null: '-999', missing: '-inf' }
      expect(await textOf('logit_a,logit_b,logit_c\n2,-999,1\n', options)).toBe(`p_a,p_b,p_c,label\n${row}`)
      const lines = '{"logits":[2,-999,1]}\n'
      expect(await textOf(lines, { ...options, from: 'ndjson', to: 'csv' })).toBe(
        `p_0,p_1,p_2,label\n${row.replace('a', '0')}`,
      )
      const { error } = await run('logit_a\n1\n', { ...options, lane: 'fast' })
      expect(error).toMatchObject({ code: 'E_CONFLICT' })
    })

    it('is that of objects and of text in NDJSON, too', async () => {
      const options = { null: 'NA', missing: '-inf' } as const
      const { predictions } = await predict([[2, 'NA', 1]], options)
      expect(predictions[0]!.probabilities).toEqual([0.7310585786300049, 0, 0.2689414213699951])
      const lines = '{"logits":[2,"NA",1]}\n'
      expect(await textOf(lines, { ...options, from: 'ndjson', to: 'csv' })).toContain('0.7310585786300049,0,')
    })

    it('is proposed for what programs write so', async () => {
      for (const cell of ['NA', 'null', 'None', '\\N', '#N/A', '-']) {
        const { error } = await run(`logit_a,logit_b\n${cell},1\n`)
        expect(error!.message).toContain(`null: '${cell.replace('\\', '\\\\')}'`)
      }
      for (const cell of ['#NV', '#N/D', '#ND', '#N/D!', '#I/T', '#SAKNAS!', '#YOK', '#Н/Д']) {
        const { error } = await run(`logit_a,logit_b\n${cell},1\n`)
        expect(error!.message).toContain(`is not a number; null: '${cell}' reads it as a missing logit`)
      }
      for (const cell of [
        'x',
        '#',
        '#1',
        '#fff',
        '# 1!',
        'row:512x',
        'class:501',
        'Row:512',
        'port:599',
        '#fun!',
        '#a?',
      ]) {
        expect((await run(`logit_a,logit_b\n${cell},1\n`)).error!.message).not.toContain('null')
      }
      expect(command([], { stdin: 'logit_a,logit_b\n#N/A,1\n' }).stderr).toContain("--null '#N/A'")
    })

    it.each([
      ...[
        '#DIV/0!',
        '#NAME?',
        '#VALUE!',
        '#REF!',
        '#NUM!',
        '#NULL!',
        '#SPILL!',
        '#WERT!',
        '#BEZUG!',
        '#ZAHL!',
        '#VALEUR!',
      ],
      ...['#¡DIV/0!', '#¿NOMBRE?', '#¡REF!', '#ДЕЛ/0!', 'Err:502', 'Fehler:504', '#VÄRDEFEL!', '#NÉV?', 'Chyba:508'],
    ])('is proposed for %s, of which it is said that a formula failed', async (cell) => {
      const { error } = await run(`logit_a,logit_b\n${cell},1\n`)
      expect(error!.message).toContain(`; a spreadsheet formula failed there; null: '${cell}' reads it`)
      expect(await textOf(`logit_a,logit_b\n${cell},1\n`, { null: cell, missing: '-inf' })).toContain('\n0,1,b\n')
    })

    it('is none by default, and no matter to what is kept', async () => {
      expect((await run('logit_a,logit_b\nNA,1\n')).error).toMatchObject({ code: 'E_CELL' })
      expect(await textOf('t,logit_a,logit_b\nNA,2,1\n', { null: 'NA' })).toBe(`t,p_a,p_b,label\nNA,${P21},a\n`)
    })

    refuses('--null', [''], 'null', ['', [], 3, [1]])
  },

  nonfinite() {
    it('error, the default, makes NaN, +inf and a row of -inf bad', async () => {
      for (const row of ['nan,1', 'inf,1', '-inf,-inf']) {
        const input = `logit_a,logit_b\n${row}\n`
        expect(command(['--nonfinite', 'error'], { stdin: input }).stderr).toContain('[E_NONFINITE]')
        expect((await run(input)).error).toMatchObject({ code: 'E_NONFINITE', info: { row: 1, line: 2 } })
        expect((await predict([row.split(',')])).error).toMatchObject({ code: 'E_NONFINITE', info: { row: 1 } })
      }
      for (const row of [[Number.NaN, 1], [Number.POSITIVE_INFINITY, 1], Array(2).fill(Number.NEGATIVE_INFINITY)])
        expect(thrown(() => softmaxMatrix(row, 1, 2))).toMatchObject({ code: 'E_NONFINITE', info: { row: 1 } })
    })

    it('propagate writes NaN for their probabilities, as scipy and torch do', async () => {
      const input = 'logit_a,logit_b\nnan,1\ninf,1\n-inf,-inf\n'
      const output = `p_a,p_b\n${'NaN,NaN\n'.repeat(3)}`
      const options = { nonfinite: 'propagate', emit: 'probs' } as const
      await bothGive(['--nonfinite', 'propagate', '-e', 'probs', '--quiet'], options, input, output)
      await readsAs(
        ['--nonfinite=propagate', '-e', 'probs', '--log'],
        { ...options, op: 'log-softmax' },
        input,
        `log${output.replace(',p', ',logp')}`,
      )
    })

    it('propagate gives rows of NaN the index of numpy.argmax, and no label', async () => {
      // From numpy.argmax of the logits: 1, 0, 0, 2.
      const input = 'logit_a,logit_b,logit_c\n1,nan,2\ninf,1,inf\n-inf,-inf,-inf\n1,2,3\n'
      const options: ScoreOptions = { nonfinite: 'propagate', emit: 'label,index' }
      for (const lane of ['general', 'fast'] as const) {
        const { text, stats } = await run(input, { ...options, lane })
        expect(text).toBe('label,index\n,1\n,0\n,0\nc,2\n')
        expect(stats).toMatchObject({ written: 4, abstained: 3 })
      }
      expect((await run(input, { ...options, to: 'ndjson' })).text).toMatch(/^\{"label":null,"index":1\}\n/)
      const { predictions } = await predict([[1, Number.NaN, 2]], { nonfinite: 'propagate' })
      expect(predictions[0]).toMatchObject({ index: 1, label: null })
      const { index } = softmaxMatrix([1, Number.NaN, 2], 1, 3, { nonfinite: 'propagate' })
      expect(Array.from(index)).toEqual([1])
      const wide = `logit_0${Array.from({ length: 4999 }, (_, at) => `,logit_${at + 1}`).join('')}\nnan${',1'.repeat(4999)}\n`
      expect((await run(wide, options)).text).toBe('label,index\n,0\n')
    })

    it('propagate names no class beside NaN among the most probable ones', async () => {
      const input = 'logit_a,logit_b\n1,nan\n1,1\n'
      const options: ScoreOptions = { nonfinite: 'propagate', topK: 1, emit: 'probs' }
      for (const lane of ['general', 'fast'] as const) {
        expect((await run(input, { ...options, lane })).text).toBe('label_1,p_1\n,NaN\na,0.5\n')
        const json = await run(input, { ...options, lane, to: 'ndjson' })
        expect(json.text).toBe('{"label_1":null,"p_1":"NaN"}\n{"label_1":"a","p_1":0.5}\n')
        const { bytes } = await run(input, { ...options, lane, to: 'arrow' })
        expect(Array.from(tableFromIPC(bytes).getChild('label_1')!)).toEqual([null, 'a'])
        // With the sigmoid, the other classes have probabilities.
        const both = await run(input, { ...options, lane, op: 'sigmoid', topK: 2 })
        expect(both.text).toMatch(/^label_1,p_1,label_2,p_2\n,NaN,a,0\.731\d+\n/)
      }
      const { predictions } = await predict([[1, Number.NaN]], { nonfinite: 'propagate', topK: 1 })
      expect(predictions[0]!.top).toEqual([{ label: null, index: 1, probability: Number.NaN }])
    })

    it('propagate leaves all other labels, also where the largest probability rounds to 0', async () => {
      const input = 'logit_a,logit_b\n-800,-900\nnan,2\n'
      const options: ScoreOptions = { nonfinite: 'propagate', op: 'sigmoid', emit: 'label,labels' }
      expect((await run(input, options)).text).toBe('label,labels\na,\n,b\n')
      const two: ScoreOptions = { nonfinite: 'propagate', binary: 'no,yes', emit: 'label', logits: 'x', keep: false }
      expect((await run('x\nnan\n1\n-1\n', two)).text).toBe('label\n""\nyes\nno\n')
    })

    it('propagate is known to objects and matrices', async () => {
      const { predictions } = await predict([[Number.NaN, 1]], { nonfinite: 'propagate' })
      expect(predictions[0]!.probabilities).toEqual([Number.NaN, Number.NaN])
      const { values } = softmaxMatrix([Number.NaN, 1], 1, 2, { nonfinite: 'propagate' })
      expect(Array.from(values)).toEqual([Number.NaN, Number.NaN])
    })

    it('null writes null for all of their results', async () => {
      const input = 'logit_a,logit_b\nnan,1\ninf,1\n-inf,-inf\n1,1\n'
      const output = `p_a,p_b,label\n${',,\n'.repeat(3)}0.5,0.5,a\n`
      await bothGive(['--nonfinite', 'null', '--quiet'], { nonfinite: 'null' }, input, output)
      const lines = `${'{"p_a":null,"p_b":null,"label":null}\n'.repeat(3)}{"p_a":0.5,"p_b":0.5,"label":"a"}\n`
      await readsAs(['--nonfinite=null', '-t', 'ndjson'], { nonfinite: 'null', to: 'ndjson' }, input, lines)
    })

    it('does not make a written overflow good', async () => {
      const { error } = await run('logit_a,logit_b\n1e400,1\n', { nonfinite: 'propagate' })
      expect(error).toMatchObject({ code: 'E_OVERFLOW' })
    })

    refuses('--nonfinite', ['', 'nan', 'skip'], 'nonfinite', ['', 'nan', false])
  },

  rejects() {
    it('names the file of bad rows, which are left out', () => {
      const cwd = folder()
      const { status, stdout } = command(['-q', '--rejects', 'r.ndjson'], { stdin: `${ROWS}8,x,2,3\n`, cwd })
      expect({ status, stdout }).toEqual({ status: 0, stdout: `id,p_a,p_b,p_c,label\n7,${P123},c\n` })
      expect(JSON.parse(readFileSync(join(cwd, 'r.ndjson'), 'utf8'))).toMatchObject({ source: 'stdin', raw: '8,x,2,3' })
    })

    it('is left as it was by a run that fails before its first bad row, and has the rows of one that fails later', () => {
      const cwd = folder({ 'r.ndjson': 'of an earlier run', 'in.csv': `${ROWS}8,x,2,3\n9,x,2,3\n` })
      const rejects = () => readFileSync(join(cwd, 'r.ndjson'), 'utf8')
      for (const verb of [[], ['evaluate', '--truth', 'id']]) {
        expect(command([...verb, '--rejects', 'r.ndjson', 'none.csv'], { cwd }).status).toBe(3)
        expect(rejects()).toBe('of an earlier run')
      }
      expect(command(['--rejects', 'r.ndjson', '--max-errors', '1', 'in.csv'], { cwd }).status).toBe(1)
      expect(JSON.parse(rejects().split('\n')[0]!)).toMatchObject({ raw: '8,x,2,3' })
      expect(command(['--rejects', 'r.ndjson'], { stdin: ROWS, cwd }).status).toBe(0)
      expect(rejects()).toBe('')
    })

    it('is one of the command only, and needs a name', () => {
      expect(thrown(() => score({ rejects: 'r' } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
      expect(command(['--rejects', ''], { stdin: ROWS })).toMatchObject({ status: 2, stdout: '' })
    })
  },

  onReject() {
    it('is called with bad rows, which are left out', async () => {
      const rows: unknown[] = []
      const { text } = await run(`${ROWS}8,x,2,3\n`, { onReject: ({ raw }) => rows.push(raw) })
      expect(text).toBe(`id,p_a,p_b,p_c,label\n7,${P123},c\n`)
      await predict([[1, 2], [3]], { onReject: ({ raw }) => rows.push(raw) })
      expect(rows).toEqual(['8,x,2,3', [3]])
    })

    it.each([true, {}, 'r.ndjson', null])('%j is refused', (onReject) => {
      expect(thrown(() => score({ onReject } as never))).toMatchObject({ code: 'E_OPTION' })
      expect(thrown(() => softmax({ onReject } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  maxErrors() {
    it('is how many rows may be bad, of all inputs', () => {
      const cwd = folder({ 'a.csv': `${ROWS}8,x,2,3\n` })
      expect(command(['-q', '--max-errors', '2', 'a.csv', 'a.csv'], { cwd })).toMatchObject({ status: 0, stderr: '' })
      expect(command(['-q', '--max-errors', '1', 'a.csv', 'a.csv'], { cwd })).toMatchObject({ status: 1 })
    })

    refuses('--max-errors', ['', '-1', '1.5', 'two'], 'maxErrors', ['2', -1, 1.5, null])
  },

  head() {
    const rows = (count: number) =>
      `id,logit_a,logit_b\n${Array.from({ length: count }, (_, id) => `${id},2,1\n`).join('')}`
    const scored = (count: number) =>
      `id,p_a,p_b,label\n${Array.from({ length: count }, (_, id) => `${id},${P21},a\n`).join('')}`

    it('is how many rows are scored, the first', async () => {
      await bothGive(['-n', '2'], { head: 2 }, rows(5), scored(2))
      await readsAs(['--head', '9'], { head: 9 }, rows(5), scored(5))
      await readsAs(['--head', '0'], { head: 0 }, rows(5), scored(0))
    })

    it.each(['general', 'fast'] as const)('cuts blocks of any size between rows, in lane %s', async (lane) => {
      const input = rows(3).replace('1,2,1', '"1\n",2,1').replaceAll('\n2', '\n\n2')
      for (const size of [1, 13, 1000]) {
        for (const head of [0, 1, 2, 3]) {
          const { text, error, stats } = await run(input, { head, lane }, size)
          expect(error).toBeUndefined()
          expect(text.split(P21)).toHaveLength(head + 1)
          expect(stats).toMatchObject({ read: head, written: head })
        }
      }
    })

    it('counts bad rows, too', async () => {
      const { text, stats } = await run('logit_a,logit_b\nx,1\n2,1\n2,1\n', { head: 2, onError: 'skip' })
      expect(text).toBe(`p_a,p_b,label\n${P21},a\n`)
      expect(stats).toMatchObject({ read: 2, written: 1, rejected: { E_CELL: 1 } })
    })

    it.each(['csv', 'ndjson', 'npy', 'parquet', 'arrow', 'arrows'] as const)('is that of %s', async (format) => {
      const { bytes } = await run(rows(300), { to: format, keep: false, emit: 'probs' })
      const logits = format === 'ndjson' || format === 'npy' ? undefined : 'p_*'
      const options: ScoreOptions = {
        from: format,
        to: 'csv',
        logits: format === 'ndjson' ? 'p_a,p_b' : logits,
        head: 7,
      }
      expect((await run(bytes, options)).text.split('\n')).toHaveLength(7 + 2)
      expect((await run(bytes, { ...options, to: format, head: 0 })).error).toBeUndefined()
    })

    it.each(['parquet', 'arrow', 'arrows'] as const)(
      'has the results of the whole, from columns of %s',
      async (format) => {
        const logits = Array.from({ length: 300 }, (_, row) => `${row},${(row * 7) % 13},${(row * 5) % 11}\n`)
        const { bytes } = await run(`id,a,b\n${logits.join('')}`, { logits: 'a,b', to: format, emit: 'probs=logit_' })
        const lines = async (head?: number) => {
          const scored = await run(bytes, { from: format, to: format, ...(head !== undefined && { head }) })
          const { text } = await run(scored.bytes, { from: format, to: 'ndjson', logits: 'p_*', emit: 'index' })
          return text.trimEnd().split('\n')
        }
        expect(await lines(7)).toEqual((await lines()).slice(0, 7))
      },
    )

    it('tells a format that has the number of rows in front', async () => {
      const { bytes } = await run(rows(300), { to: 'npy' })
      const { bytes: first } = await run(bytes, { from: 'npy', head: 7 })
      expect(first.toString('latin1')).toContain("'shape': (7, 2)")
    })

    it('is of all inputs together, of which the rest is not read', () => {
      const cwd = folder({ 'a.csv': rows(3), 'b.csv': rows(3), 'c.csv': 'id\n' })
      const { status, stdout } = command(['-n', '4', 'a.csv', 'b.csv', 'c.csv'], { cwd })
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${scored(3)}${scored(1).split('\n')[1]}\n` })
    })

    it('ends an input that has no end, and one that gives no more', () => {
      expect(shell('yes 2,1 | softmax --no-header -l 1- -n 2', folder()).stdout).toBe(`${P21},0\n${P21},0\n`)
      const slow = 'mkfifo in; { echo logit_a,logit_b; echo 2,1; exec sleep 30; } > in & softmax -n 1 < in && kill $!'
      expect(shell(slow, folder())).toMatchObject({ stdout: `p_a,p_b,label\n${P21},a\n`, stderr: '', status: 0 })
    })

    it('ends a stream that is read, though more is written to it', async () => {
      const stream = score({ head: 1 })
      stream.write(rows(2))
      const read = await stream.toArray()
      expect(Buffer.concat(read).toString()).toBe(scored(1))
      stream.end('what goes by')
      await new Promise((resolve) => stream.once('close', resolve))
    })

    refuses('--head', ['-1', '1.5', 'all', ''], 'head', [-1, 1.5, '1'])
  },

  dryRun() {
    it('shows what would be done, and writes nothing', () => {
      const cwd = folder({ 'in.csv': ROWS, 'out.csv': 'old' })
      const args = ['--dry-run', 'in.csv', '-o', 'out.csv', '--rejects', 'r.ndjson', '--stats', 's.json']
      const { status, stdout, stderr } = command(args, { cwd })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout.split('\n').slice(-3)).toEqual(['id,p_a,p_b,p_c,label', `7,${P123},c`, ''])
      expect(readdirSync(cwd)).toEqual(['in.csv', 'out.csv'])
      expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('old')
    })

    it('is one of the command only', () => {
      expect(thrown(() => score({ dryRun: true } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
    })
  },

  requireRows() {
    it('makes an input without rows an error', async () => {
      for (const input of ['', 'logit_a,logit_b\n', '\n\n', 'logit_a,logit_b\n\n']) {
        expect((await run(input, { requireRows: true })).error).toMatchObject({ code: 'E_EMPTY', status: 1 })
        expect((await run(input, {})).error).toBeUndefined()
      }
      await bothGive(['--require-rows'], { requireRows: true }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })
  },

  escapeFormulas() {
    const cells = ['=1+1', '+a', '-a', '@a', '"=a,b"', '"\ta"', '-1', '+2.5e3', 'a=1', '"say ""=a"""', '-inf', '""']
    const safe = [`'=1+1`, `'+a`, `'-a`, `'@a`, `"'=a,b"`, `'\ta`, '-1', '+2.5e3', 'a=1', '"say ""=a"""', '-inf', '""']

    it.each([
      { escapeFormulas: true },
      { outputHeader: true },
      { outputDelimiter: ';' },
      { outputDecimal: ',' as const },
    ])('is refused without delimited text, at once if the options show the format: %j', async (options) => {
      const conflict = {
        code: 'E_CONFLICT',
        message: expect.stringContaining('works only with delimited text, which the output is not; leave it out'),
      }
      for (const to of ['ndjson', 'npy', 'parquet'] as const) {
        expect(thrown(() => score({ ...options, to }))).toMatchObject(conflict)
        expect(thrown(() => score({ ...options, from: to }))).toMatchObject(conflict)
        expect(thrown(() => scoreFiles('in.csv', { ...options, to }))).toMatchObject(conflict)
      }
      expect((await run('{"logits":[1,2]}\n', options)).error).toMatchObject(conflict)
    })

    it('puts a quote before text that begins as a formula does, never before numbers', async () => {
      const rows = (all: string[], rest: string) => all.map((cell) => `${cell},${rest}\n`).join('')
      const input = `=id,logit_a,logit_b\n${rows(cells, '2,1')}`
      const output = `'=id,p_a,p_b,label\n${rows(safe, `${P21},'+a`)}`
      const options = { escapeFormulas: true, labels: ['+a', '-1'] }
      await bothGive(['--escape-formulas', '--labels', '+a,-1'], options, input, output.replace('p_a,p_b', 'p_+a,p_-1'))
      const tabs = await textOf(input, { ...options, to: 'tsv' })
      expect(tabs).toContain(`'=a,b\t`)
      expect(tabs).toContain(`\n'+a\t`)
    })

    it('knows numbers with a decimal comma if the output has them', async () => {
      for (const lane of ['general', 'auto'] as const) {
        const semicolons = { escapeFormulas: true, delimiter: ';', decimal: ',', emit: 'label', lane } as const
        const row = (cell: string) => `x;logit_a;logit_b\n${cell};1;2\n`
        for (const cell of ['-1,5', '+2,5e3', '-,5', '-1.5', '-3']) {
          expect(await textOf(row(cell), semicolons)).toBe(`x;label\n${cell};b\n`)
        }
        for (const cell of ['-1,5,2', '-1,5+A1', '=1,5']) {
          expect(await textOf(row(cell), semicolons)).toBe(`x;label\n'${cell};b\n`)
        }
        expect(await textOf(row('-1,5'), { ...semicolons, outputDecimal: '.' })).toBe(`x;label\n'-1,5;b\n`)
        const kept = '{"x":-1.5,"y":-3,"z":"-a","logit_a":1,"logit_b":2}\n'
        const german = { outputDelimiter: ';', outputDecimal: ',', escapeFormulas: true, emit: 'label' } as const
        expect(await textOf(kept, { ...german, from: 'ndjson', to: 'csv' })).toBe(`x;y;z;label\n-1,5;-3;'-a;b\n`)
      }
    })

    it('leaves all as it is otherwise', async () => {
      expect(await textOf('=id,logit_a\n=1,2\n', { labels: 'a' })).toBe('=id,p_a,label\n=1,1,a\n')
    })
  },

  clobber() {
    it('--no-clobber leaves a file that is there as it is, and fails', () => {
      const cwd = folder({ 'old.csv': 'old\n' })
      const { status, stderr } = command(['--no-clobber', '-o', 'old.csv'], { stdin: ROWS, cwd })
      expect(stderr).toMatch(/^softmax: cannot write "old\.csv": it already exists.* \[E_OUTPUT\]\n$/)
      expect(status).toBe(3)
      expect(readFileSync(join(cwd, 'old.csv'), 'utf8')).toBe('old\n')
    })

    it('--no-clobber does the same for metrics, and writes no output then', () => {
      const cwd = folder({ 'old.json': 'old' })
      const args = ['--no-clobber', '-o', 'new.csv', '--truth', 'y', '--metrics', 'old.json']
      const { status } = command(args, { stdin: 'y,logit_a,logit_b\na,2,1\n', cwd })
      expect([status, readdirSync(cwd)]).toEqual([3, ['old.json']])
      expect(readFileSync(join(cwd, 'old.json'), 'utf8')).toBe('old')
    })

    it('--no-clobber writes a file that is not there, and devices', () => {
      const cwd = folder()
      expect(command(['--no-clobber', '-o', 'new.csv'], { stdin: ROWS, cwd }).status).toBe(0)
      expect(readFileSync(join(cwd, 'new.csv'), 'utf8')).toContain(P123)
      expect(readdirSync(cwd)).toEqual(['new.csv'])
      expect(command(['--no-clobber', '-o', '/dev/null'], { stdin: ROWS, cwd }).status).toBe(0)
    })
  },

  debug() {
    it('tells where an error arose', () => {
      const { status, stderr } = command(['--debug'], { stdin: 'logit_a,logit_b\n1,x\n' })
      expect(status).toBe(1)
      expect(stderr).toMatch(/^softmax: .* \[E_CELL\]\n/)
      expect(stderr).toMatch(/\n {4}at reportRowErrors /)
      expect(command([], { stdin: 'logit_a,logit_b\n1,x\n' }).stderr).not.toContain('    at ')
    })
  },

  maxRowBytes() {
    it('is how long a row may be, and how much is held of one', async () => {
      const input = `logit_a,logit_b\n2,1${' '.repeat(30)}\n2,1\n`
      const output = `p_a,p_b,label\n${P21},a\n`
      await bothGive(['--max-row-bytes', '34'], { maxRowBytes: 34 }, input, `${output}${P21},a\n`)
      const { text } = await run(input, { maxRowBytes: 33, onError: 'skip' })
      expect(text).toBe(output)
    })

    refuses('--max-row-bytes', ['', '0', '-1', '1.5', '16M', '536870913'], 'maxRowBytes', ['9', 0, 1.5, 2 ** 29 + 1])
  },

  jobs() {
    it('is how many threads work, and changes no byte', async () => {
      for (const jobs of [0, 1, 2, 5])
        await bothGive(['-j', String(jobs)], { jobs }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    refuses('--jobs', ['', '-1', '1.5', 'two', '257'], 'jobs', ['2', -1, 1.5, 257, null])
  },

  lane() {
    it('is which lane does the rows, and changes no byte', async () => {
      for (const lane of ['auto', 'general', 'fast'] as const) {
        await bothGive(['--lane', lane], { lane }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
        expect((await run(ROWS, { lane })).stats.lane).toBe(lane === 'auto' ? 'fast' : lane)
      }
    })

    it('fast is refused where it cannot', () => {
      const { status, stderr } = command(['--lane', 'fast', '--quote', "'"], { stdin: ROWS })
      expect(stderr).toMatch(/^softmax: .*\[E_CONFLICT\]\n$/)
      expect(status).toBe(2)
    })

    refuses('--lane', ['', 'slow', 'FAST'], 'lane', ['', 'slow', true])
  },

  source() {
    it('is the name of the input in messages', async () => {
      const { error } = await run('logit_a,logit_b\nx,1\n', { source: 'model.csv' })
      expect(error!.info).toMatchObject({ source: 'model.csv' })
      expect(error!.message).toMatch(/^model\.csv:2: /)
    })

    it('is in errors of the header too', async () => {
      const { error } = await run('id,truth\n1,2\n', { source: 'model.csv' })
      expect(error!.message).toMatch(/^model\.csv: /)
    })

    it('is no flag: the command names its files itself', () => {
      expect(command(['--source', 'x'], { stdin: ROWS })).toMatchObject({ status: 2 })
    })

    it('may be a list for one stream', async () => {
      const { error } = await run('logit_a,logit_b\nx,1\n', { source: ['model.csv'] })
      expect(error!.message).toMatch(/^model\.csv:2: /)
    })

    it('needs a name, or one for each stream', () => {
      for (const source of ['', 3, [], [''], ['a', 'b']]) {
        for (const make of [score, (options: never) => read('csv', options)]) {
          expect(thrown(() => make({ source } as never))).toMatchObject({ code: 'E_OPTION' })
        }
      }
    })
  },

  typesFrom() {
    it('gives copies of rows the types of the rows of a stream', async () => {
      const { bytes } = await run('id,logit_a,logit_b\n7,2,1\n', { to: 'parquet', types: 'id=decimal(5,2)' })
      const rows = read('parquet')
      const copies = Readable.from([bytes])
        .pipe(rows)
        .map((row) => ({ ...row, more: 1 }))
      const written = Buffer.concat(await copies.compose(write('arrow', { typesFrom: rows })).toArray())
      const { fields } = tableFromIPC(written).schema
      expect(fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
        'id Decimal[5e+2]',
        'p_a Float64',
        'p_b Float64',
        'label Utf8',
        'more Int64',
      ])
    })

    it.each([true, {}, new PassThrough(), softmax(), 'rows', null])('%s is refused', (typesFrom) => {
      const error = thrown(() => write('parquet', { typesFrom } as never))
      expect(error).toMatchObject({
        code: 'E_OPTION',
        message: expect.stringContaining('typesFrom takes a stream of read()'),
      })
    })
  },

  signal() {
    it('destroys a stream of bytes with an AbortError', async () => {
      const abort = new AbortController()
      const stream = score({ signal: abort.signal })
      const failure = new Promise((resolve) => stream.on('error', resolve))
      stream.write(ROWS)
      abort.abort()
      expect(await failure).toMatchObject({ name: 'AbortError' })
      expect(stream.destroyed).toBe(true)
    })

    it('destroys a stream of objects with an AbortError', async () => {
      const abort = new AbortController()
      const stream = softmax({ signal: abort.signal })
      const failure = new Promise((resolve) => stream.on('error', resolve))
      stream.write([1, 2, 3])
      abort.abort()
      expect(await failure).toMatchObject({ name: 'AbortError' })
      expect(stream.destroyed).toBe(true)
    })

    const hung = () => {
      const stream = new PassThrough()
      stream.write('y,logit_a,logit_b\na,2,1\n')
      return stream
    }
    const endless = () => {
      const rows = async function* () {
        yield 'y,logit_a,logit_b\n'
        for (;;) yield await setImmediate('a,2,1\nb,1,2\n'.repeat(500))
      }
      return Readable.from(rows())
    }
    const FUNCTIONS: Record<string, (input: Readable, options: EvaluateOptions) => Promise<unknown>> = {
      evaluate,
      calibrate,
      report,
      scoreFiles: (input, options) => finished(scoreFiles(input, options).resume()),
    }

    it.each(Object.keys(FUNCTIONS))('ends %s, and its input, which may be silent or endless', async (name) => {
      for (const input of [hung(), endless()]) {
        const abort = new AbortController()
        const ended = FUNCTIONS[name]!(input, { truth: 'y', from: 'csv', signal: abort.signal })
        const isRead = async () => {
          while (input.listenerCount('readable') === 0) await setImmediate()
          await setImmediate()
          abort.abort()
        }
        const [outcome] = await Promise.allSettled([ended, isRead()])
        expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
        expect(input.destroyed).toBe(true)
      }
    })

    it('ends them while a bad row is being reported', async () => {
      for (const name of Object.keys(FUNCTIONS)) {
        const abort = new AbortController()
        const onReject = () => {
          abort.abort()
          return new Promise<void>(() => {})
        }
        const input = Readable.from(['y,logit_a,logit_b\na,1,x\na,1,2\n'])
        const ended = FUNCTIONS[name]!(input, { truth: 'y', from: 'csv', onReject, signal: abort.signal })
        await expect(ended).rejects.toMatchObject({ name: 'AbortError' })
      }
    })

    it('ends the evaluation of a file before all of it was read', async () => {
      const abort = new AbortController()
      const path = join(folder({ 'in.csv': `y,logit_a,logit_b\n${'a,2,1\nb,1,2\n'.repeat(1_000_000)}` }), 'in.csv')
      const evaluated = evaluate(path, { truth: 'y', signal: abort.signal, jobs: 1 })
      await setImmediate()
      abort.abort()
      await expect(evaluated).rejects.toMatchObject({ name: 'AbortError' })
    })

    it('that was given before destroys it at once', async () => {
      const signal = AbortSignal.abort()
      const streams: Duplex[] = [score({ signal }), softmax({ signal })]
      const failures = streams.map((stream) => new Promise((resolve) => stream.on('error', resolve)))
      expect(await Promise.all(failures)).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }])
    })

    it.each([true, {}, 'SIGTERM', null])('%j is refused', (signal) => {
      expect(thrown(() => score({ signal } as never))).toMatchObject({ code: 'E_OPTION' })
      expect(thrown(() => softmax({ signal } as never))).toMatchObject({ code: 'E_OPTION' })
    })
  },

  progress() {
    it('is beside the rows, and ends in a log with what was done', () => {
      const scored = { status: 0, stdout: `id,p_a,p_b,p_c,label\n7,${P123},c\n` }
      expect(command(['--progress'], { stdin: ROWS })).toMatchObject({
        ...scored,
        stderr: expect.stringMatching(/^softmax: standard output: 1 row in \d+\.\d\d s, \d+ rows\/s\n$/),
      })
      expect(command(['--no-progress'], { stdin: ROWS })).toMatchObject({ ...scored, stderr: '' })
    })

    it('is a line that is redrawn in place, cut at the edge, and wiped at the end', () => {
      vi.useFakeTimers({ toFake: ['performance'] })
      onTestFinished(() => void vi.useRealTimers())
      const written: string[] = []
      const terminal = { columns: 20, isTTY: true, write: (text: string) => written.push(text) }
      const progress = showProgress(terminal as unknown as NodeJS.WriteStream, 100, false)
      vi.advanceTimersByTime(1000)
      progress.update(50, 1000)
      progress.update(60, 1200)
      progress.clear()
      expect(written).toEqual(['\r50%  1,000 rows  1,\x1b[K', '\r\x1b[K'])
    })

    it('tells the time left, where the size of the input is known', () => {
      const state = { bytes: 25, rows: 420_000, seconds: 0.4, total: 100 }
      expect(progressLine(state)).toBe('25%  420,000 rows  1,050,000 rows/s  0:02 left')
      expect(progressLine({ ...state, seconds: 40 })).toBe('25%  420,000 rows  10,500 rows/s  2:00 left')
      expect(progressLine({ ...state, seconds: 4000 })).toBe('25%  420,000 rows  105 rows/s  3:20:00 left')
      expect(progressLine({ ...state, total: undefined })).toBe('420,000 rows  1,050,000 rows/s  0:00')
      expect(progressLine({ ...state, seconds: 75.9, total: undefined })).toBe('420,000 rows  5,534 rows/s  1:15')
      expect(progressLine({ ...state, bytes: 42 })).toMatch(/^42% {2}/)
    })

    it('takes no value', () => {
      expect(command(['--progress=1'], { stdin: ROWS })).toMatchObject({ status: 2, stdout: '' })
    })
  },

  truth() {
    const rows = 'logit_a,logit_b,y\n2,1,a\n2,1,b\n2,1,\n'

    it('is the column of true classes, which is kept as any other', async () => {
      const scored = `y,p_a,p_b,label\na,${P21},a\nb,${P21},a\n,${P21},a\n`
      await bothGive(['--truth', 'y'], { truth: 'y' }, rows, scored)
      await readsAs(['--truth', '3'], { truth: '3' }, rows, scored)
    })

    it('makes a row bad whose class is none', async () => {
      for (const lane of ['general', 'fast'] as const) {
        const { error } = await run(rows, { truth: 'y', labels: 'a,c', lane })
        expect(error).toMatchObject({ code: 'E_TRUTH', info: { line: 3, column: 'y', cell: 'b' } })
      }
    })
  },

  truthFrom() {
    const rows = (...truths: number[]) => `logit_a,logit_b,y\n2,1,${truths[0]}\n2,1,${truths[1]}\n`

    it('is the number that means the first class', async () => {
      const scored = (...truths: number[]) => `y,correct\n${truths[0]},true\n${truths[1]},false\n`
      const flags = ['--truth', 'y', '--emit', 'correct']
      const options = { truth: 'y', emit: 'correct' } as const
      await bothGive([...flags, '--truth-from', '1'], { ...options, truthFrom: 1 }, rows(1, 2), scored(1, 2))
      await bothGive([...flags, '--truth-from', '0'], { ...options, truthFrom: 0 }, rows(0, 1), scored(0, 1))
    })

    refuses('--truth-from', ['', '2', '-1', 'one', '1.5'], 'truthFrom', [2, -1, '1', 0.5, true])
  },

  binary() {
    const stdin = 'id,logit\n7,2\n'

    it('names the two classes of one logit', async () => {
      const output = 'id,p_no,p_yes,label\n7,0.11920292202211756,0.8807970779778824,yes\n'
      await bothGive(['--binary', 'no,yes'], { binary: 'no,yes' }, stdin, output)
      expect(await textOf(stdin, { binary: ['no', 'yes'] })).toBe(output)
      expect(await textOf(stdin, { binary: 'no, yes' })).toBe(output)
      const quoted = output.replace('p_yes', '"p_yes, so"').replace(',yes\n', ',"yes, so"\n')
      await bothGive(['--binary', '["no","yes, so"]'], { binary: ['no', 'yes, so'] }, stdin, quoted)
    })

    refuses('--binary', ['', 'yes', 'no,yes,maybe', 'no,no', ',yes', '["no"]', '["no",1]', '[no'], 'binary', [
      1,
      [],
      ['a'],
      ['a', 'a'],
      ['a', 1],
    ])
  },

  minConfidence() {
    it('leaves the label empty where the largest probability is lower', async () => {
      await bothGive(['--min-confidence', '0.7'], { minConfidence: 0.7 }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},\n`)
      await readsAs(['--min-confidence', '0.6'], { minConfidence: 0.6 }, ROWS, `id,p_a,p_b,p_c,label\n7,${P123},c\n`)
    })

    refuses('--min-confidence', ['', '1.5', '-1', 'high', '70%'], 'minConfidence', [2, -0.1, Number.NaN, '0.5', null])
  },

  threshold() {
    const probs = 'id,p_a,labels\n7,0.8807970779778824,'
    const stdin = 'id,logit_a\n7,2\n'

    it('is the least probability of a label, for all classes or by class', async () => {
      const args = ['--sigmoid', '-e', 'probs,labels', '--threshold']
      const options: ScoreOptions = { op: 'sigmoid', emit: 'probs,labels' }
      await bothGive([...args, '0.9'], { ...options, threshold: 0.9 }, stdin, `${probs}\n`)
      await readsAs([...args, '.2'], { ...options, threshold: 0.2 }, stdin, `${probs}a\n`)
      await readsAs([...args, '{"a": 0.9}'], { ...options, threshold: { a: 0.9 } }, stdin, `${probs}\n`)
    })

    it('may be a list in the order of the classes, one for each', async () => {
      const options: ScoreOptions = { op: 'sigmoid', emit: 'labels' }
      const two = 'logit_a,logit_b\n2,2\n'
      const args = ['--sigmoid', '-e', 'labels', '--threshold', '[0.9,0.5]']
      await readsAs(args, { ...options, threshold: [0.9, 0.5] }, two, 'labels\nb\n')
      const { error } = await run(two, { ...options, threshold: [0.9] })
      expect(error).toMatchObject({ code: 'E_OPTION', message: 'threshold: 1 threshold for 2 classes [E_OPTION]' })
    })

    refuses(
      '--threshold',
      ['1.5', '-0.1', '', 'half', '50%', '{}', '{"a":"b"}', '{"a":0.1,"a":0.2}', '{"a":0.1', '[0.5,2]'],
      'threshold',
      [2, -1, Number.NaN, '0.5', {}, { a: 2 }, [2], []],
    )
  },

  metrics() {
    it('names a file of the metrics of what is scored', () => {
      const cwd = folder()
      const stdin = 'logit_a,logit_b,y\n2,1,a\n2,1,b\n'
      const { status, stdout } = command(['--truth', 'y', '--metrics', 'm.json'], { cwd, stdin })
      expect([status, stdout]).toEqual([0, `y,p_a,p_b,label\na,${P21},a\nb,${P21},a\n`])
      expect(JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8'))).toMatchObject({
        rows: 2,
        accuracy: 0.5,
        confusion: [
          [1, 0],
          [1, 0],
        ],
      })
    })

    it('leaves no file where a run fails, and needs true classes', () => {
      const cwd = folder({ 'm.json': 'old' })
      const args = ['--truth', 'y', '--metrics', 'm.json']
      expect(command(args, { cwd, stdin: 'logit_a,logit_b,y\n2,x,a\n' }).status).toBe(1)
      expect(readFileSync(join(cwd, 'm.json'), 'utf8')).toBe('old')
      const { status, stderr } = command(['--metrics', 'm.json'], { cwd, stdin: ROWS })
      expect([status, stderr]).toEqual([2, expect.stringContaining('--truth')])
    })
  },

  oneVsRest() {
    const stdin = 'logit_a,logit_b,logit_c,y\n1,2,3,a\n2,1,0,b\n'

    it('measures how each class ranks its rows against all others', async () => {
      const metrics = await evaluate(Readable.from([stdin]), { truth: 'y', oneVsRest: true })
      expect(metrics).toMatchObject({ auroc: 0.25, average_precision: 0.5 })
      const { stdout } = command(['evaluate', '--truth', 'y', '--one-vs-rest', '--json'], { stdin })
      expect(JSON.parse(stdout)).toEqual(metrics)
      const cwd = folder()
      command(['--truth', 'y', '--one-vs-rest', '--metrics', 'm.json'], { cwd, stdin })
      expect(JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8'))).toEqual(metrics)
    })

    it.each([
      [['--one-vs-rest'], '--one-vs-rest works only with softmax evaluate, or with --metrics'],
      [['--truth', 'y', '--one-vs-rest'], '--one-vs-rest works only with softmax evaluate, or with --metrics'],
      [
        ['evaluate', '--truth', 'y', '--sigmoid', '--one-vs-rest'],
        '--one-vs-rest works only with softmax; with --sigmoid, each of up to 128 classes is measured without it',
      ],
      [['evaluate', '--merge', '--one-vs-rest'], '--merge reads no rows; leave out --one-vs-rest'],
      [
        ['calibrate', '--truth', 'y', '--one-vs-rest'],
        'calibrate measures only log loss and ECE; leave out --one-vs-rest',
      ],
    ])('is refused where it would have no effect: %j', (flags, reason) => {
      const { status, stderr } = command(flags, { stdin })
      expect([status, stderr]).toEqual([2, expect.stringContaining(reason)])
    })

    it('needs true classes, and a softmax, also in a stream', () => {
      const refused = (options: ScoreOptions) => {
        const conflict = { code: 'E_CONFLICT', message: expect.stringContaining('oneVsRest') }
        expect(thrown(() => score({ oneVsRest: true, ...options }))).toMatchObject(conflict)
      }
      refused({})
      refused({ truth: 'y', op: 'sigmoid' })
    })

    it('is suggested for the names of these metrics in other programs', () => {
      const { stderr } = command(['evaluate', '--truth', 'y', '--roc-auc'], { stdin })
      expect(stderr).toContain('--one-vs-rest')
    })
  },

  report() {
    it('names the file of a page, of softmax evaluate alone', () => {
      const cwd = folder()
      const stdin = 'logit_a,logit_b,y\n2,1,a\n2,1,b\n'
      expect(command(['evaluate', '--truth', 'y', '--report', 'r.html', '-q'], { cwd, stdin }).status).toBe(0)
      expect(readFileSync(join(cwd, 'r.html'), 'utf8')).toMatch(/^<!doctype html>.*Evaluation of stdin/s)
      for (const args of [[], ['calibrate']]) {
        expect(command([...args, '--truth', 'y', '--report', 's.html'], { cwd, stdin })).toMatchObject({
          status: 2,
          stderr: expect.stringContaining('--report works only with softmax evaluate'),
        })
      }
      expect(existsSync(join(cwd, 's.html'))).toBe(false)
    })
  },

  calibration() {
    const CALIBRATION = { version: 1, method: 'temperature', temperature: 2, classes: ['a', 'b', 'c'] }
    const HALVED = 'logit_a,logit_b,logit_c\n2,4,6\n'

    it('names a file whose temperature divides the logits', async () => {
      const cwd = folder({ 'c.json': JSON.stringify(CALIBRATION) })
      const output = `p_a,p_b,p_c,label\n${P123},c\n`
      expect(command(['--calibration', 'c.json'], { cwd, stdin: HALVED }).stdout).toBe(output)
      expect(await textOf(HALVED, { calibration: join(cwd, 'c.json') })).toBe(output)
      expect(await textOf(HALVED, { calibration: CALIBRATION })).toBe(output)
    })

    it('is of objects and of a matrix, too', async () => {
      const probabilities = P123.split(',').map(Number)
      const { predictions } = await predict([[2, 4, 6]], { calibration: CALIBRATION })
      expect(predictions[0]).toMatchObject({ probabilities })
      expect(Array.from(softmaxMatrix([2, 4, 6], 1, 3, { calibration: CALIBRATION }).values)).toEqual(probabilities)
    })

    it('is never read and written in one run', () => {
      const cwd = folder({ 'c.json': JSON.stringify(CALIBRATION) })
      expect(command(['--calibration', 'c.json', '-o', 'c.json'], { cwd, stdin: HALVED })).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('E_SAME_FILE'),
      })
    })

    refuses('--calibration', [''], 'calibration', ['', 7, true])
  },

  coverage() {
    it('is a share, of softmax calibrate alone', () => {
      const stdin = 'logit_a,logit_b,y\n2,1,a\n2,1,b\n'
      const { stdout } = command(['calibrate', '--truth', 'y', '--coverage', '0.5'], { stdin })
      expect(JSON.parse(stdout)).toMatchObject({ coverage: 0.5, quantile: expect.closeTo(0.5, 6) })
      expect(command(['--coverage', '0.5'], { stdin })).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('--coverage works only with softmax calibrate'),
      })
      for (const text of ['0', '1', '90', '90%', '']) {
        expect(thrown(() => readArguments(['--coverage', text]))).toMatchObject({ code: 'E_OPTION', status: 2 })
      }
    })
  },

  json() {
    it('prints an evaluation as JSON, and is of that alone', () => {
      const stdin = 'logit_a,logit_b,y\n2,1,a\n'
      const { stdout } = command(['evaluate', '--truth', 'y', '--json'], { stdin })
      expect(JSON.parse(stdout)).toMatchObject({ rows: 1, accuracy: 1 })
      expect(command(['--json'], { stdin })).toMatchObject({ status: 2, stdout: '' })
    })
  },

  partial() {
    it('and merge give the metrics of rows in several processes', () => {
      const parts = ['logit_a,logit_b,y\n2,1,a\n', 'logit_a,logit_b,y\n2,1,b\n']
      const lines = parts.map((stdin) => command(['evaluate', '--truth', 'y', '--partial'], { stdin }).stdout)
      expect(lines.map((line) => line.indexOf('\n'))).toEqual(lines.map((line) => line.length - 1))
      const { stdout } = command(['evaluate', '--merge', '--json'], { stdin: lines.join('') })
      expect(JSON.parse(stdout)).toMatchObject({ rows: 2, accuracy: 0.5 })
    })
    it.each(['--json', '--report=page.html'])('is not for %s', (flag) => {
      const { status, stderr } = command(['evaluate', '--truth', 'y', '--partial', flag], { stdin: '' })
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('--partial prints sums; leave out'),
      })
    })
  },
  merge() {
    it('reads no rows', () => {
      const { status, stderr } = command(['evaluate', '--merge', '--truth', 'y'], { stdin: '' })
      expect(status).toBe(2)
      expect(stderr).toContain('--merge reads no rows; leave out --truth')
    })
    it('is of evaluate', () => {
      expect(command(['--merge'], { stdin: '' })).toMatchObject({ status: 2, stdout: '' })
    })
  },
  stats() {
    it('names a file that tells what was done', () => {
      const cwd = folder()
      const args = ['--stats', 'stats.json', '--on-error', 'skip']
      expect(command(args, { cwd, stdin: `${ROWS}8,x,2,3\n` }).status).toBe(0)
      expect(JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))).toEqual({
        read: 2,
        written: 1,
        abstained: 0,
        rejected: { E_CELL: 1 },
        bytes: 43,
        seconds: expect.any(Number),
        lane: 'fast',
      })
    })

    it('is one of the command only: a stream has its stats', () => {
      expect(thrown(() => score({ stats: 'a.json' } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
    })

    it('needs a name', () => {
      expect(command(['--stats', ''], { stdin: ROWS })).toMatchObject({ status: 2, stdout: '' })
    })
  },

  quiet() {
    const input = 'id,id,logit_a,logit_b\n1,1,2,1\n2,2,x,1\n'

    it('leaves out warnings and summary', () => {
      expect(command(['--on-error', 'skip'], { stdin: input }).stderr).toMatch(/warning: .*\n.*1 of 2 rows/)
      for (const flag of ['-q', '--quiet']) {
        const output = `id,id,p_a,p_b,label\n1,1,${P21},a\n`
        expect(outputOf(['--on-error', 'skip', flag], input)).toBe(output)
      }
    })

    it('does not leave out what went wrong', () => {
      expect(command(['-q'], { stdin: input })).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^softmax: .*\[E_CELL\]\n$/),
      })
    })
  },

  completions() {
    it('prints a script for a shell and stops, whatever else there is', () => {
      expect(outputOf(['--completions', 'bash', 'missing.csv'], '')).toMatch(/\ncomplete .* softmax\n$/)
    })

    it.each(['', 'sh', 'BASH'])('%j is refused', (shell) => {
      expect(command(['--completions', shell])).toMatchObject({ status: 2, stdout: '' })
    })

    it('is one of the command only', () => {
      expect(thrown(() => score({ completions: 'bash' } as ScoreOptions))).toMatchObject({ code: 'E_FLAG' })
    })
  },

  help() {
    it('prints the help and stops, whatever else is asked for', () => {
      for (const args of [['-h'], ['--help'], ['--help', 'missing.csv'], ['-T', '2', '-h']]) {
        expect(outputOf(args, '')).toMatch(/^Usage: softmax \[options\] \[input \.\.\.\]/)
      }
    })
  },

  version() {
    it('prints that of the package and stops', () => {
      expect(outputOf(['--version'], '')).toBe(`${MANIFEST.version}\n`)
    })
  },
} satisfies Record<keyof typeof OPTIONS, () => void>

for (const [name, tests] of Object.entries(TESTS)) describe(`option ${name}`, tests)

describe('options', () => {
  it('are tested, all of them', () => {
    expect(Object.keys(TESTS).sort()).toEqual(Object.keys(OPTIONS).sort())
  })

  it.each([
    ['--limit', '--top-k (-k) or --head (-n)'],
    ['--emti', '--emit'],
    ['--rows', '--head (-n)'],
    ['--top', '--top-k (-k)'],
    ['--sep', '--delimiter (-d)'],
    ['--threads', '--jobs (-j)'],
    ['--thread', '--jobs (-j)'],
    ['--jsonl', '--from ndjson'],
    ['--log-softmax', '--log'],
    ['--skip-errors', '--on-error skip'],
    ['--na-values=NA', '--null'],
    ['--columns', '--logits (-l) or --keep'],
    ['--usecols', '--keep'],
    ['--drop', "--keep '!COLUMN'"],
    ['--overwrite', '--clobber'],
    ['-v', '--debug or --version'],
    ['-V', '--version'],
    ['-H', '--header'],
    ['--delim', '--delimiter (-d)'],
    ['--num-workers', '--jobs (-j)'],
    ['--output-dir', '--output (-o)'],
    ['--input', 'the name of the file, without a flag'],
    ['-i', 'the name of the file, without a flag'],
    ['--no-color', 'NO_COLOR=1 in the environment'],
    ['--man', 'softmax help man'],
    ['--zip-bomb', '--no-decompress'],
    ['--workers', '--jobs (-j)'],
    ['--verbose', '--debug'],
    ['--format', '--from (-f)'],
    ['--top-n', '--top-k (-k)'],
    ['--op', '--log or --sigmoid or --log-sigmoid'],
  ])('that other commands call %s are proposed by their own name, %s', (flag, near) => {
    const { message, status } = refusalOf([flag])
    expect(message).toBe(`unknown option "${flag.split('=')[0]}"; did you mean ${near}? [E_FLAG]`)
    expect(status).toBe(2)
  })

  it.each([
    ['sep', 'delimiter'],
    ['fieldSeparator', 'delimiter'],
    ['topN', 'topK'],
    ['jsonl', "from: 'ndjson'"],
    ['temprature', 'temperature'],
    ['threads', 'jobs'],
    ['rejects', 'onReject'],
    ['noKeep', 'keep'],
    ['noHeader', 'header'],
    ['log', "op: 'log-softmax'"],
    ['output', 'pipe()'],
  ])('that other libraries or the command call %s are proposed by their own name, %s', (name, near) => {
    const error = thrown(() => score({ [name]: 1 } as ScoreOptions))
    expect(error.message).toBe(`unknown option ${JSON.stringify(name)}; did you mean ${near}? [E_FLAG]`)
  })

  it('that are lists may not have holes', () => {
    const sparse = Object.assign(Array(2), { 1: 'probs' })
    for (const name of ['labels', 'logits', 'null', 'emit', 'binary', 'types'] as const) {
      expect(thrown(() => score({ [name]: sparse }))).toMatchObject({ code: 'E_OPTION', info: { option: name } })
    }
    expect(thrown(() => score({ op: 'sigmoid', threshold: Object.assign(Array(2), { 1: 0.5 }) }))).toMatchObject({
      code: 'E_OPTION',
    })
  })

  it('that are nothing like one are refused without a proposal', () => {
    expect(thrown(() => score({ zzzzzz: 1 } as ScoreOptions)).message).toBe('unknown option "zzzzzz" [E_FLAG]')
    expect(command(['--zzzzzz'], { stdin: ROWS }).stderr).toContain('see softmax --help')
    for (const flag of ['--ops', '--tp', '--jo', '--qq']) {
      expect(refusalOf([flag]).message).toBe(`unknown option "${flag}"; see softmax --help [E_FLAG]`)
    }
  })

  it.each([
    ['-l', 'logit_a', 'logit_b', '--logits logit_a,logit_b'],
    ['-e', 'label', 'index', '--emit label,index'],
    ['--labels', 'x', 'y', '--labels x,y'],
    ['--null', 'NA', 'none', '--null NA,none'],
  ])('that are lists are given once, as half of one would be forgotten: %s', (flag, first, second, meant) => {
    const { status, stdout, stderr } = command([flag, first, flag, second], { stdin: 'logit_a,logit_b\n1,2\n' })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(`is given twice; write one list: ${meant} [E_CONFLICT]`)
  })

  it('that are no lists may be given twice, as after those of an alias, and the last counts', () => {
    const { stdout } = command(['-p', '3', '-e', 'label', '-p', '1', '-e', 'label'], {
      stdin: 'logit_a,logit_b\n1,2\n',
    })
    expect(stdout).toBe('label\nb\n')
    expect(readArguments(['-p', '3', '-p', '1']).options).toMatchObject({ precision: 1 })
  })

  it('that lack their value say that they require one', () => {
    expect(command(['-o']).stderr).toBe('softmax: -o requires a value [E_OPTION]\n')
    expect(command(['--to']).stderr).toContain('--to requires a value: csv or tsv or copy or ndjson')
  })

  it.each(['jsonl', 'jsonlines'])('that take a format say which one JSON lines are: %s', (format) => {
    expect(command(['-t', format]).stderr).toContain('JSON lines are ndjson')
    expect(thrown(() => score({ to: format } as never)).message).toContain('JSON lines are ndjson')
  })

  it.each([
    ['jsonl', 'ndjson'],
    ['feather', 'arrow'],
    ['parket', 'parquet'],
  ])('that take a format propose that of an extension: %s', (format, meant) => {
    expect(thrown(() => score({ to: format } as never)).message).toContain(`did you mean to: '${meant}'?`)
  })

  it.each([undefined, null])('that are %s where true classes are needed lack these', async (none) => {
    for (const verb of [calibrate, evaluate, report]) {
      await expect(verb(['in.csv'], none as never)).rejects.toMatchObject({
        code: 'E_OPTION',
        info: { option: 'truth' },
      })
    }
  })

  it('are named in errors as who reads them writes them', async () => {
    const { error } = await run('logit_a,logit_b\n1,2\n', { topK: 9 })
    expect(error!.message).toBe('topK takes at most the number of classes, 2, not 9 [E_OPTION]')
    const { stderr } = command(['-k', '9'], { stdin: 'logit_a,logit_b\n1,2\n' })
    expect(stderr).toBe('softmax: stdin: --top-k takes at most the number of classes, 2, not 9 [E_OPTION]\n')
  })

  it('of the command are no mistyped ones of the library', () => {
    expect(thrown(() => score({ compress: 'gzip' } as ScoreOptions)).message).toBe(
      'unknown option "compress"; it is an option of the command [E_FLAG]',
    )
  })

  it('of another function are said to be of that', () => {
    const of = (call: () => unknown) => thrown(call).message
    expect(of(() => softmax({ jobs: 2 } as SoftmaxOptions))).toBe(
      'unknown option "jobs"; it is an option of score() [E_FLAG]',
    )
    expect(of(() => softmax({ delimiter: ';' } as SoftmaxOptions))).toBe(
      'unknown option "delimiter"; it is an option of score(), read(), write() [E_FLAG]',
    )
  })

  it('whose values are refused are shown as what they are', () => {
    const of = (options: object) => thrown(() => score(options)).message
    expect(of({ temperature: '2' })).toBe('temperature takes a number above 0, not the text "2" [E_OPTION]')
    expect(of({ temperature: 0 })).toBe('temperature takes a number above 0, not 0 [E_OPTION]')
    expect(of({ temperature: 'hot' })).toBe('temperature takes a number above 0, not "hot" [E_OPTION]')
    expect(of({ temperature: null })).toBe('temperature takes a number above 0, not null [E_OPTION]')
    expect(of({ trim: 'false' })).toBe('trim takes true or false, not the text "false" [E_OPTION]')
  })

  it.each([
    [{ emit: 'label,confidenze' }, "emit: 'label,confidence'"],
    [{ emit: ['label', 'confidenze'] }, "emit: 'label,confidence'"],
    [{ emit: 'lable=predicted,probs' }, "emit: 'label=predicted,probs'"],
    [{ emit: 'probs,label=' }, "emit: 'probs,label'"],
    [{ from: 'ndjsn' }, "from: 'ndjson'"],
    [{ op: 'log_softmax' }, "op: 'log-softmax'"],
  ])('with a mistyped value are refused with the one that was meant: %j', (options, near) => {
    expect(thrown(() => score(options as never)).message).toContain(`; did you mean ${near}? [E_OPTION]`)
  })

  it('with a value that is like no other are refused without one', () => {
    expect(thrown(() => score({ emit: 'label,frobnicate' } as never)).message).not.toContain('did you mean')
    expect(thrown(() => score({ emit: '=label' } as never)).message).not.toContain('did you mean')
  })

  it('that are unknown are refused, with the one that was meant', () => {
    for (const [flag, meant] of [
      ['--temprature', '--temperature'],
      ['--top_k', '--top-k'],
      ['--lables', '--labels'],
      ['--no-haeder', '--no-header'],
      ['--onerror', '--on-error'],
    ] as const) {
      const { message, status } = refusalOf([flag])
      expect(message).toBe(`unknown option "${flag}"; did you mean ${meant}? [E_FLAG]`)
      expect(status).toBe(2)
    }
    expect(command(['--temprature'], { stdin: ROWS })).toEqual({
      status: 2,
      stdout: '',
      stderr: 'softmax: unknown option "--temprature"; did you mean --temperature? [E_FLAG]\n',
    })
  })

  it('whose values are refused end the command with status 2', () => {
    const { status, stdout, stderr } = command(['--temperature', '0'], { stdin: ROWS })
    expect(stderr).toMatch(/^softmax: --temperature takes .+, not "0" \[E_OPTION\]\n$/)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  it.each(['--frobnicate', '-z', '--__proto__', '--constructor', '--toString', '--no-temperature', '---log'])(
    'that are like no other are refused: %s',
    (flag) => {
      const error = thrown(() => readArguments([flag]))
      expect(error).toMatchObject({ code: 'E_FLAG', status: 2, info: { flag } })
    },
  )

  it('that are unknown to the API are refused, with the one that was meant', () => {
    for (const call of [score, softmax, (options: object) => softmaxMatrix([], 0, 0, options)]) {
      expect(thrown(() => call({ temprature: 2 } as never))).toMatchObject({
        code: 'E_FLAG',
        status: 2,
        info: { flag: 'temprature', near: 'temperature' },
      })
    }
  })

  it('that are undefined are as if they were not there', async () => {
    const all = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, undefined]))
    const { output, clobber, dryRun, rejects, debug, progress, stats, metrics, report, json, coverage, ...others } = all
    const { partial, merge, quiet, completions, help, version, resume, part, compress, typesFrom, ...bytes } = others
    expect(await textOf(ROWS, bytes)).toBe(`id,p_a,p_b,p_c,label\n7,${P123},c\n`)
  })

  it('are not changed by who reads them', () => {
    const options = Object.freeze({ emit: Object.freeze(['probs']), logits: Object.freeze(['logit_*']) })
    score(options as ScoreOptions).destroy()
    expect(options).toEqual({ emit: ['probs'], logits: ['logit_*'] })
  })

  it('may be given twice; the last counts', () => {
    expect(outputOf(['-p', '1', '-p', '3'], ROWS)).toBe('id,p_a,p_b,p_c,label\n7,0.09,0.245,0.665,c\n')
  })

  it('of one letter may stand together', () => {
    expect(outputOf(['-qp3'], ROWS)).toBe('id,p_a,p_b,p_c,label\n7,0.09,0.245,0.665,c\n')
  })

  it('end at --', () => {
    const cwd = folder({ '-p': ROWS })
    expect(command(['--', '-p'], { cwd })).toMatchObject({ status: 0, stderr: '' })
  })

  it('may stand behind the inputs', () => {
    const cwd = folder({ 'a.csv': ROWS })
    expect(command(['a.csv', '-p', '3'], { cwd }).stdout).toBe('id,p_a,p_b,p_c,label\n7,0.09,0.245,0.665,c\n')
  })

  it.each<[SoftmaxOptions, string]>([
    [{ topK: 2, emit: 'label,confidence' }, 'topK works only with probs'],
    [{ minConfidence: 0.5, emit: 'probs' }, 'minConfidence works only with label'],
    [{ threshold: 0.5 }, 'threshold works only with'],
    [{ emit: 'labels' }, "emit: 'labels' works only with"],
    [{ emit: 'set' }, 'set needs a calibration'],
    [{ emit: 'loss' }, 'loss needs true classes'],
    [{ binary: 'no,yes', labels: 'a,b' }, 'names the classes'],
  ])('that contradict each other are refused before any row: %j', (options, reason) => {
    const conflict = { code: 'E_CONFLICT', message: expect.stringContaining(reason) }
    for (const make of [softmax, score, (given: ScoreOptions) => scoreFiles('missing.csv', given)]) {
      expect(thrown(() => make(options))).toMatchObject(conflict)
    }
    for (const make of [sigmoid, (given: SoftmaxOptions) => score({ ...given, op: 'sigmoid' })]) {
      expect(thrown(() => make({ emit: 'probs,entropy' }))).toMatchObject({ code: 'E_CONFLICT' })
    }
  })

  it('are all checked before anything is opened', () => {
    const cwd = folder()
    expect(command(['missing.csv', '-o', 'out.csv', '-p', '0'], { cwd })).toMatchObject({ status: 2 })
    expect(existsSync(join(cwd, 'out.csv'))).toBe(false)
    expect(existsSync(BIN)).toBe(true)
  })

  it('are proposed as functions and formats where they are no options', () => {
    const message = (call: () => unknown) => String(thrown(call))
    expect(message(() => softmax({ log: true } as object))).toContain('did you mean logSoftmax()?')
    expect(message(() => softmax({ multilabel: true } as object))).toContain('did you mean sigmoid()?')
    expect(message(() => write('jsonl' as 'ndjson'))).toContain("did you mean format: 'ndjson'?")
    expect(message(() => read('parqet' as 'parquet'))).toContain("did you mean format: 'parquet'?")
    expect(message(() => read('logits/a.csv' as 'csv'))).not.toContain('did you mean')
  })
})
