/** URLs as files, and other files that are not read or written: the errors name the command that helps. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { command, folder } from './support.js'

describe('a URL', () => {
  it.each([
    ['s3://bucket/x.csv', "aws s3 cp 's3://bucket/x.csv' - | softmax"],
    ['GS://bucket/x y.csv', "gcloud storage cat 'GS://bucket/x y.csv' | softmax"],
    ['hdfs://host/x', "hdfs dfs -cat 'hdfs://host/x' | softmax"],
    ['http://host/x', "curl -fsS 'http://host/x' | softmax"],
    ["https://host/x?a=b&c='", "curl -fsS 'https://host/x?a=b&c='\\''' | softmax"],
  ])('is not an input: %s', (url, pipe) => {
    const refusal = (...args: string[]) => command(args, { cwd: folder() })
    const said = (then: string) => ({
      status: 3,
      stdout: '',
      stderr: `softmax: ${url}: cannot read: URLs are not supported; pipe it in, as with ${pipe}${then} [E_INPUT]\n`,
    })
    expect(refusal(url)).toEqual(said(''))
    expect(refusal(url, '-o', 'out/')).toEqual(said(''))
    expect(refusal('evaluate', url, '--truth', 'y')).toEqual(said(' evaluate'))
  })

  it.each([
    ['s3://bucket/in/', "copy it, as with aws s3 sync 's3://bucket/in/' FOLDER/, and name that folder"],
    ['wasbs://files@account/in.csv', 'copy it to a file, and name that'],
  ])('is copied first if it is a folder, or has a scheme without a known command: %s', (url, remedy) => {
    const { status, stderr } = command([url], { cwd: folder() })
    expect(stderr).toBe(`softmax: ${url}: cannot read: URLs are not supported; ${remedy} [E_INPUT]\n`)
    expect(status).toBe(3)
  })

  it.each([
    ['-o', 's3://bucket/x.csv', "it with aws s3 cp FILE 's3://bucket/x.csv'"],
    ['-o', 'gs://bucket/out/', "it with gcloud storage cp FILE 'gs://bucket/out/'"],
    ['--rejects', 'hdfs://host/x', "it with hdfs dfs -put FILE 'hdfs://host/x'"],
    ['--stats', 'https://host/x', 'it there'],
    ['-o', 's3a://bucket/out/', 'it there'],
    ['-o', 'abfss://files@account.dfs.core.windows.net/out/', 'it there'],
  ])('is not an output: %s %s', (flag, url, copy) => {
    const cwd = folder({ 'a.csv': 'logit_a,logit_b\n1,2\n' })
    const { status, stdout, stderr } = command(['a.csv', flag, url], { cwd })
    const reason = `URLs are not supported; write a file, and copy ${copy}`
    expect(stderr).toBe(`softmax: cannot write "${url}": ${reason} [E_OUTPUT]\n`)
    expect({ status, stdout, files: readdirSync(cwd) }).toEqual({ status: 3, stdout: '', files: ['a.csv'] })
  })
})

describe('a folder', () => {
  it('of files with other names has an error that says to name them, which reads them', () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'in'))
    writeFileSync(join(cwd, 'in/unload_0000_part_00'), 'logit_a,logit_b\n1,2\n')
    expect(command(['in'], { cwd }).stderr).toContain('; name other files themselves, and their format with --from [')
    expect(command(['in/unload_0000_part_00', '--from', 'csv', '-e', 'label'], { cwd }).stdout).toBe('label\nb\n')
  })

  it('is no output of an evaluation, whatever --part says: each part is measured by itself', () => {
    const cwd = folder({ 'a.csv': 'y,logit_a,logit_b\nb,1,2\n' })
    for (const output of [[], ['-o', 'out/']]) {
      const { status, stderr } = command(['evaluate', 'a.csv', '--truth', 'y', '--part', '1/2', ...output], { cwd })
      expect(stderr).toBe(
        'softmax: --part works only with outputs in a folder, and softmax evaluate writes one file; measure each part with --partial, and combine them with --merge [E_CONFLICT]\n',
      )
      expect(status).toBe(2)
    }
    const { stderr } = command(['calibrate', 'a.csv', '--truth', 'y', '--resume'], { cwd })
    expect(stderr).toContain('--resume works only with outputs in a folder, and softmax calibrate writes one file [')
  })
})

describe('a dry run', () => {
  it('says whether text is compressed, and nothing of that for formats that compress their own contents', () => {
    expect(command(['fixtures/digits.parquet', '--dry-run']).stdout).toContain('digits.parquet (parquet, 899 rows)\n')
    expect(command(['fixtures/digits.ndjson.gz', '--dry-run']).stdout).toContain('(ndjson, gzip')
    expect(command(['fixtures/digits-logits.csv', '--dry-run']).stdout).toContain('(csv, not compressed')
  })
})
