// The same job in plain Rust on two threads: mmap, blocks of 1 MiB, fast-float2, exp, zmij. Usage: rust-softmax INPUT OUTPUT
// The input is taken to be well formed: a header, then rows of an id and numbers, without quotes.
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

const THREADS: usize = 2;
const BLOCK: usize = 1 << 20;

/// Where the first row begins at or after a multiple of the block size.
fn row_at(rows: &[u8], block: usize) -> usize {
    match (block * BLOCK).checked_sub(1) {
        None => 0,
        Some(start) if start >= rows.len() => rows.len(),
        Some(start) => start + line(&rows[start..]).len(),
    }
}

/// The first line, with its newline.
fn line(text: &[u8]) -> &[u8] {
    &text[..text.iter().position(|&byte| byte == b'\n').map_or(text.len(), |newline| newline + 1)]
}

/// Prints the first of some rows; returns its length.
fn score(rows: &[u8], values: &mut [f64], out: &mut Vec<u8>) -> usize {
    let mut at = rows.iter().position(|&byte| byte == b',').unwrap();
    out.extend_from_slice(&rows[..at]);
    let (mut label, mut most) = (0, f64::NEG_INFINITY);
    for (index, value) in values.iter_mut().enumerate() {
        let (parsed, length) = fast_float2::parse_partial::<f64, _>(&rows[at + 1..]).unwrap();
        at += 1 + length;
        *value = parsed;
        if parsed > most {
            (label, most) = (index, parsed);
        }
    }
    let mut total = 0.0;
    for value in values.iter_mut() {
        *value = (*value - most).exp();
        total += *value;
    }
    let mut printer = zmij::Buffer::new();
    for value in values.iter() {
        out.push(b',');
        out.extend_from_slice(printer.format_finite(*value / total).as_bytes());
    }
    writeln!(out, ",{label}").unwrap();
    at + 1
}

/// The next block, and where its output goes.
struct Order {
    block: usize,
    offset: u64,
}

fn main() {
    let [input, output] = [1, 2].map(|index| std::env::args().nth(index).unwrap());
    let map = unsafe { memmap2::Mmap::map(&File::open(input).unwrap()).unwrap() };
    let out = File::create(output).unwrap();
    let (header, rows) = map.split_at(line(&map).len());
    let classes = header.iter().filter(|&&byte| byte == b',').count();
    let names: String = (0..classes).map(|index| format!(",p_{index}")).collect();
    let head = format!("id{names},label\n");
    out.write_all_at(head.as_bytes(), 0).unwrap();

    let blocks = AtomicUsize::new(0);
    let order = Mutex::new(Order { block: 0, offset: head.len() as u64 });
    let taken = Condvar::new();
    let work = || {
        let mut values = vec![0.0; classes];
        let mut printed = Vec::with_capacity(4 * BLOCK);
        loop {
            let block = blocks.fetch_add(1, Ordering::Relaxed);
            let (mut at, end) = (row_at(rows, block), row_at(rows, block + 1));
            if at == rows.len() {
                return;
            }
            printed.clear();
            while at < end {
                at += score(&rows[at..], &mut values, &mut printed);
            }
            let mut next = taken.wait_while(order.lock().unwrap(), |next| next.block != block).unwrap();
            let offset = next.offset;
            *next = Order { block: block + 1, offset: offset + printed.len() as u64 };
            drop(next);
            taken.notify_all();
            out.write_all_at(&printed, offset).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
}
