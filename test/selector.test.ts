import { type Schema, type ScoreOptions, type SoftmaxError, score } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { command, folder } from './support.js'

/** Resolves the columns of an input. */
async function settle(input: string, options: ScoreOptions = {}): Promise<Schema> {
  const stream = score(options)
  const schema = new Promise<Schema>((resolve) => stream.on('schema', resolve))
  stream.end(input)
  stream.resume()
  const failure = new Promise<never>((_, reject) => stream.on('error', reject))
  return Promise.race([schema, failure])
}

/** The names of the columns taken for logits. */
async function chosen(input: string, options: ScoreOptions = {}): Promise<string[]> {
  const { logits, header } = await settle(input, options)
  return logits.map((index) => header[index]!)
}

const refused = (input: string, options: ScoreOptions = {}): Promise<SoftmaxError> =>
  settle(input, options).then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  )

describe('a selector', () => {
  const header = 'id,logit_a,logit_b,logit_c,logit_d,note,1,a-b\n'

  it.each([
    ['names', 'logit_a,logit_c', ['logit_a', 'logit_c']],
    ['one name', 'note', ['note']],
    ['names, in the order given', 'logit_c,logit_a', ['logit_c', 'logit_a']],
    ['positions, in the order given', '4,2,3', ['logit_c', 'logit_a', 'logit_b']],
    [
      'a name before a glob, whose columns come in their own order',
      'logit_c,logit_*',
      ['logit_c', 'logit_a', 'logit_b', 'logit_d'],
    ],
    ['ranges, each in column order', '4-5,2-3', ['logit_c', 'logit_d', 'logit_a', 'logit_b']],
    ['a name that is taken out and put back, last', 'logit_a,logit_b,!logit_a,logit_a', ['logit_b', 'logit_a']],
    ['blanks around items', ' logit_a , 3, logit_d ', ['logit_a', 'logit_b', 'logit_d']],
    ['blanks around names in quotes', ' "logit_a" , "1"', ['logit_a', '1']],
    ['positions from 1', '2,3', ['logit_a', 'logit_b']],
    ['a position as a range, even if it is a name, too', '1-1', ['id']],
    ['the last position', '8', ['a-b']],
    ['a range of positions', '2-5', ['logit_a', 'logit_b', 'logit_c', 'logit_d']],
    ['a range of one position', '3-3', ['logit_b']],
    ['a range to the end', '6-', ['note', '1', 'a-b']],
    ['several ranges', '1-2,7-8', ['id', 'logit_a', '1', 'a-b']],
    ['a range of names', 'logit_b-logit_d', ['logit_b', 'logit_c', 'logit_d']],
    ['a range of names with a hyphen of their own', 'note-a-b', ['note', '1', 'a-b']],
    ['a name with a hyphen', 'a-b', ['a-b']],
    ['a glob', 'logit_*', ['logit_a', 'logit_b', 'logit_c', 'logit_d']],
    ['a glob with stars at both ends', '*o*', ['logit_a', 'logit_b', 'logit_c', 'logit_d', 'note']],
    ['a glob of one character', 'logit_?', ['logit_a', 'logit_b', 'logit_c', 'logit_d']],
    ['everything', '*', ['id', 'logit_a', 'logit_b', 'logit_c', 'logit_d', 'note', '1', 'a-b']],
    ['a regular expression', '/^logit_[ab]$/', ['logit_a', 'logit_b']],
    ['a regular expression that is found anywhere', '/o/', ['logit_a', 'logit_b', 'logit_c', 'logit_d', 'note']],
    ['a regular expression with a comma', '/^\\w{4,7}$/', ['logit_a', 'logit_b', 'logit_c', 'logit_d', 'note']],
    ['a regular expression of any case', '/LOGIT_[AB]/i', ['logit_a', 'logit_b']],
    ['a negation behind a glob', 'logit_*,!logit_b', ['logit_a', 'logit_c', 'logit_d']],
    ['a negation first: all but that', '!id,!note,!"1",!a-b', ['logit_a', 'logit_b', 'logit_c', 'logit_d']],
    ['a negated range', '!1-1,!6-8', ['logit_a', 'logit_b', 'logit_c', 'logit_d']],
    ['a negated range of names', '*,!note-a-b,!id', ['logit_a', 'logit_b', 'logit_c', 'logit_d']],
    ['a negated glob', '!*o*,!id,!a-b', ['1']],
    ['a negated regular expression', '2-5,!/[cd]$/', ['logit_a', 'logit_b']],
    ['a negation, then one more', '2-4,!3,5', ['logit_a', 'logit_c', 'logit_d']],
    ['the order of what was asked for first, though it comes again', 'logit_b,2-3', ['logit_b', 'logit_a']],
    ['a name in quotes', '"logit_a"', ['logit_a']],
    ['a name of digits in quotes', '"1"', ['1']],
  ])('takes %s: %s', async (_, logits, names) => {
    expect(await chosen(header, { logits })).toEqual(names)
  })

  it.each([
    ['a comma', 'x,y', '"x,y"'],
    ['a quote', 'x"y', '"x""y"'],
    ['a star', 'x*', '"x*"'],
    ['a question mark', 'x?', '"x?"'],
    ['slashes', '/x/', '"/x/"'],
    ['an exclamation mark', '!x', '"!x"'],
    ['spaces', ' x y ', ' x y '],
    ['letters beyond ASCII', 'żółw-🐢', 'żółw-🐢'],
    ['a letter that one star stands for', '🐢', '?'],
    ['a newline', 'x\ny', 'x*y'],
    ['a point, which is a point in globs', 'x.1', 'x.*'],
    ['that of a property of all objects', '__proto__', '__proto__'],
    ['that of a method of all objects', 'constructor', 'constructor'],
  ])('finds a column whose name holds %s', async (_, name, logits) => {
    const cell = `"${name.replaceAll('"', '""')}"`
    expect(await chosen(`id,${cell},xx1\n`, { logits })).toEqual([name])
  })

  it.each([
    ['no comma', ['a', 'b c'], '"a", "b c"'],
    ['a comma', ['a', 'b,c'], '"a", "b,c"'],
    ['a quote', ['"', 'say "b"'], String.raw`"\"", "say \"b\""`],
  ])('lists the columns so that each can be told, if a name has %s', async (_, names, list) => {
    const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join()
    const { message } = await refused(`${header}\n`, { logits: 'z' })
    expect(message).toContain(` is not one of ${list} [E_SELECTOR]`)
  })

  it('lists long names up to a limit, each complete or with its end left out', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${index},${'x'.repeat(40)}`)
    const { message } = await refused(`${names.map((name) => `"${name}"`).join()}\n`, { logits: 'z' })
    expect(message).toContain(` is not one of "${names[0]}", "${names[1]}", ... [E_SELECTOR]`)
  })

  it('names the columns that no item selects where a long list has a name that is none of many columns', async () => {
    const names = Array.from({ length: 12 }, (_, nth) => `logit_class_${nth}`)
    const text = `id,${names.join()},logit_misc\n${Array(14).fill(1).join()}\n`
    const messageOf = async (logits: string) => (await refused(text, { logits })).message
    for (const logits of [`${names.join()},other`, 'logit_class_*,other', '2-13,other']) {
      expect(await messageOf(logits)).toBe(
        'logits "other" is not one of the 14 columns; logits does not name "id", "logit_misc" [E_SELECTOR]',
      )
    }
    expect(await messageOf(`${names.join()},misc`)).toContain('"id", "logit_misc"; did you mean ')
    expect(await messageOf('other')).toContain('"logit_class_4", ... [')
    expect(await messageOf('id,other')).toContain('"logit_class_4", ... [')
  })

  it.each([
    ['a quote that is not closed', '"logit_a'],
    ['a quote that is not closed, behind others', 'z,"logit_a'],
    ['text behind a closing quote', '"logit_a"z'],
    ['text behind a regular expression', '/^logit_a$/z'],
  ])('refuses %s, whatever columns there are: %s', async (_, logits) => {
    const error = await refused('logit_,logit_a,z\n', { logits })
    expect(error).toMatchObject({ code: 'E_SELECTOR', status: 2 })
  })

  it('may be a list, one item each', async () => {
    expect(await chosen(header, { logits: ['logit_a', '3-4', '!logit_c', '/^a-/'] })).toEqual([
      'logit_a',
      'logit_b',
      'a-b',
    ])
  })

  it.each([
    ['a blank', 'logit_a, logit_b', 'logit_b'],
    ['a no-break blank', 'logit_a,\u00a0logit_b\u00a0', 'logit_b'],
    ['a byte order mark', 'logit_a,\ufefflogit_b', 'logit_b'],
    ["numpy's comment sign", '# logit_a,logit_b', 'logit_a'],
    ['a comment sign', '#logit_a,logit_b', 'logit_a'],
  ])('finds a name that has %s before it in the header', async (_, header, logits) => {
    expect((await settle(`${header}\n1,2\n`, { logits })).classes).toEqual([logits.slice(-1)])
    expect((await settle(`${header}\n1,2\n`, { logits: '/^logit_.$/' })).classes).toEqual(['a', 'b'])
    expect((await settle(`${header}\n1,2\n`, { logits: 'logit_a-logit_b' })).classes).toEqual(['a', 'b'])
  })

  it('takes a name as it stands before one that is alike', async () => {
    expect((await settle(' x,x\n1,2\n', { logits: '" x"' })).logits).toEqual([0])
    expect((await settle(' x,x\n1,2\n', { logits: ['x'] })).logits).toEqual([1])
    expect(await refused(' x,x \n1,2\n', { logits: ['x'] })).toMatchObject({ code: 'E_SELECTOR' })
  })

  it('prefers a name to a range', async () => {
    expect(await chosen('a,x,b,a-b\n', { logits: 'a-b' })).toEqual(['a-b'])
  })

  it('is case-sensitive', async () => {
    expect(await chosen('A,a\n', { logits: 'a' })).toEqual(['a'])
    expect(await refused('A,b\n', { logits: 'a' })).toMatchObject({ code: 'E_SELECTOR' })
  })

  it.each([
    ['LOGIT_A', 'logit_a'],
    ['logits_b', 'logit_b'],
    ['2:3', '2-3'],
    ['2..3', '2-3'],
    ['logit_a:logit_b', 'logit_a-logit_b'],
    ['logit_a logit_b', 'logit_a,logit_b'],
    ['2; 3', '2,3'],
    ['logit_a-logits_b', 'logit_a-logit_b'],
    ['loggit_a-Logit_b', 'logit_a-logit_b'],
  ])('that selects nothing is answered with what was meant: %s', async (logits, meant) => {
    const error = await refused(header, { logits })
    expect(error).toMatchObject({ code: 'E_SELECTOR' })
    expect(error.message).toContain(`did you mean logits: '${meant}'?`)
    expect((await chosen(header, { logits: meant })).every((name) => name.startsWith('logit_'))).toBe(true)
  })

  it.each(['nothing', 'z:y', 'a/b /c', '1:99'])(
    'is answered with nothing where nothing is alike: %s',
    async (logits) => {
      expect((await refused(header, { logits })).message).not.toContain('did you mean')
    },
  )

  it.each([
    'logit_a,logit_b,logit_c',
    'logit_c,2-3',
    'logit_*,logit_c',
    '"logit_a",logit_b,logit_c',
    'logit_b,LOGIT_B',
  ])('is not answered with a column that another item selects: %s', async (logits) => {
    expect((await refused('id,logit_a,logit_b\n1,2,3\n', { logits })).message).not.toContain('did you mean')
  })

  it('is answered with the nearest of the other columns', async () => {
    const error = await refused('id,logit_a,logit_b\n1,2,3\n', { logits: 'logit_a,logit_c' })
    expect(error.message).toContain("did you mean logits: 'logit_a,logit_b'?")
    const truth = await refused('a,b,y_a,y_b\n1,2,0,1\n', { logits: 'a,b', op: 'sigmoid', truth: 'y_a,y_c' })
    expect(truth.message).toContain("did you mean truth: 'y_a,y_b'?")
  })

  const TWO = 'id,logit_a,logit_b\n1,2,3\n'
  it.each([
    ['!logit_d', '!logit_a'],
    ['"logit_a",logit_d', '"logit_a",logit_b'],
  ])('is answered with all items, of which one is corrected: %s', async (logits, meant) => {
    expect((await refused(TWO, { logits })).message).toContain(`did you mean logits: '${meant}'?`)
    expect((await settle(TWO, { logits: meant })).logits.length).toBeGreaterThan(0)
  })

  it.each([
    ['id,logit_zero,logit_one\n', 'zero', 'logit_zero'],
    ['id,logit_zero,logit_one\n', 'Zero,ONE', 'logit_zero,logit_one'],
    ['id,logit_zero,logit_one\n', '"zero",logit_one', 'logit_zero,logit_one'],
    ['id,logit_zero,logit_one\n', 'zero-one', 'logit_zero-logit_one'],
    ['id,logit_zero,logit_one\n', '!id,!zero', '!id,!logit_zero'],
    ['id,zero_logit,one_logit\n', 'zero,one', 'zero_logit,one_logit'],
    ['id,Logit.Zero,Logit:One\n', 'zero,one', 'Logit.Zero,Logit:One'],
    ['id,score zero,score-one\n', 'zero,one', 'score zero,score-one'],
    ['id,logit_żółw,logit_one\n', 'ŻÓŁW,one', 'logit_żółw,logit_one'],
    ['truth_zero,logit_zero,logit_one\n', 'zero,one', 'logit_zero,logit_one'],
    ['id,logit_a,"logit_b,c"\n', 'a,"b,c"', 'logit_a,"logit_b,c"'],
    // A name that is one edit away is less likely.
    ['on,logit_one\n', 'one', 'logit_one'],
  ])('is answered with the names that have a prefix or a suffix: %j %s', async (header, logits, meant) => {
    const error = await refused(header, { logits })
    expect(error).toMatchObject({ code: 'E_SELECTOR' })
    expect(error.message).toContain(`did you mean logits: '${meant}'?`)
    expect((await settle(header, { logits: meant })).logits.length).toBeGreaterThan(0)
  })

  it('is answered with the name alone if another item selects nothing either', async () => {
    expect((await refused(TWO, { logits: 'a,nothing' })).message).toContain('; did you mean "logit_a"? [E_SELECTOR]')
  })

  it.each([
    ['first_zero,second_zero,logit_one\n0,1,2\n', 'zero'],
    ['logitzero,logit_one\n0,1\n', 'zero'],
    ['logit_zero,zero_logit\n0,1\n', 'zero'],
  ])('is answered with none of several with another prefix, or with one that is no word: %j', async (text, logits) => {
    expect((await refused(text, { logits })).message).not.toContain('did you mean')
  })

  it('is answered with the item alone if there are many', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `logit_${index}x`)
    const logits = [...names.slice(1), 'logitt_0x'].join()
    expect((await refused(`${names.join()}\n`, { logits })).message).toMatch(
      /; did you mean "logit_0x"\? \[E_SELECTOR\]$/,
    )
  })

  it.each(['3-2', 'logit_b-logit_a'])(
    'refuses a range that goes down, and names two that do not: %s',
    async (logits) => {
      const error = await refused(header, { logits })
      expect(error.message).toContain("logits: '2-3'")
      expect(error.message).toContain("logits: '3,2'")
    },
  )

  it('goes before names that begin with logit', async () => {
    expect(await chosen(header, { logits: 'note' })).toEqual(['note'])
  })

  it('gives classes in its order, which is the order of labels', async () => {
    expect(await settle('a,b,c\n', { logits: 'c,a', labels: ['first', 'last'] })).toMatchObject({
      logits: [2, 0],
      classes: ['first', 'last'],
      kept: [1],
    })
  })

  it('counts positions where there is no header', async () => {
    expect(await chosen('7,x,1,2\n', { logits: '3-', header: false })).toEqual(['3', '4'])
    expect(await chosen('7,x,1,2\n', { logits: '!1-2', header: false })).toEqual(['3', '4'])
  })

  it.each([
    ['a name that is none', 'logit_z', 'logit_z'],
    ['a name in part', 'logit', 'logit'],
    ['a name among others', 'logit_a,nix,id', 'nix'],
    ['a negated name that is none', 'logit_*,!nix', 'nix'],
    ['a name in quotes that is none', '"nix"', 'nix'],
    ['position 0', '0', '0'],
    ['a position past the end', '9', '9'],
    ['a position far past the end', '99999999999999999999', '99999999999999999999'],
    ['a range from 0', '0-2', '0-2'],
    ['a range past the end', '2-9', '2-9'],
    ['a range backwards', '4-2', '4-2'],
    ['a range of names backwards', 'logit_d-logit_a', 'logit_d-logit_a'],
    ['a range of names, one of which is none', 'logit_a-logit_z', 'logit_a-logit_z'],
    ['a negative position', '-1', '-1'],
    ['a glob that nothing fits', 'cat_*', 'cat_*'],
    ['a regular expression that nothing fits', '/^cat/', '/^cat/'],
    ['what is no regular expression', '/(/', '/(/'],
    ['nothing', ',', ','],
    ['a negation of nothing', '!', '!'],
    ['nothing that is left', 'id,!id', 'id,!id'],
    ['a quote that is not closed', '"logit_a', undefined],
  ])('refuses %s: %s', async (_, logits, item) => {
    const error = await refused(header, { logits })
    expect(error).toMatchObject({ code: 'E_SELECTOR', status: 2, ...(item !== undefined && { info: { item } }) })
  })

  it.each([
    ['a name', 'logit_a,logit_a', 'logit_a'],
    ['a name and its position', 'logit_a,2', 'logit_a'],
    ['a name among others', 'logit_a,logit_b,logit_a', 'logit_a,logit_b'],
    ['a position of a range', '2-5,3', '2-5'],
    ['a range within a range', 'logit_a-logit_d,3-4', 'logit_a-logit_d'],
    ['what a negation leaves', '!id,logit_a', '!id'],
  ])('refuses %s that is selected before, with what selects it once: %s', async (_, logits, rest) => {
    for (const asked of [logits, logits.split(',')]) {
      const error = await refused(header, { logits: asked })
      expect(error).toMatchObject({ code: 'E_SELECTOR', status: 2 })
      expect(error.message).toContain(`a second time; logits: '${rest}' selects it once`)
    }
    expect(await chosen(header, { logits: rest })).not.toEqual([])
  })

  it('takes a name whose letters are composed otherwise, where no column has it exactly', async () => {
    const [one, two] = ['caf\u00e9', 'cafe\u0301']
    expect(await chosen(`${one},x\n`, { logits: two })).toEqual([one])
    expect(await chosen(`${two},x\n`, { logits: one })).toEqual([two])
    expect(await chosen(`${one},${two}\n`, { logits: two })).toEqual([two])
  })

  it('refuses a name that two columns have, and takes their positions', async () => {
    expect(await refused('a,a,b\n', { logits: 'a' })).toMatchObject({ code: 'E_SELECTOR' })
    expect(await refused('a,a,b\n', { logits: 'a-b' })).toMatchObject({ code: 'E_SELECTOR' })
    expect((await settle('a,a,b\n', { logits: '2-3' })).logits).toEqual([1, 2])
    expect((await settle('a,a,b\n', { logits: 'a*' })).logits).toEqual([0, 1])
  })
})

describe('a position that is the name of another column', () => {
  const numbers = 'truth,1,2,3,4,5\n'

  it.each([
    ['5', 'a name and a position', `logits: '"5"' selects the name, logits: '"4"' the position`],
    ['2-3', 'names and positions', `logits: '"2","3"' selects the names, logits: '"1","2"' the positions`],
    ['1', 'a name and a position', `logits: '"1"' selects the name, logits: 'truth' the position`],
    ['3,5', 'a name and a position', `logits: '"3"' selects the name, logits: '"2"' the position`],
  ])('is refused, with both choices: %s', async (logits, what, choices) => {
    const { code, message } = await refused(numbers, { logits, header: true })
    expect(code).toBe('E_SELECTOR')
    expect(message).toContain(`is ${what} of other columns; ${choices} [`)
  })

  it.each([
    ['"5"', ['5']],
    ['5-5', ['4']],
    ['2-6', ['1', '2', '3', '4', '5']],
    ['"1","2"', ['1', '2']],
    ['/^[45]$/', ['4', '5']],
  ])('is none in %s', async (logits, expected) => {
    expect(await chosen(numbers, { logits, header: true })).toEqual(expected)
  })

  it('is refused for true classes and kept columns, too', async () => {
    const options = { header: true, logits: '2-6' }
    expect((await refused(numbers, { ...options, truth: '5', emit: 'loss' })).message).toContain(`truth: '"5"' selects`)
    expect((await refused(numbers, { ...options, keep: '5' })).message).toContain(`keep: '"5"' selects`)
  })

  it.each([
    ['id,1-2,3-4,5-6\n', '1-2', `positions of other columns; logits: '"1-2"' selects the name, logits: 'id,"1-2"' the`],
    ['2-2,x,y\n', '2-2', `positions of other columns; logits: '"2-2"' selects the name, logits: 'x' the positions`],
    ['2,2,q\n', '2', `a position of other columns; logits: '1-1' selects the name, logits: '2-2' the position`],
  ])('is refused where names look like ranges, or repeat: %j, %s', async (header, logits, message) => {
    const error = await refused(header, { logits, header: true })
    expect(error).toMatchObject({ code: 'E_SELECTOR', message: expect.stringContaining(`is a name and ${message}`) })
  })

  it('is none of a later input whose columns have names that look like ranges', async () => {
    const files = folder({ 'a.csv': '2-2,1-1,x\n1,2,z\n', 'b.csv': '2-2,1-1,x\n1,2,z\n' })
    const { stdout } = command(['a.csv', 'b.csv', '--logits', '"2-2","1-1"', '-e', 'label'], { cwd: files })
    expect(stdout).toBe('x,label\nz,1-1\nz,1-1\n')
  })

  it('beyond the columns is proposed as a name', async () => {
    expect((await refused('0,1,2\n', { logits: '0', header: true })).message).toContain(
      `"0" is outside columns 1 to 3; logits: '"0"' is the column of that name`,
    )
  })
})

describe('without a selector', () => {
  it.each([
    ['logit_3'],
    ['logits_3'],
    ['logit.dog'],
    ['logits.dog'],
    ['logit:dog'],
    ['logits:dog'],
    ['logit-dog'],
    ['logit dog'],
    ['logit3'],
    ['logits3'],
    ['LOGIT_dog'],
    ['Logits.dog'],
  ])('a name like %s is that of logits', async (name) => {
    const { logits, kept, classes } = await settle(`id,${name},note\n1,2,x\n`, { op: 'sigmoid' })
    expect({ logits, kept }).toEqual({ logits: [1], kept: [0, 2] })
    expect(classes).toEqual([name.endsWith('dog') ? 'dog' : '3'])
  })

  it.each(['logistic', 'logitech', 'my_logit_3', 'log_it', 'logi_3'])('a name like %s is not', async (name) => {
    expect(await refused(`note,${name}\nx,2\n`)).toMatchObject({ code: 'E_COLUMNS' })
  })

  it('columns that begin with logit are taken wherever they stand, and whatever the rest is', async () => {
    expect(await chosen('logit_a,id,logit_b,x,logits.c\n1,2,3,4,5\n')).toEqual(['logit_a', 'logit_b', 'logits.c'])
  })

  it('a column called logit keeps its name', async () => {
    expect((await settle('id,logit\n1,2\n', { op: 'sigmoid' })).classes).toEqual(['logit'])
  })

  it('all columns are taken where all are numbers', async () => {
    expect(await chosen('cat,dog,boat\n1,-2.5,1e3\n')).toEqual(['cat', 'dog', 'boat'])
    expect(await chosen('cat,dog\n-inf, .5\n')).toEqual(['cat', 'dog'])
    expect(await chosen('0,1,2\n1,2,3\n')).toEqual(['0', '1', '2'])
  })

  it('all columns are taken of a header alone that names classes', async () => {
    expect(await chosen('cat,dog,boat\n')).toEqual(['cat', 'dog', 'boat'])
  })

  it.each(
    [
      ['id', 'ID', 'Id', 'image_id', 'user_id', 'imageId', 'row_id', 'label_id', 'uuid', 'index', 'key', 'row', 'year'],
      [
        'truth',
        'ground_truth',
        'target',
        'targets',
        'y',
        'Y',
        'y_true',
        'label',
        'labels',
        'Label',
        'true_label',
        'class',
        '',
      ],
    ].flat(),
  )('a column called %j is not taken for a class in silence', async (name) => {
    const error = await refused(`${name},cat,dog\n1,2,3\n`)
    expect(error).toMatchObject({
      code: 'E_COLUMNS',
      status: 2,
      info: { header: [name, 'cat', 'dog'], logits: 'cat,dog' },
    })
    const last = await refused(`cat,dog,${name}\n1,2,3\n`)
    expect(last).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'cat,dog' } })
  })

  it.each(['idle', 'video', 'keyboard', 'rowboat', 'yak', 'classic', 'indexer', 'squid', 'orchid'])(
    'a class may be called %s',
    async (name) => {
      expect(await chosen(`${name},dog\n1.5,-2.5\n`)).toEqual([name, 'dog'])
    },
  )

  it.each(['x', '1.2.3', '1_000', '0x10'])('a cell of the first row that is no number is refused: %j', async (cell) => {
    const error = await refused(`cat,dog,boat\n1,2,${cell}\n`)
    expect(error).toMatchObject({ code: 'E_COLUMNS', status: 2, info: { logits: 'cat,dog' } })
  })

  it.each(['', ' ', 'NA', 'null', '\\N', '-'])(
    'one that has no value in the first rows may be one: %j',
    async (cell) => {
      const error = await refused(`cat,dog,boat\n1,2,${cell}\n`)
      expect(error).toMatchObject({ code: 'E_COLUMNS', status: 2, info: { logits: 'cat,dog,boat' } })
    },
  )

  it('the selector that the error shows would do', async () => {
    for (const input of ['id,cat,dog\n1,2,3\n', 'cat,id,dog\n1,2,3\n', 'name,cat,id,dog\nx,2,3,4\n', 'id,cat\n1,2\n']) {
      const error = await refused(input)
      const { logits } = error.info as { logits: string }
      expect((await chosen(input, { logits })).every((name) => ['cat', 'dog'].includes(name))).toBe(true)
      expect(error.message).toContain(`logits: '${logits}'`)
      const names = input.split('\n')[0]!.split(',')
      expect(error.message).toContain(names.map((name) => `"${name}"`).join(', '))
    }
  })

  it.each(['1.5,2.5', '-1,2', '1e3,4', '0.25,inf', 'inf,nan', '3,1,2', '0,2,1', '7', '2,3,4'])(
    'a header that is numbers is refused: %s',
    async (header) => {
      const error = await refused(`${header}\n1,2\n`)
      expect(error).toMatchObject({ code: 'E_HEADER', status: 2, info: { line: 1 } })
      expect(error.message).toContain('header: false')
    },
  )

  it('a header that counts its columns, from 0 or 1, is one', async () => {
    expect(await chosen('0,1,2\n5,6,7\n')).toEqual(['0', '1', '2'])
    expect(await chosen('1,2,3\n5,6,7\n')).toEqual(['1', '2', '3'])
  })
})

describe('without a header', () => {
  const header = false

  it('all columns of numbers are logits', async () => {
    expect(await settle('1.5,2,-3\n', { header })).toMatchObject({ logits: [0, 1, 2], classes: ['0', '1', '2'] })
  })

  it('whole numbers are logits, too', async () => {
    expect((await settle('7,2,3\n', { header })).logits).toEqual([0, 1, 2])
  })

  it('a whole number before logits with fractions is not taken for one in silence', async () => {
    const error = await refused('17,2.5,3.25\n', { header })
    expect(error).toMatchObject({ code: 'E_COLUMNS', status: 2, info: { logits: '2-3' } })
  })

  it('a column that is no number is not taken for logits', async () => {
    expect(await refused('dog,2.5,3.5\n', { header })).toMatchObject({ code: 'E_COLUMNS', info: { logits: '2-3' } })
    expect(await refused('2.5,3.5,x\n', { header })).toMatchObject({ code: 'E_COLUMNS', info: { logits: '1-2' } })
  })
})
