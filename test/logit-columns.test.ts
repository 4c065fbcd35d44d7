import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  type Prediction,
  type Schema,
  type ScoreOptions,
  SoftmaxError,
  type SoftmaxOptions,
  score,
  scoreFiles,
  softmax,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { command, ROOT } from './support.js'

/** From scipy: softmax of 4, 1, 2; of 2, 5, 3; of 0.7, 1.5. */
const P412 = '0.8437947344813395,0.04201006613406605,0.11419519938459448'
const P07_15 = '0.31002551887238755,0.6899744811276125'

/** Resolves the columns of an input. */
async function schemaOf(input: string | Buffer, options: ScoreOptions = {}): Promise<Schema> {
  const stream = score(options)
  const schema = new Promise<Schema>((resolve) => stream.on('schema', resolve))
  stream.end(input)
  stream.resume()
  const failure = new Promise<never>((_, reject) => stream.on('error', reject))
  return Promise.race([schema, failure])
}

const refused = (input: string, options: ScoreOptions = {}): Promise<SoftmaxError> =>
  schemaOf(input, options).then(
    (schema) => Promise.reject(new Error(`logits ${schema.logits}`)),
    (error) => error,
  )

/** A table of `count` rows, each computed from its index. */
const table = (header: string, count: number, row: (index: number) => unknown[]) =>
  `${header}\n${Array.from({ length: count }, (_, index) => `${row(index).join()}\n`).join('')}`

/** Numbers like logits: fractions of both signs that increase and decrease. */
const noise = (index: number) => (Math.sin(12.9898 * (index + 1)) * 4.3).toFixed(4)

