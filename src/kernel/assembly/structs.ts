/** The structs in kernel memory: the state of a row, and the job, which the host fills in once. */

/** The state of a row while its chunks pass through the four phases of `softmax.ts`. */
@unmanaged
export class RowState {
  /** The largest logit, and the largest of the others, -inf if there is none. */
  max: f64
  second: f64
  /** The position of the largest logit, the first if tied; of the first NaN, if any. */
  index: u32
  /** One of the statuses in `constants.ts`. */
  status: u32
  /** Subtracted from every logit first; nonzero only if that is exact. */
  offset: f64
  /**
   * For logits minus offset, scaled by the temperature's factor: the origin of exponentials, on the grid of `exp.ts`;
   * the logit next to the origin, which is the largest unless that is dominant; and the logit at and below which terms
   * are omitted from the sum.
   */
  origin: f64
  reference: f64
  floor: f64
  /** The initial value of each lane of sumHead: a power of two not below any term. */
  bias: f64
  /** The sum of all exponentials except the largest, even classes in lane 0: head and tail. */
  sumHead: v128
  sumTail: v128
  /** The sum of the same exponentials times their distance from the reference. */
  distanceHead: v128
  distanceTail: v128
  /** The reciprocal of the complete sum, rounded; truncated to 27 bits; and the remainder. */
  reciprocal: f64
  reciprocalHead: f64
  reciprocalTail: f64
  /** The logarithm of the complete sum relative to the largest exponential, as a pair. */
  logHead: f64
  logTail: f64
  /** The summary of the row, in the order of the emits in `constants.ts`. */
  confidence: f64
  margin: f64
  entropy: f64
  logsumexp: f64
  /** S and t of a single exponential, not scaled with the sum. */
  scaledS: f64
  scaledT: f64
  /** The divisor of the logits (Temperature). */
  temperature: u32
  /** 1 if all others vanish next to the largest logit. */
  isDominant: u32
}

/** A temperature, prepared by `temperature.ts`; values used in loops are stored in both lanes. */
@unmanaged
export class Temperature {
  /** The power of two that scales logits, in two factors: `before` at most 1, `after` at least 1; and their product. */
  before: f64
  after: f64
  factor: v128
  /** 1 / D, where D is the temperature times the factor. */
  inverse: v128
  /** The same times `after`: rounded, its upper 26 bits, and the rest. */
  quotient: v128
  quotientHead: v128
  quotientTail: v128
  /** A step of the exponentials is D ln 2 / 128: steps per unit of a scaled logit; a step; its rest, divided by D. */
  stepsPerUnit: v128
  stepHead: v128
  stepTail: v128
  /** The temperature itself. */
  value: f64
  /** Smaller distances are omitted from a sum, or make the largest logit dominant. */
  lowest: f64
  dominant: f64
  padding: f64
}

/** A row of a batch: its start in the input, the end of its kept cells as written, and its true class. */
@unmanaged
export class RowEntry {
  start: u32
  kept: u32
  keptEnd: u32
  /** The position of its true class, if there is such a column; NO_CLASS if it has none. */
  truth: u32
  /** The position of its label, if labels are decided; NO_CLASS if it has none. */
  label: u32
}

/** How labels are chosen from probabilities: see `decide.ts`. */
@unmanaged
export class Decision {
  /** A row whose largest probability is smaller has no label. */
  minConfidence: f64
  /** With two classes, the minimum probability of the second to be the label; NaN if the largest wins. */
  threshold: f64
  /** The address of the cutoff of each class (f64); 0 if there are none. */
  cutoffs: u32
  padding: u32
}

/** A string in memory. */
@unmanaged
export class Text {
  at: u32
  length: u32
}

