/** What lies in the kernel's memory between calls: the state of a row, and the job that the host fills in once. */

/** The state of a row while its chunks pass through the four phases of `softmax.ts`. */
@unmanaged
export class RowState {
  /** The largest logit, and the largest of the others, -inf where there is none. */
  max: f64
  second: f64
  /** The position of the largest logit, the first on a tie; of the first NaN, if any. */
  index: u32
  /** One of the statuses in `constants.ts`. */
  status: u32
  /** Subtracted from every logit before all else; not 0 only where that is exact. */
  offset: f64
  /**
   * Of logits less offset, scaled by the temperature's factor: where exponentials are taken from, on the grid of `exp.ts`;
   * the logit that the origin is next to, which is the largest, unless all others vanish beside it; and at and below what
   * they are left out of the sum.
   */
  origin: f64
  reference: f64
  floor: f64
  /** What each lane of sumHead starts with: a power of two that no term is above. */
  bias: f64
  /** The sum of the exponentials but the largest, even classes in lane 0: head and tail. */
  sumHead: v128
  sumTail: v128
  /** The sum of the same exponentials times their distance from the reference. */
  distanceHead: v128
  distanceTail: v128
  /** The reciprocal of the whole sum, rounded; truncated to 27 bits; and what that left out. */
  reciprocal: f64
  reciprocalHead: f64
  reciprocalTail: f64
  /** The logarithm of the whole sum relative to the largest exponential, as a pair. */
  logHead: f64
  logTail: f64
  /** The summary of the row; its order is that of the emits in `constants.ts`. */
  confidence: f64
  margin: f64
  entropy: f64
  logsumexp: f64
  /** S and t of one exponential at a time, not scaled with the sum. */
  scaledS: f64
  scaledT: f64
  /** What the logits are divided by (Temperature). */
  temperature: u32
  /** 1 where all others vanish beside the largest logit. */
  isDominant: u32
}

/** A temperature, as `temperature.ts` makes it from its value; what the loops need stands there twice, once a lane. */
@unmanaged
export class Temperature {
  /** The power of two that scales logits, in parts: `before` at most 1, `after` at least 1; together. */
  before: f64
  after: f64
  factor: v128
  /** 1 / D, where D is the temperature times the factor. */
  inverse: v128
  /** The same times `after`: rounded, its upper 26 bits, and the rest. */
  quotient: v128
  quotientHead: v128
  quotientTail: v128
  /** A step of the exponentials is D ln 2 / 128: steps to one unit of a scaled logit; a step; its rest, divided by D. */
  stepsPerUnit: v128
  stepHead: v128
  stepTail: v128
  /** The temperature itself. */
  value: f64
  /** Distances below these are left out of a sum, or make the largest logit dominant. */
  lowest: f64
  dominant: f64
  padding: f64
}

/** Where a row of a batch starts in the input; its kept cells, as they are written; and its true class. */
@unmanaged
export class RowMark {
  start: u32
  kept: u32
  keptEnd: u32
  /** The position of its true class, where there is a column of such; NO_CLASS if it has none. */
  truth: u32
  /** The position of its label, where labels are decided; NO_CLASS if it has none. */
  label: u32
}

/** How labels are chosen of probabilities: see `decide.ts`. */
@unmanaged
export class Decision {
  /** A row whose largest probability is below it has no label. */
  minConfidence: f64
  /** Of two classes, the least probability of the second at which that is the label; NaN where it is the largest. */
  threshold: f64
  /** The address of the least probability at which each class is among the labels of a row (f64); 0 where none is wanted. */
  cutoffs: u32
  padding: u32
}

/** Text in memory. */
@unmanaged
export class Text {
  at: u32
  length: u32
}