describe('by convention', () => {
  it.each([
    ['# logit_0,logit_1,logit_2', "as numpy's savetxt writes a header"],
    ['#logit_0,logit_1,logit_2', 'behind a comment sign'],
    ['logit_0, logit_1, logit_2', 'behind blanks'],
    ['\u00a0logit_0,logit_1\u00a0,logit_2', 'between no-break blanks'],
    ['"\ufefflogit_0",logit_1,logit_2', 'behind a byte order mark in quotes'],
    ['\ufefflogit_0,logit_1,logit_2', 'behind a byte order mark'],
    ['logit_0,logit_1,logit_2 ', 'before a blank'],
  ])('%j are three classes, %s', async (header) => {
    const { text, error } = await run(`${header}\n4,1,2\n`)
    expect(error).toBeUndefined()
    expect(text).toBe(`p_0,p_1,p_2,label\n${P412},0\n`)
  })

  it('is silent', () => {
    const { status, stderr } = command([], { stdin: 'id,logit_a,logit_b\n1,0.7,1.5\n' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it.each([
    ['logit_cat,dog_logit,boat_logit', 'logit_cat,dog_logit,boat_logit'],
    ['dog_logits,logit_cat,logit_cow', 'dog_logits,logit_cat,logit_cow'],
    ['logit_cat,logit_cow,logitDog', 'logit_cat,logit_cow,logitDog'],
    ['logit_cat,logit_cow,logitdog', 'logit_cat,logit_cow,logitdog'],
    ['logit_cat,logit_cow,log.logit', 'logit_cat,logit_cow,log.logit'],
    ['logit_cat,dog,boat', 'logit_cat,dog,boat'],
    ['id,logit_cat,dog', 'logit_cat,dog'],
  ])('columns beside them that may be others stop it: %s', async (header, logits) => {
    const error = await refused(`${header}\n1.5,2.5,-3.5\n`)
    expect(error).toMatchObject({ code: 'E_COLUMNS', status: 2, info: { logits } })
    expect((await schemaOf(`${header}\n1.5,2.5,-3.5\n`, { logits })).logits).toHaveLength(header.includes('id') ? 2 : 3)
  })

  it.each([
    ['msg_id,logit,spam', '1,0.8,1', 1],
    ['logit,n_tokens', '0.8,17', 0],
    ['logit,score', '0.8,0.5', 0],
    ['logit_spam,n_tokens', '0.8,17', 0],
  ])('a single one is taken where a row may have a single logit, and announced: %s', async (header, row, at) => {
    const input = `${header}\n${row}\n`
    for (const options of [{ binary: ['ham', 'spam'] }, { op: 'sigmoid' }] as ScoreOptions[]) {
      for (const lane of ['fast', 'general'] as const) {
        const { text, error } = await run(input, { ...options, lane, keep: false, emit: 'probs' })
        expect(error).toBeUndefined()
        // From scipy: expit(0.8) is 0.6899744811276125.
        expect(text.split('\n')[1]!.split(',').at(-1)).toBe('0.6899744811276125')
      }
      expect(await schemaOf(input, options)).toMatchObject({ logits: [at], guessed: true })
    }
    const others = header.split(',').filter((_, index) => index !== at)
    const { stderr } = command(['--binary', 'ham,spam'], { stdin: input })
    expect(stderr).toBe(`softmax: logits: 1 column (${header.split(',')[at]}); kept: ${others.join(', ')}\n`)
  })

  it('so is a single key of JSON lines and objects', async () => {
    const rows = [{ id: 7, logit: 0.8, n: 3 }]
    const { text } = await run(`${JSON.stringify(rows[0])}\n`, { binary: ['ham', 'spam'], keep: false, emit: 'probs' })
    expect(text).toBe('{"p_ham":0.31002551887238755,"p_spam":0.6899744811276125}\n')
    const [prediction] = await Readable.from(rows)
      .pipe(softmax({ binary: ['ham', 'spam'] }))
      .toArray()
    expect(prediction).toMatchObject({ id: 7, n: 3, label: 'spam' })
  })

  it('a single one stops without these options, and the message proposes both readings, which work', async () => {
    const input = 'msg_id,logit,n_tokens\n1,0.8,17\n'
    const { message } = await refused(input)
    expect(message).toContain(
      "if column logit has the only logit of each row, use logits: 'logit', binary: 'no,yes'; if these are all the logits, use logits: 'logit,n_tokens' [E_COLUMNS]",
    )
    const { stderr } = command([], { stdin: input })
    expect(stderr).toContain('use --logits logit --binary no,yes; if these')
    expect(command(['--logits', 'logit', '--binary', 'no,yes'], { stdin: input }).status).toBe(0)
    expect(command(['--logits', 'logit,n_tokens'], { stdin: input }).status).toBe(0)
  })

  it.each([
    ['logit,dog_logit\n1.5,-2.5\n', 'logit'],
    ['id,aa,bb\n1,1.5,-2.5\n', undefined],
  ])('with one logit per row, several columns are never proposed: %j', async (input, logits) => {
    expect(await refused(input, { binary: ['no', 'yes'] })).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
  })

  it.each(['logitech', 'id', 'p_cat', 'digit_5', 'login', 'prologue', 'logistic_regression'])(
    'a column called %s beside them does not',
    async (name) => {
      if (name === 'logitech') return expect(await refused(`logit_a,logit_b,${name}\n1,2,3\n`)).toBeDefined()
      expect(await schemaOf(`logit_a,logit_b,${name}\n1,2,3\n`)).toMatchObject({ logits: [0, 1], kept: [2] })
    },
  )
})

describe('a guess', () => {
  it.each([
    ['cat,dog,boat\n1.5,-2.5,0.25\n', [0, 1, 2]],
    ['aa,bb,cc\n1.5,-2.5,0.25\n', [0, 1, 2]],
    ['0,1,2\n1,2,3\n', [0, 1, 2]],
    ['class_0,class_1\n1,2\n', [0, 1]],
    ['LABEL_0,LABEL_1\n1,2\n', [0, 1]],
    ['a,b,c\n3,1,2\n', [0, 1, 2]],
    ['positive,negative,neutral\n3,1,2\n', [0, 1, 2]],
    ['pos,neg,neu\n1.5,-2.5,0.25\n', [0, 1, 2]],
    ['true,false\n1.5,-2.5\n', [0, 1]],
    // In a few rows, numbers of one sign may be a coincidence, also for a class.
    ['brightness,cat,dog\n0.5,1.5,-2.5\n', [0, 1, 2]],
    [table('fish,cat,dog', 30, (row) => [Number(noise(row)) ** 2, noise(row), noise(row + 50)]), [0, 1, 2]],
    ['image,cat,dog\na.png,1.5,-2.5\n', [1, 2]],
    ['id,cat_logit,dog_logit\n7,1.5,-2.5\n', [1, 2]],
    ['id,catLogit,dogLogit,age\n7,1.5,-2.5,33\n', [1, 2]],
    ['cat,dog\n1.5,-2.5\n,3.5\n', [0, 1]],
    ['cat,dog\n1.5,-2.5\nNA,3.5\n', [0, 1]],
    [table('aa,bb', 200, (row) => [noise(row), noise(row + 1000)]), [0, 1]],
  ])('is made with evidence, and the event says so: %j', async (input, logits) => {
    expect(await schemaOf(input)).toMatchObject({ logits, guessed: true })
  })

  it('takes the columns that have the names of the classes', async () => {
    const input = 'when,cat,dog,n\n7,1,2,3\n'
    expect(await schemaOf(input, { labels: 'cat,dog' })).toMatchObject({ logits: [1, 2], kept: [0, 3], guessed: true })
  })

  it('takes as many columns as there are names', async () => {
    expect(await schemaOf('aa,bb\n3,1\n', { labels: 'cat,dog' })).toMatchObject({ logits: [0, 1], guessed: true })
  })

  it('is announced in one line, unless --quiet', () => {
    const stdin = 'image,cat,dog,boat\na.png,1.5,-2.5,0.5\n'
    expect(command([], { stdin })).toMatchObject({
      status: 0,
      stderr: 'softmax: logits: 3 columns (cat ... boat); kept: image\n',
    })
    expect(command(['-q'], { stdin })).toMatchObject({ status: 0, stderr: '' })
    expect(command(['--no-header', '-q'], { stdin: '1.5,-2.5\n' })).toMatchObject({ status: 0, stderr: '' })
    const { stderr } = command(['--no-header'], { stdin: '1.5,-2.5\n' })
    expect(stderr).toBe('softmax: logits: 2 columns (1, 2)\n')
  })

  it('is not waited for where rows come slowly', async () => {
    const rows = async function* () {
      yield 'aa,bb\n0.5,-1.5\n'
      await new Promise((resolve) => setTimeout(resolve, 60_000).unref())
    }
    const stream = Readable.from(rows()).pipe(score())
    const text = await new Promise<string>((resolve) => {
      let text = ''
      stream.on('data', (bytes) => {
        text += bytes
        if (text.includes('label') && text.split('\n').length > 2) resolve(text)
      })
    })
    stream.destroy()
    // From scipy, for 0.5 and -1.5.
    expect(text).toBe('p_aa,p_bb,label\n0.8807970779778824,0.11920292202211756,aa\n')
  })
})

describe('without evidence it stops, and shows what would do', () => {
  it.each([
    // Keys, true classes and attributes among the numbers.
    ['sample,cat,dog\n104,1,2\n', 'cat,dog'],
    ['price,qty,score_a,score_b\n9.5,3,1.5,-2.5\n', 'score_a,score_b'],
    ['user,score_a,score_b,age\n1,1.5,-2.5,33\n', 'score_a,score_b'],
    ['cat,dog,truth\n1.5,-2.5,1\n', 'cat,dog'],
    ['cat,dog,createdAt\n1.5,-2.5,1700000000\n', 'cat,dog'],
    ['unit_price,cat,dog\n-0.5,1.5,-2.5\n', 'cat,dog'],
    ['lat,lon\n-0.5,51.5\n', 'lat,lon'],
    ['x,y,z\n-0.5,51.5,2.5\n', 'x,y,z'],
    ['pc1,pc2\n-0.5,1.5\n', 'pc1,pc2'],
    ['dim_0,dim_1\n-0.5,1.5\n', 'dim_0,dim_1'],
    // Class names that are confirmed only by their counterparts.
    ['id,pos,neg\n7,1.5,-2.5\n', 'pos,neg'],
    ['pos,cat,dog\n7.5,1.5,-2.5\n', 'cat,dog'],
    ['class,yes,no\n1,1.5,-2.5\n', 'yes,no'],
    ['true,cat,dog\n1,1.5,-2.5\n', 'cat,dog'],
    // A measurement next to classes: it is never negative, they are.
    [table('brightness,cat,dog', 30, (row) => [Number(noise(row)) ** 2, noise(row), noise(row + 50)]), 'cat,dog'],
    // R's row names, and a missing first value.
    ['"","cat","dog"\n"1",NA,2\n', 'cat,dog'],
    // Numbers of another kind than the others.
    ['aa,cat,dog\n104,1.5,-2.5\n', 'cat,dog'],
    ['aa,cat,dog\n1,1.5,-2.5\n2,2.5,-1.5\n', 'cat,dog'],
    // No evidence at all.
    ['aa,bb\n3,1\n', 'aa,bb'],
    ['aa,bb\n3.5,1.5\n', 'aa,bb'],
    ['"2019 ",2020,y2021\n3,1,2\n', '1-3'],
    ['hello,world\n', 'hello,world'],
    ['aa\n-1.5\n', 'aa'],
    ['id,cat\n7,-1.5\n', 'cat'],
    ['name,cat\nx,-1.5\n', 'cat'],
    // A text column with an unsuspicious name.
    ['species,cat,dog\nx,-1.5,2.5\n', 'cat,dog'],
    // Families of names.
    ['score_a,score_b,extra\n1.5,-2.5,3.5\n', 'score_a,score_b'],
    // Columns that count, and constant columns.
    [table('aa,bb,cc', 3, (row) => [row, noise(row), noise(row + 50)]), 'bb,cc'],
    [table('aa,bb,cc', 3, (row) => [row / 10 - 0.05, noise(row), noise(row + 50)]), 'bb,cc'],
    [table('aa,bb,cc', 30, (row) => [row ** 2 + 0.5, noise(row), noise(row + 50)]), 'bb,cc'],
    [table('aa,bb,cc', 5, (row) => [0.5, noise(row), noise(row + 50)]), 'bb,cc'],
    // Anomalies only in row 90.
    [table('aa,bb', 100, (row) => [row === 90 ? 'text' : 'NA', noise(row)]), 'bb'],
  ])('%j', async (input, logits) => {
    const error = await refused(input)
    expect(error).toMatchObject({ code: 'E_COLUMNS', status: 2, info: { logits } })
    expect(error.message).toContain(`logits: '${logits}'`)
    expect((await schemaOf(input, { logits })).guessed).toBeUndefined()
  })

  it.each([
    'cat,dog\n0.25,0.75\n',
    'cat,dog\n0.2,0.8\n0.333,0.667\n',
    'cat,dog,boat\n0,1,0\n1,0,0\n0,0,1\n0,1,0\n',
    'cat,dog\n0.25,0.5\n',
    'cat,dog\n40,60\n',
    'cat_logit,dog_logit\n0.25,0.75\n',
  ])('probabilities are not taken for logits: %j', async (input) => {
    const error = await refused(input)
    expect(error).toMatchObject({ code: 'E_COLUMNS', status: 2 })
    expect(error.message).toMatch(/probabilities|percentages/)
  })

  it.each([
    ['softmax', 'pass the original logits, or log(p) instead of p', (p: number) => Math.log(p)],
    ['sigmoid', 'pass the original logits, or log(p / (1 - p)) instead of p', (p: number) => Math.log(p / (1 - p))],
  ] as const)('of %s come out again of what the warning says to give: %s', async (op, advice, inverse) => {
    const rows = [
      [0.25, 0.75],
      [0.375, 0.625],
    ]
    const text = (of: (p: number) => number) => `a,b\n${rows.map((row) => row.map(of).join()).join('\n')}\n`
    const options = { op, logits: 'a,b', emit: 'probs' } as const
    const { warnings } = await run(
      text((p) => p),
      options,
    )
    expect(warnings).toEqual([expect.stringContaining(advice)])
    const again = await run(text(inverse), options)
    expect(again.warnings).toEqual([])
    const found = again.text.trim().split('\n').slice(1)
    found.forEach((line, row) => {
      line.split(',').forEach((p, index) => {
        expect(Number(p)).toBeCloseTo(rows[row]![index]!, 14)
      })
    })
  })

  it.each(['p_cat,p_dog\n-1.5,2.5\n', 'prob_cat,prob_dog\n-1.5,2.5\n', 'logprob_a,logprob_b\n-1.5,-2.5\n'])(
    'nor what is called so: %j',
    async (input) => {
      expect(await refused(input)).toMatchObject({ code: 'E_COLUMNS' })
    },
  )

  it.each([
    ['id,logp_cat,logp_dog\n1,-1.5,-2.5\n', 'logp_*', ['cat', 'dog']],
    ['logp_cat,logp_dog,logp_\n-1.5,-2.5,3\n', 'logp_cat,logp_dog', ['cat', 'dog']],
    ['p_cat,p_dog\n-1.5,-2.5\n', 'p_cat,p_dog', ['p_cat', 'p_dog']],
    // Not all are named like results, or only one is.
    ['logp_cat,dog\n-1.5,-2.5\n', '1-2', ['logp_cat', 'dog']],
    ['id,logp_value\n1,-1.5\n', 'logp_value', ['logp_value']],
    ['logp_cat,logp_\n-1.5,3\n', '1-2', ['logp_cat', 'logp_']],
  ])('have the classes of results that are scored again: %j', async (input, logits, classes) => {
    expect((await schemaOf(input, { logits })).classes).toEqual(classes)
  })

  const ten = Array.from({ length: 10 }, (_, index) => index)
  const results = `id,${ten.map((index) => `p_l${index}`)},label`
  it.each([
    [table(results, 3, (row) => [row, ...ten.map((index) => noise(row + 7 * index)), `l${row}`]), 'p_l0-p_l9'],
    ['id,x0,x1,x2,note\n1,-2.5,3,4.5,x\n', 'x0,x1,x2'],
    ['label_1,p_1,label_2,p_2,label\na,0.75,b,0.25,a\n', 'p_1,p_2'],
    ['name,score,label\nx,1.5,y\n', 'score'],
    ['id,lat,note,lon\n1,-0.5,x,51.5\n', 'lat,lon'],
  ])('neither text nor a key is proposed: %j', async (input, logits) => {
    expect(await refused(input)).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
    expect((await run(input, { logits, keep: false })).error).toBeUndefined()
  })

  it.each([
    // Numbers that only the rows tell from logits, next to a key: amounts, times, measurements.
    ['id,red,green,blue,spent\n17,2,-1,3,100\n22,3,1,2,200\n5,1,0,2,170\n', 'red,green,blue'],
    ['id,red,green,blue,spent\n7,2.5,-1.5,3.5,100.25\n9,3.5,1,2,200.5\n5,1,0,2.5,77.5\n', 'red,green,blue'],
    [table('id,red,green,paid', 30, (row) => [row, noise(row), noise(row + 50), row ** 2 + 0.5]), 'red,green'],
    // Letters are numbered names.
    ['id,a,b,c,spent\n1,2,1,3,3\n2,3,1,2,2\n5,1,0,2,1\n', 'a,b,c'],
    ['id,a,b,c\n1,0.3,1.5,2\n2,0.1,1.6,2\n3,-0.1,1,2\n4,-0.3,2,1\n', 'a,b,c'],
    // More than eight: by their ends.
    [
      table(`id,${'abcdefghi'.replaceAll(/./g, 'score_$&,')}n`, 3, (row) => Array(11).fill(noise(row))),
      'score_a-score_i',
    ],
    // Names that need no quotes, and others.
    ['id,cat-1,dog 2,żółw\n1,2,1,3\n', 'cat-1,dog 2,żółw'],
    ['id,"cat, wild",dog\n1,2,1\n', '2-3'],
    ['id,7,dog\n1,2,1\n', '2-3'],
    ['id,cat*,dog\n1,2,1\n', '2-3'],
    ['id,cat,cat,dog\n1,2,1,3\n', '2-4'],
  ])(
    'the columns that are proposed are those with evidence, by name where that is possible: %j',
    async (input, logits) => {
      const error = await refused(input)
      expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
      expect(error.message).toContain(`; if these are all the logits, use logits: '${logits}' [E_COLUMNS]`)
      expect((await run(input, { logits, emit: 'index' })).error).toBeUndefined()
    },
  )

  it.each(['similarity', 'threshold', 'cutoff', 'lr', 'norm', 'gpa', 'sentiment'])(
    '%s is no class next to others, whatever its numbers are',
    async (name) => {
      const error = await refused(`${name},cat,dog\n0.9,1.5,-2.5\n-0.1,-1,2\n`)
      expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'cat,dog' } })
    },
  )

  it('an amount with fractions is not taken for a class, next to numbers of both signs', async () => {
    const amounts = 'a,b,c,spent\n0.5,-1.2,0.3,120.5\n1.5,0.2,-0.3,80.5\n1.5,0.2,-0.3,90.5\n'
    expect((await refused(amounts)).message).toContain('"spent" has far larger numbers than the others; ')
  })

  it.each([
    'hello\n',
    'id,name,label\n1,x,y\n2,z,w\n',
    'name,label\nx,y\n',
    'id,label,confidence,entropy\n1,a,0.75,0.5\n',
    'id,x,y\n1,2,3\n',
    'id,price,len\n3,0.5,12\n9,1.5,7\n',
    'id,amount,is_fraud\n3,0.5,0\n9,1.5,1\n',
    'id,amount,is_fraud,is_new\n3,0.5,0,1\n9,1.5,1,0\n',
    'id,lon,lat,is_fraud\n3,0.5,-1.5,0\n9,-1.5,2.5,1\n',
  ])('nothing is proposed where no column can be a logit: %j', async (input) => {
    const error = await refused(input)
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: undefined } })
    const hasNumbers = /\d/.test(input)
    const remedy = hasNumbers ? 'logits selects them by name or position' : 'each class needs a column of numbers'
    expect(error.message).toContain(`; ${remedy} [E_COLUMNS]`)
  })

  it.each([
    ['a\n1\n2\n', 'a'],
    ['id,a\n1,2\n', 'a'],
    ['id,reward_diff,len\n3,0.5,12\n9,-0.7,7\n', 'reward_diff'],
    ['txn_id,amount,country,margin,is_fraud\n1,10.5,DE,-2.25,0\n2,99.9,US,1.5,1\n', 'margin'],
    ['id,amount,price,margin,is_fraud\n1,10.5,9.5,2.25,0\n2,99.9,8.5,1.5,1\n', 'margin'],
    ['id,lon,margin,is_fraud,is_new\n1,10.5,-2.25,0,1\n2,-9.9,1.5,1,0\n', 'margin'],
    ['id,margin,n_items,is_fraud\n1,-2.25,3,0\n2,1.5,0,1\n', 'margin'],
    ['id,raw_score,is_fraud\n1,-2.25,0\n2,1.5,1\n', 'raw_score'],
    ['{"id":1,"margin":-0.5,"is_fraud":0}\n', 'margin'],
  ])('a column that would be the only class is proposed with two classes: %j', async (input, logits) => {
    const { message } = await refused(input)
    expect(message).toContain(
      `if column ${logits} has the only logit of each row, use logits: '${logits}', binary: 'no,yes'`,
    )
    const { error, bytes } = await run(input, { logits, binary: 'no,yes' as never, emit: 'probs', to: 'csv' })
    expect(error).toBeUndefined()
    expect(String(bytes)).toContain('p_no,p_yes')
  })

  it.each([{ op: 'sigmoid' }, { binary: ['no', 'yes'] }] as ScoreOptions[])(
    'a column is proposed as it is where a row may have a single logit: %j',
    async (options) => {
      const { message } = await refused('a\n1\n2\n', options)
      expect(message).toContain("identify them; if these are all the logits, use logits: 'a' [E_COLUMNS]")
    },
  )

  it.each([{}, { op: 'log-softmax' }, { topK: 2 }, { emit: 'probs' }, { to: 'parquet' }] as ScoreOptions[])(
    'what this package wrote is recognized: %j',
    async (options) => {
      for (const input of ['id,logit_a,logit_b\n1,2,3\n2,1,-1\n', '{"id":1,"logits":[2,3]}\n']) {
        const scored = await run(input, { to: 'csv', ...options })
        const { error } = await run(scored.bytes, { to: 'csv' })
        const holds = options.op === 'log-softmax' ? 'logarithms' : 'results'
        expect(error).toMatchObject({ code: 'E_COLUMNS', info: { holds } })
        expect(error!.message).toContain('score the original logits')
        const { logits } = error!.info as { logits: string }
        expect(error!.message).toContain(`with logits: '${logits}'`)
        expect((await run(scored.bytes, { to: 'csv', logits, keep: false })).error).toBeUndefined()
      }
    },
  )

  it('a name is shown as it is', async () => {
    expect((await refused('sample,cat,dog\n104,1,2\n')).message).toContain(
      '"sample" is a common name for a key, a true class or a measurement',
    )
  })
})

