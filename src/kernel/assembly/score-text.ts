/**
 * Text in, text or columns out: every reader with every writer, each pair in its own loop. See `scoreBytes`, `addRows`.
 */
import { addRows } from './columns'
import { readRows, writeRow, writeVariantRow } from './csv'
import { cellToJson, cellToValue, copyCell, copyMember, copyVariantCell, jsonToCell, jsonToValue, requoteCell } from './kept-cell'
import { readLines, readMembers, writeObject } from './ndjson'
import { scoreBytes } from './pipeline'
import { Job } from './structs'

/** Delimited text with raw kept cells. */
export function scoreCsv(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readCells, writeRow, at, end, out, limit, job)
}

/** Delimited text with requoted kept cells. */
export function scoreCsvRequoted(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readRequoted, writeRow, at, end, out, limit, job)
}

export function scoreCsvToNdjson(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readToJson, writeObject, at, end, out, limit, job)
}

/** The same for longer delimiters, decimal commas and blanks around cells, which only these loops know. */
export function scoreVariant(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readVariantCells, writeVariantRow, at, end, out, limit, job)
}

export function scoreVariantRequoted(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readVariantRequoted, writeVariantRow, at, end, out, limit, job)
}

export function scoreVariantToNdjson(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readVariantToJson, writeObject, at, end, out, limit, job)
}

/** Lines with a list of logits, kept completely. */
export function scoreLines(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readLines, writeObject, at, end, out, limit, job)
}

/** Lines with the keys of the first row, of which some, none or complete lines are kept. */
export function scoreMembers(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readRawMembers, writeObject, at, end, out, limit, job)
}

export function scoreMembersToCsv(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readToCells, writeRow, at, end, out, limit, job)
}

/** The same without output: rows are only evaluated. */
export function measureCsv(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readCells, writeNothing, at, end, out, limit, job)
}

export function measureVariant(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readVariantCells, writeNothing, at, end, out, limit, job)
}

export function measureMembers(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readRawMembers, writeNothing, at, end, out, limit, job)
}

export function measureLines(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readLines, writeNothing, at, end, out, limit, job)
}

export function addCsv(at: usize, end: usize, job: Job): u32 {
  return addRows(readTexts, at, end, job)
}

export function addVariant(at: usize, end: usize, job: Job): u32 {
  return addRows(readVariantTexts, at, end, job)
}

export function addMembers(at: usize, end: usize, job: Job): u32 {
  return addRows(readMemberTexts, at, end, job)
}

function writeNothing(row: u32, out: usize, job: Job): usize {
  return out
}

function readCells(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(copyCell, true, at, end, most, job)
}

function readVariantCells(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(copyVariantCell, false, at, end, most, job)
}

function readRequoted(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(requoteCell, true, at, end, most, job)
}

function readVariantRequoted(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(requoteCell, false, at, end, most, job)
}

function readToJson(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(cellToJson, true, at, end, most, job)
}

function readVariantToJson(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(cellToJson, false, at, end, most, job)
}

function readRawMembers(at: usize, end: usize, most: u32, job: Job): u32 {
  return readMembers(copyMember, at, end, most, job)
}

function readToCells(at: usize, end: usize, most: u32, job: Job): u32 {
  return readMembers(jsonToCell, at, end, most, job)
}

function readTexts(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(cellToValue, true, at, end, most, job)
}

function readVariantTexts(at: usize, end: usize, most: u32, job: Job): u32 {
  return readRows(cellToValue, false, at, end, most, job)
}

function readMemberTexts(at: usize, end: usize, most: u32, job: Job): u32 {
  return readMembers(jsonToValue, at, end, most, job)
}