/** What rows of text are read and written as. Fields that hold addresses are u32, as the host writes them. */
@unmanaged
export class Job {
  /** Delimited text in: the byte between cells, the quote, the byte that ends a row, what begins a comment or NO_BYTE. */
  delimiter: u32
  quote: u32
  /** What special bytes of cells without quotes stand behind, or NO_BYTE. */
  escape: u32
  newline: u32
  comment: u32
  /** 1 where a delimiter without a cell behind it ends each row. */
  trailing: u32
  /** Delimited text out: the byte behind each cell; 1 where kept cells are quoted anew; 1 where formulas are escaped. */
  outDelimiter: u32
  requotes: u32
  /** How many bytes a byte of kept input makes at most in the output. */
  growth: u32
  escapesFormulas: u32
  /** How many columns a row has; the address of one action each (u8). */
  columns: u32
  actions: u32
  /** How many logits a row has; flags; how many of the largest are wanted. */
  classes: u32
  flags: u32
  top: u32
  /** Where classes are in another order than their columns: the address of the class of each logit (u32); else 0. */
  order: u32
  /** 1 where results are rounded to float32; significant digits, 0 for the shortest exact ones. */
  float32: u32
  precision: u32
  /** The address of what logits are divided by (Temperature). */
  temperature: u32
  /** How many output columns; the address of one emit each (u8). */
  emits: u32
  emit: u32
  /** The address of each class's name (Text), as it is written. */
  labels: u32
  /** How many rows are scored together; addresses of their states, logits, scratch and values. */
  batchRows: u32
  states: u32
  logits: u32
  scratch: u32
  values: u32
  /** Addresses of the marks (RowMark) of a batch's rows and one more, and of their kept cells. */
  marks: u32
  kept: u32
  /** Addresses of a heap of the largest logits, and of their positions. */
  heap: u32
  positions: u32
  /** The most bytes that the new cells of a row take. */
  rowRoom: u32
  /** Written by the kernel: where it stopped in the input and in the output, and how many rows it did. */
  stopped: u32
  written: u32
  rows: u32
  /** NDJSON in, in any order of keys: the address of the key of the logits and then of the new keys (Text), their count. */
  keys: u32
  keyCount: u32
  /** NDJSON in, in the order of the first row: the address of the key of each column (Text). */
  columnKeys: u32
  /** NDJSON in: 1 where a line is kept as it stands. */
  keepsLine: u32
  /** NDJSON out: addresses of what precedes each new value, and of what precedes each kept one (Text). */
  leads: u32
  keptLeads: u32
  /** Columns out: how many kept ones (KeptColumn, from keptLeads on); how many rows all have room for, and how many they have. */
  keptCount: u32
  columnRows: u32
  filled: u32
  /** Addresses of the numbers of new columns, of the texts of kept ones, and of where each row's next kept value is. */
  columnValues: u32
  texts: u32
  cursors: u32
  /** The address of a table of what a true class is written as (TruthText), or 0; its number of entries less one. */
  truths: u32
  truthMask: u32
  /** The address of the rows that are judged (Judgement), how many there is room for, and how many there are. */
  judged: u32
  judgedRoom: u32
  judgedCount: u32
  /** Where rows that are judged are added up (Metrics); 0 where they are all handed over. */
  metrics: u32
  /** The address of how labels are chosen (Decision), or 0; and of a byte for each class of each row, 1 where it is among its labels. */
  decision: u32
  members: u32
  /** Where rows may have several true classes: the address of a byte for each class of each row, 1 where it is one; else 0. */
  targets: u32
  /** The address of the class (u32) of each column of true classes, where each class has one; 0 where one column lists them. */
  truthOrder: u32
  /** The address of how many rows have each class, get it as a label, and do both (f64 each). */
  classCounts: u32
  /** How many rows that were written have no label. */
  abstained: u32
  /** How many logits are read of a row: as many as classes, or one of two classes, of which the first has the logit 0. */
  inputs: u32
}

/**
 * A kept column: what its values are, and the address of them, or of where each text ends. As large as a Text. Behind the
 * values are a byte a row, 1 where there is a value, and the same as a bit a row.
 */
@unmanaged
export class KeptColumn {
  kind: u32
  values: u32
}

/** A cell of each row of a text that is written out of columns (`cells.ts`). */
@unmanaged
export class Cell {
  /** What its values are (CELL_...), and how many results it is of. */
  kind: u32
  count: u32
  /** The address of the text before it, and of the text that stands for null (Text, both). */
  lead: u32
  /** Addresses of its numbers, positions or offsets; of the bytes of its texts, or of the names (Text); of a bitmap, or 0. */
  values: u32
  texts: u32
  valid: u32
}

/** All cells of a row, in order; the text behind them (Text); and how results are written. */
@unmanaged
export class CellTable {
  cells: u32
  count: u32
  tail: u32
  delimiter: u32
  precision: u32
  float32: u32
}

/** The size of a state. */
export const STATE_SIZE: usize = offsetof<RowState>()
/** The length of a kept value that is null. */
export const NULL: u32 = 0xffffffff
