/** Lists of labels with scores in rows of JSON, as classifiers and chat models return them: a command makes objects of them. */
import { describe, expect, it } from 'vitest'
import { command, folder, predict, shell } from './support.js'

const linesOf = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** As `pipeline(top_k=None)` of Hugging Face returns them: sorted by score. */
const SENTIMENT = [
  {
    text: 'a',
    gold: 'NEGATIVE',
    scores: [
      { label: 'POSITIVE', score: 2.1 },
      { label: 'NEGATIVE', score: -1 },
    ],
  },
  {
    text: 'b',
    gold: 'NEGATIVE',
    scores: [
      { label: 'NEGATIVE', score: 1.5 },
      { label: 'POSITIVE', score: -0.5 },
    ],
  },
]

/** An answer of a chat model with the three most likely tokens. */
const answer = (custom_id: string, tokens: Record<string, number>) => {
  const top_logprobs = Object.entries(tokens).map(([token, logprob]) => {
    return { token, logprob, bytes: token === 'D' ? null : [token.charCodeAt(0)] }
  })
  const choice = { index: 0, message: { content: 'x' }, logprobs: { content: [{ ...top_logprobs[0], top_logprobs }] } }
  return { custom_id, gold: 'A', response: { id: 'r', choices: [choice] } }
}
const CHAT = [answer('1', { A: -0.1, B: -2.5, C: -4.5 }), answer('2', { B: -0.2, D: -2.5, A: -4.5 })]
const TOP = 'response.choices.0.logprobs.content.0.top_logprobs'

// From numpy: e = exp(x - x.max()); e / e.sum(), for 2.1, -1; 1.5, -0.5; -0.1, -2.5, -4.5; -0.2, -2.5, -4.5.
const SENTIMENTS = [
  [0.9568927450589139, 0.043107254941086116],
  [0.11920292202211756, 0.8807970779778823],
]
const ANSWERS = [
  [0.9066221824987357, 0.08224690880306554, 0.011130908698198723, 0],
  [0.012181922422525535, 0.897805169404612, 0, 0.09001290817286234],
]

interface Item {
  label?: string
  score?: number
  token?: string
  logprob?: number
}

/** The list at a path. */
const at = (row: unknown, path: string) =>
  path.split('.').reduce((value, key) => (value as Record<string, unknown>)[key], row) as Item[]

/** Runs the command that a message proposes, with more flags. */
function proposedBy(stderr: string, cwd: string, flags: string): { probs: Record<string, number> }[] | undefined {
  const [, line] = / (jq -c '[^']*' FILE \| softmax --logits [\w.]+)[; ]/.exec(stderr)!
  const { status, stdout } = shell(`command -v jq >/dev/null || exit 9; ${line} ${flags}`, cwd)
  // Without jq installed, only the command is checked.
  if (status === 9) return undefined
  return stdout
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row))
}

