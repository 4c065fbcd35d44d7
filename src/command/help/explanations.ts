/** The explanation of each error. A code without an entry does not compile. */
import type { Code } from '../../core/errors.js'

interface Explanation {
  /** The error in a sentence. */
  is: string
  cause: string
  /** A shell command, or a script of the API, that raises it. */
  example: string
  /** Its output: the last line on standard error, or the message. */
  says: string
  fix: string
  /** Shell commands of the fix. */
  commands?: string
}

/** How to skip bad rows. */
const SKIP = '--rejects FILE writes bad rows to a file and scores the others; --on-error skip drops them.'

export const EXPLANATIONS: Readonly<Record<Code, Explanation>> = {
  E_CELL: {
    is: 'A logit is not a number.',
    cause:
      'A cell of a logit column contains text that is not a decimal number, such as a decimal comma, grouped digits, a percentage, a hexadecimal number or a word.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n1,"1,5",2\n' | softmax`,
    says: `softmax: stdin:2: column logit_cat (row 1, byte 25): "1,5" is not a number; decimals need a point; to read a decimal comma, add --decimal ',' --delimiter ',' [E_CELL]`,
    fix: `Write plain numbers, such as 1.5 or -2e3. If a word such as NA means that the value is missing, use --null NA, and --missing to set how it is read. ${SKIP}`,
  },
  E_MISSING: {
    is: 'A logit is missing, or all logits of a row are.',
    cause:
      'A cell of a logit column is empty, null, or a text given by --null; if logits are a list or an object, that may be missing, too.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n1,,2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 25): the logit is missing; --on-error skip skips such rows, --missing nan reads NaN, --missing -inf masks the class [E_MISSING]',
    fix: `${SKIP} If a missing logit means NaN, as written by pandas, --missing nan --nonfinite null keeps the row, with null results, and --nonfinite propagate with NaN. If it means that the model masked the class, --missing -inf gives it probability 0. If no row shows how many logits there are, --labels names the classes. A missing list of lists stays a bad row: it has no number of results.`,
  },
  E_OVERFLOW: {
    is: 'A logit does not fit into a double.',
    cause:
      'The number is outside the range of a double, which is about -1.8e308 to 1.8e308; or the logits of an array, of Parquet or of Arrow are 64-bit integers or decimals, or those of an object bigints, and this one has a magnitude above 2^53 - 1, up to which doubles represent all integers. Numbers of that size usually belong to another column, such as an id.',
    example: String.raw`printf 'logit_cat,logit_dog\n1e400,2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 20): "1e400" is outside the range of a double; --on-error skip skips such rows [E_OVERFLOW]',
    fix: `Check that --logits selects the right columns, and save logits as float64. ${SKIP}`,
  },
  E_TRUTH: {
    is: 'A true class is not one of the classes.',
    cause:
      'A cell of the --truth column is neither the name of a class nor its position from 0. Class names are the names of the logit columns without their prefix, or those given by --labels.',
    example: String.raw`printf 'logit_cat,logit_dog,y\n1,2,dgo\n' | softmax evaluate --truth y`,
    says: 'softmax: stdin:2: column y (row 1, byte 26): "dgo" is not a class, nor the position of one; the nearest class is "dog"; --labels sets other names; --on-error skip skips such rows [E_TRUTH]',
    fix: `Correct the value, or use --labels to name the classes as they are in that column. ${SKIP}`,
  },
  E_NONFINITE: {
    is: 'A row has no softmax.',
    cause: 'One of its logits is NaN or +inf, or all of them are -inf.',
    example: String.raw`printf 'logit_cat,logit_dog\nnan,2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 20): a logit is NaN, so the row has no softmax; --on-error skip skips such rows, --nonfinite propagate writes NaN [E_NONFINITE]',
    fix: `Find out why the model produces such a logit. --nonfinite propagate writes NaN for the row, like scipy and torch; --nonfinite null writes null, as databases want it: an empty cell in CSV. Metrics cannot count such a row. ${SKIP}`,
  },
  E_WIDTH: {
    is: 'A row has the wrong number of cells, a list the wrong number of logits, or an object of logits an unknown class.',
    cause:
      'A cell without quotes contains a delimiter or a line break, the row is truncated, or it belongs to another table. If the logits are an object, its keys are the classes: those of the first row, or those that --labels lists.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n1,2\n' | softmax`,
    says: 'softmax: stdin:2: row 1, byte 23: the row has 2 cells where 3 are expected; --on-error skip skips such rows [E_WIDTH]',
    fix: `Quote cells that contain the delimiter. Skip lines that are not rows with --comment or --skip-lines. If questions have different numbers of choices, pad shorter lists with null to the longest, and mask these: the first command below does so for lists of up to 5 logits. If objects of logits lack some classes, list all of them: the second command masks those that a row lacks. ${SKIP}`,
    commands: `jq -c '.logits[4] |= .' in.ndjson | softmax -f ndjson --missing -inf
softmax objects.ndjson --labels A,B,C,D --missing -inf`,
  },
  E_REPEATED: {
    is: 'A row repeats the header.',
    cause: 'Files with headers were concatenated, for example by cat.',
    example: String.raw`printf 'logit_cat,logit_dog\n1,2\nlogit_cat,logit_dog\n' | softmax`,
    says: 'softmax: stdin:3: row 2, byte 24: the row repeats the header, as if files were concatenated; pass the files as separate inputs [E_REPEATED]',
    fix: `Pass the files as separate inputs: each header is then read as a header. ${SKIP}`,
  },
  E_QUOTE: {
    is: 'A quote is not closed, or is not allowed at its position.',
    cause:
      'Only a quoted cell may contain quotes, and each of them must be doubled. A quoted cell begins and ends with a quote.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n5" disk,1,2\n' | softmax`,
    says: 'softmax: stdin:2: row 1, byte 23: an unquoted cell contains a quote; --lazy-quotes reads it as text, --quote none reads all quotes as text [E_QUOTE]',
    fix: `--lazy-quotes treats quotes inside unquoted cells as text, and --quote none all quotes. --escape sets the character before a quote inside quotes. ${SKIP}`,
  },
  E_ROW_TOO_LONG: {
    is: 'A row is longer than --max-row-bytes (16 MiB by default).',
    cause: 'A quote or a bracket is not closed, the input has no line breaks, or rows are really that long.',
    example: String.raw`printf 'logit_cat,logit_dog\n1,2.000000000000\n' | softmax --max-row-bytes 9`,
    says: 'softmax: stdin:1: byte 0: the row is longer than 9 bytes; increase --max-row-bytes if it is correct [E_ROW_TOO_LONG]',
    fix: `If the row is correct, increase --max-row-bytes. ${SKIP}`,
  },
  E_JSON: {
    is: 'A line or a value is not JSON.',
    cause: 'The line is truncated, or is only similar to JSON: it has single quotes, NaN or a trailing comma.',
    example: String.raw`printf '{"logits": [1, 2}\n' | softmax --from ndjson`,
    says: `softmax: stdin:1: row 1, byte 0: the line is not JSON: Expected ',' or ']' after array element in JSON at position 16 [E_JSON]`,
    fix: `Write it with a JSON library. ${SKIP}`,
  },
  E_CELL_ENCODING: {
    is: 'A kept cell is not valid text in the encoding of the input.',
    cause: 'The output is UTF-8 text, or a format whose text is UTF-8, and the cell has bytes in another encoding.',
    example: String.raw`printf 'id,logit_a,logit_b\ncafe,1,2\n' > in.csv
softmax in.csv --emit entropy=logit_a,margin=logit_b --to arrow --quiet |
  LC_ALL=C sed 's/cafe/caf\xe9/' > in.arrow
softmax in.arrow --to csv`,
    says: `softmax: in.arrow: column id (row 1): the text is not UTF-8; --keep '!id' leaves it out [E_CELL_ENCODING]`,
    fix: `For delimited text and JSON lines, set the encoding of the input, as in --encoding latin1. Text in Parquet and Arrow must be UTF-8: write the file again, or leave out the column, as in --keep '!id'. ${SKIP}`,
  },
  E_CELL_TYPE: {
    is: 'A kept cell does not have the type of its column.',
    cause:
      'With --types infer, the type of a column is detected from the first 10,000 rows or 1 MiB, and a later cell is not a value of that type. Or --types sets a type that not all cells have.',
    example: `(echo id,logit_a,logit_b; yes 7,1,2 | head -n 10000; echo K1,1,2) > in.csv
softmax in.csv --types infer --quiet -o out.parquet`,
    says: 'softmax: in.csv:10002: column id (row 10001, byte 60019): "K1" is not int64, the type of the first cells; --types infer,id=text keeps the column as text [E_CELL_TYPE]',
    fix: `If a word such as NA means that the value is missing, use --null NA. Otherwise set the type of the column, as in --types id=text, or keep all columns as text with --types text. ${SKIP}`,
  },
  E_KEY: {
    is: 'An object has an unexpected key, a duplicate key, or a value of another type than its column.',
    cause: 'The first objects define the columns of a table and their types, and a later object does not match them.',
    example: `echo '{"id":7,"logits":[1,2]}' > in.ndjson
echo '{"id":8,"logits":[1,2],"x":3}' >> in.ndjson
softmax in.ndjson --to csv`,
    says: 'softmax: in.ndjson:2: row 2, byte 24: unexpected key "x": the first row defines the columns; --keep id ignores it, --keep id,x --types x=text adds it, --to ndjson keeps the keys of each row [E_KEY]',
    fix: `Write JSON lines, which keep the keys of each object, as write('ndjson') does, too; or select columns with --keep, as in --keep id, which ignores other keys. --types price=float64 sets the type of a column. ${SKIP}`,
  },
  E_ENCODING: {
    is: 'The header, or a line of JSON, is not valid text in the encoding of the input.',
    cause: 'The input is not UTF-8, or does not have the encoding given by --encoding.',
    example: String.raw`printf 'id,logit_caf\xe9,logit_b\n1,2,3\n' | softmax`,
    says: 'softmax: stdin:1: the header is not UTF-8; try --encoding latin1 [E_ENCODING]',
    fix: 'Set the encoding, as in --encoding latin1 or --encoding utf-16le.',
  },
  E_UNSUPPORTED: {
    is: 'The input has a format or feature that is not supported.',
    cause: 'Its first bytes are those of another format or compression, or it uses a feature that is not supported.',
    example: String.raw`printf 'BZh91AY&SY\xe2\xf2\xd5' > in.csv.bz2; softmax in.csv.bz2`,
    says: 'softmax: in.csv.bz2: not supported: bzip2 compression; run bzip2 -dc in.csv.bz2 | softmax [E_UNSUPPORTED]',
    fix: 'Do what the message says: it has the command that converts the input, or the option to change.',
  },
  E_DELIMITER: {
    is: 'The header is a single cell that contains another delimiter.',
    cause: 'The cells are not separated by the delimiter of the format, which is a comma for csv.',
    example: String.raw`printf 'logit_cat;logit_dog\n1;2\n' | softmax`,
    says: `softmax: stdin:1: the input has one column; did you mean --delimiter ';'? [E_DELIMITER]`,
    fix: "Set the delimiter, as in --delimiter ';' or -d tab.",
  },
  E_TOO_MANY: {
    is: 'More rows are bad than --max-errors allows.',
    cause:
      'The message shows the row that exceeded the limit, and its error. The run stopped there. Standard output has the good rows before it, and the rejects file has the bad rows, including this one; an output file given by -o was not written. In a folder, the bad rows of all parts are counted together.',
    example: String.raw`printf 'logit_cat,logit_dog\nx,1\ny,1\n' | softmax --max-errors 1`,
    says: 'softmax: stdin:3: column logit_cat (row 2, byte 24): more than 1 bad row (--max-errors 1); the last: "y" is not a number [E_TOO_MANY]',
    fix: 'Correct the rows, which --rejects FILE collects, or increase --max-errors.',
  },
  E_EMPTY: {
    is: 'The input has no rows.',
    cause:
      '--require-rows makes it an error if the input is empty or has only a header. Without it, empty standard input is an error only if it would replace an existing output file with an empty one, for example because the program that writes to the pipe failed.',
    example: String.raw`printf 'logit_cat,logit_dog\n' | softmax --require-rows`,
    says: 'softmax: stdin: the input has no rows, and --require-rows is set [E_EMPTY]',
    fix: 'Find out why the program that produces the rows produced none.',
  },
  E_NO_COLUMNS: {
    is: 'The input is empty, and the output needs columns.',
    cause: 'A file of this format has column names or a number of columns, which an empty input does not define.',
    example: "printf '' | softmax --to npy > out.npy",
    says: 'softmax: stdin: the input is empty, and npy needs columns [E_NO_COLUMNS]',
    fix: 'Write csv or ndjson, which may be empty, or find out why the input is empty.',
  },
  E_TYPE: {
    is: 'The logits have a type that is not supported.',
    cause: 'A column or an array contains complex numbers, text or structures, or has too many axes.',
    example: `python3 -c "
import struct, sys
head = str({'descr': '<c16', 'fortran_order': False, 'shape': (1, 2)})
start = b'\\x93NUMPY\\1\\0' + struct.pack('<H', len(head))
sys.stdout.buffer.write(start + head.encode())" > in.npy
softmax in.npy`,
    says: 'softmax: in.npy: cannot be read as logits: its dtype is <c16; save it as float64, float32, float16 or integers [E_TYPE]',
    fix: 'Save the logits as numbers, such as float64.',
  },
  E_NO_ROWS: {
    is: 'No row could be scored, or no row has a true class.',
    cause:
      'All rows are bad, usually for the same reason, such as a wrong --logits or --delimiter; or metrics are needed, and the --truth column is empty.',
    example: String.raw`printf 'logit_cat,logit_dog\nx,1\ny,1\n' | softmax --on-error skip --quiet`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 20): no row could be scored (2 read); the first: "x" is not a number [E_NO_ROWS]',
    fix: 'The message has the reason of the first row; --rejects FILE writes it for each row. For metrics, check --truth.',
  },
  E_SCHEMA: {
    is: 'The columns of an input, the depth of its lists of logits, or a header among its rows differ from the first one.',
    cause:
      'Several inputs make one output, with the columns of the first input. Those of the others are found by name, in any order, and columns that --keep leaves out do not matter. If files were concatenated, a header in the middle ends the run even with --on-error skip, because the rows below it have other columns.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > a.csv
printf 'logit_a,logit_c\n1,2\n' > b.csv
softmax a.csv b.csv`,
    says: 'softmax: b.csv: column 2 is "logit_c", but "logit_b" in "a.csv"; -o FOLDER/ scores each file separately [E_SCHEMA]',
    fix: 'If only kept columns differ, name those that all inputs have, as in --keep id,region. Otherwise, score the input separately; concatenated files, too. -o FOLDER/ writes one output for each input.',
  },
  E_COLUMN_TYPE: {
    is: 'The type of a kept column differs from that in the first input, or the output cannot store one of its values.',
    cause:
      'Several inputs make one typed output, such as Parquet or Arrow. Its column types are those of the first input, or, for JSON lines, those of its first values. Parquet has no type for some values of Arrow, such as negative intervals.',
    example: String.raw`printf 'id,logit_a,logit_b\n1,2,3\n' > number.csv
printf 'id,logit_a,logit_b\nx,2,3\n' > text.csv
for i in number text; do
  softmax $i.csv --types infer --emit margin=logit_c,entropy=logit_d \
    -qo $i.arrow
done
softmax number.arrow text.arrow --to arrow > all.arrow`,
    says: `softmax: text.arrow: column id: its type is utf8, but int64 in the first input; --keep '!id' leaves it out [E_COLUMN_TYPE]`,
    fix: "For JSON lines and delimited text, set the type of the column, as in --types id=text. Otherwise convert one of the files, score them separately, or leave out the column, as in --keep '!id'.",
  },
  E_ROW: {
    is: 'A value is not a row.',
    cause:
      'softmax() takes arrays of numbers, objects with a property logits, and objects with one property per logit. A line of JSON is an object or a list of logits; all lines have the same form. In the example, the second line lacks the list that --logits selects.',
    example: String.raw`printf '{"model":{"scores":[2,1]}}\n{"error":"timeout"}\n' |
  softmax -f ndjson --logits model.scores`,
    says: 'softmax: stdin:2: row 2, byte 27: the row has no "model.scores"; --on-error skip skips such rows [E_ROW]',
    fix: "Check --logits if all lines have the list under another key; --rejects FILE collects the lines that lack it and scores the others. In the API, convert the value to a row; for text, put read('csv') before softmax(), or use score(), which takes bytes.",
  },
  E_RECORD: {
    is: 'write() got a value that is not an object.',
    cause: 'write() takes predictions of softmax(), or other objects, whose properties become columns.',
    example: `import { Readable } from 'node:stream'
import { write } from 'softmax-stream'
const rows = Readable.from([{ id: 1 }, [1, 2]])
const csv = rows.compose(write('csv'))
for await (const bytes of csv) console.log(String(bytes))`,
    says: 'row 2: expected an object, got an array; write() takes predictions, or other objects [E_RECORD]',
    fix: 'Write objects, such as { id: 2 }.',
  },
  E_CHUNK: {
    is: 'A stream got bytes instead of rows, or rows instead of bytes.',
    cause: 'score() and read() take bytes, softmax() takes rows, write() takes objects.',
    example: `import { createReadStream, writeFileSync } from 'node:fs'
import { softmax } from 'softmax-stream'
writeFileSync('in.csv', 'logit_a,logit_b\\n1,2\\n')
const bytes = createReadStream('in.csv')
for await (const { label } of bytes.compose(softmax())) console.log(label)`,
    says: `the stream takes rows, but got bytes; put read('csv') before it, or use score(), which takes bytes [E_CHUNK]`,
    fix: "Use score() from bytes to bytes, or put read('csv') before softmax() and write('csv') after it.",
  },
  E_SHAPE: {
    is: 'The length of the logits is not rows times classes.',
    cause: 'softmaxMatrix() takes the logits of all rows in one array, row after row.',
    example: `import { softmaxMatrix } from 'softmax-stream'
softmaxMatrix([1, 2, 3], 2, 2)`,
    says: '3 logits are not 2 rows of 2 classes [E_SHAPE]',
    fix: 'Pass the numbers of rows and classes that match the logits. Flatten arrays of arrays with logits.flat().',
  },
  E_FLAG: {
    is: 'The option does not exist.',
    cause: 'The name is mistyped, or is that of another program.',
    example: 'softmax in.csv --sep ,',
    says: 'softmax: unknown option "--sep"; did you mean --delimiter (-d)? [E_FLAG]',
    fix: 'Use the option that the message proposes; softmax help all lists all options.',
  },
  E_TOPIC: {
    is: 'There is no help on this topic.',
    cause: 'The topic is not a verb, an option, an error code or another name that softmax help topics lists.',
    example: 'softmax help tempreature',
    says: 'softmax: there is no help on "tempreature"; did you mean temperature? [E_TOPIC]',
    fix: 'Use one of the topics that softmax help topics lists.',
  },
  E_OPTION: {
    is: 'The value of an option is missing or invalid.',
    cause: 'The option takes only the values that the message describes.',
    example: 'softmax in.csv --temperature zero',
    says: 'softmax: --temperature takes a number above 0, not "zero" [E_OPTION]',
    fix: 'Pass a valid value; softmax help --temperature, for example, explains an option.',
  },
  E_CONFLICT: {
    is: 'Options exclude each other, or have no effect here.',
    cause:
      'An option cannot be combined with another one, with the format, or with the verb. Or the extension of the output is not that of a known format.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | softmax --json`,
    says: 'softmax: --json works only with softmax evaluate [E_CONFLICT]',
    fix: 'Leave one of them out, or do what the message proposes.',
  },
  E_COLUMNS: {
    is: 'It is not clear which columns are logits.',
    cause:
      'No column name begins with logit, --logits is not given, and the names and the first 100 rows are ambiguous: a column may be a key, a true class or a measurement. Or only one name begins with logit, and other columns of numbers may be the logits of other classes.',
    example: String.raw`printf 'id,cat,dog\n1,2,1\n' | softmax`,
    says: 'softmax: stdin: cannot detect which of the columns "id", "cat", "dog" are logits: "id" is a common name for a key, a true class or a measurement; if these are all the logits, use --logits cat,dog [E_COLUMNS]',
    fix: "Select the columns, as in --logits cat,dog or --logits 2-3 or --logits 'score_*'. If each row has a single logit, name its two classes, as in --binary ham,spam, or use --sigmoid; then the column named logit* is taken.",
  },
  E_TENSOR: {
    is: 'A file contains several arrays, or no array of the name given by --tensor.',
    cause: 'An .npz or .safetensors file contains several arrays, and none is called logits.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' |
  softmax --emit probs=scores,index=ids -o several.npz
softmax several.npz`,
    says: 'softmax: several.npz: it contains several arrays: "scores", "ids"; select the logits, as with --tensor scores [E_TENSOR]',
    fix: 'Select the array of logits with --tensor.',
  },
  E_SUMS: {
    is: 'An input of softmax evaluate --merge is not the output of --partial, or its classes differ from those of the inputs before it.',
    cause: 'The input is truncated or the wrong file, or the runs had different columns or --labels.',
    example: `echo '{"rows":7}' | softmax evaluate --merge`,
    says: 'softmax: stdin: it contains no sums of this version; --merge takes the output of --partial [E_SUMS]',
    fix: 'Write each input with softmax evaluate --partial, with the same options and the same version.',
  },
  E_CALIBRATION: {
    is: 'A file is not a calibration, or was made for other classes.',
    cause: '--calibration takes a file that softmax calibrate wrote for the same classes.',
    example: String.raw`echo '{}' > c.json
printf 'logit_a,logit_b\n1,2\n' | softmax --calibration c.json`,
    says: 'softmax: c.json: --calibration: it is not a calibration; softmax calibrate makes one [E_CALIBRATION]',
    fix: 'Make a calibration from rows of this model: softmax calibrate validation.csv --truth actual -o calibration.json.',
  },
  E_VALIDATION: {
    is: 'No temperature can be found from the rows.',
    cause:
      'No row has a true class, which may mean that --truth names another column, or there is only one class, or the logit of a true class is -inf.',
    example: String.raw`printf 'logit_a,logit_b,y\n2,1,\n' | softmax calibrate --truth y`,
    says: 'softmax: no temperature can be found: no row has a true class [E_VALIDATION]',
    fix: 'Check --truth, or calibrate on rows that have true classes and that the model was not trained on. If rows have a single logit, use --binary NEGATIVE,POSITIVE.',
  },
  E_SELECTOR: {
    is: 'A selector matches no column, or one column twice.',
    cause:
      '--logits and --truth take names, positions from 1, ranges, globs and regular expressions. In JSON, a path such as model.scores selects a value inside an object.',
    example: String.raw`printf 'cat,dog\n1,2\n' | softmax --logits cat,cow`,
    says: 'softmax: stdin: --logits "cow" is not one of "cat", "dog" [E_SELECTOR]',
    fix: 'Use the names in the header; softmax --dry-run shows the columns. A key of JSON that the first 1000 rows do not have is a column with --keep id,x --types x=text.',
  },
  E_HEADER: {
    is: 'It is not clear whether the first line is a header.',
    cause: 'It contains numbers instead of names, begins like a comment, or has fewer cells than the rows.',
    example: String.raw`printf '1.5,2.5\n3.5,4.5\n' | softmax`,
    says: 'softmax: stdin:1: the first line contains numbers, not names; --no-header reads it as a row, --header reads it as names [E_HEADER]',
    fix: "--no-header reads the first line as a row, --header as names. --skip-lines N skips lines before the header, and --comment '#' lines that begin with #.",
  },
  E_NAME: {
    is: 'Two output columns would have the same name.',
    cause:
      'A kept column has the name of a new one, such as label or p_cat; or two kept columns or classes have the same name, and the output is JSON, Parquet or Arrow.',
    example: String.raw`printf 'label,logit_cat,logit_dog\nx,1,2\n' | softmax`,
    says: `softmax: stdin: two output columns would be named "label"; rename one with --emit probs,label=predicted, or leave out that of the input with --keep '!label' [E_NAME]`,
    fix: "Rename the new column, as in --emit probs,label=predicted, a column of the input, or the classes with --labels; or leave out that of the input, as in --keep '!label'.",
  },
  E_LABELS: {
    is: 'The class names do not match the logits, or cannot be read.',
    cause: '--labels does not have one name for each logit, or names a file that cannot be read.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | softmax --labels cat,dog,cow`,
    says: 'softmax: stdin: --labels: 3 names for 2 classes [E_LABELS]',
    fix: 'Pass one name for each logit, in column order. Duplicate names are allowed: their positions from 0 are added, as in crane_134 and crane_517, with a warning.',
  },
  E_SAME_FILE: {
    is: 'An output file is also an input or another output.',
    cause: 'The output is an input, or the rejects file is the output, for example; perhaps through a link.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv; softmax in.csv -o in.csv`,
    says: 'softmax: the output "in.csv" is an input; write to another file [E_SAME_FILE]',
    fix: 'Write to another file.',
  },
  E_PARTS: {
    is: 'The inputs cannot be written to a folder of outputs, or not to one output.',
    cause:
      'Two inputs would have the same output, the output folder is among the inputs, or a folder for one output has parts in its subfolders.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | tee a.csv > a.tsv
softmax a.csv a.tsv --to csv -o out/`,
    says: 'softmax: "a.csv" and "a.tsv" would both be "a.csv" in the output; leave one of them out [E_PARTS]',
    fix: 'Leave one of them out, write to another folder, or name each subfolder as an input.',
  },
  E_RESUME: {
    is: 'The folder contains the output of another run.',
    cause:
      'It has a manifest of another run, whose options may be others, or a data file that none of the inputs produces. A file without a manifest that has the name of an output is replaced; --no-clobber prevents that.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv; softmax in.csv -o out/ --quiet
softmax in.csv -o out/`,
    says: 'softmax: the folder "out/" contains the output of another run; continue it with --resume and the same options, or write to another folder [E_RESUME]',
    fix: 'Continue a run that had the same options with --resume, or write to another folder. To keep outputs longer than inputs, score each batch of inputs into a folder of its own, such as out/dt=2026-11-30/.',
  },
  E_NO_INPUT: {
    is: 'There is no input.',
    cause: 'No input is given, and standard input is a terminal.',
    example: 'softmax',
    says: 'softmax: no input: name a file, or pipe rows in; see softmax --help [E_NO_INPUT]',
    fix: 'Name a file, as in softmax logits.csv, or pipe rows in.',
  },
  E_DEPENDENCY: {
    is: 'An optional package is not installed.',
    cause:
      'A report needs @observablehq/plot and linkedom; some compressions in Parquet (LZ4; zstd before Node 22.15) need hyparquet-compressors.',
    example: String.raw`printf 'logit_a,logit_b,y\n1,2,a\n' > in.csv
softmax evaluate in.csv --truth y --report report.html`,
    says: 'softmax: a report needs packages that are not installed; run npm install -g @observablehq/plot linkedom [E_DEPENDENCY]',
    fix: 'Run the command in the message, which installs the packages next to this one.',
  },
  E_NODE: {
    is: 'This version of Node.js lacks a required feature.',
    cause:
      'Reading and writing zstd requires Node 22.15 or later; the package hyparquet-compressors reads zstd in Parquet, too.',
    example: String.raw`printf '\x28\xb5\x2f\xfd' > in.csv.zst; softmax in.csv.zst`,
    says: 'softmax: in.csv.zst: zstd needs Node 22.15 or later, and this is v20.20.2; run zstd -dc in.csv.zst | softmax [E_NODE]',
    fix: 'Use a later version of Node.js, or do what the message proposes.',
  },
  E_CORRUPT: {
    is: 'A file is corrupt or truncated.',
    cause: 'It ends too early, a checksum does not match, or an offset points outside the file.',
    example: `echo logit_a,logit_b | gzip | head -c 20 > in.csv.gz; softmax in.csv.gz`,
    says: 'softmax: in.csv.gz: the gzip data is corrupt or truncated: unexpected end of file [E_CORRUPT]',
    fix: 'Copy or create the file again; in a folder, replace or remove it, and run with --resume. Standard output has the complete rows before the corrupt data; an output file was not written.',
  },
  E_INPUT: {
    is: 'An input cannot be read.',
    cause: 'It does not exist, its permissions do not allow reading, it changed while it was read, or the disk failed.',
    example: 'softmax missing.csv',
    says: 'softmax: missing.csv: cannot read: no such file or directory (ENOENT) [E_INPUT]',
    fix: 'Check its name and permissions.',
  },
  E_OUTPUT: {
    is: 'An output cannot be written.',
    cause:
      'Its folder does not exist or is not writable, the disk is full, or the reader of a pipe other than standard output closed it.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | softmax -o missing/out.csv`,
    says: 'softmax: cannot write "missing/out.csv": there is no such folder; mkdir -p missing creates it [E_OUTPUT]',
    fix: 'Create the folder, or free disk space. An existing output file is unchanged.',
  },
  E_MEMORY: {
    is: 'The system does not provide the memory that is needed.',
    cause:
      'With Node.js 20, WebAssembly reserves much more address space than it may use: 23 GB for the first thread. An address space limit (ulimit -v, often set by cluster schedulers) counts all of it. Node.js 24 needs 2 GB.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv
ulimit -v 8000000; softmax in.csv`,
    says: 'softmax: in.csv: WebAssembly cannot reserve address space: one thread reserves up to 23 GB, but uses little of it; lift the limit with ulimit -v unlimited, or reduce the reservation to 3 GB with NODE_OPTIONS=--disable-wasm-trap-handler [E_MEMORY]',
    fix: 'Lift the limit, use Node.js 24, or set NODE_OPTIONS=--disable-wasm-trap-handler, which is somewhat slower and needs 3 GB instead of 23.',
  },
  E_WORKER: {
    is: 'A worker thread failed.',
    cause: 'It ran out of memory, or was not allowed to start, as under the permission model without --allow-worker.',
    example: `(echo logit_a,logit_b; yes 1,2 | head -n 400000) > in.csv
echo 'import t from "worker_threads"
t.Worker = function () { throw Error("no memory") }' > no.mjs
NODE_OPTIONS='--import ./no.mjs' softmax in.csv --jobs 2`,
    says: 'softmax: in.csv:2: row 1, byte 16: a worker thread failed, and the block from here to byte 524288 is lost: no memory; --jobs 1 uses no worker threads [E_WORKER]',
    fix: 'Use --jobs 1, which needs no worker threads, or provide more memory or --allow-worker.',
  },
  E_INTERNAL: {
    is: 'An internal error: something failed that should never fail.',
    cause:
      'This is a bug in softmax or in Node.js. No input is known to cause it; in the example, a part of Node.js is missing.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv
NODE_OPTIONS='--import data:text/javascript,performance=null' softmax in.csv`,
    says: `softmax: internal error, please report it: TypeError: Cannot read properties of null (reading 'now') [E_INTERNAL]`,
    fix: 'Please report it, with the output of --debug.',
  },
}
