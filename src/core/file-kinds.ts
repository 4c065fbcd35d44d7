/**
 * Common kinds of files that do not contain rows of text. They are recognized by their first bytes in order to be
 * refused by name, with a command to convert them. To add one, add an entry.
 */
import { SoftmaxError } from './errors.js'
import { beginsAs, beginsAsNumbers, beginsAsText, beginsAsWith, hasAt, type Magic } from './magic-numbers.js'
import { optionText, shellWord, speaking } from './option-words.js'

/** A kind of file. */
export interface FileKind {
  /** As in "not supported: a PDF document". */
  feature: string
  magic: Magic
  /** What to do about it; `file` is the name of the input, `start` its first bytes. */
  remedy(file: string, start: Buffer): string
  /** Whether text could begin like this, too, which makes it weaker evidence than an option. */
  text?: true
}

/** The usual remedy: a command whose output is piped in. */
const pipe = (command: string, logits?: string) => (file: string) => {
  const filled = command.replace('FILE', () => fileWord(file))
  const flag = logits === undefined ? '' : optionText('logits', logits)
  if (speaking() === 'command') return `${filled} | softmax${flag && ` ${flag}`}`
  return `${filled}, and score its output${flag && ` with ${flag}`}`
}
/** The remedy as a command; `logits` selects the logits in its output, if necessary. */
export const run = (command: string, logits?: string) => (file: string) => `run ${pipe(command, logits)(file)}`
const python = (code: string) => (file: string) => `run python -c "${code.replace('FILE', () => file)}"`
const csvBy = (reader: string) => python(`import pandas; pandas.${reader}('FILE').to_csv('logits.csv', index=False)`)
const say = (remedy: string) => () => remedy

const FLATTENED = 'save the logits from Python as .npy, .parquet or .csv'
const NO_ROWS = 'pass the rows of logits themselves'
/** A byte that does not occur in text; most binary data soon contains one. */
const CONTROL = /[^\P{Cc}\s\x80-\x9f]/u
const DIGITS = Array.from('123456789')
const STATA = Array.from('ijklmnopqrs', (release) => [`${release}\x01\x01\0`, `${release}\x02\x01\0`]).flat()

/** How many bytes of a zip archive to search for file names. */
const ZIP_BYTES = 4096