describe('probabilities that are selected as logits', () => {
  const HEADER = 'id,prob_a,prob_b,prob_c'
  const rows = [
    [0.2, 0.5, 0.3],
    [0.7, 0.1, 0.2],
    [0.98, 0.01, 0.01],
    [0.25, 0.25, 0.5],
  ]
  const csv = table(HEADER, rows.length, (row) => [row, ...rows[row]!])
  const SUM = /^the logits may be probabilities: each row sums to 1/
  const records = rows.map(([a, b, c], id) => ({ id, prob_a: a, prob_b: b, prob_c: c }))
  const lines = (values: object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('')

  it.each([
    ['columns of text', csv, {}],
    ['of the general lane', csv, { lane: 'general' }],
    ['in columns called by convention', csv.replaceAll('prob_', 'logit_'), { logits: undefined }],
    ['a row at a time', csv, {}, 30],
    ['as JSON', lines(records), { from: 'ndjson' }],
    ['in lists', lines(rows.map((probs) => ({ probs }))), { from: 'ndjson', logits: 'probs', keep: false }],
    ['in lists of lists', lines([{ spans: rows }]), { from: 'ndjson', logits: 'spans', keep: false }],
    ['in lists in cells', rows.map((row) => `"[${row}]"\n`).join(''), { logits: '1', header: false }],
    ['as percentages', table(HEADER, 4, (row) => [row, ...rows[row]!.map((p) => 100 * p)]), {}, 9999, /sums to 100/],
  ] as [string, string, ScoreOptions, number?, RegExp?][])(
    '%s are warned of',
    async (_, input, options, size, text = SUM) => {
      const { error, warnings } = await run(input, { logits: 'prob_*', ...options }, size)
      expect(error).toBeUndefined()
      expect(warnings).toEqual([expect.stringMatching(text)])
    },
  )

  it('in typed columns are warned of', async () => {
    const { bytes: typed } = await run('x,y,logit_a,logit_b\n'.concat('0.25,0.75,1,2\n'.repeat(9)), {
      to: 'parquet',
      types: 'infer',
    })
    expect((await run(typed, { logits: 'x,y', keep: false })).warnings).toEqual([expect.stringMatching(SUM)])
  })

  it('of objects are warned of', async () => {
    const warnings: string[] = []
    const stream = softmax({ logits: 'prob_*' }).on('warning', (text) => warnings.push(text))
    await Readable.from(records).compose(stream).toArray()
    expect(warnings).toEqual([expect.stringMatching(SUM)])
  })

  it.each([{ op: 'sigmoid' }, { binary: 'no,yes', logits: 'prob_a' }] as ScoreOptions[])(
    'are warned of where all of many are from 0 to 1: %j',
    async (options) => {
      const many = table(HEADER, 12, (row) => [row, ...rows[row % 4]!.map((p) => 0.9 * p)])
      const { warnings } = await run(many, { logits: 'prob_*', ...options })
      expect(warnings).toEqual([
        expect.stringMatching(/all numbers are from 0 to 1.*log\(p \/ \(1 - p\)\) instead of p$/),
      ])
    },
  )

  it('are not found in logits', async () => {
    const logarithms = table('id,logp_a,logp_b,logp_c', 4, (row) => [row, ...rows[row]!.map(Math.log)])
    for (const input of [
      logarithms,
      table('id,x,y', 9, (row) => [row, noise(row), noise(row + 9)]),
      'id,x,y\n1,0.5,0.5\n',
    ]) {
      expect((await run(input, { logits: '2,3' })).warnings).toEqual([])
    }
  })

  it('are what a file that would have to be guessed is said to have', async () => {
    expect(await refused(csv)).toMatchObject({ info: { logits: 'prob_a,prob_b,prob_c', holds: 'probabilities' } })
    expect((await refused(csv)).message).toMatch(/each row sums to 1.*the original logits, or log p .*; if these are/)
  })

  it('are not what a file that was scored is said to have', async () => {
    const scored = await run('id,logit_a,logit_b\n1,2,3\n', { to: 'csv' })
    expect((await refused(scored.text)).message).toMatch(/score the original logits, not its probabilities/)
    const logarithms = await run('id,logit_a,logit_b\n1,2,3\n', { to: 'csv', op: 'log-softmax' })
    expect((await refused(logarithms.text)).message).toMatch(
      /or its logarithms, whose softmax is the same, with logits: 'logp_a,logp_b'/,
    )
  })
})

describe('a long name or cell', () => {
  // With quadratic time, each would exceed the test's timeout.
  it.each(['.', '0', ' ', 'aB', '-'])('of %j is looked at in time that grows with its length', async (text) => {
    const long = `${text.repeat(300_000)}x`
    expect((await run(`${long},b\n1,2\n`)).error).toMatchObject({ code: 'E_COLUMNS' })
    expect((await run(`a,b\n${long},2\n`)).error).toBeInstanceOf(SoftmaxError)
  })
})

describe('without a header', () => {
  it.each(['1,a,0.5,-1.5\n2,b,1.5,-0.5\n', '1,0,0.5,-1.5\n2,1,1.5,-0.5\n'])(
    'that there is none is what a guess stops at: %j',
    async (input) => {
      expect(await refused(input)).toMatchObject({ code: 'E_HEADER', info: { line: 1 } })
      expect((await refused(input, { header: false })).info).toMatchObject({ logits: '3-4' })
    },
  )

  const header = false
  it.each([['7,2,3\n'], ['1.5,2.5\n3.5,4.5\n'], ['2,1\n'.repeat(200)], ['-1.5,2.25\n']])('%j', async (input) => {
    expect(await schemaOf(input, { header })).toMatchObject({ guessed: true, kept: [] })
  })

  it.each([
    ['17,2.5,3.25\n', '2-3'],
    ['104,1,2\n', '2-3'],
    ['0.25,0.75\n', '1-2'],
    ['1,0.5,-2.5\n2,0.25,3.5\n', '2-3'],
    [table('0,5,7', 9, (row) => [row + 1, (row * 7) % 5, (row * 3) % 7]), '2-3'],
  ])('it stops at what speaks against it: %j', async (input, logits) => {
    expect(await refused(input, { header })).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
  })
})

describe('in the order that is asked for', () => {
  it('classes and their labels follow the selector', async () => {
    const input = 'id,logit_a,logit_b\n1,0.7,1.5\n'
    for (const lane of ['general', 'fast'] as const) {
      const { text } = await run(input, { logits: 'logit_b,logit_a', labels: 'B,A', lane })
      expect(text).toBe(`id,p_B,p_A,label\n1,${P07_15.split(',').reverse().join()},B\n`)
    }
  })

  it('ties go to the first class of the selector', async () => {
    for (const lane of ['general', 'fast'] as const) {
      const { text } = await run('logit_a,logit_b\n1,1\n', { logits: '2,1', emit: 'label,index', lane })
      expect(text).toBe('label,index\nb,0\n')
    }
  })

  it('labels that are the names of the columns in another order are refused', async () => {
    const error = await refused('logit_cat,logit_dog\n1,2\n', { labels: 'dog,cat' })
    expect(error).toMatchObject({ code: 'E_LABELS', status: 2 })
    expect(await schemaOf('logit_1,logit_2\n1,2\n', { labels: '0,1' })).toMatchObject({ classes: ['0', '1'] })
  })
})

describe('a first row that is taken for a header', () => {
  it.each([
    ['3,5,8\n1.5,2.5,3.5\n', {}],
    ['x,1.5,-2.5\ny,3.5,4.5\n', { logits: '2-3' }],
    ['a.png,2.5,-3.5\nb.png,1.5,2.5\n', { logits: '2-3' }],
    ['a.png,2e5,3e5\nb.png,1.5,2.5\n', { logits: '2-' }],
  ])('is refused, with both ways out: %j', async (input, options) => {
    const error = await refused(input, options)
    expect(error).toMatchObject({ code: 'E_HEADER', status: 2 })
    expect(error.message).toMatch(/header: false .*header: true /)
    expect((await schemaOf(input, { logits: '2-3', ...options, header: true })).logits).toEqual([1, 2].slice(-2))
  })

  const twice = async (input: string, options: ScoreOptions) => {
    const header = await run(input, { ...options, header: true })
    const row = await run(input, { ...options, header: false })
    return [header.error, row.error, row.stats.read - header.stats.read]
  }

  it.each([
    ['a,1,2\nb,3,4\n', { logits: '2-3', labels: 'a,b' }],
    ['a,1,2\nb,0.5,1.5\n', { logits: '2-3', labels: 'a,b' }],
    ['img_7,3,5\nimg_8,3,4\n', { logits: '2-3', labels: ['cat', 'dog'] }],
    ['a,3,3\nb,3,4\n', { logits: '2-3' }],
    // Names that are keys, or values as well.
    ['x,1,2\ny,3,4\n', { logits: '2-3', labels: 'a,b' }],
    ['high,1,2\nlow,3,4\n', { logits: '2-3', labels: 'a,b' }],
    ['x\t1\t2\ny\t3\t4\n', { from: 'copy', logits: '2-3', labels: 'a,b' }],
    // The only line.
    ['a,1,2\n', { logits: '2-3', labels: 'x,y' }],
  ] as [string, ScoreOptions][])(
    'is refused where it may be either, with classes that are called otherwise: %j',
    async (input, options) => {
      expect(await refused(input, options)).toMatchObject({ code: 'E_HEADER', status: 2, info: { line: 1 } })
      expect(await twice(input, options)).toEqual([undefined, undefined, 1])
    },
  )

  it.each([
    ['x,1,\ny,3,4\n', {}],
    ['id,1,\n7,3,4\n', {}],
    ['x,NA,2\ny,3,4\n', { null: 'NA' }],
    ['x,-,1.5\ny,3,4\n', { null: '-', labels: 'a,b' }],
  ] as [string, ScoreOptions][])('is refused where a logit is empty: %j', async (input, options) => {
    const asked: ScoreOptions = { logits: '2-3', missing: '-inf', ...options }
    expect(await refused(input, asked)).toMatchObject({ code: 'E_HEADER', info: { line: 1 } })
    expect((await run(input, { ...asked, header: false })).stats.read).toBe(2)
  })

  it('is refused where it has a list of logits', async () => {
    const input = 'x,"[1, 2]"\ny,"[3, 4]"\n'
    expect(await refused(input, { logits: '2' })).toMatchObject({ code: 'E_HEADER', info: { line: 1 } })
  })

  it.each([
    ['id,0,1\na,3,4\n', { logits: '2-3', labels: 'cat,dog' }],
    ['when,0,1\n7,3,4\n', { logits: '2-3', labels: 'cat,dog' }],
    ['a,0,1\nb,0.5,4\n', { logits: '2-3', labels: 'cat,dog' }],
    ['a,1,2\nb,3,4\n', { logits: '2-3', labels: '1,2' }],
  ])('is a header where something else shows it: %j', async (input, options) => {
    const { error, warnings, stats } = await run(input, options)
    expect([error, warnings, stats.read]).toEqual([undefined, [], 1])
  })

  it('of classes that are whole numbers is a header, with a warning that it may be none', async () => {
    const { warnings, text } = await run('a,1,2\nb,3,4\n', { logits: '2-3', emit: 'label' })
    expect(text).toBe('a,label\nb,2\n')
    expect(warnings).toEqual(['the first line, "a,1,2", is read as column names; header: false reads it as a row'])
    expect((await run('a,0,1\nb,3,4\n', { logits: '2-3' })).warnings).toEqual([])
  })

  it('is one with --header, unless it names years', async () => {
    expect(await refused('2019,2020,2021\n3,1,2\n', { header: true })).toMatchObject({ code: 'E_COLUMNS' })
  })

  it('is one with --header', async () => {
    // From scipy, for 1.5, 2.5, 3.5.
    const { text } = await run('3,5,8\n1.5,2.5,3.5\n', { header: true })
    expect(text).toBe('p_3,p_5,p_8,label\n0.09003057317038046,0.24472847105479764,0.6652409557748219,8\n')
    const { status, stdout } = command(['--header'], { stdin: '3,5,8\n1.5,2.5,3.5\n' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: text })
  })
})

describe('one class', () => {
  it.each([
    ['id,logit\n1,3\n2,-3\n', ['-f', 'csv'], 'logit'],
    ['id,logit_spam,price\n1,3,9\n2,-3,7\n', ['-f', 'csv'], 'spam'],
    ['logit\n', ['-f', 'csv'], 'logit'],
    ['{"logits":[3]}\n', ['-f', 'ndjson'], '0'],
    ['{"logits":{"a":3}}\n', ['-f', 'ndjson'], 'a'],
  ])('is an error that says how to score one logit: %j', (stdin, flags, name) => {
    const { status, stderr } = command(flags, { stdin })
    expect(status).toBe(2)
    expect(stderr).toBe(
      `softmax: stdin: "${name}" is the only class, so its probability would be 1 in every row; --binary no,yes turns one logit into two classes, --sigmoid gives it a probability of its own, --labels ${name} accepts one class [E_CONFLICT]\n`,
    )
    for (const more of [['--binary', 'no,yes'], ['--sigmoid'], ['--labels', name]])
      expect(command([...flags, ...more], { stdin }).status).toBe(0)
  })

  it('is no error where its probability is not output', () => {
    const { status, stdout } = command(['--emit', 'logsumexp', '--no-keep'], { stdin: 'id,logit\n1,3\n' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'logsumexp\n3\n' })
  })

  it.each([
    ['id,logits\n1,"tensor([0.1, 2])"\n', 'csv', 'it is the repr of an array'],
    ['id,logits\n1,"[ 0.1 -2.0 ... 3.0 1.0]"\n', 'csv', 'numpy abbreviated the array'],
    ['{"id":1,"logits":"tensor([0.1, 2])"}\n', 'ndjson', 'it is the repr of an array'],
    ['{"id":1,"logits":[{"a":1},2]}\n', 'ndjson', 'an array is not a number'],
  ])('is not warned of if the first cell shows that it is none: %j', (stdin, from, says) => {
    const { status, stderr } = command(['-f', from], { stdin })
    expect(status).toBe(1)
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('only class')
  })

  it('is not warned of if the first object shows that it is none', async () => {
    const stream = softmax()
    const warnings: string[] = []
    stream.on('warning', (text) => warnings.push(text))
    stream.end({ id: 1, logit: 'tensor([0.1, 2])' })
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'E_CELL' })
    expect(warnings).toEqual([])
  })

  it.each([
    ['id;logit\n1;"1,5"\n', ['--decimal', ',', '-d', ';']],
    ['id,logit\n1,\n2,1\n', ['--missing', 'nan', '--nonfinite', 'propagate']],
    ['id,logit\n1,x\n2,1\n', ['--on-error', 'skip']],
  ])('is warned of if rows may have it: %j', (stdin, flags) => {
    const { status, stderr } = command(['-f', 'csv', '--labels', 'logit', ...flags], { stdin })
    expect(status).toBe(0)
    expect(stderr).toContain('"logit" is the only class')
  })
})

