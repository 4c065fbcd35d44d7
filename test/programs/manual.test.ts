/** The manual page, as those that show it see it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeFlags } from '../../dist/command/flags.js'
import { MANIFEST, ROOT } from '../support.js'

describe('the manual page', () => {
  const page = join(ROOT, MANIFEST.man[0])
  const shown = execFileSync('man', ['-P', 'cat', '-l', page], {
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' },
  })

  it('has every option and every error', () => {
    const unwrapped = shown.replace(/\s+/g, ' ')
    for (const { names } of describeFlags()) {
      for (const name of names.slice(0, 1))
        expect(unwrapped).toMatch(new RegExp(`--(\\[no-\\])?${name.replace(/^no-/, '(no-)?')}\\b`))
    }
    for (const heading of ['NAME', 'SYNOPSIS', 'OPTIONS', 'EXIT STATUS', 'ERRORS', 'ENVIRONMENT', 'EXAMPLES']) {
      expect(shown).toMatch(new RegExp(`^${heading}$`, 'm'))
    }
    expect(shown).toContain('E_CELL')
    expect(shown).toContain(`softmax-stream ${MANIFEST.version}`)
  })

  it.each([
    ['man', ['--warnings', '-P', 'cat', '-l', page]],
    ['mandoc', ['-T', 'lint', page]],
    ['groff', ['-ww', '-man', '-Tutf8', page]],
  ])('has nothing that %s warns of', (program, args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    if (program === 'mandoc') expect(stdout).toBe('')
  })
})
