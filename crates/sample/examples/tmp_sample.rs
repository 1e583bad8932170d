//! temporary
use cbtrade_sample::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n = |i: usize| a[i].parse::<u32>().unwrap();
    let o = SampleOptions {
        positions: n(2),
        candles_per_product: n(3),
        nasty: a.len() > 4,
        ..Default::default()
    };
    let t = std::time::Instant::now();
    let r = make_sample(std::path::Path::new(&a[1]), &o).unwrap();
    let e = t.elapsed().as_secs_f64();
    let rows: u64 = r.tables.iter().map(|t| t.rows).sum();
    for t in &r.tables {
        println!("{} {} {} {}", t.file.display(), t.table, t.rows, t.wal_rows);
    }
    for f in &r.faults {
        println!("{:?}", f);
    }
    println!("{rows} rows {e:.2} s {:.0}/s", rows as f64 / e);
}