describe('a list of labels with scores', () => {
  it.each([
    { rows: SENTIMENT, of: 'scores', probs: SENTIMENTS, flags: '' },
    { rows: CHAT, of: TOP, probs: ANSWERS, flags: '--labels A,B,C,D --missing -inf' },
  ])(
    'is named, with the command that makes an object of it and keeps all other keys: $of',
    ({ rows, of, probs, flags }) => {
      const cwd = folder({ FILE: linesOf(rows) })
      for (const selected of [[], ['--logits', of], ['--logits', of.split('.')[0]!]]) {
        for (const lane of ['auto', 'general']) {
          const { status, stdout, stderr } = command(['-f', 'ndjson', '--lane', lane, 'FILE', ...selected], { cwd })
          expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
          expect(stderr).toMatch(`softmax: FILE: row 1: "${of}" is a list of labels with scores; run jq -c '`)
          expect(stderr).toContain(
            '; if rows have different labels, list all with --labels and add --missing -inf [E_ROW]',
          )
        }
      }
      const { stderr } = command(['-f', 'ndjson', 'FILE'], { cwd })
      const scored = proposedBy(stderr, cwd, flags)
      if (!scored) return
      expect(scored.map((row) => Object.values(row.probs).map((p) => p.toFixed(14)))).toEqual(
        probs.map((row) => row.map((p) => p.toFixed(14))),
      )
      // All other keys are those of the input.
      const others = (row: object) => ({ ...row, probs: 0, label: 0, scores: 0, response: 0 })
      expect(scored.map(others)).toEqual(rows.map(others))
    },
  )

  it.each([
    [SENTIMENT, 'scores.0.score,scores.1.score', 'scores.0.score', 'scores'],
    [SENTIMENT, 'scores.score', 'scores.score', 'scores'],
    [CHAT, `${TOP}.0.logprob`, `${TOP}.0.logprob`, TOP],
  ])('into which a path leads is named, too: %#', (rows, logits, item, of) => {
    const { status, stderr } = command(['-f', 'ndjson', '--logits', logits], { stdin: linesOf(rows) })
    expect(status).toBe(2)
    expect(stderr).toMatch(
      `softmax: stdin: --logits "${item}" leads into "${of}", which is a list of labels with scores; run jq -c '`,
    )
  })

  it('is named in place of logits that follow the convention, and where keys need quotes in jq', () => {
    const [list] = SENTIMENT.map(({ scores }) => scores)
    const cwd = folder({
      FILE: linesOf([{ id: 7, logits: list }]),
      'in.ndjson': linesOf([
        { id: 7, 'top-2': [list] },
        { id: 8, 'top-2': [null] },
      ]),
    })
    expect(command(['-f', 'ndjson', 'FILE'], { cwd }).stderr).toContain(
      `jq -c '.logits |= ((. // []) | map({(.label): .score}) | add)'`,
    )
    const { stderr } = command(['in.ndjson'], { cwd })
    expect(stderr).toContain(
      `run jq -c '."top-2"[0] |= ((. // []) | map({(.label): .score}) | add)' FILE | softmax --logits 'top-2.0';`,
    )
    const { status, stdout } = shell(
      `command -v jq >/dev/null || exit 9; jq -c '."top-2"[0] |= ((. // []) | map({(.label): .score}) | add)' in.ndjson`,
      cwd,
    )
    if (status === 9) return
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: 7, 'top-2': [{ POSITIVE: 2.1, NEGATIVE: -1 }] },
      { id: 8, 'top-2': [null] },
    ])
  })

  it.each([[[]], [null], [{}]])('is named after a first row that has %j there', (none) => {
    const stdin = linesOf([{ ...SENTIMENT[0], scores: none }, ...SENTIMENT])
    for (const [flags, code] of [
      ['', 'E_ROW'],
      ['--logits scores', 'E_ROW'],
      ['--logits scores.0.score', 'E_SELECTOR'],
    ] as const) {
      for (const more of [[], ['-t', 'csv'], ['--lane', 'general'], ['--on-error', 'skip']]) {
        const { status, stderr } = command(['-f', 'ndjson', ...flags.split(' ').filter(Boolean), ...more], { stdin })
        expect(status).toBe(code === 'E_ROW' ? 1 : 2)
        expect(stderr).toMatch(/"scores",?( which)? is a list of labels with scores; run jq -c '\.scores \|= /)
        expect(stderr).toContain(code)
      }
    }
  })

  it('is none beside logits, or if its items have two numbers, or an object', () => {
    const box = { xmin: 1, ymin: 2 }
    for (const items of [
      [
        { label: 'a', score: 2, box },
        { label: 'b', score: 1, box },
      ],
      [
        { label: 'a', score: 2, rank: 1 },
        { label: 'b', score: 1, rank: 2 },
      ],
    ]) {
      const { stderr } = command(['-f', 'ndjson'], { stdin: linesOf([{ id: 7, scores: items }]) })
      expect(stderr).not.toContain('labels with scores')
    }
    const stdin = linesOf([{ ...SENTIMENT[0], logits: [2, 1] }])
    expect(command(['-f', 'ndjson', '--emit', 'index'], { stdin })).toMatchObject({ status: 0, stderr: '' })
  })

  it('in objects is named with the function that makes an object of it', async () => {
    const made =
      '; make it an object, whose keys are the classes: Object.fromEntries(list.map((item) => [item.label, item.score]))'
    for (const [logits, code, says] of [
      ['scores', 'E_ROW', '"scores" is a list of labels with scores'],
      [undefined, 'E_ROW', '"scores" is a list of labels with scores'],
      ['scores.0.score,scores.1.score', 'E_SELECTOR', 'leads into "scores", which is a list of labels with scores'],
    ] as const) {
      const { error } = await predict(SENTIMENT, { logits: logits! })
      expect(error).toMatchObject({ code })
      expect(error!.message).toContain(says + made)
    }
    const rows = SENTIMENT.map(({ scores: list, ...row }) => {
      return { ...row, scores: Object.fromEntries(list.map((item) => [item.label, item.score])) }
    })
    const { predictions } = await predict(rows, { logits: 'scores' })
    expect(predictions.map(({ label }) => label)).toEqual(['POSITIVE', 'NEGATIVE'])
  })
})