describe('two columns of one name', () => {
  it.each(['ndjson', 'parquet', 'arrow'] as const)('cannot be two keys or columns of %s', async (to) => {
    for (const input of ['x,x,logit_a,logit_b\n1,2,3,4\n', 'logit_a,logits_a\n1,2\n']) {
      const { error } = await run(input, { to })
      expect(error).toMatchObject({ code: 'E_NAME', status: 2 })
      expect(error!.message).toContain(`and ${to} needs unique names; `)
      expect((await run(input, { to: 'csv' })).error).toBeUndefined()
    }
    const { error } = await run('x,x,logit_a,logit_b\n1,2,3,4\n', { to, keep: false })
    expect(error).toBeUndefined()
    expect((await run('logit_a,logits_a\n1,2\n', { to, emit: 'label' })).error).toBeUndefined()
  })

  it('are warned of where they are two classes', () => {
    const { stderr } = command([], { stdin: 'logit_a,logits_a\n1,2\n' })
    expect(stderr).toBe('softmax: warning: stdin: two classes are named "a"; rename them with --labels\n')
  })
})

describe('rows that are records', () => {
  const records = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      aa: index === 0 ? -1.5 : Number(noise(index)),
      bb: noise(index + 1000),
    }))

  /** The outcome in `softmax`, and the columns it announces. */
  async function outcome(rows: Iterable<unknown>, options: SoftmaxOptions = {}) {
    const stream = softmax(options)
    const schemas: Schema[] = []
    const warnings: string[] = []
    stream.on('schema', (schema) => schemas.push(schema)).on('warning', (text) => warnings.push(text))
    const predictions = Readable.from(rows).compose(stream).toArray()
    return predictions.then(
      (predictions: Prediction[]) => ({ predictions, schemas, warnings, error: undefined }),
      (error: SoftmaxError) => ({ predictions: [], schemas, warnings, error }),
    )
  }

  it.each([1, 2, 99, 100, 101, 500])('%d of them are a guess with evidence, and none is lost', async (count) => {
    const { predictions, schemas, error } = await outcome(records(count))
    expect(error).toBeUndefined()
    expect(predictions).toHaveLength(count)
    expect(schemas).toMatchObject([{ logits: [0, 1], guessed: true, classes: ['aa', 'bb'] }])
  })

  it('stop where a later row speaks against it, as the bytes of them do', async () => {
    const rows = Array.from({ length: 90 }, (_, index) => ({ n: index + 1, aa: noise(index), bb: noise(index + 9) }))
    expect((await outcome(rows)).error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'aa,bb' } })
    const text = table('n,aa,bb', 90, (index) => Object.values(rows[index]!))
    expect(await refused(text)).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'aa,bb' } })
  })

  it('that come slowly are not waited for', async () => {
    const stream = softmax()
    const first = new Promise((resolve) => stream.once('data', resolve))
    stream.write({ cat: 1, dog: 1 })
    expect(await first).toMatchObject({ label: 'cat', probabilities: [0.5, 0.5] })
    const second = new Promise((resolve) => stream.once('data', resolve))
    stream.write({ cat: 1, dog: 2 })
    expect(await second).toMatchObject({ label: 'dog' })
    stream.destroy()
  })

  it('with one class are an error, unless it is asked for', async () => {
    const stream = softmax()
    stream.end({ id: 1, logit: 3 })
    await expect(stream.toArray()).rejects.toThrow('"logit" is the only class, so its probability would be 1 in every')
    const { warnings } = await outcome([{ id: 1, logit: 3 }], { labels: ['spam'] })
    expect(warnings).toEqual([
      `"spam" is the only class, so its probability is 1 in every row; binary: 'no,yes' turns one logit into two classes`,
    ])
  })

  it('with logits of their own need no more than the first', async () => {
    for (const row of [{ logits: [1, 2] }, { logit_a: 1, logit_b: 2 }, [1, 2]]) {
      const stream = softmax()
      const first = new Promise((resolve) => stream.once('data', resolve))
      const begun = performance.now()
      stream.write(row)
      await first
      expect(performance.now() - begun).toBeLessThan(60_000)
      stream.destroy()
    }
  })

  it('are held no longer by a stream that is destroyed', async () => {
    const stream = softmax()
    stream.write({ cat: 1, dog: 1 })
    stream.destroy()
    await new Promise((resolve) => stream.once('close', resolve))
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(stream.readableLength).toBe(0)
  })
})

