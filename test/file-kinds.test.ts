/** Files without rows, refused by name: their first bytes are those that the original programs write. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { command, folder } from './support.js'

const KINDS: Record<string, string> = JSON.parse(
  readFileSync(new URL('../fixtures/kinds.json', import.meta.url), 'utf8'),
)

/** The name of each kind, and the remedy. */
const SAYS: Record<string, [is: string, remedy: string]> = {
  bzip2: ['bzip2', 'bzip2 -dc FILE'],
  'bzip2, empty': ['bzip2', 'bzip2 -dc FILE'],
  xz: ['xz', 'xz -dc FILE'],
  lzma: ['xz', 'xz -dc FILE'],
  lz4: ['lz4', 'lz4 -dc FILE'],
  'lz4, legacy': ['lz4', 'lz4 -dc FILE'],
  'gzip in gzip': ['gzip inside gzip', 'gzip -dc FILE'],
  'bzip2 in gzip': ['bzip2', 'bzip2 -dc'],
  tar: ['tar', 'tar -xOf FILE'],
  'tar in gzip': ['tar', 'tar -xOf FILE'],
  zip: ['a zip archive', 'unzip -p FILE'],
  'zip, empty': ['an empty zip archive', ''],
  xlsx: ['.xlsx', 'in2csv FILE'],
  ods: ['.ods', 'save the sheet as CSV'],
  docx: ['.docx', 'CSV'],
  torch: ['PyTorch', '.npy'],
  '7z': ['7z', '7z x -so FILE'],
  rar: ['rar', 'unrar p -inul FILE'],
  'pickle 2': ['pickle', '.npy'],
  'pickle 3': ['pickle', '.npy'],
  'pickle 4': ['pickle', '.npy'],
  'pickle 5': ['pickle', '.npy'],
  joblib: ['pickle', '.npy'],
  'joblib, compressed': ['zlib', ''],
  hdf5: ['HDF5', 'h5py'],
  netcdf: ['netCDF', '.npy'],
  'mat 5': ['MATLAB', 'loadmat'],
  sqlite: ['SQLite', 'sqlite3 -csv -header FILE'],
  orc: ['ORC', 'orc.read_table'],
  'orc, zlib': ['ORC', 'orc.read_table'],
  avro: ['Avro', 'fastavro FILE'],
  'feather 1': ['Feather of version 1', 'write_feather'],
  stata: ['Stata', 'read_stata'],
  'stata 118': ['Stata', 'read_stata'],
  spss: ['SPSS', 'read_spss'],
  'spss, compressed': ['SPSS', 'read_spss'],
  'sas xport': ['SAS', 'read_sas'],
  rds: ['.rds', 'readRDS'],
  'rds in gzip': ['.rds', 'readRDS'],
  rdata: ['.RData', 'load('],
  xml: ['XML', 'read_xml'],
  html: ['HTML', 'CSV'],
  'html page': ['HTML', 'download'],
  pdf: ['PDF', 'CSV'],
  png: ['image', ''],
  jpeg: ['image', ''],
  gif: ['image', ''],
  tiff: ['image', ''],
  webp: ['WebP', ''],
  'git lfs': ['Git LFS', 'git lfs pull'],
  python: ["Python's literals", 'ast.literal_eval'],
  'python, list': ["Python's literals", 'ast.literal_eval'],
  'numpy, str': ['a printed array', '.npy'],
  'numpy, str of a row': ['a printed array', '.npy'],
  'numpy, repr': ['a printed array', '.npy'],
  openssl: ['encryption', 'openssl enc -d'],
  arff: ['ARFF', 'loadarff'],
  'event stream': ['an event stream', "sed -n 's/^data: *//p' FILE"],
  'json sequence': ['a JSON text sequence', "tr -d '\\036' < FILE"],
  mysql: ['a table drawn with lines', 'mysql --batch'],
}

describe('a file of another kind', () => {
  it('is there for each', () => {
    expect(Object.keys(SAYS).sort()).toEqual(Object.keys(KINDS).sort())
  })

  it.each(Object.entries(SAYS))('%s is refused by name, in one piece and in bytes', async (name, [is, remedy]) => {
    const bytes = Buffer.from(KINDS[name]!, 'base64')
    const whole = await run(bytes)
    expect(whole.error).toMatchObject({ code: 'E_UNSUPPORTED', status: 1 })
    expect(whole.error!.message).toContain(is)
    expect(whole.error!.message).toContain(remedy)
    expect(whole.text).toBe('')
    expect((await run(bytes, { onError: 'skip' }, 1)).error).toMatchObject({ message: whole.error!.message })
  })

  it('is what it is, whatever its name and the flags say', () => {
    const cwd = folder({ 'in.csv': Buffer.from(KINDS.sqlite!, 'base64') })
    for (const flags of [[], ['-f', 'csv'], ['--no-header'], ['-d', ';'], ['-f', 'parquet']]) {
      const { status, stderr, stdout } = command(['in.csv', ...flags, '-l', '1'], { cwd })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain("sqlite3 -csv -header in.csv 'select * from logits' | softmax [E_UNSUPPORTED]")
    }
  })
})

describe('text that begins as a file of another kind', () => {
  it.each([
    'BZh9',
    'PK',
    'ORC',
    'ORCA',
    'x^2',
    'GIF',
    'RIFF',
    'RIFF, raff',
    'MZ',
    'Obj',
    'SQLite',
    'A',
    'logit',
    'version',
    '@relation',
    'data',
    'array',
    'Salted',
  ])('is text: %s', async (name) => {
    const rest = name.includes(',') ? 'b' : 'a,b'
    const { text, error } = await run(`${name},${rest}\n1,2,1\n`, { logits: '2-3', emit: 'index' })
    expect(error).toBeUndefined()
    expect(text).toBe(`${name.split(',')[0]},index\n1,0\n`)
  })

  it('is scored at once, however little of it has come', async () => {
    const { text } = await run('A\n1\n', { logits: '1', emit: 'index' }, 1)
    expect(text).toBe('index\n0\n')
  })

  it('is CSV where that is asked for', async () => {
    const { text } = await run('<table,a,b\n1,2,1\n', { from: 'csv', logits: '2-3', emit: 'index' })
    expect(text).toBe('<table,index\n1,0\n')
  })
})

describe('text for which another format is requested', () => {
  it.each<[string, 'csv' | 'tsv' | 'ndjson' | 'json']>([
    ['a,b\n1,2\n', 'csv'],
    ['a\tb\n1\t2\n', 'tsv'],
    ['{"logits":[1,2]}\n', 'ndjson'],
    ['[1,2]\n[2,1]\n', 'ndjson'],
    ['[\n{"logits":[1,2]}\n]\n', 'json'],
  ])('is refused with the format that it looks like: %j', async (text, meant) => {
    for (const from of ['parquet', 'arrow', 'npy'] as const) {
      const { error } = await run(text, { from })
      expect(error).toMatchObject({ code: 'E_CORRUPT', status: 3 })
      expect(error!.message).toBe(
        `the input is not ${from}: it is text that looks like ${meant}; from: '${meant}', or read('${meant}'), reads it [E_CORRUPT]`,
      )
      expect(
        (await run(text, { from: meant, logits: meant === 'csv' || meant === 'tsv' ? '1-2' : undefined })).error,
      ).toBeUndefined()
    }
  })
})
