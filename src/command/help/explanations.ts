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
}

/** Input for the examples: a header and a bad row; and the option that skips such rows. */
const SKIP = '--rejects FILE puts bad rows into a file and scores the others; --on-error skip leaves them out.'

export const EXPLANATIONS: Readonly<Record<Code, Explanation>> = {
  E_CELL: {
    is: 'A logit is not a number.',
    cause:
      'A cell of a logit column holds text that is not a decimal number: a decimal comma, digits in groups, a percentage, a hexadecimal number, a word.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n1,"1,5",2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 25): "1,5" is not a number; decimals need a point; --decimal , --delimiter , read those with a comma [E_CELL]',
    fix: `Write plain numbers, as 1.5 or -2e3. Where a word means that there is no value, --null NA names it, and --missing -inf says what it is. ${SKIP}`,
  },
  E_MISSING: {
    is: 'A logit is missing.',
    cause: 'A cell of a logit column is empty, null, or a text that --null names.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n1,,2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 25): the logit is missing; --on-error skip leaves such rows out, --missing reads it as -inf or nan [E_MISSING]',
    fix: `${SKIP} If an empty cell is a class that the model left out, --missing -inf gives it the probability 0; if it is a NaN, as pandas writes it, --missing nan --nonfinite propagate keeps the row, with NaN.`,
  },
  E_OVERFLOW: {
    is: 'A logit is a number that a double cannot hold.',
    cause:
      'The number is beyond 1.8e308, or it is an integer of 64 bits from 2^53 on, of which a double keeps only some. A logit of that size is most often the value of another column.',
    example: String.raw`printf 'logit_cat,logit_dog\n1e400,2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 20): "1e400" is larger than a double can hold [E_OVERFLOW]',
    fix: `Look whether --logits names the right columns, and save logits as float64. ${SKIP}`,
  },
  E_TRUTH: {
    is: 'A true class is none of the classes.',
    cause:
      'The column that --truth names holds a text that is neither the name of a class nor its position from 0. Names of classes are those of the logit columns without their prefix, or those of --labels.',
    example: String.raw`printf 'logit_cat,logit_dog,y\n1,2,dgo\n' | softmax evaluate --truth y`,
    says: 'softmax: stdin:2: column y (row 1, byte 26): "dgo" is no class, nor the position of one; the classes are "cat,dog"; --labels names them; --on-error skip leaves such rows out [E_TRUTH]',
    fix: `Correct the value, or name the classes as the column has them with --labels. ${SKIP}`,
  },
  E_NONFINITE: {
    is: 'A row has no softmax.',
    cause: 'One of its logits is NaN or +inf, or all of them are -inf.',
    example: String.raw`printf 'logit_cat,logit_dog\nnan,2\n' | softmax`,
    says: 'softmax: stdin:2: column logit_cat (row 1, byte 20): a logit is NaN, which has no softmax; --nonfinite propagate writes NaN [E_NONFINITE]',
    fix: `Find out why the model gives such a logit. --nonfinite propagate writes NaN for the row, as scipy and torch do. ${SKIP}`,
  },
  E_WIDTH: {
    is: 'A row has too many or too few cells, or a list too many or too few logits.',
    cause:
      'A delimiter or a line break stands in a cell without quotes, the row is truncated, or it belongs to another table.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n1,2\n' | softmax`,
    says: 'softmax: stdin:2: (row 1, byte 23): the row has 2 cells where 3 are expected [E_WIDTH]',
    fix: `Put quotes around cells that hold the delimiter. Lines that are no rows are left out by --comment or --skip-lines. ${SKIP}`,
  },
  E_REPEATED: {
    is: 'A row is the header once more.',
    cause: 'Files with headers were joined by cat.',
    example: String.raw`printf 'logit_cat,logit_dog\n1,2\nlogit_cat,logit_dog\n' | softmax`,
    says: 'softmax: stdin:3: (row 2, byte 24): the row is the header again, as where files were joined; name the files as inputs, one after the other [E_REPEATED]',
    fix: `Name the files as inputs, one after the other: the header of each is read as one. ${SKIP}`,
  },
  E_QUOTE: {
    is: 'A quote is not closed, or stands where none may.',
    cause: 'Only a cell that begins with a quote may hold some, each of them twice; and it ends with one.',
    example: String.raw`printf 'id,logit_cat,logit_dog\n5" disk,1,2\n' | softmax`,
    says: 'softmax: stdin:2: (row 1, byte 23): a quote stands in a cell without quotes; --lazy-quotes takes it for text, --quote none takes all quotes for text [E_QUOTE]',
    fix: `--lazy-quotes takes quotes inside of cells for text, --quote none all quotes; --escape names a character that stands before them. ${SKIP}`,
  },
  E_ROW_TOO_LONG: {
    is: 'A row is longer than --max-row-bytes, which is 16 MiB.',
    cause: 'A quote or a bracket is not closed, the input has no line breaks, or rows are as long as that.',
    example: String.raw`printf 'logit_cat,logit_dog\n1,2.000000000000\n' | softmax --max-row-bytes 9`,
    says: 'softmax: stdin:1: (byte 0): the row is longer than 9 bytes; --max-row-bytes allows for longer ones [E_ROW_TOO_LONG]',
    fix: `If the row is as it should be, give a larger --max-row-bytes. ${SKIP}`,
  },
  E_JSON: {
    is: 'A line or a value is not JSON.',
    cause:
      'The line is truncated, or a program wrote something that looks like JSON: single quotes, NaN, a comma too many.',
    example: String.raw`printf '{"logits": [1, 2}\n' | softmax --from ndjson`,
    says: `softmax: stdin:1: (row 1, byte 0): the line is not JSON: Expected ',' or ']' after array element in JSON at position 16 [E_JSON]`,
    fix: `Write it with a library for JSON. ${SKIP}`,
  },
  E_CELL_ENCODING: {
    is: 'A kept cell is not text in the encoding of the input.',
    cause:
      'The output is text in UTF-8, or of a type whose text is, and the bytes of the cell are of another encoding.',
    example: String.raw`printf 'id,logit_a,logit_b\ncafe,1,2\n' > in.csv
softmax in.csv --emit entropy=logit_a,margin=logit_b --to arrow --quiet |
  LC_ALL=C sed 's/cafe/caf\xe9/' > in.arrow
softmax in.arrow --to csv`,
    says: 'softmax: in.arrow: column id (row 1): the text is not UTF-8; --no-keep leaves it out [E_CELL_ENCODING]',
    fix: `--encoding latin1 (or another) reads them; --no-keep leaves the column out. ${SKIP}`,
  },
  E_CELL_TYPE: {
    is: 'A kept cell is not of the type of its column.',
    cause:
      'With --types infer, the type of a column is that of its cells in the first 10,000 rows or 1 MiB, and a later cell is no value of it. Or --types asks for a type that not all cells are of.',
    example: `(echo id,logit_a,logit_b; yes 7,1,2 | head -n 10000; echo K1,1,2) > in.csv
softmax in.csv --types infer --quiet -o out.parquet`,
    says: 'softmax: in.csv:10002: column id (row 10001, byte 60019): "K1" is no int64, as the first cells there are; --types infer,id=text keeps all there as text [E_CELL_TYPE]',
    fix: `--types id=text, or another type, is that of the column; --types text keeps all such columns as text. ${SKIP}`,
  },
  E_KEY: {
    is: 'An object has a key that is no column, has it twice, or with a value of another type.',
    cause:
      'In a table, the keys of the first objects are the columns, and their values have its types; here a later object has another.',
    example: `echo '{"id":7,"logits":[1,2]}' > in.ndjson
echo '{"id":8,"logits":[1,2],"x":3}' >> in.ndjson
softmax in.ndjson --to csv`,
    says: `softmax: in.ndjson:2: (row 2, byte 24): its key "x" is not one of the first row's, which are the columns; --no-keep leaves them out [E_KEY]`,
    fix: `JSON lines to JSON lines keep all keys; --no-keep leaves them out of a table. --types price=float64 says the type of a column. ${SKIP}`,
  },
  E_ENCODING: {
    is: 'The header, or a line of JSON, is not text in the encoding of the input.',
    cause: 'The input is not UTF-8, or --encoding names another encoding than it has.',
    example: String.raw`printf 'id,logit_caf\xe9,logit_b\n1,2,3\n' | softmax`,
    says: 'softmax: stdin:1: the header is not UTF-8; --encoding latin1 reads it, if it is that [E_ENCODING]',
    fix: 'Name the encoding, as --encoding latin1 or --encoding utf-16le.',
  },
  E_UNSUPPORTED: {
    is: 'The input is of a kind that is not read.',
    cause: 'Its first bytes are those of another format or compression, or it uses a feature that is not supported.',
    example: String.raw`printf 'BZh91AY&SY\xe2\xf2\xd5' > in.csv.bz2; softmax in.csv.bz2`,
    says: 'softmax: in.csv.bz2: not supported: bzip2 compression; run bzip2 -dc in.csv.bz2 | softmax [E_UNSUPPORTED]',
    fix: 'Convert it: the message has the command.',
  },
  E_DELIMITER: {
    is: 'The header is one cell, and holds another delimiter.',
    cause: 'The cells are not parted by the delimiter of the format, which is a comma for csv.',
    example: String.raw`printf 'logit_cat;logit_dog\n1;2\n' | softmax`,
    says: `softmax: stdin:1: the input has one column; did you mean --delimiter ';'? [E_DELIMITER]`,
    fix: "Name the delimiter, as --delimiter ';' or -d tab.",
  },
  E_TOO_MANY: {
    is: 'More rows are bad than --max-errors allows.',
    cause:
      'The message says which row was one too many, and what is wrong with it. The run stopped there: the good rows before it are on standard output; bad ones, this one too, are among the rejects; a file named by -o is not in place. Of a folder, all parts are counted together.',
    example: String.raw`printf 'logit_cat,logit_dog\nx,1\ny,1\n' | softmax --max-errors 1`,
    says: 'softmax: stdin:3: column logit_cat (row 2, byte 24): more than 1 row is bad; this one: "y" is not a number [E_TOO_MANY]',
    fix: 'Correct the rows, which --rejects FILE collects, or allow for more.',
  },
  E_EMPTY: {
    is: 'The input has no rows.',
    cause:
      '--require-rows makes an error of an input that has a header only, or nothing. Without it, standard input that has nothing is an error only where the content of an output would be replaced by nothing, as where the program before it failed.',
    example: String.raw`printf 'logit_cat,logit_dog\n' | softmax --require-rows`,
    says: 'softmax: stdin: the input has no rows, and --require-rows asks for some [E_EMPTY]',
    fix: 'Find out why what makes the rows made none.',
  },
  E_NO_COLUMNS: {
    is: 'The input is empty, and the output needs columns.',
    cause: 'A file of this format has names or a number of columns, which are those of the input.',
    example: "printf '' | softmax --to npy > out.npy",
    says: 'softmax: stdin: the input is empty, and a file of npy needs columns [E_NO_COLUMNS]',
    fix: 'Write csv or ndjson, which may be empty; or find out why the input is.',
  },
  E_TYPE: {
    is: 'The logits are of a type that is not read.',
    cause: 'A column or an array holds complex numbers, text, structures or more axes than logits have.',
    example: `python3 -c "
import struct, sys
head = str({'descr': '<c16', 'fortran_order': False, 'shape': (1, 2)})
start = b'\\x93NUMPY\\1\\0' + struct.pack('<H', len(head))
sys.stdout.buffer.write(start + head.encode())" > in.npy
softmax in.npy`,
    says: 'softmax: in.npy: cannot read it as logits: its dtype is <c16; save it as float64, float32, float16 or integers [E_TYPE]',
    fix: 'Save the logits as numbers, such as float64.',
  },
  E_NO_ROWS: {
    is: 'No row could be scored.',
    cause: 'All rows are bad, most often for one reason, such as a wrong --logits or --delimiter.',
    example: String.raw`printf 'logit_cat,logit_dog\nx,1\ny,1\n' | softmax --on-error skip --quiet`,
    says: 'softmax: stdin: none of the 2 rows could be scored [E_NO_ROWS]',
    fix: 'Look at the reason: --rejects FILE has it for each row, --on-error fail stops at the first.',
  },
  E_SCHEMA: {
    is: 'An input has another header than the first.',
    cause: 'Several inputs make one output, whose columns are those of the first input.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > a.csv
printf 'logit_a,logit_c\n1,2\n' > b.csv
softmax a.csv b.csv`,
    says: 'softmax: b.csv: its header "logit_a,logit_c" is not that of "a.csv"; score it on its own [E_SCHEMA]',
    fix: 'Score it on its own; -o DIR/ makes an output of each input.',
  },
  E_COLUMN_TYPE: {
    is: 'A kept column has another type than in the first input.',
    cause:
      'Several inputs make one output with types, as Parquet or Arrow, which are those of the first input: what it has there, or, in JSON lines, the type of its first values.',
    example: String.raw`printf 'id,logit_a,logit_b\n1,2,3\n' > number.csv
printf 'id,logit_a,logit_b\nx,2,3\n' > text.csv
for i in number text; do
  softmax $i.csv --types infer --emit margin=logit_c,entropy=logit_d \
    -qo $i.arrow
done
softmax number.arrow text.arrow --to arrow > all.arrow`,
    says: 'softmax: text.arrow: column id: it is utf8, and int64 in the first input; --no-keep leaves it out [E_COLUMN_TYPE]',
    fix: 'Of JSON lines and delimited text, --types id=text says the type of a column. Else convert one of the files, score them separately, or leave the column out with --no-keep.',
  },
  E_ROW: {
    is: 'What came as a row is none.',
    cause:
      'softmax() takes arrays of numbers, objects with the property logits, and objects with a property for each logit. A line of JSON is an object or a list of logits, and all lines are of one kind; what --logits names is in each.',
    example: `import { Readable } from 'node:stream'
import { softmax } from 'softmax-stream'
const rows = Readable.from([[2, 1], 'a,b'])
for await (const { label } of rows.compose(softmax())) console.log(label)`,
    says: `(row 2): a string is not a row, and read('csv') makes rows of text; a row is an array of numbers or { logits, ...rest } [E_ROW]`,
    fix: "Make a row of it; for text, put read('csv') before, or use score(), which takes bytes.",
  },
  E_RECORD: {
    is: 'What came into write() is no object.',
    cause: 'write() takes predictions, as softmax() gives them, or other objects, whose properties are the columns.',
    example: `import { Readable } from 'node:stream'
import { write } from 'softmax-stream'
const rows = Readable.from([{ id: 1 }, [1, 2]])
const csv = rows.compose(write('csv'))
for await (const bytes of csv) console.log(String(bytes))`,
    says: '(row 2): expected an object, got an array; write() takes predictions, or other objects [E_RECORD]',
    fix: 'Give objects, such as { id: 2 }.',
  },
  E_CHUNK: {
    is: 'A stream got bytes in place of rows, or rows in place of bytes.',
    cause: 'score() and read() take bytes, softmax() takes rows, write() takes objects.',
    example: `import { createReadStream, writeFileSync } from 'node:fs'
import { softmax } from 'softmax-stream'
writeFileSync('in.csv', 'logit_a,logit_b\\n1,2\\n')
const bytes = createReadStream('in.csv')
for await (const { label } of bytes.compose(softmax())) console.log(label)`,
    says: `the stream takes rows, and got bytes; put read('csv') before it, or use score(), which takes bytes [E_CHUNK]`,
    fix: "Use score() from bytes to bytes, or put read('csv') before softmax() and write('csv') behind it.",
  },
  E_SHAPE: {
    is: 'The length of the logits is not rows times classes.',
    cause: 'softmaxMatrix() takes the logits of all rows in one array, row after row.',
    example: `import { softmaxMatrix } from 'softmax-stream'
softmaxMatrix([1, 2, 3], 2, 2)`,
    says: '3 logits are not 2 rows of 2 classes [E_SHAPE]',
    fix: 'Give the numbers of rows and classes that the logits have; arrays of arrays are joined by logits.flat().',
  },
  E_FLAG: {
    is: 'There is no option of this name.',
    cause: 'It is mistyped, or called otherwise here.',
    example: 'softmax in.csv --sep ,',
    says: 'softmax: unknown option "--sep"; did you mean --delimiter (-d)? [E_FLAG]',
    fix: 'Take the one that is proposed; softmax help all lists all.',
  },
  E_TOPIC: {
    is: 'There is no help on this.',
    cause: 'It is neither a verb nor an option nor an error code.',
    example: 'softmax help tempreature',
    says: 'softmax: there is no help on "tempreature"; did you mean temperature? [E_TOPIC]',
    fix: 'softmax help topics lists what there is.',
  },
  E_OPTION: {
    is: 'The value of an option is missing, or none of those it takes.',
    cause: 'The message says which values it takes.',
    example: 'softmax in.csv --temperature zero',
    says: 'softmax: --temperature takes a number above 0, not "zero" [E_OPTION]',
    fix: 'Give such a value; softmax help --temperature says what an option means.',
  },
  E_CONFLICT: {
    is: 'Options exclude each other, or do nothing here.',
    cause: 'What one option asks for is not possible with another, with the format, or with the verb.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | softmax --json`,
    says: 'softmax: --json works only with softmax evaluate [E_CONFLICT]',
    fix: 'Leave one of them out, or give what the message names.',
  },
  E_COLUMNS: {
    is: 'It is not clear which columns are logits.',
    cause:
      'No name begins with logit, --logits is not given, and the names and the first 100 rows leave a doubt: a column might as well be a key, a truth or a measurement.',
    example: String.raw`printf 'id,cat,dog\n1,2,1\n' | softmax`,
    says: `softmax: stdin: cannot detect which of the columns "id,cat,dog" are logits: "id" is a usual name for a key, a truth or a measurement; say so with --logits '2-3' [E_COLUMNS]`,
    fix: "Name the columns, as --logits cat,dog or --logits 2-3 or --logits 'score_*'.",
  },
  E_TENSOR: {
    is: 'A file holds several arrays, or none of the name that --tensor gives.',
    cause: 'An .npz or .safetensors has arrays beside the logits.',
    example: `python3 -c "
import json, struct, sys
one = dict(dtype='F64', shape=[0, 2], data_offsets=[0, 0])
head = json.dumps(dict(ids=one, logits=one)).encode()
sys.stdout.buffer.write(struct.pack('<Q', len(head)) + head)" > in.safetensors
softmax in.safetensors`,
    says: 'softmax: in.safetensors: it holds several arrays: "ids,logits"; choose with --tensor logits [E_TENSOR]',
    fix: 'Name the array that holds the logits with --tensor.',
  },
  E_SUMS: {
    is: 'An input of softmax evaluate --merge is not what --partial prints, or has other classes than those before it.',
    cause: 'A file is truncated or another one, or the runs had other columns or --labels.',
    example: `echo '{"rows":7}' | softmax evaluate --merge`,
    says: 'softmax: stdin: it has no sums of this version; --merge takes what --partial prints, line by line [E_SUMS]',
    fix: 'Make each of them by softmax evaluate --partial, with the same options and the same version.',
  },
  E_CALIBRATION: {
    is: 'A file is no calibration, or one of other classes or options.',
    cause: '--calibration takes what softmax calibrate wrote, for the same classes in the same order.',
    example: String.raw`echo '{}' > c.json
printf 'logit_a,logit_b\n1,2\n' | softmax --calibration c.json`,
    says: 'softmax: c.json: --calibration: it is not a calibration; softmax calibrate makes one [E_CALIBRATION]',
    fix: 'Make one of rows of this model: softmax calibrate validation.csv --truth label -o calibration.json.',
  },
  E_VALIDATION: {
    is: 'No temperature can be found of the rows.',
    cause: 'None of them has a true class, or all logits are of one class.',
    example: String.raw`printf 'logit_a,logit_b,y\n2,1,\n' | softmax calibrate --truth y`,
    says: 'softmax: no temperature can be found: none of them has a true class [E_VALIDATION]',
    fix: 'Calibrate on more rows, which the model was not trained on.',
  },
  E_SELECTOR: {
    is: 'A selector names no column, or names one twice.',
    cause: '--logits and --truth take names, positions from 1, ranges, globs and regular expressions.',
    example: String.raw`printf 'cat,dog\n1,2\n' | softmax --logits cat,cow`,
    says: 'softmax: stdin: --logits "cow" is not one of "cat,dog" [E_SELECTOR]',
    fix: 'Take names as the header has them; softmax --dry-run shows the columns.',
  },
  E_HEADER: {
    is: 'It is not clear whether the first line is a header.',
    cause: 'It holds numbers where names would be, begins as a comment does, or has fewer cells than the rows below.',
    example: String.raw`printf '1.5,2.5\n3.5,4.5\n' | softmax`,
    says: 'softmax: stdin:1: the first line holds numbers, not names; --no-header reads it as a row, --header takes it for names [E_HEADER]',
    fix: '--no-header reads it as a row, --header takes it for names, --skip-lines N leaves out lines above the header, --comment # those that begin so.',
  },
  E_NAME: {
    is: 'Two columns of the output would have one name.',
    cause: 'A kept column is called as a new one is, such as label or p_cat; or two classes have one name.',
    example: String.raw`printf 'label,logit_cat,logit_dog\nx,1,2\n' | softmax`,
    says: 'softmax: stdin: two columns of the output would be called "label"; name one of them with --emit probs,label=predicted, or choose with --no-keep [E_NAME]',
    fix: 'Name the new one with --emit probs,label=predicted, or leave the kept ones out with --no-keep.',
  },
  E_LABELS: {
    is: 'The class names do not fit.',
    cause: '--labels has more or fewer names than there are logits, a name twice, or a file that cannot be read.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | softmax --labels cat,dog,cow`,
    says: 'softmax: stdin: --labels: 3 names for 2 classes [E_LABELS]',
    fix: 'Give one name for each logit, in the order of the columns.',
  },
  E_SAME_FILE: {
    is: 'A file is to be written that is read, or written for another purpose.',
    cause: 'An output is an input, the rejects go into the output, and the like; also by a link.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv; softmax in.csv -o in.csv`,
    says: 'softmax: the output "in.csv" is an input; write to another file [E_SAME_FILE]',
    fix: 'Write to another file.',
  },
  E_PARTS: {
    is: 'Inputs cannot make a folder of outputs.',
    cause: 'Two inputs would make one output, or the folder is among the inputs.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | tee a.csv > a.tsv
softmax a.csv a.tsv --to csv -o out/`,
    says: 'softmax: "a.csv" and "a.tsv" would both be "a.csv" in the output; leave one of them out [E_PARTS]',
    fix: 'Leave one out, or write it to another folder.',
  },
  E_RESUME: {
    is: 'The folder holds the output of another run.',
    cause: 'There are files in it that this run would replace, or its manifest was made with other options.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv; softmax in.csv -o out/ --quiet
softmax in.csv -o out/`,
    says: 'softmax: the folder "out/" holds the output of another run; go on with it by --resume, or write to another folder [E_RESUME]',
    fix: '--resume goes on with a run of the same options; else write to another folder.',
  },
  E_NO_INPUT: {
    is: 'There is no input.',
    cause: 'No file is named, and standard input is a terminal.',
    example: 'softmax',
    says: 'softmax: no input: name a file, or pipe rows in; see softmax --help [E_NO_INPUT]',
    fix: 'Name a file, as softmax logits.csv, or pipe rows in.',
  },
  E_DEPENDENCY: {
    is: 'An optional package is not installed.',
    cause: 'Reading Parquet needs hyparquet, and a report needs @observablehq/plot and linkedom.',
    example: String.raw`printf 'logit_a,logit_b,y\n1,2,a\n' > in.csv
softmax evaluate in.csv --truth y --report report.html`,
    says: 'softmax: a report needs packages that are not installed; npm install -g @observablehq/plot linkedom [E_DEPENDENCY]',
    fix: 'Run the command of the message, which installs it beside this one.',
  },
  E_NODE: {
    is: 'This version of Node.js lacks something.',
    cause: 'To read and write zstd needs Node 22.15 or later.',
    example: String.raw`printf '\x28\xb5\x2f\xfd' > in.csv.zst; softmax in.csv.zst`,
    says: 'softmax: in.csv.zst: zstd needs Node 22.15 or later, and this is v20.20.2; run zstd -dc in.csv.zst | softmax [E_NODE]',
    fix: 'Take a later Node.js, or do as the message says.',
  },
  E_CORRUPT: {
    is: 'A file is corrupt or truncated.',
    cause: 'It ends too early, a checksum differs, or a number in it points outside of it.',
    example: `echo logit_a,logit_b | gzip | head -c 20 > in.csv.gz; softmax in.csv.gz`,
    says: 'softmax: in.csv.gz: the gzip data is corrupt or truncated: unexpected end of file [E_CORRUPT]',
    fix: 'Copy or make it again; in a folder, replace or remove it, and use --resume. On standard output, the complete rows before the fault were written; an output file was not.',
  },
  E_INPUT: {
    is: 'An input cannot be read.',
    cause: 'It is not there, may not be read, changed while it was read, or the disk failed.',
    example: 'softmax missing.csv',
    says: 'softmax: missing.csv: cannot read: no such file or directory (ENOENT) [E_INPUT]',
    fix: 'Look at its name and permissions.',
  },
  E_OUTPUT: {
    is: 'An output cannot be written.',
    cause: 'Its folder is not there or may not be written, the disk is full, or the reader has gone.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' | softmax -o missing/out.csv`,
    says: 'softmax: cannot write "missing/out.csv": there is no such folder; mkdir -p missing makes it [E_OUTPUT]',
    fix: 'Make the folder, or room on the disk. An old file stays as it was.',
  },
  E_MEMORY: {
    is: 'The system does not give the memory that is needed.',
    cause:
      'Under Node.js 20, WebAssembly reserves address space for each of its memories, ten times as much as it may use. A limit of address space (ulimit -v, as schedulers of clusters set it) counts all of that. Node.js 24 makes do with 2 GB.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv
ulimit -v 8000000; softmax in.csv`,
    says: 'softmax: in.csv: WebAssembly cannot reserve address space: one thread takes up to 23 GB of it, and uses little; ulimit -v unlimited lifts the limit, and with NODE_OPTIONS=--disable-wasm-trap-handler it takes 3 GB [E_MEMORY]',
    fix: 'Lift the limit; or use Node.js 24; or set NODE_OPTIONS=--disable-wasm-trap-handler, which takes a tenth of the address space, and some more time.',
  },
  E_WORKER: {
    is: 'A thread failed.',
    cause: 'It ran out of memory, or may not be started, as under the permission model without --allow-worker.',
    example: `(echo logit_a,logit_b; yes 1,2 | head -n 400000) > in.csv
echo 'import t from "worker_threads"
t.Worker = function () { throw Error("no memory") }' > no.mjs
NODE_OPTIONS='--import ./no.mjs' softmax in.csv --jobs 2`,
    says: 'softmax: in.csv:2: (row 1, byte 16): a worker thread failed, and the block from here to byte 524288 is lost: no memory; --jobs 1 does without [E_WORKER]',
    fix: '--jobs 1 does without threads; more memory or --allow-worker may help.',
  },
  E_INTERNAL: {
    is: 'Something failed that should not.',
    cause:
      'This is a bug of softmax, or of the Node.js that runs it. No input is known to lead to it; in the example a part of Node.js is missing.',
    example: String.raw`printf 'logit_a,logit_b\n1,2\n' > in.csv
NODE_OPTIONS='--import data:text/javascript,performance=null' softmax in.csv`,
    says: `softmax: internal error, please report it: TypeError: Cannot read properties of null (reading 'now') [E_INTERNAL]`,
    fix: 'Please report it, with what --debug prints.',
  },
}