describe('an index of pandas that is named like logits', () => {
  const { bytes } = readFileSync(join(ROOT, 'fixtures/columns.ndjson'), 'utf8')
    .split('\n')
    .map((line) => JSON.parse(line || '{}') as { name?: string; bytes: string })
    .find(({ name }) => name === 'an index of two levels named by convention')!
  const input = Buffer.from(bytes, 'base64')
  const options = { from: 'parquet', to: 'csv', emit: 'confidence' } as const

  it('is kept, with a warning', async () => {
    const { text, warnings } = await run(input, options)
    expect(text.split('\n')[0]).toBe('logit_x,logit_y,confidence')
    expect(warnings).toEqual([expect.stringContaining('"logit_x", "logit_y" are not read as logits')])
  })

  it.each(['logit_x,logit_cat', 'logit_*', '4,1'])('is a class if it is selected: %s', async (logits) => {
    const { text, warnings } = await run(input, { ...options, logits })
    expect(text.split('\n')[0]).not.toContain('logit_x')
    expect(warnings).toEqual([])
  })
})

describe('files that other programs write', () => {
  interface Case {
    name: string
    format: ScoreOptions['from']
    bytes: string
    columns: string[] | null
    index?: number[]
  }
  const cases = readFileSync(join(ROOT, 'fixtures/columns.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Case)

  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, { format, bytes, columns, index }) => {
    const input = Buffer.from(bytes, 'base64')
    const options = { from: format, to: 'csv', emit: 'index', keep: false } as const
    if (!columns) return expect((await run(input, options)).error).toMatchObject({ code: 'E_COLUMNS', status: 2 })
    const { logits, header } = await schemaOf(input, { from: format })
    expect(logits.map((column) => header[column])).toEqual(columns)
    const { text, error } = await run(input, options)
    expect(error).toBeUndefined()
    expect(text).toBe(`index\n${index!.join('\n')}\n`)
  })
})