/** All kinds. */
const KINDS: readonly FileKind[] = [
  {
    feature: 'bzip2 compression',
    magic: beginsAs(...DIGITS.flatMap((size) => [`BZh${size}1AY&SY`, `BZh${size}\x17rE8P\x90`])),
    remedy: run('bzip2 -dc FILE'),
  },
  { feature: 'xz compression', magic: beginsAs('\xfd7zXZ\0', ']\0\0'), remedy: run('xz -dc FILE') },
  { feature: 'lz4 compression', magic: beginsAs('\x04"M\x18', '\x02!L\x18'), remedy: run('lz4 -dc FILE') },
  { feature: 'lzip compression', magic: beginsAs('LZIP\x01'), remedy: run('lzip -dc FILE') },
  { feature: 'snappy compression', magic: beginsAs('\xff\x06\0\0sNaPpY'), remedy: run('snzip -dc FILE') },
  { feature: 'compress (.Z) compression', magic: beginsAs('\x1f\x9d'), remedy: run('gzip -dc FILE') },
  { feature: 'zlib compression', magic: beginsAs('x\x01', 'x\x9c', 'x\xda'), remedy: run('pigz -dc FILE') },
  { feature: 'zlib compression', magic: beginsAsWith('x^', CONTROL, 64), remedy: run('pigz -dc FILE') },
  {
    feature: 'a spreadsheet (.xlsx, .ods)',
    magic: zipOf(/\bxl\/|opendocument\.spreadsheet/),
    remedy: (file) => `save the sheet as CSV, or ${run('in2csv FILE')(file)}`,
  },
  {
    feature: 'a document (.docx, .odt)',
    magic: zipOf(/\bword\/|opendocument\.text/),
    remedy: say('export its table as CSV'),
  },
  { feature: 'a PyTorch file', magic: zipOf(/\/data\.pkl/), remedy: say(FLATTENED) },
  { feature: 'a zip archive', magic: zipOf(/^/), remedy: run('unzip -p FILE') },
  { feature: 'an empty zip archive', magic: beginsAs('PK\x05\x06'), remedy: say(NO_ROWS) },
  { feature: 'a 7z archive', magic: beginsAs("7z\xbc\xaf'\x1c"), remedy: run('7z x -so FILE') },
  { feature: 'a rar archive', magic: beginsAs('Rar!\x1a\x07'), remedy: run('unrar p -inul FILE') },
  { feature: 'a tar archive', magic: hasAt('ustar', 257), remedy: run('tar -xOf FILE') },
  {
    feature: 'a Python pickle',
    magic: beginsAs('\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'),
    remedy: say(FLATTENED),
  },
  {
    feature: 'HDF5',
    magic: beginsAs('\x89HDF\r\n\x1a\n'),
    remedy: python("import h5py, numpy; numpy.save('logits.npy', h5py.File('FILE')['logits'])"),
  },
  { feature: 'netCDF', magic: beginsAs('CDF\x01', 'CDF\x02', 'CDF\x05'), remedy: say(FLATTENED) },
  {
    feature: 'a MATLAB file',
    magic: beginsAs('MATLAB 5.0 MAT-file', 'MATLAB 7.3 MAT-file'),
    remedy: python("import numpy, scipy.io as io; numpy.save('logits.npy', io.loadmat('FILE')['logits'])"),
  },
  {
    feature: 'an SQLite database',
    magic: beginsAs('SQLite format 3\0'),
    remedy: run("sqlite3 -csv -header FILE 'select * from logits'"),
  },
  { feature: 'a DuckDB database', magic: hasAt('DUCK', 8), remedy: run("duckdb -csv FILE 'from logits'") },
  {
    feature: 'ORC',
    magic: beginsAsWith('ORC', CONTROL, 64),
    remedy: python("from pyarrow import orc, parquet; parquet.write_table(orc.read_table('FILE'), 'logits.parquet')"),
  },
  { feature: 'Avro', magic: beginsAs('Obj\x01'), remedy: run('fastavro FILE') },
  {
    feature: 'Feather of version 1',
    magic: beginsAs('FEA1'),
    remedy: python("from pyarrow import feather as f; f.write_feather(f.read_table('FILE'), 'logits.arrow')"),
  },
  {
    feature: 'a Stata file',
    magic: beginsAs('<stata_dta>', ...STATA),
    remedy: csvBy('read_stata'),
  },
  { feature: 'an SPSS file', magic: beginsAs('$FL2', '$FL3'), remedy: csvBy('read_spss') },
  {
    feature: 'a SAS file',
    magic: beginsAs('HEADER RECORD*******LIB', `${'\0'.repeat(12)}\xc2\xea\x81\x60`),
    remedy: csvBy('read_sas'),
  },
  {
    feature: 'an R object (.rds)',
    magic: beginsAs('X\n\0\0\0\x02', 'X\n\0\0\0\x03', 'A\n2\n', 'A\n3\n'),
    remedy: run(`Rscript -e 'write.csv(readRDS("FILE"), row.names = FALSE)'`),
  },
  {
    feature: 'an R workspace (.RData)',
    magic: beginsAs('RDX2\n', 'RDX3\n', 'RDA2\n', 'RDA3\n'),
    remedy: run(`Rscript -e 'load("FILE"); write.csv(logits, row.names = FALSE)'`),
  },
  {
    feature: 'an Excel workbook (.xls)',
    magic: beginsAs('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
    remedy: say('save the sheet as CSV'),
  },
  { feature: 'a PDF document', magic: beginsAs('%PDF-'), remedy: say('export its table as CSV') },
  {
    feature: 'an image',
    magic: beginsAs('\x89PNG\r\n', '\xff\xd8\xff', 'GIF87a', 'GIF89a', 'II*\0', 'MM\0*'),
    remedy: say(NO_ROWS),
  },
  { feature: 'a RIFF file, such as WebP or WAV', magic: beginsAsWith('RIFF', CONTROL, 16), remedy: say(NO_ROWS) },
  { feature: 'a GGUF model', magic: beginsAs('GGUF'), remedy: say('run the model, and pass its logits') },
  { feature: 'a program', magic: beginsAs('\x7fELF', 'MZ\x90\0'), remedy: say(NO_ROWS) },
  {
    feature: 'an HTML page',
    magic: beginsAsText('<!doctype html', '<html', '<table', '<head', '<body'),
    remedy: say('the download may have failed; if the page has a table, export that as CSV'),
    text: true,
  },
  { feature: 'XML', magic: beginsAsText('<?xml'), remedy: csvBy('read_xml'), text: true },
  {
    feature: 'a Git LFS pointer instead of the file',
    magic: beginsAsText('version https://git-lfs'),
    remedy: say('run git lfs pull'),
    text: true,
  },
  {
    feature: 'encryption',
    magic: beginsAsText('-----begin pgp message', 'age-encryption.org/', '-----begin age'),
    remedy: say('decrypt it first'),
    text: true,
  },
  { feature: 'encryption', magic: beginsAs('Salted__'), remedy: run('openssl enc -d -aes-256-cbc -pbkdf2 -in FILE') },
  {
    feature: "Python's literals",
    magic: beginsAsText("{'", "[{'"),
    remedy: run(`python -c "import ast, json; [print(json.dumps(ast.literal_eval(line))) for line in open('FILE')]"`),
    text: true,
  },
  {
    feature: 'a printed array',
    magic: (start) => beginsAsText('array([', 'tensor([')(start) || beginsAsNumbers(start),
    remedy: say(FLATTENED),
    text: true,
  },
  {
    feature: 'ARFF',
    magic: beginsAsText('@relation '),
    remedy: python(
      "import pandas, scipy.io.arff as a; pandas.DataFrame(a.loadarff('FILE')[0]).to_csv('logits.csv', index=False)",
    ),
    text: true,
  },
  {
    feature: 'an event stream',
    magic: beginsAsText('data: {', 'data:{'),
    remedy: run("sed -n 's/^data: *//p' FILE"),
    text: true,
  },
  { feature: 'a JSON text sequence', magic: beginsAs('\x1e{', '\x1e['), remedy: run("tr -d '\\036' < FILE") },
  {
    feature: 'a table drawn with lines',
    magic: beginsAsText('+--'),
    remedy: say('export it as CSV, or as TSV with mysql --batch'),
    text: true,
  },
  { feature: 'RTF', magic: beginsAsText('{\\rtf'), remedy: say('save it as plain text'), text: true },
]

function zipOf(names: RegExp): Magic {
  return beginsAsWith('PK\x03\x04', names, ZIP_BYTES)
}

/** A path quoted for a shell. */
function fileWord(file: string): string {
  return /^[\w.,/][\w.,/-]*$/.test(file) ? file : shellWord(file)
}

/** All kinds with their detection; if a text format is requested, only those that cannot be text. */
export function kindMagics(isTextRequested: boolean): [FileKind, Magic][] {
  return KINDS.flatMap((kind) => (isTextRequested && kind.text ? [] : [[kind, kind.magic]]))
}

/** The error for a file of a kind. */
export function unsupported({ feature, remedy }: FileKind, file: string, start: Buffer): SoftmaxError {
  return new SoftmaxError('E_UNSUPPORTED', { feature, remedy: remedy(file, start) })
}