/** How rows of text are read and written. Fields that hold addresses are u32, as the host writes them. */
@unmanaged
export class Job {
  /** Delimited input: the delimiter, the quote, the byte that ends a row, the comment prefix or NO_BYTE. */
  delimiter: u32
  quote: u32
  /** The escape of special bytes in cells without quotes, or NO_BYTE. */
  escape: u32
  newline: u32
  comment: u32
  /** 1 if each row ends in a delimiter that is not followed by a cell. */
  trailing: u32
  /** The address of the complete delimiters of input and output (Text), of at most eight bytes. */
  delimiters: u32
  /** 1 if blanks around cells are trimmed. */
  trims: u32
  /** The decimal separators of delimited input and output. */
  decimal: u32
  outDecimal: u32
  /** Delimited output: the byte after each cell. */
  outDelimiter: u32
  /** The quote and the escape of its special bytes, or NO_BYTE. */
  outQuote: u32
  outEscape: u32
  /** 1 if kept cells are requoted; 1 if formulas are escaped. */
  requotes: u32
  /** The maximum number of output bytes per byte of kept input. */
  growth: u32
  escapesFormulas: u32
  /** The number of columns per row; the address of an action for each (u8). */
  columns: u32
  actions: u32
  /** The number of logits per row; flags; the number of largest logits requested. */
  classes: u32
  flags: u32
  top: u32
  /** If column order differs from class order: the address of the class of each logit (u32); else 0. */
  order: u32
  /** 1 if results are rounded to float32; significant digits, 0 for the shortest exact ones. */
  float32: u32
  precision: u32
  /** The address of the divisor of the logits (Temperature). */
  temperature: u32
  /** The number of output columns; the address of an emit for each (u8). */
  emits: u32
  emit: u32
  /** The address of each class name as written (Text). */
  labels: u32
  /** The number of rows scored together; addresses of their states, logits, scratch and values. */
  batchRows: u32
  states: u32
  logits: u32
  scratch: u32
  values: u32
  /** Addresses of the entries (RowEntry) of a batch's rows and one more, and of their kept cells. */
  entries: u32
  kept: u32
  /** Addresses of the heap of the largest logits, and of their positions. */
  heap: u32
  positions: u32
  /** The maximum size of a row's new cells. */
  rowRoom: u32
  /** Set by the kernel: where it stopped in the input and output, and how many rows it processed. */
  stopped: u32
  written: u32
  rows: u32
  /**
   * NDJSON input, keys in any order: the address of the keys (Text), that of the logits first, then the new ones; and
   * their number.
   */
  keys: u32
  keyCount: u32
  /** NDJSON input, keys in the order of the first row: the address of each column's key (Text). */
  columnKeys: u32
  /**
   * NDJSON input: the keys on the way to the logits inside a member, and their number; the keys of the logits, if these
   * are an object, else 0 (addresses of Text). All are quoted.
   */
  path: u32
  pathLength: u32
  classKeys: u32
  /** NDJSON input: 1 if a line is kept as it is. */
  keepsLine: u32
  /** NDJSON output: addresses of the prefixes of new values, and of kept ones (Text). */
  leads: u32
  keptLeads: u32
  /**
   * If kept cells are written in another order: addresses of the position of each, in the order of the output (u32), and
   * of where each of a row begins (u32); otherwise 0.
   */
  keptOrder: u32
  keptStarts: u32
  /**
   * Column output: the number of kept columns (KeptColumn, from keptLeads on); the row capacity, and the number of rows
   * so far.
   */
  keptCount: u32
  columnRows: u32
  filled: u32
  /** The address of the texts that mean null in nullable text (Text), and their number. */
  nulls: u32
  nullCount: u32
  /** Addresses of the numbers of new columns, of the strings of kept ones, and of each row's next kept record. */
  columnValues: u32
  texts: u32
  cursors: u32
  /** The address of the table of true-class spellings (TruthText), or 0; its number of entries minus one. */
  truths: u32
  truthMask: u32
  /** The address of the evaluated rows (RowEvaluation), their capacity, and their number. */
  evaluated: u32
  evaluatedRoom: u32
  evaluatedCount: u32
  /** The totals of evaluated rows (Metrics); 0 if all are passed to the host. */
  metrics: u32
  /** The address of the decision rule (Decision), or 0; and of the label membership bytes of each row. */
  decision: u32
  members: u32
  /** If rows may have several true classes: the address of the true-class bytes of each row; else 0. */
  targets: u32
  /** If each class is ranked: the address of the probabilities of the classes of each row (f64); else 0. */
  probabilities: u32
  /**
   * The address of the class (u32) of each true class column, if there is one per class; 0 if one column lists them.
   */
  truthOrder: u32
  /** The address of the counts per class: rows that have it, that get it as a label, and both (f64 each). */
  classCounts: u32
  /** The number of written rows without a label. */
  abstained: u32
  /** The number of logits read per row: as many as classes, or one for two classes, the first of which has logit 0. */
  inputs: u32
}

/**
 * A kept column: the type of its values, and the address of these, or of the string offsets. Has the size of a Text.
 * The values are followed by validity bytes, and these by validity bits.
 */
@unmanaged
export class KeptColumn {
  kind: u32
  values: u32
}

/** A cell in each row of text that is written from columns (`cells.ts`). */
@unmanaged
export class Cell {
  /** The kind of its values (CELL_...), and the number of results. */
  kind: u32
  count: u32
  /** The address of five texts (Text): before it, for null, for an empty string, and before and after a value. */
  lead: u32
  /**
   * Addresses of its numbers, positions or offsets; of the bytes of its strings, or of the names (Text); of a bitmap,
   * or 0.
   */
  values: u32
  texts: u32
  valid: u32
}

/** All cells of a row, in order; the text after them (Text); and how results are written. */
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
/** The length of a null kept value. */
export const NULL: u32 = 0xffffffff