describe('an index that pandas stores as a range', () => {
  const path = join(ROOT, 'fixtures', 'range-index.parquet')
  const warningsOf = async (options: ScoreOptions) => {
    const warnings: string[] = []
    const stream = scoreFiles([path], { nonfinite: 'propagate', missing: 'nan', ...options })
    stream.on('warning', (warning) => warnings.push(warning))
    await stream.toArray()
    return warnings
  }
  const index = 'the pandas index "doc_id" is a range (from 1000 in steps of 2) that is not stored as a column'
  const remedy = 'to_parquet(index=True) in pandas stores it as one'

  it('is lost with rows that are not read, and in text, with a warning', async () => {
    expect(await warningsOf({ to: 'parquet' })).toEqual([])
    expect(await warningsOf({ to: 'csv', keep: false })).toEqual([])
    expect(await warningsOf({ to: 'csv' })).toEqual([`${index}, so it is lost; ${remedy}`])
    expect(await warningsOf({ to: 'parquet', head: 2 })).toEqual([`${index}, so it is lost; ${remedy}`])
  })

  it('is lost if rows are left out, with a warning', async () => {
    expect(await warningsOf({ to: 'parquet', onError: 'skip' })).toEqual([])
    const lost = `${index}, and rows were left out, so it is lost; ${remedy}`
    expect(await warningsOf({ to: 'parquet', onError: 'skip', nonfinite: 'error' })).toEqual([lost])
  })
})