describe('a row that is a list of labels with scores', () => {
  it.each([SENTIMENT.map((row) => at(row, 'scores')), CHAT.map((row) => at(row, TOP))])(
    'is named with the command that makes an object of it: %j',
    (...rows) => {
      const cwd = folder({ FILE: JSON.stringify(rows) })
      const { status, stderr } = command(['-f', 'ndjson', 'FILE'], { cwd })
      expect(status).toBe(1)
      const [, line] =
        /: a list of labels with scores is not a row; run (jq -c '[^']*' FILE) \| softmax \[E_ROW\]/.exec(stderr)!
      const made = shell(`command -v jq >/dev/null || exit 9; ${line}`, cwd)
      if (made.status === 9) return
      const objects = rows.map((list) =>
        Object.fromEntries(list.map((item) => [item.label ?? item.token, item.score ?? item.logprob])),
      )
      expect(made.stdout).toBe(linesOf(objects))
    },
  )
})

describe('a list of rows beside other keys', () => {
  it.each([
    [
      {
        id: 7,
        data: [
          { a: 1, b: -2.5 },
          { a: 3, b: 4.5 },
        ],
      },
      '.data = (.data[]? // null)',
      'data',
    ],
    [
      {
        id: 7,
        data: [
          [1.5, 2],
          [3, 4.5],
        ],
      },
      '.data = (.data[]? // null)',
      'data',
    ],
    [
      {
        id: 7,
        r: {
          x: 1,
          data: [
            { n: 'z', m: 'y', l: [1.5, -2] },
            { n: 'z', m: 'y', l: [2, 1] },
          ],
        },
      },
      '.r.data = (.r.data[]? // null)',
      'r.data.l',
    ],
  ])('is named with the command that keeps them: %j', (row, program, logits) => {
    const cwd = folder({ FILE: linesOf([row]) })
    const { stderr } = command(['-f', 'ndjson', 'FILE'], { cwd })
    expect(stderr).toContain(`run jq -c '${program}' FILE | softmax --logits ${logits}`)
    const scored = proposedBy(stderr.replace(/\)(?=[; ])/g, ';').replaceAll(' [E', '; [E'), cwd, '')
    if (scored) expect(scored).toMatchObject([{ id: 7 }, { id: 7 }])
  })

  it('keeps rows whose list is empty or missing, as bad rows', () => {
    const rows = [{ id: 1, data: [{ l: [1.5, -2] }, { l: [2, 1] }] }, { id: 2, data: [] }, { id: 3 }]
    const cwd = folder({ FILE: linesOf(rows) })
    const [, line] = / (jq -c '[^']*' FILE \| softmax --logits data.l)/.exec(
      command(['-f', 'ndjson', 'FILE'], { cwd }).stderr,
    )!
    const { status, stderr } = shell(`command -v jq >/dev/null || exit 9; ${line} --rejects bad.ndjson`, cwd)
    if (status === 9) return
    expect(stderr).toMatch(/: 2 of 4 rows rejected: /)
  })

  it('of one object may be read where it is', () => {
    const lists = folder({
      FILE: linesOf([
        { id: 1, outputs: [{ scores: [2, 1] }] },
        { id: 2, outputs: [] },
      ]),
    })
    const proposed = command(['-f', 'ndjson', 'FILE'], { cwd: lists }).stderr
    expect(proposed).toContain(
      '"outputs" contains a list of objects; --logits outputs.0.scores reads the first object; to make a row of each, run jq -c ',
    )
    const args = ['-f', 'ndjson', 'FILE', '--logits', 'outputs.0.scores', '--on-error', 'skip', '--emit', 'index']
    expect(command(args, { cwd: lists })).toMatchObject({
      status: 0,
      stdout: '{"id":1,"outputs":[{"scores":[2,1]}],"index":0}\n',
      stderr: expect.stringContaining('1 of 2 rows rejected'),
    })
  })
})
